#include "tests/journal/golden_files.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

namespace relais::journal {
namespace {

constexpr std::size_t kBytesALine = 38;
constexpr char kJournalFile[] = "journal.txt";
constexpr char kEventsFile[] = "events.txt";
constexpr char kStateFile[] = "state.txt";

void AppendEntry(const std::string& head, const std::string& bytes,
                 std::string* text) {
  absl::StrAppend(text, head, "\n");
  for (std::size_t at = 0; at < bytes.size(); at += kBytesALine) {
    absl::StrAppend(text, "  ",
                    absl::BytesToHexString(bytes.substr(at, kBytesALine)),
                    "\n");
  }
}

void Put(const std::string& head, std::string bytes, MemoryStorage* storage) {
  const std::vector<std::string> words = absl::StrSplit(head, ' ');
  std::uint64_t sequence = 0;
  if (words[0] == "record" && words.size() == 2 &&
      absl::SimpleAtoi(words[1], &sequence)) {
    storage->records()[sequence] = std::move(bytes);
  } else if (words[0] == "live" && words.size() == 2) {
    storage->live()[absl::HexStringToBytes(words[1])] = std::move(bytes);
  } else if (head == "committed") {
    storage->side() = std::move(bytes);
  } else {
    ADD_FAILURE() << "'" << head << "' is no entry of a golden journal";
  }
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << path << " cannot be read";
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool WriteFile(const std::string& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary);
  stream << text;
  return static_cast<bool>(stream.flush());
}

}  // namespace

std::string GoldenDirectory(int version) {
  return absl::StrCat("tests/journal/golden/v", version);
}

GoldenFiles MakeGolden(MemoryStorage& storage, const std::string& events,
                       const std::string& state) {
  GoldenFiles golden;
  for (const auto& [sequence, bytes] : storage.records()) {
    AppendEntry(absl::StrCat("record ", sequence), bytes, &golden.journal);
  }
  for (const auto& [key, bytes] : storage.live()) {
    AppendEntry(absl::StrCat("live ", absl::BytesToHexString(key)), bytes,
                &golden.journal);
  }
  AppendEntry("committed", storage.side(), &golden.journal);
  golden.events = events;
  golden.state = absl::StrCat(state, "\n");
  return golden;
}

MemoryStorage StorageOf(const GoldenFiles& golden) {
  MemoryStorage storage;
  std::string head;
  std::string bytes;
  for (absl::string_view line : absl::StrSplit(golden.journal, '\n')) {
    if (absl::ConsumePrefix(&line, "  ")) {
      bytes += absl::HexStringToBytes(line);
      continue;
    }
    if (!head.empty()) Put(head, std::exchange(bytes, ""), &storage);
    head = std::string(line);
  }
  return storage;
}

GoldenFiles ReadGolden(int version) {
  const std::string directory = GoldenDirectory(version);
  return {ReadFile(absl::StrCat(directory, "/", kJournalFile)),
          ReadFile(absl::StrCat(directory, "/", kEventsFile)),
          ReadFile(absl::StrCat(directory, "/", kStateFile))};
}

bool WriteGolden(int version, const GoldenFiles& golden) {
  if (version <= kReleasedFormatVersion) return false;
  const std::string directory = GoldenDirectory(version);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return false;
  return WriteFile(absl::StrCat(directory, "/", kJournalFile),
                   golden.journal) &&
         WriteFile(absl::StrCat(directory, "/", kEventsFile), golden.events) &&
         WriteFile(absl::StrCat(directory, "/", kStateFile), golden.state);
}

}  // namespace relais::journal
