// Checks a journal that nobody writes to, whole.
//
// Thread safety: none; one thread.

#ifndef RELAIS_LIB_JOURNAL_VERIFY_H_
#define RELAIS_LIB_JOURNAL_VERIFY_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "lib/journal/storage.h"
#include "relais/live_state.h"

namespace relais::journal {

// Problems beyond these are counted, not told.
inline constexpr std::size_t kProblemsToldMax = 100;

struct VerifyReport {
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;           // of the records
  std::uint64_t first_sequence = 0;  // 0: there are no records
  std::uint64_t last_sequence = 0;
  std::uint64_t epoch = 0;
  bool time_scaled = false;
  // The records go back to event 1, so the live records were compared, byte by
  // byte, with what the events give. Otherwise only what the records and the
  // live records say of themselves and of each other could be checked.
  bool replayed = false;
  // What was compared with the live records entity by entity, whether replayed
  // or not: those that the records have an event of.
  std::uint64_t contacts_compared = 0;
  std::uint64_t agents_compared = 0;
  // The file committed tells how far it was acknowledged at least. Without it
  // records that are missing at the end are not noticed.
  bool acknowledged_known = false;
  std::vector<std::string> problems;
  std::uint64_t problems_not_told = 0;
  bool ok() const { return problems.empty(); }
};

// Reads everything: bytes, chain, gaps, the order of each entity's versions,
// who holds whom, the live records and the file committed; and replays if it
// can. Errors are of the reading; what is wrong with the journal is in the
// report, and so is what the database finds damaged.
absl::StatusOr<VerifyReport> Verify(Storage& storage);
// The same; `on_record` hears of each record what has been read up to it.
absl::StatusOr<VerifyReport> Verify(
    Storage& storage, absl::FunctionRef<void(const VerifyReport&)> on_record);

// The state after the event `until`, from the events alone. DATA_LOSS if a
// record is damaged or an event impossible, FAILED_PRECONDITION if the records
// do not go back to event 1.
absl::StatusOr<LiveState> Replay(
    Storage& storage,
    std::uint64_t until = std::numeric_limits<std::uint64_t>::max());

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_VERIFY_H_
