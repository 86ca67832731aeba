#include "tests/stress/history_replay.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"

namespace relais::stress {

using reference::ReferenceRouter;

HistoryReplay::HistoryReplay(const Configuration& queues, SpecOf spec_of,
                             MayBeOver decline_may_be_over)
    : queues_(queues),
      spec_of_(std::move(spec_of)),
      decline_may_be_over_(std::move(decline_may_be_over)) {
  RouterOptions options;
  options.observer = &unused_;
  // Contacts are freed after their last event was handed over, and events of
  // different contacts may change places; limits are not what is judged.
  options.limits.contacts = kContactsCeiling;
  options.limits.ended_ids = 1;
  auto reference = ReferenceRouter::Create(options);
  RELAIS_CHECK(reference.ok(), "the reference refuses its options");
  reference_ = *std::move(reference);
  Configuration bare = queues_;
  bare.agents.clear();  // each is added with its first event
  const auto applied = reference_->Apply(bare, 0);
  RELAIS_CHECK(applied.ok() && applied->applied(),
               "the reference refuses the configuration");
  reference_->pending_events_.clear();
  reference_->looks_ = false;
}

std::uint64_t HistoryReplay::NumberOf(std::string_view contact_id) const {
  const auto found = contacts_.find(std::string(contact_id));
  return found == contacts_.end() ? 0 : found->second;
}

HistoryReplay::Contact* HistoryReplay::ContactOf(const Event& event) {
  const auto found =
      reference_->contacts_.find(NumberOf(event.contact_id.view()));
  return found == reference_->contacts_.end() ? nullptr : &found->second;
}

HistoryReplay::Agent* HistoryReplay::Known(AgentHandle handle) {
  const auto found = agents_.find(KeyOf(handle));
  return found == agents_.end() ? nullptr
                                : reference_->AgentByNumber(found->second);
}

// An agent exists from its first event on; before it is logged out.
HistoryReplay::Agent* HistoryReplay::AgentOf(const Event& event,
                                             const Cause& cause) {
  if (Agent* known = Known(event.agent)) return known;
  for (const Configuration* configuration : cause.in_force) {
    for (const AgentConfiguration& one : configuration->agents) {
      if (one.id != event.agent_id.view()) continue;
      reference_->AddAgent(one);
      const std::uint64_t number = reference_->agents_given_;
      agents_[KeyOf(event.agent)] = number;
      Agent* agent = reference_->AgentByNumber(number);
      Take(*agent, *configuration);
      return agent;
    }
  }
  return nullptr;
}

// The agent's skills and profile become those of the configuration; one that is
// not listed keeps what the last that lists it says, which is not what was
// asked for last: of two that may be in force the later one may list it again.
void HistoryReplay::Take(Agent& agent, const Configuration& configuration) {
  Configured& present = configured_[agent.number];
  if (present.asked == &configuration) return;
  present.asked = &configuration;
  const auto is_it = [&agent](const AgentConfiguration& one) {
    return one.id == agent.configuration.id;
  };
  for (const Configuration* from = &configuration; from != nullptr;
       from = before_[from]) {
    const auto one =
        std::find_if(from->agents.begin(), from->agents.end(), is_it);
    if (one == from->agents.end()) continue;
    if (present.taken == from) return;
    present.taken = from;
    agent.configuration = *one;
    agent.holdings = reference::HoldingsOf(*one, *from);
    for (const RoutingProfile& profile : from->routing_profiles) {
      if (profile.name == one->routing_profile) agent.profile = profile;
    }
    return;
  }
}

bool HistoryReplay::HasRoom(const Agent& agent, Channel channel) {
  const auto at = static_cast<std::size_t>(channel);
  int units = agent.profile.cost_units[at];
  int of_channel = 1;
  for (const auto& held : agent.held) {
    units += held.contact.units;
    of_channel += held.contact.channel == channel ? 1 : 0;
  }
  const int most = agent.profile.contacts_max[at];
  return units <= agent.profile.capacity_units &&
         (most == 0 || of_channel <= most) &&
         agent.held.size() < kContactsPerAgentMax;
}

bool HistoryReplay::FitsWith(const RoutingProfile& profile, Channel channel,
                             Channel given) {
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (profile.contacts_max[i] > 0 &&
        Contains(profile.channels, static_cast<Channel>(i))) {
      return true;  // its decisions are told one by one
    }
  }
  return profile.cost_units[static_cast<std::size_t>(channel)] <=
         profile.cost_units[static_cast<std::size_t>(given)];
}

