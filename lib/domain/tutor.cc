#include "lib/domain/tutor.h"

#include <algorithm>

namespace relais {
namespace {

// Of one question: by the skills held alone, and with those in training.
struct Answers {
  bool without = false;
  bool with = false;
  bool differ() const { return without != with; }
};

class Search {
 public:
  Search(const CompiledProfile& profile, const Tutors& tutors)
      : profile_(profile), tutors_(tutors) {}

  Answers Ask(const RoutingRequirement& requirement) const {
    const CompiledRequirement compiled =
        CompileRequirement(Channel{}, requirement);
    const auto meets = [&](const SkillLevels& skills) {
      return CoversAll(compiled.all_of, skills) &&
             Holds(compiled.condition, profile_, skills);
    };
    return {meets(profile_.skills), meets(profile_.skills_with_training)};
  }
  // Of a requirement whose answers differ: of the skill that makes them.
  const std::string* Cause(const RoutingRequirement& requirement) const;

 private:
  Answers Ask(const RequirementTerm& term) const {
    RoutingRequirement alone;
    alone.all_of = {term};
    return Ask(alone);
  }
  const std::string* Cause(const RequirementTerm& term) const;

  const CompiledProfile& profile_;
  const Tutors& tutors_;
};

const std::string* Search::Cause(const RequirementTerm& term) const {
  if (term.requirement != nullptr) return Cause(*term.requirement);
  const std::uint64_t skill = NameIdOf(term.skill);
  const auto found =
      std::find_if(tutors_.begin(), tutors_.end(),
                   [skill](const SkillTutor& t) { return t.skill == skill; });
  return found == tutors_.end() ? nullptr : &found->tutor;
}

const std::string* Search::Cause(const RoutingRequirement& requirement) const {
  const auto first_of = [this](const std::vector<RequirementTerm>& terms) {
    return std::find_if(
        terms.begin(), terms.end(),
        [this](const RequirementTerm& term) { return Ask(term).differ(); });
  };
  const auto all = first_of(requirement.all_of);
  if (all != requirement.all_of.end()) return Cause(*all);
  RoutingRequirement choices;
  choices.any_of = requirement.any_of;
  if (Ask(choices).differ()) return Cause(*first_of(requirement.any_of));
  const auto none = first_of(requirement.none_of);
  return none == requirement.none_of.end() ? nullptr : Cause(*none);
}

}  // namespace

const std::string* TutorNeeded(
    std::initializer_list<const RoutingRequirement*> requirements,
    const CompiledProfile& profile, const Tutors& tutors) {
  if (profile.skills_with_training.empty()) return nullptr;
  const Search search(profile, tutors);
  const RoutingRequirement* first = nullptr;
  for (const RoutingRequirement* requirement : requirements) {
    const Answers answers = search.Ask(*requirement);
    if (!answers.with) return nullptr;
    if (first == nullptr && !answers.without) first = requirement;
  }
  return first == nullptr ? nullptr : search.Cause(*first);
}

}  // namespace relais
