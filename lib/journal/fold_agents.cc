// What events do to agents and to the reservations that they hold.

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/agent_figures.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"
#include "lib/journal/fold.h"
#include "relais/limits.h"

namespace relais::journal {
namespace {

template <typename... Parts>
absl::Status Impossible(const Event& event, const Parts&... parts) {
  return absl::DataLossError(absl::StrCat("event ", event.sequence, " (",
                                          Text(EventTypeName(event.type)),
                                          "): ", parts...));
}

}  // namespace

// Its state after the event, as the event tells it. What it holds is cleared
// unless it goes on; idle_since_ms in kReservation* is that of the decision and
// may be older than what a change of presence has given it since.
LiveAgent& Fold::TakeAgent(const Event& event, bool with_idle_since) {
  const std::string_view id = event.agent_id.view();
  if (agent_ == nullptr) {
    const auto added = state_.agents.try_emplace(std::string(id)).first;
    agents_.emplace(added->first, &added->second);
    agent_ = &added->second;
  }
  LiveAgent& agent = *agent_;
  if (keeps_figures_) StepFigures(event, agent);
  agent.version = event.agent_version;
  agent.presence = event.presence;
  agent.presence_pending = event.presence_pending;
  agent.pending = event.pending;
  agent.work_state = event.work_state;
  agent.no_answer_channels = event.no_answer_channels;
  agent.idle_before_pause_ms = event.idle_before_pause_ms;
  if (with_idle_since) agent.idle_since_ms = event.idle_since_ms;
  if (event.work_state != WorkState::kWrapUp) agent.wrap_up_ends_ms = 0;
  if (event.work_state == WorkState::kIdle) {
    agent.contact_id.clear();
    agent.attempt = 0;
  }
  changed_->agents.Set(id, &agent);
  return agent;
}

void Fold::StepFigures(const Event& event, LiveAgent& agent) const {
  if (event.type == EventType::kReservationCreated) {
    NoteReserved(event.at_ms, agent.work_state == WorkState::kIdle,
                 &agent.figures);
  } else if (event.type == EventType::kReservationAccepted) {
    NoteAccepted(&agent.figures);
  } else if (event.type == EventType::kPresenceChanged) {
    const PresenceState before = agent.presence.state;
    const PresenceState after = event.presence.state;
    if (before == after) return;
    if (before == PresenceState::kLoggedOut) {
      agent.figures = FiguresFrom(event.at_ms, false);
    } else if (after == PresenceState::kAvailable) {
      NoteAvailable(event.at_ms, &agent.figures);
    }
  } else if (event.work_state == WorkState::kIdle &&
             agent.work_state != WorkState::kIdle) {
    NoteIdle(event.at_ms, &agent.figures);
  }
}

void Fold::KeepFigures(bool keep, InstantMs now_ms) {
  if (keep == keeps_figures_) return;
  keeps_figures_ = keep;
  for (auto& [id, agent] : state_.agents) {
    const AgentFigures before = agent.figures;
    agent.figures =
        keep ? FiguresFrom(now_ms, agent.work_state != WorkState::kIdle)
             : AgentFigures();
    if (agent.figures != before) changed_->agents.Set(id, &agent);
  }
}

absl::Status Fold::Created(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  absl::Status status = CheckContact(event, contact, ContactState::kReserved);
  if (!status.ok()) return status;
  if (contact->state != ContactState::kWaiting) {
    return Impossible(event, "contact ", Quoted(event.contact_id.view()),
                      " is ", Text(ContactStateName(contact->state)),
                      ", not waiting");
  }
  if (event.attempt != event.contact_version) {
    return Impossible(event, "attempt ", event.attempt,
                      " is not the contact's version ", event.contact_version);
  }
  status = CheckAgent(event, WorkState::kIdle, WorkState::kReserved);
  if (!status.ok()) return status;
  contact->version = event.contact_version;
  contact->state = ContactState::kReserved;
  contact->at_once = contact->at_once || event.at_once;
  contact->placed = true;
  contact->rank_key_ms = event.rank_key_ms;
  contact->arrival_sequence = event.arrival_sequence;
  contact->agent_id = event.agent_id.view();
  contact->attempt = event.attempt;
  contact->fit_step = event.fit_step;
  contact->idle_since_ms = event.idle_since_ms;
  contact->offer_expires_ms = event.offer_expires_ms;
  LiveAgent& agent = TakeAgent(event, false);
  agent.contact_id = event.contact_id.view();
  agent.attempt = event.attempt;
  changed_->contacts.Set(event.contact_id.view(), contact);
  return absl::OkStatus();
}

absl::Status Fold::Accepted(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  absl::Status status = CheckContact(event, contact, ContactState::kAssigned);
  if (!status.ok()) return status;
  status = CheckHolder(event, *contact, ContactState::kReserved);
  if (!status.ok()) return status;
  status = CheckAgent(event, WorkState::kReserved, WorkState::kHandling);
  if (!status.ok()) return status;
  contact->version = event.contact_version;
  contact->state = ContactState::kAssigned;
  contact->accepted_ms = event.at_ms;
  contact->offer_expires_ms = 0;
  TakeAgent(event, false);
  ++QueueOf(event.queue.view()).answered_total;
  changed_->contacts.Set(event.contact_id.view(), contact);
  return absl::OkStatus();
}

absl::Status Fold::Returned(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  absl::Status status = CheckContact(event, contact, ContactState::kWaiting);
  if (!status.ok()) return status;
  status = CheckHolder(event, *contact, ContactState::kReserved);
  if (!status.ok()) return status;
  status = CheckAgent(event, WorkState::kReserved, WorkState::kIdle);
  if (!status.ok()) return status;
  BackToWaiting(event, *contact);
  TakeAgent(event, false);
  if (event.type == EventType::kReservationDeclined) {
    AddDecline(event, *contact);
  }
  return absl::OkStatus();
}

absl::Status Fold::Rescinded(const Event& event) {
  if (event.contact_version != 0) return Returned(event);
  const std::string contact_id(event.contact_id.view());
  if (event.contact_state != ContactState::kEnded) {
    return Impossible(event, "contact ", Quoted(contact_id),
                      " is unchanged but not ended");
  }
  absl::Status status =
      CheckAgent(event, WorkState::kReserved, WorkState::kIdle);
  if (!status.ok()) return status;
  const LiveAgent& holder = Agent();
  if (holder.contact_id != contact_id || holder.attempt != event.attempt) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()),
                      " has attempt ", holder.attempt, " with ",
                      Quoted(holder.contact_id), ", not ", event.attempt,
                      " with ", Quoted(contact_id));
  }
  // Its end may be numbered a little later.
  LiveContact* contact = FindContact(event.contact_id.view());
  if (contact != nullptr && contact->agent_id == event.agent_id.view() &&
      contact->attempt == event.attempt) {
    if (contact->state != ContactState::kReserved) {
      return Impossible(event, "contact ", Quoted(contact_id), " is ",
                        Text(ContactStateName(contact->state)),
                        ", not reserved");
    }
    contact->agent_id.clear();
    changed_->contacts.Set(contact_id, contact);
  }
  TakeAgent(event, false);
  return absl::OkStatus();
}

