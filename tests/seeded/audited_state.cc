#include "tests/seeded/audited_state.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace relais::seeded {
namespace {

constexpr std::size_t kExclusionsPerContact = 8;

std::string Text(const InlineId& id) { return std::string(id.view()); }

template <typename T>
std::string Differs(const char* what, T is, T expected) {
  if (is == expected) return "";
  return absl::StrCat(what, " is ", is, " and should be ", expected);
}

// The first of them that says something.
std::string FirstOf(std::initializer_list<std::string> problems) {
  for (const std::string& problem : problems) {
    if (!problem.empty()) return problem;
  }
  return "";
}

void TakePresence(AuditedAgent* agent, Presence presence, InstantMs now_ms) {
  const PresenceState before = agent->presence.state;
  agent->presence = presence;
  if (before == presence.state) return;
  if (before == PresenceState::kLoggedOut) {  // a sign-in
    agent->idle_since_ms = now_ms;
    agent->idle_before_pause_ms = 0;
    agent->work.Begin(agent->work.kept, now_ms);
  } else if (presence.state == PresenceState::kNotReady) {
    agent->idle_before_pause_ms = now_ms - agent->idle_since_ms;
  } else if (presence.state == PresenceState::kAvailable) {
    agent->idle_since_ms = now_ms - agent->idle_before_pause_ms;
    agent->work.PauseEnded(now_ms);
  }
}

void BecomeIdle(AuditedAgent* agent, InstantMs now_ms) {
  agent->work_state = WorkState::kIdle;
  agent->contact_id.clear();
  agent->attempt = 0;
  agent->wrap_up_ends_ms = 0;
  agent->work.HoldsNothing(now_ms);
  agent->idle_since_ms = now_ms;
  agent->idle_before_pause_ms = 0;
  if (!agent->presence_pending) return;
  agent->presence_pending = false;
  TakePresence(agent, std::exchange(agent->pending, {}), now_ms);
}

bool Serves(ChannelSet channels, const Levels& levels,
            const AuditedContact& contact) {
  if (!Contains(channels, contact.spec.channel)) return false;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] < contact.needs[i]) return false;
  }
  return true;
}

std::size_t RankIn(const std::vector<QueueRank>& order,
                   const AuditedContact& contact) {
  if (!contact.ranked) return 0;
  std::size_t rank = 0;
  for (const QueueRank& queues : order) {
    const auto& names = queues.queues;
    if (std::find(names.begin(), names.end(), contact.spec.queue) !=
        names.end()) {
      break;
    }
    ++rank;
  }
  return rank;
}

}  // namespace

bool AuditedState::SurelyBefore(const AuditedAgent& agent,
                                const AuditedContact& first,
                                const AuditedContact& second) {
  const auto place = [](const std::vector<QueueRank>& order,
                        const AuditedContact& contact) {
    return std::tuple(RankIn(order, contact), contact.rank_key_ms,
                      contact.arrival_sequence);
  };
  return place(agent.order, first) < place(agent.order, second) &&
         place(agent.order_before, first) < place(agent.order_before, second);
}

bool AuditedState::CouldServe(const AuditedAgent& agent,
                              const AuditedContact& contact) {
  return Serves(agent.channels, agent.levels, contact) ||
         Serves(agent.channels_before, agent.levels_before, contact);
}

bool AuditedState::MustServe(const AuditedAgent& agent,
                             const AuditedContact& contact) {
  return Serves(agent.channels, agent.levels, contact) &&
         Serves(agent.channels_before, agent.levels_before, contact);
}

int AuditedState::FitStep(const Levels& has, const AuditedContact& contact) {
  int surplus = 0;
  int room = 0;
  int further = 0;
  for (std::size_t i = 0; i < contact.needs.size(); ++i) {
    if (contact.needs[i] == 0) {
      further += has[i] > 0 ? 1 : 0;
      continue;
    }
    surplus += has[i] - contact.needs[i];
    room += kProficiencyLevelMax - contact.needs[i];
  }
  if (contact.terms.agent_choice.fit == FitRule::kLeastOverQualified) {
    return 7 - std::min(7, 8 * (surplus + further) / (room + 16));
  }
  return room == 0 ? 0 : std::min(7, 8 * surplus / room);
}

bool AuditedState::Free(const AuditedAgent& agent, Channel channel) {
  return agent.presence.state == PresenceState::kAvailable &&
         agent.work_state == WorkState::kIdle &&
         !Contains(agent.closed, channel);
}

