// Reservations: from the core's decision to accepted, declined, no answer or
// rescinded.

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/agent_figures.h"
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

}  // namespace

// The core has paired a contact with an agent. Nobody else frees the contact's
// record before this reservation is in the agent's record (records.h).
void RouterImpl::OnDecision(const match::Decision& decision, Call& call) {
  ContactRecord& record = contacts_[decision.contact];
  AgentRecord& agent = agents_[decision.agent];
  const ContactHandle contact{decision.contact,
                              record.base_tag.load(std::memory_order_acquire)};
  const std::shared_ptr<const QueueTerms> terms = record.terms;
  const DurationMs offer_timeout_ms = terms->queue.offer_timeout_ms;
  Event event = ContactEvent(EventType::kReservationCreated, record, contact,
                             VersionOf(decision.word, contact),
                             ContactState::kReserved, call.now_ms());
  event.rank_key_ms = decision.position.key;
  event.arrival_sequence = decision.position.sequence;
  event.attempt = event.contact_version;
  event.lane = decision.position.lane;
  event.requirement_class = decision.requirement_class;
  event.profile_class = decision.profile_class;
  event.fit_step = decision.fit_step;
  event.began_after_sequence = call.began_after_sequence();
  event.at_once = call.Submitted(contact);
  if (event.at_once) {
    call.set_at_once();
    record.at_once.store(true, std::memory_order_relaxed);
  }
  if (offer_timeout_ms > 0) {
    event.offer_expires_ms = call.now_ms() + offer_timeout_ms;
  }
  bool ended = false;
  bool leaves = false;
  ClassHold hold;
  {
    MutexLock lock(agent.mutex);
    record.rank_key = decision.position.key;
    record.arrival_sequence = decision.position.sequence;
    if (KeepsFigures()) {
      NoteReserved(call.now_ms(), agent.work_state == WorkState::kIdle,
                   &agent.figures);
    }
    agent.work_state = WorkState::kReserved;
    agent.contact = contact;
    agent.reserved_tag = decision.word.tag();
    agent.terms = terms;
    ++agent.version;
    FillAgent(agent, decision.agent, &event);
    agent.reservation = event;
    agent.reservation.offer_expires_ms = 0;
    agent.reservation.at_once = false;
    agent.reservation.began_after_sequence = 0;
    ended = record.ended_unregistered;
    // Its presence changed while the core was choosing it.
    leaves = !ended && agent.presence.state != PresenceState::kAvailable;
    if (leaves) hold = HoldClass(agent);
  }
  call.Push(event);
  decisions_.Add();
  QueueFigures& figures = FiguresOf(*terms);
  figures.waiting.fetch_sub(1, std::memory_order_relaxed);
  figures.reserved.fetch_add(1, std::memory_order_relaxed);
  if (ended) {
    FinishEndedUnregistered(decision.agent, contact, call);
    return;
  }
  if (leaves) {
    ReturnReserved(decision.agent, contact, decision.word,
                   EventType::kReservationRescinded, std::nullopt, 0, call,
                   nullptr);
    return;
  }
  if (offer_timeout_ms == 0) {
    AcceptReserved(decision.agent, contact, decision.word, call, nullptr);
    return;
  }
  SetDeadline(decision.contact, decision.word.tag(), event.offer_expires_ms,
              decision.word.tag(), call);
}

// The contact was ended before its reservation was written; the ender left
// the rest to this thread, the record included.
void RouterImpl::FinishEndedUnregistered(std::uint32_t slot,
                                         ContactHandle contact, Call& call) {
  AgentRecord& agent = agents_[slot];
  ContactRecord& record = contacts_[contact.slot];
  Event rescinded;
  AgentUpdate update;
  std::uint64_t version = 0;
  {
    MutexLock lock(agent.mutex);
    version = agent.reservation.contact_version + 1;
    record.ended_unregistered = false;
    rescinded = RescindedByEnd(agent, slot, record.end_reason, call.now_ms());
    update = NextUpdate(agent, slot, 1);
  }
  call.Push(rescinded);
  FreeContact(contact, version, record.end_reason, record.ended_ms, call);
  TellCore(update, call);
  RemoveAgentIfLeft(slot, call);
}

