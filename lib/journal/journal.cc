#include "lib/journal/journal.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"
#include "lib/journal/live_records.h"

namespace relais::journal {
namespace {

// Bounds what one Trim reads: about 20 ms.
constexpr std::size_t kTrimRecordsMax = 1'024;
constexpr std::string_view kSideBegin = "relais-committed 1 ";

absl::Status InJournal(const Storage& storage, const absl::Status& status) {
  if (status.ok()) return status;
  const std::string message(status.message());
  if (message.find(storage.Name()) != std::string::npos) return status;
  return absl::Status(status.code(),
                      absl::StrCat("journal ", storage.Name(), ": ", message));
}

// Checks the last records against each other, against the meta record and
// against the live records.
class TailCheck {
 public:
  explicit TailCheck(const LoadedLive& loaded) : loaded_(loaded) {}

  absl::Status Add(std::uint64_t key, std::string_view bytes) {
    const auto record = DecodeRecord(bytes);
    if (!record.ok()) return At(key, record.status());
    const RecordHeader& header = record->header;
    absl::Status status = CheckHeader(key, header);
    if (!status.ok()) return At(key, status);
    for (const NumberedEvent& numbered : record->events) Note(numbered.event);
    next_ = header.last_sequence + 1;
    hash_ = Sha256(bytes);
    last_at_ms_ = header.last_at_ms;
    return absl::OkStatus();
  }

  absl::Status Finish() const {
    const Meta& meta = loaded_.meta;
    if (next_ != meta.last_sequence + 1) {
      return absl::DataLossError(absl::StrCat(
          "the records end with event ", next_ - 1,
          ", the live records are those after event ", meta.last_sequence));
    }
    if (hash_ != meta.head) {
      return absl::DataLossError(
          absl::StrCat("the last record, up to event ", meta.last_sequence,
                       ", is not the one that the live records go with"));
    }
    if (last_at_ms_ != meta.last_at_ms) {
      return absl::DataLossError(
          absl::StrCat("the last record's last_at_ms is ", last_at_ms_,
                       ", the meta record's ", meta.last_at_ms));
    }
    return CheckEntities();
  }

 private:
  static absl::Status At(std::uint64_t key, const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat("record of event ", key,
                                                    ": ", status.message()));
  }

  absl::Status CheckHeader(std::uint64_t key, const RecordHeader& header) {
    if (header.first_sequence != key) {
      return absl::DataLossError(
          absl::StrCat("byte 28: its first event is ", header.first_sequence));
    }
    if (header.partition != loaded_.meta.partition) {
      return absl::DataLossError(
          absl::StrCat("byte 16: is of partition ", header.partition,
                       ", the journal is of ", loaded_.meta.partition));
    }
    if (header.epoch > loaded_.meta.epoch || header.epoch < epoch_) {
      return absl::DataLossError(absl::StrCat("byte 20: epoch ", header.epoch,
                                              " is not in ", epoch_, "..",
                                              loaded_.meta.epoch));
    }
    epoch_ = header.epoch;
    if (next_ != 0 && header.first_sequence != next_) {
      return absl::DataLossError(
          absl::StrCat("byte 28: event ", next_, " is missing before it"));
    }
    const std::string before =
        header.first_sequence == 1 ? std::string(kSha256Bytes, '\0') : hash_;
    if ((next_ != 0 || header.first_sequence == 1) &&
        header.previous != before) {
      return absl::DataLossError(
          "byte 64: the hash is not that of the record before");
    }
    return absl::OkStatus();
  }

  void Note(const Event& event) {
    if (event.contact_version != 0) {
      contacts_[std::string(event.contact_id.view())] = {
          event.contact_version, event.type == EventType::kContactEnded};
    }
    if (event.agent_version != 0) {
      agents_[std::string(event.agent_id.view())] = {
          event.agent_version, event.type == EventType::kAgentRemoved};
    }
    if (event.type == EventType::kConfigurationApplied ||
        event.type == EventType::kAgentChanged) {
      configuration_version_ = event.configuration_version;
    }
  }

  absl::Status CheckEntities() const {
    absl::Status status =
        CheckLast("contact", contacts_, loaded_.state.contacts);
    status.Update(CheckLast("agent", agents_, loaded_.state.agents));
    if (status.ok() && configuration_version_ != 0 &&
        configuration_version_ != loaded_.state.configuration_version) {
      return absl::DataLossError(absl::StrCat(
          "the last configuration of the records is ", configuration_version_,
          ", the live one ", loaded_.state.configuration_version));
    }
    return status;
  }

  struct Last {
    std::uint64_t version = 0;
    bool gone = false;
  };

