#include "tests/journal/history.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/journal/describe.h"

namespace relais::journal {
namespace {

constexpr int kQueues = 3;
constexpr int kRings = 3;  // after the first
constexpr int kAgents = 6;

bool IsBusy(const std::vector<HeldContact>& held) {
  const WorkState state = WorkStateFrom(held);
  return state == WorkState::kHandling || state == WorkState::kWrapUp;
}

}  // namespace

Configuration SmallConfiguration(int queues, int agents) {
  Configuration configuration;
  configuration.name = "centre";
  configuration.skills = {{"french", "spoken"}, {"loans", ""}};
  configuration.routing_profiles = {{"all", 0xFF}};
  for (int i = 0; i < agents; ++i) {
    configuration.agents.push_back({absl::StrCat("agent", i),
                                    AgentGrade::kExpert,
                                    "all",
                                    {{"french", 7}, {"loans", 3}}});
  }
  for (int i = 0; i < queues; ++i) {
    ContactQueue queue;
    queue.name = absl::StrCat("q", i);
    queue.channels = 0xFF;
    queue.requirement.all_of = {{"french", 2}};
    configuration.queues.push_back(queue);
  }
  return configuration;
}

History::History(std::uint64_t seed, std::size_t attributes_bytes)
    : random_(seed), attributes_bytes_(attributes_bytes) {
  for (int i = 0; i < kAgents; ++i) agents_[absl::StrCat("agent", i)];
}

std::vector<NumberedEvent> History::Take(std::size_t count) {
  std::vector<NumberedEvent> events;
  while (events.size() < count) events.push_back(Next());
  return events;
}

NumberedEvent History::Next() {
  while (pending_.empty()) Step();
  NumberedEvent next = std::move(pending_.front());
  pending_.erase(pending_.begin());
  return next;
}

void History::Step() {
  if (configuration_version_ == 0) return Apply();
  // A call's time may be a little behind another's.
  now_ms_ += random_.UniformBetween(-20, 400);
  switch (random_.Uniform(14)) {
    case 0:
    case 1:
    case 2:
      return Submit();
    case 3:
    case 4:
    case 5:
      return Reserve();
    case 6:
      return EndReservation();
    case 7:
      return random_.Bernoulli(0.5) ? CancelWaiting() : CancelReserved();
    case 8:
    case 9:
      return Complete();
    case 10:
      return ChangePresence();
    case 11:
      return WrapUp();
    case 12:
      if (random_.Bernoulli(0.3)) return Interrupt();
      return random_.Bernoulli(0.5) ? Widen() : EndHold();
    default:
      if (random_.Bernoulli(0.1)) return Apply();
      if (random_.Bernoulli(0.1)) return ChangeAgent();
      if (random_.Bernoulli(0.1)) return Remove();
      return EndReservation();
  }
}

Event History::Base(EventType type) {
  Event event;
  event.type = type;
  event.at_ms = now_ms_;
  event.configuration_version = configuration_version_;
  return event;
}

void History::Emit(Event event, EventDetail detail) {
  event.sequence = ++sequence_;
  pending_.push_back({event, std::move(detail)});
}

template <typename Map, typename Wanted>
std::string History::Pick(const Map& map, Wanted wanted) {
  std::vector<std::string> found;
  for (const auto& [id, value] : map) {
    if (wanted(value)) found.push_back(id);
  }
  return found.empty() ? std::string() : found[random_.Uniform(found.size())];
}

void History::Apply() {
  ++configuration_version_;
  // Now and then a queue is dropped, and what fits an agent changes.
  auto configuration = std::make_shared<Configuration>(SmallConfiguration(
      kQueues - static_cast<int>(configuration_version_ % 2), kAgents));
  // And figures of agents are kept, or are not.
  configuration->queues[0].agent_choice.order =
      static_cast<AgentOrder>(configuration_version_ / 2 % kAgentOrderCount);
  profile_ = configuration->routing_profiles.front();
  if (configuration_version_ % 3 == 2) {
    profile_.capacity_units = 60;
    profile_.cost_units.fill(12);
    profile_.contacts_max = {1, 2, 3, 0, 1, 2, 3, 0};
    profile_.load_order = LoadOrder::kPack;
    configuration->routing_profiles.front() = profile_;
  }
  EventDetail detail;
  detail.configuration = std::move(configuration);
  Emit(Base(EventType::kConfigurationApplied), detail);
}

void History::Submit() {
  const std::string id = absl::StrCat("contact-", ++submits_);
  auto detail = std::make_shared<ContactDetail>();
  detail->spec.id = id;
  detail->spec.queue = absl::StrCat("q", random_.Uniform(kQueues));
  detail->spec.channel = static_cast<Channel>(random_.Uniform(kChannelCount));
  detail->spec.priority = static_cast<int>(random_.Uniform(10));
  if (random_.Bernoulli(0.3)) {
    detail->spec.requirement.all_of = {{"loans", 1}};
  }
  if (random_.Bernoulli(0.2)) {
    detail->spec.requirement.any_of = {{.certification = "amf"},
                                       {"french", 2, 5}};
    detail->spec.tutor_may_listen = true;
  }
  detail->spec.attributes["caller"] = std::string(attributes_bytes_, 'x');
  detail->queue = SmallConfiguration(1, 0).queues[0];
  detail->queue.name = detail->spec.queue;
  detail->queue.plan = "wider";
  detail->plan.name = "wider";
  for (int ring = 1; ring <= kRings; ++ring) {
    detail->plan.rings.push_back(
        {.widen_after_ms = ring * 10'000, .raise_boost_ms = 1'000});
  }
  if (random_.Bernoulli(0.3)) {
    detail->spec.preferred = {{"agent0", "agent1"}, PreferenceSource::kList, 0};
  }
  detail->fingerprint = {random_.NextUint64(), random_.NextUint64()};
  detail->rank_key_ms = now_ms_ - detail->spec.priority * 60'000;
  detail->arrival_sequence = ++arrivals_;
  Event event = Base(EventType::kContactSubmitted);
  event.contact_id.Assign(id);
  event.contact_version = 1;
  event.queue.Assign(detail->spec.queue);
  event.channel = detail->spec.channel;
  event.priority = static_cast<std::uint8_t>(detail->spec.priority);
  event.arrival_ms = now_ms_;
  if (!detail->spec.preferred.empty()) Hold("agent0", &event);
  contacts_[id].last = event;
  contacts_[id].last.rank_key_ms = detail->rank_key_ms;
  contacts_[id].last.arrival_sequence = detail->arrival_sequence;
  EventDetail both;
  both.contact = std::move(detail);
  Emit(event, both);
}

void History::NameContact(const std::string& id, ContactState state,
                          Event* event) {
  Event& last = contacts_[id].last;
  ++last.contact_version;
  last.contact_state = state;
  event->contact_id = last.contact_id;
  event->contact_version = last.contact_version;
  event->contact_state = state;
  event->queue = last.queue;
  event->channel = last.channel;
  event->priority = last.priority;
  event->arrival_ms = last.arrival_ms;
  event->rank_key_ms = last.rank_key_ms;
  event->arrival_sequence = last.arrival_sequence;
  event->ring = last.ring;
  event->held_for = last.held_for;
  event->attempt = last.attempt;
  event->units = last.units;
  event->fit_step = last.fit_step;
}

void History::NameAgent(const std::string& id, Event* event) {
  Agent& agent = agents_[id];
  Event& last = agent.last;
  ++last.agent_version;
  last.agent_id.Assign(id);
  event->agent_id = last.agent_id;
  event->agent_version = last.agent_version;
  event->presence = last.presence;
  event->presence_pending = last.presence_pending;
  event->pending = last.pending;
  event->work_state = WorkStateFrom(agent.held);
  event->no_answer_channels = last.no_answer_channels;
  event->idle_since_ms = last.idle_since_ms;
  event->idle_before_pause_ms = last.idle_before_pause_ms;
}

Event History::Joint(EventType type, const std::string& contact_id,
                     ContactState contact_state) {
  Event event = Base(type);
  NameContact(contact_id, contact_state, &event);
  NameAgent(contacts_[contact_id].holder, &event);
  return event;
}

HeldContact& History::HeldOf(const std::string& contact_id) {
  std::vector<HeldContact>& held = agents_[contacts_[contact_id].holder].held;
  return *std::find_if(held.begin(), held.end(), [&](const HeldContact& one) {
    return one.contact_id == contact_id;
  });
}

void History::LetGo(const std::string& contact_id) {
  std::erase_if(agents_[contacts_[contact_id].holder].held,
                [&](const auto& one) { return one.contact_id == contact_id; });
}

bool History::HasRoom(const Agent& agent, Channel channel) const {
  const auto at = static_cast<std::size_t>(channel);
  int units = profile_.cost_units[at];
  int of_channel = 1;
  for (const HeldContact& one : agent.held) {
    units += one.units;
    of_channel += one.channel == channel ? 1 : 0;
  }
  const int most = profile_.contacts_max[at];
  return agent.last.presence.state == PresenceState::kAvailable &&
         !agent.last.presence_pending && units <= profile_.capacity_units &&
         (most == 0 || of_channel <= most);
}

void History::TakePendingIfOver(Agent& agent) {
  Event& last = agent.last;
  last.idle_since_ms = now_ms_;
  if (!last.presence_pending || IsBusy(agent.held)) return;
  last.presence = std::exchange(last.pending, {});
  last.presence_pending = false;
}

void History::Reserve() {
  const std::string contact_id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kWaiting;
  });
  if (contact_id.empty()) return;
  Event& last = contacts_[contact_id].last;
  const std::string agent_id = Pick(agents_, [&](const Agent& agent) {
    return HasRoom(agent, last.channel) &&
           (last.held_for.empty() ||
            last.held_for.view() == agent.last.agent_id.view());
  });
  if (agent_id.empty()) return;
  last.attempt = last.contact_version + 1;
  last.fit_step = static_cast<std::uint8_t>(random_.Uniform(8));
  last.rank_key_ms += random_.UniformBetween(0, 3);
  const int units = profile_.cost_units[static_cast<std::size_t>(last.channel)];
  last.units = static_cast<std::uint8_t>(units);
  contacts_[contact_id].holder = agent_id;
  agents_[agent_id].held.push_back(
      {contact_id, last.channel, WorkState::kReserved, last.attempt, units, 0});
  Event event = Joint(EventType::kReservationCreated, contact_id,
                      ContactState::kReserved);
  event.offer_expires_ms = random_.Bernoulli(0.5) ? now_ms_ + 20'000 : 0;
  event.lane = static_cast<std::uint32_t>(random_.Uniform(100));
  event.requirement_class = static_cast<std::uint32_t>(random_.Uniform(9));
  event.profile_class = static_cast<std::uint32_t>(random_.Uniform(9));
  event.began_after_sequence = sequence_;
  event.at_once = random_.Bernoulli(0.5);
  Emit(event);
}

