#include "lib/journal/fold.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/agent_figures.h"
#include "lib/domain/error.h"
#include "lib/domain/panel_choices.h"
#include "lib/journal/bytes.h"

namespace relais::journal {
namespace {

std::string ContactId(const Event& event) {
  return std::string(event.contact_id.view());
}

template <typename... Parts>
absl::Status Impossible(const Event& event, const Parts&... parts) {
  return absl::DataLossError(absl::StrCat("event ", event.sequence, " (",
                                          Text(EventTypeName(event.type)),
                                          "): ", parts...));
}

bool NamesContact(EventType type) {
  switch (type) {
    case EventType::kContactSubmitted:
    case EventType::kContactEnded:
    case EventType::kReservationCreated:
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined:
    case EventType::kReservationNoAnswer:
    case EventType::kReservationRescinded:
    case EventType::kWrapUpEnded:
    case EventType::kContactWidened:
    case EventType::kContactHoldEnded:
    case EventType::kContactInterrupted:
    case EventType::kContactResumed:
      return true;
    case EventType::kNone:
    case EventType::kConfigurationApplied:
    case EventType::kPresenceChanged:
    case EventType::kAgentRemoved:
    case EventType::kAgentChanged:
      break;
  }
  return false;
}

bool NamesAgent(const Event& event) {
  switch (event.type) {
    case EventType::kReservationCreated:
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined:
    case EventType::kReservationNoAnswer:
    case EventType::kReservationRescinded:
    case EventType::kPresenceChanged:
    case EventType::kWrapUpEnded:
    case EventType::kAgentRemoved:
    case EventType::kAgentChanged:
    case EventType::kContactInterrupted:
    case EventType::kContactResumed:
      return true;
    case EventType::kContactEnded:
      return event.agent_version != 0;
    case EventType::kNone:
    case EventType::kConfigurationApplied:
    case EventType::kContactSubmitted:
    case EventType::kContactWidened:
    case EventType::kContactHoldEnded:
      break;
  }
  return false;
}

}  // namespace

Fold::Fold(Retention retention, LiveState state)
    : retention_(retention), state_(std::move(state)) {
  for (auto& [name, queue] : state_.queues) queues_[name].totals = &queue;
  IndexConfiguration();
  keeps_figures_ = state_.configuration != nullptr &&
                   NeedsAgentFigures(*state_.configuration);
  contacts_.reserve(state_.contacts.size());
  for (auto at = state_.contacts.begin(); at != state_.contacts.end(); ++at) {
    const auto& [id, contact] = *at;
    contacts_.emplace(id, at);
    ++queues_[contact.detail->spec.queue].alive;
    for (const LiveDecline& decline : contact.declines) {
      declined_by_agent_[decline.agent_id].insert({decline.until_ms, id});
    }
  }
  for (auto& [id, agent] : state_.agents) agents_.emplace(id, &agent);
  for (const EndedContact& ended : state_.ended) {
    ended_at_[FingerprintOf(ended.id)] = ended.ended_ms;
  }
}

bool Fold::EndedBefore(const EndedContact& a, const EndedContact& b) {
  return std::tie(a.ended_ms, a.id) < std::tie(b.ended_ms, b.id);
}

absl::Status Fold::Apply(const Event& event, const EventDetail& detail,
                         ChangedKeys* changed) {
  changed_ = changed != nullptr ? changed : &ignored_;
  agent_ = event.agent_id.empty() ? nullptr : FindAgent(event.agent_id.view());
  absl::Status status = CheckEvent(event);
  if (status.ok()) status = ApplyByType(event, detail);
  if (!status.ok()) return status;
  state_.last_sequence = event.sequence;
  state_.last_at_ms = std::max(state_.last_at_ms, event.at_ms);
  state_.arrival_sequence =
      std::max(state_.arrival_sequence, event.arrival_sequence);
  ForgetDue();
  if (changed == nullptr) ignored_.Clear();
  return absl::OkStatus();
}

absl::Status Fold::CheckEvent(const Event& event) const {
  if (event.sequence != state_.last_sequence + 1) {
    return Impossible(event, "event ", state_.last_sequence + 1,
                      " is the next one");
  }
  if (event.at_ms < 0) {
    return Impossible(event, "at_ms ", event.at_ms, " is negative");
  }
  const bool names_contact = NamesContact(event.type);
  // Of format version 1 it may not (WrapUpEnded).
  const bool may_lack = event.type == EventType::kWrapUpEnded;
  if (names_contact == event.contact_id.empty() && !may_lack) {
    return Impossible(event,
                      names_contact ? "has no contact_id" : "has a contact_id");
  }
  const bool names_agent = NamesAgent(event);
  if (names_agent == event.agent_id.empty()) {
    return Impossible(event,
                      names_agent ? "has no agent_id" : "has an agent_id");
  }
  if (!names_agent) return absl::OkStatus();
  const std::uint64_t next = Agent().version + 1;
  if (event.agent_version != next) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()),
                      " has version ", event.agent_version, ", ", next,
                      " is the next one");
  }
  return absl::OkStatus();
}

