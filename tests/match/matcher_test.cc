// Goal: the core's calls do what their comments say, one by one.
// Method: a small core with three requirement and profile classes, driven by
// hand; decisions are collected by the sink. A stress run with real threads
// checks one holder and work conservation at its end.

#include "lib/match/matcher.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "tests/match/collector.h"

namespace relais::match {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint8_t kVoice = 1 << 0;
constexpr std::uint8_t kChat = 1 << 2;

// Class 0: voice; 1: voice, only profiles 1 and 2; 2: chat. Lanes 0..2 of the
// same number, lane 3 another one of class 0.
class MatcherTest : public ::testing::Test {
 protected:
  MatcherTest() : matcher_(Sizes{64, 16, 4, 4, 8}) {
    matcher_.SetRequirementClass(0, 0);
    matcher_.SetRequirementClass(1, 0);
    matcher_.SetRequirementClass(2, 2);
    for (std::uint32_t profile = 0; profile < 3; ++profile) {
      matcher_.SetFit(0, profile, 1);
      matcher_.SetFit(1, profile, profile == 0 ? 0 : 1 + profile);
      matcher_.SetFit(2, profile, 1);
      matcher_.SetProfileClass(profile);
    }
    for (std::uint32_t lane = 0; lane < 3; ++lane) matcher_.SetLane(lane, lane);
    matcher_.SetLane(3, 0);
  }

  ContactWord Submit(std::uint32_t slot, std::uint32_t lane, std::int64_t key) {
    EXPECT_EQ(matcher_.Submit(slot, matcher_.Open(slot),
                              {lane, key, ++sequence_}, sink_),
              Result::kOk);
    return matcher_.Contact(slot);
  }
  void Ready(std::uint32_t agent, std::uint32_t profile, std::int64_t order,
             std::uint8_t kinds = kVoice | kChat, std::uint32_t back = 0) {
    EXPECT_EQ(matcher_.Update(agent, ++revision_, {kinds, order, profile}, back,
                              sink_),
              Result::kOk);
  }
  void Withdraw(std::uint32_t agent) {
    EXPECT_EQ(matcher_.Update(agent, ++revision_, {0, 0, 0}, 0, sink_),
              Result::kOk);
  }

  Matcher matcher_;
  Collector sink_;
  std::uint32_t revision_ = 0;
  std::uint64_t sequence_ = 0;
};

TEST_F(MatcherTest, AContactTakesTheBestFittingThenLongestIdleAgent) {
  Ready(1, 1, 100);
  Ready(2, 2, 500);
  Ready(3, 2, 400);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  Submit(10, 1, 0);
  Submit(11, 1, 0);
  Submit(12, 1, 0);
  Submit(13, 1, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 3u), std::pair(11u, 2u),
                                         std::pair(12u, 1u)));
}

TEST_F(MatcherTest, EqualAgentsAreTakenByTheirSlot) {
  Ready(5, 1, 100);
  Ready(4, 1, 100);
  Submit(10, 1, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 4u)));
}

TEST_F(MatcherTest, AnAgentTakesTheSmallestKeyOfItsLanes) {
  Submit(10, 0, 300);
  Submit(11, 1, 200);
  Submit(12, 2, 100);
  Submit(13, 3, 150);
  Ready(0, 0, 0, kVoice);  // not eligible for class 1, not open for chat
  Ready(1, 1, 0, kVoice);
  Ready(2, 1, 0, kVoice | kChat);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(13u, 0u), std::pair(11u, 1u),
                                         std::pair(12u, 2u)));
}

TEST_F(MatcherTest, AnAgentHoldsOneContactUntilItIsGivenBack) {
  Ready(0, 0, 0);
  Submit(10, 0, 0);
  Submit(11, 0, 1);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 0u)));
  Ready(0, 0, 5, kVoice, 1);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(11u, 0u)));
}

