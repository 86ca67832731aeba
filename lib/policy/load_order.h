// Where load places an agent among those with room: packing and spreading.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_LOAD_ORDER_H_
#define RELAIS_LIB_POLICY_LOAD_ORDER_H_

#include <cstdint>

#include "relais/configuration.h"

namespace relais::policy {

// What every order of agents compares first, -kCapacityUnitsMax to
// kCapacityUnitsMax; the smaller goes first: the units held or, packing, less
// them. 0 for who holds nothing. More than kCapacityUnitsMax, as who has been
// interrupted holds, counts as that many.
int LoadPlace(std::uint32_t units, LoadOrder load_order);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_LOAD_ORDER_H_
