// Goal 4: the lanes used as a priority queue, against priority queues.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/core/goals.h"
#include "bench/core/lane_queue.h"
#include "bench/core/queue_rivals.h"
#include "bench/core/world.h"
#include "lib/base/assert.h"
#include "lib/base/cache_line.h"
#include "lib/base/random.h"

namespace relais::bench {
namespace {

constexpr std::uint32_t kWaiting = 1'000'000;
constexpr std::uint32_t kHeldEach = 16;
// Of 2^13: one in a hundred.
constexpr std::uint64_t kReturnBelow = 82;

// One thread's pops and pushes. It holds a few items; the oldest is pushed
// next, as a new arrival of a random band or, one in a hundred, at its old key.
template <class Queue>
class QueueWorker {
 public:
  QueueWorker(Queue& queue, std::uint64_t seed, std::uint32_t index,
              std::uint32_t threads)
      : queue_(queue),
        random_(seed * 1'000 + index + 1),
        arrival_(kWaiting + index),
        threads_(threads) {}

  void Prepare() {
    for (QueueItem& item : held_) RELAIS_CHECK(queue_.Pop(&item), "empty");
  }
  // A push and a pop.
  void Step() {
    QueueItem& item = held_[next_];
    next_ = (next_ + 1) % kHeldEach;
    const std::uint64_t draw = NextDraw();
    // The low three bits give the band, the others decide upon a return.
    if ((draw >> 3) < kReturnBelow) {
      queue_.PushBack(item);
    } else {
      arrival_ += threads_;
      item.key = QueueKey(draw % kBands, arrival_);
      queue_.Push(item);
    }
    RELAIS_CHECK(queue_.Pop(&item), "a full queue was found empty");
  }

 private:
  // Sixteen bits; four of them from one draw.
  std::uint64_t NextDraw() {
    if (draws_left_-- == 0) {
      draws_ = random_.NextUint64();
      draws_left_ = 3;
    }
    const std::uint64_t draw = draws_ & 0xFFFF;
    draws_ >>= 16;
    return draw;
  }

  Queue& queue_;
  Random random_;
  std::uint64_t arrival_;
  const std::uint32_t threads_;
  std::uint64_t draws_ = 0;
  int draws_left_ = 0;
  std::array<QueueItem, kHeldEach> held_{};
  std::size_t next_ = 0;
};

template <class Queue>
class QueueFloor {
 public:
  QueueFloor(std::uint32_t threads, std::uint64_t seed) : queue_(kWaiting + 1) {
    [[maybe_unused]] const typename Queue::Visit visit;
    // What strict bands leave waiting is the last one.
    for (std::uint32_t slot = 0; slot < kWaiting; ++slot) {
      queue_.Push(QueueItem{QueueKey(kBands - 1, slot), slot});
    }
    for (std::uint32_t i = 0; i < threads; ++i) {
      workers_.push_back(std::make_unique<CacheLinePadded<Worker>>(
          CacheLinePadded<Worker>{Worker(queue_, seed, i, threads)}));
      workers_.back()->value.Prepare();
    }
  }
  // Counts pushes and pops.
  Tally Run(double seconds) {
    const auto threads = static_cast<std::uint32_t>(workers_.size());
    std::vector<CacheLinePadded<double>> done(threads);
    const Slice slice =
        RunFor(seconds, threads, [&](std::uint32_t i, const Stop& stop) {
          [[maybe_unused]] const typename Queue::Visit visit;
          Worker& worker = workers_[i]->value;
          constexpr int kStepsAtOnce = 32;
          while (!stop.requested()) {
            for (int step = 0; step < kStepsAtOnce; ++step) worker.Step();
            done[i].value += 2 * kStepsAtOnce;
          }
        });
    Tally tally{0, slice.seconds, slice.cpu_seconds};
    for (const auto& of_thread : done) tally.done += of_thread.value;
    return tally;
  }

 private:
  using Worker = QueueWorker<Queue>;
  Queue queue_;
  std::vector<std::unique_ptr<CacheLinePadded<Worker>>> workers_;
};

template <class Queue>
Contestant Queueing(std::uint32_t threads) {
  return [threads](std::uint64_t seed) -> Turn {
    auto floor = std::make_shared<QueueFloor<Queue>>(threads, seed);
    return [floor](double seconds) { return floor->Run(seconds); };
  };
}

// libcds is started once a process, before its first queue.
void StartLibcds() {
  static const bool started = [] {
    cds::Initialize();
    return true;
  }();
  (void)started;
}

}  // namespace

void QueueAlone(const Options& options, Report& report) {
  StartLibcds();
  constexpr double kShare = 0.5;
  std::vector<Candidate> candidates;
  for (const std::uint32_t threads : {1U, 2U}) {
    const std::vector<Measured> measured = Compare(
        options, options.seconds * kShare,
        {Queueing<MutexQueue>(threads), Queueing<LaneQueue>(threads),
         Queueing<TbbQueue>(threads), Queueing<FlatCombiningQueue>(threads)});
    const std::string name =
        absl::StrCat(threads, "-thread", threads > 1 ? "s" : "");
    const std::array<const char*, 4> names{"mutex-priority-queue", "lanes",
                                           "tbb", "libcds-fc"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      report.Figure(4, absl::StrCat(name, "-", names[i]),
                    measured[i].per_second, "pushes and pops/s");
    }
    for (std::size_t i = 2; i < names.size(); ++i) {
      report.Figure(4, absl::StrCat(name, "-", names[i], "-over-mutex"),
                    Ratios(measured[i].per_second, measured[0].per_second), "");
    }
    candidates.push_back(
        {name, Ratios(measured[1].per_second, measured[0].per_second),
         AtLeast(threads == 1 ? 3.0 : 2.0)});
  }
  report.Goal(4, "queue-alone-1e6-waiting", candidates);
}

}  // namespace relais::bench
