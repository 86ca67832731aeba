#include "tests/frozen/calls.h"

#include <utility>

namespace relais::frozen {
namespace {

void Nothing(Centre&, const Part&) {}

void PrepareReserved(Centre& centre, const Part& my) {
  centre.Ready(my.agent);
  centre.Submit(my.slot, 0);
}

// A lane that stands before its next sweep.
void PrepareManyDead(Centre& centre, const Part& my) {
  for (std::uint32_t i = 1; i < match::kDeadSlack; ++i) {
    centre.Submit(my.slot + i, 2);
    centre.Cancel(my.slot + i);
  }
  centre.Submit(my.slot, 2);
}

constexpr CallKind kKinds[] = {
    {"submit, direct", [](Centre& c, const Part& my) { c.Ready(my.agent); },
     [](Centre& c, const Part& my) { c.Submit(my.slot, 0); }, true,
     HidesContact::kYes},
    {"submit, queued in an empty lane", Nothing,
     [](Centre& c, const Part& my) { c.Submit(my.slot, 0); }, true,
     HidesContact::kYes},
    {"submit, queued behind one",
     [](Centre& c, const Part& my) { c.Submit(my.slot + 1, 0); },
     [](Centre& c, const Part& my) { c.Submit(my.slot, 0); }, true,
     HidesContact::kYes},
    {"submit, queued behind a dead one",
     [](Centre& c, const Part& my) {
       c.Submit(my.slot + 1, 0);
       c.Cancel(my.slot + 1);
     },
     [](Centre& c, const Part& my) { c.Submit(my.slot, 0); }, true,
     HidesContact::kYes},
    {"submit, claimed but not first",
     [](Centre& c, const Part& my) {
       c.Exclude(my.slot + 1, my.agent);
       c.Submit(my.slot + 1, 0);
       c.Ready(my.agent);
     },
     [](Centre& c, const Part& my) { c.Submit(my.slot, 0); }, true,
     HidesContact::kYes},
    {"submit for one agent, direct",
     [](Centre& c, const Part& my) { c.Ready(my.agent); },
     [](Centre& c, const Part& my) { c.SubmitHeld(my.slot, my.agent); }, true,
     HidesContact::kYes},
    {"submit for one agent, queued", Nothing,
     [](Centre& c, const Part& my) { c.SubmitHeld(my.slot, my.agent); }, true,
     HidesContact::kYes},
    {"ready, idle", Nothing,
     [](Centre& c, const Part& my) { c.Ready(my.agent); }, true,
     HidesContact::kNo},
    {"ready, takes", [](Centre& c, const Part& my) { c.Submit(my.slot, 1); },
     [](Centre& c, const Part& my) { c.Ready(my.agent); }, true,
     HidesContact::kNo},
    {"ready, takes two and has room for another",
     [](Centre& c, const Part& my) {
       c.Submit(my.slot, 0);
       c.Submit(my.slot + 1, 2);
     },
     [](Centre& c, const Part& my) { c.Ready(my.agent, 3); }, true,
     HidesContact::kNo},
    {"withdraw", [](Centre& c, const Part& my) { c.Ready(my.agent); },
     [](Centre& c, const Part& my) { c.Withdraw(my.agent); }, true,
     HidesContact::kNo},
    {"pull, nothing is there",
     [](Centre& c, const Part& my) { c.Ready(my.agent); },
     [](Centre& c, const Part& my) { c.Pull(my.agent); }, true,
     HidesContact::kNo},
    {"cancel, waiting", [](Centre& c, const Part& my) { c.Submit(my.slot, 0); },
     [](Centre& c, const Part& my) { c.Cancel(my.slot); }, false,
     HidesContact::kNo},
    {"cancel, waiting, sweeps", PrepareManyDead,
     [](Centre& c, const Part& my) { c.Cancel(my.slot); }, false,
     HidesContact::kNo},
    {"cancel, reserved, unit given back", PrepareReserved,
     [](Centre& c, const Part& my) { c.Cancel(my.slot); }, true,
     HidesContact::kNo},
    {"accept", PrepareReserved,
     [](Centre& c, const Part& my) { c.Accept(my.slot); }, false,
     HidesContact::kNo},
    {"return, looks", PrepareReserved,
     [](Centre& c, const Part& my) { c.Return(my.slot); }, true,
     HidesContact::kFromIdle},
    {"return before others, looks",
     [](Centre& c, const Part& my) {
       PrepareReserved(c, my);
       c.Submit(my.slot + 1, 0);
       c.Submit(my.slot + 2, 0);
     },
     [](Centre& c, const Part& my) { c.Return(my.slot); }, true,
     HidesContact::kFromIdle},
    {"move, looks", [](Centre& c, const Part& my) { c.Submit(my.slot, 0); },
     [](Centre& c, const Part& my) { c.Move(my.slot, 1); }, true,
     HidesContact::kFromIdle},
    {"unit given back, takes the next",
     [](Centre& c, const Part& my) {
       PrepareReserved(c, my);
       c.Submit(my.slot + 1, 3);
       c.Move(my.slot + 1, 2);
     },
     [](Centre& c, const Part& my) { c.Cancel(my.slot); }, true,
     HidesContact::kNo},
    {"exclusion ends, looks",
     [](Centre& c, const Part& my) {
       c.Exclude(my.slot, my.agent);
       c.Submit(my.slot, 0);
       c.Ready(my.agent);
     },
     [](Centre& c, const Part& my) { c.EndExclusion(my.slot); }, true,
     HidesContact::kYes},
};

}  // namespace

std::span<const CallKind> CallKinds() { return kKinds; }

std::uint32_t Load::Submit(std::uint32_t lane) {
  while (centre_.Alive(next_)) {
    next_ = next_ + 1 == Centre::kContacts ? Centre::kLoadBegin : next_ + 1;
  }
  const std::uint32_t slot = next_;
  run_(Step::kSubmit, [&] { centre_.Submit(slot, lane); });
  return slot;
}

std::uint32_t Load::FirstWaiting() const {
  std::uint32_t slot = Centre::kLoadBegin;
  while (slot < Centre::kContacts && !centre_.Waiting(slot)) ++slot;
  return slot;
}

void Load::CancelAllWaiting() {
  while (centre_.failure().empty()) {
    const std::uint32_t slot = FirstWaiting();
    if (slot == Centre::kContacts) return;
    run_(Step::kCancel, [&] { centre_.Cancel(slot); });
  }
}

void Load::ServeAll() {
  bool any = true;
  while (any && centre_.failure().empty()) {
    any = false;
    for (std::uint32_t agent = 0; agent < Centre::kAgents; ++agent) {
      // What a frozen call's agent has of its own is that call's business.
      const std::uint32_t slot = centre_.HeldBy(
          agent, agent < Centre::kCalls ? Centre::kLoadBegin : 0);
      if (slot == Centre::kContacts) continue;
      run_(Step::kCancel, [&] { centre_.Cancel(slot); });
      any = true;
    }
  }
}

void Load::Round() {
  // Before any contact comes, which might mend what a look depends on.
  constexpr std::uint32_t kProbe = Centre::kAgents - 1;
  run_(Step::kReady, [&] { centre_.Ready(kProbe); });
  ServeAll();
  run_(Step::kWithdraw, [&] { centre_.Withdraw(kProbe); });
  std::array<std::uint32_t, 3 * Centre::kLanes> slots{};
  for (std::uint32_t i = 0; i < slots.size(); ++i) {
    slots[i] = Submit(i % Centre::kLanes);
  }
  run_(Step::kCancel, [&] { centre_.Cancel(slots[4]); });
  run_(Step::kMove, [&] { centre_.Move(slots[1], 0); });
  run_(Step::kMove, [&] { centre_.Move(slots[8], 1); });
  run_(Step::kMove, [&] { centre_.Move(slots[2], 3); });
  for (std::uint32_t agent = Centre::kCalls; agent < Centre::kAgents; ++agent) {
    run_(Step::kReady, [&] { centre_.Ready(agent); });
  }
  for (std::uint32_t agent = Centre::kCalls; agent < Centre::kAgents; ++agent) {
    const std::uint32_t slot = centre_.HeldBy(agent);
    if (slot == Centre::kContacts) continue;
    if (agent % 2 == 0) {
      run_(Step::kAccept, [&] { centre_.Accept(slot); });
    }
    run_(Step::kReturn, [&] { centre_.Return(slot); });
  }
  ServeAll();
  for (std::uint32_t lane = 0; lane < Centre::kLanes; ++lane) Submit(lane);
  ServeAll();
  for (std::uint32_t agent = Centre::kCalls; agent < Centre::kAgents; ++agent) {
    run_(Step::kWithdraw, [&] { centre_.Withdraw(agent); });
  }
  for (std::uint32_t i = 0; i < 2 * match::kDeadSlack; ++i) {
    Submit(i % Centre::kLanes);
  }
  CancelAllWaiting();
  // Agents of the frozen calls may still be serving.
  ServeAll();
}

}  // namespace relais::frozen
