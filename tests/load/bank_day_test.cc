// Goal: a real day is replayed by the rule of docs/load.md, point by point.
// Method: a small trace written here; then the real file where it is present,
// whose counts the data sheet gives.

#include "bench/load/bank_day.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/real_calls.h"

namespace relais::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kDate[] = "2001-05-06";
constexpr InstantMs kMidnight = 989'107'200'000;  // of kDate, UTC

class TraceBuilder {
 public:
  // Answered, after `queue_s` in the queue.
  BankCall& Answered(const std::string& type, const std::string& server,
                     std::int64_t start_s, std::int64_t service_s,
                     std::int64_t queue_s = 0) {
    BankCall& call = Call(type, start_s - queue_s);
    call.answered = true;
    call.queued = queue_s > 0;
    call.queue_s = queue_s;
    call.service_start_s = start_s;
    call.service_s = service_s;
    call.server = server;
    return call;
  }
  BankCall& HungUp(const std::string& type, std::int64_t from_s,
                   std::int64_t queue_s) {
    BankCall& call = Call(type, from_s);
    call.queued = true;
    call.queue_s = queue_s;
    return call;
  }
  BankTrace trace;

 private:
  BankCall& Call(const std::string& type, std::int64_t arrival_s) {
    BankCall& call = trace.calls.emplace_back();
    call.date = kDate;
    call.id = absl::StrCat(kDate, "/L/", trace.calls.size());
    call.type = type;
    call.arrival_s = arrival_s;
    return call;
  }
};

TEST(SkillsServedTest, FiveOrMoreInTheMonth) {
  TraceBuilder builder;
  for (int i = 0; i < 5; ++i) {
    builder.Answered("PS", "kim", 1000 + 100 * i, 50).date =
        absl::StrCat("2001-05-0", i + 1);
  }
  for (int i = 0; i < 4; ++i) builder.Answered("NW", "kim", 5000 + i, 1);
  const auto skills = SkillsServed(builder.trace);
  ASSERT_TRUE(skills.contains("kim"));
  EXPECT_THAT(skills.at("kim"), ElementsAre("PS"));
}

