#include "lib/policy/agent_order.h"

#include "lib/policy/fewest_contacts.h"
#include "lib/policy/least_occupied.h"
#include "lib/policy/longest_idle.h"
#include "lib/policy/order_key.h"
#include "lib/policy/round_robin.h"

namespace relais::policy {

std::int64_t OrderKey(AgentOrder order, int load_place,
                      const AgentFigures& figures, InstantMs idle_since_ms) {
  switch (order) {
    case AgentOrder::kLongestIdle:
      break;
    case AgentOrder::kLeastOccupied:
      return LeastOccupiedKey(load_place, figures.occupied_ms, idle_since_ms);
    case AgentOrder::kFewestContacts:
      return FewestContactsKey(load_place, figures.contacts, idle_since_ms);
    case AgentOrder::kRoundRobin:
      return RoundRobinKey(load_place, figures.offered, figures.last_offered_ms,
                           idle_since_ms);
  }
  return LongestIdleKey(load_place, idle_since_ms);
}

OrderKeyParts PartsOf(AgentOrder order, std::int64_t key, InstantMs at_ms) {
  constexpr int kLoadBit = kValueBits + kIdleBits;
  constexpr std::int64_t kInstants = std::int64_t{1} << kIdleBits;
  OrderKeyParts parts;
  if (order == AgentOrder::kLongestIdle) {
    // As many loads as leave an instant not after at_ms.
    constexpr int kUnitBit = 35;
    parts.load_place =
        (key - at_ms + (std::int64_t{1} << kUnitBit) - 1) >> kUnitBit;
    parts.since_ms = key - parts.load_place * (std::int64_t{1} << kUnitBit);
    return parts;
  }
  if (order == AgentOrder::kRoundRobin) {
    // A turn takes a quarter of a load, to either side (round_robin.cc).
    constexpr std::int64_t kQuarter = std::int64_t{1} << (kLoadBit - 2);
    parts.load_place = (key + kQuarter) >> kLoadBit;
    const std::int64_t turn =
        (key - parts.load_place * (kQuarter * 4)) / (kQuarter / kInstants);
    parts.value = turn >= 0 ? 1 : 0;
    parts.since_ms = turn >= 0 ? turn : turn + kInstants;
    return parts;
  }
  parts.load_place = key >> kLoadBit;
  parts.value = key >> kIdleBits & kValueMax;
  parts.since_ms = key & (kInstants - 1);
  return parts;
}

}  // namespace relais::policy
