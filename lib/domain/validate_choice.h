// What is wrong with how a configuration has agents and contacts chosen: fit
// rules, the centre's mode, segments.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_DOMAIN_VALIDATE_CHOICE_H_
#define RELAIS_LIB_DOMAIN_VALIDATE_CHOICE_H_

#include <vector>

#include "relais/configuration.h"

namespace relais {

// Part of ValidateConfiguration, in the order of the fields.
std::vector<Finding> ValidateChoice(const Configuration& configuration);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_VALIDATE_CHOICE_H_
