// Goal: a day played in process keeps every promise, twice to the byte the
// same, and a centre that misbehaves does not make the player wait for ever.
// Method: the shipped day on a real Router; the same through a wrapper that
// swallows or spoils what a centre says; the real day where it is present.

#include "bench/load/player.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/audit.h"
#include "bench/load/bank_day.h"
#include "bench/load/bank_trace.h"
#include "bench/load/explain.h"
#include "bench/load/figures.h"
#include "bench/load/generated_day.h"
#include "bench/load/in_process_centre.h"
#include "bench/load/report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/limits.h"
#include "server/config_file.h"
#include "tests/load/real_calls.h"

namespace relais::load {
namespace {

using Change = std::function<void(v1::Configuration*)>;

// The centre of that name in examples/, changed; who is idle looks every minute
// for what is to be pulled.
DayPlan ExampleDay(std::uint64_t seed, const std::string& name = "bank",
                   const Change& change = nullptr) {
  const std::string directory = absl::StrCat("examples/", name, "/");
  server::ConfigFile centre =
      server::ReadConfigFile(absl::StrCat(directory, name, ".yaml"), Limits());
  if (change) change(&centre.message);
  auto day = ReadDayFile(absl::StrCat(directory, "day.yaml"));
  EXPECT_TRUE(day.ok()) << day.status();
  day->mutable_answers()->set_pull_every_ms(60'000);
  auto plan = GenerateDay(centre.message, *day, seed);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *std::move(plan);
}

// Lets a test change or drop what the centre says.
class SpoiledCentre final : public Centre {
 public:
  // Whether the notice is handed on, possibly changed.
  using Filter = std::function<bool(Notice*)>;
  SpoiledCentre(Centre* centre, Filter filter)
      : centre_(centre), filter_(std::move(filter)) {}

  absl::Status Open(const v1::Configuration& configuration) override {
    return centre_->Open(configuration);
  }
  InstantMs NowMs() override { return centre_->NowMs(); }
  void Send(const Call& call) override { centre_->Send(call); }
  void Wait(InstantMs until_ms, std::vector<Notice>* notices) override {
    std::vector<Notice> all;
    centre_->Wait(until_ms, &all);
    Keep(std::move(all), notices);
  }
  absl::StatusOr<BarrierPoint> Barrier() override { return centre_->Barrier(); }
  void ReadEventsUpTo(std::uint64_t sequence,
                      std::vector<Notice>* notices) override {
    std::vector<Notice> all;
    centre_->ReadEventsUpTo(sequence, &all);
    Keep(std::move(all), notices);
  }
  bool OneCaller() const override { return centre_->OneCaller(); }
  DurationMs ClockToleranceMs() const override {
    return centre_->ClockToleranceMs();
  }

 private:
  void Keep(std::vector<Notice> all, std::vector<Notice>* notices) {
    for (Notice& notice : all) {
      if (filter_(&notice)) notices->push_back(std::move(notice));
    }
  }
  Centre* const centre_;
  const Filter filter_;
};

absl::StatusOr<Record> Play(const DayPlan& plan,
                            const SpoiledCentre::Filter& filter = nullptr) {
  auto inner = InProcessCentre::Create(plan.FirstActionMs());
  EXPECT_TRUE(inner.ok()) << inner.status();
  std::unique_ptr<SpoiledCentre> spoiled;
  Centre* centre = inner->get();
  if (filter) {
    spoiled = std::make_unique<SpoiledCentre>(centre, filter);
    centre = spoiled.get();
  }
  const absl::Status opened = centre->Open(plan.configuration);
  EXPECT_TRUE(opened.ok()) << opened;
  PlayerOptions options;
  return Player(plan, options, centre).Run();
}

// Everything that relais-load would print of a day.
std::string Printed(const DayPlan& plan, const Record& record) {
  const Figures figures = ComputeFigures(plan, record);
  std::string text =
      FiguresText(plan, figures) + AuditText(Audit(plan, record));
  for (const std::string& decision : ExplainDecisions(plan, record, 5)) {
    text += decision;
  }
  for (const v1::Event& event : record.events) {
    absl::StrAppend(&text, EventLine(event), "\n");
  }
  return text;
}

TEST(PlayerTest, TheShippedDayHoldsAndIsThatOfACentre) {
  const DayPlan plan = ExampleDay(1);
  const auto record = Play(plan);
  ASSERT_TRUE(record.ok()) << record.status();
  const AuditReport report = Audit(plan, *record);
  EXPECT_TRUE(report.AllHold()) << AuditText(report);
  EXPECT_GE(report.of(Invariant::kQuiet).checks, 150u);
  for (const InvariantResult& invariant : report.invariants) {
    EXPECT_GT(invariant.checks, 0u) << invariant.name;
  }
  const Figures figures = ComputeFigures(plan, *record);
  const QueueFigures& all = figures.all_queues;
  EXPECT_EQ(all.offered, static_cast<std::int64_t>(plan.contacts.size()));
  EXPECT_EQ(all.answered + all.abandoned + all.withdrawn, all.offered);
  EXPECT_GT(all.AbandonedPercent(), 1);
  EXPECT_LT(all.AbandonedPercent(), 8);
  EXPECT_GT(figures.all_groups.OccupancyPercent(), 70);
  EXPECT_LT(figures.all_groups.OccupancyPercent(), 88);
  EXPECT_GT(all.declined, 0);
  EXPECT_GT(all.no_answer, 0);
  EXPECT_THAT(ExplainDecisions(plan, *record, 5), testing::SizeIs(5));
}

// Its queues have plans: rings with places, levels, boosts, conditions, another
// queue and a curve.
TEST(PlayerTest, ADayWithRingsHolds) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const DayPlan plan = ExampleDay(seed, "ebranch");
    const auto record = Play(plan);
    ASSERT_TRUE(record.ok()) << record.status();
    const AuditReport report = Audit(plan, *record);
    EXPECT_TRUE(report.AllHold()) << AuditText(report);
    std::map<std::uint32_t, int> reserved;  // by ring
    int widened = 0;
    for (const v1::Event& event : record->events) {
      widened += event.type() == v1::EVENT_TYPE_CONTACT_WIDENED ? 1 : 0;
      if (event.type() != v1::EVENT_TYPE_RESERVATION_CREATED) continue;
      ++reserved[event.contact().ring()];
    }
    EXPECT_GT(widened, 30);
    EXPECT_GT(reserved[1], 10);
    EXPECT_GT(reserved[2], 3);
  }
}

// What of its handling a contact has had, by the events.
TEST(PlayerTest, WhatIsInterruptedTakesTheRestOfItsTimeLater) {
  const DayPlan plan = ExampleDay(1, "ebranch");
  const auto record = Play(plan);
  ASSERT_TRUE(record.ok()) << record.status();
  std::map<std::string, InstantMs> begun;
  std::map<std::string, DurationMs> had;
  std::set<std::string> interrupted;
  for (const v1::Event& event : record->events) {
    const std::string& id = event.contact().id();
    switch (event.type()) {
      case v1::EVENT_TYPE_RESERVATION_ACCEPTED:
      case v1::EVENT_TYPE_CONTACT_RESUMED:
        begun[id] = event.at_ms();
        break;
      case v1::EVENT_TYPE_CONTACT_INTERRUPTED:
        interrupted.insert(id);
        [[fallthrough]];
      case v1::EVENT_TYPE_CONTACT_ENDED:
        if (begun.contains(id)) had[id] += event.at_ms() - begun[id];
        begun.erase(id);
        break;
      default:
        break;
    }
  }
  EXPECT_GT(interrupted.size(), 20u);
  for (const PlannedContact& planned : plan.contacts) {
    const std::string& id = planned.contact.id();
    if (!had.contains(id)) continue;
    EXPECT_EQ(had[id], planned.handling_ms) << id;
  }
}

void KeepMoreFree(v1::Configuration* configuration) {
  v1::Reserve* reserve = configuration->mutable_reserves(0);
  reserve->set_keep(3);
  reserve->set_resume(6);
  reserve->add_holds_back(v1::CHANNEL_CHAT);
}

void KeepNobodyFree(v1::Configuration* configuration) {
  configuration->clear_reserves();
}

void InterruptNothing(v1::Configuration* configuration) {
  for (v1::RoutingProfile& profile :
       *configuration->mutable_routing_profiles()) {
    for (v1::ChannelCapacity& one : *profile.mutable_channel_capacities()) {
      one.clear_may_interrupt();
    }
  }
}

// Nothing gives way to a call but what is not given.
void Drain(v1::Configuration* configuration) {
  InterruptNothing(configuration);
  for (v1::BullseyePlan& plan : *configuration->mutable_bullseye_plans()) {
    if (plan.rings().empty()) continue;
    plan.mutable_rings(0)->add_drain(v1::CHANNEL_CHAT);
    plan.mutable_rings(0)->add_drain(v1::CHANNEL_EMAIL);
  }
}

void PullLetters(v1::Configuration* configuration) {
  configuration->mutable_queues(2)->set_pull_only(true);
}

void AllRules(v1::Configuration* configuration) {
  const v1::Configuration as_it_is = *configuration;
  Drain(configuration);
  *configuration->mutable_routing_profiles() = as_it_is.routing_profiles();
  KeepMoreFree(configuration);
  PullLetters(configuration);
}

TEST(PlayerTest, ADayOfAllRulesHolds) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const DayPlan plan = ExampleDay(seed, "ebranch", AllRules);
    const auto record = Play(plan);
    ASSERT_TRUE(record.ok()) << record.status();
    const AuditReport report = Audit(plan, *record);
    EXPECT_TRUE(report.AllHold()) << AuditText(report);
    int pulled = 0;
    for (const v1::Event& event : record->events) {
      pulled += event.type() == v1::EVENT_TYPE_RESERVATION_CREATED &&
                        event.reservation().pulled()
                    ? 1
                    : 0;
    }
    EXPECT_GT(pulled, 200);
  }
}

