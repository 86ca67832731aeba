// The order `round robin`: who has had no reservation since sign-in, of those
// who has been idle for longer; then whose last reservation is longest ago.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_ROUND_ROBIN_H_
#define RELAIS_LIB_POLICY_ROUND_ROBIN_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

// Smaller is chosen first. `last_offered_ms` means something if `offered`.
std::int64_t RoundRobinKey(int load_place, bool offered,
                           InstantMs last_offered_ms, InstantMs idle_since_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_ROUND_ROBIN_H_
