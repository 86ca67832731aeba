// The runner of the tables: what is no table is refused with its line, and a
// case that does not hold goes red, at both doors, with what was expected, why,
// and what is.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cases/centre.h"
#include "tests/cases/table.h"

namespace relais::cases {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kCentre[] = R"(configuration:
  name: centre
  skills: [{name: accounts}]
  routing_profiles: [{name: all, channels: [voice]}]
  agents: [{id: ann, routing_profile: all}, {id: bob, routing_profile: all}]
  queues: [{name: main, channels: [voice], offer_timeout_ms: 20s}]
)";

// Lines 7 on: a case of these steps.
std::string WithSteps(const std::string& steps) {
  return std::string(kCentre) + "cases:\n- case: one\n  steps:\n" + steps;
}

auto In(int line, const std::string& text) {
  return AllOf(Field(&Problem::line, line),
               Field(&Problem::text, HasSubstr(text)));
}

std::vector<Problem> ProblemsOf(const std::string& steps) {
  return ReadTableText(WithSteps(steps)).problems;
}

constexpr char kHolds[] =
    "  - {at: 0s, presence: {ann: available}}\n"
    "  - {at: 1s, submit: {id: c, queue: main}, expect: {c: ann},"
    " because: ann is free}\n";

TEST(TableTest, AWholeTableHasNoProblems) {
  const Table table = ReadTableText(WithSteps(kHolds));
  EXPECT_THAT(table.problems, SizeIs(0)) << table.problems.front().text;
  ASSERT_THAT(table.cases, SizeIs(1));
  EXPECT_EQ(table.cases[0].name, "one");
  EXPECT_THAT(table.cases[0].steps, SizeIs(2));
}

TEST(TableTest, UnknownKeysAreErrors) {
  const std::string holds(kHolds);
  EXPECT_THAT(
      ReadTableText(std::string("abuot: x\n") + WithSteps(holds)).problems,
      UnorderedElementsAre(In(1, "\"abuot\"; did you mean 'about'")));
  EXPECT_THAT(ProblemsOf(holds + "  - {at: 2s, submti: {id: d}}\n"),
              UnorderedElementsAre(In(12, "did you mean 'submit'")));
  EXPECT_THAT(ProblemsOf(holds + "  - submit: {id: d, queeu: main}\n"),
              UnorderedElementsAre(In(12, "did you mean 'queue'")));
  EXPECT_THAT(ProblemsOf(holds + "  - accept: {agnet: ann}\n"),
              UnorderedElementsAre(In(12, "did you mean 'agent'"),
                                   In(12, "the agent is missing")));
  EXPECT_THAT(ProblemsOf(holds + "  - apply: {remove: {agent: ann}}\n"),
              UnorderedElementsAre(In(12, "did you mean 'agents'")));
  EXPECT_THAT(ProblemsOf(holds + "  - {at: 2s, at: 3s}\n"),
              UnorderedElementsAre(In(12, "\"at\" is given twice")));
}

TEST(TableTest, WrongValuesAreErrors) {
  const std::string holds(kHolds);
  EXPECT_THAT(ProblemsOf(holds + "  - {at: 5}\n"),
              Contains(In(12, "it has to be 500ms")));
  EXPECT_THAT(ProblemsOf(holds + "  - {at: 0s}\n"),
              UnorderedElementsAre(In(12, "time does not go back")));
  EXPECT_THAT(ProblemsOf(holds + "  - presence: {ann: braek}\n"),
              UnorderedElementsAre(In(12, "is no presence")));
  EXPECT_THAT(ProblemsOf(holds + "  - {accept: ann, complete: c}\n"),
              UnorderedElementsAre(In(12, "a step has one verb")));
  EXPECT_THAT(ProblemsOf(holds + "  - {refused: NOT_FOUND}\n"),
              UnorderedElementsAre(In(12, "goes with one call")));
  EXPECT_THAT(ProblemsOf(holds + "  - apply: {remove: {agents: [zoe]}}\n"),
              UnorderedElementsAre(In(12, "\"zoe\" is not in agents")));
  EXPECT_THAT(ProblemsOf("  - {at: 0s, presence: {ann: available}}\n"),
              UnorderedElementsAre(In(8, "the case expects nothing"),
                                   In(8, "no step says why")));
  EXPECT_THAT(ProblemsOf("  - [\n"), UnorderedElementsAre(In(11, "no YAML")));
}

