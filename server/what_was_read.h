// What may be said of a configuration that a file gave only in part.
//
// Thread safety: pure function.

#ifndef RELAIS_SERVER_WHAT_WAS_READ_H_
#define RELAIS_SERVER_WHAT_WAS_READ_H_

#include <vector>

#include "relais/configuration.h"
#include "server/yaml_message.h"

namespace relais::server {

// The findings without those that may hold only because something was not read:
// warnings; what is missing where a key was not understood; values that are
// judged by others beside them which were not read; and names whose list may
// lack them.
std::vector<Finding> OfWhatWasRead(std::vector<Finding> findings,
                                   const YamlOutcome& outcome);

}  // namespace relais::server

#endif  // RELAIS_SERVER_WHAT_WAS_READ_H_
