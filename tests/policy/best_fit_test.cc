// Goal: the step is min(7, floor(8 x surplus / room)), 0 without room.
// Method: table of cases worked out by hand; every pair of one skill's levels
// against the definition in whole numbers.

#include "lib/policy/best_fit.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "relais/types.h"

namespace relais::policy {
namespace {

int StepOf(SkillTerms asked, SkillLevels held) {
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

// With a maximum there is less room, and whoever is at it fits best.
TEST(FitStep, OfAMaximumTheRoomIsUpToIt) {
  EXPECT_EQ(StepOf({{1, 4, 6}}, {{1, 4}}), 0);
  EXPECT_EQ(StepOf({{1, 4, 6}}, {{1, 5}}), 4);  // 8/2
  EXPECT_EQ(StepOf({{1, 4, 6}}, {{1, 6}}), 7);
  EXPECT_EQ(StepOf({{1, 5, 5}}, {{1, 5}}), 0);                  // no room
  EXPECT_EQ(StepOf({{1, 4, 6}, {2, 2}}, {{1, 5}, {2, 6}}), 4);  // 40/10
}

// Each weight counts as much as so many levels.
TEST(FitStep, PreferredTermsAddTheirWeights) {
  CompiledRequirement requirement{Channel::kVoice, {{1, 5}}};
  requirement.preferred = {{LeafCondition(Subject::kLanguage, 7, kHas), 10},
                           {LeafCondition(Subject::kTeam, 8, kHas), 5}};
  const auto step = [&](SkillLevels held, std::vector<Fact> facts) {
    return FitStep(requirement, {SetOf(Channel::kVoice), std::move(held),
                                 AgentGrade::kSenior, std::move(facts)});
  };
  const Fact language{Subject::kLanguage, 7};
  const Fact team{Subject::kTeam, 8};
  EXPECT_EQ(step({{1, 5}}, {}), 0);
  EXPECT_EQ(step({{1, 10}}, {}), 2);               // 40/20
  EXPECT_EQ(step({{1, 5}}, {team}), 2);            // 40/20
  EXPECT_EQ(step({{1, 5}}, {language}), 4);        // 80/20
  EXPECT_EQ(step({{1, 5}}, {language, team}), 6);  // 120/20
  EXPECT_EQ(step({{1, 10}}, {language, team}), 7);
  requirement.all_of.clear();
  EXPECT_EQ(step({}, {language}), 5);  // 80/15: nothing else is asked for
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
