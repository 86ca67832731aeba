// Journals that a real relaisd wrote, and the programs that look at them.

#ifndef RELAIS_TESTS_E2E_JOURNAL_FIXTURE_H_
#define RELAIS_TESTS_E2E_JOURNAL_FIXTURE_H_

#include <signal.h>
#include <stdlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "lib/base/assert.h"
#include "lib/journal/offline.h"
#include "lib/journal/rocksdb_storage.h"
#include "tests/e2e/client.h"
#include "tests/e2e/process.h"

namespace relais::e2e {

namespace fs = std::filesystem;

inline constexpr char kCentre[] = R"(
skills: [{name: accounts}]
routing_profiles: [{name: telephone, channels: [voice]}]
agents:
  - {id: anna, routing_profile: telephone, skills: [{skill: accounts, level: 5}]}
  - {id: "b,\"la\"", routing_profile: telephone, skills: [{skill: accounts, level: 5}]}
queues:
  - name: accounts
    channels: [voice]
    requirement: {all_of: [{skill: accounts}]}
    offer_timeout_ms: 10min
    wrap_up_ms: 10min
)";

inline constexpr char kAwkwardAgent[] = "b,\"la\"";
inline constexpr char kAwkwardContact[] = "c,\"2\"\r\nand 'more'; =1+1";

inline std::string ReplayPath() {
  const char* value = std::getenv("RELAIS_REPLAY");
  RELAIS_CHECK(value != nullptr, "run this test through ctest");
  return value;
}

inline std::string ReadAll(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline google::protobuf::Struct ParseObject(const std::string& text) {
  google::protobuf::Struct object;
  const auto status =
      google::protobuf::util::JsonStringToMessage(text, &object);
  EXPECT_TRUE(status.ok()) << status.ToString() << ": " << text;
  return object;
}

inline std::string TextOf(const google::protobuf::Struct& object,
                          const std::string& name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? "(none)"
                                        : found->second.string_value();
}

// Lines of standard output: the programs' own words begin with their name.
inline std::vector<std::string> LinesOf(const std::string& output) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(output, '\n')) {
    if (line.empty() || absl::StartsWith(line, "relaisctl: ")) continue;
    lines.emplace_back(line);
  }
  return lines;
}

class JournalProgramsTest : public ::testing::Test {
 protected:
  JournalProgramsTest() {
    std::string name = (fs::temp_directory_path() / "relais-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    journal_ = root_ / "journal";
  }
  ~JournalProgramsTest() override {
    server_.reset();
    fs::remove_all(root_);
  }

  void Start() {
    server_ = std::make_unique<Relaisd>(
        kCentre, std::vector<std::string>{"--journal", journal_.string()});
    client_ = std::make_unique<Client>(server_->address());
  }
  void Kill() {
    server_->Signal(SIGKILL);
    EXPECT_EQ(server_->Wait().exit_code, 128 + SIGKILL);
    server_.reset();
  }
  // A contact in handling, one offered, one waiting, one that has ended; the
  // events as the API told them.
  void WriteJournal() {
    Start();
    {
      Desk desk(client_.get());
      desk.Attach({"anna", kAwkwardAgent});
      EXPECT_FALSE(desk.NextAnswer().has_error());
      ASSERT_TRUE(client_->SignIn("anna").ok());
      ASSERT_TRUE(client_->Submit("c1").ok());
      desk.Accept(desk.NextOffer());
      EXPECT_FALSE(desk.NextAnswer().has_error());
      ASSERT_TRUE(client_->SignIn(kAwkwardAgent).ok());
      ASSERT_TRUE(client_->Submit(kAwkwardContact).ok());
      EXPECT_EQ(desk.NextOffer().contact().id(), kAwkwardContact);
      for (const char* id : {"c3", "c4"}) {
        ASSERT_TRUE(client_->Submit(id).ok());
      }
      ASSERT_TRUE(client_->Cancel("c4").ok());
      ASSERT_TRUE(client_->Complete("c1").ok());
    }
    last_ = client_->Barrier().event_sequence();
    events_ = client_->Events(1, last_);
    ASSERT_EQ(events_.size(), last_);
    Kill();
  }
  // A copy to be damaged; the last one made is what Journal() works on.
  fs::path Copy() {
    const fs::path copy = root_ / absl::StrCat("copy", ++copies_);
    fs::copy(journal_, copy);
    return copy;
  }
  // Changes a journal as a program with RocksDB could.
  static void Change(const fs::path& directory,
                     const journal::StorageBatch& batch) {
    journal::RocksdbOptions options;
    options.directory = directory.string();
    const auto storage = journal::OpenRocksdbStorage(options);
    ASSERT_TRUE(storage.ok()) << storage.status();
    ASSERT_TRUE((*storage)->Write(batch, true).ok());
    ASSERT_TRUE((*storage)->Close().ok());
  }
  // The bytes of the record that begins with an event.
  static std::string RecordOf(const fs::path& directory, std::uint64_t key) {
    std::string found;
    const auto opened = journal::OpenOffline(directory.string());
    EXPECT_TRUE(opened->storage
                    ->ReadRecords(key,
                                  [&](std::uint64_t at, std::string_view b) {
                                    if (at == key) found = b;
                                    return absl::OkStatus();
                                  })
                    .ok());
    EXPECT_NE(found, "");
    return found;
  }

  static Finished Journal(const std::string& command, const fs::path& directory,
                          std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(),
                 {RelaisctlPath(), "journal", command, directory.string()});
    return RunProgram(flags);
  }
  static Finished Replay(const fs::path& directory,
                         std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {ReplayPath(), directory.string()});
    return RunProgram(flags);
  }

  fs::path root_;
  fs::path journal_;
  int copies_ = 0;
  std::uint64_t last_ = 0;
  std::vector<v1::Event> events_;
  std::unique_ptr<Relaisd> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace relais::e2e

#endif  // RELAIS_TESTS_E2E_JOURNAL_FIXTURE_H_
