// Goal: what the reference router cannot know of holds: agents who leave with
// much held for them, when the runtime is told, restarts, and calls that meet.
// What holds do is compared in tests/model and told in
// tests/cases/preferred_agents.yaml.
// Method: a small Router by hand; then threads on one, whose events are checked
// when all is over.

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/live_state.h"
#include "relais/router.h"

namespace relais {
namespace {

class Recorder final : public RouterObserver {
 public:
  void OnEvent(const Event& event) override { events.push_back(event); }
  void OnNextDueEarlier() override { ++earlier; }
  std::vector<Event> events;
  std::atomic<int> earlier{0};
};

Configuration Centre(int agents) {
  Configuration configuration;
  configuration.skills = {{"loans", ""}};
  configuration.routing_profiles = {{"all", SetOf(Channel::kVoice)}};
  for (int i = 0; i < agents; ++i) {
    AgentConfiguration agent;
    agent.id = "agent" + std::to_string(i);
    agent.routing_profile = "all";
    agent.skills = {{"loans", 5}};
    configuration.agents.push_back(agent);
  }
  BullseyePlan plan;
  plan.name = "loosens";
  plan.rings = {{.widen_after_ms = 40, .drop_skills = {"loans"}}};
  configuration.bullseye_plans = {plan};
  ContactQueue queue;
  queue.name = "calls";
  queue.channels = SetOf(Channel::kVoice);
  queue.requirement.all_of = {{"loans", 3}};
  queue.hold = {200, 600, 300, 500};
  queue.plan = "loosens";
  configuration.queues = {queue};
  return configuration;
}

ContactSpec Call(const std::string& id, std::vector<std::string> agents) {
  ContactSpec spec;
  spec.id = id;
  spec.queue = "calls";
  spec.preferred = {std::move(agents), PreferenceSource::kList, 0};
  return spec;
}

class HoldsTest : public ::testing::Test {
 protected:
  void Begin(const Limits& limits, int agents) {
    RouterOptions options;
    options.observer = &recorder_;
    options.limits = limits;
    router_ = *Router::Create(options);
    const auto applied = router_->Apply(Centre(agents), 0);
    ASSERT_TRUE(applied.ok()) << applied.status();
    ASSERT_TRUE(applied->applied());
  }
  void Set(const std::string& agent, Presence presence, InstantMs now_ms) {
    ASSERT_TRUE(
        router_->SetPresence(*router_->FindAgent(agent), presence, now_ms)
            .ok());
  }

