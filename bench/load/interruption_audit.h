// Whether what an agent handles was interrupted, and resumed, as
// docs/routing-model.md says: part of the audit, docs/load.md.
//
// Thread safety: one thread.

#ifndef RELAIS_BENCH_LOAD_INTERRUPTION_AUDIT_H_
#define RELAIS_BENCH_LOAD_INTERRUPTION_AUDIT_H_

#include <string>

#include "bench/load/fold.h"
#include "bench/load/rules.h"
#include "relais/v1/event.pb.h"

namespace relais::load {

// What is wrong with an interruption or a resumption that the fold does not
// know yet; empty: nothing. Unless `exact`, offers of calls at the same time
// may be numbered before it.
std::string WrongInterruption(const Rules& rules, const Fold& fold,
                              const v1::Event& event, bool exact);

// Which contact should be interrupted, or resumed, when nothing else happens,
// in words; empty: none.
std::string MissedInterruption(const Rules& rules, const std::string& agent_id,
                               const AgentFold& agent);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_INTERRUPTION_AUDIT_H_
