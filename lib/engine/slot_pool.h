// Free slots of a table: those given back, then those never taken.
//
// Thread safety: every member from any thread. Take and Free are lock-free;
// neither allocates. Whoever takes a slot sees what its last owner wrote.
//
// Atomics: B (free_stack.h), and
//   S3  fresh_, relaxed: each number is handed out once; nothing to see.

#ifndef RELAIS_LIB_ENGINE_SLOT_POOL_H_
#define RELAIS_LIB_ENGINE_SLOT_POOL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "lib/base/assert.h"
#include "lib/base/free_stack.h"

namespace relais {

class SlotPool {
 public:
  explicit SlotPool(std::uint32_t slots)
      : slots_(slots),
        next_(std::make_unique<std::atomic<std::uint32_t>[]>(slots)) {
    RELAIS_CHECK(slots <= FreeStack<std::atomic>::kIndexMax,
                 "too many slots for a free stack");
  }

  std::optional<std::uint32_t> Take() {
    const std::uint32_t free_one = free_.Pop([this](std::uint32_t index) {
      return next_[index - 1].load(std::memory_order_relaxed);  // B
    });
    if (free_one != FreeStack<std::atomic>::kNone) return free_one - 1;
    std::uint32_t fresh = fresh_.load(std::memory_order_relaxed);  // S3
    while (fresh < slots_) {
      if (fresh_.compare_exchange_weak(fresh, fresh + 1,
                                       std::memory_order_relaxed)) {
        return fresh;
      }
    }
    return std::nullopt;
  }

  void Free(std::uint32_t slot) {
    free_.Push(slot + 1, [this, slot](std::uint32_t next) {
      next_[slot].store(next, std::memory_order_relaxed);  // B
    });
  }

  // Slots at or above this were never taken.
  std::uint32_t high_water() const {
    return fresh_.load(std::memory_order_relaxed);  // S3
  }

 private:
  const std::uint32_t slots_;
  const std::unique_ptr<std::atomic<std::uint32_t>[]> next_;
  FreeStack<std::atomic> free_;  // slot + 1
  std::atomic<std::uint32_t> fresh_{0};
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_SLOT_POOL_H_
