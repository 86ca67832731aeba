// Decisions re-derived from the events: who was given what, the keys that were
// compared, and the best one passed over with its reason.
//
// Thread safety: pure function.

#ifndef RELAIS_BENCH_LOAD_EXPLAIN_H_
#define RELAIS_BENCH_LOAD_EXPLAIN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "bench/load/day.h"
#include "bench/load/record.h"

namespace relais::load {

// Up to `count` decisions in which somebody was passed over, spread over the
// day; which ones depends on the events alone. Alternately such where a
// contact and such where an agent was passed over, as far as there are any.
std::vector<std::string> ExplainDecisions(const DayPlan& plan,
                                          const Record& record,
                                          std::size_t count);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_EXPLAIN_H_