TEST_F(MatcherTest, AWithdrawnAgentIsGivenNothing) {
  Ready(0, 0, 0);
  Withdraw(0);
  Submit(10, 0, 0);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
}

TEST_F(MatcherTest, AnOutdatedUpdateIsIgnoredButGivesBackItsUnit) {
  Ready(0, 0, 0);  // revision 1
  Submit(10, 0, 0);
  sink_.Pairs();
  matcher_.Update(0, 5, {kVoice, 7, 0}, 0, sink_);
  matcher_.Update(0, 4, {0, 0, 0}, 1, sink_);
  Submit(11, 0, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(11u, 0u)));
}

TEST_F(MatcherTest, ACancelledContactIsNeverGiven) {
  const ContactWord waiting = Submit(10, 0, 0);
  ContactWord ended;
  EXPECT_EQ(matcher_.End(10, waiting, &ended), Result::kOk);
  EXPECT_EQ(matcher_.End(10, waiting, &ended), Result::kStale);
  EXPECT_EQ(matcher_.End(10, matcher_.Contact(10), &ended),
            Result::kNotAllowed);
  EXPECT_EQ(matcher_.Waiting(0), 0u);
  Ready(0, 0, 0);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
}

TEST_F(MatcherTest, AcceptAndReturnExcludeEachOther) {
  Ready(0, 0, 0);
  const ContactWord reserved = Submit(10, 0, 0);
  EXPECT_EQ(reserved.phase(), ContactPhase::kReserved);
  EXPECT_EQ(reserved.ref(), 0u);
  ContactWord now;
  EXPECT_EQ(matcher_.Accept(10, reserved, &now), Result::kOk);
  EXPECT_EQ(now.phase(), ContactPhase::kAssigned);
  EXPECT_EQ(matcher_.Return(10, reserved, {0, 0, 1}, &now), Result::kStale);
  EXPECT_EQ(matcher_.Accept(10, reserved, &now), Result::kStale);
}

TEST_F(MatcherTest, AReturnedContactStandsWhereItStood) {
  Ready(0, 0, 0);
  const ContactWord reserved = Submit(10, 0, 50);
  Submit(11, 0, 50);
  Submit(12, 0, 60);
  ASSERT_EQ(sink_.decisions.size(), 1u);
  const Position at = sink_.decisions[0].position;
  sink_.Pairs();
  ContactWord waiting;
  ASSERT_EQ(matcher_.Return(10, reserved, at, &waiting), Result::kOk);
  Ready(1, 0, 0);
  Ready(2, 0, 0);
  EXPECT_THAT(sink_.Pairs(),
              ElementsAre(std::pair(10u, 1u), std::pair(11u, 2u)));
}

TEST_F(MatcherTest, AnExcludedAgentPassesOverTheContactUntilCleared) {
  const ContactWord waiting = Submit(10, 0, 0);
  Submit(11, 0, 1);
  matcher_.SetExclusion(10, 3, 7, 20);
  Ready(7, 0, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(11u, 7u)));
  Ready(7, 0, 0, kVoice, 1);
  matcher_.LookForContact(10, waiting, sink_);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  matcher_.SetExclusion(10, 3, Matcher::kNobody, 19);  // late: ignored
  matcher_.LookForContact(10, waiting, sink_);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  matcher_.SetExclusion(10, 3, Matcher::kNobody, 21);
  matcher_.LookForContact(10, waiting, sink_);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 7u)));
}

TEST_F(MatcherTest, AMovedContactIsInItsNewLaneOnly) {
  const ContactWord waiting = Submit(10, 1, 500);
  ContactWord moved;
  ASSERT_EQ(matcher_.Move(10, waiting, {0, 100, 1}, &moved), Result::kOk);
  EXPECT_EQ(matcher_.Move(10, waiting, {3, 100, 1}, &moved), Result::kStale);
  EXPECT_EQ(matcher_.Waiting(1), 0u);
  EXPECT_EQ(matcher_.Waiting(0), 1u);
  Submit(11, 0, 200);
  Ready(0, 0, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 0u)));
}

