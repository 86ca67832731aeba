#include "lib/policy/load_order.h"

#include <algorithm>

#include "relais/limits.h"

namespace relais::policy {

int LoadPlace(std::uint32_t units, LoadOrder load_order) {
  const int load = std::min(static_cast<int>(units), kCapacityUnitsMax);
  return load_order == LoadOrder::kSpread ? load : -load;
}

}  // namespace relais::policy
