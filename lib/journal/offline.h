// Reading a journal from outside: by programs that look at one, carry its
// events elsewhere or compare it, and never write to it.
//
// Errors name the directory, the record (by its first event) and the byte.
//
// Thread safety: none; one thread.

#ifndef RELAIS_LIB_JOURNAL_OFFLINE_H_
#define RELAIS_LIB_JOURNAL_OFFLINE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/journal/codec.h"
#include "lib/journal/live_records.h"
#include "lib/journal/record.h"
#include "lib/journal/storage.h"
#include "relais/live_state.h"

namespace relais::journal {

struct OfflineJournal {
  std::unique_ptr<Storage> storage;
  bool in_use = false;          // another process is writing to it
  std::int64_t writer_pid = 0;  // 0: not known
  // The live records, which go with the last record and with the side file; or
  // why not, DATA_LOSS or FAILED_PRECONDITION (a format version that is not
  // known). The storage can be read nevertheless.
  absl::StatusOr<LoadedLive> live;
};

// Opens a directory to read it. Beside a process that writes to it, it shows
// what that one had written at this instant. NOT_FOUND if there is no
// directory, FAILED_PRECONDITION if it is no journal.
absl::StatusOr<OfflineJournal> OpenOffline(const std::string& directory);

// Gives the events `from` to `to`, both inclusive, with the header of the
// record that each is in; stops with what `on_event` answers if that is not OK.
// DATA_LOSS if a record is damaged, one is missing or the chain is broken;
// FAILED_PRECONDITION for a format version that is not known.
using OnEvent = absl::FunctionRef<absl::Status(const RecordHeader& header,
                                               const NumberedEvent& event)>;
absl::Status ReadEvents(Storage& storage, std::uint64_t from, std::uint64_t to,
                        OnEvent on_event);

// A state as bytes: what is compared, and what a fingerprint is taken of.
// Epochs, the horizon and how the events were grouped are not part of it.
struct StateRecords {
  std::map<std::string, std::string> records;  // live ones but the meta record
  std::uint64_t last_sequence = 0;
  InstantMs last_at_ms = 0;
  std::uint64_t arrival_sequence = 0;
  std::uint64_t configuration_version = 0;
};
StateRecords RecordsOf(const LiveState& state);
// As they lie in the storage. `live`: what was loaded from it.
absl::StatusOr<StateRecords> ReadStateRecords(Storage& storage,
                                              const LoadedLive& live);

// SHA-256 as 64 lower-case hexadecimal digits; docs/journal.md gives the bytes.
// Equal states have equal fingerprints, on every machine.
std::string FingerprintOfState(const StateRecords& state);

// What differs, one a line; empty if nothing does. The names are what the two
// states are called.
std::vector<std::string> Differences(const StateRecords& a,
                                     const std::string& name_of_a,
                                     const StateRecords& b,
                                     const std::string& name_of_b);

// Bytes as lower-case hexadecimal digits.
std::string HexText(std::string_view bytes);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_OFFLINE_H_
