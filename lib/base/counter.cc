#include "lib/base/counter.h"

namespace relais {

std::size_t Counter::ShardOfThisThread() {
  static std::atomic<std::size_t> next{0};
  // relaxed: only a spread over the shards, any value is right.
  thread_local const std::size_t shard =
      next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

}  // namespace relais
