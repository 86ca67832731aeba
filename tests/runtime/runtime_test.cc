// The Runtime's promises: events reach the subscriber, deadlines run by
// themselves and not before their time, a barrier finds nothing overdue, an
// answer waits for its event, and stopping loses nothing. Threads wait for
// each other through futures; where a test waits for time to pass, the clock
// runs a thousand times faster than the wall.

#include "lib/runtime/runtime.h"

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/runtime/fake_router.h"
#include "tests/runtime/manual_clock.h"

namespace relais::runtime {
namespace {

using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Recorder final : public EventSubscriber {
 public:
  void OnEvent(const Event& event) override {
    MutexLock lock(mutex_);
    events_.push_back(event);
    if (events_.size() == wanted_) reached_.set_value();
  }
  void OnDrained() override { ++drains_; }

  // Comes true with the count-th event; before the Runtime starts.
  std::future<void> Reaches(std::size_t count) {
    MutexLock lock(mutex_);
    wanted_ = count;
    return reached_.get_future();
  }
  std::vector<InstantMs> Times() const {
    MutexLock lock(mutex_);
    std::vector<InstantMs> times;
    for (const Event& event : events_) times.push_back(event.at_ms);
    return times;
  }
  std::size_t count() const {
    MutexLock lock(mutex_);
    return events_.size();
  }
  int drains() const { return drains_; }

 private:
  mutable Mutex mutex_;
  std::vector<Event> events_ RELAIS_GUARDED_BY(mutex_);
  std::size_t wanted_ RELAIS_GUARDED_BY(mutex_) = 0;
  std::promise<void> reached_;
  std::atomic<int> drains_{0};
};

BarrierResult BarrierOf(Runtime* runtime) {
  std::promise<BarrierResult> answered;
  runtime->Barrier(
      [&answered](BarrierResult result) { answered.set_value(result); });
  return answered.get_future().get();
}

TEST(ScaledClockTest, RunsScaleTimesFaster) {
  const ScaledClock clock(1'000'000, 1000);
  const auto before = steady_clock::now();
  const InstantMs first = clock.NowMs();
  EXPECT_GE(first, 1'000'000);
  while (steady_clock::now() - before < std::chrono::milliseconds(20)) {
  }
  EXPECT_GE(clock.NowMs(), first + 20'000);
}

TEST(ScaledClockTest, TellsWhenAnInstantComes) {
  const ScaledClock clock(5'000, 10);
  const auto in_a_minute =
      clock.SteadyTimeOf(5'000 + 60'000) - clock.SteadyTimeOf(5'000);
  EXPECT_EQ(in_a_minute, std::chrono::seconds(6));
  // What has passed is due at once, what is years away does not overflow.
  EXPECT_LE(clock.SteadyTimeOf(0), steady_clock::now());
  EXPECT_GT(clock.SteadyTimeOf(std::int64_t{1} << 60), steady_clock::now());
}

TEST(ScaledClockTest, HasReachedAnInstantAtItsTime) {
  const ScaledClock clock(0, 3);  // a third does not divide evenly
  for (InstantMs instant = 1; instant < 60; instant += 7) {
    while (steady_clock::now() < clock.SteadyTimeOf(instant)) {
    }
    EXPECT_GE(clock.NowMs(), instant);
  }
}

class RuntimeTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  Recorder recorder_;
  Runtime runtime_{&clock_, &recorder_};
  FakeRouter router_{&runtime_};
};

TEST_F(RuntimeTest, DeliversWhatIsHandedOver) {
  std::future<void> reached = recorder_.Reaches(3);
  router_.HandOver(1);  // before the start
  runtime_.Start(&router_);
  router_.HandOver(2);
  router_.HandOver(3);
  reached.wait();
  EXPECT_THAT(recorder_.Times(), ElementsAre(1, 2, 3));
  runtime_.Stop();
  EXPECT_GE(recorder_.drains(), 1);
  EXPECT_LE(recorder_.drains(), 3);
}

TEST_F(RuntimeTest, AnswersOnlyOnceTheEventIsDelivered) {
  runtime_.Start(&router_);
  for (InstantMs i = 1; i <= 200; ++i) {
    const CommitTicket ticket = router_.HandOver(i);
    std::promise<std::size_t> seen;
    runtime_.WhenCommitted(ticket, [&] { seen.set_value(recorder_.count()); });
    EXPECT_GE(seen.get_future().get(), static_cast<std::size_t>(i));
  }
}

TEST_F(RuntimeTest, AnswersInlineWhatIsCommitted) {
  runtime_.Start(&router_);
  router_.HandOver(1);
  BarrierOf(&runtime_);
  bool answered = false;
  runtime_.WhenCommitted({1}, [&answered] { answered = true; });
  EXPECT_TRUE(answered);
  runtime_.WhenCommitted({0}, [&answered] { answered = false; });
  EXPECT_FALSE(answered);
}

TEST_F(RuntimeTest, AnswersManyCallersAtOnce) {
  runtime_.Start(&router_);
  constexpr int kThreads = 4;
  constexpr int kCalls = 500;
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kCalls; ++j) {
        runtime_.WhenCommitted(router_.HandOver(j), [&] { ++answered; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  runtime_.Stop();
  EXPECT_EQ(answered, kThreads * kCalls);
  EXPECT_EQ(recorder_.count(), std::size_t{kThreads * kCalls});
}

TEST_F(RuntimeTest, BarrierRunsAllThatIsDueAndNothingElse) {
  runtime_.Start(&router_);
  for (InstantMs due = 10; due <= 5'000; due += 10) router_.AddDeadline(due);
  router_.AddDeadline(5'001);
  clock_.Set(5'000);
  const BarrierResult result = BarrierOf(&runtime_);
  EXPECT_EQ(result.now_ms, 5'000);
  EXPECT_EQ(result.last_sequence, 500U);
  EXPECT_EQ(recorder_.count(), 500U);
  EXPECT_EQ(router_.NextDue(), 5'001);
}

TEST_F(RuntimeTest, BarrierDeliversBeforeItAnswers) {
  runtime_.Start(&router_);
  for (int i = 0; i < 100; ++i) {
    router_.HandOver(i);
    const BarrierResult result = BarrierOf(&runtime_);
    EXPECT_EQ(result.last_sequence, static_cast<std::uint64_t>(i) + 1);
    EXPECT_EQ(recorder_.count(), static_cast<std::size_t>(i) + 1);
  }
}

TEST_F(RuntimeTest, RunsDeadlinesInBoundedTurns) {
  runtime_.Start(&router_);
  for (int i = 0; i < 1'000; ++i) router_.AddDeadline(1);
  clock_.Set(1);
  BarrierOf(&runtime_);
  EXPECT_LE(router_.largest_slice(), 256U);
  EXPECT_EQ(recorder_.count(), 1'000U);
}

TEST_F(RuntimeTest, StoppingDeliversWhatWasHandedOver) {
  runtime_.Start(&router_);
  for (int i = 0; i < 1'000; ++i) router_.HandOver(i);
  runtime_.Stop();
  EXPECT_EQ(recorder_.count(), 1'000U);
  runtime_.Stop();  // again: nothing
}

TEST_F(RuntimeTest, StopsWithoutHavingStarted) { runtime_.Stop(); }

TEST_F(RuntimeTest, PostsInOrder) {
  runtime_.Start(&router_);
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) {
    runtime_.Post([&order, i] { order.push_back(i); });
  }
  runtime_.Stop();
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

TEST(RuntimeTimerTest, RunsDeadlinesByItselfAndNotEarly) {
  const ScaledClock clock(0, 1000);
  Recorder recorder;
  std::future<void> reached = recorder.Reaches(4);
  Runtime runtime(&clock, &recorder);
  FakeRouter router(&runtime);
  runtime.Start(&router);
  // The second is earlier than the first: the timer has to be set again.
  router.AddDeadline(40'000);
  router.AddDeadline(10'000);
  router.AddDeadline(30'000);
  router.AddDeadline(20'000);
  ASSERT_EQ(reached.wait_for(std::chrono::seconds(30)),
            std::future_status::ready);
  EXPECT_GE(clock.NowMs(), 40'000);
  EXPECT_THAT(recorder.Times(), ElementsAre(10'000, 20'000, 30'000, 40'000));
}

TEST(RuntimeTimerTest, DoesNotSpinWhenNextDueIsEarly) {
  const ScaledClock clock(0, 1000);
  Recorder recorder;
  std::future<void> reached = recorder.Reaches(1);
  Runtime runtime(&clock, &recorder);
  FakeRouter router(&runtime);
  router.SetEarliness(30'000);
  runtime.Start(&router);
  router.AddDeadline(clock.NowMs() + 50'000);  // named 30 ms of wall too early
  ASSERT_EQ(reached.wait_for(std::chrono::seconds(30)),
            std::future_status::ready);
  // About one look a millisecond; a loop without pause makes many thousands.
  EXPECT_LE(router.run_due_calls(), 200U);
}

TEST(RuntimeTimerTest, SleepsWhenNothingIsDue) {
  ManualClock clock;
  Recorder recorder;
  Runtime runtime(&clock, &recorder);
  FakeRouter router(&runtime);
  runtime.Start(&router);
  BarrierOf(&runtime);
  const std::size_t before = router.run_due_calls();
  router.AddDeadline(1'000'000);
  const auto until = steady_clock::now() + std::chrono::milliseconds(50);
  while (steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(router.run_due_calls(), before);
  EXPECT_THAT(recorder.Times(), IsEmpty());
}

// --- With a committer --------------------------------------------------------

// Holds each group until it is let go; then commits it, or fails.
class GatedCommitter final : public EventCommitter {
 public:
  absl::Status Commit(
      absl::Span<const journal::NumberedEvent> events) override {
    MutexLock lock(mutex_);
    groups_.push_back(events.size());
    changed_.NotifyAll();
    while (open_ < groups_.size()) changed_.Wait(mutex_);
    return fails_ ? absl::DataLossError("the disk is gone") : absl::OkStatus();
  }
  void OnCommitFailed(const absl::Status& status) override {
    failure_.set_value(std::string(status.message()));
  }

  void LetGo(std::size_t groups) {
    MutexLock lock(mutex_);
    open_ = groups;
    changed_.NotifyAll();
  }
  void Fail() {
    MutexLock lock(mutex_);
    fails_ = true;
  }
  void WaitForGroup(std::size_t number) {
    MutexLock lock(mutex_);
    while (groups_.size() < number) changed_.Wait(mutex_);
  }
  std::vector<std::size_t> groups() const {
    MutexLock lock(mutex_);
    return groups_;
  }
  std::future<std::string> failure() { return failure_.get_future(); }

 private:
  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::vector<std::size_t> groups_ RELAIS_GUARDED_BY(mutex_);
  std::size_t open_ RELAIS_GUARDED_BY(mutex_) = 0;
  bool fails_ RELAIS_GUARDED_BY(mutex_) = false;
  std::promise<std::string> failure_;
};

TEST(ChoresTest, RunAgainAndAgainUntilTheStop) {
  ManualClock clock;
  Recorder recorder;
  Runtime runtime(&clock, &recorder);
  FakeRouter router(&runtime);
  std::promise<void> thrice;
  std::atomic<int> runs{0};
  runtime.Every(std::chrono::milliseconds(1), [&] {
    if (++runs == 3) thrice.set_value();
  });
  // This one is waiting when the Runtime stops, and must not hold it up.
  runtime.Every(std::chrono::hours(1), [&] { ADD_FAILURE() << "too early"; });
  runtime.Start(&router);
  thrice.get_future().wait();
  runtime.Stop();
  const int then = runs;
  EXPECT_GE(then, 3);
  EXPECT_EQ(runs, then);
}

class CommittingTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  Recorder recorder_;
  GatedCommitter committer_;
  Runtime runtime_{&clock_, &recorder_, &committer_};
  FakeRouter router_{&runtime_};
};

TEST_F(CommittingTest, NothingIsHeardOfBeforeItIsCommitted) {
  runtime_.Start(&router_);
  const CommitTicket first = router_.HandOver(1);
  committer_.WaitForGroup(1);
  // While the first is on its way to the medium the next group gathers.
  router_.HandOver(2);
  const CommitTicket third = router_.HandOver(3);
  std::promise<std::size_t> first_answer;
  std::promise<std::size_t> third_answer;
  runtime_.WhenCommitted(first,
                         [&] { first_answer.set_value(recorder_.count()); });
  runtime_.WhenCommitted(third,
                         [&] { third_answer.set_value(recorder_.count()); });
  std::promise<std::size_t> posted;
  runtime_.Post([&] { posted.set_value(recorder_.count()); });
  EXPECT_EQ(posted.get_future().get(), 0U);

  committer_.LetGo(1);
  EXPECT_EQ(first_answer.get_future().get(), 1U);
  committer_.WaitForGroup(2);
  EXPECT_EQ(recorder_.count(), 1U);
  committer_.LetGo(2);
  EXPECT_EQ(third_answer.get_future().get(), 3U);
  EXPECT_THAT(committer_.groups(), ElementsAre(1, 2));
  EXPECT_THAT(recorder_.Times(), ElementsAre(1, 2, 3));
}

TEST_F(CommittingTest, AfterAFailureNothingIsDeliveredOrCommitted) {
  std::future<std::string> failure = committer_.failure();
  committer_.Fail();
  committer_.LetGo(100);
  runtime_.Start(&router_);
  router_.HandOver(1);
  EXPECT_EQ(failure.get(), "the disk is gone");
  router_.HandOver(2);
  std::promise<void> posted;
  runtime_.Post([&] { posted.set_value(); });
  posted.get_future().wait();
  runtime_.Stop();
  EXPECT_THAT(recorder_.Times(), IsEmpty());
  EXPECT_THAT(committer_.groups(), ElementsAre(1));
}

TEST_F(CommittingTest, ABarrierAndTheEndWaitForTheCommitter) {
  committer_.LetGo(100);
  router_.AddDeadline(40);
  router_.HandOver(1);  // before the start
  runtime_.Start(&router_);
  clock_.Set(50);
  EXPECT_EQ(BarrierOf(&runtime_).now_ms, 50);
  EXPECT_THAT(recorder_.Times(), ElementsAre(1, 40));
  router_.HandOver(60);
  runtime_.Stop();
  EXPECT_THAT(recorder_.Times(), ElementsAre(1, 40, 60));
}

}  // namespace
}  // namespace relais::runtime
