// The client processes, and the count of what they were acknowledged.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_CRASH_FLEET_H_
#define RELAIS_TESTS_CRASH_FLEET_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/crash/child.h"
#include "tests/crash/server.h"

namespace relais::crash {

enum class Awaited { kEnough, kServerEnded, kClientEnded, kTime };

class Fleet {
 public:
  // `program` run with --as_client; their logs go to `directory`.
  static absl::StatusOr<Fleet> Start(const std::string& program,
                                     const std::string& directory, int clients,
                                     std::uint64_t seed);

  // Where the server's life number `life` is.
  void Tell(std::uint64_t life, const std::string& address);
  // Waits for so many more acknowledgements, the server's end or an instant,
  // whatever comes first, and reads what the server says.
  Awaited Await(Server& server, std::uint64_t more,
                std::chrono::steady_clock::time_point until);
  // Lets them finish the call in hand; INTERNAL if one fails.
  absl::Status Stop();

  std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  bool Count(Child& client);

  std::vector<Child> clients_;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_FLEET_H_
