// Goal: what an agent holds and a contact may interrupt is room for it at every
// moment: no call that changes it, or comes at that moment, leaves a match
// unseen, and no agent is given more than its terms of any one moment admit.
// Method: as records_test.cc.

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "lib/match/matcher.h"
#include "tests/interleaving/explorer.h"
#include "tests/interleaving/scenario.h"
#include "tests/interleaving/weak_atomic.h"

namespace relais::match {
namespace {

using interleaving::Explorer;
using interleaving::WeakAtomic;

constexpr std::uint8_t kBoth = 3;

// One agent with two units. An e-mail, slot 0 of kind 0 in lane 0, takes one,
// a call, slot 1 or 2 of kind 1 in lane 1, both.
class Desk final : private DecisionSink {
 public:
  explicit Desk(Explorer& run) : run_(run), core_(Sizes{3, 1, 2, 1, 2, 4, 1}) {
    for (std::uint8_t kind = 0; kind < 2; ++kind) {
      core_.SetRequirementClass(kind, kind);
      core_.SetFit(kind, 0, 1);
    }
    core_.SetProfileClass(0);
    core_.SetLane(0, 0);
    core_.SetLane(1, 1);
  }

  void SubmitEmail() { Submit(0, 0); }
  void SubmitCall() { Submit(1, 1); }
  void SubmitNextCall() { Submit(2, 1); }
  // A call may count so many units as free.
  void Tell(std::uint32_t revision, std::uint8_t interruptible,
            std::uint32_t units_back = 0, std::uint8_t capacity = 2) {
    AgentTerms terms;
    terms.kinds = kBoth;
    terms.capacity = capacity;
    terms.cost[1] = 2;
    terms.claim_until_told = true;
    terms.interruptible[1] = interruptible;
    // Of a kind that never comes, so that the others' zero is written, too.
    terms.interruptible[2] = 1;
    core_.Update(0, revision, terms, units_back, *this);
  }
  bool CallWaits() const {
    return core_.Contact(1).phase() == ContactPhase::kWaiting;
  }
  void CheckQuiet(std::uint8_t interruptible) {
    const AgentWord word = core_.Agent(0);
    run_.Expect(!word.claimed(), "a hidden agent");
    run_.Expect(!CallWaits() || word.used() + 2 > 2U + interruptible,
                "a lost match");
  }
  std::uint32_t used() const { return core_.Agent(0).used(); }
  std::uint32_t decisions() const { return decisions_; }

 private:
  void Submit(std::uint32_t slot, std::uint32_t lane) {
    core_.Submit(slot, core_.Open(slot), {lane, 0, slot + 1}, *this);
  }
  void OnLook() override {}
  void OnDecision(const Decision&) override { ++decisions_; }

  Explorer& run_;
  MatcherT<WeakAtomic> core_;
  std::uint32_t decisions_ = 0;
};

// The e-mail is accepted: from now on the call may interrupt it.
void AcceptSubmit(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Tell(1, 0);
  desk.SubmitEmail();
  if (!run.Run({{"accept", [&] { desk.Tell(2, 1); }},
                {"submit a call", [&] { desk.SubmitCall(); }}})) {
    return;
  }
  run.Expect(desk.used() == 3, "the call is given beside the e-mail");
  desk.CheckQuiet(1);
}

// It ends without wrap-up: what could be interrupted is free now.
void EndSubmit(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Tell(1, 0);
  desk.SubmitEmail();
  desk.Tell(2, 1);
  if (!run.Run({{"end", [&] { desk.Tell(3, 0, 1); }},
                {"submit a call", [&] { desk.SubmitCall(); }}})) {
    return;
  }
  run.Expect(desk.used() == 2, "the call is given");
  desk.CheckQuiet(0);
}

// It is wrapped up, which nothing may interrupt; then its units come back.
void WrapUpSubmit(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Tell(1, 0);
  desk.SubmitEmail();
  desk.Tell(2, 1);
  if (!run.Run({{"end with wrap-up", [&] { desk.Tell(3, 0); }},
                {"submit a call", [&] { desk.SubmitCall(); }}})) {
    return;
  }
  run.Expect(desk.used() == (desk.CallWaits() ? 1U : 3U), "what it holds");
  desk.CheckQuiet(0);
  desk.Tell(4, 0, 1);
  run.Expect(desk.used() == 2, "the call is given then at the latest");
}

// The wrap-up of a call ends beside an interrupted e-mail while the next call
// comes.
void WrapUpEndSubmit(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Tell(1, 0);
  desk.SubmitEmail();
  desk.Tell(2, 1);
  desk.SubmitCall();
  run.Expect(desk.used() == 3, "a call beside an e-mail");
  if (!run.Run({{"wrap-up ends", [&] { desk.Tell(3, 1, 2); }},
                {"submit the next call", [&] { desk.SubmitNextCall(); }}})) {
    return;
  }
  run.Expect(desk.decisions() == 3 && desk.used() == 3, "the call is given");
}

// Neither two units without anything to interrupt, nor one with one, is room
// beside the e-mail.
void InterruptibleOfAnotherLife(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Tell(1, 0);
  desk.SubmitEmail();
  desk.SubmitCall();
  if (!run.Run(
          {{"update 2", [&] { desk.Tell(2, 0); }}, {"updates 3 and 4", [&] {
                                                      desk.Tell(3, 0);
                                                      desk.Tell(4, 1, 0, 1);
                                                    }}})) {
    return;
  }
  run.Expect(desk.decisions() == 1, "terms of two updates mixed");
}

constexpr Scenario kInterruptions[] = {
    {"accept_submit", {3, 2}, 1'803'637, AcceptSubmit},
    {"end_submit", {3, 2}, 3'176'928, EndSubmit},
    {"wrap_up_submit", {3, 2}, 34'366, WrapUpSubmit},
    {"wrap_up_end_submit", {3, 2}, 237'935, WrapUpEndSubmit},
    {"interruptible_of_another_life",
     {3, 2},
     748'972,
     InterruptibleOfAnotherLife},
};

class InterruptionsTest : public testing::TestWithParam<Scenario> {};

TEST_P(InterruptionsTest, HoldsInEverySchedule) {
  HoldsInEverySchedule(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Calls, InterruptionsTest,
                         testing::ValuesIn(kInterruptions),
                         [](const auto& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace relais::match
