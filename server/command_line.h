// What relaisd and relaisctl share of reading a command line.

#ifndef RELAIS_SERVER_COMMAND_LINE_H_
#define RELAIS_SERVER_COMMAND_LINE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "relais/types.h"

namespace relais::server {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// What a build knows of itself ("0.1.0").
std::string Version();

// Reads absl flags and returns the other arguments, without the program's
// name. Answers --help with `help` and --version itself (exit 0); a wrong flag
// is explained and ends the program with kExitUsage.
std::vector<std::string> ParseCommandLine(int argc, char** argv,
                                          std::string_view help);

struct ListenAddress {
  std::string host;
  int port = 0;
  bool is_loopback = false;  // 127.0.0.0/8, [::1] or localhost
};
// "host:port" or "[v6]:port"; INVALID_ARGUMENT otherwise.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

// "2026-03-02T07:00:00Z" (or with an offset, or a date alone, in UTC), or
// milliseconds since 1970.
absl::StatusOr<InstantMs> ParseInstant(std::string_view text);
// "20s", "4h", "500ms"; INVALID_ARGUMENT otherwise.
absl::StatusOr<DurationMs> ParseDuration(std::string_view text);

}  // namespace relais::server

#endif  // RELAIS_SERVER_COMMAND_LINE_H_
