// A journal's directory read from outside, whole and damaged. Reading beside a
// process that writes is tests/e2e/journal_command_test.cc.

#include "lib/journal/offline.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/journal.h"
#include "lib/journal/memory_storage.h"
#include "lib/journal/rocksdb_storage.h"
#include "lib/journal/verify.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

JournalOptions Options() {
  JournalOptions options;
  options.retention = {5'000, 50};
  options.retain_events = 50;
  return options;
}

class OfflineTest : public ::testing::Test {
 protected:
  OfflineTest() {
    root_ = absl::StrCat(
        ::testing::TempDir(), "relais_offline_", ::getpid(), "_",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
    directory_ = root_ + "/journal";
  }
  ~OfflineTest() override { fs::remove_all(root_); }

  // A hundred events in groups of five.
  void WriteJournal(bool trim = false) {
    RocksdbOptions options;
    options.directory = directory_;
    const auto storage = OpenRocksdbStorage(options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    Recovered recovered;
    const auto journal = Journal::Open(Options(), storage->get(), &recovered);
    ASSERT_TRUE(journal.ok()) << journal.status();
    History history(31);
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE((*journal)->Append(history.Take(5)).ok());
    }
    if (trim) {
      EXPECT_EQ(*(*journal)->Trim(), 10);
    }
    EXPECT_TRUE((*storage)->Close().ok());
  }
  // Changes what lies there as a program with RocksDB could.
  void Damage(const StorageBatch& batch) {
    RocksdbOptions options;
    options.directory = directory_;
    const auto storage = OpenRocksdbStorage(options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    ASSERT_TRUE((*storage)->Write(batch, true).ok());
    EXPECT_TRUE((*storage)->Close().ok());
  }
  // Names and bytes of all files.
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      std::ifstream stream(entry.path(), std::ios::binary);
      files[entry.path().filename().string()] =
          std::string(std::istreambuf_iterator<char>(stream), {});
    }
    return files;
  }
  std::vector<std::uint64_t> Sequences(Storage& storage, std::uint64_t from,
                                       std::uint64_t to) {
    std::vector<std::uint64_t> sequences;
    status_ = ReadEvents(storage, from, to,
                         [&](const RecordHeader&, const NumberedEvent& one) {
                           sequences.push_back(one.event.sequence);
                           return absl::OkStatus();
                         });
    return sequences;
  }

  std::string root_;
  std::string directory_;
  absl::Status status_;
};

TEST_F(OfflineTest, ReadsAndChangesNothing) {
  WriteJournal();
  const auto before = Files();
  {
    const auto journal = OpenOffline(directory_);
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_FALSE(journal->in_use);
    ASSERT_TRUE(journal->live.ok()) << journal->live.status();
    EXPECT_EQ(journal->live->meta.last_sequence, 100);
    EXPECT_THAT(Verify(*journal->storage)->problems, IsEmpty());
    EXPECT_EQ(Sequences(*journal->storage, 1, kNoEnd).size(), 100);
    EXPECT_TRUE(status_.ok()) << status_;
    EXPECT_THAT(Sequences(*journal->storage, 13, 16),
                ElementsAre(13, 14, 15, 16));
    EXPECT_TRUE(absl::IsFailedPrecondition(journal->storage->Write({}, true)));
    EXPECT_TRUE(absl::IsFailedPrecondition(journal->storage->WriteSide("x")));
  }
  EXPECT_EQ(Files(), before);
}

TEST_F(OfflineTest, NamesWhatIsNoJournal) {
  EXPECT_TRUE(absl::IsNotFound(OpenOffline(directory_).status()));
  fs::create_directories(directory_);
  absl::Status status = OpenOffline(directory_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(directory_), HasSubstr("is no journal")));
  EXPECT_THAT(Files(), IsEmpty());
  std::ofstream(root_ + "/file").put('x');
  status = OpenOffline(root_ + "/file").status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("it is no directory"));
}

TEST_F(OfflineTest, TellsWhyTheLiveRecordsAreNotSound) {
  WriteJournal();
  fs::copy(directory_, root_ + "/original");
  const auto reason = [this] {
    const auto journal = OpenOffline(directory_);
    EXPECT_TRUE(journal.ok()) << journal.status();
    const std::string text = journal->live.status().ToString();
    fs::remove_all(directory_);
    fs::copy(root_ + "/original", directory_);
    return text;
  };
  StorageBatch batch;
  batch.live_deletes = {"m"};
  Damage(batch);
  EXPECT_THAT(reason(), AllOf(HasSubstr("DATA_LOSS"), HasSubstr(directory_),
                              HasSubstr("\"m\" is missing")));
  Meta meta;
  meta.format_version = 99;
  batch = {};
  batch.live_puts = {{"m", SealLive("m", EncodeMeta(meta))}};
  Damage(batch);
  EXPECT_THAT(reason(), AllOf(HasSubstr("FAILED_PRECONDITION"),
                              HasSubstr("format version 99")));
  batch = {};
  batch.records = {{101, "not a record"}};
  Damage(batch);
  EXPECT_THAT(reason(), HasSubstr("record of event 101 is the last one"));
  std::ofstream(directory_ + "/committed") << SideText(0, 105);
  EXPECT_THAT(reason(), HasSubstr("events up to 105 were acknowledged"));
  EXPECT_THAT(reason(), HasSubstr("OK"));
}

