#include "lib/policy/eligibility.h"

namespace relais::policy {

bool Accepts(const CompiledRequirement& requirement,
             const CompiledProfile& profile) {
  return Contains(profile.channels, requirement.channel) &&
         CoversAll(requirement.all_of, profile.skills);
}

}  // namespace relais::policy
