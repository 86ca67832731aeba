#include "server/disk_guard.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace relais::server {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

absl::Status AskSystem(const std::string& directory, std::uint64_t* free) {
  std::error_code error;
  const std::filesystem::space_info space =
      std::filesystem::space(directory, error);
  if (error) return absl::UnavailableError(error.message());
  *free = space.available;
  return absl::OkStatus();
}

bool Below(std::uint64_t free_bytes, std::uint64_t bound, bool was_below) {
  return free_bytes < (was_below ? bound + bound / 10 : bound);
}

}  // namespace

DiskGuard::DiskGuard(Options options) : options_(std::move(options)) {}

DiskLevel DiskGuard::LevelAt(std::uint64_t free_bytes, DiskLevel before) const {
  if (Below(free_bytes, options_.read_only_bytes,
            before == DiskLevel::kReadOnly)) {
    return DiskLevel::kReadOnly;
  }
  return Below(free_bytes, options_.low_bytes, before != DiskLevel::kEnough)
             ? DiskLevel::kLow
             : DiskLevel::kEnough;
}

DiskLevel DiskGuard::Check() {
  MutexLock lock(mutex_);
  const DiskLevel before = level();
  std::uint64_t free_bytes = 0;
  const absl::Status asked = options_.free_bytes != nullptr
                                 ? options_.free_bytes(&free_bytes)
                                 : AskSystem(options_.directory, &free_bytes);
  if (!asked.ok()) return before;
  const DiskLevel now = LevelAt(free_bytes, before);
  free_bytes_.store(free_bytes, std::memory_order_relaxed);
  level_.store(now, std::memory_order_relaxed);
  return now;
}

std::string DiskGuard::Describe() const {
  return absl::StrCat(free_bytes_.load(std::memory_order_relaxed) / kMebibyte,
                      " MiB left on the journal's disk");
}

absl::Status DiskGuard::AllowsNewContacts() const {
  if (level() != DiskLevel::kLow) return AllowsChanges();
  return absl::ResourceExhaustedError(
      absl::StrCat(Describe(), "; new contacts are taken again with ",
                   options_.low_bytes / kMebibyte, " MiB and a tenth more"));
}

absl::Status DiskGuard::AllowsChanges() const {
  if (level() != DiskLevel::kReadOnly) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(
      Describe(), "; the server changes nothing until there are ",
      options_.read_only_bytes / kMebibyte, " MiB and a tenth more"));
}

}  // namespace relais::server
