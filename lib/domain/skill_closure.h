// What follows from "this skill implies that one", for whoever compiles agents
// or checks a configuration. Computed by lib/skillgraph.
//
// Thread safety: plain values.

#ifndef RELAIS_LIB_DOMAIN_SKILL_CLOSURE_H_
#define RELAIS_LIB_DOMAIN_SKILL_CLOSURE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "relais/configuration.h"

namespace relais {

// Skills are numbered as they stand in Configuration::skills.
struct SkillClosure {
  struct Implied {
    std::uint32_t skill = 0;
    // The highest level that it can be implied at: over the best way, the
    // lowest level_max.
    std::uint8_t level_max = 0;
    friend bool operator==(const Implied&, const Implied&) = default;
  };
  // By skill: all that it implies, directly or over others, by rising number.
  // Empty lists if there is a cycle or there are too many pairs.
  std::vector<std::vector<Implied>> implied;
  // One of each knot of cycles, the shortest there through its first skill;
  // begins with that, each implies the next and the last one the first.
  std::vector<std::vector<std::uint32_t>> cycles;
  bool too_many_pairs = false;  // more than kImpliedPairsMax
};

// Names that no skill has are passed over; of two skills of one name the first
// counts.
using CloseSkillsFn =
    absl::FunctionRef<SkillClosure(const std::vector<Skill>& skills)>;

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_SKILL_CLOSURE_H_
