// Goal: no addition is lost, and a sum includes what happened before it.
// Method: more threads than shards add at once; a reader checks that sums
// never fall.

#include "lib/base/counter.h"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace relais {
namespace {

TEST(CounterTest, StartsAtZeroAndAddsAmounts) {
  Counter counter;
  EXPECT_EQ(counter.Sum(), 0U);
  counter.Add();
  counter.Add(41);
  EXPECT_EQ(counter.Sum(), 42U);
}

TEST(CounterTest, LosesNothingUnderThreads) {
  constexpr int kThreads = 20;  // more than shards: some share one
  constexpr int kAdds = 5'000;
  Counter counter;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    std::uint64_t last = 0;
    while (!done.load()) {
      const std::uint64_t sum = counter.Sum();
      EXPECT_GE(sum, last);
      last = sum;
    }
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kAdds; ++j) counter.Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.Sum(), std::uint64_t{kThreads} * kAdds);
  done.store(true);
  reader.join();
}

TEST(CounterTest, ShardsAreApart) {
  EXPECT_EQ(sizeof(Counter), Counter::kShards * kCacheLineBytes);
  EXPECT_EQ(alignof(Counter), kCacheLineBytes);
}

}  // namespace
}  // namespace relais
