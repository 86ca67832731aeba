// The public check of a configuration: that of lib/domain, with the one thing
// that it cannot know.

#include "lib/domain/validate_configuration.h"

#include "lib/skillgraph/skill_graph.h"

namespace relais {

std::vector<Finding> ValidateConfiguration(const Configuration& configuration,
                                           const Limits& limits) {
  return CheckConfiguration(configuration, limits, CloseSkills);
}

}  // namespace relais
