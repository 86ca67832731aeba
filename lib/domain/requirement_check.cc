#include "lib/domain/requirement_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/domain/error.h"
#include "lib/domain/requirement_content.h"
#include "lib/domain/utf8.h"
#include "relais/limits.h"

namespace relais {
namespace {

struct TermList {
  std::string_view name;
  const std::vector<RequirementTerm>& terms;
};

std::array<TermList, 3> ListsOf(const RoutingRequirement& requirement) {
  return {TermList{"all_of", requirement.all_of},
          TermList{"any_of", requirement.any_of},
          TermList{"none_of", requirement.none_of}};
}

// --- What is wrong in itself -------------------------------------------------

class ShapeCheck {
 public:
  explicit ShapeCheck(TellProblem tell) : tell_(tell) {}

  // False, and told, if there are too many.
  bool Count(const RoutingRequirement& requirement, const FieldPath& path,
             int depth);
  void Check(const RoutingRequirement& requirement, const FieldPath& path,
             int depth);

 private:
  bool Add(std::size_t count, const FieldPath& path);
  bool CountNested(const RequirementTerm& term, const FieldPath& path,
                   int depth);
  void CheckTerm(const RequirementTerm& term, const FieldPath& path, int depth);
  void CheckName(const std::string& name, const FieldPath& path);
  void CheckLevels(const RequirementTerm& term, const FieldPath& path);