TEST(PresencesTest, FromTheFirstToTheLastServiceOfTheDate) {
  TraceBuilder builder;
  builder.Answered("PS", "kim", 1000, 100);
  builder.Answered("PS", "kim", 9000, 100);
  builder.Answered("PS", "kim", 20'000, 100).date = "2001-05-07";
  const auto stays = Presences(builder.trace, kDate, {{"kim", {"PS"}}});
  EXPECT_THAT(stays.at("kim"), ElementsAre(Stay{1000, 9100}));
}

// kim serves until 1100 and from 2000 on; callers queue in between.
std::vector<Stay> StaysWith(const std::string& type, std::int64_t first_s,
                            std::int64_t second_s) {
  TraceBuilder builder;
  builder.Answered("PS", "kim", 1000, 100);
  builder.Answered("PS", "kim", 2000, 100);
  builder.HungUp(type, 1200, first_s);
  builder.HungUp(type, 1500, second_s);
  return Presences(builder.trace, kDate, {{"kim", {"PS"}}}).at("kim");
}

TEST(PresencesTest, AGapInWhichCallersStoodForLongerIsAnAbsence) {
  EXPECT_THAT(StaysWith("PS", 15, 15), ElementsAre(Stay{1000, 2100}));
  EXPECT_THAT(StaysWith("PS", 15, 16),
              ElementsAre(Stay{1000, 1100}, Stay{2000, 2100}));
  // Not a type of kim's.
  EXPECT_THAT(StaysWith("NW", 100, 100), ElementsAre(Stay{1000, 2100}));
}

TEST(PresencesTest, CallersWhoStoodTogetherCountOnce) {
  TraceBuilder builder;
  builder.Answered("PS", "kim", 1000, 100);
  builder.Answered("PS", "kim", 2000, 100);
  builder.HungUp("PS", 1200, 20);
  builder.HungUp("PS", 1205, 20);
  EXPECT_THAT(Presences(builder.trace, kDate, {{"kim", {"PS"}}}).at("kim"),
              ElementsAre(Stay{1000, 2100}));
  builder.HungUp("PS", 1220, 11);
  EXPECT_THAT(Presences(builder.trace, kDate, {{"kim", {"PS"}}}).at("kim"),
              ElementsAre(Stay{1000, 1100}, Stay{2000, 2100}));
}

TEST(BankDayTest, ContactsAgentsAndQueuesFollowTheRule) {
  TraceBuilder builder;
  for (int i = 0; i < 5; ++i) builder.Answered("PS", "kim", 1000 + 100 * i, 60);
  builder.trace.calls[0].priority = 2;
  builder.HungUp("PS", 1010, 25);
  builder.Answered("PS", "kim", 3000, 45, 12);
  const auto plan = BankDay(builder.trace, kDate, 1);
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_TRUE(CheckPlan(*plan).ok());
  ASSERT_EQ(plan->contacts.size(), 7u);
  EXPECT_EQ(plan->contacts[0].at_ms, kMidnight + 1'000'000);
  EXPECT_EQ(plan->contacts[0].contact.priority(), 2);
  EXPECT_EQ(plan->contacts[0].handling_ms, 60'000);
  EXPECT_FALSE(plan->contacts[0].patience_ms.has_value());
  // Who hung up leaves after the same wait, and if answered here talks as long
  // as somebody of the same type.
  EXPECT_EQ(plan->contacts[1].patience_ms, 25'000);
  EXPECT_THAT(plan->contacts[1].handling_ms, testing::AnyOf(60'000, 45'000));
  EXPECT_EQ(plan->contacts[6].at_ms, kMidnight + 2'988'000);

  const v1::Configuration& configuration = plan->configuration;
  ASSERT_EQ(configuration.agents_size(), 1);
  EXPECT_EQ(configuration.agents(0).id(), "kim");
  ASSERT_EQ(configuration.agents(0).skills_size(), 1);
  EXPECT_EQ(configuration.agents(0).skills(0).skill(), "PS");
  ASSERT_EQ(configuration.queues_size(), 1);
  const v1::ContactQueue& queue = configuration.queues(0);
  EXPECT_EQ(queue.offer_timeout_ms(), 0);
  EXPECT_TRUE(queue.has_offer_timeout_ms());
  EXPECT_EQ(queue.wrap_up_ms(), 5'000);
  ASSERT_EQ(queue.priority_credits_size(), 10);
  for (const v1::PriorityCredit& credit : queue.priority_credits()) {
    EXPECT_EQ(credit.credit_ms(), credit.priority() == 2 ? 90'000 : 0);
  }

  ASSERT_EQ(plan->presences.size(), 2u);
  EXPECT_EQ(plan->presences[1].at_ms, kMidnight + 3'045'000);
  EXPECT_EQ(plan->presences[1].presence.state(), v1::PRESENCE_STATE_LOGGED_OUT);

  const BankFigures& bank = plan->bank.at("PS");
  EXPECT_EQ(bank.offered, 7);
  EXPECT_EQ(bank.answered, 6);
  EXPECT_EQ(bank.abandoned, 1);
  EXPECT_EQ(bank.at_once, 5);
  EXPECT_EQ(bank.wait_sum_ms, 12'000);
}

TEST(BankDayTest, ADateThatIsNotThereIsRefused) {
  TraceBuilder builder;
  builder.Answered("PS", "kim", 1000, 60);
  const auto none = BankDay(builder.trace, "2001-05-07", 1);
  EXPECT_EQ(none.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(none.status().message()),
              HasSubstr("the file has 2001-05-06 to 2001-05-06"));
  EXPECT_EQ(BankDay(builder.trace, "6 May", 1).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(RealCallsTest, TheSecondOfFebruaryOffersWhatTheRuleSays) {
  const std::string path = RealCallsPath();
  if (path.empty()) GTEST_SKIP() << kNoRealCalls;
  const auto trace = ReadBankTraceFile(path);
  ASSERT_TRUE(trace.ok()) << trace.status();
  const auto plan = BankDay(*trace, "1999-02-02", 1);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->contacts.size(), 1'755u);
  EXPECT_EQ(plan->configuration.agents_size(), 18);
  std::int64_t offered = 0;
  std::int64_t abandoned = 0;
  for (const auto& [type, bank] : plan->bank) {
    offered += bank.offered;
    abandoned += bank.abandoned;
  }
  EXPECT_EQ(offered, 1'755);
  EXPECT_EQ(abandoned, 190);  // 10.8 %
  EXPECT_EQ(plan->bank.at("PS").offered, 1'136);
  EXPECT_EQ(plan->bank.at("NW").offered, 441);
  EXPECT_EQ(plan->bank.at("NE").offered, 99);
  EXPECT_EQ(plan->bank.at("TT").offered, 43);
  EXPECT_EQ(plan->bank.at("IN").offered, 28);
  EXPECT_EQ(plan->bank.at("PE").offered, 8);
  // Rows without a service start would put agents on duty from midnight.
  EXPECT_GE(plan->presences.front().at_ms, plan->begin_ms - 60'000);
}

}  // namespace
}  // namespace relais::load
