// relaisd as a process of its own, on a free loopback port.

#ifndef RELAIS_BENCH_JOURNAL_PROGRAM_H_
#define RELAIS_BENCH_JOURNAL_PROGRAM_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace relais::bench {

class Program {
 public:
  // Starts `path` with `flags`; answers once it serves. `directory` takes its
  // port file and what it says. UNAVAILABLE with what it said if it ends
  // instead.
  static absl::StatusOr<std::unique_ptr<Program>> Start(
      const std::string& path, const std::string& directory,
      std::vector<std::string> flags);
  // Ends it in order, and waits for that.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::string& address() const { return address_; }

 private:
  Program() = default;
  absl::Status AwaitPort(const std::string& directory);

  pid_t pid_ = -1;
  std::string address_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_JOURNAL_PROGRAM_H_
