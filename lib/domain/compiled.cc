#include "lib/domain/compiled.h"

#include <algorithm>

#include "lib/base/fingerprint.h"

namespace relais {
namespace {

Condition ConditionOf(const RoutingRequirement& requirement, bool negated,
                      SkillTerms* plain);

Condition ConditionOf(const RequirementTerm& term, bool negated) {
  if (term.requirement != nullptr) {
    return ConditionOf(*term.requirement, negated, nullptr);
  }
  const Subject subject = SubjectOf(term);
  const std::string& name = NameOf(term);
  ValueSet values = ValuesOf(term);
  if (negated) values = static_cast<ValueSet>(AllValues(subject) & ~values);
  return LeafCondition(subject, name.empty() ? 0 : NameIdOf(name), values);
}

// Skills that must be held go to `plain`, if there is one, and not into the
// condition: those of all_of, there and in requirements nested in it.
Condition ConditionOf(const RoutingRequirement& requirement, bool negated,
                      SkillTerms* plain) {
  std::vector<Condition> parts;
  for (const RequirementTerm& term : requirement.all_of) {
    if (plain != nullptr && !term.skill.empty()) {
      plain->push_back({NameIdOf(term.skill),
                        static_cast<std::uint8_t>(term.level_min),
                        static_cast<std::uint8_t>(term.level_max)});
    } else if (plain != nullptr && term.requirement != nullptr) {
      parts.push_back(ConditionOf(*term.requirement, false, plain));
    } else {
      parts.push_back(ConditionOf(term, negated));
    }
  }
  if (!requirement.any_of.empty()) {
    std::vector<Condition> choices;
    choices.reserve(requirement.any_of.size());
    for (const RequirementTerm& term : requirement.any_of) {
      choices.push_back(ConditionOf(term, negated));
    }
    parts.push_back(negated ? AllOf(std::move(choices))
                            : AnyOf(std::move(choices)));
  }
  for (const RequirementTerm& term : requirement.none_of) {
    parts.push_back(ConditionOf(term, !negated));
  }
  return negated ? AnyOf(std::move(parts)) : AllOf(std::move(parts));
}

// Of a condition named twice the weights are added.
void Normalize(std::vector<CompiledPreference>* preferred) {
  std::sort(preferred->begin(), preferred->end());
  std::vector<CompiledPreference> merged;
  for (CompiledPreference& preference : *preferred) {
    if (!merged.empty() && merged.back().condition == preference.condition) {
      merged.back().weight =
          static_cast<std::uint16_t>(merged.back().weight + preference.weight);
    } else {
      merged.push_back(std::move(preference));
    }
  }
  *preferred = std::move(merged);
}

// Level of a skill in a normalized list; 0 if it is not there.
unsigned LevelIn(const SkillLevels& levels, std::uint64_t skill) {
  const auto at =
      std::lower_bound(levels.begin(), levels.end(), SkillLevel{skill, 0});
  return at != levels.end() && at->skill == skill ? at->level : 0;
}

}  // namespace

std::uint64_t NameIdOf(std::string_view name) {
  return FingerprintOf(name).low;
}

std::uint64_t QueueIdOf(std::string_view name) {
  const std::uint64_t number = FingerprintOf(name).low;
  return number == 0 ? 1 : number;
}

void CompileQueueOrder(const std::vector<QueueRank>& order,
                       CompiledProfile* profile) {
  for (const QueueRank& rank : order) {
    for (const std::string& name : rank.queues) {
      profile->queue_order.push_back({QueueIdOf(name), profile->other_rank});
    }
    ++profile->other_rank;
  }
  std::sort(profile->queue_order.begin(), profile->queue_order.end(),
            [](const RankedQueue& a, const RankedQueue& b) {
              return a.queue < b.queue;
            });
}

bool OrdersQueues(const Configuration& configuration) {
  return std::any_of(configuration.routing_profiles.begin(),
                     configuration.routing_profiles.end(),
                     [](const RoutingProfile& profile) {
                       return !profile.queue_order.empty();
                     });
}

void Normalize(SkillLevels* levels) {
  // Of one skill the higher level first, so that unique() keeps it.
  std::sort(levels->begin(), levels->end(),
            [](const SkillLevel& a, const SkillLevel& b) {
              return a.skill != b.skill ? a.skill < b.skill : a.level > b.level;
            });
  levels->erase(std::unique(levels->begin(), levels->end(),
                            [](const SkillLevel& a, const SkillLevel& b) {
                              return a.skill == b.skill;
                            }),
                levels->end());
}

void Normalize(SkillTerms* terms) {
  std::sort(
      terms->begin(), terms->end(),
      [](const SkillTerm& a, const SkillTerm& b) { return a.skill < b.skill; });
  auto last = terms->begin();
  for (auto at = terms->begin(); at != terms->end(); ++at) {
    if (at == last) continue;
    if (at->skill == last->skill) {
      last->level = std::max(last->level, at->level);
      last->level_max = std::min(last->level_max, at->level_max);
    } else {
      *++last = *at;
    }
  }
  if (!terms->empty()) terms->erase(last + 1, terms->end());
}

CompiledRequirement CompileRequirement(Channel channel,
                                       const RoutingRequirement& requirement) {
  CompiledRequirement compiled;
  compiled.channel = channel;
  compiled.condition = ConditionOf(requirement, false, &compiled.all_of);
  Normalize(&compiled.all_of);
  for (const PreferredTerm& preferred : requirement.preferred) {
    compiled.preferred.push_back(
        {ConditionOf(preferred.term, false),
         static_cast<std::uint16_t>(preferred.weight)});
  }
  Normalize(&compiled.preferred);
  return compiled;
}

CompiledRequirement CombineRequirements(Channel channel,
                                        const CompiledRequirement& queue,
                                        const CompiledRequirement& own) {
  CompiledRequirement combined = queue;
  combined.channel = channel;
  combined.tutor_may_listen = own.tutor_may_listen;
  if (!own.all_of.empty()) {
    combined.all_of.insert(combined.all_of.end(), own.all_of.begin(),
                           own.all_of.end());
    Normalize(&combined.all_of);
  }
  if (!own.condition.empty()) {
    combined.condition = AllOf({std::move(combined.condition), own.condition});
  }
  if (!own.preferred.empty()) {
    combined.preferred.insert(combined.preferred.end(), own.preferred.begin(),
                              own.preferred.end());
    Normalize(&combined.preferred);
  }
  return combined;
}

bool CoversAll(const SkillTerms& required, const SkillLevels& held) {
  auto at = held.begin();
  for (const SkillTerm& term : required) {
    while (at != held.end() && at->skill < term.skill) ++at;
    if (at == held.end() || at->skill != term.skill || at->level < term.level ||
        at->level > term.level_max) {
      return false;
    }
  }
  return true;
}

bool Holds(const Condition& condition, const CompiledProfile& profile,
           const SkillLevels& skills) {
  return Holds(condition, [&](Subject subject, std::uint64_t id) -> unsigned {
    if (subject == Subject::kSkill) return LevelIn(skills, id);
    if (subject == Subject::kGrade) {
      return static_cast<unsigned>(profile.grade);
    }
    return std::binary_search(profile.facts.begin(), profile.facts.end(),
                              Fact{subject, id})
               ? 1
               : 0;
  });
}

bool Meets(const CompiledRequirement& requirement,
           const CompiledProfile& profile) {
  const SkillLevels& skills = SkillsThatCount(requirement, profile);
  return CoversAll(requirement.all_of, skills) &&
         (requirement.condition.empty() ||
          Holds(requirement.condition, profile, skills));
}

}  // namespace relais
