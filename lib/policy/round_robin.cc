#include "lib/policy/round_robin.h"

#include <algorithm>

#include "lib/policy/order_key.h"

namespace relais::policy {

std::int64_t RoundRobinKey(int load_place, bool offered,
                           InstantMs last_offered_ms, InstantMs idle_since_ms) {
  constexpr std::int64_t kInstants = std::int64_t{1} << kIdleBits;
  const std::int64_t turn =
      offered
          ? std::clamp(last_offered_ms, InstantMs{0}, kInstants - 1)
          : std::clamp(idle_since_ms, InstantMs{0}, kInstants - 1) - kInstants;
  // The load where the other keys have theirs: a turn, of either sign, takes
  // less than one of it.
  constexpr std::int64_t kLoad = std::int64_t{1} << (kValueBits + kIdleBits);
  constexpr std::int64_t kTurn = kLoad / (4 * kInstants);
  return load_place * kLoad + turn * kTurn;
}

}  // namespace relais::policy