void History::EndReservation() {
  const std::string contact_id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kReserved;
  });
  if (contact_id.empty()) return;
  Event& agent = agents_[contacts_[contact_id].holder].last;
  // One that leaves or is about to gives up all that is only reserved.
  if (agent.presence.state != PresenceState::kAvailable ||
      agent.presence_pending) {
    return Rescind(contact_id);
  }
  const std::uint64_t how = random_.Uniform(6);
  if (how < 3) {
    HeldOf(contact_id).state = WorkState::kHandling;
    return Emit(Joint(EventType::kReservationAccepted, contact_id,
                      ContactState::kAssigned));
  }
  if (how == 5) return Rescind(contact_id);
  if (how == 4) agent.no_answer_channels |= 1;
  LetGo(contact_id);
  if (random_.Bernoulli(0.3)) GoOn(&contacts_[contact_id].last);
  NextHold(&contacts_[contact_id].last);
  Event event = Joint(how == 3 ? EventType::kReservationDeclined
                               : EventType::kReservationNoAnswer,
                      contact_id, ContactState::kWaiting);
  Hold(event.held_for.view(), &event);
  if (how == 3) event.decline_until_ms = now_ms_ + 5'000;
  Emit(event);
}

void History::Rescind(const std::string& contact_id) {
  LetGo(contact_id);
  NextHold(&contacts_[contact_id].last);
  Event event = Joint(EventType::kReservationRescinded, contact_id,
                      ContactState::kWaiting);
  Hold(event.held_for.view(), &event);
  Emit(event);
}

