// Why an agent is passed over for a contact.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_ENGINE_PASSED_OVER_H_
#define RELAIS_LIB_ENGINE_PASSED_OVER_H_

#include "lib/domain/compiled.h"
#include "lib/engine/holdings.h"
#include "relais/explanation.h"

namespace relais {

// The first reason that applies to a contact with this requirement. Declined,
// and whether the agent holds it, are the caller's to know.
PassedOver WhyPassedOver(const AgentView& agent, const CompiledProfile& profile,
                         const AgentCapacity& capacity, bool declined,
                         const CompiledRequirement& requirement);

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_PASSED_OVER_H_
