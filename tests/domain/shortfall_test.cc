// Goal: what an agent lacks is told whole, in words that a team lead reads.
// Method: requirements as they are written, agents by what they have; and over
// random pairs that nothing is told exactly of who has all.

#include "lib/domain/shortfall.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "lib/base/random.h"

namespace relais {
namespace {

std::string NameBehindId(Subject subject, std::uint64_t id) {
  static const auto* const names = [] {
    auto* all = new std::map<std::pair<Subject, std::uint64_t>, std::string>;
    for (const char* skill : {"cards", "loans", "funds"}) {
      (*all)[{Subject::kSkill, SkillIdOf(skill)}] = skill;
    }
    (*all)[{Subject::kLanguage, NameIdOf("de")}] = "de";
    (*all)[{Subject::kCertification, NameIdOf("amf")}] = "amf";
    (*all)[{Subject::kTeam, NameIdOf("red")}] = "red";
    return all;
  }();
  const auto found = names->find({subject, id});
  return found == names->end() ? "?" : found->second;
}

RequirementTerm Skill(const std::string& name, int level_min,
                      int level_max = kProficiencyLevelMax) {
  RequirementTerm term;
  term.skill = name;
  term.level_min = level_min;
  term.level_max = level_max;
  return term;
}
RequirementTerm Language(const std::string& name) {
  RequirementTerm term;
  term.language = name;
  return term;
}
RequirementTerm Team(const std::string& name) {
  RequirementTerm term;
  term.team = name;
  return term;
}
RequirementTerm Provider() {
  RequirementTerm term;
  term.provider = true;
  return term;
}
RequirementTerm Grades(GradeSet grades) {
  RequirementTerm term;
  term.grades = grades;
  return term;
}
RequirementTerm Nested(RoutingRequirement requirement) {
  RequirementTerm term;
  term.requirement =
      std::make_shared<const RoutingRequirement>(std::move(requirement));
  return term;
}

CompiledProfile Agent(SkillLevels skills, AgentGrade grade,
                      std::vector<Fact> facts = {}) {
  CompiledProfile profile;
  profile.skills = std::move(skills);
  Normalize(&profile.skills);
  profile.grade = grade;
  profile.facts = std::move(facts);
  return profile;
}

std::string Shortfall(const RoutingRequirement& requirement,
                      const CompiledProfile& profile) {
  return DescribeShortfall(CompileRequirement(Channel::kVoice, requirement),
                           profile, NameBehindId);
}

TEST(ShortfallTest, SkillsAreToldWithTheLevelHeld) {
  const CompiledProfile agent = Agent(
      {{SkillIdOf("cards"), 3}, {SkillIdOf("loans"), 8}}, AgentGrade::kJunior);
  EXPECT_EQ(Shortfall({.all_of = {Skill("cards", 5)}}, agent),
            R"(skill "cards" at level 5 or above, held at 3)");
  EXPECT_EQ(Shortfall({.all_of = {Skill("loans", 2, 6)}}, agent),
            R"(skill "loans" at level 2 to 6, held at 8)");
  EXPECT_EQ(
      Shortfall({.all_of = {Skill("funds", 1), Skill("cards", 3)}}, agent),
      R"(skill "funds" at level 1 or above, not held)");
  EXPECT_EQ(Shortfall({.all_of = {Skill("cards", 1)}}, agent), "");
  EXPECT_EQ(Shortfall({}, agent), "");
}

TEST(ShortfallTest, AllThatIsMissingIsToldInOneOrder) {
  const CompiledProfile agent =
      Agent({}, AgentGrade::kJunior,
            {{Subject::kTeam, NameIdOf("red")}, {Subject::kProvider, 0}});
  EXPECT_EQ(Shortfall({.all_of = {Language("de"), Skill("cards", 2),
                                  Grades(SetOf(AgentGrade::kSenior))},
                       .none_of = {Team("red"), Provider()}},
                      agent),
            R"(grade senior; language "de"; not at a provider's site; )"
            R"(not team "red"; skill "cards" at level 2 or above, not held)");
}

TEST(ShortfallTest, AlternativesStandInBrackets) {
  const CompiledProfile agent = Agent({}, AgentGrade::kJunior);
  EXPECT_EQ(
      Shortfall({.any_of = {Language("de"), Skill("cards", 4, 6)}}, agent),
      R"((language "de" or skill "cards" at level 4 to 6))");
  EXPECT_EQ(
      Shortfall({.any_of = {Language("de"),
                            Nested({.all_of = {Team("red"), Provider()}})}},
                agent),
      R"(((a provider's site and team "red") or language "de"))");
}

TEST(ShortfallTest, WhatMustNotBeHeldIsToldAsLevels) {
  const CompiledProfile agent =
      Agent({{SkillIdOf("cards"), 5}}, AgentGrade::kJunior);
  EXPECT_EQ(Shortfall({.none_of = {Skill("cards", 1)}}, agent),
            R"(no skill "cards")");
  EXPECT_EQ(Shortfall({.none_of = {Skill("cards", 4)}}, agent),
            R"(no skill "cards" or one at level 1 to 3)");
}

TEST(ShortfallTest, NothingIsToldExactlyOfWhoHasAll) {
  const std::uint64_t seed = 20261122;
  Random random(seed);
  const char* const skills[] = {"cards", "loans", "funds"};
  int met = 0;
  for (int i = 0; i < 20'000; ++i) {
    RoutingRequirement requirement;
    const auto term = [&]() -> RequirementTerm {
      const int low = static_cast<int>(random.Uniform(10)) + 1;
      switch (random.Uniform(4)) {
        case 0:
          return Language("de");
        case 1:
          return Team("red");
        case 2:
          return Grades(static_cast<GradeSet>(1 + random.Uniform(15)));
        default:
          return Skill(skills[random.Uniform(3)], low,
                       low + static_cast<int>(random.Uniform(
                                 static_cast<std::uint64_t>(11 - low))));
      }
    };
    for (auto* list :
         {&requirement.all_of, &requirement.any_of, &requirement.none_of}) {
      for (std::uint64_t n = random.Uniform(3); n > 0; --n) {
        list->push_back(term());
      }
    }
    SkillLevels levels;
    for (const char* skill : skills) {
      const auto level = static_cast<std::uint8_t>(random.Uniform(11));
      if (level > 0) levels.push_back({SkillIdOf(skill), level});
    }
    std::vector<Fact> facts;
    if (random.Uniform(2) == 0) {
      facts.push_back({Subject::kLanguage, NameIdOf("de")});
    }
    if (random.Uniform(2) == 0) {
      facts.push_back({Subject::kTeam, NameIdOf("red")});
    }
    const CompiledProfile agent =
        Agent(levels, static_cast<AgentGrade>(random.Uniform(kAgentGradeCount)),
              facts);
    const CompiledRequirement compiled =
        CompileRequirement(Channel::kVoice, requirement);
    const bool meets = Meets(compiled, agent);
    met += meets ? 1 : 0;
    EXPECT_EQ(DescribeShortfall(compiled, agent, NameBehindId).empty(), meets)
        << "seed " << seed << ", draw " << i;
  }
  EXPECT_GT(met, 2'000);
  EXPECT_LT(met, 18'000);
}

}  // namespace
}  // namespace relais
