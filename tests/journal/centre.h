// Events by hand, applied to a fold.

#ifndef RELAIS_TESTS_JOURNAL_CENTRE_H_
#define RELAIS_TESTS_JOURNAL_CENTRE_H_

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lib/journal/fold.h"
#include "tests/journal/describe.h"
#include "tests/journal/history.h"

namespace relais::journal {

inline constexpr Presence kReady{PresenceState::kAvailable,
                                 NotReadyReason::kNone};

// The ids, in the order in which they first changed.
template <typename Value>
std::vector<std::string> KeysOf(const ChangedById<Value>& changed) {
  std::vector<std::string> keys;
  for (const auto& entry : changed) keys.push_back(entry.id);
  return keys;
}

// Makes events by hand and applies them; each is given the next number and, if
// it names none, the next versions of what it names.
class Centre {
 public:
  explicit Centre(Retention retention = {}) : fold_(retention) {}

  Event Make(EventType type, const std::string& contact,
             const std::string& agent) {
    Event event;
    event.sequence = fold_.state().last_sequence + 1;
    event.type = type;
    event.at_ms = now_ms;
    event.contact_id.Assign(contact);
    event.agent_id.Assign(agent);
    const auto c = fold_.state().contacts.find(contact);
    if (c != fold_.state().contacts.end()) {
      event.contact_version = c->second.version + 1;
      event.queue.Assign(c->second.detail->spec.queue);
      event.attempt = c->second.attempt;
      event.rank_key_ms = c->second.detail->rank_key_ms;
      event.arrival_sequence = c->second.detail->arrival_sequence;
    }
    const auto a = fold_.state().agents.find(agent);
    if (!agent.empty()) {
      event.presence = kReady;
      event.agent_version = 1;
      event.idle_since_ms = 500;
    }
    if (a != fold_.state().agents.end()) {
      event.agent_version = a->second.version + 1;
      event.presence = a->second.presence;
      event.work_state = WorkStateFrom(a->second.held);
    }
    return event;
  }

  // What the agent is doing once the contact is in `state` with it; kIdle: no
  // longer with it.
  WorkState WorkAfter(const std::string& contact, const std::string& agent,
                      WorkState state) const {
    std::vector<HeldContact> held;
    const auto found = fold_.state().agents.find(agent);
    if (found != fold_.state().agents.end()) held = found->second.held;
    std::erase_if(held,
                  [&](const auto& one) { return one.contact_id == contact; });
    if (state != WorkState::kIdle) {
      held.push_back({contact, Channel::kVoice, state, 1, 1, 0});
    }
    return WorkStateFrom(held);
  }

  absl::Status Try(const Event& event, const EventDetail& detail = {}) {
    changed.Clear();
    return fold_.Apply(event, detail, &changed);
  }
  void Do(const Event& event, const EventDetail& detail = {}) {
    const absl::Status status = Try(event, detail);
    ASSERT_TRUE(status.ok()) << status;
  }

