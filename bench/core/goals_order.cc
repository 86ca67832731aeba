// Goal 9: inversions under concurrency.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/core/core_system.h"
#include "bench/core/goals.h"
#include "bench/core/inversion_run.h"

namespace relais::bench {
namespace {

constexpr std::uint64_t kPairsPerRound = 40'000;

struct Setting {
  const char* name;
  Workload workload;
  std::uint32_t threads;
  KeyMode key_mode;
};

// Few agents meet often; with more threads than processors, calls are stopped
// in their middle.
const std::array<Setting, 5> kSettings{{
    {"overload-2-threads", {"", 1'000, 200, true}, 2, KeyMode::kStrict},
    {"balanced-2-threads", {"", 0, 64, true}, 2, KeyMode::kStrict},
    {"overload-aged-2-threads", {"", 1'000, 200, true}, 2, KeyMode::kAged},
    {"overload-4-threads", {"", 1'000, 200, true}, 4, KeyMode::kStrict},
    {"balanced-4-threads", {"", 0, 64, true}, 4, KeyMode::kStrict},
}};

}  // namespace

void Inversions(const Options& options, Report& report) {
  const double end = WallSeconds() + options.seconds * options.repetitions;
  std::uint64_t decisions = 0;
  Series found;
  for (std::uint64_t round = 0;; ++round) {
    const bool enough = options.decisions > 0 ? decisions >= options.decisions
                                              : WallSeconds() >= end;
    if (enough && round >= kSettings.size()) break;
    const Setting& setting = kSettings[round % kSettings.size()];
    WorldShape shape;
    shape.seed = options.seed + round;
    shape.key_mode = setting.key_mode;
    InversionRun<CoreSystem> run(setting.workload, setting.threads, shape);
    std::uint64_t in_round = 0;
    for (int i = 0; i < 4; ++i) {
      const SearchResult searched = run.Round(kPairsPerRound / setting.threads);
      decisions += searched.decisions;
      in_round += searched.found;
      if (searched.found > 0) {
        report.Failure(
            9, absl::StrCat(setting.name, ", seed ", shape.seed, ": ",
                            searched.found,
                            " inversions, the first: ", searched.first));
      }
      if (searched.conservation_errors > 0) {
        report.Failure(
            9, absl::StrCat(setting.name, ", seed ", shape.seed, ": ",
                            searched.conservation_errors,
                            " contacts decided twice, never, or unpublished"));
      }
    }
    found.Add(static_cast<double>(in_round));
  }
  Series total;
  total.Add(static_cast<double>(decisions));
  report.Figure(9, "searched", total, "decisions");
  report.Goal(9, "inversions",
              {{"inversions", found, Equal(0), /*worst_decides=*/true}});
}

}  // namespace relais::bench
