// Goal: the rival that the core is measured against pairs rightly, else its
// speed means nothing. Method: single cases, and a long random run in which
// every decision is compared with the simplest system that could be right.

#include "bench/core/mutex_rival.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "tests/bench_core/naive_system.h"

namespace relais::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Recorder {
  void Look() { ++looks; }
  void Take(const Taken& one) { taken.push_back(one); }
  std::vector<std::uint32_t> Contacts() const {
    std::vector<std::uint32_t> contacts;
    contacts.reserve(taken.size());
    for (const Taken& one : taken) contacts.push_back(one.contact);
    return contacts;
  }
  int looks = 0;
  std::vector<Taken> taken;
};

// Agents 0..: profile 0; classes 0 and 1.
World SmallWorld() {
  WorldShape shape;
  shape.requirement_classes = 2;
  shape.profile_classes = 1;
  shape.classes_per_profile = 2;
  shape.agents = 4;
  shape.contacts = 200;
  return World(shape);
}

class MutexRivalTest : public testing::Test {
 protected:
  std::uint64_t Submit(std::uint32_t slot, std::uint32_t requirement_class,
                       std::uint32_t band) {
    return rival_.Submit(slot, requirement_class * kBands + band, 0, 0,
                         recorder_);
  }
  const World world_ = SmallWorld();
  MutexRival rival_{world_};
  Recorder recorder_;
};

TEST_F(MutexRivalTest, TakesTheHighestPriorityThenTheOldestOfAllClasses) {
  Submit(0, 0, 5);
  Submit(1, 1, 5);
  Submit(2, 1, 2);
  Submit(3, 0, 2);
  for (std::uint32_t agent = 0; agent < 4; ++agent) {
    rival_.Ready(agent, agent, recorder_);
  }
  EXPECT_THAT(recorder_.Contacts(), ElementsAre(2, 3, 0, 1));
  EXPECT_EQ(rival_.Waiting(), 0U);
}

TEST_F(MutexRivalTest, AnArrivalTakesTheAgentIdleForLongest) {
  rival_.Ready(2, 10, recorder_);
  rival_.Ready(0, 30, recorder_);
  rival_.Ready(1, 20, recorder_);  // a late caller's earlier time
  for (std::uint32_t slot = 0; slot < 3; ++slot) Submit(slot, 0, 0);
  std::vector<std::uint32_t> agents;
  agents.reserve(recorder_.taken.size());
  for (const Taken& one : recorder_.taken) agents.push_back(one.agent);
  EXPECT_THAT(agents, ElementsAre(2, 1, 0));
}

TEST_F(MutexRivalTest, ACancelledContactIsGoneAndItsHandleIsOutdated) {
  const std::uint64_t first = Submit(0, 0, 0);
  Submit(1, 0, 0);
  EXPECT_TRUE(rival_.Cancel(0, first));
  EXPECT_FALSE(rival_.Cancel(0, first));
  const std::uint64_t again = Submit(0, 0, 0);
  EXPECT_FALSE(rival_.Cancel(0, first)) << "the slot's next contact is another";
  rival_.Ready(0, 0, recorder_);
  rival_.Ready(1, 0, recorder_);
  EXPECT_THAT(recorder_.Contacts(), ElementsAre(1, 0));
  EXPECT_FALSE(rival_.Cancel(0, again)) << "it was decided";
}

TEST_F(MutexRivalTest, ManyCancelledLeaveTheOthersInOrder) {
  std::vector<std::uint64_t> handles;
  handles.reserve(world_.contacts());
  for (std::uint32_t slot = 0; slot < 200; ++slot) {
    handles.push_back(Submit(slot, slot % 2, slot % kBands));
  }
  for (std::uint32_t slot = 0; slot < 200; ++slot) {
    if (slot % 50 != 7) {
      EXPECT_TRUE(rival_.Cancel(slot, handles[slot]));
    }
  }
  EXPECT_EQ(rival_.Waiting(), 4U);
  for (std::uint32_t agent = 0; agent < 4; ++agent) {
    rival_.Ready(agent, 0, recorder_);
  }
  // Bands 7, 1, 3, 5 of slots 7, 57, 107, 157.
  EXPECT_THAT(recorder_.Contacts(), ElementsAre(57, 107, 157, 7));
}