  Event Submitted(const std::string& id, EventDetail* detail) {
    Event event = Make(EventType::kContactSubmitted, id, "");
    auto contact = std::make_shared<ContactDetail>();
    contact->spec.id = id;
    contact->spec.queue = "q0";
    contact->spec.priority = 2;
    contact->queue.name = "q0";
    contact->fingerprint = {11, 22};
    contact->rank_key_ms = now_ms - 120'000;
    contact->arrival_sequence = fold_.state().arrival_sequence + 1;
    detail->contact = contact;
    event.contact_version = 1;
    event.queue.Assign("q0");
    event.priority = 2;
    event.arrival_ms = now_ms;
    return event;
  }
  void Submit(const std::string& id) {
    EventDetail detail;
    const Event event = Submitted(id, &detail);
    Do(event, detail);
  }
  void Ready(const std::string& agent) {
    Do(Make(EventType::kPresenceChanged, "", agent));
  }
  Event Created(const std::string& contact, const std::string& agent,
                int units = kCapacityUnitsMax) {
    Event event = Make(EventType::kReservationCreated, contact, agent);
    event.attempt = event.contact_version;
    event.contact_state = ContactState::kReserved;
    event.work_state = WorkAfter(contact, agent, WorkState::kReserved);
    event.units = static_cast<std::uint8_t>(units);
    event.rank_key_ms += 5;
    event.fit_step = 4;
    event.offer_expires_ms = now_ms + 20'000;
    return event;
  }
  void Reserve(const std::string& contact, const std::string& agent,
               int units = kCapacityUnitsMax) {
    Do(Created(contact, agent, units));
  }
  Event Accepted(const std::string& contact, const std::string& agent) {
    Event event = Make(EventType::kReservationAccepted, contact, agent);
    event.contact_state = ContactState::kAssigned;
    event.work_state = WorkAfter(contact, agent, WorkState::kHandling);
    return event;
  }
  Event Declined(const std::string& contact, const std::string& agent,
                 InstantMs until_ms) {
    Event event = Make(EventType::kReservationDeclined, contact, agent);
    event.work_state = WorkAfter(contact, agent, WorkState::kIdle);
    event.decline_until_ms = until_ms;
    return event;
  }
  Event Ended(const std::string& contact, EndReason reason) {
    Event event = Make(EventType::kContactEnded, contact, "");
    event.contact_state = ContactState::kEnded;
    event.end_reason = reason;
    event.attempt = 0;
    return event;
  }
  Event Completed(const std::string& contact, const std::string& agent,
                  InstantMs wrap_up_ends_ms) {
    Event event = Make(EventType::kContactEnded, contact, agent);
    event.contact_state = ContactState::kEnded;
    event.end_reason = EndReason::kCompleted;
    event.wrap_up_ends_ms = wrap_up_ends_ms;
    event.work_state =
        WorkAfter(contact, agent,
                  wrap_up_ends_ms == 0 ? WorkState::kIdle : WorkState::kWrapUp);
    event.idle_since_ms = now_ms;
    return event;
  }
  Event WrapUpEnded(const std::string& contact, const std::string& agent) {
    Event event = Make(EventType::kWrapUpEnded, contact, agent);
    event.contact_state = ContactState::kEnded;
    event.work_state = WorkAfter(contact, agent, WorkState::kIdle);
    const auto found = fold_.state().agents.find(agent);
    if (found == fold_.state().agents.end()) return event;
    for (const HeldContact& held : found->second.held) {
      if (held.contact_id == contact) event.attempt = held.attempt;
    }
    return event;
  }
  // Of a contact that has ended.
  Event RescindedByEnd(const std::string& contact, const std::string& agent,
                       std::uint64_t attempt) {
    Event event = Make(EventType::kReservationRescinded, contact, agent);
    event.contact_version = 0;
    event.contact_state = ContactState::kEnded;
    event.work_state = WorkAfter(contact, agent, WorkState::kIdle);
    event.attempt = attempt;
    return event;
  }
  void Configure(int queues) {
    Event event = Make(EventType::kConfigurationApplied, "", "");
    event.configuration_version = fold_.state().configuration_version + 1;
    EventDetail detail;
    detail.configuration =
        std::make_shared<Configuration>(SmallConfiguration(queues, 2));
    Do(event, detail);
  }

  const LiveState& state() const { return fold_.state(); }
  const LiveContact& contact(const std::string& id) const {
    return state().contacts.at(id);
  }
  const LiveAgent& agent(const std::string& id) const {
    return state().agents.at(id);
  }
  WorkState work(const std::string& agent_id) const {
    return WorkStateFrom(agent(agent_id).held);
  }
  Fold& fold() { return fold_; }

  InstantMs now_ms = 1'000;
  ChangedKeys changed;

 private:
  Fold fold_;
};

}  // namespace relais::journal

#endif  // RELAIS_TESTS_JOURNAL_CENTRE_H_
