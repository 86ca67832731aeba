// What one worker holds, oldest first. Filled by whoever reads the events (one
// at a time, each seeing what the one before did), emptied by its worker.

#ifndef RELAIS_BENCH_ROUTER_RING_H_
#define RELAIS_BENCH_ROUTER_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/assert.h"
#include "lib/base/cache_line.h"

namespace relais::bench {

template <class Held>
class alignas(kCacheLineBytes) Ring {
 public:
  explicit Ring(std::size_t most) {
    std::size_t room = 1;
    while (room < most + 1) room *= 2;
    held_.resize(room);
  }

  void Push(const Held& held) {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);  // own
    RELAIS_CHECK(tail - head_.load(std::memory_order_acquire) < held_.size(),
                 "a worker holds more than there are agents");
    held_[tail & (held_.size() - 1)] = held;
    tail_.store(tail + 1, std::memory_order_release);  // <-> Pop
  }

  bool Pop(Held* held) {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);  // own
    if (head == tail_.load(std::memory_order_acquire)) return false;
    *held = held_[head & (held_.size() - 1)];
    head_.store(head + 1, std::memory_order_release);  // <-> Push
    return true;
  }

  std::uint64_t pushed() const { return tail_.load(std::memory_order_acquire); }

 private:
  std::vector<Held> held_;
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> tail_{0};
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> head_{0};
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_ROUTER_RING_H_
