#include "lib/journal/verify.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"
#include "lib/journal/fold.h"
#include "lib/journal/invariants.h"
#include "lib/journal/journal.h"
#include "lib/journal/live_records.h"
#include "lib/journal/record.h"

namespace relais::journal {
namespace {

Retention RetentionOf(const RecordHeader& header) {
  return {header.id_retention_ms, header.ended_ids_max};
}

class Verifier {
 public:
  Verifier(VerifyReport* report, const absl::StatusOr<LoadedLive>& loaded)
      : report_(*report),
        loaded_(loaded),
        histories_(loaded.ok() ? &loaded->state : nullptr) {}

  void Record(std::uint64_t key, std::string_view bytes) {
    ++report_.records;
    report_.bytes += bytes.size();
    if (report_.records == 1) {
      report_.first_sequence = key;
      if (key == 1) fold_.emplace(Retention{});
    }
    const auto record = DecodeRecord(bytes);
    if (!record.ok()) {
      Tell(key, record.status().message());
      fold_.reset();
      histories_.Forget();
      all_read_ = false;
    } else {
      CheckHeader(key, record->header);
      for (const NumberedEvent& numbered : record->events) {
        histories_.Add(numbered.event, report_.first_sequence == 1 && all_read_,
                       [&](absl::string_view problem) { Tell(key, problem); });
      }
      Fold(key, *record);
      report_.events += record->events.size();
      report_.last_sequence = record->header.last_sequence;
      report_.epoch = record->header.epoch;
      last_at_ms_ = record->header.last_at_ms;
      report_.time_scaled |= record->header.time_scaled;
    }
    hash_ = Sha256(bytes);
  }

  // Of the database: what follows could not be read.
  void Unreadable(const absl::Status& status) {
    Tell(status.message());
    fold_.reset();
    histories_.Forget();
    all_read_ = false;
  }

  void Live(const std::map<std::string, std::string>& records) {
    if (!loaded_.ok()) return Tell(loaded_.status().message());
    const Meta& meta = loaded_->meta;
    if (loaded_->empty) {
      if (report_.records > 0) Tell("there are no live records");
      return;
    }
    const auto tell = [this](absl::string_view problem) { Tell(problem); };
    CheckInvariants(loaded_->state, tell);
    report_.time_scaled |= meta.time_scaled;
    if (meta.epoch < report_.epoch) {
      Tell(absl::StrCat("the meta record has epoch ", meta.epoch,
                        ", the last record ", report_.epoch));
    }
    report_.epoch = meta.epoch;
    if (meta.last_sequence != report_.last_sequence || meta.head != hash_ ||
        meta.last_at_ms != last_at_ms_ ||
        meta.first_sequence != report_.first_sequence) {
      Tell(absl::StrCat(
          "the live records go with events ", meta.first_sequence, " to ",
          meta.last_sequence, ", the records are those of events ",
          report_.first_sequence, " to ", report_.last_sequence,
          meta.head != hash_ ? ", and the last one is another" : ""));
      return;
    }
    report_.contacts_compared = histories_.contacts_known();
    report_.agents_compared = histories_.agents_known();
    if (report_.records > 0 && fold_.has_value()) {
      Compare(loaded_->state, records);
    } else {
      histories_.CompareWithLive(tell);
    }
  }

  void Side(std::string_view text) {
    const std::uint64_t acknowledged = SequenceOfSideText(text);
    report_.acknowledged_known = acknowledged > 0;
    if (acknowledged <= report_.last_sequence || !all_read_) return;
    Tell(absl::StrCat("events up to ", acknowledged,
                      " were acknowledged (file committed), but only those up "
                      "to ",
                      report_.last_sequence, " are left"));
  }

 private:
  void Tell(absl::string_view problem) {
    if (report_.problems.size() >= kProblemsToldMax) {
      ++report_.problems_not_told;
      return;
    }
    report_.problems.emplace_back(problem);
  }
  void Tell(std::uint64_t key, absl::string_view problem) {
    Tell(absl::StrCat("record of event ", key, ": ", problem));
  }

  void CheckHeader(std::uint64_t key, const RecordHeader& header) {
    if (header.first_sequence != key) {
      Tell(key, absl::StrCat("its first event is ", header.first_sequence));
    }
    const bool first = report_.records == 1;
    if (!first && report_.last_sequence != 0 &&
        header.first_sequence != report_.last_sequence + 1) {
      Tell(key, absl::StrCat("comes after event ", report_.last_sequence));
    }
    const std::string before =
        header.first_sequence == 1 ? std::string(kSha256Bytes, '\0') : hash_;
    if ((!first || header.first_sequence == 1) && header.previous != before) {
      Tell(key, "its hash is not that of the record before");
    }
    if (first) partition_ = header.partition;
    if (header.partition != partition_) {
      Tell(key, absl::StrCat("is of partition ", header.partition, ", not ",
                             partition_));
    }
    if (header.epoch < report_.epoch) {
      Tell(key, absl::StrCat("epoch ", header.epoch, " comes after ",
                             report_.epoch));
    }
    if (!first && header.last_at_ms < last_at_ms_) {
      Tell(key, absl::StrCat("last_at_ms ", header.last_at_ms, " comes after ",
                             last_at_ms_));
    }
  }

