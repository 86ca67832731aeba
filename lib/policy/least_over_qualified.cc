#include "lib/policy/least_over_qualified.h"

#include <algorithm>

#include "lib/policy/best_fit.h"
#include "relais/types.h"

namespace relais::policy {

int LeastOverQualifiedStep(const CompiledRequirement& requirement,
                           const CompiledProfile& profile) {
  int scale = kFurtherSkillsCounted;
  // Held skills that were not asked for.
  int over = static_cast<int>(profile.skills.size());
  auto held = profile.skills.begin();
  for (const SkillLevel& term : requirement.all_of) {
    while (held != profile.skills.end() && held->skill < term.skill) ++held;
    if (held == profile.skills.end()) break;
    over += held->level - term.level - 1;
    scale += kProficiencyLevelMax - term.level;
  }
  return kFitSteps - 1 - std::min(kFitSteps - 1, kFitSteps * over / scale);
}

}  // namespace relais::policy
