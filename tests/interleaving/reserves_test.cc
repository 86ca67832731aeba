// Goal: whatever way calls interleave, an e-mail never takes an agent whom a
// reserve keeps, its counts are right when no call is in flight, and whoever
// makes it give leaves no e-mail beside an agent who may take it.
// Method: as pairs_test.cc, on a small centre of two kinds of work: calls (0),
// for which a reserve keeps one agent free, and e-mails (1), which it holds
// back.

#include <array>
#include <cstdint>
#include <string>

#include "lib/match/matcher.h"
#include "tests/interleaving/scenario.h"
#include "tests/interleaving/weak_atomic.h"

namespace relais::match {
namespace {

using interleaving::Explorer;

constexpr std::uint8_t kCall = 0;
constexpr std::uint8_t kMail = 1;
constexpr std::uint8_t kCalls = 1;
constexpr std::uint8_t kCallsAndMails = 3;
constexpr int kReserve = 0;
constexpr std::uint32_t kKeep = 1;

// Agents of profile class 0 may be given both, those of class 1 calls alone.
class Desk final : private DecisionSink {
 public:
  using Core = MatcherT<interleaving::WeakAtomic>;
  static constexpr std::uint32_t kContacts = 4;
  static constexpr std::uint32_t kAgents = 3;

  explicit Desk(Explorer& run, std::uint32_t resume = 2)
      : run_(run), core_(Sizes{kContacts, kAgents, 2, 2, 2, 4, 1}) {
    for (std::uint8_t kind = 0; kind < 2; ++kind) {
      core_.SetRequirementClass(kind, kind);
      core_.SetFit(kind, 0, 1);
    }
    core_.SetFit(kCall, 1, 1);
    core_.SetProfileClass(0);
    core_.SetProfileClass(1);
    core_.SetLane(0, 0);
    core_.SetLane(1, 1);
    core_.SetReserve(kReserve, {kCall, 1U << kMail, kKeep, resume, 0});
  }

  // A call takes `call_cost` units, an e-mail one.
  void Ready(std::uint32_t agent, std::uint32_t revision,
             std::uint8_t kinds = kCallsAndMails, std::uint8_t capacity = 1,
             std::uint8_t call_cost = 1, std::uint32_t back = 0) {
    AgentTerms terms;
    terms.kinds = kinds;
    terms.profile_class = kinds == kCalls ? 1 : 0;
    terms.capacity = capacity;
    terms.cost[kCall] = call_cost;
    terms.reserves = 1;
    terms_[agent] = terms;
    core_.Update(agent, revision, terms, back, *this);
  }
  void Withdraw(std::uint32_t agent, std::uint32_t revision) {
    Ready(agent, revision, 0);
  }
  void GiveBack(std::uint32_t agent, std::uint32_t units) {
    core_.Update(agent, 0, {}, units, *this);
  }
  void Submit(std::uint32_t slot, std::uint8_t kind) {
    const std::int64_t key = slot;
    core_.Submit(slot, core_.Open(slot), {kind, key, slot + 1}, *this);
  }
  // False if it was neither new nor waiting.
  bool Cancel(std::uint32_t slot) {
    const ContactWord word = core_.Contact(slot);
    ContactWord ended;
    return (word.phase() == ContactPhase::kNew ||
            word.phase() == ContactPhase::kWaiting) &&
           core_.End(slot, word, &ended) == Result::kOk;
  }

  void Exclude(std::uint32_t slot, std::uint32_t agent) {
    excluded_[slot] = agent + 1;
    core_.SetExclusion(slot, 0, agent, 1);
  }

