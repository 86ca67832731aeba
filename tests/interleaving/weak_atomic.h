// std::atomic on the weakly ordered memory of weak_memory.h: each access, while
// an Explorer runs its calls, is a place where another call may go on, and
// reads or writes as the orders given allow. Elsewhere it is a plain variable.
//
// Use it as the template argument of the code under test:
// MatcherT<WeakAtomic>. It has the size and alignment of T.

#ifndef RELAIS_TESTS_INTERLEAVING_WEAK_ATOMIC_H_
#define RELAIS_TESTS_INTERLEAVING_WEAK_ATOMIC_H_

#include <atomic>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "tests/interleaving/explorer.h"

namespace relais::interleaving {

template <typename T>
class WeakAtomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  using Order = std::memory_order;
  using Site = std::source_location;

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = true;

  constexpr WeakAtomic() = default;
  constexpr WeakAtomic(T value) : value_(value) {}  // NOLINT: as std::atomic
  WeakAtomic(const WeakAtomic&) = delete;
  WeakAtomic& operator=(const WeakAtomic&) = delete;

  T load(Order order = Order::seq_cst, Site at = Site::current()) const {
    Explorer* const explorer = Explorer::current();
    if (explorer == nullptr) return value_;
    return From(explorer->Load(this, Bits(value_), order, at));
  }
  void store(T value, Order order = Order::seq_cst, Site at = Site::current()) {
    Explorer* const explorer = Explorer::current();
    if (explorer == nullptr) {
      value_ = value;
      return;
    }
    std::uint64_t newest = Bits(value_);
    explorer->Store(this, &newest, Bits(value), order, at);
    value_ = From(newest);
  }
  bool compare_exchange_strong(T& expected, T desired, Order success,
                               Order failure, Site at = Site::current()) {
    Explorer* const explorer = Explorer::current();
    if (explorer == nullptr) {
      if (Bits(value_) != Bits(expected)) {
        expected = value_;
        return false;
      }
      value_ = desired;
      return true;
    }
    std::uint64_t newest = Bits(value_);
    std::uint64_t bits = Bits(expected);
    const bool swapped = explorer->CompareExchange(
        this, &newest, &bits, Bits(desired), success, failure, at);
    value_ = From(newest);
    expected = From(bits);
    return swapped;
  }
  bool compare_exchange_strong(T& expected, T desired,
                               Order order = Order::seq_cst,
                               Site at = Site::current()) {
    return compare_exchange_strong(expected, desired, order, FailureOf(order),
                                   at);
  }
  bool compare_exchange_weak(T& expected, T desired, Order success,
                             Order failure, Site at = Site::current()) {
    return compare_exchange_strong(expected, desired, success, failure, at);
  }
  bool compare_exchange_weak(T& expected, T desired,
                             Order order = Order::seq_cst,
                             Site at = Site::current()) {
    return compare_exchange_strong(expected, desired, order, FailureOf(order),
                                   at);
  }
  T exchange(T value, Order order = Order::seq_cst, Site at = Site::current()) {
    return Modify(order, at, [value](T) { return value; });
  }
  T fetch_add(T by, Order order = Order::seq_cst, Site at = Site::current()) {
    return Modify(order, at, [by](T old) { return static_cast<T>(old + by); });
  }
  T fetch_sub(T by, Order order = Order::seq_cst, Site at = Site::current()) {
    return Modify(order, at, [by](T old) { return static_cast<T>(old - by); });
  }
  T fetch_or(T bits, Order order = Order::seq_cst, Site at = Site::current()) {
    return Modify(order, at,
                  [bits](T old) { return static_cast<T>(old | bits); });
  }
  T fetch_and(T bits, Order order = Order::seq_cst, Site at = Site::current()) {
    return Modify(order, at,
                  [bits](T old) { return static_cast<T>(old & bits); });
  }
  T fetch_xor(T bits, Order order = Order::seq_cst, Site at = Site::current()) {
    return Modify(order, at,
                  [bits](T old) { return static_cast<T>(old ^ bits); });
  }

 private:
  static std::uint64_t Bits(T value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
  }
  static T From(std::uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  static Order FailureOf(Order order) {
    if (order == Order::acq_rel) return Order::acquire;
    return order == Order::release ? Order::relaxed : order;
  }
  template <typename Change>
  T Modify(Order order, const Site& at, Change change) {
    Explorer* const explorer = Explorer::current();
    if (explorer == nullptr) {
      const T old = value_;
      value_ = change(old);
      return old;
    }
    std::uint64_t newest = Bits(value_);
    const T old = From(explorer->Modify(
        this, &newest, order, at,
        [&](std::uint64_t bits) { return Bits(change(From(bits))); }));
    value_ = From(newest);
    return old;
  }

  // The newest in modification order.
  T value_{};
};

}  // namespace relais::interleaving

#endif  // RELAIS_TESTS_INTERLEAVING_WEAK_ATOMIC_H_