const AuditedExclusion* AuditedState::ExclusionOf(const AuditedContact& contact,
                                                  const std::string& agent_id) {
  for (const AuditedExclusion& exclusion : contact.exclusions) {
    if (exclusion.agent_id == agent_id) return &exclusion;
  }
  return nullptr;
}

std::size_t AuditedState::SkillNumber(const std::string& name) const {
  std::size_t number = 0;
  for (const Skill& skill : configuration.skills) {
    if (skill.name < name) ++number;
  }
  return number;
}

Levels AuditedState::LevelsOf(const std::vector<AgentSkill>& skills) const {
  Levels levels{};
  for (const AgentSkill& skill : skills) {
    levels.at(SkillNumber(skill.skill)) = static_cast<std::int8_t>(skill.level);
  }
  return levels;
}

void AuditedState::AddNeeds(const RoutingRequirement& requirement,
                            Levels* needs) const {
  for (const SkillRequirement& term : requirement.all_of) {
    std::int8_t& need = needs->at(SkillNumber(term.skill));
    need = std::max(need, static_cast<std::int8_t>(term.level_min));
  }
}

void AuditedState::TakeConfiguredSkills() {
  for (auto& [id, agent] : agents) {
    agent.listed = false;
    agent.levels = {};
    agent.channels = 0;
    agent.order.clear();
  }
  for (const AgentConfiguration& listed : configuration.agents) {
    AuditedAgent& agent = agents[listed.id];
    agent.listed = true;
    agent.levels = LevelsOf(listed.skills);
    for (const RoutingProfile& profile : configuration.routing_profiles) {
      if (profile.name == listed.routing_profile) {
        agent.channels = profile.channels;
        agent.order = profile.queue_order;
      }
    }
  }
  EndTurns();
}

void AuditedState::EndTurns() {
  for (auto& [id, agent] : agents) {
    agent.levels_before = agent.levels;
    agent.channels_before = agent.channels;
    agent.order_before = agent.order;
  }
}

void AuditedState::ProlongOffers(InstantMs until_ms) {
  for (auto& [id, contact] : contacts) {
    if (contact.state != ContactState::kReserved) continue;
    contact.offer_due_ms = std::max(contact.offer_expires_ms, until_ms);
  }
}

void AuditedState::DropExclusionsUntil(InstantMs now_ms) {
  for (auto& [id, contact] : contacts) {
    std::erase_if(contact.exclusions, [now_ms](const AuditedExclusion& one) {
      return one.until_ms <= now_ms;
    });
  }
}

std::string AuditedState::Apply(const Event& event, const EventDetail& detail) {
  std::string problem = FirstOf(
      {Differs("its number", event.sequence, sequence + 1),
       event.at_ms < last_at_ms ? absl::StrCat("its instant ", event.at_ms,
                                               " is before ", last_at_ms)
                                : "",
       Differs("its configuration_version", event.configuration_version,
               configuration_version +
                   (event.type == EventType::kConfigurationApplied ? 1 : 0))});
  if (problem.empty()) problem = ApplyByType(event, detail);
  if (problem.empty()) problem = CheckAgentAfter(event);
  if (problem.empty()) problem = CheckContactAfter(event);
  sequence = event.sequence;
  last_at_ms = event.at_ms;
  return problem;
}

std::string AuditedState::ApplyByType(const Event& event,
                                      const EventDetail& detail) {
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
    case EventType::kReservationRescinded:
      return Returned(event);
    case EventType::kPresenceChanged:
      return PresenceChanged(event);
    case EventType::kWrapUpEnded:
      return WrapUpEnded(event);
    case EventType::kAgentRemoved:
      return Removed(event);
  }
  return "it has no type";
}

std::string AuditedState::Configured(const Event& event,
                                     const EventDetail& detail) {
  if (detail.configuration == nullptr) return "it brings no configuration";
  std::map<std::string, AuditedAgent> before = agents;
  configuration = *detail.configuration;
  configuration_version = event.configuration_version;
  TakeConfiguredSkills();
  for (auto& [id, agent] : agents) {
    const auto old = before.find(id);
    if (old == before.end()) continue;
    agent.levels_before = old->second.levels;
    agent.channels_before = old->second.channels;
    agent.order_before = old->second.order;
    // Whoever is dropped goes on as it was until it is removed.
    if (agent.listed) continue;
    agent.levels = old->second.levels;
    agent.channels = old->second.channels;
    agent.order = old->second.order;
  }
  const bool keep = KeepsWork(configuration);
  for (auto& [id, agent] : agents) {
    if (keep != agent.work.kept) agent.work.Begin(keep, event.at_ms);
  }
  const std::map<std::string, AuditedFigures> all = figures;
  for (const auto& [name, each] : all) ForgetFiguresIfUnused(name);
  return "";
}

