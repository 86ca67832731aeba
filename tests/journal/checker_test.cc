// The second decoder (tests/journal/check_journal.py) agrees with the first on
// what is sound, and finds what is not.

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/journal/dump.h"
#include "lib/journal/journal.h"
#include "lib/journal/live_records.h"
#include "lib/journal/memory_storage.h"
#include "tests/journal/golden_files.h"
#include "tests/journal/golden_history.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;

// What the checker prints about the storage's dump. Tests run in the root of
// the repository.
std::string Check(MemoryStorage& storage, const std::string& options = "") {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "relais_journal_dump_", ::getpid());
  {
    std::ofstream stream(path, std::ios::binary);
    const absl::Status status =
        Dump(storage, [&stream](std::string_view bytes) {
          stream.write(bytes.data(),
                       static_cast<std::streamsize>(bytes.size()));
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok()) << status;
  }
  const std::string command = absl::StrCat(
      "python3 tests/journal/check_journal.py ", path, " ", options, " 2>&1");
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) output += buffer;
  ::pclose(pipe);
  std::filesystem::remove(path);
  return output;
}

MemoryStorage Journaled(std::uint64_t seed, int groups, int group) {
  MemoryStorage storage;
  History history(seed);
  Random random(seed);
  JournalOptions options;
  options.retention = {20'000, 30};
  for (int i = 0; i < groups; ++i) {
    Recovered recovered;
    const auto journal = Journal::Open(options, &storage, &recovered);
    EXPECT_TRUE(journal.ok()) << journal.status();
    for (int j = 0; j < 20; ++j) {
      EXPECT_TRUE(
          (*journal)
              ->Append(history.Take(
                  1 + random.Uniform(static_cast<std::uint64_t>(group))))
              .ok());
    }
  }
  return storage;
}

TEST(CheckerTest, AgreesWithWhatTheJournalWrote) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    MemoryStorage storage = Journaled(seed, 3, 40);
    EXPECT_THAT(Check(storage), HasSubstr("replayed, 0 problems")) << seed;
  }
  MemoryStorage storage = Journaled(1, 1, 1);
  EXPECT_THAT(Check(storage, "--acknowledged 20"), HasSubstr(" 0 problems"));
  EXPECT_THAT(Check(storage, "--acknowledged 21"),
              HasSubstr("event 21 was acknowledged, the records end with 20"));
}

TEST(CheckerTest, ReadsEveryVersionAndTheOneContinuedInAnother) {
  for (int version = 1; version <= kFormatVersion; ++version) {
    MemoryStorage storage = StorageOf(ReadGolden(version));
    EXPECT_THAT(Check(storage), HasSubstr("replayed, 0 problems")) << version;
    Recovered recovered;
    const auto journal = Journal::Open(GoldenOptions(), &storage, &recovered);
    ASSERT_TRUE(journal.ok()) << journal.status();
    // emil accepts c3, which he was offered when the files were written.
    NumberedEvent accepted;
    const LiveState& state = (*journal)->state();
    const LiveContact& contact = state.contacts.at("c3");
    accepted.event.type = EventType::kReservationAccepted;
    accepted.event.sequence = state.last_sequence + 1;
    accepted.event.at_ms = state.last_at_ms;
    accepted.event.contact_id.Assign("c3");
    accepted.event.queue.Assign("accounts");
    accepted.event.contact_version = contact.version + 1;
    accepted.event.contact_state = ContactState::kAssigned;
    accepted.event.agent_id.Assign("emil");
    accepted.event.agent_version = state.agents.at("emil").version + 1;
    accepted.event.presence = state.agents.at("emil").presence;
    accepted.event.work_state = WorkState::kHandling;
    accepted.event.attempt = contact.attempt;
    const absl::Status appended = (*journal)->Append({accepted});
    ASSERT_TRUE(appended.ok()) << appended;
    EXPECT_THAT(Check(storage), HasSubstr("replayed, 0 problems")) << version;
  }
}

TEST(CheckerTest, FindsWhatIsWrong) {
  const MemoryStorage sound = Journaled(9, 2, 3);
  MemoryStorage damaged = sound;
  damaged.records().erase(std::next(damaged.records().begin(), 5));
  EXPECT_THAT(Check(damaged), HasSubstr("the chain is broken"));
  damaged = sound;
  damaged.records().erase(std::prev(damaged.records().end()));
  EXPECT_THAT(Check(damaged), HasSubstr("was acknowledged, the records end"));
  damaged = sound;
  damaged.records().begin()->second[200] ^= 1;
  EXPECT_THAT(Check(damaged), HasSubstr("byte 8: crc32c is wrong"));
  damaged = sound;
  LiveQueue queue;
  queue.offered_total = 77;
  damaged.live()["qq1"] = SealLive("qq1", EncodeLiveQueue(queue));
  EXPECT_THAT(Check(damaged), HasSubstr("live record ('q', b'q1'): is"));
  damaged = StorageOf(ReadGolden(kFormatVersion));
  LiveAgent agent = LoadLive(damaged)->state.agents.at("ivan");
  agent.held[1].units += 1;
  damaged.live()["aivan"] = SealLive("aivan", EncodeLiveAgent(agent));
  EXPECT_THAT(Check(damaged), HasSubstr("live record ('a', b'ivan'): is"));
  damaged = sound;
  damaged.live().begin()->second[6] ^= 1;
  EXPECT_THAT(Check(damaged), HasSubstr("crc32c is wrong"));
  damaged = sound;
  damaged.live().erase("m");
  EXPECT_THAT(Check(damaged), HasSubstr("no meta record"));
}

}  // namespace
}  // namespace relais::journal
