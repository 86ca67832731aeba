// A configuration file that is right gives the configuration; every mistake is
// named with its line, its path and what would be right, all at once.

#include "server/config_file.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/convert.h"
#include "server/yaml_message.h"

namespace relais::server {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kGood[] = R"(# a small centre
name: Centre de Lyon
skills:
  - name: accounts
  - {name: english, description: spoken}
routing_profiles:
  - name: telephone
    channels: [voice, callback]
agents:
  - id: anna
    grade: expert
    routing_profile: telephone
    skills:
      - {skill: accounts, level: 7}
      - {skill: english, level: 2}
  - id: bela
    routing_profile: telephone
    skills:
      - {skill: accounts, level: 3}
queues:
  - name: accounts
    channels: [voice]
    requirement:
      all_of:
        - {skill: accounts, level_min: 3}
    service_level: {answered_fraction: 0.9, threshold_ms: 30s}
    offer_timeout_ms: 15000
    wrap_up_ms: 500ms
    wait_limit_ms: 5min
    handling_lease_ms: 4h
    priority_credits:
      - {priority: 9, credit_ms: 1h}
)";

// kGood with one text replaced by another.
std::string With(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<std::string> Problems(const std::string& text) {
  std::vector<std::string> problems;
  const ConfigFile file = ReadConfigText(text, Limits());
  for (const FileFinding& found : file.findings) {
    ConfigFile one;
    one.findings.push_back(found);
    problems.push_back(one.Describe("f"));
  }
  return problems;
}

TEST(ConfigFileTest, ReadsAWholeCentre) {
  const ConfigFile file = ReadConfigText(kGood, Limits());
  EXPECT_FALSE(file.HasErrors()) << file.Describe("f");
  const Configuration& c = file.configuration;
  EXPECT_EQ(c.name, "Centre de Lyon");
  ASSERT_THAT(c.agents, SizeIs(2));
  EXPECT_EQ(c.agents[0].grade, AgentGrade::kExpert);
  EXPECT_EQ(c.agents[1].grade, AgentGrade::kSenior);  // the default
  EXPECT_EQ(c.agents[0].skills[1].level, 2);
  ASSERT_THAT(c.routing_profiles, SizeIs(1));
  EXPECT_EQ(c.routing_profiles[0].channels,
            SetOf(Channel::kVoice) | SetOf(Channel::kCallback));
  ASSERT_THAT(c.queues, SizeIs(1));
  const ContactQueue& queue = c.queues[0];
  EXPECT_EQ(queue.requirement.all_of[0].level_min, 3);
  EXPECT_DOUBLE_EQ(queue.service_level.answered_fraction, 0.9);
  EXPECT_EQ(queue.service_level.threshold_ms, 30'000);
  EXPECT_EQ(queue.offer_timeout_ms, 15'000);
  EXPECT_EQ(queue.wrap_up_ms, 500);
  EXPECT_EQ(queue.wait_limit_ms, 300'000);
  EXPECT_EQ(queue.handling_lease_ms, 4LL * 3600 * 1000);
  EXPECT_EQ(queue.decline_retry_ms, 60'000);  // the default
  EXPECT_EQ(queue.priority_credit_ms[8], 480'000);
  EXPECT_EQ(queue.priority_credit_ms[9], 3'600'000);
}

// kGood with everything that says whom a free agent gets and who gets whom.
std::string WithChoices() {
  return With("queues:\n", R"(contact_choice: deadline
segments:
  - {name: gold, credit_ms: 90s}
  - {name: plain}
queues:
)") + "    agent_choice: {fit: least_over_qualified, order: round_robin}\n";
}

TEST(ConfigFileTest, ReadsHowAgentsAndContactsAreChosen) {
  const ConfigFile file = ReadConfigText(WithChoices(), Limits());
  EXPECT_FALSE(file.HasErrors()) << file.Describe("f");
  const Configuration& c = file.configuration;
  EXPECT_EQ(c.queues[0].agent_choice.fit, FitRule::kLeastOverQualified);
  EXPECT_EQ(c.queues[0].agent_choice.order, AgentOrder::kRoundRobin);
  EXPECT_EQ(c.contact_choice, ContactChoice::kDeadline);
  EXPECT_EQ(c.segments,
            (std::vector<CustomerSegment>{{"gold", 90'000}, {"plain", 0}}));
}

TEST(ConfigFileTest, AliasesStandForWhatTheyName) {
  const std::string text =
      With("    skills:\n      - {skill: accounts, level: 3}",
           "    skills: &few\n      - {skill: accounts, level: 3}\n"
           "  - id: cara\n    routing_profile: telephone\n    skills: *few");
  const ConfigFile file = ReadConfigText(text, Limits());
  EXPECT_FALSE(file.HasErrors()) << file.Describe("f");
  ASSERT_THAT(file.configuration.agents, SizeIs(3));
  EXPECT_EQ(file.configuration.agents[2].skills[0].level, 3);
}

TEST(ConfigFileTest, UnknownKeyNamesTheNearest) {
  EXPECT_THAT(
      Problems(With("    channels: [voice]\n", "    chanels: [voice]\n")),
      ElementsAre(AllOf(HasSubstr("f:22:5: error: queues[0].chanels: "),
                        HasSubstr("\"chanels\""),
                        HasSubstr("did you mean 'channels'?"))));
  EXPECT_THAT(Problems(With("name: Centre", "zzzzzz: Centre")),
              ElementsAre(AllOf(HasSubstr("f:2:1"), HasSubstr("zzzzzz"),
                                HasSubstr("known here: name, skills"))));
}

TEST(ConfigFileTest, KeyGivenTwiceNamesBothLines) {
  EXPECT_THAT(Problems(With("    grade: expert\n",
                            "    grade: expert\n    grade: junior\n")),
              ElementsAre(AllOf(HasSubstr("f:12:5: error: agents[0].grade"),
                                HasSubstr("twice"), HasSubstr("line 11"))));
  EXPECT_THAT(
      Problems(std::string(kGood) + "name: again\n"),
      ElementsAre(AllOf(HasSubstr("error: name"), HasSubstr("line 2"))));
}

TEST(ConfigFileTest, WrongKindsOfValues) {
  EXPECT_THAT(
      Problems(With("level: 7", "level: seven")),
      ElementsAre(AllOf(HasSubstr("f:14:34: error: "
                                  "agents[0].skills[0].level"),
                        HasSubstr("\"seven\""), HasSubstr("whole number"))));
  EXPECT_THAT(Problems(With("level: 7", "level: [7]")),
              ElementsAre(HasSubstr("has to be a single value")));
  EXPECT_THAT(Problems(With("[voice, callback]", "voice")),
              ElementsAre(HasSubstr("has to be a list")));
  EXPECT_THAT(Problems(With("15000", "20 parsecs")),
              ElementsAre(AllOf(HasSubstr("queues[0].offer_timeout_ms"),
                                HasSubstr("\"20 parsecs\""),
                                HasSubstr("500ms, 20s, 5min, 4h"))));
  EXPECT_THAT(Problems(With("0.9", "most")),
              ElementsAre(HasSubstr("such as 0.8")));
  EXPECT_THAT(Problems(With("0.9", ".nan")),
              ElementsAre(HasSubstr("such as 0.8")));
  EXPECT_THAT(Problems(With("4h", "9223372036854775807h")),
              ElementsAre(HasSubstr("handling_lease_ms")));
  EXPECT_THAT(Problems(With("level: 7", "level: 99999999999")),
              ElementsAre(HasSubstr("whole number")));
  EXPECT_THAT(
      Problems(With("  - {name: english, description: spoken}",
                    "  - english\n  - {name: english}")),
      ElementsAre(AllOf(HasSubstr("skills[1]"), HasSubstr("has to be a map"))));
  EXPECT_THAT(Problems(With("    grade: expert", "    grade:")),
              ElementsAre(HasSubstr("has no value")));
  EXPECT_THAT(Problems(With("    grade: expert", "    [grade]: expert")),
              ElementsAre(HasSubstr("keys are names")));
}

TEST(ConfigFileTest, UnknownEnumValueNamesTheNearest) {
  EXPECT_THAT(
      Problems(With("expert", "expret")),
      ElementsAre(AllOf(
          HasSubstr("f:11:12: error: agents[0].grade"), HasSubstr("\"expret\""),
          HasSubstr("did you mean 'expert'?"), HasSubstr("junior, senior"))));
  EXPECT_THAT(Problems(With("[voice, callback]", "[voice, unspecified]")),
              ElementsAre(HasSubstr("routing_profiles[0].channels[1]")));
}

TEST(ConfigFileTest, AllMistakesAtOnce) {
  std::string text = With("level: 7", "level: seven");
  text.replace(text.find("wrap_up_ms"), 10, "wrapup_ms_");
  text += "name: again\n";
  EXPECT_THAT(Problems(text), SizeIs(3));
}

// What was read is checked as well; nothing is told that is so only because
// something was not read.
TEST(ConfigFileTest, MistakesOfTheFileDoNotHideThoseOfTheCentre) {
  std::string text = With("level: 3}\nqueues", "level: 13}\nqueues");
  text.replace(text.find("    grade: expert"), 17, "    garde: expert");
  text.replace(text.find("wait_limit_ms: 5min"), 19, "wait_limit_ms: -1");
  EXPECT_THAT(
      Problems(text),
      ElementsAre(AllOf(HasSubstr("f:11:5: error: agents[0].garde: "),
                        HasSubstr("did you mean 'grade'")),
                  HasSubstr("f:19:27: error: agents[1].skills[0].level: 13"),
                  HasSubstr("f:29:5: error: queues[0].wait_limit_ms: -1 ms")));
  // Skills may be missing now: what refers to them is not judged, other
  // mistakes of the centre are.
  text = With("- name: accounts\n", "- nmae: accounts\n");
  text.replace(text.find("channels: [voice, callback]"), 27, "channels: []");
  EXPECT_THAT(
      Problems(text),
      ElementsAre(HasSubstr("f:4:5: error: skills[0].nmae: unknown key"),
                  HasSubstr("f:8:5: error: routing_profiles[0].channels: is "
                            "empty")));
  // A list under another name: what refers to it is not judged, the rest is.
  text = With("level: 7", "level: 17");
  text.replace(text.find("skills:\n"), 7, "skils:\n");
  EXPECT_THAT(Problems(text),
              ElementsAre(AllOf(HasSubstr("f:3:1: error: skils: unknown key"),
                                HasSubstr("did you mean 'skills'")),
                          HasSubstr("f:15:27: error: agents[0].skills[0]."
                                    "level: 17")));
}

// A value that is wrong by itself is told whatever else its entry lacks.
TEST(ConfigFileTest, AMistakeDoesNotHideOthersOfItsEntry) {
  std::string text = With("grade: expert", "grade: boss");
  text.replace(text.find("routing_profile: telephone"), 26,
               "routing_profile: telefone\n    team: red");
  text.replace(text.find("wrap_up_ms: 500ms"), 17,
               "wrap_up_ms: soon\n    panel_max_share_percent: 50");
  text.replace(text.find("credit_ms: 1h"), 13, "credit_ms: 169h");
  EXPECT_THAT(
      Problems(text),
      ElementsAre(HasSubstr("f:11:12: error: agents[0].grade: unknown value"),
                  AllOf(HasSubstr("agents[0].routing_profile: \"telefone\""),
                        HasSubstr("did you mean \"telephone\"?")),
                  HasSubstr("agents[0].team: \"red\" is not a team"),
                  HasSubstr("queues[0].wrap_up_ms: is \"soon\""),
                  HasSubstr("queues[0].panel_max_share_percent: 50 is not in"),
                  HasSubstr("queues[0].priority_credits[0].credit_ms: "
                            "608400000 ms is out of range")));
}

// Each of these would hold only for what was not read.
TEST(ConfigFileTest, WhatWasNotReadIsNotJudged) {
  const auto replaced = [](std::string text, const std::string& from,
                           const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  // Channels that are not there, and a list of them that is not complete.
  EXPECT_THAT(Problems(With("    channels: [voice]", "    chanels: [voice]")),
              ElementsAre(HasSubstr("queues[0].chanels")));
  EXPECT_THAT(Problems(With("    channels: [voice]", "    channels: [vioce]")),
              ElementsAre(HasSubstr("queues[0].channels[0]: unknown value")));
  // A level_max that was not read is 10.
  std::string text = With("level_min: 3}", "level_min: 3, level_max: x}");
  EXPECT_THAT(Problems(text), SizeIs(1));
  // Channels that an activity may allow.
  text = With("queues:\n",
              "activities: [{name: calls, channels: [voice, voize]}]\n"
              "queues:\n");
  text = replaced(text, "    channels: [voice]",
                  "    channels: [voice, chat]\n    activity: calls");
  EXPECT_THAT(Problems(text),
              ElementsAre(HasSubstr("activities[0].channels[1]")));
  // Another choice that may be right.
  text = replaced(With("level_min: 3}", "level_min: 3, level_max: 4}"),
                  "    service_level",
                  "      any_of:\n"
                  "        - {skill: accounts, level_min: 5}\n"
                  "        - {skil: english}\n"
                  "    service_level");
  EXPECT_THAT(Problems(text),
              ElementsAre(HasSubstr("any_of[1].skil: unknown key")));
  // A tutor whose entry does not say who it is.
  text =
      replaced(With("level: 7}", "level: 7, in_training: true, tutor: bela}"),
               "- id: bela", "- di: bela");
  EXPECT_THAT(Problems(text), ElementsAre(HasSubstr("agents[1].di")));
  // Queues and plans whose entries do not say their names.
  text = replaced(With("  - name: accounts\n    channels",
                       "  - nmae: accounts\n    channels"),
                  "queues:\n",
                  "reserves: [{name: r, queue: accounts, keep: 1, "
                  "holds_back: [callback]}]\n"
                  "bullseye_plans: [{nmae: p, rings: [{widen_after_ms: 1s, "
                  "queue: accounts}]}]\n"
                  "queues:\n  - {name: other, channels: [voice], plan: p}\n");
  text = replaced(text, "[voice, callback]\n",
                  "[voice, callback]\n    queue_order: [{queues: "
                  "[accounts]}]\n");
  EXPECT_THAT(Problems(text),
              ElementsAre(HasSubstr("bullseye_plans[0].nmae: unknown key"),
                          HasSubstr("queues[1].nmae: unknown key")));
  // A channel that is none is not missing besides.
  text = With("[voice, callback]\n",
              "[voice, callback]\n    channel_capacities: [{channel: fax}]\n");
  EXPECT_THAT(Problems(text),
              ElementsAre(HasSubstr("channel: unknown value \"fax\"")));
  // One that is missing is told by the file's names.
  text =
      With("[voice, callback]\n",
           "[voice, callback]\n    channel_capacities: [{cost_units: 20}]\n");
  EXPECT_THAT(Problems(text), ElementsAre(HasSubstr(
                                  "channel_capacities[0].channel: missing; use "
                                  "voice, email, chat, callback")));
}

TEST(ConfigFileTest, ACapacityIsFoundByItsChannel) {
  EXPECT_THAT(Problems(With("    channels: [voice, callback]",
                            "    channels: [voice, callback]\n"
                            "    channel_capacities:\n"
                            "      - {channel: callback, cost_units: 50}\n"
                            "      - {channel: voice, cost_units: 500}")),
              ElementsAre(HasSubstr("f:11:26: error: routing_profiles[0]."
                                    "channel_capacities[voice].cost_units: "
                                    "500 is not in")));
}

constexpr char kRich[] = R"(skills:
  - {name: insurance}
  - name: life insurance
    implies:
      - {skill: insurance, level_max: 8}
certifications: [amf]
languages: [french, german]
sites:
  - {name: lille}
  - {name: nights, provider: true}
teams:
  - {name: red, site: lille}
routing_profiles:
  - {name: telephone, channels: [voice]}
agents:
  - id: anna
    grade: junior
    routing_profile: telephone
    skills: [{skill: life insurance, level: 9}]
    certifications: [amf]
    languages: [german]
    team: red
  - {id: noor, routing_profile: telephone, site: nights}
queues:
  - name: insurance
    channels: [voice]
    requirement:
      all_of:
        - {skill: insurance, level_min: 3, level_max: 8}
      any_of:
        - {certification: amf}
        - requirement:
            all_of:
              - {grades: [expert, specialised]}
            none_of:
              - {team: red}
              - {provider: true}
      preferred:
        - {term: {language: german}, weight: 20}
        - {term: {site: lille}}
)";

TEST(ConfigFileTest, ReadsRequirementsAndWhatAgentsHave) {
  const ConfigFile file = ReadConfigText(kRich, Limits());
  EXPECT_EQ(file.Describe("f"),
            "f:23:5: warning: agents[1]: \"noor\" can serve no queue: none has "
            "a channel of its routing profile and asks only for what it has\n");
  const Configuration& c = file.configuration;
  ASSERT_THAT(c.skills[1].implies, SizeIs(1));
  EXPECT_EQ(c.skills[1].implies[0], (ImpliedSkill{"insurance", 8}));
  EXPECT_THAT(c.certifications, ElementsAre("amf"));
  EXPECT_THAT(c.languages, ElementsAre("french", "german"));
  EXPECT_THAT(c.sites, ElementsAre(Site{"lille"}, Site{"nights", true}));
  EXPECT_THAT(c.teams, ElementsAre(Team{"red", "lille"}));
  EXPECT_THAT(c.agents[0].certifications, ElementsAre("amf"));
  EXPECT_THAT(c.agents[0].languages, ElementsAre("german"));
  EXPECT_EQ(c.agents[0].team, "red");
  EXPECT_EQ(c.agents[1].site, "nights");
  RoutingRequirement nested;
  nested.all_of = {
      {.grades = SetOf(AgentGrade::kExpert) | SetOf(AgentGrade::kSpecialised)}};
  nested.none_of = {{.team = "red"}, {.provider = true}};
  RoutingRequirement expected;
  expected.all_of = {{"insurance", 3, 8}};
  expected.any_of = {
      {.certification = "amf"},
      {.requirement = std::make_shared<RoutingRequirement>(nested)}};
  expected.preferred = {{{.language = "german"}, 20}, {{.site = "lille"}, 1}};
  EXPECT_EQ(c.queues[0].requirement, expected);
}

TEST(ConfigFileTest, MistakesOfANestedRequirementHaveLinesAndPaths) {
  std::string text = kRich;
  const auto replace = [&text](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("{team: red}\n", "{team: rde}\n");
  replace("level_max: 8}\n      any", "level_max: 2}\n      any");
  replace("weight: 20", "weight: 200");
  replace("expert, specialised", "expert, specialized");
  replace("provider: true}\nteams", "provider: yes}\nteams");
  replace("[{skill: life insurance, level: 9}]", "[{skill: life}]");
  EXPECT_THAT(
      Problems(text),
      ElementsAre(
          HasSubstr("f:10:30: error: sites[1].provider: is \"yes\"; it has to "
                    "be true or false"),
          HasSubstr("f:19:15: error: agents[0].skills[0].skill: \"life\""),
          HasSubstr("f:29:44: error: queues[0].requirement.all_of[0]."
                    "level_max: 2 is below level_min, which is 3"),
          AllOf(HasSubstr("f:34:35: error: queues[0].requirement.any_of[1]."
                          "requirement.all_of[0].grades[1]: unknown value"),
                HasSubstr("did you mean 'specialised'")),
          HasSubstr("f:36:18: error: queues[0].requirement.any_of[1]."
                    "requirement.none_of[0].team: \"rde\" is not a team"),
          HasSubstr("f:39:38: error: queues[0].requirement.preferred[0]."
                    "weight: 200 is not a weight")));
}

TEST(ConfigFileTest, CyclesAndContradictionsAreNamed) {
  std::string text = kRich;
  text.replace(text.find("{name: insurance}"), 17,
               "{name: insurance, implies: [{skill: life insurance}]}");
  text.replace(text.find("{grades: [expert, specialised]}"), 31, "{team: red}");
  text.replace(text.find("      any_of:\n"), 14,
               "        - {certification: amf}\n      none_of:\n"
               "        - {certification: amf}\n      any_of:\n");
  EXPECT_THAT(
      Problems(text),
      ElementsAre(
          HasSubstr("f:2:23: error: skills[0].implies: is a cycle: insurance "
                    "-> life insurance -> insurance; leave one of them out"),
          HasSubstr("f:32:11: error: queues[0].requirement.none_of[0]: no "
                    "certification \"amf\" is asked for by what else")));
}

TEST(ConfigFileTest, FindingsOfTheCheckHaveLines) {
  EXPECT_THAT(
      Problems(With("level: 7", "level: 11")),
      ElementsAre(AllOf(HasSubstr("f:14:27: error: agents[0].skills[0].level"),
                        HasSubstr("11"))));
  // Nothing to point at: where its parent is.
  EXPECT_THAT(Problems(With("    routing_profile: telephone\n    skills:\n"
                            "      - {skill: accounts, level: 3}\n",
                            "    skills:\n"
                            "      - {skill: accounts, level: 3}\n")),
              ElementsAre(HasSubstr("f:16:5: error: agents[1]")));
  EXPECT_THAT(Problems(With("- {priority: 9, credit_ms: 1h}",
                            "- {priority: 9}\n      - {priority: 9}")),
              ElementsAre(AllOf(HasSubstr("priority_credits[1].priority"),
                                HasSubstr("twice"))));
  EXPECT_THAT(Problems(With("priority: 9", "priority: 10")),
              ElementsAre(HasSubstr("10 is no priority; use 0 to 9")));
}

TEST(ConfigFileTest, FilesThatAreNoConfiguration) {
  EXPECT_THAT(Problems(""), ElementsAre(HasSubstr("is empty")));
  EXPECT_THAT(Problems("# only a comment\n"), ElementsAre(HasSubstr("empty")));
  EXPECT_THAT(Problems("- a\n- b\n"), ElementsAre(HasSubstr("a list")));
  EXPECT_THAT(Problems("just text"), ElementsAre(HasSubstr("just text")));
  EXPECT_THAT(Problems("a: [1, 2\nb: 3\n"),
              ElementsAre(AllOf(HasSubstr("f:2"), HasSubstr("is no YAML"))));
  EXPECT_THAT(Problems("name: a\n---\nname: b\n"),
              ElementsAre(HasSubstr("second document")));
  EXPECT_THAT(Problems("name: \"\\xff\xff\"\n"), SizeIs(1));
}

TEST(ConfigFileTest, MaliciousFilesEnd) {
  // Deep nesting, a list that contains itself, and a billion of aliases.
  EXPECT_THAT(Problems(std::string(100'000, '[')), SizeIs(1));
  EXPECT_FALSE(Problems("skills: &a [*a, *a]\n").empty());
  std::string bomb = "skills:\n  - name: &a [x, x, x, x, x, x, x, x, x, x]\n";
  EXPECT_FALSE(Problems(bomb).empty());
  // Agents whose lists of skills are aliases of one large list.
  std::string many = "agents:\n  - id: a0\n    skills: &s [";
  for (int i = 0; i < 3'000; ++i) many += "{skill: x, level: 1}, ";
  many += "]\n";
  for (int i = 1; i < 3'000; ++i) {
    many += "  - {id: a" + std::to_string(i) + ", skills: *s}\n";
  }
  EXPECT_THAT(Problems(many), ElementsAre(HasSubstr("more than")));
}

// Many warnings are shortened and stay warnings; an error among them is shown.
TEST(ConfigFileTest, ManyFindingsAreShortened) {
  std::string text = kGood;
  for (int i = 0; i < 300; ++i) {
    text += "  - {name: q" + std::to_string(i) +
            ", channels: [video], requirement: {all_of: [{skill: english}]}}\n";
  }
  const ConfigFile warned = ReadConfigText(text, Limits());
  EXPECT_FALSE(warned.HasErrors()) << warned.Describe("f");
  ASSERT_THAT(warned.findings, SizeIs(201));
  EXPECT_EQ(warned.findings.back().finding.message, "and 100 more findings");
  const ConfigFile wrong = ReadConfigText(
      text + "  - {name: last, channels: [voice], wrap_up_ms: -1}\n", Limits());
  EXPECT_TRUE(wrong.HasErrors());
  ASSERT_THAT(wrong.findings, SizeIs(201));
  EXPECT_EQ(wrong.findings[199].line, 333);  // the error, in its place
  // Whoever asks for all of them gets all of them.
  EXPECT_THAT(ReadConfigText(text, Limits(), 1'000).findings, SizeIs(300));
}

TEST(ConfigFileTest, MissingFileSaysWhy) {
  const ConfigFile file = ReadConfigFile("/nonexistent/bank.yaml", Limits());
  EXPECT_TRUE(file.HasErrors());
  EXPECT_EQ(file.Describe("bank.yaml"),
            "bank.yaml: error: cannot be opened: No such file or directory\n");
  EXPECT_TRUE(ReadConfigFile("/", Limits()).HasErrors());
}

TEST(ConfigFileTest, ReadsFromADisk) {
  const std::string name = ::testing::TempDir() + "/relais_config_test.yaml";
  std::ofstream(name) << kGood;
  const ConfigFile file = ReadConfigFile(name, Limits());
  std::remove(name.c_str());
  EXPECT_FALSE(file.HasErrors()) << file.Describe(name);
  EXPECT_EQ(file.configuration.agents.size(), 2U);
}

TEST(ConfigFileTest, WrittenAndReadBackIsTheSame) {
  EXPECT_THAT(ToYaml(ToProto(ReadConfigText(kGood, Limits()).configuration)),
              HasSubstr("answered_fraction: 0.9\n"));
  for (const std::string& given :
       {std::string(kGood), std::string(kRich), WithChoices()}) {
    const ConfigFile file = ReadConfigText(given, Limits());
    const v1::Configuration shown = ToProto(file.configuration);
    const std::string text = ToYaml(shown);
    v1::Configuration back;
    EXPECT_THAT(FillFromYaml(text, &back).problems, IsEmpty()) << text;
    std::string difference;
    google::protobuf::util::MessageDifferencer differ;
    differ.ReportDifferencesToString(&difference);
    EXPECT_TRUE(differ.Compare(shown, back)) << difference;
    std::vector<Finding> findings;
    const Configuration same = ToDomain(back, &findings);
    EXPECT_EQ(same.queues, file.configuration.queues);
    EXPECT_EQ(same.agents, file.configuration.agents);
    EXPECT_EQ(same.skills, file.configuration.skills);
    EXPECT_EQ(same.routing_profiles, file.configuration.routing_profiles);
    EXPECT_EQ(same.segments, file.configuration.segments);
    EXPECT_EQ(same.contact_choice, file.configuration.contact_choice);
  }
}

}  // namespace
}  // namespace relais::server
