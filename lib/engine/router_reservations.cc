// Reservations: from the core's decision to accepted, declined, no answer or
// rescinded.

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/agent_figures.h"
#include "lib/domain/bullseye_plan.h"
#include "lib/domain/error.h"
#include "lib/engine/router_impl.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

absl::Status NoLongerStands() {
  return FieldError(absl::StatusCode::kFailedPrecondition, "attempt",
                    "that reservation no longer stands");
}

absl::Status CheckRetry(const std::optional<DurationMs>& retry_after_ms) {
  if (!retry_after_ms.has_value() ||
      (*retry_after_ms >= 0 && *retry_after_ms <= kDurationMsMax)) {
    return absl::OkStatus();
  }
  return FieldError(
      absl::StatusCode::kInvalidArgument, "retry_after_ms",
      absl::StrCat(*retry_after_ms, " is not in 0..", kDurationMsMax));
}

// Without what only the first event of a reservation tells.
Event ForLaterEvents(Event event) {
  event.offer_expires_ms = 0;
  event.at_once = false;
  event.pulled = false;
  event.began_after_sequence = 0;
  return event;
}

}  // namespace

Event RouterImpl::CreatedEvent(const match::Decision& decision,
                               ContactRecord& record, ContactHandle contact,
                               Call& call) const {
  Event event = ContactEvent(EventType::kReservationCreated, record, contact,
                             VersionOf(decision.word, contact),
                             ContactState::kReserved, call.now_ms());
  event.rank_key_ms = decision.position.key;
  event.arrival_sequence = decision.position.sequence;
  event.attempt = event.contact_version;
  event.lane = decision.position.lane;
  const bool held = IsOwnLane(event.lane);
  if (!held && record.rings != nullptr) {
    event.ring =
        static_cast<std::uint8_t>(record.rings->RingOf(decision.position.lane));
  }
  event.requirement_class =
      held ? record.requirement_class : decision.requirement_class;
  event.profile_class = decision.profile_class;
  // The core has no requirement of what is held.
  event.fit_step =
      held ? matcher_.FitStep(record.requirement_class, decision.profile_class)
           : decision.fit_step;
  event.units = decision.units;
  event.pulled = decision.pulled;
  if (decision.pulled) {
    call.set_pulled(contact, event.contact_id.view(), event.attempt);
  }
  const DurationMs offer_timeout_ms = record.terms->queue.offer_timeout_ms;
  if (offer_timeout_ms > 0) {
    event.offer_expires_ms = call.now_ms() + offer_timeout_ms;
  }
  event.began_after_sequence = call.began_after_sequence();
  event.at_once = call.Submitted(contact);
  if (event.at_once) {
    call.set_at_once();
    record.at_once.store(true, std::memory_order_relaxed);
  }
  return event;
}

