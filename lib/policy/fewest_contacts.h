// The order `fewest contacts`: who has accepted fewest since sign-in, then who
// has been idle for longer.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_FEWEST_CONTACTS_H_
#define RELAIS_LIB_POLICY_FEWEST_CONTACTS_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

// Smaller is chosen first. More than kValueMax (order_key.h) are that many.
std::int64_t FewestContactsKey(int load_place, std::uint32_t contacts,
                               InstantMs idle_since_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_FEWEST_CONTACTS_H_