  TellProblem tell_;
  std::size_t count_ = 0;
};

bool ShapeCheck::Add(std::size_t count, const FieldPath& path) {
  count_ += count;
  if (count_ <= kTermsPerRequirementMax) return true;
  tell_(path,
        absl::StrCat("with it there are more than ", kTermsPerRequirementMax,
                     " terms, nested ones counted; at most ",
                     kTermsPerRequirementMax, " are allowed"));
  return false;
}

bool ShapeCheck::CountNested(const RequirementTerm& term, const FieldPath& path,
                             int depth) {
  return term.requirement == nullptr ||
         Count(*term.requirement, path.Field("requirement"), depth + 1);
}

bool ShapeCheck::Count(const RoutingRequirement& requirement,
                       const FieldPath& path, int depth) {
  // What is deeper is told by Check, and looked at by nobody.
  if (depth > kRequirementDepthMax) return true;
  for (const auto& [name, terms] : ListsOf(requirement)) {
    const FieldPath list = path.Field(name);
    if (!Add(terms.size(), list)) return false;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (!CountNested(terms[i], list.At(i), depth)) return false;
    }
  }
  return Add(requirement.preferred.size(), path.Field("preferred"));
}

void ShapeCheck::Check(const RoutingRequirement& requirement,
                       const FieldPath& path, int depth) {
  if (depth > kRequirementDepthMax) {
    return tell_(path, absl::StrCat("is nested ", depth, " deep; at most ",
                                    kRequirementDepthMax, " is allowed"));
  }
  if (depth > 0 && requirement.empty()) {
    return tell_(path, "asks for nothing; give it terms or leave it out");
  }
  for (const auto& [name, terms] : ListsOf(requirement)) {
    const FieldPath list = path.Field(name);
    for (std::size_t i = 0; i < terms.size(); ++i) {
      CheckTerm(terms[i], list.At(i), depth);
    }
  }
  const FieldPath list = path.Field("preferred");
  if (depth > 0 && !requirement.preferred.empty()) {
    return tell_(list,
                 "stands in a nested requirement; only the outermost one "
                 "may prefer");
  }
  for (std::size_t i = 0; i < requirement.preferred.size(); ++i) {
    const PreferredTerm& preferred = requirement.preferred[i];
    const FieldPath here = list.At(i);
    const FieldPath term = here.Field("term");
    if (preferred.term.requirement != nullptr) {
      tell_(term.Field("requirement"),
            "a preferred term is not nested; prefer its terms one by one");
    } else {
      CheckTerm(preferred.term, term, depth);
    }
    if (preferred.weight < 1 || preferred.weight > kPreferenceWeightMax) {
      tell_(
          here.Field("weight"),
          absl::StrCat(preferred.weight, " is not a weight; weights are 1 to ",
                       kPreferenceWeightMax));
    }
  }
}

void ShapeCheck::CheckName(const std::string& name, const FieldPath& path) {
  if (name.size() > kIdBytesMax) {
    tell_(path, absl::StrCat("has ", name.size(), " bytes; at most ",
                             kIdBytesMax, " are allowed"));
  } else if (!IsValidUtf8(name)) {
    tell_(path, absl::StrCat(Quoted(name), " is not valid UTF-8"));
  }
}

void ShapeCheck::CheckLevels(const RequirementTerm& term,
                             const FieldPath& path) {
  bool levels = true;
  const auto check = [&](int level, std::string_view field) {
    if (level >= kProficiencyLevelMin && level <= kProficiencyLevelMax) return;
    levels = false;
    tell_(path.Field(field),
          absl::StrCat(level, " is not a level; levels are ",
                       kProficiencyLevelMin, " to ", kProficiencyLevelMax));
  };
  check(term.level_min, "level_min");
  check(term.level_max, "level_max");
  if (levels && term.level_min > term.level_max) {
    tell_(path.Field("level_max"),
          absl::StrCat(term.level_max, " is below level_min, which is ",
                       term.level_min));
  }
}

void ShapeCheck::CheckTerm(const RequirementTerm& term, const FieldPath& path,
                           int depth) {
  const int subjects = CountSubjects(term);
  if (subjects != 1) {
    return tell_(
        path,
        absl::StrCat(subjects == 0
                         ? "asks for nothing"
                         : "asks for several things; each is a term of its own",
                     "; give one of skill, certification, language, team, "
                     "site, provider, grades and requirement"));
  }
  if (!term.skill.empty()) {
    CheckName(term.skill, path.Field("skill"));
    return CheckLevels(term, path);
  }
  if (term.level_min != kProficiencyLevelMin ||
      term.level_max != kProficiencyLevelMax) {
    tell_(path.Field(term.level_min != kProficiencyLevelMin ? "level_min"
                                                            : "level_max"),
          "goes with a skill; nothing else has levels");
  }
  if (term.requirement != nullptr) {
    return Check(*term.requirement, path.Field("requirement"), depth + 1);
  }
  const Subject subject = SubjectOf(term);
  if (subject == Subject::kGrade) {
    if (term.grades > AllValues(subject)) {
      tell_(path.Field("grades"),
            absl::StrCat(static_cast<int>(term.grades),
                         " is not a set of grades; there are ",
                         kAgentGradeCount, ", one bit each"));
    }
  } else {
    CheckName(NameOf(term), path.Field(SubjectName(subject)));
  }
}

// --- Contradictions ----------------------------------------------------------

// What may still be, by the terms that must hold.
class Conjunction {
 public:
  // Empty, or why the values leave nobody; `text` says what asks for them.
  template <typename Text>
  std::string Restrict(Subject subject, const std::string& name,
                       ValueSet values, const Text& text);
  // Whether they would.
  bool Excludes(Subject subject, const std::string& name,
                ValueSet values) const;

 private:
  struct Entry {
    Subject subject;
    std::string_view name;
    ValueSet values;
  };
  const Entry* Find(Subject subject, std::string_view name) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
          return entry.subject == subject && entry.name == name;
        });
    return found == entries_.end() ? nullptr : &*found;
  }
  // Another one that is asked for of which an agent has only one.
  const Entry* Rival(Subject subject, std::string_view name,
                     ValueSet values) const {
    if (values != kHas ||
        (subject != Subject::kTeam && subject != Subject::kSite)) {
      return nullptr;
    }
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
          return entry.subject == subject && entry.values == kHas &&
                 entry.name != name;
        });
    return found == entries_.end() ? nullptr : &*found;
  }

  std::vector<Entry> entries_;
};

