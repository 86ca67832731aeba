// The journal on RocksDB: what is acknowledged is on the medium.

#include <rocksdb/env.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/journal/journal.h"
#include "lib/journal/rocksdb_storage.h"
#include "lib/journal/verify.h"
#include "tests/journal/describe.h"
#include "tests/journal/fault_file_system.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

JournalOptions Options() {
  JournalOptions options;
  options.retention = {5'000, 50};
  return options;
}

class RocksdbTest : public ::testing::Test {
 protected:
  RocksdbTest() {
    std::string name =
        ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(name.begin(), name.end(), '/', '_');
    // What a medium keeps is modelled above it, so memory serves.
    root_ = absl::StrCat(fs::exists("/dev/shm") ? std::string("/dev/shm/")
                                                : ::testing::TempDir(),
                         "relais_journal_", ::getpid(), "_", name);
    fs::remove_all(root_);
    directory_ = root_ + "/parent/journal";
  }
  ~RocksdbTest() override { fs::remove_all(root_); }

  std::unique_ptr<Storage> MustOpen(rocksdb::Env* env = nullptr) {
    RocksdbOptions options;
    options.directory = directory_;
    options.env = env;
    options.write_buffer_bytes = 128 * 1024;
    auto storage = OpenRocksdbStorage(options);
    EXPECT_TRUE(storage.ok()) << storage.status();
    return storage.ok() ? *std::move(storage) : nullptr;
  }
  std::unique_ptr<Journal> MustOpen(Storage& storage, Recovered* recovered,
                                    const JournalOptions& options = Options()) {
    auto journal = Journal::Open(options, &storage, recovered);
    EXPECT_TRUE(journal.ok()) << journal.status();
    return journal.ok() ? *std::move(journal) : nullptr;
  }

  std::string root_;
  std::string directory_;
};

mode_t ModeOf(const std::string& path) {
  struct stat found = {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 0777;
}

TEST_F(RocksdbTest, ComesBackAndIsSound) {
  History history(1, 2'000);
  Random random(1);
  std::string before = Describe(LiveState());
  for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
    const auto storage = MustOpen();
    Recovered recovered;
    const auto journal = MustOpen(*storage, &recovered);
    EXPECT_EQ(recovered.epoch, epoch);
    EXPECT_EQ(Describe(journal->state()), before);
    EXPECT_THAT(recovered.notes, IsEmpty());
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(journal->Append(history.Take(1 + random.Uniform(60))).ok());
    }
    before = Describe(journal->state());
    EXPECT_GT(*storage->FreeBytes(), 0);
    EXPECT_TRUE(storage->Close().ok());
  }
  EXPECT_EQ(ModeOf(directory_), 0700);
  EXPECT_EQ(ModeOf(root_ + "/parent"), 0700);
  const auto storage = MustOpen();
  const auto report = Verify(*storage);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, IsEmpty());
  EXPECT_TRUE(report->replayed);
  EXPECT_EQ(Describe(*Replay(*storage)), before);
}

TEST_F(RocksdbTest, TheSideFileIsTheLastTextAlone) {
  for (int life = 0; life < 2; ++life) {
    const auto storage = MustOpen();
    ASSERT_NE(storage, nullptr);
    for (const std::string text : {"at 8", "at 9", "at 10", "at 11", "at"}) {
      ASSERT_TRUE(storage->WriteSide(text).ok());
      EXPECT_EQ(*storage->ReadSide(), text);
    }
    EXPECT_FALSE(fs::exists(directory_ + "/committed.new"));
  }
}

TEST_F(RocksdbTest, TrimDropsRecords) {
  History history(2);
  JournalOptions options = Options();
  options.retain_events = 50;
  {
    const auto storage = MustOpen();
    Recovered recovered;
    const auto journal = MustOpen(*storage, &recovered, options);
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(journal->Append(history.Take(5)).ok());
    }
    EXPECT_EQ(*journal->Trim(), 20);
  }
  const auto storage = MustOpen();
  EXPECT_EQ(storage->LastRecords(100)->size(), 10);
  EXPECT_EQ(storage->LastRecords(100)->front(), 101);
  Recovered recovered;
  EXPECT_EQ(MustOpen(*storage, &recovered)->first_sequence(), 101);
  EXPECT_THAT(Verify(*storage)->problems, IsEmpty());
}

