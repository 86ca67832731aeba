// A real router's events give, through the journal, what the router shows: with
// calls from several threads, and from one restart to the next.

#include "relais/router.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/journal/journal.h"
#include "lib/journal/memory_storage.h"
#include "lib/journal/verify.h"
#include "tests/journal/describe.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::IsEmpty;

constexpr int kAgents = 5;

// Journals what it hears, in groups of seven.
class JournalingObserver : public RouterObserver {
 public:
  explicit JournalingObserver(Journal* journal) : journal_(*journal) {}
  void OnEvent(const Event&) override { FAIL() << "without detail"; }
  bool WantsDetails() const override { return true; }
  void OnDetailedEvent(const Event& event, const EventDetail& detail) override {
    group_.push_back({event, detail});
    if (group_.size() == 7) Flush();
  }
  void Flush() {
    const absl::Status status = journal_.Append(group_);
    if (!status.ok() && failed_.ok()) failed_ = status;
    group_.clear();
  }
  const absl::Status& failed() const { return failed_; }

 private:
  Journal& journal_;
  std::vector<NumberedEvent> group_;
  absl::Status failed_;
};

Configuration Centre() {
  Configuration configuration = SmallConfiguration(2, kAgents);
  configuration.queues[0].wrap_up_ms = 50;
  configuration.queues[0].decline_retry_ms = 300;
  configuration.queues[0].offer_timeout_ms = 200;
  configuration.queues[0].wait_limit_ms = 2'000;
  configuration.queues[1].offer_timeout_ms = 0;
  configuration.queues[1].handling_lease_ms = 1'000;
  return configuration;
}

class Caller {
 public:
  Caller(Router& router, std::uint64_t seed, std::string prefix,
         std::atomic<InstantMs>& now_ms)
      : router_(router),
        random_(seed),
        prefix_(std::move(prefix)),
        now_ms_(now_ms) {}

  // One call, whatever it is answered.
  void Call() {
    const InstantMs now_ms =
        now_ms_.fetch_add(static_cast<InstantMs>(random_.Uniform(8)));
    const auto agent =
        router_.FindAgent(absl::StrCat("agent", random_.Uniform(kAgents)));
    switch (random_.Uniform(11)) {
      case 0:
      case 1:
      case 2: {
        ContactSpec spec;
        spec.id = absl::StrCat(prefix_, ++submits_);
        spec.queue = absl::StrCat("q", random_.Uniform(2));
        spec.channel =
            random_.Bernoulli(0.3) ? Channel::kVoice : Channel::kChat;
        spec.priority = static_cast<int>(random_.Uniform(3));
        spec.attributes["k"] = "v";
        const auto outcome = router_.Submit(spec, now_ms);
        if (outcome.ok()) contacts_.push_back(outcome->contact);
        break;
      }
      case 3:
        if (contacts_.empty()) break;
        router_
            .Cancel(contacts_[random_.Uniform(contacts_.size())],
                    random_.Bernoulli(0.5) ? EndReason::kAbandoned
                                           : EndReason::kCancelled,
                    now_ms)
            .IgnoreError();
        break;
      case 4:
        if (agent.ok()) ChangePresence(*agent, now_ms);
        break;
      case 5:
        router_.RunDue(now_ms, 3);
        break;
      case 6:
        router_.DrainEvents();
        break;
      case 7:
        if (agent.ok()) Change(*agent, now_ms);
        break;
      default:
        if (agent.ok()) Work(*agent, now_ms);
    }
  }

 private:
  void ChangePresence(AgentHandle agent, InstantMs now_ms) {
    Presence presence{PresenceState::kAvailable, NotReadyReason::kNone};
    if (random_.Bernoulli(0.3)) {
      presence = {PresenceState::kNotReady, NotReadyReason::kBreak};
    } else if (random_.Bernoulli(0.1)) {
      presence = {};
    }
    router_.SetPresence(agent, presence, now_ms).IgnoreError();
  }

  // Of one agent or, now and then, of the whole.
  void Change(AgentHandle agent, InstantMs now_ms) {
    if (random_.Bernoulli(0.1)) {
      router_.Apply(Centre(), now_ms).status().IgnoreError();
      return;
    }
    AgentChange change;
    change.grade = static_cast<AgentGrade>(random_.Uniform(4));
    change.skills = {{"french", static_cast<int>(random_.Uniform(10)) + 1}};
    router_.ChangeAgent(agent, change, now_ms).status().IgnoreError();
  }

  // The next step of one of the contacts that the agent holds.
  void Work(AgentHandle agent, InstantMs now_ms) {
    const auto view = router_.GetAgent(agent);
    if (!view.ok() || view->held.empty()) return;
    const HeldContact& held = view->held[random_.Uniform(view->held.size())];
    if (held.state == WorkState::kWrapUp) {
      router_.EndWrapUp(agent, held.contact_id, now_ms).IgnoreError();
      return;
    }
    const auto contact = router_.FindContact(held.contact_id);
    if (!contact.ok()) return;
    if (held.state == WorkState::kHandling) {
      router_.Complete(*contact, now_ms).IgnoreError();
    } else if (random_.Bernoulli(0.6)) {
      router_.Accept(agent, *contact, held.attempt, now_ms).IgnoreError();
    } else {
      router_.Decline(agent, *contact, held.attempt, std::nullopt, now_ms)
          .IgnoreError();
    }
  }

