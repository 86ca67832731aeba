// Goal: the wrapper excludes, releases and wakes as std::mutex does. Method: a
// plain integer under the lock (the thread sanitizer watches it), a hand-over
// through the condition variable without sleeps.

#include "lib/base/mutex.h"

#include <chrono>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace relais {
namespace {

TEST(MutexTest, ExcludesOthers) {
  struct Shared {
    Mutex mutex;
    int value RELAIS_GUARDED_BY(mutex) = 0;
  } shared;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10'000; ++j) {
        MutexLock lock(shared.mutex);
        ++shared.value;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(shared.mutex);
  EXPECT_EQ(shared.value, 40'000);
}

TEST(MutexTest, TryLockTellsWhetherItIsHeld) {
  Mutex mutex;
  bool taken_meanwhile = true;
  {
    MutexLock lock(mutex);
    std::thread([&] {
      if (mutex.TryLock()) {
        mutex.Unlock();
      } else {
        taken_meanwhile = false;
      }
    }).join();
  }
  EXPECT_FALSE(taken_meanwhile);
  bool taken_afterwards = false;
  if (mutex.TryLock()) {
    taken_afterwards = true;
    mutex.Unlock();
  }
  EXPECT_TRUE(taken_afterwards);
}

TEST(ConditionVariableTest, WakesTheWaiter) {
  Mutex mutex;
  ConditionVariable changed;
  bool ready = false;
  bool answered = false;
  std::thread other([&] {
    MutexLock lock(mutex);
    while (!ready) changed.Wait(mutex);
    answered = true;
    changed.NotifyAll();
  });
  {
    MutexLock lock(mutex);
    ready = true;
    changed.NotifyAll();
    while (!answered) changed.Wait(mutex);
  }
  other.join();
  EXPECT_TRUE(answered);
}

TEST(ConditionVariableTest, WaitForEndsAndHoldsTheMutexAgain) {
  Mutex mutex;
  ConditionVariable changed;
  MutexLock lock(mutex);
  // Nobody notifies: a wait that ends early ends without a reason, so ask
  // until the timeout is told.
  while (changed.WaitFor(mutex, std::chrono::milliseconds(1))) {
  }
  bool taken = true;
  std::thread([&] {
    if (mutex.TryLock()) {
      mutex.Unlock();
    } else {
      taken = false;
    }
  }).join();
  EXPECT_FALSE(taken);
}

}  // namespace
}  // namespace relais
