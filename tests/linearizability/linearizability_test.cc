// Goal: what real threads see of the lanes is what lane_checker.h claims, at
// the head of that file: each operation takes effect at instants between its
// begin and its end, in one order for all.
// Method: thousands of short histories of three threads (pushes, attempts to
// take the first, cancels, returns, moves, looks at the front words), followed
// by emptying the lanes, each judged by the checker. Lanes with a bug planted
// in their atomic must be found out. RELAIS_LANE_HISTORIES asks for more.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "gtest/gtest.h"
#include "tests/linearizability/lane_checker.h"
#include "tests/linearizability/lane_history.h"
#include "tests/linearizability/lane_recorder.h"
#include "tests/linearizability/perturbed_atomic.h"

namespace relais::linearizability {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kHistories = 1'000;
#else
constexpr std::uint64_t kHistories = 10'500;
#endif
constexpr std::uint32_t kGiveWayOneIn = 8;

std::uint64_t Wanted() {
  const char* const wanted = std::getenv("RELAIS_LANE_HISTORIES");
  return wanted == nullptr ? kHistories : std::strtoull(wanted, nullptr, 10);
}

// Operations of different threads of which neither ended before the other
// began.
std::uint64_t Meetings(const History& history) {
  std::uint64_t meetings = 0;
  for (int a = 0; a < kThreads; ++a) {
    for (int b = a + 1; b < kThreads; ++b) {
      for (const Operation& one : history.of[a]) {
        for (const Operation& other : history.of[b]) {
          if (one.begin < other.end && other.begin < one.end) ++meetings;
        }
      }
    }
  }
  return meetings;
}

TEST(LaneHistories, AreAllowed) {
  const std::uint64_t wanted = Wanted();
  std::uint64_t histories = 0;
  std::uint64_t operations = 0;
  std::uint64_t meetings = 0;
  std::uint64_t failed = 0;  // stale or lost
  std::uint64_t visited = 0;
  Record<Perturbed<Bug::kNone>::Atomic>(
      1, kGiveWayOneIn, [&](std::uint64_t seed, const History& history) {
        LaneChecker checker(history);
        const bool allowed = checker.Allowed();
        EXPECT_TRUE(allowed) << "seed " << seed << "\n" << Describe(history);
        ++histories;
        meetings += Meetings(history);
        visited += checker.visited();
        for (const auto& log : history.of) {
          operations += log.size();
          failed += static_cast<std::uint64_t>(
              std::count_if(log.begin(), log.end(), [](const Operation& op) {
                return op.outcome == Outcome::kStale ||
                       op.outcome == Outcome::kLost;
              }));
        }
        return allowed && histories < wanted;
      });
  std::printf(
      "%llu histories, %.1f operations and %.1f meetings in each, %llu stale "
      "or lost, %.0f states visited for each\n",
      static_cast<unsigned long long>(histories),
      static_cast<double>(operations) / static_cast<double>(histories),
      static_cast<double>(meetings) / static_cast<double>(histories),
      static_cast<unsigned long long>(failed),
      static_cast<double>(visited) / static_cast<double>(histories));
  // Otherwise the histories show nothing.
  EXPECT_GT(meetings, histories);
  EXPECT_GT(failed, histories / 100);
}

// The number of histories after which the bug was found; 0: not.
template <template <typename> class AtomicT>
std::uint64_t FoundAfter(std::uint64_t most) {
  std::uint64_t histories = 0;
  bool found = false;
  Record<AtomicT>(1, kGiveWayOneIn, [&](std::uint64_t, const History& history) {
    ++histories;
    found = !LaneChecker(history).Allowed();
    return !found && histories < most;
  });
  return found ? histories : 0;
}

TEST(PlantedBug, IsFound) {
  constexpr std::uint64_t kMost = 20'000;
  const auto check = [&](const char* name, std::uint64_t after) {
    std::printf("%s: found after %llu histories\n", name,
                static_cast<unsigned long long>(after));
    EXPECT_GT(after, 0U) << name << " was not found in " << kMost
                         << " histories";
  };
  check("front words raised whatever their version",
        FoundAfter<Perturbed<Bug::kRaiseIgnoresVersion>::Atomic>(kMost));
  check("front words never lowered",
        FoundAfter<Perturbed<Bug::kNeverLowers>::Atomic>(kMost));
  check("contacts taken without a swap",
        FoundAfter<Perturbed<Bug::kTakesWithoutSwap>::Atomic>(kMost));
  check("walks that trust the end of a list",
        FoundAfter<Perturbed<Bug::kTrustsListEnd>::Atomic>(kMost));
}

}  // namespace
}  // namespace relais::linearizability