void History::GoOn(Event* contact) {
  if (contact->ring == kRings) return;
  ++contact->ring;
  contact->rank_key_ms -= 1'000;
}

void History::Widen() {
  const std::string id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kWaiting &&
           contact.last.ring < kRings;
  });
  if (id.empty()) return;
  GoOn(&contacts_[id].last);
  Event event = Base(EventType::kContactWidened);
  NameContact(id, ContactState::kWaiting, &event);
  event.attempt = 0;
  event.units = 0;
  event.fit_step = 0;
  Emit(event);
}

void History::Hold(std::string_view agent, Event* event) {
  event->held_for.Assign(agent);
  event->held_until_ms = agent.empty() ? 0 : event->at_ms + 30'000;
}

// For the second of the two that are preferred, or for nobody.
void History::NextHold(Event* contact) {
  if (contact->held_for.empty()) return;
  contact->held_for.Assign(contact->held_for.view() == "agent0" ? "agent1"
                                                                : "");
}

void History::EndHold() {
  const std::string id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kWaiting &&
           !contact.last.held_for.empty();
  });
  if (id.empty()) return;
  NextHold(&contacts_[id].last);
  Event event = Base(EventType::kContactHoldEnded);
  NameContact(id, ContactState::kWaiting, &event);
  Hold(event.held_for.view(), &event);
  event.attempt = 0;
  event.units = 0;
  event.fit_step = 0;
  Emit(event);
}

