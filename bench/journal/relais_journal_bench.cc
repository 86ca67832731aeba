// relais-journal-bench: what the journal costs, and how soon it is back.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "bench/core/report.h"
#include "bench/journal/measures.h"
#include "bench/journal/scratch.h"
#include "server/command_line.h"

ABSL_FLAG(double, seconds, 1, "seconds of one side in one repetition");
ABSL_FLAG(int, repetitions, 5, "interleaved repetitions");
ABSL_FLAG(std::uint64_t, seed, 1, "seed of everything that is drawn");
ABSL_FLAG(std::string, directory, "", "directory on the disk to be measured");
ABSL_FLAG(std::string, json, "", "file for all figures");

namespace relais::bench {
namespace {

constexpr char kHelp[] =
    R"(relais-journal-bench: measures the journal on RocksDB, each group synced

usage: relais-journal-bench [flags] [goal ...]

Goals:
  13       events/s in groups of 1, 16, 128 and 1,024 over those of a file to
           which the same records are appended, each group by one write and one
           fdatasync; the worst decides
  14       from a closed directory with 100,000 live contacts to a router that
           decides, over opening it and reading each live record once
  latency  how long SubmitContact takes to be answered with --journal memory and
           with a directory, at 1, 16 and 128 calls in flight over gRPC, half of
           which cancel the contacts again; no target
Flags:
  --seconds S      seconds of one side in one repetition (1)
  --repetitions N  interleaved repetitions, at least 5 to be quoted (5)
  --seed N         seed of everything that is drawn (1)
  --directory DIR  on the disk to be measured (where this program is)
  --json FILE      all figures, as JSON
  --help

exit codes: 0 measured, whether a target is met or not; 1 something could not be
measured; 2 wrong command line
)";

constexpr double kSecondsMax = 3'600;
constexpr int kRepetitionsMax = 1'000;

struct Goal {
  std::string name;
  void (*measure)(const JournalOptions&, Report&);
};

const std::vector<Goal>& AllGoals() {
  static const auto* const goals = new std::vector<Goal>{
      {"13", AppendGoal}, {"14", RecoveryGoal}, {"latency", AnswerLatency}};
  return *goals;
}

int Misused(const std::string& message) {
  std::cerr << "relais-journal-bench: " << message << "\n";
  return server::kExitUsage;
}

// The problem, or empty.
std::string ReadFlags(JournalOptions* options) {
  options->common.seconds = absl::GetFlag(FLAGS_seconds);
  options->common.repetitions = absl::GetFlag(FLAGS_repetitions);
  options->common.seed = absl::GetFlag(FLAGS_seed);
  if (!(options->common.seconds > 0 &&
        options->common.seconds <= kSecondsMax)) {
    return absl::StrCat("--seconds: ", options->common.seconds,
                        " is not more than 0 and at most 3600");
  }
  if (options->common.repetitions < 1 ||
      options->common.repetitions > kRepetitionsMax) {
    return absl::StrCat("--repetitions: ", options->common.repetitions,
                        " is not 1 to 1000");
  }
  const std::string here =
      std::filesystem::read_symlink("/proc/self/exe").parent_path();
  options->relaisd = here + "/relaisd";
  options->directory = absl::GetFlag(FLAGS_directory);
  if (options->directory.empty()) options->directory = here;
  const std::string why = WhyNotMeasurable(options->directory);
  if (why.empty()) return "";
  return absl::StrCat("--directory: ", options->directory, " ", why);
}

// The goals named, or all; the problem, or empty.
std::string ChooseGoals(const std::vector<std::string>& names,
                        std::vector<Goal>* chosen) {
  for (const std::string& name : names) {
    const std::size_t before = chosen->size();
    for (const Goal& goal : AllGoals()) {
      if (goal.name == name) chosen->push_back(goal);
    }
    if (chosen->size() == before) {
      return absl::StrCat("goal \"", name, "\" is not one of 13, 14, latency");
    }
  }
  if (names.empty()) *chosen = AllGoals();
  return "";
}

int Main(int argc, char** argv) {
  const std::vector<std::string> names =
      server::ParseCommandLine(argc, argv, kHelp);
  JournalOptions options;
  std::vector<Goal> goals;
  std::string problem = ReadFlags(&options);
  if (problem.empty()) problem = ChooseGoals(names, &goals);
  if (!problem.empty()) return Misused(problem);
  std::ofstream json;
  if (const std::string path = absl::GetFlag(FLAGS_json); !path.empty()) {
    json.open(path);
    if (!json) return Misused(absl::StrCat("--json: cannot write ", path));
  }
  Report report(std::cout);
  for (const Goal& goal : goals) goal.measure(options, report);
  if (json.is_open()) json << report.Json();
  return report.failed() ? server::kExitFailed : server::kExitDone;
}

}  // namespace
}  // namespace relais::bench

int main(int argc, char** argv) { return relais::bench::Main(argc, argv); }
