#include "lib/policy/least_occupied.h"

#include "lib/policy/order_key.h"

namespace relais::policy {

std::int64_t LeastOccupiedKey(DurationMs occupied_ms, InstantMs idle_since_ms) {
  // An hour has more milliseconds than there are values above 0, but not than
  // there are values.
  constexpr DurationMs kHalfAnHour = 1'800'000;
  return KeyThenIdle(occupied_ms - kHalfAnHour, idle_since_ms);
}

}  // namespace relais::policy