TEST_F(MatcherTest, AnAgentInAnotherClassIsFoundThere) {
  Ready(0, 0, 0);
  Submit(10, 1, 0);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  Ready(0, 1, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 0u)));
}

TEST_F(MatcherTest, ALaneGivenToAnotherClassStartsAnew) {
  const ContactWord old = Submit(10, 0, 5'000);
  ContactWord ended;
  ASSERT_EQ(matcher_.End(10, old, &ended), Result::kOk);
  matcher_.SetLane(0, 1);
  Submit(11, 0, 100);  // not raised to the last key of the lane's former life
  Submit(12, 1, 200);
  Ready(0, 0, 0);  // serves the former class only
  Ready(1, 1, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(11u, 1u)));
}

TEST_F(MatcherTest, NodesStayWithinTheirBound) {
  for (int round = 0; round < 20'000; ++round) {
    const ContactWord waiting = Submit(10, 0, round);
    ContactWord ended;
    ASSERT_EQ(matcher_.End(10, waiting, &ended), Result::kOk);
    Ready(round % 16, 0, round);
    Withdraw(round % 16);
  }
  EXPECT_LE(matcher_.lane_nodes_touched(), 16u);
  EXPECT_LE(matcher_.idle_nodes_touched(), 64u);
}

TEST_F(MatcherTest, BadInputIsNamedAndChangesNothing) {
  ContactWord now;
  const ContactWord fresh = matcher_.Open(10);
  EXPECT_EQ(matcher_.Submit(64, fresh, {0, 0, 1}, sink_), Result::kOutOfRange);
  EXPECT_EQ(matcher_.Submit(10, fresh, {8, 0, 1}, sink_), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SubmitHeld(10, fresh, 16, 0, 0, 1, sink_),
            Result::kOutOfRange);
  EXPECT_EQ(matcher_.SubmitHeld(10, fresh, 0, 8, 0, 1, sink_),
            Result::kOutOfRange);
  EXPECT_EQ(matcher_.Contact(10), fresh);
  EXPECT_EQ(matcher_.Return(10, fresh, {0, 0, 1}, &now), Result::kNotAllowed);
  EXPECT_EQ(matcher_.Move(10, fresh, {0, 0, 1}, &now), Result::kNotAllowed);
  EXPECT_EQ(matcher_.Accept(10, fresh, &now), Result::kNotAllowed);
  EXPECT_EQ(matcher_.End(64, fresh, &now), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetLane(8, 0), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetLane(0, 4), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetFit(0, 0, 9), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetFit(4, 0, 1), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetRequirementClass(0, 8), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetRequirementClass(0, 0, 1), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetProfileClass(4), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetExclusion(10, 8, 0, 1), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetExclusion(10, 0, 16, 1), Result::kOutOfRange);
  EXPECT_EQ(matcher_.Update(16, 1, {kVoice, 0, 0}, 0, sink_),
            Result::kOutOfRange);
  EXPECT_EQ(matcher_.Update(0, 1, {kVoice, 0, 4}, 0, sink_),
            Result::kOutOfRange);
  EXPECT_EQ(matcher_.Update(0, 1, {kVoice, 0, 0}, 1, sink_),
            Result::kNotAllowed);
  EXPECT_EQ(matcher_.Agent(0).kinds(), 0);
  EXPECT_EQ(matcher_.Update(0, 2, {kVoice, 0, 0}, 0, sink_), Result::kOk);
  EXPECT_EQ(matcher_.Update(0, 2, {kVoice, 0, 0}, 0, sink_), Result::kStale);
  const ContactWord reserved = Submit(11, 0, 0);
  EXPECT_EQ(matcher_.Move(11, reserved, {0, 0, 1}, &now), Result::kNotAllowed);
  ASSERT_EQ(matcher_.End(11, reserved, &now), Result::kOk);
  EXPECT_EQ(matcher_.End(11, now, &now), Result::kNotAllowed);
  EXPECT_EQ(matcher_.End(11, reserved, &now), Result::kStale);
}

