#include "lib/policy/order_key.h"

#include <algorithm>

#include "relais/limits.h"

namespace relais::policy {

// A key is at most (load + 1) * 2^56, so no load that there is overflows it.
static_assert(kIdleBits + kValueBits == 56 && kCapacityUnitsMax < 127);

std::int64_t LoadThenValueThenIdle(int load_place, std::int64_t value,
                                   InstantMs idle_since_ms) {
  constexpr std::int64_t kIdleValues = std::int64_t{1} << kIdleBits;
  constexpr std::int64_t kValues = kValueMax + 1;
  const std::int64_t upper =
      load_place * kValues + std::clamp(value, std::int64_t{0}, kValueMax);
  return upper * kIdleValues +
         std::clamp(idle_since_ms, InstantMs{0}, kIdleValues - 1);
}

}  // namespace relais::policy
