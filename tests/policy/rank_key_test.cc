// Goal: a boost is worth so much waiting, no more and no less, and keys of all
// modes differ in a front word.
// Method: tables of cases.

#include "lib/policy/rank_key.h"

#include "gtest/gtest.h"
#include "lib/policy/strict.h"
#include "relais/limits.h"

namespace relais::policy {
namespace {

TEST(RankKey, IsTheArrivalLessTheBoost) {
  EXPECT_EQ(RankKey(1'000, 0), 1'000);
  EXPECT_EQ(RankKey(917'913'600'000, 60'000), 917'913'540'000);
  EXPECT_EQ(RankKey(0, kDurationMsMax), -kDurationMsMax);
  EXPECT_EQ(RankKey(1'000, -20'000), 21'000);
}

TEST(RankKey, AnUrgentContactOvertakesThoseWithinItsBoostOnly) {
  constexpr DurationMs kBoost = 60'000;
  constexpr InstantMs kUrgentArrival = 1'000'000;
  const auto urgent = RankKey(kUrgentArrival, kBoost);
  EXPECT_LT(urgent, RankKey(kUrgentArrival - kBoost + 1, 0));
  EXPECT_EQ(urgent, RankKey(kUrgentArrival - kBoost, 0));
  EXPECT_GT(urgent, RankKey(kUrgentArrival - kBoost - 1, 0));
}

// lib/match compares 44 bits of a key first.
TEST(RankKey, KeysOfThisCenturyAndTheNextLieWithin44Bits) {
  constexpr InstantMs kYear2199 = 7'258'118'400'000;
  constexpr std::int64_t kHalf = 1LL << 43;
  EXPECT_GT(RankKey(0, StrictBoost(9)), -kHalf);
  EXPECT_LT(RankKey(kYear2199, -kDurationMsMax), kHalf);
}

}  // namespace
}  // namespace relais::policy
