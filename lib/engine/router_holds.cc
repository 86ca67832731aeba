// Holds: contacts that wait for one agent alone before they go to their queue.
//
// Where things stand. A held contact waits in its agent's lane of the core. The
// agent's record has an entry for it (WaitingHeld), with the tag of the word by
// which it waits; so its hold can be judged again when the agent changes, under
// the one mutex under which the agent changes.
//
// Who does what. The bringer enters the contact in the record, then makes it
// wait, then sets its deadline by what the record says by then (ArmHold).
// Whoever changes the agent sets the deadlines of the contacts that wait by
// their entries' words (ReviewHolds) and leaves the others to their bringers,
// who come to the mutex after it. Whoever changes the word by which the contact
// waits takes the entry out. Ends are moves: the deadline's turn makes them, so
// no call of an agent grows with what is held for it. Only a change of what the
// agent may serve ends what it may serve no longer in the same call: nothing
// else keeps the core from giving it that.

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/engine/router_impl.h"
#include "lib/policy/eligibility.h"
#include "lib/policy/rank_key.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

DurationMs TimeFor(const HoldTimes& times, WorkState state) {
  switch (state) {
    case WorkState::kIdle:
    case WorkState::kReserved:
      return times.idle_ms;
    case WorkState::kHandling:
      return times.handling_ms;
    case WorkState::kWrapUp:
      return times.wrapping_up_ms;
  }
  return 0;
}

// Of an agent who is absent; 0: it has not told.
InstantMs AnnouncedReturn(const Presence& presence, const Presence& pending,
                          bool is_pending) {
  return is_pending ? pending.back_at_ms : presence.back_at_ms;
}

std::size_t PlaceAfter(const PreferredAgents& preferred, const InlineId& id) {
  const auto& agents = preferred.agents;
  const auto found = std::find(agents.begin(), agents.end(), id.view());
  if (found == agents.end()) return agents.size();
  return static_cast<std::size_t>(found - agents.begin()) + 1;
}

}  // namespace

WaitingHeld HeldBy(const ToMove& move, ContactHandle contact,
                   std::uint64_t tag) {
  const DurationMs limit_ms = move.terms->queue.wait_limit_ms;
  WaitingHeld held;
  held.contact = contact;
  held.tag = tag;
  held.asks = move.asks;
  held.times = move.terms->queue.hold;
  held.whatever = move.preferred->reply_by_ms > 0;
  held.limit_ms = limit_ms == 0 ? 0 : move.event.arrival_ms + limit_ms;
  return held;
}

std::uint32_t CountLost(const AgentRecord& agent,
                        const CompiledProfile& profile) {
  return static_cast<std::uint32_t>(std::count_if(
      agent.waiting.begin(), agent.waiting.end(), [&](const auto& entry) {
        return !policy::Accepts(*entry.second.asks, profile);
      }));
}

ToMove RouterImpl::ToMoveOf(const ContactRecord& record, ContactHandle contact,
                            EventType type, InstantMs now_ms) {
  ToMove move;
  move.terms = record.terms;
  move.rings = record.rings;
  move.preferred = record.preferred;
  move.requirement_class = record.requirement_class;
  move.lane = record.lane;
  move.boost_ms = record.boost_ms;
  move.event =
      ContactEvent(type, record, contact, 0, ContactState::kWaiting, now_ms);
  if (move.preferred != nullptr) {
    move.asks = classes_.SharedRequirement(move.requirement_class);
    move.hold = ClassHold(&classes_, move.requirement_class);
  }
  return move;
}

std::optional<ToMove> RouterImpl::ReadToMove(ContactHandle contact,
                                             EventType type, InstantMs now_ms) {
  const ContactRecord& record = contacts_[contact.slot];
  MutexLock lock(RingsMutex(contact.slot));
  // Before the contact's record changes again, and its class is given back, it
  // has nothing to move on to.
  if (record.rings_of != contact.base_tag) return std::nullopt;
  return ToMoveOf(record, contact, type, now_ms);
}

