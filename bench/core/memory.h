// Resident memory of something, measured in a process of its own, so that
// nothing allocated or kept by others counts.

#ifndef RELAIS_BENCH_CORE_MEMORY_H_
#define RELAIS_BENCH_CORE_MEMORY_H_

#include <functional>
#include <vector>

namespace relais::bench {

// Bytes of this process in memory now.
double ResidentBytes();

// Forks, calls `measure` in the child and returns what it returned; empty if
// the child failed. The caller must have no other thread.
std::vector<double> InChild(
    const std::function<std::vector<double>()>& measure);

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_MEMORY_H_
