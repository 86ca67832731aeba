// Eligibility: whether an agent with a profile may serve a contact with a
// requirement (docs/routing-model.md, "Eligible", without exclusions, which
// belong to one contact and one agent and not to their classes).
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_ELIGIBILITY_H_
#define RELAIS_LIB_POLICY_ELIGIBILITY_H_

#include "lib/domain/compiled.h"

namespace relais::policy {

// The profile has the channel and every skill at its levels, and what else is
// asked for holds. Both sides normalized.
bool Accepts(const CompiledRequirement& requirement,
             const CompiledProfile& profile);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_ELIGIBILITY_H_