// "level 5 to 7", "grade junior"
std::string DescribeValues(Subject subject, ValueSet values) {
  std::vector<std::string> parts;
  if (subject == Subject::kGrade) {
    RequirementTerm term;
    term.grades = static_cast<GradeSet>(values);
    return Describe(term);
  }
  if ((values & 1) != 0) parts.emplace_back("not held");
  for (int level = 1; level <= kProficiencyLevelMax; ++level) {
    if ((values >> level & 1) == 0) continue;
    const int first = level;
    while (level < kProficiencyLevelMax && (values >> (level + 1) & 1) != 0) {
      ++level;
    }
    parts.push_back(first == level
                        ? absl::StrCat("level ", level)
                        : absl::StrCat("level ", first, " to ", level));
  }
  return absl::StrJoin(parts, ", ");
}

template <typename Text>
std::string Conjunction::Restrict(Subject subject, const std::string& name,
                                  ValueSet values, const Text& text) {
  if (const Entry* rival = Rival(subject, name, values)) {
    return absl::StrCat(text(), " is asked for, and so is ",
                        Describe(subject, rival->name),
                        "; an agent has only one");
  }
  const Entry* known = Find(subject, name);
  const ValueSet before = known != nullptr ? known->values : AllValues(subject);
  const ValueSet left = before & values;
  if (left != 0) {
    if (known == nullptr) {
      entries_.push_back({subject, name, left});
    } else {
      entries_[static_cast<std::size_t>(known - entries_.data())].values = left;
    }
    return "";
  }
  if (subject == Subject::kSkill || subject == Subject::kGrade) {
    return absl::StrCat(text(), " leaves nobody; what else must hold leaves ",
                        DescribeValues(subject, before));
  }
  return absl::StrCat(text(), before == kHas
                                  ? " is asked for by what else must hold"
                                  : " is excluded by what else must hold");
}

bool Conjunction::Excludes(Subject subject, const std::string& name,
                           ValueSet values) const {
  if (Rival(subject, name, values) != nullptr) return true;
  const Entry* known = Find(subject, name);
  return known != nullptr && (known->values & values) == 0;
}

// A search is over, and says so by true, when it has found `most`.
class ContradictionSearch {
 public:
  explicit ContradictionSearch(std::size_t most) : most_(most) {}

  // Of the terms that must hold, with those of calls before.
  bool Terms(const RoutingRequirement& requirement, const FieldPath& path);
  // After all of those: of any_of.
  bool Choices(const RoutingRequirement& requirement, const FieldPath& path);
  // What was found since the last time.
  std::vector<Contradiction> Take() { return std::exchange(found_, {}); }

 private:
  bool Term(const RequirementTerm& term, bool negated, const FieldPath& path);
  bool Found(const FieldPath& path, std::string message) {
    found_.push_back({path.Text(), std::move(message)});
    return found_.size() == most_;
  }

  const std::size_t most_;
  Conjunction conjunction_;
  std::vector<Contradiction> found_;
};

bool ContradictionSearch::Term(const RequirementTerm& term, bool negated,
                               const FieldPath& path) {
  const Subject subject = SubjectOf(term);
  ValueSet values = ValuesOf(term);
  if (negated) values = static_cast<ValueSet>(AllValues(subject) & ~values);
  std::string problem =
      conjunction_.Restrict(subject, NameOf(term), values, [&] {
        if (negated && subject == Subject::kProvider) {
          return std::string("no provider's site");
        }
        return absl::StrCat(negated ? "no " : "", Describe(term));
      });
  return !problem.empty() && Found(path, std::move(problem));
}

bool ContradictionSearch::Terms(const RoutingRequirement& requirement,
                                const FieldPath& path) {
  const FieldPath all_of = path.Field("all_of");
  for (std::size_t i = 0; i < requirement.all_of.size(); ++i) {
    const RequirementTerm& term = requirement.all_of[i];
    const FieldPath here = all_of.At(i);
    if (term.requirement != nullptr
            ? Terms(*term.requirement, here.Field("requirement"))
            : Term(term, false, here)) {
      return true;
    }
  }
  const FieldPath none_of = path.Field("none_of");
  for (std::size_t i = 0; i < requirement.none_of.size(); ++i) {
    const RequirementTerm& term = requirement.none_of[i];
    const FieldPath here = none_of.At(i);
    if (term.requirement == nullptr) {
      if (Term(term, true, here)) return true;
      continue;
    }
    const auto& all = requirement.all_of;
    if (std::find(all.begin(), all.end(), term) != all.end() &&
        Found(here, "is a term of all_of as well")) {
      return true;
    }
  }
  return false;
}