// Whatever the agent is at gives way, or goes on.
void History::Interrupt() {
  const std::string id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kAssigned;
  });
  if (id.empty()) return;
  HeldContact& held = HeldOf(id);
  held.interrupted = !held.interrupted;
  Event event = Joint(held.interrupted ? EventType::kContactInterrupted
                                       : EventType::kContactResumed,
                      id, ContactState::kAssigned);
  --contacts_[id].last.contact_version;
  event.contact_version = 0;
  Emit(event);
}

void History::CancelWaiting() {
  const std::string id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kWaiting;
  });
  if (id.empty()) return;
  Event event = Base(EventType::kContactEnded);
  NameContact(id, ContactState::kEnded, &event);
  event.attempt = 0;
  event.units = 0;
  event.end_reason =
      random_.Bernoulli(0.5) ? EndReason::kAbandoned : EndReason::kWaitLimit;
  contacts_.erase(id);
  Emit(event);
}

// The end and the rescission are numbered in either order.
void History::CancelReserved() {
  const std::string id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kReserved;
  });
  if (id.empty()) return;
  LetGo(id);
  Event rescinded = Base(EventType::kReservationRescinded);
  Event ended = Base(EventType::kContactEnded);
  NameContact(id, ContactState::kEnded, &ended);
  ended.end_reason = EndReason::kAbandoned;
  rescinded.contact_id = ended.contact_id;
  rescinded.contact_state = ContactState::kEnded;
  rescinded.end_reason = EndReason::kAbandoned;
  rescinded.queue = ended.queue;
  rescinded.channel = ended.channel;
  rescinded.attempt = ended.attempt;
  rescinded.units = ended.units;
  NameAgent(contacts_[id].holder, &rescinded);
  ended.attempt = 0;
  ended.units = 0;
  contacts_.erase(id);
  const bool ended_first = random_.Bernoulli(0.7);
  Emit(ended_first ? ended : rescinded);
  Emit(ended_first ? rescinded : ended);
}

