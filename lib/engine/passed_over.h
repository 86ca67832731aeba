// Why an agent who could take a contact is not free for it.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_ENGINE_PASSED_OVER_H_
#define RELAIS_LIB_ENGINE_PASSED_OVER_H_

#include "lib/engine/holdings.h"
#include "relais/explanation.h"

namespace relais {

// The first reason that applies to a contact of this channel; kNot if the agent
// is free for it. What the contact asks for, declines, and whether the agent
// holds it, are the caller's to know.
PassedOver WhyNotFree(const AgentView& agent, const AgentCapacity& capacity,
                      Channel channel);

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_PASSED_OVER_H_
