#include "tests/stress/stress_run.h"

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace relais::stress {
namespace {

constexpr int kAgents = 24;
constexpr int kQueues = 4;
constexpr std::uint32_t kContactsMax = 200;
constexpr std::uint64_t kRounds = 10;
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
constexpr Presence kAvailable{PresenceState::kAvailable, NotReadyReason::kNone};

// Units and maxima bind in turn; whoever writes only packs.
std::vector<RoutingProfile> Profiles() {
  const auto write =
      static_cast<ChannelSet>(SetOf(Channel::kEmail) | SetOf(Channel::kChat));
  std::vector<RoutingProfile> profiles = {
      {"all", 0xFF}, {"voice", SetOf(Channel::kVoice)}, {"write", write}};
  profiles[0].cost_units[static_cast<std::size_t>(Channel::kChat)] = 25;
  profiles[0].contacts_max[static_cast<std::size_t>(Channel::kChat)] = 2;
  profiles[2].capacity_units = 85;
  profiles[2].cost_units.fill(85);
  profiles[2].cost_units[static_cast<std::size_t>(Channel::kEmail)] = 20;
  profiles[2].cost_units[static_cast<std::size_t>(Channel::kChat)] = 15;
  profiles[2].contacts_max[static_cast<std::size_t>(Channel::kEmail)] = 2;
  profiles[2].load_order = LoadOrder::kPack;
  return profiles;
}

}  // namespace

Configuration StressConfiguration() {
  Configuration configuration;
  configuration.name = "stress";
  configuration.skills = {{"s0", ""}, {"s1", ""}, {"s2", ""}};
  configuration.routing_profiles = Profiles();
  Random random(7);
  for (int i = 0; i < kAgents; ++i) {
    AgentConfiguration agent;
    agent.id = absl::StrCat("a", i);
    agent.routing_profile =
        configuration.routing_profiles[random.Uniform(3)].name;
    for (const Skill& skill : configuration.skills) {
      if (random.Bernoulli(0.3)) continue;
      agent.skills.push_back(
          {skill.name, static_cast<int>(random.Uniform(5)) * 2 + 1});
    }
    configuration.agents.push_back(agent);
  }
  for (int i = 0; i < kQueues; ++i) {
    ContactQueue queue;
    queue.name = absl::StrCat("q", i);
    queue.channels = 0xFF;
    queue.offer_timeout_ms = i == 0 ? 0 : 2'000 * i;
    queue.wrap_up_ms = i == 1 ? 1'000 : 0;
    queue.decline_retry_ms = 3'000;
    queue.wait_limit_ms = i == 2 ? 60'000 : 0;
    queue.handling_lease_ms = 20'000;
    if (i == 3) queue.requirement.all_of = {{"s0", 3}};
    queue.service_level.threshold_ms = 5'000 * i;
    if (i >= 2) queue.agent_choice.fit = FitRule::kLeastOverQualified;
    queue.agent_choice.order = static_cast<AgentOrder>(i);
    configuration.queues.push_back(queue);
  }
  configuration.routing_profiles[1].queue_order = {{{"q2"}}, {{"q0", "q1"}}};
  configuration.contact_choice = ContactChoice::kDeadline;
  configuration.segments = {{"gold", 30'000}};
  return configuration;
}

ContactSpec SpecOf(std::string_view id) {
  std::uint64_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(std::string(id.substr(1)), &number));
  Random random(number);
  ContactSpec spec;
  spec.id = std::string(id);
  spec.queue = absl::StrCat("q", random.Uniform(kQueues));
  const Channel channels[] = {Channel::kVoice, Channel::kVoice, Channel::kEmail,
                              Channel::kChat};
  spec.channel = channels[random.Uniform(4)];
  if (random.Bernoulli(0.3)) {
    spec.priority = static_cast<int>(random.Uniform(kPriorityCount));
  }
  if (random.Bernoulli(0.2)) spec.segment = "gold";
  if (random.Bernoulli(0.4)) {
    spec.requirement.all_of.push_back(
        {absl::StrCat("s", random.Uniform(3)),
         static_cast<int>(random.Uniform(7)) + 1});
  }
  return spec;
}

StressRun::StressRun()
    : configuration_(StressConfiguration()),
      checker_(configuration_, [](std::string_view id) { return SpecOf(id); }) {
}

RouterOptions StressRun::Options() {
  RouterOptions options;
  options.observer = this;
  options.limits.contacts = kContactsMax;
  options.limits.agents = kAgents;
  options.limits.ended_ids = 10'000;
  options.id_retention_ms = 100'000;
  return options;
}

void StressRun::Run(Router* router, std::uint64_t operations,
                    std::uint64_t seed) {
  router_ = router;
  const auto applied = router->Apply(configuration_, clock_ms_);
  ASSERT_TRUE(applied.ok()) << applied.status();
  ASSERT_TRUE(applied->applied())
      << applied->findings[0].path << " " << applied->findings[0].message;
  for (const AgentConfiguration& agent : configuration_.agents) {
    const auto handle = router->FindAgent(agent.id);
    ASSERT_TRUE(handle.ok()) << handle.status();
    agents_.push_back(*handle);
  }
  // Six that work, the one who runs what is due, and this thread.
  Random seeds(seed);
  for (int i = 0; i < 8; ++i) {
    workers_.push_back(std::make_unique<Worker>(seeds.NextUint64()));
  }
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    Round(operations / kRounds / 6);
    BecomeQuiet();
  }
  ServeTheRest();
  BecomeQuiet();
  std::vector<CallLog> logs;
  logs.reserve(workers_.size());
  for (auto& worker : workers_) logs.push_back(std::move(worker->log));
  checker_.CheckOrder(logs);
}

void StressRun::Round(std::uint64_t operations_each) {
  constexpr std::array kRoles = {Role::kSubmitter, Role::kSubmitter,
                                 Role::kCanceller, Role::kDesktop,
                                 Role::kDesktop,   Role::kDesktop};
  std::atomic<int> working{static_cast<int>(kRoles.size())};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    threads.emplace_back([this, i, operations_each, &working, &kRoles] {
      Work(kRoles[i], *workers_[i], operations_each);
      --working;
    });
  }
  threads.emplace_back(
      [this, &working] { RunDueUntil(*workers_[6], working); });
  threads.emplace_back([this, &working] {
    while (working > 0) {
      if (router_->DrainEvents() == 0) std::this_thread::yield();
    }
  });
  threads.emplace_back([this, &working] {
    while (working > 0) ReadDecisions();
  });
  for (std::thread& thread : threads) thread.join();
}

