// The world that the benchmarks of the core play in, the same for both sides.
//
// Requirement classes times priorities give the lanes (lane = class * bands +
// band, band 0 served first). Each profile class serves a number of classes,
// drawn from the seed so that every class is served. Routing groups are worlds
// of the same shape side by side: classes, profiles, lanes, agents and slots
// of one group follow those of the group before and are never shared.
//
// Thread safety: constant once built.

#ifndef RELAIS_BENCH_CORE_WORLD_H_
#define RELAIS_BENCH_CORE_WORLD_H_

#include <cstdint>
#include <vector>

namespace relais::bench {

inline constexpr std::uint32_t kNone = 0xFFFF'FFFF;
inline constexpr std::uint32_t kBands = 8;

// How the core's keys come about. The rival always orders by (band, arrival).
enum class KeyMode : std::uint8_t {
  kStrict,  // band << 40 | arrival
  kAged,    // arrival - 60 s * priority, priority = last band - band
};

struct WorldShape {  // of one group
  std::uint32_t requirement_classes = 64;
  std::uint32_t profile_classes = 16;
  std::uint32_t classes_per_profile = 8;
  std::uint32_t agents = 1'000;
  std::uint32_t contacts = 0;  // slots
  std::uint32_t groups = 1;
  KeyMode key_mode = KeyMode::kStrict;
  std::uint64_t seed = 1;
};

struct World {
  explicit World(const WorldShape& shape);

  std::uint32_t classes() const {
    return shape.requirement_classes * shape.groups;
  }
  std::uint32_t profiles() const {
    return shape.profile_classes * shape.groups;
  }
  std::uint32_t lanes_per_group() const {
    return shape.requirement_classes * kBands;
  }
  std::uint32_t lanes() const { return lanes_per_group() * shape.groups; }
  std::uint32_t agents() const { return shape.agents * shape.groups; }
  std::uint32_t contacts() const { return shape.contacts * shape.groups; }
  std::uint32_t group_of_class(std::uint32_t requirement_class) const {
    return requirement_class / shape.requirement_classes;
  }
  static std::uint32_t class_of(std::uint32_t lane) { return lane / kBands; }
  static std::uint32_t band_of(std::uint32_t lane) { return lane % kBands; }

  WorldShape shape;
  // Rows of classes_per_profile classes, ascending, one row a profile.
  std::vector<std::uint32_t> classes_of_profile;
  std::vector<std::vector<std::uint32_t>> profiles_of_class;
  std::vector<std::uint32_t> profile_of_agent;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_WORLD_H_