// --- Capacity, held contacts, lanes ------------------------------------------

TEST_F(MatcherTest, AnAgentWithRoomTakesFurtherContactsOfKindsThatFit) {
  AgentTerms terms{kVoice | kChat, 0, 0};
  terms.capacity = 4;
  terms.cost = {4, 1, 2, 1, 1, 1, 1, 1};  // voice takes all, a chat half
  ASSERT_EQ(matcher_.Update(0, ++revision_, terms, 0, sink_), Result::kOk);
  Submit(10, 2, 0);
  Submit(11, 0, 1);  // voice: no room beside a chat
  Submit(12, 2, 2);
  Submit(13, 2, 3);
  EXPECT_THAT(sink_.Pairs(),
              ElementsAre(std::pair(10u, 0u), std::pair(12u, 0u)));
  EXPECT_EQ(matcher_.Agent(0).used(), 4u);
  // One chat ends: the next chat fits, the older call does not.
  EXPECT_EQ(matcher_.Update(0, ++revision_, terms, 2, sink_), Result::kOk);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(13u, 0u)));
  EXPECT_EQ(matcher_.Update(0, ++revision_, terms, 4, sink_), Result::kOk);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(11u, 0u)));
}

TEST_F(MatcherTest, AHeldContactWaitsForItsAgentOnly) {
  Ready(0, 0, 0);
  EXPECT_EQ(matcher_.SubmitHeld(10, matcher_.Open(10), 3, 0, 100, 1, sink_),
            Result::kOk);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  Submit(11, 1, 50);
  Ready(3, 1, 0, kChat);  // not for voice
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  Ready(3, 1, 0);
  // One comparison of keys: the older contact of the queue comes first.
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(11u, 3u)));
  Ready(3, 1, 0, kVoice, 1);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 3u)));
}

TEST_F(MatcherTest, AHeldContactGoesAtOnceToItsIdleAgentAndMayMoveToAQueue) {
  Ready(3, 0, 0);
  EXPECT_EQ(matcher_.SubmitHeld(10, matcher_.Open(10), 3, 0, 100, 1, sink_),
            Result::kOk);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 3u)));
  EXPECT_EQ(matcher_.SubmitHeld(11, matcher_.Open(11), 3, 0, 200, 2, sink_),
            Result::kOk);
  Ready(4, 0, 0);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  ContactWord moved;
  ASSERT_EQ(matcher_.Move(11, matcher_.Contact(11), {0, 200, 2}, &moved),
            Result::kOk);
  matcher_.LookForContact(11, moved, sink_);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(11u, 4u)));
}

// Lanes of a class that are no neighbours, and one that is given away.
TEST_F(MatcherTest, LanesOfAClassMayLieAnywhereAndChangeHands) {
  ASSERT_EQ(matcher_.SetLane(6, 0), Result::kOk);
  ASSERT_EQ(matcher_.SetLane(5, 0), Result::kOk);
  Submit(10, 6, 100);
  Submit(11, 5, 90);
  Submit(12, 3, 95);
  ASSERT_EQ(matcher_.SetLane(7, 0), Result::kOk);
  ASSERT_EQ(matcher_.SetLane(7, 1), Result::kOk);
  Submit(13, 7, 10);
  for (std::uint32_t agent = 0; agent < 3; ++agent) Ready(agent, 0, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(11u, 0u), std::pair(12u, 1u),
                                         std::pair(10u, 2u)));
}