// Whole, whatever is decided meanwhile: its own contact's and agent's names,
// and the chosen lane before the others.
void StressRun::ReadDecisions() const {
  for (const DecisionView& view : router_->Decisions(0, 20)) {
    const DecisionRecord& record = view.record;
    const std::size_t entries = std::size_t{record.lanes} + record.agents;
    ASSERT_TRUE(view.contact_id.starts_with("c")) << view.contact_id;
    ASSERT_TRUE(view.agent_id.starts_with("a")) << view.agent_id;
    ASSERT_EQ(view.queue, SpecOf(view.contact_id).queue);
    ASSERT_GE(record.lanes, 1);
    ASSERT_EQ(view.names.size(), entries);
    for (std::size_t i = 1; i < record.lanes; ++i) {
      const ComparedEntry& before = record.compared[i - 1];
      const ComparedEntry& entry = record.compared[i];
      ASSERT_LE(std::pair(before.rank, before.key),
                std::pair(entry.rank, entry.key));
    }
  }
}

void StressRun::Work(Role role, Worker& worker, std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations; ++i) {
    // With more threads than cores a slice is thousands of calls; giving it up
    // often makes the threads meet.
    if (worker.random.Bernoulli(0.05)) std::this_thread::yield();
    switch (role) {
      case Role::kSubmitter:
        Submit(worker);
        break;
      case Role::kCanceller:
        Cancel(worker);
        break;
      case Role::kDesktop:
        Desk(worker);
        break;
    }
  }
}

