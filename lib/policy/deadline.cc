#include "lib/policy/deadline.h"

namespace relais::policy {

DurationMs DeadlineBoost(DurationMs threshold_ms, DurationMs priority_credit_ms,
                         DurationMs segment_credit_ms) {
  return priority_credit_ms + segment_credit_ms - threshold_ms;
}

}  // namespace relais::policy
