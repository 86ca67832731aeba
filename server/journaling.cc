#include "server/journaling.h"

#include <utility>

#include "lib/journal/record.h"
#include "lib/journal/rocksdb_storage.h"
#include "server/boot_clock.h"

namespace relais::server {
absl::StatusOr<std::unique_ptr<Journaling>> Journaling::Open(Options options) {
  std::unique_ptr<Journaling> opened(new Journaling(std::move(options)));
  journal::RocksdbOptions rocksdb;
  rocksdb.directory = opened->options_.directory;
  rocksdb.write_buffer_bytes = opened->options_.write_buffer_bytes;
  if (FailPoints* points = opened->options_.fail_points;
      points->watches_log()) {
    rocksdb.log_hook = [points](journal::LogStep step) {
      return points->OnLogStep(step);
    };
  }
  auto storage = journal::OpenRocksdbStorage(rocksdb);
  if (!storage.ok()) return storage.status();
  opened->storage_ = *std::move(storage);
  auto journal = journal::Journal::Open(
      opened->options_.journal, opened->storage_.get(), &opened->recovered_);
  if (!journal.ok()) return journal.status();
  opened->journal_ = *std::move(journal);
  return opened;
}

Journaling::~Journaling() {
  journal_.reset();
  // What is committed is synced already.
  if (storage_ != nullptr) storage_->Close().IgnoreError();
}

absl::Status Journaling::ReadLastEvents(
    std::uint64_t count, absl::FunctionRef<void(const Event&)> on_event) {
  const std::uint64_t last = journal_->committed_sequence();
  if (last == 0) return absl::OkStatus();
  const std::uint64_t first = last < count ? 1 : last - count + 1;
  // A record holds so many events at most, so the one with `first` in it begins
  // no earlier.
  const std::uint64_t from = first > journal::kRecordEventsMax
                                 ? first - journal::kRecordEventsMax + 1
                                 : 1;
  return storage_->ReadRecords(
      from, [&](std::uint64_t, std::string_view bytes) {
        const auto record = journal::DecodeRecord(bytes);
        if (!record.ok()) return record.status();
        for (const journal::NumberedEvent& one : record->events) {
          if (one.event.sequence >= first) on_event(one.event);
        }
        return absl::OkStatus();
      });
}

absl::Status Journaling::Commit(
    absl::Span<const journal::NumberedEvent> events) {
  journal_->SetClock(MarkClock(clock_->NowMs()));
  absl::Status status = journal_->Append(events);
  // At the first group, too: who is started often would never drop anything.
  if (status.ok() && groups_++ % kGroupsATrim == 0) {
    status = journal_->Trim().status();
  }
  options_.disk->Check();
  return status;
}

void Journaling::OnCommitFailed(const absl::Status& status) {
  options_.on_failure(status);
}

}  // namespace relais::server