template <typename Ask>
auto StressRun::Noted(Worker& worker, Ask ask) {
  const InstantMs now_ms = ++clock_ms_;
  const std::uint64_t before = router_->LastSequence();
  auto answer = ask(now_ms);
  worker.log.calls.push_back({now_ms, before, router_->LastSequence()});
  return answer;
}

void StressRun::Submit(Worker& worker) {
  const std::string id = absl::StrCat("c", ++submits_);
  const ContactSpec spec = SpecOf(id);
  const auto submit = [&](InstantMs now_ms) {
    return router_->Submit(spec, now_ms);
  };
  const auto outcome = Noted(worker, submit);
  if (outcome.ok()) {
    ++accepted_submits_;
    if (worker.random.Bernoulli(0.02)) {
      const auto again = Noted(worker, submit);
      EXPECT_TRUE(again.ok() && again->repeated &&
                  again->contact == outcome->contact)
          << again.status();
    }
    return;
  }
  EXPECT_TRUE(absl::IsResourceExhausted(outcome.status())) << outcome.status();
  // Full: let the desktops work.
  std::this_thread::yield();
}

void StressRun::Cancel(Worker& worker) {
  const std::uint64_t submits = submits_;
  if (submits == 0) return;
  const std::uint64_t back = worker.random.Uniform(150);
  if (back >= submits) return;
  const std::string id = absl::StrCat("c", submits - back);
  const auto handle = router_->FindContact(id);
  if (!handle.ok()) return;
  if (worker.random.Bernoulli(0.7)) {
    // A look only: most contacts should live.
    const auto view = router_->GetContact(id);
    EXPECT_TRUE(!view.ok() || view->id == id);
    return;
  }
  const auto outcome = Noted(worker, [&](InstantMs now_ms) {
    return router_->Cancel(*handle, EndReason::kAbandoned, now_ms);
  });
  EXPECT_TRUE(outcome.ok() || absl::IsFailedPrecondition(outcome.status()))
      << outcome.status();
}

void StressRun::Desk(Worker& worker) {
  const AgentHandle handle = agents_[worker.random.Uniform(agents_.size())];
  const auto agent = router_->GetAgent(handle);
  if (!agent.ok()) {
    ADD_FAILURE() << agent.status();
    return;
  }
  if (worker.random.Bernoulli(0.02)) {
    SetPresence(
        worker, handle,
        worker.random.Bernoulli(0.5)
            ? Presence{}
            : Presence{PresenceState::kNotReady, NotReadyReason::kBreak});
    return;
  }
  const bool away = agent->presence.state != PresenceState::kAvailable;
  if (agent->held.empty()
          ? away || agent->no_answer_channels != 0
          : agent->no_answer_channels != 0 && worker.random.Bernoulli(0.1)) {
    SetPresence(worker, handle, kAvailable);
    return;
  }
  if (agent->held.empty()) return;
  Work(worker, *agent, agent->held[worker.random.Uniform(agent->held.size())]);
}

void StressRun::Work(Worker& worker, const AgentView& agent,
                     const HeldContact& held) {
  if (held.state == WorkState::kReserved) return Answer(worker, agent, held);
  if (held.state == WorkState::kHandling) {
    const auto contact = router_->FindContact(held.contact_id);
    if (!contact.ok()) return;
    (void)Noted(worker, [&](InstantMs now_ms) {
      return router_->Complete(*contact, now_ms);
    });
    return;
  }
  if (worker.random.Bernoulli(0.5)) return;
  const bool by_name = worker.random.Bernoulli(0.5);
  (void)Noted(worker, [&](InstantMs now_ms) {
    return router_->EndWrapUp(agent.handle, by_name ? held.contact_id : "",
                              now_ms);
  });
}