// A router that goes by other rules than those that it is judged by.
TEST(PlayerTest, ADayByOtherRulesIsFound) {
  struct Case {
    const char* name;
    Change played;
    Change judged;
    Invariant red;
  };
  const auto as_it_is = [](v1::Configuration*) {};
  const Case cases[] = {
      {"kept from none", KeepNobodyFree, KeepMoreFree, Invariant::kDeclined},
      {"kept from more", KeepMoreFree, KeepNobodyFree, Invariant::kQuiet},
      {"interrupted", as_it_is, InterruptNothing, Invariant::kOneHolder},
      {"not interrupted", InterruptNothing, as_it_is, Invariant::kQuiet},
      {"not drained", InterruptNothing, Drain, Invariant::kDeclined},
      {"drained", Drain, InterruptNothing, Invariant::kQuiet},
      {"offered", as_it_is, PullLetters, Invariant::kDeclined},
      {"pulled", PullLetters, as_it_is, Invariant::kQuiet},
  };
  for (const Case& one : cases) {
    const auto record = Play(ExampleDay(1, "ebranch", one.played));
    ASSERT_TRUE(record.ok()) << record.status();
    const AuditReport report =
        Audit(ExampleDay(1, "ebranch", one.judged), *record);
    EXPECT_GT(report.of(one.red).violations, 0u) << one.name << "\n"
                                                 << AuditText(report);
  }
}

