// Goal: the weakly ordered memory allows what C++20 allows, and nothing that it
// forbids; the explorer finds what it should. Without this, a green
// interleaving test could mean that the memory is too strong.
// Method: the classic litmus tests; all outcomes of all schedules are compared
// with the exact set that RC11 gives. Two defects of the kind the core must not
// have are planted and must be found.

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/interleaving/explorer.h"
#include "tests/interleaving/weak_atomic.h"

namespace relais::interleaving {
namespace {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;
using testing::IsSupersetOf;
using testing::UnorderedElementsAreArray;

struct Variables {
  WeakAtomic<int> x{0};
  WeakAtomic<int> y{0};
  WeakAtomic<int> z{0};
  int r[4] = {-1, -1, -1, -1};
};

using Outcomes = std::set<std::string>;
using Program = std::function<std::vector<Explorer::Call>(Variables&)>;

// What the first `registers` registers are at the end, in all executions.
Outcomes OutcomesOf(int registers, const Program& program,
                    bool final_values = false, bool late_loads = true) {
  static auto& explorer = *new Explorer;
  Outcomes outcomes;
  Bounds bounds;
  bounds.preemptions = 8;
  bounds.weak = 4;
  bounds.late_loads = late_loads;
  const Report report = explorer.Explore(bounds, [&](Explorer& run) {
    Variables& v = run.New<Variables>();
    if (!run.Run(program(v))) return;
    std::string outcome;
    for (int i = 0; i < registers; ++i) outcome += std::to_string(v.r[i]);
    if (final_values) {
      outcome +=
          " x" + std::to_string(v.x.load()) + "y" + std::to_string(v.y.load());
    }
    outcomes.insert(outcome);
  });
  EXPECT_EQ(report.failure, "");
  return outcomes;
}

Outcomes StoreBuffering(std::memory_order store, std::memory_order load) {
  return OutcomesOf(2, [=](Variables& v) -> std::vector<Explorer::Call> {
    return {{"a",
             [&v, store, load] {
               v.x.store(1, store);
               v.r[0] = v.y.load(load);
             }},
            {"b", [&v, store, load] {
               v.y.store(1, store);
               v.r[1] = v.x.load(load);
             }}};
  });
}

TEST(LitmusTest, StoreBuffering) {
  const Outcomes all = {"00", "01", "10", "11"};
  EXPECT_EQ(StoreBuffering(memory_order_relaxed, memory_order_relaxed), all);
  EXPECT_EQ(StoreBuffering(memory_order_release, memory_order_acquire), all);
  // The publishing write made a release store: the look misses.
  EXPECT_EQ(StoreBuffering(memory_order_release, memory_order_seq_cst), all);
  EXPECT_EQ(StoreBuffering(memory_order_seq_cst, memory_order_acquire), all);
  EXPECT_EQ(StoreBuffering(memory_order_seq_cst, memory_order_seq_cst),
            (Outcomes{"01", "10", "11"}));
}

Outcomes StoreBufferingByCas(std::memory_order swap, std::memory_order load) {
  return OutcomesOf(2, [=](Variables& v) -> std::vector<Explorer::Call> {
    const auto publish = [=](WeakAtomic<int>& at) {
      int expected = 0;
      at.compare_exchange_strong(expected, 1, swap, memory_order_relaxed);
    };
    return {{"a",
             [&v, publish, load] {
               publish(v.x);
               v.r[0] = v.y.load(load);
             }},
            {"b", [&v, publish, load] {
               publish(v.y);
               v.r[1] = v.x.load(load);
             }}};
  });
}

// What C++ allows and x86 does not: read-modify-writes that are weaker than
// seq_cst do not order a later load of another location.
TEST(LitmusTest, StoreBufferingByReadModifyWrites) {
  EXPECT_EQ(StoreBufferingByCas(memory_order_acq_rel, memory_order_seq_cst),
            (Outcomes{"00", "01", "10", "11"}));
  EXPECT_EQ(StoreBufferingByCas(memory_order_seq_cst, memory_order_acquire),
            (Outcomes{"00", "01", "10", "11"}));
  EXPECT_EQ(StoreBufferingByCas(memory_order_seq_cst, memory_order_seq_cst),
            (Outcomes{"01", "10", "11"}));
}

Outcomes MessagePassing(std::memory_order data_store, std::memory_order store,
                        std::memory_order load, std::memory_order data_load,
                        bool late_loads = true) {
  return OutcomesOf(
      2,
      [=](Variables& v) -> std::vector<Explorer::Call> {
        return {{"writer",
                 [&v, data_store, store] {
                   v.x.store(1, data_store);
                   v.y.store(1, store);
                 }},
                {"reader", [&v, load, data_load] {
                   v.r[0] = v.y.load(load);
                   v.r[1] = v.x.load(data_load);
                 }}};
      },
      false, late_loads);
}

TEST(LitmusTest, MessagePassing) {
  const Outcomes all = {"00", "01", "10", "11"};
  const Outcomes passed = {"00", "01", "11"};
  const auto relaxed = memory_order_relaxed;
  EXPECT_EQ(MessagePassing(relaxed, relaxed, relaxed, relaxed), all);
  EXPECT_EQ(MessagePassing(relaxed, memory_order_release, relaxed, relaxed),
            all);
  EXPECT_EQ(MessagePassing(relaxed, relaxed, memory_order_acquire, relaxed),
            all);
  EXPECT_EQ(MessagePassing(relaxed, memory_order_release, memory_order_acquire,
                           relaxed),
            passed);
  EXPECT_EQ(MessagePassing(relaxed, memory_order_seq_cst, memory_order_seq_cst,
                           relaxed),
            passed);
  // seq_cst data passed by a relaxed flag: C++ allows to miss it, but only
  // late_loads shows it.
  const auto seq_cst = memory_order_seq_cst;
  EXPECT_EQ(MessagePassing(seq_cst, relaxed, relaxed, seq_cst), all);
  EXPECT_EQ(MessagePassing(seq_cst, relaxed, relaxed, seq_cst, false), passed);
  EXPECT_EQ(MessagePassing(seq_cst, memory_order_release, memory_order_acquire,
                           seq_cst),
            passed);
}

Outcomes Iriw(std::memory_order store, std::memory_order load) {
  return OutcomesOf(4, [=](Variables& v) -> std::vector<Explorer::Call> {
    return {{"x", [&v, store] { v.x.store(1, store); }},
            {"y", [&v, store] { v.y.store(1, store); }},
            {"xy",
             [&v, load] {
               v.r[0] = v.x.load(load);
               v.r[1] = v.y.load(load);
             }},
            {"yx", [&v, load] {
               v.r[2] = v.y.load(load);
               v.r[3] = v.x.load(load);
             }}};
  });
}

TEST(LitmusTest, IndependentReadsOfIndependentWrites) {
  const Outcomes weak = Iriw(memory_order_release, memory_order_acquire);
  EXPECT_EQ(weak.size(), 16u);
  EXPECT_TRUE(weak.contains("1010"));
  Outcomes strong = weak;
  strong.erase("1010");
  EXPECT_EQ(Iriw(memory_order_seq_cst, memory_order_seq_cst), strong);
}

TEST(LitmusTest, ReadsOfOneLocationAreCoherent) {
  const Outcomes outcomes =
      OutcomesOf(2, [](Variables& v) -> std::vector<Explorer::Call> {
        return {{"writer",
                 [&v] {
                   v.x.store(1, memory_order_relaxed);
                   v.x.store(2, memory_order_relaxed);
                 }},
                {"reader", [&v] {
                   v.r[0] = v.x.load(memory_order_relaxed);
                   v.r[1] = v.x.load(memory_order_relaxed);
                 }}};
      });
  EXPECT_EQ(outcomes, (Outcomes{"00", "01", "02", "11", "12", "22"}));
}

TEST(LitmusTest, OwnWritesAreSeen) {
  const Outcomes outcomes = OutcomesOf(
      2,
      [](Variables& v) -> std::vector<Explorer::Call> {
        return {{"a",
                 [&v] {
                   v.x.store(1, memory_order_relaxed);
                   v.r[0] = v.x.load(memory_order_relaxed);
                 }},
                {"b", [&v] {
                   v.x.store(2, memory_order_relaxed);
                   v.r[1] = v.x.load(memory_order_relaxed);
                 }}};
      },
      true);
  // Either both agree on who was last, or each still saw its own.
  EXPECT_EQ(outcomes, (Outcomes{"11 x1y0", "12 x1y0", "12 x2y0", "22 x2y0"}));
}

// A relaxed read-modify-write goes on with the release sequence of the store it
// follows, a relaxed store does not.
TEST(LitmusTest, ReleaseSequences) {
  const auto program = [](bool modify) {
    return [modify](Variables& v) -> std::vector<Explorer::Call> {
      return {{"writer",
               [&v] {
                 v.x.store(1, memory_order_relaxed);
                 v.y.store(1, memory_order_release);
               }},
              {"between",
               [&v, modify] {
                 if (modify) {
                   v.y.fetch_add(1, memory_order_relaxed);
                 } else if (v.y.load(memory_order_relaxed) == 1) {
                   v.y.store(2, memory_order_relaxed);
                 }
               }},
              {"reader", [&v] {
                 v.r[0] = v.y.load(memory_order_acquire);
                 v.r[1] = v.x.load(memory_order_relaxed);
               }}};
    };
  };
  const Outcomes modified = OutcomesOf(2, program(true));
  EXPECT_FALSE(modified.contains("20"));
  EXPECT_TRUE(modified.contains("21"));
  EXPECT_TRUE(OutcomesOf(2, program(false)).contains("20"));
}

// Two stores of each of two threads that end in contradicting orders; x86 does
// not do it, C++ allows it.
TEST(LitmusTest, StoresMayBePlacedBeforeOthers) {
  const auto program = [](std::memory_order order) {
    return [order](Variables& v) -> std::vector<Explorer::Call> {
      return {{"a",
               [&v, order] {
                 v.x.store(1, order);
                 v.y.store(2, order);
               }},
              {"b", [&v, order] {
                 v.y.store(1, order);
                 v.x.store(2, order);
               }}};
    };
  };
  EXPECT_EQ(OutcomesOf(0, program(memory_order_release), true),
            (Outcomes{" x1y1", " x1y2", " x2y1", " x2y2"}));
  EXPECT_EQ(OutcomesOf(0, program(memory_order_seq_cst), true),
            (Outcomes{" x1y2", " x2y1", " x2y2"}));
}

// The buffered store of x86 (n6 of the x86-TSO paper): a sees its own store
// while b's are in memory, and is drained after them.
TEST(LitmusTest, ABufferedStoreIsForwardedAndDrainedLater) {
  const Outcomes outcomes = OutcomesOf(
      2,
      [](Variables& v) -> std::vector<Explorer::Call> {
        return {{"a",
                 [&v] {
                   v.x.store(1, memory_order_release);
                   v.r[0] = v.x.load(memory_order_acquire);
                   v.r[1] = v.y.load(memory_order_acquire);
                 }},
                {"b", [&v] {
                   v.y.store(1, memory_order_release);
                   v.x.store(2, memory_order_release);
                 }}};
      },
      true);
  EXPECT_TRUE(outcomes.contains("10 x1y1"));
}

TEST(LitmusTest, ReadModifyWritesAreAtomic) {
  const Outcomes outcomes = OutcomesOf(
      2,
      [](Variables& v) -> std::vector<Explorer::Call> {
        return {
            {"a", [&v] { v.r[0] = v.x.fetch_add(1, memory_order_relaxed); }},
            {"b", [&v] {
               int expected = 0;
               while (!v.x.compare_exchange_weak(expected, expected + 1,
                                                 memory_order_relaxed,
                                                 memory_order_relaxed)) {
               }
               v.r[1] = expected;
             }}};
      },
      true);
  EXPECT_EQ(outcomes, (Outcomes{"01 x2y0", "10 x2y0"}));
}

// A failed compare-and-swap is a load: a relaxed one may read an old value.
TEST(LitmusTest, AFailedSwapMayReadAnOldValue) {
  const auto program = [](std::memory_order failure) {
    return [failure](Variables& v) -> std::vector<Explorer::Call> {
      return {{"writer",
               [&v] {
                 v.x.store(1, memory_order_seq_cst);
                 v.y.store(1, memory_order_seq_cst);
               }},
              {"swapper", [&v, failure] {
                 if (v.y.load(memory_order_seq_cst) == 0) return;
                 v.z.store(1, memory_order_seq_cst);
                 int expected = 7;
                 v.x.compare_exchange_strong(expected, 8, memory_order_seq_cst,
                                             failure);
                 v.r[0] = expected;
               }}};
    };
  };
  // The flag passes the data, so no old value here.
  EXPECT_EQ(OutcomesOf(1, program(memory_order_relaxed)),
            (Outcomes{"-1", "1"}));
  const auto blind = [](Variables& v) -> std::vector<Explorer::Call> {
    return {{"writer", [&v] { v.x.store(1, memory_order_release); }},
            {"swapper", [&v] {
               int expected = 7;
               v.x.compare_exchange_strong(expected, 8, memory_order_seq_cst,
                                           memory_order_relaxed);
               v.r[0] = expected;
               v.r[1] = v.x.load(memory_order_relaxed);
             }}};
  };
  EXPECT_EQ(OutcomesOf(2, blind), (Outcomes{"00", "01", "11"}));
}

// --- The explorer ------------------------------------------------------------

// A lost update between load and store needs one preemption, which is what the
// report says.
TEST(ExplorerTest, FindsALostUpdateWithTheFewestPreemptions) {
  Explorer explorer;
  Bounds bounds;
  bounds.preemptions = 3;
  const Explorer::Scenario scenario = [](Explorer& run) {
    Variables& v = run.New<Variables>();
    const auto raise = [&v] {
      v.x.store(v.x.load(memory_order_seq_cst) + 1, memory_order_seq_cst);
    };
    if (!run.Run({{"a", raise}, {"b", raise}})) return;
    run.Expect(v.x.load() == 2, "a lost update");
  };
  const Report report = explorer.Explore(bounds, scenario);
  EXPECT_EQ(report.failure, "a lost update");
  EXPECT_THAT(report.trace, testing::StartsWith("1 preemptions, 0 weak"));
  EXPECT_THAT(report.trace, testing::HasSubstr("litmus_test.cc"));
  bounds.preemptions = 0;
  EXPECT_EQ(explorer.Explore(bounds, scenario).failure, "");
}

// With n accesses a fiber and all preemptions there are (2n over n) schedules;
// those that are not executed are counted.
TEST(ExplorerTest, CountsEverySchedule) {
  Explorer explorer;
  Bounds bounds;
  bounds.preemptions = 12;
  bounds.weak = 0;
  const Report report = explorer.Explore(bounds, [](Explorer& run) {
    Variables& v = run.New<Variables>();
    const auto body = [&v] {
      for (int i = 0; i < 6; ++i) v.x.fetch_add(1, memory_order_relaxed);
    };
    run.Run({{"a", body}, {"b", body}});
  });
  EXPECT_EQ(report.schedules, 924u);
  EXPECT_EQ(report.shared, 1u);
}

TEST(ExplorerTest, AnEndlessLoopIsAFailure) {
  Explorer explorer;
  const Report report = explorer.Explore({}, [](Explorer& run) {
    Variables& v = run.New<Variables>();
    run.Run({{"waits",
              [&v] {
                while (v.x.load(memory_order_seq_cst) == 0) {
                }
              }},
             {"sets", [&v] { v.x.store(1, memory_order_seq_cst); }}});
  });
  EXPECT_EQ(report.failure, "a call does not end");
}

}  // namespace
}  // namespace relais::interleaving