absl::Status Fold::ApplyByType(const Event& event, const EventDetail& detail) {
  switch (event.type) {
    case EventType::kNone:
      break;
    case EventType::kConfigurationApplied:
      return Configured(event, detail);
    case EventType::kContactSubmitted:
      return Submitted(event, detail);
    case EventType::kContactEnded:
      return Ended(event);
    case EventType::kReservationCreated:
      return Created(event);
    case EventType::kReservationAccepted:
      return Accepted(event);
    case EventType::kReservationDeclined:
    case EventType::kReservationNoAnswer:
      return Returned(event);
    case EventType::kReservationRescinded:
      return Rescinded(event);
    case EventType::kPresenceChanged:
      return PresenceChanged(event);
    case EventType::kWrapUpEnded:
      return WrapUpEnded(event);
    case EventType::kAgentRemoved:
      return Removed(event);
    case EventType::kAgentChanged:
      return AgentChanged(event, detail);
    case EventType::kContactWidened:
      return Widened(event);
    case EventType::kContactHoldEnded:
      return HoldEnded(event);
    case EventType::kContactInterrupted:
    case EventType::kContactResumed:
      return Interrupted(event);
  }
  return Impossible(event, "type ", static_cast<int>(event.type),
                    " is no event");
}

// --- What must hold ----------------------------------------------------------

LiveContact* Fold::FindContact(std::string_view id) {
  const auto found = contacts_.find(Text(id));
  return found == contacts_.end() ? nullptr : &found->second->second;
}

LiveAgent* Fold::FindAgent(std::string_view id) {
  const auto found = agents_.find(Text(id));
  return found == agents_.end() ? nullptr : found->second;
}

const LiveAgent& Fold::Agent() const {
  static const LiveAgent* const unknown = new LiveAgent();
  return agent_ == nullptr ? *unknown : *agent_;
}

absl::Status Fold::CheckContact(const Event& event, const LiveContact* contact,
                                ContactState after) const {
  const auto id = [&event] { return Quoted(event.contact_id.view()); };
  if (contact == nullptr) {
    return Impossible(event, "contact ", id(), " is not alive");
  }
  if (event.contact_version != contact->version + 1) {
    return Impossible(event, "contact ", id(), " has version ",
                      event.contact_version, ", ", contact->version + 1,
                      " is the next one");
  }
  if (event.contact_state != after) {
    return Impossible(event, "contact ", id(), " is ",
                      Text(ContactStateName(event.contact_state)),
                      " after it, not ", Text(ContactStateName(after)));
  }
  if (event.queue.view() != contact->detail->spec.queue) {
    return Impossible(event, "contact ", id(), " is in queue ",
                      Quoted(contact->detail->spec.queue), ", not in ",
                      Quoted(event.queue.view()));
  }
  // It goes on to another one only by waiting there.
  if (event.ring < contact->ring ||
      (event.ring > contact->ring && after != ContactState::kWaiting)) {
    return Impossible(event, "contact ", id(), " is in ring ", contact->ring,
                      " before it, in ring ", event.ring, " after it");
  }
  return absl::OkStatus();
}

