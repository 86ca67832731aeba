// Checks of a whole configuration. ValidateConfiguration of
// relais/configuration.h is this one, called by lib/skillgraph: how skills
// imply each other is a question for it.
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

#include <vector>

#include "lib/domain/skill_closure.h"
#include "relais/configuration.h"

namespace relais {

// As ValidateConfiguration. Of one that was applied, and whose agents may have
// changed since, a reserve that starves is no error: nothing is refused when
// an agent's change makes it so.
std::vector<Finding> CheckConfiguration(const Configuration& configuration,
                                        const Limits& limits,
                                        CloseSkillsFn close,
                                        bool applied = false);

// What is wrong with one agent beside the lists of a configuration without
// errors, which has an agent of this id. Paths begin with "agent". No warnings.
std::vector<Finding> CheckAgentOf(const AgentConfiguration& agent,
                                  const Configuration& configuration);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_VALIDATE_CONFIGURATION_H_
