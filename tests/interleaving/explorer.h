// Tries all schedules of a few calls on the weakly ordered memory.
//
//   Report report = explorer.Explore({.preemptions = 3, .weak = 1},
//                                    [](Explorer& run) {
//     auto& centre = run.New<Centre>();      // the same in every execution
//     if (!run.Run({{"submit", [&] { ... }}, {"ready", [&] { ... }}})) return;
//     run.Expect(centre.Quiet(), "a lost match");
//   });
//
// The calls are fibers of one thread. An execution is a sequence of choices:
// which fiber begins, which goes on when one ends, whether another goes on
// before an access (a *preemption*), and the weak choices of weak_memory.h. All
// sequences within the bounds are tried, depth first, by running the scenario
// again with the sequence's beginning.
//
// Reductions, none of which hides an outcome:
//   * Fibers are switched only before accesses to locations that two fibers
//     touch and at least one writes, in any execution. They are learned: if
//     more were found by the end, the exploration is repeated.
//   * A fiber that was just switched to makes an access before it can be
//     preempted.
//   * Two beginnings that leave the same histories, in which every fiber read
//     and wrote the same messages, and with as many choices left, have the same
//     continuations: the second is not executed but counted with the number
//     found for the first. (Equality is that of 64-bit hashes.) What a scenario
//     itself remembers of the order of events must be in `observed`.
//
// A failed Expect, a failed RELAIS_CHECK in the code under test, or a call that
// does not end in kAccessesMax accesses ends the exploration. Then smaller
// bounds are tried to find the failing execution with the fewest choices, whose
// accesses Report::trace lists.
//
// Not for the sanitizers, which follow stacks. Thread safety: none.

#ifndef RELAIS_TESTS_INTERLEAVING_EXPLORER_H_
#define RELAIS_TESTS_INTERLEAVING_EXPLORER_H_

#include <ucontext.h>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/interleaving/arena.h"
#include "tests/interleaving/weak_memory.h"

namespace relais::interleaving {

struct Bounds {
  int preemptions = 2;
  int weak = 1;
  bool late_loads = false;  // Memory::Options
};

struct Report {
  std::uint64_t schedules = 0;   // within the bounds
  std::uint64_t executions = 0;  // runs of the scenario
  std::size_t shared = 0;        // locations at which fibers are switched
  std::string failure;           // empty: none
  std::string trace;
};

class Explorer final : private Memory::Chooser {
 public:
  struct Call {
    const char* name;
    std::function<void()> body;
  };
  using Scenario = std::function<void(Explorer&)>;

  Report Explore(const Bounds& bounds, const Scenario& scenario);

  // --- For scenarios ---------------------------------------------------------

  // Lives until the execution ends.
  template <typename T, typename... Args>
  T& New(Args&&... args) {
    const Arena::Scope scope;
    T* const object = new T(std::forward<Args>(args)...);
    owned_.push_back({object, [](void* it) { delete static_cast<T*>(it); }});
    return *object;
  }
  // False if the execution was given up: the scenario returns at once.
  bool Run(const std::vector<Call>& calls);
  // The first that does not hold ends the exploration.
  void Expect(bool holds, const char* what) {
    if (!holds) [[unlikely]] {
      Fail(what);
    }
  }
  void Fail(const std::string& what);
  // The fiber that runs, -1 outside of Run.
  int fiber() const { return fiber_; }
  // For promises on what was complete before something else began: the call
  // that runs has completed `mark`; it has that of others before it. Without
  // late_loads "before" is the order of execution, as a clock on the wall would
  // have it; with late_loads it is happens-before, all that C++ knows. Outside
  // of Run nothing is marked and all is known.
  void Mark(int mark);
  bool Knows(int mark) const;
  // State of the scenario that is not in atomics, if what it does with it
  // depends on the order of the fibers' steps.
  std::array<std::uint64_t, 8> observed{};

  // --- For the atomic --------------------------------------------------------

