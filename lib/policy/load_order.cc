#include "lib/policy/load_order.h"

namespace relais::policy {

std::int64_t AgentOrderKey(InstantMs idle_since_ms, std::uint32_t units,
                           LoadOrder load_order) {
  const std::int64_t load = static_cast<std::int64_t>(units) << 35;
  return load_order == LoadOrder::kSpread ? idle_since_ms + load
                                          : idle_since_ms - load;
}

}  // namespace relais::policy
