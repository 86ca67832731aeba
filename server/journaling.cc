#include "server/journaling.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/journal/record.h"
#include "lib/journal/rocksdb_storage.h"

namespace relais::server {
namespace {

struct NamedPoint {
  absl::string_view name;
  CrashPoint point;
};
constexpr std::array<NamedPoint, 4> kPoints = {{
    {"before-write", CrashPoint::kBeforeWrite},
    {"after-sync", CrashPoint::kAfterSync},
    {"before-acknowledge", CrashPoint::kBeforeAcknowledge},
    {"after-publish", CrashPoint::kAfterPublish},
}};

}  // namespace

absl::StatusOr<Crash> ParseCrash(std::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(
      absl::string_view(text.data(), text.size()), absl::MaxSplits(':', 1));
  Crash crash;
  for (const NamedPoint& named : kPoints) {
    if (named.name == parts.first) crash.point = named.point;
  }
  if (crash.point == CrashPoint::kNever ||
      !absl::SimpleAtoi(parts.second, &crash.at) || crash.at == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", absl::string_view(text.data(), text.size()),
        "' is not POINT:N, N from 1 and POINT one of ",
        absl::StrJoin(kPoints, ", ", [](std::string* out, const auto& named) {
          absl::StrAppend(out, named.name);
        })));
  }
  return crash;
}

absl::StatusOr<std::unique_ptr<Journaling>> Journaling::Open(Options options) {
  std::unique_ptr<Journaling> opened(new Journaling(std::move(options)));
  auto storage =
      journal::OpenRocksdbStorage({opened->options_.directory, nullptr});
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
  Reach(CrashPoint::kBeforeWrite);
  absl::Status status = journal_->Append(events);
  if (status.ok() && ++groups_ % kGroupsATrim == 0) {
    status = journal_->Trim().status();
  }
  Reach(CrashPoint::kAfterSync);
  return status;
}

void Journaling::OnCommitFailed(const absl::Status& status) {
  options_.on_failure(status);
}

void Journaling::Reach(CrashPoint point) {
  if (point != options_.crash.point) return;
  if (++reached_ == options_.crash.at) raise(SIGKILL);
}

}  // namespace relais::server
