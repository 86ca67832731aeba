// Keys of orders with a second value for ties: the idle instant.
//
// | value:22 | idle instant:42 |, signed: one number that orders by value and
// then by who has been idle for longer. Instants of this century need 42 bits;
// later ones and impossible ones are taken for the nearest.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_POLICY_ORDER_KEY_H_
#define RELAIS_LIB_POLICY_ORDER_KEY_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

inline constexpr int kIdleBits = 42;
// Values are cut to -kValueMax .. kValueMax.
inline constexpr std::int64_t kValueMax = (std::int64_t{1} << 21) - 1;

std::int64_t KeyThenIdle(std::int64_t value, InstantMs idle_since_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_ORDER_KEY_H_
