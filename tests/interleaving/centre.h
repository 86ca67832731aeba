// A small core on the instrumented atomic, and what must hold of it: the one
// place of these tests that knows the core's interface.
//
// It watches every decision while calls run, and judges the state when none
// does. What it finds wrong ends the exploration (Explorer::Fail).

#ifndef RELAIS_TESTS_INTERLEAVING_CENTRE_H_
#define RELAIS_TESTS_INTERLEAVING_CENTRE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "lib/match/matcher.h"
#include "tests/interleaving/explorer.h"
#include "tests/interleaving/weak_atomic.h"

namespace relais::match {

// One requirement class of kind 0 in lanes 0 and 1, one of kind 1 in lane 2,
// one profile class that may serve both; with ranks, the class of kind 1 comes
// first; it may be one that is pulled only, or that of kind 0 drain kind 1.
// Agents 0 and 1 belong to the
// scenario, agent 2 is for the drain at the end. A contact's arrival sequence
// is its slot + 1.
class Centre final : private DecisionSink {
 public:
  using Core = MatcherT<interleaving::WeakAtomic>;
  static constexpr std::uint32_t kContacts = 4;
  static constexpr std::uint32_t kAgents = 3;
  static constexpr std::uint32_t kLanes = 3;
  static constexpr std::uint32_t kAllLanes = kLanes + kAgents;
  static constexpr std::uint8_t kBothKinds = 3;

  // `cost`: units that a contact of kind 0 takes.
  explicit Centre(interleaving::Explorer& run, std::uint8_t capacity = 1,
                  std::uint8_t cost = 1, bool ranked = false,
                  bool pulled_only = false, bool drains = false)
      : run_(run),
        capacity_(capacity),
        cost_{cost, 1},
        ranked_(ranked),
        pulled_only_(pulled_only),
        drains_(drains),
        core_(Sizes{kContacts, kAgents, 2, 2, kLanes, 4, 1}) {
    for (std::uint8_t kind = 0; kind < 2; ++kind) {
      core_.SetRequirementClass(kind, kind, 0, kind == 1 && pulled_only,
                                kind == 0 && drains ? 2 : 0);
      core_.SetFit(kind, 0, 1, RankOfKind(kind));
    }
    core_.SetProfileClass(0);
    core_.SetLane(0, 0);
    core_.SetLane(1, 0);
    core_.SetLane(2, 1);
  }

  // --- Calls -----------------------------------------------------------------

