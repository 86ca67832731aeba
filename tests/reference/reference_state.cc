// Deadlines, events, views and look-ups.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "tests/reference/reference_router.h"

namespace relais::reference {

// --- Time ------------------------------------------------------------------

ReferenceRouter::DueKey ReferenceRouter::SetDeadline(InstantMs due_ms,
                                                     const Deadline& deadline) {
  const bool earlier =
      deadlines_.empty() || due_ms < deadlines_.begin()->first.first;
  // Ids come after the others of their instant.
  constexpr std::uint64_t kLast = std::uint64_t{1} << 63;
  const bool id = deadline.kind == DeadlineKind::kForgetId;
  const DueKey key{due_ms, ++deadlines_set_ | (id ? kLast : 0)};
  deadlines_.emplace(key, deadline);
  if (earlier) options_.observer->OnNextDueEarlier();
  return key;
}

void ReferenceRouter::SetContactDeadline(ContactRecord& contact,
                                         DeadlineKind kind, InstantMs due_ms) {
  ClearContactDeadline(contact);
  contact.deadline = SetDeadline(due_ms, {kind, contact.number, 0});
}

void ReferenceRouter::ClearContactDeadline(ContactRecord& contact) {
  if (contact.deadline.has_value()) deadlines_.erase(*contact.deadline);
  contact.deadline.reset();
}

std::optional<InstantMs> ReferenceRouter::NextDue() const {
  const bool skips =
      std::any_of(contacts_.begin(), contacts_.end(), [this](const auto& one) {
        return one.second.state == ContactState::kWaiting &&
               !IsHeld(one.second) && IsSkipped(one.second.ring, one.second);
      });
  if (skips) return latest_ms_;
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first.first;
}

std::size_t ReferenceRouter::RunDue(InstantMs now_ms, std::size_t limit) {
  std::size_t taken = 0;
  for (; taken < limit && now_ms >= 0; ++taken) {
    if (ContactRecord* contact = NextToSkip()) {
      Widen(*contact, now_ms);
      continue;
    }
    if (deadlines_.empty() || deadlines_.begin()->first.first > now_ms) break;
    RunDeadline(Deadline(deadlines_.begin()->second), now_ms);
  }
  return taken;
}

void ReferenceRouter::RunDeadline(const Deadline& deadline, InstantMs now_ms) {
  switch (deadline.kind) {
    case DeadlineKind::kWaiting: {
      ContactRecord& contact = contacts_.at(deadline.contact);
      const DurationMs limit_ms = contact.terms->wait_limit_ms;
      if (limit_ms > 0 && now_ms >= contact.arrival_ms + limit_ms) {
        EndAtWaitLimit(contact, now_ms);
      } else if (IsHeld(contact) && HoldEnds(contact, now_ms) > now_ms) {
        SetWaitingDeadline(contact, now_ms);
      } else if (IsHeld(contact)) {
        EndHold(contact, now_ms);
      } else {
        Widen(contact, now_ms);
      }
      return;
    }
    case DeadlineKind::kOfferTimeout:
      NoAnswer(contacts_.at(deadline.contact), now_ms);
      return;
    case DeadlineKind::kLease:
      EndAssigned(contacts_.at(deadline.contact), EndReason::kLeaseExpired,
                  now_ms);
      return;
    case DeadlineKind::kWrapUp:
      FinishWrapUp(*AgentByNumber(deadline.agent), deadline.contact_id, now_ms);
      return;
    case DeadlineKind::kDeclineEnd:
      for (std::size_t i = exclusions_.size(); i-- > 0;) {
        if (exclusions_[i].contact == deadline.contact &&
            exclusions_[i].agent == deadline.agent) {
          DropExclusion(i);
        }
      }
      LookForContact(contacts_.at(deadline.contact), now_ms, false);
      return;
    case DeadlineKind::kForgetId:
      Forget(deadline.contact);
      return;
  }
}

// --- Events ----------------------------------------------------------------

Event ReferenceRouter::MakeEvent(EventType type, InstantMs now_ms) const {
  Event event;
  event.type = type;
  event.at_ms = now_ms;
  event.configuration_version = configuration_version_;
  return event;
}

void ReferenceRouter::NameContact(const ContactRecord& contact, Event& event) {
  event.contact_id.Assign(contact.spec.id);
  event.contact = HandleOf(contact);
  event.contact_version = contact.version;
  event.contact_state = contact.state;
  event.end_reason = contact.end_reason;
  event.queue.Assign(contact.spec.queue);
  event.channel = contact.spec.channel;
  event.priority = static_cast<std::uint8_t>(contact.spec.priority);
  event.arrival_ms = contact.arrival_ms;
  event.rank_key_ms = contact.rank_key_ms;
  event.arrival_sequence = contact.number;
  event.ring = static_cast<std::uint8_t>(contact.ring);
}

void ReferenceRouter::NameAgent(const AgentRecord& agent, Event& event) {
  event.agent_id.Assign(agent.configuration.id);
  event.agent = HandleOf(agent);
  event.agent_version = agent.version;
  event.presence = agent.presence;
  event.presence_pending = agent.presence_pending;
  event.pending = agent.pending;
  event.work_state = WorkStateOf(agent);
  event.no_answer_channels = agent.no_answer_channels;
  event.idle_since_ms = agent.idle_since_ms;
  event.idle_before_pause_ms = agent.idle_before_pause_ms;
}

// After NameAgent: in kReservation* the idle instant is that of the decision.
void ReferenceRouter::NameReservation(const ContactRecord& contact,
                                      Event& event) const {
  NameHold(contact, event);
  event.attempt = contact.attempt;
  event.units = static_cast<std::uint8_t>(contact.units);
  event.tutor_id.Assign(contact.tutor_id);
  if (event.type == EventType::kContactEnded) return;
  event.fit_step = static_cast<std::uint8_t>(contact.fit_step);
  event.idle_since_ms = contact.idle_since_ms;
}

void ReferenceRouter::HandOver(const Event& event) {
  ++handed_over_;
  latest_ms_ = event.at_ms;
  pending_events_.push_back(event);
  if (pending_events_.size() == 1) options_.observer->OnEventsPending();
}

std::size_t ReferenceRouter::DrainEvents() {
  if (draining_) return 0;
  draining_ = true;
  std::vector<Event> events;
  events.swap(pending_events_);
  for (Event& event : events) {
    event.sequence = ++last_sequence_;
    options_.observer->OnEvent(event);
  }
  draining_ = false;
  return events.size();
}

CommitTicket ReferenceRouter::Committed() const { return {last_sequence_}; }

std::uint64_t ReferenceRouter::LastSequence() const { return last_sequence_; }

// --- Supervision -----------------------------------------------------------

std::vector<QueueView> ReferenceRouter::Queues() const {
  std::vector<QueueView> views;
  for (const auto& [name, figures] : figures_) {
    QueueView view;
    view.name = name;
    view.offered_total = figures.offered;
    view.answered_total = figures.answered;
    view.abandoned_total = figures.abandoned;
    for (const auto& [number, contact] : contacts_) {
      if (contact.spec.queue != name) continue;
      if (contact.state == ContactState::kReserved) ++view.reserved;
      if (contact.state == ContactState::kAssigned) ++view.assigned;
      if (contact.state != ContactState::kWaiting) continue;
      if (view.waiting == 0 || contact.arrival_ms < view.oldest_arrival_ms) {
        view.oldest_arrival_ms = contact.arrival_ms;
      }
      ++view.waiting;
    }
    views.push_back(view);
  }
  return views;
}

AgentView ReferenceRouter::ViewOf(const AgentRecord& agent) const {
  AgentView view;
  view.id = agent.configuration.id;
  view.handle = HandleOf(agent);
  view.grade = agent.configuration.grade;
  view.presence = agent.presence;
  view.presence_pending = agent.presence_pending;
  view.pending = agent.pending;
  view.work_state = WorkStateOf(agent);
  view.no_answer_channels = agent.no_answer_channels;
  view.version = agent.version;
  view.idle_since_ms = agent.idle_since_ms;
  for (const Held& held : agent.held) view.held.push_back(held.contact);
  if (ChoicesOf(agent, last_choice_ms_) > 0) {
    const auto [all, agents] = ChoicesOfPresent(agent, last_choice_ms_);
    view.panel_choices = ChoicesOf(agent, last_choice_ms_);
    view.panel_share_percent =
        static_cast<std::uint32_t>(view.panel_choices * agents * 100 / all);
  }
  view.figures.contacts = static_cast<std::uint32_t>(agent.contacts);
  view.figures.offered = agent.offered;
  view.figures.last_offered_ms = agent.last_offered_ms;
  view.figures.occupied_ms = agent.occupied_ms;
  return view;
}

std::vector<AgentView> ReferenceRouter::Agents() const {
  std::vector<AgentView> views;
  for (const auto& [slot, agent] : agents_) views.push_back(ViewOf(agent));
  return views;
}

RouterCounters ReferenceRouter::Counters() const { return counters_; }

// --- Look-ups --------------------------------------------------------------

ContactHandle ReferenceRouter::HandleOf(const ContactRecord& contact) {
  return {static_cast<std::uint32_t>(contact.number), contact.number};
}

AgentHandle ReferenceRouter::HandleOf(const AgentRecord& agent) {
  return {agent.slot, agent.number};
}

absl::StatusOr<ReferenceRouter::ContactRecord*> ReferenceRouter::LivingContact(
    ContactHandle handle) {
  if (handle.base_tag == 0 || handle.base_tag > contacts_given_ ||
      handle.slot != static_cast<std::uint32_t>(handle.base_tag)) {
    return FieldError(absl::StatusCode::kNotFound, "contact_id",
                      "no such contact");
  }
  const auto found = contacts_.find(handle.base_tag);
  if (found == contacts_.end()) {
    return FieldError(absl::StatusCode::kFailedPrecondition, "contact_id",
                      "has ended");
  }
  return &found->second;
}

absl::StatusOr<ReferenceRouter::AgentRecord*> ReferenceRouter::KnownAgent(
    AgentHandle handle) {
  const auto found = agents_.find(handle.slot);
  if (found == agents_.end() || found->second.number != handle.generation) {
    return FieldError(absl::StatusCode::kNotFound, "agent_id",
                      "unknown or removed");
  }
  return &found->second;
}

absl::StatusOr<ReferenceRouter::ContactRecord*>
ReferenceRouter::StandingReservation(AgentHandle agent_handle,
                                     ContactHandle contact_handle,
                                     std::uint64_t attempt) {
  const auto agent = KnownAgent(agent_handle);
  if (!agent.ok()) return agent.status();
  const auto contact = LivingContact(contact_handle);
  if (absl::IsNotFound(contact.status())) return contact.status();
  if (!contact.ok() || (*contact)->state != ContactState::kReserved ||
      (*contact)->agent != (*agent)->number || (*contact)->attempt != attempt) {
    return FieldError(absl::StatusCode::kFailedPrecondition, "attempt",
                      absl::StrCat(attempt, " no longer stands"));
  }
  return *contact;
}

const ReferenceRouter::ContactRecord* ReferenceRouter::ContactById(
    std::string_view id) const {
  for (const auto* table : {&contacts_, &ended_}) {
    for (const auto& [number, contact] : *table) {
      if (contact.spec.id == id) return &contact;
    }
  }
  return nullptr;
}

const ReferenceRouter::AgentRecord* ReferenceRouter::AgentById(
    std::string_view id) const {
  for (const auto& [slot, agent] : agents_) {
    if (agent.configuration.id == id) return &agent;
  }
  return nullptr;
}

ReferenceRouter::AgentRecord* ReferenceRouter::AgentByNumber(
    std::uint64_t number) {
  for (auto& [slot, agent] : agents_) {
    if (agent.number == number) return &agent;
  }
  return nullptr;
}

std::shared_ptr<const ContactQueue> ReferenceRouter::QueueByName(
    std::string_view name) const {
  for (const auto& queue : queues_) {
    if (queue->name == name) return queue;
  }
  return nullptr;
}

const CustomerSegment* ReferenceRouter::SegmentByName(
    std::string_view name) const {
  for (const CustomerSegment& segment : configuration_.segments) {
    if (segment.name == name) return &segment;
  }
  return nullptr;
}

bool ReferenceRouter::QueueHasContacts(std::string_view name) const {
  return std::any_of(
      contacts_.begin(), contacts_.end(),
      [&](const auto& entry) { return entry.second.spec.queue == name; });
}

// --- For the tests ---------------------------------------------------------

bool ReferenceRouter::IsEligible(std::string_view contact_id,
                                 std::string_view agent_id) const {
  const ContactRecord* contact = ContactById(contact_id);
  const AgentRecord* agent = AgentById(agent_id);
  return contact != nullptr && agent != nullptr && IsOffered(*contact, *agent);
}

std::vector<std::string> ReferenceRouter::AliveContacts() const {
  std::vector<std::string> ids;
  for (const auto& [number, contact] : contacts_)
    ids.push_back(contact.spec.id);
  return ids;
}

std::string ReferenceRouter::NextDueText() const {
  if (deadlines_.empty()) return "nothing";
  const auto& [key, deadline] = *deadlines_.begin();
  static constexpr const char* kKinds[] = {"waiting",        "offer timeout",
                                           "lease",          "wrap-up",
                                           "end of decline", "forgotten id"};
  std::string text =
      absl::StrCat(kKinds[static_cast<int>(deadline.kind)], " at ", key.first);
  for (const auto* table : {&contacts_, &ended_}) {
    const auto contact = table->find(deadline.contact);
    if (contact == table->end()) continue;
    absl::StrAppend(&text, ", contact ", contact->second.spec.id);
  }
  for (const auto& [slot, agent] : agents_) {
    if (agent.number != deadline.agent) continue;
    absl::StrAppend(&text, ", agent ", agent.configuration.id);
    for (const Held& held : agent.held) {
      absl::StrAppend(&text, ", holds ", held.contact.contact_id);
    }
  }
  return text;
}

std::vector<std::string> ReferenceRouter::Violations() const {
  std::vector<std::string> found = undercut_;
  for (const auto& [number, contact] : contacts_) {
    std::size_t holders = 0;
    for (const auto& [slot, agent] : agents_) {
      for (const Held& held : agent.held) {
        if (held.number == number) ++holders;
      }
      if (contact.state == ContactState::kWaiting &&
          IsFree(agent, contact.spec.channel) &&
          !IsKept(agent, contact.spec.channel) && IsOffered(contact, agent)) {
        found.push_back(absl::StrCat("free agent ", agent.configuration.id,
                                     " beside waiting contact ",
                                     contact.spec.id));
      }
    }
    const bool waits = contact.state == ContactState::kWaiting;
    if (holders != (waits ? 0U : 1U)) {
      found.push_back(absl::StrCat("contact ", contact.spec.id, " has ",
                                   holders, " holders"));
    }
  }
  for (const auto& [slot, agent] : agents_) {
    int units = 0;
    for (const Held& held : agent.held) {
      units += held.contact.units;
      if (held.contact.state != WorkState::kWrapUp &&
          !contacts_.contains(held.number)) {
        found.push_back(absl::StrCat("agent ", agent.configuration.id,
                                     " holds a contact that does not live"));
      }
    }
    if (units > kHeldUnitsMax) {
      found.push_back(absl::StrCat("agent ", agent.configuration.id, " holds ",
                                   units, " units"));
    }
  }
  return found;
}

}  // namespace relais::reference
