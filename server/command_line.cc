#include "server/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/domain/error.h"
#include "server/nearest.h"

#ifndef RELAIS_VERSION
#error "RELAIS_VERSION is given by the build"
#endif

namespace relais::server {
namespace {

absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

// Abseil ends the program with 1 when a flag is wrong; ours is 2, as for every
// other mistake in a command line, so that scripts can tell it from a failure.
bool reading_flags = false;
void ExitOfFlags() {
  if (reading_flags) _exit(kExitUsage);
}

// The words of the command line with flags as Abseil names them ("port_file"
// for "--port-file"). Ends the program if a flag is unknown.
std::vector<std::string> WithFlagNames(int argc, char** argv) {
  std::vector<std::string> words(argv, argv + argc);
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string& word = words[i];
    if (word == "--") break;
    if (!absl::StartsWith(word, "--")) continue;
    const std::size_t end = std::min(word.find('='), word.size());
    std::replace(word.begin() + 2, word.begin() + static_cast<long>(end), '-',
                 '_');
    const std::string name = word.substr(2, end - 2);
    const bool known = absl::FindCommandLineFlag(name) != nullptr ||
                       (absl::StartsWith(name, "no") &&
                        absl::FindCommandLineFlag(name.substr(2)) != nullptr);
    if (known) continue;
    std::vector<std::string> names;
    for (const auto& [flag_name, flag] : absl::GetAllFlags()) {
      names.emplace_back(flag_name);
      std::replace(names.back().begin(), names.back().end(), '_', '-');
    }
    std::sort(names.begin(), names.end());
    const std::string given = std::string(argv[i]).substr(0, end);
    const std::string nearest = NearestName(given.substr(2), names);
    std::cerr << "unknown flag '" << given << "'"
              << (nearest.empty() ? "" : "; did you mean '--" + nearest + "'?")
              << " (see --help)\n";
    std::exit(kExitUsage);
  }
  return words;
}

}  // namespace

std::string Version() { return RELAIS_VERSION; }

std::vector<std::string> ParseCommandLine(int argc, char** argv,
                                          std::string_view help) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--") break;
    if (argument == "--help" || argument == "-h") {
      std::cout << help;
      std::exit(kExitDone);
    }
    if (argument == "--version") {
      std::cout << Version() << "\n";
      std::exit(kExitDone);
    }
  }
  absl::SetProgramUsageMessage(View(help));
  std::atexit(ExitOfFlags);
  reading_flags = true;
  std::vector<std::string> words = WithFlagNames(argc, argv);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  const std::vector<char*> rest = absl::ParseCommandLine(argc, pointers.data());
  reading_flags = false;
  return {rest.begin() + 1, rest.end()};
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError(
      absl::StrCat(Quoted(text),
                   " is no address; use host:port, for example "
                   "127.0.0.1:7400 or [::1]:7400"));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong;
  ListenAddress address;
  address.host = text.substr(0, colon);
  if (!absl::SimpleAtoi(View(text.substr(colon + 1)), &address.port) ||
      address.port < 0 || address.port > 65'535) {
    return wrong;
  }
  const bool bracketed =
      address.host.front() == '[' && address.host.back() == ']';
  if (!bracketed && address.host.find(':') != std::string::npos) return wrong;
  if (address.host == "[]") return wrong;
  // A name that begins like an address ("127.example.org") is not loopback.
  const bool digits_and_dots =
      address.host.find_first_not_of("0123456789.") == std::string::npos;
  address.is_loopback =
      address.host == "localhost" || address.host == "[::1]" ||
      (digits_and_dots && absl::StartsWith(address.host, "127."));
  return address;
}

absl::StatusOr<InstantMs> ParseInstant(std::string_view text) {
  std::int64_t milliseconds = 0;
  if (absl::SimpleAtoi(View(text), &milliseconds)) {
    if (milliseconds >= 0) return milliseconds;
  } else {
    absl::Time time;
    for (const char* format :
         {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M:%E*S",
          "%Y-%m-%d%ET%H:%M", "%Y-%m-%d"}) {
      if (absl::ParseTime(format, View(text), &time, nullptr) &&
          absl::ToUnixMillis(time) >= 0) {
        return absl::ToUnixMillis(time);
      }
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(text),
                   " is no instant since 1970; use 2026-03-02T07:00:00Z or "
                   "milliseconds since 1970"));
}

absl::StatusOr<DurationMs> ParseDuration(std::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(View(text), &duration) ||
      duration < absl::ZeroDuration() || duration == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(text), " is no duration; use for example 500ms, 90s or 24h"));
  }
  return absl::ToInt64Milliseconds(duration);
}

}  // namespace relais::server
