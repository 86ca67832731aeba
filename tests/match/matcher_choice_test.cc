// Goal: agents are found by the order of the contact's class, contacts by the
// rank of theirs.
// Method: small cores driven by hand; decisions are collected by the sink.
// Ranks also against a sorted list, at random.

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/match/matcher.h"
#include "tests/match/collector.h"

namespace relais::match {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint8_t kVoice = 1 << 0;
constexpr std::uint8_t kChat = 1 << 2;

// --- Orders ------------------------------------------------------------------

TEST(MatcherOrdersTest, EachRequirementClassChoosesByItsOwnOrder) {
  Sizes sizes{16, 8, 2, 1, 2};
  sizes.orders = 2;
  Matcher matcher(sizes);
  Collector sink;
  ASSERT_EQ(matcher.UseOrder(1), Result::kOk);
  ASSERT_EQ(matcher.SetRequirementClass(0, 0, 0), Result::kOk);
  ASSERT_EQ(matcher.SetRequirementClass(1, 0, 1), Result::kOk);
  for (std::uint32_t c = 0; c < 2; ++c) {
    ASSERT_EQ(matcher.SetFit(c, 0, 1), Result::kOk);
    ASSERT_EQ(matcher.SetLane(c, c), Result::kOk);
  }
  ASSERT_EQ(matcher.SetProfileClass(0), Result::kOk);
  for (std::uint32_t agent = 0; agent < 3; ++agent) {
    AgentTerms terms{1, agent, 0};
    terms.further_order_keys[0] = -static_cast<std::int64_t>(agent);
    ASSERT_EQ(matcher.Update(agent, 1, terms, 0, sink), Result::kOk);
  }
  matcher.Submit(0, matcher.Open(0), {0, 0, 1}, sink);
  matcher.Submit(1, matcher.Open(1), {1, 0, 2}, sink);
  matcher.Submit(2, matcher.Open(2), {0, 0, 3}, sink);
  EXPECT_THAT(sink.Pairs(), ElementsAre(std::pair(0u, 0u), std::pair(1u, 2u),
                                        std::pair(2u, 1u)));
}

// Agents who became idle before are told again, and are then found by it.
TEST(MatcherOrdersTest, AnOrderComesIntoUseWhileAgentsAreIdle) {
  Sizes sizes{16, 8, 2, 1, 2};
  sizes.orders = 4;
  Matcher matcher(sizes);
  Collector sink;
  ASSERT_EQ(matcher.SetRequirementClass(0, 0, 0), Result::kOk);
  ASSERT_EQ(matcher.SetFit(0, 0, 1), Result::kOk);
  ASSERT_EQ(matcher.SetLane(0, 0), Result::kOk);
  ASSERT_EQ(matcher.SetProfileClass(0), Result::kOk);
  const auto tell = [&](std::uint32_t revision) {
    for (std::uint32_t agent = 0; agent < 3; ++agent) {
      AgentTerms terms{1, agent, 0};
      terms.further_order_keys[2] = 10 - static_cast<std::int64_t>(agent);
      ASSERT_EQ(matcher.Update(agent, revision, terms, 0, sink), Result::kOk);
    }
  };
  tell(1);
  EXPECT_EQ(matcher.SetRequirementClass(1, 0, 3), Result::kNotAllowed);
  EXPECT_EQ(matcher.SetRequirementClass(1, 0, 4), Result::kOutOfRange);
  EXPECT_EQ(matcher.UseOrder(4), Result::kOutOfRange);
  EXPECT_EQ(matcher.UseOrder(-1), Result::kOutOfRange);
  ASSERT_EQ(matcher.UseOrder(3), Result::kOk);
  EXPECT_TRUE(matcher.UsesOrder(3) && !matcher.UsesOrder(2));
  tell(2);
  ASSERT_EQ(matcher.SetRequirementClass(1, 0, 3), Result::kOk);
  ASSERT_EQ(matcher.SetFit(1, 0, 1), Result::kOk);
  ASSERT_EQ(matcher.SetLane(1, 1), Result::kOk);
  matcher.Submit(0, matcher.Open(0), {1, 0, 1}, sink);
  matcher.Submit(1, matcher.Open(1), {0, 0, 2}, sink);
  matcher.Submit(2, matcher.Open(2), {1, 0, 3}, sink);
  EXPECT_THAT(sink.decisions.at(0).agent_order_key, 8);
  EXPECT_THAT(sink.Pairs(), ElementsAre(std::pair(0u, 2u), std::pair(1u, 0u),
                                        std::pair(2u, 1u)));
}

// Front words show the upper bits of a further order's key; agents of several
// profile classes are compared by all of it.
TEST(MatcherOrdersTest, KeysThatDifferInTheirLowerBitsKeepTheirOrder) {
  Sizes sizes{16, 8, 1, 4, 1};
  sizes.orders = 2;
  Matcher matcher(sizes);
  Collector sink;
  ASSERT_EQ(matcher.UseOrder(1), Result::kOk);
  ASSERT_EQ(matcher.SetRequirementClass(0, 0, 1), Result::kOk);
  ASSERT_EQ(matcher.SetLane(0, 0), Result::kOk);
  constexpr std::int64_t kValue = std::int64_t{3} << 42;
  const std::int64_t keys[] = {kValue + 2, kValue + (1 << 20), kValue + 1,
                               kValue - 1};
  for (std::uint32_t agent = 0; agent < 4; ++agent) {
    ASSERT_EQ(matcher.SetProfileClass(agent), Result::kOk);
    ASSERT_EQ(matcher.SetFit(0, agent, 1), Result::kOk);
    AgentTerms terms{1, 0, agent};
    terms.further_order_keys[0] = keys[agent];
    ASSERT_EQ(matcher.Update(agent, 1, terms, 0, sink), Result::kOk);
  }
  for (std::uint32_t contact = 0; contact < 4; ++contact) {
    matcher.Submit(contact, matcher.Open(contact), {0, 0, contact + 1}, sink);
  }
  EXPECT_THAT(sink.Pairs(), ElementsAre(std::pair(0u, 3u), std::pair(1u, 2u),
                                        std::pair(2u, 0u), std::pair(3u, 1u)));
}

// --- Ranks -------------------------------------------------------------------

// Class 0: voice; 1: voice; 2: chat. Lanes 0..2 of the same number, lane 3
// another one of class 0. For agents of profile class 1, class 1 comes before
// class 0, class 2 last; for those of profile class 0 there are no ranks.
class MatcherRanksTest : public ::testing::Test {
 protected:
  MatcherRanksTest() : matcher_(Sizes{64, 16, 3, 2, 4}) {
    matcher_.SetRequirementClass(0, 0);
    matcher_.SetRequirementClass(1, 0);
    matcher_.SetRequirementClass(2, 2);
    for (std::uint32_t c = 0; c < 3; ++c) {
      matcher_.SetFit(c, 0, 1);
      matcher_.SetLane(c, c);
    }
    matcher_.SetLane(3, 0);
    matcher_.SetFit(1, 1, 2, 0);
    matcher_.SetFit(0, 1, 1, 1);
    matcher_.SetFit(2, 1, 1, 15);
    matcher_.SetProfileClass(0);
    matcher_.SetProfileClass(1);
  }
  void Submit(std::uint32_t slot, std::uint32_t lane, std::int64_t key) {
    EXPECT_EQ(matcher_.Submit(slot, matcher_.Open(slot),
                              {lane, key, ++sequence_}, sink_),
              Result::kOk);
  }
  void Ready(std::uint32_t agent) {
    EXPECT_EQ(
        matcher_.Update(agent, ++revision_, {kVoice | kChat, 0, 0}, 0, sink_),
        Result::kOk);
  }
  void ReadyRanked(std::uint32_t agent, std::uint32_t back = 0) {
    AgentTerms terms{kVoice | kChat, 0, 1};
    terms.ranked = true;
    EXPECT_EQ(matcher_.Update(agent, ++revision_, terms, back, sink_),
              Result::kOk);
  }

