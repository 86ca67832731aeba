#include "lib/engine/retained_ids.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "lib/base/assert.h"

namespace relais {
namespace {

absl::string_view KeyOf(std::string_view id) { return {id.data(), id.size()}; }

}  // namespace

std::uint32_t RetainedIds::ShardOf(std::string_view id) {
  // The upper bits: the maps of a shard use the lower ones of the same hash.
  return static_cast<std::uint32_t>(
             absl::Hash<absl::string_view>()(KeyOf(id)) >> 32) %
         kShards;
}

RetainedIds::RetainedIds(std::uint32_t max, DurationMs retention_ms)
    : max_(max), retention_ms_(retention_ms) {
  RELAIS_CHECK(max >= 1 && retention_ms >= 0, "limits of retained ids");
}

void RetainedIds::Shard::Publish() {
  front_due.store(entries.empty() ? kNever : entries.front().due_ms,
                  std::memory_order_release);  // R1
  front_order.store(entries.empty() ? kNoOrder : entries.front().order,
                    std::memory_order_release);  // R1
}

void RetainedIds::Shard::PopFront() {
  by_id.erase(KeyOf(entries.front().retained.view.id));
  entries.pop_front();
  Publish();
}

bool RetainedIds::Remember(RetainedId retained, bool* earlier) {
  if (earlier != nullptr) *earlier = false;
  Shard& shard = shards_[ShardOf(retained.view.id)];
  retained.view.attributes.clear();
  bool full = false;
  {
    MutexLock lock(shard.mutex);
    if (shard.by_id.contains(KeyOf(retained.view.id))) return false;
    // Counted before it can be found and counted off.
    full = total_.fetch_add(1, std::memory_order_relaxed) >= max_;  // R2
    const bool first = shard.entries.empty();
    Entry entry;
    entry.due_ms = retained.view.ended_ms + retention_ms_;
    if (!first)
      entry.due_ms = std::max(entry.due_ms, shard.entries.back().due_ms);
    entry.order = order_.fetch_add(1, std::memory_order_relaxed);  // R2
    entry.retained = std::move(retained);
    shard.entries.push_back(std::move(entry));
    const Entry& kept = shard.entries.back();
    shard.by_id.emplace(KeyOf(kept.retained.view.id), &kept);
    shard.Publish();
    if (earlier != nullptr) *earlier = first;
  }
  // After the insertion, so that there is something to displace without waiting
  // for anybody.
  if (full && ForgetOldest(kNever)) {
    forgotten_.fetch_add(1, std::memory_order_relaxed);  // R2
  }
  return true;
}

std::optional<RetainedId> RetainedIds::Find(std::string_view id) const {
  const Shard& shard = shards_[ShardOf(id)];
  MutexLock lock(shard.mutex);
  const auto found = shard.by_id.find(KeyOf(id));
  if (found == shard.by_id.end()) return std::nullopt;
  return found->second->retained;
}

bool RetainedIds::ForgetOldest(InstantMs now_ms) {
  for (;;) {
    Shard* oldest = nullptr;
    std::uint64_t oldest_order = kNoOrder;
    for (Shard& shard : shards_) {
      if (shard.front_due.load(std::memory_order_acquire) > now_ms) continue;
      const std::uint64_t order =
          shard.front_order.load(std::memory_order_acquire);  // R1
      if (order < oldest_order) {
        oldest = &shard;
        oldest_order = order;
      }
    }
    if (oldest == nullptr) return false;
    MutexLock lock(oldest->mutex);
    // Otherwise another caller has taken it: look again.
    if (oldest->entries.empty() ||
        oldest->entries.front().order != oldest_order ||
        oldest->entries.front().due_ms > now_ms) {
      continue;
    }
    oldest->PopFront();
    total_.fetch_sub(1, std::memory_order_relaxed);  // R2
    return true;
  }
}

std::size_t RetainedIds::ForgetDue(InstantMs now_ms, std::size_t limit) {
  std::size_t forgotten = 0;
  while (forgotten < limit && ForgetOldest(now_ms)) ++forgotten;
  return forgotten;
}

std::optional<InstantMs> RetainedIds::NextDue() const {
  InstantMs earliest = kNever;
  for (const Shard& shard : shards_) {
    earliest = std::min(earliest,
                        shard.front_due.load(std::memory_order_acquire));  // R1
  }
  if (earliest == kNever) return std::nullopt;
  return earliest;
}

std::size_t RetainedIds::size() const {
  return total_.load(std::memory_order_relaxed);  // R2
}

std::uint64_t RetainedIds::forgotten() const {
  return forgotten_.load(std::memory_order_relaxed);  // R2
}

}  // namespace relais
