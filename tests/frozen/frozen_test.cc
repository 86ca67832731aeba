// Goal: a call that is stopped at any instruction for ever stops no other call,
// and hides at most the one agent that it has claimed and the contact that it
// submits; and when it goes on, nothing was lost and nothing is double.
// Method: each kind of call is run up to its k-th atomic access, for every k,
// and left there; the others' load is run, every call of it judged and bounded;
// then the call goes on to its end and the centre is drained. The same with two
// frozen calls, at a seeded sample of pairs of places.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "tests/frozen/calls.h"
#include "tests/frozen/centre.h"
#include "tests/frozen/fiber.h"

namespace relais::frozen {
namespace {

constexpr int kRounds = 2;
// How many times the accesses that it needs when nobody is frozen a call of
// the others may make.
constexpr std::uint64_t kSlower = 20;

struct Freeze {
  const CallKind* kind;
  std::uint64_t accesses;
};

// One run: what was frozen where, and what came of it.
class Trial {
 public:
  Trial(std::initializer_list<Freeze> frozen, const StepAccesses& bounds)
      : bounds_(bounds), centre_(std::make_unique<Centre>()) {
    Prepare(frozen);
  }

  // False: the last call had ended before it could be frozen.
  bool FreezeAndGoOn() {
    bool last_frozen = false;
    for (std::size_t i = 0; i < fibers_.size() && failure().empty(); ++i) {
      last_frozen = !fibers_[i]->RunUntil(freezes_[i].accesses);
    }
    if (failure().empty()) RunLoad();
    CheckHidden();
    for (const auto& fiber : fibers_) {
      if (!failure().empty()) break;
      if (!fiber->RunUntil(fiber->accesses() + kMost)) {
        centre_->Fail("the frozen call does not end after its thaw");
      }
    }
    if (failure().empty()) centre_->CheckQuietAndDrain();
    return last_frozen;
  }

  const std::string& failure() const { return centre_->failure(); }
  const StepAccesses& used() const { return used_; }
  // While the calls were frozen.
  std::size_t hidden_agents() const { return hidden_agents_; }
  std::size_t hidden_contacts() const { return hidden_contacts_; }
  std::uint64_t AccessesOf(std::size_t call) const {
    return fibers_[call]->accesses();
  }
  std::string Where() const {
    std::string where;
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
      where += std::string(freezes_[i].kind->name) + " after " +
               std::to_string(freezes_[i].accesses) + " accesses, before " +
               stood_[i] + "; ";
    }
    return where;
  }

 private:
  static constexpr std::uint64_t kMost = 50'000;

  void Prepare(std::initializer_list<Freeze> frozen) {
    for (const Freeze& freeze : frozen) {
      const Part my = Part::Of(static_cast<std::uint32_t>(freezes_.size()));
      freeze.kind->prepare(*centre_, my);
      freezes_.push_back(freeze);
      fibers_.push_back(std::make_unique<Fiber>(
          [this, &freeze = *freeze.kind, my] { freeze.call(*centre_, my); }));
    }
  }

  void RunLoad() {
    for (std::uint32_t i = 0; i < fibers_.size(); ++i) {
      stood_.push_back(fibers_[i]->Where());
      const HidesContact hides = freezes_[i].kind->may_hide_contact;
      const bool may = hides == HidesContact::kYes ||
                       (hides == HidesContact::kFromIdle && fibers_.size() > 1);
      if (may && !fibers_[i]->ended()) centre_->MayHide(Part::Of(i).slot);
    }
    centre_->SetJudging(true);
    Step now = Step::kSubmit;
    Load load(*centre_, [&](Step step, const std::function<void()>& call) {
      if (!failure().empty()) return;
      now = step;
      Fiber& self = *Fiber::current();
      const std::uint64_t before = self.accesses();
      const auto which = static_cast<std::size_t>(step);
      self.Limit(before + std::min(kMost, bounds_[which]));
      call();
      used_[which] = std::max(used_[which], self.accesses() - before);
      self.Limit(Fiber::kToTheEnd);
      centre_->CheckMatches();
    });
    Fiber others([&] {
      for (int round = 0; round < kRounds && failure().empty(); ++round) {
        load.Round();
      }
    });
    if (!others.RunUntil(Fiber::kToTheEnd)) {
      centre_->Fail("a call of the others (" +
                    std::to_string(static_cast<int>(now)) +
                    ") does not end, it stands before " + others.Where());
      return;
    }
    centre_->SetJudging(false);
    CheckServed();
  }

  void CheckServed() {
    for (std::uint32_t slot = Centre::kLoadBegin; slot < Centre::kContacts;
         ++slot) {
      if (centre_->Alive(slot)) {
        centre_->Fail("contact " + std::to_string(slot) +
                      " of the others was not served");
      }
    }
    for (std::uint32_t lane = 0; lane < Centre::kLanes; ++lane) {
      if (centre_->decisions_in(lane) == 0) {
        centre_->Fail("lane " + std::to_string(lane) + " was not served");
      }
    }
    for (std::uint32_t agent = Centre::kCalls; agent < Centre::kAgents;
         ++agent) {
      if (centre_->decisions_of(agent) == 0) {
        centre_->Fail("agent " + std::to_string(agent) + " got no work");
      }
    }
  }