  Matcher matcher_;
  Collector sink_;
  std::uint32_t revision_ = 0;
  std::uint64_t sequence_ = 0;
};

TEST_F(MatcherRanksTest, ASmallerRankComesFirstWhateverTheKeys) {
  Submit(10, 0, 20);
  Submit(11, 1, 300);
  Submit(12, 2, 1);
  Submit(13, 3, 10);  // another lane of class 0
  Submit(14, 1, 400);
  for (std::uint32_t agent = 0; agent < 5; ++agent) ReadyRanked(agent);
  std::vector<std::uint32_t> contacts;
  for (const Decision& decision : sink_.decisions) {
    contacts.push_back(decision.contact);
  }
  EXPECT_THAT(contacts, ElementsAre(11u, 14u, 13u, 10u, 12u));
  // The fit is what it was.
  EXPECT_EQ(sink_.decisions[0].fit_step, 1);
  EXPECT_EQ(sink_.decisions[2].fit_step, 0);
}

TEST_F(MatcherRanksTest, AgentsOfOtherProfilesGoByTheKey) {
  Submit(10, 0, 20);
  Submit(11, 1, 300);
  Ready(5);
  ReadyRanked(6);
  EXPECT_THAT(sink_.Pairs(),
              ElementsAre(std::pair(10u, 5u), std::pair(11u, 6u)));
}

TEST_F(MatcherRanksTest, WhatIsHeldForTheAgentComesBeforeAllRanks) {
  Submit(10, 1, 20);
  EXPECT_EQ(matcher_.SubmitHeld(11, matcher_.Open(11), 6, 0, 900, 90, sink_),
            Result::kOk);
  ReadyRanked(6);
  ReadyRanked(6, 1);
  EXPECT_THAT(sink_.Pairs(),
              ElementsAre(std::pair(11u, 6u), std::pair(10u, 6u)));
}

TEST_F(MatcherRanksTest, ADeclinedContactOfTheFirstRankHidesNobody) {
  Submit(10, 1, 20);
  Submit(11, 2, 30);
  Submit(12, 0, 40);
  matcher_.SetExclusion(10, 0, 6, 1);
  ReadyRanked(6);
  ReadyRanked(6, 1);
  ReadyRanked(6, 1);
  EXPECT_THAT(sink_.Pairs(),
              ElementsAre(std::pair(12u, 6u), std::pair(11u, 6u)));
}

TEST_F(MatcherRanksTest, AnArrivalIsTakenAtOnceOnlyIfNothingStandsBeforeIt) {
  ReadyRanked(6);
  Submit(10, 2, 5);  // the last rank, and nobody waits
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(10u, 6u)));
  EXPECT_EQ(matcher_.lane_nodes_touched(), 0u);
}

