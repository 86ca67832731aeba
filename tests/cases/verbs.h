// The verbs of a step: what each takes, and the calls it makes.
//
// Thread safety: none.

#ifndef RELAIS_TESTS_CASES_VERBS_H_
#define RELAIS_TESTS_CASES_VERBS_H_

#include <string>
#include <vector>

#include "relais/v1/configuration.pb.h"
#include "tests/cases/table.h"
#include "tests/cases/yaml_parts.h"

namespace relais::cases {

std::vector<std::string> Verbs();

// The calls of the verb `entry.key`. `configuration` is the one in force, which
// an `apply` changes.
std::vector<Call> ReadVerb(const Entry& entry, v1::Configuration* configuration,
                           YamlParts* parts);

}  // namespace relais::cases

#endif  // RELAIS_TESTS_CASES_VERBS_H_
