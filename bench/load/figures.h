// The figures of a day, from the events: per queue and per group of agents.
// The measures are defined in docs/load.md.
//
// Thread safety: pure functions and plain values.

#ifndef RELAIS_BENCH_LOAD_FIGURES_H_
#define RELAIS_BENCH_LOAD_FIGURES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/load/day.h"
#include "bench/load/record.h"

namespace relais::load {

struct QueueFigures {
  std::int64_t offered = 0;
  std::int64_t answered = 0;
  std::int64_t abandoned = 0;
  std::int64_t short_abandoned = 0;  // among the abandoned
  std::int64_t withdrawn = 0;        // cancelled, or the wait limit
  std::int64_t lost_hang_ups = 0;    // the lease ended the handling
  std::int64_t within_threshold = 0;
  std::int64_t at_once = 0;  // reserved within the submit call
  std::int64_t declined = 0;
  std::int64_t no_answer = 0;
  DurationMs wait_sum_ms = 0;    // of the answered, from entry to acceptance
  DurationMs handle_sum_ms = 0;  // handling and wrap-up
  // Of the agents who may serve the queue, whatever they were busy with.
  DurationMs agents_available_ms = 0;
  DurationMs agents_busy_ms = 0;

  // Adds the counts and sums of contacts; agents serve several queues.
  void Add(const QueueFigures& other);
  double AbandonedPercent() const;
  double AtOncePercent() const;
  double ServiceLevelPercent() const;  // served_over_accepted
  double AccessibilityPercent() const;
  double AverageSpeedOfAnswerS() const;
  double AverageHandleS() const;
  double OccupancyPercent() const;
};

struct GroupFigures {
  std::int64_t agents = 0;      // who were there
  DurationMs available_ms = 0;  // signed in, less not ready
  DurationMs busy_ms = 0;       // reserved, handling, wrap-up

  double OccupancyPercent() const;
};

struct Figures {
  // By the configuration's order.
  std::vector<std::pair<std::string, QueueFigures>> queues;
  QueueFigures all_queues;
  std::vector<std::pair<std::string, GroupFigures>> groups;  // by grade
  GroupFigures all_groups;
  std::size_t events = 0;
};

Figures ComputeFigures(const DayPlan& plan, const Record& record);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_FIGURES_H_
