// Keys of orders with a second value for ties: the idle instant.
//
// | load:8, signed | value:14 | idle instant:42 |: one number that orders by
// load, then by value, then by who has been idle for longer. Instants of this
// century need 42 bits; later ones, impossible ones and larger values are taken
// for the nearest.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_POLICY_ORDER_KEY_H_
#define RELAIS_LIB_POLICY_ORDER_KEY_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

inline constexpr int kIdleBits = 42;
inline constexpr int kValueBits = 14;
inline constexpr std::int64_t kValueMax = (std::int64_t{1} << kValueBits) - 1;

// Requires: load_place of LoadPlace (load_order.h), which is what leaves room
// for the sign.
std::int64_t LoadThenValueThenIdle(int load_place, std::int64_t value,
                                   InstantMs idle_since_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_ORDER_KEY_H_
