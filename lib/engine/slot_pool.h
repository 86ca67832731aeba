// Free slots of a table: a lock-free stack of indices with a tag.
//
// Thread safety: every member from any thread. Take and Free are lock-free;
// neither allocates.
//
// Atomics
//   S1  head CAS (acq_rel) <-> load(acquire): whoever takes a slot sees what
//       its last owner wrote. The tag rises with each change, so a head that
//       was popped and pushed again in between fails the CAS.
//   S2  next_, relaxed: read only under a head whose tag is then confirmed.
//   S3  fresh_, relaxed: each number is handed out once; nothing to see.

#ifndef RELAIS_LIB_ENGINE_SLOT_POOL_H_
#define RELAIS_LIB_ENGINE_SLOT_POOL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace relais {

class SlotPool {
 public:
  explicit SlotPool(std::uint32_t slots)
      : slots_(slots),
        next_(std::make_unique<std::atomic<std::uint32_t>[]>(slots)) {}

  std::optional<std::uint32_t> Take() {
    std::uint64_t head = head_.load(std::memory_order_acquire);  // S1
    while (static_cast<std::uint32_t>(head) != 0) {
      const std::uint32_t slot = static_cast<std::uint32_t>(head) - 1;
      const std::uint64_t next =
          ((head >> 32) + 1) << 32 |
          next_[slot].load(std::memory_order_relaxed);  // S2
      if (head_.compare_exchange_weak(head, next, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return slot;
      }
    }
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
    std::uint64_t head = head_.load(std::memory_order_acquire);  // S1
    std::uint64_t next = 0;
    do {
      next_[slot].store(static_cast<std::uint32_t>(head),
                        std::memory_order_relaxed);  // S2
      next = ((head >> 32) + 1) << 32 | (slot + 1);
    } while (!head_.compare_exchange_weak(head, next, std::memory_order_acq_rel,
                                          std::memory_order_acquire));
  }

  // Slots at or above this were never taken.
  std::uint32_t high_water() const {
    return fresh_.load(std::memory_order_relaxed);  // S3
  }

 private:
  const std::uint32_t slots_;
  const std::unique_ptr<std::atomic<std::uint32_t>[]> next_;
  std::atomic<std::uint64_t> head_{0};  // tag << 32 | slot + 1
  std::atomic<std::uint32_t> fresh_{0};
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_SLOT_POOL_H_
