// Dense class ids for compiled requirements, profiles and the core's classes of
// them, and lanes for requirement classes with a boost; counts who uses them
// and keeps the core's eligibility matrix filled.
//
// What it is. Requirement classes: a hash table of 16 shards from content to
// id. A class whose count has fallen to 0 stays cached: the next user finds it
// with its row in place. Only when no id is left is the class released least
// recently recycled for the new one. Profiles: the distinct contents that
// agents have, and the partition of them into profile classes of the core, few
// where contents are many (profile_partition.h). None left to give is
// RESOURCE_EXHAUSTED naming the limit.
//
// A lane serves one boost and ring of one class. When no lane is left to hand
// out, those of classes that nobody uses are taken back; no contact is in them.
//
// Thread safety: every member from any thread; the caller of anything that
// takes an id holds a reference to what it stands for.
//
// Locks
//   L1  creation_mutex_: the partition, the ids of requirement classes, and
//       every cell that is written. Taken to create a class or a profile, to
//       add or take away an agent or reference of a profile, and to learn who
//       is to be told. Never while an agent or a contact is looked for, never
//       to find a known requirement class or the class of a profile. Longest
//       hold: one new row, O(profiles), and the columns of the classes that it
//       splits off, O(requirement classes) each. Cells are computed before,
//       without it, but for what came meanwhile.
//   L2  a shard's mutex: the map from content to id, counts, and the lanes of
//       the shard's classes. Longest hold: a lookup, or while recycling a scan
//       of that shard's classes.
//   L3  lanes_mutex_: lanes that serve nothing, and giving a lane to a class,
//       which the core wants one at a time. Longest hold: one scan of the
//       requirement classes for lanes of unused ones and a sort of those.
//   In this order when held together: L1, L3, L2; never two shards at once.
//
// Why no decision is made by a wrong cell. A new requirement class tells
// members of one profile class apart: under L1 its row is written, the parts
// get classes of their own with their columns, and then each moved profile its
// new class. A contact may have the requirement class only after every agent of
// every profile that has ever moved was told to the core with a class read
// after that: TellMoved. Whoever finds a requirement class that is not complete
// does this itself before it hands the id out, and it tells what others moved
// as well; so nobody waits for a thread that was stopped while telling.
//   - An agent is listed as a holder of its profile before its record shows it.
//     So either the split finds it among the holders and it is told again, or
//     whoever lists it comes after the split (both under L1) and reads the new
//     class.
//   - It is told under a new revision, drawn in its record's mutex where the
//     class is read, so terms with the old class that are still on their way
//     are outdated, whenever they arrive.
//   - A decision under way with the old terms cannot take a contact of the new
//     class: such a contact is seen after the agent was told, and whoever takes
//     a contact for an agent has made sure after seeing it that the agent's
//     word still is the one whose terms it used (MatcherT::TakeBest).
// Until then an old and a new class agree on every requirement class that was
// handed out, so it does not matter by which an agent is known.
//
// Why no cell is overwritten by an old value: all cells are written under L1.
// An id of a profile class is used again only when every agent that could be in
// the core as one of it has been told (profile_partition.h, P3), an id of a
// requirement class only when nobody refers to it.

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
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "lib/base/cache_line.h"
#include "lib/base/mutex.h"
#include "lib/domain/compiled.h"
#include "lib/engine/class_matrix.h"
#include "lib/engine/profile_partition.h"
#include "relais/limits.h"
#include "relais/types.h"

namespace relais {

class ClassRegistry {
 public:
  // Tells the core the agent's terms again, under a new revision and with the
  // class that its profile has by then (ClassOf). On return they are in force,
  // or later ones. Called without a lock; may look and decide.
  using TellAgent = absl::FunctionRef<void(std::uint32_t agent)>;

  // `matrix` must outlive the registry. Uses the class limits and `agents`.
  ClassRegistry(const Limits& limits, ClassMatrix* matrix);
  ~ClassRegistry();
  ClassRegistry(const ClassRegistry&) = delete;
  ClassRegistry& operator=(const ClassRegistry&) = delete;

  // --- Requirement classes --------------------------------------------------

  // The class of this content, with one reference more. On return its cells
  // with the classes of all profiles are in the matrix, and every agent is in
  // the core as one of a class that has its cell.
  absl::StatusOr<std::uint32_t> AcquireRequirement(
      const CompiledRequirement& requirement, TellAgent tell);
  void AddRequirementReference(std::uint32_t c);
  void ReleaseRequirement(std::uint32_t c);
  // The content; valid while the caller holds its reference.
  const CompiledRequirement& Requirement(std::uint32_t c) const;

  // The lane of this class for this boost in this ring of a plan, the same
  // while the caller's reference lasts; so a lane tells the ring. Every contact
  // in a lane holds one from this call until it has left. RESOURCE_EXHAUSTED if
  // the boost is new and no lane is left.
  absl::StatusOr<std::uint32_t> LaneFor(std::uint32_t requirement_class,
                                        DurationMs boost, std::size_t ring = 0);

