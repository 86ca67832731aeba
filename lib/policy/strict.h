// The mode `strict`: priority first, then arrival. No credit counts.
//
// A priority is worth ten years, so that keys stay instants that all lanes
// compare: the order is exactly (9 - priority, arrival) as long as no two
// contacts wait at once of which one came ten years before the other. Nine
// priorities are 2.84e12 ms, less than 2^42.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_STRICT_H_
#define RELAIS_LIB_POLICY_STRICT_H_

#include "relais/types.h"

namespace relais::policy {

inline constexpr DurationMs kStrictStepMs = 315'360'000'000;  // 3,650 days

DurationMs StrictBoost(int priority);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_STRICT_H_