// --- One process at a time ---------------------------------------------------

constexpr const char* kChildVariable = "RELAIS_TEST_JOURNAL_DIRECTORY";

using RocksdbChildTest = RocksdbTest;

// What the other process does, which tells how it went. Alone it opens a
// directory of its own, where nobody is.
TEST_F(RocksdbChildTest, OpensTheDirectoryItIsGiven) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* given = std::getenv(kChildVariable);
  RocksdbOptions options;
  options.directory = given != nullptr ? given : directory_;
  const auto storage = OpenRocksdbStorage(options);
  std::printf("opened: %s\n", storage.status().ToString().c_str());
  if (given == nullptr) {
    EXPECT_TRUE(storage.ok()) << storage.status();
  }
}

std::string OpenInAnotherProcess(const std::string& directory) {
  const std::string command =
      absl::StrCat(kChildVariable, "=", directory, " ",
                   fs::read_symlink("/proc/self/exe").string(),
                   " --gtest_filter='RocksdbChildTest.*'");
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (std::fgets(buffer, sizeof(buffer), pipe) != nullptr) output += buffer;
  ::pclose(pipe);
  return output;
}

TEST_F(RocksdbTest, ASecondOpenerIsRefused) {
  {
    const auto storage = MustOpen();
    RocksdbOptions options;
    options.directory = directory_;
    const absl::Status second = OpenRocksdbStorage(options).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
    EXPECT_THAT(std::string(second.message()), HasSubstr(directory_));
    EXPECT_THAT(OpenInAnotherProcess(directory_),
                HasSubstr("opened: FAILED_PRECONDITION: journal " + directory_ +
                          ": another process has it open"));
  }
  EXPECT_THAT(OpenInAnotherProcess(directory_), HasSubstr("opened: OK"));
}

TEST_F(RocksdbTest, NamesADirectoryThatCannotBeMade) {
  std::ofstream(root_).put('x');
  RocksdbOptions options;
  options.directory = directory_;
  EXPECT_THAT(std::string(OpenRocksdbStorage(options).status().message()),
              HasSubstr("cannot be made: Not a directory"));
  options.directory.clear();
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRocksdbStorage(options).status()));
}

// --- Faults ------------------------------------------------------------------

TEST_F(RocksdbTest, EveryAcknowledgedGroupHasASync) {
  const auto system = std::make_shared<FaultFileSystem>();
  const auto env = rocksdb::NewCompositeEnv(system);
  const auto storage = MustOpen(env.get());
  Recovered recovered;
  const auto journal = MustOpen(*storage, &recovered);
  History history(3);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t before = system->log_syncs();
    ASSERT_TRUE(journal->Append(history.Take(2)).ok());
    ASSERT_GT(system->log_syncs(), before) << "group " << i;
  }
}

enum class Fault { kAppend, kNoSpace, kSync };

class RocksdbFaultTest : public RocksdbTest,
                         public ::testing::WithParamInterface<Fault> {};

