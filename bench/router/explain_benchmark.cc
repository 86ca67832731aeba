// explain_benchmark: what an explanation costs, and what it costs the others.
//
// A centre of 1,000 agents, all with a contact in hand, in which contacts of 20
// queues wait, each for a skill at a level that some of the agents have.

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "relais/router.h"

namespace relais::bench {
namespace {

constexpr std::uint32_t kAgents = 1'000;
constexpr std::uint32_t kQueues = 20;
constexpr InstantMs kNowMs = 1'000'000;

Configuration ConfigurationFor(std::uint32_t profiles) {
  Configuration configuration;
  configuration.name = "explanations";
  configuration.routing_profiles = {{"voice", SetOf(Channel::kVoice)}};
  ContactQueue any;
  any.name = "any";
  any.channels = SetOf(Channel::kVoice);
  any.offer_timeout_ms = 0;  // assigned at once
  any.wrap_up_ms = 0;
  configuration.queues.push_back(any);
  for (std::uint32_t i = 0; i < kQueues; ++i) {
    ContactQueue queue = any;
    queue.name = absl::StrCat("queue", i);
    configuration.skills.push_back({absl::StrCat("skill", i), ""});
    queue.requirement.all_of = {{absl::StrCat("skill", i), 5}};
    configuration.queues.push_back(queue);
  }
  for (std::uint32_t i = 0; i < kAgents; ++i) {
    AgentConfiguration agent;
    agent.id = absl::StrCat("agent", i);
    agent.routing_profile = "voice";
    // Half the skills; the digits of the profile's number are their levels.
    std::uint32_t digits = i % profiles;
    for (std::uint32_t s = 0; s < kQueues; s += 2, digits /= 10) {
      agent.skills.push_back({absl::StrCat("skill", (s + i % profiles) % 20),
                              static_cast<int>(1 + digits % 10)});
    }
    configuration.agents.push_back(agent);
  }
  return configuration;
}

class Centre final : public RouterObserver {
 public:
  // `others` contacts wait before "asked".
  Centre(std::uint32_t profiles, std::uint32_t others) {
    RouterOptions options;
    options.observer = this;
    options.limits.contacts = 50'000;
    options.limits.agents = kAgents;
    auto router = Router::Create(options);
    RELAIS_CHECK(router.ok(), "the Router refuses its options");
    router_ = *std::move(router);
    const auto applied = router_->Apply(ConfigurationFor(profiles), kNowMs);
    RELAIS_CHECK(applied.ok() && applied->applied(),
                 "the Router refuses the configuration");
    for (std::uint32_t i = 0; i < kAgents; ++i) {
      const auto agent = router_->FindAgent(absl::StrCat("agent", i));
      RELAIS_CHECK(agent.ok(), "an agent is missing");
      const auto answer = router_->SetPresence(
          *agent, {PresenceState::kAvailable, NotReadyReason::kNone}, kNowMs);
      RELAIS_CHECK(answer.ok(), "an agent cannot sign in");
      Submit(absl::StrCat("held", i), "any");
    }
    for (std::uint32_t i = 0; i < others; ++i) {
      Submit(absl::StrCat("other", i), absl::StrCat("queue", i % kQueues));
    }
    Submit("asked", "queue0");
  }

  void OnEvent(const Event&) override {}

  ContactHandle Submit(const std::string& id, const std::string& queue) {
    ContactSpec spec;
    spec.id = id;
    spec.queue = queue;
    spec.channel = Channel::kVoice;
    const auto answer = router_->Submit(spec, kNowMs);
    RELAIS_CHECK(answer.ok(), "a contact was refused");
    router_->DrainEvents();
    return answer->contact;
  }
  Router& router() { return *router_; }

 private:
  std::unique_ptr<Router> router_;
};

// Agents have range(0) sets of skills, and range(1) other contacts wait.
void BM_ExplainContact(benchmark::State& state) {
  Centre centre(static_cast<std::uint32_t>(state.range(0)),
                static_cast<std::uint32_t>(state.range(1)));
  for (auto _ : state) {
    const auto explained =
        centre.router().ExplainContact("asked", kNowMs, /*agents_max=*/100);
    RELAIS_CHECK(explained.ok() && explained->agents.size() == 100,
                 "not explained");
    benchmark::DoNotOptimize(explained);
  }
}
BENCHMARK(BM_ExplainContact)
    ->ArgNames({"skill_sets", "waiting"})
    ->ArgsProduct({{20, 1'000}, {0, 1'000, 20'000}})
    ->Unit(benchmark::kMillisecond);

void BM_ExplainAgent(benchmark::State& state) {
  Centre centre(1'000, static_cast<std::uint32_t>(state.range(0)));
  const auto agent = centre.router().FindAgent("agent7");
  RELAIS_CHECK(agent.ok(), "an agent is missing");
  for (auto _ : state) {
    const auto explained =
        centre.router().ExplainAgent(*agent, kNowMs, /*verdicts_max=*/100);
    RELAIS_CHECK(explained.ok() && !explained->verdicts.empty(),
                 "not explained");
    benchmark::DoNotOptimize(explained);
  }
}
BENCHMARK(BM_ExplainAgent)
    ->ArgName("waiting")
    ->Arg(1'000)
    ->Arg(20'000)
    ->Unit(benchmark::kMillisecond);

// Whom another thread explains without a pause.
enum Explaining { kNobody, kThisCentre, kAnotherCentre };

// A contact in hand is completed and the next one comes for the agent. What
// explanations of this centre cost it beside those of another one is what they
// keep it waiting for; the rest is the machine's.
void BM_DecisionBesideExplanations(benchmark::State& state) {
  Centre centre(1'000, 0);
  Centre another(1'000, 0);
  std::atomic<bool> over{false};
  std::thread reader;
  if (state.range(0) != kNobody) {
    Centre& explained_centre = state.range(0) == kThisCentre ? centre : another;
    reader = std::thread([&] {
      // relaxed: nothing but the flag itself is told.
      while (!over.load(std::memory_order_relaxed)) {
        const auto explained =
            explained_centre.router().ExplainContact("asked", kNowMs, 100);
        benchmark::DoNotOptimize(explained);
      }
    });
  }
  auto held = centre.router().FindContact("held0");
  RELAIS_CHECK(held.ok(), "a contact is missing");
  std::uint64_t number = 0;
  for (auto _ : state) {
    const auto completed = centre.router().Complete(*held, kNowMs);
    RELAIS_CHECK(completed.ok(), "a held contact could not be completed");
    *held = centre.Submit(absl::StrCat("next", ++number), "any");
  }
  over.store(true, std::memory_order_relaxed);
  if (reader.joinable()) reader.join();
}
BENCHMARK(BM_DecisionBesideExplanations)
    ->ArgName("explaining")
    ->Arg(kNobody)
    ->Arg(kThisCentre)
    ->Arg(kAnotherCentre);

}  // namespace
}  // namespace relais::bench
