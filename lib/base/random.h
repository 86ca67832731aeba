// A seeded generator whose sequence is the same on every platform.
//
// Standard distributions may differ between libraries, so those needed are
// here. xoshiro256** (Blackman and Vigna), seeded through splitmix64. Not for
// secrets.
//
// Thread safety: none; one generator per thread.

#ifndef RELAIS_LIB_BASE_RANDOM_H_
#define RELAIS_LIB_BASE_RANDOM_H_

#include <array>
#include <cstdint>

namespace relais {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t NextUint64();
  // 0 .. n-1, each equally likely. `n` is at least 1.
  std::uint64_t Uniform(std::uint64_t n);
  // low .. high, both included; low <= high.
  std::int64_t UniformBetween(std::int64_t low, std::int64_t high);
  // 0 <= x < 1, with 53 bits.
  double UniformDouble();
  // True with probability `p`; never for p <= 0, always for p >= 1.
  bool Bernoulli(double p);
  // A generator of its own, so that one consumer's draws do not shift
  // another's. Advances this one.
  Random Fork();

  // What std::shuffle asks of a generator. Mind that std::shuffle itself may
  // differ between standard libraries.
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() { return NextUint64(); }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace relais

#endif  // RELAIS_LIB_BASE_RANDOM_H_