  // --- Profiles -------------------------------------------------------------

  // The profile of this content, with one reference more. On return the cells
  // of its class are in the matrix.
  absl::StatusOr<std::uint32_t> AcquireProfile(const CompiledProfile& content,
                                               TellAgent tell);
  void AddProfileReference(std::uint32_t profile);
  void ReleaseProfile(std::uint32_t profile);
  // The agent has this profile: from before its record shows it until the core
  // has been told otherwise.
  void AddHolder(std::uint32_t profile, std::uint32_t agent);
  void RemoveHolder(std::uint32_t profile, std::uint32_t agent);
  // The core's class of it, as it is now. Takes no lock. `profile` may have
  // been released if the answer does not matter.
  std::uint32_t ClassOf(std::uint32_t profile) const;
  const CompiledProfile& Profile(std::uint32_t profile) const;

  // --- Figures --------------------------------------------------------------

  // Requirement classes whose id was taken from their content so far.
  std::uint64_t recycled() const;
  // Profile classes that profiles have now.
  std::uint32_t profile_classes_in_use();

 private:
  static constexpr std::uint32_t kShards = 16;
  static constexpr std::uint32_t kNoClass = ProfilePartition::kNone;
  static constexpr std::uint32_t kNoLane = 0xFFFF'FFFF;

  struct Lane {
    std::uint32_t id = 0;
    DurationMs boost = 0;
    std::size_t ring = 0;
  };

  struct Class {
    // Written in a critical section of L1 while nobody has the id.
    std::shared_ptr<const CompiledRequirement> content;
    std::uint32_t shard = 0;
    // Guarded by the mutex of `shard`.
    std::uint32_t count = 0;
    bool complete = false;          // all that moved before it has been told
    std::uint64_t released_at = 0;  // when the count last fell to 0
    std::vector<Lane> lanes;
  };

  struct alignas(kCacheLineBytes) Shard {
    Mutex mutex;
    absl::flat_hash_map<CompiledRequirement, std::uint32_t> ids
        RELAIS_GUARDED_BY(mutex);
  };

  enum class Creation : std::uint8_t { kDone, kNoId, kNoProfileClass };

  std::uint32_t FindAndAddReference(std::uint32_t shard,
                                    const CompiledRequirement& requirement,
                                    bool* complete);
  // Enters the class unless another thread has.
  Creation Create(std::uint32_t shard, const CompiledRequirement& requirement,
                  std::uint32_t* id, bool* complete);
  // Cells of all profiles; `profiles` receives what they were computed for.
  ProfilePartition::Cells ComputeRow(const CompiledRequirement& requirement,
                                     ProfilePartition::Profiles* profiles);
  std::uint32_t TakeId() RELAIS_REQUIRES(creation_mutex_);
  std::uint32_t Recycle() RELAIS_REQUIRES(creation_mutex_);
  // Takes the class out of the tables if it is still unused since then.
  bool Retire(std::uint32_t c, std::uint64_t released_at)
      RELAIS_REQUIRES(creation_mutex_);
  bool RetireUnused() RELAIS_REQUIRES(creation_mutex_);
  // Makes room for profile classes by forgetting requirement classes that
  // nobody uses and merging. False if there was nothing to gain.
  bool MakeRoom(TellAgent tell);
  // Everything that has moved up to now is told when it returns.
  void TellMoved(TellAgent tell);
  bool TakeLane(std::uint32_t* id) RELAIS_REQUIRES(lanes_mutex_);
  std::uint32_t KnownLane(std::uint32_t requirement_class, DurationMs boost,
                          std::size_t ring);

  ClassMatrix* const matrix_;
  const Limits limits_;

  Mutex creation_mutex_;  // L1
  // ClassOf and Content are called without it.
  ProfilePartition partition_;
  const std::unique_ptr<Class[]> classes_;  // by id
  std::array<Shard, kShards> shards_;
  // Ids that stand for nothing, and the first never used.
  std::vector<std::uint32_t> spare_ids_ RELAIS_GUARDED_BY(creation_mutex_);
  std::uint32_t ids_begun_ RELAIS_GUARDED_BY(creation_mutex_) = 0;

  Mutex lanes_mutex_;  // L3
  // Lanes that serve nothing, and the first never used.
  std::vector<std::uint32_t> spare_lanes_ RELAIS_GUARDED_BY(lanes_mutex_);
  std::uint32_t lanes_begun_ RELAIS_GUARDED_BY(lanes_mutex_) = 0;

  // relaxed: order of releases as one total order of numbers is all that is
  // asked; stored under a shard's lock.
  std::atomic<std::uint64_t> release_clock_{0};
  // relaxed: a figure.
  std::atomic<std::uint64_t> recycled_{0};
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_CLASS_REGISTRY_H_
