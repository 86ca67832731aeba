#include "lib/journal/memory_storage.h"

#include <algorithm>
#include <limits>

namespace relais::journal {

absl::Status MemoryStorage::Write(const StorageBatch& batch, bool synced) {
  static_cast<void>(synced);  // it is as safe as it gets
  for (const auto& [sequence, bytes] : batch.records) {
    records_[sequence] = bytes;
  }
  for (const auto& [key, bytes] : batch.live_puts) live_[key] = bytes;
  for (const std::string& key : batch.live_deletes) live_.erase(key);
  records_.erase(records_.begin(), records_.lower_bound(batch.trim_before));
  return absl::OkStatus();
}

absl::Status MemoryStorage::ReadLive(OnLive on_live) {
  for (const auto& [key, bytes] : live_) {
    absl::Status status = on_live(key, bytes);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MemoryStorage::ReadRecords(std::uint64_t from,
                                        OnRecord on_record) {
  for (auto it = records_.lower_bound(from); it != records_.end(); ++it) {
    absl::Status status = on_record(it->first, it->second);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::uint64_t>> MemoryStorage::LastRecords(
    std::size_t count) {
  std::vector<std::uint64_t> last;
  for (auto it = records_.rbegin();
       it != records_.rend() && last.size() < count; ++it) {
    last.push_back(it->first);
  }
  std::reverse(last.begin(), last.end());
  return last;
}

absl::Status MemoryStorage::WriteSide(std::string_view text) {
  side_ = std::string(text);
  return absl::OkStatus();
}

absl::StatusOr<std::string> MemoryStorage::ReadSide() { return side_; }

absl::StatusOr<std::uint64_t> MemoryStorage::FreeBytes() {
  return std::numeric_limits<std::uint64_t>::max();
}

absl::Status MemoryStorage::Close() { return absl::OkStatus(); }

}  // namespace relais::journal
