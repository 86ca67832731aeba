// The order `least occupied`: who was busy least in the last hour, then who has
// been idle for longer.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_LEAST_OCCUPIED_H_
#define RELAIS_LIB_POLICY_LEAST_OCCUPIED_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

// Smaller is chosen first. Occupied time counts in whole seconds.
std::int64_t LeastOccupiedKey(int load_place, DurationMs occupied_ms,
                              InstantMs idle_since_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_LEAST_OCCUPIED_H_
