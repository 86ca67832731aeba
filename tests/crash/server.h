// relaisd as a child process that is going to be killed.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_CRASH_SERVER_H_
#define RELAIS_TESTS_CRASH_SERVER_H_

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/crash/child.h"

namespace relais::crash {

struct ServerOptions {
  std::string relaisd;  // the program
  std::string configuration;
  std::string journal;
  std::vector<std::string> flags;
};

class Server {
 public:
  // On a free loopback port. `crash_at`: --crash-at, unless empty.
  static absl::StatusOr<Server> Start(const ServerOptions& options,
                                      const std::string& crash_at);

  // Waits until it serves; nothing if it ended before.
  std::optional<std::string> AwaitAddress();
  // Waits until it has read its journal; false if it ended before.
  bool AwaitRecovered();
  // From its start to the line that told its address.
  std::chrono::milliseconds start_time() const { return start_time_; }
  // Reads what it says; false at its end.
  bool Read() { return child_.Read(&said_); }
  const std::string& said() const { return said_; }
  Child& child() { return child_; }

 private:
  explicit Server(Child child) : child_(std::move(child)) {}
  // Reads until it has said this.
  bool Await(const std::string& words);

  Child child_;
  std::string said_;
  std::chrono::steady_clock::time_point began_ =
      std::chrono::steady_clock::now();
  std::chrono::milliseconds start_time_{0};
};

// What this relaisd's --help says. FAILED_PRECONDITION if it is no relaisd.
absl::StatusOr<std::string> HelpOf(const std::string& relaisd);

// The crash points that it names.
std::vector<std::string> CrashPointsIn(const std::string& help);

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_SERVER_H_
