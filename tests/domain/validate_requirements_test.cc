// Goal: every mistake in what agents have and queues ask for is found with its
// path and what would be right; why nobody meets an expression is said.
// Method: a good configuration, spoilt one field at a time; warnings by cases.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/domain/validate_configuration.h"
#include "relais/configuration.h"
#include "tests/domain/findings.h"

namespace relais {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// With all kinds of things that agents have and queues ask for.
Configuration Rich() {
  Configuration c = Good();
  c.skills.push_back({"banking", "", {{"savings", 8}}});
  c.certifications = {"amf", "insurance"};
  c.languages = {"german", "dutch"};
  c.sites = {{"north"}, {"night", true}};
  c.teams = {{"lille", "north"}, {"home"}};
  c.agents[0].certifications = {"amf"};
  c.agents[0].languages = {"german"};
  c.agents[0].team = "lille";
  c.agents[1].team = "home";
  c.agents[1].site = "night";
  RoutingRequirement nested;
  nested.all_of = {{.site = "north"}, {.grades = SetOf(AgentGrade::kSenior)}};
  c.queues[0].requirement.any_of = {
      {.requirement = std::make_shared<RoutingRequirement>(nested)},
      {.certification = "insurance"}};
  c.queues[0].requirement.none_of = {{.provider = true}};
  c.queues[0].requirement.preferred = {{{.language = "german"}, 9}};
  return c;
}

void ExpectErrors(const std::vector<Spoilt>& ways) {
  for (const Spoilt& way : ways) {
    SCOPED_TRACE(way.path + ": " + way.message);
    Configuration configuration = Rich();
    way.spoil(configuration);
    EXPECT_THAT(ErrorsOf(configuration),
                ElementsAre(IsError(way.path, way.message)));
  }
}

TEST(ValidateConfiguration, NamesEachMistakeOfWhatAgentsHave) {
  using C = Configuration;
  EXPECT_THAT(Validate(Rich()), IsEmpty());
  const std::vector<Spoilt> ways = {
      {"skills[2].implies[0].skill", "did you mean \"savings\"?",
       [](C& c) { c.skills[2].implies[0].skill = "savinsg"; }},
      {"skills[2].implies[0].level_max", "0 is not a level",
       [](C& c) { c.skills[2].implies[0].level_max = 0; }},
      {"skills[2].implies[1].skill", "first at skills[2].implies[0].skill",
       [](C& c) {
         c.skills[2].implies.push_back({"savings", 2});
       }},
      {"skills[0].implies", "is a cycle: savings -> banking -> savings; leave",
       [](C& c) { c.skills[0].implies = {{"banking"}}; }},
      {"skills[1].implies", "is a cycle: italian -> italian;",
       [](C& c) { c.skills[1].implies = {{"italian"}}; }},
      {"certifications[2]",
       "\"amf\" is given twice; first at "
       "certifications[0]",
       [](C& c) { c.certifications.emplace_back("amf"); }},
      {"certifications[2]", "is empty",
       [](C& c) { c.certifications.emplace_back(); }},
      {"languages[2]", "not valid UTF-8",
       [](C& c) { c.languages.emplace_back("\xFF"); }},
      {"languages", "257 entries; at most 256",
       [](C& c) {
         while (c.languages.size() < 257) {
           c.languages.push_back("l" + std::to_string(c.languages.size()));
         }
       }},
      {"sites[2].name", "first at sites[1].name",
       [](C& c) { c.sites.push_back({"night"}); }},
      {"teams[2].name", "first at teams[0].name",
       [](C& c) { c.teams.push_back({"lille"}); }},
      {"teams[1].site",
       "\"nort\" is not a site of this configuration; did "
       "you mean \"north\"?",
       [](C& c) { c.teams[1].site = "nort"; }},
      {"agents[0].certifications[1]", "did you mean \"insurance\"?",
       [](C& c) { c.agents[0].certifications.emplace_back("insurence"); }},
      {"agents[0].certifications[1]", "first at agents[0].certifications[0]",
       [](C& c) { c.agents[0].certifications.emplace_back("amf"); }},
      {"agents[0].languages[1]", "is not a language of this configuration",
       [](C& c) { c.agents[0].languages.emplace_back("klingon"); }},
      {"agents[0].team",
       "\"lile\" is not a team of this configuration; did "
       "you mean \"lille\"?",
       [](C& c) { c.agents[0].team = "lile"; }},
      {"agents[1].site", "did you mean \"night\"?",
       [](C& c) { c.agents[1].site = "nigt"; }},
      {"agents[0].site",
       "\"night\" is not where the team \"lille\" is, which is \"north\"",
       [](C& c) { c.agents[0].site = "night"; }},
  };
  ExpectErrors(ways);
}

TEST(ValidateConfiguration, NamesEachMistakeOfARequirement) {
  using C = Configuration;
  const std::string path = "queues[0].requirement";
  const std::vector<Spoilt> ways = {
      {path + ".any_of[1].certification", "did you mean \"insurance\"?",
       [](C& c) {
         c.queues[0].requirement.any_of[1].certification = "insuranc";
       }},
      {path + ".any_of[0].requirement.all_of[0].site",
       "\"south\" is not a site of this configuration",
       [](C& c) {
         c.queues[0].requirement.any_of[0].requirement =
             std::make_shared<RoutingRequirement>(
                 RoutingRequirement{{{.site = "south"}}});
       }},
      {path + ".preferred[0].term.language", "did you mean \"german\"?",
       [](C& c) {
         c.queues[0].requirement.preferred[0].term.language = "germna";
       }},
      {path + ".preferred[0].weight", "0 is not a weight",
       [](C& c) { c.queues[0].requirement.preferred[0].weight = 0; }},
      {path + ".all_of[0].level_max", "4 is below level_min, which is 5",
       [](C& c) { c.queues[0].requirement.all_of[0].level_max = 4; }},
      {path + ".none_of[1]", "is given twice; first at " + path,
       [](C& c) {
         c.queues[0].requirement.none_of.push_back({.provider = true});
       }},
      {path + ".none_of[1]", "is asked for by what else must hold",
       [](C& c) {
         c.queues[0].requirement.all_of.push_back({.team = "home"});
         c.queues[0].requirement.none_of.push_back({.team = "home"});
       }},
      {path + ".all_of[1]", "asks for nothing",
       [](C& c) { c.queues[0].requirement.all_of.emplace_back(); }},
  };
  ExpectErrors(ways);
}

void Teach(Configuration& c, bool in_training, const std::string& tutor) {
  c.agents[1].skills[0].in_training = in_training;
  c.agents[1].skills[0].tutor = tutor;
}

void AddActivities(Configuration& c) {
  Activity activity{"written", kEmail};
  activity.requirement.none_of = {{.grades = SetOf(AgentGrade::kJunior)}};
  c.activities = {activity, {"any", 0}};
}

TEST(ValidateConfiguration, NamesEachMistakeOfGradesAndTraining) {
  using C = Configuration;
  ExpectErrors({
      {"grades[1].grade", "junior is given twice; first at grades[0].grade",
       [](C& c) {
         c.grades = {{AgentGrade::kJunior, 2}, {AgentGrade::kJunior, 3}};
       }},
      {"grades[0].default_level", "0 is not a level",
       [](C& c) {
         c.grades = {{AgentGrade::kJunior, 0}};
       }},
      {"grades[0].grade", "7 is not a grade",
       [](C& c) {
         c.grades = {{static_cast<AgentGrade>(7), 2}};
       }},
      {"agents[1].skills[0].tutor", "is missing; a skill in training names",
       [](C& c) { Teach(c, true, ""); }},
      {"agents[1].skills[0].tutor", "goes with a skill in training only",
       [](C& c) { Teach(c, false, "anna"); }},
      {"agents[1].skills[0].tutor", "\"bruno\" is the agent itself",
       [](C& c) { Teach(c, true, "bruno"); }},
      {"agents[1].skills[0].tutor",
       "\"ana\" is not an agent of this configuration; did you mean \"anna\"?",
       [](C& c) { Teach(c, true, "ana"); }},
  });
}

TEST(ValidateConfiguration, NamesEachMistakeOfActivities) {
  using C = Configuration;
  ExpectErrors({
      {"activities[1].name", "first at activities[0].name",
       [](C& c) {
         AddActivities(c);
         c.activities[1].name = "written";
       }},
      {"activities[0].requirement.none_of[0].team",
       "\"rde\" is not a team of this configuration",
       [](C& c) {
         AddActivities(c);
         c.activities[0].requirement.none_of[0] = {.team = "rde"};
       }},
      {"queues[1].activity", "did you mean \"written\"?",
       [](C& c) {
         AddActivities(c);
         c.queues[1].activity = "writen";
       }},
      {"queues[0].channels",
       "has voice, which the activity \"written\" does not allow",
       [](C& c) {
         AddActivities(c);
         c.queues[0].activity = "written";
       }},
      {"queues[1].requirement.all_of[2]",
       "grade junior leaves nobody; what else must hold leaves grade senior or "
       "expert or specialised (the activity \"written\" asks for its own, too)",
       [](C& c) {
         AddActivities(c);
         c.queues[1].activity = "written";
         c.queues[1].requirement.all_of.push_back(
             {.grades = SetOf(AgentGrade::kJunior)});
       }},
  });
}

TEST(ValidateConfiguration, AcceptsNoLevelATutorAndAnActivityOfAnyChannel) {
  Configuration c = Rich();
  AddActivities(c);
  c.agents[0].skills[0].level = 0;
  Teach(c, true, "anna");
  c.agents[1].skills[1].level = 10;
  c.queues[0].activity = "any";
  c.queues[1].activity = "written";
  EXPECT_THAT(ErrorsOf(c), IsEmpty());
}

TEST(ValidateConfiguration, WarnsOfATutorWhoDoesNotKnow) {
  Configuration c = Rich();
  c.agents[1].skills.push_back({"banking", 3, true, "anna"});
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("agents[1].skills[2].tutor",
                                    "\"anna\" does not have the skill "
                                    "\"banking\"")));
  c.agents[0].skills.push_back({"banking", 3});
  EXPECT_THAT(Validate(c), IsEmpty());
}

