// A clock for tests that say what time it is.
//
// Thread safety: any thread.

#ifndef RELAIS_TESTS_RUNTIME_MANUAL_CLOCK_H_
#define RELAIS_TESTS_RUNTIME_MANUAL_CLOCK_H_

#include <atomic>
#include <chrono>

#include "lib/runtime/clock.h"

namespace relais::runtime {

// Moves only when told, and sets off no timer: what is due runs when somebody
// asks, by a Barrier for example.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(InstantMs now_ms = 0) : now_ms_(now_ms) {}

  InstantMs NowMs() const override { return now_ms_.load(); }
  std::chrono::steady_clock::time_point SteadyTimeOf(InstantMs) const override {
    return std::chrono::steady_clock::time_point::max();
  }
  void Set(InstantMs now_ms) { now_ms_ = now_ms; }

 private:
  std::atomic<InstantMs> now_ms_;
};

}  // namespace relais::runtime

#endif  // RELAIS_TESTS_RUNTIME_MANUAL_CLOCK_H_
