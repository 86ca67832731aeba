// Goal: what the reference router cannot know of rings: tables that are full,
// classes given back, when the runtime is told, and calls that meet. What rings
// do is compared in tests/model and told in tests/cases/rings.yaml.
// Method: a small Router by hand; then threads on one, whose events are checked
// when all is over.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
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

BullseyePlan Levels() {
  BullseyePlan plan;
  plan.name = "levels";
  plan.skip_first_if = RingCondition::kNobodySignedIn;
  plan.rings = {{.widen_after_ms = 1'000,
                 .lower = {{"loans", 0, 5}},
                 .raise_boost_ms = 500,
                 .skip_if = RingCondition::kNobodySignedIn},
                {.widen_after_ms = 2'000, .drop_skills = {"loans"}}};
  return plan;
}

// Experts have loans 9, the others 5.
Configuration Centre(int experts, int others) {
  Configuration configuration;
  configuration.skills = {{"loans", ""}, {"french", ""}};
  configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
  for (int i = 0; i < experts + others; ++i) {
    AgentConfiguration agent;
    agent.id = "agent" + std::to_string(i);
    agent.routing_profile = "voice";
    agent.skills = {{"loans", i < experts ? 9 : 5}, {"french", 10}};
    configuration.agents.push_back(agent);
  }
  configuration.bullseye_plans = {Levels()};
  ContactQueue queue;
  queue.name = "calls";
  queue.channels = SetOf(Channel::kVoice);
  queue.requirement.all_of = {{"loans", 8}};
  queue.offer_timeout_ms = 0;
  queue.plan = "levels";
  configuration.queues = {queue};
  return configuration;
}

ContactSpec Call(const std::string& id, int french = 0) {
  ContactSpec spec;
  spec.id = id;
  spec.queue = "calls";
  if (french > 0) spec.requirement.all_of = {{"french", french}};
  return spec;
}

class RingsTest : public ::testing::Test {
 protected:
  void Begin(const Limits& limits, const Configuration& configuration) {
    RouterOptions options;
    options.observer = &recorder_;
    options.limits = limits;
    router_ = *Router::Create(options);
    const auto applied = router_->Apply(configuration, 0);
    ASSERT_TRUE(applied.ok()) << applied.status();
    ASSERT_TRUE(applied->applied());
  }
  void Set(const std::string& agent, PresenceState state, InstantMs now_ms) {
    ASSERT_TRUE(router_
                    ->SetPresence(*router_->FindAgent(agent),
                                  {state, NotReadyReason::kNone}, now_ms)
                    .ok());
  }

  Recorder recorder_;
  std::unique_ptr<Router> router_;
};

Limits Small() {
  Limits limits;
  limits.contacts = 100;
  limits.agents = 10;
  limits.queues = 2;
  limits.requirement_classes = 6;  // three of the queue, three of a contact
  limits.profile_classes = 10;
  limits.lanes = 9;
  limits.ended_ids = 1'000;
  limits.pending_events = 4'096;
  return limits;
}

// So what was accepted can always be widened.
TEST_F(RingsTest, ASubmitIsRefusedThatHasNoRoomInEveryRing) {
  Begin(Small(), Centre(1, 1));
  Set("agent0", PresenceState::kNotReady, 1);
  ASSERT_TRUE(router_->Submit(Call("first", 1), 1).ok());
  const auto second = router_->Submit(Call("second", 2), 1);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FieldPathOf(second.status()), "limits.requirement_classes");
  EXPECT_TRUE(router_->Submit(Call("same content", 1), 1).ok());
  EXPECT_TRUE(router_->Submit(Call("nothing of its own"), 1).ok());
  // Nine lanes: three of the queue's classes, three of first's; three
  // priorities would be nine.
  ContactSpec urgent = Call("urgent");
  urgent.priority = 1;
  EXPECT_TRUE(router_->Submit(urgent, 1).ok());
  urgent.id = "more urgent";
  urgent.priority = 2;
  const auto full = router_->Submit(urgent, 1);
  EXPECT_EQ(full.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FieldPathOf(full.status()), "limits.lanes");
}

TEST_F(RingsTest, ClassesOfEveryRingAreGivenBack) {
  Begin(Small(), Centre(1, 1));
  Set("agent0", PresenceState::kNotReady, 1);
  InstantMs now_ms = 1;
  for (int i = 1; i <= 200; ++i) {
    const std::string id = "call" + std::to_string(i);
    const auto outcome =
        router_->Submit(Call(id, i % kProficiencyLevelMax + 1), now_ms);
    ASSERT_TRUE(outcome.ok()) << id << " " << outcome.status();
    // In each ring, one after another.
    now_ms += 1'000 * (i % 3);
    router_->RunDue(now_ms, 100);
    EXPECT_EQ(router_->GetContact(id)->ring, i % 3);
    ASSERT_TRUE(
        router_->Cancel(outcome->contact, EndReason::kCancelled, now_ms).ok());
    EXPECT_EQ(router_->GetContact(id)->ring, i % 3);
    router_->DrainEvents();
  }
}

TEST_F(RingsTest, ARefusedConfigurationWithRingsLeavesNothingBehind) {
  Begin(Small(), Centre(1, 1));
  Configuration more = Centre(1, 1);
  more.queues.push_back(more.queues[0]);
  more.queues[1].name = "other";
  more.queues[1].requirement.all_of = {{"loans", 9}};
  more.bullseye_plans.push_back(Levels());
  more.bullseye_plans[1].name = "longer";
  auto& rings = more.bullseye_plans[1].rings;
  rings.pop_back();
  for (const DurationMs after_ms : {2'000, 3'000, 4'000}) {
    rings.push_back({.widen_after_ms = after_ms, .lower_all_by = 1});
  }
  more.queues[1].plan = "longer";
  for (int i = 0; i < 20; ++i) {
    const auto refused = router_->Apply(more, 2);
    ASSERT_EQ(FieldPathOf(refused.status()), "limits.requirement_classes")
        << refused.status();
  }
  Set("agent0", PresenceState::kNotReady, 3);
  EXPECT_TRUE(router_->Submit(Call("first", 1), 3).ok());
}

TEST_F(RingsTest, TheRuntimeIsToldWhenARingIsToBeSkipped) {
  Begin(Small(), Centre(1, 1));
  Set("agent0", PresenceState::kNotReady, 1);
  Set("agent1", PresenceState::kAvailable, 1);
  ASSERT_TRUE(router_->Submit(Call("call"), 10).ok());
  EXPECT_EQ(router_->NextDue(), 1'010);
  const int before = recorder_.earlier;
  Set("agent0", PresenceState::kLoggedOut, 20);
  EXPECT_GT(recorder_.earlier, before);
  EXPECT_EQ(router_->NextDue(), 20);
  // Whoever comes back in time keeps it where it is.
  Set("agent0", PresenceState::kNotReady, 21);
  EXPECT_EQ(router_->NextDue(), 1'010);
  EXPECT_EQ(router_->RunDue(22, 10), 0U);
  EXPECT_EQ(router_->GetContact("call")->ring, 0);
  Set("agent0", PresenceState::kLoggedOut, 30);
  EXPECT_EQ(router_->RunDue(30, 10), 1U);
  EXPECT_EQ(router_->GetContact("call")->ring, 1);
  EXPECT_EQ(router_->GetContact("call")->agent_id, "agent1");
}

// Many wait when the last who could answer signs out: one step for each.
TEST_F(RingsTest, ASkipIsOneStepOfRunDueForEachContact) {
  Begin(Small(), Centre(1, 1));
  Set("agent0", PresenceState::kNotReady, 1);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(router_->Submit(Call("call" + std::to_string(i)), 2).ok());
  }
  Set("agent0", PresenceState::kLoggedOut, 3);
  const auto ring = [this](int i) {
    return router_->GetContact("call" + std::to_string(i))->ring;
  };
  EXPECT_EQ(router_->RunDue(4, 20), 20U);
  // Nobody with 5 either, so all the way.
  EXPECT_EQ(ring(19), 2);
  EXPECT_EQ(ring(20), 0);
  EXPECT_EQ(router_->RunDue(4, 100), 30U);
  EXPECT_EQ(ring(49), 2);
  EXPECT_EQ(router_->RunDue(4, 100), 0U);
}

class RingsUnderThreadsTest : public RingsTest {
 protected:
  void SubmitMany(int thread) {
    for (int i = 0; i < 3'000; ++i) {
      const std::string id =
          "call" + std::to_string(thread) + "-" + std::to_string(i);
      const auto outcome = router_->Submit(Call(id, i % 3), Now());
      if (!outcome.ok() || i % 4 != 0) continue;
      router_->Cancel(outcome->contact, EndReason::kAbandoned, Now())
          .IgnoreError();
    }
  }
  void SignInAndOut() {
    for (int i = 0; !over_; ++i) {
      const auto agent = *router_->FindAgent("agent" + std::to_string(i % 4));
      const auto state = static_cast<PresenceState>(i / 4 % 3);
      router_->SetPresence(agent, {state, NotReadyReason::kNone}, Now())
          .IgnoreError();
    }
  }
  void RunAndComplete() {
    while (!over_) {
      router_->RunDue(clock_.fetch_add(10), 64);
      CompleteAll();
      router_->DrainEvents();
    }
  }
  void CompleteAll() {
    for (const AgentView& agent : router_->Agents()) {
      for (const HeldContact& held : agent.held) {
        const auto contact = router_->FindContact(held.contact_id);
        if (contact.ok()) router_->Complete(*contact, Now()).IgnoreError();
      }
    }
  }
  InstantMs Now() { return clock_.fetch_add(1); }

  std::atomic<InstantMs> clock_{10};
  std::atomic<bool> over_{false};
};

// Threads submit, cancel, complete, sign in and out and run what is due, all on
// the same few contacts and agents.
TEST_F(RingsUnderThreadsTest, CallsThatMeetLeaveNobodyBehind) {
  Limits limits = Small();
  limits.contacts = 4'000;
  limits.requirement_classes = 64;
  limits.lanes = 256;
  limits.ended_ids = 100'000;
  limits.pending_events = 1 << 18;
  Begin(limits, Centre(2, 2));
  std::vector<std::thread> bringers;
  bringers.reserve(2);
  for (int t = 0; t < 2; ++t) bringers.emplace_back([&, t] { SubmitMany(t); });
  std::thread presence([&] { SignInAndOut(); });
  std::thread due([&] { RunAndComplete(); });
  for (std::thread& bringer : bringers) bringer.join();
  over_ = true;
  presence.join();
  due.join();
  // Everybody signs out; in the end all are in the last ring.
  for (int i = 0; i < 4; ++i) {
    Set("agent" + std::to_string(i), PresenceState::kLoggedOut, Now());
  }
  CompleteAll();
  while (router_->RunDue(Now(), 1'000) > 0) router_->DrainEvents();
  router_->DrainEvents();
  std::map<std::string, Event> last;
  std::uint64_t widened = 0;
  for (const Event& event : recorder_.events) {
    if (event.contact_version == 0) continue;
    Event& before = last[std::string(event.contact_id.view())];
    EXPECT_GE(event.ring, before.ring) << event.contact_id.view();
    before = event;
    if (event.type == EventType::kContactWidened) ++widened;
  }
  EXPECT_GT(widened, 100U);
  std::uint64_t waiting = 0;
  for (const auto& [id, event] : last) {
    if (event.contact_state == ContactState::kEnded) continue;
    ASSERT_EQ(event.contact_state, ContactState::kWaiting) << id;
    EXPECT_EQ(event.ring, 2) << id;
    EXPECT_EQ(router_->GetContact(id)->ring, 2) << id;
    ++waiting;
  }
  std::uint64_t shown = 0;
  for (const QueueView& queue : router_->Queues()) shown += queue.waiting;
  EXPECT_EQ(waiting, shown);
}

}  // namespace
}  // namespace relais
