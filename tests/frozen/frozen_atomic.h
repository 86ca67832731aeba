// std::atomic for one thread, whose every access is a place where the fiber
// that makes it can be left standing (fiber.h).

#ifndef RELAIS_TESTS_FROZEN_FROZEN_ATOMIC_H_
#define RELAIS_TESTS_FROZEN_FROZEN_ATOMIC_H_

#include <atomic>
#include <source_location>

#include "lib/match/ordered_list.h"
#include "tests/frozen/fiber.h"

namespace relais::frozen {

template <typename T>
class FrozenAtomic {
  using Order = std::memory_order;
  using Site = std::source_location;

 public:
  constexpr FrozenAtomic() = default;
  constexpr FrozenAtomic(T value) : value_(value) {}  // NOLINT: as std::atomic
  FrozenAtomic(const FrozenAtomic&) = delete;
  FrozenAtomic& operator=(const FrozenAtomic&) = delete;

  T load(Order = Order::seq_cst, Site at = Site::current()) const {
    Fiber::BeforeAccess(at);
    return value_;
  }
  void store(T value, Order = Order::seq_cst, Site at = Site::current()) {
    Fiber::BeforeAccess(at);
    value_ = value;
  }
  bool compare_exchange_strong(T& expected, T desired, Order, Order,
                               Site at = Site::current()) {
    Fiber::BeforeAccess(at);
    if (value_ != expected) {
      expected = value_;
      return false;
    }
    value_ = desired;
    return true;
  }
  bool compare_exchange_weak(T& expected, T desired, Order success,
                             Order failure, Site at = Site::current()) {
    return compare_exchange_strong(expected, desired, success, failure, at);
  }
  T fetch_add(T by, Order = Order::seq_cst, Site at = Site::current()) {
    return Modify(at, [by](T old) { return static_cast<T>(old + by); });
  }
  T fetch_sub(T by, Order = Order::seq_cst, Site at = Site::current()) {
    return Modify(at, [by](T old) { return static_cast<T>(old - by); });
  }
  T fetch_or(T bits, Order = Order::seq_cst, Site at = Site::current()) {
    return Modify(at, [bits](T old) { return static_cast<T>(old | bits); });
  }
  T fetch_and(T bits, Order = Order::seq_cst, Site at = Site::current()) {
    return Modify(at, [bits](T old) { return static_cast<T>(old & bits); });
  }

 private:
  template <typename Change>
  T Modify(const Site& at, Change change) {
    Fiber::BeforeAccess(at);
    const T old = value_;
    value_ = change(old);
    return old;
  }

  T value_{};
};

}  // namespace relais::frozen

namespace relais::match {
template <>
inline constexpr bool kZeroIsInitial<frozen::FrozenAtomic> = true;
}  // namespace relais::match

#endif  // RELAIS_TESTS_FROZEN_FROZEN_ATOMIC_H_
