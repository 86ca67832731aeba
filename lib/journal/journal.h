// The journal of one router: what was acknowledged is in it before it is
// acknowledged, and what is in it is what a restart begins with.
//
// Each group of numbered events is one synced write of the storage: the
// records that chain to those before, and the live records that they changed.
// So records and live state never disagree, and a restart reads what is alive,
// not what was.
//
//   auto journal = Journal::Open(options, storage.get(), &recovered);
//   Router begins with journal->state(); its numbers go on after
//   journal->state().last_sequence.
//   For each group: journal->Append(events), then answers and events may leave
//   the process.
//
// Failure: a write or sync that fails is final. Every later Append answers the
// same error and writes nothing; the process should end, and a new one
// recovers what the medium has. Nothing is ever tried again.
//
// Thread safety: none; one thread. Time comes with the events.

#ifndef RELAIS_LIB_JOURNAL_JOURNAL_H_
#define RELAIS_LIB_JOURNAL_JOURNAL_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lib/journal/codec.h"
#include "lib/journal/fold.h"
#include "lib/journal/record.h"
#include "lib/journal/storage.h"
#include "relais/live_state.h"

namespace relais::journal {

// What is checked at the end of a journal when it is opened: about 20 ms. The
// rest was checked by those who opened it before, or by Verify.
inline constexpr std::uint64_t kTailEvents = 4'096;

struct JournalOptions {
  std::uint32_t partition = 0;
  Retention retention;
  // This process's clock is scaled: its records are marked, and the journal
  // stays marked.
  bool time_scaled = false;
  // A journal may be opened that was written by the other kind of clock:
  // otherwise a marked one is opened by a scaled clock only, and one with
  // events that is not marked by no scaled one.
  bool accept_time_scaled = false;
  // How many of the last records are checked when it is opened; fewer if these
  // hold kTailEvents already, at least the last one.
  std::size_t tail_records = 64;
  // Trim drops records beyond either of these; never the last one.
  std::uint64_t retain_events = 10'000'000;
  DurationMs retain_ms = 7LL * 24 * 3600 * 1000;
};

// What a journal begins with, besides its state().
struct Recovered {
  // One more than the last time: an offer made under an older one is void.
  std::uint64_t epoch = 0;
  // As the last process left it.
  ClockMark clock;
  // What the operator should hear of.
  std::vector<std::string> notes;
};

class Journal {
 public:
  // Reads and checks what `storage` has, which must outlive the journal, and
  // writes the new epoch. Errors leave the storage as it was:
  //   DATA_LOSS            damaged, or acknowledged events are missing; the
  //                        message names the record, the byte, the numbers
  //   FAILED_PRECONDITION  another format version, partition, or time scale
  //   others               of the storage
  static absl::StatusOr<std::unique_ptr<Journal>> Open(
      const JournalOptions& options, Storage* storage, Recovered* recovered);

  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Makes the events durable, which go on after those before. OK: all of them
  // are on the medium. Otherwise see "Failure" above; DATA_LOSS names an event
  // that cannot have happened.
  absl::Status Append(absl::Span<const NumberedEvent> events);

  // Drops some records behind the horizon, if any; how many. To be called now
  // and then. A failed write is final as in Append.
  absl::StatusOr<std::size_t> Trim();

  // Goes with every group from the next one on.
  void SetClock(ClockMark clock) { meta_.clock = std::move(clock); }

  // Of the last event that is durable.
  std::uint64_t committed_sequence() const { return meta_.last_sequence; }
  std::uint64_t first_sequence() const { return meta_.first_sequence; }
  std::uint64_t epoch() const { return meta_.epoch; }
  // As of the last event given to Append; the next one changes it.
  const LiveState& state() const { return fold_.state(); }
  // How often the side file could not be written. The bound that it holds is
  // lower then, nothing else.
  std::uint64_t side_failures() const { return side_failures_; }

 private:
  Journal(const JournalOptions& options, Storage* storage, LiveState state,
          Meta meta);

  absl::Status Fail(const absl::Status& status);
  RecordHeader HeaderNow() const;
  void WriteSide();
  absl::Status WriteMeta(StorageBatch batch, bool synced);

  const JournalOptions options_;
  Storage* const storage_;
  Fold fold_;
  Meta meta_;
  ChangedKeys changed_;
  absl::Status failed_;
  std::uint64_t side_failures_ = 0;
};

// The text of the side file, and the sequence that it tells; 0 if `text` is not
// such a text, as after a power loss.
std::string SideText(std::uint32_t partition, std::uint64_t sequence);
std::uint64_t SequenceOfSideText(std::string_view text);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_JOURNAL_H_
