#include "tests/crash/soak.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/crash/centre.h"
#include "tests/crash/fleet.h"
#include "tests/crash/server.h"
#include "tests/crash/session.h"

namespace relais::crash {
namespace {

using std::chrono::steady_clock;

constexpr double kMebibyte = 1024.0 * 1024;
constexpr std::size_t kSamplesMin = 8;
constexpr double kResidentBytesSlack = 10 * kMebibyte;
constexpr double kResidentShare = 0.05;
// In a buffer an entry has a node of a list beside its bytes.
constexpr double kBufferedPerWritten = 1.5;
constexpr double kDescriptorsSlack = 8;
constexpr double kThreadsSlack = 4;

// How much the line fitted to `series` rises from its first to its last sample.
double Rise(const std::vector<SoakSample>& samples,
            double SoakSample::*series) {
  double seconds = 0;
  double values = 0;
  for (const SoakSample& sample : samples) {
    seconds += sample.second;
    values += sample.*series;
  }
  const double count = static_cast<double>(samples.size());
  double above = 0;
  double below = 0;
  for (const SoakSample& sample : samples) {
    const double second = sample.second - seconds / count;
    above += second * (sample.*series - values / count);
    below += second * second;
  }
  return above / below * (samples.back().second - samples.front().second);
}

double Mean(const std::vector<SoakSample>& samples,
            double SoakSample::*series) {
  double sum = 0;
  for (const SoakSample& sample : samples) sum += sample.*series;
  return sum / static_cast<double>(samples.size());
}

// The entries of a directory that may change meanwhile.
template <typename Function>
void ForEachEntry(const std::string& directory, const Function& function) {
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error);
       !error && entry != std::filesystem::directory_iterator();
       entry.increment(error)) {
    function(*entry);
  }
}

SoakSample Sample(pid_t pid, const std::string& journal) {
  SoakSample sample;
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  while (status >> word) {
    double value = 0;
    if (word == "VmRSS:" && status >> value) {
      sample.resident_bytes = value * 1024;
    }
    if (word == "Threads:" && status >> value) sample.threads = value;
  }
  ForEachEntry(absl::StrCat("/proc/", pid, "/fd"),
               [&sample](const auto&) { ++sample.descriptors; });
  ForEachEntry(journal, [&sample](const auto& entry) {
    std::error_code error;
    const auto size = entry.file_size(error);
    if (!error) sample.journal_bytes += static_cast<double>(size);
  });
  return sample;
}

void Print(const SoakSample& sample) {
  std::printf(
      "%6.0f s %9.0f acknowledged %8.1f MiB resident %4.0f descriptors %3.0f "
      "threads %8.1f MiB journal\n",
      sample.second, sample.acknowledged, sample.resident_bytes / kMebibyte,
      sample.descriptors, sample.threads, sample.journal_bytes / kMebibyte);
  std::fflush(stdout);
}

// Nothing happened that could leave a call without an answer.
std::vector<std::string> UnknownOutcomes(const SoakOptions& options) {
  std::vector<std::string> found;
  for (int client = 0; client < options.clients; ++client) {
    const std::string name =
        absl::StrCat(options.directory, "/client-", client, ".log");
    std::ifstream log(name);
    std::string line;
    while (std::getline(log, line)) {
      // The streams are ended by their clients at the end.
      if (!absl::StrContains(line, ",\"unknown\":") ||
          absl::StrContains(line, "CANCELLED") ||
          absl::StrContains(line, "ancelled")) {
        continue;
      }
      found.push_back(absl::StrCat(name, ": ", line));
      break;
    }
  }
  return found;
}

class Soak {
 public:
  explicit Soak(const SoakOptions& options) : options_(options) {}

  bool Run() {
    const absl::Status status = Work();
    std::vector<std::string> problems;
    if (!status.ok()) problems.emplace_back(status.message());
    for (const auto& found : {Grown(samples_), UnknownOutcomes(options_)}) {
      problems.insert(problems.end(), found.begin(), found.end());
    }
    for (const std::string& problem : problems) {
      std::printf("PROBLEM: %s\n", problem.c_str());
    }
    std::printf("%.0f s, %.0f acknowledgements, %zu problems\n",
                samples_.empty() ? 0 : samples_.back().second,
                samples_.empty() ? 0 : samples_.back().acknowledged,
                problems.size());
    return problems.empty();
  }

