// The processor's cycle counter. The machines that Relais is measured on have
// one that runs evenly and alike on all processors (constant_tsc).

#ifndef RELAIS_BENCH_CORE_CYCLES_H_
#define RELAIS_BENCH_CORE_CYCLES_H_

#include <x86intrin.h>

#include <cstdint>

namespace relais::bench {

inline std::uint64_t Cycles() { return __rdtsc(); }

// Not before everything earlier in the program has been carried out, and
// before anything later begins: for ordering against other threads.
inline std::uint64_t CyclesInOrder() {
  _mm_mfence();
  _mm_lfence();
  const std::uint64_t cycles = __rdtsc();
  _mm_lfence();
  return cycles;
}

// Cycles a second, measured once against the clock.
double CyclesPerSecond();

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_CYCLES_H_
