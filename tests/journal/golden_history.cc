#include "tests/journal/golden_history.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/types/span.h"
#include "lib/base/assert.h"
#include "tests/journal/describe.h"

namespace relais::journal {
namespace {

constexpr InstantMs kBeginMs = 1'900'000'000'000;
constexpr Presence kAvailable{PresenceState::kAvailable, NotReadyReason::kNone};

ContactQueue AccountsQueue() {
  ContactQueue queue;
  queue.name = "accounts";
  queue.channels = SetOf(Channel::kVoice) | SetOf(Channel::kChat);
  queue.requirement.all_of = {{"accounts", 3},
                              {"fran\xC3\xA7"
                               "ais",
                               2}};
  queue.requirement.any_of = {{.certification = "amf"}, {.team = "lille"}};
  queue.requirement.none_of = {{.provider = true}};
  queue.requirement.preferred = {{{.language = "german"}, 20}};
  queue.activity = "answers";
  queue.plan = "wider";
  queue.pull_only = true;
  queue.service_level = {0.8, 20'000};
  queue.offer_timeout_ms = 15'000;
  queue.wrap_up_ms = 30'000;
  queue.decline_retry_ms = 60'000;
  queue.wait_limit_ms = 600'000;
  queue.handling_lease_ms = 7'200'000;
  queue.short_abandon_threshold_ms = 5'000;
  queue.agent_choice = {FitRule::kLeastOverQualified,
                        AgentOrder::kLeastOccupied};
  queue.hold = {10'000, 60'000, 30'000, 900'000};
  queue.panel_max_share_percent = 150;
  return queue;
}

RoutingRequirement OwnRequirement() {
  RoutingRequirement nested;
  nested.all_of = {{.grades = SetOf(AgentGrade::kJunior)}};
  nested.any_of = {{"accounts", 2, 6}};
  nested.none_of = {{.site = "north"}};
  RoutingRequirement own;
  own.all_of = {{"accounts", 5}};
  own.any_of = {{.requirement = std::make_shared<RoutingRequirement>(nested)},
                {.language = "german"}};
  own.none_of = {{.site = "night"}};
  own.preferred = {{{.certification = "amf"}, 3}};
  return own;
}

BullseyePlan Wider() {
  BullseyePlan plan;
  plan.name = "wider";
  plan.skip_first_if = RingCondition::kNobodyScheduled;
  plan.rings = {{.widen_after_ms = 30'000,
                 .lower = {{"accounts", 2, 0}},
                 .lower_all_by = 1,
                 .raise_boost_ms = 60'000,
                 .drain = SetOf(Channel::kChat),
                 .skip_if = RingCondition::kNobodySignedIn},
                {.widen_after_ms = 60'000,
                 .lower = {{"accounts", 0, 1}},
                 .drop_skills = {"fran\xC3\xA7"
                                 "ais"}}};
  return plan;
}

// What the accounts' plan does not have.
std::vector<BullseyePlan> OtherPlans() {
  BullseyePlan farther;
  farther.name = "farther";
  farther.rings = {
      {.widen_after_ms = 20'000,
       .teams = {"lille"},
       .sites = {"north", "night"},
       .provider = true},
      {.widen_after_ms = 40'000, .queue = "accounts", .anywhere = true}};
  BullseyePlan curve;
  curve.name = "curve";
  curve.curve = {{40, 0}, {90, 4}};
  return {farther, curve};
}

Configuration GoldenConfiguration() {
  Configuration configuration;
  configuration.name = "golden";
  configuration.skills = {
      {"accounts", "current accounts"},
      {"fran\xC3\xA7"
       "ais",
       "French"},
      {"securities", "shares and bonds", {{"accounts", 6}}}};
  configuration.routing_profiles = {{"telephone", SetOf(Channel::kVoice)},
                                    {"desk", 0xFF}};
  RoutingProfile& desk = configuration.routing_profiles.back();
  desk.capacity_units = 90;
  desk.cost_units = {90, 45, 30, 90, 90, 45, 50, 80};
  desk.contacts_max = {0, 2, 3, 0, 0, 2, 0, 0};
  desk.may_interrupt[0] = SetOf(Channel::kEmail) | SetOf(Channel::kChat);
  desk.may_interrupt[2] = SetOf(Channel::kEmail);
  desk.load_order = LoadOrder::kPack;
  desk.queue_order = {{{"accounts"}}};
  configuration.agents = {
      {"anna",
       AgentGrade::kSpecialised,
       "desk",
       {{"accounts", 7}, {"securities", 2, true, "bela"}},
       {"amf"},
       {"german"},
       "lille",
       "north"},
      {"bela", AgentGrade::kJunior, "telephone", {{"accounts", 3}}}};
  configuration.queues = {AccountsQueue()};
  configuration.certifications = {"amf"};
  configuration.languages = {"german"};
  configuration.sites = {{"north"}, {"night", true}};
  configuration.teams = {{"lille", "north"}};
  configuration.grades = {{AgentGrade::kExpert, 7},
                          {AgentGrade::kSpecialised, 9}};
  configuration.activities = {{"answers",
                               SetOf(Channel::kVoice) | SetOf(Channel::kChat),
                               OwnRequirement()}};
  configuration.contact_choice = ContactChoice::kDeadline;
  configuration.segments = {{"gold", 120'000}};
  configuration.bullseye_plans = OtherPlans();
  configuration.bullseye_plans.push_back(Wider());
  configuration.reserves = {{"chats", "accounts", Channel::kChat, 2, 4,
                             SetOf(Channel::kEmail) | SetOf(Channel::kSocial)}};
  return configuration;
}

constexpr std::uint8_t kUnits = 30;

// Gives each event its number, its entities' next versions and what the agent
// is doing after it.
class Writer {
 public:
  // Tell what is particular to the event; the rest is filled in.
  Event& Add(EventType type, const std::string& contact,
             const std::string& agent) {
    Event event;
    event.sequence = events_.size() + 1;
    event.type = type;
    event.at_ms = kBeginMs + static_cast<InstantMs>(1'000 * events_.size());
    event.configuration_version = 1;
    event.contact_id.Assign(contact);
    event.agent_id.Assign(agent);
    if (!contact.empty()) {
      event.contact_version = ++contact_versions_[contact];
      event.queue.Assign("accounts");
      event.channel = Channel::kChat;
      event.priority = 4;
      event.arrival_ms = arrivals_[contact];
      event.ring = rings_[contact];
    }
    if (!agent.empty()) {
      event.agent_version = ++agent_versions_[agent];
      event.presence = kAvailable;
      event.idle_since_ms = kBeginMs + 77;
      event.work_state = WorkOf(agent);
    }
    events_.push_back({event, {}});
    return events_.back().event;
  }

  void Ready(const std::string& agent) {
    Add(EventType::kPresenceChanged, "", agent);
  }

  void Submit(const std::string& id, std::uint8_t ring = 0) {
    rings_[id] = ring;
    arrivals_[id] = kBeginMs + static_cast<InstantMs>(1'000 * events_.size());
    Add(EventType::kContactSubmitted, id, "");
    auto detail = std::make_shared<ContactDetail>();
    detail->spec.id = id;
    detail->spec.queue = "accounts";
    detail->spec.channel = Channel::kChat;
    detail->spec.priority = 4;
    detail->spec.requirement = OwnRequirement();
    detail->spec.tutor_may_listen = true;
    detail->spec.segment = "gold";
    detail->ranked = true;
    detail->spec.attributes = {{"caller", "+33 1 23 45 67 89"}, {"tier", "2"}};
    detail->queue = AccountsQueue();
    detail->plan = Wider();
    detail->ring = ring;
    if (ring > 0) detail->ring_queues = {AccountsQueue()};
    detail->fingerprint = {0x0123456789ABCDEF, 0xFEDCBA9876543210};
    detail->rank_key_ms = arrivals_[id] - 240'000 - 60'000 * ring;
    detail->arrival_sequence = arrivals_.size();
    events_.back().detail.contact = std::move(detail);
  }

  void SubmitHeld(const std::string& id,
                  const std::vector<std::string>& agents) {
    Submit(id);
    auto detail = std::make_shared<ContactDetail>(*last().detail.contact);
    detail->spec.preferred = {agents, PreferenceSource::kList, 3'600'000};
    last().detail.contact = std::move(detail);
    Hold(agents.front(), &last().event);
  }

  void EndHold(const std::string& contact, const std::string& next) {
    Event& event = Add(EventType::kContactHoldEnded, contact, "");
    event.rank_key_ms = event.arrival_ms - 240'001;
    event.arrival_sequence = 13;
    Hold(next, &event);
  }

  static void Hold(const std::string& agent, Event* event) {
    event->held_for.Assign(agent);
    if (!agent.empty()) event->held_until_ms = event->at_ms + 60'000;
  }

  void Create(const std::string& contact, const std::string& agent) {
    work_[agent][contact] = WorkState::kReserved;
    Event& event = Add(EventType::kReservationCreated, contact, agent);
    event.contact_state = ContactState::kReserved;
    attempts_[contact] = event.contact_version;
    Place(contact, &event);
    event.offer_expires_ms = event.at_ms + 15'000;
    event.lane = 9;
    event.requirement_class = 2;
    event.profile_class = 1;
    event.fit_step = 6;
    event.tutor_id.Assign("bela");
    event.began_after_sequence = event.sequence - 1;
    event.at_once = true;
    event.pulled = true;
  }

  void Widen(const std::string& contact, std::uint8_t ring) {
    rings_[contact] = ring;
    Event& event = Add(EventType::kContactWidened, contact, "");
    event.rank_key_ms = event.arrival_ms - 240'001 - 60'000 * ring;
    event.arrival_sequence = 12;
    event.lane = 10;
    event.requirement_class = 3;
  }

  void Accept(const std::string& contact, const std::string& agent) {
    work_[agent][contact] = WorkState::kHandling;
    Event& event = Add(EventType::kReservationAccepted, contact, agent);
    event.contact_state = ContactState::kAssigned;
    Place(contact, &event);
  }

  // Or, `resumed`, goes on with it. No version of the contact's own.
  void Interrupt(const std::string& contact, const std::string& agent,
                 bool resumed) {
    Event& event = Add(
        resumed ? EventType::kContactResumed : EventType::kContactInterrupted,
        contact, agent);
    --contact_versions_[contact];
    event.contact_version = 0;
    event.contact_state = ContactState::kAssigned;
    Place(contact, &event);
  }

  Event& Return(EventType type, const std::string& contact,
                const std::string& agent) {
    work_[agent].erase(contact);
    Event& event = Add(type, contact, agent);
    Place(contact, &event);
    return event;
  }

  // Of one that is not in handling.
  Event& End(EndReason reason, const std::string& contact,
             const std::string& agent = "") {
    Event& event = Add(EventType::kContactEnded, contact, agent);
    event.contact_state = ContactState::kEnded;
    event.end_reason = reason;
    return event;
  }

  // Of one in handling; with wrap-up if it lasts.
  void Complete(EndReason reason, const std::string& contact,
                const std::string& agent, DurationMs wrap_up_ms) {
    if (wrap_up_ms > 0) {
      work_[agent][contact] = WorkState::kWrapUp;
    } else {
      work_[agent].erase(contact);
    }
    Event& event = End(reason, contact, agent);
    event.attempt = attempts_[contact];
    event.units = kUnits;
    if (wrap_up_ms > 0) event.wrap_up_ends_ms = event.at_ms + wrap_up_ms;
  }

  void WrapUpEnded(const std::string& contact, const std::string& agent) {
    work_[agent].erase(contact);
    Event& event = Add(EventType::kWrapUpEnded, "", agent);
    event.contact_id.Assign(contact);
    event.contact_state = ContactState::kEnded;
    event.channel = Channel::kChat;
    event.attempt = attempts_[contact];
    event.units = kUnits;
  }

  // The agent's part of an end while offered.
  void RescindByEnd(const std::string& contact, const std::string& agent) {
    Event& event = Return(EventType::kReservationRescinded, contact, agent);
    event.contact_version = 0;
    event.contact_state = ContactState::kEnded;
    event.end_reason = EndReason::kCancelled;
  }

  std::vector<NumberedEvent> Take() { return std::move(events_); }
  NumberedEvent& last() { return events_.back(); }

 private:
  WorkState WorkOf(const std::string& agent) const {
    const auto found = work_.find(agent);
    std::vector<HeldContact> held;
    if (found == work_.end()) return WorkState::kIdle;
    for (const auto& [contact, state] : found->second) {
      held.push_back({contact, Channel::kChat, state, 0, kUnits, 0});
    }
    return WorkStateFrom(held);
  }

  void Place(const std::string& contact, Event* event) {
    event->attempt = attempts_[contact];
    event->units = kUnits;
    event->rank_key_ms = event->arrival_ms - 240'001;
    event->arrival_sequence = 11;
  }

  std::vector<NumberedEvent> events_;
  std::map<std::string, std::uint64_t> contact_versions_;
  std::map<std::string, std::uint64_t> agent_versions_;
  std::map<std::string, std::uint64_t> attempts_;
  std::map<std::string, InstantMs> arrivals_;
  std::map<std::string, std::uint8_t> rings_;
  // By agent: what it does with each contact that it holds.
  std::map<std::string, std::map<std::string, WorkState>> work_;
};

// Every way in which a reservation ends, and what stands at the end: c1 in
// handling, c2 waiting with declines, c3 offered.
void Reservations(Writer& writer) {
  writer.Submit("c1");
  writer.Create("c1", "anna");
  writer.Accept("c1", "anna");
  writer.Submit("c2");
  writer.Create("c2", "bela");
  Event& declined =
      writer.Return(EventType::kReservationDeclined, "c2", "bela");
  declined.decline_until_ms = declined.at_ms + 3'600'000;
  writer.Create("c2", "carl");
  writer.Return(EventType::kReservationNoAnswer, "c2", "carl")
      .no_answer_channels = SetOf(Channel::kChat);
  writer.Create("c2", "dora");
  writer.Return(EventType::kReservationRescinded, "c2", "dora").presence = {
      PresenceState::kNotReady, NotReadyReason::kMeal};
  writer.Submit("c3");
  writer.Create("c3", "emil");
  Event& pending = writer.Add(EventType::kPresenceChanged, "", "anna");
  pending.presence_pending = true;
  pending.pending = {PresenceState::kNotReady, NotReadyReason::kTraining};
  pending.idle_before_pause_ms = 4'321;
  // The agent's part first, as two threads may hand them over.
  writer.Submit("c4");
  writer.Create("c4", "fred");
  writer.RescindByEnd("c4", "fred");
  writer.End(EndReason::kCancelled, "c4").contact_version = 3;
}

void Ends(Writer& writer) {
  writer.Submit("c5");
  writer.Create("c5", "fred");
  writer.Accept("c5", "fred");
  writer.Complete(EndReason::kCompleted, "c5", "fred", 30'000);
  writer.WrapUpEnded("c5", "fred");
  writer.Submit("c6");
  writer.Create("c6", "gina");
  writer.Accept("c6", "gina");
  writer.Complete(EndReason::kCompleted, "c6", "gina", 30'000);
  writer.Submit("c7");
  writer.End(EndReason::kAbandoned, "c7");
  writer.Submit("c8");
  writer.End(EndReason::kWaitLimit, "c8");
  writer.Submit("c9");
  writer.Create("c9", "fred");
  writer.Accept("c9", "fred");
  writer.Complete(EndReason::kLeaseExpired, "c9", "fred", 0);
  Event& changed = writer.Add(EventType::kAgentChanged, "", "bela");
  changed.configuration_version = 2;
  auto bela =
      std::make_shared<AgentConfiguration>(GoldenConfiguration().agents[1]);
  bela->grade = AgentGrade::kSenior;
  bela->certifications = {"amf"};
  writer.last().detail.agent = std::move(bela);
  writer.Add(EventType::kPresenceChanged, "", "hugo").presence = {};
  writer.Add(EventType::kAgentRemoved, "", "hugo").presence = {};
}

// What stands at the end: with ivan d1 in handling, d2 wrapped up beside it and
// d4 offered; a wrap-up of d3 ended among them.
void Several(Writer& writer) {
  writer.Ready("ivan");
  for (const char* contact : {"d1", "d2", "d3"}) {
    writer.Submit(contact);
    writer.Create(contact, "ivan");
    writer.Accept(contact, "ivan");
  }
  writer.Complete(EndReason::kCompleted, "d2", "ivan", 90'000);
  writer.Complete(EndReason::kCompleted, "d3", "ivan", 30'000);
  writer.WrapUpEnded("d3", "ivan");
  writer.Submit("d4");
  writer.Create("d4", "ivan");
}

// What stands at the end: e1 waiting in ring 1, e2 with lena in ring 2.
void Rings(Writer& writer) {
  writer.Ready("lena");
  writer.Submit("e1");
  writer.Widen("e1", 1);
  writer.Submit("e2");
  writer.Widen("e2", 2);
  writer.Create("e2", "lena");
  writer.Submit("e3", 1);
  writer.Widen("e3", 2);
  writer.End(EndReason::kAbandoned, "e3");
}

// What stands at the end: g1 waiting for lena alone, g2 with her out of its
// hold, g3 waiting for nobody alone, g4 because its agent had more than its
// share, g5 for lena, chosen from a panel, and mila away until she said.
void Holds(Writer& writer) {
  writer.SubmitHeld("g1", {"mila", "lena"});
  writer.EndHold("g1", "lena");
  writer.SubmitHeld("g2", {"lena"});
  writer.Create("g2", "lena");
  writer.last().event.held_for.Assign("lena");
  writer.SubmitHeld("g3", {"mila"});
  writer.Submit("g4");
  writer.last().event.over_share = true;
  writer.SubmitHeld("g5", {"lena"});
  auto chosen = std::make_shared<ContactDetail>(*writer.last().detail.contact);
  chosen->spec.preferred = {{"lena"}, PreferenceSource::kPanel, 0};
  writer.last().detail.contact = std::move(chosen);
  writer.EndHold("g3", "");
  writer.Ready("mila");
  writer.last().event.presence = {PresenceState::kNotReady,
                                  NotReadyReason::kMeal, kBeginMs + 1'800'000};
}

// What stands at the end: h1 interrupted by h2 at nils, h3 resumed at olga.
void Interruptions(Writer& writer) {
  for (const char* agent : {"nils", "olga"}) {
    const std::string first = agent == std::string("nils") ? "h1" : "h3";
    const std::string second = agent == std::string("nils") ? "h2" : "h4";
    writer.Ready(agent);
    writer.Submit(first);
    writer.Create(first, agent);
    writer.Accept(first, agent);
    writer.Submit(second);
    writer.Create(second, agent);
    writer.Accept(second, agent);
    writer.Interrupt(first, agent, false);
  }
  writer.Complete(EndReason::kCompleted, "h4", "olga", 0);
  writer.Interrupt("h3", "olga", true);
}

// Anna, who holds something, is not listed any more.
void Unlisted(Writer& writer) {
  writer.Add(EventType::kConfigurationApplied, "", "").configuration_version =
      3;
  auto next = std::make_shared<Configuration>(GoldenConfiguration());
  next->agents.erase(next->agents.begin());
  next->grades = {{AgentGrade::kExpert, 6}};
  writer.last().detail.configuration = std::move(next);
}

}  // namespace

JournalOptions GoldenOptions() {
  JournalOptions options;
  options.partition = 3;
  options.retention = {6 * 3600 * 1000, 40};
  options.time_scaled = true;
  // The first life's was not.
  options.accept_time_scaled = true;
  return options;
}

std::vector<NumberedEvent> GoldenEvents() {
  Writer writer;
  writer.Add(EventType::kConfigurationApplied, "", "");
  writer.last().detail.configuration =
      std::make_shared<Configuration>(GoldenConfiguration());
  for (const char* agent :
       {"anna", "bela", "carl", "dora", "emil", "fred", "gina"}) {
    writer.Ready(agent);
  }
  Reservations(writer);
  Ends(writer);
  Several(writer);
  Rings(writer);
  Holds(writer);
  Interruptions(writer);
  Unlisted(writer);
  return writer.Take();
}

MemoryStorage WriteGoldenJournal() {
  MemoryStorage storage;
  const std::vector<NumberedEvent> events = GoldenEvents();
  const absl::Span<const NumberedEvent> all(events);
  constexpr std::size_t kFirstLife = 20;
  JournalOptions options = GoldenOptions();
  options.time_scaled = false;
  std::size_t at = 0;
  for (const std::size_t until : {kFirstLife, all.size()}) {
    Recovered recovered;
    const auto journal = Journal::Open(options, &storage, &recovered);
    RELAIS_CHECK(journal.ok(), "the golden journal opens");
    (*journal)->SetClock({"golden-boot", 123'456, kBeginMs + 50'000});
    for (std::size_t group = 1; at < until; group = group % 5 + 1) {
      const std::size_t count = std::min(group, until - at);
      RELAIS_CHECK((*journal)->Append(all.subspan(at, count)).ok(),
                   "the golden events can have happened");
      at += count;
    }
    options = GoldenOptions();
  }
  return storage;
}

}  // namespace relais::journal
