#include "lib/policy/fit.h"

#include "lib/policy/best_fit.h"
#include "lib/policy/least_over_qualified.h"

namespace relais::policy {

int FitOf(const CompiledRequirement& requirement,
          const CompiledProfile& profile) {
  switch (requirement.fit) {
    case FitRule::kBestFit:
      break;
    case FitRule::kLeastOverQualified:
      return LeastOverQualifiedStep(requirement, profile);
  }
  return FitStep(requirement, profile);
}

}  // namespace relais::policy
