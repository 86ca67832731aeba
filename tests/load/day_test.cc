// Goal: times and dates are read strictly; a day is cut and answered the same
// way whoever plays it. Method: cases.

#include "bench/load/day.h"

#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace relais::load {
namespace {

constexpr DurationMs kHour = 3'600'000;

TEST(ParseTimeOfDayTest, HoursMinutesAndSeconds) {
  EXPECT_EQ(*ParseTimeOfDay("07:30"), 7 * kHour + kHour / 2);
  EXPECT_EQ(*ParseTimeOfDay("7:02:47"), 7 * kHour + 2 * 60'000 + 47'000);
  EXPECT_EQ(*ParseTimeOfDay("24:00"), 24 * kHour);
  for (const char* wrong : {"", "7", "7:60", "24:01", "25:00", "07:00:60",
                            "-1:00", "07:00:00:00", "7h30", "007:00", "7:"}) {
    EXPECT_EQ(ParseTimeOfDay(wrong).status().code(),
              absl::StatusCode::kInvalidArgument)
        << wrong;
  }
}

TEST(ParseDateTest, RealDatesOnly) {
  EXPECT_EQ(*ParseDate("1970-01-02"), 24 * kHour);
  EXPECT_EQ(*ParseDate("1999-02-02"), 917'913'600'000);
  for (const char* wrong :
       {"", "1999-2-2", "1999-02-29", "1999-13-01", "02/02/1999", "1969-12-31",
        "1999-02-02T00:00", "1999-00-10"}) {
    EXPECT_EQ(ParseDate(wrong).status().code(),
              absl::StatusCode::kInvalidArgument)
        << wrong;
  }
}

TEST(TimeOfDayTextTest, Milliseconds) {
  EXPECT_EQ(TimeOfDayText(917'913'600'000 + 12 * kHour + 184'120),
            "12:03:04.120");
  EXPECT_EQ(TimeOfDayText(-1), "23:59:59.999");
}

TEST(AnswerToTest, DependsOnSeedContactAndOrdinalAlone) {
  DayPlan plan;
  plan.seed = 5;
  plan.answers = {1'000, 9'000, 0.2, 0.1, 60'000};
  int declined = 0;
  int ignored = 0;
  constexpr int kOffers = 20'000;
  for (std::size_t i = 0; i < kOffers; ++i) {
    const PlannedAnswer one = AnswerTo(plan, i, i % 3);
    const PlannedAnswer two = AnswerTo(plan, i, i % 3);
    EXPECT_EQ(one.kind, two.kind);
    EXPECT_EQ(one.after_ms, two.after_ms);
    EXPECT_GE(one.after_ms, 1'000);
    EXPECT_LE(one.after_ms, 9'000);
    if (one.kind == PlannedAnswer::Kind::kDecline) ++declined;
    if (one.kind == PlannedAnswer::Kind::kIgnore) ++ignored;
  }
  EXPECT_NEAR(declined, 0.2 * kOffers, 300);
  EXPECT_NEAR(ignored, 0.1 * kOffers, 250);
}

PlannedPresence At(DurationMs at_ms, const char* agent,
                   v1::PresenceState state) {
  PlannedPresence presence;
  presence.at_ms = at_ms;
  presence.agent_id = agent;
  presence.presence.set_state(state);
  return presence;
}

TEST(CutPlanTest, AgentsBeginAsTheyAreAndLeaveInTheEnd) {
  DayPlan plan;
  for (int hour = 8; hour < 14; ++hour) {
    PlannedContact contact;
    contact.at_ms = hour * kHour;
    plan.contacts.push_back(contact);
  }
  plan.presences = {
      At(7 * kHour, "early", v1::PRESENCE_STATE_AVAILABLE),
      At(8 * kHour, "stays", v1::PRESENCE_STATE_AVAILABLE),
      At(9 * kHour, "early", v1::PRESENCE_STATE_LOGGED_OUT),
      At(9 * kHour, "stays", v1::PRESENCE_STATE_NOT_READY),
      At(11 * kHour, "stays", v1::PRESENCE_STATE_AVAILABLE),
      At(13 * kHour, "late", v1::PRESENCE_STATE_AVAILABLE),
      At(20 * kHour, "stays", v1::PRESENCE_STATE_LOGGED_OUT),
  };
  CutPlan(0, 10 * kHour, 12 * kHour, &plan);
  ASSERT_EQ(plan.contacts.size(), 2u);
  EXPECT_EQ(plan.begin_ms, 10 * kHour);
  EXPECT_EQ(plan.end_ms, 11 * kHour);
  ASSERT_EQ(plan.presences.size(), 3u);
  EXPECT_EQ(plan.presences[0].agent_id, "stays");
  EXPECT_EQ(plan.presences[0].at_ms, 10 * kHour - 1'000);
  EXPECT_EQ(plan.presences[0].presence.state(), v1::PRESENCE_STATE_NOT_READY);
  EXPECT_EQ(plan.presences[1].at_ms, 11 * kHour);
  EXPECT_EQ(plan.presences[2].presence.state(), v1::PRESENCE_STATE_LOGGED_OUT);
  EXPECT_EQ(plan.presences[2].at_ms, 12 * kHour + kHour / 2);
  EXPECT_GT(plan.closing_ms, plan.presences[2].at_ms);
}

TEST(CheckPlanTest, NamesWhatIsNotConfigured) {
  DayPlan plan;
  plan.contacts.emplace_back().contact.set_queue("nowhere");
  EXPECT_THAT(std::string(CheckPlan(plan).message()),
              testing::HasSubstr("\"nowhere\""));
  plan.contacts.clear();
  plan.presences.push_back(At(0, "nobody", v1::PRESENCE_STATE_AVAILABLE));
  EXPECT_THAT(std::string(CheckPlan(plan).message()),
              testing::HasSubstr("\"nobody\""));
}

}  // namespace
}  // namespace relais::load
