#include "lib/engine/class_registry.h"

#include <algorithm>
#include <functional>
#include <string>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/error.h"
#include "lib/policy/best_fit.h"
#include "lib/policy/eligibility.h"

namespace relais {
namespace {

template <typename Key>
std::uint32_t HashShard(const Key& key, std::uint32_t shards) {
  // The upper bits: the maps of a shard use the lower ones of the same hash.
  return static_cast<std::uint32_t>(absl::Hash<Key>()(key) >> 32) % shards;
}

// As the Router's other limits are answered.
absl::Status Full(std::string_view limit_name, std::uint32_t limit,
                  std::string_view what) {
  return FieldError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("limits.", std::string(limit_name)),
      absl::StrCat("all ", limit, " are in use; ", std::string(what)));
}

std::uint8_t FitCell(const CompiledRequirement& requirement,
                     const CompiledProfile& profile) {
  if (!policy::Accepts(requirement, profile)) return 0;
  return static_cast<std::uint8_t>(1 + policy::FitStep(requirement, profile));
}

// The two sides differ only in what follows.
void SetClass(ClassMatrix& matrix, std::uint32_t id,
              const CompiledRequirement& key) {
  matrix.SetRequirementClass(id, static_cast<std::uint8_t>(key.channel));
}
void SetClass(ClassMatrix& matrix, std::uint32_t id,
              const CompiledProfile& key) {
  matrix.SetProfileClass(id, key.channels);
}
void SetCell(ClassMatrix& matrix, std::uint32_t c,
             const CompiledRequirement& requirement, std::uint32_t p,
             const CompiledProfile& profile) {
  matrix.SetFit(c, p, FitCell(requirement, profile));
}
void SetCell(ClassMatrix& matrix, std::uint32_t p,
             const CompiledProfile& profile, std::uint32_t c,
             const CompiledRequirement& requirement) {
  matrix.SetFit(c, p, FitCell(requirement, profile));
}

}  // namespace

ClassRegistry::ClassRegistry(const Limits& limits, ClassMatrix* matrix)
    : matrix_(matrix), lanes_max_(limits.lanes) {
  RELAIS_CHECK(matrix != nullptr, "the registry fills a matrix");
  requirements_.capacity = limits.requirement_classes;
  requirements_.limit_name = "requirement_classes";
  requirements_.classes = std::make_unique<Class<CompiledRequirement>[]>(
      limits.requirement_classes);
  profiles_.capacity = limits.profile_classes;
  profiles_.limit_name = "profile_classes";
  profiles_.classes =
      std::make_unique<Class<CompiledProfile>[]>(limits.profile_classes);
}

ClassRegistry::~ClassRegistry() = default;

// The class of `key` in this shard with one reference more, or kNoClass.
template <typename Key>
std::uint32_t ClassRegistry::FindAndAddReference(Side<Key>& side,
                                                 std::uint32_t shard,
                                                 const Key& key,
                                                 bool* complete) {
  MutexLock lock(side.shards[shard].mutex);
  const auto found = side.shards[shard].ids.find(key);
  if (found == side.shards[shard].ids.end()) return kNoClass;
  Class<Key>& entry = side.classes[found->second];
  ++entry.count;
  *complete = entry.complete;
  return found->second;
}

