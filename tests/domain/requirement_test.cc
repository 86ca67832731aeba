// Goal: a requirement means what docs/routing-model.md says, however it is
// written; what contradicts itself is found with its place.
// Method: random requirements and agents against the definition, term by term;
// pairs of requirements that mean the same; tables of mistakes.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/domain/compile_profile.h"
#include "lib/domain/compiled.h"
#include "lib/domain/requirement_check.h"
#include "lib/domain/requirement_content.h"
#include "lib/skillgraph/skill_graph.h"
#include "relais/limits.h"

namespace relais {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr AgentGrade kGrades[] = {AgentGrade::kJunior, AgentGrade::kSenior,
                                  AgentGrade::kExpert,
                                  AgentGrade::kSpecialised};

RequirementTerm Nest(RoutingRequirement nested) {
  return {.requirement =
              std::make_shared<const RoutingRequirement>(std::move(nested))};
}

Configuration Lists() {
  Configuration c;
  c.skills = {{"a", ""}, {"b", ""}, {"c", ""}};
  c.routing_profiles = {{"all", 0xFF}};
  c.certifications = {"amf", "insurance"};
  c.languages = {"french", "german"};
  c.sites = {{"north"}, {"night", true}};
  c.teams = {{"red", "north"}, {"blue"}};
  return c;
}

AgentConfiguration AnyAgent(Random& random) {
  AgentConfiguration agent{"x", kGrades[random.Uniform(4)], "all", {}};
  for (const char* skill : {"a", "b", "c"}) {
    if (random.Bernoulli(0.3)) continue;
    agent.skills.push_back({skill, static_cast<int>(random.Uniform(10)) + 1});
  }
  for (const char* name : {"amf", "insurance"}) {
    if (random.Bernoulli(0.5)) agent.certifications.emplace_back(name);
  }
  for (const char* name : {"french", "german"}) {
    if (random.Bernoulli(0.5)) agent.languages.emplace_back(name);
  }
  switch (random.Uniform(4)) {
    case 0:
      agent.team = "red";
      break;
    case 1:
      agent.team = "blue";
      agent.site = "night";
      break;
    case 2:
      agent.site = "night";
      break;
    default:
      break;
  }
  return agent;
}

RoutingRequirement AnyRequirement(Random& random, int depth);

RequirementTerm AnyTerm(Random& random, int depth) {
  RequirementTerm term;
  switch (random.Uniform(depth > 0 ? 10 : 8)) {
    case 0:
    case 1:
      term.skill = std::string(1, static_cast<char>('a' + random.Uniform(3)));
      term.level_min = static_cast<int>(random.UniformBetween(1, 10));
      term.level_max =
          static_cast<int>(random.UniformBetween(term.level_min, 10));
      break;
    case 2:
      term.certification = random.Bernoulli(0.5) ? "amf" : "insurance";
      break;
    case 3:
      term.language = random.Bernoulli(0.5) ? "french" : "german";
      break;
    case 4:
      term.team = random.Bernoulli(0.5) ? "red" : "blue";
      break;
    case 5:
      term.site = random.Bernoulli(0.5) ? "north" : "night";
      break;
    case 6:
      term.provider = true;
      break;
    case 7:
      term.grades = static_cast<GradeSet>(random.UniformBetween(1, 15));
      break;
    default:
      return Nest(AnyRequirement(random, depth - 1));
  }
  return term;
}

RoutingRequirement AnyRequirement(Random& random, int depth) {
  RoutingRequirement requirement;
  for (auto* terms :
       {&requirement.all_of, &requirement.any_of, &requirement.none_of}) {
    for (std::uint64_t i = random.Uniform(3); i > 0; --i) {
      terms->push_back(AnyTerm(random, depth));
    }
  }
  return requirement;
}

// --- The definition ----------------------------------------------------------

bool Says(const RoutingRequirement& requirement,
          const AgentConfiguration& agent);

bool Says(const RequirementTerm& term, const AgentConfiguration& agent) {
  const auto has = [](const std::vector<std::string>& names,
                      const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const std::string site = agent.team == "red" ? "north" : agent.site;
  if (term.requirement != nullptr) return Says(*term.requirement, agent);
  if (!term.skill.empty()) {
    return std::any_of(
        agent.skills.begin(), agent.skills.end(), [&](const AgentSkill& held) {
          return held.skill == term.skill && held.level >= term.level_min &&
                 held.level <= term.level_max;
        });
  }
  if (!term.certification.empty()) {
    return has(agent.certifications, term.certification);
  }
  if (!term.language.empty()) return has(agent.languages, term.language);
  if (!term.team.empty()) return agent.team == term.team;
  if (!term.site.empty()) return site == term.site;
  if (term.provider) return site == "night";
  return Contains(term.grades, agent.grade);
}

bool Says(const RoutingRequirement& requirement,
          const AgentConfiguration& agent) {
  int any = 0;
  for (const RequirementTerm& term : requirement.all_of) {
    if (!Says(term, agent)) return false;
  }
  for (const RequirementTerm& term : requirement.any_of) {
    any += Says(term, agent) ? 1 : 0;
  }
  for (const RequirementTerm& term : requirement.none_of) {
    if (Says(term, agent)) return false;
  }
  return requirement.any_of.empty() || any > 0;
}

class RequirementTest : public ::testing::Test {
 protected:
  CompiledProfile Compile(const AgentConfiguration& agent) const {
    return compiler_.Compile(agent);
  }
  const Configuration lists_ = Lists();
  const ProfileCompiler compiler_{lists_, CloseSkills(lists_.skills)};
};

TEST_F(RequirementTest, IsMetAsItIsDefined) {
  Random random(41);
  int met = 0;
  constexpr int kRounds = 40'000;
  for (int round = 0; round < kRounds; ++round) {
    const RoutingRequirement requirement = AnyRequirement(random, 3);
    const AgentConfiguration agent = AnyAgent(random);
    const bool expected = Says(requirement, agent);
    met += expected ? 1 : 0;
    ASSERT_EQ(Meets(CompileRequirement(Channel{}, requirement), Compile(agent)),
              expected)
        << "round " << round;
  }
  EXPECT_GT(met, kRounds / 10);
  EXPECT_LT(met, kRounds * 9 / 10);
}

// A contact's own terms and its queue's: both must be met.
TEST_F(RequirementTest, OfQueueAndContactBothMustBeMet) {
  Random random(43);
  for (int round = 0; round < 20'000; ++round) {
    const RoutingRequirement queue = AnyRequirement(random, 2);
    const RoutingRequirement own = AnyRequirement(random, 2);
    const AgentConfiguration agent = AnyAgent(random);
    const CompiledRequirement both =
        CombineRequirements(Channel::kChat, CompileRequirement({}, queue),
                            CompileRequirement({}, own));
    EXPECT_EQ(both.channel, Channel::kChat);
    ASSERT_EQ(Meets(both, Compile(agent)),
              Says(queue, agent) && Says(own, agent));
    // From whichever side: the same class.
    ASSERT_EQ(both,
              CombineRequirements(Channel::kChat, CompileRequirement({}, own),
                                  CompileRequirement({}, queue)));
  }
}

// --- Equal meanings are equal values -----------------------------------------

RoutingRequirement Shuffled(RoutingRequirement requirement, Random& random) {
  for (auto* terms :
       {&requirement.all_of, &requirement.any_of, &requirement.none_of}) {
    for (std::size_t i = terms->size(); i > 1; --i) {
      std::swap((*terms)[i - 1], (*terms)[random.Uniform(i)]);
    }
    for (RequirementTerm& term : *terms) {
      if (term.requirement != nullptr) {
        term = Nest(Shuffled(*term.requirement, random));
      }
    }
  }
  return requirement;
}

TEST_F(RequirementTest, TheOrderOfTermsDoesNotMatter) {
  Random random(44);
  for (int round = 0; round < 5'000; ++round) {
    const RoutingRequirement requirement = AnyRequirement(random, 3);
    const auto a = CompileRequirement({}, requirement);
    const auto b = CompileRequirement({}, Shuffled(requirement, random));
    ASSERT_EQ(a, b);
    ASSERT_EQ(absl::HashOf(a), absl::HashOf(b));
  }
}

TEST_F(RequirementTest, OtherWaysToSayTheSame) {
  const RequirementTerm a{"a", 3};
  const RequirementTerm b{"b", 1, 4};
  const RequirementTerm amf{.certification = "amf"};
  const RequirementTerm red{.team = "red"};
  const std::pair<RoutingRequirement, RoutingRequirement> pairs[] = {
      // Nested "all of" is flat.
      {{{a, Nest({{b, Nest({{amf}})}})}}, {{a, b, amf}}},
      // One choice is no choice.
      {{{}, {amf}}, {{amf}}},
      {{{}, {Nest({{amf, red}})}}, {{amf, red}}},
      // Choices in choices are choices.
      {{{}, {a, Nest({{}, {amf, red}})}}, {{}, {red, amf, a}}},
      // None of two is neither: so is a nested choice that must not hold.
      {{{}, {}, {amf, red}}, {{}, {}, {Nest({{}, {red, amf}})}}},
      {{{}, {}, {amf, red}}, {{Nest({{}, {}, {amf}}), Nest({{}, {}, {red}})}}},
      // Not not.
      {{{}, {}, {Nest({{}, {}, {amf}})}}, {{amf}}},
      // Of both must not hold: one is missing.
      {{{}, {}, {Nest({{amf, red}})}},
       {{}, {Nest({{}, {}, {amf}}), Nest({{}, {}, {red}})}}},
      // Levels and grades are sets.
      {{{}, {{"a", 2, 5}, {"a", 4, 9}}}, {{}, {{"a", 2, 9}}}},
      {{{}, {}, {{.grades = 0b0001}}}, {{{.grades = 0b1110}}}},
      {{{{.grades = 0b0111}, {.grades = 0b1110}}}, {{{.grades = 0b0110}}}},
      {{{}, {{.grades = 0b0001}, {.grades = 0b0100}}}, {{{.grades = 0b0101}}}},
      // What says nothing.
      {{{{.grades = 0b1111}, amf}}, {{amf}}},
      {{{amf}, {red, Nest({{}, {}, {red}})}}, {{amf}}},
      {{{a, a}}, {{a}}},
  };
  int number = 0;
  for (const auto& [one, other] : pairs) {
    SCOPED_TRACE(number++);
    EXPECT_EQ(CompileRequirement({}, one), CompileRequirement({}, other));
    EXPECT_NE(CompileRequirement({}, one), CompileRequirement({}, {}));
  }
}

TEST_F(RequirementTest, SkillsThatMustBeHeldStandApart) {
  const CompiledRequirement compiled = CompileRequirement(
      {}, {{{"b", 2}, Nest({{{"a", 5, 8}}, {{"c", 1}}}), {"b", 3}}});
  SkillTerms expected = {{SkillIdOf("a"), 5, 8}, {SkillIdOf("b"), 3}};
  Normalize(&expected);
  EXPECT_EQ(compiled.all_of, expected);
  // Those of choices are in the condition.
  EXPECT_EQ(compiled.condition,
            LeafCondition(Subject::kSkill, SkillIdOf("c"), 0b111'1111'1110));
  EXPECT_THAT(CompileRequirement({}, {{{"a", 5}}}).condition, IsEmpty());
}

TEST_F(RequirementTest, PreferredTermsAreSortedAndTheSameIsOne) {
  const RoutingRequirement one{
      {}, {}, {}, {{{.team = "red"}, 3}, {{.language = "german"}, 4}}};
  const RoutingRequirement other{{}, {}, {}, {{{.language = "german"}, 4}}};
  const CompiledRequirement both = CombineRequirements(
      {}, CompileRequirement({}, one), CompileRequirement({}, other));
  EXPECT_EQ(both, CombineRequirements({}, CompileRequirement({}, other),
                                      CompileRequirement({}, one)));
  ASSERT_EQ(both.preferred.size(), 2U);
  int weight = 0;
  for (const CompiledPreference& each : both.preferred) weight += each.weight;
  EXPECT_EQ(weight, 3 + 4 + 4);
}

// --- Profiles ----------------------------------------------------------------

TEST(CompileProfile, ImpliedSkillsAndTheTeamsSite) {
  Configuration c = Lists();
  c.skills[0].implies = {{"b", 6}};
  c.skills[1].implies = {{"c"}};
  const ProfileCompiler compiler(c, CloseSkills(c.skills));
  const auto level = [](const CompiledProfile& profile, const char* skill) {
    for (const SkillLevel& held : profile.skills) {
      if (held.skill == SkillIdOf(skill)) return int{held.level};
    }
    return 0;
  };
  const auto levels = [&](std::vector<AgentSkill> skills) {
    const CompiledProfile profile =
        compiler.Compile({"x", AgentGrade::kExpert, "all", std::move(skills)});
    return absl::StrCat(level(profile, "a"), " ", level(profile, "b"), " ",
                        level(profile, "c"));
  };
  EXPECT_EQ(levels({{"a", 9}}), "9 6 6");
  EXPECT_EQ(levels({{"a", 4}}), "4 4 4");
  EXPECT_EQ(levels({{"a", 9}, {"c", 8}}), "9 6 8");
  EXPECT_EQ(levels({{"a", 9}, {"b", 2}, {"c", 1}}), "9 6 6");
  EXPECT_EQ(levels({{"b", 7}}), "0 7 7");
  EXPECT_EQ(levels({{"c", 7}}), "0 0 7");

  AgentConfiguration agent{"x", AgentGrade::kExpert, "all", {}};
  agent.team = "red";
  const CompiledProfile profile = compiler.Compile(agent);
  EXPECT_EQ(profile.grade, AgentGrade::kExpert);
  EXPECT_EQ(profile.channels, 0xFF);
  EXPECT_TRUE(Meets(CompileRequirement({}, {{{.site = "north"}}}), profile));
  EXPECT_FALSE(Meets(CompileRequirement({}, {{{.provider = true}}}), profile));
  agent.team = "blue";
  agent.site = "night";
  const CompiledProfile nights = compiler.Compile(agent);
  EXPECT_TRUE(
      Meets(CompileRequirement({}, {{{.provider = true}, {.site = "night"}}}),
            nights));
}

// --- Mistakes ----------------------------------------------------------------

std::vector<std::string> ProblemsOf(const RoutingRequirement& requirement) {
  std::vector<std::string> problems;
  CheckRequirement(
      requirement, FieldPath("r"),
      [&](const FieldPath& path, std::string message) {
        problems.push_back(absl::StrCat(path.Text(), ": ", message));
      });
  return problems;
}

RoutingRequirement NestedDeep(int depth) {
  if (depth == 0) return {{{"a", 1}}};
  return {{Nest(NestedDeep(depth - 1))}};
}

struct Mistake {
  RoutingRequirement requirement;
  std::string problem;
};

TEST(CheckRequirement, NamesEachMistake) {
  const RequirementTerm amf{.certification = "amf"};
  RequirementTerm levels = amf;
  levels.level_min = 3;
  RequirementTerm maximum = amf;
  maximum.level_max = 3;
  RequirementTerm two = amf;
  two.skill = "a";
  const Mistake mistakes[] = {
      {{{{}}}, "r.all_of[0]: asks for nothing; give one of skill"},
      {{{}, {amf, two}}, "r.any_of[1]: asks for several things"},
      {{{}, {}, {{"a", 0}}}, "r.none_of[0].level_min: 0 is not a level"},
      {{{{"a", 1, 11}}}, "r.all_of[0].level_max: 11 is not a level"},
      {{{{"a", 6, 5}}},
       "r.all_of[0].level_max: 5 is below level_min, which "
       "is 6"},
      {{{levels}}, "r.all_of[0].level_min: goes with a skill"},
      {{{maximum}}, "r.all_of[0].level_max: goes with a skill"},
      {{{{.grades = 0x10}}}, "r.all_of[0].grades: 16 is not a set of grades"},
      {{{{.team = std::string(129, 'x')}}}, "r.all_of[0].team: has 129 bytes"},
      {{{{.site = "\xFF"}}}, "r.all_of[0].site: \"\\xff\" is not valid UTF-8"},
      {{{Nest({})}}, "r.all_of[0].requirement: asks for nothing"},
      {{{Nest({{}, {}, {Nest({{}, {{}}})}})}},
       "r.all_of[0].requirement.none_of[0].requirement.any_of[0]: asks for "
       "nothing"},
      {{{Nest({{amf}, {}, {}, {{amf, 1}}})}},
       "r.all_of[0].requirement.preferred: stands in a nested requirement"},
      {NestedDeep(kRequirementDepthMax + 1), "is nested 5 deep; at most 4"},
      {{{}, {}, {}, {{amf, 0}}}, "r.preferred[0].weight: 0 is not a weight"},
      {{{}, {}, {}, {{amf, 101}}}, "weights are 1 to 100"},
      {{{}, {}, {}, {{Nest({{amf}}), 1}}},
       "r.preferred[0].term.requirement: a preferred term is not nested"},
      {{{}, {}, {}, {{{}, 1}}}, "r.preferred[0].term: asks for nothing"},
  };
  for (const Mistake& mistake : mistakes) {
    SCOPED_TRACE(mistake.problem);
    EXPECT_THAT(ProblemsOf(mistake.requirement),
                testing::ElementsAre(HasSubstr(mistake.problem)));
  }
  EXPECT_THAT(ProblemsOf(NestedDeep(kRequirementDepthMax)), IsEmpty());
}

TEST(CheckRequirement, CountsAllTerms) {
  const std::vector<RequirementTerm> some(31, {"a", 1});
  RoutingRequirement requirement{some, some, {Nest({{{"a", 1}}})}};
  EXPECT_THAT(ProblemsOf(requirement), IsEmpty());  // 64
  requirement.preferred = {{{"a", 1}, 1}};
  EXPECT_THAT(ProblemsOf(requirement),
              testing::ElementsAre(HasSubstr("r.preferred: with it there are "
                                             "more than 64 terms")));
  requirement.preferred.clear();
  requirement.none_of[0] = Nest({{{"a", 1}}, {{"a", 2}}});
  EXPECT_THAT(ProblemsOf(requirement),
              testing::ElementsAre(
                  HasSubstr("r.none_of[0].requirement.any_of: with it")));
}

std::string ContradictionOf(const RoutingRequirement& requirement,
                            const RoutingRequirement* with = nullptr) {
  const auto found = FindContradiction(requirement, FieldPath("r"), with);
  return found ? absl::StrCat(found->path, ": ", found->message) : "";
}

TEST(FindContradiction, NamesTheTermThatLeavesNobody) {
  const RequirementTerm amf{.certification = "amf"};
  const RequirementTerm red{.team = "red"};
  const RequirementTerm blue{.team = "blue"};
  const Mistake mistakes[] = {
      {{{{"a", 5}, {"a", 1, 4}}},
       "r.all_of[1]: skill \"a\" at level 1 to 4 leaves nobody; what else must "
       "hold leaves level 5 to 10"},
      {{{{"a", 5}}, {}, {{"a", 3}}},
       "r.none_of[0]: no skill \"a\" at level 3 or above leaves nobody"},
      {{{{"a", 5}}, {}, {{"a", 5, 7}, {"a", 8, 10}}}, "r.none_of[1]"},
      {{{amf}, {}, {amf}},
       "r.none_of[0]: no certification \"amf\" is asked for by what else must "
       "hold"},
      {{{Nest({{}, {}, {amf}}), amf}},
       "r.all_of[1]: certification \"amf\" is excluded by what else must hold"},
      {{{red, blue}},
       "r.all_of[1]: team \"blue\" is asked for, and so is team \"red\"; an "
       "agent has only one"},
      {{{{.site = "x"}, Nest({{{.site = "y"}}})}},
       "r.all_of[1].requirement.all_of[0]: site \"y\""},
      {{{{.grades = 0b0011}, {.grades = 0b0100}}},
       "r.all_of[1]: grade expert leaves nobody; what else must hold leaves "
       "grade junior or senior"},
      {{{}, {}, {{.grades = 0b1111}}}, "r.none_of[0]: no grade"},
      {{{{.provider = true}}, {}, {{.provider = true}}},
       "r.none_of[0]: no provider's site"},
      {{{Nest({{}, {amf, red}})}, {}, {Nest({{}, {amf, red}})}},
       "r.none_of[0]: is a term of all_of as well"},
      {{{red}, {blue, {.team = "green"}}}, "r.any_of: leaves nobody"},
      {{{Nest({{}, {amf}})}, {}, {amf}},
       "r.all_of[0].requirement.any_of: leaves nobody"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_THAT(ContradictionOf(mistake.requirement),
                HasSubstr(mistake.problem));
  }
  // What can be met.
  const RoutingRequirement right[] = {
      {{{"a", 5}, {"a", 1, 5}}}, {{{"a", 5}}, {}, {{"a", 8}}},
      {{red}, {red, blue}},      {{red}, {}, {blue}},
      {{}, {}, {red, blue}},     {{amf}, {{.certification = "amf"}}},
      {{}, {red, blue}, {red}},
  };
  for (const RoutingRequirement& requirement : right) {
    EXPECT_EQ(ContradictionOf(requirement), "");
  }
}

TEST(FindContradictions, TellsEachOnceThatTheOthersAreMended) {
  const RequirementTerm amf{.certification = "amf"};
  const RoutingRequirement queue{{}, {{.language = "de"}}, {}};
  const auto found = FindContradictions(
      {{{"a", 7}, Nest({{{"a", 1, 3}}}), {"a", 8}, Nest({{}, {amf}})},
       {amf},
       {amf, {.language = "de"}, {"a", 1}}},
      FieldPath("r"), &queue);
  std::vector<std::string> told;
  told.reserve(found.size());
  for (const Contradiction& one : found) {
    told.push_back(absl::StrCat(one.path, ": ", one.message));
  }
  EXPECT_THAT(
      told,
      testing::ElementsAre(
          HasSubstr("r.all_of[1].requirement.all_of[0]: skill \"a\" at level 1 "
                    "to 3 leaves nobody; what else must hold leaves level 7"),
          HasSubstr("r.none_of[2]: no skill \"a\" at level 1 or above leaves "
                    "nobody; what else must hold leaves level 8 to 10"),
          HasSubstr("r.any_of: leaves nobody"),
          HasSubstr("r.all_of[3].requirement.any_of: leaves nobody"),
          HasSubstr("r: excludes each term of an any_of")));
}

TEST(FindContradiction, WithWhatMustBeMetAsWell) {
  const RequirementTerm red{.team = "red"};
  const RequirementTerm blue{.team = "blue"};
  const RoutingRequirement queue{{{"a", 6}}, {red, blue}, {}};
  EXPECT_THAT(ContradictionOf({{{"b", 1}, {"a", 1, 5}}}, &queue),
              HasSubstr("r.all_of[1]: skill \"a\" at level 1 to 5"));
  EXPECT_THAT(ContradictionOf({{}, {}, {red, blue}}, &queue),
              HasSubstr("r: excludes each term of an any_of"));
  EXPECT_EQ(ContradictionOf({{}, {}, {red}}, &queue), "");
  EXPECT_EQ(ContradictionOf({{{"a", 9}}}, &queue), "");
}

// --- Content -----------------------------------------------------------------

Fingerprint ContentOf(const RoutingRequirement& requirement) {
  FingerprintBuilder builder;
  AddContent(requirement, &builder);
  return builder.Finish();
}

TEST(RequirementContent, EveryFieldCounts) {
  const RequirementTerm terms[] = {{"a", 1},           {"a", 2},
                                   {"a", 1, 9},        {.certification = "a"},
                                   {.language = "a"},  {.team = "a"},
                                   {.site = "a"},      {.provider = true},
                                   {.grades = 1},      {.grades = 2},
                                   Nest({{{"a", 1}}}), Nest({{}, {{"a", 1}}})};
  std::vector<RoutingRequirement> all = {{}};
  for (const RequirementTerm& term : terms) {
    all.push_back({{term}});
    all.push_back({{}, {term}});
    all.push_back({{}, {}, {term}});
    all.push_back({{}, {}, {}, {{term, 1}}});
    all.push_back({{}, {}, {}, {{term, 2}}});
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      EXPECT_EQ(ContentOf(all[i]) == ContentOf(all[j]), i == j)
          << i << " " << j;
      EXPECT_EQ(all[i] == all[j], i == j) << i << " " << j;
    }
  }
  EXPECT_TRUE(IsSkillsAtOrAbove({{{"a", 1}, {"b", 2}}}));
  EXPECT_FALSE(IsSkillsAtOrAbove({{{"a", 1}, {"b", 2, 3}}}));
  EXPECT_FALSE(IsSkillsAtOrAbove({{{"a", 1}}, {{"b", 2}}}));
  EXPECT_FALSE(IsSkillsAtOrAbove({{{.team = "a"}}}));
}

}  // namespace
}  // namespace relais
