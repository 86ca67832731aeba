// A storage in memory: for tests, and for who wants no journal on a disk. What
// was written outlives the Journal that wrote it, not the process.
//
// Thread safety: none; one thread.

#ifndef RELAIS_LIB_JOURNAL_MEMORY_STORAGE_H_
#define RELAIS_LIB_JOURNAL_MEMORY_STORAGE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/journal/storage.h"

namespace relais::journal {

class MemoryStorage : public Storage {
 public:
  absl::Status Write(const StorageBatch& batch, bool synced) override;
  absl::Status ReadLive(OnLive on_live) override;
  absl::Status ReadRecords(std::uint64_t from, OnRecord on_record) override;
  absl::StatusOr<std::vector<std::uint64_t>> LastRecords(
      std::size_t count) override;
  absl::Status WriteSide(std::string_view text) override;
  absl::StatusOr<std::string> ReadSide() override;
  absl::StatusOr<std::uint64_t> FreeBytes() override;
  absl::Status Close() override;
  std::string Name() const override { return "memory"; }

  // For who wants to look, or to damage: the bytes themselves.
  std::map<std::uint64_t, std::string>& records() { return records_; }
  const std::map<std::uint64_t, std::string>& records() const {
    return records_;
  }
  std::map<std::string, std::string>& live() { return live_; }
  const std::map<std::string, std::string>& live() const { return live_; }
  std::string& side() { return side_; }
  const std::string& side() const { return side_; }

 private:
  std::map<std::uint64_t, std::string> records_;
  std::map<std::string, std::string> live_;
  std::string side_;
};

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_MEMORY_STORAGE_H_
