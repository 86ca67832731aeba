// The journal over a storage in memory: what it recovers, what it refuses.

#include "lib/journal/journal.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"
#include "lib/journal/live_records.h"
#include "lib/journal/memory_storage.h"
#include "lib/journal/verify.h"
#include "tests/journal/describe.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

JournalOptions Options() {
  JournalOptions options;
  options.retention = {5'000, 50};
  return options;
}

std::unique_ptr<Journal> MustOpen(Storage& storage, Recovered* recovered,
                                  const JournalOptions& options = Options()) {
  auto journal = Journal::Open(options, &storage, recovered);
  EXPECT_TRUE(journal.ok()) << journal.status();
  return journal.ok() ? *std::move(journal) : nullptr;
}

std::string RefusalOf(Storage& storage,
                      const JournalOptions& options = Options()) {
  Recovered recovered;
  const auto journal = Journal::Open(options, &storage, &recovered);
  EXPECT_FALSE(journal.ok());
  return std::string(journal.status().message());
}

// The state that a storage gives back, without writing to it.
std::string StateOf(const MemoryStorage& storage) {
  MemoryStorage copy = storage;
  Recovered recovered;
  const auto journal = MustOpen(copy, &recovered);
  return journal == nullptr ? "" : Describe(journal->state());
}

// Appends `groups` groups of 1 to `group_max` events.
void AppendGroups(Journal& journal, History& history, int groups,
                  std::uint64_t group_max, Random& random) {
  for (int i = 0; i < groups; ++i) {
    const auto events = history.Take(1 + random.Uniform(group_max));
    const absl::Status status = journal.Append(events);
    ASSERT_TRUE(status.ok()) << status;
  }
}

TEST(JournalTest, ANewOneIsEmpty) {
  MemoryStorage storage;
  Recovered recovered;
  const auto journal = MustOpen(storage, &recovered);
  EXPECT_EQ(recovered.epoch, 1);
  EXPECT_EQ(journal->state().last_sequence, 0);
  EXPECT_THAT(recovered.notes, IsEmpty());
  EXPECT_EQ(journal->committed_sequence(), 0);
  EXPECT_TRUE(journal->Append({}).ok());
  EXPECT_EQ(*journal->Trim(), 0);
}

TEST(JournalTest, WhatIsRecoveredIsWhatWasAndWhatReplayGives) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    History history(seed);
    MemoryStorage storage;
    std::string before = Describe(LiveState());
    for (std::uint64_t epoch = 1; epoch <= 6; ++epoch) {
      Recovered recovered;
      const auto journal = MustOpen(storage, &recovered);
      ASSERT_NE(journal, nullptr);
      EXPECT_EQ(recovered.epoch, epoch);
      EXPECT_EQ(Describe(journal->state()), before);
      EXPECT_THAT(recovered.notes, IsEmpty());
      AppendGroups(*journal, history, 10, 40, random);
      before = Describe(journal->state());
      EXPECT_EQ(journal->committed_sequence(), journal->state().last_sequence);
    }
    const auto report = Verify(storage);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->problems, IsEmpty());
    EXPECT_TRUE(report->replayed);
    EXPECT_EQ(report->records, 60);
    EXPECT_EQ(report->events, report->last_sequence);
    EXPECT_EQ(report->epoch, 6);
    const auto replayed = Replay(storage);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    EXPECT_EQ(Describe(*replayed), before);
  }
}

// Another retention from one start to the next: replay follows.
TEST(JournalTest, ReplayForgetsWhatWasForgottenThen) {
  MemoryStorage storage;
  History history(3);
  Random random(3);
  for (const std::uint32_t ended_ids_max : {50U, 5U, 20U}) {
    JournalOptions options = Options();
    options.retention.ended_ids_max = ended_ids_max;
    Recovered recovered;
    const auto journal = MustOpen(storage, &recovered, options);
    AppendGroups(*journal, history, 10, 40, random);
  }
  const auto report = Verify(storage);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_TRUE(report->replayed);
}

