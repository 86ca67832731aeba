#include "lib/policy/longest_idle.h"

namespace relais::policy {

std::int64_t LongestIdleKey(int load_place, InstantMs idle_since_ms) {
  constexpr std::int64_t kUnit = std::int64_t{1} << 35;
  return idle_since_ms + load_place * kUnit;
}

}  // namespace relais::policy
