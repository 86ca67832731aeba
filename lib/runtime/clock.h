// The clock that a Router's callers read.
//
// Thread safety: all members may be called from any thread.

#ifndef RELAIS_LIB_RUNTIME_CLOCK_H_
#define RELAIS_LIB_RUNTIME_CLOCK_H_

#include <chrono>

#include "relais/types.h"

namespace relais::runtime {

class Clock {
 public:
  virtual ~Clock() = default;

  // Never goes back, in any thread.
  virtual InstantMs NowMs() const = 0;
  // When the machine's steady clock will read the first moment at which
  // NowMs() is at least `instant_ms`; time_point::max() for "not by itself".
  virtual std::chrono::steady_clock::time_point SteadyTimeOf(
      InstantMs instant_ms) const = 0;
};

// Starts at `start_ms` and runs `scale` times as fast as the machine's steady
// clock. Production: the wall's time and scale 1. A step of the wall clock
// after the start is not followed, so that deadlines stay what they were.
class ScaledClock final : public Clock {
 public:
  // `scale` must be positive.
  ScaledClock(InstantMs start_ms, double scale);

  InstantMs NowMs() const override;
  std::chrono::steady_clock::time_point SteadyTimeOf(
      InstantMs instant_ms) const override;
  double scale() const { return scale_; }

 private:
  const InstantMs start_ms_;
  const double scale_;
  const std::chrono::steady_clock::time_point origin_;
};

// What the machine's wall clock reads now.
InstantMs WallTimeMs();

}  // namespace relais::runtime

#endif  // RELAIS_LIB_RUNTIME_CLOCK_H_
