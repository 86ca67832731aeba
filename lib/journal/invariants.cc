#include "lib/journal/invariants.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"
#include "relais/limits.h"

namespace relais::journal {
namespace {

bool Holds(WorkState state) {
  return state == WorkState::kReserved || state == WorkState::kHandling;
}

absl::string_view NameOf(ContactState state) {
  return Text(ContactStateName(state));
}
absl::string_view NameOf(WorkState state) { return Text(WorkStateName(state)); }

// What an agent does while a contact is in this state.
WorkState WorkOn(ContactState state) {
  return state == ContactState::kReserved ? WorkState::kReserved
                                          : WorkState::kHandling;
}

void CheckHeld(const LiveState& state, const std::string& id,
               const LiveContact& contact, Tell tell) {
  const std::string who =
      absl::StrCat("contact ", Quoted(id), " is ", NameOf(contact.state));
  if (contact.state == ContactState::kWaiting) {
    if (!contact.agent_id.empty() || contact.attempt != 0) {
      tell(absl::StrCat(who, ", but held by agent ", Quoted(contact.agent_id)));
    }
    return;
  }
  if (contact.agent_id.empty()) {
    // The reservation was rescinded because the contact ends.
    if (contact.state == ContactState::kReserved) return;
    return tell(absl::StrCat(who, ", but held by no agent"));
  }
  const auto found = state.agents.find(contact.agent_id);
  if (found == state.agents.end()) {
    return tell(absl::StrCat(who, " by agent ", Quoted(contact.agent_id),
                             ", who is not there"));
  }
  const std::vector<HeldContact>& held = found->second.held;
  const auto with_agent =
      std::find_if(held.begin(), held.end(), [&](const HeldContact& one) {
        return one.contact_id == id && one.attempt == contact.attempt &&
               one.state == WorkOn(contact.state);
      });
  if (with_agent == held.end()) {
    tell(absl::StrCat(who, " by agent ", Quoted(contact.agent_id), " (attempt ",
                      contact.attempt, "), who does not hold it so"));
  }
}

void CheckContact(const LiveState& state, const std::string& id,
                  const LiveContact& contact, Tell tell) {
  CheckHeld(state, id, contact, tell);
  if (contact.version == 0 || contact.state == ContactState::kEnded) {
    tell(absl::StrCat("contact ", Quoted(id), " is alive with version ",
                      contact.version, ", ", NameOf(contact.state)));
  }
  if (contact.declines.size() > kDeclinesPerContactMax) {
    tell(absl::StrCat("contact ", Quoted(id), " has ", contact.declines.size(),
                      " declines; at most ", kDeclinesPerContactMax));
  }
  if (!state.queues.contains(contact.detail->spec.queue)) {
    tell(absl::StrCat("contact ", Quoted(id), " is in queue ",
                      Quoted(contact.detail->spec.queue),
                      ", which is not there"));
  }
}

void CheckAgents(const LiveState& state, Tell tell) {
  std::map<std::string, std::string> holders;  // by contact
  for (const auto& [id, agent] : state.agents) {
    for (const HeldContact& held : agent.held) {
      if (!Holds(held.state)) continue;
      const auto [other, fresh] = holders.emplace(held.contact_id, id);
      if (!fresh) {
        tell(absl::StrCat("contact ", Quoted(held.contact_id),
                          " is held twice: by agents ", Quoted(other->second),
                          " and ", Quoted(id)));
      }
      const auto contact = state.contacts.find(held.contact_id);
      if (contact == state.contacts.end()) {
        // The contact's end is there, the agent's half of it is still to come.
        if (held.state == WorkState::kReserved) continue;
        tell(absl::StrCat("agent ", Quoted(id), " is handling contact ",
                          Quoted(held.contact_id), ", which is not alive"));
      } else if (contact->second.agent_id != id) {
        tell(absl::StrCat("agent ", Quoted(id), " is ", NameOf(held.state),
                          " with contact ", Quoted(held.contact_id),
                          ", which is ", NameOf(contact->second.state),
                          " by agent ", Quoted(contact->second.agent_id)));
      }
    }
  }
}

void CheckCapacities(const LiveState& state, Tell tell) {
  std::map<std::string, std::size_t> declines;
  for (const auto& [id, contact] : state.contacts) {
    for (const LiveDecline& decline : contact.declines) {
      ++declines[decline.agent_id];
    }
  }
  for (const auto& [id, agent] : state.agents) {
    int units = 0;
    for (const HeldContact& held : agent.held) units += held.units;
    if (units > kHeldUnitsMax || agent.held.size() > kContactsPerAgentMax) {
      tell(absl::StrCat("agent ", Quoted(id), " is over capacity: holds ",
                        agent.held.size(), " contacts of ", units,
                        " units; at most ", kHeldUnitsMax));
    }
  }
  for (const auto& [id, count] : declines) {
    if (count <= kDeclinesPerAgentMax) continue;
    tell(absl::StrCat("agent ", Quoted(id), " has ", count,
                      " declines; at most ", kDeclinesPerAgentMax));
  }
}

void CheckQueues(const LiveState& state, Tell tell) {
  // Of those accepted into a queue: still waiting, or answered, or abandoned.
  std::map<std::string, std::uint64_t> not_answered;
  for (const auto& [id, contact] : state.contacts) {
    if (contact.state != ContactState::kAssigned) {
      ++not_answered[contact.detail->spec.queue];
    }
  }
  for (const auto& [name, queue] : state.queues) {
    const std::uint64_t known =
        queue.answered_total + queue.abandoned_total + not_answered[name];
    if (known <= queue.offered_total) continue;
    tell(absl::StrCat("queue ", Quoted(name), " was offered ",
                      queue.offered_total, " contacts, but ",
                      queue.answered_total, " answered, ",
                      queue.abandoned_total, " abandoned and ",
                      not_answered[name], " waiting are more"));
  }
}

void CheckEnded(const LiveState& state, Tell tell) {
  std::set<std::string> ids;
  for (const EndedContact& ended : state.ended) {
    if (!ids.insert(ended.id).second) {
      tell(absl::StrCat("contact ", Quoted(ended.id), " has ended twice"));
    }
    if (state.contacts.contains(ended.id)) {
      tell(absl::StrCat("contact ", Quoted(ended.id),
                        " is alive, and has ended"));
    }
    if (ended.end_reason == EndReason::kNone) {
      tell(absl::StrCat("contact ", Quoted(ended.id),
                        " has ended without a reason"));
    }
  }
}

// What the contact must have been before an event; false: anything.
bool ContactBefore(const Event& event, ContactState* state) {
  switch (event.type) {
    case EventType::kReservationCreated:
    case EventType::kContactWidened:
    case EventType::kContactHoldEnded:
      *state = ContactState::kWaiting;
      return true;
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined:
    case EventType::kReservationNoAnswer:
    case EventType::kReservationRescinded:
      *state = ContactState::kReserved;
      return true;
    case EventType::kContactEnded:
      *state = ContactState::kAssigned;
      return event.agent_version != 0;
    default:
      return false;
  }
}

// What the agent must have been doing with the event's contact before it;
// false: anything. kIdle: it did not hold it.
bool WorkBefore(const Event& event, WorkState* state) {
  switch (event.type) {
    case EventType::kReservationCreated:
      *state = WorkState::kIdle;
      return true;
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined:
    case EventType::kReservationNoAnswer:
    case EventType::kReservationRescinded:
      *state = WorkState::kReserved;
      return true;
    case EventType::kContactEnded:
      *state = WorkState::kHandling;
      return true;
    case EventType::kContactInterrupted:
    case EventType::kContactResumed:
      *state = WorkState::kHandling;
      return true;
    case EventType::kWrapUpEnded:
      *state = WorkState::kWrapUp;
      return true;
    default:
      return false;
  }
}

// And after it.
WorkState WorkAfter(const Event& event) {
  switch (event.type) {
    case EventType::kReservationCreated:
      return WorkState::kReserved;
    case EventType::kReservationAccepted:
    case EventType::kContactInterrupted:
    case EventType::kContactResumed:
      return WorkState::kHandling;
    case EventType::kContactEnded:
      return event.wrap_up_ends_ms > 0 ? WorkState::kWrapUp : WorkState::kIdle;
    default:
      return WorkState::kIdle;
  }
}

absl::string_view TypeOf(const Event& event) {
  return Text(EventTypeName(event.type));
}

// Empty if `version` may come after `known` (0: not seen before).
std::string VersionProblem(const Event& event, absl::string_view what,
                           const std::string& id, std::uint64_t version,
                           std::uint64_t known, bool begins,
                           bool from_beginning) {
  const bool wrong = begins       ? version != 1 || known != 0
                     : known == 0 ? from_beginning
                                  : version != known + 1;
  if (!wrong) return "";
  return absl::StrCat("event ", event.sequence, ": version ", version, " of ",
                      what, " ", Quoted(id), " comes after ", known);
}

}  // namespace

void CheckInvariants(const LiveState& state, Tell tell) {
  for (const auto& [id, contact] : state.contacts) {
    CheckContact(state, id, contact, tell);
  }
  CheckAgents(state, tell);
  CheckCapacities(state, tell);
  CheckQueues(state, tell);
  CheckEnded(state, tell);
}

void EntityHistories::Add(const Event& event, bool from_beginning, Tell tell) {
  if (event.contact_version != 0) AddContact(event, from_beginning, tell);
  if (event.agent_version != 0) AddAgent(event, from_beginning, tell);
}

void EntityHistories::AddContact(const Event& event, bool from_beginning,
                                 Tell tell) {
  const std::string id(event.contact_id.view());
  const std::string agent_id(event.agent_id.view());
  const auto known = contacts_.find(id);
  const std::string problem = VersionProblem(
      event, "contact", id, event.contact_version,
      known == contacts_.end() ? 0 : known->second.version,
      event.type == EventType::kContactSubmitted, from_beginning);
  ContactState before = ContactState::kWaiting;
  if (!problem.empty()) {
    tell(problem);
  } else if (known != contacts_.end() && ContactBefore(event, &before)) {
    const Contact& contact = known->second;
    const bool same_agent =
        before == ContactState::kWaiting || contact.agent_id == agent_id;
    if (contact.state != before || !same_agent) {
      tell(absl::StrCat(
          "event ", event.sequence, " (", TypeOf(event), ") by agent ",
          Quoted(agent_id), ": contact ", Quoted(id), " is ",
          NameOf(contact.state), contact.agent_id.empty() ? "" : " by agent ",
          contact.agent_id.empty() ? "" : Quoted(contact.agent_id)));
    }
  }
  gone_contacts_.erase(id);
  if (event.type == EventType::kContactEnded) {
    contacts_.erase(id);
    if (live_ != nullptr && live_->contacts.contains(id)) {
      gone_contacts_[id] = event.sequence;
    }
    return;
  }
  Contact& contact = contacts_[id];
  contact.version = event.contact_version;
  contact.state = event.contact_state;
  contact.agent_id =
      event.contact_state == ContactState::kWaiting ? "" : agent_id;
}

void EntityHistories::AddAgent(const Event& event, bool from_beginning,
                               Tell tell) {
  const std::string id(event.agent_id.view());
  const std::string contact_id(event.contact_id.view());
  const auto known = agents_.find(id);
  const std::string problem =
      VersionProblem(event, "agent", id, event.agent_version,
                     known == agents_.end() ? 0 : known->second.version,
                     event.agent_version == 1, from_beginning);
  WorkState before = WorkState::kIdle;
  const bool of_contact = WorkBefore(event, &before);
  if (!problem.empty()) {
    tell(problem);
  } else if (known != agents_.end() && of_contact) {
    const WorkState is = known->second.WorkOn(contact_id, before);
    if (is != before) {
      tell(absl::StrCat("event ", event.sequence, " (", TypeOf(event),
                        ") of contact ", Quoted(contact_id), ": agent ",
                        Quoted(id), " is ", NameOf(is), " with it, not ",
                        NameOf(before)));
    }
  }
  if (!problem.empty() && known != agents_.end()) {
    known->second.held.clear();
    known->second.wrap_ups.clear();
  }
  const bool unknown = known == agents_.end();
  gone_agents_.erase(id);
  if (event.type == EventType::kAgentRemoved) {
    agents_.erase(id);
    if (live_ != nullptr && live_->agents.contains(id)) {
      gone_agents_[id] = event.sequence;
    }
    return;
  }
  Agent& agent = agents_[id];
  if (unknown || !problem.empty()) {
    agent.all_held_known = event.agent_version == 1;
  }
  agent.version = event.agent_version;
  agent.work_state = event.work_state;
  if (!of_contact) return;
  if (event.type == EventType::kWrapUpEnded) {
    agent.EndWrapUp(contact_id);
    return;
  }
  const WorkState after = WorkAfter(event);
  Agent::Held& held = agent.held[contact_id];
  held.state = after;
  if (event.type == EventType::kReservationCreated) {
    // Of format version 1, which did not tell: all of the agent.
    held.units = event.units == 0 ? kCapacityUnitsMax : event.units;
    held.channel = event.channel;
  }
  if (after == WorkState::kWrapUp) {
    agent.wrap_ups.emplace(contact_id, held.units);
  }
  if (after == WorkState::kWrapUp || after == WorkState::kIdle) {
    agent.held.erase(contact_id);
  }
  if (event.type == EventType::kReservationCreated &&
      (agent.units() > kHeldUnitsMax ||
       agent.units() - agent.MayGiveWay(event.channel) > kCapacityUnitsMax)) {
    tell(absl::StrCat("event ", event.sequence, " (", TypeOf(event),
                      ") of contact ", Quoted(contact_id), ": agent ",
                      Quoted(id), " is over capacity: holds ", agent.units(),
                      " units; it has ", kCapacityUnitsMax));
  }
}

WorkState EntityHistories::Agent::WorkOn(const std::string& contact_id,
                                         WorkState expected) const {
  if (expected == WorkState::kWrapUp && wrap_ups.contains(contact_id)) {
    return expected;
  }
  const auto found = held.find(contact_id);
  if (found != held.end()) return found->second.state;
  return all_held_known && !contact_id.empty() ? WorkState::kIdle : expected;
}

int EntityHistories::Agent::MayGiveWay(Channel to) const {
  int units = 0;
  for (const auto& [contact, one] : held) {
    if (one.state == WorkState::kHandling && one.channel != to) {
      units += one.units;
    }
  }
  for (const auto& [contact, wrapped] : wrap_ups) units += wrapped;
  return units;
}

int EntityHistories::Agent::units() const {
  int units = 0;
  for (const auto& [contact_id, one] : held) units += one.units;
  for (const auto& [contact_id, one] : wrap_ups) units += one;
  return units;
}

void EntityHistories::Agent::EndWrapUp(const std::string& contact_id) {
  // Of format version 1 it does not name its contact, which is the only one.
  if (contact_id.empty()) wrap_ups.clear();
  const auto found = wrap_ups.find(contact_id);
  if (found != wrap_ups.end()) wrap_ups.erase(found);
}

void EntityHistories::Forget() {
  contacts_.clear();
  agents_.clear();
  gone_contacts_.clear();
  gone_agents_.clear();
}

void EntityHistories::CompareWithLive(Tell tell) const {
  if (live_ == nullptr) return;
  for (const auto& [id, contact] : contacts_) {
    const auto found = live_->contacts.find(id);
    if (found == live_->contacts.end()) {
      tell(absl::StrCat("contact ", Quoted(id), " is alive by its last event, ",
                        "but has no live record"));
    } else if (found->second.version != contact.version ||
               found->second.state != contact.state) {
      tell(absl::StrCat("contact ", Quoted(id), " has version ",
                        found->second.version, ", ",
                        NameOf(found->second.state),
                        " in the live records, its last event says ",
                        contact.version, ", ", NameOf(contact.state)));
    }
  }
  for (const auto& [id, agent] : agents_) {
    const auto found = live_->agents.find(id);
    if (found == live_->agents.end()) {
      tell(absl::StrCat("agent ", Quoted(id), " has no live record, but was ",
                        "not removed"));
    } else if (found->second.version != agent.version ||
               WorkStateOf(found->second.held) != agent.work_state) {
      tell(absl::StrCat("agent ", Quoted(id), " has version ",
                        found->second.version, ", ",
                        NameOf(WorkStateOf(found->second.held)),
                        " in the live records, its last event says ",
                        agent.version, ", ", NameOf(agent.work_state)));
    }
  }
  for (const auto& [id, sequence] : gone_contacts_) {
    tell(absl::StrCat("contact ", Quoted(id), " ended with event ", sequence,
                      ", but has a live record"));
  }
  for (const auto& [id, sequence] : gone_agents_) {
    tell(absl::StrCat("agent ", Quoted(id), " was removed with event ",
                      sequence, ", but has a live record"));
  }
}

}  // namespace relais::journal