// The core has paired a contact with an agent. Nobody else frees the contact's
// record before this reservation is in the agent's record (records.h).
void RouterImpl::OnDecision(const match::Decision& decision, Call& call) {
  ContactRecord& record = contacts_[decision.contact];
  AgentRecord& agent = agents_[decision.agent];
  const ContactHandle contact{decision.contact,
                              record.base_tag.load(std::memory_order_acquire)};
  const std::shared_ptr<const QueueTerms> terms = record.terms;
  const DurationMs offer_timeout_ms = terms->queue.offer_timeout_ms;
  Event event = CreatedEvent(decision, record, contact, call);
  bool ended = false, leaves = false, room = false;
  ClassHold hold;
  AgentUpdate update;
  {
    MutexLock lock(agent.mutex);
    if (IsOwnLane(event.lane)) {
      event.held_for.Assign(agent.id);
      agent.waiting.erase({contact.slot, decision.word.tag() - 1});
    }
    record.rank_key = decision.position.key;
    record.arrival_sequence = decision.position.sequence;
    if (KeepsFigures()) {
      NoteReserved(call.now_ms(), agent.held.empty(), &agent.figures);
    }
    record.ring = event.ring;
    const bool fits = agent.held.HasUnitsFor(record.channel, decision.units,
                                             agent.served.capacity);
    Holding& holding = agent.held.Add();
    holding.contact = contact;
    holding.reserved_tag = decision.word.tag();
    holding.units = decision.units;
    holding.terms = terms;
    ++agent.version;
    FillAgent(agent, decision.agent, &event);
    FillTutor(record, agent, &event);
    decision_log_.Write(decision, event, terms->slot);
    holding.reservation = ForLaterEvents(event);
    ended = record.ended_unregistered;
    // Its presence changed while the core was choosing it, or what the contact
    // was to interrupt has ended and is wrapped up.
    leaves = !ended && (!IsOpen(agent) || !fits);
    if (leaves) hold = HoldClass(holding);
    room = MayTakeMore(agent);
    if (room) update = NextUpdate(agent, decision.agent, 0);
  }
  call.Push(event);
  decisions_.Add();
  FiguresOf(*terms).waiting.fetch_sub(1, std::memory_order_relaxed);
  FiguresOf(*terms).reserved.fetch_add(1, std::memory_order_relaxed);
  // The agent is still claimed by this call (claim_until_told, or it has room),
  // which chooses the next contact, or publishes it, by these terms: its place
  // in the order and the channels of which it holds as many as it may have
  // changed.
  if (room) TellCoreAlone(update, call);
  if (ended) {
    FinishEndedUnregistered(contact, decision.word, call);
    return;
  }
  if (leaves) {
    ReturnReserved(decision.agent, contact, decision.word,
                   EventType::kReservationRescinded, nullptr, call, nullptr);
    return;
  }
  if (offer_timeout_ms == 0) {
    AcceptReserved(decision.agent, contact, decision.word, call, nullptr);
    return;
  }
  SetDeadline(decision.contact, decision.word.tag(), event.offer_expires_ms,
              decision.word.tag(), call);
}

// By the agent's skills as they are now, which a change of them at the same
// moment may have made others than those of the decision.
void RouterImpl::FillTutor(const ContactRecord& record,
                           const AgentRecord& agent, Event* event) const {
  if (!record.tutor_may_listen || agent.tutors == nullptr) return;
  const RoutingRequirement queue =
      record.terms->InRing(event->ring).requirement;
  const RoutingRequirement own =
      RequirementInRing(record.requirement, record.terms->later, event->ring);
  const std::string* tutor = TutorNeeded(
      {&queue, &own}, classes_.Profile(agent.profile), *agent.tutors);
  if (tutor != nullptr) event->tutor_id.Assign(*tutor);
}

// The contact was ended before its reservation was written; the ender left
// the rest to this thread, the record included.
void RouterImpl::FinishEndedUnregistered(ContactHandle contact,
                                         ContactWord reserved, Call& call) {
  const std::uint32_t slot = reserved.ref();
  AgentRecord& agent = agents_[slot];
  ContactRecord& record = contacts_[contact.slot];
  Event rescinded;
  AgentUpdate update;
  std::uint64_t version = 0;
  {
    MutexLock lock(agent.mutex);
    const Holding* holding = agent.held.Find(contact, reserved.tag());
    RELAIS_CHECK(holding != nullptr, "a reservation that nobody registered");
    version = holding->reservation.contact_version + 1;
    record.ended_unregistered = false;
    const std::uint32_t units = holding->units;
    rescinded =
        RescindedByEnd(agent, *holding, record.end_reason, call.now_ms());
    update = NextUpdate(agent, slot, units);
  }
  call.Push(rescinded);
  decision_log_.KeepEnded(contact);
  FreeContact(contact, version, record.end_reason, record.ended_ms, call);
  TellCore(update, call);
  RemoveAgentIfLeft(slot, call);
}

void RouterImpl::FillReserved(const AgentRecord& agent, Event* event) const {
  const InstantMs idle_since_ms = event->idle_since_ms;
  FillAgent(agent, event->agent.slot, event);
  event->idle_since_ms = idle_since_ms;
}

Event RouterImpl::ReservationEvent(EventType type, const Holding& holding,
                                   InstantMs at_ms) const {
  Event event = holding.reservation;
  event.type = type;
  event.at_ms = at_ms;
  event.configuration_version =
      configuration_version_.load(std::memory_order_relaxed);
  return event;
}

