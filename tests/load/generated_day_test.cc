// Goal: the shipped day can be read and fits the shipped centre, the same seed
// gives the same day, and a mistake in the file is named. Method: the files of
// examples/bank, and small days written here.

#include "bench/load/generated_day.h"

#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "relais/limits.h"
#include "server/config_file.h"

namespace relais::load {
namespace {

using testing::HasSubstr;

v1::Configuration Centre() {
  const server::ConfigFile file =
      server::ReadConfigFile("examples/bank/bank.yaml", Limits());
  EXPECT_FALSE(file.HasErrors()) << file.Describe("bank.yaml");
  return file.message;
}

TEST(ExampleBankTest, IsAWholeCentre) {
  const server::ConfigFile file =
      server::ReadConfigFile("examples/bank/bank.yaml", Limits());
  EXPECT_TRUE(file.findings.empty()) << file.Describe("bank.yaml");
  EXPECT_EQ(file.message.queues_size(), 8);
  EXPECT_EQ(file.message.agents_size(), 60);
  std::set<int> channels;
  for (const v1::ContactQueue& queue : file.message.queues()) {
    channels.insert(queue.channels().begin(), queue.channels().end());
  }
  EXPECT_EQ(channels.size(), 8u);
  std::set<int> grades;
  for (const v1::AgentConfiguration& agent : file.message.agents()) {
    grades.insert(agent.grade());
  }
  EXPECT_EQ(grades.size(), 4u);
}

TEST(ExampleBankTest, TheDayIsTheSameForTheSameSeed) {
  const v1::Configuration centre = Centre();
  const auto day = ReadDayFile("examples/bank/day.yaml");
  ASSERT_TRUE(day.ok()) << day.status();
  const auto one = GenerateDay(centre, *day, 7);
  const auto two = GenerateDay(centre, *day, 7);
  const auto other = GenerateDay(centre, *day, 8);
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_TRUE(two.ok() && other.ok());
  ASSERT_EQ(one->contacts.size(), two->contacts.size());
  for (std::size_t i = 0; i < one->contacts.size(); ++i) {
    const PlannedContact& a = one->contacts[i];
    const PlannedContact& b = two->contacts[i];
    EXPECT_EQ(a.at_ms, b.at_ms);
    EXPECT_EQ(a.patience_ms, b.patience_ms);
    EXPECT_EQ(a.handling_ms, b.handling_ms);
    EXPECT_EQ(a.wrap_up_ms, b.wrap_up_ms);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(a.contact,
                                                                   b.contact));
  }
  ASSERT_EQ(one->presences.size(), two->presences.size());
  for (std::size_t i = 0; i < one->presences.size(); ++i) {
    EXPECT_EQ(one->presences[i].at_ms, two->presences[i].at_ms);
    EXPECT_EQ(one->presences[i].agent_id, two->presences[i].agent_id);
  }
  EXPECT_TRUE(one->contacts.size() != other->contacts.size() ||
              one->contacts[0].at_ms != other->contacts[0].at_ms);
}

TEST(ExampleBankTest, TheDayHasTwoPeaksAndADip) {
  const auto day = ReadDayFile("examples/bank/day.yaml");
  ASSERT_TRUE(day.ok()) << day.status();
  int by_hour[24] = {};
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto plan = GenerateDay(Centre(), *day, seed);
    ASSERT_TRUE(plan.ok()) << plan.status();
    std::set<std::string> ids;
    for (const PlannedContact& contact : plan->contacts) {
      EXPECT_TRUE(ids.insert(contact.contact.id()).second);
      if (contact.contact.channel() == v1::CHANNEL_VOICE) {
        ++by_hour[contact.at_ms / 3'600'000 % 24];
      }
    }
  }
  EXPECT_EQ(by_hour[6], 0);
  EXPECT_EQ(by_hour[22], 0);
  EXPECT_GT(by_hour[10], by_hour[8]);
  EXPECT_LT(by_hour[13], by_hour[10] * 3 / 4);
  EXPECT_LT(by_hour[13], by_hour[15] * 17 / 20);
  EXPECT_LT(by_hour[20], by_hour[15] / 2);
}

TEST(ExampleEBranchTest, IsAWholeEBranch) {
  const server::ConfigFile file =
      server::ReadConfigFile("examples/ebranch/ebranch.yaml", Limits());
  // What is meant is warned of, and nothing else.
  ASSERT_EQ(file.findings.size(), 2u) << file.Describe("ebranch.yaml");
  EXPECT_EQ(file.findings[0].finding.path, "routing_profiles[1].queue_order");
  EXPECT_EQ(file.findings[1].finding.path, "queues[0].plan");
  EXPECT_EQ(file.message.agents_size(), 24);
  const auto day = ReadDayFile("examples/ebranch/day.yaml");
  ASSERT_TRUE(day.ok()) << day.status();
  const auto plan = GenerateDay(file.message, *day, 1);
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::set<std::string> present;
  for (const PlannedPresence& presence : plan->presences) {
    present.insert(presence.agent_id);
  }
  EXPECT_EQ(present.size(), 24u);
}