  // The explorer whose fibers run; null: accesses are plain.
  static Explorer* current() { return current_; }
  enum class Operation : std::uint8_t { kLoad, kStore, kSwap, kModify };
  struct Access {
    std::uint32_t place;
    Operation operation;
    std::memory_order order;
    std::memory_order failure;  // of kSwap
    const std::source_location* at;
  };
  std::uint64_t Load(const void* address, std::uint64_t initial,
                     std::memory_order order, const std::source_location& at);
  // These return the newest value afterwards in `*newest`.
  void Store(const void* address, std::uint64_t* newest, std::uint64_t value,
             std::memory_order order, const std::source_location& at);
  bool CompareExchange(const void* address, std::uint64_t* newest,
                       std::uint64_t* expected, std::uint64_t desired,
                       std::memory_order success, std::memory_order failure,
                       const std::source_location& at);
  template <typename Change>
  std::uint64_t Modify(const void* address, std::uint64_t* newest,
                       std::memory_order order, const std::source_location& at,
                       Change change) {
    Access access = Begin(address, Operation::kModify, order, order, at);
    const Memory::Outcome outcome =
        memory_.Modify(fiber_, access.place, *newest, access.order, change);
    *newest = memory_.Newest(access.place, *newest);
    End(access, true, outcome, *newest);
    return outcome.value;
  }

  // Called by RELAIS_CHECK through CheckFailed; returns outside of Run only.
  static void OnCheckFailed(const char* file, int line, const char* message);

  // Makes accesses plain while it lives: for looking without taking part.
  class Aside {
   public:
    Aside() : before_(current_) { current_ = nullptr; }
    ~Aside() { current_ = before_; }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

   private:
    Explorer* before_;
  };

  Explorer();
  ~Explorer() override;

 private:
  static constexpr std::size_t kStackBytes = std::size_t{128} * 1024;
  static constexpr std::uint32_t kAccessesMax = 20'000;

  struct Owned {
    void* object;
    void (*destroy)(void*);
  };
  struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    const Call* call = nullptr;
    const char* name = "";
    bool ended = false;
  };
  struct Choice {
    std::uint64_t key = 0;
    int options = 0;
    int chosen = 0;
    std::uint64_t schedules = 0;  // found below it so far
  };
  struct Step {
    Access access;
    std::source_location at;
    Memory::Outcome outcome;
    std::uint64_t after = 0;
    int fiber = 0;
  };

  int ChooseWeak(int options) override;
  int Choose(int options, std::uint64_t kind);
  // Before an access: may switch, learns who shares what.
  Access Begin(const void* address, Operation operation,
               std::memory_order order, std::memory_order failure,
               const std::source_location& at);
  void End(const Access& access, bool wrote, const Memory::Outcome& outcome,
           std::uint64_t after);
  void MayPreempt();
  void SwitchTo(int fiber);
  // Leaves the execution where it stands; does not return in a fiber.
  void GiveUp();
  static void Enter();
  std::uint64_t Key(std::uint64_t kind) const;
  int OtherRunnable(int n) const;
  int RunnableBesides() const;

  void Execute(const Scenario& scenario);
  // Explores all; false: a failure, or locations were learned.
  bool ExploreOnce(const Bounds& bounds, const Scenario& scenario,
                   Report* report);
  void ExploreUntilLearned(const Bounds& bounds, const Scenario& scenario,
                           Report* report);
  bool Backtrack();
  std::string Trace() const;

  static Explorer* current_;
  Memory memory_;
  Bounds bounds_;
  std::array<Fiber, kThreadsMax> fibers_;
  int fiber_count_ = 0;
  int fiber_ = -1;
  ucontext_t outside_;
  std::vector<Owned> owned_;

  // Of this execution.
  std::size_t depth_ = 0;
  int preemptions_left_ = 0;
  int weak_left_ = 0;
  bool given_up_ = false;
  bool just_switched_ = false;
  std::uint32_t accesses_ = 0;
  std::vector<Step> steps_;

  // Of the exploration.
  std::vector<Choice> choices_;
  std::uint64_t schedules_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> known_;
  std::array<std::bitset<Arena::kBytes>, kThreadsMax> touched_;
  std::bitset<Arena::kBytes> written_;
  std::bitset<Arena::kBytes> shared_;
  std::bitset<Arena::kBytes> found_shared_;  // the same for the next time
  std::vector<std::uint32_t> touched_places_;
  bool learned_ = false;
  std::string failure_;
};

}  // namespace relais::interleaving

#endif  // RELAIS_TESTS_INTERLEAVING_EXPLORER_H_
