// What an event must say of the entities that it names, by the account after
// it.

#include "tests/seeded/audited_problem.h"
#include "tests/seeded/audited_state.h"

namespace relais::seeded {
namespace {

bool IsOfReservation(EventType type) {
  return type == EventType::kReservationCreated ||
         type == EventType::kReservationAccepted ||
         type == EventType::kReservationDeclined ||
         type == EventType::kReservationNoAnswer ||
         type == EventType::kReservationRescinded ||
         type == EventType::kContactInterrupted ||
         type == EventType::kContactResumed;
}

}  // namespace

// The event says the same of its agent.
std::string AuditedState::CheckAgentAfter(const Event& event) const {
  if (event.agent_id.empty() || event.type == EventType::kAgentRemoved) {
    return "";
  }
  const AuditedAgent& agent = agents.at(Text(event.agent_id));
  const bool means = agent.presence.state != PresenceState::kLoggedOut;
  // What is told of a reservation keeps the idle instant of its decision,
  // unless its contact had ended and a restart finishes it.
  InstantMs idle_since_ms = agent.idle_since_ms;
  const auto chosen = agent.chosen_idle_since_ms.find(Text(event.contact_id));
  if (IsOfReservation(event.type) &&
      chosen != agent.chosen_idle_since_ms.end() &&
      (event.contact_version != 0 || event.idle_since_ms != idle_since_ms)) {
    idle_since_ms = chosen->second;
  }
  return FirstOf(
      {Differs("its agent_version", event.agent_version, agent.version),
       Differs("its agent's work state", static_cast<int>(event.work_state),
               static_cast<int>(agent.work_state())),
       event.presence == agent.presence &&
               event.presence_pending == agent.presence_pending &&
               event.pending == agent.pending
           ? ""
           : "its agent's presence is another",
       Differs("its agent's closed channels",
               static_cast<int>(event.no_answer_channels),
               static_cast<int>(agent.closed)),
       means ? Differs("promise 5: idle_since_ms", event.idle_since_ms,
                       idle_since_ms)
             : "",
       means ? Differs("promise 5: idle_before_pause_ms",
                       event.idle_before_pause_ms, agent.idle_before_pause_ms)
             : ""});
}

// The event says the same of its contact.
std::string AuditedState::CheckContactAfter(const Event& event) const {
  const auto found = contacts.find(Text(event.contact_id));
  if (event.contact_id.empty() || event.contact_version == 0) return "";
  if (found == contacts.end()) {
    return event.contact_state == ContactState::kEnded
               ? ""
               : "its contact is not said to have ended";
  }
  const AuditedContact& contact = found->second;
  const bool tells_place = contact.state == ContactState::kWaiting &&
                           event.type != EventType::kContactSubmitted;
  return FirstOf(
      {Differs("its contact_version", event.contact_version, contact.version),
       Differs("its ring", static_cast<int>(event.ring),
               static_cast<int>(contact.ring)),
       tells_place ? Differs("promise 4: its rank key", event.rank_key_ms,
                             contact.rank_key_ms)
                   : "",
       tells_place ? Differs("promise 4: its arrival_sequence",
                             event.arrival_sequence, contact.arrival_sequence)
                   : "",
       contact.hold.agent_id == event.held_for.view() &&
               (!contact.held() || contact.hold.until_ms == event.held_until_ms)
           ? ""
           : absl::StrCat("it is held for '", Text(event.held_for), "' until ",
                          event.held_until_ms),
       Differs("its contact's state", static_cast<int>(event.contact_state),
               static_cast<int>(contact.state)),
       Differs("its arrival_ms", event.arrival_ms, contact.arrival_ms),
       event.queue.view() == contact.spec.queue &&
               event.channel == contact.spec.channel &&
               event.priority == contact.spec.priority
           ? ""
           : "its queue, channel or priority is another"});
}

}  // namespace relais::seeded
