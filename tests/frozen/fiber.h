// A call that can be left at any of its atomic accesses, for ever or for a
// while.
//
//   Fiber call([&] { core.Submit(...); });
//   if (!call.RunUntil(17)) { ... }  // it stands before its 18th access
//   call.RunUntil(Fiber::kToTheEnd);
//
// FrozenAtomic, the template argument of the code under test, counts the
// accesses. All fibers run on one thread, one at a time, so the memory is that
// of one order: this is about progress, not about weak orders
// (tests/interleaving).
//
// Not for the sanitizers, which follow stacks. Thread safety: none.

#ifndef RELAIS_TESTS_FROZEN_FIBER_H_
#define RELAIS_TESTS_FROZEN_FIBER_H_

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>

namespace relais::frozen {

class Fiber {
 public:
  static constexpr std::uint64_t kToTheEnd = ~std::uint64_t{0};

  explicit Fiber(std::function<void()> body);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Goes on until it has made `accesses` in all, or has ended (true).
  bool RunUntil(std::uint64_t accesses);
  bool ended() const { return ended_; }
  std::uint64_t accesses() const { return accesses_; }
  // By the fiber itself: stops it at that number of accesses in all.
  void Limit(std::uint64_t accesses) { limit_ = accesses; }
  // The access that it stands before.
  std::string Where() const;

  // The fiber that runs, null outside.
  static Fiber* current() { return current_; }
  // For looking without taking part: accesses between these are not counted.
  static Fiber* Suspend() {
    Fiber* const fiber = current_;
    current_ = nullptr;
    return fiber;
  }
  static void Resume(Fiber* fiber) { current_ = fiber; }
  // Before each access, by FrozenAtomic.
  static void BeforeAccess(const std::source_location& at) {
    if (current_ != nullptr) current_->Access(at);
  }

 private:
  static constexpr std::size_t kStackBytes = std::size_t{64} * 1024;

  void Access(const std::source_location& at);
  static void Enter();

  static Fiber* current_;
  std::function<void()> body_;
  std::unique_ptr<char[]> stack_;
  ucontext_t context_;
  ucontext_t outside_;
  std::uint64_t accesses_ = 0;
  std::uint64_t limit_ = 0;
  bool ended_ = false;
  std::source_location at_;
};

}  // namespace relais::frozen

#endif  // RELAIS_TESTS_FROZEN_FIBER_H_
