#include "tests/stress/history_run.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <limits>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace relais::stress {
namespace {

constexpr int kAgents = 24;
constexpr int kQueues = 5;
constexpr std::uint32_t kContactsMax = 120;
// Beyond it a contact's offers are not declined: at most eight declines of one
// contact are kept, and which is displaced no event tells.
constexpr std::uint64_t kDeclinedAttemptMax = 10;
constexpr int kShortRounds = 200;
constexpr std::uint64_t kShortCalls = 12;
constexpr int kDisturbances = 6;  // a round
constexpr Presence kAvailable{PresenceState::kAvailable, NotReadyReason::kNone};

// Instants are ticks: a call takes two and an event one.
ContactQueue Queue(int number) {
  ContactQueue queue;
  queue.name = absl::StrCat("q", number);
  queue.channels = 0xFF;
  queue.offer_timeout_ms = number == 0 ? 0 : 600 * number;
  queue.wrap_up_ms = number == 1 ? 400 : 0;
  queue.decline_retry_ms = 900;
  queue.wait_limit_ms = number == 2 ? 8'000 : 0;
  queue.handling_lease_ms = 6'000;
  if (number == 3) queue.requirement.all_of = {{"s0", 3}};
  for (std::size_t i = 0; i < queue.priority_credit_ms.size(); ++i) {
    queue.priority_credit_ms[i] = static_cast<DurationMs>(i) * 150;
  }
  queue.service_level.threshold_ms = 300 * number;
  if (number >= 3) queue.agent_choice.fit = FitRule::kLeastOverQualified;
  queue.agent_choice.order = static_cast<AgentOrder>(number % kAgentOrderCount);
  static constexpr const char* kPlans[] = {"", "", "over", "lower", "curve"};
  queue.plan = kPlans[number];
  return queue;
}

// Rings by time, so that the clock alone says in which one a contact belongs.
std::vector<BullseyePlan> Plans() {
  BullseyePlan lower;
  lower.name = "lower";
  lower.rings = {
      {.widen_after_ms = 500, .lower = {{"s0", 2, 0}}, .raise_boost_ms = 250},
      {.widen_after_ms = 1'400, .drop_skills = {"s0", "s1", "s2"}}};
  BullseyePlan over;  // to the agents of another queue
  over.name = "over";
  over.rings = {{.widen_after_ms = 800, .raise_boost_ms = 400},
                {.widen_after_ms = 1'600, .queue = "q0", .lower_all_by = 3}};
  BullseyePlan curve;
  curve.name = "curve";
  curve.curve = {{25, 1}, {100, 5}};
  return {lower, over, curve};
}

AgentConfiguration DrawAgent(int number, Random& random) {
  static constexpr const char* kProfiles[] = {"all", "voice", "write"};
  AgentConfiguration agent;
  agent.id = absl::StrCat("a", number);
  agent.routing_profile = kProfiles[random.Uniform(3)];
  for (const char* skill : {"s0", "s1", "s2"}) {
    if (random.Bernoulli(0.3)) continue;
    agent.skills.push_back(
        {skill, static_cast<int>(random.Uniform(5)) * 2 + 1});
  }
  return agent;
}

// What fits an agent is another thing in each configuration: one contact at a
// time in the second, as much as the first allows and more in the others.
std::vector<RoutingProfile> Profiles(int configuration) {
  const auto write =
      static_cast<ChannelSet>(SetOf(Channel::kEmail) | SetOf(Channel::kChat));
  std::vector<RoutingProfile> profiles = {
      {"all", 0xFF}, {"voice", SetOf(Channel::kVoice)}, {"write", write}};
  constexpr auto kEmail = static_cast<std::size_t>(Channel::kEmail);
  constexpr auto kChat = static_cast<std::size_t>(Channel::kChat);
  for (RoutingProfile& profile : profiles) {
    if (configuration == 1) profile.cost_units.fill(100);
    profile.contacts_max[kChat] = configuration == 2 ? 1 : 2;
  }
  RoutingProfile& writes = profiles.back();
  writes.load_order = LoadOrder::kPack;
  if (configuration == 0 || configuration == 3) {
    writes.capacity_units = 85;
    writes.cost_units.fill(85);
    writes.cost_units[kEmail] = configuration == 3 ? 20 : 30;
    writes.cost_units[kChat] = 15;
    writes.contacts_max[kChat] = configuration == 3 ? 0 : 3;
  }
  return profiles;
}

// --- Windows held open -------------------------------------------------------
// Two steps of a protocol are some ten nanoseconds apart, and threads seldom
// meet there. A worker that gets this signal stays where it is until others
// have made some calls, or none wants to.

std::atomic<std::uint64_t> calls_made{0};
std::atomic<bool> staying{false};

void StayForAWhile(int) {
  constexpr std::uint64_t kCalls = 3;
  constexpr int kTurns = 50;
  staying = true;
  const std::uint64_t until = calls_made + kCalls;
  for (int i = 0; i < kTurns && calls_made < until; ++i) sched_yield();
  staying = false;
}

void PrepareToStay() {
  struct sigaction action = {};
  action.sa_handler = StayForAWhile;
  action.sa_flags = SA_RESTART;
  EXPECT_EQ(sigaction(SIGUSR2, &action, nullptr), 0);
}

}  // namespace

std::vector<Configuration> HistoryConfigurations() {
  Configuration first;
  first.name = "history";
  first.skills = {{"s0", ""}, {"s1", ""}, {"s2", ""}};
  first.routing_profiles = Profiles(0);
  Random random(11);
  for (int i = 0; i < kAgents; ++i) {
    first.agents.push_back(DrawAgent(i, random));
  }
  for (int i = 0; i < kQueues; ++i) first.queues.push_back(Queue(i));
  first.bullseye_plans = Plans();
  first.routing_profiles[1].queue_order = {{{"q3"}}, {{"q0", "q1"}}};
  first.contact_choice = ContactChoice::kDeadline;
  first.segments = {{"gold", 700}, {"silver", 250}};
  std::vector<Configuration> all = {first};
  for (int i = 0; i < 3; ++i) {
    Configuration other = first;
    other.routing_profiles = Profiles(i + 1);
    // All of them order queues: the judge does not know who was submitted when
    // none did, and stands beside the first rank.
    other.routing_profiles[1].queue_order =
        first.routing_profiles[1].queue_order;
    if (i == 1) {
      other.routing_profiles[1].queue_order = {{{"q1"}}, {{"q2"}}};
    }
    for (int change = 0; change < 6; ++change) {
      const auto at = static_cast<int>(random.Uniform(kAgents));
      other.agents[static_cast<std::size_t>(at)] = DrawAgent(at, random);
    }
    other.agents.erase(other.agents.begin() + i, other.agents.begin() + 3 + i);
    if (i > 0) other.queues.pop_back();
    all.push_back(other);
  }
  return all;
}

ContactSpec HistorySpecOf(std::string_view id) {
  std::uint64_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(std::string(id.substr(1)), &number));
  Random random(number);
  ContactSpec spec;
  spec.id = std::string(id);
  spec.queue = absl::StrCat("q", random.Uniform(kQueues));
  const Channel channels[] = {Channel::kVoice, Channel::kVoice, Channel::kEmail,
                              Channel::kChat};
  spec.channel = channels[random.Uniform(4)];
  if (random.Bernoulli(0.5)) {
    spec.priority = static_cast<int>(random.Uniform(kPriorityCount));
  }
  if (random.Bernoulli(0.3)) {
    spec.segment = random.Bernoulli(0.5) ? "gold" : "silver";
  }
  if (random.Bernoulli(0.3)) {
    spec.requirement.all_of.push_back(
        {absl::StrCat("s", random.Uniform(3)),
         static_cast<int>(random.Uniform(7)) + 1});
  }
  return spec;
}

HistoryRun::HistoryRun(std::uint64_t seed, int threads)
    : configurations_(HistoryConfigurations()),
      judge_(configurations_, HistorySpecOf),
      random_(seed) {
  for (int i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, random_.NextUint64()));
  }
}

RouterOptions HistoryRun::Options() {
  RouterOptions options;
  options.observer = this;
  options.limits.contacts = kContactsMax;
  options.limits.agents = kAgents + 8;  // the leaving ones keep their places
  options.limits.ended_ids = 10'000;
  options.id_retention_ms = 50'000;
  return options;
}

void HistoryRun::Run(Router* router, std::size_t calls,
                     const std::function<bool()>& done) {
  router_ = router;
  PrepareToStay();
  Apply(*workers_[0], 0);
  const std::size_t all = workers_.size();
  const auto goes_on = [&] { return judge_.violations().empty() && !done(); };
  while (goes_on()) {
    submits_ = 0.1 + 0.3 * random_.UniformDouble();
    Round(calls, all);
    if (hooks_.round_over || all < 3) continue;
    for (int i = 0; i < kShortRounds && goes_on(); ++i) {
      Round(1 + random_.Uniform(kShortCalls), 2 + random_.Uniform(2));
    }
  }
}

void HistoryRun::Round(std::size_t calls, std::size_t threads) {
  gathered_ = 0;
  finished_ = 0;
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < threads; ++i) {
    running.emplace_back([this, calls, threads, i] {
      // Together, or the first is done before the last begins.
      ++gathered_;
      while (gathered_ < threads) std::this_thread::yield();
      Work(*workers_[i], calls);
      ++finished_;
    });
  }
#if !defined(__SANITIZE_THREAD__)  // it puts signals off until a thread blocks
  if (!hooks_.round_over) Disturb(running);
#endif
  for (std::thread& thread : running) thread.join();
  BecomeQuiet();
  JudgeRound();
}