  Recorder recorder_;
  std::unique_ptr<Router> router_;
};

Limits Small() {
  Limits limits;
  limits.contacts = 4'000;
  limits.agents = 10;
  limits.queues = 2;
  limits.requirement_classes = 64;
  limits.profile_classes = 10;
  limits.lanes = 256;
  limits.ended_ids = 100'000;
  limits.pending_events = 1 << 14;
  return limits;
}

constexpr Presence kReady{PresenceState::kAvailable, NotReadyReason::kNone};
constexpr Presence kAway{PresenceState::kNotReady, NotReadyReason::kMeal};

// Its call makes its own event; the ends are deadlines.
TEST_F(HoldsTest, AnAgentWhoLeavesWithMuchHeldForItLeavesInOneStep) {
  Begin(Small(), 2);
  Set("agent0", {PresenceState::kNotReady, NotReadyReason::kMeal, 400}, 1);
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = "call" + std::to_string(i);
    ASSERT_TRUE(router_->Submit(Call(id, {"agent0", "agent1"}), 2).ok());
    ASSERT_EQ(router_->GetContact(id)->held_for, "agent0");
    ASSERT_EQ(router_->GetContact(id)->held_until_ms, 600);
  }
  router_->DrainEvents();
  recorder_.events.clear();
  recorder_.earlier = 0;
  Set("agent0", kAway, 3);
  EXPECT_EQ(router_->DrainEvents(), 1U);
  EXPECT_GT(recorder_.earlier, 0) << "nobody runs what is due now";
  EXPECT_EQ(router_->NextDue(), 3);
  EXPECT_EQ(router_->RunDue(3, 100), 100U);
  EXPECT_EQ(router_->GetContact("call99")->held_for, "");
  EXPECT_EQ(router_->GetContact("call100")->held_for, "agent0");
  // Those are kept by who says in time when it is back.
  Set("agent0", {PresenceState::kNotReady, NotReadyReason::kMeal, 300}, 4);
  EXPECT_EQ(router_->RunDue(4, 10'000), 0U);
  EXPECT_EQ(router_->GetContact("call100")->held_until_ms, 500);
  Set("agent0", kReady, 5);
  EXPECT_EQ(router_->GetContact("call0")->agent_id, "agent0")
      << "it came first, held or not";
}

// Its hold is of the first ring, which nobody else can be in the way of.
TEST_F(HoldsTest, AnAgentWhoIsNoLongerListedGoesWhenNothingIsHeldForIt) {
  Begin(Small(), 2);
  Set("agent0", {PresenceState::kLoggedOut, NotReadyReason::kNone, 400}, 1);
  ASSERT_TRUE(router_->Submit(Call("call", {"agent0"}), 2).ok());
  ASSERT_EQ(router_->GetContact("call")->held_for, "agent0");
  Configuration without = Centre(2);
  without.agents.erase(without.agents.begin());
  ASSERT_TRUE(router_->Apply(without, 3)->applied());
  EXPECT_TRUE(router_->FindAgent("agent0").ok());
  EXPECT_EQ(router_->RunDue(3, 100), 1U);
  EXPECT_FALSE(router_->FindAgent("agent0").ok());
  EXPECT_EQ(router_->GetContact("call")->held_for, "");
}

TEST_F(HoldsTest, ARepeatedSubmitIsOfTheSamePreference) {
  Begin(Small(), 2);
  Set("agent0", {PresenceState::kLoggedOut, NotReadyReason::kNone, 400}, 1);
  ASSERT_TRUE(router_->Submit(Call("call", {"agent0"}), 2).ok());
  EXPECT_TRUE(router_->Submit(Call("call", {"agent0"}), 3)->repeated);
  for (const ContactSpec& other :
       {Call("call", {"agent1"}), Call("call", {"agent0", "agent1"}),
        Call("call", {})}) {
    EXPECT_EQ(router_->Submit(other, 3).status().code(),
              absl::StatusCode::kAlreadyExists);
  }
  ContactSpec boxed = Call("call", {"agent0"});
  boxed.preferred.reply_by_ms = 1;
  EXPECT_EQ(router_->Submit(boxed, 3).status().code(),
            absl::StatusCode::kAlreadyExists);
}

// Where "call" has been held for the first of the agents since 5, until 500; no
// configuration yet.
LiveState StateWithHeld(const Configuration& centre,
                        const std::vector<std::string>& agents) {
  ContactDetail detail;
  detail.spec = Call("call", agents);
  detail.queue = centre.queues[0];
  detail.rank_key_ms = 5;
  detail.arrival_sequence = 1;
  detail.plan = centre.bullseye_plans[0];
  LiveContact contact;
  contact.detail = std::make_shared<const ContactDetail>(detail);
  contact.arrival_ms = 5;
  contact.version = 1;
  contact.held_for = agents[0];
  contact.held_since_ms = 5;
  contact.held_until_ms = 500;
  LiveState state;
  state.last_sequence = 7;
  state.configuration_version = 1;
  state.arrival_sequence = 1;
  state.contacts["call"] = contact;
  state.queues["calls"] = {1, 0, 0};
  return state;
}

// A held contact of an agent who is not listed any more, or never was.
TEST_F(HoldsTest, AStateWhoseHoldNobodyKeepsIsGoneOnWith) {
  const Configuration centre = Centre(2);
  LiveState state = StateWithHeld(centre, {"gone", "agent1"});
  state.configuration = std::make_shared<const Configuration>(centre);
  RouterOptions options;
  options.observer = &recorder_;
  options.limits = Small();
  router_ = *Router::Create(options);
  ASSERT_TRUE(router_->Restore(state, 6).ok());
  EXPECT_EQ(router_->GetContact("call")->held_for, "gone");
  EXPECT_EQ(router_->RunDue(6, 100), 1U);
  EXPECT_EQ(router_->GetContact("call")->held_for, "");
  EXPECT_FALSE(router_->FindAgent("gone").ok());
  state.contacts["call"].held_for = "agent0";
  router_ = *Router::Create(options);
  const absl::Status refused = router_->Restore(state, 6);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << refused;
}

// The next thing that happens to the agent is a call, not a RunDue.
class LostHoldsTest : public HoldsTest {
 protected:
  // Agent0 is at a call; three wait for it, one of them for agent1 after it.
  void HoldForBusyAgent(int agents) {
    Begin(Small(), agents);
    Set("agent0", kReady, 1);
    ASSERT_TRUE(router_->Submit(Call("first", {}), 2).ok());
    ASSERT_TRUE(router_
                    ->Accept(*router_->FindAgent("agent0"),
                             *router_->FindContact("first"), 2, 2)
                    .ok());
    ASSERT_TRUE(router_->Submit(Call("call0", {"agent0"}), 3).ok());
    ASSERT_TRUE(router_->Submit(Call("call1", {"agent0", "agent1"}), 4).ok());
    ContactSpec boxed = Call("call2", {"agent0"});
    boxed.preferred.reply_by_ms = 5'000;
    ASSERT_TRUE(router_->Submit(boxed, 5).ok());
    for (const char* id : {"call0", "call1", "call2"}) {
      ASSERT_EQ(router_->GetContact(id)->held_for, "agent0");
    }
  }
  void ExpectNothingForAgent0(InstantMs now_ms) {
    EXPECT_EQ(router_->GetContact("call0")->held_for, "");
    EXPECT_EQ(router_->GetContact("call2")->held_for, "");
    ASSERT_TRUE(router_->Complete(*router_->FindContact("first"), now_ms).ok());
    EXPECT_TRUE(router_->GetAgent(*router_->FindAgent("agent0"))->held.empty())
        << "given what it may not serve";
  }
};

TEST_F(LostHoldsTest, AChangeOfTheAgentEndsThemAtOnce) {
  HoldForBusyAgent(2);
  Set("agent1", {PresenceState::kNotReady, NotReadyReason::kMeal, 400}, 6);
  AgentChange change;
  change.skills.emplace();
  ASSERT_TRUE(
      router_->ChangeAgent(*router_->FindAgent("agent0"), change, 7).ok());
  EXPECT_EQ(router_->GetContact("call1")->held_for, "agent1");
  ExpectNothingForAgent0(8);
  // What ended has left no deadline behind; the ring comes, the first first.
  EXPECT_EQ(router_->NextDue(), 43);
}

TEST_F(LostHoldsTest, AnotherConfigurationEndsThemAtOnce) {
  HoldForBusyAgent(1);
  Configuration without = Centre(1);
  without.agents[0].skills.clear();
  ASSERT_TRUE(router_->Apply(without, 7)->applied());
  ExpectNothingForAgent0(8);
}

// The change is durable, the ends are not.
TEST_F(LostHoldsTest, AStateThatStillHasThemIsRestoredWithoutThem) {
  Configuration centre = Centre(1);
  LiveState state = StateWithHeld(centre, {"agent0"});
  centre.agents[0].skills.clear();
  state.configuration = std::make_shared<const Configuration>(centre);
  LiveAgent agent;
  agent.version = 1;
  agent.presence = kReady;
  agent.presence_configuration_version = 1;
  state.agents["agent0"] = agent;
  RouterOptions options;
  options.observer = &recorder_;
  options.limits = Small();
  router_ = *Router::Create(options);
  ASSERT_TRUE(router_->Restore(state, 6).ok());
  EXPECT_EQ(router_->GetContact("call")->held_for, "");
  EXPECT_EQ(router_->GetContact("call")->state, ContactState::kWaiting);
}

// Two submits of one id meet; one of them is the choice.
TEST_F(HoldsTest, SubmitsOfOneContactThatMeetAreOneChoice) {
  constexpr int kContacts = 3'000;
  Begin(Small(), 2);
  Set("agent0", {PresenceState::kNotReady, NotReadyReason::kMeal, 400}, 1);
  std::atomic<int> begun[2] = {0, 0};
  const auto submit_all = [&](std::size_t own) {
    for (int i = 1; i <= kContacts; ++i) {
      ContactSpec spec = Call("call" + std::to_string(i), {"agent0"});
      spec.preferred.source = PreferenceSource::kPanel;
      begun[own] = i;
      for (int spins = 0; begun[1 - own] < i; ++spins) {
        if (spins > 10'000) std::this_thread::yield();
      }
      router_->Submit(spec, 2).IgnoreError();
    }
  };
  std::thread other([&] { submit_all(1); });
  submit_all(0);
  other.join();
  EXPECT_EQ(router_->GetAgent(*router_->FindAgent("agent0"))->panel_choices,
            kContacts);
}

class HoldsUnderThreadsTest : public HoldsTest {
 protected:
  static constexpr int kAgents = 4;

  void SubmitMany(int thread) {
    for (int i = 0; i < 3'000; ++i) {
      const std::string id =
          "call" + std::to_string(thread) + "-" + std::to_string(i);
      const auto name = [](int k) {
        return "agent" + std::to_string(k % kAgents);
      };
      ContactSpec spec = Call(id, {});
      if (i % 5 != 0) spec.preferred.agents = {name(i), name(i + 1)};
      // What waits for everybody came first and would be taken first.
      while (i % 8 == 0 && router_->Queues()[0].waiting > 12) {
        std::this_thread::yield();
      }
      const auto outcome = router_->Submit(spec, Now());
      if (!outcome.ok() || i % 4 != 0) continue;
      router_->Cancel(outcome->contact, EndReason::kAbandoned, Now())
          .IgnoreError();
    }
  }
  void ComeAndGo() {
    for (int i = 0; !over_; ++i) {
      const auto agent =
          *router_->FindAgent("agent" + std::to_string(i % kAgents));
      Presence presence = i / kAgents % 3 == 0 ? kAway : kReady;
      if (i % 7 == 0 && presence == kAway) presence.back_at_ms = Now() + 200;
      router_->SetPresence(agent, presence, Now()).IgnoreError();
      // So that something is answered in between.
      const std::uint64_t before = rounds_;
      while (rounds_ == before && !over_) std::this_thread::yield();
    }
  }
  void AnswerAll() {
    for (const AgentView& agent : router_->Agents()) {
      for (const HeldContact& held : agent.held) {
        const auto contact = router_->FindContact(held.contact_id);
        if (!contact.ok()) continue;
        const bool reserved = held.state == WorkState::kReserved;
        if (reserved && held.attempt % 3 == 0) {
          router_->Decline(agent.handle, *contact, held.attempt, 50, Now())
              .IgnoreError();
        } else if (reserved) {
          router_->Accept(agent.handle, *contact, held.attempt, Now())
              .IgnoreError();
        } else {
          router_->Complete(*contact, Now()).IgnoreError();
        }
      }
    }
  }
  void RunAndAnswer() {
    while (!over_) {
      router_->RunDue(clock_.fetch_add(10), 64);
      AnswerAll();
      ++rounds_;
      router_->DrainEvents();
    }
  }
  InstantMs Now() { return clock_.fetch_add(1); }

  // What each contact's events say one after another.
  void CheckEvents() {
    std::map<std::string, Event> last;
    std::uint64_t ended = 0;
    std::uint64_t taken = 0;
    for (const Event& event : recorder_.events) {
      if (event.contact_version == 0) continue;
      const std::string id(event.contact_id.view());
      const std::string held(event.held_for.view());
      const bool known = last.contains(id);
      const Event before = known ? last[id] : Event();
      const std::string held_before(before.held_for.view());
      if (event.type == EventType::kReservationCreated) {
        EXPECT_EQ(held, held_before) << id;
        EXPECT_TRUE(held.empty() || held == event.agent_id.view()) << id;
        if (!held.empty()) ++taken;
      }
      if (event.type == EventType::kContactHoldEnded) {
        EXPECT_NE(held_before, "") << id;
        EXPECT_NE(held, held_before) << id;
        ++ended;
      }
      if (known && event.contact_state == ContactState::kWaiting) {
        EXPECT_TRUE(held.empty() || !held_before.empty())
            << id << " is held once more";
      }
      last[id] = event;
    }
    EXPECT_GT(ended, 100U);
    EXPECT_GT(taken, 100U);
    std::uint64_t waiting = 0;
    for (const auto& [id, event] : last) {
      if (event.contact_state != ContactState::kWaiting) continue;
      EXPECT_EQ(event.held_for.view(), "") << id;
      EXPECT_EQ(router_->GetContact(id)->held_for, "") << id;
      ++waiting;
    }
    std::uint64_t shown = 0;
    for (const QueueView& queue : router_->Queues()) shown += queue.waiting;
    EXPECT_EQ(waiting, shown);
  }

  std::atomic<InstantMs> clock_{10};
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> rounds_{0};
};

// Threads submit, cancel, answer, complete, come and go and run what is due,
// all for the same few agents.
TEST_F(HoldsUnderThreadsTest, CallsThatMeetLeaveNobodyBehind) {
  Limits limits = Small();
  limits.pending_events = 1 << 18;
  Begin(limits, kAgents);
  std::vector<std::thread> threads;
  threads.reserve(2);
  for (int t = 0; t < 2; ++t) threads.emplace_back([&, t] { SubmitMany(t); });
  std::thread presence([&] { ComeAndGo(); });
  std::thread due([&] { RunAndAnswer(); });
  std::thread reader([&] {
    while (!over_) {
      router_->ExplainContact("call0-17", 0, 10).IgnoreError();
      router_->GetContact("call1-33").IgnoreError();
    }
  });
  for (std::thread& thread : threads) thread.join();
  over_ = true;
  presence.join();
  due.join();
  reader.join();
  // Everybody signs out without a word: in the end nothing is held.
  for (int round = 0; round < 30; ++round) AnswerAll();
  for (int i = 0; i < kAgents; ++i) {
    router_
        ->SetPresence(*router_->FindAgent("agent" + std::to_string(i)),
                      {PresenceState::kLoggedOut, NotReadyReason::kNone}, Now())
        .IgnoreError();
  }
  for (int round = 0; round < 3; ++round) {
    AnswerAll();
    while (router_->RunDue(Now(), 1'000) > 0) router_->DrainEvents();
  }
  router_->DrainEvents();
  CheckEvents();
}

}  // namespace
}  // namespace relais
