// Goal: load decides before idle time does, in both directions, and the key
// stays inside what the core keeps of it. Method: table of pairs; the core's
// image of the keys of the extremes.

#include "lib/policy/load_order.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "lib/match/front_word.h"
#include "lib/policy/longest_idle.h"
#include "relais/configuration.h"
#include "relais/limits.h"

namespace relais::policy {
namespace {

// Now, and the end of this century.
constexpr InstantMs kNow = 1'900'000'000'000;
constexpr InstantMs kLater = 4'100'000'000'000;
constexpr DurationMs kWeek = 7LL * 24 * 3600 * 1000;

std::int64_t KeyOf(InstantMs idle_since_ms, std::uint32_t units,
                   LoadOrder load_order) {
  return LongestIdleKey(LoadPlace(units, load_order), idle_since_ms);
}

TEST(LoadOrderTest, IsTheIdleInstantOfWhoHoldsNothing) {
  for (const InstantMs idle_since_ms : {InstantMs{0}, kNow, kLater}) {
    EXPECT_EQ(KeyOf(idle_since_ms, 0, LoadOrder::kSpread), idle_since_ms);
    EXPECT_EQ(KeyOf(idle_since_ms, 0, LoadOrder::kPack), idle_since_ms);
  }
}

TEST(LoadOrderTest, TheLongerIdleGoesFirstOfEqualLoad) {
  for (const LoadOrder order : {LoadOrder::kSpread, LoadOrder::kPack}) {
    for (const std::uint32_t units : {0U, 1U, 34U, 100U}) {
      EXPECT_LT(KeyOf(kNow - 1, units, order), KeyOf(kNow, units, order));
    }
  }
}

TEST(LoadOrderTest, OneUnitCountsMoreThanAWeek) {
  for (std::uint32_t units = 0; units < kCapacityUnitsMax; ++units) {
    EXPECT_LT(KeyOf(kNow, units, LoadOrder::kSpread),
              KeyOf(kNow - kWeek, units + 1, LoadOrder::kSpread));
    EXPECT_LT(KeyOf(kNow, units + 1, LoadOrder::kPack),
              KeyOf(kNow - kWeek, units, LoadOrder::kPack));
  }
}

TEST(LoadOrderTest, MoreThanAFullLoadIsAFullLoad) {
  EXPECT_EQ(LoadPlace(101, LoadOrder::kSpread), 100);
  EXPECT_EQ(LoadPlace(200, LoadOrder::kPack), -100);
}

// The core compares keys by an image of 44 bits, which stops at its ends.
TEST(LoadOrderTest, DiffersInTheCoresImageAtTheExtremes) {
  using match::FrontWord;
  const std::uint32_t full = kCapacityUnitsMax;
  const std::vector<std::int64_t> rising = {
      KeyOf(kNow, full, LoadOrder::kPack),
      KeyOf(kNow + 1, full, LoadOrder::kPack),
      KeyOf(kNow, full - 1, LoadOrder::kPack),
      KeyOf(kNow, 0, LoadOrder::kPack),
      KeyOf(kNow, 1, LoadOrder::kSpread),
      KeyOf(kLater, full, LoadOrder::kSpread),
      KeyOf(kLater + 1, full, LoadOrder::kSpread)};
  for (std::size_t i = 1; i < rising.size(); ++i) {
    EXPECT_LT(FrontWord::ImageOf(rising[i - 1]), FrontWord::ImageOf(rising[i]))
        << i;
  }
  EXPECT_LT(FrontWord::ImageOf(rising.back()), FrontWord::kEmptyImage);
}

}  // namespace
}  // namespace relais::policy
