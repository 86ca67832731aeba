// Goal: on real threads, one that is stopped at any instant keeps the others
// from serving no lane, and nothing is lost or given twice.
// Method: three threads submit, cancel, move, return, withdraw and serve. One
// is stopped by a signal at random instants; while it stands the others must
// make a number of further decisions in every lane. Whoever completes that
// writes to a pipe; the wait for it has a deadline, which only decides when the
// test gives up and fails. In the end the centre is drained and every contact
// and unit accounted for. Instants are random by themselves (after a random
// number of decisions); the threads' choices are seeded.

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/match/matcher.h"
#include "tests/frozen/freezer.h"

namespace relais::frozen {
namespace {

using match::AgentTerms;
using match::AgentWord;
using match::ContactPhase;
using match::ContactWord;
using match::Decision;
using match::Matcher;
using match::Position;
using match::Result;

constexpr int kThreads = Freezer::kThreads;
constexpr std::uint32_t kSlotsEach = 64;
constexpr std::uint32_t kContacts = kThreads * kSlotsEach;
constexpr std::uint32_t kAgents = 12;
constexpr std::uint32_t kLanes = 6;  // two of each of three classes
constexpr std::uint32_t kFurther = 20;
constexpr int kDeadline = 60'000;  // ms, for giving up only

class Floor {
 public:
  Floor() : core_({kContacts, kAgents, 3, 2, kLanes, kThreads + 1, 1}) {
    for (std::uint8_t c = 0; c < 3; ++c) {
      core_.SetRequirementClass(c, c);
      for (std::uint32_t profile = 0; profile < 2; ++profile) {
        core_.SetProfileClass(profile);
        core_.SetFit(c, profile,
                     static_cast<std::uint8_t>(1 + (c + profile) % 2));
      }
    }
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      core_.SetLane(lane, lane / 2);
    }
  }

  Matcher& core() { return core_; }
  AgentTerms TermsOf(std::uint32_t agent, bool open) const {
    AgentTerms terms;
    terms.kinds = open ? 7 : 0;
    terms.order_key = agent;
    terms.profile_class = agent % 2;
    terms.capacity = static_cast<std::uint8_t>(1 + agent % 3);
    return terms;
  }
  std::uint32_t NextRevision(std::uint32_t agent) { return ++revision_[agent]; }
  std::uint64_t NextArrival() { return ++arrivals_; }

  // --- Progress --------------------------------------------------------------

  // By the controlling thread: `further` decisions in each lane, or in all.
  bool AwaitInEachLane(std::uint32_t further) {
    lanes_left_ = kLanes;
    for (auto& left : left_) left = further;
    return reached_.ReadWithin(kDeadline);
  }
  bool AwaitInAll(std::uint32_t further) {
    all_left_ = static_cast<std::int64_t>(further) + 1;
    return reached_.ReadWithin(kDeadline);
  }
  void Decided(std::uint32_t lane) {
    ++decisions_;
    if (left_[lane].load() > 0 && left_[lane].fetch_sub(1) == 1 &&
        lanes_left_.fetch_sub(1) == 1) {
      reached_.Write();
    }
    if (all_left_.load() > 0 && all_left_.fetch_sub(1) == 1) reached_.Write();
  }
  std::uint64_t decisions() const { return decisions_; }
  void Stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

 private:
  Matcher core_;
  std::array<std::atomic<std::uint32_t>, kAgents> revision_{};
  std::atomic<std::uint64_t> arrivals_{0};
  std::atomic<std::uint64_t> decisions_{0};
  std::array<std::atomic<std::int64_t>, kLanes> left_{};
  std::atomic<std::int64_t> lanes_left_{0};
  std::atomic<std::int64_t> all_left_{0};
  std::atomic<bool> stopped_{false};
  Pipe reached_;
};

class Worker final : public match::DecisionSink {
 public:
  Worker(Floor& floor, int number)
      : floor_(floor),
        core_(floor.core()),
        random_(static_cast<std::uint64_t>(number) + 77),
        first_(static_cast<std::uint32_t>(number) * kSlotsEach) {}

  void Run() {
    while (!floor_.stopped()) {
      Step();
      Handle();
    }
  }
  void Drain() {
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      core_.Update(agent, floor_.NextRevision(agent),
                   floor_.TermsOf(agent, true), 0, *this);
    }
    draining_ = true;
    Handle();
  }

  std::uint64_t opened() const { return opened_; }
  std::uint64_t ended() const { return ended_; }
  std::uint64_t twice() const { return twice_; }

 private:
  void OnLook() override {}
  void OnDecision(const Decision& decision) override {
    pending_.push_back(decision);
    floor_.Decided(decision.position.lane);
  }

