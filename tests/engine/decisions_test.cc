// Goal: the record of a decision tells what was compared and which rule
// decided, while its reservation stands, after it, and beside those who decide.
// That each of them agrees with what there was to choose between is
// tests/model.

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/live_state.h"
#include "relais/router.h"

namespace relais {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Presence kAvailable{PresenceState::kAvailable, NotReadyReason::kNone};

class Silent final : public RouterObserver {
 public:
  void OnEvent(const Event&) override {}
};

ContactQueue Queue(const std::string& name, const std::string& skill) {
  ContactQueue queue;
  queue.name = name;
  queue.channels = SetOf(Channel::kVoice);
  queue.requirement.all_of = {{skill, 1}};
  queue.offer_timeout_ms = 20'000;
  queue.wrap_up_ms = 0;
  return queue;
}

AgentConfiguration Agent(const std::string& id, int cards, int loans) {
  AgentConfiguration agent;
  agent.id = id;
  agent.routing_profile = "voice";
  if (cards > 0) agent.skills.push_back({"cards", cards});
  if (loans > 0) agent.skills.push_back({"loans", loans});
  return agent;
}

Configuration Centre() {
  Configuration configuration;
  configuration.name = "centre";
  configuration.skills = {{"cards", ""}, {"loans", ""}};
  configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
  configuration.queues = {Queue("cards", "cards"), Queue("loans", "loans")};
  configuration.agents = {Agent("anne", 5, 5), Agent("bilal", 9, 0),
                          Agent("chloe", 5, 0), Agent("david", 5, 5)};
  return configuration;
}

class DecisionsTest : public ::testing::Test {
 protected:
  void Start(const Configuration& configuration,
             std::uint32_t decision_records = 100) {
    RouterOptions options;
    options.observer = &silent_;
    options.limits.contacts = 1'000;
    options.limits.agents = 100;
    options.limits.decision_records = decision_records;
    router_ = *Router::Create(options);
    const auto applied = router_->Apply(configuration, 0);
    ASSERT_TRUE(applied.ok() && applied->applied());
  }
  AgentHandle AgentOf(const std::string& id) { return *router_->FindAgent(id); }
  void SetPresence(const std::string& agent, Presence presence,
                   InstantMs now_ms) {
    ASSERT_TRUE(router_->SetPresence(AgentOf(agent), presence, now_ms).ok());
    router_->DrainEvents();
  }
  ContactHandle Submit(const std::string& id, const std::string& queue,
                       InstantMs now_ms, int priority = 0) {
    ContactSpec spec;
    spec.id = id;
    spec.queue = queue;
    spec.priority = priority;
    const auto answer = router_->Submit(spec, now_ms);
    EXPECT_TRUE(answer.ok()) << answer.status();
    router_->DrainEvents();
    return answer->contact;
  }
  void Handle(const std::string& agent, ContactHandle contact,
              std::uint64_t attempt, InstantMs now_ms) {
    ASSERT_TRUE(router_->Accept(AgentOf(agent), contact, attempt, now_ms).ok());
    ASSERT_TRUE(router_->Complete(contact, now_ms).ok());
    router_->DrainEvents();
  }
  DecisionView Of(ContactHandle contact, std::uint64_t attempt = 0) {
    const auto view = router_->DecisionOf(contact, attempt);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *view : DecisionView();
  }