void Fold::BackToWaiting(const Event& event, LiveContact& contact) {
  contact.version = event.contact_version;
  contact.state = ContactState::kWaiting;
  contact.placed = true;
  contact.rank_key_ms = event.rank_key_ms;
  contact.arrival_sequence = event.arrival_sequence;
  contact.agent_id.clear();
  contact.attempt = 0;
  contact.fit_step = 0;
  contact.idle_since_ms = 0;
  contact.offer_expires_ms = 0;
  changed_->contacts.Set(event.contact_id.view(), &contact);
}

// --- Declines ----------------------------------------------------------------

// At most so many stand for a contact, the first made giving way, and for an
// agent, the first to end giving way; those that are over at the event's time
// do not count.
void Fold::AddDecline(const Event& event, LiveContact& contact) {
  const std::string contact_id(event.contact_id.view());
  const std::string agent_id(event.agent_id.view());
  DropDecline(contact_id, agent_id);
  const std::vector<LiveDecline> standing = contact.declines;
  for (const LiveDecline& decline : standing) {
    if (decline.until_ms <= event.at_ms) {
      DropDecline(contact_id, decline.agent_id);
    }
  }
  if (contact.declines.size() >= kDeclinesPerContactMax) {
    DropDecline(contact_id, std::string(contact.declines.front().agent_id));
  }
  for (;;) {
    const auto found = declined_by_agent_.find(agent_id);
    if (found == declined_by_agent_.end()) break;
    const auto& [until_ms, other] = *found->second.begin();
    if (until_ms > event.at_ms && found->second.size() < kDeclinesPerAgentMax) {
      break;
    }
    DropDecline(std::string(other), agent_id);
  }
  contact.declines.push_back({agent_id, event.decline_until_ms});
  declined_by_agent_[agent_id].insert({event.decline_until_ms, contact_id});
}

