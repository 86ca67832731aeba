// relaisd's journal: opened before the router, asked for what the router begins
// with, and given each group of events before anybody hears of it.
//
// Thread safety: Open and what it found out belong to the starting thread;
// Commit to the Runtime's committing thread.

#ifndef RELAIS_SERVER_JOURNALING_H_
#define RELAIS_SERVER_JOURNALING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lib/journal/journal.h"
#include "lib/journal/storage.h"
#include "lib/runtime/runtime.h"
#include "relais/event.h"
#include "relais/live_state.h"

namespace relais::server {

// Where a process can be made to kill itself, for tests of recovery.
enum class CrashPoint : std::uint8_t {
  kNever,
  kBeforeWrite,        // a group is numbered, nothing of it is written
  kAfterSync,          // it is durable, nobody knows
  kBeforeAcknowledge,  // its events are about to be delivered
  kAfterPublish,       // they are delivered, answers are on their way
};

// "before-write:3" is the third time that it gets there. INVALID_ARGUMENT names
// the points.
struct Crash {
  CrashPoint point = CrashPoint::kNever;
  std::uint64_t at = 0;
};
absl::StatusOr<Crash> ParseCrash(std::string_view text);

class Journaling final : public runtime::EventCommitter {
 public:
  struct Options {
    std::string directory;
    journal::JournalOptions journal;
    Crash crash;
    // Called when a write has failed; should end the process.
    std::function<void(const absl::Status&)> on_failure;
  };

  // Errors of the journal, with what to do about them.
  static absl::StatusOr<std::unique_ptr<Journaling>> Open(Options options);
  ~Journaling() override;

  const journal::Recovered& recovered() const { return recovered_; }
  // Frees what only the router's start needed.
  void ForgetRecovered() { recovered_.state = {}; }
  // The last events at most `count` of them, in order.
  absl::Status ReadLastEvents(std::uint64_t count,
                              absl::FunctionRef<void(const Event&)> on_event);

  // EventCommitter.
  absl::Status Commit(absl::Span<const journal::NumberedEvent> events) override;
  void OnCommitFailed(const absl::Status& status) override;

  // Kills the process if its time has come.
  void Reach(CrashPoint point);

 private:
  explicit Journaling(Options options) : options_(std::move(options)) {}

  // Between two looks for records to drop.
  static constexpr std::uint64_t kGroupsATrim = 1'000;

  Options options_;
  std::unique_ptr<journal::Storage> storage_;
  std::unique_ptr<journal::Journal> journal_;
  journal::Recovered recovered_;
  std::uint64_t groups_ = 0;
  std::uint64_t reached_ = 0;
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_JOURNALING_H_
