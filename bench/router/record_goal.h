// Goal 20: what the record of a decision costs a submit that finds its agent.

#ifndef RELAIS_BENCH_ROUTER_RECORD_GOAL_H_
#define RELAIS_BENCH_ROUTER_RECORD_GOAL_H_

#include "bench/core/compare.h"

namespace relais::bench {

void Goal20(const Options& options);

}  // namespace relais::bench

#endif  // RELAIS_BENCH_ROUTER_RECORD_GOAL_H_
