// How much room the journal's file system has left, and what is refused for it.
//
// A full disk ends the process (a failed write is never tried again), so new
// work is refused while what is under way can still be finished and recorded:
// below `low` no new contacts, below `read_only` no changes at all. Deadlines
// go on; their events are what the last of the room is for.
//
// Thread safety: any thread.

#ifndef RELAIS_SERVER_DISK_GUARD_H_
#define RELAIS_SERVER_DISK_GUARD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "lib/base/mutex.h"

namespace relais::server {

enum class DiskLevel : std::uint8_t { kEnough, kLow, kReadOnly };

class DiskGuard {
 public:
  struct Options {
    std::string directory;
    std::uint64_t low_bytes = 0;  // at least read_only_bytes
    std::uint64_t read_only_bytes = 0;
    // The room left; the system's answer if empty.
    std::function<absl::Status(std::uint64_t* free_bytes)> free_bytes;
  };
  explicit DiskGuard(Options options);

  // Asks how much is left. A level is left upwards only with a tenth more than
  // its bound, so that it does not flap. If the system does not answer, the
  // level stays.
  DiskLevel Check();
  DiskLevel level() const { return level_.load(std::memory_order_relaxed); }
  // "12 MiB left on the journal's disk", as last asked.
  std::string Describe() const;

  // OK, or what to answer: RESOURCE_EXHAUSTED below `low`, UNAVAILABLE below
  // `read_only`.
  absl::Status AllowsNewContacts() const;
  // OK, or UNAVAILABLE below `read_only`.
  absl::Status AllowsChanges() const;

 private:
  DiskLevel LevelAt(std::uint64_t free_bytes, DiskLevel before) const;

  const Options options_;
  Mutex mutex_;  // one Check at a time
  // Relaxed: an answer a moment too old is as good.
  std::atomic<DiskLevel> level_{DiskLevel::kEnough};
  std::atomic<std::uint64_t> free_bytes_{0};
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_DISK_GUARD_H_
