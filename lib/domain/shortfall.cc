#include "lib/domain/shortfall.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace relais {
namespace {

using Kind = ConditionNode::Kind;

std::string Levels(unsigned first, unsigned last) {
  if (first == last) return absl::StrCat(first);
  if (last == kProficiencyLevelMax) return absl::StrCat(first, " or above");
  return absl::StrCat(first, " to ", last);
}

std::string DescribeSkill(const std::string& what, ValueSet values) {
  if (values == 1) return absl::StrCat("no ", what);
  std::vector<std::string> ranges;
  for (unsigned level = 1; level <= kProficiencyLevelMax; ++level) {
    if ((values >> level & 1U) == 0) continue;
    unsigned last = level;
    while (last < kProficiencyLevelMax && (values >> (last + 1) & 1U) != 0) {
      ++last;
    }
    ranges.push_back(Levels(level, last));
    level = last;
  }
  return absl::StrCat((values & 1U) != 0 ? "no " : "", what,
                      (values & 1U) != 0 ? " or one" : "", " at level ",
                      absl::StrJoin(ranges, " or "));
}

std::string DescribeLeaf(const ConditionNode& leaf, NameBehind name) {
  if (leaf.count == 0) return "what nobody has";
  if (leaf.subject == Subject::kGrade) {
    RequirementTerm term;
    term.grades = static_cast<GradeSet>(leaf.count);
    return Describe(term);
  }
  std::string what = Describe(leaf.subject, leaf.subject == Subject::kProvider
                                                ? std::string()
                                                : name(leaf.subject, leaf.id));
  if (leaf.subject == Subject::kSkill) return DescribeSkill(what, leaf.count);
  if (leaf.count == kHas) return what;
  return absl::StrCat("not ", leaf.subject == Subject::kProvider ? "at " : "",
                      what);
}

// The subtree that begins at `*at`, which is left behind it.
std::string DescribeNode(const Condition& condition, std::size_t* at,
                         NameBehind name) {
  const ConditionNode& node = condition[*at];
  ++*at;
  if (node.kind == Kind::kLeaf) return DescribeLeaf(node, name);
  const std::size_t end = *at + node.count;
  std::vector<std::string> parts;
  while (*at < end) parts.push_back(DescribeNode(condition, at, name));
  std::sort(parts.begin(), parts.end());
  return absl::StrCat(
      "(", absl::StrJoin(parts, node.kind == Kind::kAllOf ? " and " : " or "),
      ")");
}

}  // namespace

std::string DescribeShortfall(const CompiledRequirement& requirement,
                              const CompiledProfile& profile, NameBehind name) {
  const SkillLevels& skills = SkillsThatCount(requirement, profile);
  std::vector<std::string> missing;
  for (const SkillTerm& term : requirement.all_of) {
    if (CoversAll({term}, skills)) continue;
    RequirementTerm asked;
    asked.skill = name(Subject::kSkill, term.skill);
    asked.level_min = term.level;
    asked.level_max = term.level_max;
    const unsigned held = LevelIn(skills, term.skill);
    missing.push_back(absl::StrCat(
        Describe(asked),
        held == 0 ? ", not held" : absl::StrCat(", held at ", held)));
  }
  const Condition& condition = requirement.condition;
  const bool parts = !condition.empty() && condition[0].kind == Kind::kAllOf;
  for (std::size_t at = parts ? 1 : 0; at < condition.size();) {
    const std::size_t begin = at;
    std::string text = DescribeNode(condition, &at, name);
    const Condition part(condition.begin() + static_cast<std::ptrdiff_t>(begin),
                         condition.begin() + static_cast<std::ptrdiff_t>(at));
    if (!Holds(part, profile, skills)) missing.push_back(std::move(text));
  }
  std::sort(missing.begin(), missing.end());
  return absl::StrJoin(missing, "; ");
}

}  // namespace relais