std::optional<InstantMs> RouterImpl::JudgeHold(const AgentRecord& agent,
                                               const ToMove& move) const {
  const InstantMs now_ms = move.event.at_ms;
  const HoldTimes& times = move.terms->queue.hold;
  if (move.preferred->reply_by_ms > 0) {
    const InstantMs reply_by_ms =
        move.event.arrival_ms + move.preferred->reply_by_ms;
    if (reply_by_ms <= now_ms) return std::nullopt;
    return reply_by_ms;
  }
  const ChannelSet channel = SetOf(move.event.channel);
  if ((agent.no_answer_channels & channel) != 0) return std::nullopt;
  if (IsOpen(agent)) {
    const DurationMs time_ms = TimeFor(times, agent.held.work_state());
    const ChannelSet free =
        agent.held.ChannelsWithUnits(agent.served.capacity) &
        ~agent.held.FullChannels(agent.served.capacity);
    if (time_ms == 0 && (free & channel) == 0) return std::nullopt;
    return now_ms + time_ms;
  }
  const InstantMs back_ms =
      AnnouncedReturn(agent.presence, agent.pending, agent.presence_pending);
  if (back_ms <= now_ms || back_ms - now_ms > times.absent_until_ms) {
    return std::nullopt;
  }
  return back_ms + times.idle_ms;
}

InstantMs RouterImpl::HoldEnd(const AgentRecord& agent, const WaitingHeld& held,
                              InstantMs now_ms) const {
  if (!agent.used || agent.leaving) return now_ms;
  if (!policy::Accepts(*held.asks, classes_.Profile(agent.profile))) {
    return now_ms;
  }
  if (held.whatever) return held.until_ms;
  if (Contains(agent.no_answer_channels, held.asks->channel)) return now_ms;
  if (IsOpen(agent)) return held.until_ms;
  const InstantMs back_ms =
      AnnouncedReturn(agent.presence, agent.pending, agent.presence_pending);
  if (back_ms == 0 || back_ms - held.since_ms > held.times.absent_until_ms) {
    return now_ms;
  }
  return back_ms + held.times.idle_ms;
}

Hold RouterImpl::BeginHold(const ToMove& move, std::size_t first,
                           std::uint64_t tag, std::uint64_t sequence) {
  Hold hold;
  // What is to be pulled is offered to nobody, whomever it prefers.
  if (move.preferred == nullptr || move.asks->pulled_only) return hold;
  const std::vector<std::string>& agents = move.preferred->agents;
  for (std::size_t i = first; i < agents.size(); ++i) {
    const auto handle = FindAgent(agents[i]);
    if (!handle.ok()) continue;
    AgentRecord& agent = agents_[handle->slot];
    MutexLock lock(agent.mutex);
    if (!IsAgent(agent, *handle) || agent.leaving ||
        !policy::Accepts(*move.asks, classes_.Profile(agent.profile))) {
      continue;
    }
    const std::optional<InstantMs> until_ms = JudgeHold(agent, move);
    if (!until_ms.has_value()) continue;
    // It is the only one, and chosen by no other event than its submit.
    if (move.preferred->source == PreferenceSource::kPanel) {
      hold.chosen = panels_->Choose(handle->slot, move.event.at_ms,
                                    move.terms->queue.panel_max_share_percent);
      hold.over_share = !hold.chosen;
      if (hold.over_share) return hold;
    }
    hold.agent = handle->slot;
    hold.tag = tag;
    hold.id.Assign(agents[i]);
    hold.until_ms = *until_ms;
    WaitingHeld& held = agent.waiting[{move.event.contact.slot, tag}];
    held = HeldBy(move, move.event.contact, tag);
    held.sequence = sequence;
    held.since_ms = move.event.at_ms;
    held.until_ms = *until_ms;
    return hold;
  }
  return hold;
}

void RouterImpl::ForgetHold(std::uint32_t agent_slot,
                            std::uint32_t contact_slot, std::uint64_t tag) {
  AgentRecord& agent = agents_[agent_slot];
  MutexLock lock(agent.mutex);
  agent.waiting.erase({contact_slot, tag});
}

void RouterImpl::GiveUpHold(const Hold& hold, std::uint32_t contact_slot,
                            Call& call) {
  if (!hold.held()) return;
  if (hold.chosen) {
    const AgentRecord& agent = agents_[hold.agent];
    MutexLock lock(agent.mutex);
    panels_->TakeBack(hold.agent);
  }
  ForgetHold(hold.agent, contact_slot, hold.tag);
  // Which may have waited for this.
  RemoveAgentIfLeft(hold.agent, call);
}

