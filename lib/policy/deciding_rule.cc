#include "lib/policy/deciding_rule.h"

namespace relais::policy {

DecidingRule ContactRule(const ComparedEntry& chosen,
                         const ComparedEntry* next) {
  if (chosen.of == ComparedEntry::kHeldClass) return DecidingRule::kHeld;
  if (next == nullptr) return DecidingRule::kOnly;
  if (chosen.rank != next->rank) return DecidingRule::kQueueOrder;
  return chosen.key != next->key ? DecidingRule::kRankKey
                                 : DecidingRule::kArrival;
}

DecidingRule AgentRule(const ComparedEntry& chosen, const ComparedEntry* next) {
  if (next == nullptr) return DecidingRule::kOnly;
  if (chosen.rank != next->rank) return DecidingRule::kFit;
  return chosen.key != next->key ? DecidingRule::kAgentOrder
                                 : DecidingRule::kAgentNumber;
}

}  // namespace relais::policy