  template <typename Live>
  static absl::Status CheckLast(std::string_view what,
                                const std::map<std::string, Last>& lasts,
                                const std::map<std::string, Live>& live) {
    for (const auto& [id, last] : lasts) {
      const auto found = live.find(id);
      const std::uint64_t is = found == live.end() ? 0 : found->second.version;
      if (is == (last.gone ? 0 : last.version)) continue;
      return absl::DataLossError(
          absl::StrCat(Text(what), " ", Quoted(id), " has version ", is,
                       " in the live records (0: none), the records say ",
                       last.version, last.gone ? ", gone" : ""));
    }
    return absl::OkStatus();
  }

  const LoadedLive& loaded_;
  std::uint64_t next_ = 0;
  std::uint64_t epoch_ = 0;
  InstantMs last_at_ms_ = 0;
  std::string hash_;
  std::uint64_t configuration_version_ = 0;
  std::map<std::string, Last> contacts_;
  std::map<std::string, Last> agents_;
};

absl::Status CheckOptions(const JournalOptions& options, const Meta& meta) {
  if (meta.partition != options.partition) {
    return absl::FailedPreconditionError(absl::StrCat(
        "is of partition ", meta.partition, ", this process of ",
        options.partition, "; give it the journal of its own partition"));
  }
  if (meta.time_scaled && !options.time_scaled && !options.accept_time_scaled) {
    return absl::FailedPreconditionError(
        "was written under a time scale, so its times are not those of a "
        "clock; use another directory");
  }
  if (options.time_scaled && !options.accept_time_scaled && !meta.time_scaled &&
      meta.last_sequence > 0) {
    return absl::FailedPreconditionError(
        "was written by a clock that was not scaled, and a scaled one would "
        "spoil it; use another directory");
  }
  return absl::OkStatus();
}

absl::Status CheckTail(Storage& storage, const LoadedLive& loaded,
                       std::size_t tail_records) {
  const auto last = storage.LastRecords(std::max<std::size_t>(tail_records, 1));
  if (!last.ok()) return last.status();
  if (loaded.meta.last_sequence == 0 || last->empty()) {
    if (last->empty() && loaded.meta.last_sequence == 0) {
      return absl::OkStatus();
    }
    return absl::DataLossError(
        absl::StrCat(last->empty() ? "there is no record" : "there are records",
                     ", the live records are those after event ",
                     loaded.meta.last_sequence));
  }
  std::size_t first = last->size() - 1;
  while (first > 0 &&
         loaded.meta.last_sequence + 1 - (*last)[first] < kTailEvents) {
    --first;
  }
  TailCheck check(loaded);
  absl::Status status = storage.ReadRecords(
      (*last)[first], [&check](std::uint64_t key, std::string_view bytes) {
        return check.Add(key, bytes);
      });
  return status.ok() ? check.Finish() : status;
}

// The side file tells what was acknowledged at least.
absl::Status CheckSide(Storage& storage, const LoadedLive& loaded,
                       std::vector<std::string>* notes) {
  const auto text = storage.ReadSide();
  if (!text.ok()) return text.status();
  const std::uint64_t acknowledged = SequenceOfSideText(*text);
  if (acknowledged > loaded.meta.last_sequence) {
    return absl::DataLossError(absl::StrCat(
        "events up to ", acknowledged,
        " were acknowledged (file committed), but only those up to ",
        loaded.meta.last_sequence,
        " are left; restore the directory from a copy, or remove the file "
        "committed to begin without the missing ones"));
  }
  if (acknowledged == 0 && loaded.meta.last_sequence > 0) {
    notes->push_back(
        "the file committed is missing or not readable, as after a power "
        "loss; how much was acknowledged is known from the records alone");
  }
  return absl::OkStatus();
}

}  // namespace

std::string SideText(std::uint32_t partition, std::uint64_t sequence) {
  const std::string text =
      absl::StrCat(Text(kSideBegin), partition, " ", sequence);
  return absl::StrCat(text, " ", absl::Hex(Crc32c(text), absl::kZeroPad8),
                      "\n");
}

