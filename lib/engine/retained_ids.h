// The ids of contacts that have ended, remembered for a while, so that a late
// repetition of a submit gets the first answer and a read still finds them.
//
// What it is: 16 shards by the id's hash, each a map and a queue in the order
// of remembering. As all ids are retained equally long, that is the order of
// forgetting too; an end whose time is behind that of an end remembered before
// it in its shard (threads may read different clocks) is forgotten with that
// one.
//
// Bound: Limits::ended_ids over all shards; the one more displaces the oldest
// and is counted. Callers inside Remember at the same moment may stand above
// it, one each.
//
// Thread safety: every member from any thread.
//
// Locks: one mutex per shard, never two at once, nothing called while held.
// Longest hold: one insertion, which allocates.
//
// Atomics
//   R1  Shard::front_due, front_order store(release, under the lock) <->
//       load(acquire): NextDue, and which shard to lock; judged again under
//       the lock.
//   R2  total_, order_, forgotten_, relaxed: numbers only; no other memory is
//       read through them.

#ifndef RELAIS_LIB_ENGINE_RETAINED_IDS_H_
#define RELAIS_LIB_ENGINE_RETAINED_IDS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "lib/base/cache_line.h"
#include "lib/base/fingerprint.h"
#include "lib/base/mutex.h"
#include "relais/contact.h"
#include "relais/router.h"
#include "relais/types.h"

namespace relais {

struct RetainedId {
  Fingerprint content;    // of the submit
  ContactView view;       // at its end, without attributes; view.id is the id
  SubmitOutcome outcome;  // what the first submit was answered
};

class RetainedIds {
 public:
  static constexpr std::uint32_t kShards = 16;
  // The shard of an id; the same for a table of live ids beside this one.
  static std::uint32_t ShardOf(std::string_view id);

  // `max` is at least 1, `retention_ms` at least 0.
  RetainedIds(std::uint32_t max, DurationMs retention_ms);
  RetainedIds(const RetainedIds&) = delete;
  RetainedIds& operator=(const RetainedIds&) = delete;

  // Remembers the ended contact until view.ended_ms + retention. False, and
  // nothing changed, if that id is remembered already. If `earlier` is given,
  // it tells whether NextDue() may have become earlier.
  bool Remember(RetainedId retained, bool* earlier = nullptr);

  std::optional<RetainedId> Find(std::string_view id) const;

  // Forgets at most `limit` of those due at or before `now_ms`, oldest first;
  // returns how many.
  std::size_t ForgetDue(InstantMs now_ms, std::size_t limit);

  std::optional<InstantMs> NextDue() const;

  std::size_t size() const;
  // Forgotten before their time, because there were too many.
  std::uint64_t forgotten() const;

 private:
  static constexpr InstantMs kNever = std::numeric_limits<InstantMs>::max();
  static constexpr std::uint64_t kNoOrder =
      std::numeric_limits<std::uint64_t>::max();

  struct Entry {
    RetainedId retained;
    InstantMs due_ms = 0;
    std::uint64_t order = 0;
  };
  struct alignas(kCacheLineBytes) Shard {
    std::atomic<InstantMs> front_due{kNever};          // R1
    std::atomic<std::uint64_t> front_order{kNoOrder};  // R1
    mutable Mutex mutex;
    // A deque's elements stay where they are while others come and go at its
    // ends, so the keys may point into them.
    std::deque<Entry> entries RELAIS_GUARDED_BY(mutex);
    absl::flat_hash_map<absl::string_view, const Entry*> by_id
        RELAIS_GUARDED_BY(mutex);

    void Publish() RELAIS_REQUIRES(mutex);
    void PopFront() RELAIS_REQUIRES(mutex);
  };

  // Forgets the oldest of all that is due at or before `now_ms`; false if
  // there is none.
  bool ForgetOldest(InstantMs now_ms);

  const std::uint32_t max_;
  const DurationMs retention_ms_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::uint64_t> order_{0};      // R2
  std::atomic<std::uint64_t> total_{0};      // R2
  std::atomic<std::uint64_t> forgotten_{0};  // R2
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_RETAINED_IDS_H_
