// Goal and method as in pairs_test.cc, for three calls and at most two
// preemptions.

#include "tests/interleaving/scenario.h"

namespace relais::match {
namespace {

using interleaving::Explorer;

// The contact in front is cancelled while one comes behind it.
void SubmitCancelReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(1, 0);
  bool cancelled = false;
  if (!run.Run({{"submit", [&] { centre.Submit(0, 1); }},
                {"cancel", [&] { cancelled = centre.Cancel(1); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(cancelled, "nobody else ends it");
  centre.CheckQuiet();
  centre.GiveBackOwed(0);
  centre.GiveBackOwed(2);
  run.Expect(centre.Contact(0).phase() == ContactPhase::kReserved,
             "the other contact is taken");
}

// The contact that comes is the one that is cancelled.
void SubmitCancelOwnReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"submit", [&] { centre.Submit(0, 1); }},
                {"cancel", [&] { centre.Cancel(0); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
}

void SubmitSubmitReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"submit 0", [&] { centre.Submit(0, 5); }},
                {"submit 1", [&] { centre.Submit(1, 4); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 1, "one decision");
  centre.CheckQuiet();
}

// In two lanes, of which the agent serves both.
void SubmitSubmitReadyTwoLanes(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"submit 0", [&] { centre.Submit(0, 5, 0); }},
                {"submit 1", [&] { centre.Submit(1, 4, 1); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 1, "one decision");
  centre.CheckQuiet();
}

void SubmitReadyReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"submit", [&] { centre.Submit(0, 0); }},
                {"ready 0", [&] { centre.Ready(0, 1); }},
                {"ready 1", [&] { centre.Ready(1, 1); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 1, "one decision");
  centre.CheckQuiet();
}

void SubmitReadyWithdraw(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"submit", [&] { centre.Submit(0, 0); }},
                {"ready", [&] { centre.Ready(0, 1); }},
                {"withdraw", [&] { centre.Withdraw(0, 2); }}})) {
    return;
  }
  run.Expect(centre.Agent(0).kinds() == 0, "withdrawn");
  centre.CheckQuiet();
}

// A contact returns in front of one that waits, and another comes behind it.
void ReturnSubmitReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  centre.Submit(1, 1);
  const ContactWord reserved = centre.Contact(0);
  if (!run.Run({{"return",
                 [&] {
                   centre.Return(0, reserved);
                   centre.Withdraw(0, 2, 1);
                 }},
                {"submit", [&] { centre.Submit(2, 0); }},
                {"ready", [&] { centre.Ready(1, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
}

void MoveSubmitReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  const ContactWord waiting = centre.Contact(0);
  if (!run.Run({{"move", [&] { centre.Move(0, waiting, 1, -5); }},
                {"submit", [&] { centre.Submit(1, -4, 1); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 1, "one decision");
  centre.CheckQuiet();
}

void MoveCancelReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  centre.Submit(1, 3);
  const ContactWord waiting = centre.Contact(0);
  if (!run.Run({{"move", [&] { centre.Move(0, waiting, 1, -5); }},
                {"cancel", [&] { centre.Cancel(0); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
}

// Two arrivals of different kinds meet an agent who has room for both.
void TwoKindsReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2);
  if (!run.Run({{"submit kind 0", [&] { centre.Submit(0, 0, 0); }},
                {"submit kind 1", [&] { centre.Submit(1, -1, 2); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 2, "both are taken");
  centre.CheckQuiet();
}

// The front is cancelled, the second comes behind it, a third agent looks
// twice: what is published behind an entry that dies must be seen.
void SubmitBehindCancelReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(1, 0);
  if (!run.Run({{"submit", [&] { centre.Submit(0, 1); }},
                {"cancel", [&] { centre.Cancel(1); }},
                {"ready, again", [&] {
                   centre.Ready(0, 1);
                   if (centre.Contact(1).phase() == ContactPhase::kEnded) {
                     centre.GiveBackOwed(0);
                   }
                 }}})) {
    return;
  }
  centre.CheckQuiet();
}

constexpr Scenario kTriples[] = {
    {"submit_cancel_ready", {2, 1}, 111'628, SubmitCancelReady},
    {"submit_cancel_own_ready", {2, 1}, 130'070, SubmitCancelOwnReady},
    {"submit_submit_ready", {2, 1}, 776'225, SubmitSubmitReady},
    {"submit_submit_ready_two_lanes",
     {2, 1},
     306'027,
     SubmitSubmitReadyTwoLanes},
    {"submit_ready_ready", {2, 0}, 116'541, SubmitReadyReady},
    {"submit_ready_withdraw", {2, 1}, 169'829, SubmitReadyWithdraw},
    {"return_submit_ready", {2, 1}, 192'609, ReturnSubmitReady},
    {"move_submit_ready", {2, 1}, 278'934, MoveSubmitReady},
    {"move_cancel_ready", {2, 1}, 29'749, MoveCancelReady},
    {"submits_of_two_kinds_ready", {2, 1}, 597'876, TwoKindsReady},
    {"submit_behind_cancel_ready", {2, 1}, 121'824, SubmitBehindCancelReady},
};

class TriplesTest : public testing::TestWithParam<Scenario> {};

TEST_P(TriplesTest, HoldsInEverySchedule) { HoldsInEverySchedule(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Calls, TriplesTest, testing::ValuesIn(kTriples),
                         [](const auto& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace relais::match
