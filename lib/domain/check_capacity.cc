// What a routing profile says of capacity.

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/domain/configuration_checker.h"

namespace relais {

void ConfigurationChecker::CheckCapacity(const std::string& path,
                                         const RoutingProfile& profile) {
  const bool known = profile.capacity_units >= kCostUnitsMin &&
                     profile.capacity_units <= kCapacityUnitsMax;
  if (!known) {
    Error(absl::StrCat(path, ".capacity_units"),
          absl::StrCat(profile.capacity_units, " is not in ", kCostUnitsMin,
                       "..", kCapacityUnitsMax));
  }
  if (static_cast<int>(profile.load_order) >= kLoadOrderCount) {
    Error(absl::StrCat(path, ".load_order"),
          absl::StrCat(static_cast<int>(profile.load_order),
                       " is not an order; give spread or pack"));
  }
  for (std::size_t k = 0; k < kChannelCount; ++k) {
    const auto channel = static_cast<Channel>(k);
    const std::string where = absl::StrCat(
        path, ".channel_capacities[", std::string(ChannelName(channel)), "]");
    const int cost = profile.cost_units[k];
    if (cost < kCostUnitsMin || cost > kCapacityUnitsMax) {
      Error(absl::StrCat(where, ".cost_units"),
            absl::StrCat(cost, " is not in ", kCostUnitsMin, "..",
                         kCapacityUnitsMax));
    } else if (known && Contains(profile.channels, channel) &&
               cost > profile.capacity_units) {
      Error(absl::StrCat(where, ".cost_units"),
            absl::StrCat(cost, " is more than the profile's capacity_units, ",
                         profile.capacity_units,
                         "; no contact of this channel would ever fit"));
    }
    const int most = profile.contacts_max[k];
    if (most < 0 || most > static_cast<int>(kContactsPerAgentMax)) {
      Error(absl::StrCat(where, ".contacts_max"),
            absl::StrCat(most, " is not in 0..", kContactsPerAgentMax,
                         " (0 = as many as fit)"));
    }
  }
}

}  // namespace relais
