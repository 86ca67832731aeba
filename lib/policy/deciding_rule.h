// Which rule told the chosen contact, or agent, from the next.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_POLICY_DECIDING_RULE_H_
#define RELAIS_LIB_POLICY_DECIDING_RULE_H_

#include "relais/decision_record.h"

namespace relais::policy {

// Null: nothing else was compared.
DecidingRule ContactRule(const ComparedEntry& chosen,
                         const ComparedEntry* next);
DecidingRule AgentRule(const ComparedEntry& chosen, const ComparedEntry* next);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_DECIDING_RULE_H_
