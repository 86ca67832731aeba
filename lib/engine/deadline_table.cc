#include "lib/engine/deadline_table.h"

#include <algorithm>
#include <type_traits>

#include "lib/base/assert.h"

namespace relais {
namespace {

constexpr std::uint32_t kArity = 4;

// Zeroed memory that the system provides when it is first touched. A T is
// valid when all its bytes are zero.
template <typename T>
T* NewZeroed(std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T> &&
                std::is_trivially_destructible_v<T>);
  void* memory = std::calloc(count, sizeof(T));
  RELAIS_CHECK(memory != nullptr, "no memory for deadlines");
  return static_cast<T*>(memory);
}

}  // namespace

DeadlineTable::DeadlineTable(std::uint32_t ids) : ids_(ids) {
  const std::size_t per_shard = ids / kShards + 1;
  for (Shard& shard : shards_) {
    shard.entries.reset(NewZeroed<Entry>(per_shard));
    shard.heap.reset(NewZeroed<Node>(per_shard));
  }
}

void DeadlineTable::Shard::Place(std::uint32_t at, const Node& node) {
  heap[at] = node;
  entries[node.local].heap_place = at + 1;
}

void DeadlineTable::Shard::SiftUp(std::uint32_t at, const Node& node) {
  while (at > 0) {
    const std::uint32_t parent = (at - 1) / kArity;
    if (!node.Before(heap[parent])) break;
    Place(at, heap[parent]);
    at = parent;
  }
  Place(at, node);
}

void DeadlineTable::Shard::SiftDown(std::uint32_t at, const Node& node) {
  for (;;) {
    const std::uint32_t first = at * kArity + 1;
    if (first >= size) break;
    const std::uint32_t end = std::min(first + kArity, size);
    std::uint32_t least = first;
    for (std::uint32_t child = first + 1; child < end; ++child) {
      if (heap[child].Before(heap[least])) least = child;
    }
    if (!heap[least].Before(node)) break;
    Place(at, heap[least]);
    at = least;
  }
  Place(at, node);
}

void DeadlineTable::Shard::Restore(std::uint32_t at, const Node& node) {
  if (at > 0 && node.Before(heap[(at - 1) / kArity])) {
    SiftUp(at, node);
  } else {
    SiftDown(at, node);
  }
}

void DeadlineTable::Shard::RemoveAt(std::uint32_t at) {
  entries[heap[at].local].heap_place = 0;
  --size;
  if (at < size) {
    const Node moved = heap[size];
    Restore(at, moved);
  }
}

void DeadlineTable::Shard::Publish() {
  earliest.store(size == 0 ? kNever : heap[0].due_ms,
                 std::memory_order_release);  // D1
}

bool DeadlineTable::Set(std::uint32_t id, std::uint64_t version,
                        InstantMs due_ms, std::uint64_t payload) {
  RELAIS_CHECK(id < ids_, "an id beyond the table");
  RELAIS_CHECK(due_ms < kNever, "a deadline that never comes");
  Shard& shard = shards_[id % kShards];
  const std::uint32_t local = id / kShards;
  MutexLock lock(shard.mutex);
  Entry& entry = shard.entries[local];
  if (version < entry.version) return false;
  entry.version = version;
  entry.payload = payload;
  const Node node{due_ms, order_.fetch_add(1, std::memory_order_relaxed),  // D2
                  local};
  // relaxed: written under this lock only.
  const InstantMs before = shard.earliest.load(std::memory_order_relaxed);
  if (entry.heap_place != 0) {
    shard.Restore(entry.heap_place - 1, node);
  } else {
    shard.SiftUp(shard.size++, node);
    size_.fetch_add(1, std::memory_order_relaxed);  // D3
  }
  shard.Publish();
  return due_ms < before;
}

bool DeadlineTable::Cancel(std::uint32_t id, std::uint64_t version) {
  RELAIS_CHECK(id < ids_, "an id beyond the table");
  Shard& shard = shards_[id % kShards];
  MutexLock lock(shard.mutex);
  Entry& entry = shard.entries[id / kShards];
  if (version < entry.version) return false;
  entry.version = version;
  if (entry.heap_place == 0) return false;
  shard.RemoveAt(entry.heap_place - 1);
  size_.fetch_sub(1, std::memory_order_relaxed);  // D3
  shard.Publish();
  return true;
}

std::optional<InstantMs> DeadlineTable::NextDue() const {
  InstantMs earliest = kNever;
  for (const Shard& shard : shards_) {
    earliest = std::min(earliest,
                        shard.earliest.load(std::memory_order_acquire));  // D1
  }
  if (earliest == kNever) return std::nullopt;
  return earliest;
}

bool DeadlineTable::PopDue(InstantMs now_ms, Due* out) {
  for (;;) {
    const std::optional<InstantMs> earliest = NextDue();
    if (!earliest.has_value() || *earliest > now_ms) return false;
    // Of the shards that tie for the instant, the one whose first was set
    // first.
    std::uint32_t best = kShards;
    std::uint64_t best_order = 0;
    for (std::uint32_t i = 0; i < kShards; ++i) {
      Shard& shard = shards_[i];
      if (shard.earliest.load(std::memory_order_acquire) != *earliest) {  // D1
        continue;
      }
      MutexLock lock(shard.mutex);
      if (shard.size == 0 || shard.heap[0].due_ms != *earliest) continue;
      if (best == kShards || shard.heap[0].order < best_order) {
        best = i;
        best_order = shard.heap[0].order;
      }
    }
    if (best == kShards) continue;  // another call took or moved it
    Shard& shard = shards_[best];
    MutexLock lock(shard.mutex);
    if (shard.size == 0 || shard.heap[0].order != best_order) continue;
    const Node first = shard.heap[0];
    const Entry& entry = shard.entries[first.local];
    *out = {first.local * kShards + best, entry.version, first.due_ms,
            entry.payload};
    shard.RemoveAt(0);
    size_.fetch_sub(1, std::memory_order_relaxed);  // D3
    shard.Publish();
    return true;
  }
}

std::size_t DeadlineTable::size() const {
  return size_.load(std::memory_order_relaxed);  // D3
}

}  // namespace relais
