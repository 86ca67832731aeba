// Goal: the rule named is the first in which the chosen one and the next
// differ. Method: a pair for each rule.

#include "lib/policy/deciding_rule.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace relais::policy {
namespace {

ComparedEntry Entry(int rank, std::int64_t key, std::uint16_t of = 1) {
  ComparedEntry entry;
  entry.rank = static_cast<std::uint8_t>(rank);
  entry.key = key;
  entry.of = of;
  return entry;
}

TEST(DecidingRuleTest, OfContacts) {
  const ComparedEntry chosen = Entry(1, 500);
  const ComparedEntry held = Entry(0, 900, ComparedEntry::kHeldClass);
  const ComparedEntry later = Entry(1, 501);
  const ComparedEntry alike = Entry(1, 500, 2);
  const ComparedEntry earlier_but_ranked_after = Entry(2, 100);
  EXPECT_EQ(ContactRule(chosen, nullptr), DecidingRule::kOnly);
  EXPECT_EQ(ContactRule(held, &later), DecidingRule::kHeld);
  EXPECT_EQ(ContactRule(held, nullptr), DecidingRule::kHeld);
  EXPECT_EQ(ContactRule(chosen, &later), DecidingRule::kRankKey);
  EXPECT_EQ(ContactRule(chosen, &alike), DecidingRule::kArrival);
  EXPECT_EQ(ContactRule(chosen, &earlier_but_ranked_after),
            DecidingRule::kQueueOrder);
}

TEST(DecidingRuleTest, OfAgents) {
  const ComparedEntry chosen = Entry(5, 500);
  const ComparedEntry worse = Entry(4, 100);
  const ComparedEntry later = Entry(5, 501);
  const ComparedEntry alike = Entry(5, 500, 2);
  EXPECT_EQ(AgentRule(chosen, nullptr), DecidingRule::kOnly);
  EXPECT_EQ(AgentRule(chosen, &worse), DecidingRule::kFit);
  EXPECT_EQ(AgentRule(chosen, &later), DecidingRule::kAgentOrder);
  EXPECT_EQ(AgentRule(chosen, &alike), DecidingRule::kAgentNumber);
}

}  // namespace
}  // namespace relais::policy
