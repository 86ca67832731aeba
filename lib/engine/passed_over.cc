#include "lib/engine/passed_over.h"

#include <algorithm>
#include <cstddef>

#include "lib/policy/fit.h"
#include "lib/policy/queue_order.h"

namespace relais {

Fitness FitnessOf(const CompiledRequirement& requirement,
                  const std::vector<LaterRing>& later,
                  const CompiledProfile& profile, NameBehind name) {
  Fitness fitness;
  if (!Contains(profile.channels, requirement.channel)) {
    fitness.reason = PassedOver::kChannel;
    return fitness;
  }
  if (Meets(requirement, profile)) {
    fitness.fit_step = policy::FitOf(requirement, profile);
    fitness.queue_rank = policy::QueueRankOf(requirement, profile);
    fitness.pulled_only = requirement.pulled_only;
    return fitness;
  }
  fitness.reason = PassedOver::kRequirement;
  fitness.missing = DescribeShortfall(requirement, profile, name);
  for (const LaterRing& one : later) {
    if (!Meets(*one.asks, profile)) continue;
    fitness.ring = one.ring;
    fitness.ring_ms = one.begins_ms;
    break;
  }
  return fitness;
}

PassedOver WhyPassedOver(const Fitness& fitness, bool held, bool declined,
                         bool drained, const AgentView& agent,
                         const AgentCapacity& capacity, Channel channel) {
  if (fitness.reason != PassedOver::kNot) return fitness.reason;
  if (held) return PassedOver::kHeld;
  if (declined) return PassedOver::kDeclined;
  if (agent.presence.state == PresenceState::kLoggedOut) {
    return PassedOver::kLoggedOut;
  }
  if (agent.presence.state != PresenceState::kAvailable) {
    return PassedOver::kNotReady;
  }
  if (agent.presence_pending) return PassedOver::kPresencePending;
  if (Contains(agent.no_answer_channels, channel)) return PassedOver::kNoAnswer;
  const auto at = static_cast<std::size_t>(channel);
  int units = 0;
  int of_channel = 0;
  int interruptible = 0;
  for (const HeldContact& held : agent.held) {
    units += held.units;
    of_channel += held.channel == channel ? 1 : 0;
    if (held.state == WorkState::kHandling &&
        Contains(capacity.may_interrupt[at], held.channel)) {
      interruptible += held.units;
    }
  }
  if ((capacity.contacts_max[at] != 0 &&
       of_channel >= capacity.contacts_max[at]) ||
      agent.held.size() >= kContactsPerAgentMax) {
    return PassedOver::kContactsMax;
  }
  const int room = std::min(capacity.units + interruptible, kHeldUnitsMax);
  if (units + capacity.cost[at] > room) return PassedOver::kCapacity;
  if (drained) return PassedOver::kDrained;
  return fitness.pulled_only ? PassedOver::kPullOnly : PassedOver::kNot;
}

}  // namespace relais