 private:
  absl::Status Work() {
    const std::string journal = options_.directory + "/journal";
    ServerOptions server_options = {
        options_.relaisd,
        options_.directory + "/centre.yaml",
        journal,
        {"--id-retention", "2s", "--events-kept", "1000"}};
    server_options.flags.insert(server_options.flags.end(),
                                options_.flags.begin(), options_.flags.end());
    std::ofstream(server_options.configuration) << CentreYaml(options_.clients);
    auto server = Server::Start(server_options, "");
    if (!server.ok()) return server.status();
    const auto address = server->AwaitAddress();
    if (!address.has_value()) {
      return absl::UnavailableError("it does not start: " + server->said());
    }
    auto fleet = Fleet::Start(options_.program, options_.directory,
                              options_.clients, options_.seed);
    if (!fleet.ok()) return fleet.status();
    fleet->Tell(1, *address);
    absl::Status watched = Watch(*server, *fleet, journal);
    if (!watched.ok()) return watched;
    absl::Status stopped = fleet->Stop();
    server->child().Signal(SIGTERM);
    while (server->Read()) {
    }
    if (const int code = server->child().Wait(); code != 0) {
      return absl::InternalError(
          absl::StrCat("SIGTERM ended relaisd with ", code));
    }
    return stopped;
  }

  // One sample a second.
  absl::Status Watch(Server& server, Fleet& fleet, const std::string& journal) {
    const auto began = steady_clock::now();
    const auto seconds = options_.duration_ms / 1'000;
    for (std::int64_t second = 1; second <= seconds; ++second) {
      const Awaited awaited = fleet.Await(server, ~std::uint64_t{0} / 2,
                                          began + std::chrono::seconds(second));
      if (awaited != Awaited::kTime) {
        return absl::InternalError(awaited == Awaited::kServerEnded
                                       ? "relaisd has ended: " + server.said()
                                       : "a client has ended");
      }
      SoakSample sample = Sample(server.child().pid(), journal);
      sample.second = static_cast<double>(second);
      sample.acknowledged = static_cast<double>(fleet.acknowledged());
      if (!samples_.empty() &&
          sample.acknowledged == samples_.back().acknowledged) {
        ++idle_seconds_;
      }
      samples_.push_back(sample);
      if (seconds <= 120 || second % 10 == 0) Print(sample);
    }
    if (idle_seconds_ > 5) {
      return absl::InternalError(absl::StrCat(
          "nothing was acknowledged in ", idle_seconds_, " of the seconds"));
    }
    return absl::OkStatus();
  }

  const SoakOptions options_;
  std::vector<SoakSample> samples_;
  int idle_seconds_ = 0;
};

}  // namespace

std::vector<std::string> Grown(const std::vector<SoakSample>& samples) {
  const std::vector<SoakSample> looked(
      samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 4),
      samples.end());
  if (looked.size() < kSamplesMin) {
    return {absl::StrCat("there are ", looked.size(),
                         " samples behind the first quarter; at least ",
                         kSamplesMin, " are needed")};
  }
  std::vector<std::string> grown;
  const auto judge = [&grown](const char* what, double rise, double allowed,
                              double unit, const char* unit_name) {
    std::printf("%-12s fitted growth %8.1f%s, allowed %8.1f%s\n", what,
                rise / unit, unit_name, allowed / unit, unit_name);
    if (rise <= allowed) return;
    grown.push_back(absl::StrFormat("%s grew by %.1f%s, allowed are %.1f%s",
                                    what, rise / unit, unit_name,
                                    allowed / unit, unit_name));
  };
  const double journal = Rise(looked, &SoakSample::journal_bytes);
  const double buffered =
      std::clamp(kBufferedPerWritten * journal, 0.0, kBufferBytesMax);
  judge("memory", Rise(looked, &SoakSample::resident_bytes),
        std::max(kResidentBytesSlack,
                 kResidentShare * Mean(looked, &SoakSample::resident_bytes)) +
            buffered,
        kMebibyte, " MiB");
  judge("descriptors", Rise(looked, &SoakSample::descriptors),
        kDescriptorsSlack, 1, "");
  judge("threads", Rise(looked, &SoakSample::threads), kThreadsSlack, 1, "");
  judge("journal", journal,
        kJournalBytesSlack +
            kJournalBytesPerAcknowledgement *
                (looked.back().acknowledged - looked.front().acknowledged),
        kMebibyte, " MiB");
  return grown;
}

bool RunSoak(const SoakOptions& options) { return Soak(options).Run(); }

}  // namespace relais::crash
