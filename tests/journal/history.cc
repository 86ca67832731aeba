#include "tests/journal/history.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/journal/bytes.h"

namespace relais::journal {
namespace {

constexpr int kQueues = 3;
constexpr int kAgents = 6;

std::string Describe(const Presence& presence) {
  return absl::StrCat(static_cast<int>(presence.state), "/",
                      static_cast<int>(presence.reason));
}

std::string Describe(const RoutingRequirement& requirement) {
  std::string text = "[";
  for (const SkillRequirement& term : requirement.all_of) {
    absl::StrAppend(&text, term.skill, ">=", term.level_min, ",");
  }
  return text + "]";
}

std::string Describe(const ContactQueue& queue) {
  std::string text = absl::StrCat(
      queue.name, " channels=", queue.channels, Describe(queue.requirement),
      " fraction=", queue.service_level.answered_fraction,
      " threshold=", queue.service_level.threshold_ms,
      " offer=", queue.offer_timeout_ms, " wrap=", queue.wrap_up_ms,
      " retry=", queue.decline_retry_ms, " limit=", queue.wait_limit_ms,
      " lease=", queue.handling_lease_ms,
      " short=", queue.short_abandon_threshold_ms, " credits=");
  for (const DurationMs credit : queue.priority_credit_ms) {
    absl::StrAppend(&text, credit, ",");
  }
  // What is younger than the golden files is told only if it is there.
  if (queue.agent_choice.fit != FitRule::kBestFit) {
    absl::StrAppend(&text, " fit=", static_cast<int>(queue.agent_choice.fit));
  }
  if (queue.agent_choice.order != AgentOrder::kLongestIdle) {
    absl::StrAppend(&text,
                    " order=", static_cast<int>(queue.agent_choice.order));
  }
  return text;
}

}  // namespace

std::string Describe(const Event& event) {
  std::string text = absl::StrCat(
      event.sequence, " ", static_cast<int>(event.type), " at=", event.at_ms,
      " cfg=", event.configuration_version,
      " contact=", Text(event.contact_id.view()), " v=", event.contact_version,
      " s=", static_cast<int>(event.contact_state),
      " end=", static_cast<int>(event.end_reason),
      " q=", Text(event.queue.view()), " ch=", static_cast<int>(event.channel),
      " p=", event.priority, " arr=", event.arrival_ms,
      " key=", event.rank_key_ms, " as=", event.arrival_sequence);
  absl::StrAppend(
      &text, " agent=", Text(event.agent_id.view()), " v=", event.agent_version,
      " pres=", Describe(event.presence), " pend=", event.presence_pending, ":",
      Describe(event.pending), " w=", static_cast<int>(event.work_state),
      " na=", event.no_answer_channels, " idle=", event.idle_since_ms,
      " before=", event.idle_before_pause_ms);
  absl::StrAppend(
      &text, " att=", event.attempt, " exp=", event.offer_expires_ms,
      " dec=", event.decline_until_ms, " wrap=", event.wrap_up_ends_ms,
      " lane=", event.lane, " rc=", event.requirement_class,
      " pc=", event.profile_class, " fit=", event.fit_step,
      " began=", event.began_after_sequence, " once=", event.at_once);
  return text;
}

std::string Describe(const ContactDetail& detail) {
  std::string text = absl::StrCat(
      detail.spec.id, " q=", detail.spec.queue,
      " ch=", static_cast<int>(detail.spec.channel),
      " p=", detail.spec.priority, Describe(detail.spec.requirement), " {",
      Describe(detail.queue), "} fp=", detail.fingerprint[0], ":",
      detail.fingerprint[1], " key=", detail.rank_key_ms,
      " as=", detail.arrival_sequence);
  if (!detail.spec.segment.empty()) {
    absl::StrAppend(&text, " segment=", detail.spec.segment);
  }
  if (detail.ranked) absl::StrAppend(&text, " ranked");
  for (const auto& [key, value] : detail.spec.attributes) {
    absl::StrAppend(&text, " ", key, "=", value);
  }
  return text;
}

std::string Describe(const Configuration& configuration) {
  std::string text = configuration.name;
  for (const Skill& skill : configuration.skills) {
    absl::StrAppend(&text, "\nskill ", skill.name, " ", skill.description);
  }
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    absl::StrAppend(&text, "\nprofile ", profile.name, " ", profile.channels);
    for (const QueueRank& rank : profile.queue_order) {
      absl::StrAppend(&text, " then");
      for (const std::string& queue : rank.queues) {
        absl::StrAppend(&text, " ", queue);
      }
    }
  }
  for (const AgentConfiguration& agent : configuration.agents) {
    absl::StrAppend(&text, "\nagent ", agent.id, " ",
                    static_cast<int>(agent.grade), " ", agent.routing_profile);
    for (const AgentSkill& skill : agent.skills) {
      absl::StrAppend(&text, " ", skill.skill, ":", skill.level);
    }
  }
  for (const ContactQueue& queue : configuration.queues) {
    absl::StrAppend(&text, "\nqueue ", Describe(queue));
  }
  if (configuration.contact_choice != ContactChoice::kAged) {
    absl::StrAppend(&text, "\nchoice ",
                    static_cast<int>(configuration.contact_choice));
  }
  for (const CustomerSegment& segment : configuration.segments) {
    absl::StrAppend(&text, "\nsegment ", segment.name, " ", segment.credit_ms);
  }
  return text;
}

