// Goal: what a skill implies is found with the highest level that can come
// through, cycles are named, and there is a bound.
// Method: cases by hand; random graphs against adding until nothing changes.

#include "lib/skillgraph/skill_graph.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "relais/limits.h"

namespace relais {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Implied = SkillClosure::Implied;

TEST(CloseSkills, OverOthersWithTheLowestLevelOfTheWay) {
  const SkillClosure closure =
      CloseSkills({{"life", "", {{"insurance"}, {"tax", 4}}},
                   {"insurance", "", {{"banking", 6}}},
                   {"banking", ""},
                   {"tax", "", {{"banking", 9}}},
                   {"other", ""}});
  EXPECT_THAT(closure.cycles, IsEmpty());
  ASSERT_EQ(closure.implied.size(), 5U);
  // To banking over insurance 6, over tax 4: the better one counts.
  EXPECT_THAT(closure.implied[0],
              ElementsAre(Implied{1, 10}, Implied{2, 6}, Implied{3, 4}));
  EXPECT_THAT(closure.implied[1], ElementsAre(Implied{2, 6}));
  EXPECT_THAT(closure.implied[2], IsEmpty());
  EXPECT_THAT(closure.implied[3], ElementsAre(Implied{2, 9}));
  EXPECT_THAT(closure.implied[4], IsEmpty());
}

std::string CyclesOf(const std::vector<Skill>& skills) {
  std::vector<std::string> cycles;
  for (const auto& cycle : CloseSkills(skills).cycles) {
    std::vector<std::string> names;
    for (const std::uint32_t skill : cycle) names.push_back(skills[skill].name);
    cycles.push_back(absl::StrJoin(names, ">"));
  }
  return absl::StrJoin(cycles, " ");
}

TEST(CloseSkills, NamesCycles) {
  EXPECT_EQ(CyclesOf({{"a", "", {{"a"}}}}), "a");
  EXPECT_EQ(CyclesOf({{"a", "", {{"b"}}}, {"b", "", {{"a"}}}}), "a>b");
  // The shortest through the first one; each knot once.
  EXPECT_EQ(CyclesOf({{"a", "", {{"b"}}},
                      {"b", "", {{"c"}}},
                      {"c", "", {{"d"}, {"a"}}},
                      {"d", "", {{"a"}}},
                      {"e", "", {{"f"}, {"a"}}},
                      {"f", "", {{"e"}}},
                      {"g", "", {{"g"}}}}),
            "a>b>c e>f g");
  EXPECT_EQ(CyclesOf({{"x", "", {{"a"}}},
                      {"a", "", {{"b"}}},
                      {"b", "", {{"c"}}},
                      {"c", "", {{"b"}}}}),
            "b>c");
}

TEST(CloseSkills, ACycleImpliesNothingAndUnknownNamesArePassedOver) {
  const SkillClosure closure = CloseSkills(
      {{"a", "", {{"b"}}}, {"b", "", {{"a"}}}, {"c", "", {{"a"}, {"none"}}}});
  EXPECT_THAT(closure.implied, testing::Each(IsEmpty()));
  EXPECT_THAT(CloseSkills({{"a", "", {{"none"}, {"b"}}}, {"b", ""}}).implied[0],
              ElementsAre(Implied{1, 10}));
  EXPECT_THAT(CloseSkills({}).implied, IsEmpty());
}

// A chain of n skills has n (n - 1) / 2 pairs: 363 are the first too many.
TEST(CloseSkills, HasABound) {
  std::vector<Skill> chain;
  for (std::size_t i = 0; i < 362; ++i) {
    Skill skill{absl::StrCat("s", i), ""};
    if (i > 0) skill.implies = {{absl::StrCat("s", i - 1)}};
    chain.push_back(skill);
  }
  ASSERT_LE(362 * 361 / 2, kImpliedPairsMax);
  EXPECT_FALSE(CloseSkills(chain).too_many_pairs);
  chain.push_back({"s362", "", {{"s361"}}});
  const SkillClosure closure = CloseSkills(chain);
  ASSERT_GT(363 * 362 / 2, kImpliedPairsMax);
  EXPECT_TRUE(closure.too_many_pairs);
  EXPECT_EQ(closure.implied.size(), 363U);
  EXPECT_THAT(closure.implied, testing::Each(IsEmpty()));
}

TEST(CloseSkills, AgreesWithAddingUntilNothingChanges) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    // Edges lead to higher numbers of a shuffled order: no cycles.
    const std::size_t count = 1 + random.Uniform(12);
    std::vector<std::size_t> place(count);
    for (std::size_t i = 0; i < count; ++i) place[i] = i;
    for (std::size_t i = count; i > 1; --i) {
      std::swap(place[i - 1], place[random.Uniform(i)]);
    }
    std::vector<Skill> skills(count);
    for (std::size_t i = 0; i < count; ++i) {
      skills[i].name = absl::StrCat("s", i);
      for (std::size_t j = 0; j < count; ++j) {
        if (place[i] >= place[j] || random.Bernoulli(0.7)) continue;
        skills[i].implies.push_back(
            {absl::StrCat("s", j),
             static_cast<int>(random.UniformBetween(1, 10))});
      }
    }
    const SkillClosure closure = CloseSkills(skills);
    ASSERT_THAT(closure.cycles, IsEmpty());
    for (std::size_t i = 0; i < count; ++i) {
      std::map<std::string, int> levels = {{skills[i].name, 10}};
      for (bool changed = true; changed;) {
        changed = false;
        for (const Skill& skill : skills) {
          if (!levels.contains(skill.name)) continue;
          for (const ImpliedSkill& implied : skill.implies) {
            const int level = std::min(levels[skill.name], implied.level_max);
            if (levels[implied.skill] >= level) continue;
            levels[implied.skill] = level;
            changed = true;
          }
        }
      }
      levels.erase(skills[i].name);
      std::map<std::string, int> found;
      for (const Implied& implied : closure.implied[i]) {
        found[skills[implied.skill].name] = implied.level_max;
      }
      ASSERT_EQ(found, levels) << "round " << round << " skill " << i;
    }
  }
}

}  // namespace
}  // namespace relais
