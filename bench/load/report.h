// What relais-load prints. Nothing here depends on the wall clock.
//
// Thread safety: pure functions.

#ifndef RELAIS_BENCH_LOAD_REPORT_H_
#define RELAIS_BENCH_LOAD_REPORT_H_

#include <string>

#include "bench/load/day.h"
#include "bench/load/figures.h"
#include "bench/load/record.h"

namespace relais::load {

// Fewer offered contacts than this give counts and no percentages.
inline constexpr std::int64_t kPercentagesFrom = 30;
// Outside these parts of the bank's abandonment the replay is at fault.
inline constexpr double kBankRatioMin = 0.5;
inline constexpr double kBankRatioMax = 1.1;
// How far two ways of playing one day may lie apart.
inline constexpr double kAgreeAbandonedPoints = 2.0;
inline constexpr double kAgreeAnswerS = 4.0;

// A table per queue and one per group of agents.
std::string FiguresText(const DayPlan& plan, const Figures& figures);

// Our figures beside the bank's, per type, and a warning where the whole day
// lies outside kBankRatioMin..Max; empty for a day that no bank has lived.
std::string BankText(const DayPlan& plan, const Figures& figures);

// Whether both lie within the bounds above of each other, and in words.
struct Agreement {
  bool agrees = false;
  std::string text;
};
Agreement CompareRuns(const Figures& over_grpc, const Figures& in_process);

// One event as a line of JSON, or the reason why it has none.
std::string EventLine(const v1::Event& event);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_REPORT_H_