TEST_P(RocksdbFaultTest, IsFinalAndLosesNothingAcknowledged) {
  const auto system = std::make_shared<FaultFileSystem>();
  const auto env = rocksdb::NewCompositeEnv(system);
  History history(4);
  std::vector<std::string> states;
  {
    const auto storage = MustOpen(env.get());
    Recovered recovered;
    const auto journal = MustOpen(*storage, &recovered);
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(journal->Append(history.Take(3)).ok());
    }
    states.push_back(Describe(journal->state()));
    switch (GetParam()) {
      case Fault::kAppend:
        system->FailAppend(0, rocksdb::IOStatus::IOError("medium error"));
        break;
      case Fault::kNoSpace:
        system->FailAppend(0, rocksdb::IOStatus::NoSpace("full"));
        break;
      case Fault::kSync:
        system->FailSync(0, rocksdb::IOStatus::IOError("medium error"));
        break;
    }
    const absl::Status failed = journal->Append(history.Take(3));
    ASSERT_FALSE(failed.ok());
    EXPECT_THAT(std::string(failed.message()), HasSubstr(directory_));
    EXPECT_EQ(absl::IsResourceExhausted(failed), GetParam() == Fault::kNoSpace);
    states.push_back(Describe(journal->state()));
    // The disk is well again: nothing is tried.
    system->FailAppend(-1, rocksdb::IOStatus::OK());
    system->FailSync(-1, rocksdb::IOStatus::OK());
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(journal->Append(history.Take(3)), failed);
    }
    EXPECT_EQ(journal->committed_sequence(), 30);
  }
  const auto storage = MustOpen();
  Recovered recovered;
  const auto journal = MustOpen(*storage, &recovered);
  if (GetParam() == Fault::kSync) {
    // Written and not known to be on the medium: there, or not.
    EXPECT_THAT(Describe(journal->state()), AnyOf(states[0], states[1]));
  } else {
    EXPECT_EQ(Describe(journal->state()), states[0]);
  }
  EXPECT_THAT(Verify(*storage)->problems, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Faults, RocksdbFaultTest,
                         ::testing::Values(Fault::kAppend, Fault::kNoSpace,
                                           Fault::kSync));

// The power is cut in the middle of a write, or between two, again and again;
// the medium keeps any part of what was not synced.
TEST_F(RocksdbTest, APowerLossLosesNothingAcknowledged) {
  int in_flight_kept = 0;
  int in_flight_lost = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    fs::remove_all(root_);
    Random random(seed);
    auto history = std::make_unique<History>(seed, 1'500);
    std::vector<NumberedEvent> given;  // all that were ever made
    std::uint64_t acknowledged = 0;
    std::uint64_t in_flight = 0;
    for (int life = 0; life < 6; ++life) {
      const auto system = std::make_shared<FaultFileSystem>();
      const auto env = rocksdb::NewCompositeEnv(system);
      {
        const auto storage = MustOpen(env.get());
        ASSERT_NE(storage, nullptr);
        Recovered recovered;
        const auto journal = MustOpen(*storage, &recovered);
        ASSERT_NE(journal, nullptr) << "life " << life;
        const std::uint64_t last = journal->state().last_sequence;
        ASSERT_GE(last, acknowledged);
        ASSERT_THAT(last, AnyOf(acknowledged, in_flight));
        if (in_flight > acknowledged) {
          ++(last == in_flight ? in_flight_kept : in_flight_lost);
        }
        // The same events go on; those that were lost are given again.
        acknowledged = last;
        system->StopAtAppend(static_cast<int>(random.Uniform(30)));
        for (int group = 0; group < 40; ++group) {
          const std::size_t count = 1 + random.Uniform(20);
          while (given.size() < acknowledged + count) {
            given.push_back(history->Next());
          }
          in_flight = acknowledged + count;
          const absl::Status status = journal->Append(
              absl::MakeConstSpan(given).subspan(acknowledged, count));
          if (!status.ok()) break;
          acknowledged = in_flight;
        }
        if (random.Bernoulli(0.3)) system->Stop();
      }
      system->LosePower(random);
    }
    const auto storage = MustOpen();
    Recovered recovered;
    const auto journal = MustOpen(*storage, &recovered);
    ASSERT_NE(journal, nullptr);
    Fold fold(Options().retention);
    for (std::uint64_t i = 0; i < journal->state().last_sequence; ++i) {
      ASSERT_TRUE(fold.Apply(given[i].event, given[i].detail, nullptr).ok());
    }
    EXPECT_EQ(Describe(journal->state()), Describe(fold.state()));
    EXPECT_GE(journal->state().last_sequence, acknowledged);
    const auto report = Verify(*storage);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->problems, IsEmpty());
    EXPECT_TRUE(report->replayed);
  }
  EXPECT_GT(in_flight_lost, 10) << in_flight_kept;
}