std::string Describe(const NumberedEvent& event) {
  std::string text = Describe(event.event);
  if (event.detail.contact != nullptr) {
    absl::StrAppend(&text, " detail ", Describe(*event.detail.contact));
  }
  if (event.detail.configuration != nullptr) {
    absl::StrAppend(&text, " configuration ",
                    Describe(*event.detail.configuration));
  }
  return text;
}

std::string Describe(const LiveState& state) {
  std::string text = absl::StrCat(
      "seq=", state.last_sequence, " at=", state.last_at_ms,
      " as=", state.arrival_sequence, " cfg=", state.configuration_version, " ",
      state.configuration ? Describe(*state.configuration) : "none");
  for (const auto& [id, c] : state.contacts) {
    absl::StrAppend(&text, "\ncontact ", id, " ", Describe(*c.detail),
                    " arr=", c.arrival_ms, " v=", c.version,
                    " s=", static_cast<int>(c.state), " once=", c.at_once,
                    " placed=", c.placed, " key=", c.rank_key_ms,
                    " as=", c.arrival_sequence, " agent=", c.agent_id);
    absl::StrAppend(&text, " att=", c.attempt, " fit=", c.fit_step,
                    " idle=", c.idle_since_ms, " exp=", c.offer_expires_ms,
                    " acc=", c.accepted_ms);
    for (const LiveDecline& decline : c.declines) {
      absl::StrAppend(&text, " declined ", decline.agent_id, ":",
                      decline.until_ms);
    }
  }
  for (const auto& [id, a] : state.agents) {
    absl::StrAppend(
        &text, "\nagent ", id, " v=", a.version, " ", Describe(a.presence),
        " pend=", a.presence_pending, ":", Describe(a.pending),
        " w=", static_cast<int>(a.work_state), " na=", a.no_answer_channels,
        " idle=", a.idle_since_ms, " before=", a.idle_before_pause_ms,
        " wrap=", a.wrap_up_ends_ms, " contact=", a.contact_id,
        " att=", a.attempt, " under=", a.presence_configuration_version);
    if (a.figures != AgentFigures{}) {
      absl::StrAppend(
          &text, " contacts=", a.figures.contacts,
          " offered=", a.figures.offered, ":", a.figures.last_offered_ms,
          " busy=", a.figures.busy_since_ms,
          " occupied=", a.figures.occupied_ms, " piece=", a.figures.piece);
      for (const std::uint32_t busy_ms : a.figures.busy_ms) {
        absl::StrAppend(&text, ",", busy_ms);
      }
    }
  }
  for (const auto& [name, q] : state.queues) {
    absl::StrAppend(&text, "\nqueue ", name, " ", q.offered_total, " ",
                    q.answered_total, " ", q.abandoned_total);
  }
  for (const EndedContact& e : state.ended) {
    absl::StrAppend(&text, "\nended ", e.id, " ", e.fingerprint[0], ":",
                    e.fingerprint[1], " ", e.queue, " ",
                    static_cast<int>(e.channel), " p=", e.priority,
                    " r=", static_cast<int>(e.end_reason), " v=", e.version,
                    " arr=", e.arrival_ms, " key=", e.rank_key_ms,
                    " at=", e.ended_ms, " once=", e.at_once);
  }
  return text;
}

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
  switch (random_.Uniform(13)) {
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
    default:
      if (random_.Bernoulli(0.1)) return Apply();
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
  EventDetail detail;
  // Now and then a queue is dropped.
  auto configuration = std::make_shared<Configuration>(SmallConfiguration(
      kQueues - static_cast<int>(configuration_version_ % 2), kAgents));
  // And figures of agents are kept, or are not.
  configuration->queues[0].agent_choice.order =
      static_cast<AgentOrder>(configuration_version_ / 2 % kAgentOrderCount);
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
  detail->spec.attributes["caller"] = std::string(attributes_bytes_, 'x');
  detail->queue = SmallConfiguration(1, 0).queues[0];
  detail->queue.name = detail->spec.queue;
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
  event->attempt = last.attempt;
  event->fit_step = last.fit_step;
}