  std::uint32_t decisions() const { return decisions_; }
  bool Waits(std::uint32_t slot) const {
    return core_.Contact(slot).phase() == ContactPhase::kWaiting;
  }
  std::uint32_t Held(std::uint32_t agent) const {
    return core_.Agent(agent).used();
  }
  ReserveWord reserve() const { return core_.ReserveNow(kReserve); }
  std::uint32_t Counted() const {
    std::uint32_t counted = 0;
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      if (HasRoom(agent, kCall)) ++counted;
    }
    return counted;
  }
  // When no call is in flight.
  void CheckQuiet() {
    const ReserveWord word = reserve();
    run_.Expect(word.taken() == 0, "a unit is not settled");
    run_.Expect(word.count() == static_cast<std::int32_t>(Counted()),
                "the count is wrong");
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      run_.Expect(!core_.Agent(agent).claimed(), "a hidden agent");
      std::array<bool, 2> waits{};
      for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
        if (!Waits(slot) || excluded_[slot] == agent + 1) continue;
        waits[core_.ClassOfLane(PlaceOf(slot).lane)] = true;
      }
      run_.Expect(!waits[kCall] || !HasRoom(agent, kCall), "a lost call");
      const bool may = HasRoom(agent, kMail) &&
                       (!HasRoom(agent, kCall) || word.Gives(kKeep));
      run_.Expect(!waits[kMail] || !may, "a lost e-mail");
    }
  }

 private:
  Position PlaceOf(std::uint32_t slot) const {
    Position place;
    run_.Expect(core_.PositionOf(slot, core_.Contact(slot), &place),
                "no position");
    return place;
  }
  bool HasRoom(std::uint32_t agent, int kind) const {
    const AgentWord word = core_.Agent(agent);
    return (terms_[agent].KindsWithRoom(word.kinds(), word.used()) >> kind &
            1) != 0;
  }
  void OnLook() override {}
  void OnDecision(const Decision&) override { ++decisions_; }

  Explorer& run_;
  Core core_;
  std::array<AgentTerms, kAgents> terms_{};
  // The agent + 1.
  std::array<std::uint32_t, kContacts> excluded_{};
  std::uint32_t decisions_ = 0;
};

// One of two agents is to spare, and two e-mails come for him.
void MailMail(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Ready(0, 1);
  desk.Ready(1, 1);
  if (!run.Run({{"mail 0", [&] { desk.Submit(0, kMail); }},
                {"mail 1", [&] { desk.Submit(1, kMail); }}})) {
    return;
  }
  run.Expect(desk.decisions() == 1, "one e-mail");
  run.Expect(desk.Counted() == kKeep, "undercut");
  desk.CheckQuiet();
}

// Who comes free takes no e-mails; with him another may.
void MailThirdParty(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Ready(1, 1, kCalls);
  desk.Submit(0, kCall);
  desk.Ready(0, 1);
  if (!run.Run({{"mail", [&] { desk.Submit(1, kMail); }},
                {"wrap-up ends", [&] { desk.GiveBack(1, 1); }}})) {
    return;
  }
  run.Expect(desk.decisions() == 2, "the e-mail is given");
  run.Expect(desk.Counted() == kKeep, "undercut");
  desk.CheckQuiet();
}

// The same for an e-mail that waits; another comes beside it.
void WaitingMailThirdParty(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Ready(1, 1, kCalls);
  desk.Submit(0, kCall);
  desk.Ready(0, 1);
  desk.Submit(1, kMail);
  run.Expect(desk.decisions() == 1, "it waits");
  if (!run.Run({{"cancel", [&] { desk.Cancel(1); }},
                {"wrap-up ends", [&] { desk.GiveBack(1, 1); }}})) {
    return;
  }
  desk.CheckQuiet();
}

// Two become free at once, of three whom it takes to give again.
void ReadyReady(Explorer& run) {
  Desk& desk = run.New<Desk>(run, 3);
  desk.Ready(0, 1);
  desk.Submit(0, kMail);
  if (!run.Run({{"ready 1", [&] { desk.Ready(1, 1, kCalls); }},
                {"ready 2", [&] { desk.Ready(2, 1, kCalls); }}})) {
    return;
  }
  run.Expect(desk.decisions() == 1, "the e-mail is given");
  desk.CheckQuiet();
}

// Whichever comes first, the e-mail is not given to the last who is left.
void MailWithdraw(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Ready(0, 1);
  desk.Ready(1, 1);
  if (!run.Run({{"mail", [&] { desk.Submit(0, kMail); }},
                {"withdraw", [&] { desk.Withdraw(1, 2); }}})) {
    return;
  }
  desk.CheckQuiet();
  if (desk.decisions() > 0) return;
  run.Expect(desk.Counted() == 1, "nobody to spare");
}

void MailCall(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Ready(0, 1);
  desk.Ready(1, 1);
  if (!run.Run({{"mail", [&] { desk.Submit(0, kMail); }},
                {"call", [&] { desk.Submit(1, kCall); }}})) {
    return;
  }
  run.Expect(!desk.Waits(1), "a call is always given");
  desk.CheckQuiet();
}