template <typename Key, typename Other>
absl::StatusOr<std::uint32_t> ClassRegistry::Acquire(Side<Key>& side,
                                                     Side<Other>& other,
                                                     const Key& key) {
  const std::uint32_t shard = HashShard(key, kShards);
  bool complete = false;
  std::uint32_t id = FindAndAddReference(side, shard, key, &complete);
  if (id != kNoClass && complete) return id;

  std::uint32_t taken = kNoClass;  // an id for us to enter, if still needed
  if (id == kNoClass) {
    {
      MutexLock lock(creation_mutex_);
      taken = TakeId(side, /*may_recycle=*/other.writers == 0);
    }
    // While nobody has the id and before its first cell is written.
    if (taken != kNoClass) SetClass(*matrix_, taken, key);
  }

  std::vector<std::uint32_t> others;
  {
    MutexLock lock(creation_mutex_);
    if (id == kNoClass) id = FindAndAddReference(side, shard, key, &complete);
    if (id == kNoClass && taken == kNoClass) {
      // Every id is in use, or those that are not can't be recycled while
      // cells of the other side are being written.
      return Full(side.limit_name, side.capacity,
                  "none can be given to another content now");
    }
    if (id == kNoClass) {
      Enter(side, taken, shard, key);
      id = taken;
    } else if (taken != kNoClass) {
      side.spare.push_back(taken);  // another thread has entered the class
    }
    if (!complete) {
      others = other.listed;
      ++side.writers;
    }
  }
  if (complete) return id;
  WriteCells(side, other, id, others);
  {
    MutexLock lock(side.shards[shard].mutex);
    side.classes[id].complete = true;
  }
  MutexLock lock(creation_mutex_);
  --side.writers;
  return id;
}

// An id that stands for nothing, kNoClass if there is none to have.
template <typename Key>
std::uint32_t ClassRegistry::TakeId(Side<Key>& side, bool may_recycle) {
  if (!side.spare.empty()) {
    const std::uint32_t id = side.spare.back();
    side.spare.pop_back();
    return id;
  }
  if (side.unused < side.capacity) return side.unused++;
  return may_recycle ? Recycle(side) : kNoClass;
}

// Takes the id from the unused class that was released least recently.
template <typename Key>
std::uint32_t ClassRegistry::Recycle(Side<Key>& side) {
  for (;;) {
    std::uint32_t best = kNoClass;
    std::uint64_t best_released = 0;
    for (Shard<Key>& shard : side.shards) {
      MutexLock lock(shard.mutex);
      for (const auto& [key, id] : shard.ids) {
        const Class<Key>& entry = side.classes[id];
        if (entry.count == 0 && entry.complete &&
            (best == kNoClass || entry.released_at < best_released)) {
          best = id;
          best_released = entry.released_at;
        }
      }
    }
    if (best == kNoClass) return kNoClass;
    Class<Key>& entry = side.classes[best];
    Shard<Key>& shard = side.shards[entry.shard];
    {
      MutexLock lock(shard.mutex);
      // Used again since: look for another.
      if (entry.count != 0 || entry.released_at != best_released) continue;
      shard.ids.erase(entry.key);
      for (const Lane& lane : entry.lanes) spare_lanes_.push_back(lane.id);
      entry.lanes.clear();
    }
    side.listed.erase(std::find(side.listed.begin(), side.listed.end(), best));
    recycled_.fetch_add(1, std::memory_order_relaxed);
    return best;
  }
}

// Makes the id stand for `key`, with one reference, not complete.
template <typename Key>
void ClassRegistry::Enter(Side<Key>& side, std::uint32_t id,
                          std::uint32_t shard, const Key& key) {
  Class<Key>& entry = side.classes[id];
  {
    MutexLock lock(side.shards[shard].mutex);
    entry.key = key;
    entry.shard = shard;
    entry.count = 1;
    entry.complete = false;
    side.shards[shard].ids.emplace(key, id);
  }
  side.listed.push_back(id);
}

template <typename Key, typename Other>
void ClassRegistry::WriteCells(Side<Key>& side, Side<Other>& other,
                               std::uint32_t id,
                               const std::vector<std::uint32_t>& others) {
  // The keys stand still: our reference keeps ours, side.writers the others.
  for (const std::uint32_t other_id : others) {
    SetCell(*matrix_, id, side.classes[id].key, other_id,
            other.classes[other_id].key);
  }
}

template <typename Key>
void ClassRegistry::AddReference(Side<Key>& side, std::uint32_t id) {
  RELAIS_CHECK(id < side.capacity, "a class id beyond the table");
  Class<Key>& entry = side.classes[id];
  MutexLock lock(side.shards[entry.shard].mutex);
  RELAIS_CHECK(entry.count > 0, "a class that nobody holds");
  ++entry.count;
}

