// Whether a call that was refused had lost a race: part of the audit,
// docs/load.md.
//
// Thread safety: pure functions.

#ifndef RELAIS_BENCH_LOAD_REFUSED_AUDIT_H_
#define RELAIS_BENCH_LOAD_REFUSED_AUDIT_H_

#include <vector>

#include "bench/load/record.h"
#include "relais/v1/event.pb.h"

namespace relais::load {

// Two calls may race; the one that came second is refused, and the events say
// which one came first. A pull may find nothing.
bool IsExplained(const RefusedCall& call, const std::vector<v1::Event>& events);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_REFUSED_AUDIT_H_