match::Position RouterImpl::PlaceNext(const ToMove& move, const Hold& hold,
                                      Event* event) const {
  const std::uint64_t sequence = event->arrival_sequence;
  match::Position place{
      move.lane, policy::RankKey(event->arrival_ms, move.boost_ms), sequence};
  event->held_for = hold.id;
  event->held_until_ms = hold.until_ms;
  event->ring = 0;
  event->requirement_class = move.requirement_class;
  if (hold.held()) {
    place.lane = matcher_.OwnLane(hold.agent);
  } else if (move.rings != nullptr) {
    const std::size_t ring =
        move.rings->RingAfter(0, event->at_ms - event->arrival_ms);
    place = PlaceIn(*move.rings, ring, event->arrival_ms, sequence);
    event->ring = static_cast<std::uint8_t>(ring);
    event->requirement_class = (*move.rings)[ring].requirement_class;
  }
  event->lane = place.lane;
  event->rank_key_ms = place.key;
  return place;
}

Hold RouterImpl::HoldNew(match::Position* place, Event* submitted) {
  ContactRecord& record = contacts_[submitted->contact.slot];
  if (record.preferred == nullptr) return {};
  const ToMove move =
      ToMoveOf(record, submitted->contact, submitted->type, submitted->at_ms);
  const Hold hold =
      BeginHold(move, 0, submitted->contact.base_tag + 1, place->sequence);
  submitted->over_share = hold.over_share;
  record.over_share = hold.over_share;
  if (!hold.held()) return hold;
  *place = {matcher_.OwnLane(hold.agent),
            policy::RankKey(submitted->arrival_ms, move.boost_ms),
            place->sequence};
  submitted->held_for = hold.id;
  submitted->held_until_ms = hold.until_ms;
  submitted->ring = 0;
  return hold;
}

AfterHold RouterImpl::NextAfter(std::uint32_t agent_slot, ContactHandle contact,
                                ContactWord reserved, InstantMs now_ms) {
  InlineId before;
  std::uint64_t sequence = 0;
  {
    const AgentRecord& agent = agents_[agent_slot];
    MutexLock lock(agent.mutex);
    const Holding* holding = agent.held.Find(contact, reserved.tag());
    if (holding == nullptr || holding->state != WorkState::kReserved ||
        holding->reservation.held_for.empty()) {
      return {};
    }
    before = holding->reservation.held_for;
    sequence = holding->reservation.arrival_sequence;
  }
  AfterHold after;
  after.move = ReadToMove(contact, EventType::kContactHoldEnded, now_ms);
  // Without it the contact has ended, which the return will find.
  if (!after.move.has_value()) return after;
  after.hold =
      BeginHold(*after.move, PlaceAfter(*after.move->preferred, before),
                reserved.tag() + 1, sequence);
  return after;
}

void RouterImpl::ArmLocked(AgentRecord& agent, WaitingHeld& held, Call& call) {
  const ContactWord word = matcher_.Contact(held.contact.slot);
  if (word.phase() != ContactPhase::kWaiting || word.tag() != held.tag) return;
  InstantMs due_ms = HoldEnd(agent, held, call.now_ms());
  if (held.limit_ms > 0) due_ms = std::min(due_ms, held.limit_ms);
  if (due_ms == held.due_ms) return;
  held.due_ms = due_ms;
  SetDeadline(held.contact.slot, held.tag, due_ms, held.tag, call);
}

void RouterImpl::ArmHold(std::uint32_t agent_slot, ContactHandle contact,
                         ContactWord waiting, Call& call) {
  AgentRecord& agent = agents_[agent_slot];
  MutexLock lock(agent.mutex);
  const auto held = agent.waiting.find({contact.slot, waiting.tag()});
  // Otherwise it is gone from there by now.
  if (held != agent.waiting.end()) ArmLocked(agent, held->second, call);
}

// In the order of their arrivals, for deadlines of one instant.
void RouterImpl::ReviewHolds(AgentRecord& agent, Call& call) {
  if (agent.waiting.empty()) return;
  std::vector<WaitingHeld*> order;
  order.reserve(agent.waiting.size());
  for (auto& [key, held] : agent.waiting) order.push_back(&held);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->sequence < b->sequence;
  });
  for (WaitingHeld* held : order) ArmLocked(agent, *held, call);
}

