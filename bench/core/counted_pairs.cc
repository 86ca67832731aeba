// relais-pairs: carries out a number of pairs on one side and nothing else, to
// be counted by callgrind (scripts/bench --instructions) or profiled.
//
// usage: relais-pairs core|rival WORKLOAD PAIRS
// What is to be counted is inside CountedPairs (callgrind's --toggle-collect).

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "bench/core/core_system.h"
#include "bench/core/mutex_rival.h"
#include "bench/core/workload.h"

namespace relais::bench {

template <class WorkerType>
[[gnu::noinline]] void CountedPairs(WorkerType& worker, std::uint64_t pairs) {
  for (std::uint64_t i = 0; i < pairs; i += kPairsPerClockReading) {
    worker.ReadClock();
    worker.Pairs(kPairsPerClockReading);
  }
}

namespace {

template <class System>
std::uint64_t Count(const Workload& workload, std::uint64_t pairs) {
  Floor<System> floor(workload, 1);
  auto& worker = *floor.workers()[0];
  // Warm: what a list or heap does once is not counted.
  constexpr int kWarmUp = 20'000;
  worker.Pairs(kWarmUp);
  const std::uint64_t before = worker.decisions();
  CountedPairs(worker, pairs);
  return worker.decisions() - before;
}

int Main(int argc, char** argv) {
  const std::string usage =
      "usage: relais-pairs core|rival "
      "overload-1e3|overload-1e5|idle-1e4|balanced PAIRS\n";
  std::uint64_t pairs = 0;
  const Workload* chosen = nullptr;
  if (argc == 4 && absl::SimpleAtoi(argv[3], &pairs)) {
    for (const Workload& workload : kFourWorkloads) {
      if (std::string(argv[2]) == workload.name) chosen = &workload;
    }
  }
  const std::string side = argc > 1 ? argv[1] : "";
  constexpr int kUsage = 2;
  if (chosen == nullptr || pairs == 0 || (side != "core" && side != "rival")) {
    std::cerr << usage;
    return kUsage;
  }
  std::cout << (side == "core" ? Count<CoreSystem>(*chosen, pairs)
                               : Count<MutexRival>(*chosen, pairs))
            << "\n";
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace relais::bench

int main(int argc, char** argv) { return relais::bench::Main(argc, argv); }