// What a contact that comes now is worth in waiting.
DurationMs AuditedState::BoostOf(const ContactSpec& spec,
                                 const ContactQueue& queue) const {
  constexpr DurationMs kTenYears = 10LL * 365 * 24 * 3600 * 1000;
  DurationMs boost =
      queue.priority_credit_ms.at(static_cast<std::size_t>(spec.priority));
  for (const CustomerSegment& segment : configuration.segments) {
    if (segment.name == spec.segment) boost += segment.credit_ms;
  }
  switch (configuration.contact_choice) {
    case ContactChoice::kAged:
      return boost;
    case ContactChoice::kDeadline:
      return boost - queue.service_level.threshold_ms;
    case ContactChoice::kStrict:
      break;
  }
  return spec.priority * kTenYears;
}

void AuditedState::ForgetFiguresIfUnused(const std::string& queue) {
  for (const ContactQueue& listed : configuration.queues) {
    if (listed.name == queue) return;
  }
  for (const auto& [id, contact] : contacts) {
    if (contact.spec.queue == queue) return;
  }
  figures.erase(queue);
}

std::string AuditedState::Submitted(const Event& event,
                                    const EventDetail& detail) {
  const std::string id = Text(event.contact_id);
  if (detail.contact == nullptr) return "it brings no contact";
  if (contacts.contains(id)) return "the contact is alive already";
  AuditedContact contact;
  contact.spec = detail.contact->spec;
  const auto queue = std::find_if(
      configuration.queues.begin(), configuration.queues.end(),
      [&](const auto& one) { return one.name == event.queue.view(); });
  if (queue == configuration.queues.end()) return "its queue is not listed";
  contact.terms = *queue;
  AddNeeds(contact.terms.requirement, &contact.needs);
  AddNeeds(contact.spec.requirement, &contact.needs);
  contact.ranked = std::any_of(
      configuration.routing_profiles.begin(),
      configuration.routing_profiles.end(),
      [](const auto& profile) { return !profile.queue_order.empty(); });
  contact.arrival_ms = event.at_ms;
  contact.rank_key_ms = event.at_ms - BoostOf(contact.spec, contact.terms);
  contact.arrival_sequence = ++arrivals;
  contact.version = 1;
  contact.waits_since_ms = event.at_ms;
  std::string problem = FirstOf(
      {detail.contact->queue == contact.terms ? "" : "its terms are others",
       contact.spec.id == id ? "" : "it brings another contact",
       detail.contact->ranked == contact.ranked ? "" : "it is ranked otherwise",
       Differs("the place that it asks for", detail.contact->rank_key_ms,
               contact.rank_key_ms),
       Differs("its arrival_sequence", detail.contact->arrival_sequence,
               contact.arrival_sequence)});
  contacts.emplace(id, std::move(contact));
  ended.erase(id);
  ++figures[Text(event.queue)].offered;
  return problem;
}

std::string AuditedState::Ended(const Event& event) {
  const auto found = contacts.find(Text(event.contact_id));
  if (found == contacts.end()) return "promise 1: the contact is not alive";
  AuditedContact& contact = found->second;
  const bool assigned = contact.state == ContactState::kAssigned;
  const bool by_agent = event.end_reason == EndReason::kCompleted ||
                        event.end_reason == EndReason::kLeaseExpired;
  if (assigned != by_agent)
    return "promise 1: such an end is not for its state";
  if (event.contact_version != contact.version + 1) {
    return "the contact's version is not the next";
  }
  std::string problem;
  if (assigned) {
    problem = CheckHolder(event, ContactState::kAssigned);
    if (!problem.empty()) return problem;
    AuditedAgent& agent = agents[Text(event.agent_id)];
    ++agent.version;
    if (contact.terms.wrap_up_ms > 0) {
      agent.work_state = WorkState::kWrapUp;
      agent.wrap_up_ends_ms = event.at_ms + contact.terms.wrap_up_ms;
      problem = Differs("wrap_up_ends_ms", event.wrap_up_ends_ms,
                        agent.wrap_up_ends_ms);
    } else {
      BecomeIdle(&agent, event.at_ms);
    }
  } else if (!event.agent_id.empty()) {
    return "it names an agent";
  }
  if (event.end_reason == EndReason::kAbandoned) {
    ++figures[contact.spec.queue].abandoned;
  }
  ended[found->first] = {contact.spec,          event.end_reason,
                         event.contact_version, contact.arrival_ms,
                         event.at_ms,           contact.at_once};
  const std::string queue = contact.spec.queue;
  contacts.erase(found);
  ForgetFiguresIfUnused(queue);
  return problem;
}

