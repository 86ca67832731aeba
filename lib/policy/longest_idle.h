// The order `longest idle`: who has been available and idle for longest.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_LONGEST_IDLE_H_
#define RELAIS_LIB_POLICY_LONGEST_IDLE_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

// Smaller is chosen first. Each unit of load (load_order.h) counts as 2^35 ms
// (a year) of idle time, so that load decides before idle time does; without
// load it is the idle instant. Stays inside the 44 bits of the core's front
// words.
std::int64_t LongestIdleKey(int load_place, InstantMs idle_since_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_LONGEST_IDLE_H_
