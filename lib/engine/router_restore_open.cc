// The last steps of restoring: what ended, what was half done, and opening the
// agents.

#include <utility>
#include <vector>

#include "lib/base/assert.h"
#include "lib/domain/ended_contact.h"
#include "lib/engine/restoration.h"
#include "lib/engine/router_impl.h"

namespace relais {
namespace {

// An ended contact of before has no slot; this handle is one that has ended.
constexpr ContactHandle kEndedBefore{0, 1};

}  // namespace

void RouterImpl::RestoreEnded(Restoration& restoration) {
  for (const EndedContact& ended : restoration.state.ended) {
    RetainedId retained;
    retained.content = {ended.fingerprint[0], ended.fingerprint[1]};
    retained.view = ViewOf(ended);
    retained.view.handle = kEndedBefore;
    retained.outcome.contact = kEndedBefore;
    retained.outcome.arrival_ms = ended.arrival_ms;
    retained.outcome.at_once = ended.at_once;
    retained_.Remember(std::move(retained));
  }
  restoration.call.NextDueEarlier();
}

// The call that ended a reserved contact makes two events; nobody was answered
// before both were durable, so what is missing is done now, for no better
// reason than that it was begun.
void RouterImpl::FinishHalfEnds(Restoration& restoration) {
  for (const ContactHandle& contact : restoration.to_end) {
    Call call(*this, restoration.now_ms);
    while (!call.Reserve(EventPurpose::kExisting)) DrainEvents();
    std::uint64_t version = 0;
    CancelWaiting(contact, matcher_.Contact(contact.slot),
                  EndReason::kCancelled, call, &version);
  }
  for (const auto& [slot, reservation] : restoration.to_rescind) {
    Call call(*this, restoration.now_ms);
    while (!call.Reserve(EventPurpose::kExisting)) DrainEvents();
    AgentRecord& agent = agents_[slot];
    MutexLock lock(agent.mutex);
    Event event = reservation;
    event.type = EventType::kReservationRescinded;
    event.at_ms = restoration.now_ms;
    event.configuration_version =
        configuration_version_.load(std::memory_order_relaxed);
    event.contact_state = ContactState::kEnded;
    ++agent.version;
    const Holding* holding =
        agent.held.Find(reservation.contact_id.view(), reservation.attempt);
    RELAIS_CHECK(holding != nullptr, "held by nobody else's doing");
    LetGo(agent, *holding, restoration.now_ms);
    FillReserved(agent, &event);
    call.HandOver(event);
  }
}

// A configuration that drops agents, and a presence change that meets a
// reservation, make more than one event; what is missing of them is done now.
void RouterImpl::FinishHalfLeft(Restoration& restoration) {
  for (const std::uint32_t slot : restoration.to_sign_out) {
    Call call(*this, restoration.now_ms);
    while (!call.Reserve(EventPurpose::kExisting)) DrainEvents();
    AgentHandle handle;
    {
      MutexLock lock(agents_[slot].mutex);
      handle = {slot, agents_[slot].generation};
    }
    // Refused only if it has gone.
    ChangePresence(handle, {PresenceState::kLoggedOut, NotReadyReason::kNone},
                   call)
        .IgnoreError();
  }
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    Call call(*this, restoration.now_ms);
    while (!call.Reserve(EventPurpose::kExisting)) DrainEvents();
    AgentRecord& agent = agents_[slot];
    std::vector<ToRescind> to_rescind;
    {
      MutexLock lock(agent.mutex);
      if (agent.used) to_rescind = ReservationsOfLeaver(agent, slot);
    }
    RescindAll(slot, to_rescind, call);
  }
}

// As after any change of an agent: it is told, and looks.
void RouterImpl::OpenRestored(Restoration& restoration) {
  FinishHalfEnds(restoration);
  FinishHalfLeft(restoration);
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    Call call(*this, restoration.now_ms);
    while (!call.Reserve(EventPurpose::kExisting)) DrainEvents();
    EndLostHolds(slot, call);
  }
  for (const auto& [contact, word] : restoration.to_accept) {
    Call call(*this, restoration.now_ms);
    while (!call.Reserve(EventPurpose::kExisting)) DrainEvents();
    // Does nothing to a reservation that has just been rescinded.
    AcceptReserved(word.ref(), contact, word, call, nullptr);
  }
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    AgentUpdate update;
    Call call(*this, restoration.now_ms);
    while (!call.Reserve(EventPurpose::kExisting)) DrainEvents();
    {
      AgentRecord& agent = agents_[slot];
      MutexLock lock(agent.mutex);
      if (!agent.used) continue;
      // Of an acceptance whose interruptions are missing.
      Interrupt(agent, nullptr, call);
      update = NextUpdate(agent, slot, 0);
    }
    call.Notify();
    TellCore(update, call);
    RemoveAgentIfLeft(slot, call);
  }
}

}  // namespace relais
