// What relaisctl's flags say of contacts and agents.
//
// Each function answers what is wrong, naming the flag; empty: nothing.
//
// Thread safety: pure functions.

#ifndef RELAIS_SERVER_RELAISCTL_VALUES_H_
#define RELAIS_SERVER_RELAISCTL_VALUES_H_

#include <string>
#include <vector>

#include "relais/v1/configuration.pb.h"
#include "relais/v1/contact.pb.h"

namespace relais::server {

// --skills of a contact: "name" or "name:level", added to all_of.
std::string ReadSkills(const std::vector<std::string>& texts,
                       v1::RoutingRequirement* requirement);

// --requirement: YAML.
std::string ReadRequirement(const std::string& text,
                            v1::RoutingRequirement* requirement);

// --preferred, --source, --reply-by.
std::string ReadPreferred(const std::vector<std::string>& agents,
                          const std::string& source,
                          const std::string& reply_by, v1::Contact* contact);

// STATE, REASON (empty: none) and --back-at (likewise).
std::string ReadPresence(const std::string& state, const std::string& reason,
                         const std::string& back_at, v1::Presence* presence);

// --attributes: "key=value".
std::string ReadAttributes(const std::vector<std::string>& texts,
                           v1::Contact* contact);

// --skills of an agent: "name" has the level of the grade, "name:level:tutor"
// is in training.
std::string ReadHeldSkills(const std::vector<std::string>& texts,
                           v1::AgentConfiguration* agent);

}  // namespace relais::server

#endif  // RELAIS_SERVER_RELAISCTL_VALUES_H_
