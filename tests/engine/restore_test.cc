// What Router::Restore refuses, and what it goes on with. That a restored
// router decides as one that never stopped would is
// tests/model/restart_test.cc.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/live_state.h"
#include "relais/router.h"

namespace relais {
namespace {

using ::testing::HasSubstr;

class Recorder final : public RouterObserver {
 public:
  void OnEvent(const Event& event) override { events.push_back(event); }
  bool WantsDetails() const override { return true; }
  void OnDetailedEvent(const Event& event, const EventDetail& detail) override {
    events.push_back(event);
    details.push_back(detail);
  }
  std::vector<Event> events;
  std::vector<EventDetail> details;
};

Configuration Centre() {
  Configuration configuration;
  configuration.name = "centre";
  configuration.skills = {{"basics", ""}, {"loans", ""}};
  configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
  ContactQueue queue;
  queue.name = "calls";
  queue.channels = SetOf(Channel::kVoice);
  queue.offer_timeout_ms = 20'000;
  queue.wrap_up_ms = 30'000;
  configuration.queues = {queue};
  for (const char* id : {"anne", "bilal"}) {
    AgentConfiguration agent;
    agent.id = id;
    agent.routing_profile = "voice";
    agent.skills = {{"basics", 5}};
    configuration.agents.push_back(agent);
  }
  return configuration;
}

LiveContact Waiting(const std::string& id, std::uint64_t number) {
  LiveContact contact;
  ContactDetail detail;
  detail.spec.id = id;
  detail.spec.queue = "calls";
  detail.queue = Centre().queues[0];
  detail.rank_key_ms = 1'000 + static_cast<InstantMs>(number);
  detail.arrival_sequence = number;
  contact.detail = std::make_shared<const ContactDetail>(detail);
  contact.arrival_ms = detail.rank_key_ms;
  contact.version = 1;
  return contact;
}

// Anne handles c1, c2 and c3 wait, Bilal is on a break.
LiveState Busy() {
  LiveState state;
  state.last_sequence = 100;
  state.last_at_ms = 5'000;
  state.arrival_sequence = 3;
  state.configuration_version = 7;
  state.configuration = std::make_shared<const Configuration>(Centre());
  LiveContact held = Waiting("c1", 1);
  held.version = 3;
  held.state = ContactState::kAssigned;
  held.placed = true;
  held.rank_key_ms = 1'001;
  held.arrival_sequence = 1;
  held.agent_id = "anne";
  held.attempt = 2;
  held.accepted_ms = 4'000;
  state.contacts = {
      {"c1", held}, {"c2", Waiting("c2", 2)}, {"c3", Waiting("c3", 3)}};
  LiveAgent anne;
  anne.version = 9;
  anne.presence.state = PresenceState::kAvailable;
  anne.idle_since_ms = 500;
  anne.held = {{"c1", Channel::kVoice, WorkState::kHandling, 2, 100, 0}};
  LiveAgent bilal;
  bilal.version = 4;
  bilal.presence = {PresenceState::kNotReady, NotReadyReason::kBreak};
  bilal.idle_since_ms = 700;
  bilal.idle_before_pause_ms = 200;
  state.agents = {{"anne", anne}, {"bilal", bilal}};
  state.queues["calls"] = {12, 8, 1};
  EndedContact ended;
  ended.id = "c0";
  ended.queue = "calls";
  ended.end_reason = EndReason::kCompleted;
  ended.version = 4;
  ended.arrival_ms = 900;
  ended.ended_ms = 950;
  state.ended.push_back(ended);
  return state;
}

class RestoreTest : public ::testing::Test {
 protected:
  RestoreTest() {
    RouterOptions options;
    options.observer = &recorder_;
    options.limits.contacts = 16;
    options.limits.agents = 4;
    options.limits.queues = 2;
    options.limits.ended_ids = 100;
    router_ = *Router::Create(options);
  }
  AgentHandle Agent(const std::string& id) { return *router_->FindAgent(id); }