// The same day, with one event bent.
TEST(PlayerTest, ARingThatIsNotTheContactsIsFound) {
  const DayPlan plan = ExampleDay(1, "ebranch");
  auto record = Play(plan);
  ASSERT_TRUE(record.ok()) << record.status();
  for (v1::Event& event : record->events) {
    if (event.type() != v1::EVENT_TYPE_CONTACT_WIDENED) continue;
    event.mutable_contact()->set_ring(event.contact().ring() - 1);
    break;
  }
  const AuditReport report = Audit(plan, *record);
  EXPECT_GT(report.of(Invariant::kRing).violations, 0u) << AuditText(report);
}

TEST(PlayerTest, TwoRunsAreTheSameToTheByte) {
  const DayPlan plan = ExampleDay(3);
  const auto one = Play(plan);
  const auto two = Play(plan);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_TRUE(Printed(plan, *one) == Printed(plan, *two));
}

DayPlan ShortDay() {
  DayPlan plan = ExampleDay(2);
  constexpr DurationMs kHour = 3'600'000;
  constexpr DurationMs kDay = 24 * kHour;
  CutPlan(plan.begin_ms / kDay * kDay, 10 * kHour, 11 * kHour, &plan);
  return plan;
}

TEST(PlayerTest, AnEventThatNeverComesIsAGapAndTheDayStillEnds) {
  const DayPlan plan = ShortDay();
  int events = 0;
  const auto record = Play(plan, [&](Notice* notice) {
    return !std::holds_alternative<v1::Event>(*notice) || ++events % 50 != 0;
  });
  ASSERT_TRUE(record.ok()) << record.status();
  const AuditReport report = Audit(plan, *record);
  EXPECT_GT(report.of(Invariant::kGapless).violations, 0u);
}

