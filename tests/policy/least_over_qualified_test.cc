// Goal: the step is 7 - min(7, floor(8 x over / scale)), with over = levels
// above what was asked and skills that were not asked for, scale = room + 16.
// Method: a table worked out by hand, and the grades of a bank's centre.

#include "lib/policy/least_over_qualified.h"

#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "lib/policy/fit.h"
#include "relais/types.h"

namespace relais::policy {
namespace {

int StepOf(SkillTerms asked, SkillLevels held) {
  return LeastOverQualifiedStep({Channel::kVoice, std::move(asked)},
                                {SetOf(Channel::kVoice), std::move(held)});
}

// `count` skills from `first` on.
SkillLevels Further(SkillLevels held, std::uint64_t first, std::uint64_t count,
                    std::uint8_t level = 5) {
  for (std::uint64_t skill = first; skill < first + count; ++skill) {
    held.push_back({skill, level});
  }
  return held;
}

TEST(LeastOverQualifiedStep, CasesWorkedOutByHand) {
  EXPECT_EQ(StepOf({}, {}), 7);                   // over 0
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 5}}), 7);       // exactly what was asked
  EXPECT_EQ(StepOf({}, Further({}, 1, 1)), 7);    // 8/16
  EXPECT_EQ(StepOf({}, Further({}, 1, 2)), 6);    // 16/16
  EXPECT_EQ(StepOf({}, Further({}, 1, 13)), 1);   // 104/16 = 6.5
  EXPECT_EQ(StepOf({}, Further({}, 1, 14)), 0);   // 112/16
  EXPECT_EQ(StepOf({}, Further({}, 1, 200)), 0);  // cut
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 7}}), 7);       // 16/21
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 8}}), 6);       // 24/21
  EXPECT_EQ(StepOf({{1, 5}}, {{1, 10}}), 6);      // 40/21
  EXPECT_EQ(StepOf({{1, 10}}, {{1, 10}}), 7);     // over 0, scale 16
  EXPECT_EQ(StepOf({{1, 5}, {2, 5}}, {{1, 7}, {2, 6}}), 7);   // 24/26
  EXPECT_EQ(StepOf({{1, 5}}, Further({{1, 10}}, 2, 16)), 0);  // 168/21
  // The levels of skills that were not asked for do not count.
  EXPECT_EQ(StepOf({{5, 5}}, Further({{5, 5}}, 6, 4, 1)), 6);  // 32/21
  EXPECT_EQ(StepOf({{5, 5}}, Further({{5, 5}}, 6, 4, 10)), 6);
  // Nor does where they stand among the others.
  EXPECT_EQ(StepOf({{5, 5}}, {{1, 3}, {2, 3}, {3, 3}, {5, 5}, {9, 3}}), 6);
}

// A simple question in French on the telephone, at the levels of
// examples/bank: whom it goes to while several are free.
TEST(LeastOverQualifiedStep, KeepsExpertsFree) {
  const SkillTerms asked = {{1, 3}, {2, 3}, {3, 3}};
  const SkillLevels junior = Further({{1, 5}, {2, 10}, {3, 4}}, 4, 3);
  const SkillLevels senior = Further({{1, 7}, {2, 10}, {3, 7}}, 4, 6);
  const SkillLevels expert = Further({{1, 9}, {2, 10}, {3, 9}}, 4, 9);
  EXPECT_EQ(StepOf(asked, junior), 5);  // over 13 of 37
  EXPECT_EQ(StepOf(asked, senior), 3);  // over 21
  EXPECT_EQ(StepOf(asked, expert), 1);  // over 28
}

// With a maximum there is less to be above what was asked by.
TEST(LeastOverQualifiedStep, OfAMaximumTheRoomIsUpToIt) {
  EXPECT_EQ(StepOf({{1, 4, 6}}, {{1, 4}}), 7);
  EXPECT_EQ(StepOf({{1, 4, 6}}, {{1, 6}}), 7);                  // 16/18
  EXPECT_EQ(StepOf({{1, 4, 6}}, Further({{1, 6}}, 2, 1)), 6);   // 24/18
  EXPECT_EQ(StepOf({{1, 4, 10}}, Further({{1, 6}}, 2, 1)), 6);  // 24/22
}

// What is missing of a preferred term counts like so many levels too many, and
// a skill that one names is not one too many.
TEST(LeastOverQualifiedStep, PreferredTermsThatDoNotHoldCount) {
  CompiledRequirement requirement{Channel::kVoice, {{1, 5}}};
  requirement.preferred = {
      {LeafCondition(Subject::kLanguage, 7, kHas), 10},
      {LeafCondition(Subject::kSkill, 4, 0x7F8), 9},  // from level 3 on
      {LeafCondition(Subject::kGrade, 0, AllValues(Subject::kGrade)), 1}};
  const auto step = [&](SkillLevels held, std::vector<Fact> facts) {
    return LeastOverQualifiedStep(requirement,
                                  {SetOf(Channel::kVoice), std::move(held),
                                   AgentGrade::kSenior, std::move(facts)});
  };
  const Fact language{Subject::kLanguage, 7};
  // The scale is 5 + 16 + 20.
  EXPECT_EQ(step({{1, 5}, {4, 3}}, {language}), 7);  // all hold
  EXPECT_EQ(step({{1, 5}}, {language}), 6);          // 72/41
  EXPECT_EQ(step({{1, 5}, {4, 2}}, {language}), 6);  // named, at another level
  EXPECT_EQ(step({{1, 5}, {4, 3}}, {}), 6);          // 80/41
  EXPECT_EQ(step({{1, 5}}, {}), 4);                  // 152/41
  EXPECT_EQ(step({{1, 10}, {4, 9}, {5, 1}}, {language}), 6);  // 48/41
}

// Who takes more with a tutor has more skills to spare.
TEST(LeastOverQualifiedStep, SkillsInTrainingCountWithATutor) {
  CompiledRequirement requirement{Channel::kVoice, {{1, 5}}};
  const CompiledProfile profile{SetOf(Channel::kVoice),
                                {{1, 5}},
                                AgentGrade::kSenior,
                                {},
                                {{1, 5}, {2, 3}, {3, 3}, {4, 3}}};
  EXPECT_EQ(LeastOverQualifiedStep(requirement, profile), 7);
  requirement.tutor_may_listen = true;
  EXPECT_EQ(LeastOverQualifiedStep(requirement, profile), 6);  // 24/21
}

TEST(FitOfTest, AsksTheRuleOfTheRequirement) {
  CompiledRequirement requirement{Channel::kVoice, {{1, 5}}};
  const CompiledProfile profile{SetOf(Channel::kVoice), {{1, 10}, {2, 1}}};
  EXPECT_EQ(FitOf(requirement, profile), 7);
  requirement.fit = FitRule::kLeastOverQualified;
  EXPECT_EQ(FitOf(requirement, profile), 5);  // 48/21
}

}  // namespace
}  // namespace relais::policy
