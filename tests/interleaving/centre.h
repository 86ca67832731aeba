// A small core on the instrumented atomic, and what must hold of it: the one
// place of these tests that knows the core's interface.
//
// It watches every decision while calls run, and judges the state when none
// does. What it finds wrong ends the exploration (Explorer::Fail).

#ifndef RELAIS_TESTS_INTERLEAVING_CENTRE_H_
#define RELAIS_TESTS_INTERLEAVING_CENTRE_H_

#include <array>
#include <cstdint>
#include <string>

#include "lib/match/matcher.h"
#include "tests/interleaving/explorer.h"
#include "tests/interleaving/weak_atomic.h"

namespace relais::match {

// One requirement class of kind 0 in lanes 0 and 1, one of kind 1 in lane 2,
// one profile class that may serve both. Agents 0 and 1 belong to the scenario,
// agent 2 is for the drain at the end.
class Centre final : private DecisionSink {
 public:
  using Core = MatcherT<interleaving::WeakAtomic>;
  static constexpr std::uint32_t kContacts = 4;
  static constexpr std::uint32_t kAgents = 3;
  static constexpr std::uint32_t kLanes = 3;

  explicit Centre(interleaving::Explorer& run)
      : run_(run), core_(Sizes{kContacts, kAgents, 2, 1, kLanes, 4}) {
    for (std::uint8_t kind = 0; kind < 2; ++kind) {
      core_.SetRequirementClass(kind, kind);
      core_.SetFit(kind, 0, 1);
    }
    core_.SetProfileClass(0);
    core_.SetLane(0, 0);
    core_.SetLane(1, 0);
    core_.SetLane(2, 1);
  }

  // --- Calls -----------------------------------------------------------------

  void Submit(std::uint32_t slot, std::int64_t key, std::uint32_t lane = 0) {
    const ContactWord from = core_.Open(slot);
    if (core_.Submit(slot, from, lane, key, *this) == Result::kOk) {
      Published(slot, from.tag() + 1);
    }
  }
  void Ready(std::uint32_t agent, std::uint32_t revision,
             std::uint8_t kinds = 3, std::uint32_t back = 0) {
    core_.Update(agent, revision, {kinds, 0, 0}, back, *this);
  }
  void Withdraw(std::uint32_t agent, std::uint32_t revision,
                std::uint32_t back = 0) {
    core_.Update(agent, revision, {0, 0, 0}, back, *this);
  }
  bool Accept(std::uint32_t slot, ContactWord from) {
    ContactWord now;
    return core_.Accept(slot, from, &now) == Result::kOk;
  }
  // Back to its place, then looks.
  bool Return(std::uint32_t slot, ContactWord from) {
    ContactWord now;
    if (core_.Return(slot, from, &now) != Result::kOk) return false;
    Published(slot, now.tag());
    core_.LookForContact(slot, now, *this);
    return true;
  }
  bool Move(std::uint32_t slot, ContactWord from, std::uint32_t lane,
            std::int64_t key) {
    ContactWord now;
    if (core_.Move(slot, from, lane, key, &now) != Result::kOk) return false;
    Published(slot, now.tag());
    core_.LookForContact(slot, now, *this);
    return true;
  }
  // Ends the contact once it waits or is reserved, and then gives its agent's
  // unit back. False if it was new or ended.
  bool Cancel(std::uint32_t slot) {
    for (;;) {
      const ContactWord word = core_.Contact(slot);
      const bool reserved = word.phase() == ContactPhase::kReserved;
      if (word.phase() != ContactPhase::kWaiting && !reserved) return false;
      ContactWord ended;
      if (core_.End(slot, word, &ended) != Result::kOk) continue;
      if (reserved) core_.Update(word.ref(), 0, {0, 0, 0}, 1, *this);
      return true;
    }
  }
  void Exclude(std::uint32_t slot, std::uint32_t agent, std::uint64_t number) {
    core_.SetExclusion(slot, 0, agent, number);
  }
  void EndExclusion(std::uint32_t slot, ContactWord waiting,
                    std::uint64_t number) {
    core_.SetExclusion(slot, 0, Core::kNobody, number);
    core_.LookForContact(slot, waiting, *this);
  }

  // --- What came of it -------------------------------------------------------

  ContactWord Contact(std::uint32_t slot) const { return core_.Contact(slot); }
  AgentWord Agent(std::uint32_t agent) const { return core_.Agent(agent); }
  std::uint32_t Held(std::uint32_t agent) const { return Agent(agent).load(); }
  std::uint32_t decisions() const { return decision_count_; }
  const Decision& decision(std::uint32_t n) const { return decisions_[n]; }
  void Expect(bool holds, const char* what) { run_.Expect(holds, what); }

  // What must hold when no call is in flight; then drains the lanes, to see
  // that each waiting contact comes once and in order.
  void CheckQuiet() {
    CheckStates();
    Drain();
  }

 private:
  struct Entry {
    std::int64_t key = 0;
    std::uint64_t sequence = 0;
    friend bool operator<(const Entry& a, const Entry& b) {
      return a.key != b.key ? a.key < b.key : a.sequence < b.sequence;
    }
  };

