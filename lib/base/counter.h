// A counter that many threads add to without meeting on one cache line.
//
// Thread safety: Add and Sum from any thread, both wait-free. A Sum taken
// while others add is some value between the counter's values at its start and
// its end; it includes every Add that happened before it. It is for figures,
// not for decisions.
//
// Memory: kShards cache lines (1 KiB) each; meant for tens of counters, not
// for one per contact.

#ifndef RELAIS_LIB_BASE_COUNTER_H_
#define RELAIS_LIB_BASE_COUNTER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/base/cache_line.h"

namespace relais {

class Counter {
 public:
  static constexpr std::size_t kShards = 16;  // a power of two

  Counter() = default;
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void Add(std::uint64_t amount = 1) {
    // relaxed: the sum is all that is read, nothing is published by it.
    shards_[ShardOfThisThread()].value.fetch_add(amount,
                                                 std::memory_order_relaxed);
  }

  std::uint64_t Sum() const {
    std::uint64_t sum = 0;
    for (const auto& shard : shards_) {
      // relaxed: an Add that happened before this call is seen by coherence.
      sum += shard.value.load(std::memory_order_relaxed);
    }
    return sum;
  }

 private:
  // Threads take shards in turn; two threads may share one.
  static std::size_t ShardOfThisThread();

  std::array<CacheLinePadded<std::atomic<std::uint64_t>>, kShards> shards_;
};

}  // namespace relais

#endif  // RELAIS_LIB_BASE_COUNTER_H_
