// relais-crash: kills relaisd while clients work with it, and proves from its
// journal and the clients' own logs that nothing acknowledged was lost.

#include <signal.h>
#include <stdlib.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/command_line.h"
#include "tests/crash/client.h"
#include "tests/crash/crash_run.h"
#include "tests/crash/soak.h"

ABSL_FLAG(std::uint32_t, kills, 30, "how often the server is killed");
ABSL_FLAG(std::string, soak, "", "work for so long instead, and kill nothing");
ABSL_FLAG(int, clients, 4, "client processes");
ABSL_FLAG(std::uint64_t, seed, 1, "seed of everything that is drawn");
ABSL_FLAG(std::string, directory, "", "where the journal and the logs go");
ABSL_FLAG(std::string, relaisd, "", "the relaisd to run");
ABSL_FLAG(std::string, relaisd_flags, "", "more flags for it, with --soak");
ABSL_FLAG(std::string, checker, "tests/crash/check_crash.py", "the checker");
ABSL_FLAG(bool, keep, false, "leave the directory there");
ABSL_FLAG(std::optional<int>, as_client, std::nullopt,
          "work as this client (used by the program itself)");
ABSL_FLAG(std::string, log, "", "a client's log");

namespace relais::crash {
namespace {

constexpr char kHelp[] =
    R"(relais-crash: kills relaisd while clients work with it

usage: relais-crash [flags], in the root of the repository

  --kills N         how often the server is killed (30): every other time by
                    SIGKILL from outside, the others by its own --crash-at
  --soak T          kill nothing: work for so long (10m, at least 15s) and watch
                    whether memory, descriptors, threads and journal grow
  --clients N       client processes, 1 to 64 (4)
  --seed N          seed of everything that is drawn (1)
  --directory DIR   where journal and logs go; is made, must be empty if it is
                    there (a temporary one)
  --keep            leave it there; it is left, too, if there is a problem
  --relaisd PATH    the server (relaisd beside this program)
  --relaisd-flags F more flags for it, with blanks between them; with --soak
  --checker PATH    the checker (tests/crash/check_crash.py)
  --help, --version

Which calls are in flight at a kill depends on the machine: the seed repeats
what is drawn, not the instant.

exit codes: 0 no problem, 1 problems (each is named), 2 wrong command line
)";

constexpr int kClientsMax = 64;
constexpr DurationMs kSoakMinMs = 15'000;

int Misused(const std::string& message) {
  std::cerr << "relais-crash: " << message << "\n";
  return server::kExitUsage;
}

// Made if it is not there.
absl::StatusOr<std::string> DirectoryToUse() {
  const std::string given = absl::GetFlag(FLAGS_directory);
  if (given.empty()) {
    std::string name =
        (std::filesystem::temp_directory_path() / "relais-crash-XXXXXX")
            .string();
    if (mkdtemp(name.data()) == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": cannot be made; give --directory"));
    }
    return name;
  }
  std::error_code error;
  std::filesystem::create_directories(given, error);
  if (error || !std::filesystem::is_empty(given, error) || error) {
    return absl::InvalidArgumentError(
        absl::StrCat("--directory: ", given,
                     " must be an empty directory, or one that can be made"));
  }
  return given;
}

bool RunSoakIn(const std::string& directory, const std::string& relaisd,
               const std::string& program, DurationMs duration_ms) {
  SoakOptions options;
  options.duration_ms = duration_ms;
  options.clients = absl::GetFlag(FLAGS_clients);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.directory = directory;
  options.relaisd = relaisd;
  options.program = program;
  options.flags = absl::StrSplit(absl::GetFlag(FLAGS_relaisd_flags), ' ',
                                 absl::SkipEmpty());
  return RunSoak(options);
}

bool RunCrashesIn(const std::string& directory, const std::string& relaisd,
                  const std::string& program) {
  CrashOptions options;
  options.kills = absl::GetFlag(FLAGS_kills);
  options.clients = absl::GetFlag(FLAGS_clients);
  options.seed = absl::GetFlag(FLAGS_seed);
  options.directory = directory;
  options.relaisd = relaisd;
  options.program = program;
  options.checker = absl::GetFlag(FLAGS_checker);
  return RunCrashes(options);
}

int Run() {
  signal(SIGPIPE, SIG_IGN);
  if (const auto number = absl::GetFlag(FLAGS_as_client); number.has_value()) {
    return RunClient(
        {*number, absl::GetFlag(FLAGS_seed), absl::GetFlag(FLAGS_log)});
  }
  const int clients = absl::GetFlag(FLAGS_clients);
  if (clients < 1 || clients > kClientsMax) {
    return Misused(absl::StrCat("--clients: ", clients,
                                " is not between 1 and ", kClientsMax));
  }
  if (absl::GetFlag(FLAGS_kills) < 1) {
    return Misused("--kills: 0 would show nothing; use at least 1");
  }
  DurationMs soak_ms = 0;
  if (const std::string soak = absl::GetFlag(FLAGS_soak); !soak.empty()) {
    const auto duration = server::ParseDuration(soak);
    if (!duration.ok() || *duration < kSoakMinMs) {
      return Misused(absl::StrCat("--soak: '", soak,
                                  "' is not a duration of at least 15s, as "
                                  "10m"));
    }
    soak_ms = *duration;
  } else if (!absl::GetFlag(FLAGS_relaisd_flags).empty()) {
    return Misused("--relaisd-flags: goes with --soak only");
  }
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  std::string relaisd = absl::GetFlag(FLAGS_relaisd);
  if (relaisd.empty()) relaisd = (program.parent_path() / "relaisd").string();
  for (const std::string& file : {relaisd, absl::GetFlag(FLAGS_checker)}) {
    if (!std::filesystem::is_regular_file(file, error)) {
      return Misused(absl::StrCat(file,
                                  ": is no file; give --relaisd, and run in "
                                  "the root of the repository"));
    }
  }
  const auto directory = DirectoryToUse();
  if (!directory.ok())
    return Misused(std::string(directory.status().message()));
  const bool sound =
      soak_ms > 0 ? RunSoakIn(*directory, relaisd, program.string(), soak_ms)
                  : RunCrashesIn(*directory, relaisd, program.string());
  if (sound && !absl::GetFlag(FLAGS_keep)) {
    std::filesystem::remove_all(*directory, error);
  } else {
    std::printf("journal and logs are in %s\n", directory->c_str());
  }
  return sound ? server::kExitDone : server::kExitFailed;
}

}  // namespace
}  // namespace relais::crash

int main(int argc, char** argv) {
  const std::vector<std::string> rest =
      relais::server::ParseCommandLine(argc, argv, relais::crash::kHelp);
  if (!rest.empty()) {
    return relais::crash::Misused("unexpected argument '" + rest.front() +
                                  "'; see --help");
  }
  return relais::crash::Run();
}
