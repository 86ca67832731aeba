// Goal: pulls keep what the other calls promise: no contact is given twice, an
// agent whom a pull had claimed is left beside no eligible waiting contact, and
// what is pulled only goes to nobody else.
// Method: as pairs_test.cc.

#include "tests/interleaving/scenario.h"

namespace relais::match {
namespace {

using interleaving::Explorer;

// The agent has room for one. What is submitted is seen by the pull, or by the
// look of whoever comes last.
void PullSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  if (!run.Run({{"pull", [&] { centre.Pull(0); }},
                {"submit", [&] { centre.Submit(0, 0); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "one decision");
  centre.CheckQuiet();
}

// Of kind 1 while one of kind 0 comes: the pull finds nothing, and must not
// leave the agent beside what came.
void PullNothingSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  bool pulled = false;
  if (!run.Run({{"pull", [&] { pulled = centre.Pull(0, true); }},
                {"submit", [&] { centre.Submit(0, 0); }}})) {
    return;
  }
  run.Expect(!pulled, "nothing of kind 1 waits");
  run.Expect(centre.Held(0) == 1, "one decision");
  centre.CheckQuiet();
}

// What is pulled only waits; what comes is given to the agent, too, who has
// room for both.
void PullOnlySubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2, 1, false, true);
  centre.Ready(0, 1);
  centre.Submit(0, 0, 2);
  run.Expect(centre.decisions() == 0, "it is offered to nobody");
  bool pulled = false;
  if (!run.Run({{"pull", [&] { pulled = centre.Pull(0, true); }},
                {"submit", [&] { centre.Submit(1, 0); }}})) {
    return;
  }
  // Not if the submit had claimed the agent.
  run.Expect(centre.Held(0) == (pulled ? 2U : 1U), "both, or what came");
  centre.CheckQuiet();
}

void PullPull(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 1, 1, false, true);
  centre.Ready(0, 1);
  centre.Ready(1, 1);
  centre.Submit(0, 0, 2);
  const ContactWord waiting = centre.Contact(0);
  int pulled = 0;
  if (!run.Run(
          {{"pull",
            [&] { pulled += centre.PullContact(0, 0, waiting) ? 1 : 0; }},
           {"pull by another", [&] { pulled += centre.Pull(1) ? 1 : 0; }}})) {
    return;
  }
  run.Expect(pulled == 1, "one of them has it");
  run.Expect(centre.Held(0) + centre.Held(1) == 1, "one decision");
  centre.CheckQuiet();
}

// The same agent at two desks: one of them may be told that it is busy.
void PullPullOneAgent(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2, 1, false, true);
  centre.Ready(0, 1);
  centre.Submit(0, 0, 2);
  centre.Submit(1, 1, 2);
  std::uint32_t pulled = 0;
  if (!run.Run({{"pull", [&] { pulled += centre.Pull(0) ? 1 : 0; }},
                {"pull again", [&] { pulled += centre.Pull(0) ? 1 : 0; }}})) {
    return;
  }
  run.Expect(pulled >= 1 && centre.Held(0) == pulled, "what was answered");
  centre.CheckQuiet();
}

void PullCancel(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 1, 1, false, true);
  centre.Ready(0, 1);
  centre.Submit(0, 0, 2);
  const ContactWord waiting = centre.Contact(0);
  bool pulled = false;
  bool cancelled = false;
  if (!run.Run({{"pull", [&] { pulled = centre.PullContact(0, 0, waiting); }},
                {"cancel", [&] { cancelled = centre.Cancel(0); }}})) {
    return;
  }
  run.Expect(cancelled, "nobody else ends it");
  run.Expect(centre.decisions() == (pulled ? 1U : 0U), "what was answered");
  centre.GiveBackOwed(0);
  centre.CheckQuiet();
}

// The agent leaves.
void PullWithdraw(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 1, 1, false, true);
  centre.Ready(0, 1);
  centre.Submit(0, 0, 2);
  bool pulled = false;
  if (!run.Run({{"pull", [&] { pulled = centre.Pull(0); }},
                {"withdraw", [&] { centre.Withdraw(0, 2); }}})) {
    return;
  }
  run.Expect(centre.Agent(0).kinds() == 0, "withdrawn");
  run.Expect(centre.Held(0) == (pulled ? 1U : 0U), "what was answered");
  centre.CheckQuiet();
}

// Units come back while it pulls: what it had no room for must not be left.
void PullUnitsBack(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2, 2, false, true);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  centre.Submit(1, 1);
  centre.Cancel(0);
  run.Expect(centre.decisions() == 1, "no room for the second");
  if (!run.Run({{"pull", [&] { centre.Pull(0, true); }},
                {"units back", [&] { centre.GiveBackOwed(0); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 2, "the second is taken");
  centre.CheckQuiet();
}

constexpr Scenario kPulls[] = {
    {"pull_submit", {3, 2}, 1'280'992, PullSubmit},
    {"pull_nothing_submit", {3, 2}, 1'282'396, PullNothingSubmit},
    {"pull_only_submit", {3, 2}, 2'540'315, PullOnlySubmit},
    {"pull_pull", {3, 2}, 122'472, PullPull},
    {"pull_pull_one_agent", {3, 2}, 31'250, PullPullOneAgent},
    {"pull_cancel", {3, 2}, 232, PullCancel},
    {"pull_withdraw", {3, 2}, 1'315, PullWithdraw},
    {"pull_units_back", {3, 2}, 4'765, PullUnitsBack},
};

class PullsTest : public testing::TestWithParam<Scenario> {};

TEST_P(PullsTest, HoldsInEverySchedule) { HoldsInEverySchedule(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Calls, PullsTest, testing::ValuesIn(kPulls),
                         [](const auto& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace relais::match