void RouterImpl::FillReserved(const AgentRecord& agent, std::uint32_t slot,
                              Event* event) const {
  FillAgent(agent, slot, event);
  event->idle_since_ms = agent.reservation.idle_since_ms;
}

Event RouterImpl::ReservationEvent(EventType type, const AgentRecord& agent,
                                   InstantMs at_ms) const {
  Event event = agent.reservation;
  event.type = type;
  event.at_ms = at_ms;
  event.configuration_version =
      configuration_version_.load(std::memory_order_relaxed);
  return event;
}

Event RouterImpl::RescindedByEnd(AgentRecord& agent, std::uint32_t slot,
                                 EndReason reason, InstantMs now_ms) const {
  Event event =
      ReservationEvent(EventType::kReservationRescinded, agent, now_ms);
  event.contact_version = 0;
  event.contact_state = ContactState::kEnded;
  event.end_reason = reason;
  ++agent.version;
  ClearWork(agent, now_ms);
  FillReserved(agent, slot, &event);
  return event;
}

void RouterImpl::CountAccepted(const QueueTerms& terms) {
  QueueFigures& figures = FiguresOf(terms);
  figures.reserved.fetch_sub(1, std::memory_order_relaxed);
  figures.assigned.fetch_add(1, std::memory_order_relaxed);
  figures.answered_total.fetch_add(1, std::memory_order_relaxed);
}

Event RouterImpl::AcceptLocked(AgentRecord& agent, std::uint64_t assigned_tag,
                               InstantMs now_ms) {
  const std::uint32_t slot = agent.reservation.agent.slot;
  agent.work_state = WorkState::kHandling;
  if (KeepsFigures()) NoteAccepted(&agent.figures);
  ++agent.version;
  Event event =
      ReservationEvent(EventType::kReservationAccepted, agent, now_ms);
  event.contact_version = assigned_tag - agent.contact.base_tag;
  event.contact_state = ContactState::kAssigned;
  FillReserved(agent, slot, &event);
  return event;
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
  std::shared_ptr<const QueueTerms> terms;
  {
    MutexLock lock(agent.mutex);
    // Whoever completed the contact meanwhile has written this step, too.
    if (agent.work_state != WorkState::kReserved || agent.contact != contact ||
        agent.reserved_tag != reserved.tag()) {
      return true;
    }
    event = AcceptLocked(agent, assigned.tag(), call.now_ms());
    terms = agent.terms;
  }
  call.Push(event);
  CountAccepted(*terms);
  SetDeadline(contact.slot, assigned.tag(),
              call.now_ms() + terms->queue.handling_lease_ms, assigned.tag(),
              call);
  return true;
}

bool RouterImpl::ReturnReserved(
    std::uint32_t slot, ContactHandle contact, ContactWord reserved,
    EventType type, const std::optional<DeclineTable::Added>& declined,
    DurationMs retry_ms, Call& call, std::uint64_t* version) {
  AgentRecord& agent = agents_[slot];
  match::Position place;
  {
    MutexLock lock(agent.mutex);
    // Somebody has ended the reservation, who did or does the rest.
    if (agent.contact != contact || agent.reserved_tag != reserved.tag()) {
      return false;
    }
    place = {agent.reservation.lane, agent.reservation.rank_key_ms,
             agent.reservation.arrival_sequence};
  }
  ContactWord waiting;
  if (matcher_.Return(contact.slot, reserved, place, &waiting) !=
      match::Result::kOk) {
    return false;
  }
  Event event;
  AgentUpdate update;
  std::shared_ptr<const QueueTerms> terms;
  {
    MutexLock lock(agent.mutex);
    RELAIS_CHECK(
        agent.contact == contact && agent.work_state == WorkState::kReserved,
        "a reservation ended twice");
    terms = agent.terms;
    event = ReservationEvent(type, agent, call.now_ms());
    event.contact_version = VersionOf(waiting, contact);
    event.contact_state = ContactState::kWaiting;
    if (type == EventType::kReservationNoAnswer) {
      agent.no_answer_channels |= SetOf(event.channel);
    }
    if (declined.has_value()) {
      event.decline_until_ms = call.now_ms() + retry_ms;
    }
    ++agent.version;
    ClearWork(agent, call.now_ms());
    FillReserved(agent, slot, &event);
    update = NextUpdate(agent, slot, 1);
  }
  if (version != nullptr) *version = event.contact_version;
  call.Push(event);
  QueueFigures& figures = FiguresOf(*terms);
  figures.reserved.fetch_sub(1, std::memory_order_relaxed);
  figures.waiting.fetch_add(1, std::memory_order_relaxed);
  if (declined.has_value()) {
    SetDeadline(DeclineDeadline(declined->added.entry), declined->added.number,
                event.decline_until_ms, declined->added.number, call);
  }
  SetWaitLimit(*terms, event.arrival_ms, contact.slot, waiting, call);
  matcher_.LookForContact(contact.slot, waiting, call);
  TellCore(update, call);
  // It may have been dropped from the configuration at the same moment.
  RemoveAgentIfLeft(slot, call);
  return true;
}

