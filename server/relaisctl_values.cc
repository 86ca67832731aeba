#include "server/relaisctl_values.h"

#include <cstdint>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/command_line.h"
#include "server/relaisctl_text.h"
#include "server/yaml_message.h"

namespace relais::server {

std::string ReadPreferred(const std::vector<std::string>& agents,
                          const std::string& source,
                          const std::string& reply_by, v1::Contact* contact) {
  if (agents.empty()) {
    return source.empty() && reply_by.empty()
               ? ""
               : "--source and --reply-by go with --preferred";
  }
  v1::PreferredAgents* preferred = contact->mutable_preferred();
  for (const std::string& agent : agents) preferred->add_agents(agent);
  preferred->set_source(agents.size() > 1 ? v1::PREFERENCE_SOURCE_LIST
                                          : v1::PREFERENCE_SOURCE_PORTFOLIO);
  if (!source.empty()) {
    int value = 0;
    std::string problem;
    if (!ParseEnum("--source", source, *v1::PreferenceSource_descriptor(),
                   &value, &problem)) {
      return problem;
    }
    preferred->set_source(static_cast<v1::PreferenceSource>(value));
  }
  if (reply_by.empty()) return "";
  const auto reply_by_ms = ParseDuration(reply_by);
  if (!reply_by_ms.ok()) {
    return "--reply-by: " + std::string(reply_by_ms.status().message());
  }
  preferred->set_reply_by_ms(*reply_by_ms);
  return "";
}

std::string ReadPresence(const std::string& state, const std::string& reason,
                         const std::string& back_at, v1::Presence* presence) {
  int value = 0;
  std::string problem;
  if (!ParseEnum("STATE", state, *v1::PresenceState_descriptor(), &value,
                 &problem)) {
    return problem;
  }
  presence->set_state(static_cast<v1::PresenceState>(value));
  if (!reason.empty()) {
    if (!ParseEnum("REASON", reason, *v1::NotReadyReason_descriptor(), &value,
                   &problem)) {
      return problem;
    }
    presence->set_reason(static_cast<v1::NotReadyReason>(value));
  }
  if (back_at.empty()) return "";
  const auto back_at_ms = ParseInstant(back_at);
  if (!back_at_ms.ok()) {
    return "--back-at: " + std::string(back_at_ms.status().message());
  }
  presence->set_back_at_ms(*back_at_ms);
  return "";
}

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
