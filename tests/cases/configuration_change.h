// A configuration with some of its entries replaced, added or removed, so that
// a table need not repeat the whole centre to promote one agent.
//
// Thread safety: pure functions but for what they are given.

#ifndef RELAIS_TESTS_CASES_CONFIGURATION_CHANGE_H_
#define RELAIS_TESTS_CASES_CONFIGURATION_CHANGE_H_

#include "relais/v1/configuration.pb.h"
#include "tests/cases/yaml_parts.h"

namespace relais::cases {

// Entries of lists replace those of the same name (an agent's: id), others are
// added at the end. Everything else that is set replaces what is there.
void ChangeConfiguration(const v1::Configuration& change,
                         v1::Configuration* configuration);

// {agents: [bob], queues: [night]}: a name that is not there is a problem.
void RemoveFromConfiguration(const YAML::Node& names, YamlParts* parts,
                             v1::Configuration* configuration);

}  // namespace relais::cases

#endif  // RELAIS_TESTS_CASES_CONFIGURATION_CHANGE_H_
