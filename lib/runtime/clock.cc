#include "lib/runtime/clock.h"

#include <cmath>

#include "lib/base/assert.h"

namespace relais::runtime {
namespace {

using std::chrono::steady_clock;

// Beyond this a deadline is re-armed on the way rather than computed.
constexpr double kHorizonNanoseconds = 30.0 * 24 * 3600 * 1e9;

}  // namespace

ScaledClock::ScaledClock(InstantMs start_ms, double scale)
    : start_ms_(start_ms), scale_(scale), origin_(steady_clock::now()) {
  RELAIS_CHECK(scale > 0, "the clock must run forwards");
}

InstantMs ScaledClock::NowMs() const {
  const auto passed = std::chrono::duration_cast<std::chrono::nanoseconds>(
      steady_clock::now() - origin_);
  return start_ms_ + static_cast<InstantMs>(
                         static_cast<double>(passed.count()) * scale_ / 1e6);
}

steady_clock::time_point ScaledClock::SteadyTimeOf(InstantMs instant_ms) const {
  const double ahead = static_cast<double>(instant_ms - start_ms_);
  if (ahead <= 0) return origin_;
  const double nanoseconds = std::ceil(ahead * 1e6 / scale_);
  const auto horizon =
      steady_clock::now() +
      std::chrono::nanoseconds(static_cast<std::int64_t>(kHorizonNanoseconds));
  const double to_horizon = static_cast<double>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(horizon - origin_)
          .count());
  if (nanoseconds >= to_horizon) return horizon;
  return origin_ +
         std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

InstantMs WallTimeMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace relais::runtime
