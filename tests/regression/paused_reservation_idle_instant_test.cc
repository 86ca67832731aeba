// Prevents: a pause taken and left again between the presence change that ends
// a reservation and that reservation's last event. The event then showed the
// agent's shifted idle instant, where event.h promises the one that the
// decision saw. Method: the observer hears of the pause's event before the
// reservation is ended, and holds the pausing thread there until another has
// made the agent available again.

#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "relais/router.h"

namespace relais {
namespace {

class HoldingObserver : public RouterObserver {
 public:
  void OnEventsPending() override {
    if (router == nullptr) return;
    Router* const held = router;
    router = nullptr;
    std::thread other([&] {
      EXPECT_TRUE(
          held->SetPresence(agent, {PresenceState::kAvailable}, 1'700).ok());
    });
    other.join();
  }
  void OnEvent(const Event& event) override { events.push_back(event); }

  Router* router = nullptr;  // set: hold the next thread that reports
  AgentHandle agent;
  std::vector<Event> events;
};

Configuration OneAgent() {
  Configuration configuration;
  configuration.name = "centre";
  configuration.skills = {{"basics", ""}};
  configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
  ContactQueue queue;
  queue.name = "calls";
  queue.channels = SetOf(Channel::kVoice);
  queue.offer_timeout_ms = 10'000;
  configuration.queues = {queue};
  AgentConfiguration agent;
  agent.id = "agent";
  agent.routing_profile = "voice";
  agent.skills = {{"basics", 5}};
  configuration.agents = {agent};
  return configuration;
}

TEST(RegressionTest, ARescissionKeepsTheIdleInstantOfItsDecision) {
  HoldingObserver observer;
  RouterOptions options;
  options.observer = &observer;
  auto created = Router::Create(options);
  ASSERT_TRUE(created.ok()) << created.status();
  Router& router = **created;
  ASSERT_TRUE(router.Apply(OneAgent(), 1'000).ok());
  const auto agent = router.FindAgent("agent");
  ASSERT_TRUE(agent.ok()) << agent.status();
  observer.agent = *agent;
  ASSERT_TRUE(
      router.SetPresence(*agent, {PresenceState::kAvailable}, 1'100).ok());
  ContactSpec spec;
  spec.id = "contact";
  spec.queue = "calls";
  ASSERT_TRUE(router.Submit(spec, 1'200).ok());
  router.DrainEvents();
  ASSERT_EQ(observer.events.back().type, EventType::kReservationCreated);
  EXPECT_EQ(observer.events.back().idle_since_ms, 1'100);

  observer.events.clear();
  observer.router = &router;
  ASSERT_TRUE(
      router
          .SetPresence(*agent,
                       {PresenceState::kNotReady, NotReadyReason::kMeeting},
                       1'500)
          .ok());
  router.DrainEvents();

  std::vector<EventType> types;
  for (const Event& event : observer.events) types.push_back(event.type);
  ASSERT_EQ(types, (std::vector<EventType>{EventType::kPresenceChanged,
                                           EventType::kPresenceChanged,
                                           EventType::kReservationRescinded,
                                           EventType::kReservationCreated}));
  // 400 ms idle before the pause, and the pause itself of 200 ms.
  EXPECT_EQ(observer.events[1].idle_since_ms, 1'300);
  EXPECT_EQ(observer.events[2].idle_since_ms, 1'100);
  EXPECT_EQ(observer.events[3].idle_since_ms, 1'300);
}

}  // namespace
}  // namespace relais
