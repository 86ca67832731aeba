// The order `longest idle`: who has been available and idle for longest.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_LONGEST_IDLE_H_
#define RELAIS_LIB_POLICY_LONGEST_IDLE_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

// Smaller is chosen first.
std::int64_t LongestIdleKey(InstantMs idle_since_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_LONGEST_IDLE_H_
