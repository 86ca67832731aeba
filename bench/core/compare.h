// Interleaved repetitions of several contestants.
//
// A repetition builds every contestant anew from its seed, warms each up, and
// lets them run in turns of a fraction of the time, forwards and backwards, so
// that what the machine does meanwhile meets all alike. Only ratios of one
// repetition are worth anything.

#ifndef RELAIS_BENCH_CORE_COMPARE_H_
#define RELAIS_BENCH_CORE_COMPARE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bench/core/series.h"
#include "bench/core/threads.h"
#include "bench/core/workload.h"

namespace relais::bench {

struct Options {
  double seconds = 1;  // a contestant's in one repetition, at most
  int repetitions = 5;
  std::uint64_t seed = 1;
  std::uint64_t decisions = 0;  // goal 9: as many; 0: as time allows
};

// What was done in some time.
struct Tally {
  double done = 0;
  double seconds = 0;
  double cpu_seconds = 0;

  void operator+=(const Tally& other);
  double PerSecond() const { return seconds > 0 ? done / seconds : 0; }
  double CpuNanoseconds() const {
    return done > 0 ? cpu_seconds * 1e9 / done : 0;
  }
};

using Turn = std::function<Tally(double seconds)>;
// Builds a contestant for one repetition.
using Contestant = std::function<Turn(std::uint64_t seed)>;

struct Measured {
  Series per_second;
  Series cpu_nanoseconds;  // for each thing done
};

std::vector<Measured> Compare(const Options& options, double seconds,
                              const std::vector<Contestant>& contestants);

// Runs a floor's workers, one thread each, and counts decisions.
template <class FloorType>
Tally RunPairs(FloorType& floor, double seconds) {
  auto& workers = floor.workers();
  std::uint64_t before = 0;
  for (const auto& worker : workers) before += worker->decisions();
  const Slice slice =
      RunFor(seconds, static_cast<std::uint32_t>(workers.size()),
             [&workers](std::uint32_t i, const Stop& stop) {
               auto& worker = *workers[i];
               while (!stop.requested()) {
                 worker.ReadClock();
                 worker.Pairs(kPairsPerClockReading);
               }
             });
  std::uint64_t after = 0;
  for (const auto& worker : workers) after += worker->decisions();
  return Tally{static_cast<double>(after - before), slice.seconds,
               slice.cpu_seconds};
}

// The plain contestant: pairs of a workload on one side.
template <class System>
Contestant Pairs(const Workload& workload, std::uint32_t threads,
                 WorldShape shape = WorldShape()) {
  return [workload, threads, shape](std::uint64_t seed) mutable -> Turn {
    shape.seed = seed;
    auto floor = std::make_shared<Floor<System>>(workload, threads, shape);
    return [floor](double seconds) { return RunPairs(*floor, seconds); };
  };
}

inline WorldShape Aged() {
  WorldShape shape;
  shape.key_mode = KeyMode::kAged;
  return shape;
}

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_COMPARE_H_
