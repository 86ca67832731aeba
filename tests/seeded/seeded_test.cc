// Goal: whatever is lost, delayed, doubled, killed or jumps, the promises are
// kept; and a seed is a run, in every process. Method: the deterministic
// simulation of seeded_run.h on many seeds, the auditor judging every step; and
// fingerprints of the same seeds in this process and in others, where addresses
// and Abseil's hash seeds are other ones.
//
// RELAIS_SEEDED_SEED runs one seed, RELAIS_SEEDED_SEEDS that many from
// RELAIS_SEEDED_FIRST on, RELAIS_SEEDED_STEPS that many steps of each.

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/seeded/seeded_run.h"

namespace relais::seeded {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kSeeds = 100;
constexpr std::uint64_t kSameSeeds = 10;
#else
constexpr std::uint64_t kSeeds = 800;
constexpr std::uint64_t kSameSeeds = 60;
#endif
constexpr std::uint64_t kSteps = 400;
constexpr std::uint64_t kFirstSameSeed = 700'001;
constexpr char kPrint[] = "RELAIS_SEEDED_PRINT";

// Seeds that once found something, each with what it was. A change of the
// simulation makes other runs of them; they stay because they cost nothing.
struct KeptSeed {
  std::uint64_t seed;
  std::uint64_t steps;
};
constexpr KeptSeed kKept[] = {
    {2, 400},    // an offer that passed while the process was down
    {3, 400},    // the same, among other deadlines
    {46, 400},   // killed while an agent without any event was dropped
    {150, 400},  // the same
    // Restored, and removed before it was known that it held a contact.
    {14177, 400},
};

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  std::uint64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

std::uint64_t Steps() { return FromEnvironment("RELAIS_SEEDED_STEPS", kSteps); }

std::string Replay(std::uint64_t seed, std::uint64_t steps) {
  return absl::StrCat("\nto replay: RELAIS_SEEDED_SEED=", seed,
                      " RELAIS_SEEDED_STEPS=", steps,
                      " <build>/test_bin/seeded_test");
}

void Add(const RunCounts& one, RunCounts* sum) {
  sum->audited.calls += one.audited.calls;
  sum->audited.refused += one.audited.refused;
  sum->audited.events += one.audited.events;
  sum->audited.decisions += one.audited.decisions;
  sum->audited.pairs += one.audited.pairs;
  sum->audited.beside += one.audited.beside;
  sum->audited.repeated += one.audited.repeated;
  sum->audited.answers += one.audited.answers;
  sum->audited.recoveries += one.audited.recoveries;
  sum->audited.undone += one.audited.undone;
  sum->audited.halves += one.audited.halves;
  sum->audited.widened += one.audited.widened;
  sum->audited.skipped += one.audited.skipped;
  sum->audited.changed += one.audited.changed;
  sum->audited.drains += one.audited.drains;
  sum->audited.pulled += one.audited.pulled;
  sum->audited.interrupted += one.audited.interrupted;
  sum->audited.resumed += one.audited.resumed;
  sum->audited.held += one.audited.held;
  sum->audited.holds += one.audited.holds;
  sum->audited.kept += one.audited.kept;
  sum->audited.over_share += one.audited.over_share;
  sum->groups += one.groups;
  sum->kills += one.kills;
  sum->power_losses += one.power_losses;
  sum->storage_failures += one.storage_failures;
  sum->clock_jumps += one.clock_jumps;
  sum->failed_starts += one.failed_starts;
  sum->damages += one.damages;
  sum->trimmed += one.trimmed;
  sum->full += one.full;
  sum->lost_messages += one.lost_messages;
  sum->doubled_messages += one.doubled_messages;
}

std::string Text(const RunCounts& counts) {
  const Auditor::Counts& audited = counts.audited;
  return absl::StrCat(
      audited.calls, " calls, ", audited.refused, " refused, ", counts.full,
      " of them for want of room; ", audited.events, " events, ",
      audited.decisions, " decisions, ", audited.beside,
      " of them for an agent who held something, ", audited.pairs,
      " pairs looked at for conservation, ", audited.widened, " widened, ",
      audited.skipped, " rings skipped, ", audited.changed, " agents changed, ",
      audited.drains, " drains ended, ", audited.pulled, " pulled, ",
      audited.interrupted, " interrupted, ", audited.resumed, " resumed, ",
      audited.held, " held, ", audited.holds, " holds ended by time, ",
      audited.over_share, " over share, ", audited.kept,
      " pairs kept apart by reserves\n", counts.kills, " kills, ",
      counts.power_losses, " power losses, ", counts.storage_failures,
      " after a failed write or sync; ", audited.recoveries, " recoveries, ",
      counts.failed_starts, " failed starts, ", audited.undone,
      " events undone, ", audited.halves, " calls cut in two, ",
      counts.clock_jumps, " clock jumps, ", counts.damages, " damages\n",
      counts.groups, " groups, ", counts.trimmed, " records trimmed; ",
      audited.answers, " events and answers left, ", audited.repeated,
      " repeated submits, ", counts.lost_messages, " messages lost, ",
      counts.doubled_messages, " doubled\n");
}

TEST(SeededTest, EverySeedKeepsThePromises) {
  const std::uint64_t one = FromEnvironment("RELAIS_SEEDED_SEED", 0);
  const std::uint64_t first =
      one != 0 ? one : FromEnvironment("RELAIS_SEEDED_FIRST", 1);
  const std::uint64_t seeds =
      one != 0 ? 1 : FromEnvironment("RELAIS_SEEDED_SEEDS", kSeeds);
  RunCounts counts;
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    SeededRun run(seed, Planted::kNothing);
    const std::string failure = run.Run(Steps());
    Add(run.counts(), &counts);
    if (failure.empty()) continue;
    ADD_FAILURE() << failure << Replay(seed, Steps());
    if (++failed == 5) break;
  }
  std::cout << seeds << " seeds: " << Text(counts);
  if (one != 0 || seeds < 50) return;
  // A run that does nothing keeps every promise.
  EXPECT_GT(counts.audited.decisions, seeds * 5);
  EXPECT_GT(counts.audited.beside, seeds);
  EXPECT_GT(counts.audited.widened, seeds);
  EXPECT_GT(counts.audited.skipped, seeds);
  EXPECT_GT(counts.audited.changed, seeds);
  EXPECT_GT(counts.audited.drains, seeds / 2);
  EXPECT_GT(counts.audited.pulled, seeds / 2);
  EXPECT_GT(counts.audited.interrupted, seeds / 30);
  EXPECT_GT(counts.audited.resumed, seeds / 60);
  EXPECT_GT(counts.audited.held, seeds);
  EXPECT_GT(counts.audited.holds, seeds / 5);
  EXPECT_GT(counts.audited.over_share, 0U);
  EXPECT_GT(counts.audited.kept, seeds);
  EXPECT_GT(counts.audited.recoveries, seeds * 3);
  EXPECT_GT(counts.audited.undone, seeds);
  EXPECT_GT(counts.audited.halves, 0U);
  EXPECT_GT(counts.storage_failures, seeds / 4);
  EXPECT_GT(counts.clock_jumps, seeds / 4);
  EXPECT_GT(counts.damages, seeds / 4);
  EXPECT_GT(counts.audited.repeated, seeds);
  EXPECT_GT(counts.full, 0U);
  EXPECT_GT(counts.trimmed, 0U);
}

