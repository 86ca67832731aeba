// Goal: a seed means the same run on every platform, and the distributions
// are what they say. Method: the generator's published first values for a
// known state, bounds at the edges, and frequencies with wide margins (seeds
// are fixed, so no run differs from another).

#include "lib/base/random.h"

#include <array>
#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace relais {
namespace {

// From the reference implementations of splitmix64 and xoshiro256** in C,
// seeded with 1 through splitmix64.
TEST(RandomTest, GivesTheReferenceSequence) {
  Random random(1);
  EXPECT_EQ(random.NextUint64(), 0xb3f2af6d0fc710c5ULL);
  EXPECT_EQ(random.NextUint64(), 0x853b559647364ceaULL);
  EXPECT_EQ(random.NextUint64(), 0x92f89756082a4514ULL);
}

TEST(RandomTest, SameSeedSameSequenceOtherSeedAnother) {
  Random a(7);
  Random b(7);
  Random c(8);
  int equal_to_c = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = a.NextUint64();
    EXPECT_EQ(value, b.NextUint64());
    if (value == c.NextUint64()) ++equal_to_c;
  }
  EXPECT_EQ(equal_to_c, 0);
}

TEST(RandomTest, UniformStaysInRangeAndReachesEveryValue) {
  Random random(3);
  std::array<int, 7> seen{};
  for (int i = 0; i < 70'000; ++i) ++seen.at(random.Uniform(7));
  for (const int count : seen) {
    EXPECT_GT(count, 9'500);
    EXPECT_LT(count, 10'500);
  }
  EXPECT_EQ(random.Uniform(1), 0U);
}

TEST(RandomTest, UniformIsNotBiasedForHugeRanges) {
  // 3 * 2^62: taking a remainder alone would give the lowest third twice as
  // often as each of the others.
  const std::uint64_t n = 3ULL << 62;
  Random random(5);
  int lowest_third = 0;
  for (int i = 0; i < 30'000; ++i) {
    if (random.Uniform(n) < n / 3) ++lowest_third;
  }
  EXPECT_GT(lowest_third, 9'500);
  EXPECT_LT(lowest_third, 10'500);
}

TEST(RandomTest, UniformBetweenIncludesBothEnds) {
  Random random(11);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t value = random.UniformBetween(-2, 2);
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 2);
    low |= value == -2;
    high |= value == 2;
  }
  EXPECT_TRUE(low);
  EXPECT_TRUE(high);
  EXPECT_EQ(random.UniformBetween(9, 9), 9);
  const auto min = std::numeric_limits<std::int64_t>::min();
  const auto max = std::numeric_limits<std::int64_t>::max();
  bool negative = false;
  for (int i = 0; i < 100; ++i) {
    negative |= random.UniformBetween(min, max) < 0;
  }
  EXPECT_TRUE(negative);
}

TEST(RandomTest, UniformDoubleIsBelowOneAndCentred) {
  Random random(13);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double value = random.UniformDouble();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.005);
}

TEST(RandomTest, BernoulliFollowsItsProbability) {
  Random random(17);
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (random.Bernoulli(0.3)) ++hits;
    ASSERT_FALSE(random.Bernoulli(0.0));
    ASSERT_TRUE(random.Bernoulli(1.0));
  }
  EXPECT_NEAR(hits, 30'000, 1'000);
}

TEST(RandomTest, ForkIsDeterministicAndIndependentOfLaterDraws) {
  Random a(23);
  Random b(23);
  Random fork_a = a.Fork();
  Random fork_b = b.Fork();
  b.NextUint64();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(fork_a.NextUint64(), fork_b.NextUint64());
  }
}

TEST(RandomDeathTest, RefusesAnEmptyRange) {
  Random random(1);
  EXPECT_DEATH(random.Uniform(0), "nothing to choose from");
  EXPECT_DEATH(random.UniformBetween(1, 0), "an empty range");
}

}  // namespace
}  // namespace relais
