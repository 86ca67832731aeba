// The core's lanes used as a priority queue: eight lanes, as lib/match uses
// them. A pop takes the first of the first lane that is not empty. The only
// file of the benchmarks that knows the lanes' interface.
//
// Thread safety: Push, PushBack and Pop from any thread; a slot is pushed by
// whoever popped it.

#ifndef RELAIS_BENCH_CORE_LANE_QUEUE_H_
#define RELAIS_BENCH_CORE_LANE_QUEUE_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "bench/core/queue_rivals.h"
#include "bench/core/world.h"
#include "lib/base/assert.h"
#include "lib/match/lanes.h"

namespace relais::bench {

class LaneQueue {
 public:
  struct Visit {
    Visit() {}
  };

  explicit LaneQueue(std::uint32_t slots)
      : lanes_(slots, kBands, kCallsInFlight), held_(slots) {}

  // A new arrival, at its band's end.
  void Push(const QueueItem& item) {
    match::ContactWord word = held_[item.slot];
    if (word.phase() != match::ContactPhase::kFree) {
      Expect(lanes_.Change(item.slot, word, match::ContactPhase::kEnded, 0,
                           &word));
    }
    match::Position at = PlaceOf(item);
    Expect(lanes_.Push(item.slot, lanes_.Open(item.slot), &at, &word));
  }
  // At its old key.
  void PushBack(const QueueItem& item) {
    match::ContactWord word;
    Expect(lanes_.Place(item.slot, held_[item.slot], PlaceOf(item), &word));
  }
  bool Pop(QueueItem* item) {
    for (std::uint32_t lane = 0; lane < kBands;) {
      match::Found found{};
      if (lanes_.Front(lane).empty() ||
          !lanes_.Find(
              lane, [](std::uint32_t) { return true; }, &found)) {
        ++lane;
        continue;
      }
      match::ContactWord reserved;
      if (!lanes_.Take(found, 0, &reserved)) continue;
      item->key = QueueKey(lane, static_cast<std::uint64_t>(found.key));
      item->slot = found.owner;
      held_[item->slot] = reserved;
      return true;
    }
    return false;
  }

 private:
  static constexpr std::uint32_t kCallsInFlight = 64;

  static void Expect(match::Result result) {
    RELAIS_CHECK(result == match::Result::kOk, "the lanes refused a call");
  }
  // Arrivals are unique, so that they are the sequence, too.
  static match::Position PlaceOf(const QueueItem& item) {
    const std::uint64_t arrival =
        item.key & ((std::uint64_t{1} << kQueueBandShift) - 1);
    return match::Position{
        static_cast<std::uint32_t>(item.key >> kQueueBandShift),
        static_cast<std::int64_t>(arrival), arrival};
  }

  match::LanesT<std::atomic> lanes_;
  // The words of popped slots, by their holders.
  std::vector<match::ContactWord> held_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_LANE_QUEUE_H_
