// The order `aged`: who waits longest is served first, and a priority is worth
// a fixed number of milliseconds of waiting.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_AGED_H_
#define RELAIS_LIB_POLICY_AGED_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

// An instant: smaller is served first. It never changes while the contact
// waits, so that lanes need no sorting.
// Requires: 0 <= credit_ms <= kDurationMsMax, arrival_ms >= 0. The result is
// negative for an arrival within the first week of the caller's clock.
std::int64_t RankKey(InstantMs arrival_ms, DurationMs credit_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_AGED_H_
