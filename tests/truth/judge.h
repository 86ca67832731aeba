// Compares what a Router did with what is known exactly.
//
// Thread safety: pure functions.

#ifndef RELAIS_TESTS_TRUTH_JUDGE_H_
#define RELAIS_TESTS_TRUTH_JUDGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/truth/driver.h"
#include "tests/truth/model.h"

namespace relais::truth {

struct Comparison {
  std::string case_id;
  std::size_t contact_class = 0;
  Quantity quantity = Quantity::kWaited;
  double exact = 0;
  double estimate = 0;
  double error = 0;  // standard error of the estimate
  double z = 0;
};

// How much is simulated of a case.
struct Effort {
  double contacts = 200'000;
  int replications = 64;
  double warm_up = 200;  // minutes, of each replication
  std::uint64_t seed = 1;
};

// A case simulated and compared. `configured` as in Simulate.
std::vector<Comparison> Compare(const ExactCase& exact, const Model& configured,
                                const Effort& effort);

// One class's tallies, one per replication, against its exact figures. What is
// one number under two names (nobody leaves: all speeds and levels are) is
// compared once. What is impossible, exactly 0, is no comparison unless it
// happened. Blocking so rare that fewer than 400 are expected is left out.
std::vector<Comparison> CompareClass(const std::string& case_id,
                                     std::size_t contact_class,
                                     const Figures& exact,
                                     const std::vector<Tally>& tallies);

// "MC07 0 p_wait ..." under a heading.
std::string TableOf(const std::vector<Comparison>& comparisons);

// Empty if the router agrees: every |z| at most 3.5, at most 8 % beyond 2.
std::vector<std::string> Disagreements(
    const std::vector<Comparison>& comparisons);

}  // namespace relais::truth

#endif  // RELAIS_TESTS_TRUTH_JUDGE_H_
