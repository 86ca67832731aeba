// Goal: equal meanings are equal values, and covering is skill by skill.
// Method: table of cases; CoversAll against its definition on random sets.

#include "lib/domain/compiled.h"

#include <algorithm>
#include <cstdint>

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

TEST(CombineRequirements, TakesBothSidesWithTheHigherLevel) {
  const CompiledRequirement combined = CombineRequirements(
      Channel::kChat, {{2, 5}, {1, 4}}, {{1, 6}, {3, 1}, {2, 3}});
  EXPECT_EQ(combined.channel, Channel::kChat);
  EXPECT_THAT(combined.all_of, ElementsAre(SkillLevel{1, 6}, SkillLevel{2, 5},
                                           SkillLevel{3, 1}));
  EXPECT_THAT(CombineRequirements(Channel::kVoice, {}, {}).all_of, IsEmpty());
  // The same meaning is the same class, from whichever side it came.
  EXPECT_EQ(CombineRequirements(Channel::kVoice, {{1, 2}}, {{2, 3}}),
            CombineRequirements(Channel::kVoice, {{2, 3}, {1, 1}}, {{1, 2}}));
}

TEST(CoversAll, AgreesWithItsDefinition) {
  Random random(11);
  int covered = 0;
  for (int round = 0; round < 20'000; ++round) {
    SkillLevels required;
    SkillLevels held;
    for (std::uint32_t skill = 0; skill < 5; ++skill) {
      const auto level = [&random] {
        return static_cast<std::uint8_t>(random.UniformBetween(1, 3));
      };
      if (random.Bernoulli(0.3)) required.push_back({skill, level()});
      if (random.Bernoulli(0.7)) held.push_back({skill, level()});
    }
    const bool expected = std::all_of(
        required.begin(), required.end(), [&held](const SkillLevel& term) {
          return std::any_of(
              held.begin(), held.end(), [&term](const SkillLevel& have) {
                return have.skill == term.skill && have.level >= term.level;
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
       CompiledRequirement{Channel::kVoice, {{1, 2}, {2, 1}}}}));
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {CompiledProfile{}, CompiledProfile{3, {}}, CompiledProfile{3, {{1, 2}}},
       CompiledProfile{3, {{1, 3}}}}));
}

}  // namespace
}  // namespace relais
