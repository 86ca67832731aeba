#include "lib/engine/class_registry.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/error.h"

namespace relais {
namespace {

std::uint32_t HashShard(const CompiledRequirement& requirement,
                        std::uint32_t shards) {
  // The upper bits: the maps of a shard use the lower ones of the same hash.
  return static_cast<std::uint32_t>(
             absl::Hash<CompiledRequirement>()(requirement) >> 32) %
         shards;
}

// As the Router's other limits are answered.
absl::Status Full(std::string_view limit_name, std::uint32_t limit,
                  std::string_view what) {
  return FieldError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("limits.", std::string(limit_name)),
      absl::StrCat("all ", limit, " are in use; ", std::string(what)));
}

// Distinct contents at once: those of the agents, who have slots for an eighth
// and 64 beyond the limit, and those of the configuration to come.
std::uint32_t ProfilesFor(const Limits& limits) {
  return 2 * limits.agents + limits.agents / 8 + 64;
}

ProfilePartition::Cells ColumnCells(const CompiledProfile& content,
                                    const ProfilePartition::Rows& rows) {
  ProfilePartition::Cells cells;
  cells.reserve(rows->size());
  for (const auto& row : *rows) cells.push_back(FitCell(*row.key, content));
  return cells;
}

}  // namespace

ClassRegistry::ClassRegistry(const Limits& limits, ClassMatrix* matrix)
    : matrix_(matrix),
      limits_(limits),
      partition_({limits.requirement_classes, limits.profile_classes,
                  ProfilesFor(limits)},
                 matrix),
      classes_(std::make_unique<Class[]>(limits.requirement_classes)) {
  RELAIS_CHECK(matrix != nullptr, "the registry fills a matrix");
}

ClassRegistry::~ClassRegistry() = default;

// --- Requirement classes -----------------------------------------------------

absl::StatusOr<std::uint32_t> ClassRegistry::AcquireRequirement(
    const CompiledRequirement& requirement, TellAgent tell) {
  const std::uint32_t shard = HashShard(requirement, kShards);
  bool complete = false;
  std::uint32_t id = FindAndAddReference(shard, requirement, &complete);
  while (id == kNoClass) {
    switch (Create(shard, requirement, &id, &complete)) {
      case Creation::kDone:
        break;
      case Creation::kNoId:
        return Full("requirement_classes", limits_.requirement_classes,
                    "none can be given to another content now");
      case Creation::kNoProfileClass:
        if (MakeRoom(tell)) break;
        return Full("profile_classes", limits_.profile_classes,
                    "this requirement tells apart more profiles of agents than "
                    "there are classes for");
    }
  }
  if (complete) return id;
  TellMoved(tell);
  MutexLock lock(shards_[shard].mutex);
  classes_[id].complete = true;
  return id;
}

// The class of `requirement` with one reference more, or kNoClass.
std::uint32_t ClassRegistry::FindAndAddReference(
    std::uint32_t shard, const CompiledRequirement& requirement,
    bool* complete) {
  MutexLock lock(shards_[shard].mutex);
  const auto found = shards_[shard].ids.find(requirement);
  if (found == shards_[shard].ids.end()) return kNoClass;
  Class& entry = classes_[found->second];
  ++entry.count;
  *complete = entry.complete;
  return found->second;
}

ProfilePartition::Cells ClassRegistry::ComputeRow(
    const CompiledRequirement& requirement,
    ProfilePartition::Profiles* profiles) {
  {
    MutexLock lock(creation_mutex_);
    *profiles = partition_.profiles();
  }
  ProfilePartition::Cells cells;
  cells.reserve((*profiles)->size());
  for (const auto& profile : **profiles) {
    cells.push_back(FitCell(requirement, *profile.key));
  }
  return cells;
}

ClassRegistry::Creation ClassRegistry::Create(
    std::uint32_t shard, const CompiledRequirement& requirement,
    std::uint32_t* id, bool* complete) {
  ProfilePartition::Profiles profiles;
  const ProfilePartition::Cells cells = ComputeRow(requirement, &profiles);
  auto content = std::make_shared<const CompiledRequirement>(requirement);
  MutexLock lock(creation_mutex_);
  *id = FindAndAddReference(shard, requirement, complete);
  if (*id != kNoClass) return Creation::kDone;  // another thread was first
  const ProfilePartition::Cells row =
      partition_.RowCells(requirement, profiles, cells);
  if (!partition_.HasRoomFor(row)) return Creation::kNoProfileClass;
  const std::uint32_t taken = TakeId();
  if (taken == kNoClass) return Creation::kNoId;
  partition_.EnterRow(taken, content, row);
  *complete = partition_.told() == partition_.moves();
  Class& entry = classes_[taken];
  MutexLock shard_lock(shards_[shard].mutex);
  entry.content = std::move(content);
  entry.shard = shard;
  entry.count = 1;
  entry.complete = *complete;
  shards_[shard].ids.emplace(requirement, taken);
  *id = taken;
  return Creation::kDone;
}