// Keys beyond what a front word can tell apart are still told apart.
TEST_F(MatcherTest, KeysFarOutKeepTheirOrder) {
  constexpr std::int64_t kFar = 1LL << 60;
  Submit(10, 0, kFar + 2);
  Submit(11, 3, kFar + 1);
  Submit(12, 1, -kFar - 1);
  Submit(13, 2, -kFar - 2);
  for (std::uint32_t agent = 0; agent < 4; ++agent) Ready(agent, 1, 0);
  EXPECT_THAT(sink_.Pairs(),
              ElementsAre(std::pair(13u, 0u), std::pair(12u, 1u),
                          std::pair(11u, 2u), std::pair(10u, 3u)));
}

// Changes the world once, between the reading of the agent's terms and the look
// that uses them, as another thread may.
class MeddlingSink : public Collector {
 public:
  explicit MeddlingSink(std::function<void()> meddle)
      : meddle_(std::move(meddle)) {}
  void OnLook() override {
    if (meddle_) std::exchange(meddle_, nullptr)();
  }

 private:
  std::function<void()> meddle_;
};

// What a split of profile classes relies on: an agent who was told another
// class before a contact came is not given it by the class of before.
TEST_F(MatcherTest, ADecisionHonoursTermsThatChangedAfterItHadReadThem) {
  MeddlingSink meddling([this] {
    Ready(5, 0, 0);    // profile 0 does not serve class 1
    Submit(10, 1, 0);  // class 1
  });
  const std::uint32_t revision = ++revision_;
  EXPECT_EQ(matcher_.Update(5, revision, {kVoice, 0, 1}, 0, meddling),
            Result::kOk);
  EXPECT_THAT(meddling.Pairs(), IsEmpty());
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  EXPECT_EQ(matcher_.Contact(10).phase(), ContactPhase::kWaiting);
  Ready(6, 1, 0);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 6u)));
}

using MatcherDeathTest = MatcherTest;

TEST_F(MatcherDeathTest, OwnMistakesAreCaughtInEveryBuild) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(matcher_.Open(64), "contact slot out of range");
  matcher_.Open(1);
  EXPECT_DEATH(matcher_.Open(1), "whose contact lives");
}

// --- With threads ------------------------------------------------------------

class HoldingSink : public DecisionSink {
 public:
  HoldingSink(std::vector<std::atomic<std::uint32_t>>& holders,
              std::atomic<std::uint64_t>& doubles)
      : holders_(holders), doubles_(doubles) {}
  void OnLook() override {}
  void OnDecision(const Decision& decision) override {
    // Holder + 1; anything else than nobody is a second holder.
    std::uint32_t nobody = 0;
    if (!holders_[decision.contact].compare_exchange_strong(
            nobody, decision.agent + 1)) {
      doubles_.fetch_add(1);
    }
    taken.push_back(decision);
  }
  std::vector<Decision> taken;

 private:
  std::vector<std::atomic<std::uint32_t>>& holders_;
  std::atomic<std::uint64_t>& doubles_;
};

// Threads submit, cancel, move, open and close agents at random; what a
// decision took is given back by the thread that made it.
class StressRun {
 public:
  static constexpr std::uint32_t kThreads = 4;
  static constexpr std::uint32_t kSlots = 256;  // a quarter for each thread
  static constexpr std::uint32_t kAgents = 16;

  StressRun() : matcher(Sizes{kSlots, kAgents, 4, 4, 8}), holders(kSlots) {
    for (std::uint32_t c = 0; c < 4; ++c) {
      matcher.SetRequirementClass(c, 0);
      for (std::uint32_t p = 0; p < 4; ++p) {
        matcher.SetFit(c, p, c <= p ? 1 + (p - c) : 0);
      }
      matcher.SetLane(c, c);
    }
    for (std::uint32_t p = 0; p < 4; ++p) matcher.SetProfileClass(p);
  }

  void RunThread(std::uint32_t thread, std::uint64_t seed, int rounds) {
    Random random(seed + thread);
    HoldingSink sink(holders, doubles);
    constexpr std::uint32_t kOwn = kSlots / kThreads;
    for (int round = 0; round < rounds; ++round) {
      ChangeContact(thread * kOwn + Below(random, kOwn), random, sink);
      const std::uint32_t agent = Below(random, kAgents);
      Tell(agent, random.Uniform(3) == 0 ? 0 : 1, 0, sink);
      GiveBack(random, sink);
    }
  }