Event RouterImpl::RescindedByEnd(AgentRecord& agent, const Holding& holding,
                                 EndReason reason, InstantMs now_ms) const {
  Event event =
      ReservationEvent(EventType::kReservationRescinded, holding, now_ms);
  event.contact_version = 0;
  event.contact_state = ContactState::kEnded;
  event.end_reason = reason;
  ++agent.version;
  LetGo(agent, holding, now_ms);
  FillReserved(agent, &event);
  return event;
}

void RouterImpl::CountAccepted(const QueueTerms& terms) {
  QueueFigures& figures = FiguresOf(terms);
  figures.reserved.fetch_sub(1, std::memory_order_relaxed);
  figures.assigned.fetch_add(1, std::memory_order_relaxed);
  figures.answered_total.fetch_add(1, std::memory_order_relaxed);
}

Event RouterImpl::AcceptLocked(AgentRecord& agent, Holding& holding,
                               std::uint64_t assigned_tag, InstantMs now_ms) {
  holding.state = WorkState::kHandling;
  if (KeepsFigures()) NoteAccepted(&agent.figures);
  ++agent.version;
  Event event =
      ReservationEvent(EventType::kReservationAccepted, holding, now_ms);
  event.contact_version = assigned_tag - holding.contact.base_tag;
  event.contact_state = ContactState::kAssigned;
  FillReserved(agent, &event);
  return event;
}

bool RouterImpl::AcceptanceMoves(const AgentRecord& agent) const {
  return KeepsFigures() && MayTakeMore(agent);
}

bool RouterImpl::AcceptReserved(std::uint32_t slot, ContactHandle contact,
                                ContactWord reserved, Call& call,
                                std::uint64_t* version) {
  ContactWord assigned;
  if (matcher_.Accept(contact.slot, reserved, &assigned) !=
      match::Result::kOk) {
    return false;
  }
  if (version != nullptr) *version = VersionOf(assigned, contact);
  AgentRecord& agent = agents_[slot];
  Event event;
  AgentUpdate update;
  bool moves = false;
  std::shared_ptr<const QueueTerms> terms;
  {
    MutexLock lock(agent.mutex);
    // Whoever completed the contact meanwhile has written this step, too.
    Holding* holding = agent.held.Find(contact, reserved.tag());
    if (holding == nullptr || holding->state != WorkState::kReserved) {
      return true;
    }
    event = AcceptLocked(agent, *holding, assigned.tag(), call.now_ms());
    terms = holding->terms;
    moves = AcceptanceMoves(agent) ||
            agent.served.capacity.interruptible(event.channel);
    call.HandOver(event);
    SetDeadline(contact.slot, assigned.tag(),
                call.now_ms() + terms->queue.handling_lease_ms, assigned.tag(),
                call);
    Interrupt(agent, holding, call);
    if (moves) update = NextUpdate(agent, slot, 0);
  }
  call.Notify();
  CountAccepted(*terms);
  if (moves) TellCoreAlone(update, call);
  return true;
}

void RouterImpl::DropDisplaced(const DeclineTable::Added& added) {
  if (added.displaced_of_contact.has_value()) {
    deadlines_.Cancel(DeclineDeadline(added.displaced_of_contact->entry),
                      added.displaced_of_contact->number);
  }
  if (added.displaced_of_agent.has_value()) {
    CancelDeclineDeadlines({*added.displaced_of_agent});
    AllowAgain({*added.displaced_of_agent});
  }
}

void RouterImpl::KeepUntil(const DeclineTable::Added& added, InstantMs until_ms,
                           Call& call) {
  DropDisplaced(added);
  SetDeadline(DeclineDeadline(added.added.entry), added.added.number, until_ms,
              added.added.number, call);
}

