#include "lib/policy/round_robin.h"

#include <algorithm>

#include "lib/policy/order_key.h"

namespace relais::policy {

std::int64_t RoundRobinKey(bool offered, InstantMs last_offered_ms,
                           InstantMs idle_since_ms) {
  // As the other keys, which are compared by their upper 44 bits first.
  constexpr int kLowerBits = 20;
  constexpr std::int64_t kInstants = std::int64_t{1} << kIdleBits;
  const std::int64_t turn =
      offered
          ? std::clamp(last_offered_ms, InstantMs{0}, kInstants - 1)
          : std::clamp(idle_since_ms, InstantMs{0}, kInstants - 1) - kInstants;
  return turn * (std::int64_t{1} << kLowerBits);
}

}  // namespace relais::policy
