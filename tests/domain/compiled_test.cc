// Goal: equal meanings are equal values, and covering is skill by skill.
// Method: table of cases; CoversAll against its definition on random sets.

#include "lib/domain/compiled.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/hash/hash_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"

namespace relais {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Normalize, SortsAndKeepsTheHigherLevel) {
  SkillLevels levels = {{5, 2}, {1, 3}, {5, 7}, {1, 1}, {3, 4}, {5, 2}};
  Normalize(&levels);
  EXPECT_THAT(levels, ElementsAre(SkillLevel{1, 3}, SkillLevel{3, 4},
                                  SkillLevel{5, 7}));
}

TEST(Normalize, OfTermsTakesTheHigherLevelAndTheLowerMaximum) {
  SkillTerms terms = {{5, 2}, {1, 3, 9}, {5, 7}, {1, 4, 6}, {3, 4}, {5, 2, 8}};
  Normalize(&terms);
  EXPECT_THAT(terms, ElementsAre(SkillTerm{1, 4, 6}, SkillTerm{3, 4},
                                 SkillTerm{5, 7, 8}));
}

CompiledRequirement OfSkills(SkillTerms terms) {
  Normalize(&terms);
  return {Channel{}, std::move(terms)};
}

TEST(CombineRequirements, TakesBothSidesWithTheHigherLevel) {
  const CompiledRequirement combined =
      CombineRequirements(Channel::kChat, OfSkills({{2, 5}, {1, 4}}),
                          OfSkills({{1, 6}, {3, 1}, {2, 3}}));
  EXPECT_EQ(combined.channel, Channel::kChat);
  EXPECT_THAT(combined.all_of,
              ElementsAre(SkillTerm{1, 6}, SkillTerm{2, 5}, SkillTerm{3, 1}));
  EXPECT_THAT(CombineRequirements(Channel::kVoice, {}, {}).all_of, IsEmpty());
  // The same meaning is the same class, from whichever side it came.
  EXPECT_EQ(CombineRequirements(Channel::kVoice, OfSkills({{1, 2}}),
                                OfSkills({{2, 3}})),
            CombineRequirements(Channel::kVoice, OfSkills({{2, 3}, {1, 1}}),
                                OfSkills({{1, 2}})));
}

TEST(CoversAll, AgreesWithItsDefinition) {
  Random random(11);
  int covered = 0;
  for (int round = 0; round < 20'000; ++round) {
    SkillTerms required;
    SkillLevels held;
    for (std::uint32_t skill = 0; skill < 5; ++skill) {
      const auto level = [&random] {
        return static_cast<std::uint8_t>(random.UniformBetween(1, 3));
      };
      if (random.Bernoulli(0.3)) {
        required.push_back({skill, level()});
        if (random.Bernoulli(0.3)) required.back().level_max = level();
      }
      if (random.Bernoulli(0.7)) held.push_back({skill, level()});
    }
    const bool expected = std::all_of(
        required.begin(), required.end(), [&held](const SkillTerm& term) {
          return std::any_of(
              held.begin(), held.end(), [&term](const SkillLevel& have) {
                return have.skill == term.skill && have.level >= term.level &&
                       have.level <= term.level_max;
              });
        });
    covered += expected ? 1 : 0;
    ASSERT_EQ(CoversAll(required, held), expected);
  }
  EXPECT_GT(covered, 1'000);
  EXPECT_LT(covered, 19'000);
}

TEST(Compiled, HashesAgreeWithEquality) {
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {CompiledRequirement{}, CompiledRequirement{Channel::kMail, {}},
       CompiledRequirement{Channel::kVoice, {{1, 2}}},
       CompiledRequirement{Channel::kVoice, {{2, 1}}},
       CompiledRequirement{Channel::kVoice, {{1, 2}, {2, 1}}},
       CompiledRequirement{Channel::kVoice, {{1, 2, 9}}},
       CompiledRequirement{Channel::kVoice, {{1, 2}}, Never()},
       CompiledRequirement{
           Channel::kVoice, {{1, 2}}, LeafCondition(Subject::kTeam, 1, kHas)},
       CompiledRequirement{Channel::kVoice, {{1, 2}}, {}, {{Never(), 2}}},
       CompiledRequirement{Channel::kVoice, {{1, 2}}, {}, {{Never(), 3}}}}));
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {CompiledProfile{}, CompiledProfile{3, {}}, CompiledProfile{3, {{1, 2}}},
       CompiledProfile{3, {{1, 3}}},
       CompiledProfile{3, {{1, 3}}, AgentGrade::kJunior},
       CompiledProfile{3, {{1, 3}}, AgentGrade::kSenior, {{Subject::kTeam, 3}}},
       CompiledProfile{
           3, {{1, 3}}, AgentGrade::kSenior, {{Subject::kSite, 3}}}}));
}

}  // namespace
}  // namespace relais
