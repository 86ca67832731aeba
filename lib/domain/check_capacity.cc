// What a routing profile says of capacity.

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/configuration_checker.h"

namespace relais {
namespace {

// "voice, email, voice": by which a channel gives way to itself, if it does.
std::string CircleFrom(const RoutingProfile& profile, Channel first) {
  struct Step {
    std::size_t channel;
    std::string way;
  };
  const auto start = static_cast<std::size_t>(first);
  std::vector<Step> open = {{start, std::string(ChannelName(first))}};
  ChannelSet seen = 0;
  while (!open.empty()) {
    const Step step = open.back();
    open.pop_back();
    for (std::size_t next = 0; next < kChannelCount; ++next) {
      const auto channel = static_cast<Channel>(next);
      if (!Contains(profile.may_interrupt[step.channel], channel)) continue;
      std::string way =
          absl::StrCat(step.way, ", ", std::string(ChannelName(channel)));
      if (next == start) return way;
      if (Contains(seen, channel)) continue;
      seen |= SetOf(channel);
      open.push_back({next, way});
    }
  }
  return "";
}

}  // namespace

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
  CheckInterruptions(path, profile);
}

void ConfigurationChecker::CheckInterruptions(const std::string& path,
                                              const RoutingProfile& profile) {
  bool any = false;
  for (std::size_t k = 0; k < kChannelCount; ++k) {
    const ChannelSet gives_way = profile.may_interrupt[k];
    if (gives_way == 0) continue;
    any = true;
    const auto channel = static_cast<Channel>(k);
    const std::string where =
        absl::StrCat(path, ".channel_capacities[",
                     std::string(ChannelName(channel)), "].may_interrupt");
    const std::string circle = CircleFrom(profile, channel);
    if (!circle.empty()) {
      Error(where, absl::StrCat("goes in a circle: ", circle,
                                "; one of them must give way to no other"));
      continue;
    }
    if (!Contains(profile.channels, channel)) {
      Warn(where, absl::StrCat("the profile does not serve ",
                               std::string(ChannelName(channel)),
                               ", so nothing gives way to it"));
    }
    for (std::size_t other = 0; other < kChannelCount; ++other) {
      const auto given = static_cast<Channel>(other);
      if (!Contains(gives_way, given) || Contains(profile.channels, given)) {
        continue;
      }
      Warn(where, absl::StrCat("the profile does not serve ",
                               std::string(ChannelName(given)),
                               ", so there is none to give way"));
    }
  }
  if (any && profile.load_order == LoadOrder::kPack) {
    Warn(absl::StrCat(path, ".load_order"),
         "pack gives a contact that may interrupt to who is busiest, though "
         "somebody be idle; give spread");
  }
}

}  // namespace relais
