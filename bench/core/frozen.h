// Freezes one of several working threads at random instants and measures the
// others.
//
// Thread 0 is stopped by a signal whose handler blocks reading a pipe, at
// whatever instruction it happens to be; the others go on. Their rate while it
// is frozen is compared with their rate while it is parked between two calls,
// holding nothing. Rates are per second of the others' processor time, so that
// other programs on the machine do not count; but if the others slept of their
// own accord (as behind a mutex), per second of the wall.
//
// Thread safety: none; one at a time in a process, because it owns a signal.

#ifndef RELAIS_BENCH_CORE_FROZEN_H_
#define RELAIS_BENCH_CORE_FROZEN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bench/core/series.h"
#include "lib/base/cache_line.h"

namespace relais::bench {

// One worker as the freezer sees it.
struct WatchedThread {
  // Single writer, relaxed: figures for the controller.
  std::atomic<std::uint64_t> decisions{0};
  std::atomic<bool> in_call{false};
  std::vector<std::atomic<std::uint32_t>> served;  // by lane

  explicit WatchedThread(std::uint32_t lanes) : served(lanes) {}
};

struct FrozenResult {
  Series ratios;  // frozen over parked, of each instant
  std::uint32_t instants_in_calls = 0;
  std::uint32_t lanes_not_served = 0;  // the most at one instant
  bool complete = true;                // false: a thread could not be frozen
};

struct FrozenSettings {
  std::uint32_t threads = 2;  // the frozen one included
  std::uint32_t instants = 200;
  double window = 0.008;  // seconds
  int windows_max = 15;   // while frozen, if the first disappoints
  std::uint64_t seed = 1;
};

// `steps(i)` makes thread i carry out a few pairs and keeps its WatchedThread
// up to date.
FrozenResult Freeze(const FrozenSettings& settings,
                    const std::vector<WatchedThread*>& watched,
                    const std::function<void(std::uint32_t)>& steps);

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_FROZEN_H_
