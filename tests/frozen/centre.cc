#include "tests/frozen/centre.h"

namespace relais::frozen {
namespace {

constexpr std::uint8_t kBothKinds = 3;

// Judging reads the core's words; that must neither count as the running
// fiber's accesses nor be stopped.
class Aside {
 public:
  Aside() : fiber_(Fiber::Suspend()) {}
  ~Aside() { Fiber::Resume(fiber_); }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

 private:
  Fiber* fiber_;
};

}  // namespace

Centre::Centre() : core_({kContacts, kAgents, 2, 2, kLanes, 8, 1}) {
  excluded_.fill(Core::kNobody);
  for (std::uint8_t kind = 0; kind < 2; ++kind) {
    core_.SetRequirementClass(kind, kind);
    for (std::uint32_t profile = 0; profile < 2; ++profile) {
      core_.SetProfileClass(profile);
      core_.SetFit(kind, profile, 1);
    }
  }
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    core_.SetLane(lane, lane / 2);
  }
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
    terms_[agent].order_key = agent;
    terms_[agent].profile_class = agent % 2;
  }
}

void Centre::Submit(std::uint32_t slot, std::uint32_t lane) {
  const Position at{lane, ++now_, ++arrivals_};
  core_.Submit(slot, core_.Open(slot), at, *this);
  Settle();
}

void Centre::SubmitHeld(std::uint32_t slot, std::uint32_t agent) {
  const std::int64_t key = ++now_;
  core_.SubmitHeld(slot, core_.Open(slot), agent, 0, key, ++arrivals_, *this);
  Settle();
}

void Centre::Update(std::uint32_t agent, std::uint32_t units_back) {
  const std::uint32_t revision = ++revision_[agent];
  core_.Update(agent, revision, terms_[agent], units_back, *this);
  Settle();
}

void Centre::Settle() {
  while (!owed_.empty()) {
    const std::uint32_t agent = owed_.back();
    owed_.pop_back();
    Update(agent, 1);
  }
}

bool Centre::Told(std::uint32_t slot, ContactWord word) const {
  const std::uint64_t taken =
      word.phase() == ContactPhase::kAssigned ? word.tag() - 1 : word.tag();
  return decided_.contains({slot, taken});
}

void Centre::Ready(std::uint32_t agent, std::uint8_t capacity) {
  terms_[agent].kinds = kBothKinds;
  terms_[agent].capacity = capacity;
  Update(agent, 0);
}

void Centre::Withdraw(std::uint32_t agent) {
  terms_[agent].kinds = 0;
  Update(agent, 0);
}

void Centre::Pull(std::uint32_t agent) {
  class All final : public match::PullFilter {
   public:
    bool Wants(std::uint32_t) const override { return true; }
  };
  core_.Pull(agent, All(), *this);
}

void Centre::Cancel(std::uint32_t slot) {
  for (;;) {
    const ContactWord word = core_.Contact(slot);
    if (word.phase() == ContactPhase::kFree ||
        word.phase() == ContactPhase::kEnded) {
      return;
    }
    ContactWord now;
    if (core_.End(slot, word, &now) != Result::kOk) continue;
    if (word.phase() == ContactPhase::kReserved ||
        word.phase() == ContactPhase::kAssigned) {
      if (Told(slot, word)) {
        Update(word.ref(), 1);
      } else {
        cancelled_untold_.insert({slot, word.tag()});
      }
    }
    return;
  }
}

void Centre::Accept(std::uint32_t slot) {
  const ContactWord word = core_.Contact(slot);
  ContactWord now;
  if (Told(slot, word)) core_.Accept(slot, word, &now);
}

void Centre::LookFor(std::uint32_t slot, ContactWord now) {
  core_.LookForContact(slot, now, *this);
  Settle();
}

void Centre::Return(std::uint32_t slot) {
  const ContactWord word = core_.Contact(slot);
  ContactWord now;
  if (Told(slot, word) &&
      core_.Return(slot, word, found_at_[slot], &now) == Result::kOk) {
    LookFor(slot, now);
    Update(word.ref(), 1);
  }
}

void Centre::Move(std::uint32_t slot, std::uint32_t lane) {
  const ContactWord word = core_.Contact(slot);
  Position at;
  if (word.phase() != ContactPhase::kWaiting ||
      !core_.PositionOf(slot, word, &at)) {
    return;
  }
  at.lane = lane;
  ContactWord now;
  if (core_.Move(slot, word, at, &now) == Result::kOk) LookFor(slot, now);
}

void Centre::Exclude(std::uint32_t slot, std::uint32_t agent) {
  excluded_[slot] = agent;
  core_.SetExclusion(slot, 0, agent, ++exclusion_number_[slot]);
}

void Centre::EndExclusion(std::uint32_t slot) {
  // From here on the agent may have it.
  excluded_[slot] = Core::kNobody;
  core_.SetExclusion(slot, 0, Core::kNobody, ++exclusion_number_[slot]);
  LookFor(slot, core_.Contact(slot));
}

// --- State -------------------------------------------------------------------