TEST(SeededTest, KeptSeedsKeepThePromises) {
  for (const KeptSeed& kept : kKept) {
    SeededRun run(kept.seed, Planted::kNothing);
    const std::string failure = run.Run(kept.steps);
    EXPECT_EQ(failure, "") << Replay(kept.seed, kept.steps);
  }
}

// One line a seed.
std::string Fingerprints() {
  std::string lines;
  for (std::uint64_t i = 0; i < kSameSeeds; ++i) {
    SeededRun run(kFirstSameSeed + i, Planted::kNothing);
    const std::string failure = run.Run(kSteps);
    absl::StrAppend(&lines, "seed ", kFirstSameSeed + i, " is ",
                    absl::Hex(run.fingerprint().high, absl::kZeroPad16), " ",
                    absl::Hex(run.fingerprint().low, absl::kZeroPad16), " ",
                    failure.substr(0, 100), "\n");
  }
  return lines;
}

// What another process says, this program again; no lines if it failed.
std::string FingerprintsOfAnother() {
  std::array<char, 4096> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (size <= 0) return "";
  const std::string command = absl::StrCat(kPrint, "=1 '", path.data(),
                                           "' --gtest_filter=SeededProcess.*");
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"),
                                             pclose);
  std::string lines;
  std::array<char, 512> line{};
  while (pipe != nullptr && fgets(line.data(), static_cast<int>(line.size()),
                                  pipe.get()) != nullptr) {
    if (std::string_view(line.data()).substr(0, 5) == "seed ") {
      lines += line.data();
    }
  }
  return lines;
}

// For the tests below; elsewhere it has nothing to do.
TEST(SeededProcess, PrintsFingerprints) {
  if (FromEnvironment(kPrint, 0) == 0) return;
  std::cout << Fingerprints();
}

TEST(SeededTest, ASeedIsTheSameRunAgainAndInOtherProcesses) {
  const std::string here = Fingerprints();
  // Other addresses: what the first runs used is in use.
  std::vector<std::unique_ptr<std::string>> taken;
  for (std::size_t i = 0; i < 10'000; ++i) {
    taken.push_back(std::make_unique<std::string>(i % 700, 'x'));
  }
  EXPECT_EQ(Fingerprints(), here);
  EXPECT_EQ(FingerprintsOfAnother(), here);
  EXPECT_EQ(FingerprintsOfAnother(), here);
}

}  // namespace
}  // namespace relais::seeded