TEST(ValidateConfiguration, WhatAnActivityAsksForKeepsAgentsOut) {
  Configuration c = Rich();
  Activity activity{"experts", 0};
  activity.requirement.all_of = {{.grades = SetOf(AgentGrade::kExpert)}};
  c.activities = {activity};
  c.queues[0].activity = "experts";
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("agents[0]", "can serve no queue"),
                          IsWarning("queues[0]", "nobody could ever serve")));
}

TEST(CheckAgentOf, FindsWhatIsWrongWithOneAgent) {
  const Configuration c = Rich();
  AgentConfiguration agent = c.agents[0];
  EXPECT_THAT(CheckAgentOf(agent, c), IsEmpty());
  agent.grade = static_cast<AgentGrade>(9);
  agent.skills = {{"savnigs", 11}, {"italian", 0, true, "anna"}};
  agent.certifications = {"amf", "amf"};
  EXPECT_THAT(
      CheckAgentOf(agent, c),
      ElementsAre(IsError("agent.grade", "9 is not a grade"),
                  IsError("agent.skills[0].skill", "did you mean"),
                  IsError("agent.skills[0].level", "11 is not a level"),
                  IsError("agent.certifications[1]", "given twice"),
                  IsError("agent.skills[1].tutor", "the agent itself")));
}

