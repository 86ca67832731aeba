#include "lib/policy/aged.h"

namespace relais::policy {

DurationMs AgedBoost(DurationMs priority_credit_ms,
                     DurationMs segment_credit_ms) {
  return priority_credit_ms + segment_credit_ms;
}

}  // namespace relais::policy
