#include "tests/seeded/audited_state.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/seeded/audited_problem.h"

namespace relais::seeded {
namespace {

constexpr std::size_t kExclusionsPerContact = 8;

bool Serves(const RoutingProfile& profile, const reference::Holdings& has,
            const AuditedContact& contact) {
  const bool with_training = contact.spec.tutor_may_listen;
  return Contains(profile.channels, contact.spec.channel) &&
         reference::Meets(contact.asks.requirement, has, with_training) &&
         reference::Meets(contact.own, has, with_training);
}

// Why a reservation for an agent who has this does not say so.
std::string CheckFit(const Event& event, const RoutingProfile& profile,
                     const reference::Holdings& has,
                     const AuditedContact& contact) {
  if (!contact.hold.agent_id.empty() &&
      contact.hold.agent_id != event.agent_id.view()) {
    return absl::StrCat("promise 3: it is held for ", contact.hold.agent_id);
  }
  if (!Serves(profile, has, contact)) return "promise 3: not eligible";
  if (contact.asks.pull_only && !event.pulled)
    return "promise 3: given, not pulled";
  const std::string tutor =
      contact.spec.tutor_may_listen
          ? reference::TutorOf(contact.asks.requirement, contact.own, has)
          : "";
  return FirstOf({Differs("fit_step", static_cast<int>(event.fit_step),
                          AuditedState::FitStep(has, contact)),
                  event.tutor_id.view() == tutor
                      ? ""
                      : absl::StrCat("its tutor is '", Text(event.tutor_id),
                                     "' and should be '", tutor, "'")});
}

std::size_t RankIn(const std::vector<QueueRank>& order,
                   const AuditedContact& contact) {
  if (!contact.ranked) return 0;
  std::size_t rank = 0;
  for (const QueueRank& queues : order) {
    const auto& names = queues.queues;
    if (std::find(names.begin(), names.end(), contact.asks.name) !=
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
    // Of who orders queues what is held for it comes before all of them.
    const bool first = contact.held() && !order.empty();
    return std::tuple(first ? 0 : RankIn(order, contact) + 1,
                      contact.rank_key_ms, contact.arrival_sequence);
  };
  return place(agent.profile.queue_order, first) <
             place(agent.profile.queue_order, second) &&
         place(agent.profile_before.queue_order, first) <
             place(agent.profile_before.queue_order, second);
}

bool AuditedState::CouldServe(const AuditedAgent& agent,
                              const AuditedContact& contact) {
  return Serves(agent.profile, agent.has, contact) ||
         Serves(agent.profile_before, agent.had, contact);
}

bool AuditedState::MustServe(const AuditedAgent& agent,
                             const AuditedContact& contact) {
  return Serves(agent.profile, agent.has, contact) &&
         Serves(agent.profile_before, agent.had, contact);
}

int AuditedState::FitStep(const reference::Holdings& has,
                          const AuditedContact& contact) {
  const ContactQueue& asks = contact.asks;
  return reference::FitStep(asks.agent_choice.fit, asks.requirement,
                            contact.own, has, contact.spec.tutor_may_listen);
}

const AuditedExclusion* AuditedState::ExclusionOf(const AuditedContact& contact,
                                                  const std::string& agent_id) {
  for (const AuditedExclusion& exclusion : contact.exclusions) {
    if (exclusion.agent_id == agent_id) return &exclusion;
  }
  return nullptr;
}

void AuditedState::TakeConfiguredSkills() {
  for (auto& [id, agent] : agents) agent.listed = false;
  for (const AgentConfiguration& listed : configuration.agents) {
    AuditedAgent& agent = agents[listed.id];
    agent.listed = true;
    agent.has = reference::HoldingsOf(listed, configuration);
    for (const RoutingProfile& profile : configuration.routing_profiles) {
      if (profile.name == listed.routing_profile) agent.profile = profile;
    }
  }
  EndTurns();
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
                   (event.type == EventType::kConfigurationApplied ||
                            event.type == EventType::kAgentChanged
                        ? 1
                        : 0))});
  if (problem.empty()) problem = ApplyByType(event, detail);
  if (event.type == EventType::kReservationAccepted) {
    just_accepted_ = Text(event.contact_id);
  } else if (event.type != EventType::kContactInterrupted) {
    just_accepted_.clear();
  }
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
    case EventType::kAgentChanged:
      return AgentChanged(event, detail);
    case EventType::kContactWidened:
      return Widened(event);
    case EventType::kContactHoldEnded:
      return HoldEnded(event);
    case EventType::kContactInterrupted:
      return GaveWay(event);
    case EventType::kContactResumed:
      return WentOn(event);
  }
  return "it has no type";
}

