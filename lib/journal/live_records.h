// The live records of a state: their keys, and their bytes with a check.
//
// Key: one letter for the kind, then the id or name.
//   c contact   d contact's detail   a agent   q queue   e ended contact
//   f configuration (no id)          m meta (no id)
// Value: crc32c of key and message, then the message (codec.h).
//
// Errors: DATA_LOSS naming the key and what is wrong with it.
//
// Thread safety: pure functions and plain values.

#ifndef RELAIS_LIB_JOURNAL_LIVE_RECORDS_H_
#define RELAIS_LIB_JOURNAL_LIVE_RECORDS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/journal/codec.h"
#include "lib/journal/fold.h"
#include "lib/journal/storage.h"
#include "relais/live_state.h"

namespace relais::journal {

inline constexpr std::string_view kMetaKey = "m";
inline constexpr std::string_view kConfigurationKey = "f";

// Message and its check.
std::string SealLive(std::string_view key, std::string_view message);
// The message; it points into `bytes`.
absl::StatusOr<std::string_view> OpenLive(std::string_view key,
                                          std::string_view bytes);

// Adds what has changed, as it is in `state` now: no event came since.
void AppendChanges(const LiveState& state, const ChangedKeys& changed,
                   StorageBatch* batch);
// Adds `meta`, whose counts and totals are taken from `state`.
void AppendMeta(const LiveState& state, Meta meta, StorageBatch* batch);

// All live records of a state but its meta record, by key.
std::map<std::string, std::string> AllLiveRecords(const LiveState& state);

struct LoadedLive {
  bool empty = true;  // there is no live record at all
  Meta meta;
  LiveState state;
};
// Reads all live records; checks each, and their number against the meta
// record. FAILED_PRECONDITION if that has a format version that is not known.
absl::StatusOr<LoadedLive> LoadLive(Storage& storage);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_LIVE_RECORDS_H_
