// relais-router-bench: goal 19, what the Router costs beside its core, and
// goal 20, what the record of a decision costs.

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/core/compare.h"
#include "bench/core/report.h"
#include "bench/router/core_side.h"
#include "bench/router/record_goal.h"
#include "bench/router/router_side.h"
#include "bench/router/workload.h"

namespace relais::bench {
namespace {

constexpr char kHelp[] =
    R"(relais-router-bench: measures the Router in memory, all events on

usage: relais-router-bench [flags] [goal ...]

Goals:
  19  matches/s of the Router with 1 thread over those of lib/match alone with
      the same workload, and with 2 threads over its own with 1; the worse
      decides
  20  time of a submit that finds an idle agent, with the record of the decision
      over without
Flags:
  --seconds S      seconds of one side in one repetition (1)
  --repetitions N  interleaved repetitions, at least 5 to be quoted (5)
  --seed N         seed of everything that is drawn (1)
  --steps N        instead of measuring, run the Router through N matches with
                   one thread, for callgrind; with --core the core alone
  --core           see --steps
  --help

exit codes: 0 measured, whether a target is met or not; 2 wrong command line
)";

constexpr int kExitUsage = 2;

struct Arguments {
  Options options;
  std::uint64_t steps = 0;
  bool core = false;
  bool goal_19 = false;  // neither: both
  bool goal_20 = false;
  bool help = false;
};

// The problem, or empty.
std::string Read(const std::vector<std::string>& given, Arguments* arguments) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    std::string name = given[i];
    std::string value;
    const std::size_t equals = name.find('=');
    if (name == "--help" || name == "-h") {
      arguments->help = true;
      return "";
    }
    if (name == "--core") {
      arguments->core = true;
      continue;
    }
    if (name.rfind("--", 0) != 0) {
      if (name != "19" && name != "20") {
        return absl::StrCat("goal \"", name, "\" is not 19 or 20");
      }
      (name == "19" ? arguments->goal_19 : arguments->goal_20) = true;
      continue;
    }
    if (equals != std::string::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    } else if (i + 1 < given.size()) {
      value = given[++i];
    }
    Options& options = arguments->options;
    constexpr double kSecondsMax = 3'600;
    constexpr int kRepetitionsMax = 1'000;
    if (name == "--seconds") {
      if (!absl::SimpleAtod(value, &options.seconds) ||
          !(options.seconds > 0 && options.seconds <= kSecondsMax)) {
        return absl::StrCat("--seconds: \"", value,
                            "\" is not more than 0 and at most 3600");
      }
    } else if (name == "--repetitions") {
      if (!absl::SimpleAtoi(value, &options.repetitions) ||
          options.repetitions < 1 || options.repetitions > kRepetitionsMax) {
        return absl::StrCat("--repetitions: \"", value, "\" is not 1 to 1000");
      }
    } else if (name == "--seed") {
      if (!absl::SimpleAtoi(value, &options.seed)) {
        return absl::StrCat("--seed: \"", value, "\" is not a number");
      }
    } else if (name == "--steps") {
      if (!absl::SimpleAtoi(value, &arguments->steps) ||
          arguments->steps == 0) {
        return absl::StrCat("--steps: \"", value,
                            "\" is not a number of at least 1");
      }
    } else {
      return absl::StrCat("unknown flag ", name, "; see --help");
    }
  }
  return "";
}

template <class Side>
Contestant Pairs(std::uint32_t threads) {
  return [threads](std::uint64_t seed) -> Turn {
    auto pairs = std::make_shared<Pairs19<Side>>(threads, seed);
    return [pairs](double seconds) { return pairs->Run(seconds); };
  };
}

void Goal19(const Options& options) {
  constexpr int kGoal = 19;
  Report report(std::cout);
  const std::vector<Measured> measured =
      Compare(options, options.seconds,
              {Pairs<CoreSide>(1), Pairs<RouterSide>(1), Pairs<RouterSide>(2)});
  report.Figure(kGoal, "core-1-thread", measured[0].per_second, "matches/s");
  report.Figure(kGoal, "router-1-thread", measured[1].per_second, "matches/s");
  report.Figure(kGoal, "router-2-threads", measured[2].per_second, "matches/s");
  constexpr double kOverCore = 0.25;
  constexpr double kOverOneThread = 1.2;
  const std::vector<Candidate> candidates = {
      {"router-over-core-1-thread",
       Ratios(measured[1].per_second, measured[0].per_second),
       AtLeast(kOverCore)},
      {"router-2-threads-over-1",
       Ratios(measured[2].per_second, measured[1].per_second),
       AtLeast(kOverOneThread)}};
  report.Goal(kGoal, Worst(candidates).name, candidates);
}

template <class Side>
void RunSteps(const Arguments& arguments) {
  Pairs19<Side> pairs(1, arguments.options.seed);
  const std::uint64_t before = pairs.Matches();
  while (pairs.Matches() - before < arguments.steps) {
    pairs.Steps(0, kStepsPerClockReading);
  }
  std::cout << pairs.Matches() - before << " matches\n";
}

int Main(int argc, char** argv) {
  Arguments arguments;
  const std::string problem =
      Read(std::vector<std::string>(argv + 1, argv + argc), &arguments);
  if (!problem.empty()) {
    std::cerr << "relais-router-bench: " << problem << "\n";
    return kExitUsage;
  }
  if (arguments.help) {
    std::cout << kHelp;
  } else if (arguments.steps == 0) {
    if (arguments.goal_19 || !arguments.goal_20) Goal19(arguments.options);
    if (arguments.goal_20 || !arguments.goal_19) Goal20(arguments.options);
  } else if (arguments.core) {
    RunSteps<CoreSide>(arguments);
  } else {
    RunSteps<RouterSide>(arguments);
  }
  return 0;
}

}  // namespace
}  // namespace relais::bench

int main(int argc, char** argv) { return relais::bench::Main(argc, argv); }
