// Rings that are skipped when nobody could answer: how many could, and which
// contacts wait in them.
//
// What it is. A *watch* is a requirement class with a condition. It counts the
// agents of that condition (signed in, or listed) who are eligible for the
// class, and knows the contacts that wait in it. A watch *has turned* when it
// counts nobody and has contacts. The Router moves those on one by one
// (RunDue); whether they still wait is for their words to say, so an entry that
// is out of date is dropped when its turn comes.
//
// Thread safety: every member from any thread, but SetAgent of one agent under
// the mutex of its record.
//
// Lock: one mutex, a leaf. Taken by SetAgent when what it says has changed
// (sign-in, sign-out, another profile), by contacts that enter or leave a
// watched ring, and when a class begins to be watched. Longest hold: one pass
// over the watches (SetAgent) or over the agents (Acquire of a new one), each a
// pair of requirement and profile compared. Contacts without a plan, and plans
// without conditions, never take it.
//
// Atomics
//   G1  what an agent's slot last said, relaxed: written and compared under its
//       record's mutex; a new watch reads it under the lock under which it was
//       written.
//   G2  how many watches have turned, and since when: release <-> acquire; who
//       reads that one has turned finds it under the lock.

#ifndef RELAIS_LIB_ENGINE_RING_WATCH_H_
#define RELAIS_LIB_ENGINE_RING_WATCH_H_

#include <atomic>
#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "lib/base/mutex.h"
#include "lib/engine/class_registry.h"
#include "relais/bullseye_plan.h"
#include "relais/types.h"

namespace relais {

class RingWatch {
 public:
  struct Key {
    std::uint32_t requirement_class = 0;
    RingCondition condition = RingCondition::kNone;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Standing {
    std::uint32_t profile = 0;
    bool listed = false;
    bool signed_in = false;
  };
  struct Waiter {
    std::uint64_t sequence = 0;  // of its arrival
    std::uint32_t slot = 0;
    std::uint64_t tag = 0;  // of its waiting word
  };

  // `classes` must outlive it.
  RingWatch(std::uint32_t agents, const ClassRegistry* classes);

  // The caller holds a reference to the class until it has called Release.
  void Acquire(const Key& key);
  void Release(const Key& key);
  // Whether nobody could answer. Of a key that is acquired.
  bool Nobody(const Key& key) const;

  // What counts of the agent from now on. Its profile, and the one before, are
  // referred to while this runs.
  void SetAgent(std::uint32_t agent, const Standing& standing);

  // The contact waits in this ring (without a condition: in none that counts),
  // if `still_waits` says so, and in none that it waited in before.
  void Enter(const Key& key, const Waiter& waiter,
             absl::FunctionRef<bool()> still_waits);
  void Leave(std::uint32_t slot);
  // What First has found is out of date.
  void Drop(const Waiter& waiter);

  // Of all that wait in watches that have turned, the one that came first.
  bool First(Waiter* waiter) const;
  bool turned() const {
    return turned_.load(std::memory_order_acquire) > 0;  // G2
  }
  // Whether a watch has turned of which nobody was told; from then on it has
  // turned at `now_ms`.
  bool Note(InstantMs now_ms);
  // The instant that Note was given, while there is anything to move on.
  std::optional<InstantMs> Since() const;

 private:
  static constexpr InstantMs kNever = std::numeric_limits<InstantMs>::max();
  struct Watch {
    std::uint32_t references = 0;
    std::uint32_t agents = 0;  // who could answer
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint64_t> waiting;
    bool turned = false;
  };
  struct Place {
    Key key;
    std::uint64_t sequence = 0;
  };

  static std::uint64_t Packed(const Standing& standing);
  static Standing Unpacked(std::uint64_t bits);
  bool Counts(const Key& key, const Standing& standing) const;
  void Judge(Watch* watch) RELAIS_REQUIRES(mutex_);
  void LeaveLocked(std::uint32_t slot) RELAIS_REQUIRES(mutex_);

  const ClassRegistry* const classes_;
  const std::uint32_t agent_count_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> agents_;  // G1
  mutable Mutex mutex_;
  std::map<Key, Watch> watches_ RELAIS_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::uint32_t, Place> places_ RELAIS_GUARDED_BY(mutex_);
  std::atomic<std::uint32_t> turned_{0};  // G2
  std::atomic<InstantMs> since_{kNever};  // G2
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_RING_WATCH_H_
