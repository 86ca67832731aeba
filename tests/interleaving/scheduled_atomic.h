// An atomic whose every access is a point where the test may switch to another
// of its fibers, and the scheduler that tries all places to switch.
//
// All fibers run in one thread, so an execution is one interleaving of whole
// atomic accesses, sequentially consistent, and is repeated exactly by the same
// switches. What it can show: lost matches, double claims, wrong retries. What
// it cannot: orders weaker than sequential consistency.
//
// Thread safety: none; one scheduler runs at a time in the process.

#ifndef RELAIS_TESTS_INTERLEAVING_SCHEDULED_ATOMIC_H_
#define RELAIS_TESTS_INTERLEAVING_SCHEDULED_ATOMIC_H_

#include <ucontext.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace relais::interleaving {

class Scheduler {
 public:
  using Body = std::function<void()>;

  // One execution: fiber `order[0]` runs first. At the atomic accesses whose
  // numbers (counted over all fibers) are in `switches`, and when a fiber
  // ends, the next fiber of `order`, in a circle, that has not ended goes on.
  // Returns the number of accesses made.
  std::size_t Run(const std::vector<Body>& bodies,
                  const std::vector<std::size_t>& order,
                  const std::vector<std::size_t>& switches);

  // Called by every access.
  static void Point();

 private:
  static constexpr std::size_t kStackBytes = 256 * 1024;

  struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    Body body;
    bool ended = false;
  };
  static void Enter();
  void GoOn();
  // The next fiber that has not ended, or null.
  Fiber* Next();

  static Scheduler* current_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<std::size_t> order_;
  std::vector<std::size_t> switches_;
  std::size_t at_ = 0;  // place in order_
  std::size_t accesses_ = 0;
  std::size_t next_switch_ = 0;
  ucontext_t outside_;
};

// Runs `scenario` once for every choice of a first fiber and of at most
// `preemptions` switches. `scenario(run)` builds its state, calls
// `run(bodies)`, and checks. Returns the number of executions.
std::size_t ForAllSchedules(
    std::size_t fibers, std::size_t preemptions,
    const std::function<void(
        const std::function<void(const std::vector<Scheduler::Body>&)>& run)>&
        scenario);

template <typename T>
class ScheduledAtomic {
 public:
  ScheduledAtomic() = default;
  ScheduledAtomic(T value) : value_(value) {}  // NOLINT: as std::atomic
  ScheduledAtomic(const ScheduledAtomic&) = delete;
  ScheduledAtomic& operator=(const ScheduledAtomic&) = delete;

  T load(std::memory_order) const {
    Scheduler::Point();
    return value_;
  }
  void store(T value, std::memory_order) {
    Scheduler::Point();
    value_ = value;
  }
  T fetch_add(T by, std::memory_order) {
    Scheduler::Point();
    const T old = value_;
    value_ = static_cast<T>(value_ + by);
    return old;
  }
  T fetch_sub(T by, std::memory_order) {
    Scheduler::Point();
    const T old = value_;
    value_ = static_cast<T>(value_ - by);
    return old;
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order,
                               std::memory_order) {
    Scheduler::Point();
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure) {
    return compare_exchange_strong(expected, desired, success, failure);
  }

 private:
  T value_{};
};

}  // namespace relais::interleaving

#endif  // RELAIS_TESTS_INTERLEAVING_SCHEDULED_ATOMIC_H_
