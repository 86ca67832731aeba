// Goal: a generated day is the same for the same seed, has the shape and the
// means it was asked for, and nothing else of it moves when one thing is
// changed. Method: large seeded draws against the closed form, with bounds of
// several standard deviations, so that a wrong formula fails and chance does
// not.

#include "lib/simulation/demand.h"

#include <cmath>
#include <cstddef>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace relais::simulation {
namespace {

constexpr DurationMs kHour = 3'600'000;

IntradayShape TwoPeaks() {
  return IntradayShape({{7 * kHour, 0.0},
                        {10 * kHour, 10.0},
                        {13 * kHour, 4.0},
                        {16 * kHour, 8.0},
                        {22 * kHour, 0.0}});
}

TEST(IntradayShapeTest, IsStraightBetweenPointsAndZeroOutside) {
  const IntradayShape shape = TwoPeaks();
  EXPECT_DOUBLE_EQ(shape.WeightAt(7 * kHour - 1), 0);
  EXPECT_DOUBLE_EQ(shape.WeightAt(10 * kHour), 10);
  EXPECT_DOUBLE_EQ(shape.WeightAt(11 * kHour + kHour / 2), 7);
  EXPECT_DOUBLE_EQ(shape.WeightAt(13 * kHour), 4);
  EXPECT_DOUBLE_EQ(shape.WeightAt(22 * kHour), 0);
  EXPECT_DOUBLE_EQ(shape.WeightMax(), 10);
  // 15 + 21 + 18 + 24 weight hours.
  EXPECT_DOUBLE_EQ(shape.Area(), 78.0 * kHour);
}

TEST(IntradayShapeTest, RefusesPointsThatAreNoShape) {
  EXPECT_FALSE(IntradayShape::IsValid({{0, 1.0}}));
  EXPECT_FALSE(IntradayShape::IsValid({{0, 0.0}, {kHour, 0.0}}));
  EXPECT_FALSE(IntradayShape::IsValid({{0, 1.0}, {0, 1.0}}));
  EXPECT_FALSE(IntradayShape::IsValid({{0, 1.0}, {kHour, -1.0}}));
  EXPECT_FALSE(IntradayShape::IsValid({{0, 1.0}, {kHour, std::nan("")}}));
  EXPECT_TRUE(IntradayShape::IsValid({{0, 0.0}, {kHour, 1.0}}));
}

TEST(DrawArrivalsTest, CountAndShapeAreThoseAskedFor) {
  const IntradayShape shape = TwoPeaks();
  Random random(7);
  double total = 0;
  double morning = 0;  // before 13 h: 36 of 78 weight hours
  constexpr int kDays = 40;
  for (int day = 0; day < kDays; ++day) {
    const std::vector<DurationMs> arrivals = DrawArrivals(shape, 1000, &random);
    for (std::size_t i = 1; i < arrivals.size(); ++i) {
      ASSERT_LE(arrivals[i - 1], arrivals[i]);
    }
    for (const DurationMs at : arrivals) {
      ASSERT_GE(at, shape.BeginMs());
      ASSERT_LT(at, shape.EndMs());
      total += 1;
      if (at < 13 * kHour) morning += 1;
    }
  }
  // Standard deviation of the total is sqrt(40,000) = 200.
  EXPECT_NEAR(total, 1000.0 * kDays, 1000);
  EXPECT_NEAR(morning / total, 36.0 / 78.0, 0.012);
  EXPECT_THAT(DrawArrivals(shape, 0, &random), testing::IsEmpty());
}

TEST(DrawTimesTest, LognormalHasTheMeanAndDeviationAskedFor) {
  Random random(11);
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const auto value =
        static_cast<double>(DrawLognormal(240'000, 180'000, &random));
    ASSERT_GE(value, 1);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kDraws;
  EXPECT_NEAR(mean, 240'000, 2'500);
  EXPECT_NEAR(std::sqrt(squares / kDraws - mean * mean), 180'000, 9'000);
  EXPECT_EQ(DrawLognormal(5'000, 0, &random), 5'000);
}

TEST(DrawTimesTest, ExponentialHasTheMeanAndTailAskedFor) {
  Random random(13);
  double sum = 0;
  int longer = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const DurationMs value = DrawExponential(90'000, &random);
    ASSERT_GE(value, 1);
    sum += static_cast<double>(value);
    if (value > 180'000) ++longer;
  }
  EXPECT_NEAR(sum / kDraws, 90'000, 1'000);
  EXPECT_NEAR(static_cast<double>(longer) / kDraws, std::exp(-2.0), 0.005);
}

StreamDemand SomeDemand() {
  StreamDemand demand;
  demand.contacts_expected = 2000;
  demand.handling_mean_ms = 200'000;
  demand.handling_deviation_ms = 150'000;
  demand.patience_mean_ms = 120'000;
  demand.wrap_up_mean_ms = 20'000;
  demand.priority_weights = {0.7, 0.0, 0.3};
  return demand;
}

TEST(DrawStreamTest, SameSeedSameContacts) {
  Random one(3);
  Random two(3);
  Random other(4);
  const auto first = DrawStream(TwoPeaks(), SomeDemand(), &one);
  const auto second = DrawStream(TwoPeaks(), SomeDemand(), &two);
  const auto third = DrawStream(TwoPeaks(), SomeDemand(), &other);
  ASSERT_EQ(first.size(), second.size());
  bool differs = first.size() != third.size();
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].at_ms, second[i].at_ms);
    EXPECT_EQ(first[i].priority, second[i].priority);
    EXPECT_EQ(first[i].handling_ms, second[i].handling_ms);
    EXPECT_EQ(first[i].wrap_up_ms, second[i].wrap_up_ms);
    EXPECT_EQ(first[i].patience_ms, second[i].patience_ms);
    if (!differs) differs = first[i].at_ms != third[i].at_ms;
  }
  EXPECT_TRUE(differs);
}

TEST(DrawStreamTest, HandlingDoesNotMoveArrivals) {
  Random one(3);
  Random two(3);
  StreamDemand longer = SomeDemand();
  longer.handling_mean_ms *= 2;
  longer.patience_mean_ms.reset();
  const auto first = DrawStream(TwoPeaks(), SomeDemand(), &one);
  const auto second = DrawStream(TwoPeaks(), longer, &two);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].at_ms, second[i].at_ms);
    EXPECT_TRUE(first[i].patience_ms.has_value());
    EXPECT_FALSE(second[i].patience_ms.has_value());
  }
}

TEST(DrawStreamTest, PrioritiesFollowTheirWeights) {
  Random random(5);
  int seen[3] = {0, 0, 0};
  const auto contacts = DrawStream(TwoPeaks(), SomeDemand(), &random);
  for (const DrawnContact& contact : contacts) ++seen[contact.priority];
  EXPECT_EQ(seen[1], 0);
  EXPECT_NEAR(
      static_cast<double>(seen[2]) / static_cast<double>(contacts.size()), 0.3,
      0.05);
}

}  // namespace
}  // namespace relais::simulation