// Not left to their deadlines: the agent would be given what it may not serve.
// It is closed meanwhile, for the core knows it by what it was.
void RouterImpl::EndLostHolds(std::uint32_t agent_slot, Call& call) {
  AgentRecord& agent = agents_[agent_slot];
  std::vector<WaitingHeld> lost;
  InlineId id;
  AgentUpdate closed;
  {
    MutexLock lock(agent.mutex);
    if (!agent.used || agent.leaving) return;  // it may take nothing
    for (const auto& [key, held] : agent.waiting) {
      if (!policy::Accepts(*held.asks, classes_.Profile(agent.profile))) {
        lost.push_back(held);
      }
    }
    if (lost.empty()) return;
    id.Assign(agent.id);
    closed = NextUpdate(agent, agent_slot, 0);
  }
  closed.terms.kinds = 0;
  TellCoreAlone(closed, call);
  std::sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) {
    return a.sequence < b.sequence;
  });
  for (const WaitingHeld& held : lost) {
    const ContactWord word = matcher_.Contact(held.contact.slot);
    // Otherwise it is gone, or its bringer comes to that (EndIfLost).
    if (word.phase() == ContactPhase::kWaiting && word.tag() == held.tag) {
      EndHold(held.contact, word, agent_slot, id, call);
    }
  }
}

void RouterImpl::EndIfLost(std::uint32_t agent_slot, ContactHandle contact,
                           ContactWord waiting, Call& call) {
  InlineId id;
  {
    const AgentRecord& agent = agents_[agent_slot];
    MutexLock lock(agent.mutex);
    const auto held = agent.waiting.find({contact.slot, waiting.tag()});
    if (held == agent.waiting.end() || agent.leaving ||
        policy::Accepts(*held->second.asks, classes_.Profile(agent.profile))) {
      return;
    }
    id.Assign(agent.id);
  }
  EndHold(contact, waiting, agent_slot, id, call);
}

void RouterImpl::HoldDue(ContactHandle contact, ContactWord word,
                         std::uint32_t agent_slot, Call& call) {
  InlineId id;
  {
    AgentRecord& agent = agents_[agent_slot];
    MutexLock lock(agent.mutex);
    const auto found = agent.waiting.find({contact.slot, word.tag()});
    if (found == agent.waiting.end()) return;
    WaitingHeld& held = found->second;
    if (HoldEnd(agent, held, call.now_ms()) > call.now_ms()) {
      held.due_ms = 0;
      ArmLocked(agent, held, call);
      return;
    }
    id.Assign(agent.id);
  }
  EndHold(contact, word, agent_slot, id, call);
}

void RouterImpl::EndHold(ContactHandle contact, ContactWord word,
                         std::uint32_t agent_slot, const InlineId& id,
                         Call& call) {
  const std::optional<ToMove> move =
      ReadToMove(contact, EventType::kContactHoldEnded, call.now_ms());
  match::Position from;
  if (!move.has_value() || !matcher_.PositionOf(contact.slot, word, &from)) {
    return;
  }
  const Hold hold = BeginHold(*move, PlaceAfter(*move->preferred, id),
                              word.tag() + 1, from.sequence);
  Event event = move->event;
  event.arrival_sequence = from.sequence;
  const match::Position to = PlaceNext(*move, hold, &event);
  ContactWord waiting;
  if (matcher_.Move(contact.slot, word, to, &waiting) != match::Result::kOk) {
    GiveUpHold(hold, contact.slot, call);
    return;
  }
  ForgetHold(agent_slot, contact.slot, word.tag());
  deadlines_.Cancel(contact.slot, word.tag());
  event.contact_version = VersionOf(waiting, contact);
  call.Push(event);
  if (hold.held()) {
    ArmHold(hold.agent, contact, waiting, call);
  } else {
    SetWaitDeadline(*move->terms, move->rings.get(), event.ring,
                    event.arrival_ms, contact.slot, waiting, call);
    if (move->rings != nullptr) {
      EnterRing(*move->rings, event.ring, contact.slot, waiting, to.sequence);
    }
  }
  matcher_.LookForContact(contact.slot, waiting, call);
  if (hold.held()) EndIfLost(hold.agent, contact, waiting, call);
  RemoveAgentIfLeft(agent_slot, call);
}

bool RouterImpl::ShowHold(std::uint32_t agent_slot, ContactWord word,
                          ContactView* view) const {
  const AgentRecord& agent = agents_[agent_slot];
  MutexLock lock(agent.mutex);
  const auto held = agent.waiting.find({view->handle.slot, word.tag()});
  if (held == agent.waiting.end()) return false;
  view->held_for = agent.id;
  view->held_until_ms = HoldEnd(agent, held->second, 0);
  return true;
}

}  // namespace relais
