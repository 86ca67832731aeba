// An agent's key in each order of agents (docs/routing-model.md, "Order of
// agents").
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_AGENT_ORDER_H_
#define RELAIS_LIB_POLICY_AGENT_ORDER_H_

#include <cstdint>

#include "relais/agent.h"
#include "relais/types.h"

namespace relais::policy {

// Smaller is chosen first: by load, then by the order. It changes only with
// what the agent holds, and with presence.
std::int64_t OrderKey(AgentOrder order, int load_place,
                      const AgentFigures& figures, InstantMs idle_since_ms);

// What a key says, for whoever reads it.
struct OrderKeyParts {
  std::int64_t load_place = 0;
  // Least occupied: seconds. Fewest contacts: contacts. Round robin: 1 if it
  // was offered any.
  std::int64_t value = 0;
  // Idle since; round robin, if it was offered any: since the last offer.
  InstantMs since_ms = 0;
};
// Of a key that stood at `at_ms`: for longest idle, of an agent idle for less
// than 2^35 ms (a year) then.
OrderKeyParts PartsOf(AgentOrder order, std::int64_t key, InstantMs at_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_AGENT_ORDER_H_
