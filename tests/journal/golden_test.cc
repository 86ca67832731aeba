// Journals that were written are read: the golden files of every format version
// give the state that they gave when they were written, and the present code
// still writes the present version as it is.
//
// When an encoding has to change: raise kFormatVersion, keep the versions
// before readable, and write the new files with
//   RELAIS_WRITE_GOLDEN=1 build/<preset>/test_bin/journal_golden_test

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"
#include "lib/journal/journal.h"
#include "lib/journal/journal.pb.h"
#include "lib/journal/live_records.h"
#include "lib/journal/record.h"
#include "lib/journal/rocksdb_storage.h"
#include "lib/journal/verify.h"
#include "tests/journal/golden_files.h"
#include "tests/journal/golden_history.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kChanged[] =
    "The format changed: raise kFormatVersion, keep the version before "
    "readable, and add its golden files with RELAIS_WRITE_GOLDEN=1 (see the "
    "head of tests/journal/golden_test.cc). Files that were released are never "
    "written again.";

std::string EventsOf(MemoryStorage& storage) {
  std::string text;
  const absl::Status status =
      storage.ReadRecords(0, [&text](std::uint64_t, std::string_view bytes) {
        const auto record = DecodeRecord(bytes);
        if (!record.ok()) return record.status();
        for (const NumberedEvent& event : record->events) {
          absl::StrAppend(&text, Describe(event), "\n");
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  return text;
}

// What a restart begins with; the storage is then of the next epoch.
std::string StateOf(Storage& storage) {
  Recovered recovered;
  const auto journal = Journal::Open(GoldenOptions(), &storage, &recovered);
  EXPECT_TRUE(journal.ok()) << journal.status();
  return journal.ok() ? Describe((*journal)->state()) : "";
}

GoldenFiles GoldenNow() {
  MemoryStorage storage = WriteGoldenJournal();
  MemoryStorage opened = storage;
  return MakeGolden(storage, EventsOf(storage), StateOf(opened));
}

class GoldenTest : public ::testing::TestWithParam<int> {
 protected:
  GoldenTest() : golden_(ReadGolden(GetParam())) {}
  const GoldenFiles golden_;
};

TEST_P(GoldenTest, IsSoundAndGivesTheSameEventsAndState) {
  MemoryStorage storage = StorageOf(golden_);
  const auto report = Verify(storage);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_TRUE(report->replayed);
  EXPECT_EQ(EventsOf(storage), golden_.events);
  EXPECT_EQ(absl::StrCat(StateOf(storage), "\n"), golden_.state);
}

TEST_P(GoldenTest, IsReadFromADatabaseAndGoneOnWith) {
  const std::string directory = absl::StrCat(
      ::testing::TempDir(), "relais_golden_", ::getpid(), "_", GetParam());
  std::filesystem::remove_all(directory);
  {
    RocksdbOptions options;
    options.directory = directory;
    const auto storage = OpenRocksdbStorage(options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    const MemoryStorage files = StorageOf(golden_);
    StorageBatch batch;
    batch.records.assign(files.records().begin(), files.records().end());
    batch.live_puts.assign(files.live().begin(), files.live().end());
    ASSERT_TRUE((*storage)->Write(batch, true).ok());
    ASSERT_TRUE((*storage)->WriteSide(files.side()).ok());
    EXPECT_EQ(absl::StrCat(StateOf(**storage), "\n"), golden_.state);

    Recovered recovered;
    const auto journal =
        Journal::Open(GoldenOptions(), storage->get(), &recovered);
    ASSERT_TRUE(journal.ok()) << journal.status();
    NumberedEvent next;
    next.event.sequence = (*journal)->state().last_sequence + 1;
    next.event.type = EventType::kPresenceChanged;
    next.event.agent_id.Assign("newcomer");
    next.event.agent_version = 1;
    EXPECT_TRUE((*journal)->Append({next}).ok());
    const auto report = Verify(**storage);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->problems, IsEmpty());
    EXPECT_TRUE((*storage)->Close().ok());
  }
  std::filesystem::remove_all(directory);
}

INSTANTIATE_TEST_SUITE_P(EveryVersion, GoldenTest,
                         ::testing::Range(1, kFormatVersion + 1));

TEST(GoldenFormatTest, ThePresentCodeWritesThePresentFiles) {
  const GoldenFiles now = GoldenNow();
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  if (std::getenv("RELAIS_WRITE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteGolden(kFormatVersion, now))
        << GoldenDirectory(kFormatVersion)
        << " is there already or cannot be written";
  }
  const GoldenFiles golden = ReadGolden(kFormatVersion);
  EXPECT_TRUE(now.journal == golden.journal) << kChanged;
  EXPECT_EQ(now.events, golden.events) << kChanged;
  EXPECT_EQ(now.state, golden.state) << kChanged;
}

// Read and written again, record by record and live record by live record.
TEST(GoldenFormatTest, WhatIsReadIsWrittenAsTheSameBytes) {
  MemoryStorage storage = StorageOf(ReadGolden(kFormatVersion));
  for (const auto& [sequence, bytes] : storage.records()) {
    const auto record = DecodeRecord(bytes);
    ASSERT_TRUE(record.ok()) << record.status();
    RecordWriter writer;
    for (const auto& [event, detail] : record->events) {
      ASSERT_TRUE(writer.Add(event, detail).ok());
    }
    EXPECT_TRUE(writer.Finish(record->header) == bytes)
        << "record of event " << sequence << ": " << kChanged;
  }
  const auto loaded = LoadLive(storage);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  StorageBatch batch;
  AppendMeta(loaded->state, loaded->meta, &batch);
  auto live = AllLiveRecords(loaded->state);
  live.emplace(batch.live_puts[0]);
  EXPECT_TRUE(live == storage.live()) << kChanged;
}

// --- What the files cover ----------------------------------------------------

// The fields that are set in a message and those in it, as "Message.field".
void CollectFields(const google::protobuf::Message& message,
                   std::set<std::string>* set) {
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    set->insert(field->full_name());
    if (field->cpp_type() !=
        google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    }
    if (!field->is_repeated()) {
      CollectFields(reflection->GetMessage(message, field), set);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      CollectFields(reflection->GetRepeatedMessage(message, field, i), set);
    }
  }
}

template <typename Message>
void CollectFields(std::string_view bytes, std::set<std::string>* set) {
  Message message;
  ASSERT_TRUE(
      message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  CollectFields(message, set);
}

void CollectLive(char kind, std::string_view message,
                 std::set<std::string>* set) {
  switch (kind) {
    case 'c':
      return CollectFields<v1::LiveContact>(message, set);
    case 'd':
      return CollectFields<v1::ContactDetail>(message, set);
    case 'a':
      return CollectFields<v1::LiveAgent>(message, set);
    case 'q':
      return CollectFields<v1::LiveQueue>(message, set);
    case 'e':
      return CollectFields<v1::EndedContact>(message, set);
    case 'f':
      return CollectFields<v1::Configuration>(message, set);
    case 'm':
      return CollectFields<v1::Meta>(message, set);
    default:
      ADD_FAILURE() << "a live record of kind " << kind
                    << "; add it to this test";
  }
}

// Added to version 1 after its files were written and before it was released:
// absent they mean what held before, so those files stay as they are.
// codec_test writes and reads these.
const std::set<std::string>& YoungerThanTheFiles() {
  static const auto& younger = *new std::set<std::string>{
      "relais.journal.v1.AgentFigures.busy_ms",
      "relais.journal.v1.AgentFigures.busy_since_ms",
      "relais.journal.v1.AgentFigures.contacts",
      "relais.journal.v1.AgentFigures.last_offered_ms",
      "relais.journal.v1.AgentFigures.occupied_ms",
      "relais.journal.v1.AgentFigures.offered",
      "relais.journal.v1.AgentFigures.piece",
      "relais.journal.v1.Configuration.contact_choice",
      "relais.journal.v1.Configuration.segments",
      "relais.journal.v1.ContactDetail.ranked",
      "relais.journal.v1.ContactDetail.segment",
      "relais.journal.v1.ContactQueue.agent_order",
      "relais.journal.v1.ContactQueue.fit_rule",
      "relais.journal.v1.CustomerSegment.credit_ms",
      "relais.journal.v1.CustomerSegment.name",
      "relais.journal.v1.LiveAgent.figures",
      "relais.journal.v1.QueueRank.queues",
      "relais.journal.v1.RoutingProfile.queue_order",
  };
  return younger;
}

TEST(GoldenFormatTest, TheFilesCoverEveryTypeKindAndField) {
  MemoryStorage storage = StorageOf(ReadGolden(kFormatVersion));
  std::set<int> types;
  std::set<char> kinds;
  std::set<int> scaled;
  std::set<std::string> set;
  for (const auto& [sequence, bytes] : storage.records()) {
    const auto record = DecodeRecord(bytes);
    ASSERT_TRUE(record.ok()) << record.status();
    scaled.insert(record->header.time_scaled ? 1 : 0);
    for (const auto& [event, detail] : record->events) {
      types.insert(static_cast<int>(event.type));
      std::string encoded;
      AppendEvent(event, detail, &encoded);
      CollectFields<v1::Event>(encoded, &set);
    }
  }
  for (const auto& [key, bytes] : storage.live()) {
    kinds.insert(key[0]);
    const auto message = OpenLive(key, bytes);
    ASSERT_TRUE(message.ok()) << message.status();
    CollectLive(key[0], *message, &set);
  }
  EXPECT_EQ(types.size(), static_cast<std::size_t>(EventType::kAgentRemoved));
  EXPECT_EQ(std::string(kinds.begin(), kinds.end()), "acdefmq");
  EXPECT_EQ(scaled.size(), 2U);
  const auto* file = v1::Event::descriptor()->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    for (int j = 0; j < file->message_type(i)->field_count(); ++j) {
      const std::string& name = file->message_type(i)->field(j)->full_name();
      EXPECT_NE(set.contains(name), YoungerThanTheFiles().contains(name))
          << name << " is nowhere set in the golden files, or no longer new";
    }
  }
}

// --- Versions that are not known ---------------------------------------------

std::string RefusalOf(MemoryStorage storage) {
  Recovered recovered;
  const auto journal = Journal::Open(GoldenOptions(), &storage, &recovered);
  EXPECT_EQ(journal.status().code(), absl::StatusCode::kFailedPrecondition);
  return std::string(journal.status().message());
}

// Of the whole journal by its meta record, of one record by its header; both
// versions are named. No version 0 was ever written.
TEST(GoldenFormatTest, AnUnknownVersionIsRefusedByBothNumbers) {
  const MemoryStorage golden = StorageOf(ReadGolden(kFormatVersion));
  for (const int other : {0, kFormatVersion + 1}) {
    MemoryStorage storage = golden;
    const auto loaded = LoadLive(storage);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    Meta meta = loaded->meta;
    meta.format_version = static_cast<std::uint32_t>(other);
    storage.live()["m"] = SealLive("m", EncodeMeta(meta));
    EXPECT_THAT(RefusalOf(storage),
                HasSubstr(absl::StrCat("format version ", other,
                                       ", this program reads version ",
                                       kFormatVersion)));
    storage = golden;
    std::string& record = storage.records().rbegin()->second;
    constexpr std::size_t kVersionAt = 12;
    constexpr std::size_t kCrcAt = 8;
    PutBigEndian(static_cast<std::uint16_t>(other), kVersionAt, &record);
    PutBigEndian(Crc32c(std::string_view(record).substr(kVersionAt)), kCrcAt,
                 &record);
    EXPECT_THAT(RefusalOf(storage),
                HasSubstr(absl::StrCat("format version ", other,
                                       " is not known, this program reads "
                                       "version ",
                                       kFormatVersion)));
  }
}

}  // namespace
}  // namespace relais::journal