  Silent silent_;
  std::unique_ptr<Router> router_;
};

TEST_F(DecisionsTest, ACallThatFindsTheBestFitSaysBeforeWhom) {
  Start(Centre());
  SetPresence("chloe", kAvailable, 100);
  SetPresence("bilal", kAvailable, 200);
  const ContactHandle call = Submit("call", "cards", 1'000);
  const DecisionView view = Of(call);
  EXPECT_EQ(view.contact_id, "call");
  EXPECT_EQ(view.agent_id, "bilal");
  EXPECT_EQ(view.queue, "cards");
  EXPECT_TRUE(view.stands);
  const DecisionRecord& record = view.record;
  EXPECT_EQ(record.at_ms, 1'000);
  EXPECT_EQ(record.configuration_version, 1U);
  EXPECT_EQ(record.contact_rule, DecidingRule::kOnly);
  EXPECT_EQ(record.agent_rule, DecidingRule::kFit);
  ASSERT_EQ(record.lanes, 1);
  EXPECT_EQ(record.compared[0].key, 1'000);
  EXPECT_THAT(view.names[0], ElementsAre("cards"));
  ASSERT_EQ(record.agents, 2);
  EXPECT_THAT(view.names[1], ElementsAre("bilal"));
  EXPECT_EQ(record.compared[1].rank, record.fit_step);
  EXPECT_EQ(record.compared[1].key, 200);
  EXPECT_LT(record.compared[2].rank, record.fit_step);
  EXPECT_EQ(record.compared[2].key, 100) << "chloe, who was not looked at";
  EXPECT_EQ(record.others, 0U);
}

TEST_F(DecisionsTest, OfThoseWhoFitAlikeTheOrderDecides) {
  Start(Centre());
  SetPresence("anne", kAvailable, 100);
  SetPresence("chloe", kAvailable, 200);
  const DecisionView view = Of(Submit("call", "cards", 1'000));
  EXPECT_EQ(view.agent_id, "anne");
  EXPECT_EQ(view.record.agent_rule, DecidingRule::kAgentOrder);
  EXPECT_EQ(view.record.order, AgentOrder::kLongestIdle);
}

TEST_F(DecisionsTest, AnAgentWhoComesFreeSaysBeforeWhatTheContactStood) {
  Start(Centre());
  Submit("card", "cards", 5'000);
  const ContactHandle loan = Submit("loan", "loans", 6'000, 1);
  SetPresence("anne", kAvailable, 10'000);
  const DecisionView view = Of(loan);
  const DecisionRecord& record = view.record;
  EXPECT_EQ(record.agent_rule, DecidingRule::kNone);
  EXPECT_EQ(record.contact_rule, DecidingRule::kRankKey);
  EXPECT_EQ(record.agents, 0);
  ASSERT_EQ(record.lanes, 2);
  EXPECT_EQ(record.compared[0].key, 6'000 - 60'000);
  EXPECT_EQ(record.compared[1].key, 5'000);
  EXPECT_THAT(view.names[0], ElementsAre("loans"));
  EXPECT_THAT(view.names[1], ElementsAre("cards"));
}

TEST_F(DecisionsTest, EqualKeysAreToldApartByArrival) {
  Start(Centre());
  const ContactHandle card = Submit("card", "cards", 5'000);
  Submit("loan", "loans", 5'000);
  SetPresence("anne", kAvailable, 10'000);
  EXPECT_EQ(Of(card).record.contact_rule, DecidingRule::kArrival);
}

TEST_F(DecisionsTest, TheOrderOfQueuesComesBeforeKeys) {
  Configuration configuration = Centre();
  configuration.routing_profiles[0].queue_order = {{{"loans"}}};
  Start(configuration);
  Submit("card", "cards", 5'000);
  const ContactHandle loan = Submit("loan", "loans", 6'000);
  SetPresence("anne", kAvailable, 10'000);
  const DecisionRecord record = Of(loan).record;
  EXPECT_EQ(record.contact_rule, DecidingRule::kQueueOrder);
  EXPECT_EQ(record.compared[0].rank, 0);
  EXPECT_EQ(record.compared[1].rank, 1);
}

TEST_F(DecisionsTest, EightAreKeptAndTheOthersCounted) {
  Configuration configuration = Centre();
  for (int i = 0; i < 12; ++i) {
    const std::string skill = "skill" + std::to_string(i);
    configuration.skills.push_back({skill, ""});
    configuration.queues.push_back(Queue("queue" + std::to_string(i), skill));
    configuration.agents[0].skills.push_back({skill, 5});
  }
  Start(configuration);
  // The last to come have the best places.
  ContactHandle last;
  for (int i = 0; i < 12; ++i) {
    last = Submit("call" + std::to_string(i), "queue" + std::to_string(i),
                  1'000 + i, i == 11 ? 1 : 0);
  }
  SetPresence("anne", kAvailable, 10'000);
  const DecisionRecord record = Of(last).record;
  ASSERT_EQ(record.lanes, 8);
  for (std::size_t i = 1; i < 8; ++i) {
    EXPECT_EQ(record.compared[i].key, 999 + static_cast<InstantMs>(i));
  }
  EXPECT_EQ(record.others, 4U);
}

// Fronts of what the agent declined come before all that it may take.
TEST_F(DecisionsTest, WhatWasDeclinedDoesNotPushTheNextOut) {
  Configuration configuration = Centre();
  for (int i = 0; i < 12; ++i) {
    const std::string skill = "skill" + std::to_string(i);
    configuration.skills.push_back({skill, ""});
    configuration.queues.push_back(Queue("queue" + std::to_string(i), skill));
    configuration.agents[0].skills.push_back({skill, 5});
  }
  Start(configuration);
  SetPresence("anne", kAvailable, 0);
  for (int i = 0; i < 12; ++i) {
    const ContactHandle call = Submit("declined" + std::to_string(i),
                                      "queue" + std::to_string(i), 1'000 + i);
    ASSERT_TRUE(
        router_->Decline(AgentOf("anne"), call, 2, std::nullopt, 1'000 + i)
            .ok());
  }
  SetPresence("david", kAvailable, 2'000);
  const ContactHandle held = Submit("held", "cards", 2'000);
  ASSERT_TRUE(router_->DecisionOf(held, 0).ok());
  const std::string first = Of(held).agent_id;
  Submit("card", "cards", 3'000);
  const ContactHandle loan = Submit("loan", "loans", 4'000);
  const ContactHandle other = Submit("other", "cards", 5'000);
  static_cast<void>(other);
  // Anne has one of them by now; whoever she takes next stood before the rest.
  const auto taken = router_->GetAgent(AgentOf("anne"));
  ASSERT_TRUE(taken.ok());
  ASSERT_EQ(taken->held.size(), 1U);
  const auto contact = router_->FindContact(taken->held[0].contact_id);
  Handle("anne", *contact, taken->held[0].attempt, 6'000);
  const auto now = router_->GetAgent(AgentOf("anne"));
  ASSERT_EQ(now->held.size(), 1U);
  const DecisionRecord record =
      Of(*router_->FindContact(now->held[0].contact_id)).record;
  ASSERT_GE(record.lanes, 2) << first;
  EXPECT_EQ(record.contact_rule, DecidingRule::kRankKey);
  EXPECT_GT(record.compared[1].key, record.compared[0].key);
  static_cast<void>(loan);
}

TEST_F(DecisionsTest, EachAttemptHasItsRecordAndOnesThatEndedAreKept) {
  Start(Centre());
  SetPresence("bilal", kAvailable, 100);
  SetPresence("chloe", kAvailable, 200);
  const ContactHandle call = Submit("call", "cards", 1'000);
  ASSERT_TRUE(
      router_->Decline(AgentOf("bilal"), call, 2, std::nullopt, 2'000).ok());
  EXPECT_EQ(Of(call).agent_id, "chloe");
  EXPECT_EQ(Of(call).record.attempt, 4U);
  EXPECT_EQ(Of(call, 2).agent_id, "bilal");
  EXPECT_FALSE(Of(call, 2).stands);
  Handle("chloe", call, 4, 3'000);
  // The slot goes to another contact, whose decision is written there.
  SetPresence("david", kAvailable, 4'000);
  const ContactHandle next = Submit("next", "loans", 5'000);
  EXPECT_EQ(next.slot, call.slot);
  EXPECT_EQ(Of(next).agent_id, "david");
  EXPECT_EQ(Of(call).agent_id, "chloe");
  EXPECT_EQ(Of(call).contact_id, "call");
  EXPECT_FALSE(Of(call).stands);
  const auto unknown = router_->DecisionOf(call, 3);
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FieldPathOf(unknown.status()), "attempt");
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("3: no"));
  const auto never = router_->DecisionOf({900, 77}, 0);
  EXPECT_EQ(never.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FieldPathOf(never.status()), "contact_id");
}

TEST_F(DecisionsTest, TheListIsNewestFirstAndBounded) {
  Start(Centre(), /*decision_records=*/3);
  SetPresence("chloe", kAvailable, 0);
  std::vector<ContactHandle> calls;
  for (int i = 0; i < 6; ++i) {
    const InstantMs now_ms = 1'000 * (i + 1);
    calls.push_back(Submit("call" + std::to_string(i), "cards", now_ms));
    Handle("chloe", calls.back(), 2, now_ms + 1);
  }
  SetPresence("bilal", kAvailable, 10'000);
  const ContactHandle stands = Submit("stands", "cards", 20'000);
  const auto ids = [&](InstantMs since_ms, std::size_t limit) {
    std::vector<std::string> listed;
    for (const DecisionView& view : router_->Decisions(since_ms, limit)) {
      listed.push_back(view.contact_id);
    }
    return listed;
  };
  EXPECT_THAT(ids(0, 100), ElementsAre("stands", "call5", "call4", "call3"));
  EXPECT_THAT(ids(0, 2), ElementsAre("stands", "call5"));
  EXPECT_THAT(ids(5'000, 100), ElementsAre("stands", "call5", "call4"));
  EXPECT_EQ(router_->DecisionOf(calls[0], 0).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Of(stands).agent_id, "bilal");
}

TEST_F(DecisionsTest, AfterARestartWhatStandsSaysSo) {
  LiveState state;
  state.last_sequence = 100;
  state.last_at_ms = 5'000;
  state.arrival_sequence = 1;
  state.configuration_version = 7;
  state.configuration = std::make_shared<const Configuration>(Centre());
  ContactDetail detail;
  detail.spec.id = "call";
  detail.spec.queue = "cards";
  detail.queue = Centre().queues[0];
  detail.rank_key_ms = 1'001;
  detail.arrival_sequence = 1;
  LiveContact held;
  held.detail = std::make_shared<const ContactDetail>(detail);
  held.arrival_ms = 1'001;
  held.version = 3;
  held.state = ContactState::kAssigned;
  held.placed = true;
  held.rank_key_ms = 1'001;
  held.arrival_sequence = 1;
  held.agent_id = "anne";
  held.attempt = 2;
  held.accepted_ms = 4'000;
  state.contacts = {{"call", held}};
  LiveAgent anne;
  anne.version = 9;
  anne.presence.state = PresenceState::kAvailable;
  anne.held = {{"call", Channel::kVoice, WorkState::kHandling, 2, 100, 0}};
  state.agents = {{"anne", anne}};
  RouterOptions options;
  options.observer = &silent_;
  options.limits.contacts = 1'000;
  options.limits.agents = 100;
  router_ = *Router::Create(options);
  ASSERT_TRUE(router_->Restore(state, 6'000).ok());
  const DecisionView view = Of(*router_->FindContact("call"), 2);
  EXPECT_EQ(view.agent_id, "anne");
  EXPECT_EQ(view.queue, "cards");
  EXPECT_TRUE(view.stands);
  EXPECT_EQ(view.record.contact_rule, DecidingRule::kRestored);
  EXPECT_EQ(view.record.agent_rule, DecidingRule::kRestored);
}

TEST_F(DecisionsTest, LimitsAreChecked) {
  RouterOptions options;
  options.observer = &silent_;
  options.limits.decision_records = 0;
  const auto router = Router::Create(options);
  EXPECT_EQ(FieldPathOf(router.status()), "limits.decision_records");
}

// Reading while two threads decide: each record is whole, and tells a decision
// of its contact.
TEST_F(DecisionsTest, RecordsAreReadBesideDecisions) {
  Configuration configuration = Centre();
  for (ContactQueue& queue : configuration.queues) queue.offer_timeout_ms = 0;
  Start(configuration, /*decision_records=*/8);
  for (const AgentConfiguration& agent : configuration.agents) {
    SetPresence(agent.id, kAvailable, 0);
  }
  std::atomic<int> working{2};
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 2; ++worker) {
    workers.emplace_back([&, worker] {
      for (int i = 0; i < 3'000; ++i) {
        ContactSpec spec;
        spec.id = std::to_string(worker) + "-" + std::to_string(i);
        spec.queue = worker == 0 ? "cards" : "loans";
        const auto answer = router_->Submit(spec, 1'000 + i);
        router_->DrainEvents();
        if (!answer.ok()) continue;
        if (!router_->Complete(answer->contact, 1'000 + i).ok()) {
          router_->Cancel(answer->contact, EndReason::kCancelled, 1'000 + i)
              .IgnoreError();
        }
        router_->DrainEvents();
      }
      --working;
    });
  }
  std::uint64_t read = 0;
  std::string wrong;
  while (working > 0) {
    for (const DecisionView& view : router_->Decisions(0, 100)) {
      ++read;
      const DecisionRecord& record = view.record;
      const std::string queue =
          view.contact_id.starts_with("0-") ? "cards" : "loans";
      const bool known = std::any_of(
          configuration.agents.begin(), configuration.agents.end(),
          [&](const auto& agent) { return agent.id == view.agent_id; });
      if (view.queue != queue || !known || record.lanes == 0 ||
          record.compared[0].key != record.at_ms ||
          view.names.size() != std::size_t{record.lanes} + record.agents) {
        wrong = view.contact_id + " of " + view.queue + " to " + view.agent_id;
      }
    }
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(wrong, "");
  EXPECT_GT(read, 0U);
}

}  // namespace
}  // namespace relais
