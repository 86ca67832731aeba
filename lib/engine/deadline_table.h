// A bounded table of deadlines: at most one pending for each id of a dense
// range, found earliest first.
//
// What it is: 16 shards (id % 16), each an indexed 4-ary heap under a mutex.
// Set and Cancel are O(log n) of their shard; NextDue reads one atomic per
// shard; PopDue reads the same and locks the shards that tie for the earliest
// instant. All memory is taken at construction and touched when first used, so
// no call allocates.
//
// Versions: bookkeeping of two threads may arrive swapped (one reserves a
// contact, the other ends it, and the end's Cancel comes first). A Set or
// Cancel whose version is lower than the highest seen for that id is ignored;
// an equal one is applied. Versions therefore must not start again while the
// table lives: use a tag that survives the reuse of a slot, not the version of
// the entity in it. PopDue gives the deadline's version, so that its owner can
// tell whether it still means anything.
//
// Order: by (due_ms, order of Set over the whole table), across all shards.
// With callers racing, PopDue is exact for one instant during the call.
//
// Thread safety: every member from any thread.
//
// Locks: one mutex per shard, never two at once, nothing called while held.
// Longest hold: one sift through a heap of (ids / 16) entries, O(log n).
//
// Atomics
//   D1  Shard::earliest store(release, under the shard's lock) <->
//       load(acquire) in NextDue and PopDue: who sees a deadline's instant
//       sees what its setter did before. NextDue is never late, because Set
//       stores before it returns, and "may have become earlier" is judged by
//       the shard alone: judging by the minimum of all shards could miss a
//       waiter that reads the shards one after another while another shard's
//       earlier deadline is cancelled.
//   D2  order_ fetch_add, relaxed: a ticket; two Sets of one thread, or
//       ordered by a lock or a message, get rising numbers by coherence.
//   D3  size_ fetch_add/fetch_sub, relaxed: a figure for reports.

#ifndef RELAIS_LIB_ENGINE_DEADLINE_TABLE_H_
#define RELAIS_LIB_ENGINE_DEADLINE_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>

#include "lib/base/cache_line.h"
#include "lib/base/mutex.h"
#include "relais/types.h"

namespace relais {

class DeadlineTable {
 public:
  static constexpr std::uint32_t kShards = 16;

  struct Due {
    std::uint32_t id = 0;
    std::uint64_t version = 0;  // as given to Set
    InstantMs due_ms = 0;
    std::uint64_t payload = 0;  // as given to Set
  };

  // For ids 0 .. ids-1.
  explicit DeadlineTable(std::uint32_t ids);
  DeadlineTable(const DeadlineTable&) = delete;
  DeadlineTable& operator=(const DeadlineTable&) = delete;

  // Makes `due_ms` the id's deadline, replacing one that is pending. Returns
  // whether NextDue() may have become earlier, so that a waiter must look.
  // Requires: id < ids; due_ms below the largest InstantMs.
  bool Set(std::uint32_t id, std::uint64_t version, InstantMs due_ms,
           std::uint64_t payload = 0);

  // Returns whether a deadline was pending and is gone.
  bool Cancel(std::uint32_t id, std::uint64_t version);

  // The earliest pending instant. Never late: a deadline whose Set has
  // returned, and which was neither popped nor cancelled, is not before it.
  std::optional<InstantMs> NextDue() const;

  // Takes the earliest deadline due at or before `now_ms`; false if none.
  bool PopDue(InstantMs now_ms, Due* out);

  // Pending deadlines; exact when no call is in flight.
  std::size_t size() const;

 private:
  static constexpr InstantMs kNever = std::numeric_limits<InstantMs>::max();

  struct Entry {  // by local index, id / 16
    std::uint64_t version;
    std::uint64_t payload;
    std::uint32_t heap_place;  // 1-based; 0 = not pending
  };
  struct Node {
    InstantMs due_ms;
    std::uint64_t order;
    std::uint32_t local;
    bool Before(const Node& other) const {
      return due_ms != other.due_ms ? due_ms < other.due_ms
                                    : order < other.order;
    }
  };
  struct FreeMemory {
    void operator()(void* memory) const { std::free(memory); }
  };
  struct alignas(kCacheLineBytes) Shard {
    std::atomic<InstantMs> earliest{kNever};  // D1
    Mutex mutex;
    std::uint32_t size RELAIS_GUARDED_BY(mutex) = 0;
    // What these point to is guarded by the mutex as well.
    std::unique_ptr<Entry[], FreeMemory> entries;
    std::unique_ptr<Node[], FreeMemory> heap;

    void Place(std::uint32_t at, const Node& node) RELAIS_REQUIRES(mutex);
    void SiftUp(std::uint32_t at, const Node& node) RELAIS_REQUIRES(mutex);
    void SiftDown(std::uint32_t at, const Node& node) RELAIS_REQUIRES(mutex);
    // Puts `node` at `at` or wherever the order asks from there.
    void Restore(std::uint32_t at, const Node& node) RELAIS_REQUIRES(mutex);
    void RemoveAt(std::uint32_t at) RELAIS_REQUIRES(mutex);
    void Publish() RELAIS_REQUIRES(mutex);
  };

  const std::uint32_t ids_;
  std::array<Shard, kShards> shards_;
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> order_{0};  // D2
  std::atomic<std::size_t> size_{0};                              // D3
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_DEADLINE_TABLE_H_
