// A relaisd under steady work for a while: whether it grows.
//
// Thread safety: pure functions, and one run at a time.

#ifndef RELAIS_TESTS_CRASH_SOAK_H_
#define RELAIS_TESTS_CRASH_SOAK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "relais/types.h"

namespace relais::crash {

struct SoakOptions {
  DurationMs duration_ms = 60'000;
  int clients = 4;
  std::uint64_t seed = 1;
  std::string directory;  // exists; journal and logs go there
  std::string relaisd;
  std::string program;             // this program, to run as client
  std::vector<std::string> flags;  // more of relaisd's
};

// The server at one second.
struct SoakSample {
  double second = 0;
  double acknowledged = 0;  // since the start
  double resident_bytes = 0;
  double descriptors = 0;
  double threads = 0;
  double journal_bytes = 0;  // all files of its directory
};

// What grew more than it may, one sentence each. The first quarter is not
// looked at. Of the rest a straight line is fitted to each series; from its
// first to its last sample the line may rise by
//   resident_bytes  the larger of 10 MiB and 5 % of the mean, and what RocksDB
//                   may hold of what was written meanwhile until its buffers
//                   are full: 1.5 times what the directory grew by, at most
//                   the buffers
//   descriptors     8
//   threads         4
// and the journal's directory may rise by kJournalBytesPerAcknowledgement for
// each acknowledgement plus kJournalBytesSlack. At least 8 samples are needed.
std::vector<std::string> Grown(const std::vector<SoakSample>& samples);

// Two buffers of 32 MiB for each of two column families
// (lib/journal/rocksdb_storage.h).
inline constexpr double kBufferBytesMax = 128.0 * 1024 * 1024;
// What one acknowledged call may leave in the journal: two events of 300 bytes
// and as much again for those that no call asked for.
inline constexpr double kJournalBytesPerAcknowledgement = 1'200;
// Files that RocksDB has replaced and not yet deleted.
inline constexpr double kJournalBytesSlack = 192.0 * 1024 * 1024;

// Prints the series and what was found. True if nothing grew, no call's
// outcome was unknown and the server stopped well.
bool RunSoak(const SoakOptions& options);

}  // namespace relais::crash

#endif  // RELAIS_TESTS_CRASH_SOAK_H_
