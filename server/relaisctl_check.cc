#include "server/relaisctl_check.h"

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <limits>

#include "server/command_line.h"
#include "server/config_file.h"

namespace relais::server {

Limits LargestLimits() {
  Limits limits;
  limits.agents = kAgentsCeiling - kAgentsCeiling / 8 - 64;
  limits.queues = kQueuesCeiling;
  limits.contacts = kContactsCeiling;
  limits.requirement_classes = kRequirementClassesCeiling;
  limits.profile_classes = kProfileClassesCeiling;
  limits.lanes = kLanesCeiling;
  limits.ended_ids = kEndedIdsCeiling;
  limits.pending_events = kPendingEventsCeiling;
  return limits;
}

// All that is wrong, however much: who corrects a file wants to do it once.
int ConfigCheck(const std::vector<std::string>& arguments) {
  const std::string& name = arguments[0];
  const ConfigFile file = ReadConfigFile(
      name, LargestLimits(), std::numeric_limits<std::size_t>::max());
  std::cerr << file.Describe(name);
  if (file.HasErrors()) {
    const auto errors = std::count_if(
        file.findings.begin(), file.findings.end(), [](const auto& found) {
          return found.finding.severity == Finding::Severity::kError;
        });
    std::cerr << name << ": " << errors << " errors, "
              << file.findings.size() - static_cast<std::size_t>(errors)
              << " warnings\n";
    return kExitUsage;
  }
  std::cout << name << ": " << file.message.agents_size() << " agents, "
            << file.message.queues_size() << " queues, "
            << file.message.skills_size() << " skills; no errors, "
            << file.findings.size() << " warnings\n";
  return kExitDone;
}

}  // namespace relais::server
