// The boost of a contact under the centre's mode (docs/routing-model.md,
// "Choice of contact").
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_CONTACT_CHOICE_H_
#define RELAIS_LIB_POLICY_CONTACT_CHOICE_H_

#include "relais/configuration.h"
#include "relais/types.h"

namespace relais::policy {

// Requires: priority 0..9.
DurationMs BoostOf(ContactChoice choice, const ContactQueue& queue,
                   int priority, DurationMs segment_credit_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_CONTACT_CHOICE_H_