// Contact and agent hold each other in the attempt that the event names.
absl::Status Fold::CheckHolder(const Event& event, const LiveContact& contact,
                               ContactState before) const {
  std::vector<HeldContact> held = Agent().held;
  const HeldContact* with_agent = FindHeld(held, event);
  const WorkState work = before == ContactState::kReserved
                             ? WorkState::kReserved
                             : WorkState::kHandling;
  if (contact.state != before || contact.agent_id != event.agent_id.view() ||
      contact.attempt != event.attempt || event.attempt == 0 ||
      with_agent == nullptr || with_agent->state != work) {
    return Impossible(
        event, "reservation ", event.attempt, " of contact ",
        Quoted(event.contact_id.view()), " with agent ",
        Quoted(event.agent_id.view()), " does not stand: the contact is ",
        Text(ContactStateName(contact.state)), ", attempt ", contact.attempt,
        " with ", Quoted(contact.agent_id), "; with the agent it is ",
        with_agent == nullptr ? "not at all"
                              : Text(WorkStateName(with_agent->state)));
  }
  return absl::OkStatus();
}

// --- Configuration and contacts ----------------------------------------------

absl::Status Fold::CheckConfigurationVersion(const Event& event) const {
  if (event.configuration_version == state_.configuration_version + 1) {
    return absl::OkStatus();
  }
  return Impossible(event, "configuration has version ",
                    event.configuration_version, ", ",
                    state_.configuration_version + 1, " is the next one");
}

absl::Status Fold::Configured(const Event& event, const EventDetail& detail) {
  if (detail.configuration == nullptr) {
    return Impossible(event, "comes without the configuration");
  }
  absl::Status status = CheckConfigurationVersion(event);
  if (!status.ok()) return status;
  KeepLastListed(*detail.configuration);
  state_.configuration = detail.configuration;
  state_.configuration_version = event.configuration_version;
  state_.applied_configuration_version = event.configuration_version;
  changed_->configuration = true;
  IndexConfiguration();
  KeepFigures(NeedsAgentFigures(*state_.configuration), event.at_ms);
  std::vector<std::string> names;
  names.reserve(state_.queues.size());
  for (const auto& [name, queue] : state_.queues) names.push_back(name);
  for (const std::string& name : names) ForgetQueueIfUnused(name);
  return absl::OkStatus();
}

void Fold::IndexConfiguration() {
  for (auto& [name, use] : queues_) use.listed = false;
  if (state_.configuration == nullptr) return;
  for (const ContactQueue& queue : state_.configuration->queues) {
    queues_[queue.name].listed = true;
  }
  absl::erase_if(queues_, [](const auto& queue) {
    const QueueUse& use = queue.second;
    return !use.listed && use.alive == 0 && use.totals == nullptr;
  });
}