  // Contacts of kind 0, of which none is alive, drain kind 1 from now on.
  void BeginToDrain() {
    drains_ = true;
    core_.SetRequirementClass(0, 0, 0, false, 2);
    core_.SetFit(0, 0, 1, RankOfKind(0));
  }
  void Submit(std::uint32_t slot, std::int64_t key, std::uint32_t lane = 0) {
    kind_[slot] = lane == 2 ? 1 : 0;
    const ContactWord from = core_.Open(slot);
    if (core_.Submit(slot, from, {lane, key, slot + 1}, *this) == Result::kOk) {
      Published(slot, from.tag() + 1);
    }
  }
  // Of kind 0.
  void SubmitHeld(std::uint32_t slot, std::int64_t key, std::uint32_t agent) {
    const ContactWord from = core_.Open(slot);
    if (core_.SubmitHeld(slot, from, agent, 0, key, slot + 1, *this) ==
        Result::kOk) {
      Published(slot, from.tag() + 1);
    }
  }
  void Ready(std::uint32_t agent, std::uint32_t revision,
             std::uint8_t kinds = kBothKinds, std::uint32_t back = 0) {
    AgentTerms terms;
    terms.profile_class = profile_class_;
    terms.kinds = kinds;
    terms.capacity = agent == kDrainer ? 100 : capacity_;
    terms.cost[0] = cost_[0];
    terms.ranked = ranked_;
    core_.Update(agent, revision, terms, back, *this);
  }
  // All agents are of another profile class from now on, which may serve the
  // same; the one they were of becomes others', who have the ranks the other
  // way round, or without ranks may serve nothing.
  void Retell(std::uint32_t agent, std::uint32_t revision) {
    for (std::uint8_t kind = 0; kind < 2; ++kind) {
      core_.SetFit(kind, 1, 1, RankOfKind(kind));
    }
    core_.SetProfileClass(1);
    profile_class_ = 1;
    Ready(agent, revision);
    for (std::uint8_t kind = 0; kind < 2; ++kind) {
      core_.SetFit(kind, 0, ranked_ ? 1 : 0, RankOfKind(1U - kind));
    }
  }
  void Withdraw(std::uint32_t agent, std::uint32_t revision,
                std::uint32_t back = 0) {
    Ready(agent, revision, 0, back);
  }
  // Gives units back under the terms in force.
  void GiveBack(std::uint32_t agent, std::uint32_t units) {
    core_.Update(agent, 0, {}, units, *this);
  }
  // Those of contacts that Cancel ended.
  void GiveBackOwed(std::uint32_t agent) {
    const std::uint32_t units = owed_[agent];
    owed_[agent] = 0;
    if (units > 0) GiveBack(agent, units);
  }
  bool Accept(std::uint32_t slot, ContactWord from) {
    ContactWord now;
    return core_.Accept(slot, from, &now) == Result::kOk;
  }
  // Back to the place where the last decision found it, then looks.
  bool Return(std::uint32_t slot, ContactWord from) {
    Position place;
    for (std::uint32_t i = 0; i < decision_count_; ++i) {
      if (decisions_[i].contact == slot) place = decisions_[i].position;
    }
    ContactWord now;
    if (core_.Return(slot, from, place, &now) != Result::kOk) return false;
    Published(slot, now.tag());
    core_.LookForContact(slot, now, *this);
    return true;
  }
  // The same while the look is still to come, its units not given back.
  void ReturnUnseen(std::uint32_t slot) {
    const ContactWord from = core_.Contact(slot);
    ContactWord now;
    const Position place = decisions_[decision_count_ - 1].position;
    run_.Expect(core_.Return(slot, from, place, &now) == Result::kOk,
                "nobody else returns it");
    owed_[from.ref()] += cost_[kind_[slot]];
    Published(slot, now.tag());
  }
  bool Move(std::uint32_t slot, ContactWord from, std::uint32_t lane,
            std::int64_t key) {
    ContactWord now;
    const std::uint8_t drains = DrainsOf(slot, from);
    if (core_.Move(slot, from, {lane, key, slot + 1}, &now) != Result::kOk) {
      return false;
    }
    Published(slot, now.tag());
    core_.LookForContact(slot, now, *this);
    core_.LookAfterDrain(drains, *this);
    return true;
  }
  // Ends the contact once it waits or is reserved; its units are owed then.
  // False if it was new or ended.
  bool Cancel(std::uint32_t slot) {
    for (;;) {
      const ContactWord word = core_.Contact(slot);
      const bool reserved = word.phase() == ContactPhase::kReserved;
      if (word.phase() != ContactPhase::kWaiting && !reserved) return false;
      ContactWord ended;
      const std::uint8_t drains = DrainsOf(slot, word);
      if (core_.End(slot, word, &ended) != Result::kOk) continue;
      if (reserved) owed_[word.ref()] += cost_[kind_[slot]];
      core_.LookAfterDrain(drains, *this);
      return true;
    }
  }
  void Exclude(std::uint32_t slot, std::uint32_t agent, std::uint64_t number) {
    declined_by_[slot] = agent + 1;
    core_.SetExclusion(slot, 0, agent, number);
  }
  void EndExclusion(std::uint32_t slot, ContactWord waiting,
                    std::uint64_t number) {
    core_.SetExclusion(slot, 0, Core::kNobody, number);
    core_.LookForContact(slot, waiting, *this);
  }

  // Of all that waits, or of the contacts of kind 1. Whether it took one.
  bool Pull(std::uint32_t agent, bool kind_one_only = false) {
    class Wanted final : public PullFilter {
     public:
      Wanted(const Centre& centre, bool kind_one_only)
          : centre_(centre), kind_one_only_(kind_one_only) {}
      bool Wants(std::uint32_t contact) const override {
        return !kind_one_only_ || centre_.kind_[contact] == 1;
      }

     private:
      const Centre& centre_;
      const bool kind_one_only_;
    };
    return core_.Pull(agent, Wanted(*this, kind_one_only), *this) ==
           Result::kOk;
  }
  bool PullContact(std::uint32_t agent, std::uint32_t slot,
                   ContactWord waiting) {
    return core_.PullContact(agent, slot, waiting, *this) == Result::kOk;
  }