TEST(JournalTest, ALargeGroupBecomesSeveralRecordsOfOneWrite) {
  MemoryStorage storage;
  Recovered recovered;
  const auto journal = MustOpen(storage, &recovered);
  ASSERT_TRUE(journal->Append(History(4).Take(2'500)).ok());
  ASSERT_EQ(storage.records().size(), 3);
  EXPECT_TRUE(storage.records().contains(1'025));
  EXPECT_TRUE(storage.records().contains(2'049));
  EXPECT_EQ(StateOf(storage), Describe(journal->state()));
  const auto until = Replay(storage, 1'500);
  ASSERT_TRUE(until.ok()) << until.status();
  EXPECT_EQ(until->last_sequence, 1'500);
}

// A small journal, with the states after each group.
struct Small {
  MemoryStorage storage;
  std::vector<std::string> states;
};
Small SmallJournal(std::uint64_t seed, int groups) {
  Small small;
  History history(seed);
  Recovered recovered;
  const auto journal = MustOpen(small.storage, &recovered);
  for (int i = 0; i < groups; ++i) {
    EXPECT_TRUE(journal->Append(history.Take(3)).ok());
    small.states.push_back(Describe(journal->state()));
  }
  return small;
}

// Opens a damaged storage: it must be refused, saying where.
void ExpectRefused(const MemoryStorage& damaged, const std::string& where) {
  MemoryStorage copy = damaged;
  Recovered recovered;
  const auto journal = Journal::Open(Options(), &copy, &recovered);
  ASSERT_FALSE(journal.ok()) << where;
  EXPECT_TRUE(absl::IsDataLoss(journal.status()) ||
              absl::IsFailedPrecondition(journal.status()))
      << journal.status();
  EXPECT_EQ(copy.live(), damaged.live()) << "it was written to";
}

TEST(JournalDamageTest, EveryFlippedBitOfARecordIsRefusedWithItsByte) {
  const Small small = SmallJournal(5, 4);
  for (const auto& [key, bytes] : small.storage.records()) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      MemoryStorage damaged = small.storage;
      damaged.records()[key][bit / 8] ^= static_cast<char>(1 << (bit % 8));
      ExpectRefused(damaged, absl::StrCat("record ", key, " bit ", bit));
      if (bit % 64 == 0) {
        EXPECT_THAT(RefusalOf(damaged),
                    HasSubstr(absl::StrCat("record of event ", key, ": byte")));
        const auto report = Verify(damaged);
        ASSERT_TRUE(report.ok());
        EXPECT_FALSE(report->ok());
      }
    }
  }
}

TEST(JournalDamageTest, EveryTruncationOfARecordIsRefused) {
  const Small small = SmallJournal(6, 4);
  for (const auto& [key, bytes] : small.storage.records()) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      MemoryStorage damaged = small.storage;
      damaged.records()[key].resize(size);
      ExpectRefused(damaged, absl::StrCat("record ", key, " size ", size));
    }
  }
}

TEST(JournalDamageTest, EveryFlippedBitOfALiveRecordIsRefused) {
  const Small small = SmallJournal(7, 10);
  ASSERT_GT(small.storage.live().size(), 8);
  for (const auto& [key, bytes] : small.storage.live()) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      MemoryStorage damaged = small.storage;
      damaged.live()[key][bit / 8] ^= static_cast<char>(1 << (bit % 8));
      ExpectRefused(damaged, absl::StrCat("live record ", key, " bit ", bit));
    }
  }
}

TEST(JournalDamageTest, AMissingOrForeignRecordIsRefused) {
  const Small small = SmallJournal(8, 10);
  for (const auto& [key, bytes] : small.storage.records()) {
    MemoryStorage damaged = small.storage;
    damaged.records().erase(key);
    // Without its first record a journal looks as if it was trimmed; verifying
    // it knows better.
    if (key != 1) ExpectRefused(damaged, absl::StrCat("record ", key));
    EXPECT_FALSE(Verify(damaged)->ok()) << key;
    damaged = small.storage;
    damaged.records()[key + 100] = bytes;
    ExpectRefused(damaged, absl::StrCat("record ", key, " twice"));
  }
  const Small other = SmallJournal(9, 10);
  for (const auto& [key, bytes] : small.storage.live()) {
    MemoryStorage damaged = small.storage;
    damaged.live().erase(key);
    ExpectRefused(damaged, absl::StrCat("live record ", key));
    // Also where the last records do not tell of it.
    JournalOptions options = Options();
    options.tail_records = 1;
    EXPECT_NE(RefusalOf(damaged, options), "") << key;
  }
  MemoryStorage damaged = small.storage;
  damaged.live()["x"] = SealLive("x", "");
  ExpectRefused(damaged, "a kind that is not known");
  // Records of another journal, each sound.
  damaged = small.storage;
  damaged.records() = other.storage.records();
  EXPECT_THAT(RefusalOf(damaged), HasSubstr("is not the one that the live"));
  damaged = small.storage;
  damaged.records()[10] = other.storage.records().at(10);
  EXPECT_THAT(RefusalOf(damaged), HasSubstr("byte 64: the hash is not"));
  // The live records of a moment before.
  damaged = small.storage;
  damaged.live() = SmallJournal(8, 9).storage.live();
  EXPECT_THAT(RefusalOf(damaged), HasSubstr("those after event 27"));
}

TEST(JournalDamageTest, AnOlderLiveRecordIsSeenInTheTail) {
  Small small = SmallJournal(10, 30);
  const auto older = SmallJournal(10, 29).storage.live();
  int stale = 0;
  for (const auto& [key, bytes] : older) {
    if (key == kMetaKey || (key[0] != 'a' && key[0] != 'c')) continue;
    const auto now = small.storage.live().find(key);
    if (now == small.storage.live().end() || now->second == bytes) continue;
    MemoryStorage damaged = small.storage;
    damaged.live()[key] = bytes;
    ExpectRefused(damaged, absl::StrCat("live record ", key));
    EXPECT_FALSE(Verify(damaged)->ok());
    ++stale;
  }
  EXPECT_GT(stale, 0);
}

TEST(JournalTest, RefusesToStartBelowWhatWasAcknowledged) {
  Small small = SmallJournal(11, 5);
  EXPECT_EQ(SequenceOfSideText(small.storage.side()), 15);
  MemoryStorage behind = SmallJournal(11, 4).storage;
  behind.side() = small.storage.side();
  EXPECT_THAT(RefusalOf(behind),
              HasSubstr("events up to 15 were acknowledged (file committed), "
                        "but only those up to 12 are left"));
  MemoryStorage nothing;
  nothing.side() = small.storage.side();
  EXPECT_THAT(RefusalOf(nothing), HasSubstr("only those up to 0 are left"));
  // Any damage of it makes it no bound at all, and is told.
  for (std::size_t bit = 0; bit < small.storage.side().size() * 8; ++bit) {
    std::string text = small.storage.side();
    text[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_EQ(SequenceOfSideText(text), 0) << text;
  }
  small.storage.side().clear();
  Recovered recovered;
  const auto journal = MustOpen(small.storage, &recovered);
  ASSERT_NE(journal, nullptr);
  EXPECT_THAT(recovered.notes, ElementsAre(HasSubstr("file committed")));
  EXPECT_EQ(Describe(journal->state()), small.states.back());
}

// The last 4,096 events, in whole records; what is before is for Verify.
TEST(JournalTest, TheTailThatIsCheckedIsBoundedByItsEvents) {
  constexpr std::uint64_t kGroup = 1'000;
  MemoryStorage sound;
  Recovered recovered;
  const auto journal = MustOpen(sound, &recovered);
  History history(1);
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(journal->Append(history.Take(kGroup)).ok());
  }
  ASSERT_EQ(sound.records().size(), 8);
  const std::uint64_t checked_from = 8 * kGroup + 1 - 5 * kGroup;
  for (const auto& [sequence, bytes] : sound.records()) {
    MemoryStorage damaged = sound;
    damaged.records()[sequence].back() ^= 1;
    Recovered unused;
    const auto opened = Journal::Open(Options(), &damaged, &unused);
    EXPECT_EQ(opened.ok(), sequence < checked_from) << sequence;
  }
}

TEST(JournalTest, PartitionTimeScaleAndVersionAreChecked) {
  MemoryStorage storage = SmallJournal(12, 3).storage;
  JournalOptions options = Options();
  options.partition = 2;
  EXPECT_THAT(RefusalOf(storage, options), HasSubstr("is of partition 0"));

  options = Options();
  options.time_scaled = true;
  Recovered recovered;
  EXPECT_THAT(RefusalOf(storage, options), HasSubstr("would spoil it"));
  storage = MemoryStorage();
  MustOpen(storage, &recovered, options);
  EXPECT_THAT(RefusalOf(storage), HasSubstr("under a time scale"));
  options.time_scaled = false;
  options.accept_time_scaled = true;
  MustOpen(storage, &recovered, options);
  EXPECT_TRUE(Verify(storage)->time_scaled);

  storage = SmallJournal(12, 3).storage;
  Meta meta = LoadLive(storage)->meta;
  meta.format_version = 8;
  storage.live()["m"] = SealLive("m", EncodeMeta(meta));
  EXPECT_THAT(RefusalOf(storage), HasSubstr("format version 8"));
  storage = SmallJournal(12, 3).storage;
  std::string& last = storage.records().at(7);
  last[13] = 9;
  PutBigEndian(Crc32c(std::string_view(last).substr(12)), 8, &last);
  EXPECT_THAT(RefusalOf(storage), HasSubstr("format version 9"));
}

TEST(JournalTest, TrimsBehindTheHorizonAndStaysSound) {
  MemoryStorage storage;
  History history(13);
  JournalOptions options = Options();
  options.retain_events = 100;
  {
    Recovered recovered;
    const auto journal = MustOpen(storage, &recovered, options);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(journal->Append(history.Take(3)).ok());
    }
    EXPECT_EQ(*journal->Trim(), 66);
    EXPECT_EQ(storage.records().begin()->first, 199);
    EXPECT_EQ(journal->first_sequence(), 199);
    EXPECT_EQ(*journal->Trim(), 0);
    ASSERT_TRUE(journal->Append(history.Take(3)).ok());
    EXPECT_EQ(*journal->Trim(), 1);
    EXPECT_EQ(StateOf(storage), Describe(journal->state()));
  }
  auto report = Verify(storage);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_FALSE(report->replayed);
  EXPECT_EQ(report->first_sequence, 202);
  EXPECT_TRUE(absl::IsFailedPrecondition(Replay(storage).status()));

  // By age, and never the last one.
  options = Options();
  options.retain_ms = 0;
  Recovered recovered;
  const auto journal = MustOpen(storage, &recovered, options);
  NumberedEvent late = history.Next();
  late.event.at_ms += 10'000'000;
  ASSERT_TRUE(journal->Append({late}).ok());
  EXPECT_EQ(*journal->Trim(), 34);
  EXPECT_EQ(*journal->Trim(), 0);
  EXPECT_EQ(storage.records().size(), 1);
  MustOpen(storage, &recovered);
}

// Fails a write, having done it or not.
class FailingStorage : public MemoryStorage {
 public:
  absl::Status Write(const StorageBatch& batch, bool synced) override {
    ++writes;
    EXPECT_TRUE(synced);
    if (writes != fail_at) return MemoryStorage::Write(batch, synced);
    if (done_nevertheless) {
      MemoryStorage::Write(batch, synced).IgnoreError();
    }
    return absl::UnavailableError("the disk said no");
  }
  absl::Status WriteSide(std::string_view text) override {
    if (fail_side) return absl::UnavailableError("no side file");
    return MemoryStorage::WriteSide(text);
  }
  int writes = 0;
  int fail_at = 0;
  bool done_nevertheless = false;
  bool fail_side = false;
};

TEST(JournalFailureTest, AFailedWriteIsFinal) {
  for (const bool done_nevertheless : {false, true}) {
    FailingStorage storage;
    storage.fail_at = 4;
    storage.done_nevertheless = done_nevertheless;
    History history(14);
    Recovered recovered;
    const auto journal = MustOpen(storage, &recovered);
    ASSERT_TRUE(journal->Append(history.Take(5)).ok());
    ASSERT_TRUE(journal->Append(history.Take(5)).ok());
    const std::string acknowledged = Describe(journal->state());
    const absl::Status failed = journal->Append(history.Take(5));
    EXPECT_THAT(std::string(failed.message()), HasSubstr("the disk said no"));
    EXPECT_EQ(journal->committed_sequence(), 10);
    EXPECT_EQ(journal->Append(history.Take(5)), failed);
    EXPECT_EQ(journal->Trim().status(), failed);
    EXPECT_EQ(storage.writes, 4) << "nothing is tried again";
    // What was acknowledged is there; of the failed group all or nothing.
    Recovered again;
    const auto reopened = MustOpen(storage, &again);
    ASSERT_NE(reopened, nullptr);
    EXPECT_EQ(reopened->state().last_sequence, done_nevertheless ? 15 : 10);
    if (!done_nevertheless) {
      EXPECT_EQ(Describe(reopened->state()), acknowledged);
    }
    EXPECT_THAT(Verify(storage)->problems, IsEmpty());
  }
}

TEST(JournalFailureTest, AnImpossibleEventIsFinalAndNotWritten) {
  FailingStorage storage;
  History history(15);
  Recovered recovered;
  const auto journal = MustOpen(storage, &recovered);
  auto events = history.Take(20);
  events[12].event.sequence = 99;
  const absl::Status failed = journal->Append(events);
  EXPECT_TRUE(absl::IsDataLoss(failed)) << failed;
  EXPECT_THAT(std::string(failed.message()), HasSubstr("event 99"));
  EXPECT_EQ(journal->Append(history.Take(1)), failed);
  EXPECT_EQ(storage.writes, 1) << "the epoch alone";
}

TEST(JournalFailureTest, AFailingSideFileLowersTheBoundOnly) {
  FailingStorage storage;
  History history(16);
  Recovered recovered;
  const auto journal = MustOpen(storage, &recovered);
  ASSERT_TRUE(journal->Append(history.Take(5)).ok());
  storage.fail_side = true;
  ASSERT_TRUE(journal->Append(history.Take(5)).ok());
  EXPECT_EQ(journal->side_failures(), 1);
  EXPECT_EQ(SequenceOfSideText(storage.side()), 5);
  EXPECT_EQ(StateOf(storage), Describe(journal->state()));
}

TEST(VerifyTest, NamesWhatTheLiveRecordsHaveWrong) {
  const Small small = SmallJournal(17, 20);
  MemoryStorage damaged = small.storage;
  LiveQueue queue;
  queue.offered_total = 12345;
  damaged.live()["qq0"] = SealLive("qq0", EncodeLiveQueue(queue));
  auto report = Verify(damaged);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems,
              ElementsAre("live record \"qq0\" differs from what the events "
                          "give"));
  // No record can be read.
  damaged = small.storage;
  for (auto& [key, bytes] : damaged.records()) bytes[0] = 'X';
  EXPECT_FALSE(Verify(damaged)->ok());
}

}  // namespace
}  // namespace relais::journal
