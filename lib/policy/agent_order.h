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

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_AGENT_ORDER_H_
