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
  damaged = sound;
  damaged.live().begin()->second[6] ^= 1;
  EXPECT_THAT(Check(damaged), HasSubstr("crc32c is wrong"));
  damaged = sound;
  damaged.live().erase("m");
  EXPECT_THAT(Check(damaged), HasSubstr("no meta record"));
}

}  // namespace
}  // namespace relais::journal
