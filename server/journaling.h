// relaisd's journal: opened before the router, asked for what the router begins
// with, and given each group of events before anybody hears of it.
//
// Thread safety: Open and what it found out belong to the starting thread;
// Commit to the Runtime's committing thread.

#ifndef RELAIS_SERVER_JOURNALING_H_
#define RELAIS_SERVER_JOURNALING_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lib/journal/journal.h"
#include "lib/journal/storage.h"
#include "lib/runtime/clock.h"
#include "lib/runtime/runtime.h"
#include "relais/event.h"
#include "relais/live_state.h"
#include "server/disk_guard.h"
#include "server/fail_points.h"

namespace relais::server {

class Journaling final : public runtime::EventCommitter {
 public:
  struct Options {
    std::string directory;
    journal::JournalOptions journal;
    std::size_t write_buffer_bytes = 32 * 1024 * 1024;
    // Not the router's, but that of whoever will call it; outlives this.
    FailPoints* fail_points = nullptr;
    // Asked after each group; outlives this.
    DiskGuard* disk = nullptr;
    // Called when a write has failed; should end the process.
    std::function<void(const absl::Status&)> on_failure;
  };

  // Errors of the journal, with what to do about them.
  static absl::StatusOr<std::unique_ptr<Journaling>> Open(Options options);
  ~Journaling() override;

  const journal::Recovered& recovered() const { return recovered_; }
  // What the router begins with; until the Runtime's start.
  const LiveState& state() const { return journal_->state(); }
  // The last events at most `count` of them, in order.
  absl::Status ReadLastEvents(std::uint64_t count,
                              absl::FunctionRef<void(const Event&)> on_event);

  // What the next groups are marked with. Before the Runtime's start; outlives
  // this.
  void SetClock(const runtime::Clock* clock) { clock_ = clock; }

  // EventCommitter.
  absl::Status Commit(absl::Span<const journal::NumberedEvent> events) override;
  void OnCommitFailed(const absl::Status& status) override;

 private:
  explicit Journaling(Options options) : options_(std::move(options)) {}

  // Between two looks for records to drop.
  static constexpr std::uint64_t kGroupsATrim = 1'000;

  Options options_;
  std::unique_ptr<journal::Storage> storage_;
  std::unique_ptr<journal::Journal> journal_;
  journal::Recovered recovered_;
  const runtime::Clock* clock_ = nullptr;
  std::uint64_t groups_ = 0;
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_JOURNALING_H_
