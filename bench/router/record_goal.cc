#include "bench/router/record_goal.h"

#include <chrono>
#include <iostream>
#include <memory>
#include <vector>

#include "bench/core/report.h"
#include "bench/router/router_side.h"
#include "bench/router/workload.h"
#include "lib/base/random.h"

namespace relais::bench {
namespace {

// Of 1,000 idle agents. What is timed is the submits alone: the completions and
// the drain that follow are others' calls.
constexpr int kSubmitsTogether = 128;

class Submits {
 public:
  Submits(bool records, std::uint64_t seed)
      : random_(seed), side_(1, DrawServed(random_), records) {}

  Tally Run(double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto count = [](Clock::duration time) {
      return std::chrono::duration<double>(time).count();
    };
    Tally tally;
    const Clock::time_point begin = Clock::now();
    while (count(Clock::now() - begin) < seconds) {
      const std::int64_t now_ms = NowMs();
      const Clock::time_point before = Clock::now();
      for (int i = 0; i < kSubmitsTogether; ++i) {
        side_.SubmitUndrained(
            0, static_cast<std::uint32_t>(random_.Uniform(kClasses)), 0,
            now_ms);
      }
      tally.seconds += count(Clock::now() - before);
      tally.done += kSubmitsTogether;
      side_.Drain();
      while (side_.CompleteOldest(0, now_ms)) {
      }
    }
    // One thread, which does not wait.
    tally.cpu_seconds = tally.seconds;
    return tally;
  }

 private:
  Random random_;
  RouterSide side_;
};

Contestant Submitting(bool records) {
  return [records](std::uint64_t seed) -> Turn {
    auto submits = std::make_shared<Submits>(records, seed);
    return [submits](double seconds) { return submits->Run(seconds); };
  };
}

}  // namespace

void Goal20(const Options& options) {
  constexpr int kGoal = 20;
  Report report(std::cout);
  const std::vector<Measured> measured =
      Compare(options, options.seconds, {Submitting(true), Submitting(false)});
  report.Figure(kGoal, "with-record", measured[0].cpu_nanoseconds,
                "ns per submit");
  report.Figure(kGoal, "without", measured[1].cpu_nanoseconds, "ns per submit");
  constexpr double kShare = 1.10;
  report.Goal(
      kGoal, "submit-to-reservation-with-record-over-without",
      {{"one-thread",
        Ratios(measured[0].cpu_nanoseconds, measured[1].cpu_nanoseconds),
        AtMost(kShare)}});
}

}  // namespace relais::bench