TEST_F(MatcherRanksTest, RanksBeyondSixteenAreRefused) {
  EXPECT_EQ(matcher_.SetFit(0, 1, 1, 16), Result::kOutOfRange);
  EXPECT_EQ(matcher_.SetFit(0, 1, 9, 0), Result::kOutOfRange);
  // Not eligible is no rank.
  EXPECT_EQ(matcher_.SetFit(0, 1, 0, 7), Result::kOk);
  Submit(10, 0, 0);
  ReadyRanked(6);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
}

// Against a list sorted by (rank, key, sequence), with exclusions.
TEST(MatcherRanksRandomTest, TakesInTheOrderOfRankAndKey) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    constexpr std::uint32_t kClasses = 6;
    Matcher matcher(Sizes{64, 4, kClasses, 1, 2 * kClasses});
    Collector sink;
    std::vector<std::uint8_t> ranks;
    ASSERT_EQ(matcher.SetProfileClass(0), Result::kOk);
    for (std::uint32_t c = 0; c < kClasses; ++c) {
      ranks.push_back(static_cast<std::uint8_t>(random.Uniform(4)));
      ASSERT_EQ(matcher.SetRequirementClass(c, 0), Result::kOk);
      ASSERT_EQ(matcher.SetFit(c, 0, 1, ranks.back()), Result::kOk);
      ASSERT_EQ(matcher.SetLane(2 * c, c), Result::kOk);
      ASSERT_EQ(matcher.SetLane(2 * c + 1, c), Result::kOk);
    }
    std::vector<std::tuple<int, std::int64_t, std::uint64_t, std::uint32_t>>
        expected;
    for (std::uint32_t slot = 0; slot < 40; ++slot) {
      const auto lane = static_cast<std::uint32_t>(random.Uniform(12));
      const auto key = static_cast<std::int64_t>(random.Uniform(20));
      if (random.Bernoulli(0.2)) {
        ASSERT_EQ(matcher.SetExclusion(slot, 0, 0, 1), Result::kOk);
      }
      ASSERT_EQ(
          matcher.Submit(slot, matcher.Open(slot), {lane, key, slot + 1}, sink),
          Result::kOk);
      Position at;
      ASSERT_TRUE(matcher.PositionOf(slot, matcher.Contact(slot), &at));
      expected.emplace_back(ranks[lane / 2], at.key, at.sequence, slot);
    }
    std::sort(expected.begin(), expected.end());
    AgentTerms terms{1, 0, 0};
    terms.ranked = true;
    terms.capacity = 100;
    ASSERT_EQ(matcher.Update(0, 1, terms, 0, sink), Result::kOk);
    std::vector<std::uint32_t> taken;
    for (const Decision& decision : sink.decisions) {
      taken.push_back(decision.contact);
    }
    std::vector<std::uint32_t> wanted;
    for (const auto& [rank, key, sequence, slot] : expected) {
      if (matcher.Contact(slot).phase() == ContactPhase::kReserved) {
        wanted.push_back(slot);
      }
    }
    EXPECT_EQ(taken, wanted) << seed;
    EXPECT_GE(taken.size(), 20u);
  }
}

