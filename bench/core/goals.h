// The goals, each measured and judged by one function. What exactly is
// measured is in README.md beside this file.

#ifndef RELAIS_BENCH_CORE_GOALS_H_
#define RELAIS_BENCH_CORE_GOALS_H_

#include "bench/core/compare.h"
#include "bench/core/report.h"

namespace relais::bench {

void OneThread(const Options& options, Report& report);       // goal 1
void TwoThreads(const Options& options, Report& report);      // goal 2
void RoutingGroups(const Options& options, Report& report);   // goal 3
void QueueAlone(const Options& options, Report& report);      // goal 4
void Depth(const Options& options, Report& report);           // goal 5
void Width(const Options& options, Report& report);           // goal 6
void FrozenThread(const Options& options, Report& report);    // goal 7
void Latency(const Options& options, Report& report);         // goal 8
void Inversions(const Options& options, Report& report);      // goal 9
void CancelsReturns(const Options& options, Report& report);  // goal 10
void Memory(const Options& options, Report& report);          // goal 16

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_GOALS_H_
