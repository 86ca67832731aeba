#include "lib/policy/agent_order.h"

#include "lib/policy/fewest_contacts.h"
#include "lib/policy/least_occupied.h"
#include "lib/policy/longest_idle.h"
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

}  // namespace relais::policy