template <typename Key>
void ClassRegistry::Release(Side<Key>& side, std::uint32_t id) {
  RELAIS_CHECK(id < side.capacity, "a class id beyond the table");
  Class<Key>& entry = side.classes[id];
  MutexLock lock(side.shards[entry.shard].mutex);
  RELAIS_CHECK(entry.count > 0, "a class that nobody holds");
  if (--entry.count == 0) {
    entry.released_at =
        release_clock_.fetch_add(1, std::memory_order_relaxed) + 1;
  }
}

bool ClassRegistry::TakeLane(std::uint32_t* id) {
  MutexLock lock(creation_mutex_);
  if (spare_lanes_.empty() && lanes_used_ < lanes_max_) {
    *id = lanes_used_++;
    return true;
  }
  if (spare_lanes_.empty()) {
    for (Shard<CompiledRequirement>& shard : requirements_.shards) {
      MutexLock shard_lock(shard.mutex);
      for (const auto& [key, c] : shard.ids) {
        Class<CompiledRequirement>& entry = requirements_.classes[c];
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

absl::StatusOr<std::uint32_t> ClassRegistry::LaneFor(
    std::uint32_t requirement_class, DurationMs boost) {
  RELAIS_CHECK(requirement_class < requirements_.capacity,
               "a class id beyond the table");
  Class<CompiledRequirement>& entry = requirements_.classes[requirement_class];
  Mutex& mutex = requirements_.shards[entry.shard].mutex;
  const auto known = [&entry, boost](std::uint32_t* id) {
    for (const Lane& lane : entry.lanes) {
      if (lane.boost != boost) continue;
      *id = lane.id;
      return true;
    }
    return false;
  };
  std::uint32_t id = 0;
  {
    MutexLock lock(mutex);
    RELAIS_CHECK(entry.count > 0, "a class that nobody holds");
    if (known(&id)) return id;
  }
  if (!TakeLane(&id)) {
    return Full("lanes", lanes_max_,
                "this boost of its requirement would be one more");
  }
  matrix_->SetLane(id, requirement_class);
  const std::uint32_t taken = id;
  {
    MutexLock lock(mutex);
    if (!known(&id)) {
      entry.lanes.push_back({taken, boost});
      return taken;
    }
  }
  // Another thread was first.
  MutexLock lock(creation_mutex_);
  spare_lanes_.push_back(taken);
  return id;
}

absl::StatusOr<std::uint32_t> ClassRegistry::AcquireRequirement(
    const CompiledRequirement& requirement) {
  return Acquire(requirements_, profiles_, requirement);
}
void ClassRegistry::AddRequirementReference(std::uint32_t c) {
  AddReference(requirements_, c);
}
void ClassRegistry::ReleaseRequirement(std::uint32_t c) {
  Release(requirements_, c);
}

absl::StatusOr<std::uint32_t> ClassRegistry::AcquireProfile(
    const CompiledProfile& profile) {
  return Acquire(profiles_, requirements_, profile);
}
void ClassRegistry::AddProfileReference(std::uint32_t p) {
  AddReference(profiles_, p);
}
void ClassRegistry::ReleaseProfile(std::uint32_t p) { Release(profiles_, p); }

const CompiledRequirement& ClassRegistry::Requirement(std::uint32_t c) const {
  RELAIS_CHECK(c < requirements_.capacity, "a class id beyond the table");
  return requirements_.classes[c].key;
}
const CompiledProfile& ClassRegistry::Profile(std::uint32_t p) const {
  RELAIS_CHECK(p < profiles_.capacity, "a class id beyond the table");
  return profiles_.classes[p].key;
}

std::uint64_t ClassRegistry::recycled() const {
  return recycled_.load(std::memory_order_relaxed);
}

}  // namespace relais
