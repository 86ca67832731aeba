#include "lib/journal/offline.h"

#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"
#include "lib/journal/journal.h"
#include "lib/journal/rocksdb_storage.h"

namespace relais::journal {
namespace {

// A writer that has just removed a file has no other to remove for a while.
constexpr int kAttemptsBesideWriter = 10;

absl::Status InJournal(const std::string& directory,
                       const absl::Status& status) {
  const std::string message(status.message());
  if (message.find(directory) != std::string::npos) return status;
  return absl::Status(status.code(),
                      absl::StrCat("journal ", directory, ": ", message));
}

absl::Status CheckEnd(Storage& storage, const Meta& meta) {
  const auto last = storage.LastRecords(1);
  if (!last.ok()) return last.status();
  if (last->empty() && meta.last_sequence == 0) return absl::OkStatus();
  if (last->empty()) {
    return absl::DataLossError(
        absl::StrCat("there is no record, the live records are those after "
                     "event ",
                     meta.last_sequence));
  }
  std::string head;
  absl::Status status = storage.ReadRecords(
      last->front(), [&head](std::uint64_t, std::string_view bytes) {
        head = Sha256(bytes);
        return absl::OkStatus();
      });
  if (!status.ok() || head == meta.head) return status;
  return absl::DataLossError(absl::StrCat(
      "record of event ", last->front(),
      " is the last one, and not the one that the live records, which are "
      "those after event ",
      meta.last_sequence, ", go with"));
}

absl::StatusOr<LoadedLive> LoadSound(Storage& storage) {
  auto loaded = LoadLive(storage);
  if (!loaded.ok()) return loaded.status();
  absl::Status status = CheckEnd(storage, loaded->meta);
  if (!status.ok()) return status;
  const auto side = storage.ReadSide();
  if (!side.ok()) return side.status();
  const std::uint64_t acknowledged = SequenceOfSideText(*side);
  if (acknowledged > loaded->meta.last_sequence) {
    return absl::DataLossError(absl::StrCat(
        "events up to ", acknowledged,
        " were acknowledged (file committed), but only those up to ",
        loaded->meta.last_sequence, " are left"));
  }
  return loaded;
}

void AppendSized(std::string_view bytes, std::string* out) {
  AppendBigEndian(static_cast<std::uint32_t>(bytes.size()), out);
  out->append(bytes);
}

// Record by record: each goes on where the one before ended.
class Chain {
 public:
  absl::Status Check(std::uint64_t key, std::string_view bytes,
                     const RecordHeader& header) {
    if (header.first_sequence != key) {
      return absl::DataLossError(
          absl::StrCat("byte 28: its first event is ", header.first_sequence));
    }
    if (next_ != 0 && key != next_) {
      return absl::DataLossError(
          absl::StrCat("byte 28: event ", next_, " is missing before it"));
    }
    if (!hash_.empty() && header.previous != hash_) {
      return absl::DataLossError(
          "byte 64: the hash is not that of the record before");
    }
    next_ = header.last_sequence + 1;
    hash_ = Sha256(bytes);
    return absl::OkStatus();
  }

