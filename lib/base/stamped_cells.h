// Cells of some words each that readers copy while they may be written anew.
//
// What it is: for each cell a stamp and a payload of words. A writer makes the
// stamp odd, writes the words, and makes it even; a reader copies the words
// between two readings of the stamp and believes them if both are the same even
// one. When to use: records of fixed size that are read rarely and beside those
// who write. When not: what must not be missed: a reader may be told that it
// was too late.
//
// Thread safety: readers from any thread. Write: by one thread at a time for a
// cell, each after the one before it (its caller's duty). TryWrite: any thread;
// it does not mix with Write.
//
// Invariants
//   T1  A stamp rises with each write, odd while the payload is being written.
//   T2  A payload that was copied between two equal even readings of the stamp
//       is the one of that write, except words which that write left out: they
//       are of an earlier write or 0.
//
// Why T2. Let a copy have a word of a later write. That store (release) was
// read (acquire), so the odd stamp that its writer stored before it happens
// before the second reading of the stamp, which therefore reads it or a later
// one: another number than the first. Let a copy miss a word of the write whose
// stamp was read first: that reading (acquire) has the store of the even stamp
// (release) before it, and with it the word.
//
// Progress: a writer never waits: TryWrite answers false while another is
// inside the cell. A reader tries again a bounded number of times.
//
// Atomics
//   T   stamps: even store(release) <-> load(acquire) by readers, and by the
//       CAS of the next TryWrite, whose words so come after the last writer's.
//       The odd store of Write is relaxed, and the odd CAS of TryWrite acquire:
//       what is told with them is told by the words' release. The second
//       reading is relaxed: coherence is enough, see T2.
//       Words: store(release) <-> load(acquire), for T2.

#ifndef RELAIS_LIB_BASE_STAMPED_CELLS_H_
#define RELAIS_LIB_BASE_STAMPED_CELLS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "lib/base/cache_line.h"
#include "lib/base/zeroed_array.h"

namespace relais {

template <template <typename> class AtomicT, std::size_t kWords>
class StampedCells {
 public:
  using Words = std::array<std::uint64_t, kWords>;
  static constexpr int kTries = 4;

  explicit StampedCells(std::size_t cells) : cells_(cells) {}
  std::size_t size() const { return cells_.size(); }

  // Calls fill(put), where put(i, word) writes word i; words that are not put
  // stay as they were.
  template <class Fill>
  void Write(std::size_t cell, Fill fill) {
    Cell& at = cells_[cell];
    // relaxed: the writer before is known to be done.
    const std::uint64_t stamp = at.stamp.load(std::memory_order_relaxed);
    at.stamp.store(stamp + 1, std::memory_order_relaxed);  // T
    FillWords(at, fill);
    at.stamp.store(stamp + 2, std::memory_order_release);  // T
  }
  // The same for write number `number` = 0, 1, 2 ... of all cells, those of one
  // cell rising. False, and nothing was changed: another writer is in the cell,
  // or a later one was.
  template <class Fill>
  bool TryWrite(std::size_t cell, std::uint64_t number, Fill fill) {
    Cell& at = cells_[cell];
    // relaxed: a guess, the CAS tells.
    std::uint64_t seen = at.stamp.load(std::memory_order_relaxed);
    if (seen % 2 != 0 || seen > 2 * number) return false;
    if (!at.stamp.compare_exchange_strong(seen, 2 * number + 1,
                                          std::memory_order_acquire,  // T
                                          std::memory_order_relaxed)) {
      return false;
    }
    FillWords(at, fill);
    at.stamp.store(StampOf(number), std::memory_order_release);  // T
    return true;
  }
  static constexpr std::uint64_t StampOf(std::uint64_t number) {
    return 2 * number + 2;
  }

  // Copies the cell; its stamp, or 0: it was never written, or is being written
  // each time that it is tried.
  std::uint64_t Read(std::size_t cell, Words* words) const {
    const Cell& at = cells_[cell];
    for (int i = 0; i < kTries; ++i) {
      const std::uint64_t before =
          at.stamp.load(std::memory_order_acquire);  // T
      if (before == 0) return 0;
      if (before % 2 != 0) continue;
      for (std::size_t word = 0; word < kWords; ++word) {
        (*words)[word] = at.words[word].load(std::memory_order_acquire);  // T
      }
      if (at.stamp.load(std::memory_order_relaxed) == before) return before;
    }
    return 0;
  }

 private:
  struct alignas(kCacheLineBytes) Cell {
    AtomicT<std::uint64_t> stamp{0};
    std::array<AtomicT<std::uint64_t>, kWords> words{};
  };

  template <class Fill>
  static void FillWords(Cell& at, Fill& fill) {
    fill([&at](std::size_t word, std::uint64_t value) {
      at.words[word].store(value, std::memory_order_release);  // T
    });
  }

  // As in lib/match: zero bytes are the initial value of a std::atomic.
  static constexpr bool kZeroIsInitial =
      std::is_same_v<AtomicT<std::uint64_t>, std::atomic<std::uint64_t>>;
  ZeroedArray<Cell, kZeroIsInitial> cells_;
};

}  // namespace relais

#endif  // RELAIS_LIB_BASE_STAMPED_CELLS_H_