std::string AuditedState::Created(const Event& event) {
  const auto found = contacts.find(Text(event.contact_id));
  const auto holder = agents.find(Text(event.agent_id));
  if (found == contacts.end() || holder == agents.end()) {
    return "promise 1: contact or agent is not there";
  }
  AuditedContact& contact = found->second;
  AuditedAgent& agent = holder->second;
  if (contact.state != ContactState::kWaiting) {
    return absl::StrCat("promise 1: the contact is held by ", contact.agent_id);
  }
  if (agent.work_state != WorkState::kIdle) {
    return absl::StrCat("promise 1: the agent has ", agent.contact_id);
  }
  ++contact.version;
  contact.state = ContactState::kReserved;
  contact.at_once = contact.at_once || event.at_once;
  contact.agent_id = holder->first;
  contact.attempt = contact.version;
  contact.offer_expires_ms = contact.terms.offer_timeout_ms > 0
                                 ? event.at_ms + contact.terms.offer_timeout_ms
                                 : 0;
  contact.offer_due_ms = contact.offer_expires_ms;
  ++agent.version;
  agent.work_state = WorkState::kReserved;
  agent.contact_id = found->first;
  agent.attempt = contact.attempt;
  agent.work.Reserved(event.at_ms);
  const int fit = FitStep(agent.levels, contact);
  const int fit_before = FitStep(agent.levels_before, contact);
  return FirstOf(
      {Differs("its attempt", event.attempt, contact.attempt),
       Differs("offer_expires_ms", event.offer_expires_ms,
               contact.offer_expires_ms),
       event.fit_step == fit_before
           ? ""
           : Differs("fit_step", static_cast<int>(event.fit_step), fit),
       Differs("promise 4: its rank key", event.rank_key_ms,
               contact.rank_key_ms),
       Differs("promise 4: its arrival_sequence", event.arrival_sequence,
               contact.arrival_sequence)});
}

std::string AuditedState::CheckHolder(const Event& event,
                                      ContactState before) const {
  const auto contact = contacts.find(Text(event.contact_id));
  const auto agent = agents.find(Text(event.agent_id));
  if (contact == contacts.end() || agent == agents.end()) {
    return "promise 1: contact or agent is not there";
  }
  if (contact->second.state != before ||
      contact->second.agent_id != agent->first ||
      contact->second.attempt != event.attempt ||
      agent->second.contact_id != contact->first) {
    return absl::StrCat(
        "promise 1: that reservation does not stand; ", contact->first, " is ",
        std::string(ContactStateName(contact->second.state)), " with '",
        contact->second.agent_id, "', attempt ", contact->second.attempt);
  }
  return "";
}

std::string AuditedState::Accepted(const Event& event) {
  std::string problem = CheckHolder(event, ContactState::kReserved);
  if (!problem.empty()) return problem;
  AuditedContact& contact = contacts[Text(event.contact_id)];
  AuditedAgent& agent = agents[Text(event.agent_id)];
  ++contact.version;
  contact.state = ContactState::kAssigned;
  contact.accepted_ms = event.at_ms;
  contact.offer_expires_ms = 0;
  ++agent.version;
  agent.work_state = WorkState::kHandling;
  agent.work.Accepted();
  ++figures[contact.spec.queue].answered;
  return "";
}

