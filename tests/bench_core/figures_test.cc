// Goal: medians, ratios, verdicts and percentiles are computed rightly, and the
// line of a goal is what docs/benchmarks.md and scripts promise.

#include <cstdint>
#include <sstream>
#include <string>

#include "bench/core/compare.h"
#include "bench/core/latency.h"
#include "bench/core/report.h"
#include "bench/core/series.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace relais::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Series Of(std::initializer_list<double> values) {
  Series series;
  for (const double value : values) series.Add(value);
  return series;
}

TEST(SeriesTest, MedianOfOddEvenAndNone) {
  EXPECT_EQ(Of({9, 1, 2}).Median(), 2);
  EXPECT_EQ(Of({9, 1, 2, 4}).Median(), 3);
  EXPECT_EQ(Of({}).Median(), 0);
  EXPECT_EQ(Of({9, 1, 2}).Min(), 1);
  EXPECT_EQ(Of({9, 1, 2}).Max(), 9);
}

TEST(SeriesTest, RatiosAreTakenRepetitionByRepetition) {
  const Series ratios = Ratios(Of({10, 200, 30}), Of({10, 100, 60}));
  EXPECT_THAT(ratios.values(), ElementsAre(1, 2, 0.5));
  // Not the ratio of the medians, which is a half.
  EXPECT_EQ(ratios.Median(), 1);
}

TEST(CandidateTest, TheSmallestMarginDecides) {
  const std::vector<Candidate> candidates = {
      {"well met", Of({2}), AtLeast(1)},
      {"just met", Of({1.9}), AtMost(2)},
      {"missed by more", Of({1.2}), AtLeast(2)},
      {"missed", Of({2.2}), AtMost(2)},
  };
  EXPECT_EQ(Worst(candidates).name, "missed by more");
}

TEST(CandidateTest, MedianOrWorstIsHeldAgainstTheTarget) {
  Candidate candidate{"", Of({0.5, 1, 2}), AtLeast(0.9)};
  EXPECT_TRUE(candidate.Passes());
  candidate.worst_decides = true;
  EXPECT_FALSE(candidate.Passes());
  candidate.target = AtMost(1.5);
  EXPECT_FALSE(candidate.Passes());
  EXPECT_TRUE((Candidate{"", Of({0, 0}), Equal(0), true}).Passes());
  EXPECT_FALSE((Candidate{"", Of({0, 1}), Equal(0), true}).Passes());
}

TEST(ReportTest, PrintsOneLineAGoal) {
  std::ostringstream out;
  Report report(out);
  report.Goal(2, "worst-of-four-2-threads",
              {{"a", Of({0.98, 1.12, 1.3}), AtLeast(1)}});
  EXPECT_EQ(out.str(),
            "goal 2 worst-of-four-2-threads median 1.12 min 0.98 max 1.30 "
            "target >=1.0 PASS\n");
}

TEST(ReportTest, SeveralCandidatesAreDetailsBeforeTheLine) {
  std::ostringstream out;
  Report report(out);
  report.Goal(16, "bytes",
              {{"a", Of({140}), AtMost(128)}, {"b", Of({100}), AtMost(128)}});
  EXPECT_EQ(out.str(),
            "  a median 140.0 min 140.0 max 140.0 target <=128 miss (decides)\n"
            "  b median 100.0 min 100.0 max 100.0 target <=128 pass\n"
            "goal 16 bytes median 140.0 min 140.0 max 140.0 target <=128 "
            "MISS\n");
  EXPECT_FALSE(report.failed()) << "a miss is published, not a failure";
  EXPECT_THAT(report.Json(), HasSubstr("\"decided_by\": \"a\""));
  EXPECT_THAT(report.Json(), HasSubstr("\"pass\": false"));
}

TEST(ReportTest, AFailureIsRemembered) {
  std::ostringstream out;
  Report report(out);
  report.Failure(9, "an inversion");
  EXPECT_TRUE(report.failed());
  EXPECT_THAT(report.Json(), HasSubstr("goal 9: an inversion"));
}

TEST(CompareTest, EachContestantRunsInEachRepetition) {
  int made = 0;
  double slow_ran = 0;
  double fast_ran = 0;
  const auto make = [&made](double per_second, double* ran) {
    return [&made, per_second, ran](std::uint64_t) -> Turn {
      ++made;
      return [per_second, ran](double seconds) {
        *ran += seconds;
        return Tally{per_second * seconds, seconds, seconds};
      };
    };
  };
  Options options;
  options.repetitions = 3;
  const std::vector<Measured> measured =
      Compare(options, 1, {make(10, &slow_ran), make(30, &fast_ran)});
  EXPECT_EQ(made, 6) << "built anew for each repetition";
  EXPECT_EQ(slow_ran, fast_ran);
  EXPECT_NEAR(Ratios(measured[1].per_second, measured[0].per_second).Median(),
              3, 1e-9);
}

TEST(HistogramTest, BucketsAreOrderedAndNarrow) {
  std::size_t last = 0;
  for (std::uint64_t value = 0; value < 5'000'000; value += 1 + value / 100) {
    const std::size_t bucket = Histogram::BucketOf(value);
    EXPECT_GE(bucket, last);
    last = bucket;
    const std::uint64_t low = Histogram::LowerEnd(bucket);
    EXPECT_LE(low, value);
    EXPECT_LE(value - low, value / 32) << value;
    EXPECT_EQ(Histogram::BucketOf(low), bucket);
  }
}

TEST(HistogramTest, Percentiles) {
  Histogram histogram;
  for (int i = 0; i < 9'990; ++i) histogram.Add(10);
  for (int i = 0; i < 9; ++i) histogram.Add(1'024);
  histogram.Add(std::uint64_t{1} << 40);
  EXPECT_EQ(histogram.Percentile(0.5), 10U);
  EXPECT_EQ(histogram.Percentile(0.999), 10U);
  EXPECT_EQ(histogram.Percentile(0.9995), 1'024U);
  EXPECT_EQ(histogram.Percentile(1), std::uint64_t{1} << 40);
}

}  // namespace
}  // namespace relais::bench
