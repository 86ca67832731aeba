// Goal 13: what the journal takes in, beside a file that is appended to and
// synced.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/core/threads.h"
#include "bench/journal/measures.h"
#include "bench/journal/router_events.h"
#include "bench/journal/scratch.h"
#include "lib/base/assert.h"
#include "lib/journal/journal.h"
#include "lib/journal/rocksdb_storage.h"

namespace relais::bench {
namespace {

constexpr std::array<std::size_t, 4> kGroups = {1, 16, 128, 1'024};
// Of a repetition's time for one side.
constexpr double kShare = 0.5;
constexpr double kWarmUp = 0.15;

// The bytes that a group became, as one string.
std::string RecordsFrom(journal::Storage& storage, std::uint64_t first) {
  std::string bytes;
  const absl::Status status = storage.ReadRecords(
      first, [&bytes](std::uint64_t, std::string_view record) {
        bytes.append(record);
        return absl::OkStatus();
      });
  RELAIS_CHECK(status.ok(), "the journal cannot be read");
  return bytes;
}

// One journal and one raw file side by side: each group goes to both, to one
// after the other and the next time the other way about.
class Pair {
 public:
  Pair(const JournalOptions& options, std::uint64_t seed)
      : scratch_(options.directory),
        events_(seed, 0),
        raw_(scratch_.In("raw")) {
    journal::RocksdbOptions rocksdb;
    rocksdb.directory = scratch_.In("journal");
    auto storage = journal::OpenRocksdbStorage(rocksdb);
    RELAIS_CHECK(storage.ok(), "the journal's directory cannot be opened");
    storage_ = *std::move(storage);
    journal::JournalOptions settings;
    settings.retention.ended_ids_max =
        CentreOptions(0, nullptr).limits.ended_ids;
    journal::Recovered recovered;
    auto journal = journal::Journal::Open(settings, storage_.get(), &recovered);
    RELAIS_CHECK(journal.ok(), "the journal cannot be opened");
    journal_ = *std::move(journal);
    Append(events_.Take(events_.pending()));
  }
  ~Pair() {
    journal_.reset();
    storage_->Close().IgnoreError();
  }

  // Until each side has worked for so long.
  void Run(std::size_t group, double seconds) {
    journal_seconds_ = raw_seconds_ = 0;
    done_ = 0;
    while (journal_seconds_ < seconds || raw_seconds_ < seconds) {
      const std::vector<journal::NumberedEvent> events = events_.Take(group);
      // The raw side's bytes are the group's before: the same size, and no
      // reading while a side is timed.
      if (done_ / group % 2 == 0) {
        TimeRaw();
        TimeJournal(events);
      } else {
        TimeJournal(events);
        TimeRaw();
      }
      bytes_ = RecordsFrom(*storage_, events.front().event.sequence);
      done_ += group;
    }
  }

  double JournalRate() const {
    return static_cast<double>(done_) / journal_seconds_;
  }
  double RawRate() const { return static_cast<double>(done_) / raw_seconds_; }
  double BytesAnEvent(std::size_t group) const {
    return static_cast<double>(bytes_.size()) / static_cast<double>(group);
  }

 private:
  void Append(const std::vector<journal::NumberedEvent>& events) {
    const absl::Status status = journal_->Append(events);
    RELAIS_CHECK(status.ok(), "the journal refuses a group");
  }
  void TimeJournal(const std::vector<journal::NumberedEvent>& events) {
    const double begin = WallSeconds();
    Append(events);
    journal_seconds_ += WallSeconds() - begin;
  }
  void TimeRaw() {
    const double begin = WallSeconds();
    raw_.Append(bytes_);
    raw_seconds_ += WallSeconds() - begin;
  }

  Scratch scratch_;
  RouterEvents events_;
  RawLog raw_;
  std::unique_ptr<journal::Storage> storage_;
  std::unique_ptr<journal::Journal> journal_;
  std::string bytes_;
  double journal_seconds_ = 0;
  double raw_seconds_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace

void AppendGoal(const JournalOptions& options, Report& report) {
  constexpr int kGoal = 13;
  constexpr double kWanted = 0.5;
  std::array<Measured, kGroups.size()> journals;
  std::array<Measured, kGroups.size()> raws;
  std::array<Series, kGroups.size()> sizes;
  const double seconds = options.common.seconds * kShare;
  for (int i = 0; i < options.common.repetitions; ++i) {
    for (std::size_t j = 0; j < kGroups.size(); ++j) {
      Pair pair(options, options.common.seed + static_cast<std::uint64_t>(i));
      pair.Run(kGroups[j], seconds * kWarmUp);
      pair.Run(kGroups[j], seconds);
      journals[j].per_second.Add(pair.JournalRate());
      raws[j].per_second.Add(pair.RawRate());
      sizes[j].Add(pair.BytesAnEvent(kGroups[j]));
    }
  }
  std::vector<Candidate> candidates;
  for (std::size_t j = 0; j < kGroups.size(); ++j) {
    const std::string group = absl::StrCat("groups-of-", kGroups[j]);
    report.Figure(kGoal, absl::StrCat(group, "-raw"), raws[j].per_second,
                  "events/s");
    report.Figure(kGoal, absl::StrCat(group, "-journal"),
                  journals[j].per_second, "events/s");
    report.Figure(kGoal, absl::StrCat(group, "-record"), sizes[j],
                  "bytes an event");
    candidates.push_back({group,
                          Ratios(journals[j].per_second, raws[j].per_second),
                          AtLeast(kWanted)});
  }
  report.Goal(kGoal, absl::StrCat("journal-over-raw-", Worst(candidates).name),
              candidates);
}

}  // namespace relais::bench