void Fold::DropDecline(const std::string& contact_id,
                       const std::string& agent_id) {
  LiveContact& contact = *FindContact(contact_id);
  std::vector<LiveDecline>& declines = contact.declines;
  const auto found = std::find_if(declines.begin(), declines.end(),
                                  [&agent_id](const LiveDecline& decline) {
                                    return decline.agent_id == agent_id;
                                  });
  if (found == declines.end()) return;
  ForgetDecline(contact_id, *found);
  declines.erase(found);
  changed_->contacts.Set(contact_id, &contact);
}

// In the agents' index alone.
void Fold::ForgetDecline(const std::string& contact_id,
                         const LiveDecline& decline) {
  const auto of_agent = declined_by_agent_.find(decline.agent_id);
  of_agent->second.erase({decline.until_ms, contact_id});
  if (of_agent->second.empty()) declined_by_agent_.erase(of_agent);
}

void Fold::DropDeclinesOfAgent(const std::string& agent_id) {
  const auto found = declined_by_agent_.find(agent_id);
  if (found == declined_by_agent_.end()) return;
  const Declined declined = found->second;
  for (const auto& [until_ms, contact_id] : declined) {
    DropDecline(contact_id, agent_id);
  }
}

// --- Agents alone ------------------------------------------------------------

absl::Status Fold::PresenceChanged(const Event& event) {
  const WorkState work = Agent().work_state;
  absl::Status status = CheckAgent(event, work, work);
  if (!status.ok()) return status;
  const InstantMs wrap_up_ends_ms = Agent().wrap_up_ends_ms;
  LiveAgent& agent = TakeAgent(event, true);
  agent.wrap_up_ends_ms = wrap_up_ends_ms;
  agent.presence_configuration_version = event.configuration_version;
  DropDeclinesOfAgent(std::string(event.agent_id.view()));
  return absl::OkStatus();
}

absl::Status Fold::WrapUpEnded(const Event& event) {
  absl::Status status = CheckAgent(event, WorkState::kWrapUp, WorkState::kIdle);
  if (!status.ok()) return status;
  TakeAgent(event, true);
  return absl::OkStatus();
}

absl::Status Fold::Removed(const Event& event) {
  absl::Status status = CheckAgent(event, WorkState::kIdle, WorkState::kIdle);
  if (!status.ok()) return status;
  const std::string id(event.agent_id.view());
  DropDeclinesOfAgent(id);
  agents_.erase(id);
  state_.agents.erase(id);
  changed_->agents.Set(id, nullptr);
  return absl::OkStatus();
}

}  // namespace relais::journal