TEST_F(OfflineTest, ADamagedOrMissingRecordEndsTheReading) {
  MemoryStorage storage;
  Recovered recovered;
  const auto journal = Journal::Open(Options(), &storage, &recovered);
  ASSERT_TRUE(journal.ok()) << journal.status();
  History history(32);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE((*journal)->Append(history.Take(3)).ok());
  }
  MemoryStorage damaged = storage;
  damaged.records()[13][100] ^= 1;
  EXPECT_EQ(Sequences(damaged, 1, kNoEnd).size(), 12);
  EXPECT_THAT(status_.ToString(),
              AllOf(HasSubstr("DATA_LOSS"),
                    HasSubstr("record of event 13: byte 8: crc32c")));
  damaged = storage;
  damaged.records().erase(13);
  EXPECT_EQ(Sequences(damaged, 1, kNoEnd).size(), 12);
  EXPECT_THAT(status_.ToString(),
              HasSubstr("record of event 16: byte 28: event 13 is missing"));
  // Whole in itself, but of another history.
  MemoryStorage other;
  const auto another = Journal::Open(Options(), &other, &recovered);
  History foreign(33);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE((*another)->Append(foreign.Take(3)).ok());
  }
  damaged = storage;
  damaged.records()[13] = other.records()[13];
  Sequences(damaged, 1, kNoEnd);
  EXPECT_THAT(status_.ToString(), HasSubstr("record of event 13: byte 64"));
}

TEST_F(OfflineTest, StatesAreEqualOrTheirDifferencesAreNamed) {
  WriteJournal();
  const auto journal = OpenOffline(directory_);
  ASSERT_TRUE(journal.ok() && journal->live.ok());
  const auto live = ReadStateRecords(*journal->storage, *journal->live);
  ASSERT_TRUE(live.ok()) << live.status();
  const StateRecords replayed = RecordsOf(*Replay(*journal->storage));
  EXPECT_THAT(Differences(replayed, "a", *live, "b"), IsEmpty());
  EXPECT_EQ(FingerprintOfState(replayed), FingerprintOfState(*live));
  EXPECT_EQ(FingerprintOfState(replayed).size(), 64);
  const StateRecords before = RecordsOf(*Replay(*journal->storage, 99));
  EXPECT_NE(FingerprintOfState(before), FingerprintOfState(*live));
  StateRecords other = *live;
  other.records["cnew"] = std::string(1, '\xab');
  other.records.begin()->second = "?";
  other.records.erase(std::prev(other.records.end()));
  other.last_at_ms = 7;
  const auto differences = Differences(*live, "a", other, "b");
  ASSERT_EQ(differences.size(), 4);
  EXPECT_THAT(differences[0], HasSubstr("last_at_ms: "));
  EXPECT_THAT(differences[1], HasSubstr(", 3f in b"));
  EXPECT_THAT(differences[2], HasSubstr(": only in a"));
  EXPECT_EQ(differences[3], "live record \"cnew\": only in b");
}

TEST_F(OfflineTest, ATrimmedJournalIsComparedByItsLastEvents) {
  WriteJournal(true);
  {
    const auto journal = OpenOffline(directory_);
    ASSERT_TRUE(journal.ok() && journal->live.ok());
    const auto report = Verify(*journal->storage);
    EXPECT_THAT(report->problems, IsEmpty());
    EXPECT_FALSE(report->replayed);
    EXPECT_EQ(report->first_sequence, 51);
    EXPECT_GT(report->contacts_compared + report->agents_compared, 5);
    EXPECT_EQ(Sequences(*journal->storage, 1, kNoEnd).front(), 51);
  }
  // An agent's live record is of another version: nothing but its last event
  // tells.
  std::string id;
  LiveAgent agent;
  {
    const auto journal = OpenOffline(directory_);
    const auto& agents = journal->live->state.agents;
    ASSERT_TRUE(ReadEvents(*journal->storage, 51, kNoEnd,
                           [&](const RecordHeader&, const NumberedEvent& one) {
                             const std::string named(one.event.agent_id.view());
                             if (agents.contains(named)) id = named;
                             return absl::OkStatus();
                           })
                    .ok());
    ASSERT_NE(id, "");
    agent = agents.at(id);
  }
  agent.version += 1;
  StorageBatch batch;
  batch.live_puts = {{"a" + id, SealLive("a" + id, EncodeLiveAgent(agent))}};
  Damage(batch);
  const auto journal = OpenOffline(directory_);
  const auto report = Verify(*journal->storage);
  ASSERT_EQ(report->problems.size(), 1);
  EXPECT_THAT(report->problems[0], HasSubstr("its last event says"));
}

}  // namespace
}  // namespace relais::journal