bool HistoryReplay::AcceptsIn(const Configuration& configuration,
                              const Contact& contact, Agent& agent) {
  Take(agent, configuration);
  return reference_->Accepts(contact, agent);
}

bool HistoryReplay::CouldServe(std::uint64_t number, AgentHandle handle,
                               Channel given, const Cause& cause) {
  Agent* agent = Known(handle);
  const auto found = reference_->contacts_.find(number);
  if (agent == nullptr || found == reference_->contacts_.end()) return false;
  const Contact& contact = found->second;
  if (Contains(agent->no_answer_channels, contact.spec.channel) ||
      agent->presence.state != PresenceState::kAvailable ||
      agent->presence_pending || dropped_.contains({number, agent->number})) {
    return false;
  }
  return std::all_of(cause.in_force.begin(), cause.in_force.end(),
                     [&](const Configuration* configuration) {
                       return AcceptsIn(*configuration, contact, *agent) &&
                              HasRoom(*agent, contact.spec.channel) &&
                              FitsWith(agent->profile, contact.spec.channel,
                                       given);
                     });
}

std::string HistoryReplay::Apply(const Event& event, const Cause& cause) {
  if (event.type == EventType::kConfigurationApplied) return "";
  std::string wrong = Step(event, cause);
  return wrong.empty() ? Compare(event) : wrong;
}

std::string HistoryReplay::Step(const Event& event, const Cause& cause) {
  switch (event.type) {
    case EventType::kContactSubmitted:
      return Submitted(event);
    case EventType::kContactEnded:
      return Ended(event, cause);
    case EventType::kReservationCreated:
      return Created(event, cause);
    case EventType::kReservationAccepted:
    case EventType::kReservationDeclined:
    case EventType::kReservationNoAnswer:
    case EventType::kReservationRescinded:
      return Closed(event, cause);
    case EventType::kPresenceChanged:
      return PresenceChanged(event, cause);
    case EventType::kWrapUpEnded:
      return WrapUpEnded(event, cause);
    case EventType::kAgentRemoved:
      return Removed(event, cause);
    case EventType::kContactWidened:
      return Widened(event);
    case EventType::kContactHoldEnded:
      return "held for an agent, though no contact prefers one";
    case EventType::kAgentChanged:
      return AgentChanged(event, cause);
    case EventType::kContactInterrupted:
    case EventType::kContactResumed:
      return "interrupted, though no channel may interrupt another";
    case EventType::kConfigurationApplied:
    case EventType::kNone:
      break;
  }
  return "an event of no type";
}

// The one event that the reference made of the step is the recorded one.
// Places and numbers are judged elsewhere.
std::string HistoryReplay::Compare(const Event& event) {
  std::vector<Event>& made = reference_->pending_events_;
  if (made.size() != 1) {
    return absl::StrCat("the reference makes ", made.size(), " events of it");
  }
  Event expected = made.front();
  made.clear();
  expected.sequence = event.sequence;
  expected.configuration_version = event.configuration_version;
  expected.rank_key_ms = event.rank_key_ms;
  expected.arrival_sequence = event.arrival_sequence;
  // The replay does not follow it through pauses that meet acceptances; the
  // model test compares it.
  expected.idle_before_pause_ms = event.idle_before_pause_ms;
  const std::string difference = reference::Difference(expected, event);
  if (difference.empty()) return "";
  return absl::StrCat("not the event that the reference makes (", difference,
                      ")");
}

std::string HistoryReplay::Submitted(const Event& event) {
  const std::string id(event.contact_id.view());
  if (contacts_.contains(id)) return "submitted twice";
  const auto answer = reference_->Submit(spec_of_(id), event.at_ms);
  if (!answer.ok()) {
    return absl::StrCat("the reference refuses it: ",
                        std::string(answer.status().message()));
  }
  contacts_[id] = reference_->contacts_given_;
  return "";
}

