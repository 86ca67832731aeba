// What is shown of a contact that has ended.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_DOMAIN_ENDED_CONTACT_H_
#define RELAIS_LIB_DOMAIN_ENDED_CONTACT_H_

#include "relais/contact.h"
#include "relais/live_state.h"

namespace relais {

// All but its handle.
ContactView ViewOf(const EndedContact& ended);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_ENDED_CONTACT_H_
