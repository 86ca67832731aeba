// Checks of a submitted contact that need no configuration.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_DOMAIN_VALIDATE_CONTACT_H_
#define RELAIS_LIB_DOMAIN_VALIDATE_CONTACT_H_

#include "absl/status/status.h"
#include "relais/configuration.h"
#include "relais/contact.h"

namespace relais {

// The first thing wrong, in the order of docs/routing-model.md ("Checks of a
// call"), as INVALID_ARGUMENT with the path of the field ("contact.id",
// "contact.requirement.all_of[0].level_min"). Whether the queue and the skills
// exist is for the caller, who has the configuration.
absl::Status ValidateContactSpec(const ContactSpec& spec);

// What a valid contact asks for and what its queue asks for cannot both be met:
// INVALID_ARGUMENT with the path of the contact's term.
absl::Status CheckAgainstQueue(const RoutingRequirement& requirement,
                               const ContactQueue& queue);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_VALIDATE_CONTACT_H_