std::string AuditedState::Configured(const Event& event,
                                     const EventDetail& detail) {
  if (detail.configuration == nullptr) return "it brings no configuration";
  std::map<std::string, AuditedAgent> before = agents;
  reserves_before = configuration.reserves;
  configuration = *detail.configuration;
  configuration_version = event.configuration_version;
  TakeConfiguredSkills();
  for (auto& [id, agent] : agents) {
    const auto old = before.find(id);
    agent.was_listed = old != before.end() && old->second.listed;
    if (old == before.end()) continue;
    agent.had = old->second.has;
    agent.profile_before = old->second.profile;
  }
  const bool keep = KeepsWork(configuration);
  for (auto& [id, agent] : agents) {
    if (keep != agent.work.kept) agent.work.Begin(keep, event.at_ms);
  }
  const std::map<std::string, AuditedFigures> all = figures;
  for (const auto& [name, each] : all) ForgetFiguresIfUnused(name);
  return "";
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
  contact.terms = reference::WithActivity(*queue, configuration);
  contact.ranked = std::any_of(
      configuration.routing_profiles.begin(),
      configuration.routing_profiles.end(),
      [](const auto& profile) { return !profile.queue_order.empty(); });
  contact.arrival_ms = event.at_ms;
  contact.boost_ms = BoostOf(contact.spec, contact.terms);
  contact.strict = configuration.contact_choice == ContactChoice::kStrict;
  contact.rings = std::make_shared<const std::vector<reference::Ring>>(
      reference::RingsOf(*queue, configuration));
  contact.Enter(0);
  contact.arrival_sequence = ++arrivals;
  contact.version = 1;
  contact.waits_since_ms = event.at_ms;
  const std::string ring = EnterHold(event, "", contact);
  std::string problem = FirstOf(
      {ring,
       Differs("the ring that it brings",
               static_cast<int>(detail.contact->ring),
               static_cast<int>(contact.ring)),
       detail.contact->queue == contact.terms ? "" : "its terms are others",
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
    HeldContact* const held = agent.Held(found->first, WorkState::kHandling);
    ++agent.version;
    // Nobody was at what was interrupted.
    if (contact.terms.wrap_up_ms > 0 && !held->interrupted) {
      held->state = WorkState::kWrapUp;
      held->wrap_up_ends_ms = event.at_ms + contact.terms.wrap_up_ms;
      problem = Differs("wrap_up_ends_ms", event.wrap_up_ends_ms,
                        held->wrap_up_ends_ms);
    } else {
      agent.FinishWork(held, event.at_ms);
      problem = Differs("wrap_up_ends_ms", event.wrap_up_ends_ms, InstantMs{0});
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
  // While a configuration is applied either profile may count.
  const std::string no_room = agent.NoRoom(agent.profile, contact.spec.channel);
  const bool as_before =
      !no_room.empty() || event.units != CostOf(agent.profile, contact);
  if (as_before &&
      !agent.NoRoom(agent.profile_before, contact.spec.channel).empty()) {
    return absl::StrCat("promise 1: the agent has no room: ", no_room);
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
  const int units =
      CostOf(as_before ? agent.profile_before : agent.profile, contact);
  agent.work.Reserved(event.at_ms, agent.held.empty());
  agent.held.push_back({found->first, contact.spec.channel,
                        WorkState::kReserved, contact.attempt, units, 0});
  agent.chosen_idle_since_ms[found->first] = agent.idle_since_ms;
  std::string unfit = CheckFit(event, agent.profile, agent.has, contact);
  if (!unfit.empty() &&
      CheckFit(event, agent.profile_before, agent.had, contact).empty()) {
    unfit.clear();
  }
  return FirstOf(
      {unfit, Differs("its attempt", event.attempt, contact.attempt),
       Differs("promise 1: its units", static_cast<int>(event.units), units),
       Differs("offer_expires_ms", event.offer_expires_ms,
               contact.offer_expires_ms),
       Differs("promise 4: its rank key", event.rank_key_ms,
               contact.rank_key_ms),
       Differs("promise 4: its arrival_sequence", event.arrival_sequence,
               contact.arrival_sequence)});
}

int AuditedState::CostOf(const RoutingProfile& profile,
                         const AuditedContact& contact) {
  return profile.cost_units.at(static_cast<std::size_t>(contact.spec.channel));
}

std::string AuditedState::CheckHolder(const Event& event,
                                      ContactState before) const {
  const auto contact = contacts.find(Text(event.contact_id));
  const auto agent = agents.find(Text(event.agent_id));
  if (contact == contacts.end() || agent == agents.end()) {
    return "promise 1: contact or agent is not there";
  }
  const HeldContact* const held = agent->second.Held(
      contact->first, before == ContactState::kReserved ? WorkState::kReserved
                                                        : WorkState::kHandling);
  if (held != nullptr && event.units != held->units) {
    return Differs("promise 1: its units", static_cast<int>(event.units),
                   held->units);
  }
  if (contact->second.state != before ||
      contact->second.agent_id != agent->first ||
      contact->second.attempt != event.attempt || held == nullptr ||
      held->attempt != event.attempt) {
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
  agent.Held(Text(event.contact_id), WorkState::kReserved)->state =
      WorkState::kHandling;
  agent.work.Accepted();
  ++figures[contact.spec.queue].answered;
  return "";
}

std::string AuditedState::Returned(const Event& event) {
  const auto holder = agents.find(Text(event.agent_id));
  const bool contact_ended = event.type == EventType::kReservationRescinded &&
                             event.contact_version == 0;
  const HeldContact* const held =
      holder == agents.end()
          ? nullptr
          : holder->second.Held(Text(event.contact_id), WorkState::kReserved);
  if (contact_ended) {
    if (held == nullptr || held->attempt != event.attempt ||
        held->units != event.units ||
        contacts.contains(Text(event.contact_id))) {
      return "promise 1: no reservation of an ended contact stands";
    }
  } else {
    std::string problem = CheckHolder(event, ContactState::kReserved);
    if (!problem.empty()) return problem;
  }
  AuditedAgent& agent = holder->second;
  ++agent.version;
  agent.LetGo(held, event.at_ms);
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
  // What was held for nobody once is not held again.
  std::string problem =
      contact.hold.agent_id.empty()
          ? EnterRing(event, event.ring, contact)
          : EnterHold(event, std::exchange(contact.hold.agent_id, ""), contact);
  if (!problem.empty() || event.type != EventType::kReservationDeclined) {
    return problem;
  }
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
  if (agent.busy()) {
    agent.presence_pending = event.presence_pending;
    agent.pending = event.pending;
    return "";
  }
  agent.TakePresence(event.presence, event.at_ms);
  return "";
}

std::string AuditedState::WrapUpEnded(const Event& event) {
  const auto found = agents.find(Text(event.agent_id));
  if (found == agents.end()) return "there is no such agent";
  const HeldContact* const held =
      event.contact_id.empty()
          ? nullptr
          : found->second.Held(Text(event.contact_id), WorkState::kWrapUp);
  if (held == nullptr || held->attempt != event.attempt ||
      held->channel != event.channel || held->units != event.units ||
      event.contact_version != 0) {
    return "that wrap-up is none";
  }
  ++found->second.version;
  found->second.FinishWork(held, event.at_ms);
  return "";
}

std::string AuditedState::Removed(const Event& event) {
  const auto found = agents.find(Text(event.agent_id));
  if (found == agents.end()) return "there is no such agent";
  const AuditedAgent& agent = found->second;
  if (agent.listed || !agent.held.empty() ||
      agent.presence.state != PresenceState::kLoggedOut ||
      IsAwaited(found->first)) {
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

}  // namespace relais::seeded