  // --- What came of it -------------------------------------------------------

  ContactWord Contact(std::uint32_t slot) const { return core_.Contact(slot); }
  AgentWord Agent(std::uint32_t agent) const { return core_.Agent(agent); }
  std::uint32_t Held(std::uint32_t agent) const { return Agent(agent).used(); }
  std::uint32_t decisions() const { return decision_count_; }
  const Decision& decision(std::uint32_t n) const { return decisions_[n]; }

  // What must hold when no call is in flight; then drains the lanes, to see
  // that each waiting contact comes once and in order.
  void CheckQuiet() {
    CheckStates();
    Drain();
  }

 private:
  struct Entry {
    int rank = 0;
    std::int64_t key = 0;
    std::uint64_t sequence = 0;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  std::uint8_t RankOfKind(std::size_t kind) const {
    return ranked_ && kind == 0 ? 1 : 0;
  }
  Entry EntryAt(const Position& position) const {
    const bool held = position.lane >= kLanes;
    return {held && ranked_ ? -1 : RankOfKind(position.lane == 2 ? 1 : 0),
            position.key, position.sequence};
  }

  std::uint8_t DrainsOf(std::uint32_t slot, ContactWord word) const {
    Position place;
    return drains_ && word.phase() == ContactPhase::kWaiting &&
                   core_.PositionOf(slot, word, &place)
               ? core_.DrainsOfLane(place.lane)
               : std::uint8_t{0};
  }
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
    auto& agents = agents_at_look_[Looker()];
    {
      const interleaving::Explorer::Aside aside;
      for (std::uint32_t i = 0; i < kAgents; ++i) agents[i] = Agent(i);
    }
    Observe(Looker(), known);
    for (const AgentWord agent : agents) {
      auto& hash = run_.observed[Looker()];
      hash = interleaving::Mix(hash, agent.bits());
    }
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
    CheckCompared(decision);
  }
  // What it tells that its look compared does not come before what it chose.
  void CheckCompared(const Decision& decision) {
    if (decision.lanes == nullptr) return;
    const bool held = decision.position.lane >= kLanes;
    const std::uint64_t image = FrontWord::ImageOf(decision.position.key);
    const std::uint64_t rank = ranked_ && !held ? decision.rank + 1U : 0U;
    const std::uint64_t chosen = rank << FrontWord::kImageBits | image;
    for (std::size_t i = 0; i < decision.lanes->size(); ++i) {
      const ComparedFront& front = (*decision.lanes)[i];
      run_.Expect(
          front.place >= chosen || front.found == decision.position.lane,
          "a record lists before the contact what has gone");
    }
  }
  // design.md: a decision never takes y while x, whose publication was
  // complete before the decision began and who stands before y for this agent,
  // or drains y's kind, still waits.
  void CheckInversion(const Decision& decision) {
    if (decision.pulled) return;
    const interleaving::Explorer::Aside aside;
    const Entry taken = EntryOf(decision);
    // For an agent who could have taken it all the while.
    const AgentWord began = agents_at_look_[Looker()][decision.agent];
    const AgentWord agent = Agent(decision.agent);
    const std::uint32_t used =
        std::max(began.used(), agent.used() - decision.units);
    const int kinds = began.kinds() & agent.kinds();
    for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
      const std::uint64_t tag = at_look_[Looker()][slot];
      const ContactWord word = core_.Contact(slot);
      Position position;
      if (tag == 0 || word.tag() != tag ||
          declined_by_[slot] == decision.agent + 1 ||
          word.phase() != ContactPhase::kWaiting ||
          !core_.PositionOf(slot, word, &position)) {
        continue;
      }
      if (drains_ && position.lane < 2 && decision.position.lane == 2) {
        failed_ = "a contact of kind 1 is given while one that drains waits";
      }
      const Entry waiting = EntryAt(position);
      const std::size_t kind = position.lane == 2 ? 1 : 0;
      const bool room = used + cost_[kind] <= capacity_ &&
                        !(kind == 1 && (pulled_only_ || drains_));
      const bool eligible = (kinds >> kind & 1) != 0 &&
                            (position.lane < kLanes ||
                             position.lane == core_.OwnLane(decision.agent));
      if (room && eligible && waiting < taken) {
        failed_ = "inversion: contact " + std::to_string(decision.contact) +
                  " taken before contact " + std::to_string(slot);
      }
    }
    if (!failed_.empty()) run_.Fail(failed_);
  }