std::uint64_t SequenceOfSideText(std::string_view text) {
  absl::string_view rest = Text(text);
  if (!absl::ConsumePrefix(&rest, Text(kSideBegin))) return 0;
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, ' ');
  std::uint32_t partition = 0;
  std::uint64_t sequence = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &partition) ||
      !absl::SimpleAtoi(parts[1], &sequence) ||
      text != SideText(partition, sequence)) {
    return 0;
  }
  return sequence;
}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(
    const JournalOptions& options, Storage* storage, Recovered* recovered) {
  auto loaded = LoadLive(*storage);
  if (!loaded.ok()) return InJournal(*storage, loaded.status());
  if (loaded->empty) loaded->meta.partition = options.partition;
  absl::Status status = CheckOptions(options, loaded->meta);
  if (status.ok()) status = CheckTail(*storage, *loaded, options.tail_records);
  if (status.ok()) status = CheckSide(*storage, *loaded, &recovered->notes);
  if (!status.ok()) return InJournal(*storage, status);
  Meta meta = std::move(loaded->meta);
  StorageBatch batch;
  if (!loaded->empty && meta.format_version < kFormatVersion) {
    recovered->notes.emplace_back(
        absl::StrCat("was of format version ", meta.format_version,
                     " and is continued in version ", kFormatVersion));
    for (auto& record : AllLiveRecords(loaded->state)) {
      batch.live_puts.push_back(std::move(record));
    }
  }
  meta.format_version = kFormatVersion;
  ++meta.epoch;
  meta.time_scaled = meta.time_scaled || options.time_scaled;
  recovered->epoch = meta.epoch;
  recovered->clock = meta.clock;
  if (meta.time_scaled) {
    recovered->notes.emplace_back("was written under a time scale");
  }
  std::unique_ptr<Journal> journal(
      new Journal(options, storage, std::move(loaded->state), std::move(meta)));
  status = journal->WriteMeta(std::move(batch), true);
  if (!status.ok()) return InJournal(*storage, status);
  return journal;
}

Journal::Journal(const JournalOptions& options, Storage* storage,
                 LiveState state, Meta meta)
    : options_(options),
      storage_(storage),
      fold_(options.retention, std::move(state)),
      meta_(std::move(meta)) {}

absl::Status Journal::Fail(const absl::Status& status) {
  failed_ = InJournal(*storage_, status);
  return failed_;
}

absl::Status Journal::WriteMeta(StorageBatch batch, bool synced) {
  AppendMeta(fold_.state(), meta_, &batch);
  return storage_->Write(batch, synced);
}

RecordHeader Journal::HeaderNow() const {
  RecordHeader header;
  header.time_scaled = options_.time_scaled;
  header.partition = meta_.partition;
  header.epoch = meta_.epoch;
  header.last_at_ms = fold_.state().last_at_ms;
  header.id_retention_ms = fold_.retention().id_retention_ms;
  header.ended_ids_max = fold_.retention().ended_ids_max;
  header.previous =
      meta_.head.empty() ? std::string(kSha256Bytes, '\0') : meta_.head;
  return header;
}

absl::Status Journal::Append(absl::Span<const NumberedEvent> events) {
  if (!failed_.ok()) return failed_;
  if (events.empty()) return absl::OkStatus();
  StorageBatch batch;
  RecordWriter writer;
  changed_.Clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& [event, detail] = events[i];
    absl::Status status = fold_.Apply(event, detail, &changed_);
    if (status.ok()) status = writer.Add(event, detail);
    if (!status.ok()) return Fail(status);
    if (!writer.Full() && i + 1 < events.size()) continue;
    const std::uint64_t first = writer.first_sequence();
    std::string bytes = writer.Finish(HeaderNow());
    meta_.head = Sha256(bytes);
    batch.records.emplace_back(first, std::move(bytes));
  }
  AppendChanges(fold_.state(), changed_, &batch);
  if (meta_.first_sequence == 0) {
    meta_.first_sequence = batch.records.front().first;
  }
  absl::Status status = WriteMeta(std::move(batch), true);
  if (!status.ok()) return Fail(status);
  meta_.last_sequence = fold_.state().last_sequence;
  WriteSide();
  return absl::OkStatus();
}

void Journal::WriteSide() {
  absl::Status status =
      storage_->WriteSide(SideText(meta_.partition, meta_.last_sequence));
  if (!status.ok()) ++side_failures_;
}

absl::StatusOr<std::size_t> Journal::Trim() {
  if (!failed_.ok()) return failed_;
  std::size_t dropped = 0;
  std::uint64_t keep_from = meta_.first_sequence;
  absl::Status enough = absl::CancelledError();
  const absl::Status read = storage_->ReadRecords(
      meta_.first_sequence,
      [&](std::uint64_t first, std::string_view bytes) -> absl::Status {
        const auto header = DecodeRecordHeader(bytes);
        if (!header.ok()) return header.status();
        keep_from = first;
        const bool last = header->last_sequence >= meta_.last_sequence;
        const bool old =
            meta_.last_sequence - header->last_sequence >=
                options_.retain_events ||
            fold_.state().last_at_ms - header->last_at_ms > options_.retain_ms;
        if (last || !old || dropped >= kTrimRecordsMax) return enough;
        ++dropped;
        return absl::OkStatus();
      });
  if (!read.ok() && read != enough) return Fail(read);
  if (dropped == 0) return dropped;
  meta_.first_sequence = keep_from;
  StorageBatch batch;
  batch.trim_before = keep_from;
  // If this is lost, so is the horizon with it: they are one batch.
  absl::Status status = WriteMeta(std::move(batch), false);
  if (!status.ok()) return Fail(status);
  return dropped;
}

}  // namespace relais::journal