std::string AuditedState::Returned(const Event& event) {
  const auto holder = agents.find(Text(event.agent_id));
  const bool contact_ended = event.type == EventType::kReservationRescinded &&
                             event.contact_version == 0;
  if (contact_ended) {
    if (holder == agents.end() ||
        holder->second.work_state != WorkState::kReserved ||
        holder->second.contact_id != event.contact_id.view() ||
        contacts.contains(Text(event.contact_id))) {
      return "promise 1: no reservation of an ended contact stands";
    }
  } else {
    std::string problem = CheckHolder(event, ContactState::kReserved);
    if (!problem.empty()) return problem;
  }
  AuditedAgent& agent = holder->second;
  ++agent.version;
  agent.work_state = WorkState::kIdle;
  agent.contact_id.clear();
  agent.attempt = 0;
  agent.work.HoldsNothing(event.at_ms);
  if (contact_ended) return "";
  if (event.type == EventType::kReservationNoAnswer) {
    agent.closed |= SetOf(event.channel);
  }
  AuditedContact& contact = contacts[Text(event.contact_id)];
  ++contact.version;
  contact.state = ContactState::kWaiting;
  contact.agent_id.clear();
  contact.attempt = 0;
  contact.offer_expires_ms = 0;
  contact.waits_since_ms = event.at_ms;
  if (event.type != EventType::kReservationDeclined) return "";
  auto& exclusions = contact.exclusions;
  std::erase_if(exclusions, [&](const AuditedExclusion& one) {
    return one.agent_id == holder->first ||
           (drops_passed_exclusions && one.until_ms <= event.at_ms);
  });
  if (exclusions.size() == kExclusionsPerContact) {
    exclusions.erase(exclusions.begin());
  }
  exclusions.push_back({holder->first, event.decline_until_ms});
  return "";
}

std::string AuditedState::PresenceChanged(const Event& event) {
  const auto found = agents.find(Text(event.agent_id));
  if (found == agents.end()) return "there is no such agent";
  AuditedAgent& agent = found->second;
  ++agent.version;
  agent.closed = 0;
  for (auto& [id, contact] : contacts) {
    std::erase_if(contact.exclusions, [&](const AuditedExclusion& one) {
      return one.agent_id == found->first;
    });
  }
  const bool busy = agent.work_state == WorkState::kHandling ||
                    agent.work_state == WorkState::kWrapUp;
  if (busy) {
    agent.presence_pending = event.presence_pending;
    agent.pending = event.pending;
    return "";
  }
  TakePresence(&agent, event.presence, event.at_ms);
  return "";
}

std::string AuditedState::WrapUpEnded(const Event& event) {
  const auto found = agents.find(Text(event.agent_id));
  if (found == agents.end() || found->second.work_state != WorkState::kWrapUp) {
    return "the agent is not in wrap-up";
  }
  ++found->second.version;
  BecomeIdle(&found->second, event.at_ms);
  return "";
}

std::string AuditedState::Removed(const Event& event) {
  const auto found = agents.find(Text(event.agent_id));
  if (found == agents.end()) return "there is no such agent";
  const AuditedAgent& agent = found->second;
  if (agent.listed || agent.work_state != WorkState::kIdle ||
      agent.presence.state != PresenceState::kLoggedOut) {
    return "the agent has not left";
  }
  std::string problem =
      Differs("its agent_version", event.agent_version, agent.version + 1);
  for (auto& [id, contact] : contacts) {
    std::erase_if(contact.exclusions, [&](const AuditedExclusion& one) {
      return one.agent_id == found->first;
    });
  }
  agents.erase(found);
  return problem;
}

// The event says the same of its agent.
std::string AuditedState::CheckAgentAfter(const Event& event) const {
  if (event.agent_id.empty() || event.type == EventType::kAgentRemoved) {
    return "";
  }
  const AuditedAgent& agent = agents.at(Text(event.agent_id));
  const bool means = agent.presence.state != PresenceState::kLoggedOut;
  return FirstOf(
      {Differs("its agent_version", event.agent_version, agent.version),
       Differs("its agent's work state", static_cast<int>(event.work_state),
               static_cast<int>(agent.work_state)),
       event.presence == agent.presence &&
               event.presence_pending == agent.presence_pending &&
               event.pending == agent.pending
           ? ""
           : "its agent's presence is another",
       Differs("its agent's closed channels",
               static_cast<int>(event.no_answer_channels),
               static_cast<int>(agent.closed)),
       means ? Differs("promise 5: idle_since_ms", event.idle_since_ms,
                       agent.idle_since_ms)
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
  return FirstOf(
      {Differs("its contact_version", event.contact_version, contact.version),
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
