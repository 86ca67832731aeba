// Goal: deadlines come out by (instant, order of setting) over all shards,
// versions decide between swapped bookkeeping, and NextDue is never late.
// Method: small cases, a million pending, random operations against a
// multimap, and four threads at once.

#include "lib/engine/deadline_table.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"

namespace relais {
namespace {

TEST(DeadlineTable, EmptyHasNothingDue) {
  DeadlineTable table(8);
  DeadlineTable::Due due;
  EXPECT_EQ(table.NextDue(), std::nullopt);
  EXPECT_FALSE(table.PopDue(1'000'000, &due));
  EXPECT_EQ(table.size(), 0u);
}

TEST(DeadlineTable, PopsEarliestFirstAcrossShardsAndNotBeforeTheirTime) {
  DeadlineTable table(100);
  EXPECT_TRUE(table.Set(3, 1, 300, 33));
  EXPECT_TRUE(table.Set(70, 1, 100, 11));
  EXPECT_TRUE(table.Set(5, 1, 200, 22));
  EXPECT_EQ(table.NextDue(), 100);
  DeadlineTable::Due due;
  EXPECT_FALSE(table.PopDue(99, &due));
  ASSERT_TRUE(table.PopDue(250, &due));
  EXPECT_EQ(due.id, 70u);
  EXPECT_EQ(due.due_ms, 100);
  EXPECT_EQ(due.payload, 11u);
  ASSERT_TRUE(table.PopDue(250, &due));
  EXPECT_EQ(due.id, 5u);
  EXPECT_FALSE(table.PopDue(250, &due));
  EXPECT_EQ(table.NextDue(), 300);
}

TEST(DeadlineTable, EqualInstantsComeInTheOrderOfSetting) {
  DeadlineTable table(64);
  const std::vector<std::uint32_t> ids = {17, 2, 33, 1, 50, 18, 0};
  for (const std::uint32_t id : ids) table.Set(id, 1, 500);
  table.Set(2, 1, 500);  // set anew: it is the last now
  std::vector<std::uint32_t> popped;
  DeadlineTable::Due due;
  while (table.PopDue(500, &due)) popped.push_back(due.id);
  EXPECT_THAT(popped, testing::ElementsAre(17, 33, 1, 50, 18, 0, 2));
}

TEST(DeadlineTable, SetReplacesInBothDirections) {
  DeadlineTable table(16);
  table.Set(4, 1, 100);
  EXPECT_FALSE(table.Set(4, 2, 900));
  EXPECT_EQ(table.NextDue(), 900);
  EXPECT_TRUE(table.Set(4, 3, 50));
  EXPECT_EQ(table.NextDue(), 50);
  EXPECT_EQ(table.size(), 1u);
}

TEST(DeadlineTable, OlderVersionsAreIgnoredAndEqualOnesApplied) {
  DeadlineTable table(16);
  // The end of version 7 arrives before the beginning of version 6.
  EXPECT_FALSE(table.Cancel(4, 7));
  EXPECT_FALSE(table.Set(4, 6, 100));
  EXPECT_EQ(table.NextDue(), std::nullopt);
  EXPECT_TRUE(table.Set(4, 7, 200));
  EXPECT_FALSE(table.Cancel(4, 6));
  EXPECT_EQ(table.NextDue(), 200);
  EXPECT_TRUE(table.Cancel(4, 7));
  EXPECT_EQ(table.NextDue(), std::nullopt);
}

TEST(DeadlineTable, AVersionIsRememberedAfterItsDeadlineWasPopped) {
  DeadlineTable table(16);
  table.Set(4, 5, 100);
  DeadlineTable::Due due;
  ASSERT_TRUE(table.PopDue(100, &due));
  EXPECT_EQ(due.version, 5u);
  EXPECT_FALSE(table.Set(4, 4, 150));
  EXPECT_EQ(table.size(), 0u);
}

TEST(DeadlineTable, HoldsAMillion) {
  constexpr std::uint32_t kIds = 1'000'000;
  DeadlineTable table(kIds);
  Random random(7);
  for (std::uint32_t id = 0; id < kIds; ++id) {
    table.Set(id, 1, random.UniformBetween(0, 86'400'000), id);
  }
  EXPECT_EQ(table.size(), kIds);
  std::uint32_t cancelled = 0;
  for (std::uint32_t id = 0; id < kIds; id += 3) {
    cancelled += table.Cancel(id, 2) ? 1 : 0;
  }
  EXPECT_EQ(cancelled, (kIds + 2) / 3);
  InstantMs last = -1;
  std::uint32_t popped = 0;
  DeadlineTable::Due due;
  while (table.PopDue(86'400'000, &due)) {
    ASSERT_LE(last, due.due_ms);
    ASSERT_EQ(due.payload, due.id);
    ASSERT_NE(due.id % 3, 0u);
    last = due.due_ms;
    ++popped;
  }
  EXPECT_EQ(popped, kIds - cancelled);
  EXPECT_EQ(table.NextDue(), std::nullopt);
}

// What the table must do, naively: (due, order) -> id.
struct Model {
  struct Known {
    std::uint64_t version = 0;
    bool pending = false;
    std::pair<InstantMs, std::uint64_t> key;
  };
  std::multimap<std::pair<InstantMs, std::uint64_t>, std::uint32_t> pending;
  std::map<std::uint32_t, Known> known;
  std::uint64_t order = 0;

