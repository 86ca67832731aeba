// One scenario of the core's interleaving tests, how it is run, and its bounds.
//
// Each is explored twice: with seq_cst loads in the order of execution, where
// "complete before the decision began" is meant as by a clock on the wall, and
// with late_loads (weak_memory.h), where it means happens-before.
//
// Environment, for larger or smaller runs than the CI's:
//   RELAIS_INTERLEAVING_PREEMPTIONS=N, RELAIS_INTERLEAVING_WEAK=N
// RELAIS_INTERLEAVING_UNCOUNTED: the numbers of schedules are not asserted,
// since the code is not as it is (scripts/weaken-orders).

#ifndef RELAIS_TESTS_INTERLEAVING_SCENARIO_H_
#define RELAIS_TESTS_INTERLEAVING_SCENARIO_H_

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <ostream>

#include "gtest/gtest.h"
#include "tests/interleaving/centre.h"
#include "tests/interleaving/explorer.h"

namespace relais::match {

struct Scenario {
  const char* name;  // with '_' for '|'
  interleaving::Bounds bounds;
  // Within the bounds, without and with late loads together. Another number
  // means another sequence of accesses in the code, or a scenario that no
  // longer does what it should; scripts/count-schedules writes the new ones.
  std::uint64_t schedules;
  void (*body)(interleaving::Explorer& run);

  friend void PrintTo(const Scenario& scenario, std::ostream* out) {
    *out << scenario.name;
  }
};

// Replaces `value` by the variable's if it is set; true if so.
inline bool FromEnvironment(const char* name, int* value) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return false;
  *value = std::atoi(text);
  return true;
}

inline void HoldsInEverySchedule(const Scenario& scenario) {
  static auto& explorer = *new interleaving::Explorer;
  interleaving::Bounds bounds = scenario.bounds;
  bool changed =
      FromEnvironment("RELAIS_INTERLEAVING_PREEMPTIONS", &bounds.preemptions);
  changed |= FromEnvironment("RELAIS_INTERLEAVING_WEAK", &bounds.weak);
  std::uint64_t schedules = 0;
  for (const bool late : {false, true}) {
    if (late && bounds.weak == 0) break;  // nothing to choose
    bounds.late_loads = late;
    const interleaving::Report report = explorer.Explore(bounds, scenario.body);
    std::cout << scenario.name << ": " << report.schedules << " schedules with "
              << bounds.preemptions << " preemptions, " << bounds.weak
              << " weak choices" << (late ? ", late loads" : "") << "; "
              << report.executions << " executed, " << report.shared
              << " shared locations\n";
    ASSERT_EQ(report.failure, "") << report.trace;
    schedules += report.schedules;
  }
  if (changed || std::getenv("RELAIS_INTERLEAVING_UNCOUNTED") != nullptr)
    return;
  EXPECT_EQ(schedules, scenario.schedules);
}

}  // namespace relais::match

#endif  // RELAIS_TESTS_INTERLEAVING_SCENARIO_H_
