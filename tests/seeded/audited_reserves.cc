// Agents who are kept free for calls, by the auditor's account:
// docs/routing-model.md, "Reserves".
//
// What can be said for certain: a reserve in which `resume` count has nobody
// kept from anything when no call is under way, and nothing that it holds back
// leaves fewer than `keep`. Between the two whether it keeps depends on which
// was reached last, and within a call on who has been told; that is left to
// tests/model.

#include <algorithm>
#include <string>

#include "tests/seeded/audited_state.h"

namespace relais::seeded {
namespace {

bool IsFreeFor(const RoutingProfile& profile, const reference::Holdings& has,
               const ContactQueue& queue, const AuditedAgent& agent,
               Channel call) {
  return Contains(profile.channels, call) && agent.IsOpen(call) &&
         agent.NoRoom(profile, call).empty() &&
         reference::Meets(queue.requirement, has, false);
}

}  // namespace

bool AuditedState::MayBeDrainedOf(Channel channel,
                                  const AuditedAgent& agent) const {
  return std::any_of(contacts.begin(), contacts.end(), [&](const auto& entry) {
    const AuditedContact& other = entry.second;
    return other.state == ContactState::kWaiting &&
           Contains(DrainsOf(other), channel) && CouldServe(agent, other);
  });
}

bool AuditedState::Counts(const Reserve& reserve, const AuditedAgent& agent,
                          bool surely) const {
  const auto listed = std::find_if(
      configuration.queues.begin(), configuration.queues.end(),
      [&](const auto& queue) { return queue.name == reserve.queue; });
  if (listed == configuration.queues.end()) return !surely;
  const ContactQueue queue = reference::WithActivity(*listed, configuration);
  const Channel call = reserve.channel;
  const bool now = IsFreeFor(agent.profile, agent.has, queue, agent, call);
  const bool then =
      IsFreeFor(agent.profile_before, agent.had, queue, agent, call);
  if (!surely) return now || then;
  return now && then && !MayBeDrainedOf(call, agent);
}

bool AuditedState::IsKeptBy(const Reserve& reserve, const AuditedAgent& agent,
                            const AuditedContact& contact, bool surely) const {
  const Channel channel = contact.spec.channel;
  if (!Contains(reserve.holds_back, channel) ||
      !Counts(reserve, agent, surely)) {
    return false;
  }
  AuditedAgent with = agent;
  const auto at = static_cast<std::size_t>(channel);
  const auto cost = [&](const RoutingProfile& profile) {
    return profile.cost_units.at(at);
  };
  const auto [least, most] =
      std::minmax({cost(agent.profile), cost(agent.profile_before)});
  with.held.push_back({contact.spec.id, channel, WorkState::kReserved, 0,
                       surely ? least : most, 0});
  return !Counts(reserve, with, !surely);
}

int AuditedState::CountOf(const Reserve& reserve, bool surely) const {
  return static_cast<int>(
      std::count_if(agents.begin(), agents.end(), [&](const auto& entry) {
        return Counts(reserve, entry.second, surely);
      }));
}

bool AuditedState::MayBeKept(const AuditedAgent& agent,
                             const AuditedContact& contact,
                             bool settled) const {
  const auto may_keep = [&](const Reserve& reserve) {
    return IsKeptBy(reserve, agent, contact, false) &&
           (!settled || CountOf(reserve, true) < reserve.ResumeAt());
  };
  return std::any_of(configuration.reserves.begin(),
                     configuration.reserves.end(), may_keep) ||
         std::any_of(reserves_before.begin(), reserves_before.end(), may_keep);
}

std::string AuditedState::Undercut(const AuditedAgent& agent,
                                   const AuditedContact& contact) const {
  for (const Reserve& reserve : configuration.reserves) {
    if (IsKeptBy(reserve, agent, contact, true) &&
        CountOf(reserve, false) <= reserve.keep) {
      return reserve.name;
    }
  }
  return "";
}

}  // namespace relais::seeded
