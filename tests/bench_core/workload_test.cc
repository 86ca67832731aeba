// Goal: both sides carry out the same workloads, and the freezer tells a
// program that stops with its thread from one that does not.

#include "bench/core/workload.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "bench/core/core_system.h"
#include "bench/core/frozen.h"
#include "bench/core/mutex_rival.h"
#include "gtest/gtest.h"

namespace relais::bench {
namespace {

template <class System>
class WorkloadTest : public testing::Test {};
using Systems = testing::Types<MutexRival, CoreSystem>;
TYPED_TEST_SUITE(WorkloadTest, Systems);

TYPED_TEST(WorkloadTest, EachPairIsADecision) {
  constexpr int kPairs = 5'000;
  for (const Workload& workload : {kOverload1e3, kIdle1e4}) {
    Floor<TypeParam> floor(workload, 1);
    auto& worker = *floor.workers()[0];
    const std::uint64_t before = worker.decisions();
    worker.Pairs(kPairs);
    EXPECT_EQ(worker.decisions() - before, std::uint64_t{kPairs})
        << workload.name;
  }
}

TYPED_TEST(WorkloadTest, FromEmptyNearlyAllAreMatched) {
  constexpr int kPairs = 20'000;
  Floor<TypeParam> floor(kBalanced, 1);
  auto& worker = *floor.workers()[0];
  worker.Pairs(kPairs);
  EXPECT_LE(worker.decisions(), std::uint64_t{kPairs});
  EXPECT_GT(worker.decisions(), std::uint64_t{kPairs} * 9 / 10);
}

TYPED_TEST(WorkloadTest, GroupsKeepToTheirOwnAgentsAndLanes) {
  WorldShape shape;
  shape.groups = 2;
  struct GroupProbe : NoProbe {
    void OnTaken(const Taken& taken) { all->push_back(taken); }
    std::vector<Taken>* all = nullptr;
  };
  std::array<std::vector<Taken>, 2> taken;
  Floor<TypeParam, GroupProbe> floor(kOverload1e3, 2, shape,
                                     [&taken](std::uint32_t i) {
                                       GroupProbe probe;
                                       probe.all = &taken[i];
                                       return probe;
                                     });
  for (const auto& worker : floor.workers()) worker->Pairs(1'000);
  for (std::uint32_t group = 0; group < 2; ++group) {
    EXPECT_GE(taken[group].size(), 1'000U);
    for (const Taken& one : taken[group]) {
      EXPECT_EQ(one.agent / floor.world().shape.agents, group);
      EXPECT_EQ(one.contact / floor.world().shape.contacts, group);
      EXPECT_EQ(one.place.lane / floor.world().lanes_per_group(), group);
    }
  }
}

// Two threads count, behind one mutex or each alone.
FrozenResult FreezeCounters(bool locked) {
  FrozenSettings settings;
  settings.threads = 2;
  settings.instants = 12;
  settings.window = 0.002;
  settings.windows_max = 3;
  std::vector<std::unique_ptr<WatchedThread>> owned;
  std::vector<WatchedThread*> watched;
  for (std::uint32_t i = 0; i < settings.threads; ++i) {
    owned.push_back(std::make_unique<WatchedThread>(1));
    watched.push_back(owned.back().get());
  }
  std::mutex mutex;
  std::atomic<std::uint64_t> sum{0};
  const auto count = [&](std::uint32_t i) {
    watched[i]->in_call.store(true);
    for (int n = 0; n < 500; ++n) sum.fetch_add(1);
    watched[i]->in_call.store(false);
    watched[i]->decisions.fetch_add(1);
    watched[i]->served[0].fetch_add(1);
  };
  return Freeze(settings, watched, [&](std::uint32_t i) {
    if (!locked) return count(i);
    std::lock_guard<std::mutex> lock(mutex);
    count(i);
  });
}

TEST(FreezeTest, ALockStopsTheOthers) {
  const FrozenResult result = FreezeCounters(true);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.ratios.values().size(), 12U);
  EXPECT_LT(result.ratios.Min(), 0.05);
  EXPECT_EQ(result.lanes_not_served, 1U);
}

TEST(FreezeTest, WithoutOneTheyGoOn) {
  const FrozenResult result = FreezeCounters(false);
  EXPECT_TRUE(result.complete);
  EXPECT_GT(result.ratios.Min(), 0.2);
  EXPECT_EQ(result.lanes_not_served, 0U);
  EXPECT_GT(result.instants_in_calls, 6U);
}

}  // namespace
}  // namespace relais::bench