  Router& router_;
  Random random_;
  const std::string prefix_;
  std::atomic<InstantMs>& now_ms_;
  std::uint64_t submits_ = 0;
  std::vector<ContactHandle> contacts_;
};

void ExpectShownAs(const Router& router, const LiveState& state) {
  std::uint64_t version = 0;
  EXPECT_EQ(router.CurrentConfiguration(&version).agents,
            state.configuration->agents);
  EXPECT_EQ(version, state.configuration_version);
  for (const auto& [id, live] : state.contacts) {
    const auto view = router.GetContact(id);
    ASSERT_TRUE(view.ok()) << id << ": " << view.status();
    EXPECT_EQ(view->version, live.version) << id;
    EXPECT_EQ(view->state, live.state) << id;
    EXPECT_EQ(view->agent_id, live.agent_id) << id;
    EXPECT_EQ(view->attempt, live.attempt) << id;
    EXPECT_EQ(view->arrival_ms, live.arrival_ms) << id;
  }
  for (const AgentView& view : router.Agents()) {
    const auto found = state.agents.find(view.id);
    const LiveAgent live =
        found == state.agents.end() ? LiveAgent() : found->second;
    EXPECT_EQ(view.version, live.version) << view.id;
    EXPECT_EQ(view.presence, live.presence) << view.id;
    EXPECT_EQ(view.presence_pending, live.presence_pending) << view.id;
    EXPECT_EQ(view.work_state, WorkStateFrom(live.held)) << view.id;
    EXPECT_EQ(view.no_answer_channels, live.no_answer_channels) << view.id;
    EXPECT_EQ(view.idle_since_ms, live.idle_since_ms) << view.id;
    EXPECT_EQ(view.held, live.held) << view.id;
  }
  std::uint64_t alive = 0;
  for (const QueueView& view : router.Queues()) {
    const auto found = state.queues.find(view.name);
    const LiveQueue live =
        found == state.queues.end() ? LiveQueue() : found->second;
    EXPECT_EQ(view.offered_total, live.offered_total) << view.name;
    EXPECT_EQ(view.answered_total, live.answered_total) << view.name;
    EXPECT_EQ(view.abandoned_total, live.abandoned_total) << view.name;
    alive += view.waiting + view.reserved + view.assigned;
  }
  EXPECT_EQ(alive, state.contacts.size());
  for (const EndedContact& ended : state.ended) {
    const auto view = router.GetContact(ended.id);
    ASSERT_TRUE(view.ok()) << ended.id << ": " << view.status();
    EXPECT_EQ(view->state, ContactState::kEnded);
    EXPECT_EQ(view->end_reason, ended.end_reason) << ended.id;
    EXPECT_EQ(view->version, ended.version) << ended.id;
    EXPECT_EQ(view->rank_key_ms, ended.rank_key_ms) << ended.id;
    EXPECT_EQ(view->ended_ms, ended.ended_ms) << ended.id;
  }
}

// Several lives of one centre over one storage.
void RunLives(std::uint64_t seed, int lives, int threads, int calls) {
  MemoryStorage storage;
  std::atomic<InstantMs> now_ms{1'000'000};
  for (int life = 0; life < lives; ++life) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, " life ", life));
    Recovered recovered;
    JournalOptions options;
    const auto journal = Journal::Open(options, &storage, &recovered);
    ASSERT_TRUE(journal.ok()) << journal.status();
    JournalingObserver observer(journal->get());
    RouterOptions router_options;
    router_options.limits.contacts = 5'000;
    router_options.limits.agents = 10;
    router_options.observer = &observer;
    const auto router = Router::Create(router_options);
    ASSERT_TRUE(router.ok()) << router.status();
    if (life == 0) {
      const auto applied = (*router)->Apply(Centre(), now_ms);
      ASSERT_TRUE(applied.ok() && applied->applied());
    } else {
      const absl::Status restored =
          (*router)->Restore((*journal)->state(), now_ms);
      ASSERT_TRUE(restored.ok()) << restored;
    }
    std::vector<std::thread> workers;
    workers.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] {
        Caller caller(**router, seed * 100 + static_cast<std::uint64_t>(i),
                      absl::StrCat("c", life, ".", i, "."), now_ms);
        for (int call = 0; call < calls; ++call) caller.Call();
      });
    }
    for (std::thread& worker : workers) worker.join();
    (*router)->DrainEvents();
    observer.Flush();
    ASSERT_TRUE(observer.failed().ok()) << observer.failed();
    ExpectShownAs(**router, (*journal)->state());
  }
  const auto report = Verify(storage);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_TRUE(report->replayed);
  EXPECT_GT(report->events, static_cast<std::uint64_t>(lives * calls / 4));
}

TEST(JournalRouterTest, OneCallerAfterAnother) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) RunLives(seed, 4, 1, 1'500);
}

TEST(JournalRouterTest, CallersAtTheSameTime) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) RunLives(seed, 3, 4, 1'500);
}

}  // namespace
}  // namespace relais::journal
