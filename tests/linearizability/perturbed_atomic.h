// std::atomic, at whose accesses threads give way to each other at seeded
// random; and the same with one bug planted.
//
// On fewer processors than threads, calls of some hundred nanoseconds would
// hardly ever meet. So each access may be followed by others' turns, by a
// choice of the thread's own seeded generator. (How the threads then interleave
// is the system's choice and not repeatable; the history is printed whole.)

#ifndef RELAIS_TESTS_LINEARIZABILITY_PERTURBED_ATOMIC_H_
#define RELAIS_TESTS_LINEARIZABILITY_PERTURBED_ATOMIC_H_

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <source_location>
#include <string_view>

namespace relais::linearizability {

// Gives way at one access of `one_in` of this thread.
class Perturbation {
 public:
  static void Seed(std::uint64_t seed, std::uint32_t one_in) {
    state_ = seed * 0x9E37'79B9'7F4A'7C15 + 1;
    one_in_ = one_in;
  }
  static void GiveWay() {
    if (one_in_ == 0) return;
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    if (state_ % one_in_ == 0) sched_yield();
  }

 private:
  static inline thread_local std::uint64_t state_ = 1;
  static inline thread_local std::uint32_t one_in_ = 0;
};

enum class Bug : std::uint8_t {
  kNone,
  // A front word is raised whatever its version says.
  kRaiseIgnoresVersion,
  // A front word is never lowered.
  kNeverLowers,
  // The contact's word is read, compared and then stored.
  kTakesWithoutSwap,
  // The end of a list, looked at again shortly after, seems to be the end
  // still: among others, a walk's second look at it (front_words.h, F3) is as
  // good as none.
  kTrustsListEnd,
};

template <Bug kBug>
struct Perturbed {
  template <typename T>
  class Atomic {
    using Order = std::memory_order;
    using Site = std::source_location;

   public:
    Atomic() = default;
    Atomic(T value) : value_(value) {}  // NOLINT: as std::atomic

    T load(Order order = Order::seq_cst, Site at = Site::current()) const {
      Perturbation::GiveWay();
      if constexpr (kBug == Bug::kTrustsListEnd) {
        return LoadRemembered(In(at, "ordered_list.h"));
      }
      return value_.load(order);
    }
    void store(T value, Order order = Order::seq_cst) {
      Perturbation::GiveWay();
      value_.store(value, order);
    }
    bool compare_exchange_strong(T& expected, T desired, Order success,
                                 Order failure, Site at = Site::current()) {
      Perturbation::GiveWay();
      if constexpr (kBug == Bug::kRaiseIgnoresVersion) {
        if (In(at, "front_words.h")) return SwapImage(expected, desired);
      }
      if constexpr (kBug == Bug::kTakesWithoutSwap) {
        if (In(at, "lanes.h")) return ReadAndStore(expected, desired);
      }
      return value_.compare_exchange_strong(expected, desired, success,
                                            failure);
    }
    bool compare_exchange_weak(T& expected, T desired, Order success,
                               Order failure, Site at = Site::current()) {
      Perturbation::GiveWay();
      if constexpr (kBug == Bug::kNeverLowers) {
        if (In(at, "front_words.h")) return true;
      }
      return value_.compare_exchange_weak(expected, desired, success, failure);
    }
    T fetch_add(T by, Order order = Order::seq_cst) {
      Perturbation::GiveWay();
      return value_.fetch_add(by, order);
    }
    T fetch_sub(T by, Order order = Order::seq_cst) {
      Perturbation::GiveWay();
      return value_.fetch_sub(by, order);
    }
    T fetch_or(T bits, Order order = Order::seq_cst) {
      Perturbation::GiveWay();
      return value_.fetch_or(bits, order);
    }
    T fetch_and(T bits, Order order = Order::seq_cst) {
      Perturbation::GiveWay();
      return value_.fetch_and(bits, order);
    }

   private:
    static bool In(const Site& at, std::string_view file) {
      return std::string_view(at.file_name()).ends_with(file);
    }
    bool SwapImage(T& expected, T desired) {
      T seen = value_.load();
      while (seen >> 20 == expected >> 20) {
        if (value_.compare_exchange_weak(seen, desired)) return true;
      }
      return false;
    }
    bool ReadAndStore(T& expected, T desired) {
      if (value_.load() != expected) return false;
      Perturbation::GiveWay();
      value_.store(desired);
      return true;
    }

    // A walk looks at the end again with the 7th access after the first.
    T LoadRemembered(bool link) const {
      ++accesses_;
      if (link && remembered_at_ == this && accesses_ <= remembered_ + 7) {
        remembered_at_ = nullptr;
        return static_cast<T>(remembered_value_);
      }
      const T value = value_.load();
      // Neither mark nor index.
      if (link && static_cast<std::uint64_t>(value) >> 39 == 0) {
        remembered_at_ = this;
        remembered_ = accesses_;
        remembered_value_ = value;
      }
      return value;
    }

    static inline thread_local std::uint64_t accesses_ = 0;
    static inline thread_local const Atomic* remembered_at_ = nullptr;
    static inline thread_local std::uint64_t remembered_ = 0;
    static inline thread_local std::uint64_t remembered_value_ = 0;
    std::atomic<T> value_{};
  };
};

}  // namespace relais::linearizability

#endif  // RELAIS_TESTS_LINEARIZABILITY_PERTURBED_ATOMIC_H_
