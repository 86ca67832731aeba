// Goal: load decides before idle time does, in both directions, and the key
// stays inside what the core keeps of it. Method: table of pairs; the core's
// image of the keys of the extremes.

#include "lib/policy/load_order.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "lib/match/front_word.h"
#include "relais/configuration.h"

namespace relais::policy {
namespace {

// Now, and the end of this century.
constexpr InstantMs kNow = 1'900'000'000'000;
constexpr InstantMs kLater = 4'100'000'000'000;
constexpr DurationMs kWeek = 7LL * 24 * 3600 * 1000;

TEST(AgentOrderKey, IsTheIdleInstantOfWhoHoldsNothing) {
  for (const InstantMs idle_since_ms : {InstantMs{0}, kNow, kLater}) {
    EXPECT_EQ(AgentOrderKey(idle_since_ms, 0, LoadOrder::kSpread),
              idle_since_ms);
    EXPECT_EQ(AgentOrderKey(idle_since_ms, 0, LoadOrder::kPack), idle_since_ms);
  }
}

TEST(AgentOrderKey, TheLongerIdleGoesFirstOfEqualLoad) {
  for (const LoadOrder order : {LoadOrder::kSpread, LoadOrder::kPack}) {
    for (const std::uint32_t units : {0U, 1U, 34U, 100U}) {
      EXPECT_LT(AgentOrderKey(kNow - 1, units, order),
                AgentOrderKey(kNow, units, order));
    }
  }
}

TEST(AgentOrderKey, OneUnitCountsMoreThanAWeek) {
  for (std::uint32_t units = 0; units < kCapacityUnitsMax; ++units) {
    EXPECT_LT(AgentOrderKey(kNow, units, LoadOrder::kSpread),
              AgentOrderKey(kNow - kWeek, units + 1, LoadOrder::kSpread));
    EXPECT_LT(AgentOrderKey(kNow, units + 1, LoadOrder::kPack),
              AgentOrderKey(kNow - kWeek, units, LoadOrder::kPack));
  }
}

// The core compares keys by an image of 44 bits, which stops at its ends.
TEST(AgentOrderKey, DiffersInTheCoresImageAtTheExtremes) {
  using match::FrontWord;
  const std::uint32_t full = kCapacityUnitsMax;
  const std::vector<std::int64_t> rising = {
      AgentOrderKey(kNow, full, LoadOrder::kPack),
      AgentOrderKey(kNow + 1, full, LoadOrder::kPack),
      AgentOrderKey(kNow, full - 1, LoadOrder::kPack),
      AgentOrderKey(kNow, 0, LoadOrder::kPack),
      AgentOrderKey(kNow, 1, LoadOrder::kSpread),
      AgentOrderKey(kLater, full, LoadOrder::kSpread),
      AgentOrderKey(kLater + 1, full, LoadOrder::kSpread)};
  for (std::size_t i = 1; i < rising.size(); ++i) {
    EXPECT_LT(FrontWord::ImageOf(rising[i - 1]), FrontWord::ImageOf(rising[i]))
        << i;
  }
  EXPECT_LT(FrontWord::ImageOf(rising.back()), FrontWord::kEmptyImage);
}

}  // namespace
}  // namespace relais::policy
