// Dense class ids for compiled requirements and profiles, and lanes for
// requirement classes with a boost; counts who uses them and keeps the core's
// eligibility matrix filled.
//
// What it is: two hash tables (requirements, profiles) of 16 shards each. A
// class whose count has fallen to 0 stays cached: the next user finds it with
// its row or column in place. Only when no id is left is the class released
// least recently recycled for the new one. None to recycle is
// RESOURCE_EXHAUSTED naming the limit.
//
// A lane serves one boost of one class. When no lane is left to hand out, those
// of classes that nobody uses are taken back; no contact is in them.
//
// Thread safety: every member from any thread; the caller of anything that
// takes a class id holds a reference to that class.
//
// Locks (never held across a ClassMatrix call)
//   L1  creation_mutex_: which ids exist, which are being created, the lists
//       that rows and columns are written for, and the lanes that serve
//       nothing. Taken to create a class or to help create it, and to take or
//       give back a lane. Longest hold: one scan for the class to recycle, one
//       copy of a list, or one scan of the requirement classes for lanes of
//       unused ones and a sort of those: O(classes + lanes log lanes).
//   L2  a shard's mutex: the map from content to id, counts, and the lanes of
//       the shard's classes. Longest hold: a lookup, or while recycling a scan
//       of that shard's classes. May be taken while L1 is held, never the
//       reverse, never two shards at once.
//
// Why no cell (c, p) is missed. Requirement class c is entered in its list,
// and the list of profile classes copied, in one critical section of L1; so is
// p, with the list of requirement classes. One of the two sections comes
// second and copies a list that has the other. Its thread writes the cell
// before it hands out its id; and a cell matters only once both are handed
// out. Whoever finds a class that is still being created writes the whole row
// or column itself before it hands the id out (the values are equal), so
// nobody waits for a thread that was stopped.
//
// Why no cell is overwritten by an old value. Whoever writes a row holds a
// reference to c, so c is not recycled under it; and no profile class is
// recycled while any row is being written (Side::writers), since that row's
// list may have it. The same with columns. The price: an acquisition that
// would need to recycle at that moment is refused although an unused class
// exists, instead of waiting.
//
// SetRequirementClass and SetProfileClass are called once for each class that
// an id stands for, before that class's first cell is written.

#ifndef RELAIS_LIB_ENGINE_CLASS_REGISTRY_H_
#define RELAIS_LIB_ENGINE_CLASS_REGISTRY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/base/cache_line.h"
#include "lib/base/mutex.h"
#include "lib/domain/compiled.h"
#include "relais/limits.h"
#include "relais/types.h"

namespace relais {

// The core's side. Called with no lock held, from several threads at once,
// also twice with the same arguments; cells are atomics.
class ClassMatrix {
 public:
  virtual ~ClassMatrix() = default;
  // Class id `c` begins to stand for a class of this channel. Called again
  // when the id is recycled; nobody uses the id then.
  virtual void SetRequirementClass(std::uint32_t c, std::uint8_t kind) = 0;
  // 0 = not eligible, otherwise 1 + fit step.
  virtual void SetFit(std::uint32_t c, std::uint32_t p, std::uint8_t fit) = 0;
  // Class id `p` begins to stand for a class with these channels.
  virtual void SetProfileClass(std::uint32_t p, std::uint8_t kinds) = 0;
  // `lane` begins to serve a boost of this class; no contact is in it and
  // nobody brings one.
  virtual void SetLane(std::uint32_t lane, std::uint32_t requirement_class) = 0;
};

class ClassRegistry {
 public:
  // `matrix` must outlive the registry. Uses the three class limits.
  ClassRegistry(const Limits& limits, ClassMatrix* matrix);
  ~ClassRegistry();
  ClassRegistry(const ClassRegistry&) = delete;
  ClassRegistry& operator=(const ClassRegistry&) = delete;

  // The class of this content, with one reference more. On return every cell
  // of it with a class that was handed out before is in the matrix.
  absl::StatusOr<std::uint32_t> AcquireRequirement(
      const CompiledRequirement& requirement);
  void AddRequirementReference(std::uint32_t c);
  void ReleaseRequirement(std::uint32_t c);