absl::Status Fold::Submitted(const Event& event, const EventDetail& detail) {
  const std::string id = ContactId(event);
  if (detail.contact == nullptr) {
    return Impossible(event, "comes without the contact's detail");
  }
  const ContactSpec& spec = detail.contact->spec;
  if (spec.id != id || spec.queue != event.queue.view() ||
      spec.channel != event.channel || spec.priority != event.priority) {
    return Impossible(event, "contact ", Quoted(id),
                      " has another id, queue, channel or priority in its "
                      "detail");
  }
  if (FindContact(event.contact_id.view()) != nullptr) {
    return Impossible(event, "contact ", Quoted(id), " is alive already");
  }
  if (event.contact_version != 1 ||
      event.contact_state != ContactState::kWaiting) {
    return Impossible(event, "contact ", Quoted(id), " begins with version ",
                      event.contact_version, ", ",
                      Text(ContactStateName(event.contact_state)),
                      "; 1, waiting, is right");
  }
  // The router forgot it by a clock that is a little ahead of the events.
  const auto ended = ended_at_.find(FingerprintOf(id));
  if (ended != ended_at_.end()) {
    EndedContact key;
    key.id = id;
    key.ended_ms = ended->second;
    ForgetEnded(static_cast<std::size_t>(std::lower_bound(state_.ended.begin(),
                                                          state_.ended.end(),
                                                          key, EndedBefore) -
                                         state_.ended.begin()));
  }
  // They mostly come by rising id.
  const auto place =
      state_.contacts.emplace_hint(state_.contacts.end(), id, LiveContact());
  contacts_.emplace(place->first, place);
  LiveContact& contact = place->second;
  contact.detail = detail.contact;
  contact.arrival_ms = event.arrival_ms;
  contact.version = 1;
  contact.ring = event.ring;
  TakeHold(event, &contact);
  contact.over_share = event.over_share;
  LiveAgent* chosen = FindAgent(event.held_for.view());
  if (spec.preferred.source == PreferenceSource::kPanel && chosen != nullptr) {
    NoteChoice(event.at_ms, &chosen->panel);
    changed_->agents.Set(event.held_for.view(), chosen);
  }
  state_.arrival_sequence =
      std::max(state_.arrival_sequence, detail.contact->arrival_sequence);
  ++QueueOf(spec.queue).offered_total;
  ++queues_[spec.queue].alive;
  changed_->contacts.Set(id, &contact);
  changed_->details.Set(id, detail.contact.get());
  return absl::OkStatus();
}

absl::Status Fold::Widened(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  absl::Status status = CheckContact(event, contact, ContactState::kWaiting);
  if (!status.ok()) return status;
  if (contact->state != ContactState::kWaiting || event.ring == contact->ring) {
    return Impossible(event, "contact ", Quoted(event.contact_id.view()),
                      " is ", Text(ContactStateName(contact->state)),
                      " in ring ", contact->ring,
                      "; only one that waits is widened, and to another ring");
  }
  contact->version = event.contact_version;
  contact->placed = true;
  contact->ring = event.ring;
  contact->rank_key_ms = event.rank_key_ms;
  contact->arrival_sequence = event.arrival_sequence;
  changed_->contacts.Set(event.contact_id.view(), contact);
  return absl::OkStatus();
}

void Fold::TakeHold(const Event& event, LiveContact* contact) {
  const bool held = !event.held_for.empty();
  contact->held_for = event.held_for.view();
  contact->held_since_ms = held ? event.at_ms : 0;
  contact->held_until_ms = held ? event.held_until_ms : 0;
}

absl::Status Fold::HoldEnded(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  absl::Status status = CheckContact(event, contact, ContactState::kWaiting);
  if (!status.ok()) return status;
  if (contact->state != ContactState::kWaiting || contact->held_for.empty() ||
      contact->held_for == event.held_for.view()) {
    return Impossible(event, "contact ", Quoted(event.contact_id.view()),
                      " is ", Text(ContactStateName(contact->state)),
                      ", held for ", Quoted(contact->held_for),
                      ", and would be held for ",
                      Quoted(event.held_for.view()));
  }
  contact->version = event.contact_version;
  contact->placed = true;
  contact->ring = event.ring;
  contact->rank_key_ms = event.rank_key_ms;
  contact->arrival_sequence = event.arrival_sequence;
  TakeHold(event, contact);
  changed_->contacts.Set(event.contact_id.view(), contact);
  return absl::OkStatus();
}