// In a long stretch the list of exclusions would only grow.
void HistoryReplay::DropSomeExclusions(Tick by) {
  constexpr std::size_t kEnough = 200;
  if (reference_->exclusions_.size() < kEnough) return;
  for (std::size_t i = reference_->exclusions_.size(); i-- > 0;) {
    const ReferenceRouter::Exclusion& one = reference_->exclusions_[i];
    if (!decline_may_be_over_(one.deadline.first, by)) continue;
    dropped_.insert({one.contact, one.agent});
    reference_->DropExclusion(i);
  }
}

std::string HistoryReplay::Created(const Event& event, const Cause& cause) {
  DropSomeExclusions(cause.claimed_by);
  Contact* contact = ContactOf(event);
  Agent* agent = AgentOf(event, cause);
  if (agent == nullptr) return "reserved an agent who is not known";
  if (contact == nullptr) return "reserved a contact that is not alive";
  if (contact->state != ContactState::kWaiting) {
    return absl::StrCat("reserved a contact that is ",
                        std::string(ContactStateName(contact->state)));
  }
  std::string wrong = Suits(event, cause, *contact, *agent);
  if (!wrong.empty()) return wrong;
  const bool at_once = cause.call->kind == CallKind::kSubmit &&
                       cause.call->contact == event.contact_id.view() &&
                       !cause.call->repeated;
  reference_->Reserve(*contact, *agent, event.at_ms, at_once);
  if (contact->terms->offer_timeout_ms > 0) {
    reference_->SetContactDeadline(*contact,
                                   ReferenceRouter::DeadlineKind::kOfferTimeout,
                                   event.offer_expires_ms);
  }
  return "";
}

// The agent is open for the contact, eligible and has room, with the fit and
// the units that the event says, in one of the configurations that may have
// been in force.
std::string HistoryReplay::Suits(const Event& event, const Cause& cause,
                                 const Contact& contact, Agent& agent) {
  if (Contains(agent.no_answer_channels, contact.spec.channel)) {
    // A decision that had begun before the channel was closed may still come.
    const auto closed = closed_by_.find({agent.number, contact.spec.channel});
    if (closed == closed_by_.end() || closed->second < cause.began) {
      return "reserved on a channel closed by no answer";
    }
  }
  for (std::size_t i = reference_->exclusions_.size(); i-- > 0;) {
    const ReferenceRouter::Exclusion& one = reference_->exclusions_[i];
    if (one.contact != contact.number || one.agent != agent.number) continue;
    if (!decline_may_be_over_(one.deadline.first, cause.claimed_by)) {
      return absl::StrCat("reserved for an agent who declined it until ",
                          one.deadline.first);
    }
    dropped_.insert({contact.number, agent.number});
    reference_->DropExclusion(i);
  }
  return FitsIn(event, cause, contact, agent);
}

std::string HistoryReplay::FitsIn(const Event& event, const Cause& cause,
                                  const Contact& contact, Agent& agent) {
  std::string wrong =
      absl::StrCat("reserved without eligibility, which it would need in ring ",
                   contact.ring);
  for (const Configuration* configuration : cause.in_force) {
    if (!AcceptsIn(*configuration, contact, agent)) continue;
    const auto at = static_cast<std::size_t>(contact.spec.channel);
    if (!HasRoom(agent, contact.spec.channel)) {
      wrong = absl::StrCat("reserved an agent who holds ", agent.held.size(),
                           " contacts and has no room for it");
    } else if (agent.profile.cost_units[at] != event.units) {
      wrong = "the units are others";
    } else if (ReferenceRouter::FitStep(contact, agent) != event.fit_step) {
      wrong = absl::StrCat("the fit step is another than ",
                           ReferenceRouter::FitStep(contact, agent),
                           ", which it would be in ring ", contact.ring);
    } else {
      return "";
    }
  }
  return wrong;
}

