// Goal: the step is min(7, floor(8 x surplus / room)), 0 without room.
// Method: table of cases worked out by hand; every pair of one skill's levels
// against the definition in whole numbers.

#include "lib/policy/best_fit.h"

#include <cstdint>
#include <utility>

#include "gtest/gtest.h"
#include "relais/types.h"

namespace relais::policy {
namespace {

int StepOf(SkillLevels asked, SkillLevels held) {
  return FitStep({Channel::kVoice, std::move(asked)},
                 {SetOf(Channel::kVoice), std::move(held)});
}

TEST(FitStep, CasesWorkedOutByHand) {
  EXPECT_EQ(StepOf({}, {{1, 10}}), 0);         // nothing asked: no room
  EXPECT_EQ(StepOf({{1, 10}}, {{1, 10}}), 0);  // all asked: no room
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 5}}), 0);    // 0 of 5
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 6}}), 1);    // 8/5
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 8}}), 4);    // 24/5
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 9}}), 6);    // 32/5
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 10}}), 7);   // 8, cut to 7
  EXPECT_EQ(StepOf({{1, 1}}, {{1, 2}}), 0);    // 8/9
  EXPECT_EQ(StepOf({{1, 2}}, {{1, 3}}), 1);    // 8/8: exactly one
  EXPECT_EQ(StepOf({{1, 2}, {3, 10}}, {{1, 6}, {3, 10}}), 4);  // 32/8
  EXPECT_EQ(StepOf({{1, 4}, {3, 6}}, {{1, 6}, {3, 9}}), 4);    // 40/10
  // Skills that were not asked for do not count.
  EXPECT_EQ(StepOf({{3, 5}}, {{1, 10}, {3, 5}, {4, 10}}), 0);
}

TEST(FitStep, EveryPairOfLevels) {
  for (int asked = 1; asked <= 10; ++asked) {
    for (int held = asked; held <= 10; ++held) {
      int expected = 0;
      if (asked < 10) {
        // The largest step whose eighth of the room is not above the surplus.
        while (expected < 7 &&
               (expected + 1) * (10 - asked) <= 8 * (held - asked)) {
          ++expected;
        }
      }
      EXPECT_EQ(StepOf({{7, static_cast<std::uint8_t>(asked)}},
                       {{7, static_cast<std::uint8_t>(held)}}),
                expected)
          << asked << " asked, " << held << " held";
    }
  }
}

}  // namespace
}  // namespace relais::policy