TEST(ExampleEBranchTest, WhatIsPulledNeedsAgentsWhoLook) {
  server::ConfigFile file =
      server::ReadConfigFile("examples/ebranch/ebranch.yaml", Limits());
  file.message.mutable_queues(2)->set_pull_only(true);
  auto day = ReadDayFile("examples/ebranch/day.yaml");
  ASSERT_TRUE(day.ok()) << day.status();
  const absl::Status never = GenerateDay(file.message, *day, 1).status();
  EXPECT_EQ(never.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(never.message()),
              HasSubstr("answers.pull_every_ms: 0, but queue \"letters\" is "
                        "pull_only: say how often"));
  day->mutable_answers()->set_pull_every_ms(-1);
  EXPECT_THAT(
      std::string(GenerateDay(file.message, *day, 1).status().message()),
      HasSubstr("answers.pull_every_ms: -1 is below 0"));
  day->mutable_answers()->set_pull_every_ms(60'000);
  const auto plan = GenerateDay(file.message, *day, 1);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->answers.pull_every_ms, 60'000);
}

TEST(ExampleEBranchTest, SharesOfItsCustomersAreDrawn) {
  const server::ConfigFile file =
      server::ReadConfigFile("examples/ebranch/ebranch.yaml", Limits());
  const auto day = ReadDayFile("examples/ebranch/day.yaml");
  ASSERT_TRUE(day.ok()) << day.status();
  int calls = 0;
  int gold = 0;
  int videos = 0;
  int listening = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto plan = GenerateDay(file.message, *day, seed);
    ASSERT_TRUE(plan.ok()) << plan.status();
    for (const PlannedContact& planned : plan->contacts) {
      const v1::Contact& contact = planned.contact;
      if (contact.id().starts_with("customers-1-")) {
        ++calls;
        gold += contact.segment() == "gold" ? 1 : 0;
      }
      if (contact.channel() != v1::CHANNEL_VIDEO) {
        EXPECT_FALSE(contact.tutor_may_listen());
        continue;
      }
      ++videos;
      listening += contact.tutor_may_listen() ? 1 : 0;
    }
  }
  // 0.12 of about 8,600 and a half of about 480, five deviations either way.
  EXPECT_NEAR(gold, 0.12 * calls, 5 * 30);
  EXPECT_NEAR(listening, 0.5 * videos, 5 * 11);
}

// A day of one stream, with one line of it replaced.
absl::Status Generate(const std::string& replace, const std::string& by) {
  std::string text =
      "date: \"2026-03-02\"\n"
      "shapes:\n"
      "  - name: flat\n"
      "    points: [{at: \"08:00\", weight: 1}, {at: \"10:00\", weight: 1}]\n"
      "streams:\n"
      "  - queue: everyday\n"
      "    channel: voice\n"
      "    shape: flat\n"
      "    contacts: 10\n"
      "    handling_mean_ms: 60s\n"
      "shifts:\n"
      "  - agents: [junior-01]\n"
      "    from: \"08:00\"\n"
      "    until: \"12:00\"\n"
      "answers: {pick_up_min_ms: 1s, pick_up_max_ms: 2s}\n";
  if (!replace.empty()) {
    const std::size_t at = text.find(replace);
    EXPECT_NE(at, std::string::npos) << replace;
    text.replace(at, replace.size(), by);
  }
  const std::string path = testing::TempDir() + "relais_load_day.yaml";
  std::ofstream(path) << text;
  const auto day = ReadDayFile(path);
  std::remove(path.c_str());
  if (!day.ok()) return day.status();
  return GenerateDay(Centre(), *day, 1).status();
}

TEST(GenerateDayTest, MistakesAreNamed) {
  EXPECT_TRUE(Generate("", "").ok());
  const struct {
    const char* replace;
    const char* by;
    const char* named;
  } kCases[] = {
      {"contacts: 10", "contacts: -1", "streams[0].contacts"},
      {"handling_mean_ms: 60s", "handling_mean_ms: 0",
       "streams[0].handling_mean_ms"},
      {"handling_mean_ms: 60s",
       "handling_mean_ms: 60s\n    patience_mean_ms: 0",
       "streams[0].patience_mean_ms"},
      {"shape: flat", "shape: round", "streams[0].shape: \"round\""},
      {"at: \"08:00\"", "at: \"8h\"", "shapes[0].points[0].at"},
      {"weight: 1}, ", "weight: -1}, ", "shapes[0].points"},
      {"until: \"12:00\"", "until: \"07:00\"", "shifts[0].until"},
      {"[junior-01]", "[junior-01, junior-01]", "shifts[0].agents[1]"},
      {"[junior-01]", "[nobody]", "agent \"nobody\""},
      {"queue: everyday", "queue: nowhere", "queue \"nowhere\""},
      {"2026-03-02", "2026-02-30", "date"},
      {"pick_up_max_ms: 2s", "pick_up_max_ms: 0s", "answers.pick_up_max_ms"},
      {"pick_up_max_ms: 2s", "pick_up_max_ms: 2s, decline_probability: 2",
       "answers: decline_probability 2"},
      {"contacts: 10", "contcts: 10", "contcts"},
      {"contacts: 10",
       "contacts: 10\n    segments: [{segment: gold, share: 0}]",
       "streams[0].segments[0].share"},
      {"contacts: 10",
       "contacts: 10\n    segments: [{segment: gold, share: 0.6}, "
       "{segment: silver, share: 0.5}]",
       "streams[0].segments: shares of 1.1"},
      {"contacts: 10",
       "contacts: 10\n    segments: [{segment: gold, share: 1}]",
       "segment \"gold\""},
      {"contacts: 10", "contacts: 10\n    tutor_may_listen_share: 1.5",
       "streams[0].tutor_may_listen_share"},
  };
  for (const auto& a_case : kCases) {
    const absl::Status status = Generate(a_case.replace, a_case.by);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << a_case.by;
    EXPECT_THAT(std::string(status.message()), HasSubstr(a_case.named));
  }
  EXPECT_EQ(ReadDayFile("/nonexistent/day.yaml").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace relais::load
