// Where a process can be made to kill itself, and its disk to fail, for tests
// of recovery. Nothing happens unless --crash-at or --storage-fault asks for
// it.
//
// Thread safety: Reach and OnLogStep may be called from any thread.

#ifndef RELAIS_SERVER_FAIL_POINTS_H_
#define RELAIS_SERVER_FAIL_POINTS_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/journal/log_hook.h"

namespace relais::server {

// In the order in which a group of events passes them.
enum class CrashPoint : std::uint8_t {
  kNever,
  kBeforeWrite,        // nothing of the group has left the process
  kAfterWrite,         // the system has some of its bytes
  kBeforeSync,         // the system has all of them
  kAfterSync,          // it is durable, nobody knows
  kBeforePublish,      // an event is about to be delivered
  kAfterPublish,       // the group's events are delivered
  kBeforeAcknowledge,  // nobody who waited is answered
  kAfterAcknowledge,   // all who waited are answered
};

// "before-write:3" is the third time that it gets there. INVALID_ARGUMENT names
// the points.
struct Crash {
  CrashPoint point = CrashPoint::kNever;
  std::uint64_t at = 0;
};
absl::StatusOr<Crash> ParseCrash(std::string_view text);

// "sync-eio:3": the third sync of the log fails so. INVALID_ARGUMENT names the
// faults.
struct StorageFault {
  journal::LogStep step = journal::LogStep::kBeforeWrite;
  journal::MediumError error = journal::MediumError::kNone;
  std::uint64_t at = 0;
};
absl::StatusOr<StorageFault> ParseStorageFault(std::string_view text);

class FailPoints {
 public:
  FailPoints(Crash crash, StorageFault fault) : crash_(crash), fault_(fault) {}

  bool watches_log() const;
  // Kills the process if its time has come.
  void Reach(CrashPoint point);
  journal::MediumError OnLogStep(journal::LogStep step);

 private:
  const Crash crash_;
  const StorageFault fault_;
  // Relaxed: only counts.
  std::atomic<std::uint64_t> reached_{0};
  std::atomic<std::uint64_t> failing_steps_{0};
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_FAIL_POINTS_H_
