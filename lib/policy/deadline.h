// The mode `deadline`: whose target is to be met first is served first. The
// deadline is the arrival and the queue's threshold; credits count as in
// `aged`.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_DEADLINE_H_
#define RELAIS_LIB_POLICY_DEADLINE_H_

#include "relais/types.h"

namespace relais::policy {

// Negative if the threshold is longer than the credits.
DurationMs DeadlineBoost(DurationMs threshold_ms, DurationMs priority_credit_ms,
                         DurationMs segment_credit_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_DEADLINE_H_
