#include "lib/policy/least_over_qualified.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lib/policy/best_fit.h"
#include "relais/types.h"

namespace relais::policy {
namespace {

// Preferred terms about a skill; nearly always none.
bool Prefers(const std::vector<CompiledPreference>& preferred,
             std::uint64_t skill) {
  return std::any_of(preferred.begin(), preferred.end(),
                     [skill](const CompiledPreference& preference) {
                       // Empty: it holds of everybody.
                       const Condition& condition = preference.condition;
                       return !condition.empty() &&
                              condition.front().subject == Subject::kSkill &&
                              condition.front().id == skill;
                     });
}

}  // namespace

int LeastOverQualifiedStep(const CompiledRequirement& requirement,
                           const CompiledProfile& profile) {
  int scale = kFurtherSkillsCounted;
  int over = 0;
  const SkillLevels& skills = SkillsThatCount(requirement, profile);
  auto term = requirement.all_of.begin();
  for (const SkillLevel& held : skills) {
    while (term != requirement.all_of.end() && term->skill < held.skill) ++term;
    if (term != requirement.all_of.end() && term->skill == held.skill) {
      over += held.level - term->level;
      scale += term->level_max - term->level;
    } else if (!Prefers(requirement.preferred, held.skill)) {
      ++over;
    }
  }
  for (const CompiledPreference& preference : requirement.preferred) {
    if (!Holds(preference.condition, profile, skills)) {
      over += preference.weight;
    }
    scale += preference.weight;
  }
  return kFitSteps - 1 - std::min(kFitSteps - 1, kFitSteps * over / scale);
}

}  // namespace relais::policy