  void CheckHidden() {
    hidden_agents_ = centre_->hidden_agents().size();
    hidden_contacts_ = centre_->hidden_contacts().size();
    std::size_t agents = 0;
    for (std::size_t i = 0; i < fibers_.size(); ++i) {
      // Beside another call's preparations any may find an agent to claim.
      const bool may = freezes_[i].kind->may_hide_agent || fibers_.size() > 1;
      if (may && !fibers_[i]->ended()) ++agents;
    }
    if (centre_->hidden_agents().size() > agents) {
      std::string text = "hidden agents:";
      for (const std::uint32_t agent : centre_->hidden_agents()) {
        text += " " + std::to_string(agent);
      }
      centre_->Fail(text + ", and at most " + std::to_string(agents) +
                    " may be");
    }
  }

  const StepAccesses bounds_;
  std::vector<Freeze> freezes_;
  std::unique_ptr<Centre> centre_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<std::string> stood_;
  StepAccesses used_{};
  std::size_t hidden_agents_ = 0;
  std::size_t hidden_contacts_ = 0;
};

// What the load's calls need when nobody is frozen, beside what any of the
// calls has prepared.
StepAccesses Needed() {
  StepAccesses most{};
  StepAccesses no_bounds;
  no_bounds.fill(Fiber::kToTheEnd);
  for (const CallKind& kind : CallKinds()) {
    Trial run({{&kind, Fiber::kToTheEnd}}, no_bounds);
    run.FreezeAndGoOn();
    EXPECT_EQ(run.failure(), "") << kind.name << ", not frozen";
    for (std::size_t i = 0; i < kSteps; ++i) {
      most[i] = std::max(most[i], run.used()[i]);
    }
  }
  return most;
}

StepAccesses Bounds() {
  StepAccesses bounds = Needed();
  for (std::uint64_t& bound : bounds) bound *= kSlower;
  return bounds;
}

TEST(FrozenCall, HidesAtMostWhatItHoldsAtEveryAccess) {
  const StepAccesses bounds = Bounds();
  StepAccesses worst{};
  std::uint64_t total = 0;
  for (const CallKind& kind : CallKinds()) {
    std::uint64_t places = 0;
    std::uint64_t hide_agent = 0;
    std::uint64_t hide_contact = 0;
    for (bool frozen = true; frozen;) {
      Trial run({{&kind, places}}, bounds);
      frozen = run.FreezeAndGoOn();
      ASSERT_EQ(run.failure(), "") << run.Where();
      if (frozen) {
        ++places;
        hide_agent += run.hidden_agents();
        hide_contact += run.hidden_contacts();
      }
      for (std::size_t i = 0; i < kSteps; ++i) {
        worst[i] = std::max(worst[i], run.used()[i]);
      }
    }
    std::printf(
        "%-42s frozen at %3llu places, %3llu hide an agent, %3llu a contact\n",
        kind.name, static_cast<unsigned long long>(places),
        static_cast<unsigned long long>(hide_agent),
        static_cast<unsigned long long>(hide_contact));
    EXPECT_GT(places, 1U) << kind.name;
    total += places;
  }
  std::printf("%llu places in all; accesses of the others' calls, at most:",
              static_cast<unsigned long long>(total));
  for (std::size_t i = 0; i < kSteps; ++i) {
    std::printf(" %llu (%llu unfrozen)",
                static_cast<unsigned long long>(worst[i]),
                static_cast<unsigned long long>(bounds[i] / kSlower));
  }
  std::printf("\n");
  EXPECT_GT(total, 1'000U);
}

TEST(FrozenCall, TwoAtOnce) {
  const char* const wanted = std::getenv("RELAIS_FROZEN_PAIRS");
  const int pairs = wanted == nullptr ? 3'000 : std::atoi(wanted);
  const auto kinds = CallKinds();
  StepAccesses bounds = Bounds();
  std::vector<std::uint64_t> lengths;
  for (const CallKind& kind : kinds) {
    Trial alone({{&kind, Fiber::kToTheEnd}}, bounds);
    alone.FreezeAndGoOn();
    lengths.push_back(alone.AccessesOf(0));
  }
  Random random(20'240'611);
  int both = 0;
  for (int i = 0; i < pairs; ++i) {
    std::array<Freeze, Centre::kCalls> freezes{};
    for (Freeze& freeze : freezes) {
      const std::size_t kind = random.Uniform(kinds.size());
      freeze = {&kinds[kind], random.Uniform(lengths[kind])};
    }
    Trial run({freezes[0], freezes[1]}, bounds);
    if (run.FreezeAndGoOn()) ++both;
    ASSERT_EQ(run.failure(), "") << run.Where();
  }
  std::printf("%d pairs of places, the second call frozen in %d\n", pairs,
              both);
  EXPECT_GT(both, pairs / 4);
}

}  // namespace
}  // namespace relais::frozen
