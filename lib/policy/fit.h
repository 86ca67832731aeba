// The fit step of an eligible pair by the rule of the contact's queue.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_FIT_H_
#define RELAIS_LIB_POLICY_FIT_H_

#include "lib/domain/compiled.h"

namespace relais::policy {

// 0 to 7, larger fits better.
// Requires: Accepts(requirement, profile).
int FitOf(const CompiledRequirement& requirement,
          const CompiledProfile& profile);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_FIT_H_
