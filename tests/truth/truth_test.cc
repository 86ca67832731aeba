// The router gives the figures of queueing systems that are known exactly.
// Method: each system's life is driven through the real Router on a virtual
// clock, and every figure judged by its z-score. README.md says how to run it
// at full size.

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/truth/judge.h"
#include "tests/truth/model.h"

namespace relais::truth {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

double FromEnvironment(const char* name, double otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr) return otherwise;
  double value = 0;
  EXPECT_TRUE(absl::SimpleAtod(text, &value) && value >= 1)
      << name << " is no number from 1 on: " << text;
  return value;
}

TEST(TruthTest, EveryFigureOfEveryCase) {
  Effort effort;
  effort.contacts = FromEnvironment("RELAIS_TRUTH_CONTACTS", effort.contacts);
  effort.seed =
      static_cast<std::uint64_t>(FromEnvironment("RELAIS_TRUTH_SEED", 1));
  std::vector<Comparison> all;
  for (const ExactCase& exact : ExactCases()) {
    std::cout << exact.id << ": " << exact.note << "\n";
    for (Comparison& one : Compare(exact, exact.model, effort)) {
      all.push_back(std::move(one));
    }
  }
  std::cout << TableOf(all);
  EXPECT_THAT(Disagreements(all), IsEmpty());
}

ExactCase CaseOf(const std::string& id) {
  for (ExactCase& exact : ExactCases()) {
    if (exact.id == id) return std::move(exact);
  }
  ADD_FAILURE() << "there is no case " << id;
  return {};
}

// --- Drain for voice ---------------------------------------------------------

// CH04's centre, in which chats are spread and calls wait for an agent without
// any: what becomes of both when calls that have waited drain chats.
TEST(DrainTest, VoiceIsAbandonedLessTheSoonerCallsDrainChats) {
  const double contacts =
      FromEnvironment("RELAIS_TRUTH_CONTACTS", Effort().contacts);
  const ExactCase exact = CaseOf("CH04");
  struct Row {
    const char* name;
    double after;  // minutes
  };
  const Row rows[] = {{"no drain", -1},        {"after 2 min", 2},
                      {"after 1 min", 1},      {"after 30 s", 0.5},
                      {"after 10 s", 1.0 / 6}, {"at once", 0}};
  std::cout << "drain        voice: abandoned, mean wait (min), within 20 s;  "
               "chat: the same, within 60 s\n";
  double before = 1;
  for (const Row& row : rows) {
    Model model = exact.model;
    model.drain_after = {row.after, -1};
    Replication replication;
    replication.warm_up = 200;
    replication.length = contacts / 1.4;
    const std::vector<Tally> tallies = Simulate(model, model, replication);
    std::cout << row.name;
    for (const Tally& one : tallies) {
      std::cout << "  " << one.abandoned / one.accepted << " "
                << one.wait_of_all / one.accepted << " "
                << one.served_in_time / one.accepted << " ";
    }
    std::cout << "\n";
    const double abandoned = tallies[0].abandoned / tallies[0].accepted;
    EXPECT_LT(abandoned, before) << row.name;
    before = abandoned;
  }
}

// --- The judge goes red ------------------------------------------------------

// What is found when the Router is told `configured` and the figures are those
// of the case.
std::vector<std::string> FoundWith(const ExactCase& exact,
                                   const Model& configured) {
  Effort effort;
  effort.contacts = 100'000;
  return Disagreements(Compare(exact, configured, effort));
}

TEST(JudgeTest, TheGroupsInTheOtherOrderAreFound) {
  const ExactCase exact = CaseOf("MC07");
  Model configured = exact.model;
  configured.route[0] = {1, 0};
  EXPECT_THAT(FoundWith(exact, configured), Not(IsEmpty()));
}

TEST(JudgeTest, OneAgentFewerIsFound) {
  const ExactCase exact = CaseOf("MC13");
  Model configured = exact.model;
  --configured.agents[2];
  EXPECT_THAT(FoundWith(exact, configured), Not(IsEmpty()));
}

TEST(JudgeTest, SwappedPrioritiesAreFound) {
  const ExactCase exact = CaseOf("MC01");
  Model configured = exact.model;
  std::swap(configured.head_start[0], configured.head_start[1]);
  EXPECT_THAT(FoundWith(exact, configured), Not(IsEmpty()));
}

TEST(JudgeTest, SwappedPreferencesOfOneGroupAreFound) {
  const ExactCase exact = CaseOf("MC05");
  Model configured = exact.model;
  configured.prefs[1] = {0, 1};
  EXPECT_THAT(FoundWith(exact, configured), Not(IsEmpty()));
}

TEST(JudgeTest, AHeadStartWhereThereIsNoneIsFound) {
  const ExactCase exact = CaseOf("MC04");
  Model configured = exact.model;
  configured.head_start = {0.25, 0};  // minutes
  EXPECT_THAT(FoundWith(exact, configured), Not(IsEmpty()));
}

Comparison WithZ(double z) {
  Comparison one;
  one.case_id = "case";
  one.z = z;
  return one;
}

TEST(JudgeTest, TheBoundsAreThoseStated) {
  std::vector<Comparison> some(25, WithZ(1.9));
  EXPECT_THAT(Disagreements(some), IsEmpty());
  some[0] = WithZ(-3.5);
  some[1] = WithZ(2.1);
  EXPECT_THAT(Disagreements(some), IsEmpty());  // 2 of 25 are 8 %
  some[2] = WithZ(2.1);
  EXPECT_THAT(Disagreements(some), SizeIs(1));
  some[2] = WithZ(0);
  some[0] = WithZ(-3.6);
  const std::vector<std::string> found = Disagreements(some);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0], HasSubstr("-3.6 standard errors off"));
}

// The estimate is the ratio of sums, its error the spread of the replications.
TEST(JudgeTest, RatiosAndTheirErrors) {
  std::vector<Tally> tallies(2);
  tallies[0].accepted = tallies[0].arrived = 100;
  tallies[0].served = 90;
  tallies[0].served_in_time = 40;
  tallies[0].abandoned = 10;
  tallies[0].left_early = 5;
  tallies[1] = tallies[0];
  tallies[1].served_in_time = 60;
  tallies[1].wait_of_all = 30;
  tallies[1].wait_of_served = 18;
  Figures exact = {0, 0, 0.1, 0.1, 0.15, 0.5, 100.0 / 180, 100.0 / 190};
  const auto found = CompareClass("case", 0, exact, tallies);
  ASSERT_THAT(found, SizeIs(5));
  EXPECT_EQ(found[0].quantity, Quantity::kAbandoned);
  for (const Comparison& one : found) {
    EXPECT_DOUBLE_EQ(one.estimate, one.exact) << NameOf(one.quantity);
    EXPECT_EQ(one.z, 0) << NameOf(one.quantity);
  }
  // Off by 10 of 100, twice: sqrt(200 x 2 / 1) / 200.
  EXPECT_DOUBLE_EQ(found[2].error, 0.1);
  exact[5] = 0.4;
  EXPECT_NEAR(CompareClass("case", 0, exact, tallies)[2].z, 1, 1e-12);
  // What cannot happen has happened.
  tallies[0].waited = 1;
  EXPECT_THAT(Disagreements(CompareClass("case", 0, exact, tallies)),
              Contains(HasSubstr("p_wait is 0.005 and not 0")));
}

}  // namespace
}  // namespace relais::truth