absl::Status Fold::Ended(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  absl::Status status = CheckContact(event, contact, ContactState::kEnded);
  if (!status.ok()) return status;
  const bool assigned = event.agent_version != 0;
  if (event.end_reason == EndReason::kNone) {
    return Impossible(event, "has no end_reason");
  }
  if (assigned) {
    status = CheckHolder(event, *contact, ContactState::kAssigned);
    if (!status.ok()) return status;
    std::vector<HeldContact> held = Agent().held;
    HeldContact& with_agent = *FindHeld(held, event);
    if (event.wrap_up_ends_ms > 0 && with_agent.interrupted) {
      return Impossible(event, "contact ", Quoted(event.contact_id.view()),
                        " is interrupted, which nobody wraps up");
    }
    if (event.wrap_up_ends_ms > 0) {
      with_agent.state = WorkState::kWrapUp;
      with_agent.wrap_up_ends_ms = event.wrap_up_ends_ms;
    } else {
      LetGo(held, with_agent);
    }
    status = TakeAgent(event, true, std::move(held));
    if (!status.ok()) return status;
  } else if (contact->state == ContactState::kAssigned) {
    return Impossible(event, "contact ", Quoted(event.contact_id.view()),
                      " is in handling, but no agent is named");
  }
  if (event.end_reason == EndReason::kAbandoned) {
    ++QueueOf(event.queue.view()).abandoned_total;
  }
  EndedContact ended;
  ended.fingerprint = contact->detail->fingerprint;
  ended.queue = contact->detail->spec.queue;
  ended.channel = event.channel;
  ended.priority = event.priority;
  ended.end_reason = event.end_reason;
  ended.version = event.contact_version;
  ended.arrival_ms = contact->arrival_ms;
  // What it asked for; in a later ring it may be told only by its place.
  ended.rank_key_ms = contact->ring > 0 && contact->placed
                          ? contact->rank_key_ms
                          : contact->detail->rank_key_ms;
  ended.ring = contact->ring;
  ended.ended_ms = event.at_ms;
  ended.at_once = contact->at_once;
  DropContact(event.contact_id.view());
  changed_->ended.Set(event.contact_id.view(), ended);
  ended.id = ContactId(event);
  Remember(std::move(ended));
  return absl::OkStatus();
}

void Fold::DropContact(std::string_view id) {
  const auto found = contacts_.find(Text(id));
  const Contacts::iterator contact = found->second;
  for (const LiveDecline& decline : contact->second.declines) {
    ForgetDecline(contact->first, decline);
  }
  // Its queue's name is needed longer than the contact.
  const std::shared_ptr<const ContactDetail> detail = contact->second.detail;
  contacts_.erase(found);
  state_.contacts.erase(contact);
  changed_->contacts.Set(id, nullptr);
  changed_->details.Set(id, nullptr);
  --queues_[detail->spec.queue].alive;
  ForgetQueueIfUnused(detail->spec.queue);
}

// The router forgets a queue that is neither listed nor in use.
void Fold::ForgetQueueIfUnused(const std::string& name) {
  const auto found = queues_.find(name);
  if (found->second.listed || found->second.alive > 0) return;
  if (found->second.totals != nullptr) {
    changed_->queues.Set(name, nullptr);
    state_.queues.erase(name);
  }
  queues_.erase(found);
}

LiveQueue& Fold::QueueOf(std::string_view name) {
  QueueUse& use = queues_[Text(name)];
  if (use.totals == nullptr) use.totals = &state_.queues[std::string(name)];
  changed_->queues.Set(name, use.totals);
  return *use.totals;
}

// --- The ended ---------------------------------------------------------------

void Fold::Remember(EndedContact ended) {
  ended_at_[FingerprintOf(ended.id)] = ended.ended_ms;
  // Nearly always the last: threads' clocks differ little.
  auto place = state_.ended.end();
  while (place != state_.ended.begin() && EndedBefore(ended, *(place - 1))) {
    --place;
  }
  state_.ended.insert(place, std::move(ended));
}

void Fold::ForgetEnded(std::size_t position) {
  RELAIS_CHECK(position < state_.ended.size(), "it was remembered");
  const auto ended =
      state_.ended.begin() + static_cast<std::ptrdiff_t>(position);
  changed_->ended.Set(ended->id, std::nullopt);
  ended_at_.erase(FingerprintOf(ended->id));
  state_.ended.erase(ended);
}

void Fold::ForgetDue() {
  while (!state_.ended.empty() &&
         (state_.ended.size() > retention_.ended_ids_max ||
          state_.ended.front().ended_ms <=
              state_.last_at_ms - retention_.id_retention_ms)) {
    ForgetEnded(0);
  }
}

}  // namespace relais::journal
