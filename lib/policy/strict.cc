#include "lib/policy/strict.h"

namespace relais::policy {

DurationMs StrictBoost(int priority) { return priority * kStrictStepMs; }

}  // namespace relais::policy
