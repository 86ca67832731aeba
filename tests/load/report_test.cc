// Goal: the figures are those of docs/load.md, decisions are re-derived with
// the right reason, and tables say what they must. Method: days told by hand,
// figures computed by hand.

#include "bench/load/report.h"

#include <string>
#include <vector>

#include "bench/load/explain.h"
#include "bench/load/figures.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/story.h"

namespace relais::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// ann is there from 100 to 300: c1 waits 30 s, talks 50 s, is wrapped up 20 s;
// c2 leaves after 4 s, c3 after 60 s. bob, who may not serve chats, is there
// from 200 to 300 and idle.
Story SmallDay() {
  Story story;
  story.At(70).Submit("c1");
  story.At(100).SignIn("ann");
  story.Reserve("c1", "ann");
  story.At(100).Accept("c1", "ann");
  story.At(110).Submit("c2");
  story.At(114).Leave("c2");
  story.At(115).Submit("c3", "chats");
  story.At(150).Complete("c1", "ann");
  story.At(170).EndWrapUp("ann");
  story.At(175).Leave("c3");
  story.At(200).SignIn("bob");
  story.At(300).Presence("ann", v1::PRESENCE_STATE_LOGGED_OUT);
  story.Presence("bob", v1::PRESENCE_STATE_LOGGED_OUT);
  story.record.contacts[0].at_once = true;
  story.End();
  return story;
}

