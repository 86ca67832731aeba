#include "server/fail_points.h"

#include <signal.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace relais::server {
namespace {

using journal::LogStep;
using journal::MediumError;

constexpr std::chrono::milliseconds kLastMoments{30};

struct NamedPoint {
  absl::string_view name;
  CrashPoint point;
};
constexpr std::array<NamedPoint, 8> kPoints = {{
    {"before-write", CrashPoint::kBeforeWrite},
    {"after-write", CrashPoint::kAfterWrite},
    {"before-sync", CrashPoint::kBeforeSync},
    {"after-sync", CrashPoint::kAfterSync},
    {"before-publish", CrashPoint::kBeforePublish},
    {"after-publish", CrashPoint::kAfterPublish},
    {"before-acknowledge", CrashPoint::kBeforeAcknowledge},
    {"after-acknowledge", CrashPoint::kAfterAcknowledge},
}};

struct NamedFault {
  absl::string_view name;
  LogStep step;
  MediumError error;
};
constexpr std::array<NamedFault, 3> kFaults = {{
    {"write-eio", LogStep::kBeforeWrite, MediumError::kInputOutput},
    {"write-full", LogStep::kBeforeWrite, MediumError::kNoSpace},
    {"sync-eio", LogStep::kBeforeSync, MediumError::kInputOutput},
}};

// The entry that "name:N" names, and its N.
template <typename Table>
absl::StatusOr<std::pair<typename Table::value_type, std::uint64_t>> ParseNth(
    std::string_view text, const Table& table) {
  const absl::string_view all(text.data(), text.size());
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(all, absl::MaxSplits(':', 1));
  std::uint64_t at = 0;
  for (const auto& named : table) {
    if (named.name == parts.first && absl::SimpleAtoi(parts.second, &at) &&
        at > 0) {
      return std::pair(named, at);
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", all, "' is not NAME:N, N from 1 and NAME one of ",
      absl::StrJoin(table, ", ", [](std::string* out, const auto& named) {
        absl::StrAppend(out, named.name);
      })));
}

CrashPoint PointOf(LogStep step) {
  switch (step) {
    case LogStep::kBeforeWrite:
      return CrashPoint::kBeforeWrite;
    case LogStep::kAfterWrite:
      return CrashPoint::kAfterWrite;
    case LogStep::kBeforeSync:
      return CrashPoint::kBeforeSync;
    case LogStep::kAfterSync:
      return CrashPoint::kAfterSync;
  }
  return CrashPoint::kNever;
}

}  // namespace

absl::StatusOr<Crash> ParseCrash(std::string_view text) {
  const auto parsed = ParseNth(text, kPoints);
  if (!parsed.ok()) return parsed.status();
  return Crash{parsed->first.point, parsed->second};
}

absl::StatusOr<StorageFault> ParseStorageFault(std::string_view text) {
  const auto parsed = ParseNth(text, kFaults);
  if (!parsed.ok()) return parsed.status();
  return StorageFault{parsed->first.step, parsed->first.error, parsed->second};
}

bool FailPoints::watches_log() const {
  return fault_.error != MediumError::kNone ||
         (crash_.point >= CrashPoint::kBeforeWrite &&
          crash_.point <= CrashPoint::kAfterSync);
}

void FailPoints::Reach(CrashPoint point) {
  if (point != crash_.point) return;
  if (reached_.fetch_add(1, std::memory_order_relaxed) + 1 != crash_.at) return;
  // The other threads go on: what they would let out too early gets out, and is
  // found.
  std::this_thread::sleep_for(kLastMoments);
  raise(SIGKILL);
}

MediumError FailPoints::OnLogStep(LogStep step) {
  Reach(PointOf(step));
  if (fault_.error == MediumError::kNone || step != fault_.step) {
    return MediumError::kNone;
  }
  const bool now =
      failing_steps_.fetch_add(1, std::memory_order_relaxed) + 1 == fault_.at;
  return now ? fault_.error : MediumError::kNone;
}

}  // namespace relais::server
