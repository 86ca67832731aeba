// The calls: checks in the order of the page, then the steps of
// reference_decision.cc.

#include "tests/reference/reference_router.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/domain/validate_configuration.h"
#include "lib/domain/validate_contact.h"

namespace relais::reference {
namespace {

absl::Status Invalid(std::string_view field, std::string_view message) {
  return FieldError(absl::StatusCode::kInvalidArgument, field, message);
}
absl::Status NotFound(std::string_view field, std::string_view message) {
  return FieldError(absl::StatusCode::kNotFound, field, message);
}
absl::Status Failed(std::string_view field, std::string_view message) {
  return FieldError(absl::StatusCode::kFailedPrecondition, field, message);
}
absl::Status Full(std::string_view field, std::string_view message) {
  return FieldError(absl::StatusCode::kResourceExhausted, field, message);
}

absl::Status CheckNow(InstantMs now_ms) {
  if (now_ms >= 0) return absl::OkStatus();
  return Invalid("now_ms", absl::StrCat(now_ms, " is before 1970"));
}

bool SameContent(const ContactSpec& a, const ContactSpec& b) {
  return a.id == b.id && a.queue == b.queue && a.channel == b.channel &&
         a.priority == b.priority && a.segment == b.segment &&
         a.attributes == b.attributes && a.requirement == b.requirement &&
         a.tutor_may_listen == b.tutor_may_listen && a.preferred == b.preferred;
}

RoutingProfile ProfileOf(const Configuration& configuration,
                         const std::string& profile_name) {
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    if (profile.name != profile_name) continue;
    RoutingProfile found = profile;
    found.name.clear();  // another name is no change
    return found;
  }
  return {};
}

absl::Status CheckPresence(InstantMs now_ms, Presence* presence) {
  if (presence->back_at_ms != 0 &&
      presence->state == PresenceState::kAvailable) {
    return Invalid("presence.back_at_ms", "is back already");
  }
  if (presence->back_at_ms < 0 ||
      presence->back_at_ms > now_ms + kDurationMsMax) {
    return Invalid("presence.back_at_ms", "is too far away");
  }
  const int state = static_cast<int>(presence->state);
  if (state > static_cast<int>(PresenceState::kNotReady)) {
    return Invalid("presence.state", absl::StrCat(state, " is not a state"));
  }
  const int reason = static_cast<int>(presence->reason);
  if (reason >= kNotReadyReasonCount ||
      presence->reason == NotReadyReason::kNoAnswer) {
    return Invalid("presence.reason",
                   absl::StrCat(reason, " is not an agent's reason"));
  }
  if (presence->state == PresenceState::kNotReady) {
    if (presence->reason == NotReadyReason::kNone) {
      presence->reason = NotReadyReason::kOther;
    }
  } else if (presence->reason != NotReadyReason::kNone) {
    return Invalid("presence.reason", "goes with not ready only");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReferenceRouter>> ReferenceRouter::Create(
    const RouterOptions& options) {
  if (options.observer == nullptr) return Invalid("observer", "is missing");
  if (options.id_retention_ms < 0) {
    return Invalid("id_retention_ms", "must be 0 or more");
  }
  const Limits& limits = options.limits;
  const auto most = std::numeric_limits<std::uint32_t>::max();
  const struct {
    const char* name;
    std::uint32_t value;
    std::uint32_t ceiling;
  } checks[] = {
      {"limits.contacts", limits.contacts, kContactsCeiling},
      {"limits.agents", limits.agents, kAgentsCeiling},
      {"limits.queues", limits.queues, most},
      {"limits.requirement_classes", limits.requirement_classes, most},
      {"limits.profile_classes", limits.profile_classes, most},
      {"limits.lanes", limits.lanes, most},
      {"limits.ended_ids", limits.ended_ids, most},
      {"limits.pending_events", limits.pending_events, most},
  };
  for (const auto& check : checks) {
    if (check.value == 0 || check.value > check.ceiling) {
      return Invalid(check.name, absl::StrCat(check.value, " is not within 1..",
                                              check.ceiling));
    }
  }
  return std::unique_ptr<ReferenceRouter>(new ReferenceRouter(options));
}

// --- Configuration ---------------------------------------------------------

absl::Status ReferenceRouter::CheckRoom(
    const Configuration& configuration) const {
  std::set<std::string> agents;
  for (const AgentConfiguration& agent : configuration.agents) {
    agents.insert(agent.id);
  }
  for (const auto& [slot, agent] : agents_) {
    if (IsBusy(agent)) agents.insert(agent.configuration.id);
  }
  if (agents.size() > options_.limits.agents) {
    return Full("limits.agents", absl::StrCat(agents.size(), " agents"));
  }
  std::set<std::string> queues;
  for (const ContactQueue& queue : configuration.queues) {
    queues.insert(queue.name);
  }
  for (const auto& [number, contact] : contacts_) {
    queues.insert(contact.spec.queue);
  }
  if (queues.size() > options_.limits.queues) {
    return Full("limits.queues", absl::StrCat(queues.size(), " queues"));
  }
  return absl::OkStatus();
}

void ReferenceRouter::AddAgent(const AgentConfiguration& configured) {
  std::uint32_t slot = 0;
  while (agents_.contains(slot)) ++slot;
  AgentRecord& agent = agents_[slot];
  agent.number = ++agents_given_;
  agent.slot = slot;
  agent.configuration = configured;
  agent.profile = ProfileOf(configuration_, configured.routing_profile);
  agent.holdings = HoldingsOf(configured, configuration_);
  for (const auto& [place, reserve] : reserves_) agent.told.insert(place);
}

void ReferenceRouter::TakeQueues(const Configuration& configuration) {
  queues_.clear();
  rings_.clear();
  for (const ContactQueue& queue : configuration.queues) {
    rings_[queue.name] = std::make_shared<const std::vector<Ring>>(
        RingsOf(queue, configuration));
    queues_.push_back(std::make_shared<const ContactQueue>(
        WithActivity(queue, configuration)));
    figures_.try_emplace(queue.name);
  }
}

absl::StatusOr<ApplyOutcome> ReferenceRouter::Apply(
    const Configuration& configuration, InstantMs now_ms) {
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  ApplyOutcome outcome;
  outcome.findings = ValidateConfiguration(configuration, options_.limits);
  outcome.configuration_version = configuration_version_;
  if (HasErrors(outcome.findings)) return outcome;
  if (absl::Status room = CheckRoom(configuration); !room.ok()) return room;

  outcome.configuration_version = ++configuration_version_;
  configuration_ = configuration;
  TakeQueues(configuration);
  std::erase_if(figures_, [this](const auto& entry) {
    return QueueByName(entry.first) == nullptr &&
           !QueueHasContacts(entry.first);
  });
  HandOver(MakeEvent(EventType::kConfigurationApplied, now_ms));
  const bool keeps_figures =
      std::any_of(configuration.queues.begin(), configuration.queues.end(),
                  [](const ContactQueue& queue) {
                    return queue.agent_choice.order != AgentOrder::kLongestIdle;
                  });
  if (keeps_figures != keeps_figures_) {
    keeps_figures_ = keeps_figures;
    for (auto& [slot, agent] : agents_) BeginFigures(agent, now_ms);
  }
  TakeReserves();
  TellOfReserves(now_ms);

  std::map<std::string, const AgentConfiguration*> listed;
  for (const AgentConfiguration& agent : configuration.agents) {
    listed[agent.id] = &agent;
  }
  std::vector<std::uint64_t> known;  // in slot order
  for (const auto& [slot, agent] : agents_) known.push_back(agent.number);
  std::set<std::string> kept;
  for (const std::uint64_t number : known) {
    AgentRecord& agent = *AgentByNumber(number);
    const auto found = listed.find(agent.configuration.id);
    if (found == listed.end()) {
      agent.listed = false;
      ReviewHolds(agent, now_ms);
      ChangePresence(agent, {PresenceState::kLoggedOut, NotReadyReason::kNone},
                     now_ms);
      RemoveIfGone(number, now_ms);
      continue;
    }
    kept.insert(found->first);
    agent.listed = true;
    const RoutingProfile profile =
        ProfileOf(configuration, found->second->routing_profile);
    const Holdings holdings = HoldingsOf(*found->second, configuration);
    const bool changed =
        !SameHoldings(holdings, agent.holdings) || profile != agent.profile;
    agent.configuration = *found->second;
    agent.profile = profile;
    agent.holdings = holdings;
    if (changed) {
      ReviewHolds(agent, now_ms);
      InterruptFor(0, agent, now_ms);
      EndLostHolds(agent, now_ms);
      LookForAgent(number, now_ms);
    }
  }
  for (const AgentConfiguration& agent : configuration.agents) {
    if (!kept.contains(agent.id)) AddAgent(agent);
  }
  outcome.ticket = Ticket();
  return outcome;
}

absl::StatusOr<ChangeAgentOutcome> ReferenceRouter::ChangeAgent(
    AgentHandle handle, const AgentChange& change, InstantMs now_ms) {
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  const auto found = KnownAgent(handle);
  if (!found.ok()) return found.status();
  AgentRecord& agent = **found;
  if (!agent.listed) return Failed("agent_id", "is no longer listed");
  AgentConfiguration next = agent.configuration;
  if (change.grade.has_value()) next.grade = *change.grade;
  if (change.skills.has_value()) next.skills = *change.skills;
  if (change.certifications.has_value()) {
    next.certifications = *change.certifications;
  }
  if (change.languages.has_value()) next.languages = *change.languages;
  for (const Finding& finding : CheckAgentOf(next, configuration_)) {
    if (finding.severity != Finding::Severity::kError) continue;
    return Invalid(finding.path, finding.message);
  }
  if (next == agent.configuration) {
    return ChangeAgentOutcome{agent.version, configuration_version_, Ticket()};
  }
  for (AgentConfiguration& listed : configuration_.agents) {
    if (listed.id == next.id) listed = next;
  }
  agent.configuration = next;
  agent.holdings = HoldingsOf(next, configuration_);
  ++agent.version;
  ++configuration_version_;
  const ChangeAgentOutcome outcome{agent.version, configuration_version_, {}};
  Event event = MakeEvent(EventType::kAgentChanged, now_ms);
  NameAgent(agent, event);
  HandOver(event);
  ReviewHolds(agent, now_ms);
  EndLostHolds(agent, now_ms);
  LookForAgent(agent.number, now_ms);
  ChangeAgentOutcome answer = outcome;
  answer.ticket = Ticket();
  return answer;
}

Configuration ReferenceRouter::CurrentConfiguration(
    std::uint64_t* version) const {
  if (version != nullptr) *version = configuration_version_;
  return configuration_;
}

// --- Contacts --------------------------------------------------------------

absl::StatusOr<SubmitOutcome> ReferenceRouter::Submit(const ContactSpec& spec,
                                                      InstantMs now_ms) {
  if (absl::Status s = ValidateContactSpec(spec); !s.ok()) return s;
  if (const ContactRecord* earlier = ContactById(spec.id)) {
    if (!SameContent(earlier->spec, spec)) {
      return FieldError(absl::StatusCode::kAlreadyExists, "contact.id",
                        "known with other content");
    }
    return SubmitOutcome{HandleOf(*earlier), earlier->arrival_ms,
                         earlier->at_once, true, Ticket()};
  }
  const std::shared_ptr<const ContactQueue> queue = QueueByName(spec.queue);
  if (queue == nullptr) return NotFound("contact.queue", spec.queue);
  if (!spec.segment.empty() && SegmentByName(spec.segment) == nullptr) {
    return NotFound("contact.segment", spec.segment);
  }
  const std::string unknown =
      FirstUnknownName(spec.requirement, "contact.requirement", configuration_);
  if (!unknown.empty()) return NotFound(unknown, "is not configured");
  if (!Contains(queue->channels, spec.channel)) {
    return Invalid("contact.channel", "not accepted by the queue");
  }
  if (absl::Status s = CheckAgainstQueue(spec.requirement, *queue); !s.ok()) {
    return s;
  }
  // Then those of its rings, in the order of the configuration.
  for (const ContactQueue& other : configuration_.queues) {
    for (const Ring& ring : *rings_.at(queue->name)) {
      if (ring.as->name != other.name || other.name == queue->name) continue;
      if (absl::Status s = CheckAgainstQueue(spec.requirement, *ring.as);
          !s.ok()) {
        return s;
      }
    }
  }
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  if (contacts_.size() >= options_.limits.contacts) {
    return Full("limits.contacts", "too many contacts alive");
  }

  const std::uint64_t number = ++contacts_given_;
  ContactRecord& contact = contacts_[number];
  contact.number = number;
  contact.spec = spec;
  contact.terms = queue;
  contact.ranked = std::any_of(
      configuration_.routing_profiles.begin(),
      configuration_.routing_profiles.end(),
      [](const RoutingProfile& one) { return !one.queue_order.empty(); });
  contact.version = 1;
  contact.arrival_ms = now_ms;
  contact.boost_ms = BoostOf(configuration_, spec);
  contact.strict = configuration_.contact_choice == ContactChoice::kStrict;
  contact.rings = rings_.at(queue->name);
  PutInHold(0, contact, now_ms);
  ++figures_[spec.queue].offered;
  Event event = MakeEvent(EventType::kContactSubmitted, now_ms);
  NameContact(contact, event);
  event.rank_key_ms = 0;
  event.arrival_sequence = 0;
  NameHold(contact, event);
  HandOver(event);
  SetWaitingDeadline(contact, now_ms);
  LookForContact(contact, now_ms, true);
  return SubmitOutcome{HandleOf(contact), now_ms, contact.at_once, false,
                       Ticket()};
}

absl::StatusOr<Outcome> ReferenceRouter::Cancel(ContactHandle handle,
                                                EndReason reason,
                                                InstantMs now_ms) {
  if (reason != EndReason::kAbandoned && reason != EndReason::kCancelled) {
    return Invalid("reason", "must be abandoned or cancelled");
  }
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  const auto found = LivingContact(handle);
  if (!found.ok()) return found.status();
  ContactRecord& contact = **found;
  if (contact.state == ContactState::kAssigned) {
    return Failed("contact_id", "is in handling");
  }
  const bool reserved = contact.state == ContactState::kReserved;
  const std::uint64_t held_for = IsHeld(contact) ? contact.held_for : 0;
  EndContact(contact, reason, now_ms);
  Outcome outcome{contact.version, {}};
  Event event = MakeEvent(EventType::kContactEnded, now_ms);
  NameContact(contact, event);
  HandOver(event);
  const ContactRecord ended = contact;
  Remember(contact, now_ms);
  if (reserved) {
    AgentRecord& agent = *AgentByNumber(ended.agent);
    RescindByEnd(ended, agent, now_ms);
    LookForAgent(agent.number, now_ms);
  }
  LookAfterDrain(now_ms);
  if (held_for != 0) RemoveIfGone(held_for, now_ms);
  outcome.ticket = Ticket();
  return outcome;
}

absl::StatusOr<Outcome> ReferenceRouter::Complete(ContactHandle handle,
                                                  InstantMs now_ms) {
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  const auto found = LivingContact(handle);
  if (!found.ok()) return found.status();
  if ((*found)->state != ContactState::kAssigned) {
    return Failed("contact_id", "is not in handling");
  }
  const std::uint64_t version = (*found)->version + 1;
  EndAssigned(**found, EndReason::kCompleted, now_ms);
  return Outcome{version, Ticket()};
}

absl::StatusOr<ContactHandle> ReferenceRouter::FindContact(
    std::string_view id) const {
  const ContactRecord* contact = ContactById(id);
  if (contact == nullptr) return NotFound("contact_id", id);
  return HandleOf(*contact);
}

absl::StatusOr<ContactView> ReferenceRouter::GetContact(
    std::string_view id) const {
  const ContactRecord* contact = ContactById(id);
  if (contact == nullptr) return NotFound("contact_id", id);
  ContactView view;
  view.id = contact->spec.id;
  view.handle = HandleOf(*contact);
  view.queue = contact->spec.queue;
  view.channel = contact->spec.channel;
  view.priority = contact->spec.priority;
  view.state = contact->state;
  view.end_reason = contact->end_reason;
  view.version = contact->version;
  view.arrival_ms = contact->arrival_ms;
  view.rank_key_ms = contact->rank_key_ms;
  view.ended_ms = contact->ended_ms;
  view.ring = static_cast<std::uint8_t>(contact->ring);
  for (const auto& [slot, agent] : agents_) {
    for (const Held& held : agent.held) {
      if (held.number == contact->number) {
        view.interrupted = held.contact.interrupted;
      }
    }
  }
  if (IsHeld(*contact)) {
    view.held_for = contact->spec.preferred.agents[contact->hold - 1];
    view.held_until_ms = HoldEnds(*contact, 0);
  } else if (contact->state == ContactState::kWaiting &&
             contact->ring + 1 < contact->rings->size()) {
    view.next_ring_ms =
        contact->arrival_ms + (*contact->rings)[contact->ring + 1].begins_ms;
  }
  if (contact->state == ContactState::kReserved ||
      contact->state == ContactState::kAssigned) {
    view.attempt = contact->attempt;
    view.tutor_id = contact->tutor_id;
    for (const auto& [slot, agent] : agents_) {
      if (agent.number == contact->agent) {
        view.agent_id = agent.configuration.id;
      }
    }
  }
  if (contact->state != ContactState::kEnded) {
    view.segment = contact->spec.segment;
    view.requirement = contact->spec.requirement;
    view.tutor_may_listen = contact->spec.tutor_may_listen;
    view.attributes = contact->spec.attributes;
    view.preferred = contact->spec.preferred;
    view.over_share = contact->over_share;
  }
  return view;
}

// --- Agents ----------------------------------------------------------------

absl::StatusOr<AgentHandle> ReferenceRouter::FindAgent(
    std::string_view id) const {
  const AgentRecord* agent = AgentById(id);
  if (agent == nullptr) return NotFound("agent_id", id);
  return HandleOf(*agent);
}

absl::StatusOr<AgentView> ReferenceRouter::GetAgent(AgentHandle handle) const {
  for (const auto& [slot, agent] : agents_) {
    if (HandleOf(agent) == handle) return ViewOf(agent);
  }
  return NotFound("agent_id", "unknown or removed");
}

absl::StatusOr<Outcome> ReferenceRouter::SetPresence(AgentHandle handle,
                                                     Presence presence,
                                                     InstantMs now_ms) {
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  if (absl::Status s = CheckPresence(now_ms, &presence); !s.ok()) return s;
  const auto found = KnownAgent(handle);
  if (!found.ok()) return found.status();
  AgentRecord& agent = **found;
  const std::uint64_t number = agent.number;
  const std::size_t handed_over = pending_events_.size();
  std::uint64_t version = agent.version;
  ChangePresence(agent, presence, now_ms);
  // The call's own events come before what its looks cause: a change, and
  // possibly the reservation it rescinds.
  for (std::size_t i = handed_over; i < pending_events_.size(); ++i) {
    const Event& event = pending_events_[i];
    const bool own = event.type == EventType::kPresenceChanged ||
                     event.type == EventType::kReservationRescinded;
    if (own && event.agent == handle) version = event.agent_version;
  }
  RemoveIfGone(number, now_ms);
  return Outcome{version, Ticket()};
}

absl::StatusOr<Outcome> ReferenceRouter::Accept(AgentHandle agent_handle,
                                                ContactHandle contact_handle,
                                                std::uint64_t attempt,
                                                InstantMs now_ms) {
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  const auto found = StandingReservation(agent_handle, contact_handle, attempt);
  if (!found.ok()) return found.status();
  ContactRecord& contact = **found;
  AgentRecord& agent = *AgentByNumber(contact.agent);
  AcceptReservation(contact, agent, now_ms);
  Outcome outcome{contact.version, {}};
  // What it handles may be interrupted, what it was only offered not.
  LookForAgent(agent.number, now_ms);
  outcome.ticket = Ticket();
  return outcome;
}

absl::StatusOr<Outcome> ReferenceRouter::Decline(
    AgentHandle agent_handle, ContactHandle contact_handle,
    std::uint64_t attempt, std::optional<DurationMs> retry_after_ms,
    InstantMs now_ms) {
  if (retry_after_ms.has_value() &&
      (*retry_after_ms < 0 || *retry_after_ms > kDurationMsMax)) {
    return Invalid("retry_after_ms", absl::StrCat(*retry_after_ms));
  }
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  const auto found = StandingReservation(agent_handle, contact_handle, attempt);
  if (!found.ok()) return found.status();
  ContactRecord& contact = **found;
  AgentRecord& agent = *AgentByNumber(contact.agent);
  const InstantMs until_ms =
      now_ms + retry_after_ms.value_or(contact.terms->decline_retry_ms);
  ReturnToWaiting(contact, agent, now_ms);
  Outcome outcome{contact.version, {}};
  Event event = MakeEvent(EventType::kReservationDeclined, now_ms);
  NameContact(contact, event);
  NameAgent(agent, event);
  NameReservation(contact, event);
  event.decline_until_ms = until_ms;
  HandOver(event);
  const std::uint64_t agent_number = agent.number;
  Exclude(contact, agent, until_ms);
  SetWaitingDeadline(contact, now_ms);
  LookForContact(contact, now_ms, false);
  LookForAgent(agent_number, now_ms);
  outcome.ticket = Ticket();
  return outcome;
}

absl::StatusOr<Outcome> ReferenceRouter::EndWrapUp(AgentHandle handle,
                                                   std::string_view contact_id,
                                                   InstantMs now_ms) {
  if (absl::Status status = CheckNow(now_ms); !status.ok()) return status;
  const auto found = KnownAgent(handle);
  if (!found.ok()) return found.status();
  AgentRecord& agent = **found;
  const HeldContact* first = nullptr;
  for (const Held& held : agent.held) {
    if (held.contact.state != WorkState::kWrapUp) continue;
    if (!contact_id.empty() && held.contact.contact_id != contact_id) continue;
    if (first == nullptr ||
        held.contact.wrap_up_ends_ms < first->wrap_up_ends_ms) {
      first = &held.contact;
    }
  }
  if (first == nullptr) {
    return Failed(contact_id.empty() ? "agent_id" : "contact_id",
                  "is not in wrap-up");
  }
  const std::uint64_t version = agent.version + 1;
  FinishWrapUp(agent, std::string(first->contact_id), now_ms);
  return Outcome{version, Ticket()};
}

}  // namespace relais::reference