// --- Interruptions -----------------------------------------------------------

TEST(MatcherInterruptionsTest, RoomIsWhatANaiveSumSays) {
  Random random(5);
  for (int round = 0; round < 20'000; ++round) {
    AgentTerms terms;
    terms.capacity = static_cast<std::uint8_t>(random.UniformBetween(4, 100));
    for (std::size_t i = 0; i < kKindCount; ++i) {
      terms.cost[i] = static_cast<std::uint8_t>(random.UniformBetween(1, 127));
      if (round % 2 == 0) continue;
      terms.interruptible[i] =
          static_cast<std::uint8_t>(random.Uniform(101) * random.Uniform(2));
    }
    const auto open = static_cast<std::uint8_t>(random.Uniform(256));
    const auto used = static_cast<std::uint32_t>(random.Uniform(256));
    std::uint8_t room = 0;
    for (std::size_t i = 0; i < kKindCount; ++i) {
      const int left = int{terms.capacity} + int{terms.interruptible[i]} -
                       static_cast<int>(used);
      if (int{terms.cost[i]} <= left) room |= 1U << i;
    }
    ASSERT_EQ(terms.KindsWithRoom(open, used), room & open) << round;
  }
}

// A chat of half the agent, then calls of all of it.
TEST(MatcherInterruptionsTest, WhatMayBeInterruptedIsRoomForWhoMay) {
  Matcher matcher({16, 2, 2, 1, 2});
  Collector sink;
  ASSERT_EQ(matcher.SetRequirementClass(0, 0), Result::kOk);
  ASSERT_EQ(matcher.SetRequirementClass(1, 2), Result::kOk);
  for (std::uint32_t c = 0; c < 2; ++c) {
    ASSERT_EQ(matcher.SetFit(c, 0, 1), Result::kOk);
    ASSERT_EQ(matcher.SetLane(c, c), Result::kOk);
  }
  ASSERT_EQ(matcher.SetProfileClass(0), Result::kOk);
  AgentTerms terms{kVoice | kChat, 0, 0, 100};
  terms.cost[0] = 100;
  terms.cost[2] = 50;
  ASSERT_EQ(matcher.Update(0, 1, terms, 0, sink), Result::kOk);
  matcher.Submit(0, matcher.Open(0), {1, 0, 1}, sink);
  matcher.Submit(1, matcher.Open(1), {0, 0, 2}, sink);
  EXPECT_THAT(sink.Pairs(), ElementsAre(std::pair(0u, 0u)));
  EXPECT_TRUE(matcher.HasRoom(0));
  terms.interruptible[0] = 50;
  ASSERT_EQ(matcher.Update(0, 2, terms, 0, sink), Result::kOk);
  EXPECT_THAT(sink.Pairs(), ElementsAre(std::pair(1u, 0u)));
  EXPECT_EQ(matcher.Agent(0).used(), 150u);
  EXPECT_FALSE(matcher.HasRoom(0));
  matcher.Submit(2, matcher.Open(2), {0, 0, 3}, sink);
  matcher.Submit(3, matcher.Open(3), {1, 0, 4}, sink);
  EXPECT_THAT(sink.Pairs(), IsEmpty());
  // The call is over: the next one before the chat that came after it.
  ASSERT_EQ(matcher.Update(0, 3, terms, 100, sink), Result::kOk);
  EXPECT_THAT(sink.Pairs(), ElementsAre(std::pair(2u, 0u)));
  EXPECT_EQ(matcher.Agent(0).used(), 150u);
}

TEST(MatcherInterruptionsTest, MoreThanTheWordCountsIsRefused) {
  Matcher matcher({16, 2, 1, 1, 1});
  Collector sink;
  AgentTerms terms;
  terms.capacity = 100;
  terms.interruptible[3] = 156;
  EXPECT_EQ(matcher.Update(0, 1, terms, 0, sink), Result::kOutOfRange);
  terms.interruptible[3] = 155;
  EXPECT_EQ(matcher.Update(0, 1, terms, 0, sink), Result::kOk);
}

}  // namespace
}  // namespace relais::match
