// What a requirement says, to tell the same again from another.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_DOMAIN_REQUIREMENT_CONTENT_H_
#define RELAIS_LIB_DOMAIN_REQUIREMENT_CONTENT_H_

#include "lib/base/fingerprint.h"
#include "relais/requirement.h"

namespace relais {

// Nothing but skills that must be held at a level or above: all that a
// requirement could say at first.
bool IsSkillsAtOrAbove(const RoutingRequirement& requirement);

// All of it, framed so that two different ones never give the same bytes.
void AddContent(const RoutingRequirement& requirement,
                FingerprintBuilder* builder);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_REQUIREMENT_CONTENT_H_
