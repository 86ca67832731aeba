#include "lib/policy/longest_idle.h"

namespace relais::policy {

std::int64_t LongestIdleKey(InstantMs idle_since_ms) { return idle_since_ms; }

}  // namespace relais::policy
