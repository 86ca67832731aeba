// Goal 8: how long the slowest calls take in overload.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/core/core_system.h"
#include "bench/core/goals.h"
#include "bench/core/latency.h"
#include "bench/core/mutex_rival.h"

namespace relais::bench {
namespace {

constexpr std::uint32_t kThreads = 2;
constexpr double kShare = 0.5;

struct Share {
  const char* name;
  double share;
  bool judged;
};
constexpr std::array<Share, 4> kShares{{{"p50", 0.5, false},
                                        {"p99", 0.99, false},
                                        {"p99.9", 0.999, true},
                                        {"p99.99", 0.9999, true}}};

using Histograms = std::vector<std::unique_ptr<Histogram>>;

// Runs one side with a histogram per thread; what was in them before the
// measured part (warm-up) is dropped by the caller.
template <class System>
class TimedFloor {
 public:
  TimedFloor(const Workload& workload, std::uint64_t seed)
      : histograms_(Make()),
        floor_(workload, kThreads, Seeded(seed), [this](std::uint32_t i) {
          LatencyProbe probe;
          probe.histogram = histograms_[i].get();
          return probe;
        }) {}
  void Run(double seconds) { RunPairs(floor_, seconds); }
  void Forget() {
    for (const auto& histogram : histograms_) *histogram = Histogram();
  }
  Histogram Total() const {
    Histogram total;
    for (const auto& histogram : histograms_) total.Add(*histogram);
    return total;
  }

 private:
  static Histograms Make() {
    Histograms histograms;
    histograms.reserve(kThreads);
    for (std::uint32_t i = 0; i < kThreads; ++i) {
      histograms.push_back(std::make_unique<Histogram>());
    }
    return histograms;
  }
  static WorldShape Seeded(std::uint64_t seed) {
    WorldShape shape;
    shape.seed = seed;
    return shape;
  }

  Histograms histograms_;
  Floor<System, LatencyProbe> floor_;
};

struct Percentiles {
  std::array<Series, kShares.size()> of_share;
  void Add(const Histogram& histogram) {
    for (std::size_t i = 0; i < kShares.size(); ++i) {
      of_share[i].Add(
          static_cast<double>(histogram.Percentile(kShares[i].share)) * 1e9 /
          CyclesPerSecond());
    }
  }
};

void MeasureWorkload(const Options& options, const Workload& workload,
                     Report& report, std::vector<Candidate>& candidates) {
  constexpr int kTurns = 4;
  const double turn = options.seconds * kShare / kTurns;
  Percentiles rivals;
  Percentiles ours;
  for (int i = 0; i < options.repetitions; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    TimedFloor<MutexRival> rival(workload, seed);
    TimedFloor<CoreSystem> core(workload, seed);
    rival.Run(turn);
    core.Run(turn);
    rival.Forget();
    core.Forget();
    for (int j = 0; j < kTurns; ++j) {
      if (j % 2 == 0) rival.Run(turn);
      core.Run(turn);
      if (j % 2 == 1) rival.Run(turn);
    }
    rivals.Add(rival.Total());
    ours.Add(core.Total());
  }
  for (std::size_t i = 0; i < kShares.size(); ++i) {
    const std::string name = absl::StrCat(workload.name, "-", kShares[i].name);
    report.Figure(8, absl::StrCat(name, "-rival"), rivals.of_share[i], "ns");
    report.Figure(8, absl::StrCat(name, "-core"), ours.of_share[i], "ns");
    if (!kShares[i].judged) continue;
    candidates.push_back(
        {name, Ratios(ours.of_share[i], rivals.of_share[i]), AtMost(0.5)});
  }
}

}  // namespace

void Latency(const Options& options, Report& report) {
  std::vector<Candidate> candidates;
  for (const Workload& workload : {kOverload1e3, kOverload1e5}) {
    MeasureWorkload(options, workload, report, candidates);
  }
  report.Goal(8, "slowest-calls-in-overload-2-threads", candidates);
}

}  // namespace relais::bench
