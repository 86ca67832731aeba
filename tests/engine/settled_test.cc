// A view that says it is settled shows nothing whose event is not handed over:
// whoever drains then finds the event of that version. Otherwise a server could
// tell what a crash undoes.

#include <atomic>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "relais/router.h"

namespace relais {
namespace {

constexpr int kAgents = 3;
constexpr int kContactsAWorker = 4'000;

// The reader's thread alone drains, so it alone is told.
class Versions final : public RouterObserver {
 public:
  void OnEvent(const Event& event) override {
    if (event.contact_version > 0) {
      contacts[std::string(event.contact_id.view())] = event.contact_version;
    }
    if (event.agent_version > 0) {
      agents[std::string(event.agent_id.view())] = event.agent_version;
    }
  }
  std::map<std::string, std::uint64_t> contacts;
  std::map<std::string, std::uint64_t> agents;
};

Configuration Centre() {
  Configuration configuration;
  configuration.name = "centre";
  configuration.skills = {{"accounts", ""}};
  configuration.routing_profiles = {{"all", 0xFF}};
  for (int i = 0; i < kAgents; ++i) {
    configuration.agents.push_back(
        {"a" + std::to_string(i), AgentGrade::kSenior, "all", {}});
  }
  ContactQueue queue;
  queue.name = "main";
  queue.channels = 0xFF;
  queue.offer_timeout_ms = 0;  // accepted at once
  queue.wrap_up_ms = 0;
  configuration.queues.push_back(queue);
  return configuration;
}

// Submits, completes and cancels contacts of its own.
void Work(Router& router, int worker, std::atomic<int>& submitted) {
  for (int i = 0; i < kContactsAWorker; ++i) {
    ContactSpec spec;
    spec.id = "w" + std::to_string(worker) + "-" + std::to_string(i);
    spec.queue = "main";
    // Chats stand beside one another.
    if (i % 2 == 1) spec.channel = Channel::kChat;
    absl::StatusOr<SubmitOutcome> outcome = router.Submit(spec, i);
    while (!outcome.ok()) {  // no room for events until the reader drains
      std::this_thread::yield();
      outcome = router.Submit(spec, i);
    }
    submitted = i + 1;
    const ContactHandle contact = outcome->contact;
    while (!router.Complete(contact, i).ok() &&
           !router.Cancel(contact, EndReason::kAbandoned, i).ok()) {
      std::this_thread::yield();
    }
  }
}

TEST(SettledTest, WhatASettledViewShowsHasBeenHandedOver) {
  Versions versions;
  RouterOptions options;
  options.observer = &versions;
  const auto router = *Router::Create(options);
  ASSERT_TRUE(router->Apply(Centre(), 0).ok());
  for (int i = 0; i < kAgents; ++i) {
    const auto agent = router->FindAgent("a" + std::to_string(i));
    ASSERT_TRUE(
        router->SetPresence(*agent, {PresenceState::kAvailable}, 0).ok());
  }
  std::vector<std::thread> workers;
  std::atomic<int> submitted[2] = {};
  std::atomic<int> at_work{2};
  for (int worker = 0; worker < 2; ++worker) {
    workers.emplace_back([&, worker] {
      Work(*router, worker, submitted[worker]);
      --at_work;
    });
  }
  Random random(1);
  std::uint64_t settled = 0;
  std::uint64_t unsettled = 0;
  std::string wrong;  // to the end: the workers need their events taken
  while (at_work > 0) {
    const auto worker = random.Uniform(2);
    // The one that it works on now.
    const auto contact =
        router->GetContact("w" + std::to_string(worker) + "-" +
                           std::to_string(submitted[worker].load()));
    const auto agent = router->GetAgent(
        *router->FindAgent("a" + std::to_string(random.Uniform(kAgents))));
    router->DrainEvents();
    if (contact.ok()) {
      ++(contact->settled ? settled : unsettled);
      if (contact->settled &&
          versions.contacts[contact->id] < contact->version) {
        wrong = contact->id;
      }
    }
    ++(agent->settled ? settled : unsettled);
    if (agent->settled && versions.agents[agent->id] < agent->version) {
      wrong = agent->id;
    }
  }
  for (std::thread& worker : workers) worker.join();
  std::cout << settled << " settled views, " << unsettled << " unsettled\n";
  EXPECT_EQ(wrong, "");
  EXPECT_GT(settled, 1'000U);
}

}  // namespace
}  // namespace relais
