#include "lib/policy/best_fit.h"

#include <algorithm>

#include "relais/types.h"

namespace relais::policy {

int FitStep(const CompiledRequirement& requirement,
            const CompiledProfile& profile) {
  int surplus = 0;
  int room = 0;
  const SkillLevels& skills = SkillsThatCount(requirement, profile);
  auto held = skills.begin();
  for (const SkillTerm& term : requirement.all_of) {
    while (held != skills.end() && held->skill < term.skill) ++held;
    if (held == skills.end()) break;
    surplus += held->level - term.level;
    room += term.level_max - term.level;
  }
  for (const CompiledPreference& preference : requirement.preferred) {
    if (Holds(preference.condition, profile, skills)) {
      surplus += preference.weight;
    }
    room += preference.weight;
  }
  if (room == 0) return 0;
  return std::min(kFitSteps - 1, kFitSteps * surplus / room);
}

}  // namespace relais::policy