  void Fold(std::uint64_t key, const journal::Record& record) {
    if (!fold_.has_value()) return;
    fold_->set_retention(RetentionOf(record.header));
    for (const NumberedEvent& numbered : record.events) {
      absl::Status status =
          fold_->Apply(numbered.event, numbered.detail, nullptr);
      if (status.ok()) continue;
      Tell(key, status.message());
      fold_.reset();
      return;
    }
    if (fold_->state().last_at_ms != record.header.last_at_ms) {
      Tell(key,
           absl::StrCat("last_at_ms is ", record.header.last_at_ms,
                        ", that of its events ", fold_->state().last_at_ms));
    }
  }

  void Compare(const LiveState& live,
               const std::map<std::string, std::string>& records) {
    report_.replayed = true;
    const LiveState& replayed = fold_->state();
    if (live.arrival_sequence != replayed.arrival_sequence ||
        live.configuration_version != replayed.configuration_version ||
        live.applied_configuration_version !=
            replayed.applied_configuration_version) {
      Tell(absl::StrCat(
          "the meta record has arrival sequence ", live.arrival_sequence,
          " and configuration ", live.configuration_version, " of ",
          live.applied_configuration_version, ", the events give ",
          replayed.arrival_sequence, " and ", replayed.configuration_version,
          " of ", replayed.applied_configuration_version));
    }
    const std::map<std::string, std::string> expected =
        AllLiveRecords(replayed);
    for (const auto& [key, bytes] : expected) {
      const auto found = records.find(key);
      if (found == records.end()) {
        Tell(absl::StrCat("live record ", Quoted(key),
                          " is missing, the events give it"));
      } else if (found->second != bytes) {
        Tell(absl::StrCat("live record ", Quoted(key),
                          " differs from what the events give"));
      }
    }
    for (const auto& [key, bytes] : records) {
      if (key == kMetaKey || expected.contains(key)) continue;
      Tell(absl::StrCat("live record ", Quoted(key),
                        " is there, the events do not give it"));
    }
  }

  VerifyReport& report_;
  const absl::StatusOr<LoadedLive>& loaded_;
  EntityHistories histories_;
  bool all_read_ = true;
  std::optional<journal::Fold> fold_;
  std::string hash_;
  std::uint32_t partition_ = 0;
  InstantMs last_at_ms_ = 0;
};

}  // namespace

absl::StatusOr<VerifyReport> Verify(Storage& storage) {
  return Verify(storage, [](const VerifyReport&) {});
}

absl::StatusOr<VerifyReport> Verify(
    Storage& storage, absl::FunctionRef<void(const VerifyReport&)> on_record) {
  VerifyReport report;
  const absl::StatusOr<LoadedLive> loaded = LoadLive(storage);
  Verifier verifier(&report, loaded);
  absl::Status status =
      storage.ReadRecords(0, [&](std::uint64_t key, std::string_view bytes) {
        verifier.Record(key, bytes);
        on_record(report);
        return absl::OkStatus();
      });
  if (absl::IsDataLoss(status)) {
    verifier.Unreadable(status);
  } else if (!status.ok()) {
    return status;
  }
  std::map<std::string, std::string> records;
  status = storage.ReadLive(
      [&records](std::string_view key, std::string_view bytes) {
        records.emplace(key, bytes);
        return absl::OkStatus();
      });
  // If it is damaged, so it was when it was loaded.
  if (!status.ok() && !absl::IsDataLoss(status)) return status;
  if (loaded.ok() && !loaded->empty &&
      loaded->meta.format_version < kFormatVersion) {
    // As they will be when the journal is continued.
    records = AllLiveRecords(loaded->state);
  }
  verifier.Live(records);
  const auto side = storage.ReadSide();
  if (!side.ok()) return side.status();
  verifier.Side(*side);
  return report;
}

absl::StatusOr<LiveState> Replay(Storage& storage, std::uint64_t until) {
  Fold fold{Retention{}};
  absl::Status done = absl::CancelledError();
  absl::Status status = storage.ReadRecords(
      0, [&](std::uint64_t key, std::string_view bytes) -> absl::Status {
        if (fold.state().last_sequence == 0 && key != 1) {
          return absl::FailedPreconditionError(absl::StrCat(
              "journal ", storage.Name(), " begins with event ", key,
              ", those before were dropped: a replay begins with event 1"));
        }
        const auto record = DecodeRecord(bytes);
        if (!record.ok()) return record.status();
        fold.set_retention(RetentionOf(record->header));
        for (const NumberedEvent& numbered : record->events) {
          if (numbered.event.sequence > until) return done;
          absl::Status applied =
              fold.Apply(numbered.event, numbered.detail, nullptr);
          if (!applied.ok()) return applied;
        }
        return absl::OkStatus();
      });
  if (!status.ok() && status != done) return status;
  return fold.state();
}

}  // namespace relais::journal