  void Step() {
    const std::uint64_t what = random_.Uniform(16);
    const auto agent = static_cast<std::uint32_t>(random_.Uniform(kAgents));
    if (what < 10) {
      Submit();
    } else if (what < 13) {
      core_.Update(agent, floor_.NextRevision(agent),
                   floor_.TermsOf(agent, what != 12 || agent % 4 != 0), 0,
                   *this);
    } else {
      Change(static_cast<std::uint32_t>(random_.Uniform(kContacts)),
             what == 13);
    }
  }
  void Submit() {
    const auto slot =
        first_ + static_cast<std::uint32_t>(random_.Uniform(kSlotsEach));
    const ContactPhase phase = core_.Contact(slot).phase();
    if (phase != ContactPhase::kFree && phase != ContactPhase::kEnded) return;
    const std::uint64_t arrival = floor_.NextArrival();
    const Position at{static_cast<std::uint32_t>(random_.Uniform(kLanes)),
                      static_cast<std::int64_t>(arrival), arrival};
    const ContactWord word = core_.Open(slot);
    ++opened_;
    core_.Submit(slot, word, at, *this);
  }
  // Cancels or moves, whoever's it is.
  void Change(std::uint32_t slot, bool cancel) {
    const ContactWord word = core_.Contact(slot);
    ContactWord now;
    if (cancel) {
      if ((word.phase() == ContactPhase::kWaiting ||
           word.phase() == ContactPhase::kNew) &&
          core_.End(slot, word, &now) == Result::kOk) {
        ++ended_;
      }
      return;
    }
    Position at;
    if (word.phase() != ContactPhase::kWaiting ||
        !core_.PositionOf(slot, word, &at)) {
      return;
    }
    at.lane ^= 1;  // the other of its class
    if (core_.Move(slot, word, at, &now) == Result::kOk) {
      core_.LookForContact(slot, now, *this);
    }
  }
  // Each decision's contact is this thread's alone, so every step succeeds.
  void Handle() {
    while (!pending_.empty()) {
      const Decision decision = pending_.back();
      pending_.pop_back();
      ContactWord word = decision.word;
      ContactWord now;
      const std::uint64_t what = draining_ ? 0 : random_.Uniform(8);
      Result result = Result::kOk;
      if (what == 1) {
        result = core_.Return(decision.contact, word, decision.position, &now);
        if (result == Result::kOk) {
          core_.LookForContact(decision.contact, now, *this);
        }
      } else {
        if (what > 4) {
          result = core_.Accept(decision.contact, word, &now);
          word = now;
        }
        if (result == Result::kOk) {
          result = core_.End(decision.contact, word, &now);
        }
        if (result == Result::kOk) ++ended_;
      }
      if (result != Result::kOk) ++twice_;
      core_.Update(decision.agent, floor_.NextRevision(decision.agent),
                   floor_.TermsOf(decision.agent, true), decision.units, *this);
    }
  }

  Floor& floor_;
  Matcher& core_;
  Random random_;
  const std::uint32_t first_;
  std::vector<Decision> pending_;
  bool draining_ = false;
  std::uint64_t opened_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t twice_ = 0;
};

TEST(FrozenThread, KeepsTheOthersFromServingNoLane) {
  const char* const wanted = std::getenv("RELAIS_FROZEN_INSTANTS");
  const int instants = wanted == nullptr ? 300 : std::atoi(wanted);
  Floor floor;
  Freezer freezer;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  Pipe entered;
  for (int i = 0; i < kThreads; ++i) {
    workers.push_back(std::make_unique<Worker>(floor, i));
    threads.emplace_back([&, i] {
      freezer.Enter(i);
      entered.Write();
      workers[static_cast<std::size_t>(i)]->Run();
    });
  }
  for (int i = 0; i < kThreads; ++i) entered.Read();

  Random random(4'711);
  bool served = true;
  int frozen = 0;
  for (; frozen < instants && served; ++frozen) {
    served = floor.AwaitInAll(static_cast<std::uint32_t>(random.Uniform(500)));
    if (!served) break;
    freezer.Freeze(static_cast<int>(random.Uniform(kThreads)));
    served = floor.AwaitInEachLane(kFurther);
    freezer.Thaw();
  }
  floor.Stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(served) << "within " << kDeadline
                      << " ms the others did not make " << kFurther
                      << " decisions in each lane, at instant " << frozen;

  Worker last(floor, kThreads);
  last.Drain();
  std::uint64_t opened = last.opened();
  std::uint64_t ended = last.ended();
  std::uint64_t twice = last.twice();
  for (const auto& worker : workers) {
    opened += worker->opened();
    ended += worker->ended();
    twice += worker->twice();
  }
  EXPECT_EQ(twice, 0U) << "a decision's contact was somebody else's as well";
  EXPECT_EQ(ended, opened) << "contacts were lost";
  for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
    const ContactPhase phase = floor.core().Contact(slot).phase();
    EXPECT_TRUE(phase == ContactPhase::kEnded || phase == ContactPhase::kFree)
        << "contact " << slot;
  }
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
    EXPECT_EQ(floor.core().Agent(agent).used(), 0U) << "agent " << agent;
    EXPECT_FALSE(floor.core().Agent(agent).claimed()) << "agent " << agent;
  }
  std::printf("frozen at %d instants, %llu decisions, %llu contacts\n", frozen,
              static_cast<unsigned long long>(floor.decisions()),
              static_cast<unsigned long long>(opened));
  EXPECT_GE(frozen, 200);
}

}  // namespace
}  // namespace relais::frozen