void StressRun::Answer(Worker& worker, const AgentView& agent,
                       const HeldContact& held) {
  const auto contact = router_->FindContact(held.contact_id);
  if (!contact.ok()) return;
  const double draw = worker.random.UniformDouble();
  if (draw < 0.1) return;  // let it ring
  std::optional<DurationMs> retry;
  if (draw < 0.8) retry = worker.random.UniformBetween(0, 2'000);
  (void)Noted(worker, [&](InstantMs now_ms) {
    return draw < 0.7
               ? router_->Accept(agent.handle, *contact, held.attempt, now_ms)
               : router_->Decline(agent.handle, *contact, held.attempt, retry,
                                  now_ms);
  });
}

void StressRun::SetPresence(Worker& worker, AgentHandle agent,
                            Presence presence) {
  const auto outcome = Noted(worker, [&](InstantMs now_ms) {
    return router_->SetPresence(agent, presence, now_ms);
  });
  EXPECT_TRUE(outcome.ok()) << outcome.status();
}

void StressRun::RunDueOnce(Worker& worker, DurationMs step_ms) {
  clock_ms_ += step_ms;
  (void)Noted(worker,
              [&](InstantMs now_ms) { return router_->RunDue(now_ms, kAll); });
}

void StressRun::RunDueUntil(Worker& worker, const std::atomic<int>& working) {
  while (working > 0) {
    RunDueOnce(worker, worker.random.UniformBetween(1, 20));
    if (worker.random.Bernoulli(0.001)) {
      // The same configuration: nobody gains or loses anything.
      const auto applied = router_->Apply(configuration_, ++clock_ms_);
      EXPECT_TRUE(applied.ok()) << applied.status();
    }
    std::this_thread::yield();
  }
}

void StressRun::BecomeQuiet() {
  RunDueOnce(*workers_[7], 1);
  EXPECT_EQ(router_->RunDue(clock_ms_, kAll), 0U);
  while (router_->DrainEvents() > 0) {
  }
  EXPECT_EQ(router_->LastTicket().value, router_->Committed().value)
      << "events that are never numbered";
  checker_.CheckConservation(clock_ms_);
  checker_.CheckViews(*router_);
}

// Everybody comes and takes what there is, so that whoever waited has had a
// reservation or cannot be served by anybody.
void StressRun::ServeTheRest() {
  Worker& worker = *workers_[7];
  for (int turn = 0; turn < 1'000; ++turn) {
    bool busy = false;
    for (const AgentHandle handle : agents_) {
      const auto agent = router_->GetAgent(handle);
      if (!agent.ok()) return;
      if (agent->presence_pending || agent->no_answer_channels != 0 ||
          agent->presence.state != PresenceState::kAvailable) {
        SetPresence(worker, handle, kAvailable);
      }
      for (const HeldContact& held : agent->held)
        ServeOne(worker, *agent, held);
      busy = busy || !agent->held.empty();
    }
    RunDueOnce(worker, 1'000);
    router_->DrainEvents();
    if (!busy && turn > 10) return;
  }
}

void StressRun::ServeOne(Worker& worker, const AgentView& agent,
                         const HeldContact& held) {
  const auto contact = router_->FindContact(held.contact_id);
  (void)Noted(worker, [&](InstantMs now_ms) -> absl::StatusOr<Outcome> {
    if (held.state == WorkState::kWrapUp) {
      return router_->EndWrapUp(agent.handle, held.contact_id, now_ms);
    }
    if (!contact.ok()) return contact.status();
    if (held.state == WorkState::kHandling) {
      return router_->Complete(*contact, now_ms);
    }
    return router_->Accept(agent.handle, *contact, held.attempt, now_ms);
  });
}

}  // namespace relais::stress
