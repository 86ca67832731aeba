#include "lib/base/random.h"

#include <bit>

#include "lib/base/assert.h"

namespace relais {
namespace {

std::uint64_t SplitMix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = SplitMix64(seed);
}

std::uint64_t Random::NextUint64() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::Uniform(std::uint64_t n) {
  RELAIS_CHECK(n > 0, "nothing to choose from");
  // Draws of the incomplete last block of n would favour small results.
  const std::uint64_t refused_below = (0 - n) % n;
  for (;;) {
    const std::uint64_t draw = NextUint64();
    if (draw >= refused_below) return draw % n;
  }
}

std::int64_t Random::UniformBetween(std::int64_t low, std::int64_t high) {
  RELAIS_CHECK(low <= high, "an empty range");
  const std::uint64_t span =
      static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const std::uint64_t offset = span == max() ? NextUint64() : Uniform(span + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

double Random::UniformDouble() {
  return static_cast<double>(NextUint64() >> 11) * 0x1.0p-53;
}

bool Random::Bernoulli(double p) { return UniformDouble() < p; }

Random Random::Fork() { return Random(NextUint64()); }

}  // namespace relais
