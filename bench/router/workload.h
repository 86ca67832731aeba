// What both sides of goal 19 do: the workload "overload 1e3" of the core's
// benchmarks (64 requirement classes of 8 priorities, 16 profile classes that
// serve 8 of them each, 1,000 waiting, every agent busy), and the loop of one
// worker. A step submits one contact and completes the one held for longest,
// whose agent takes the next: one match.
//
// Both sides assign at once (no phone rings), so a match is two calls of the
// Router: Submit and Complete. The core is told the same by Open, Submit,
// Accept, End and Update. Time is the caller's, read once for 32 steps.

#ifndef RELAIS_BENCH_ROUTER_WORKLOAD_H_
#define RELAIS_BENCH_ROUTER_WORKLOAD_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/core/compare.h"
#include "bench/core/threads.h"
#include "lib/base/random.h"

namespace relais::bench {

inline constexpr std::uint32_t kClasses = 64;
inline constexpr std::uint32_t kPriorities = 8;
inline constexpr std::uint32_t kProfiles = 16;
inline constexpr std::uint32_t kClassesPerProfile = 8;
inline constexpr std::uint32_t kAgents = 1'000;
inline constexpr std::uint32_t kWaiting = 1'000;
// One minute of credit a priority, as a queue has by default.
inline constexpr std::int64_t kCreditMs = 60'000;
inline constexpr std::uint32_t kContacts = kAgents + kWaiting + 256;
inline constexpr int kStepsPerClockReading = 32;

// Which classes each profile serves: half in turn, so that every class is
// served, half drawn.
using Served =
    std::array<std::array<std::uint32_t, kClassesPerProfile>, kProfiles>;
Served DrawServed(Random& random);

std::int64_t NowMs();

// A side has, for worker w and at `now_ms`:
//   void Submit(w, class, priority, now_ms);
//   bool CompleteOldest(w, now_ms);   false if this worker holds nothing
//   std::uint64_t matches(w);
template <class Side>
class Pairs19 {
 public:
  Pairs19(std::uint32_t threads, std::uint64_t seed) {
    Random random(seed);
    side_ = std::make_unique<Side>(threads, DrawServed(random));
    for (std::uint32_t i = 0; i < threads; ++i) {
      randoms_.push_back(std::make_unique<Random>(random.Fork()));
    }
    // Every agent gets a contact, and the rest waits.
    for (std::uint32_t i = 0; i < kAgents + kWaiting; ++i) {
      Submit(i % threads, NowMs());
    }
  }

  Tally Run(double seconds) {
    const auto threads = static_cast<std::uint32_t>(randoms_.size());
    const std::uint64_t before = Matches();
    const Slice slice =
        RunFor(seconds, threads, [this](std::uint32_t w, const Stop& stop) {
          while (!stop.requested()) Steps(w, kStepsPerClockReading);
        });
    return Tally{static_cast<double>(Matches() - before), slice.seconds,
                 slice.cpu_seconds};
  }

  void Steps(std::uint32_t w, int count) {
    const std::int64_t now_ms = NowMs();
    for (int i = 0; i < count; ++i) {
      // A worker that holds nothing brings nothing, so the number that waits
      // stays.
      if (side_->CompleteOldest(w, now_ms)) Submit(w, now_ms);
    }
  }

  std::uint64_t Matches() const {
    std::uint64_t all = 0;
    for (std::uint32_t w = 0; w < randoms_.size(); ++w) {
      all += side_->matches(w);
    }
    return all;
  }

 private:
  void Submit(std::uint32_t w, std::int64_t now_ms) {
    const std::uint64_t draw = randoms_[w]->NextUint64();
    side_->Submit(w, static_cast<std::uint32_t>(draw % kClasses),
                  static_cast<std::uint32_t>(draw >> 32) % kPriorities, now_ms);
  }

  std::unique_ptr<Side> side_;
  std::vector<std::unique_ptr<Random>> randoms_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_ROUTER_WORKLOAD_H_
