#include "bench/core/latency.h"

#include <cmath>

#include "bench/core/threads.h"

namespace relais::bench {

std::uint64_t Histogram::Percentile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(
      std::ceil(share * static_cast<double>(Count())));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (counts_[i] > 0 && seen >= wanted) return LowerEnd(i);
  }
  return 0;
}

double CyclesPerSecond() {
  static const double rate = [] {
    const double begin = WallSeconds();
    const std::uint64_t first = Cycles();
    while (WallSeconds() - begin < 0.05) {
    }
    const std::uint64_t last = Cycles();
    return static_cast<double>(last - first) / (WallSeconds() - begin);
  }();
  return rate;
}

}  // namespace relais::bench
