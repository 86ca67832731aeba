// Goal: while a contact of kind 0 waits, agents who may serve it are given none
// of kind 1, and when the last of them has left, whichever way and at whatever
// moment, no agent is left beside one of kind 1.
// Method: as pairs_test.cc. Agent 0 has room for one contact of kind 1 and none
// for one of kind 0.

#include "tests/interleaving/scenario.h"

namespace relais::match {
namespace {

using interleaving::Explorer;

Centre& NewCentre(Explorer& run) {
  return run.New<Centre>(run, 1, 2, false, false, true);
}

void DrainBeginsSubmit(Explorer& run) {
  Centre& centre = NewCentre(run);
  centre.Ready(0, 1);
  if (!run.Run({{"drains", [&] { centre.Submit(0, 0); }},
                {"submit", [&] { centre.Submit(1, 0, 2); }}})) {
    return;
  }
  run.Expect(centre.Contact(0).phase() == ContactPhase::kWaiting, "no room");
  centre.CheckQuiet();
}

void DrainBeginsReady(Explorer& run) {
  Centre& centre = NewCentre(run);
  centre.Submit(1, 0, 2);
  if (!run.Run({{"drains", [&] { centre.Submit(0, 0); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
}

// The first class that drains: its contact waits before the agent comes.
void DrainComesIntoUseReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 1, 2);
  centre.Submit(1, 0, 2);
  if (!run.Run({{"drains from now on",
                 [&] {
                   centre.BeginToDrain();
                   centre.Submit(0, 0);
                 }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
}

// What ends the drain: cancelled, or taken by another agent.
void DrainCancelledSubmit(Explorer& run) {
  Centre& centre = NewCentre(run);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  if (!run.Run({{"cancel", [&] { centre.Cancel(0); }},
                {"submit", [&] { centre.Submit(1, 0, 2); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "a lost match");
  centre.CheckQuiet();
}

void DrainCancelledReady(Explorer& run) {
  Centre& centre = NewCentre(run);
  centre.Submit(0, 0);
  centre.Submit(1, 0, 2);
  if (!run.Run({{"cancel", [&] { centre.Cancel(0); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "a lost match");
  centre.CheckQuiet();
}

void DrainTakenSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2, 2, false, false, true);
  centre.Ready(0, 1);
  centre.Submit(2, 0, 2);  // leaves room for one of kind 1
  centre.Submit(0, 0);
  run.Expect(centre.Held(0) == 1 && centre.decisions() == 1, "no room");
  if (!run.Run({{"takes", [&] { centre.Ready(1, 1); }},
                {"submit", [&] { centre.Submit(1, 0, 2); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 3, "a lost match");
  centre.CheckQuiet();
}

// The last two leave at once.
void DrainCancelCancel(Explorer& run) {
  Centre& centre = NewCentre(run);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  centre.Submit(1, 1);
  centre.Submit(2, 0, 2);
  run.Expect(centre.decisions() == 0, "drained");
  if (!run.Run({{"cancel", [&] { centre.Cancel(0); }},
                {"cancel the other", [&] { centre.Cancel(1); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "a lost match");
  centre.CheckQuiet();
}

// One leaves, another takes its place.
void DrainCancelSubmitDrains(Explorer& run) {
  Centre& centre = NewCentre(run);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  centre.Submit(2, 0, 2);
  if (!run.Run({{"cancel", [&] { centre.Cancel(0); }},
                {"drains, too", [&] { centre.Submit(1, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
}

// From one lane that drains to another.
void DrainMoveSubmit(Explorer& run) {
  Centre& centre = NewCentre(run);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  const ContactWord waiting = centre.Contact(0);
  if (!run.Run({{"move", [&] { centre.Move(0, waiting, 1, -5); }},
                {"submit", [&] { centre.Submit(1, 0, 2); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 0, "drained before and after");
  centre.CheckQuiet();
}

// A unit comes back while the drain ends.
void DrainCancelledUnitsBack(Explorer& run) {
  Centre& centre = NewCentre(run);
  centre.Ready(0, 1);
  centre.Submit(2, 0, 2);
  centre.Submit(0, 0);
  centre.Submit(1, 1, 2);
  centre.Cancel(2);
  if (!run.Run({{"cancel", [&] { centre.Cancel(0); }},
                {"unit back", [&] { centre.GiveBackOwed(0); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 2, "a lost match");
  centre.CheckQuiet();
}

constexpr Scenario kDrains[] = {
    {"drain_begins_submit", {3, 1}, 519, DrainBeginsSubmit},
    {"drain_begins_ready", {3, 1}, 514, DrainBeginsReady},
    {"drain_comes_into_use_ready", {3, 1}, 18'533, DrainComesIntoUseReady},
    {"drain_cancelled_submit", {3, 2}, 1'150'803, DrainCancelledSubmit},
    {"drain_cancelled_ready", {3, 2}, 572'136, DrainCancelledReady},
    {"drain_taken_submit", {2, 1}, 23'502, DrainTakenSubmit},
    {"drain_cancel_cancel", {3, 1}, 1'253'261, DrainCancelCancel},
    {"drain_cancel_submit_drains", {2, 1}, 6'836, DrainCancelSubmitDrains},
    {"drain_move_submit", {2, 1}, 5'055, DrainMoveSubmit},
    {"drain_cancelled_units_back", {3, 2}, 543'492, DrainCancelledUnitsBack},
};

class DrainsTest : public testing::TestWithParam<Scenario> {};

TEST_P(DrainsTest, HoldsInEverySchedule) { HoldsInEverySchedule(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Calls, DrainsTest, testing::ValuesIn(kDrains),
                         [](const auto& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace relais::match