bool RouterImpl::ReturnInRecord(std::uint32_t slot, ContactHandle contact,
                                ContactWord reserved, EventType type,
                                Declining* declining, Call& call,
                                Returning* returning) {
  AgentRecord& agent = agents_[slot];
  Event& event = returning->event;
  MutexLock lock(agent.mutex);
  // Somebody has ended the reservation, who did or does the rest.
  const Holding* holding = agent.held.Find(contact, reserved.tag());
  if (holding == nullptr || holding->state != WorkState::kReserved) {
    return false;
  }
  returning->terms = holding->terms;
  event = ReservationEvent(type, *holding, call.now_ms());
  returning->rings = contacts_[contact.slot].rings;
  const AfterHold& after = returning->after;
  const match::Position place =
      after.move.has_value() ? PlaceNext(*after.move, after.hold, &event)
                             : WidenReturned(returning->rings.get(), &event);
  // With the event, so that a change of presence does not come between them
  // and forget a decline that is told after it.
  if (declining != nullptr) {
    declining->added = declines_.Add(contact, slot, declining->until_ms);
    const DeclineTable::Change& added = declining->added->added;
    matcher_.SetExclusion(contact.slot, added.cell, slot, added.number);
    event.decline_until_ms = declining->until_ms;
  }
  const auto why = decision_log_.OfSlot(contact.slot);
  // Under the lock: from here on another call may take the contact, for this
  // agent, too, if it has room left, and would draw the agent's next version
  // before this event does, which the contact's comes after (event_queue.h).
  if (matcher_.Return(contact.slot, reserved, place, &returning->waiting) !=
      match::Result::kOk) {
    return false;
  }
  decision_log_.KeepEnded(why);
  const std::uint32_t units = holding->units;
  event.contact_version = VersionOf(returning->waiting, contact);
  event.contact_state = ContactState::kWaiting;
  if (type == EventType::kReservationNoAnswer) {
    agent.no_answer_channels |= SetOf(event.channel);
    ReviewHolds(agent, call);
  }
  ++agent.version;
  returning->had_room =
      agent.held.ChannelsWithUnits(agent.served.capacity) != 0;
  LetGo(agent, *holding, call.now_ms());
  FillReserved(agent, &event);
  if (returning->had_room) returning->closed = NextUpdate(agent, slot, 0);
  returning->update = NextUpdate(agent, slot, units);
  return true;
}

bool RouterImpl::ReturnReserved(std::uint32_t slot, ContactHandle contact,
                                ContactWord reserved, EventType type,
                                Declining* declining, Call& call,
                                std::uint64_t* version) {
  Returning returning;
  returning.after = NextAfter(slot, contact, reserved, call.now_ms());
  const Hold& hold = returning.after.hold;
  if (!ReturnInRecord(slot, contact, reserved, type, declining, call,
                      &returning)) {
    GiveUpHold(hold, contact.slot, call);
    return false;
  }
  const Event& event = returning.event;
  if (version != nullptr) *version = event.contact_version;
  call.Push(event);
  if (declining != nullptr) {
    KeepUntil(*declining->added, event.decline_until_ms, call);
  }
  WaitAgain(*returning.terms, returning.rings.get(), hold, event,
            returning.waiting, call);
  if (returning.had_room) {
    // The core does not know yet what the record says of this agent, who would
    // be given the contact again.
    returning.closed.terms.kinds = 0;
    TellCoreAlone(returning.closed, call);
  }
  matcher_.LookForContact(contact.slot, returning.waiting, call);
  TellCore(returning.update, call);
  if (hold.held()) EndIfLost(hold.agent, contact, returning.waiting, call);
  // It may have been dropped from the configuration at the same moment.
  RemoveAgentIfLeft(slot, call);
  return true;
}

const Holding* RouterImpl::StandingReservation(const AgentRecord& agent,
                                               ContactHandle contact,
                                               std::uint64_t attempt) const {
  const Holding* holding = agent.held.Find(contact, contact.base_tag + attempt);
  const bool stands = holding != nullptr &&
                      holding->state == WorkState::kReserved && IsOpen(agent);
  return stands ? holding : nullptr;
}

absl::Status RouterImpl::CheckContactGiven(ContactHandle contact) const {
  if (contact.slot < limits_.contacts && contact.base_tag != 0 &&
      contact.base_tag <=
          contacts_[contact.slot].base_tag.load(std::memory_order_acquire)) {
    return absl::OkStatus();
  }
  return FieldError(absl::StatusCode::kNotFound, "contact_id",
                    "no contact was ever given this handle");
}

