// Least over-qualified: prefers the agent with the least beyond what was asked,
// so that experts stay free, in eight steps (docs/routing-model.md, "Fit
// step").
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_LEAST_OVER_QUALIFIED_H_
#define RELAIS_LIB_POLICY_LEAST_OVER_QUALIFIED_H_

#include "lib/domain/compiled.h"

namespace relais::policy {

// So many skills that were not asked for are as much as can be told apart. In a
// bank's centre juniors hold 5 or 6 skills, experts and specialised agents 10
// to 12 of them.
inline constexpr int kFurtherSkillsCounted = 16;

// 0 to 7, larger fits better: 7 is who has next to nothing to spare.
// Requires: Accepts(requirement, profile).
int LeastOverQualifiedStep(const CompiledRequirement& requirement,
                           const CompiledProfile& profile);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_LEAST_OVER_QUALIFIED_H_
