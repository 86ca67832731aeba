#include "lib/policy/eligibility.h"

namespace relais::policy {

bool Accepts(const CompiledRequirement& requirement,
             const CompiledProfile& profile) {
  return Contains(profile.channels, requirement.channel) &&
         Meets(requirement, profile);
}

}  // namespace relais::policy