TEST(FiguresTest, AreThoseOfTheDefinitions) {
  const Story story = SmallDay();
  const Figures figures = ComputeFigures(story.plan, story.record);
  ASSERT_THAT(figures.queues, SizeIs(2));
  EXPECT_EQ(figures.queues[0].first, "calls");
  const QueueFigures& calls = figures.queues[0].second;
  EXPECT_EQ(calls.offered, 2);
  EXPECT_EQ(calls.answered, 1);
  EXPECT_EQ(calls.abandoned, 1);
  EXPECT_EQ(calls.short_abandoned, 1);  // 4 s, below 5
  EXPECT_EQ(calls.at_once, 1);
  EXPECT_EQ(calls.within_threshold, 0);  // 30 s, above 20
  EXPECT_DOUBLE_EQ(calls.AverageSpeedOfAnswerS(), 30);
  EXPECT_DOUBLE_EQ(calls.AverageHandleS(), 70);
  EXPECT_DOUBLE_EQ(calls.AccessibilityPercent(), 50);
  EXPECT_DOUBLE_EQ(calls.OccupancyPercent(), 100 * 70.0 / 300);
  const QueueFigures& chats = figures.queues[1].second;
  EXPECT_EQ(chats.offered, 1);
  EXPECT_EQ(chats.abandoned, 1);
  EXPECT_EQ(chats.short_abandoned, 0);
  EXPECT_DOUBLE_EQ(chats.OccupancyPercent(), 35);
  EXPECT_EQ(figures.all_queues.offered, 3);
  ASSERT_THAT(figures.groups, SizeIs(1));
  EXPECT_EQ(figures.groups[0].first, "senior");
  EXPECT_EQ(figures.all_groups.available_ms, 300'000);
  EXPECT_EQ(figures.all_groups.busy_ms, 70'000);
  EXPECT_DOUBLE_EQ(figures.all_groups.OccupancyPercent(), 100 * 70.0 / 300);
  EXPECT_DOUBLE_EQ(figures.all_queues.OccupancyPercent(), 100 * 70.0 / 300);
}

TEST(FiguresTest, TheThresholdItselfIsWithin) {
  Story story;
  story.At(80).Submit("c1");
  story.At(100).SignIn("ann");
  story.Reserve("c1", "ann");
  story.Serve("c1", "ann");
  story.End();
  EXPECT_EQ(
      ComputeFigures(story.plan, story.record).all_queues.within_threshold, 1);
}

TEST(ExplainTest, NamesTheContactPassedOverAndWhy) {
  Story story;
  story.At(10).Submit("old");
  story.At(15).Submit("new");
  story.At(16).Submit("gold", "calls", 1);
  story.At(20).SignIn("ann");
  story.Reserve("gold", "ann");
  story.Serve("gold", "ann");
  story.Reserve("old", "ann");
  story.Serve("old", "ann");
  story.Reserve("new", "ann");
  story.Serve("new", "ann");
  story.End();
  const auto texts = ExplainDecisions(story.plan, story.record, 2);
  ASSERT_THAT(texts, SizeIs(2));
  EXPECT_THAT(texts[0], HasSubstr("gold (calls, voice, priority 1) -> ann"));
  EXPECT_THAT(texts[0],
              HasSubstr("passed over: old ranks later: key 00:00:10.000 > "
                        "23:59:16.000"));
  EXPECT_THAT(texts[1], HasSubstr("passed over: new ranks later: key "
                                  "00:00:15.000 > 00:00:10.000"));
}

TEST(ExplainTest, NamesTheAgentPassedOverAndWhy) {
  Story story;
  story.At(10).SignIn("ann");  // 8 - 3 of 7: step 5
  story.At(11).SignIn("bob");  // 4 - 3 of 7: step 1
  story.At(20).Submit("c1");
  story.Reserve("c1", "ann").mutable_reservation()->set_fit_step(5);
  story.Serve("c1", "ann");
  story.End();
  const auto texts = ExplainDecisions(story.plan, story.record, 5);
  ASSERT_THAT(texts, SizeIs(1));
  EXPECT_THAT(texts[0], HasSubstr("passed over: bob fits worse: step 1 < 5"));
}

TEST(ExplainTest, NamesTheBestOfSeveralPassedOver) {
  Story story;
  story.At(10).SignIn("ann");  // step 5
  story.At(11).SignIn("bob");  // step 1
  story.At(12).SignIn("eve");  // 9 - 3 of 7: step 6
  story.At(20).Submit("c1");
  story.Reserve("c1", "eve").mutable_reservation()->set_fit_step(6);
  story.Serve("c1", "eve");
  story.End();
  const auto texts = ExplainDecisions(story.plan, story.record, 1);
  ASSERT_THAT(texts, SizeIs(1));
  EXPECT_THAT(texts[0], HasSubstr("2 more were free for this contact"));
  EXPECT_THAT(texts[0], HasSubstr("passed over: ann fits worse: step 5 < 6"));
}

// A call does not fit beside a chat, so the chat that comes after it is not
// given out of turn.
TEST(ExplainTest, NamesWhoDidNotFitBesideWhatTheAgentHolds) {
  Story story;
  story.At(10).SignIn("ann");
  story.At(11).SignIn("eve");
  story.At(20).Submit("first", "chats");
  story.Reserve("first", "ann");
  story.Accept("first", "ann");
  story.At(21).Submit("call");
  story.At(22).Submit("second", "chats");
  story.Reserve("second", "ann");
  story.Serve("second", "ann");
  story.Complete("first", "ann");
  story.EndWrapUp("ann");
  story.Reserve("call", "ann");
  story.Serve("call", "ann");
  story.End();
  const auto texts = ExplainDecisions(story.plan, story.record, 3);
  ASSERT_THAT(texts, SizeIs(3));
  EXPECT_THAT(texts[1], HasSubstr("second (chats"));
  EXPECT_THAT(texts[1], HasSubstr("no other waited for this agent"));
  EXPECT_THAT(texts[1],
              HasSubstr("not for this agent: call, key 00:00:21.000 < "
                        "00:00:22.000: no room beside the 34 units"));
}

TEST(ExplainTest, NamesWhoWaitedLongerButNotForThisAgent) {
  Story story;
  story.At(5).Submit("chat", "chats");
  story.At(10).Submit("c1");
  story.At(12).Submit("c2");
  story.At(20).SignIn("bob");
  story.Reserve("c1", "bob");
  story.Serve("c1", "bob");
  story.Reserve("c2", "bob");
  story.Serve("c2", "bob");
  story.At(60).Leave("chat");
  story.End();
  const auto texts = ExplainDecisions(story.plan, story.record, 1);
  ASSERT_THAT(texts, SizeIs(1));
  EXPECT_THAT(texts[0], HasSubstr("not for this agent: chat, key 00:00:05.000 "
                                  "< 00:00:10.000: no chat, basics 4 < 5"));
}

Figures FiguresOf(std::int64_t offered, std::int64_t abandoned, double asa_s) {
  Figures figures;
  QueueFigures& all = figures.all_queues;
  all.offered = offered;
  all.abandoned = abandoned;
  all.answered = offered - abandoned;
  all.wait_sum_ms =
      static_cast<DurationMs>(asa_s * 1000 * static_cast<double>(all.answered));
  figures.queues.emplace_back("PS", all);
  return figures;
}

TEST(CompareRunsTest, WithinTwoPointsAndFourSeconds) {
  const Figures base = FiguresOf(1000, 80, 30);
  EXPECT_TRUE(CompareRuns(base, FiguresOf(1000, 100, 33.9)).agrees);
  EXPECT_FALSE(CompareRuns(base, FiguresOf(1000, 101, 30)).agrees);
  EXPECT_FALSE(CompareRuns(base, FiguresOf(1000, 80, 34.2)).agrees);
  EXPECT_FALSE(CompareRuns(base, FiguresOf(1001, 80, 30)).agrees);
}

std::string BankTextOf(const Figures& figures, std::int64_t bank_abandoned) {
  DayPlan plan;
  BankFigures& bank = plan.bank["PS"];
  bank.offered = figures.all_queues.offered;
  bank.abandoned = bank_abandoned;
  bank.answered = bank.offered - bank_abandoned;
  bank.at_once = 10;
  return BankText(plan, figures);
}

TEST(BankTextTest, WarnsOutsideTheBounds) {
  EXPECT_THAT(BankTextOf(FiguresOf(1000, 80, 30), 100),
              Not(HasSubstr("WARNING")));
  EXPECT_THAT(BankTextOf(FiguresOf(1000, 49, 30), 100), HasSubstr("WARNING"));
  EXPECT_THAT(BankTextOf(FiguresOf(1000, 111, 30), 100), HasSubstr("WARNING"));
  EXPECT_EQ(BankText(DayPlan(), FiguresOf(1000, 80, 30)), "");
}

TEST(BankTextTest, FewAreCountsOnly) {
  EXPECT_THAT(BankTextOf(FiguresOf(29, 5, 30), 4), HasSubstr("counts only"));
  EXPECT_THAT(BankTextOf(FiguresOf(29, 5, 30), 4), Not(HasSubstr("%")));
  EXPECT_THAT(BankTextOf(FiguresOf(30, 5, 30), 4), HasSubstr("16.7 %"));
}

TEST(EventLineTest, IsOneLineOfJson) {
  Story story;
  story.At(10).SignIn("ann");
  const std::string line = EventLine(story.record.events[0]);
  EXPECT_THAT(line, HasSubstr("\"type\":\"EVENT_TYPE_PRESENCE_CHANGED\""));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace relais::load
