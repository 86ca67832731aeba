#include "lib/engine/passed_over.h"

#include <cstddef>

namespace relais {

PassedOver WhyNotFree(const AgentView& agent, const AgentCapacity& capacity,
                      Channel channel) {
  if (agent.presence.state == PresenceState::kLoggedOut) {
    return PassedOver::kLoggedOut;
  }
  if (agent.presence.state != PresenceState::kAvailable) {
    return PassedOver::kNotReady;
  }
  if (agent.presence_pending) return PassedOver::kPresencePending;
  if (Contains(agent.no_answer_channels, channel)) return PassedOver::kNoAnswer;
  int units = 0;
  int of_channel = 0;
  for (const HeldContact& held : agent.held) {
    units += held.units;
    of_channel += held.channel == channel ? 1 : 0;
  }
  const auto at = static_cast<std::size_t>(channel);
  if (capacity.contacts_max[at] != 0 &&
      of_channel >= capacity.contacts_max[at]) {
    return PassedOver::kContactsMax;
  }
  if (units + capacity.cost[at] > capacity.units) return PassedOver::kCapacity;
  return PassedOver::kNot;
}

}  // namespace relais
