// relais-bench: measures the matching core against its goals.

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/core/goals.h"

ABSL_FLAG(double, seconds, 1, "seconds of one side in one repetition");
ABSL_FLAG(int, repetitions, 5, "interleaved repetitions");
ABSL_FLAG(std::uint64_t, seed, 1, "seed of everything that is drawn");
ABSL_FLAG(double, decisions, 0, "goal 9: as many decisions");
ABSL_FLAG(std::string, json, "", "write all figures there");

namespace relais::bench {
namespace {

constexpr char kHelp[] =
    R"(relais-bench: measures the matching core, in one run with its rivals

usage: relais-bench [flags] [goal ...]

Goals, all of them without names (docs/benchmarks.md):
  1   decisions/s with 1 thread and 1e3 waiting, over the mutex rival's
  2   decisions/s with 2 threads, the worst of four workloads, over the rival's
  3   the same in two routing groups that share nothing
  4   the lanes alone as a queue, over std::mutex + std::priority_queue
  5   decisions/s with 1e6 waiting, over those with 1e3
  6   time of a decision of a wide centre, over that of a narrow one
  7   rate of threads beside a frozen one, over the rate beside a parked one
  8   p99.9 and p99.99 of a call in overload (ns), over the rival's
  9   inversions found (a count)
  10  rates with 30 % cancelled and with 10 % returned, over those without;
      memory after cancels, over that of what lives
  16  bytes in memory per waiting contact
Flags:
  --seconds S      seconds of one side in one repetition (1); goals of several
                   parts take half of it for each
  --repetitions N  interleaved repetitions, at least 5 to be quoted (5)
  --decisions N    goal 9: search as many decisions, as 1e9, however long it
                   takes (0: as time allows)
  --seed N         seed of everything that is drawn (1)
  --json FILE      write all figures there
  --help

Prints one line a goal, with details indented before it:
  goal 2 worst-of-four-2-threads median 1.12 min 0.98 max 1.30 target >=1.0 PASS
exit codes: 0 measured, whether a target is met or not; 1 a promise was broken
(an inversion, a lane not served) or a figure could not be had; 2 wrong command
line
)";

constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

struct Goal {
  int number;
  void (*measure)(const Options&, Report&);
};
constexpr Goal kGoals[] = {
    {1, OneThread},  {2, TwoThreads},      {3, RoutingGroups}, {4, QueueAlone},
    {5, Depth},      {6, Width},           {7, FrozenThread},  {8, Latency},
    {9, Inversions}, {10, CancelsReturns}, {16, Memory},
};

int Misused(const std::string& message) {
  std::cerr << "relais-bench: " << message << "\n";
  return kExitUsage;
}

std::string KnownGoals() {
  return absl::StrJoin(kGoals, ", ", [](std::string* out, const Goal& goal) {
    absl::StrAppend(out, goal.number);
  });
}

// The goals named, or all; false with a message.
bool ChooseGoals(const std::vector<std::string>& names,
                 std::vector<Goal>* chosen, std::string* problem) {
  for (const std::string& name : names) {
    int number = 0;
    const bool is_number = absl::SimpleAtoi(name, &number);
    const Goal* found = nullptr;
    for (const Goal& goal : kGoals) {
      if (is_number && goal.number == number) found = &goal;
    }
    if (found == nullptr) {
      *problem =
          absl::StrCat("goal \"", name, "\" is not one of ", KnownGoals());
      return false;
    }
    chosen->push_back(*found);
  }
  if (names.empty()) chosen->assign(std::begin(kGoals), std::end(kGoals));
  return true;
}

// The options, or a message.
std::string ReadOptions(Options* options) {
  options->seconds = absl::GetFlag(FLAGS_seconds);
  options->repetitions = absl::GetFlag(FLAGS_repetitions);
  options->seed = absl::GetFlag(FLAGS_seed);
  const double decisions = absl::GetFlag(FLAGS_decisions);
  constexpr double kSecondsMax = 3'600;
  if (!(options->seconds > 0 && options->seconds <= kSecondsMax)) {
    return "--seconds: more than 0 and at most 3600";
  }
  constexpr int kRepetitionsMax = 1'000;
  if (options->repetitions < 1 || options->repetitions > kRepetitionsMax) {
    return "--repetitions: 1 to 1000";
  }
  constexpr double kDecisionsMax = 1e12;
  if (!(decisions >= 0 && decisions <= kDecisionsMax)) {
    return "--decisions: 0 to 1e12";
  }
  options->decisions = static_cast<std::uint64_t>(decisions);
  return "";
}

// A flag that is not known, or has a value that cannot be read, is explained
// here, because absl itself ends the program as if a measurement had failed.
std::string CheckFlags(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& given = arguments[i];
    if (!given.starts_with("-")) continue;
    std::string name = given.substr(given.starts_with("--") ? 2 : 1);
    std::string value;
    const std::size_t equals = name.find('=');
    if (equals != std::string::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    absl::CommandLineFlag* flag = absl::FindCommandLineFlag(name);
    if (flag == nullptr) {
      return absl::StrCat("unknown flag ", given, "; see --help");
    }
    std::string error;
    if (value.empty() || !flag->ParseFrom(value, &error)) {
      return absl::StrCat("--", name, ": \"", value, "\" cannot be read",
                          error.empty() ? "" : ": ", error);
    }
  }
  return "";
}

int Main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      std::cout << kHelp;
      return kExitDone;
    }
  }
  std::string problem = CheckFlags(arguments);
  if (!problem.empty()) return Misused(problem);
  const std::vector<char*> positional = absl::ParseCommandLine(argc, argv);
  const std::vector<std::string> names(positional.begin() + 1,
                                       positional.end());
  Options options;
  std::vector<Goal> goals;
  problem = ReadOptions(&options);
  if (!problem.empty() || !ChooseGoals(names, &goals, &problem)) {
    return Misused(problem);
  }
  std::ofstream json;
  if (const std::string path = absl::GetFlag(FLAGS_json); !path.empty()) {
    json.open(path);
    if (!json) return Misused(absl::StrCat("--json: cannot write ", path));
  }
  Report report(std::cout);
  for (const Goal& goal : goals) goal.measure(options, report);
  if (json.is_open()) json << report.Json();
  return report.failed() ? kExitFailed : kExitDone;
}

}  // namespace
}  // namespace relais::bench

int main(int argc, char** argv) { return relais::bench::Main(argc, argv); }
