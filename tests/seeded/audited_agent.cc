#include "tests/seeded/audited_agent.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"

namespace relais::seeded {
namespace {

template <typename List>
auto* FindHeld(List& held, const std::string& contact_id, WorkState state) {
  decltype(held.data()) found = nullptr;
  for (auto& one : held) {
    if (one.state != state ||
        (!contact_id.empty() && one.contact_id != contact_id)) {
      continue;
    }
    if (found == nullptr || one.wrap_up_ends_ms < found->wrap_up_ends_ms) {
      found = &one;
    }
  }
  return found;
}

}  // namespace

HeldContact* AuditedAgent::Held(const std::string& contact_id,
                                WorkState state) {
  return FindHeld(held, contact_id, state);
}

const HeldContact* AuditedAgent::Held(const std::string& contact_id,
                                      WorkState state) const {
  return FindHeld(held, contact_id, state);
}

WorkState AuditedAgent::work_state() const {
  for (const WorkState state :
       {WorkState::kHandling, WorkState::kWrapUp, WorkState::kReserved}) {
    if (Held("", state) != nullptr) return state;
  }
  return WorkState::kIdle;
}

bool AuditedAgent::busy() const {
  return Held("", WorkState::kHandling) != nullptr ||
         Held("", WorkState::kWrapUp) != nullptr;
}

int AuditedAgent::units() const {
  int units = 0;
  for (const HeldContact& one : held) units += one.units;
  return units;
}

bool AuditedAgent::IsOpen(Channel channel) const {
  return presence.state == PresenceState::kAvailable && !presence_pending &&
         !Contains(closed, channel);
}

std::string AuditedAgent::NoRoom(const RoutingProfile& by,
                                 Channel channel) const {
  const auto at = static_cast<std::size_t>(channel);
  const int cost = by.cost_units.at(at);
  int room = by.capacity_units;
  for (const HeldContact& one : held) {
    const bool gives_way = one.state == WorkState::kHandling &&
                           Contains(by.may_interrupt.at(at), one.channel);
    room += gives_way ? one.units : 0;
  }
  room = std::min(room, 200);
  if (units() + cost > room) {
    return absl::StrCat("its ", cost, " units make ", units() + cost, " of ",
                        room);
  }
  if (held.size() >= 25) return "it holds 25";
  const auto of_channel =
      1 + std::count_if(held.begin(), held.end(), [channel](const auto& one) {
        return one.channel == channel;
      });
  const int most = by.contacts_max.at(at);
  if (most > 0 && of_channel > most) {
    return absl::StrCat("it is number ", of_channel,
                        " of its channel, at most ", most, " are allowed");
  }
  return "";
}

bool AuditedAgent::HasRoom(Channel channel) const {
  return NoRoom(profile, channel).empty() &&
         NoRoom(profile_before, channel).empty();
}

AgentPlace AuditedAgent::Place(AgentOrder order) const {
  const bool packs = profile.load_order == LoadOrder::kPack;
  const int load = std::min(units(), 100);
  return PlaceOf(packs ? -load : load, work, idle_since_ms, order);
}

void AuditedAgent::TakePresence(Presence next, InstantMs now_ms) {
  const PresenceState before = presence.state;
  presence = next;
  if (before == next.state) return;
  if (before == PresenceState::kLoggedOut) {  // a sign-in
    idle_since_ms = now_ms;
    idle_before_pause_ms = 0;
    work.Begin(work.kept, now_ms);
  } else if (next.state == PresenceState::kNotReady) {
    idle_before_pause_ms = now_ms - idle_since_ms;
  } else if (next.state == PresenceState::kAvailable) {
    idle_since_ms = now_ms - idle_before_pause_ms;
    work.PauseEnded(now_ms);
  }
}

void AuditedAgent::LetGo(const HeldContact* one, InstantMs now_ms) {
  held.erase(held.begin() + (one - held.data()));
  work.LetGo(now_ms);
}

void AuditedAgent::FinishWork(const HeldContact* one, InstantMs now_ms) {
  LetGo(one, now_ms);
  idle_since_ms = now_ms;
  idle_before_pause_ms = 0;
  if (!presence_pending || busy()) return;
  presence_pending = false;
  TakePresence(std::exchange(pending, {}), now_ms);
}

}  // namespace relais::seeded