// A shape that is wrong does not hide a name that is unknown, nor the reverse.
TEST(ValidateConfiguration, FindsAllThatIsWrongWithOneRequirement) {
  Configuration c = Rich();
  c.queues[0].requirement.all_of = {{"savings", 11}, {"unknown", 2}};
  c.queues[0].requirement.none_of = {{.team = "strangers"}, {}};
  EXPECT_THAT(
      ErrorsOf(c),
      ElementsAre(
          IsError("queues[0].requirement.all_of[0].level_min", "11"),
          IsError("queues[0].requirement.none_of[1]", "asks for nothing"),
          IsError("queues[0].requirement.all_of[1].skill", "unknown"),
          IsError("queues[0].requirement.none_of[0].team", "strangers")));
}

TEST(ValidateConfiguration, SaysWhyNobodyMeetsAnExpression) {
  const auto warning = [](RoutingRequirement requirement) {
    Configuration c = Rich();
    c.queues[0].requirement = std::move(requirement);
    const std::vector<Finding> findings = Validate(c);
    EXPECT_FALSE(HasErrors(findings));
    return findings.empty() ? "" : findings.back().message;
  };
  EXPECT_THAT(warning({{{.certification = "insurance"}}}),
              HasSubstr("nobody has certification \"insurance\""));
  EXPECT_THAT(warning({{{.provider = true}}}),
              HasSubstr("no agent with channel voice has a provider's site"));
  EXPECT_THAT(warning({{{"savings", 4, 6}}}),
              HasSubstr("nobody has skill \"savings\" at level 4 to 6"));
  EXPECT_THAT(warning({{}, {{.language = "dutch"}, {"savings", 9}}}),
              HasSubstr("nobody meets any term of any_of"));
  EXPECT_THAT(
      warning({{}, {}, {{.team = "lille"}}}),
      HasSubstr("no agent with channel voice meets all terms together"));
  // Implied levels count.
  Configuration c = Rich();
  c.agents[0].skills = {{"banking", 9}};
  EXPECT_THAT(Validate(c), IsEmpty());
  c.skills[2].implies[0].level_max = 4;
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("agents[0]", "can serve no queue"),
                          IsWarning("queues[0]", "the highest is 4")));
}

TEST(ValidateConfiguration, AllContradictionsAtOnce) {
  Configuration c = Rich();
  c.queues[0].requirement = {
      {{"savings", 5}, {.team = "home"}},
      {},
      {{.team = "home"}, {"savings", 4}},
  };
  EXPECT_THAT(ErrorsOf(c),
              ElementsAre(IsError("queues[0].requirement.none_of[0]",
                                  "no team \"home\" is asked for"),
                          IsError("queues[0].requirement.none_of[1]",
                                  "leaves level 5 to 10")));
}

TEST(ValidateConfiguration, TheSkillGraphHasABound) {
  Configuration c;
  for (std::size_t i = 0; i < 400; ++i) {
    c.skills.push_back({"s" + std::to_string(i), ""});
    if (i > 0) c.skills[i].implies = {{"s" + std::to_string(i - 1)}};
  }
  EXPECT_THAT(ErrorsOf(c), ElementsAre(IsError("skills", "65536 pairs")));
}

}  // namespace
}  // namespace relais
