#include "bench/router/workload.h"

namespace relais::bench {

Served DrawServed(Random& random) {
  Served served{};
  std::uint32_t in_turn = 0;
  for (auto& of_profile : served) {
    for (std::size_t i = 0; i < of_profile.size(); ++i) {
      if (i % 2 == 0) {
        of_profile[i] = in_turn++ % kClasses;
        continue;
      }
      of_profile[i] = static_cast<std::uint32_t>(random.Uniform(kClasses));
    }
  }
  return served;
}

std::int64_t NowMs() {
  static const auto begin = std::chrono::steady_clock::now();
  constexpr std::int64_t kFirst = 1'000'000'000;  // as instants are: large
  return kFirst + std::chrono::duration_cast<std::chrono::milliseconds>(
                      std::chrono::steady_clock::now() - begin)
                      .count();
}

}  // namespace relais::bench
