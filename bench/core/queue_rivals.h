// Priority queues that goal 4 is measured against, with one interface: items
// of (key, slot), smallest key first, the band in the key's high bits.
//
// Thread safety: Push and Pop from any thread; threads other than the one that
// made the queue hold a Visit while they use it.

#ifndef RELAIS_BENCH_CORE_QUEUE_RIVALS_H_
#define RELAIS_BENCH_CORE_QUEUE_RIVALS_H_

#include <cds/container/fcpriority_queue.h>
#include <cds/init.h>
#include <tbb/concurrent_priority_queue.h>

#include <cstdint>
#include <mutex>
#include <queue>
#include <vector>

namespace relais::bench {

struct QueueItem {
  std::uint64_t key = 0;
  std::uint32_t slot = 0;
};

struct QueueItemLater {
  bool operator()(const QueueItem& a, const QueueItem& b) const {
    return a.key > b.key;
  }
};

inline constexpr int kQueueBandShift = 56;
inline std::uint64_t QueueKey(std::uint64_t band, std::uint64_t arrival) {
  return band << kQueueBandShift | arrival;
}

using ItemHeap =
    std::priority_queue<QueueItem, std::vector<QueueItem>, QueueItemLater>;

class MutexQueue {
 public:
  struct Visit {
    Visit() {}
  };
  explicit MutexQueue(std::uint32_t slots) {
    std::vector<QueueItem> room;
    room.reserve(slots);
    heap_ = ItemHeap(QueueItemLater(), std::move(room));
  }
  void Push(const QueueItem& item) {
    std::lock_guard<std::mutex> lock(mutex_);
    heap_.push(item);
  }
  void PushBack(const QueueItem& item) { Push(item); }
  bool Pop(QueueItem* item) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (heap_.empty()) return false;
    *item = heap_.top();
    heap_.pop();
    return true;
  }

 private:
  std::mutex mutex_;
  ItemHeap heap_;
};

class TbbQueue {
 public:
  struct Visit {
    Visit() {}
  };
  explicit TbbQueue(std::uint32_t slots) : queue_(slots) {}
  void Push(const QueueItem& item) { queue_.push(item); }
  void PushBack(const QueueItem& item) { queue_.push(item); }
  bool Pop(QueueItem* item) { return queue_.try_pop(*item); }

 private:
  tbb::concurrent_priority_queue<QueueItem, QueueItemLater> queue_;
};

// libcds' flat combining over std::priority_queue.
class FlatCombiningQueue {
 public:
  struct Visit {
    Visit() { cds::threading::Manager::attachThread(); }
    ~Visit() { cds::threading::Manager::detachThread(); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
  };
  explicit FlatCombiningQueue(std::uint32_t /*slots*/) {}
  void Push(const QueueItem& item) { queue_.push(item); }
  void PushBack(const QueueItem& item) { queue_.push(item); }
  bool Pop(QueueItem* item) { return queue_.pop(*item); }

 private:
  cds::container::FCPriorityQueue<QueueItem, ItemHeap> queue_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_QUEUE_RIVALS_H_
