// Contacts that wait for one agent alone, by docs/routing-model.md, "Preferred
// agents".

#include <algorithm>

#include "tests/reference/reference_router.h"

namespace relais::reference {
namespace {

// When it said that it will be back; 0: it did not, or it is there.
InstantMs BackAt(const Presence& presence, bool is_pending,
                 const Presence& pending) {
  return is_pending ? pending.back_at_ms : presence.back_at_ms;
}

}  // namespace

std::optional<InstantMs> ReferenceRouter::TimeToHold(
    const ContactRecord& contact, const AgentRecord& agent,
    InstantMs now_ms) const {
  const HoldTimes& times = contact.terms->hold;
  if (contact.spec.preferred.reply_by_ms > 0) {
    const InstantMs until =
        contact.arrival_ms + contact.spec.preferred.reply_by_ms;
    if (until > now_ms) return until;
    return std::nullopt;
  }
  if (Contains(agent.no_answer_channels, contact.spec.channel)) {
    return std::nullopt;
  }
  const bool there = agent.presence.state == PresenceState::kAvailable &&
                     !agent.presence_pending;
  if (!there) {
    const InstantMs back =
        BackAt(agent.presence, agent.presence_pending, agent.pending);
    if (back <= now_ms) return std::nullopt;
    if (back > now_ms + times.absent_until_ms) return std::nullopt;
    return back + times.idle_ms;
  }
  DurationMs time = times.idle_ms;
  if (WorkStateOf(agent) == WorkState::kHandling) time = times.handling_ms;
  if (WorkStateOf(agent) == WorkState::kWrapUp) time = times.wrapping_up_ms;
  if (time == 0 && !IsFree(agent, contact.spec.channel)) return std::nullopt;
  return now_ms + time;
}

void ReferenceRouter::PutInHold(std::size_t place, ContactRecord& contact,
                                InstantMs now_ms) {
  contact.hold = 0;
  contact.held_for = 0;
  const auto& list = contact.spec.preferred.agents;
  const bool pulled = (*contact.rings)[0].as->pull_only;
  for (std::size_t i = pulled ? list.size() : place; i < list.size(); ++i) {
    AgentRecord* agent = nullptr;
    for (auto& [slot, one] : agents_) {
      if (one.configuration.id == list[i]) agent = &one;
    }
    if (agent == nullptr || !agent->listed || !MeetsIn(0, contact, *agent)) {
      continue;
    }
    const auto until = TimeToHold(contact, *agent, now_ms);
    if (!until.has_value()) continue;
    if (contact.spec.preferred.source == PreferenceSource::kPanel) {
      const auto [all, agents] = ChoicesOfPresent(*agent, now_ms);
      const std::uint64_t own = ChoicesOf(*agent, now_ms);
      const auto most =
          static_cast<std::uint64_t>(contact.terms->panel_max_share_percent);
      // More than so many percent of the mean, the one more included.
      if (most > 0 && own > 0 && (own + 1) * agents * 100 > most * (all + 1)) {
        contact.over_share = true;
        continue;
      }
      agent->chosen.push_back(now_ms);
      last_choice_ms_ = now_ms;
    }
    contact.hold = i + 1;
    contact.held_for = agent->number;
    contact.held_since_ms = now_ms;
    contact.held_until_ms = *until;
    PutInRing(0, contact);
    return;
  }
  PutInRing(RingAfter(contact, now_ms - contact.arrival_ms), contact);
}

std::uint64_t ReferenceRouter::ChoicesOf(const AgentRecord& agent,
                                         InstantMs now_ms) {
  constexpr InstantMs kPieceMs = 16 * 60 * 1000;
  return static_cast<std::uint64_t>(std::count_if(
      agent.chosen.begin(), agent.chosen.end(), [&](InstantMs at_ms) {
        return at_ms / kPieceMs > now_ms / kPieceMs - 15;
      }));
}

std::pair<std::uint64_t, std::uint64_t> ReferenceRouter::ChoicesOfPresent(
    const AgentRecord& agent, InstantMs now_ms) const {
  std::pair<std::uint64_t, std::uint64_t> sums;
  for (const auto& [slot, one] : agents_) {
    if (one.presence.state == PresenceState::kLoggedOut && &one != &agent) {
      continue;
    }
    sums.first += ChoicesOf(one, now_ms);
    ++sums.second;
  }
  return sums;
}

InstantMs ReferenceRouter::HoldEnds(const ContactRecord& contact,
                                    InstantMs now_ms) const {
  const HoldTimes& times = contact.terms->hold;
  for (const auto& [slot, agent] : agents_) {
    if (agent.number != contact.held_for) continue;
    if (!agent.listed || !MeetsIn(0, contact, agent)) return now_ms;
    if (contact.spec.preferred.reply_by_ms > 0) return contact.held_until_ms;
    if (Contains(agent.no_answer_channels, contact.spec.channel)) return now_ms;
    if (agent.presence.state == PresenceState::kAvailable &&
        !agent.presence_pending) {
      return contact.held_until_ms;
    }
    const InstantMs back =
        BackAt(agent.presence, agent.presence_pending, agent.pending);
    const bool in_time =
        back > 0 && back <= contact.held_since_ms + times.absent_until_ms;
    return in_time ? back + times.idle_ms : now_ms;
  }
  return now_ms;
}

InstantMs ReferenceRouter::WaitingDue(const ContactRecord& contact,
                                      InstantMs now_ms) const {
  const InstantMs ends = HoldEnds(contact, now_ms);
  const DurationMs limit_ms = contact.terms->wait_limit_ms;
  return limit_ms == 0 ? ends : std::min(ends, contact.arrival_ms + limit_ms);
}

void ReferenceRouter::ReviewHolds(const AgentRecord& agent, InstantMs now_ms) {
  for (auto& [number, contact] : contacts_) {
    if (!IsHeldFor(contact, agent)) continue;
    const InstantMs due = WaitingDue(contact, now_ms);
    if (contact.deadline.has_value() && contact.deadline->first == due) {
      continue;
    }
    SetContactDeadline(contact, DeadlineKind::kWaiting, due);
  }
}

// It takes nothing before they have ended.
void ReferenceRouter::EndLostHolds(AgentRecord& agent, InstantMs now_ms) {
  std::vector<std::uint64_t> lost;
  for (const auto& [number, contact] : contacts_) {
    if (IsHeldFor(contact, agent) && !MeetsIn(0, contact, agent)) {
      lost.push_back(number);
    }
  }
  if (!lost.empty()) agent.set_aside = true;
  for (const std::uint64_t number : lost) {
    EndHold(contacts_.at(number), now_ms);
  }
}

void ReferenceRouter::EndHold(ContactRecord& contact, InstantMs now_ms) {
  const std::uint64_t agent = contact.held_for;
  PutInHold(contact.hold, contact, now_ms);
  ++contact.version;
  Event event = MakeEvent(EventType::kContactHoldEnded, now_ms);
  NameContact(contact, event);
  NameHold(contact, event);
  HandOver(event);
  SetWaitingDeadline(contact, now_ms);
  LookForContact(contact, now_ms, false);
  RemoveIfGone(agent, now_ms);
}

void ReferenceRouter::NameHold(const ContactRecord& contact,
                               Event& event) const {
  if (event.type == EventType::kContactSubmitted) {
    event.over_share = contact.over_share;
  }
  if (contact.hold == 0) return;
  event.held_for.Assign(contact.spec.preferred.agents[contact.hold - 1]);
  if (IsHeld(contact)) event.held_until_ms = contact.held_until_ms;
}

// Of whoever orders queues, those that are held for it come before all of them.
std::tuple<int, InstantMs, std::uint64_t> ReferenceRouter::PlaceAt(
    const AgentRecord& agent, const ContactRecord& contact) {
  const bool first =
      IsHeldFor(contact, agent) && !agent.profile.queue_order.empty();
  const int rank = first ? -1 : static_cast<int>(RankOf(contact, agent));
  return {rank, contact.rank_key_ms, contact.number};
}

}  // namespace relais::reference