void History::NameAgent(const std::string& id, WorkState state, Event* event) {
  Agent& agent = agents_[id];
  Event& last = agent.last;
  agent.known = true;
  ++last.agent_version;
  last.agent_id.Assign(id);
  last.work_state = state;
  if (state == WorkState::kIdle) agent.contact.clear();
  event->agent_id = last.agent_id;
  event->agent_version = last.agent_version;
  event->presence = last.presence;
  event->presence_pending = last.presence_pending;
  event->pending = last.pending;
  event->work_state = state;
  event->no_answer_channels = last.no_answer_channels;
  event->idle_since_ms = last.idle_since_ms;
  event->idle_before_pause_ms = last.idle_before_pause_ms;
}

Event History::Joint(EventType type, const std::string& contact_id,
                     const std::string& agent_id, ContactState contact_state,
                     WorkState work_state) {
  Event event = Base(type);
  NameContact(contact_id, contact_state, &event);
  NameAgent(agent_id, work_state, &event);
  return event;
}

void History::Reserve() {
  const std::string contact_id = Pick(contacts_, [](const Contact& contact) {
    return contact.last.contact_state == ContactState::kWaiting;
  });
  const std::string agent_id = Pick(agents_, [](const Agent& agent) {
    return agent.last.presence.state == PresenceState::kAvailable &&
           agent.last.work_state == WorkState::kIdle;
  });
  if (contact_id.empty() || agent_id.empty()) return;
  Event& last = contacts_[contact_id].last;
  last.attempt = last.contact_version + 1;
  last.fit_step = static_cast<std::uint8_t>(random_.Uniform(8));
  last.rank_key_ms += random_.UniformBetween(0, 3);
  contacts_[contact_id].holder = agent_id;
  Event event = Joint(EventType::kReservationCreated, contact_id, agent_id,
                      ContactState::kReserved, WorkState::kReserved);
  agents_[agent_id].contact = contact_id;
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
  const std::string agent_id = contacts_[contact_id].holder;
  const std::uint64_t how = random_.Uniform(6);
  if (how < 3) {
    return Emit(Joint(EventType::kReservationAccepted, contact_id, agent_id,
                      ContactState::kAssigned, WorkState::kHandling));
  }
  Event& agent = agents_[agent_id].last;
  if (how == 4) agent.no_answer_channels |= 1;
  const EventType type = how == 3   ? EventType::kReservationDeclined
                         : how == 4 ? EventType::kReservationNoAnswer
                                    : EventType::kReservationRescinded;
  Event event = Joint(type, contact_id, agent_id, ContactState::kWaiting,
                      WorkState::kIdle);
  if (how == 3) event.decline_until_ms = now_ms_ + 5'000;
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
  Event rescinded = Base(EventType::kReservationRescinded);
  Event ended = Base(EventType::kContactEnded);
  NameContact(id, ContactState::kEnded, &ended);
  ended.end_reason = EndReason::kAbandoned;
  rescinded.contact_id = ended.contact_id;
  rescinded.contact_state = ContactState::kEnded;
  rescinded.end_reason = EndReason::kAbandoned;
  rescinded.queue = ended.queue;
  rescinded.attempt = ended.attempt;
  NameAgent(contacts_[id].holder, WorkState::kIdle, &rescinded);
  ended.attempt = 0;
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
  const std::string agent_id = contacts_[id].holder;
  const bool wrap_up = random_.Bernoulli(0.5);
  if (!wrap_up) agents_[agent_id].last.idle_since_ms = now_ms_;
  Event event =
      Joint(EventType::kContactEnded, id, agent_id, ContactState::kEnded,
            wrap_up ? WorkState::kWrapUp : WorkState::kIdle);
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

void History::ChangePresence() {
  const std::string id = Pick(agents_, [](const Agent&) { return true; });
  Event& last = agents_[id].last;
  last.no_answer_channels = 0;
  if (last.work_state == WorkState::kHandling ||
      last.work_state == WorkState::kWrapUp) {
    last.pending = AnyPresence();
    last.presence_pending = last.pending != last.presence;
    if (!last.presence_pending) last.pending = {};
  } else {
    last.presence = AnyPresence();
    last.idle_since_ms = now_ms_;
    last.idle_before_pause_ms = random_.UniformBetween(0, 1'000);
  }
  Event event = Base(EventType::kPresenceChanged);
  NameAgent(id, last.work_state, &event);
  Emit(event);
}

void History::WrapUp() {
  const std::string id = Pick(agents_, [](const Agent& agent) {
    return agent.last.work_state == WorkState::kWrapUp;
  });
  if (id.empty()) return;
  agents_[id].last.idle_since_ms = now_ms_;
  Event event = Base(EventType::kWrapUpEnded);
  NameAgent(id, WorkState::kIdle, &event);
  Emit(event);
}

void History::Remove() {
  const std::string id = Pick(agents_, [](const Agent& agent) {
    return agent.last.work_state == WorkState::kIdle;
  });
  if (id.empty()) return;
  Event event = Base(EventType::kAgentRemoved);
  NameAgent(id, WorkState::kIdle, &event);
  agents_[id] = Agent();
  Emit(event);
}

}  // namespace relais::journal