void HistoryRun::Disturb(std::vector<std::thread>& running) {
  while (gathered_ < running.size()) std::this_thread::yield();
  for (int times = 0; times < kDisturbances; ++times) {
    for (std::uint64_t i = random_.Uniform(4'000); i > 0; --i) {
      spun_.fetch_add(1, std::memory_order_relaxed);  // a pause, no more
    }
    while (staying) std::this_thread::yield();
    if (finished_ == running.size()) return;
    // One that has finished, but was not joined, takes no harm.
    pthread_kill(running[random_.Uniform(running.size())].native_handle(),
                 SIGUSR2);
  }
}

void HistoryRun::JudgeRound() {
  for (auto& worker : workers_) {
    for (CallRecord& call : worker->calls) {
      round_.calls.push_back(std::move(call));
    }
    worker->calls.clear();
  }
  judge_.Judge(round_, router_);
  round_.calls.clear();
  round_.events.clear();
  ++rounds_;
}

void HistoryRun::BecomeQuiet() {
  std::size_t taken = 0;
  do {
    RunDue(*workers_[0], &taken);
    router_->DrainEvents();
  } while (taken > 0);
  round_.quiet = workers_[0]->calls.back().begin;
}

void HistoryRun::Work(Worker& worker, std::size_t calls) {
  if (hooks_.begin) hooks_.begin(worker.number);
  const auto over = [&](std::size_t made) {
    return hooks_.round_over ? hooks_.round_over() : made >= calls;
  };
  for (std::size_t made = 0; !over(made); ++made) {
    // With more threads than cores a slice is thousands of calls; giving it up
    // often makes the threads meet.
    const bool yields = worker.random.Bernoulli(0.08);
    if (yields && worker.number != hooks_.restless) std::this_thread::yield();
    One(worker);
  }
}

void HistoryRun::One(Worker& worker) {
  const double draw = worker.random.UniformDouble();
  if (draw < submits_) return Submit(worker);
  if (draw < submits_ + 0.05) return Cancel(worker);
  if (draw < submits_ + 0.10) {
    std::size_t taken = 0;
    return RunDue(worker, &taken);
  }
  if (draw < submits_ + 0.16) {
    return Drain(worker);
  }
  if (draw < submits_ + 0.1605) {
    return Apply(worker, worker.random.Uniform(hooks_.configurations));
  }
  if (draw < submits_ + 0.1625) return ChangeAgent(worker);
  Desk(worker);
}

void HistoryRun::Recorded(
    Worker& worker, CallRecord record,
    const std::function<void(InstantMs, CallRecord&)>& ask) {
  if (hooks_.before_call) hooks_.before_call(worker.number);
  record.begin = clock_.Draw();
  ask(static_cast<InstantMs>(record.begin), record);
  record.end = clock_.Draw();
  ++calls_made;
  if (hooks_.after_call) hooks_.after_call(worker.number, record);
  worker.calls.push_back(std::move(record));
}

void HistoryRun::Drain(Worker& worker) {
  CallRecord record;
  record.kind = CallKind::kDrain;
  if (hooks_.before_call) hooks_.before_call(worker.number);
  router_->DrainEvents();
  if (hooks_.after_call) hooks_.after_call(worker.number, record);
}

void HistoryRun::Apply(Worker& worker, std::size_t configuration) {
  CallRecord record;
  record.kind = CallKind::kApply;
  record.configuration = configuration;
  Recorded(worker, record, [&](InstantMs now_ms, CallRecord& call) {
    const auto answer = router_->Apply(configurations_[configuration], now_ms);
    call.code = answer.status().code();
    if (!answer.ok()) {
      // Another is being applied, or those who leave still have their places.
      EXPECT_TRUE(absl::IsAborted(answer.status()) ||
                  absl::IsResourceExhausted(answer.status()))
          << answer.status();
      return;
    }
    EXPECT_TRUE(answer->applied()) << answer->findings[0].message;
    call.version = answer->configuration_version;
  });
}

void HistoryRun::ChangeAgent(Worker& worker) {
  const int number = static_cast<int>(worker.random.Uniform(kAgents));
  const AgentConfiguration drawn = DrawAgent(number, worker.random);
  CallRecord record;
  record.kind = CallKind::kChangeAgent;
  record.agent = drawn.id;
  record.change.skills = drawn.skills;
  if (worker.random.Bernoulli(0.5)) {
    record.change.grade =
        static_cast<AgentGrade>(worker.random.Uniform(kAgentGradeCount));
  }
  Recorded(worker, record, [&](InstantMs now_ms, CallRecord& call) {
    const auto handle = router_->FindAgent(call.agent);
    call.code = handle.status().code();
    if (!handle.ok()) return;
    const auto answer = router_->ChangeAgent(*handle, call.change, now_ms);
    call.code = answer.status().code();
    if (answer.ok()) {
      call.version = answer->version;
      call.configuration_version = answer->configuration_version;
      return;
    }
    // Another change is under way, it leaves or has left, or too many events
    // wait to be taken.
    EXPECT_TRUE(absl::IsAborted(answer.status()) ||
                absl::IsFailedPrecondition(answer.status()) ||
                absl::IsNotFound(answer.status()) ||
                absl::IsResourceExhausted(answer.status()))
        << answer.status();
  });
}

void HistoryRun::Submit(Worker& worker) {
  // Now and then one that has been submitted already.
  const std::uint64_t known = contacts_;
  const bool again = known > 20 && worker.random.Bernoulli(0.02);
  const std::uint64_t number =
      again ? known - worker.random.Uniform(20) : ++contacts_;
  CallRecord record;
  record.kind = CallKind::kSubmit;
  record.contact = absl::StrCat("c", number);
  const ContactSpec spec = HistorySpecOf(record.contact);
  Recorded(worker, record, [&](InstantMs now_ms, CallRecord& call) {
    const auto answer = router_->Submit(spec, now_ms);
    call.code = answer.status().code();
    if (answer.ok()) {
      call.repeated = answer->repeated;
      call.version = 1;
      return;
    }
    EXPECT_TRUE(absl::IsResourceExhausted(answer.status()) ||
                (absl::IsNotFound(answer.status()) &&
                 FieldPathOf(answer.status()) == "contact.queue"))
        << answer.status();
  });
}

void HistoryRun::Cancel(Worker& worker) {
  const std::uint64_t known = contacts_;
  const std::uint64_t back = worker.random.Uniform(100);
  if (back >= known) return;
  CallRecord record;
  record.kind = CallKind::kGetContact;
  record.contact = absl::StrCat("c", known - back);
  std::optional<ContactView> view;
  Recorded(worker, record, [&](InstantMs, CallRecord& call) {
    const auto answer = router_->GetContact(record.contact);
    call.code = answer.status().code();
    if (!answer.ok()) return;
    view = *answer;
    call.version = view->version;
    call.contact_handle = view->handle;
  });
  if (!view.has_value() || worker.random.Bernoulli(0.5)) return;
  record.kind = CallKind::kCancel;
  const EndReason reason = worker.random.Bernoulli(0.7) ? EndReason::kAbandoned
                                                        : EndReason::kCancelled;
  Recorded(worker, record, [&](InstantMs now_ms, CallRecord& call) {
    const auto answer = router_->Cancel(view->handle, reason, now_ms);
    call.code = answer.status().code();
    if (answer.ok()) call.version = answer->version;
  });
}

void HistoryRun::SetPresence(Worker& worker, const std::string& agent,
                             AgentHandle handle, Presence presence) {
  CallRecord record;
  record.kind = CallKind::kSetPresence;
  record.agent = agent;
  record.presence = presence;
  Recorded(worker, record, [&](InstantMs now_ms, CallRecord& call) {
    const auto answer = router_->SetPresence(handle, presence, now_ms);
    call.code = answer.status().code();
    if (answer.ok()) call.version = answer->version;
  });
}

void HistoryRun::Desk(Worker& worker) {
  CallRecord record;
  record.kind = CallKind::kGetAgent;
  record.agent = absl::StrCat("a", worker.random.Uniform(kAgents));
  std::optional<AgentView> view;
  Recorded(worker, record, [&](InstantMs, CallRecord& call) {
    const auto handle = router_->FindAgent(call.agent);
    call.code = handle.status().code();
    if (!handle.ok()) return;
    const auto answer = router_->GetAgent(*handle);
    call.code = answer.status().code();
    if (!answer.ok()) return;
    view = *answer;
    call.version = view->version;
    call.agent_handle = view->handle;
  });
  if (!view.has_value()) return;
  if (worker.random.Bernoulli(0.04)) {
    return SetPresence(
        worker, record.agent, view->handle,
        worker.random.Bernoulli(0.4)
            ? Presence{}
            : Presence{PresenceState::kNotReady, NotReadyReason::kBreak});
  }
  const bool away = view->presence.state != PresenceState::kAvailable;
  if (view->held.empty()
          ? away || view->no_answer_channels != 0
          : view->no_answer_channels != 0 && worker.random.Bernoulli(0.1)) {
    SetPresence(worker, record.agent, view->handle, kAvailable);
    return;
  }
  if (view->held.empty()) return;
  Work(worker, *view, view->held[worker.random.Uniform(view->held.size())]);
}

void HistoryRun::Work(Worker& worker, const AgentView& view,
                      const HeldContact& held) {
  if (held.state != WorkState::kWrapUp) return Answer(worker, view, held);
  if (worker.random.Bernoulli(0.5)) EndWrapUp(worker, view, held);
}

void HistoryRun::EndWrapUp(Worker& worker, const AgentView& view,
                           const HeldContact& held) {
  CallRecord record;
  record.kind = CallKind::kEndWrapUp;
  record.agent = view.id;
  record.agent_handle = view.handle;
  if (worker.random.Bernoulli(0.7)) record.contact = held.contact_id;
  Recorded(worker, record, [&](InstantMs now_ms, CallRecord& call) {
    const auto answer = router_->EndWrapUp(view.handle, call.contact, now_ms);
    call.code = answer.status().code();
    if (answer.ok()) call.version = answer->version;
  });
}

void HistoryRun::Answer(Worker& worker, const AgentView& view,
                        const HeldContact& held) {
  const auto contact = router_->FindContact(held.contact_id);
  if (!contact.ok()) return;
  CallRecord record;
  record.contact = held.contact_id;
  record.agent = view.id;
  record.attempt = held.attempt;
  std::optional<DurationMs> retry;
  if (worker.random.Bernoulli(0.3)) {
    retry = worker.random.UniformBetween(0, 1'200);
  }
  const double draw = worker.random.UniformDouble();
  if (held.state == WorkState::kHandling) {
    record.kind = CallKind::kComplete;
  } else if (draw < 0.15) {
    return;  // let it ring
  } else if (draw < 0.7 || held.attempt > kDeclinedAttemptMax) {
    record.kind = CallKind::kAccept;
  } else {
    record.kind = CallKind::kDecline;
  }
  const auto ask = [&](InstantMs now_ms, CallRecord& call) {
    const auto answer =
        call.kind == CallKind::kComplete ? router_->Complete(*contact, now_ms)
        : call.kind == CallKind::kAccept
            ? router_->Accept(view.handle, *contact, held.attempt, now_ms)
            : router_->Decline(view.handle, *contact, held.attempt, retry,
                               now_ms);
    call.code = answer.status().code();
    if (answer.ok()) call.version = answer->version;
  };
  Recorded(worker, record, ask);
  // An answer given twice: the second is refused, unless another thread has
  // made it true again.
  if (worker.random.Bernoulli(0.05)) Recorded(worker, record, ask);
}

void HistoryRun::RunDue(Worker& worker, std::size_t* taken) {
  CallRecord record;
  record.kind = CallKind::kRunDue;
  Recorded(worker, record, [&](InstantMs now_ms, CallRecord&) {
    *taken = router_->RunDue(now_ms, std::numeric_limits<std::size_t>::max());
  });
}

}  // namespace relais::stress
