// relaisctl journal and relais-replay on what is no journal, on damaged copies
// and on a trimmed one.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/codec.h"
#include "lib/journal/journal.h"
#include "lib/journal/live_records.h"
#include "lib/journal/record.h"
#include "lib/journal/rocksdb_storage.h"
#include "tests/e2e/journal_fixture.h"
#include "tests/e2e/process.h"

namespace relais::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class JournalDamageTest : public JournalProgramsTest {
 protected:
  static void ExpectUnsound(const fs::path& directory,
                            const std::string& said) {
    const Finished verified = Journal("verify", directory);
    EXPECT_EQ(verified.exit_code, 1) << verified.output;
    EXPECT_THAT(verified.output,
                AllOf(HasSubstr(said), HasSubstr("NOT SOUND"),
                      HasSubstr("what to do:"), HasSubstr("keep a copy")));
  }
};

TEST_F(JournalDamageTest, WhatIsNoJournalIsNamed) {
  WriteJournal();
  fs::create_directories(root_ / "empty");
  const fs::path version = Copy();
  journal::Meta meta;
  meta.format_version = 99;
  journal::StorageBatch batch;
  batch.live_puts = {{"m", journal::SealLive("m", journal::EncodeMeta(meta))}};
  Change(version, batch);
  struct Case {
    fs::path directory;
    const char* said;
  };
  const Case cases[] = {
      {root_ / "nowhere", "there is no such directory"},
      {root_ / "empty", "is no journal, it has no file CURRENT"},
      {version, "format version 99, this program reads versions 1 to 2"},
  };
  for (const Case& c : cases) {
    for (const char* command : {"inspect", "verify", "export"}) {
      const Finished finished = Journal(command, c.directory);
      EXPECT_EQ(finished.exit_code, 1) << command << finished.output;
      EXPECT_THAT(finished.output, HasSubstr(c.said)) << command;
    }
    const Finished replayed = Replay(c.directory);
    EXPECT_EQ(replayed.exit_code, 1) << replayed.output;
    EXPECT_THAT(replayed.output, HasSubstr(c.said));
  }
  EXPECT_FALSE(fs::exists(root_ / "nowhere"));
  EXPECT_TRUE(fs::is_empty(root_ / "empty"));
}

TEST_F(JournalDamageTest, ADamagedLogLosesWhatWasAcknowledged) {
  WriteJournal();
  std::string log;
  for (const auto& entry : fs::directory_iterator(journal_)) {
    if (entry.path().extension() == ".log" && entry.file_size() > 0) {
      log = entry.path().filename().string();
    }
  }
  ASSERT_NE(log, "");
  const std::string bytes = ReadAll(journal_ / log);
  const std::string said =
      absl::StrCat("events up to ", last_, " were acknowledged");
  // A byte of the middle, and a tail that was cut off.
  std::string flipped = bytes;
  flipped[bytes.size() / 2] ^= 1;
  for (const std::string& damaged :
       {flipped, bytes.substr(0, bytes.size() - 3)}) {
    const fs::path copy = Copy();
    std::ofstream(copy / log, std::ios::binary) << damaged;
    ExpectUnsound(copy, said);
    EXPECT_THAT(Journal("verify", copy).output,
                HasSubstr("remove the file committed"));
    EXPECT_EQ(Journal("export", copy).exit_code, 1);
    EXPECT_EQ(Journal("inspect", copy).exit_code, 1);
    const Finished replayed = Replay(copy);
    EXPECT_EQ(replayed.exit_code, 1) << replayed.output;
    EXPECT_THAT(replayed.output, HasSubstr(said));
    // Whoever accepts the loss has a sound journal.
    fs::remove(copy / "committed");
    EXPECT_EQ(Journal("verify", copy).exit_code, 0);
    EXPECT_EQ(Replay(copy).exit_code, 0);
  }
}