 private:
  std::uint64_t next_ = 0;
  std::string hash_;
};

}  // namespace

std::string HexText(std::string_view bytes) {
  return absl::BytesToHexString(Text(bytes));
}

absl::StatusOr<OfflineJournal> OpenOffline(const std::string& directory) {
  for (int attempt = 1;; ++attempt) {
    RocksdbOptions options;
    options.directory = directory;
    auto opened = OpenRocksdbReadOnly(options);
    const bool again =
        attempt < kAttemptsBesideWriter && (!opened.ok() || opened->in_use);
    if (!opened.ok()) {
      if (again && absl::IsUnavailable(opened.status())) continue;
      return opened.status();
    }
    OfflineJournal journal{std::move(opened->storage), opened->in_use,
                           opened->writer_pid, LoadedLive()};
    journal.live = LoadSound(*journal.storage);
    if (!journal.live.ok()) {
      if (again) continue;
      journal.live = InJournal(directory, journal.live.status());
    }
    return journal;
  }
}

absl::Status ReadEvents(Storage& storage, std::uint64_t from, std::uint64_t to,
                        OnEvent on_event) {
  absl::Status done = absl::CancelledError();
  // A record holds so many events at most, so the one with `from` in it begins
  // no earlier.
  const std::uint64_t begin =
      from > kRecordEventsMax ? from - kRecordEventsMax + 1 : 1;
  Chain chain;
  absl::Status status = storage.ReadRecords(
      begin, [&](std::uint64_t key, std::string_view bytes) -> absl::Status {
        if (key > to) return done;
        const auto record = DecodeRecord(bytes);
        absl::Status checked = record.status();
        if (checked.ok()) checked = chain.Check(key, bytes, record->header);
        if (!checked.ok()) {
          return absl::Status(
              checked.code(),
              absl::StrCat("journal ", storage.Name(), ": record of event ",
                           key, ": ", checked.message()));
        }
        for (const NumberedEvent& one : record->events) {
          if (one.event.sequence < from || one.event.sequence > to) continue;
          absl::Status given = on_event(record->header, one);
          if (!given.ok()) return given;
        }
        return absl::OkStatus();
      });
  return status == done ? absl::OkStatus() : status;
}

StateRecords RecordsOf(const LiveState& state) {
  return {AllLiveRecords(state), state.last_sequence, state.last_at_ms,
          state.arrival_sequence, state.configuration_version};
}

absl::StatusOr<StateRecords> ReadStateRecords(Storage& storage,
                                              const LoadedLive& live) {
  StateRecords state = {{},
                        live.meta.last_sequence,
                        live.meta.last_at_ms,
                        live.meta.arrival_sequence,
                        live.meta.configuration_version};
  absl::Status status =
      storage.ReadLive([&state](std::string_view key, std::string_view bytes) {
        if (key != kMetaKey) state.records.emplace(key, bytes);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return state;
}

std::string FingerprintOfState(const StateRecords& state) {
  std::string bytes;
  for (const auto& [key, record] : state.records) {
    AppendSized(key, &bytes);
    AppendSized(record, &bytes);
  }
  AppendBigEndian(state.last_sequence, &bytes);
  AppendBigEndian(static_cast<std::uint64_t>(state.last_at_ms), &bytes);
  AppendBigEndian(state.arrival_sequence, &bytes);
  AppendBigEndian(state.configuration_version, &bytes);
  return HexText(Sha256(bytes));
}

std::vector<std::string> Differences(const StateRecords& a,
                                     const std::string& name_of_a,
                                     const StateRecords& b,
                                     const std::string& name_of_b) {
  std::vector<std::string> differences;
  const auto compare = [&](absl::string_view what, auto in_a, auto in_b) {
    if (in_a == in_b) return;
    differences.push_back(absl::StrCat(what, ": ", in_a, " in ", name_of_a,
                                       ", ", in_b, " in ", name_of_b));
  };
  compare("last_sequence", a.last_sequence, b.last_sequence);
  compare("last_at_ms", a.last_at_ms, b.last_at_ms);
  compare("arrival_sequence", a.arrival_sequence, b.arrival_sequence);
  compare("configuration_version", a.configuration_version,
          b.configuration_version);
  for (const auto& [key, bytes] : a.records) {
    const auto other = b.records.find(key);
    if (other == b.records.end()) {
      differences.push_back(
          absl::StrCat("live record ", Quoted(key), ": only in ", name_of_a));
    } else if (other->second != bytes) {
      differences.push_back(absl::StrCat(
          "live record ", Quoted(key), ": ", HexText(bytes), " in ", name_of_a,
          ", ", HexText(other->second), " in ", name_of_b));
    }
  }
  for (const auto& [key, bytes] : b.records) {
    if (a.records.contains(key)) continue;
    differences.push_back(
        absl::StrCat("live record ", Quoted(key), ": only in ", name_of_b));
  }
  return differences;
}

}  // namespace relais::journal