TEST_F(MutexRivalTest, AReturnedContactStandsWhereItStood) {
  Submit(0, 0, 4);
  Submit(1, 0, 4);
  rival_.Ready(0, 0, recorder_);
  const Taken held = recorder_.taken[0];
  EXPECT_EQ(rival_.Return(0, 1, held.handle, held.place, recorder_), 0U)
      << "another contact";
  EXPECT_NE(rival_.Return(0, 0, held.handle, held.place, recorder_), 0U);
  EXPECT_EQ(rival_.Return(0, 0, held.handle, held.place, recorder_), 0U)
      << "an outdated handle";
  rival_.ReadyAfterReturn(0, 0, recorder_);
  rival_.Ready(1, 0, recorder_);
  EXPECT_THAT(recorder_.Contacts(), ElementsAre(0, 0, 1));
}

TEST_F(MutexRivalTest, CompletingFreesTheAgentOnce) {
  Submit(0, 0, 0);
  rival_.Ready(0, 0, recorder_);
  const Taken held = recorder_.taken[0];
  EXPECT_FALSE(rival_.Complete(1, 0, held.handle, 0, recorder_))
      << "another agent";
  EXPECT_TRUE(rival_.Complete(0, 0, held.handle, 0, recorder_));
  EXPECT_FALSE(rival_.Complete(0, 0, held.handle, 0, recorder_));
  Submit(1, 0, 0);
  EXPECT_THAT(recorder_.Contacts(), ElementsAre(0, 1));
  Submit(2, 0, 0);
  EXPECT_THAT(recorder_.Contacts(), ElementsAre(0, 1)) << "it holds one";
}

TEST_F(MutexRivalTest, AWithdrawnAgentIsPassedOver) {
  rival_.Ready(0, 1, recorder_);
  rival_.Ready(1, 2, recorder_);
  EXPECT_TRUE(rival_.Withdraw(0));
  EXPECT_FALSE(rival_.Withdraw(0));
  Submit(0, 0, 0);
  EXPECT_EQ(recorder_.taken.at(0).agent, 1U);
  Submit(1, 0, 0);
  EXPECT_EQ(recorder_.taken.size(), 1U);
}

TEST_F(MutexRivalTest, AReadyThatComesTwiceChangesNothing) {
  rival_.Ready(0, 1, recorder_);
  rival_.Ready(0, 2, recorder_);
  Submit(0, 0, 0);
  Submit(1, 0, 0);
  EXPECT_THAT(recorder_.Contacts(), ElementsAre(0));
}

// One random history on both; every decision must be the same.
class Pair {
 public:
  explicit Pair(std::uint64_t seed)
      : world_(Shape(seed)), rival_(world_), naive_(world_), random_(seed) {
    for (std::uint32_t slot = 0; slot < world_.contacts(); ++slot) {
      free_.push_back(slot);
    }
    for (std::uint32_t agent = 0; agent < world_.agents(); ++agent) {
      away_.push_back(agent);
    }
  }

  void Step() {
    ++now_;
    switch (random_.Uniform(8)) {
      case 0:
      case 1:
      case 2:
        return Submit();
      case 3:
        return Cancel();
      case 4:
        return Return();
      case 5:
        return Withdraw();
      default:
        return FreeAgent();
    }
  }
  std::uint64_t Waiting() const { return rival_.Waiting(); }
  std::uint64_t decisions() const { return decisions_; }

