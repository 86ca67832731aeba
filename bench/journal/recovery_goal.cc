// Goal 14: from a closed directory with 100,000 live contacts to a router that
// decides, beside a plain scan of the same records.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/core/threads.h"
#include "bench/journal/measures.h"
#include "bench/journal/router_events.h"
#include "bench/journal/scratch.h"
#include "lib/base/assert.h"
#include "lib/journal/journal.h"
#include "lib/journal/record.h"
#include "lib/journal/rocksdb_storage.h"

namespace relais::bench {
namespace {

constexpr std::uint32_t kContacts = 100'000;

std::unique_ptr<journal::Storage> OpenStorage(const std::string& directory) {
  journal::RocksdbOptions options;
  options.directory = directory;
  auto storage = journal::OpenRocksdbStorage(options);
  RELAIS_CHECK(storage.ok(), "the journal's directory cannot be opened");
  return *std::move(storage);
}

std::unique_ptr<journal::Journal> OpenJournal(journal::Storage& storage,
                                              journal::Recovered* recovered) {
  journal::JournalOptions options;
  options.retention.ended_ids_max =
      CentreOptions(kContacts, nullptr).limits.ended_ids;
  auto journal = journal::Journal::Open(options, &storage, recovered);
  RELAIS_CHECK(journal.ok(), "the journal cannot be opened");
  return *std::move(journal);
}

// Some thousand contacts were served, the last 100,000 are alive.
std::int64_t WriteJournal(const std::string& directory, std::uint64_t seed) {
  constexpr std::size_t kServedEvents = 20'480;
  RouterEvents events(seed, kContacts);
  const auto storage = OpenStorage(directory);
  journal::Recovered recovered;
  const auto journal = OpenJournal(*storage, &recovered);
  const auto append = [&](std::size_t count) {
    RELAIS_CHECK(journal->Append(events.Take(count)).ok(),
                 "the journal refuses a group");
  };
  for (std::size_t i = 0; i < kServedEvents; i += journal::kRecordEventsMax) {
    append(journal::kRecordEventsMax);
  }
  events.Fill(kContacts);
  while (events.pending() >= journal::kRecordEventsMax) {
    append(journal::kRecordEventsMax);
  }
  if (events.pending() > 0) append(events.pending());
  RELAIS_CHECK(storage->Close().ok(), "the journal cannot be closed");
  return events.now_ms();
}

class Observer : public RouterObserver {
 public:
  void OnEvent(const Event&) override {}
};

// The parts of one recovery, in seconds.
struct Parts {
  double storage = 0;
  double journal = 0;
  double router = 0;
  double Sum() const { return storage + journal + router; }
};

// As relaisd begins: until the next call could be decided.
Parts Recover(const std::string& directory, std::int64_t now_ms) {
  Parts parts;
  const double begin = WallSeconds();
  const auto storage = OpenStorage(directory);
  const double opened = WallSeconds();
  journal::Recovered recovered;
  const auto journal = OpenJournal(*storage, &recovered);
  const double read = WallSeconds();
  Observer observer;
  auto router = Router::Create(CentreOptions(kContacts, &observer));
  RELAIS_CHECK(router.ok(), "the Router refuses its options");
  const absl::Status status = (*router)->Restore(journal->state(), now_ms);
  RELAIS_CHECK(status.ok(), "the Router refuses the state");
  const double end = WallSeconds();
  RELAIS_CHECK(journal->state().contacts.size() >= kContacts,
               "contacts are missing");
  parts.storage = opened - begin;
  parts.journal = read - opened;
  parts.router = end - read;
  return parts;
}

// Every live record is looked at, nothing is made of it.
Parts Scan(const std::string& directory) {
  Parts parts;
  const double begin = WallSeconds();
  const auto storage = OpenStorage(directory);
  const double opened = WallSeconds();
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  const absl::Status status =
      storage->ReadLive([&](std::string_view key, std::string_view value) {
        ++records;
        bytes += key.size() + value.size();
        return absl::OkStatus();
      });
  const double end = WallSeconds();
  RELAIS_CHECK(status.ok() && records > 2 * kContacts && bytes > records,
               "the records cannot be read");
  parts.storage = opened - begin;
  parts.journal = end - opened;
  return parts;
}

struct Times {
  Series storage;
  Series journal;
  Series router;
  Series sum;
  void Add(const Parts& parts) {
    constexpr double kMs = 1'000;
    storage.Add(parts.storage * kMs);
    journal.Add(parts.journal * kMs);
    router.Add(parts.router * kMs);
    sum.Add(parts.Sum() * kMs);
  }
};

}  // namespace

void RecoveryGoal(const JournalOptions& options, Report& report) {
  constexpr int kGoal = 14;
  constexpr double kWanted = 2;
  const Scratch scratch(options.directory);
  const std::string directory = scratch.In("journal");
  const std::int64_t now_ms = WriteJournal(directory, options.common.seed);
  Times recovery;
  Times scan;
  // What was in RocksDB's log when the writer ended goes to its tables first.
  Recover(directory, now_ms);
  for (int i = 0; i < options.common.repetitions; ++i) {
    if (i % 2 == 0) scan.Add(Scan(directory));
    recovery.Add(Recover(directory, now_ms));
    if (i % 2 == 1) scan.Add(Scan(directory));
  }
  report.Figure(kGoal, "scan-open-database", scan.storage, "ms");
  report.Figure(kGoal, "scan-read", scan.journal, "ms");
  report.Figure(kGoal, "recovery-open-database", recovery.storage, "ms");
  report.Figure(kGoal, "recovery-journal", recovery.journal, "ms");
  report.Figure(kGoal, "recovery-router", recovery.router, "ms");
  report.Figure(kGoal, "recovery-in-all", recovery.sum, "ms");
  report.Figure(kGoal, "journal-alone-over-scan-read",
                Ratios(recovery.journal, scan.journal), "");
  report.Goal(kGoal, "recovery-100000-over-scan",
              {{"recovery-over-scan", Ratios(recovery.sum, scan.sum),
                AtMost(kWanted)}});
}

}  // namespace relais::bench