  absl::StatusOr<std::uint32_t> AcquireProfile(const CompiledProfile& profile);
  void AddProfileReference(std::uint32_t p);
  void ReleaseProfile(std::uint32_t p);

  // The lane of this class for this boost, the same while the caller's
  // reference lasts; every contact in a lane holds one from this call until it
  // has left. RESOURCE_EXHAUSTED if the boost is new and no lane is left.
  absl::StatusOr<std::uint32_t> LaneFor(std::uint32_t requirement_class,
                                        DurationMs boost);

  // The content; valid while the caller holds its reference.
  const CompiledRequirement& Requirement(std::uint32_t c) const;
  const CompiledProfile& Profile(std::uint32_t p) const;

  // Classes whose id was given to another content so far.
  std::uint64_t recycled() const;

 private:
  static constexpr std::uint32_t kShards = 16;
  static constexpr std::uint32_t kNoClass = 0xFFFFFFFF;

  struct Lane {
    std::uint32_t id = 0;
    DurationMs boost = 0;
  };

  template <typename Key>
  struct Class {
    // Written in a critical section of L1 while nobody has the id.
    Key key;
    std::uint32_t shard = 0;
    // Guarded by the mutex of `shard`.
    std::uint32_t count = 0;
    bool complete = false;          // its cells are written
    std::uint64_t released_at = 0;  // when the count last fell to 0
    std::vector<Lane> lanes;        // requirement classes only
  };

  struct alignas(kCacheLineBytes) ShardBase {
    Mutex mutex;
  };
  template <typename Key>
  struct Shard : ShardBase {
    absl::flat_hash_map<Key, std::uint32_t> ids RELAIS_GUARDED_BY(this->mutex);
  };

  // One of the two tables.
  template <typename Key>
  struct Side {
    std::uint32_t capacity = 0;
    std::string_view limit_name;
    std::unique_ptr<Class<Key>[]> classes;  // by id
    std::array<Shard<Key>, kShards> shards;
    // Guarded by L1: ids entered, ids taken back unused, and the first id
    // never used; threads now writing cells for a class of this side.
    std::vector<std::uint32_t> listed;
    std::vector<std::uint32_t> spare;
    std::uint32_t unused = 0;
    std::uint32_t writers = 0;
  };

  template <typename Key, typename Other>
  absl::StatusOr<std::uint32_t> Acquire(Side<Key>& side, Side<Other>& other,
                                        const Key& key);
  template <typename Key>
  std::uint32_t FindAndAddReference(Side<Key>& side, std::uint32_t shard,
                                    const Key& key, bool* complete);
  template <typename Key>
  std::uint32_t TakeId(Side<Key>& side, bool may_recycle)
      RELAIS_REQUIRES(creation_mutex_);
  template <typename Key>
  std::uint32_t Recycle(Side<Key>& side) RELAIS_REQUIRES(creation_mutex_);
  template <typename Key>
  void Enter(Side<Key>& side, std::uint32_t id, std::uint32_t shard,
             const Key& key) RELAIS_REQUIRES(creation_mutex_);
  template <typename Key, typename Other>
  void WriteCells(Side<Key>& side, Side<Other>& other, std::uint32_t id,
                  const std::vector<std::uint32_t>& others);
  // A lane that serves nothing; false if there is none to have.
  bool TakeLane(std::uint32_t* id);

  template <typename Key>
  void AddReference(Side<Key>& side, std::uint32_t id);
  template <typename Key>
  void Release(Side<Key>& side, std::uint32_t id);

  ClassMatrix* const matrix_;
  const std::uint32_t lanes_max_;

  Mutex creation_mutex_;  // L1
  Side<CompiledRequirement> requirements_;
  Side<CompiledProfile> profiles_;

  // Lanes that serve nothing, and the first never used.
  std::vector<std::uint32_t> spare_lanes_ RELAIS_GUARDED_BY(creation_mutex_);
  std::uint32_t lanes_used_ RELAIS_GUARDED_BY(creation_mutex_) = 0;
  // relaxed: order of releases as one total order of numbers is all that is
  // asked; stored under a shard's lock.
  std::atomic<std::uint64_t> release_clock_{0};
  // relaxed: a figure.
  std::atomic<std::uint64_t> recycled_{0};
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_CLASS_REGISTRY_H_
