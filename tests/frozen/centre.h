// A small centre on the core whose calls can be frozen, and what must hold of
// it while some are.
//
// Everybody else's calls are made one after the other, so what must come out of
// them is exact: each decision takes the first waiting contact and the first
// idle agent there is, and after each call no waiting contact and idle agent
// fit each other. An agent that is passed over against that is *hidden*; so is
// a contact. The test says how many of them the frozen calls may hide, and
// which.
//
// Thread safety: none; fibers of one thread.

#ifndef RELAIS_TESTS_FROZEN_CENTRE_H_
#define RELAIS_TESTS_FROZEN_CENTRE_H_

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/match/matcher.h"
#include "tests/frozen/frozen_atomic.h"

namespace relais::frozen {

using match::AgentTerms;
using match::AgentWord;
using match::ContactPhase;
using match::ContactWord;
using match::Decision;
using match::Position;
using match::Result;

// Lanes 0 and 1 of class 0 (kind 0), lanes 2 and 3 of class 1 (kind 1); even
// agents serve both classes, odd ones too but of another profile class. Each
// frozen call has an agent (0, 1) and eight contacts of its own; the load of
// the others has the rest.
class Centre final : private match::DecisionSink {
 public:
  using Core = match::MatcherT<FrozenAtomic>;
  static constexpr std::uint32_t kCalls = 2;
  static constexpr std::uint32_t kContactsEach = 8;
  static constexpr std::uint32_t kLoadBegin = kCalls * kContactsEach;
  static constexpr std::uint32_t kContacts = kLoadBegin + 32;
  static constexpr std::uint32_t kAgents = kCalls + 4;
  static constexpr std::uint32_t kLanes = 4;

  Centre();

  // --- Calls -----------------------------------------------------------------

  void Submit(std::uint32_t slot, std::uint32_t lane);
  void SubmitHeld(std::uint32_t slot, std::uint32_t agent);
  void Ready(std::uint32_t agent, std::uint8_t capacity = 1);
  void Withdraw(std::uint32_t agent);
  // Of all that waits.
  void Pull(std::uint32_t agent);
  // Ends the contact wherever it stands, and gives its agent's unit back.
  void Cancel(std::uint32_t slot);
  void Accept(std::uint32_t slot);
  // Back to where it was found, and gives its agent's unit back.
  void Return(std::uint32_t slot);
  void Move(std::uint32_t slot, std::uint32_t lane);
  void Exclude(std::uint32_t slot, std::uint32_t agent);
  void EndExclusion(std::uint32_t slot);

  // --- State, read without taking part ---------------------------------------

  ContactWord Contact(std::uint32_t slot) const { return core_.Contact(slot); }
  bool Alive(std::uint32_t slot) const;
  bool Waiting(std::uint32_t slot) const {
    return Contact(slot).phase() == ContactPhase::kWaiting;
  }
  // The first contact from `first` on that the agent holds, or kContacts.
  std::uint32_t HeldBy(std::uint32_t agent, std::uint32_t first = 0) const;
  std::uint32_t decisions_of(std::uint32_t agent) const {
    return decisions_of_[agent];
  }
  std::uint32_t decisions_in(std::uint32_t lane) const {
    return decisions_in_[lane];
  }

  // --- Checks ----------------------------------------------------------------

  // While the load runs: each decision is judged.
  void SetJudging(bool judging) { judging_ = judging; }
  // Contacts that frozen calls are publishing, which may be hidden.
  void MayHide(std::uint32_t slot) { may_hide_.insert(slot); }
  // Between the load's calls.
  void CheckMatches();
  const std::set<std::uint32_t>& hidden_agents() const {
    return hidden_agents_;
  }
  const std::set<std::uint32_t>& hidden_contacts() const {
    return hidden_contacts_;
  }
  // When all calls have ended: nothing lost, nothing double; then serves
  // everybody.
  void CheckQuietAndDrain();

  // The first thing found wrong; empty: none.
  const std::string& failure() const { return failure_; }
  void Fail(const std::string& what) {
    if (failure_.empty()) failure_ = what;
  }

 private:
  void OnLook() override {}
  void OnDecision(const Decision& decision) override;
  void Judge(const Decision& decision);
  void Update(std::uint32_t agent, std::uint32_t units_back);
  void LookFor(std::uint32_t slot, ContactWord now);
  // Gives back the units of contacts that were cancelled before their decision
  // was told: who is told knows the units.
  void Settle();
  // Whether the decision behind this reserved or assigned word was told.
  bool Told(std::uint32_t slot, ContactWord word) const;
  bool Fits(std::uint32_t slot, const Position& at, std::uint32_t agent) const;
  bool Idle(std::uint32_t agent) const;
  void CheckUnits();
  static std::pair<std::int64_t, std::uint64_t> Order(const Position& at) {
    return {at.key, at.sequence};
  }
  std::string Name(std::uint32_t slot) const;

  Core core_;
  std::int64_t now_ = 0;
  std::uint64_t arrivals_ = 0;
  std::array<std::uint32_t, kAgents> revision_{};
  std::array<AgentTerms, kAgents> terms_{};
  std::array<Position, kContacts> found_at_{};
  std::array<std::uint32_t, kContacts> excluded_;
  std::array<std::uint64_t, kContacts> exclusion_number_{};
  std::set<std::pair<std::uint32_t, std::uint64_t>> decided_;
  std::set<std::pair<std::uint32_t, std::uint64_t>> cancelled_untold_;
  std::vector<std::uint32_t> owed_;  // agents
  std::array<std::uint32_t, kAgents> decisions_of_{};
  std::array<std::uint32_t, kLanes + kAgents> decisions_in_{};
  bool judging_ = false;
  std::set<std::uint32_t> may_hide_;
  std::set<std::uint32_t> hidden_agents_;
  std::set<std::uint32_t> hidden_contacts_;
  std::string failure_;
};

}  // namespace relais::frozen

#endif  // RELAIS_TESTS_FROZEN_CENTRE_H_
