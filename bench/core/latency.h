// How long single calls take: a histogram with buckets of at most 1/32 of
// their value, and the probe that fills it.

#ifndef RELAIS_BENCH_CORE_LATENCY_H_
#define RELAIS_BENCH_CORE_LATENCY_H_

#include <array>
#include <bit>
#include <cstdint>

#include "bench/core/cycles.h"
#include "bench/core/worker.h"

namespace relais::bench {

class Histogram {
 public:
  void Add(std::uint64_t value) { ++counts_[BucketOf(value)]; }
  void Add(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] += other.counts_[i];
    }
  }
  std::uint64_t Count() const {
    std::uint64_t count = 0;
    for (const std::uint64_t in_bucket : counts_) count += in_bucket;
    return count;
  }
  // The smallest value such that `share` of all are at most it, to within a
  // bucket (its lower end); 0 of none.
  std::uint64_t Percentile(double share) const;

  static std::size_t BucketOf(std::uint64_t value) {
    if (value < kSteps) return static_cast<std::size_t>(value);
    const int shift = std::bit_width(value) - 1 - kStepBits;
    return static_cast<std::size_t>(shift + 1) * kSteps +
           (static_cast<std::size_t>(value >> shift) - kSteps);
  }
  static std::uint64_t LowerEnd(std::size_t bucket) {
    if (bucket < kSteps) return bucket;
    const std::size_t shift = bucket / kSteps - 1;
    return static_cast<std::uint64_t>(bucket % kSteps + kSteps) << shift;
  }

 private:
  static constexpr int kStepBits = 5;
  static constexpr std::size_t kSteps = 1U << kStepBits;
  static constexpr std::size_t kBuckets = (64 - kStepBits + 1) * kSteps;

  std::array<std::uint64_t, kBuckets> counts_{};
};

// Times every call into a system.
struct LatencyProbe : NoProbe {
  void BeforeCall() { begin = Cycles(); }
  void AfterCall() { histogram->Add(Cycles() - begin); }

  Histogram* histogram = nullptr;
  std::uint64_t begin = 0;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_LATENCY_H_