TEST(TableTest, AConfigurationIsCheckedAsThatOfTheServer) {
  std::string text = WithSteps(kHolds);
  const std::string known = "offer_timeout_ms";
  text.replace(text.find(known), known.size(), "offer_timeout_sm");
  EXPECT_THAT(ReadTableText(text).problems,
              UnorderedElementsAre(In(6, "did you mean 'offer_timeout_ms'")));
  text = WithSteps(kHolds);
  text.replace(text.find("20s"), 3, "-5s");
  EXPECT_THAT(
      ReadTableText(text).problems,
      UnorderedElementsAre(In(8, "configuration.queues[0].offer_timeout_ms")));
}

class RunnerTest : public testing::TestWithParam<bool> {
 protected:
  // What is wrong with a case of these steps; line 0 if nothing is.
  Problem Run(const std::string& steps) {
    const Table table = ReadTableText(WithSteps(steps));
    EXPECT_THAT(table.problems, SizeIs(0)) << table.problems.front().text;
    if (table.cases.empty()) return {-1, "no case"};
    const std::unique_ptr<Centre> centre =
        GetParam() ? MakeApiCentre() : MakeLibraryCentre();
    return RunCase(table.cases.front(), centre.get()).value_or(Problem());
  }
};

TEST_P(RunnerTest, WhatHoldsIsGreen) {
  const Problem problem = Run(kHolds);
  EXPECT_EQ(problem.line, 0) << problem.text;
}

TEST_P(RunnerTest, AnotherAgentIsRed) {
  const Problem problem =
      Run("  - {at: 0s, presence: {ann: available}}\n"
          "  - at: 1s\n"
          "    submit: {id: c, queue: main}\n"
          "    expect: {c: bob}\n"
          "    because: bob is better\n");
  EXPECT_THAT(problem, In(13,
                          "one, step 2 (at 1000 ms, submit): expected c: bob, "
                          "because bob is better; it is: offered to ann"));
  EXPECT_THAT(problem.text, HasSubstr("the situation: ann: reserved, bob: "
                                      "logged_out, c: offered to ann"));
}

TEST_P(RunnerTest, OtherEventsAreRed) {
  const std::string step =
      "  - {submit: {id: c, queue: main}, because: it is so, events: ";
  EXPECT_EQ(Run(step + "[contact_submitted c]}\n").line, 0);
  EXPECT_THAT(Run(step + "[]}\n"), In(10, "they are: [contact_submitted c]"));
  EXPECT_THAT(Run(step + "[contact_submitted d]}\n"), In(10, "they are"));
}

TEST_P(RunnerTest, RefusalsAreJudged) {
  const std::string step = "  - {submit: {id: c, queue: none}, because: so";
  EXPECT_THAT(Run(step + ", expect: {c: unknown}}\n"),
              In(10, "was refused: NOT_FOUND contact.queue"));
  EXPECT_EQ(Run(step + ", refused: NOT_FOUND}\n").line, 0);
  EXPECT_EQ(Run(step + ", refused: NOT_FOUND contact.queue}\n").line, 0);
  EXPECT_THAT(Run(step + ", refused: NOT_FOUND contact.id}\n"),
              In(10, "the answer: NOT_FOUND contact.queue"));
  EXPECT_THAT(Run("  - {submit: {id: c, queue: main}, refused: NOT_FOUND,"
                  " because: so}\n"),
              In(10, "expected the refusal NOT_FOUND"));
}

// Deadlines on the way run at their own instants, each before the next.
TEST_P(RunnerTest, TimePassesDeadlineByDeadline) {
  const Problem problem =
      Run("  - {at: 0s, presence: {ann: available, bob: available}}\n"
          "  - {at: 0s, submit: {id: c, queue: main}}\n"
          "  - at: 1h\n"
          "    events:\n"
          "      - reservation_no_answer c ann\n"
          "      - reservation_created c bob\n"
          "      - reservation_no_answer c bob\n"
          "    because: each has 20 s\n");
  EXPECT_EQ(problem.line, 0) << problem.text;
}

INSTANTIATE_TEST_SUITE_P(Doors, RunnerTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) {
                           return info.param ? "Api" : "Library";
                         });

}  // namespace
}  // namespace relais::cases
