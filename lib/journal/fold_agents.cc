// What events do to agents and to the reservations that they hold.

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/domain/agent_figures.h"
#include "lib/domain/error.h"
#include "lib/domain/last_listed.h"
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

HeldContact* Fold::FindHeld(std::vector<HeldContact>& held,
                            const Event& event) {
  for (HeldContact& one : held) {
    if (one.state != WorkState::kWrapUp &&
        one.contact_id == event.contact_id.view() &&
        one.attempt == event.attempt) {
      return &one;
    }
  }
  return nullptr;
}

// Its state after the event, as the event tells it, with what it holds then.
// idle_since_ms in kReservation* is that of the decision and may be older than
// what a change of presence has given it since.
absl::Status Fold::TakeAgent(const Event& event, bool with_idle_since,
                             std::vector<HeldContact> held) {
  const WorkState work = WorkStateOf(held);
  if (event.work_state != work) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()), " is ",
                      Text(WorkStateName(event.work_state)), " after it, not ",
                      Text(WorkStateName(work)));
  }
  const std::string_view id = event.agent_id.view();
  if (agent_ == nullptr) {
    const auto added = state_.agents.try_emplace(std::string(id)).first;
    agents_.emplace(added->first, &added->second);
    agent_ = &added->second;
  }
  LiveAgent& agent = *agent_;
  if (keeps_figures_) StepFigures(event, held, agent);
  agent.version = event.agent_version;
  agent.presence = event.presence;
  agent.presence_pending = event.presence_pending;
  agent.pending = event.pending;
  agent.no_answer_channels = event.no_answer_channels;
  agent.idle_before_pause_ms = event.idle_before_pause_ms;
  if (with_idle_since) agent.idle_since_ms = event.idle_since_ms;
  agent.held = std::move(held);
  changed_->agents.Set(id, &agent);
  return absl::OkStatus();
}

void Fold::LetGo(std::vector<HeldContact>& held, const HeldContact& one) {
  held.erase(held.begin() + (&one - held.data()));
}

void Fold::StepFigures(const Event& event, const std::vector<HeldContact>& held,
                       LiveAgent& agent) {
  if (event.type == EventType::kReservationCreated) {
    NoteReserved(event.at_ms, agent.held.empty(), &agent.figures);
  } else if (event.type == EventType::kReservationAccepted) {
    NoteAccepted(&agent.figures);
  } else if (held.size() < agent.held.size()) {
    NoteLetGo(event.at_ms, held.empty(), &agent.figures);
  }
  // Also a pending one that is taken with the end of the agent's work.
  NotePresence(event.at_ms, agent.presence.state, event.presence.state,
               held.empty(), &agent.figures);
}

void Fold::KeepFigures(bool keep, InstantMs now_ms) {
  if (keep == keeps_figures_) return;
  keeps_figures_ = keep;
  for (auto& [id, agent] : state_.agents) {
    const AgentFigures before = agent.figures;
    agent.figures =
        keep ? FiguresFrom(now_ms, !agent.held.empty()) : AgentFigures();
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
  if (contact->held_for != event.held_for.view() ||
      (!contact->held_for.empty() &&
       contact->held_for != event.agent_id.view())) {
    return Impossible(event, "contact ", Quoted(event.contact_id.view()),
                      " waits for ", Quoted(contact->held_for), " alone, not ",
                      Quoted(event.held_for.view()), "; it goes to ",
                      Quoted(event.agent_id.view()));
  }
  if (event.attempt != event.contact_version) {
    return Impossible(event, "attempt ", event.attempt,
                      " is not the contact's version ", event.contact_version);
  }
  std::vector<HeldContact> held = Agent().held;
  HeldContact& added = held.emplace_back();
  added.contact_id = event.contact_id.view();
  added.attempt = event.attempt;
  if (event.units > 0) {
    added.channel = event.channel;
    added.units = event.units;
  } else {
    // Format version 1: every contact took all of its agent, and what an agent
    // held did not tell its channel.
    added.units = kCapacityUnitsMax;
  }
  // What it may have interrupted, or was to interrupt when that ended.
  int together = 0;
  int gives_way = 0;
  for (const HeldContact& one : held) {
    together += one.units;
    const bool worked_on = one.state != WorkState::kReserved;
    if (worked_on && one.channel != added.channel) gives_way += one.units;
  }
  if (together - gives_way > kCapacityUnitsMax || together > kHeldUnitsMax ||
      held.size() > kContactsPerAgentMax) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()),
                      " would hold ", held.size(), " contacts of ", together,
                      " units; it has ", kCapacityUnitsMax);
  }
  status = TakeAgent(event, false, std::move(held));
  if (!status.ok()) return status;
  contact->version = event.contact_version;
  contact->state = ContactState::kReserved;
  contact->held_since_ms = 0;
  contact->held_until_ms = 0;
  contact->at_once = contact->at_once || event.at_once;
  contact->placed = true;
  contact->rank_key_ms = event.rank_key_ms;
  contact->arrival_sequence = event.arrival_sequence;
  contact->agent_id = event.agent_id.view();
  contact->attempt = event.attempt;
  contact->fit_step = event.fit_step;
  contact->tutor_id = event.tutor_id.view();
  contact->idle_since_ms = event.idle_since_ms;
  contact->offer_expires_ms = event.offer_expires_ms;
  changed_->contacts.Set(event.contact_id.view(), contact);
  return absl::OkStatus();
}

