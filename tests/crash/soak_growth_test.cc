// The soak's judgement on series that are known: steady ones, a sawtooth, and
// each kind of growth.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/crash/soak.h"

namespace relais::crash {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kMebibyte = 1024.0 * 1024;

std::vector<SoakSample> Steady(int seconds) {
  std::vector<SoakSample> samples;
  for (int second = 1; second <= seconds; ++second) {
    SoakSample sample;
    sample.second = second;
    sample.acknowledged = 1'000.0 * second;
    sample.resident_bytes = (100 + second % 7) * kMebibyte;
    sample.descriptors = 40 + second % 3;
    sample.threads = 12;
    sample.journal_bytes = 300'000.0 * second;
    samples.push_back(sample);
  }
  return samples;
}

TEST(Grown, SteadySeriesAreFine) {
  EXPECT_THAT(Grown(Steady(60)), IsEmpty());
  EXPECT_THAT(Grown(Steady(600)), IsEmpty());
}

TEST(Grown, GrowthAtTheBeginningIsWarmingUp) {
  std::vector<SoakSample> samples = Steady(60);
  for (int i = 0; i < 15; ++i) samples[i].resident_bytes = 10 * kMebibyte;
  EXPECT_THAT(Grown(samples), IsEmpty());
}

TEST(Grown, EachKindIsNamed) {
  std::vector<SoakSample> samples = Steady(60);
  for (SoakSample& sample : samples) {
    sample.resident_bytes += 1.0 * kMebibyte * sample.second;
  }
  EXPECT_THAT(Grown(samples), ElementsAre(HasSubstr("memory grew by 4")));
  samples = Steady(60);
  for (SoakSample& sample : samples) sample.descriptors += sample.second / 4;
  EXPECT_THAT(Grown(samples), ElementsAre(HasSubstr("descriptors grew by 1")));
  samples = Steady(60);
  for (SoakSample& sample : samples) sample.threads += sample.second / 8;
  EXPECT_THAT(Grown(samples), ElementsAre(HasSubstr("threads grew by 5")));
  samples = Steady(60);
  for (SoakSample& sample : samples) {
    sample.journal_bytes += 8 * kMebibyte * sample.second;
  }
  EXPECT_THAT(Grown(samples), ElementsAre(HasSubstr("journal grew by 3")));
}

// What the journal's buffers may hold is allowed besides, and no more.
TEST(Grown, BuffersThatFillAreNoLeak) {
  std::vector<SoakSample> samples = Steady(60);
  for (SoakSample& sample : samples) {
    sample.resident_bytes += 1.4 * sample.journal_bytes;
  }
  EXPECT_THAT(Grown(samples), IsEmpty());
  samples = Steady(600);
  for (SoakSample& sample : samples) {
    sample.resident_bytes += 1.4 * sample.journal_bytes;
  }
  EXPECT_THAT(Grown(samples), ElementsAre(HasSubstr("memory grew by 1")));
}

TEST(Grown, TooFewSamplesProveNothing) {
  EXPECT_THAT(Grown(Steady(9)), ElementsAre(HasSubstr("7 samples")));
}

}  // namespace
}  // namespace relais::crash
