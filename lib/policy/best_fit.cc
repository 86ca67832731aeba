#include "lib/policy/best_fit.h"

#include <algorithm>

#include "relais/types.h"

namespace relais::policy {

int FitStep(const CompiledRequirement& requirement,
            const CompiledProfile& profile) {
  int surplus = 0;
  int room = 0;
  auto held = profile.skills.begin();
  for (const SkillLevel& term : requirement.all_of) {
    while (held != profile.skills.end() && held->skill < term.skill) ++held;
    if (held == profile.skills.end()) break;
    surplus += held->level - term.level;
    room += kProficiencyLevelMax - term.level;
  }
  if (room == 0) return 0;
  return std::min(kFitSteps - 1, kFitSteps * surplus / room);
}

}  // namespace relais::policy
