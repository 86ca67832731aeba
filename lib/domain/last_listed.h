// What a configuration says of one agent, for when a later one no longer lists
// it: the agent stays as it was until it has left, also over a restart.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_DOMAIN_LAST_LISTED_H_
#define RELAIS_LIB_DOMAIN_LAST_LISTED_H_

#include <string>

#include "relais/configuration.h"

namespace relais {

// All that its profile is compiled from, in the order of `configuration`, which
// lists the agent: the agent itself, its routing profile, its skills and what
// they imply, its grade's policy, its team and the sites of both.
Configuration LastListed(const AgentConfiguration& agent,
                         const Configuration& configuration);

// What keeps a profile from being compiled from it, as "routing profile
// \"voice\" is missing"; empty if nothing does.
std::string WrongInLastListed(const Configuration& listed,
                              const std::string& agent_id);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_LAST_LISTED_H_
