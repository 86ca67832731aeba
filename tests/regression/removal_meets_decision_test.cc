// Prevents: an agent dropped from the configuration while a decision is
// choosing it. Once its removal was an event before that reservation's, the
// event reader waited for ever or stopped the process; another time it was
// never removed at all.
// Method: three threads submit and cancel, one declines whatever is offered,
// while configurations with and without the agents are applied in turn; bounded
// by the number of configurations. The event queue itself stops the process on
// an event behind an entity's last one.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "relais/router.h"

namespace relais {
namespace {

class CountingObserver : public RouterObserver {
 public:
  void OnEvent(const Event& event) override {
    if (event.type == EventType::kAgentRemoved) ++removed;
  }
  std::uint64_t removed = 0;
};

constexpr int kAgents = 8;

Configuration Centre(bool with_agents) {
  Configuration configuration;
  configuration.name = "centre";
  configuration.skills = {{"basics", ""}};
  configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
  ContactQueue queue;
  queue.name = "calls";
  queue.channels = SetOf(Channel::kVoice);
  queue.offer_timeout_ms = 50;
  configuration.queues = {queue};
  for (int i = 0; with_agents && i < kAgents; ++i) {
    AgentConfiguration agent;
    agent.id = absl::StrCat("agent", i);
    agent.routing_profile = "voice";
    agent.skills = {{"basics", 5}};
    configuration.agents.push_back(agent);
  }
  return configuration;
}

class Floor {
 public:
  Floor() {
    RouterOptions options;
    options.observer = &observer;
    options.limits.contacts = 2'000;
    options.limits.agents = 64;
    options.limits.queues = 4;
    options.limits.ended_ids = 1'000;
    router = *Router::Create(options);
  }
  void SubmitAndCancel(int thread) {
    for (int i = 0; !over; ++i) {
      ContactSpec spec;
      spec.id = absl::StrCat("contact", thread, "-", i);
      spec.queue = "calls";
      // Skills of its own, so that its class and lanes come and go with it.
      if (i % 2 == 0) spec.requirement.all_of = {{"basics", i % 4 + 1}};
      const auto submitted = router->Submit(spec, now_ms++);
      if (submitted.ok()) {
        router->Cancel(submitted->contact, EndReason::kCancelled, now_ms++)
            .IgnoreError();
      }
      router->DrainEvents();
    }
  }
  void DeclineAll() {
    while (!over) {
      for (const AgentView& agent : router->Agents()) {
        for (const HeldContact& held : agent.held) {
          const auto contact = router->FindContact(held.contact_id);
          if (held.state != WorkState::kReserved || !contact.ok()) continue;
          router->Decline(agent.handle, *contact, held.attempt, 0, now_ms++)
              .IgnoreError();
        }
      }
      router->RunDue(now_ms++, 100);
    }
  }
  void ComeAndGo() {
    ASSERT_TRUE(router->Apply(Centre(true), now_ms++).ok());
    for (int i = 0; i < kAgents; ++i) {
      const auto agent = router->FindAgent(absl::StrCat("agent", i));
      if (!agent.ok()) continue;
      router->SetPresence(*agent, {PresenceState::kAvailable}, now_ms++)
          .IgnoreError();
    }
    ASSERT_TRUE(router->Apply(Centre(false), now_ms++).ok());
  }

  CountingObserver observer;
  std::unique_ptr<Router> router;
  std::atomic<InstantMs> now_ms{1'000};
  std::atomic<bool> over{false};
};

TEST(RegressionTest, AnAgentIsRemovedOnceAndAfterItsLastReservation) {
#ifdef __SANITIZE_THREAD__
  constexpr int kConfigurations = 300;
#else
  constexpr int kConfigurations = 3'000;
#endif
  Floor floor;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&floor, thread] { floor.SubmitAndCancel(thread); });
  }
  threads.emplace_back([&floor] { floor.DeclineAll(); });
  for (int i = 0; i < kConfigurations; ++i) floor.ComeAndGo();
  floor.over = true;
  for (std::thread& thread : threads) thread.join();
  // All deadlines, among them a removal that had to be put off.
  floor.router->RunDue(floor.now_ms + 10'000, 1'000'000);
  floor.router->DrainEvents();
  EXPECT_TRUE(floor.router->Agents().empty());
  EXPECT_GT(floor.observer.removed, 0U);
  const auto last = floor.router->Apply(Centre(false), floor.now_ms + 20'000);
  ASSERT_TRUE(last.ok());
  floor.router->DrainEvents();
  EXPECT_EQ(floor.router->Committed(), last->ticket);
}

}  // namespace
}  // namespace relais