  void Drop(Known& entry, std::uint32_t id) {
    if (!entry.pending) return;
    const auto [begin, end] = pending.equal_range(entry.key);
    for (auto at = begin; at != end; ++at) {
      if (at->second == id) {
        pending.erase(at);
        break;
      }
    }
    entry.pending = false;
  }
  void Set(std::uint32_t id, std::uint64_t version, InstantMs due) {
    Known& entry = known[id];
    if (version < entry.version) return;
    Drop(entry, id);
    entry = {version, true, {due, order++}};
    pending.emplace(entry.key, id);
  }
  bool Cancel(std::uint32_t id, std::uint64_t version) {
    Known& entry = known[id];
    if (version < entry.version) return false;
    entry.version = version;
    const bool was = entry.pending;
    Drop(entry, id);
    return was;
  }
};

TEST(DeadlineTable, AgreesWithAMultimapOnRandomOperations) {
  constexpr std::uint32_t kIds = 200;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    DeadlineTable table(kIds);
    Model model;
    InstantMs now = 0;
    for (int step = 0; step < 40'000; ++step) {
      const auto id = static_cast<std::uint32_t>(random.Uniform(kIds));
      const std::uint64_t version = random.Uniform(4) + step / 1'000;
      const std::uint64_t what = random.Uniform(10);
      if (what < 5) {
        // Few instants, so that many tie.
        const InstantMs due = now + random.UniformBetween(-3, 20);
        const std::optional<InstantMs> before = table.NextDue();
        const bool earlier = table.Set(id, version, due);
        model.Set(id, version, due);
        const std::optional<InstantMs> after = table.NextDue();
        if (after.has_value() && (!before.has_value() || *after < *before)) {
          ASSERT_TRUE(earlier) << "a waiter would not be told";
        }
      } else if (what < 7) {
        ASSERT_EQ(table.Cancel(id, version), model.Cancel(id, version));
      } else {
        now += static_cast<InstantMs>(random.Uniform(2));
        DeadlineTable::Due due;
        const auto first = model.pending.begin();
        const bool expected =
            first != model.pending.end() && first->first.first <= now;
        ASSERT_EQ(table.PopDue(now, &due), expected);
        if (expected) {
          ASSERT_EQ(due.id, first->second);
          ASSERT_EQ(due.due_ms, first->first.first);
          model.known[due.id].pending = false;
          model.pending.erase(first);
        }
      }
      ASSERT_EQ(table.size(), model.pending.size());
      ASSERT_EQ(table.NextDue(),
                model.pending.empty()
                    ? std::nullopt
                    : std::optional(model.pending.begin()->first.first));
    }
  }
}

// Each thread owns some ids and counts what it set and cancelled; all pop.
// Nothing is lost or popped twice, and nothing stays behind.
TEST(DeadlineTable, FourThreadsLoseNothing) {
  constexpr std::uint32_t kThreads = 4;
  constexpr std::uint32_t kIdsEach = 64;
  constexpr int kSteps = 20'000;
  DeadlineTable table(kThreads * kIdsEach);
  std::atomic<std::uint64_t> set{0};
  std::atomic<std::uint64_t> gone{0};
  std::vector<std::atomic<std::uint64_t>> popped_version(kThreads * kIdsEach);
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(100 + t);
      std::uint64_t version = 0;
      for (int step = 0; step < kSteps; ++step) {
        const auto id =
            static_cast<std::uint32_t>(t + kThreads * random.Uniform(kIdsEach));
        ++version;
        if (random.Bernoulli(0.6)) {
          // Cancel first: what was pending is then counted exactly once.
          if (table.Cancel(id, version)) gone.fetch_add(1);
          const InstantMs due = random.UniformBetween(0, 1'000);
          table.Set(id, version, due);
          set.fetch_add(1);
        }
        DeadlineTable::Due due;
        if (random.Bernoulli(0.5) && table.PopDue(500, &due)) {
          gone.fetch_add(1);
          ASSERT_LE(due.due_ms, 500);
          const std::uint64_t last =
              popped_version[due.id].exchange(due.version);
          ASSERT_NE(last, due.version) << "popped twice";
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.size(), set.load() - gone.load());
  DeadlineTable::Due due;
  InstantMs last = -1;
  while (table.PopDue(1'000, &due)) {
    EXPECT_LE(last, due.due_ms);
    last = due.due_ms;
    gone.fetch_add(1);
  }
  EXPECT_EQ(gone.load(), set.load());
}

}  // namespace
}  // namespace relais