// Accepted, declined, not answered or rescinded.
std::string HistoryReplay::Closed(const Event& event, const Cause& cause) {
  Agent* agent = AgentOf(event, cause);
  if (agent == nullptr) return "the reservation of an agent who is not known";
  const std::uint64_t number = agent->number;
  if (event.type == EventType::kReservationRescinded &&
      event.contact_version == 0) {
    const auto ended =
        to_rescind_.find({number, std::string(event.contact_id.view())});
    if (ended == to_rescind_.end() || ended->second.attempt != event.attempt) {
      return "rescinded for a contact that had not ended while reserved";
    }
    reference_->RescindByEnd(ended->second, *agent, event.at_ms);
    to_rescind_.erase(ended);
    return "";
  }
  Contact* contact = ContactOf(event);
  if (contact == nullptr || contact->state != ContactState::kReserved ||
      contact->agent != number || contact->attempt != event.attempt) {
    return "the end of a reservation that does not stand";
  }
  switch (event.type) {
    case EventType::kReservationAccepted:
      reference_->AcceptReservation(*contact, *agent, event.at_ms);
      return "";
    case EventType::kReservationRescinded:
      reference_->RescindByAgent(*contact, *agent, event.at_ms);
      return "";
    case EventType::kReservationNoAnswer: {
      std::string early = NotYetDue(contact->deadline, event);
      if (!early.empty()) return early;
      if (!Contains(agent->no_answer_channels, contact->spec.channel)) {
        closed_by_[{number, contact->spec.channel}] = cause.call->end;
      }
      reference_->NoAnswer(*contact, event.at_ms);
      return "";
    }
    default: {
      const auto answer = reference_->Decline(
          ReferenceRouter::HandleOf(*agent),
          ReferenceRouter::HandleOf(*contact), event.attempt,
          event.decline_until_ms - event.at_ms, event.at_ms);
      if (!answer.ok()) return "the reference refuses the decline";
      // Which one is displaced depends on when others ended, which no event
      // tells. Histories stay below the limits.
      if (reference_->counters_.declines_forgotten > 0) {
        return "more declines stand than this replay can follow";
      }
      return "";
    }
  }
}

std::string HistoryReplay::NotYetDue(
    const std::optional<std::pair<InstantMs, std::uint64_t>>& deadline,
    const Event& event) const {
  if (!deadline.has_value()) return "a deadline that was never set";
  if (deadline->first > event.at_ms) {
    return absl::StrCat("a deadline of ", deadline->first, " run at ",
                        event.at_ms);
  }
  return "";
}

std::string HistoryReplay::Ended(const Event& event, const Cause& cause) {
  Contact* contact = ContactOf(event);
  if (contact == nullptr) return "ended, and was not alive";
  const std::string id = contact->spec.id;
  const bool timed = event.end_reason == EndReason::kWaitLimit ||
                     event.end_reason == EndReason::kLeaseExpired;
  if (timed) {
    std::string early = NotYetDue(contact->deadline, event);
    if (!early.empty()) return early;
    // It may be its next ring's.
    if (event.end_reason == EndReason::kWaitLimit &&
        event.at_ms < contact->arrival_ms + contact->terms->wait_limit_ms) {
      return "ended before its wait limit was over";
    }
  }
  if (contact->state == ContactState::kAssigned) {
    Agent* agent = AgentOf(event, cause);
    if (agent == nullptr || agent->number != contact->agent ||
        event.attempt != contact->attempt) {
      return "ended by who did not hold it";
    }
    if (event.end_reason != EndReason::kCompleted &&
        event.end_reason != EndReason::kLeaseExpired) {
      return "ended for that reason while in handling";
    }
    reference_->EndAssigned(*contact, event.end_reason, event.at_ms);
    contacts_.erase(id);
    return "";
  }
  const bool reserved = contact->state == ContactState::kReserved;
  if (event.end_reason != EndReason::kAbandoned &&
      event.end_reason != EndReason::kCancelled &&
      (reserved || event.end_reason != EndReason::kWaitLimit)) {
    return "ended for that reason while not in handling";
  }
  reference_->EndContact(*contact, event.end_reason, event.at_ms);
  Event ended = reference_->MakeEvent(EventType::kContactEnded, event.at_ms);
  ReferenceRouter::NameContact(*contact, ended);
  reference_->HandOver(ended);
  if (reserved) to_rescind_[{contact->agent, id}] = *contact;
  reference_->Remember(*contact, event.at_ms);
  contacts_.erase(id);
  return "";
}

