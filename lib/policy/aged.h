// The mode `aged`: who waits longest is served first, and a priority or a
// segment is worth a fixed number of milliseconds of waiting.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_AGED_H_
#define RELAIS_LIB_POLICY_AGED_H_

#include "relais/types.h"

namespace relais::policy {

DurationMs AgedBoost(DurationMs priority_credit_ms,
                     DurationMs segment_credit_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_AGED_H_
