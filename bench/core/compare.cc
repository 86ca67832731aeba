#include "bench/core/compare.h"

namespace relais::bench {
namespace {

constexpr int kTurns = 4;
constexpr double kWarmUp = 0.15;  // of the measured time

}  // namespace

void Tally::operator+=(const Tally& other) {
  done += other.done;
  seconds += other.seconds;
  cpu_seconds += other.cpu_seconds;
}

std::vector<Measured> Compare(const Options& options, double seconds,
                              const std::vector<Contestant>& contestants) {
  std::vector<Measured> measured(contestants.size());
  for (int repetition = 0; repetition < options.repetitions; ++repetition) {
    std::vector<Turn> turns;
    turns.reserve(contestants.size());
    for (const Contestant& contestant : contestants) {
      turns.push_back(
          contestant(options.seed + static_cast<std::uint64_t>(repetition)));
    }
    for (const Turn& turn : turns) turn(seconds * kWarmUp);
    std::vector<Tally> tallies(turns.size());
    for (int i = 0; i < kTurns; ++i) {
      for (std::size_t j = 0; j < turns.size(); ++j) {
        const std::size_t at = i % 2 == 0 ? j : turns.size() - 1 - j;
        tallies[at] += turns[at](seconds / kTurns);
      }
    }
    for (std::size_t j = 0; j < turns.size(); ++j) {
      measured[j].per_second.Add(tallies[j].PerSecond());
      measured[j].cpu_nanoseconds.Add(tallies[j].CpuNanoseconds());
    }
  }
  return measured;
}

}  // namespace relais::bench
