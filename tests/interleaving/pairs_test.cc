// Goal: whatever way two calls on the core interleave on a weakly ordered
// memory, no contact is given twice, no free agent is left beside an eligible
// waiting contact, no waiting contact is in no lane or in two, and no decision
// overtakes.
// Method: the real template code on WeakAtomic; every schedule with at most
// three preemptions, and in each every weak choice within the bound, is
// executed or known to be the same as one that was (explorer.h); decisions are
// checked when they are made, states at the end.

#include "tests/interleaving/scenario.h"

namespace relais::match {
namespace {

using interleaving::Explorer;

void SubmitReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"submit", [&] { centre.Submit(0, 0); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
  run.Expect(centre.decisions() == 1, "one decision");
}

// The lane has had a contact before: a dead entry stands at its end.
void SubmitReadyUsed(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(1, 0);
  centre.Cancel(1);
  if (!run.Run({{"submit", [&] { centre.Submit(0, 0); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
  run.Expect(centre.decisions() == 1, "one decision");
}

void SubmitSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  if (!run.Run({{"submit 0", [&] { centre.Submit(0, 5); }},
                {"submit 1", [&] { centre.Submit(1, 5); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 1, "one decision");
  centre.CheckQuiet();
}

// Behind each other in one lane, with an agent who comes afterwards.
void SubmitSubmitWaiting(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"submit 0", [&] { centre.Submit(0, 5); }},
                {"submit 1", [&] { centre.Submit(1, 4); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 0, "nobody is there");
  centre.CheckQuiet();
  run.Expect(centre.decisions() == 2, "both are taken");
}

void ReadyReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  if (!run.Run({{"ready 0", [&] { centre.Ready(0, 1); }},
                {"ready 1", [&] { centre.Ready(1, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
  run.Expect(centre.decisions() == 1, "one decision");
}

void CancelReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  centre.Submit(1, 1);
  bool cancelled = false;
  if (!run.Run({{"cancel", [&] { cancelled = centre.Cancel(0); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(cancelled, "nobody else ends it");
  run.Expect(centre.Held(0) == 1, "the other contact is taken");
  centre.CheckQuiet();
}

void AcceptTimeout(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  const ContactWord reserved = centre.Contact(0);
  bool accepted = false;
  bool timed_out = false;
  if (!run.Run({{"accept", [&] { accepted = centre.Accept(0, reserved); }},
                {"timeout", [&] {
                   timed_out = centre.Return(0, reserved);
                   if (timed_out) centre.Withdraw(0, 2, 1);
                 }}})) {
    return;
  }
  run.Expect(accepted != timed_out, "one of them");
  run.Expect(centre.Contact(0).phase() ==
                 (accepted ? ContactPhase::kAssigned : ContactPhase::kWaiting),
             "a phase");
  centre.CheckQuiet();
}

void ReadyWithdraw(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"ready", [&] { centre.Ready(0, 1); }},
                {"withdraw", [&] { centre.Withdraw(0, 2); }}})) {
    return;
  }
  run.Expect(centre.Agent(0).kinds() == 0, "withdrawn");
  centre.Submit(0, 0);
  run.Expect(centre.decisions() == 0, "nobody is there");
  centre.CheckQuiet();
}

void SubmitWithdraw(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  if (!run.Run({{"submit", [&] { centre.Submit(0, 0); }},
                {"withdraw", [&] { centre.Withdraw(0, 2); }}})) {
    return;
  }
  run.Expect(centre.Agent(0).kinds() == 0, "withdrawn");
  run.Expect(centre.Held(0) == centre.decisions(), "the load is what it took");
  centre.CheckQuiet();
}

void ReturnClaim(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  centre.Submit(1, 1);
  const ContactWord reserved = centre.Contact(0);
  if (!run.Run({{"return",
                 [&] {
                   run.Expect(centre.Return(0, reserved),
                              "only one returns it");
                   centre.Withdraw(0, 2, 1);
                 }},
                {"claim", [&] { centre.Ready(1, 1); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 2, "one more decision");
  centre.CheckQuiet();
}

// The same while the lane's front word is out of date: too low for what comes
// back, which must all the same be seen by whoever is about to raise it.
void ReturnReadyStaleFront(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  centre.Submit(1, -1);
  centre.Cancel(1);
  const ContactWord reserved = centre.Contact(0);
  if (!run.Run({{"return",
                 [&] {
                   run.Expect(centre.Return(0, reserved), "only one returns");
                   centre.Withdraw(0, 2, 1);
                 }},
                {"ready", [&] { centre.Ready(1, 1); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 2, "one more decision");
  centre.CheckQuiet();
}

void MoveClaim(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  const ContactWord waiting = centre.Contact(0);
  if (!run.Run({{"move", [&] { centre.Move(0, waiting, 1, -5); }},
                {"claim", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
  run.Expect(centre.decisions() == 1, "one decision");
}

void MoveMove(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  const ContactWord waiting = centre.Contact(0);
  int moved = 0;
  if (!run.Run({{"move -5",
                 [&] { moved += centre.Move(0, waiting, 1, -5) ? 1 : 0; }},
                {"move -7",
                 [&] { moved += centre.Move(0, waiting, 1, -7) ? 1 : 0; }}})) {
    return;
  }
  run.Expect(moved == 1, "one move");
  centre.CheckQuiet();
}

void MoveSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  const ContactWord waiting = centre.Contact(0);
  if (!run.Run({{"move", [&] { centre.Move(0, waiting, 1, -5); }},
                {"submit", [&] { centre.Submit(1, -7, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
}

void ExclusionEndReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  const ContactWord waiting = centre.Contact(0);
  centre.Exclude(0, 0, 1);
  if (!run.Run({{"exclusion end", [&] { centre.EndExclusion(0, waiting, 2); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  centre.CheckQuiet();
  run.Expect(centre.decisions() == 1, "one decision");
}

// Behind a contact that the agent has declined: the front word is low enough
// already, so that the link alone publishes.
void SubmitBehindDeclinedReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(0, 0);
  centre.Exclude(0, 0, 1);
  if (!run.Run({{"submit", [&] { centre.Submit(1, 1); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 1, "a lost match");
  centre.CheckQuiet();
}

// An update that is overtaken by several later ones must not come into force,
// nor spoil what is in force.
void UpdateUpdates(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  if (!run.Run({{"update 4", [&] { centre.Ready(0, 4, 2); }},
                {"updates 5 to 8", [&] {
                   centre.Ready(0, 5, 2);
                   centre.Ready(0, 6, 2);
                   centre.Ready(0, 7, 2);
                   centre.Ready(0, 8, 1);
                 }}})) {
    return;
  }
  run.Expect(centre.Agent(0).kinds() == 1, "the last update is in force");
  centre.Submit(0, 0);
  run.Expect(centre.decisions() == 1, "one decision");
  centre.CheckQuiet();
}

// Room for one contact of kind 0, or one of each kind, or two of kind 1.
void UnitsBackSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2, 2);
  centre.Ready(0, 1);
  centre.Submit(0, 0, 2);
  centre.Submit(1, 0, 0);
  run.Expect(centre.Held(0) == 1, "the second does not fit beside the first");
  if (!run.Run({{"unit back",
                 [&] {
                   centre.Cancel(0);
                   centre.GiveBackOwed(0);
                 }},
                {"submit", [&] { centre.Submit(2, 1, 2); }}})) {
    return;
  }
  run.Expect(centre.decisions() >= 2, "one more decision");
  centre.CheckQuiet();
}

// Held for the agent who becomes ready, who is shown it before what comes in
// the lanes.
void HeldReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Submit(1, 1);
  if (!run.Run({{"held", [&] { centre.SubmitHeld(0, 0, 0); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "one decision");
  centre.CheckQuiet();
}

void HeldSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  if (!run.Run({{"held", [&] { centre.SubmitHeld(0, 0, 0); }},
                {"submit", [&] { centre.Submit(1, -1); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "one decision");
  centre.CheckQuiet();
}

// The agent leaves and comes back while a contact arrives.
void WithdrawReadySubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run);
  centre.Ready(0, 1);
  if (!run.Run({{"withdraw, ready",
                 [&] {
                   centre.Withdraw(0, 2);
                   centre.Ready(0, 3);
                 }},
                {"submit", [&] { centre.Submit(0, 0); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "one decision");
  centre.CheckQuiet();
}

// What arrives may go to the agent without a lane while the agent is told to be
// of another class, and its old class becomes one that serves nobody; there is
// room for one of the two.
void RetellSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2);
  centre.Ready(0, 1);
  centre.Submit(0, 0);
  centre.ReturnUnseen(0);
  if (!run.Run({{"retell", [&] { centre.Retell(0, 2); }},
                {"submit", [&] { centre.Submit(1, 5); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 2, "one more decision");
  centre.CheckQuiet();
}

// The same with ranks: the first rank's contact waits, and what arrives with
// the smaller key is of the second.
void RankedRetellSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2, 1, true);
  centre.Ready(0, 1);
  centre.Submit(0, 5, 2);
  centre.ReturnUnseen(0);
  if (!run.Run({{"retell", [&] { centre.Retell(0, 2); }},
                {"submit", [&] { centre.Submit(1, 0); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 2, "one more decision");
  centre.CheckQuiet();
}

// A multi-capacity agent takes one of each kind.
void TwoKindsAndCapacity(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2);
  if (!run.Run({{"submits",
                 [&] {
                   centre.Submit(0, 0, 0);
                   centre.Submit(1, -1, 2);
                 }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 2, "both are taken");
  centre.CheckQuiet();
}

// Of three that wait the first two are taken while an agent looks, who has read
// their front words by then.
void ReadyReadyFirstTwoGone(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 2);
  centre.Submit(0, 0);
  centre.Submit(1, 1, 2);
  centre.Submit(2, 2, 1);
  if (!run.Run({{"ready 0", [&] { centre.Ready(0, 1); }},
                {"ready 1", [&] { centre.Ready(1, 1); }}})) {
    return;
  }
  run.Expect(centre.decisions() == 3, "all are taken");
  centre.CheckQuiet();
}

// The agent's first rank comes while it looks, and what waits of the second has
// the smaller key.
void RankedSubmitReady(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 1, 1, true);
  centre.Submit(0, -5);
  if (!run.Run({{"submit", [&] { centre.Submit(1, 0, 2); }},
                {"ready", [&] { centre.Ready(0, 1); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "one decision");
  centre.CheckQuiet();
}

// Both look for the same agent.
void RankedSubmitSubmit(Explorer& run) {
  Centre& centre = run.New<Centre>(run, 1, 1, true);
  centre.Ready(0, 1);
  if (!run.Run(
          {{"submit", [&] { centre.Submit(0, -5); }},
           {"submit of the first rank", [&] { centre.Submit(1, 0, 2); }}})) {
    return;
  }
  run.Expect(centre.Held(0) == 1, "one decision");
  centre.CheckQuiet();
}

constexpr Scenario kPairs[] = {
    {"submit_ready", {3, 2}, 163'132, SubmitReady},
    {"submit_ready_used", {3, 2}, 1'015'768, SubmitReadyUsed},
    {"submit_submit", {3, 2}, 521'760, SubmitSubmit},
    {"submit_submit_waiting", {3, 2}, 1'766'678, SubmitSubmitWaiting},
    {"ready_ready", {3, 2}, 155'478, ReadyReady},
    {"cancel_ready", {3, 2}, 232, CancelReady},
    {"accept_timeout", {3, 2}, 9, AcceptTimeout},
    {"ready_withdraw", {3, 2}, 32'886, ReadyWithdraw},
    {"submit_withdraw", {3, 2}, 994, SubmitWithdraw},
    {"return_claim", {3, 2}, 35'929, ReturnClaim},
    {"return_ready_stale_front", {3, 2}, 751'413, ReturnReadyStaleFront},
    {"move_claim", {3, 2}, 150'241, MoveClaim},
    {"move_move", {3, 2}, 2'410'009, MoveMove},
    {"move_submit", {3, 2}, 244, MoveSubmit},
    {"exclusion_end_ready", {3, 2}, 302'442, ExclusionEndReady},
    {"exclusion_end_ready_weak", {2, 4}, 28'345, ExclusionEndReady},
    {"submit_behind_declined_ready",
     {3, 2},
     122'327,
     SubmitBehindDeclinedReady},
    {"update_updates", {3, 1}, 1'609'145, UpdateUpdates},
    {"submit_submit_ready_capacity_two",
     {3, 2},
     4'472'140,
     TwoKindsAndCapacity},
    {"ready_ready_first_two_gone", {2, 0}, 6'644, ReadyReadyFirstTwoGone},
    {"units_back_submit", {3, 2}, 71'420, UnitsBackSubmit},
    {"held_ready", {3, 2}, 79'520, HeldReady},
    {"held_submit", {3, 2}, 6'975, HeldSubmit},
    {"withdraw_ready_submit", {3, 2}, 2'735'106, WithdrawReadySubmit},
    {"retell_submit", {3, 2}, 1'293'401, RetellSubmit},
    {"ranked_retell_submit", {3, 2}, 330'348, RankedRetellSubmit},
    {"ranked_submit_ready", {3, 2}, 1'354, RankedSubmitReady},
    {"ranked_submit_submit", {3, 2}, 6'174, RankedSubmitSubmit},
};

class PairsTest : public testing::TestWithParam<Scenario> {};

TEST_P(PairsTest, HoldsInEverySchedule) { HoldsInEverySchedule(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Calls, PairsTest, testing::ValuesIn(kPairs),
                         [](const auto& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace relais::match
