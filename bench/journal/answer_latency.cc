// How long SubmitContact takes to be answered, with and without a journal: two
// real servers, of which the one rests while the other is asked.

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/core/latency.h"
#include "bench/journal/calls_in_flight.h"
#include "bench/journal/measures.h"
#include "bench/journal/program.h"
#include "bench/journal/scratch.h"

namespace relais::bench {
namespace {

constexpr int kGoal = 0;  // it has no number
constexpr std::array<int, 3> kInFlight = {1, 16, 128};
constexpr int kTurns = 4;
constexpr double kWarmUp = 0.15;

struct Share {
  const char* name;
  double share;
};
constexpr std::array<Share, 3> kShares = {
    {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}}};

constexpr char kCentre[] = R"(
name: latency
skills: [{name: accounts}]
routing_profiles: [{name: telephone, channels: [voice]}]
agents:
  - {id: anna, routing_profile: telephone, skills: [{skill: accounts, level: 5}]}
queues:
  - name: accounts
    channels: [voice]
    requirement: {all_of: [{skill: accounts}]}
)";

// One server and its client.
struct Side {
  std::unique_ptr<Program> server;
  std::unique_ptr<CallsInFlight> client;
  std::array<std::array<Series, kShares.size()>, kInFlight.size()> ms;
};

absl::Status Start(const JournalOptions& options, const Scratch& scratch,
                   const std::string& name, const std::string& journal,
                   Side* side) {
  const std::string directory = scratch.In(name);
  std::filesystem::create_directory(directory);
  std::ofstream(directory + "/centre.yaml") << kCentre;
  auto server = Program::Start(
      options.relaisd, directory,
      {absl::StrCat("--config=", directory, "/centre.yaml"),
       absl::StrCat("--journal=", journal), "--id-retention=1s"});
  if (!server.ok()) return server.status();
  side->server = *std::move(server);
  side->client = std::make_unique<CallsInFlight>(side->server->address());
  return absl::OkStatus();
}

// One repetition of one number of calls in flight: turns of a fraction of the
// time, forwards and backwards.
bool Measure(std::array<Side, 2>& sides, std::size_t at, double seconds) {
  std::array<Histogram, 2> submits;
  Histogram unused;
  for (Side& side : sides) {
    if (!side.client->Run(kInFlight[at], seconds * kWarmUp, &unused)) {
      return false;
    }
  }
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    for (std::size_t i = 0; i < sides.size(); ++i) {
      const std::size_t j = (i + turn) % sides.size();
      if (!sides[j].client->Run(kInFlight[at], seconds / kTurns, &submits[j])) {
        return false;
      }
    }
  }
  constexpr double kNanosecondsAMs = 1e6;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    for (std::size_t j = 0; j < kShares.size(); ++j) {
      sides[i].ms[at][j].Add(
          static_cast<double>(submits[i].Percentile(kShares[j].share)) /
          kNanosecondsAMs);
    }
  }
  return true;
}

// All figures, and then a line as goals have one.
void Tell(const std::array<Side, 2>& sides, std::size_t at, Report& report) {
  std::string line =
      absl::StrCat("latency ", kInFlight[at], "-in-flight memory/journal ms");
  for (std::size_t j = 0; j < kShares.size(); ++j) {
    const Series& memory = sides[0].ms[at][j];
    const Series& journal = sides[1].ms[at][j];
    const std::string name =
        absl::StrCat("latency-", kInFlight[at], "-in-flight-", kShares[j].name);
    report.Figure(kGoal, name + "-memory", memory, "ms");
    report.Figure(kGoal, name + "-journal", journal, "ms");
    report.Figure(kGoal, name + "-journal-over-memory", Ratios(journal, memory),
                  "");
    absl::StrAppendFormat(&line, " %s %.2f/%.2f", kShares[j].name,
                          memory.Median(), journal.Median());
  }
  std::cout << line << std::endl;
}

}  // namespace

void AnswerLatency(const JournalOptions& options, Report& report) {
  const Scratch scratch(options.directory);
  std::array<Side, 2> sides;
  absl::Status status = Start(options, scratch, "memory", "memory", &sides[0]);
  status.Update(
      Start(options, scratch, "directory", scratch.In("journal"), &sides[1]));
  if (!status.ok()) {
    return report.Failure(kGoal, std::string(status.message()));
  }
  for (int i = 0; i < options.common.repetitions; ++i) {
    for (std::size_t at = 0; at < kInFlight.size(); ++at) {
      if (!Measure(sides, at, options.common.seconds)) {
        return report.Failure(kGoal, "a server did not answer");
      }
    }
  }
  for (std::size_t at = 0; at < kInFlight.size(); ++at) {
    Tell(sides, at, report);
  }
}

}  // namespace relais::bench
