// check_crash.py as a child process that goes on from check to check.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_CRASH_CHECKER_H_
#define RELAIS_TESTS_CRASH_CHECKER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/struct.pb.h"
#include "tests/crash/child.h"

namespace relais::crash {

// What one check found.
struct Verdict {
  std::vector<std::string> problems;
  std::uint64_t last_sequence = 0;
  // Live contacts, to be asked for after the restart.
  std::vector<std::string> contacts;
  google::protobuf::Struct figures;  // since the beginning
};

class Checker {
 public:
  // `script` over the journal and the logs in `directory`.
  static absl::StatusOr<Checker> Start(const std::string& script,
                                       const std::string& directory);
  // The server, in its life number `life`, is not running. INTERNAL if the
  // checker itself fails.
  absl::StatusOr<Verdict> Check(std::uint64_t life);

 private:
  explicit Checker(Child child) : child_(std::move(child)) {}
  Child child_;
};

// A number of `figures`; 0 if there is none of this name.
double Figure(const google::protobuf::Struct& figures, const std::string& name);

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_CHECKER_H_
