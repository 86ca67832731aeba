#include "server/relaisctl_values.h"

#include <cstdint>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/yaml_message.h"

namespace relais::server {

std::string ReadSkills(const std::vector<std::string>& texts,
                       v1::RoutingRequirement* requirement) {
  std::set<std::string> names;
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    std::int32_t level = 1;
    if (colon != std::string::npos &&
        !absl::SimpleAtoi(text.substr(colon + 1), &level)) {
      return "--skills: '" + text +
             "' is no skill with a level; use name or name:level";
    }
    const std::string name = text.substr(0, colon);
    if (!names.insert(name).second) {
      return "--skills: '" + name + "' is given twice";
    }
    v1::RequirementTerm* term = requirement->add_all_of();
    term->set_skill(name);
    term->set_level_min(level);
  }
  return "";
}

std::string ReadRequirement(const std::string& text,
                            v1::RoutingRequirement* requirement) {
  const YamlOutcome outcome = FillFromYaml(text, requirement);
  if (outcome.problems.empty()) return "";
  const YamlProblem& first = outcome.problems.front();
  return absl::StrCat("--requirement: ", first.path,
                      first.path.empty() ? "" : ": ", first.message);
}

std::string ReadAttributes(const std::vector<std::string>& texts,
                           v1::Contact* contact) {
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return "--attributes: '" + text + "' has no '='";
    }
    const std::string key = text.substr(0, equals);
    if (contact->attributes().contains(key)) {
      return "--attributes: '" + key + "' is given twice";
    }
    (*contact->mutable_attributes())[key] = text.substr(equals + 1);
  }
  return "";
}

std::string ReadHeldSkills(const std::vector<std::string>& texts,
                           v1::AgentConfiguration* agent) {
  for (const std::string& text : texts) {
    const std::vector<std::string> parts = absl::StrSplit(text, ':');
    v1::AgentSkill* skill = agent->add_skills();
    skill->set_skill(parts[0]);
    std::int32_t level = 0;
    if (parts.size() > 3 || (parts.size() > 1 && !parts[1].empty() &&
                             !absl::SimpleAtoi(parts[1], &level))) {
      return "--skills: '" + text +
             "' is no skill of an agent; use name, name:level or, in "
             "training, name:level:tutor";
    }
    skill->set_level(level);
    if (parts.size() < 3) continue;
    skill->set_in_training(true);
    skill->set_tutor(parts[2]);
  }
  return "";
}

}  // namespace relais::server