absl::Status Fold::Accepted(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  absl::Status status = CheckContact(event, contact, ContactState::kAssigned);
  if (!status.ok()) return status;
  status = CheckHolder(event, *contact, ContactState::kReserved);
  if (!status.ok()) return status;
  std::vector<HeldContact> held = Agent().held;
  FindHeld(held, event)->state = WorkState::kHandling;
  status = TakeAgent(event, false, std::move(held));
  if (!status.ok()) return status;
  contact->version = event.contact_version;
  contact->state = ContactState::kAssigned;
  contact->accepted_ms = event.at_ms;
  contact->offer_expires_ms = 0;
  ++QueueOf(event.queue.view()).answered_total;
  changed_->contacts.Set(event.contact_id.view(), contact);
  return absl::OkStatus();
}

// Both ways. The contact's own state and version stay; its lease begins anew
// when it is resumed.
absl::Status Fold::Interrupted(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  const bool resumed = event.type == EventType::kContactResumed;
  std::vector<HeldContact> held = Agent().held;
  HeldContact* with_agent = FindHeld(held, event);
  if (contact == nullptr || event.contact_version != 0 ||
      event.contact_state != ContactState::kAssigned || with_agent == nullptr ||
      with_agent->state != WorkState::kHandling ||
      with_agent->interrupted != resumed) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()),
                      " is not handling ", Quoted(event.contact_id.view()),
                      " in attempt ", event.attempt,
                      resumed ? ", interrupted" : ", not interrupted");
  }
  absl::Status status = CheckHolder(event, *contact, ContactState::kAssigned);
  if (!status.ok()) return status;
  with_agent->interrupted = !resumed;
  status = TakeAgent(event, false, std::move(held));
  if (!status.ok() || !resumed) return status;
  contact->accepted_ms = event.at_ms;
  changed_->contacts.Set(event.contact_id.view(), contact);
  return absl::OkStatus();
}

absl::Status Fold::Returned(const Event& event) {
  LiveContact* contact = FindContact(event.contact_id.view());
  absl::Status status = CheckContact(event, contact, ContactState::kWaiting);
  if (!status.ok()) return status;
  status = CheckHolder(event, *contact, ContactState::kReserved);
  if (!status.ok()) return status;
  std::vector<HeldContact> held = Agent().held;
  LetGo(held, *FindHeld(held, event));
  status = TakeAgent(event, false, std::move(held));
  if (!status.ok()) return status;
  BackToWaiting(event, *contact);
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
  std::vector<HeldContact> held = Agent().held;
  const HeldContact* reserved = FindHeld(held, event);
  if (reserved == nullptr || reserved->state != WorkState::kReserved) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()),
                      " has no reservation ", event.attempt, " with ",
                      Quoted(contact_id));
  }
  LetGo(held, *reserved);
  // Its end may be numbered a little later.
  LiveContact* contact = FindContact(event.contact_id.view());
  if (contact != nullptr && contact->agent_id == event.agent_id.view() &&
      contact->attempt == event.attempt) {
    if (contact->state != ContactState::kReserved) {
      return Impossible(event, "contact ", Quoted(contact_id), " is ",
                        Text(ContactStateName(contact->state)),
                        ", not reserved");
    }
  }
  absl::Status status = TakeAgent(event, false, std::move(held));
  if (!status.ok()) return status;
  if (contact != nullptr && contact->agent_id == event.agent_id.view() &&
      contact->attempt == event.attempt) {
    contact->agent_id.clear();
    changed_->contacts.Set(contact_id, contact);
  }
  return absl::OkStatus();
}

