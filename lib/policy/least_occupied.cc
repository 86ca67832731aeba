#include "lib/policy/least_occupied.h"

#include "lib/policy/order_key.h"

namespace relais::policy {

std::int64_t LeastOccupiedKey(int load_place, DurationMs occupied_ms,
                              InstantMs idle_since_ms) {
  constexpr DurationMs kSecond = 1'000;
  return LoadThenValueThenIdle(load_place, occupied_ms / kSecond,
                               idle_since_ms);
}

}  // namespace relais::policy