// An agent who is being given an e-mail gets units back, which would let him
// count; he must not stand for another who is given the next one.
void MailMailUnitsBack(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Exclude(0, 1);
  desk.Ready(0, 1, kCallsAndMails, 2, 2);
  desk.Submit(0, kMail);
  desk.Ready(1, 1);
  run.Expect(desk.Held(0) == 1 && desk.Held(1) == 0, "given to agent 0");
  if (!run.Run({{"units back", [&] { desk.GiveBack(0, 1); }},
                {"mail 1", [&] { desk.Submit(1, kMail); }},
                {"mail 2", [&] { desk.Submit(2, kMail); }}})) {
    return;
  }
  run.Expect(desk.Counted() >= kKeep, "undercut");
  desk.CheckQuiet();
}

// The e-mail for which a unit was taken is cancelled; the unit is given back,
// and the reserve gives as before although it takes three to give again.
void MailCancelMail(Explorer& run) {
  Desk& desk = run.New<Desk>(run, 3);
  desk.Ready(0, 1);
  desk.Ready(1, 1, kCalls);
  desk.Ready(2, 1, kCalls);
  desk.Withdraw(2, 2);
  bool cancelled = false;
  if (!run.Run({{"mail, mail",
                 [&] {
                   desk.Submit(1, kMail);
                   desk.Submit(2, kMail);
                 }},
                {"cancel", [&] { cancelled = desk.Cancel(1); }}})) {
    return;
  }
  run.Expect(desk.decisions() == 1, "one of them is given");
  run.Expect(!cancelled || !desk.Waits(2), "a decision that failed shut it");
  desk.CheckQuiet();
}

// Agent 2 is about to take an e-mail that is cancelled, and the next one is not
// for him: what he gives back lets agent 0 go.
void MailCancelThenMail(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Ready(0, 1);
  desk.Submit(1, kMail);
  desk.Exclude(2, 2);
  bool cancelled = false;
  if (!run.Run({{"ready", [&] { desk.Ready(2, 1); }}, {"cancel, mail", [&] {
                                                         cancelled =
                                                             desk.Cancel(1);
                                                         desk.Submit(2, kMail);
                                                       }}})) {
    return;
  }
  run.Expect(desk.decisions() == 1, "one of them is given");
  run.Expect(!cancelled || !desk.Waits(2), "a lost e-mail");
  desk.CheckQuiet();
}

// Agent 2, about to take an e-mail that is for nobody else, goes: what he gives
// back lets agent 0 take the next one. Nothing that the bringer of that one
// reads is changed afterwards, so the word alone tells.
void MailWithdrawThenMail(Explorer& run) {
  Desk& desk = run.New<Desk>(run);
  desk.Exclude(0, 0);
  desk.Ready(0, 1);
  desk.Ready(1, 1, kCalls);
  desk.Submit(0, kMail);
  run.Expect(desk.Waits(0), "it is for nobody yet");
  if (!run.Run({{"ready", [&] { desk.Ready(2, 1); }}, {"withdraw, mail", [&] {
                                                         desk.Withdraw(2, 2);
                                                         desk.Submit(1, kMail);
                                                       }}})) {
    return;
  }
  run.Expect(!desk.Waits(1), "a lost e-mail");
  desk.CheckQuiet();
}

constexpr Scenario kReserves[] = {
    {"mail_mail", {3, 2}, 4'015'028, MailMail},
    {"mail_third_party", {3, 2}, 165'249, MailThirdParty},
    {"waiting_mail_third_party", {3, 2}, 231, WaitingMailThirdParty},
    {"ready_ready", {3, 1}, 5'047'799, ReadyReady},
    {"mail_withdraw", {3, 2}, 3'756, MailWithdraw},
    {"mail_call", {3, 2}, 303'718, MailCall},
    {"mail_mail_units_back", {1, 1}, 16'416, MailMailUnitsBack},
    {"mail_cancel_mail", {3, 2}, 14, MailCancelMail},
    {"mail_cancel_then_mail", {2, 2}, 254'389, MailCancelThenMail},
    {"mail_withdraw_then_mail", {2, 1}, 70'173, MailWithdrawThenMail},
};

class ReservesTest : public testing::TestWithParam<Scenario> {};

TEST_P(ReservesTest, HoldsInEverySchedule) { HoldsInEverySchedule(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Calls, ReservesTest, testing::ValuesIn(kReserves),
                         [](const auto& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace relais::match