void Fold::BackToWaiting(const Event& event, LiveContact& contact) {
  contact.version = event.contact_version;
  contact.state = ContactState::kWaiting;
  contact.placed = true;
  contact.ring = event.ring;
  TakeHold(event, &contact);
  contact.rank_key_ms = event.rank_key_ms;
  contact.arrival_sequence = event.arrival_sequence;
  contact.agent_id.clear();
  contact.attempt = 0;
  contact.fit_step = 0;
  contact.tutor_id.clear();
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

// Of those who are still alive what the configuration so far says, if the next
// one does not list them.
void Fold::KeepLastListed(const Configuration& next) {
  absl::flat_hash_set<absl::string_view> listed;
  for (const AgentConfiguration& agent : next.agents) listed.insert(agent.id);
  absl::flat_hash_map<absl::string_view, const AgentConfiguration*> before;
  if (state_.configuration != nullptr) {
    for (const AgentConfiguration& agent : state_.configuration->agents) {
      before.emplace(agent.id, &agent);
    }
  }
  for (auto& [id, agent] : state_.agents) {
    const auto was = before.find(id);
    if (listed.contains(id)) {
      if (agent.last_listed == nullptr) continue;
      agent.last_listed = nullptr;
    } else if (was != before.end()) {
      agent.last_listed = std::make_shared<const Configuration>(
          LastListed(*was->second, *state_.configuration));
    } else {
      continue;
    }
    changed_->agents.Set(id, &agent);
  }
}

// --- Agents alone ------------------------------------------------------------

absl::Status Fold::PresenceChanged(const Event& event) {
  absl::Status status = TakeAgent(event, true, Agent().held);
  if (!status.ok()) return status;
  agent_->presence_configuration_version = event.configuration_version;
  DropDeclinesOfAgent(std::string(event.agent_id.view()));
  return absl::OkStatus();
}

// The configuration is copied: an agent's change is rare, and whoever was given
// the one before keeps it.
absl::Status Fold::AgentChanged(const Event& event, const EventDetail& detail) {
  if (detail.agent == nullptr || detail.agent->id != event.agent_id.view()) {
    return Impossible(event, "comes without the agent's configuration");
  }
  absl::Status status = CheckConfigurationVersion(event);
  if (!status.ok()) return status;
  auto configuration =
      state_.configuration == nullptr
          ? std::make_shared<Configuration>()
          : std::make_shared<Configuration>(*state_.configuration);
  const auto listed =
      std::find_if(configuration->agents.begin(), configuration->agents.end(),
                   [&detail](const AgentConfiguration& agent) {
                     return agent.id == detail.agent->id;
                   });
  if (listed == configuration->agents.end()) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()),
                      " is not in the configuration");
  }
  *listed = *detail.agent;
  status = TakeAgent(event, true, Agent().held);
  if (!status.ok()) return status;
  state_.configuration = std::move(configuration);
  state_.configuration_version = event.configuration_version;
  changed_->configuration = true;
  return absl::OkStatus();
}

absl::Status Fold::WrapUpEnded(const Event& event) {
  std::vector<HeldContact> held = Agent().held;
  // Before an agent could hold several the contact was not named.
  const bool only = event.contact_id.empty() && held.size() == 1;
  auto ended = held.end();
  for (auto one = held.begin(); one != held.end(); ++one) {
    const bool named = one->contact_id == event.contact_id.view() &&
                       one->attempt == event.attempt;
    if (one->state != WorkState::kWrapUp || !(only || named)) continue;
    // Of two whose ids are the same, the one that ends first.
    if (ended == held.end() || one->wrap_up_ends_ms < ended->wrap_up_ends_ms) {
      ended = one;
    }
  }
  if (ended == held.end()) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()),
                      " does not wrap up ", Quoted(event.contact_id.view()));
  }
  LetGo(held, *ended);
  return TakeAgent(event, true, std::move(held));
}

absl::Status Fold::Removed(const Event& event) {
  if (!Agent().held.empty()) {
    return Impossible(event, "agent ", Quoted(event.agent_id.view()), " holds ",
                      Quoted(Agent().held.front().contact_id));
  }
  const std::string id(event.agent_id.view());
  DropDeclinesOfAgent(id);
  agents_.erase(id);
  state_.agents.erase(id);
  changed_->agents.Set(id, nullptr);
  return absl::OkStatus();
}

}  // namespace relais::journal