  // All is quiet: no free agent beside an eligible waiting contact, and the
  // counts agree with the words.
  void CheckQuiet() {
    for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
      const AgentWord word = matcher.Agent(agent);
      EXPECT_FALSE(word.claimed());
      EXPECT_EQ(word.used(), 0u);
      if (!matcher.HasRoom(agent)) continue;
      for (std::uint32_t lane = 0; lane <= agent % 4; ++lane) {
        EXPECT_EQ(matcher.Waiting(lane), 0u) << "agent " << agent << " is free";
      }
    }
    std::uint32_t waiting = 0;
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      if (matcher.Contact(slot).phase() == ContactPhase::kWaiting) ++waiting;
    }
    std::uint32_t counted = 0;
    for (std::uint32_t lane = 0; lane < 4; ++lane) {
      counted += matcher.Waiting(lane);
    }
    EXPECT_EQ(counted, waiting);
  }

  Matcher matcher;
  std::vector<std::atomic<std::uint32_t>> holders;
  std::atomic<std::uint64_t> doubles{0};

 private:
  static std::uint32_t Below(Random& random, std::uint32_t n) {
    return static_cast<std::uint32_t>(random.Uniform(n));
  }
  void Tell(std::uint32_t agent, std::uint8_t kinds, std::uint32_t back,
            DecisionSink& sink) {
    matcher.Update(agent, revisions_[agent].fetch_add(1) + 1,
                   {kinds, clock_.load(), agent % 4}, back, sink);
  }
  void ChangeContact(std::uint32_t slot, Random& random, DecisionSink& sink) {
    const ContactWord word = matcher.Contact(slot);
    ContactWord now;
    if (word.phase() == ContactPhase::kFree ||
        word.phase() == ContactPhase::kEnded) {
      const std::int64_t now_ms = clock_.fetch_add(1);
      ASSERT_EQ(matcher.Submit(slot, matcher.Open(slot),
                               {Below(random, 4), now_ms,
                                static_cast<std::uint64_t>(now_ms)},
                               sink),
                Result::kOk);
    } else if (word.phase() == ContactPhase::kWaiting) {
      if (random.Uniform(2) == 0) {
        matcher.End(slot, word, &now);
      } else if (matcher.Move(slot, word, {Below(random, 4), clock_.load(), 0},
                              &now) == Result::kOk) {
        matcher.LookForContact(slot, now, sink);
      }
    }
  }
  void GiveBack(Random& random, HoldingSink& sink) {
    while (!sink.taken.empty()) {
      const Decision decision = sink.taken.back();
      sink.taken.pop_back();
      ContactWord now;
      holders[decision.contact] = 0;
      if (random.Uniform(4) == 0) {
        ASSERT_EQ(matcher.Return(decision.contact, decision.word,
                                 decision.position, &now),
                  Result::kOk);
        matcher.LookForContact(decision.contact, now, sink);
      } else {
        ASSERT_EQ(matcher.End(decision.contact, decision.word, &now),
                  Result::kOk);
      }
      Tell(decision.agent, 1, 1, sink);
    }
  }

  std::array<std::atomic<std::uint32_t>, kAgents> revisions_{};
  std::atomic<std::int64_t> clock_{0};
};

TEST(MatcherStressTest, OneHolderAndNothingLeftOver) {
#ifdef __SANITIZE_THREAD__
  constexpr int kRounds = 5'000;
#else
  constexpr int kRounds = 100'000;
#endif
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  StressRun run;
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < StressRun::kThreads; ++thread) {
    threads.emplace_back(
        [&run, thread] { run.RunThread(thread, kSeed, kRounds); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(run.doubles.load(), 0u);
  run.CheckQuiet();
}

}  // namespace
}  // namespace relais::match
