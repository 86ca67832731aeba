// Where load places an agent among those with room: packing and spreading.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_LOAD_ORDER_H_
#define RELAIS_LIB_POLICY_LOAD_ORDER_H_

#include <cstdint>

#include "relais/configuration.h"
#include "relais/types.h"

namespace relais::policy {

// An agent's place among those of equal fit; the smaller goes first. Each unit
// that it holds counts as 2^35 ms (a year) of idle time less or, packing,
// more, so that load decides before idle time does; with no units held it is
// the idle instant. Stays inside the 44 bits of the core's front words.
// Requires: units <= kCapacityUnitsMax.
std::int64_t AgentOrderKey(InstantMs idle_since_ms, std::uint32_t units,
                           LoadOrder load_order);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_LOAD_ORDER_H_
