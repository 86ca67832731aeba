// Goal: a thread stopped inside a call of the Router outside its locks stops
// nobody, and every queue is still served; one stopped inside a lock of
// docs/concurrency.md stops only who needs that lock. Method: seven threads
// with a seeded mix of all calls (tests/stress/history_run.h), an eighth that
// is stopped at random instants (freezer.h). What the run was is judged as any
// recorded history, so nothing was lost or doubled by it.
//
// RELAIS_FROZEN_INSTANTS sets how many instants of each kind,
// RELAIS_STRESS_SEED the seed of the draws. Nothing waits for a time: a frozen
// thread is thawed when the others have made their calls, and a watchdog ends a
// run that hangs.

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "relais/router.h"
#include "tests/frozen_router/freezer.h"
#include "tests/stress/history_run.h"

namespace relais::frozen {
namespace {

using stress::CallKind;
using stress::CallRecord;
using stress::HistoryRun;

constexpr int kThreads = 8;
constexpr int kVictim = 0;
constexpr int kQueues = 5;
// What every other thread must get done while one is frozen.
constexpr std::uint64_t kCallsEach = 60;
// What all together must get done while it is frozen in a lock, nine times of
// ten and on average. Each may need that lock with its very next call, and on
// a busy machine all may wait for it already when the thread stops itself.
constexpr std::uint64_t kCallsInLock = 5;
constexpr std::uint64_t kCallsInLockMean = 60;
// A queue that was not served after so many calls is not served.
constexpr std::uint64_t kCallsMax = 300'000;
constexpr int kInstantsARound = 5;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  std::uint64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

// Ends the process with a message if nobody pets it for two minutes.
class Watchdog {
 public:
  Watchdog() : thread_([this] { Watch(); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void Pet() {
    const std::lock_guard lock(mutex_);
    ++pets_;
    changed_.notify_all();
  }

 private:
  void Watch() {
    std::unique_lock lock(mutex_);
    while (!over_) {
      const std::uint64_t before = pets_;
      const bool moved = changed_.wait_for(lock, std::chrono::minutes(2), [&] {
        return over_ || pets_ != before;
      });
      if (moved) continue;
      std::fputs("frozen_router_test: the other threads do not get on\n",
                 stderr);
      std::abort();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::uint64_t pets_ = 0;
  std::thread thread_;
};

class FrozenRouterTest : public ::testing::Test {
 protected:
  FrozenRouterTest()
      : seed_(FromEnvironment("RELAIS_STRESS_SEED", 1)),
        random_(seed_),
        run_(seed_, kThreads) {
    here_ = this;
    Prepare([] { here_->NoteInstant(); });
    HistoryRun::Hooks hooks;
    hooks.begin = [this](int worker) {
      Enter(worker);
      if (worker == kVictim) victim_works_ = true;
    };
    hooks.before_call = [](int) { BeginCall(); };
    hooks.after_call = [this](int worker, const CallRecord& call) {
      EndCall();
      Count(worker, call);
    };
    hooks.round_over = [this] { return round_over_.load(); };
    hooks.restless = kVictim;
    hooks.configurations = 2;  // both list every queue
    run_.set_hooks(std::move(hooks));
    router_ = *Router::Create(run_.Options());
  }

  // In a signal handler: atomics only.
  void NoteInstant() {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kThreads; ++i) {
      before_[i] = calls_[i].load();
      if (i != kVictim) all += before_[i];
    }
    all_before_ = all;
  }

  // On the workers' threads.
  void Count(int worker, const CallRecord& call) {
    ++calls_[static_cast<std::size_t>(worker)];
    if (worker == kVictim || !call.ok() || call.kind != CallKind::kComplete) {
      return;
    }
    // Brought, offered, accepted and completed while one was frozen?
    const std::uint64_t number = std::strtoull(&call.contact[1], nullptr, 10);
    if (number <= contacts_before_) return;
    const std::string queue = stress::HistorySpecOf(call.contact).queue;
    ++served_[static_cast<std::size_t>(queue[1] - '0')];
  }

  std::uint64_t OthersCalls() const {
    std::uint64_t all = 0;
    for (int i = 0; i < kThreads; ++i) {
      if (i != kVictim) all += calls_[static_cast<std::size_t>(i)];
    }
    return all;
  }

  // An instant that neither the seed nor the machine foresees alone.
  void LetSomeCallsPass() {
    const std::uint64_t until = OthersCalls() + random_.Uniform(60);
    while (OthersCalls() < until) std::this_thread::yield();
    // Down to single instructions.
    for (std::uint64_t i = random_.Uniform(3'000); i > 0; --i) {
      spun_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  // Runs `instants` times `one` in rounds, each judged.
  template <typename One>
  void Run(int instants, One one) {
    int left = instants;
    Watchdog watchdog;
    std::atomic<bool> over{false};
    std::thread controller([&] {
      while (left > 0 && !over) {
        // Between rounds nobody calls.
        while (!victim_works_ && !over) std::this_thread::yield();
        for (int i = 0; i < kInstantsARound && left > 0 && !over; ++i) {
          one();
          watchdog.Pet();
          --left;
        }
        victim_works_ = false;
        round_over_ = true;
      }
    });
    run_.Run(router_.get(), 0, [&] {
      if (left == 0) return true;
      round_over_ = false;
      return false;
    });
    over = true;
    controller.join();
    for (const std::string& violation : run_.judge().violations()) {
      ADD_FAILURE() << violation;
    }
  }

  // Every other thread makes its calls, and each queue takes a new contact,
  // offers it and has it completed.
  void ExpectOthersServeAll() {
    for (auto& one : served_) one = 0;
    contacts_before_ = run_.contacts();
    const auto behind = [&](std::size_t i) {
      return i != kVictim && calls_[i] < before_[i] + kCallsEach;
    };
    for (std::size_t i = 0; i < kThreads; ++i) {
      while (behind(i)) std::this_thread::yield();
    }
    for (std::size_t queue = 0; queue < kQueues; ++queue) {
      while (served_[queue] == 0 && OthersCalls() < all_before_ + kCallsMax) {
        std::this_thread::yield();
      }
      EXPECT_GT(served_[queue], 0U) << "q" << queue << " is not served";
    }
    contacts_before_ = ~std::uint64_t{0};
    calls_while_frozen_ += OthersCalls() - all_before_;
  }

  // Every other thread makes its calls or waits for the frozen one's lock.
  void ExpectOthersGoOnOrNeedTheLock() {
    for (int i = 0; i < kThreads; ++i) {
      const auto at = static_cast<std::size_t>(i);
      while (i != kVictim && calls_[at] < before_[at] + kCallsEach) {
        if (StoppedBy(i, kVictim)) {
          ++stopped_by_lock_;
          break;
        }
        std::this_thread::yield();
      }
    }
    const std::uint64_t made = OthersCalls() - all_before_;
    few_in_lock_ += made < kCallsInLock;
    calls_while_frozen_ += made;
  }

  static inline FrozenRouterTest* here_ = nullptr;
  const std::uint64_t seed_;
  Random random_;
  HistoryRun run_;
  std::unique_ptr<Router> router_;
  std::atomic<bool> round_over_{true};
  std::atomic<bool> victim_works_{false};
  std::array<std::atomic<std::uint64_t>, kThreads> calls_{};
  // calls_ when the victim was stopped.
  std::array<std::atomic<std::uint64_t>, kThreads> before_{};
  std::atomic<std::uint64_t> all_before_{0};
  std::array<std::atomic<std::uint64_t>, kQueues> served_{};
  std::atomic<std::uint64_t> contacts_before_{~std::uint64_t{0}};
  std::atomic<std::uint64_t> spun_{0};
  std::uint64_t calls_while_frozen_ = 0;
  std::uint64_t stopped_by_lock_ = 0;
  int few_in_lock_ = 0;
};

TEST_F(FrozenRouterTest, OutsideItsLocksNobodyIsStopped) {
  const auto instants =
      static_cast<int>(FromEnvironment("RELAIS_FROZEN_INSTANTS", 100));
  std::array<int, 4> where{};
  Run(instants, [&] {
    for (;;) {
      LetSomeCallsPass();
      const Where stopped = Freeze(kVictim);
      ++where[static_cast<std::size_t>(stopped)];
      if (stopped == Where::kOutside) ExpectOthersServeAll();
      Thaw(kVictim);
      if (stopped == Where::kOutside) return;
    }
  });
  std::cout << instants << " instants inside calls and outside locks, "
            << calls_while_frozen_ << " calls of the others meanwhile; besides "
            << where[static_cast<std::size_t>(Where::kInLock)]
            << " inside a lock, "
            << where[static_cast<std::size_t>(Where::kAllocator)]
            << " inside the allocator, "
            << where[static_cast<std::size_t>(Where::kElsewhere)]
            << " between calls; " << run_.judge().calls() << " calls judged\n";
  EXPECT_GE(where[static_cast<std::size_t>(Where::kOutside)], instants);
}

TEST_F(FrozenRouterTest, InsideALockOnlyThoseWhoNeedItAreStopped) {
  const auto instants =
      static_cast<int>(FromEnvironment("RELAIS_FROZEN_INSTANTS", 100));
  std::set<const void*> locks;
  Run(instants, [&] {
    const int n = 1 + static_cast<int>(random_.Uniform(40));
    EXPECT_EQ(FreezeInLock(kVictim, n), Where::kInLock);
    locks.insert(LockOf(kVictim));
    ExpectOthersGoOnOrNeedTheLock();
    Thaw(kVictim);
  });
  std::cout << instants << " instants inside " << locks.size()
            << " different locks, " << calls_while_frozen_
            << " calls of the others meanwhile, " << few_in_lock_
            << " times fewer than " << kCallsInLock << "; " << stopped_by_lock_
            << " times a thread needed the lock; " << run_.judge().calls()
            << " calls judged\n";
  EXPECT_LE(few_in_lock_ * 10, instants);
  EXPECT_GE(calls_while_frozen_,
            kCallsInLockMean * static_cast<std::uint64_t>(instants));
  EXPECT_GT(locks.size(), 10U);
  // Otherwise nothing was at stake.
  EXPECT_GT(stopped_by_lock_, 0U);
}

}  // namespace
}  // namespace relais::frozen
