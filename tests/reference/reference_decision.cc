// Who gets whom, and what each step changes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/reference_router.h"

namespace relais::reference {

int ReferenceRouter::FitStep(const ContactRecord& contact,
                             const AgentRecord& agent) {
  return reference::FitStep(As(contact).agent_choice.fit,
                            QueueAsks(contact, contact.ring),
                            ContactAsks(contact, contact.ring), agent.holdings,
                            contact.spec.tutor_may_listen);
}

std::size_t ReferenceRouter::RankOf(const ContactRecord& contact,
                                    const AgentRecord& agent) {
  if (!contact.ranked) return 0;
  for (std::size_t rank = 0; rank < agent.profile.queue_order.size(); ++rank) {
    for (const std::string& name : agent.profile.queue_order[rank].queues) {
      if (name == As(contact).name) return rank;
    }
  }
  return agent.profile.queue_order.size();
}

ReferenceRouter::OrderPlace ReferenceRouter::PlaceInOrder(
    const AgentRecord& agent, AgentOrder order) {
  std::int64_t load = 0;
  for (const Held& held : agent.held) load += held.contact.units;
  load = std::min<std::int64_t>(load, 100);
  if (agent.profile.load_order == LoadOrder::kPack) load = -load;
  switch (order) {
    case AgentOrder::kLongestIdle:
      break;
    case AgentOrder::kLeastOccupied:
      return {load, agent.occupied_ms / 1000, agent.idle_since_ms};
    case AgentOrder::kFewestContacts:
      return {load, std::min<std::int64_t>(agent.contacts, 16'383),
              agent.idle_since_ms};
    case AgentOrder::kRoundRobin:
      return {load, agent.offered ? 1 : 0,
              agent.offered ? agent.last_offered_ms : agent.idle_since_ms};
  }
  return {agent.idle_since_ms + load * (std::int64_t{1} << 35), 0, 0};
}

// Of occupied times in the piece of now and the eleven before it, the present
// one up to now.
void ReferenceRouter::TakeOccupied(AgentRecord& agent, bool occupied,
                                   InstantMs now_ms) {
  if (occupied) {
    agent.occupied.emplace_back(agent.occupied_since_ms, now_ms);
    agent.occupied_since_ms = std::max(agent.occupied_since_ms, now_ms);
  }
  const InstantMs piece_ms = 5 * 60 * 1000;
  const InstantMs begin = (now_ms / piece_ms - 11) * piece_ms;
  agent.occupied_ms = 0;
  for (const auto& [from, to] : agent.occupied) {
    agent.occupied_ms += std::max<DurationMs>(0, to - std::max(from, begin));
  }
}

void ReferenceRouter::BeginFigures(AgentRecord& agent, InstantMs now_ms) {
  agent.contacts = 0;
  agent.offered = false;
  agent.last_offered_ms = 0;
  agent.occupied_ms = 0;
  agent.occupied_since_ms = now_ms;
  agent.occupied.clear();
}

DurationMs ReferenceRouter::BoostOf(const Configuration& configuration,
                                    const ContactSpec& spec) {
  if (configuration.contact_choice == ContactChoice::kStrict) {
    return spec.priority * DurationMs{315'360'000'000};
  }
  DurationMs boost = 0;
  for (const ContactQueue& queue : configuration.queues) {
    if (queue.name != spec.queue) continue;
    boost +=
        queue.priority_credit_ms.at(static_cast<std::size_t>(spec.priority));
    if (configuration.contact_choice == ContactChoice::kDeadline) {
      boost -= queue.service_level.threshold_ms;
    }
  }
  for (const CustomerSegment& segment : configuration.segments) {
    if (segment.name == spec.segment) boost += segment.credit_ms;
  }
  return boost;
}

bool ReferenceRouter::Accepts(const ContactRecord& contact,
                              const AgentRecord& agent) const {
  if (IsHeld(contact)) {
    return IsHeldFor(contact, agent) &&
           Contains(agent.profile.channels, contact.spec.channel);
  }
  return MeetsIn(contact.ring, contact, agent) &&
         !IsExcluded(contact.number, agent.number);
}

bool ReferenceRouter::IsFree(const AgentRecord& agent, Channel channel) {
  if (agent.presence.state != PresenceState::kAvailable) return false;
  if (agent.presence_pending) return false;
  if (Contains(agent.no_answer_channels, channel)) return false;
  const auto at = static_cast<std::size_t>(channel);
  int units = agent.profile.cost_units[at];
  int of_channel = 0;
  for (const Held& held : agent.held) {
    units += held.contact.units;
    if (held.contact.channel == channel) ++of_channel;
  }
  if (units > RoomWith(agent, channel)) return false;
  if (agent.held.size() >= kContactsPerAgentMax) return false;
  const int most = agent.profile.contacts_max[at];
  return most == 0 || of_channel < most;
}

WorkState ReferenceRouter::WorkStateOf(const AgentRecord& agent) {
  for (const WorkState state :
       {WorkState::kHandling, WorkState::kWrapUp, WorkState::kReserved}) {
    for (const Held& held : agent.held) {
      if (held.contact.state == state) return state;
    }
  }
  return WorkState::kIdle;
}

bool ReferenceRouter::IsBusy(const AgentRecord& agent) {
  const WorkState state = WorkStateOf(agent);
  return state == WorkState::kHandling || state == WorkState::kWrapUp;
}

ReferenceRouter::Held* ReferenceRouter::HeldOf(AgentRecord& agent,
                                               std::uint64_t contact) {
  for (Held& held : agent.held) {
    if (held.number == contact) return &held;
  }
  return nullptr;
}

void ReferenceRouter::LetGo(AgentRecord& agent, std::uint64_t contact,
                            InstantMs now_ms) const {
  std::erase_if(agent.held,
                [&](const Held& held) { return held.number == contact; });
  if (keeps_figures_) TakeOccupied(agent, true, now_ms);
}

ReferenceRouter::AgentRecord* ReferenceRouter::BestAgentFor(
    const ContactRecord& contact) {
  AgentRecord* best = nullptr;
  int best_fit = 0;
  for (auto& [slot, agent] : agents_) {
    if (agent.set_aside || !IsFree(agent, contact.spec.channel)) continue;
    if (IsKept(agent, contact.spec.channel)) continue;
    if (!IsOffered(contact, agent)) continue;
    const int fit = FitStep(contact, agent);
    // By rising slot, so equals stay with the lower one.
    const AgentOrder order = As(contact).agent_choice.order;
    if (best == nullptr || fit > best_fit ||
        (fit == best_fit &&
         PlaceInOrder(agent, order) < PlaceInOrder(*best, order))) {
      best = &agent;
      best_fit = fit;
    }
  }
  return best;
}

void ReferenceRouter::LookForContact(ContactRecord& contact, InstantMs now_ms,
                                     bool at_once) {
  if (looks_ && contact.state == ContactState::kWaiting) {
    Recount();
    AgentRecord* const best = BestAgentFor(contact);
    if (best != nullptr) {
      Decide(contact, *best, now_ms, at_once);
      // Reserves in which it counts no more keep nothing from it.
      ServeAgent(*best, now_ms);
    }
  }
  LookAfterDrain(now_ms);
}

void ReferenceRouter::LookForAgent(std::uint64_t agent_number,
                                   InstantMs now_ms) {
  AgentRecord* agent = AgentByNumber(agent_number);
  if (agent != nullptr) agent->set_aside = false;
  if (looks_) {
    const std::set<int> gives = Recount();
    if (agent != nullptr) ServeAgent(*agent, now_ms);
    LookForReserves(gives, now_ms);
  }
  LookAfterDrain(now_ms);
  if (looks_ && agent != nullptr) ResumeWork(*agent, now_ms);
}

void ReferenceRouter::Decide(ContactRecord& contact, AgentRecord& agent,
                             InstantMs now_ms, bool at_once, bool pulled) {
  NoteComparison(contact, agent, pulled);
  const std::set<int> counted = pulled ? std::set<int>() : CountedIn(agent);
  Reserve(contact, agent, now_ms, at_once, pulled);
  CheckKept(contact.spec.channel, agent, counted);
  Recount();
  const DurationMs timeout_ms = contact.terms->offer_timeout_ms;
  if (timeout_ms == 0) {
    AcceptReservation(contact, agent, now_ms);
    // What it handles may be interrupted, so it may count again.
    agent.being_served = true;
    LookForReserves(Recount(), now_ms);
    agent.being_served = false;
  } else {
    SetContactDeadline(contact, DeadlineKind::kOfferTimeout,
                       now_ms + timeout_ms);
  }
}

void ReferenceRouter::Reserve(ContactRecord& contact, AgentRecord& agent,
                              InstantMs now_ms, bool at_once, bool pulled) {
  NoteLeft(contact);
  contact.fit_step = FitStep(contact, agent);
  contact.state = ContactState::kReserved;
  contact.attempt = ++contact.version;
  contact.agent = agent.number;
  contact.at_once = contact.at_once || at_once;
  contact.tutor_id =
      contact.spec.tutor_may_listen
          ? TutorOf(QueueAsks(contact, contact.ring),
                    ContactAsks(contact, contact.ring), agent.holdings)
          : "";
  contact.idle_since_ms = agent.idle_since_ms;
  if (keeps_figures_) {
    agent.offered = true;
    agent.last_offered_ms = now_ms;
    if (agent.held.empty()) agent.occupied_since_ms = now_ms;
  }
  contact.units =
      agent.profile.cost_units[static_cast<std::size_t>(contact.spec.channel)];
  agent.held.push_back(
      {{contact.spec.id, contact.spec.channel, WorkState::kReserved,
        contact.attempt, contact.units, 0},
       contact.number,
       std::nullopt});
  ++agent.version;
  ++counters_.decisions;
  ClearContactDeadline(contact);

  const DurationMs timeout_ms = contact.terms->offer_timeout_ms;
  Event event = MakeEvent(EventType::kReservationCreated, now_ms);
  NameContact(contact, event);
  NameAgent(agent, event);
  NameReservation(contact, event);
  event.offer_expires_ms = timeout_ms == 0 ? 0 : now_ms + timeout_ms;
  event.began_after_sequence = last_sequence_;
  event.at_once = at_once;
  event.pulled = pulled;
  HandOver(event);
}

void ReferenceRouter::AcceptReservation(ContactRecord& contact,
                                        AgentRecord& agent, InstantMs now_ms) {
  contact.state = ContactState::kAssigned;
  ++contact.version;
  HeldOf(agent, contact.number)->contact.state = WorkState::kHandling;
  if (keeps_figures_) ++agent.contacts;
  ++agent.version;
  ++figures_[contact.spec.queue].answered;
  Event event = MakeEvent(EventType::kReservationAccepted, now_ms);
  NameContact(contact, event);
  NameAgent(agent, event);
  NameReservation(contact, event);
  HandOver(event);
  SetContactDeadline(contact, DeadlineKind::kLease,
                     now_ms + contact.terms->handling_lease_ms);
  if (looks_) InterruptFor(contact.number, agent, now_ms);
}

void ReferenceRouter::ReturnToWaiting(ContactRecord& contact,
                                      AgentRecord& agent, InstantMs now_ms) {
  ClearContactDeadline(contact);
  if (contact.hold > 0) {
    PutInHold(contact.hold, contact, now_ms);
  } else {
    PutInRing(RingAfter(contact, now_ms - contact.arrival_ms), contact);
  }
  contact.state = ContactState::kWaiting;
  contact.agent = 0;
  ++contact.version;
  LetGo(agent, contact.number, now_ms);
  agent.set_aside = true;
  ++agent.version;
}

// The part that every end has in common; its event is the caller's.
void ReferenceRouter::EndContact(ContactRecord& contact, EndReason reason,
                                 InstantMs now_ms) {
  NoteLeft(contact);
  ClearContactDeadline(contact);
  DropExclusionsOfContact(contact.number);
  contact.state = ContactState::kEnded;
  contact.end_reason = reason;
  contact.ended_ms = now_ms;
  ++contact.version;
  if (reason == EndReason::kAbandoned) {
    ++figures_[contact.spec.queue].abandoned;
  }
}

void ReferenceRouter::EndAssigned(ContactRecord& contact, EndReason reason,
                                  InstantMs now_ms) {
  AgentRecord& agent = *AgentByNumber(contact.agent);
  // Nobody was at it if it was interrupted.
  const DurationMs wrap_up_ms =
      HeldOf(agent, contact.number)->contact.interrupted
          ? 0
          : contact.terms->wrap_up_ms;
  EndContact(contact, reason, now_ms);
  const std::string id = contact.spec.id;
  const std::uint64_t number = contact.number;
  if (wrap_up_ms == 0) {
    FinishWork(agent, number, now_ms);
  } else {
    Held& held = *HeldOf(agent, number);
    held.contact.state = WorkState::kWrapUp;
    held.contact.wrap_up_ends_ms = now_ms + wrap_up_ms;
  }
  ++agent.version;

  Event event = MakeEvent(EventType::kContactEnded, now_ms);
  NameContact(contact, event);
  NameAgent(agent, event);
  NameReservation(contact, event);
  event.wrap_up_ends_ms = wrap_up_ms == 0 ? 0 : now_ms + wrap_up_ms;
  HandOver(event);
  const std::uint64_t agent_number = agent.number;
  if (wrap_up_ms != 0) {
    HeldOf(agent, number)->wrap_up = SetDeadline(
        now_ms + wrap_up_ms, {DeadlineKind::kWrapUp, 0, agent_number, id});
  }
  Remember(contact, now_ms);
  RemoveIfGone(agent_number, now_ms);
  LookForAgent(agent_number, now_ms);
}

void ReferenceRouter::NoAnswer(ContactRecord& contact, InstantMs now_ms) {
  AgentRecord& agent = *AgentByNumber(contact.agent);
  agent.no_answer_channels |= SetOf(contact.spec.channel);
  ReviewHolds(agent, now_ms);
  ReturnToWaiting(contact, agent, now_ms);
  ++counters_.rona_total;
  Event event = MakeEvent(EventType::kReservationNoAnswer, now_ms);
  NameContact(contact, event);
  NameAgent(agent, event);
  NameReservation(contact, event);
  HandOver(event);
  SetWaitingDeadline(contact, now_ms);
  const std::uint64_t agent_number = agent.number;
  LookForContact(contact, now_ms, false);
  LookForAgent(agent_number, now_ms);
}

// Ended early, the earliest; `contact_id` is in wrap-up.
void ReferenceRouter::FinishWrapUp(AgentRecord& agent,
                                   std::string_view contact_id,
                                   InstantMs now_ms) {
  const auto found =
      std::find_if(agent.held.begin(), agent.held.end(), [&](const Held& held) {
        return held.contact.state == WorkState::kWrapUp &&
               held.contact.contact_id == contact_id;
      });
  const Held held = *found;
  if (held.wrap_up.has_value()) deadlines_.erase(*held.wrap_up);
  FinishWork(agent, held.number, now_ms);
  ++agent.version;
  Event event = MakeEvent(EventType::kWrapUpEnded, now_ms);
  NameAgent(agent, event);
  event.contact_id.Assign(held.contact.contact_id);
  event.contact_state = ContactState::kEnded;
  event.channel = held.contact.channel;
  event.attempt = held.contact.attempt;
  event.units = static_cast<std::uint8_t>(held.contact.units);
  HandOver(event);
  const std::uint64_t number = agent.number;
  RemoveIfGone(number, now_ms);
  LookForAgent(number, now_ms);
}

bool ReferenceRouter::NotePresence(AgentRecord& agent, Presence presence,
                                   InstantMs now_ms) {
  if (agent.presence_pending && presence == agent.pending) return false;
  if (!agent.presence_pending && presence == agent.presence &&
      agent.no_answer_channels == 0) {
    return false;
  }
  DropExclusionsOfAgent(agent.number);
  agent.no_answer_channels = 0;
  ++agent.version;
  const bool available = presence.state == PresenceState::kAvailable;
  if (IsBusy(agent)) {
    agent.presence_pending = !available;
    agent.pending = available ? Presence{} : presence;
  } else {
    TakePresence(agent, presence, now_ms);
  }
  Event event = MakeEvent(EventType::kPresenceChanged, now_ms);
  NameAgent(agent, event);
  HandOver(event);
  ReviewHolds(agent, now_ms);
  return true;
}

void ReferenceRouter::ChangePresence(AgentRecord& agent, Presence presence,
                                     InstantMs now_ms) {
  if (!NotePresence(agent, presence, now_ms)) return;
  const std::uint64_t number = agent.number;
  if (presence.state != PresenceState::kAvailable) {
    std::vector<std::uint64_t> reserved;
    for (const Held& held : agent.held) {
      if (held.contact.state == WorkState::kReserved) {
        reserved.push_back(held.number);
      }
    }
    for (const std::uint64_t one : reserved) {
      ContactRecord& contact = contacts_.at(one);
      RescindByAgent(contact, agent, now_ms);
      LookForContact(contact, now_ms, false);
    }
  }
  LookForAgent(number, now_ms);
}

// The agent has left; the contact keeps its place.
void ReferenceRouter::RescindByAgent(ContactRecord& contact, AgentRecord& agent,
                                     InstantMs now_ms) {
  ReturnToWaiting(contact, agent, now_ms);
  Event rescinded = MakeEvent(EventType::kReservationRescinded, now_ms);
  NameContact(contact, rescinded);
  NameAgent(agent, rescinded);
  NameReservation(contact, rescinded);
  HandOver(rescinded);
  SetWaitingDeadline(contact, now_ms);
}

// The contact has ended; the agent has room for another.
void ReferenceRouter::RescindByEnd(const ContactRecord& ended,
                                   AgentRecord& agent, InstantMs now_ms) {
  LetGo(agent, ended.number, now_ms);
  ++agent.version;
  Event rescinded = MakeEvent(EventType::kReservationRescinded, now_ms);
  NameContact(ended, rescinded);
  rescinded.contact_version = 0;
  NameAgent(agent, rescinded);
  NameReservation(ended, rescinded);
  HandOver(rescinded);
}

void ReferenceRouter::TakePresence(AgentRecord& agent, Presence presence,
                                   InstantMs now_ms) const {
  const PresenceState before = agent.presence.state;
  const PresenceState after = presence.state;
  if (before == PresenceState::kLoggedOut &&
      after != PresenceState::kLoggedOut) {
    agent.idle_since_ms = now_ms;
    agent.idle_before_pause_ms = 0;
    BeginFigures(agent, now_ms);
  } else if (before == PresenceState::kAvailable &&
             after == PresenceState::kNotReady) {
    agent.idle_before_pause_ms = now_ms - agent.idle_since_ms;
  } else if (before == PresenceState::kNotReady &&
             after == PresenceState::kAvailable) {
    agent.idle_since_ms = now_ms - agent.idle_before_pause_ms;
    if (keeps_figures_) TakeOccupied(agent, !agent.held.empty(), now_ms);
  }
  agent.presence = presence;
}

// After wrap-up, or after handling without one.
void ReferenceRouter::FinishWork(AgentRecord& agent, std::uint64_t contact,
                                 InstantMs now_ms) const {
  LetGo(agent, contact, now_ms);
  agent.idle_since_ms = now_ms;
  agent.idle_before_pause_ms = 0;
  if (agent.presence_pending && !IsBusy(agent)) {
    TakePresence(agent, agent.pending, now_ms);
    agent.presence_pending = false;
    agent.pending = Presence{};
  }
}

void ReferenceRouter::RemoveIfGone(std::uint64_t agent_number,
                                   InstantMs now_ms) {
  AgentRecord* agent = AgentByNumber(agent_number);
  if (agent == nullptr || agent->listed) return;
  if (agent->presence.state != PresenceState::kLoggedOut) return;
  if (!agent->held.empty()) return;
  for (const auto& [number, contact] : contacts_) {
    if (IsHeldFor(contact, *agent)) return;
  }
  ++agent->version;
  Event event = MakeEvent(EventType::kAgentRemoved, now_ms);
  NameAgent(*agent, event);
  HandOver(event);
  agents_.erase(agent->slot);
}

void ReferenceRouter::Exclude(const ContactRecord& contact,
                              const AgentRecord& agent, InstantMs until_ms) {
  exclusions_.push_back(
      {contact.number, agent.number,
       SetDeadline(until_ms,
                   {DeadlineKind::kDeclineEnd, contact.number, agent.number})});
  const auto displace = [this](auto matches, std::size_t most) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < exclusions_.size(); ++i) {
      if (matches(exclusions_[i])) found.push_back(i);
    }
    if (found.size() <= most) return;
    DropExclusion(found.front());
    ++counters_.declines_forgotten;
  };
  displace([&](const Exclusion& e) { return e.contact == contact.number; },
           kDeclinesPerContactMax);
  displace([&](const Exclusion& e) { return e.agent == agent.number; },
           kDeclinesPerAgentMax);
}

void ReferenceRouter::DropExclusion(std::size_t index) {
  deadlines_.erase(exclusions_[index].deadline);
  exclusions_.erase(exclusions_.begin() + static_cast<std::ptrdiff_t>(index));
}

void ReferenceRouter::DropExclusionsOfContact(std::uint64_t contact) {
  for (std::size_t i = exclusions_.size(); i-- > 0;) {
    if (exclusions_[i].contact == contact) DropExclusion(i);
  }
}

void ReferenceRouter::DropExclusionsOfAgent(std::uint64_t agent) {
  for (std::size_t i = exclusions_.size(); i-- > 0;) {
    if (exclusions_[i].agent == agent) DropExclusion(i);
  }
}

bool ReferenceRouter::IsExcluded(std::uint64_t contact,
                                 std::uint64_t agent) const {
  return std::any_of(
      exclusions_.begin(), exclusions_.end(), [&](const Exclusion& exclusion) {
        return exclusion.contact == contact && exclusion.agent == agent;
      });
}

// Moves an ended contact out of those alive; the reference is dead afterwards.
void ReferenceRouter::Remember(ContactRecord& contact, InstantMs now_ms) {
  const std::uint64_t number = contact.number;
  SetContactDeadline(contact, DeadlineKind::kForgetId,
                     now_ms + options_.id_retention_ms);
  const std::string queue = contact.spec.queue;
  ended_.emplace(number, std::move(contact));
  contacts_.erase(number);
  ended_order_.push_back(number);
  if (ended_order_.size() > options_.limits.ended_ids) {
    Forget(ended_order_.front());
    ++counters_.ids_forgotten;
  }
  if (QueueByName(queue) == nullptr && !QueueHasContacts(queue)) {
    figures_.erase(queue);
  }
}

void ReferenceRouter::Forget(std::uint64_t contact) {
  ClearContactDeadline(ended_.at(contact));
  ended_.erase(contact);
  std::erase(ended_order_, contact);
}

}  // namespace relais::reference
