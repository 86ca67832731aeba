// The parts around the server's journal: how much room is left, what the clock
// begins with, where a process is killed and a disk fails.

#include <signal.h>

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/boot_clock.h"
#include "server/disk_guard.h"
#include "server/fail_points.h"

namespace relais::server {
namespace {

using journal::ClockMark;
using journal::LogStep;
using journal::MediumError;
using ::testing::HasSubstr;

constexpr std::uint64_t kMebibyte = 1024 * 1024;

class DiskGuardTest : public ::testing::Test {
 protected:
  DiskLevel With(std::uint64_t mebibytes) {
    free_bytes_ = mebibytes * kMebibyte;
    return guard_.Check();
  }

  std::uint64_t free_bytes_ = 0;
  absl::Status asked_;
  DiskGuard guard_{
      {"", 200 * kMebibyte, 50 * kMebibyte, [this](std::uint64_t* free) {
         *free = free_bytes_;
         return asked_;
       }}};
};

TEST_F(DiskGuardTest, RefusesNewContactsThenAllChanges) {
  EXPECT_EQ(With(200), DiskLevel::kEnough);
  EXPECT_TRUE(guard_.AllowsNewContacts().ok());
  EXPECT_EQ(With(199), DiskLevel::kLow);
  EXPECT_EQ(guard_.AllowsNewContacts().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(guard_.AllowsChanges().ok());
  EXPECT_EQ(With(49), DiskLevel::kReadOnly);
  EXPECT_EQ(guard_.AllowsNewContacts().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(guard_.AllowsChanges().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(guard_.AllowsChanges().message()),
              HasSubstr("49 MiB left"));
}

TEST_F(DiskGuardTest, GoesBackOnlyWithATenthMore) {
  EXPECT_EQ(With(10), DiskLevel::kReadOnly);
  EXPECT_EQ(With(54), DiskLevel::kReadOnly);
  EXPECT_EQ(With(55), DiskLevel::kLow);
  EXPECT_EQ(With(219), DiskLevel::kLow);
  EXPECT_EQ(With(220), DiskLevel::kEnough);
  EXPECT_EQ(With(200), DiskLevel::kEnough);
}

TEST_F(DiskGuardTest, KeepsItsLevelWhenTheSystemDoesNotAnswer) {
  EXPECT_EQ(With(100), DiskLevel::kLow);
  asked_ = absl::UnavailableError("gone");
  EXPECT_EQ(With(1'000), DiskLevel::kLow);
}

TEST(DiskGuardSystemTest, AsksTheFileSystem) {
  DiskGuard guard({::testing::TempDir(), 1, 0, nullptr});
  EXPECT_EQ(guard.Check(), DiskLevel::kEnough);
  EXPECT_THAT(guard.Describe(), HasSubstr("MiB left"));
}

constexpr InstantMs kHourMs = 3'600'000;

TEST(BootClockTest, WithinOneBootTheWallDoesNotMatter) {
  const ClockMark left{"boot", 5'000, 1'000'000};
  const ClockMark now{"boot", 7'500, 0};
  for (const InstantMs wall_ms :
       {InstantMs{0}, InstantMs{1'002'500}, 1'000'000 + kHourMs}) {
    EXPECT_EQ(InstantAtRestart(left, now, 990'000, wall_ms), 1'002'500);
  }
  // Never before the last event.
  EXPECT_EQ(InstantAtRestart(left, now, 1'003'000, 0), 1'003'000);
}

TEST(BootClockTest, AfterAnotherBootTheWallCountsButNeverBackwards) {
  const ClockMark left{"boot", 5'000, 1'000'000};
  EXPECT_EQ(InstantAtRestart(left, {"other", 9'000, 0}, 999'000, 2'000'000),
            2'000'000);
  EXPECT_EQ(InstantAtRestart(left, {"other", 9'000, 0}, 999'000, 5), 999'000);
  EXPECT_EQ(InstantAtRestart({}, {"boot", 9'000, 0}, 10, 2'000), 2'000);
  EXPECT_EQ(InstantAtRestart({"", 1, 1}, {"", 2, 0}, 10, 2'000), 2'000);
  // The same name, but earlier: it cannot be the same boot.
  EXPECT_EQ(InstantAtRestart(left, {"boot", 4'000, 0}, 999'000, 2'000'000),
            2'000'000);
}

TEST(BootClockTest, TheMachineTellsItsBoot) {
  const ClockMark first = MarkClock(7);
  const ClockMark second = MarkClock(8);
  EXPECT_EQ(first.at_ms, 7);
  EXPECT_FALSE(first.boot_id.empty());
  EXPECT_EQ(first.boot_id, second.boot_id);
  EXPECT_GE(second.boot_clock_ms, first.boot_clock_ms);
}

TEST(FailPointsTest, ParsesWhatItNames) {
  const auto crash = ParseCrash("after-publish:12");
  ASSERT_TRUE(crash.ok());
  EXPECT_EQ(crash->point, CrashPoint::kAfterPublish);
  EXPECT_EQ(crash->at, 12U);
  const auto fault = ParseStorageFault("write-full:3");
  ASSERT_TRUE(fault.ok());
  EXPECT_EQ(fault->error, MediumError::kNoSpace);
  for (const char* wrong : {"", "after-publish", "after-publish:0",
                            "after-publish:x", "lunch:1", ":1"}) {
    EXPECT_THAT(std::string(ParseCrash(wrong).status().message()),
                HasSubstr("before-acknowledge"))
        << wrong;
    EXPECT_THAT(std::string(ParseStorageFault(wrong).status().message()),
                HasSubstr("sync-eio"))
        << wrong;
  }
}

TEST(FailPointsTest, FailsOnceAtItsTime) {
  FailPoints points({}, *ParseStorageFault("sync-eio:2"));
  EXPECT_TRUE(points.watches_log());
  EXPECT_EQ(points.OnLogStep(LogStep::kBeforeSync), MediumError::kNone);
  EXPECT_EQ(points.OnLogStep(LogStep::kBeforeWrite), MediumError::kNone);
  EXPECT_EQ(points.OnLogStep(LogStep::kBeforeSync), MediumError::kInputOutput);
  EXPECT_EQ(points.OnLogStep(LogStep::kBeforeSync), MediumError::kNone);
}

TEST(FailPointsDeathTest, KillsTheProcessAtItsPoint) {
  const auto reach_three_times = [] {
    FailPoints points(*ParseCrash("before-sync:3"), {});
    for (int i = 0; i < 3; ++i) {
      points.OnLogStep(LogStep::kBeforeSync);
      points.OnLogStep(LogStep::kAfterSync);
    }
  };
  EXPECT_EXIT(reach_three_times(), ::testing::KilledBySignal(SIGKILL), "");
  FailPoints other(*ParseCrash("before-publish:1"), {});
  EXPECT_FALSE(other.watches_log());
  other.Reach(CrashPoint::kAfterPublish);
}

}  // namespace
}  // namespace relais::server
