// A configuration file that is right gives the configuration; every mistake is
// named with its line, its path and what would be right, all at once.

#include "server/config_file.h"

#include <cstdio>
#include <fstream>
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
      ElementsAre(AllOf(HasSubstr("f:22:5: error: queues[0]"),
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
  EXPECT_EQ(wrong.findings.front().line, 333);
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
  const ConfigFile file = ReadConfigText(WithChoices(), Limits());
  const v1::Configuration shown = ToProto(file.configuration);
  const std::string text = ToYaml(shown);
  EXPECT_THAT(text, HasSubstr("answered_fraction: 0.9\n"));
  v1::Configuration back;
  EXPECT_THAT(FillFromYaml(text, &back).problems, IsEmpty()) << text;
  std::string difference;
  google::protobuf::util::MessageDifferencer differ;
  differ.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differ.Compare(shown, back)) << difference;
}

}  // namespace
}  // namespace relais::server