  void Published(std::uint32_t slot, std::uint64_t tag) {
    complete_[slot] = tag;
    run_.Mark(static_cast<int>(slot));
    Observe(kLookers, complete_);
  }
  void Observe(std::size_t where,
               const std::array<std::uint64_t, kContacts>& tags) {
    std::uint64_t hash = 0;
    for (const std::uint64_t tag : tags) hash = interleaving::Mix(hash, tag);
    run_.observed[where] = hash;
  }
  std::size_t Looker() const {
    return static_cast<std::size_t>(run_.fiber() + 1);
  }

  void OnLook() override {
    auto& known = at_look_[Looker()];
    known = complete_;
    for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
      if (!run_.Knows(static_cast<int>(slot))) known[slot] = 0;
    }
    Observe(Looker(), known);
  }
  void OnDecision(const Decision& decision) override {
    for (std::uint32_t i = 0; i < decision_count_; ++i) {
      run_.Expect(decisions_[i].contact != decision.contact ||
                      decisions_[i].word != decision.word,
                  "a contact given twice");
    }
    if (decision_count_ == decisions_.size()) run_.Fail("too many decisions");
    decisions_[decision_count_++] = decision;
    CheckInversion(decision);
  }
  // design.md: a decision never takes y while x, whose publication was
  // complete before the decision began and who stands before y for this agent,
  // still waits.
  void CheckInversion(const Decision& decision) {
    const interleaving::Explorer::Aside aside;
    const Entry taken{decision.position.key, decision.position.sequence};
    for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
      const std::uint64_t tag = at_look_[Looker()][slot];
      const ContactWord word = core_.Contact(slot);
      Position position;
      if (tag == 0 || word.tag() != tag ||
          word.phase() != ContactPhase::kWaiting ||
          !core_.PositionOf(slot, word, &position)) {
        continue;
      }
      const Entry waiting{position.key, position.sequence};
      const int kind = position.lane == 2 ? 1 : 0;
      if ((Agent(decision.agent).kinds() >> kind & 1) == 0) continue;
      if (waiting < taken) {
        failed_ = "inversion: contact " + std::to_string(decision.contact) +
                  " taken before contact " + std::to_string(slot);
      }
    }
    if (!failed_.empty()) run_.Fail(failed_);
  }

  void CheckStates() {
    std::array<std::uint32_t, kAgents> held{};
    std::array<std::uint32_t, kLanes> waiting{};
    for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
      const ContactWord word = core_.Contact(slot);
      if (word.phase() == ContactPhase::kReserved ||
          word.phase() == ContactPhase::kAssigned) {
        ++held[word.ref()];
      }
      if (word.phase() != ContactPhase::kWaiting) continue;
      Position position;
      run_.Expect(core_.PositionOf(slot, word, &position), "no position");
      ++waiting[position.lane];
    }
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      run_.Expect(core_.Waiting(lane) == waiting[lane], "a wrong count");
    }
    const bool any[2] = {waiting[0] + waiting[1] > 0, waiting[2] > 0};
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      const AgentWord word = core_.Agent(agent);
      run_.Expect(!word.claimed(), "a hidden agent");
      run_.Expect(word.load() == held[agent], "an agent's load is wrong");
      for (int kind = 0; kind < 2; ++kind) {
        run_.Expect(
            !any[kind] || !word.free() || (word.kinds() >> kind & 1) == 0,
            "a lost match");
      }
    }
  }

  void Drain() {
    std::uint32_t waiting = 0;
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      waiting += core_.Waiting(lane);
    }
    Entry last;
    std::uint32_t revision = 1;
    for (std::uint32_t n = 0; n < waiting; ++n) {
      const std::uint32_t before = decision_count_;
      Ready(2, revision++, 3, n == 0 ? 0 : 1);
      run_.Expect(decision_count_ == before + 1,
                  "a waiting contact is in no lane");
      if (decision_count_ != before + 1) return;
      const Position& position = decisions_[before].position;
      const Entry taken{position.key, position.sequence};
      run_.Expect(n == 0 || last < taken, "lanes are not in order");
      last = taken;
    }
    Ready(2, revision, 3, waiting == 0 ? 0 : 1);
    run_.Expect(core_.Agent(2).free(), "a contact is in a lane twice");
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      run_.Expect(core_.Waiting(lane) == 0, "a count that remains");
    }
  }

  static constexpr std::size_t kLookers = 6;

  interleaving::Explorer& run_;
  Core core_;
  std::array<Decision, 16> decisions_;
  std::uint32_t decision_count_ = 0;
  // The tag under which each contact's last publication was completed, and what
  // that was when each caller began its look.
  std::array<std::uint64_t, kContacts> complete_{};
  std::array<std::array<std::uint64_t, kContacts>, kLookers> at_look_{};
  std::string failed_;
};

}  // namespace relais::match

#endif  // RELAIS_TESTS_INTERLEAVING_CENTRE_H_