// An id that stands for nothing, kNoClass if there is none to have.
std::uint32_t ClassRegistry::TakeId() {
  if (!spare_ids_.empty()) {
    const std::uint32_t id = spare_ids_.back();
    spare_ids_.pop_back();
    return id;
  }
  if (ids_begun_ < limits_.requirement_classes) return ids_begun_++;
  return Recycle();
}

// Takes the id from the unused class that was released least recently.
std::uint32_t ClassRegistry::Recycle() {
  for (;;) {
    std::uint32_t best = kNoClass;
    std::uint64_t best_released = 0;
    for (Shard& shard : shards_) {
      MutexLock lock(shard.mutex);
      for (const auto& [content, id] : shard.ids) {
        const Class& entry = classes_[id];
        if (entry.count == 0 &&
            (best == kNoClass || entry.released_at < best_released)) {
          best = id;
          best_released = entry.released_at;
        }
      }
    }
    if (best == kNoClass) return kNoClass;
    if (Retire(best, best_released)) return best;
    // Used again since: look for another.
  }
}

bool ClassRegistry::Retire(std::uint32_t c, std::uint64_t released_at) {
  Class& entry = classes_[c];
  {
    Shard& shard = shards_[entry.shard];
    MutexLock lanes_lock(lanes_mutex_);
    MutexLock lock(shard.mutex);
    if (entry.count != 0 || entry.released_at != released_at) return false;
    shard.ids.erase(*entry.content);
    for (const Lane& lane : entry.lanes) spare_lanes_.push_back(lane.id);
    entry.lanes.clear();
    entry.content.reset();
  }
  partition_.LeaveRow(c);
  recycled_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

// True if there was one.
bool ClassRegistry::RetireUnused() {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> unused;
  for (Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    for (const auto& [content, id] : shard.ids) {
      if (classes_[id].count == 0) {
        unused.emplace_back(classes_[id].released_at, id);
      }
    }
  }
  // The table's order is not to be seen in the ids handed out.
  std::sort(unused.begin(), unused.end());
  bool any = false;
  for (const auto& [released_at, id] : unused) {
    if (!Retire(id, released_at)) continue;
    spare_ids_.push_back(id);
    any = true;
  }
  return any;
}

void ClassRegistry::AddRequirementReference(std::uint32_t c) {
  RELAIS_CHECK(c < limits_.requirement_classes, "a class id beyond the table");
  Class& entry = classes_[c];
  MutexLock lock(shards_[entry.shard].mutex);
  RELAIS_CHECK(entry.count > 0, "a class that nobody holds");
  ++entry.count;
}

void ClassRegistry::ReleaseRequirement(std::uint32_t c) {
  RELAIS_CHECK(c < limits_.requirement_classes, "a class id beyond the table");
  Class& entry = classes_[c];
  MutexLock lock(shards_[entry.shard].mutex);
  RELAIS_CHECK(entry.count > 0, "a class that nobody holds");
  if (--entry.count == 0) {
    entry.released_at =
        release_clock_.fetch_add(1, std::memory_order_relaxed) + 1;
  }
}

const CompiledRequirement& ClassRegistry::Requirement(std::uint32_t c) const {
  RELAIS_CHECK(c < limits_.requirement_classes, "a class id beyond the table");
  return *classes_[c].content;
}

// --- Lanes -------------------------------------------------------------------

// A lane that serves nothing; false if there is none to have.
bool ClassRegistry::TakeLane(std::uint32_t* id) {
  if (spare_lanes_.empty() && lanes_begun_ < limits_.lanes) {
    *id = lanes_begun_++;
    return true;
  }
  if (spare_lanes_.empty()) {
    for (Shard& shard : shards_) {
      MutexLock shard_lock(shard.mutex);
      for (const auto& [content, c] : shard.ids) {
        Class& entry = classes_[c];
        if (entry.count != 0) continue;
        for (const Lane& lane : entry.lanes) spare_lanes_.push_back(lane.id);
        entry.lanes.clear();
      }
    }
    // The table's order is not to be seen in the numbers handed out.
    std::sort(spare_lanes_.begin(), spare_lanes_.end(),
              std::greater<std::uint32_t>());
  }
  if (spare_lanes_.empty()) return false;
  *id = spare_lanes_.back();
  spare_lanes_.pop_back();
  return true;
}

std::uint32_t ClassRegistry::KnownLane(std::uint32_t requirement_class,
                                       DurationMs boost, std::size_t ring) {
  Class& entry = classes_[requirement_class];
  MutexLock lock(shards_[entry.shard].mutex);
  RELAIS_CHECK(entry.count > 0, "a class that nobody holds");
  for (const Lane& lane : entry.lanes) {
    if (lane.boost == boost && lane.ring == ring) return lane.id;
  }
  return kNoLane;
}

absl::StatusOr<std::uint32_t> ClassRegistry::LaneFor(
    std::uint32_t requirement_class, DurationMs boost, std::size_t ring) {
  RELAIS_CHECK(requirement_class < limits_.requirement_classes,
               "a class id beyond the table");
  std::uint32_t id = KnownLane(requirement_class, boost, ring);
  if (id != kNoLane) return id;
  MutexLock lock(lanes_mutex_);
  id = KnownLane(requirement_class, boost, ring);
  if (id != kNoLane) return id;  // another thread was first
  if (!TakeLane(&id)) {
    return Full("lanes", limits_.lanes,
                "this boost of its requirement would be one more");
  }
  matrix_->SetLane(id, requirement_class);
  Class& entry = classes_[requirement_class];
  MutexLock shard_lock(shards_[entry.shard].mutex);
  entry.lanes.push_back({id, boost, ring});
  return id;
}

// --- Profiles ----------------------------------------------------------------

absl::StatusOr<std::uint32_t> ClassRegistry::AcquireProfile(
    const CompiledProfile& content, TellAgent tell) {
  for (;;) {
    ProfilePartition::Rows rows;
    std::uint32_t id = kNoClass;
    {
      MutexLock lock(creation_mutex_);
      id = partition_.FindAndAddReference(content);
      if (id != kNoClass) return id;
      rows = partition_.rows();
    }
    const ProfilePartition::Cells cells = ColumnCells(content, rows);
    auto entered = ProfilePartition::Entered::kYes;
    {
      MutexLock lock(creation_mutex_);
      id = partition_.FindAndAddReference(content);
      if (id != kNoClass) return id;  // another thread was first
      entered = partition_.Enter(content, rows, cells, &id);
    }
    if (entered == ProfilePartition::Entered::kYes) return id;
    if (entered == ProfilePartition::Entered::kNoProfile) {
      return Full("agents", limits_.agents,
                  "profiles of twice as many agents are held; try again later");
    }
    if (!MakeRoom(tell)) {
      return Full("profile_classes", limits_.profile_classes,
                  "the requirements in use tell apart more profiles of agents "
                  "than there are classes for");
    }
  }
}

void ClassRegistry::AddProfileReference(std::uint32_t profile) {
  MutexLock lock(creation_mutex_);
  partition_.AddReference(profile);
}
void ClassRegistry::ReleaseProfile(std::uint32_t profile) {
  MutexLock lock(creation_mutex_);
  partition_.Release(profile);
}
void ClassRegistry::AddHolder(std::uint32_t profile, std::uint32_t agent) {
  MutexLock lock(creation_mutex_);
  partition_.AddHolder(profile, agent);
}
void ClassRegistry::RemoveHolder(std::uint32_t profile, std::uint32_t agent) {
  MutexLock lock(creation_mutex_);
  partition_.RemoveHolder(profile, agent);
}
std::uint32_t ClassRegistry::ClassOf(std::uint32_t profile) const {
  return partition_.ClassOf(profile);
}
const CompiledProfile& ClassRegistry::Profile(std::uint32_t profile) const {
  return partition_.Content(profile);
}

// --- Moves -------------------------------------------------------------------

bool ClassRegistry::MakeRoom(TellAgent tell) {
  bool gained = false;
  {
    MutexLock lock(creation_mutex_);
    // Even without a merge, a new profile may have a class now.
    gained = RetireUnused();
    if (partition_.Merge()) gained = true;
  }
  if (gained) TellMoved(tell);
  return gained;
}

void ClassRegistry::TellMoved(TellAgent tell) {
  std::uint64_t up_to = 0;
  std::vector<std::uint32_t> agents;
  {
    MutexLock lock(creation_mutex_);
    up_to = partition_.moves();
    agents = partition_.Untold();
  }
  for (const std::uint32_t agent : agents) tell(agent);
  MutexLock lock(creation_mutex_);
  partition_.Told(up_to);
}

// --- Figures -----------------------------------------------------------------

std::uint64_t ClassRegistry::recycled() const {
  return recycled_.load(std::memory_order_relaxed);
}

std::uint32_t ClassRegistry::profile_classes_in_use() {
  MutexLock lock(creation_mutex_);
  return partition_.classes_in_use();
}

}  // namespace relais