 private:
  static WorldShape Shape(std::uint64_t seed) {
    WorldShape shape;
    shape.requirement_classes = 12;
    shape.profile_classes = 5;
    shape.classes_per_profile = 4;
    shape.agents = 12;
    shape.contacts = 150;
    shape.seed = seed;
    return shape;
  }
  std::uint32_t TakeAny(std::vector<std::uint32_t>& from) {
    std::swap(from[static_cast<std::size_t>(random_.Uniform(from.size()))],
              from.back());
    const std::uint32_t value = from.back();
    from.pop_back();
    return value;
  }
  void Submit() {
    if (free_.empty()) return;
    const std::uint32_t slot = TakeAny(free_);
    const auto lane =
        static_cast<std::uint32_t>(random_.Uniform(world_.lanes()));
    submitted_.push_back({slot, rival_.Submit(slot, lane, now_, 0, of_rival_),
                          naive_.Submit(slot, lane, now_, 0, of_naive_)});
    Compare();
  }
  void Cancel() {
    if (submitted_.empty()) return;
    const Submitted one = submitted_[static_cast<std::size_t>(
        random_.Uniform(submitted_.size()))];
    const bool done = rival_.Cancel(one.slot, one.by_rival);
    EXPECT_EQ(done, naive_.Cancel(one.slot, one.by_naive));
    if (done) free_.push_back(one.slot);
  }
  void FreeAgent() {
    if (!away_.empty() && (held_.empty() || random_.Bernoulli(0.3))) {
      const std::uint32_t agent = TakeAny(away_);
      rival_.Ready(agent, now_, of_rival_);
      naive_.Ready(agent, now_, of_naive_);
    } else if (const auto held = AnyHeld()) {
      EXPECT_TRUE(rival_.Complete(held->agent, held->contact, held->by_rival,
                                  now_, of_rival_));
      EXPECT_TRUE(naive_.Complete(held->agent, held->contact, held->by_naive,
                                  now_, of_naive_));
      free_.push_back(held->contact);
    }
    Compare();
  }
  void Return() {
    const auto held = AnyHeld();
    if (!held) return;
    submitted_.push_back(
        {held->contact,
         rival_.Return(held->agent, held->contact, held->by_rival, held->place,
                       of_rival_),
         naive_.Return(held->agent, held->contact, held->by_naive, held->place,
                       of_naive_)});
    Compare();
    rival_.ReadyAfterReturn(held->agent, now_, of_rival_);
    naive_.ReadyAfterReturn(held->agent, now_, of_naive_);
    Compare();
  }
  void Withdraw() {
    const auto agent =
        static_cast<std::uint32_t>(random_.Uniform(world_.agents()));
    const bool done = rival_.Withdraw(agent);
    EXPECT_EQ(done, naive_.Withdraw(agent));
    if (done) away_.push_back(agent);
  }

  struct Submitted {
    std::uint32_t slot;
    std::uint64_t by_rival;
    std::uint64_t by_naive;
  };
  struct Held {
    std::uint32_t agent;
    std::uint32_t contact;
    std::uint64_t by_rival;
    std::uint64_t by_naive;
    Place place;
  };
  std::optional<Held> AnyHeld() {
    if (held_.empty()) return std::nullopt;
    std::swap(held_[static_cast<std::size_t>(random_.Uniform(held_.size()))],
              held_.back());
    const Held held = held_.back();
    held_.pop_back();
    return held;
  }
  void Compare() {
    ASSERT_EQ(of_rival_.taken.size(), of_naive_.taken.size());
    for (std::size_t i = 0; i < of_rival_.taken.size(); ++i) {
      const Taken& ours = of_rival_.taken[i];
      const Taken& naives = of_naive_.taken[i];
      ASSERT_EQ(ours.contact, naives.contact);
      ASSERT_EQ(ours.agent, naives.agent);
      ASSERT_EQ(ours.place.lane, naives.place.lane);
      ASSERT_EQ(ours.place.key, naives.place.key);
      held_.push_back(
          {ours.agent, ours.contact, ours.handle, naives.handle, ours.place});
      ++decisions_;
    }
    of_rival_.taken.clear();
    of_naive_.taken.clear();
  }

  const World world_;
  MutexRival rival_;
  NaiveSystem<> naive_;
  Random random_;
  std::int64_t now_ = 0;
  std::uint64_t decisions_ = 0;
  Recorder of_rival_;
  Recorder of_naive_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> away_;
  std::vector<Held> held_;
  std::vector<Submitted> submitted_;
};

TEST(MutexRivalModelTest, DecidesAsTheNaiveSystemDoes) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Pair pair(seed);
    for (int i = 0; i < 20'000 && !testing::Test::HasFailure(); ++i) {
      pair.Step();
    }
    EXPECT_GT(pair.decisions(), 3'000U) << "seed " << seed;
  }
}

TEST(WorldTest, EveryClassIsServedAndGroupsShareNothing) {
  WorldShape shape;
  shape.groups = 2;
  const World world(shape);
  for (const auto& profiles : world.profiles_of_class) {
    EXPECT_THAT(profiles, testing::Not(IsEmpty()));
  }
  for (std::uint32_t c = 0; c < world.classes(); ++c) {
    for (const std::uint32_t profile : world.profiles_of_class[c]) {
      EXPECT_EQ(profile / shape.profile_classes, world.group_of_class(c));
    }
  }
  EXPECT_EQ(world.lanes_per_group() % 8, 0U);
}

}  // namespace
}  // namespace relais::bench
