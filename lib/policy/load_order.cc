#include "lib/policy/load_order.h"

namespace relais::policy {

int LoadPlace(std::uint32_t units, LoadOrder load_order) {
  const int load = static_cast<int>(units);
  return load_order == LoadOrder::kSpread ? load : -load;
}

}  // namespace relais::policy
