// Goal: the same content has the same fingerprint in every process, other
// content another. Method: fixed values (they may be stored, so they may not
// change), framing, and a search for collisions among near neighbours.

#include "lib/base/fingerprint.h"

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace relais {
namespace {

// XXH3_128bits with seed 0, as published with the algorithm.
TEST(FingerprintTest, ValuesMayBeStored) {
  const Fingerprint empty = FingerprintOf("");
  EXPECT_EQ(empty.high, 0x99aa06d3014798d8ULL);
  EXPECT_EQ(empty.low, 0x6001c324468d497fULL);
}

TEST(FingerprintTest, NumbersAreLittleEndianBytes) {
  EXPECT_EQ(FingerprintBuilder().AddNumber(0x0102).Finish(),
            FingerprintOf(std::string("\x02\x01\0\0\0\0\0\0", 8)));
  EXPECT_NE(FingerprintBuilder().AddNumber(-1).Finish(),
            FingerprintBuilder().AddNumber(1).Finish());
}

TEST(FingerprintTest, BordersBetweenFieldsCount) {
  EXPECT_NE(FingerprintBuilder().Add("ab").Add("c").Finish(),
            FingerprintBuilder().Add("a").Add("bc").Finish());
  EXPECT_NE(FingerprintBuilder().Add("").Add("a").Finish(),
            FingerprintBuilder().Add("a").Add("").Finish());
  EXPECT_EQ(FingerprintBuilder().Add("ab").Add("c").Finish(),
            FingerprintBuilder().Add("ab").Add("c").Finish());
}

TEST(FingerprintTest, NeighboursDiffer) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::set<std::uint64_t> low;
  for (int length = 0; length < 300; ++length) {
    for (int letter = 0; letter < 26; ++letter) {
      std::string text(static_cast<std::size_t>(length), 'x');
      text.push_back(static_cast<char>('a' + letter));
      const Fingerprint print = FingerprintOf(text);
      EXPECT_TRUE(seen.emplace(print.high, print.low).second);
      EXPECT_TRUE(low.insert(print.low).second);
    }
  }
}

}  // namespace
}  // namespace relais