void History::Complete() {
  const std::string id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kAssigned;
  });
  if (id.empty()) return;
  const bool wrap_up = random_.Bernoulli(0.5) && !HeldOf(id).interrupted;
  if (wrap_up) {
    HeldContact& held = HeldOf(id);
    held.state = WorkState::kWrapUp;
    held.wrap_up_ends_ms = now_ms_ + 10'000;
  } else {
    LetGo(id);
    TakePendingIfOver(agents_[contacts_[id].holder]);
  }
  Event event = Joint(EventType::kContactEnded, id, ContactState::kEnded);
  event.end_reason = EndReason::kCompleted;
  if (wrap_up) event.wrap_up_ends_ms = now_ms_ + 10'000;
  contacts_.erase(id);
  Emit(event);
}

Presence History::AnyPresence() {
  if (random_.Bernoulli(0.7)) return {PresenceState::kAvailable, {}};
  if (random_.Bernoulli(0.5)) return {};
  return {PresenceState::kNotReady, NotReadyReason::kMeal};
}

// What is only reserved for one who leaves is rescinded at once or, by another
// thread, a little later (EndReservation).
void History::ChangePresence() {
  const std::string id = Pick(agents_, [](const Agent&) { return true; });
  Agent& agent = agents_[id];
  Event& last = agent.last;
  last.no_answer_channels = 0;
  if (IsBusy(agent.held)) {
    last.pending = AnyPresence();
    last.presence_pending = last.pending != last.presence;
    if (!last.presence_pending) last.pending = {};
  } else {
    last.presence = AnyPresence();
    last.idle_since_ms = now_ms_;
    last.idle_before_pause_ms = random_.UniformBetween(0, 1'000);
  }
  Event event = Base(EventType::kPresenceChanged);
  NameAgent(id, &event);
  Emit(event);
  if (!last.presence_pending &&
      last.presence.state == PresenceState::kAvailable) {
    return;
  }
  const std::vector<HeldContact> before = agent.held;
  for (const HeldContact& held : before) {
    if (held.state == WorkState::kReserved && random_.Bernoulli(0.5)) {
      Rescind(held.contact_id);
    }
  }
}

void History::ChangeAgent() {
  const std::string id = Pick(agents_, [](const Agent&) { return true; });
  EventDetail detail;
  auto changed = std::make_shared<AgentConfiguration>();
  changed->id = id;
  changed->grade = static_cast<AgentGrade>(random_.Uniform(kAgentGradeCount));
  changed->routing_profile = "all";
  changed->skills = {{"french", static_cast<int>(random_.Uniform(11))}};
  if (random_.Bernoulli(0.3)) changed->skills[0].in_training = true;
  if (random_.Bernoulli(0.3)) changed->certifications = {"amf"};
  detail.agent = std::move(changed);
  ++configuration_version_;
  Event event = Base(EventType::kAgentChanged);
  NameAgent(id, &event);
  Emit(event, detail);
}

void History::WrapUp() {
  const auto in_wrap_up = [](const HeldContact& held) {
    return held.state == WorkState::kWrapUp;
  };
  const std::string id = Pick(agents_, [&](const Agent& agent) {
    return std::any_of(agent.held.begin(), agent.held.end(), in_wrap_up);
  });
  if (id.empty()) return;
  Agent& agent = agents_[id];
  const auto found =
      std::find_if(agent.held.begin(), agent.held.end(), in_wrap_up);
  const HeldContact held = *found;
  agent.held.erase(found);
  TakePendingIfOver(agent);
  Event event = Base(EventType::kWrapUpEnded);
  NameAgent(id, &event);
  event.contact_id.Assign(held.contact_id);
  event.contact_state = ContactState::kEnded;
  event.channel = held.channel;
  event.attempt = held.attempt;
  event.units = static_cast<std::uint8_t>(held.units);
  Emit(event);
}

void History::Remove() {
  const std::string id =
      Pick(agents_, [](const Agent& agent) { return agent.held.empty(); });
  if (id.empty()) return;
  Event event = Base(EventType::kAgentRemoved);
  NameAgent(id, &event);
  agents_[id] = Agent();
  Emit(event);
}

}  // namespace relais::journal
