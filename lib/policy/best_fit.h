// Best fit: prefers the agent with the most level above what was asked, in
// eight steps (docs/routing-model.md, "Fit step").
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_BEST_FIT_H_
#define RELAIS_LIB_POLICY_BEST_FIT_H_

#include "lib/domain/compiled.h"

namespace relais::policy {

inline constexpr int kFitSteps = 8;

// 0 to 7, larger fits better: of the levels left above what was asked and the
// weights of what is preferred, the share that the profile has, in eighths. 0
// if nothing is left and nothing preferred.
// Requires: Accepts(requirement, profile).
int FitStep(const CompiledRequirement& requirement,
            const CompiledProfile& profile);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_BEST_FIT_H_