bool Centre::Alive(std::uint32_t slot) const {
  const ContactPhase phase = Contact(slot).phase();
  return phase != ContactPhase::kFree && phase != ContactPhase::kEnded;
}

std::uint32_t Centre::HeldBy(std::uint32_t agent, std::uint32_t first) const {
  const Aside aside;
  for (std::uint32_t slot = first; slot < kContacts; ++slot) {
    const ContactWord word = Contact(slot);
    if ((word.phase() == ContactPhase::kReserved ||
         word.phase() == ContactPhase::kAssigned) &&
        word.ref() == agent) {
      return slot;
    }
  }
  return kContacts;
}

bool Centre::Idle(std::uint32_t agent) const {
  return core_.HasRoom(agent) && !core_.Agent(agent).claimed();
}

bool Centre::Fits(std::uint32_t slot, const Position& at,
                  std::uint32_t agent) const {
  if (excluded_[slot] == agent) return false;
  return at.lane < kLanes || at.lane == core_.OwnLane(agent);
}

std::string Centre::Name(std::uint32_t slot) const {
  return "contact " + std::to_string(slot);
}

// --- Checks ------------------------------------------------------------------

void Centre::OnDecision(const Decision& decision) {
  const Aside aside;
  if (!decided_.insert({decision.contact, decision.word.tag()}).second) {
    Fail(Name(decision.contact) + " was given twice");
  }
  if (cancelled_untold_.contains({decision.contact, decision.word.tag()})) {
    owed_.push_back(decision.agent);
  }
  found_at_[decision.contact] = decision.position;
  ++decisions_of_[decision.agent];
  ++decisions_in_[decision.position.lane];
  if (judging_) Judge(decision);
}

void Centre::Judge(const Decision& decision) {
  if (!Fits(decision.contact, decision.position, decision.agent)) {
    Fail(Name(decision.contact) + " went to an agent whom it does not fit");
  }
  for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
    Position at;
    if (slot == decision.contact || !Waiting(slot) ||
        !core_.PositionOf(slot, Contact(slot), &at) ||
        !Fits(slot, at, decision.agent) ||
        Order(at) > Order(decision.position)) {
      continue;
    }
    hidden_contacts_.insert(slot);
    if (!may_hide_.contains(slot)) {
      Fail(Name(decision.contact) + " was taken before " + Name(slot));
    }
  }
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
    if (agent != decision.agent && Idle(agent) &&
        Fits(decision.contact, decision.position, agent) &&
        terms_[agent].order_key < terms_[decision.agent].order_key) {
      hidden_agents_.insert(agent);
    }
  }
}

void Centre::CheckMatches() {
  const Aside aside;
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
    if (core_.Agent(agent).claimed()) hidden_agents_.insert(agent);
  }
  for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
    Position at;
    if (!Waiting(slot) || !core_.PositionOf(slot, Contact(slot), &at)) continue;
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      if (!Idle(agent) || !Fits(slot, at, agent)) continue;
      if (may_hide_.contains(slot)) {
        hidden_contacts_.insert(slot);
      } else {
        hidden_agents_.insert(agent);
      }
    }
  }
}

void Centre::CheckUnits() {
  std::array<std::uint32_t, kAgents> held{};
  for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
    const ContactWord word = Contact(slot);
    if (word.phase() == ContactPhase::kNew) {
      Fail(Name(slot) + " is in no lane");
    } else if (word.phase() == ContactPhase::kReserved) {
      ++held[word.ref()];
      if (!decided_.contains({slot, word.tag()})) {
        Fail(Name(slot) + " was taken and nobody was told");
      }
    } else if (word.phase() == ContactPhase::kAssigned) {
      ++held[word.ref()];
    }
  }
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
    if (core_.Agent(agent).used() != held[agent]) {
      Fail("agent " + std::to_string(agent) + " has " +
           std::to_string(core_.Agent(agent).used()) + " units taken and " +
           std::to_string(held[agent]) + " contacts");
    }
  }
}

void Centre::CheckQuietAndDrain() {
  CheckUnits();
  hidden_agents_.clear();
  hidden_contacts_.clear();
  may_hide_.clear();
  CheckMatches();
  if (!hidden_agents_.empty()) {
    Fail("all calls have ended and agent " +
         std::to_string(*hidden_agents_.begin()) +
         " is claimed, or idle while a contact waits");
  }
  judging_ = true;
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
    if (terms_[agent].kinds == 0) Ready(agent);
  }
  for (std::uint32_t agent = 0; agent < kAgents;) {
    const std::uint32_t slot = HeldBy(agent);
    if (slot == kContacts || !failure_.empty()) {
      ++agent;
    } else {
      Cancel(slot);
      // It may have gone to an agent who was passed already.
      agent = 0;
    }
  }
  for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
    if (Alive(slot)) {
      Fail(Name(slot) + " was not served in the end");
    }
  }
  CheckUnits();
  if (!hidden_agents_.empty() || !hidden_contacts_.empty()) {
    Fail("an agent or a contact was passed over in the drain");
  }
}

}  // namespace relais::frozen