std::string HistoryReplay::PresenceChanged(const Event& event,
                                           const Cause& cause) {
  Agent* agent = AgentOf(event, cause);
  if (agent == nullptr) return "the presence of an agent who is not known";
  const Presence asked = cause.call->kind == CallKind::kSetPresence
                             ? cause.call->presence
                             : Presence{};
  if (ReferenceRouter::IsBusy(*agent) &&
      agent->presence.state != PresenceState::kAvailable) {
    // A pause met an acceptance: it holds already, though the agent handles.
    // Calls one after another never come here, so the reference has no rule;
    // the engine's is that only another presence becomes pending.
    const Presence holds =
        agent->presence_pending ? agent->pending : agent->presence;
    if (holds == asked && agent->no_answer_channels == 0) {
      return "asked for what holds already";
    }
    reference_->DropExclusionsOfAgent(agent->number);
    agent->no_answer_channels = 0;
    agent->presence_pending = asked != agent->presence;
    agent->pending = agent->presence_pending ? asked : Presence{};
    ++agent->version;
    Event changed =
        reference_->MakeEvent(EventType::kPresenceChanged, event.at_ms);
    ReferenceRouter::NameAgent(*agent, changed);
    reference_->HandOver(changed);
    return "";
  }
  if (!reference_->NotePresence(*agent, asked, event.at_ms)) {
    return "asked for what holds already";
  }
  return "";
}

std::string HistoryReplay::WrapUpEnded(const Event& event, const Cause& cause) {
  Agent* agent = AgentOf(event, cause);
  if (agent == nullptr) return "the wrap-up of an agent who is not known";
  const auto held = std::find_if(
      agent->held.begin(), agent->held.end(), [&event](const auto& one) {
        return one.contact.state == WorkState::kWrapUp &&
               one.contact.contact_id == event.contact_id.view() &&
               one.contact.attempt == event.attempt;
      });
  if (held == agent->held.end()) return "the end of a wrap-up that was none";
  if (cause.call->kind == CallKind::kRunDue) {
    std::string early = NotYetDue(held->wrap_up, event);
    if (!early.empty()) return early;
  }
  reference_->FinishWrapUp(*agent, event.contact_id.view(), event.at_ms);
  return "";
}

std::string HistoryReplay::Removed(const Event& event, const Cause& cause) {
  Agent* agent = AgentOf(event, cause);
  if (agent == nullptr) return "removed an agent who is not known";
  const bool dropped = std::any_of(
      cause.in_force.begin(), cause.in_force.end(),
      [&](const Configuration* configuration) {
        return std::none_of(
            configuration->agents.begin(), configuration->agents.end(),
            [&](const auto& one) { return one.id == event.agent_id.view(); });
      });
  if (!dropped) return "removed an agent who is listed";
  agents_.erase(KeyOf(event.agent));
  configured_.erase(agent->number);
  agent->listed = false;
  reference_->RemoveIfGone(agent->number, event.at_ms);
  return "";
}

// A contact whose limit is over ends, though its next ring has come as well.
std::string HistoryReplay::Widened(const Event& event) {
  Contact* contact = ContactOf(event);
  if (contact == nullptr) return "widened, and was not alive";
  if (contact->state != ContactState::kWaiting) {
    return "widened, and did not wait";
  }
  std::string early = NotYetDue(contact->deadline, event);
  if (!early.empty()) return early;
  const DurationMs limit_ms = contact->terms->wait_limit_ms;
  if (limit_ms > 0 && contact->arrival_ms + limit_ms <= event.at_ms) {
    return "widened, and its wait limit was over";
  }
  reference_->Widen(*contact, event.at_ms);
  return "";
}

// What it has from then on is told with the configurations in force.
std::string HistoryReplay::AgentChanged(const Event& event,
                                        const Cause& cause) {
  Agent* agent = AgentOf(event, cause);
  if (agent == nullptr) return "a change of an agent who is not known";
  if (event.agent_id.view() != cause.call->agent) {
    return "a change of another agent than was asked for";
  }
  ++agent->version;
  Event changed = reference_->MakeEvent(EventType::kAgentChanged, event.at_ms);
  ReferenceRouter::NameAgent(*agent, changed);
  reference_->HandOver(changed);
  return "";
}

}  // namespace relais::stress