absl::StatusOr<ContactWord> RouterImpl::StandingReservation(
    const AgentRecord& agent, std::uint32_t slot, ContactHandle contact,
    std::uint64_t attempt) const {
  // Of an agent who has left it is about to be rescinded.
  if (agent.work_state != WorkState::kReserved || agent.contact != contact ||
      agent.reservation.attempt != attempt ||
      agent.presence.state != PresenceState::kAvailable) {
    return NoLongerStands();
  }
  return ContactWord(ContactPhase::kReserved, slot, agent.reserved_tag);
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
  absl::StatusOr<ContactWord> reserved = NoLongerStands();
  {
    const AgentRecord& agent = agents_[handle.slot];
    MutexLock lock(agent.mutex);
    if (IsAgent(agent, handle)) {
      reserved = StandingReservation(agent, handle.slot, contact, attempt);
    }
  }
  if (!reserved.ok()) return reserved.status();
  status = call.ReserveExisting();
  if (!status.ok()) return status;
  std::uint64_t version = 0;
  if (!AcceptReserved(handle.slot, contact, *reserved, call, &version)) {
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
  DurationMs retry_ms = 0;
  DeclineTable::Added declined;
  ClassHold hold;
  {
    MutexLock lock(agent.mutex);
    if (!IsAgent(agent, handle)) return NoLongerStands();
    const auto standing =
        StandingReservation(agent, handle.slot, contact, attempt);
    if (!standing.ok()) return standing.status();
    status = call.ReserveExisting();
    if (!status.ok()) return status;
    reserved = *standing;
    retry_ms = retry_after_ms.value_or(agent.terms->queue.decline_retry_ms);
    // Under the agent's mutex: while the reservation stands in its record the
    // contact's slot is not given to another contact.
    declined = declines_.Add(contact, handle.slot);
    hold = HoldClass(agent);
  }
  if (declined.displaced_of_contact.has_value()) {
    deadlines_.Cancel(DeclineDeadline(declined.displaced_of_contact->entry),
                      declined.displaced_of_contact->number);
  }
  if (declined.displaced_of_agent.has_value()) {
    CancelDeclineDeadlines({*declined.displaced_of_agent});
    AllowAgain({*declined.displaced_of_agent});
  }
  const DeclineTable::Change& added = declined.added;
  matcher_.SetExclusion(contact.slot, added.cell, handle.slot, added.number);
  std::uint64_t version = 0;
  if (!ReturnReserved(handle.slot, contact, reserved,
                      EventType::kReservationDeclined, declined, retry_ms, call,
                      &version)) {
    if (const auto removed = declines_.Remove(added.entry, added.number)) {
      CancelDeclineDeadlines({*removed});
      AllowAgain({*removed});
    }
    // Another call has ended the reservation; what was displaced for this
    // decline is free to be matched, and the slot may have a new contact.
    LookAgain(contact.slot, call);
    if (declined.displaced_of_agent.has_value()) {
      LookAgain(declined.displaced_of_agent->contact.slot, call);
    }
    return NoLongerStands();
  }
  return Outcome{version, call.ticket()};
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
    if (agent.work_state != WorkState::kReserved ||
        agent.contact.slot != contact_slot ||
        agent.reserved_tag != word.tag()) {
      return;  // another call is ending it
    }
    contact = agent.contact;
    hold = HoldClass(agent);
  }
  if (ReturnReserved(slot, contact, word, EventType::kReservationNoAnswer,
                     std::nullopt, 0, call, nullptr)) {
    rona_.Add();
  }
}

}  // namespace relais