TEST_F(JournalDamageTest, EachKindOfDamageIsToldWithItsPlace) {
  WriteJournal();
  journal::StorageBatch batch;

  const fs::path flipped = Copy();
  std::string bytes = RecordOf(flipped, 3);
  bytes[journal::kRecordHeaderBytes + 9] ^= 4;
  batch.records = {{3, bytes}};
  Change(flipped, batch);
  ExpectUnsound(flipped, "record of event 3: byte 8: crc32c says");
  EXPECT_THAT(Replay(flipped).output, HasSubstr("byte 8: crc32c says"));
  const auto json = ParseObject(Journal("verify", flipped, {"--json"}).output);
  EXPECT_FALSE(json.fields().at("sound").bool_value());
  EXPECT_THAT(
      json.fields().at("problems").list_value().values(0).string_value(),
      StartsWith("record of event 3: byte 8"));
  EXPECT_GE(json.fields().at("what_to_do").list_value().values_size(), 2);

  const fs::path removed = Copy();
  batch = {};
  batch.live_deletes = {"cc3", "dc3"};
  Change(removed, batch);
  ExpectUnsound(removed,
                "there are 1 live records of contacts, the meta record says 2");
  EXPECT_EQ(Replay(removed).exit_code, 1);

  // Whole in itself, but not what the events give.
  const fs::path other = Copy();
  batch = {};
  batch.live_puts = {
      {"qaccounts",
       journal::SealLive("qaccounts", journal::EncodeLiveQueue({77, 2, 3}))}};
  Change(other, batch);
  ExpectUnsound(other,
                "live record \"qaccounts\" differs from what the events");
  const Finished replayed = Replay(other);
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_THAT(replayed.output,
              AllOf(HasSubstr("differs: live record \"qaccounts\""),
                    HasSubstr("1 differences to the live records")));
  // The events alone are those of the sound one.
  EXPECT_EQ(Replay(other, {"--against", journal_.string()}).exit_code, 0);
  EXPECT_EQ(Replay(journal_, {"--against", other.string()}).exit_code, 1);

  // A held contact whose agent knows nothing of it.
  const fs::path torn = Copy();
  batch = {};
  const std::string key = absl::StrCat("a", kAwkwardAgent);
  batch.live_puts = {
      {key, journal::SealLive(key, journal::EncodeLiveAgent(LiveAgent()))}};
  Change(torn, batch);
  ExpectUnsound(torn, "is reserved by agent \"b,\\\"la\\\"\"");
}

TEST_F(JournalDamageTest, ATrimmedJournalIsComparedInPart) {
  WriteJournal();
  const fs::path trimmed = Copy();
  std::uint64_t first = 0;
  {
    journal::RocksdbOptions options;
    options.directory = trimmed.string();
    const auto storage = journal::OpenRocksdbStorage(options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    journal::JournalOptions journal_options;
    journal_options.retain_events = 4;
    journal::Recovered recovered;
    const auto opened =
        journal::Journal::Open(journal_options, storage->get(), &recovered);
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_GT(*(*opened)->Trim(), 0);
    first = (*opened)->first_sequence();
    ASSERT_GT(first, 1);
    ASSERT_TRUE((*storage)->Close().ok());
  }
  const Finished verified = Journal("verify", trimmed);
  EXPECT_EQ(verified.exit_code, 0) << verified.output;
  EXPECT_THAT(verified.output,
              HasSubstr(absl::StrCat("the events before ", first,
                                     " have been dropped")));
  const Finished exported = Journal("export", trimmed, {"--from", "1"});
  EXPECT_EQ(exported.exit_code, 1);
  EXPECT_THAT(exported.output,
              HasSubstr(absl::StrCat("begins with event ", first)));
  EXPECT_EQ(LinesOf(Journal("export", trimmed).output).size(),
            last_ - first + 1);
  const Finished refused = Replay(trimmed);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output,
              AllOf(HasSubstr(absl::StrCat("begins with event ", first)),
                    HasSubstr("cannot be built"), HasSubstr("--partial")));
  const Finished partial = Replay(trimmed, {"--partial"});
  EXPECT_EQ(partial.exit_code, 0) << partial.output;
  EXPECT_THAT(partial.output, HasSubstr("compared by their last event"));
  // The state is that of the whole one.
  EXPECT_EQ(
      Replay(trimmed, {"--partial", "--against", journal_.string()}).exit_code,
      0);
  EXPECT_EQ(Replay(trimmed, {"--partial", "--to", "9"}).exit_code, 2);
}

TEST_F(JournalDamageTest, AnExportIsThereWholeOrNotAtAll) {
  WriteJournal();
  const fs::path file = root_ / "out" / "events.json";
  EXPECT_EQ(Journal("export", journal_, {"--output", file.string()}).exit_code,
            1);
  fs::create_directories(root_ / "out");
  std::ofstream(file) << "as it was\n";
  // A record in the middle is damaged: what was there stays.
  const fs::path damaged = Copy();
  std::string bytes = RecordOf(damaged, 2);
  bytes.back() ^= 1;
  journal::StorageBatch batch;
  batch.records = {{2, bytes}};
  Change(damaged, batch);
  const Finished failed =
      Journal("export", damaged, {"--output", file.string()});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.output, HasSubstr("record of event 2: byte 8: crc32c"));
  EXPECT_EQ(ReadAll(file), "as it was\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "out"), {}), 1)
      << "a temporary file is left";
  // What is before it can be had.
  EXPECT_EQ(LinesOf(Journal("export", damaged, {"--to", "1"}).output).size(),
            1);
  EXPECT_EQ(Journal("export", journal_, {"--output", file.string()}).exit_code,
            0);
  EXPECT_EQ(LinesOf(ReadAll(file)).size(), last_);
}

}  // namespace
}  // namespace relais::e2e