bool ContradictionSearch::Choices(const RoutingRequirement& requirement,
                                  const FieldPath& path) {
  const auto excluded = [this](const RequirementTerm& term) {
    return term.requirement == nullptr &&
           conjunction_.Excludes(SubjectOf(term), NameOf(term), ValuesOf(term));
  };
  const auto& any = requirement.any_of;
  if (!any.empty() && std::all_of(any.begin(), any.end(), excluded) &&
      Found(path.Field("any_of"),
            "leaves nobody: each of its terms is excluded by what else must "
            "hold")) {
    return true;
  }
  const FieldPath all_of = path.Field("all_of");
  for (std::size_t i = 0; i < requirement.all_of.size(); ++i) {
    const RequirementTerm& term = requirement.all_of[i];
    const FieldPath here = all_of.At(i);
    if (term.requirement != nullptr &&
        Choices(*term.requirement, here.Field("requirement"))) {
      return true;
    }
  }
  return false;
}

std::vector<Contradiction> Contradictions(const RoutingRequirement& requirement,
                                          const FieldPath& path,
                                          const RoutingRequirement* with,
                                          std::size_t most) {
  // They cannot contradict each other.
  if (IsSkillsAtOrAbove(requirement) &&
      (with == nullptr || IsSkillsAtOrAbove(*with))) {
    return {};
  }
  ContradictionSearch search(most);
  const FieldPath other("");
  if (with != nullptr) {
    search.Terms(*with, other);
    if (!search.Take().empty()) return {};
  }
  const bool over =
      search.Terms(requirement, path) || search.Choices(requirement, path);
  std::vector<Contradiction> found = search.Take();
  if (over || with == nullptr) return found;
  search.Choices(*with, other);
  if (!search.Take().empty()) {
    found.push_back({path.Text(),
                     "excludes each term of an any_of that must hold as well"});
  }
  return found;
}

}  // namespace

void CheckRequirement(const RoutingRequirement& requirement,
                      const FieldPath& path, TellProblem tell) {
  ShapeCheck check(tell);
  if (check.Count(requirement, path, 0)) check.Check(requirement, path, 0);
}

void ForEachName(const RoutingRequirement& requirement, const FieldPath& path,
                 VisitName visit) {
  const auto of_term = [visit](const RequirementTerm& term,
                               const FieldPath& here) {
    if (term.requirement != nullptr) {
      ForEachName(*term.requirement, here.Field("requirement"), visit);
      return;
    }
    const Subject subject = SubjectOf(term);
    if (subject == Subject::kGrade || subject == Subject::kProvider) return;
    visit(subject, NameOf(term), here.Field(SubjectName(subject)));
  };
  for (const auto& [name, terms] : ListsOf(requirement)) {
    const FieldPath list = path.Field(name);
    for (std::size_t i = 0; i < terms.size(); ++i) {
      of_term(terms[i], list.At(i));
    }
  }
  const FieldPath list = path.Field("preferred");
  for (std::size_t i = 0; i < requirement.preferred.size(); ++i) {
    const FieldPath here = list.At(i);
    of_term(requirement.preferred[i].term, here.Field("term"));
  }
}

std::optional<Contradiction> FindContradiction(
    const RoutingRequirement& requirement, const FieldPath& path,
    const RoutingRequirement* with) {
  std::vector<Contradiction> found =
      Contradictions(requirement, path, with, /*most=*/1);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Contradiction> FindContradictions(
    const RoutingRequirement& requirement, const FieldPath& path,
    const RoutingRequirement* with) {
  return Contradictions(requirement, path, with, kTermsPerRequirementMax);
}

}  // namespace relais