// --- Damage ------------------------------------------------------------------

std::string ReadAll(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void WriteAll(const std::string& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class RocksdbDamageTest : public RocksdbTest {
 protected:
  // A journal of 12 groups of 2 in a directory that is kept as it is.
  void SetUp() override {
    original_ = root_ + "/original";
    directory_ = original_;
    const auto storage = MustOpen();
    Recovered recovered;
    const auto journal = MustOpen(*storage, &recovered);
    states_.push_back(Describe(LiveState()));
    History history(5);
    for (int i = 0; i < 12; ++i) {
      ASSERT_TRUE(journal->Append(history.Take(2)).ok());
      states_.push_back(Describe(journal->state()));
    }
    ASSERT_TRUE(storage->Close().ok());
    directory_ = root_ + "/damaged";
  }

  void CopyOriginal() {
    fs::remove_all(directory_);
    fs::copy(original_, directory_);
  }

  std::string LogName() const {
    for (const auto& entry : fs::directory_iterator(original_)) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) {
        return entry.path().filename().string();
      }
    }
    return "";
  }

  // The number of groups that are recovered; -1 if that is refused.
  int Groups() {
    RocksdbOptions options;
    options.directory = directory_;
    const auto storage = OpenRocksdbStorage(options);
    if (!storage.ok()) return -1;
    Recovered recovered;
    const auto journal = Journal::Open(Options(), storage->get(), &recovered);
    if (!journal.ok()) {
      refusal_ = std::string(journal.status().message());
      return -1;
    }
    const auto groups = (*journal)->state().last_sequence / 2;
    EXPECT_EQ(Describe((*journal)->state()), states_.at(groups));
    return static_cast<int>(groups);
  }

  std::string original_;
  std::string refusal_;
  std::vector<std::string> states_;
};

TEST_F(RocksdbDamageTest, ATruncatedLogGivesAPrefixOrIsRefused) {
  const std::string name = LogName();
  ASSERT_NE(name, "");
  const std::string bytes = ReadAll(original_ + "/" + name);
  int before = 12;
  std::size_t shorter = 0;
  for (std::size_t size = bytes.size(); size-- > 0;) {
    if (size % 101 != 0 && size + 12 < bytes.size()) continue;
    CopyOriginal();
    WriteAll(directory_ + "/" + name, bytes.substr(0, size));
    // What was acknowledged is known: refused.
    refusal_.clear();
    EXPECT_EQ(Groups(), -1) << size;
    EXPECT_THAT(refusal_, HasSubstr("events up to 24 were acknowledged"));
    // It is not known: whole groups.
    fs::remove(directory_ + "/committed");
    const int groups = Groups();
    EXPECT_GE(groups, 0) << size;
    EXPECT_LE(groups, before) << size;
    shorter += groups < before ? 1 : 0;
    before = groups;
  }
  EXPECT_EQ(before, 0);
  EXPECT_GE(shorter, 10);
}

TEST_F(RocksdbDamageTest, AFlippedByteOfAnyFileIsRefusedOrHarmless) {
  Random random(6);
  int refused = 0;
  for (const auto& entry : fs::directory_iterator(original_)) {
    const std::string name = entry.path().filename().string();
    const std::string bytes = ReadAll(entry.path().string());
    if (bytes.empty() || name.starts_with("LOG")) continue;
    for (int i = 0; i < 25; ++i) {
      const std::size_t at = random.Uniform(bytes.size());
      std::string damaged = bytes;
      damaged[at] ^= static_cast<char>(1 << random.Uniform(8));
      CopyOriginal();
      WriteAll(directory_ + "/" + name, damaged);
      const int groups = Groups();
      EXPECT_THAT(groups, AnyOf(-1, 12)) << name << " byte " << at;
      refused += groups < 0 ? 1 : 0;
    }
  }
  EXPECT_GT(refused, 25);
}

}  // namespace
}  // namespace relais::journal