absl::StatusOr<Outcome> RouterImpl::Accept(AgentHandle handle,
                                           ContactHandle contact,
                                           std::uint64_t attempt,
                                           InstantMs now_ms) {
  absl::Status status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  status = CheckContactGiven(contact);
  if (!status.ok()) return status;
  Call call(*this, now_ms);
  ContactWord reserved;
  {
    const AgentRecord& agent = agents_[handle.slot];
    MutexLock lock(agent.mutex);
    if (!IsAgent(agent, handle)) return NoLongerStands();
    const Holding* standing = StandingReservation(agent, contact, attempt);
    if (standing == nullptr) return NoLongerStands();
    reserved = ContactWord(ContactPhase::kReserved, handle.slot,
                           standing->reserved_tag);
  }
  status = call.ReserveExisting();
  if (!status.ok()) return status;
  std::uint64_t version = 0;
  if (!AcceptReserved(handle.slot, contact, reserved, call, &version)) {
    return NoLongerStands();
  }
  return Outcome{version, call.ticket()};
}

absl::StatusOr<Outcome> RouterImpl::Decline(
    AgentHandle handle, ContactHandle contact, std::uint64_t attempt,
    std::optional<DurationMs> retry_after_ms, InstantMs now_ms) {
  absl::Status status = CheckRetry(retry_after_ms);
  if (!status.ok()) return status;
  status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  status = CheckContactGiven(contact);
  if (!status.ok()) return status;
  Call call(*this, now_ms);
  AgentRecord& agent = agents_[handle.slot];
  ContactWord reserved;
  Declining declining;
  ClassHold hold;
  {
    MutexLock lock(agent.mutex);
    if (!IsAgent(agent, handle)) return NoLongerStands();
    const Holding* standing = StandingReservation(agent, contact, attempt);
    if (standing == nullptr) return NoLongerStands();
    status = call.ReserveExisting();
    if (!status.ok()) return status;
    reserved = ContactWord(ContactPhase::kReserved, handle.slot,
                           standing->reserved_tag);
    declining.until_ms = now_ms + retry_after_ms.value_or(
                                      standing->terms->queue.decline_retry_ms);
    hold = HoldClass(*standing);
  }
  std::uint64_t version = 0;
  if (ReturnReserved(handle.slot, contact, reserved,
                     EventType::kReservationDeclined, &declining, call,
                     &version)) {
    return Outcome{version, call.ticket()};
  }
  if (declining.added.has_value()) TakeBack(contact, *declining.added, call);
  return NoLongerStands();
}

// Another call has ended the reservation at the same moment; what was displaced
// for this decline is free to be matched, and the slot may have a new contact.
void RouterImpl::TakeBack(ContactHandle contact,
                          const DeclineTable::Added& added, Call& call) {
  DropDisplaced(added);
  const DeclineTable::Change& own = added.added;
  if (const auto removed = declines_.Remove(own.entry, own.number)) {
    CancelDeclineDeadlines({*removed});
    AllowAgain({*removed});
  }
  LookAgain(contact.slot, call);
  if (added.displaced_of_agent.has_value()) {
    LookAgain(added.displaced_of_agent->contact.slot, call);
  }
}

void RouterImpl::LookAgain(std::uint32_t slot, Call& call) {
  const ContactWord word = matcher_.Contact(slot);
  if (word.phase() == ContactPhase::kWaiting) {
    matcher_.LookForContact(slot, word, call);
  }
}

void RouterImpl::OfferTimedOut(std::uint32_t contact_slot, ContactWord word,
                               Call& call) {
  const std::uint32_t slot = word.ref();
  const AgentRecord& agent = agents_[slot];
  ContactHandle contact;
  ClassHold hold;
  {
    MutexLock lock(agent.mutex);
    contact = {contact_slot, contacts_[contact_slot].base_tag.load(
                                 std::memory_order_acquire)};
    const Holding* holding = agent.held.Find(contact, word.tag());
    if (holding == nullptr || holding->state != WorkState::kReserved) {
      return;  // another call is ending it
    }
    hold = HoldClass(*holding);
  }
  if (ReturnReserved(slot, contact, word, EventType::kReservationNoAnswer,
                     nullptr, call, nullptr)) {
    rona_.Add();
  }
}

}  // namespace relais
