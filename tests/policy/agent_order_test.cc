// Goal: keys order agents as docs/routing-model.md says, ties and impossible
// values included.
// Method: lists of agents in their order, each adjacent pair compared.

#include "lib/policy/agent_order.h"

#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "lib/policy/order_key.h"

namespace relais::policy {
namespace {

constexpr InstantMs kMorning = 1'753'000'000'000;

struct Agent {
  AgentFigures figures;
  InstantMs idle_since_ms = 0;
};

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
    EXPECT_LT(
        OrderKey(order, agents[i].figures, agents[i].idle_since_ms),
        OrderKey(order, agents[i + 1].figures, agents[i + 1].idle_since_ms))
        << "agent " << i;
  }
}

TEST(AgentOrderTest, LongestIdle) {
  EXPECT_EQ(OrderKey(AgentOrder::kLongestIdle, Contacts(3, 5).figures, 5), 5);
}

TEST(AgentOrderTest, LeastOccupiedThenLongestIdle) {
  ExpectRising(
      AgentOrder::kLeastOccupied,
      {Occupied(0, 0), Occupied(0, kMorning), Occupied(0, kMorning + 1),
       Occupied(1, 0), Occupied(1, kMorning), Occupied(1'799'999, kMorning),
       Occupied(1'800'000, kMorning), Occupied(1'800'001, 0),
       Occupied(3'599'999, kMorning), Occupied(3'600'000, kMorning)});
}

TEST(AgentOrderTest, FewestContactsThenLongestIdle) {
  ExpectRising(AgentOrder::kFewestContacts,
               {Contacts(0, 0), Contacts(0, kMorning), Contacts(1, 0),
                Contacts(1, kMorning), Contacts(1, kMorning + 1),
                Contacts(2'000'000, 0), Contacts(2'000'001, 0)});
}

TEST(AgentOrderTest, RoundRobinNeverOfferedFirst) {
  ExpectRising(AgentOrder::kRoundRobin,
               {NeverOffered(0), NeverOffered(kMorning),
                NeverOffered(kMorning + 1), Offered(0, kMorning), Offered(1, 0),
                Offered(kMorning, kMorning), Offered(kMorning + 1, 0)});
  // The slot decides.
  EXPECT_EQ(OrderKey(AgentOrder::kRoundRobin, Offered(7, 1).figures, 1),
            OrderKey(AgentOrder::kRoundRobin, Offered(7, 2).figures, 2));
}

TEST(AgentOrderTest, ImpossibleValuesAreTheNearestPossibleOnes) {
  constexpr InstantMs kLast = std::numeric_limits<InstantMs>::max();
  EXPECT_EQ(KeyThenIdle(3, -5), KeyThenIdle(3, 0));
  EXPECT_LT(KeyThenIdle(3, kLast), KeyThenIdle(4, 0));
  EXPECT_EQ(KeyThenIdle(kValueMax + 1, 1), KeyThenIdle(kValueMax, 1));
  EXPECT_EQ(KeyThenIdle(-kValueMax - 9, 1), KeyThenIdle(-kValueMax, 1));
  EXPECT_GT(KeyThenIdle(kValueMax, kLast), 0);
  EXPECT_LT(KeyThenIdle(-kValueMax, kLast), 0);
}

}  // namespace
}  // namespace relais::policy
