// Checks of a whole configuration; the functions are the public ones of
// relais/configuration.h.
//
// Thread safety: pure functions.
//
// Cost: O(size of the configuration) and, for the warnings about who could
// serve whom, distinct requirements times distinct profiles in the worst case.
//
// A value that is wrong makes what depends on it meaningless: warnings that
// nobody could serve a queue are given only if skills, routing profiles and
// agents are free of errors, and that an agent can serve no queue only if the
// queues are too. Errors never hide errors.

#ifndef RELAIS_LIB_DOMAIN_VALIDATE_CONFIGURATION_H_
#define RELAIS_LIB_DOMAIN_VALIDATE_CONFIGURATION_H_

#include "relais/configuration.h"

#endif  // RELAIS_LIB_DOMAIN_VALIDATE_CONFIGURATION_H_
