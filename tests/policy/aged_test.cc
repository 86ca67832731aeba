// Goal: a priority is worth its credit of waiting, no more and no less.
// Method: table of cases.

#include "lib/policy/aged.h"

#include "gtest/gtest.h"
#include "relais/limits.h"

namespace relais::policy {
namespace {

TEST(RankKey, IsTheArrivalLessTheCredit) {
  EXPECT_EQ(RankKey(1'000, 0), 1'000);
  EXPECT_EQ(RankKey(917'913'600'000, 60'000), 917'913'540'000);
  EXPECT_EQ(RankKey(0, kDurationMsMax), -kDurationMsMax);
}

TEST(RankKey, AnUrgentContactOvertakesThoseWithinItsCreditOnly) {
  constexpr DurationMs kCredit = 60'000;
  constexpr InstantMs kUrgentArrival = 1'000'000;
  const auto urgent = RankKey(kUrgentArrival, kCredit);
  EXPECT_LT(urgent, RankKey(kUrgentArrival - kCredit + 1, 0));
  EXPECT_EQ(urgent, RankKey(kUrgentArrival - kCredit, 0));
  EXPECT_GT(urgent, RankKey(kUrgentArrival - kCredit - 1, 0));
}

}  // namespace
}  // namespace relais::policy
