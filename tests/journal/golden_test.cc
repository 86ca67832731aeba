// Journals that were written are read: the golden files of every format version
// give the state that they gave when they were written, and the present code
// still writes the present version as it is.
//
// When an encoding has to change and kFormatVersion was released
// (golden_files.h): raise it, and keep the versions before readable. Then write
// the present version's files with
//   RELAIS_WRITE_GOLDEN=1 build/<preset>/test_bin/journal_golden_test

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
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
#include "tests/journal/describe.h"
#include "tests/journal/golden_files.h"
#include "tests/journal/golden_history.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kChanged[] =
    "The format changed: raise kFormatVersion if it was released, keep the "
    "versions before readable, and write its golden files with "
    "RELAIS_WRITE_GOLDEN=1 (see the head of tests/journal/golden_test.cc). "
    "Files that were released are never written again.";

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
        << " was released or cannot be written";
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

struct Coverage {
  std::set<int> types;
  std::set<char> kinds;
  std::set<bool> scaled;
  std::set<std::string> fields;
};

void CollectRecord(int version, std::string_view bytes, Coverage* coverage) {
  const auto record = DecodeRecord(bytes);
  ASSERT_TRUE(record.ok()) << record.status();
  coverage->scaled.insert(record->header.time_scaled);
  for (const auto& [event, detail] : record->events) {
    coverage->types.insert(static_cast<int>(event.type));
    std::string encoded;
    AppendEvent(event, detail, &encoded, static_cast<std::uint16_t>(version));
    CollectFields<v1::Event>(encoded, &coverage->fields);
  }
}

Coverage CoverageOf(int version) {
  MemoryStorage storage = StorageOf(ReadGolden(version));
  Coverage coverage;
  for (const auto& [sequence, bytes] : storage.records()) {
    CollectRecord(version, bytes, &coverage);
  }
  for (const auto& [key, bytes] : storage.live()) {
    coverage.kinds.insert(key[0]);
    const auto message = OpenLive(key, bytes);
    EXPECT_TRUE(message.ok()) << message.status();
    if (message.ok()) CollectLive(key[0], *message, &coverage.fields);
  }
  return coverage;
}

// Fields that are read and no longer written, by the version that wrote them.
const std::map<std::string, int>& OldFields() {
  static const auto* const fields = new std::map<std::string, int>{
      {"relais.journal.v1.LiveAgent.work_state", 1},
      {"relais.journal.v1.LiveAgent.wrap_up_ends_ms", 1},
      {"relais.journal.v1.LiveAgent.contact_id", 1},
      {"relais.journal.v1.LiveAgent.attempt", 1}};
  return *fields;
}

TEST(GoldenFormatTest, TheFilesCoverEveryTypeKindAndField) {
  std::map<int, Coverage> of_version;
  for (int version = 1; version <= kFormatVersion; ++version) {
    const Coverage& coverage = of_version[version] = CoverageOf(version);
    const EventType last =
        version == 1 ? EventType::kAgentRemoved : kEventTypeLast;
    EXPECT_EQ(coverage.types.size(), static_cast<std::size_t>(last));
    EXPECT_EQ(std::string(coverage.kinds.begin(), coverage.kinds.end()),
              "acdefmq");
    EXPECT_EQ(coverage.scaled.size(), 2U);
  }
  const auto* file = v1::Event::descriptor()->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    for (int j = 0; j < file->message_type(i)->field_count(); ++j) {
      const std::string& name = file->message_type(i)->field(j)->full_name();
      const auto old = OldFields().find(name);
      const int version =
          old == OldFields().end() ? kFormatVersion : old->second;
      EXPECT_TRUE(of_version[version].fields.contains(name))
          << name << " is nowhere set in the golden files of version "
          << version;
    }
  }
  for (const auto& [name, version] : OldFields()) {
    EXPECT_FALSE(of_version[kFormatVersion].fields.contains(name)) << name;
  }
}

TEST(GoldenFormatTest, WhatWasReleasedIsNotWrittenAgain) {
  EXPECT_FALSE(WriteGolden(1, ReadGolden(1)));
  EXPECT_LE(kReleasedFormatVersion, kFormatVersion);
}

// --- An earlier version, continued -------------------------------------------

Event NextOf(const LiveState& state, EventType type, const std::string& agent) {
  Event event;
  event.type = type;
  event.sequence = state.last_sequence + 1;
  event.at_ms = state.last_at_ms;
  event.configuration_version = state.configuration_version;
  event.agent_id.Assign(agent);
  const LiveAgent& live = state.agents.at(agent);
  event.agent_version = live.version + 1;
  event.presence = live.presence;
  return event;
}

TEST(GoldenFormatTest, AJournalOfVersionOneGoesOnInThisOne) {
  MemoryStorage storage = StorageOf(ReadGolden(1));
  Recovered recovered;
  const auto journal = Journal::Open(GoldenOptions(), &storage, &recovered);
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_THAT(recovered.notes,
              ::testing::Contains("was of format version 1 and is continued "
                                  "in version 2"));
  const LiveState& state = (*journal)->state();
  // All live records are of this version at once.
  const auto loaded = LoadLive(storage);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->meta.format_version, kFormatVersion);
  for (const auto& [key, bytes] : AllLiveRecords(state)) {
    EXPECT_EQ(storage.live().at(key), bytes) << key;
  }
  // What was held then ends as what is held now, in one record.
  NumberedEvent over{NextOf(state, EventType::kWrapUpEnded, "gina"), {}};
  over.event.contact_id.Assign("c6");
  over.event.contact_state = ContactState::kEnded;
  over.event.attempt = 2;
  over.event.units = kCapacityUnitsMax;
  NumberedEvent accepted{NextOf(state, EventType::kReservationAccepted, "emil"),
                         {}};
  ++accepted.event.sequence;
  accepted.event.contact_id.Assign("c3");
  accepted.event.queue.Assign("accounts");
  accepted.event.contact_version = 3;
  accepted.event.contact_state = ContactState::kAssigned;
  accepted.event.work_state = WorkState::kHandling;
  accepted.event.attempt = 2;
  accepted.event.units = kCapacityUnitsMax;
  const absl::Status appended = (*journal)->Append({over, accepted});
  ASSERT_TRUE(appended.ok()) << appended;
  EXPECT_THAT(state.agents.at("gina").held, IsEmpty());
  const auto report = Verify(storage);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_TRUE(report->replayed);
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
                                       ", this program reads versions 1 to ",
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
                                       "versions 1 to ",
                                       kFormatVersion)));
  }
}

}  // namespace
}  // namespace relais::journal
