// Goal: the search for inversions finds them, and accuses nobody wrongly.
// Method: logs written by hand, and whole concurrent runs of a system that is
// right and of one that sometimes takes the second best.

#include "bench/core/inversions.h"

#include <cstdint>
#include <vector>

#include "bench/core/core_system.h"
#include "bench/core/inversion_run.h"
#include "bench/core/mutex_rival.h"
#include "gtest/gtest.h"
#include "tests/bench_core/naive_system.h"

namespace relais::bench {
namespace {

// Profile 0 serves the classes 0 and 1 of four, profile 1 others.
World HandWorld() {
  WorldShape shape;
  shape.requirement_classes = 4;
  shape.profile_classes = 2;
  shape.classes_per_profile = 2;
  shape.agents = 2;
  shape.contacts = 8;
  World world(shape);
  world.classes_of_profile = {0, 1, 2, 3};
  world.profile_of_agent = {0, 1};
  return world;
}

LogEntry Published(std::uint32_t contact, std::uint64_t instant) {
  LogEntry entry;
  entry.contact = contact;
  entry.published = 1;
  entry.instant = instant;
  return entry;
}

LogEntry Decided(std::uint32_t contact, std::uint64_t begin, std::uint64_t end,
                 std::uint32_t lane, std::int64_t key,
                 std::uint64_t sequence = 0, std::uint32_t agent = 0) {
  LogEntry entry;
  entry.kind = LogEntry::Kind::kDecided;
  entry.contact = contact;
  entry.published = 1;
  entry.instant = begin;
  entry.end = end;
  entry.place = Place{lane, key, sequence};
  entry.agent = agent;
  return entry;
}

SearchResult Search(const std::vector<std::vector<LogEntry>>& logs) {
  const World world = HandWorld();
  return FindInversions(world, logs);
}

TEST(InversionsTest, FindsAPlantedOneAcrossLanesAndThreads) {
  const SearchResult result = Search({
      {Published(1, 10), Decided(1, 50, 55, 0, 100)},
      {Published(2, 12), Decided(2, 30, 35, 8, 200)},
  });
  EXPECT_EQ(result.decisions, 2U);
  EXPECT_EQ(result.found, 1U);
  EXPECT_EQ(result.conservation_errors, 0U);
  EXPECT_NE(result.first.find("lane 8 key 200"), std::string::npos)
      << result.first;
}

TEST(InversionsTest, TheRightOrderIsNone) {
  EXPECT_EQ(Search({{Published(1, 10), Published(2, 12),
                     Decided(1, 30, 35, 0, 100), Decided(2, 50, 55, 8, 200)}})
                .found,
            0U);
}

TEST(InversionsTest, WhatWasPublishedAfterTheDecisionBeganMayBeMissed) {
  EXPECT_EQ(Search({{Published(1, 31), Decided(1, 50, 55, 0, 100)},
                    {Published(2, 12), Decided(2, 30, 35, 8, 200)}})
                .found,
            0U);
}

TEST(InversionsTest, WhatWasTakenBeforeTheDecisionEndedMayHaveBeenGone) {
  EXPECT_EQ(Search({{Published(1, 10), Decided(1, 34, 55, 0, 100)},
                    {Published(2, 12), Decided(2, 30, 35, 8, 200)}})
                .found,
            0U);
}

TEST(InversionsTest, AnAgentWhoMayNotServeItPassesItOver) {
  EXPECT_EQ(Search({{Published(1, 10), Decided(1, 50, 55, 0, 100)},
                    {Published(2, 12), Decided(2, 30, 35, 16, 200, 0, 1)}})
                .found,
            0U);
}

TEST(InversionsTest, EqualKeysAreOrderedBySequenceInALaneOnly) {
  EXPECT_EQ(Search({{Published(1, 10), Decided(1, 50, 55, 0, 100, 1)},
                    {Published(2, 12), Decided(2, 30, 35, 0, 100, 2)}})
                .found,
            1U);
  EXPECT_EQ(Search({{Published(1, 10), Decided(1, 50, 55, 1, 100, 1)},
                    {Published(2, 12), Decided(2, 30, 35, 0, 100, 2)}})
                .found,
            0U);
}

TEST(InversionsTest, CountsWhatWasDecidedTwiceOrNever) {
  EXPECT_EQ(Search({{Published(1, 10), Decided(1, 30, 35, 0, 1),
                     Decided(1, 40, 45, 0, 1)}})
                .conservation_errors,
            1U);
  EXPECT_EQ(Search({{Published(1, 10)}}).conservation_errors, 1U);
  EXPECT_EQ(Search({{Decided(1, 30, 35, 0, 1)}}).conservation_errors, 1U);
}

// --- Whole runs --------------------------------------------------------------

template <class System>
SearchResult RunRounds(std::uint32_t waiting) {
  WorldShape shape;
  shape.requirement_classes = 16;
  shape.profile_classes = 4;
  shape.classes_per_profile = 8;
  InversionRun<System> run(Workload{"", waiting, 20, true}, 2, shape);
  SearchResult total;
  for (int round = 0; round < 3; ++round) {
    const SearchResult result = run.Round(4'000);
    total.decisions += result.decisions;
    total.found += result.found;
    total.conservation_errors += result.conservation_errors;
    if (total.first.empty()) total.first = result.first;
  }
  EXPECT_GT(total.decisions, 10'000U);
  return total;
}

TEST(InversionRunTest, FindsTheSecondBest) {
  EXPECT_GT(RunRounds<NaiveSystem<Mistake::kSecondBest>>(50).found, 20U);
}

TEST(InversionRunTest, FindsNoneInTheNaiveSystemTheRivalAndTheCore) {
  for (const std::uint32_t waiting : {0U, 50U}) {
    for (const SearchResult& result :
         {RunRounds<NaiveSystem<>>(waiting), RunRounds<MutexRival>(waiting),
          RunRounds<CoreSystem>(waiting)}) {
      EXPECT_EQ(result.found, 0U) << result.first;
      EXPECT_EQ(result.conservation_errors, 0U);
    }
  }
}

}  // namespace
}  // namespace relais::bench
