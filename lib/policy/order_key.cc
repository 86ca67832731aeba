#include "lib/policy/order_key.h"

#include <algorithm>

namespace relais::policy {

std::int64_t KeyThenIdle(std::int64_t value, InstantMs idle_since_ms) {
  constexpr std::int64_t kIdleValues = std::int64_t{1} << kIdleBits;
  return std::clamp(value, -kValueMax, kValueMax) * kIdleValues +
         std::clamp(idle_since_ms, InstantMs{0}, kIdleValues - 1);
}

}  // namespace relais::policy
