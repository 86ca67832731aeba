// What both sides tell the driver.

#ifndef RELAIS_BENCH_CORE_TAKEN_H_
#define RELAIS_BENCH_CORE_TAKEN_H_

#include <cstdint>

namespace relais::bench {

// Where a contact stood. Smaller (key, sequence) is served first.
struct Place {
  std::uint32_t lane = 0;
  std::int64_t key = 0;
  std::uint64_t sequence = 0;
};

// One decision: a contact paired with an agent. `handle` names this contact's
// present state; what is done with an outdated one is refused.
struct Taken {
  std::uint32_t contact = 0;
  std::uint32_t agent = 0;
  std::uint64_t handle = 0;
  // The publication that was decided upon: what Submit or Return returned.
  std::uint64_t published = 0;
  Place place;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_TAKEN_H_
