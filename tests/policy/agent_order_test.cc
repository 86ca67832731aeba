// Goal: keys order agents as docs/routing-model.md says, ties and impossible
// values included.
// Method: lists of agents in their order, each adjacent pair compared.

#include "lib/policy/agent_order.h"

#include <cstdint>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "lib/match/agents.h"
#include "lib/match/front_word.h"
#include "lib/policy/order_key.h"
#include "relais/limits.h"

namespace relais::policy {
namespace {

constexpr InstantMs kMorning = 1'753'000'000'000;

struct Agent {
  AgentFigures figures;
  InstantMs idle_since_ms = 0;
  int load_place = 0;
};

std::int64_t KeyOf(AgentOrder order, const Agent& agent) {
  return OrderKey(order, agent.load_place, agent.figures, agent.idle_since_ms);
}

Agent Occupied(DurationMs occupied_ms, InstantMs idle_since_ms) {
  Agent agent;
  agent.figures.occupied_ms = occupied_ms;
  agent.idle_since_ms = idle_since_ms;
  return agent;
}
Agent Contacts(std::uint32_t contacts, InstantMs idle_since_ms) {
  Agent agent;
  agent.figures.contacts = contacts;
  agent.idle_since_ms = idle_since_ms;
  return agent;
}
Agent Offered(InstantMs last_offered_ms, InstantMs idle_since_ms) {
  Agent agent;
  agent.figures.offered = true;
  agent.figures.last_offered_ms = last_offered_ms;
  agent.idle_since_ms = idle_since_ms;
  return agent;
}
Agent NeverOffered(InstantMs idle_since_ms) {
  Agent agent;
  agent.idle_since_ms = idle_since_ms;
  return agent;
}

void ExpectRising(AgentOrder order, const std::vector<Agent>& agents) {
  for (std::size_t i = 0; i + 1 < agents.size(); ++i) {
    EXPECT_LT(KeyOf(order, agents[i]), KeyOf(order, agents[i + 1]))
        << "agent " << i;
  }
}

TEST(AgentOrderTest, LongestIdle) {
  EXPECT_EQ(KeyOf(AgentOrder::kLongestIdle, Contacts(3, 5)), 5);
}

TEST(AgentOrderTest, LeastOccupiedThenLongestIdle) {
  ExpectRising(
      AgentOrder::kLeastOccupied,
      {Occupied(0, 0), Occupied(0, kMorning), Occupied(0, kMorning + 1),
       Occupied(1'000, 0), Occupied(1'999, kMorning),
       Occupied(1'000, kMorning + 1), Occupied(2'000, 0),
       Occupied(3'599'999, kMorning), Occupied(3'600'000, kMorning)});
}

TEST(AgentOrderTest, FewestContactsThenLongestIdle) {
  ExpectRising(AgentOrder::kFewestContacts,
               {Contacts(0, 0), Contacts(0, kMorning), Contacts(1, 0),
                Contacts(1, kMorning), Contacts(1, kMorning + 1),
                Contacts(16'382, kMorning), Contacts(16'383, 0)});
}

TEST(AgentOrderTest, RoundRobinNeverOfferedFirst) {
  ExpectRising(AgentOrder::kRoundRobin,
               {NeverOffered(0), NeverOffered(kMorning),
                NeverOffered(kMorning + 1), Offered(0, kMorning), Offered(1, 0),
                Offered(kMorning, kMorning), Offered(kMorning + 1, 0)});
  // The slot decides.
  EXPECT_EQ(KeyOf(AgentOrder::kRoundRobin, Offered(7, 1)),
            KeyOf(AgentOrder::kRoundRobin, Offered(7, 2)));
}

// Load decides before the order does: of the first of an order with one unit
// more and the last with one less, and beyond what keys have room for.
TEST(AgentOrderTest, LoadBeforeEveryOrder) {
  constexpr InstantMs kLast = std::numeric_limits<InstantMs>::max();
  constexpr std::uint32_t kMany = std::numeric_limits<std::uint32_t>::max();
  Agent first = NeverOffered(0);
  Agent last = Offered(kLast, kLast);
  last.figures.contacts = kMany;
  last.figures.occupied_ms = kLast;
  for (const AgentOrder order :
       {AgentOrder::kLeastOccupied, AgentOrder::kFewestContacts,
        AgentOrder::kRoundRobin}) {
    for (int load = -kCapacityUnitsMax; load < kCapacityUnitsMax; ++load) {
      last.load_place = load;
      first.load_place = load + 1;
      EXPECT_LT(KeyOf(order, last), KeyOf(order, first))
          << static_cast<int>(order) << " " << load;
      first.load_place = load;
      EXPECT_LT(KeyOf(order, first), KeyOf(order, last))
          << static_cast<int>(order) << " " << load;
    }
  }
}

// The core compares keys of orders 1 and above by their upper 44 bits first,
// which keep their order and tell loads apart.
TEST(AgentOrderTest, KeysKeepTheirOrderInTheCoresImage) {
  const auto image = [](AgentOrder order, const Agent& agent) {
    return match::FrontWord::ImageOf(KeyOf(order, agent) >>
                                     match::kFurtherImageShift);
  };
  for (const AgentOrder order :
       {AgentOrder::kLeastOccupied, AgentOrder::kFewestContacts,
        AgentOrder::kRoundRobin}) {
    std::uint64_t before = 0;
    for (int load = -kCapacityUnitsMax; load <= kCapacityUnitsMax; ++load) {
      Agent agent = Offered(kMorning, kMorning);
      agent.load_place = load;
      const std::uint64_t now = image(order, agent);
      EXPECT_LT(before, now) << load;
      before = now;
    }
    EXPECT_LT(before, match::FrontWord::kEmptyImage);
  }
}

TEST(AgentOrderTest, ImpossibleValuesAreTheNearestPossibleOnes) {
  constexpr InstantMs kLast = std::numeric_limits<InstantMs>::max();
  const auto key = [](std::int64_t value, InstantMs idle_since_ms) {
    return LoadThenValueThenIdle(0, value, idle_since_ms);
  };
  EXPECT_EQ(key(3, -5), key(3, 0));
  EXPECT_LT(key(3, kLast), key(4, 0));
  EXPECT_EQ(key(kValueMax + 1, 1), key(kValueMax, 1));
  EXPECT_EQ(key(-1, 1), key(0, 1));
  EXPECT_GT(LoadThenValueThenIdle(kCapacityUnitsMax, kValueMax, kLast), 0);
  EXPECT_LT(LoadThenValueThenIdle(-1, kValueMax, kLast), 0);
}

TEST(AgentOrderTest, AKeyTellsWhatItWasMadeOf) {
  constexpr InstantMs kAt = kMorning + 3'600'000;
  struct Case {
    AgentOrder order;
    Agent agent;
    std::int64_t value;
    InstantMs since_ms;
  };
  const Case cases[] = {
      {AgentOrder::kLongestIdle, NeverOffered(kMorning), 0, kMorning},
      {AgentOrder::kLongestIdle, NeverOffered(kAt), 0, kAt},
      {AgentOrder::kLeastOccupied, Occupied(1'234'000, kMorning), 1'234,
       kMorning},
      {AgentOrder::kFewestContacts, Contacts(17, kMorning), 17, kMorning},
      {AgentOrder::kRoundRobin, Offered(kMorning + 5, kMorning), 1,
       kMorning + 5},
      {AgentOrder::kRoundRobin, NeverOffered(kMorning), 0, kMorning},
  };
  for (const Case& one : cases) {
    for (const int load_place : {-100, -1, 0, 1, 50, 100}) {
      Agent agent = one.agent;
      agent.load_place = load_place;
      const OrderKeyParts parts =
          PartsOf(one.order, KeyOf(one.order, agent), kAt);
      EXPECT_EQ(parts.load_place, load_place) << one.value;
      EXPECT_EQ(parts.value, one.value);
      EXPECT_EQ(parts.since_ms, one.since_ms);
    }
  }
}

}  // namespace
}  // namespace relais::policy