  void CheckStates() {
    std::array<std::uint32_t, kAgents> held = owed_;
    std::array<std::uint32_t, kAllLanes> waiting{};
    for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
      const ContactWord word = core_.Contact(slot);
      if (word.phase() == ContactPhase::kReserved ||
          word.phase() == ContactPhase::kAssigned) {
        held[word.ref()] += cost_[kind_[slot]];
      }
      if (word.phase() != ContactPhase::kWaiting) continue;
      Position position;
      run_.Expect(core_.PositionOf(slot, word, &position), "no position");
      ++waiting[position.lane];
    }
    for (std::uint32_t lane = 0; lane < kAllLanes; ++lane) {
      run_.Expect(core_.Waiting(lane) == waiting[lane],
                  "a contact is in no lane, or in two");
    }
    const bool drained = drains_ && waiting[0] + waiting[1] > 0;
    const bool any[2] = {waiting[0] + waiting[1] > 0,
                         waiting[2] > 0 && !pulled_only_ && !drained};
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      const AgentWord word = core_.Agent(agent);
      run_.Expect(!word.claimed(), "a hidden agent");
      run_.Expect(word.used() == held[agent], "an agent's units are wrong");
      for (std::uint32_t kind = 0; kind < 2; ++kind) {
        const bool open = (word.kinds() >> kind & 1) != 0 &&
                          word.used() + cost_[kind] <= capacity_;
        run_.Expect(
            !open || !(any[kind] || (kind == 0 && waiting[kLanes + agent] > 0)),
            "a lost match");
      }
    }
  }
  // By one agent who takes what is in the lanes, one after another.
  void Drain() {
    std::uint32_t waiting = 0;
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      waiting += core_.Waiting(lane);
    }
    const std::uint32_t before = decision_count_;
    Ready(kDrainer, 1);
    while (pulled_only_ && Pull(kDrainer)) {
    }
    run_.Expect(decision_count_ == before + waiting,
                "a waiting contact is not found");
    for (std::uint32_t i = before; i + 1 < decision_count_; ++i) {
      run_.Expect(
          drains_ || EntryOf(decisions_[i]) < EntryOf(decisions_[i + 1]),
          "lanes are not in order");
    }
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      run_.Expect(core_.Waiting(lane) == 0, "a contact remains in a lane");
    }
  }
  Entry EntryOf(const Decision& decision) const {
    return EntryAt(decision.position);
  }

  static constexpr std::uint32_t kDrainer = 2;
  static constexpr std::size_t kLookers = 6;

  interleaving::Explorer& run_;
  const std::uint8_t capacity_;
  const std::array<std::uint8_t, 2> cost_;
  const bool ranked_;
  const bool pulled_only_;
  bool drains_;
  Core core_;
  std::array<std::size_t, kContacts> kind_{};
  std::uint32_t profile_class_ = 0;
  // The agent + 1 who has declined it at some time.
  std::array<std::uint32_t, kContacts> declined_by_{};
  // Of contacts that ended while reserved, units not given back yet.
  std::array<std::uint32_t, kAgents> owed_{};
  std::array<Decision, 16> decisions_;
  std::uint32_t decision_count_ = 0;
  // The tag under which each contact's last publication was completed, and what
  // that was when each caller began its look.
  std::array<std::uint64_t, kContacts> complete_{};
  std::array<std::array<std::uint64_t, kContacts>, kLookers> at_look_{};
  std::array<std::array<AgentWord, kAgents>, kLookers> agents_at_look_{};
  std::string failed_;
};

}  // namespace relais::match

#endif  // RELAIS_TESTS_INTERLEAVING_CENTRE_H_
