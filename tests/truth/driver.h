// Drives a Router through a model's life and counts what becomes of its
// customers.
//
// Thread safety: pure function.

#ifndef RELAIS_TESTS_TRUTH_DRIVER_H_
#define RELAIS_TESTS_TRUTH_DRIVER_H_

#include <cstdint>
#include <vector>

#include "tests/truth/model.h"

namespace relais::truth {

// Of one class, of the contacts that arrived in the counted time.
struct Tally {
  double arrived = 0;
  double blocked = 0;
  double accepted = 0;
  double waited = 0;
  double abandoned = 0;
  double served = 0;
  double served_in_time = 0;
  double left_early = 0;  // abandoned before the threshold
  double wait_of_served = 0;
  double wait_of_all = 0;
};

struct Replication {
  std::uint64_t seed = 1;
  double warm_up = 0;  // not counted
  double length = 0;   // of the counted time, after the warm-up
};

// One tally per class. `configured` is what the Router is told; it is `world`
// but where a test shows that the difference is seen.
std::vector<Tally> Simulate(const Model& world, const Model& configured,
                            const Replication& replication);

}  // namespace relais::truth

#endif  // RELAIS_TESTS_TRUTH_DRIVER_H_