TEST(PlayerTest, AnAcceptanceNobodyHearsOfLeavesAContactUnended) {
  const DayPlan plan = ShortDay();
  bool dropped = false;
  const auto record = Play(plan, [&](Notice* notice) {
    const auto* event = std::get_if<v1::Event>(notice);
    if (dropped || event == nullptr ||
        event->type() != v1::EVENT_TYPE_RESERVATION_ACCEPTED) {
      return true;
    }
    dropped = true;
    return false;
  });
  ASSERT_TRUE(record.ok()) << record.status();
  const AuditReport report = Audit(plan, *record);
  EXPECT_GT(report.of(Invariant::kEndedOnce).violations, 0u);
}

TEST(PlayerTest, ARefusedCallIsFound) {
  const DayPlan plan = ShortDay();
  bool spoiled = false;
  const auto record = Play(plan, [&](Notice* notice) {
    auto* answer = std::get_if<CallAnswer>(notice);
    if (spoiled || answer == nullptr) return true;
    spoiled = true;
    answer->status = absl::InternalError("spoiled");
    return true;
  });
  ASSERT_TRUE(record.ok()) << record.status();
  const AuditReport report = Audit(plan, *record);
  EXPECT_EQ(report.of(Invariant::kRefused).violations, 1u);
}

TEST(PlayerTest, ABrokenConnectionEndsTheDayWithAnError) {
  const DayPlan plan = ShortDay();
  int notices = 0;
  const auto record = Play(plan, [&](Notice* notice) {
    if (++notices == 500) *notice = Broken{absl::UnavailableError("gone")};
    return true;
  });
  EXPECT_EQ(record.status().code(), absl::StatusCode::kUnavailable);
}

TEST(RealCallsTest, TheSecondOfFebruaryIsPlayedByTheRule) {
  const std::string path = RealCallsPath();
  if (path.empty()) GTEST_SKIP() << kNoRealCalls;
  const auto trace = ReadBankTraceFile(path);
  ASSERT_TRUE(trace.ok()) << trace.status();
  const auto plan = BankDay(*trace, "1999-02-02", 1);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const auto record = Play(*plan);
  ASSERT_TRUE(record.ok()) << record.status();
  const AuditReport report = Audit(*plan, *record);
  EXPECT_TRUE(report.AllHold()) << AuditText(report);
  const Figures figures = ComputeFigures(*plan, *record);
  EXPECT_EQ(figures.all_queues.offered, 1'755);
  EXPECT_EQ(figures.all_queues.withdrawn, 0);
  const std::string bank = BankText(*plan, figures);
  EXPECT_THAT(bank, testing::Not(testing::HasSubstr("WARNING"))) << bank;
  EXPECT_THAT(bank, testing::HasSubstr("all        1755"));
}

}  // namespace
}  // namespace relais::load