  Recorder recorder_;
  std::unique_ptr<Router> router_;
};

TEST_F(RestoreTest, EverythingIsWhereItWas) {
  ASSERT_TRUE(router_->Restore(Busy(), 6'000).ok());
  EXPECT_EQ(router_->DrainEvents(), 0U) << "nothing has happened";
  EXPECT_EQ(router_->LastSequence(), 100U);
  std::uint64_t version = 0;
  router_->CurrentConfiguration(&version);
  EXPECT_EQ(version, 7U);
  const auto held = router_->GetContact("c1");
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(held->state, ContactState::kAssigned);
  EXPECT_EQ(held->version, 3U);
  EXPECT_EQ(held->agent_id, "anne");
  const auto bilal = router_->GetAgent(Agent("bilal"));
  ASSERT_TRUE(bilal.ok());
  EXPECT_EQ(bilal->version, 4U);
  EXPECT_EQ(bilal->presence.reason, NotReadyReason::kBreak);
  EXPECT_EQ(bilal->idle_since_ms, 700);
  const std::vector<QueueView> queues = router_->Queues();
  ASSERT_EQ(queues.size(), 1U);
  EXPECT_EQ(queues[0].waiting, 2U);
  EXPECT_EQ(queues[0].assigned, 1U);
  EXPECT_EQ(queues[0].offered_total, 12U);
  EXPECT_EQ(queues[0].answered_total, 8U);
  EXPECT_EQ(queues[0].abandoned_total, 1U);
}

TEST_F(RestoreTest, WorkGoesOnWithVersionsNumbersAndDeadlines) {
  ASSERT_TRUE(router_->Restore(Busy(), 6'000).ok());
  // Bilal's idle time goes on from before the pause.
  ASSERT_TRUE(
      router_->SetPresence(Agent("bilal"), {PresenceState::kAvailable}, 6'100)
          .ok());
  router_->DrainEvents();
  ASSERT_EQ(recorder_.events.size(), 2U);
  EXPECT_EQ(recorder_.events[0].sequence, 101U);
  EXPECT_EQ(recorder_.events[0].agent_version, 5U);
  EXPECT_EQ(recorder_.events[0].idle_since_ms, 5'900);
  const Event& created = recorder_.events[1];
  EXPECT_EQ(created.type, EventType::kReservationCreated);
  EXPECT_EQ(created.contact_id.view(), "c2");
  EXPECT_EQ(created.contact_version, 2U);
  EXPECT_EQ(created.arrival_sequence, 2U);

  const auto completed = router_->Complete(*router_->FindContact("c1"), 7'000);
  ASSERT_TRUE(completed.ok()) << completed.status();
  EXPECT_EQ(completed->version, 4U);
  // Bilal lets c2 ring out; then Anne's wrap-up ends, and she gets it.
  EXPECT_EQ(router_->RunDue(37'000, 100), 2U);
  router_->DrainEvents();
  const auto offered = router_->GetContact("c2");
  EXPECT_EQ(offered->state, ContactState::kReserved);
  EXPECT_EQ(offered->agent_id, "anne");
  EXPECT_EQ(offered->version, 4U);
}

TEST_F(RestoreTest, AnEndedIdIsAnsweredAsBefore) {
  ASSERT_TRUE(router_->Restore(Busy(), 6'000).ok());
  ContactSpec again;
  again.id = "c0";
  again.queue = "calls";
  const auto refused = router_->Submit(again, 6'100);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAlreadyExists)
      << "another content than the one that ended";
  const auto handle = router_->FindContact("c0");
  ASSERT_TRUE(handle.ok());
  EXPECT_EQ(
      router_->Cancel(*handle, EndReason::kCancelled, 6'100).status().code(),
      absl::StatusCode::kFailedPrecondition);
}

// Version 7 does not list anne any more; she withdrew the sign-out that it
// asked for. Version 9 is in force.
LiveState WithoutAnne(std::uint64_t applied_configuration_version) {
  LiveState state = Busy();
  Configuration without_anne = Centre();
  without_anne.agents.erase(without_anne.agents.begin());
  state.configuration = std::make_shared<const Configuration>(without_anne);
  state.agents["anne"].presence_configuration_version = 7;
  state.configuration_version = 9;
  state.applied_configuration_version = applied_configuration_version;
  return state;
}

TEST_F(RestoreTest, AnotherAgentsChangeSignsNobodyOut) {
  ASSERT_TRUE(router_->Restore(WithoutAnne(7), 6'000).ok());
  EXPECT_FALSE(router_->GetAgent(Agent("anne"))->presence_pending);
}

TEST_F(RestoreTest, AConfigurationAppliedSinceSignsOut) {
  ASSERT_TRUE(router_->Restore(WithoutAnne(8), 6'000).ok());
  const auto anne = router_->GetAgent(Agent("anne"));
  EXPECT_TRUE(anne->presence_pending);
  EXPECT_EQ(anne->pending.state, PresenceState::kLoggedOut);
}

TEST_F(RestoreTest, ConfigurationVersionsGoOnWithAnAgentsChange) {
  ASSERT_TRUE(router_->Restore(Busy(), 6'000).ok());
  AgentChange change;
  change.grade = AgentGrade::kExpert;
  const auto changed = router_->ChangeAgent(Agent("anne"), change, 6'100);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->version, 10U);
  EXPECT_EQ(changed->configuration_version, 8U);
  ASSERT_TRUE(router_->Apply(Centre(), 6'200).ok());
  router_->DrainEvents();
  ASSERT_EQ(recorder_.events.size(), 2U);
  EXPECT_EQ(recorder_.events[0].type, EventType::kAgentChanged);
  EXPECT_EQ(recorder_.events[0].work_state, WorkState::kHandling);
  EXPECT_EQ(recorder_.details[0].agent->grade, AgentGrade::kExpert);
  EXPECT_EQ(recorder_.events[1].configuration_version, 9U);
}

TEST_F(RestoreTest, TheTutorOfWhatIsHeldIsShownAgain) {
  LiveState state = Busy();
  state.contacts["c1"].tutor_id = "bilal";
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  EXPECT_EQ(router_->GetContact("c1")->tutor_id, "bilal");
}

TEST_F(RestoreTest, OnlyBeforeAnyOtherCall) {
  ASSERT_TRUE(router_->Apply(Centre(), 1'000).ok());
  EXPECT_EQ(router_->Restore(Busy(), 6'000).code(),
            absl::StatusCode::kFailedPrecondition);
}

struct Case {
  const char* what;
  std::function<void(LiveState&)> spoil;
  absl::StatusCode code;
  const char* path;
};

std::vector<Case> HoldersAndHeld() {
  return {
      {"a holder who holds nothing",
       [](LiveState& s) { s.agents["anne"].held.clear(); },
       absl::StatusCode::kInvalidArgument, "c1"},
      {"a holder who is not there",
       [](LiveState& s) { s.agents.erase("anne"); },
       absl::StatusCode::kInvalidArgument, "c1"},
      {"handled, and not alive", [](LiveState& s) { s.contacts.erase("c1"); },
       absl::StatusCode::kInvalidArgument, "anne"},
      {"an attempt after the version",
       [](LiveState& s) {
         s.contacts["c1"].attempt = 4;
         s.agents["anne"].held[0].attempt = 4;
       },
       absl::StatusCode::kInvalidArgument, "c1"},
      {"another attempt",
       [](LiveState& s) { s.agents["anne"].held[0].attempt = 1; },
       absl::StatusCode::kInvalidArgument, "c1"},
      {"in handling, and wrapped up",
       [](LiveState& s) {
         s.agents["anne"].held[0].state = WorkState::kWrapUp;
       },
       absl::StatusCode::kInvalidArgument, "c1"},
      {"a contact of no units",
       [](LiveState& s) { s.agents["anne"].held[0].units = 0; },
       absl::StatusCode::kInvalidArgument, "anne"},
      {"more units than an agent has",
       [](LiveState& s) {
         s.agents["anne"].held.push_back(
             {"c9", Channel::kChat, WorkState::kWrapUp, 2, 101, 9'000});
       },
       absl::StatusCode::kInvalidArgument, "anne"},
      {"more contacts than an agent can hold",
       [](LiveState& s) {
         s.agents["bilal"].held.assign(
             26, {"c9", Channel::kChat, WorkState::kWrapUp, 2, 1, 9'000});
       },
       absl::StatusCode::kInvalidArgument, "bilal"},
  };
}

std::vector<Case> ContactsAndLimits() {
  return {
      {"no detail", [](LiveState& s) { s.contacts["c2"].detail = nullptr; },
       absl::StatusCode::kInvalidArgument, "c2"},
      {"not alive", [](LiveState& s) { s.contacts["c2"].version = 0; },
       absl::StatusCode::kInvalidArgument, "c2"},
      {"back without having gone",
       [](LiveState& s) { s.contacts["c2"].placed = true; },
       absl::StatusCode::kInvalidArgument, "c2"},
      {"no configuration", [](LiveState& s) { s.configuration = nullptr; },
       absl::StatusCode::kInvalidArgument, "configuration"},
      {"more contacts than the limit",
       [](LiveState& s) {
         for (std::uint64_t i = 10; i < 30; ++i) {
           const std::string id = "d" + std::to_string(i);
           s.contacts[id] = Waiting(id, i);
         }
       },
       absl::StatusCode::kResourceExhausted, "limits.contacts"},
      {"more agents than the limit",
       [](LiveState& s) {
         for (int i = 0; i < 5; ++i) s.agents["left" + std::to_string(i)] = {};
       },
       absl::StatusCode::kResourceExhausted, "limits.agents"},
      {"more queues than the limit",
       [](LiveState& s) {
         for (std::uint64_t i = 10; i < 12; ++i) {
           const std::string id = "d" + std::to_string(i);
           LiveContact contact = Waiting(id, i);
           ContactDetail detail = *contact.detail;
           detail.queue.name = detail.spec.queue = "gone" + std::to_string(i);
           contact.detail = std::make_shared<const ContactDetail>(detail);
           s.contacts[id] = contact;
         }
       },
       absl::StatusCode::kResourceExhausted, "limits.queues"},
  };
}

TEST_F(RestoreTest, WhatContradictsItselfIsNamed) {
  std::vector<Case> cases = HoldersAndHeld();
  for (Case& one : ContactsAndLimits()) cases.push_back(std::move(one));
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    RouterOptions options;
    Recorder recorder;
    options.observer = &recorder;
    options.limits.contacts = 16;
    options.limits.agents = 4;
    options.limits.queues = 2;
    const auto router = *Router::Create(options);
    LiveState state = Busy();
    one.spoil(state);
    const absl::Status status = router->Restore(state, 6'000);
    EXPECT_EQ(status.code(), one.code) << status;
    EXPECT_THAT(FieldPathOf(status), HasSubstr(one.path)) << status;
    EXPECT_TRUE(recorder.events.empty());
  }
}

// The end of a reserved contact makes two events; the process may end between
// them.
TEST_F(RestoreTest, AnEndOfWhichHalfIsKnownIsFinished) {
  LiveState state = Busy();
  state.contacts.erase("c1");
  state.agents["anne"].held[0].state = WorkState::kReserved;
  LiveContact& second = state.contacts["c2"];
  second.version = 2;
  second.state = ContactState::kReserved;
  second.placed = true;
  second.rank_key_ms = 1'002;
  second.arrival_sequence = 2;
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  router_->DrainEvents();
  ASSERT_EQ(recorder_.events.size(), 3U);
  const Event& ended = recorder_.events[0];
  EXPECT_EQ(ended.type, EventType::kContactEnded);
  EXPECT_EQ(ended.contact_id.view(), "c2");
  EXPECT_EQ(ended.contact_version, 3U);
  const Event& rescinded = recorder_.events[1];
  EXPECT_EQ(rescinded.type, EventType::kReservationRescinded);
  EXPECT_EQ(rescinded.contact_id.view(), "c1");
  EXPECT_EQ(rescinded.contact_version, 0U);
  EXPECT_EQ(rescinded.agent_version, 10U);
  EXPECT_EQ(rescinded.work_state, WorkState::kIdle);
  const Event& created = recorder_.events[2];
  EXPECT_EQ(created.type, EventType::kReservationCreated);
  EXPECT_EQ(created.contact_id.view(), "c3");
  EXPECT_EQ(created.agent_id.view(), "anne");
}

// What a mode or a segment gave it when it came, whatever they give now.
TEST_F(RestoreTest, AContactKeepsItsBoost) {
  LiveState state = Busy();
  LiveContact& gold = state.contacts.at("c3");
  auto detail = std::make_shared<ContactDetail>(*gold.detail);
  detail->spec.segment = "gold";
  detail->rank_key_ms = gold.arrival_ms - 60'000;
  gold.detail = detail;
  Configuration later = Centre();
  later.contact_choice = ContactChoice::kStrict;
  state.configuration = std::make_shared<const Configuration>(later);
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  EXPECT_EQ(router_->GetContact("c3")->rank_key_ms, gold.arrival_ms - 60'000);
  EXPECT_EQ(router_->GetContact("c3")->segment, "gold");
  EXPECT_EQ(router_->GetContact("c2")->rank_key_ms,
            router_->GetContact("c2")->arrival_ms);
  ASSERT_TRUE(
      router_->SetPresence(Agent("bilal"), {PresenceState::kAvailable}, 6'100)
          .ok());
  EXPECT_EQ(router_->GetContact("c3")->state, ContactState::kReserved);
  EXPECT_EQ(router_->GetContact("c2")->state, ContactState::kWaiting);
}

// The terms under which a contact came stay its own.
TEST_F(RestoreTest, AQueueThatHasGoneServesWhatCameUnderIt) {
  LiveState state = Busy();
  Configuration later = Centre();
  later.queues[0].name = "others";
  state.configuration = std::make_shared<const Configuration>(later);
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  ASSERT_TRUE(
      router_->SetPresence(Agent("bilal"), {PresenceState::kAvailable}, 6'100)
          .ok());
  EXPECT_EQ(router_->GetContact("c2")->state, ContactState::kReserved);
  const auto completed = router_->Complete(*router_->FindContact("c1"), 7'000);
  ASSERT_TRUE(completed.ok());
  router_->DrainEvents();
  EXPECT_EQ(recorder_.events.back().wrap_up_ends_ms, 37'000);
}

// --- Several contacts --------------------------------------------------------

// Of a centre where a chat takes 34 units and an e-mail 50: Anne handles e-mail
// m1 and wraps up chat c1 until 40 s; chat c2 waits.
LiveState Desk() {
  Configuration centre = Centre();
  centre.routing_profiles[0].channels = 0xFF;
  centre.queues[0].channels = 0xFF;
  centre.agents.resize(1);
  LiveState state = Busy();
  state.configuration = std::make_shared<const Configuration>(centre);
  state.agents.erase("bilal");
  state.contacts.erase("c3");
  const auto channel = [&state](const std::string& id, Channel channel) {
    ContactDetail detail = *state.contacts[id].detail;
    detail.spec.id = id;
    detail.spec.channel = channel;
    detail.queue = state.configuration->queues[0];
    state.contacts[id].detail =
        std::make_shared<const ContactDetail>(std::move(detail));
  };
  state.contacts["m1"] = state.contacts["c1"];
  state.contacts.erase("c1");
  channel("m1", Channel::kEmail);
  channel("c2", Channel::kChat);
  state.agents["anne"].held = {
      {"m1", Channel::kEmail, WorkState::kHandling, 2, 50, 0},
      {"c1", Channel::kChat, WorkState::kWrapUp, 2, 34, 40'000}};
  return state;
}

TEST_F(RestoreTest, WhatAnAgentHeldTakesItsUnitsAgain) {
  const LiveState state = Desk();
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  EXPECT_EQ(router_->DrainEvents(), 0U) << "84 of 100 units are taken";
  const auto anne = router_->GetAgent(Agent("anne"));
  ASSERT_TRUE(anne.ok());
  EXPECT_EQ(anne->held, state.agents.at("anne").held);
  EXPECT_EQ(anne->work_state, WorkState::kHandling);
  // Each wrap-up has its own end.
  EXPECT_EQ(router_->NextDue(), 40'000);
  EXPECT_EQ(router_->RunDue(40'000, 100), 1U);
  router_->DrainEvents();
  ASSERT_EQ(recorder_.events.size(), 2U);
  const Event& over = recorder_.events[0];
  EXPECT_EQ(over.type, EventType::kWrapUpEnded);
  EXPECT_EQ(over.contact_id.view(), "c1");
  EXPECT_EQ(over.channel, Channel::kChat);
  EXPECT_EQ(over.attempt, 2U);
  EXPECT_EQ(over.units, 34);
  EXPECT_EQ(over.work_state, WorkState::kHandling);
  const Event& created = recorder_.events[1];
  EXPECT_EQ(created.type, EventType::kReservationCreated);
  EXPECT_EQ(created.contact_id.view(), "c2");
  EXPECT_EQ(created.units, 34);
}

// Two ends at once, of which the agent's halves are missing: each says what the
// agent still holds after it.
TEST_F(RestoreTest, TwoEndsOfWhichHalfIsKnownAreFinishedInTurn) {
  LiveState state = Desk();
  state.contacts.clear();
  state.agents["anne"].held = {
      {"x1", Channel::kChat, WorkState::kReserved, 2, 34, 0},
      {"x2", Channel::kChat, WorkState::kReserved, 2, 34, 0}};
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  router_->DrainEvents();
  ASSERT_EQ(recorder_.events.size(), 2U);
  const Event& first = recorder_.events[0];
  EXPECT_EQ(first.contact_id.view(), "x1");
  EXPECT_EQ(first.work_state, WorkState::kReserved);
  const Event& second = recorder_.events[1];
  EXPECT_EQ(second.contact_id.view(), "x2");
  EXPECT_EQ(second.work_state, WorkState::kIdle);
  EXPECT_THAT(router_->GetAgent(Agent("anne"))->held, testing::IsEmpty());
}

TEST_F(RestoreTest, AWrapUpIsEndedByItsName) {
  ASSERT_TRUE(router_->Restore(Desk(), 6'000).ok());
  EXPECT_EQ(
      FieldPathOf(router_->EndWrapUp(Agent("anne"), "m1", 7'000).status()),
      "contact_id");
  ASSERT_TRUE(router_->EndWrapUp(Agent("anne"), "c1", 7'000).ok());
  EXPECT_EQ(router_->GetContact("c2")->agent_id, "anne");
  EXPECT_EQ(FieldPathOf(router_->EndWrapUp(Agent("anne"), "", 7'000).status()),
            "agent_id");
  EXPECT_EQ(router_->RunDue(45'000, 100), 1U) << "the offer only";
}

// With less capacity than it holds an agent is given nothing more, until it
// holds less than it may.
TEST_F(RestoreTest, LessCapacityThanWhatIsHeld) {
  LiveState state = Desk();
  Configuration less = *state.configuration;
  less.routing_profiles[0].capacity_units = 60;
  less.routing_profiles[0].cost_units.fill(34);
  state.configuration = std::make_shared<const Configuration>(less);
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  ASSERT_TRUE(router_->EndWrapUp(Agent("anne"), "c1", 7'000).ok());
  EXPECT_EQ(router_->GetContact("c2")->state, ContactState::kWaiting)
      << "50 + 34 are more than 60";
  ASSERT_TRUE(router_->Complete(*router_->FindContact("m1"), 8'000).ok());
  ASSERT_TRUE(router_->EndWrapUp(Agent("anne"), "m1", 9'000).ok());
  EXPECT_EQ(router_->GetContact("c2")->agent_id, "anne");
}

// An id may be given again while the contact before it is still wrapped up.
TEST_F(RestoreTest, TheSameIdWrappedUpAndReserved) {
  LiveState state = Desk();
  LiveContact again = state.contacts["c2"];
  ContactDetail detail = *again.detail;
  detail.spec.id = "c1";
  again.detail = std::make_shared<const ContactDetail>(detail);
  again.version = 2;
  again.state = ContactState::kReserved;
  again.placed = true;
  again.rank_key_ms = 1'002;
  again.arrival_sequence = 2;
  again.agent_id = "anne";
  again.attempt = 2;
  again.offer_expires_ms = 20'000;
  state.contacts.erase("c2");
  state.contacts.erase("m1");
  state.contacts["c1"] = again;
  state.agents["anne"].held[0] = state.agents["anne"].held[1];
  state.agents["anne"].held[1] = {
      "c1", Channel::kChat, WorkState::kReserved, 2, 34, 0};
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  const auto contact = router_->FindContact("c1");
  ASSERT_TRUE(contact.ok());
  const auto accepted = router_->Accept(Agent("anne"), *contact, 2, 7'000);
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  ASSERT_TRUE(router_->EndWrapUp(Agent("anne"), "c1", 8'000).ok());
  const auto anne = router_->GetAgent(Agent("anne"));
  ASSERT_EQ(anne->held.size(), 1U);
  EXPECT_EQ(anne->held[0].state, WorkState::kHandling);
}

// The process ended between a change of presence and the rescissions that
// follow from it.
TEST_F(RestoreTest, WhatIsReservedForWhoIsLeavingIsRescinded) {
  LiveState state = Desk();
  LiveContact& second = state.contacts["c2"];
  second.version = 2;
  second.state = ContactState::kReserved;
  second.placed = true;
  second.rank_key_ms = 1'002;
  second.arrival_sequence = 2;
  second.agent_id = "anne";
  second.attempt = 2;
  second.offer_expires_ms = 20'000;
  LiveAgent& anne = state.agents["anne"];
  anne.held[1] = {"c2", Channel::kChat, WorkState::kReserved, 2, 34, 0};
  anne.presence_pending = true;
  anne.pending = {PresenceState::kNotReady, NotReadyReason::kBreak};
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  router_->DrainEvents();
  ASSERT_EQ(recorder_.events.size(), 1U);
  const Event& rescinded = recorder_.events[0];
  EXPECT_EQ(rescinded.type, EventType::kReservationRescinded);
  EXPECT_EQ(rescinded.contact_id.view(), "c2");
  EXPECT_EQ(rescinded.contact_state, ContactState::kWaiting);
  EXPECT_EQ(rescinded.work_state, WorkState::kHandling);
  EXPECT_EQ(router_->GetAgent(Agent("anne"))->held.size(), 1U);
}

}  // namespace
}  // namespace relais
