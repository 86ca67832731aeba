// A lock-free stack of indices: the free ones of a table whose rows stay where
// they are. The rows keep the links, so pushing and popping allocate nothing.
//
// Thread safety: every member from any thread; Push of an index only by who
// owns it.
//
// Invariants
//   B1  The head's tag rises with each change, so a head that was popped and
//       pushed again in between fails the compare-and-swap of who read it
//       before. (40 bits: a popper would have to sleep over exactly a multiple
//       of 2^40 changes.)
//   B2  The link of an index on the stack is written by the last push of it.
//
// Progress: lock-free; a loop repeats only when another call changed the head.
//
// Atomics
//   B   head: Push CAS (release) <-> Pop load and failed CAS (acquire): who
//   pops
//       an index sees its link, and what the pusher did with the row before. A
//       link that was read under a head that has changed since is thrown away
//       with that head, so links need no order of their own. A Pop that
//       succeeds is relaxed: by the tag it replaces the very value that was
//       acquired, and as a read-modify-write it continues the pushers' release
//       sequences.

#ifndef RELAIS_LIB_BASE_FREE_STACK_H_
#define RELAIS_LIB_BASE_FREE_STACK_H_

#include <atomic>
#include <cstdint>

namespace relais {

template <template <typename> class AtomicT>
class FreeStack {
 public:
  static constexpr std::uint32_t kNone = 0;  // indices are 1..kIndexMax
  static constexpr std::uint32_t kIndexMax = (1U << 24) - 1;

  // An index that is the caller's, or kNone. `next_of(index)` reads a link.
  template <class NextOf>
  std::uint32_t Pop(NextOf next_of) {
    for (;;) {
      std::uint64_t head = head_.load(std::memory_order_acquire);  // B
      const auto index = static_cast<std::uint32_t>(head & kIndexMax);
      if (index == kNone) return kNone;
      if (head_.compare_exchange_weak(head, To(head, next_of(index)),
                                      std::memory_order_relaxed,
                                      std::memory_order_relaxed)) {
        return index;
      }
    }
  }
  // `set_next(index)` writes the link of `index`.
  template <class SetNext>
  void Push(std::uint32_t index, SetNext set_next) {
    // relaxed: only compared.
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      set_next(static_cast<std::uint32_t>(head & kIndexMax));
    } while (!head_.compare_exchange_weak(head, To(head, index),
                                          std::memory_order_release,  // B
                                          std::memory_order_relaxed));
  }

 private:
  // | tag:40 | index:24 |
  static constexpr std::uint64_t To(std::uint64_t head, std::uint32_t index) {
    return ((head & ~std::uint64_t{kIndexMax}) + kIndexMax + 1) | index;
  }

  AtomicT<std::uint64_t> head_{0};
};

}  // namespace relais

#endif  // RELAIS_LIB_BASE_FREE_STACK_H_
