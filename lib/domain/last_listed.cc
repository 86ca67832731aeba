#include "lib/domain/last_listed.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"

namespace relais {
namespace {

// Those of them that have one of the names.
template <typename Named>
std::vector<Named> Of(const std::vector<Named>& all,
                      const std::set<std::string>& names) {
  std::vector<Named> kept;
  for (const Named& one : all) {
    if (names.contains(one.name)) kept.push_back(one);
  }
  return kept;
}

template <typename Named>
bool Has(const std::vector<Named>& all, const std::string& name) {
  return std::any_of(all.begin(), all.end(),
                     [&name](const Named& one) { return one.name == name; });
}

std::set<std::string> SkillsOf(const AgentConfiguration& agent,
                               const std::vector<Skill>& skills) {
  std::set<std::string> names;
  std::vector<std::string> open;
  open.reserve(agent.skills.size());
  for (const AgentSkill& skill : agent.skills) open.push_back(skill.skill);
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    if (!names.insert(name).second) continue;
    for (const Skill& skill : skills) {
      if (skill.name != name) continue;
      for (const ImpliedSkill& implied : skill.implies) {
        open.push_back(implied.skill);
      }
    }
  }
  return names;
}

}  // namespace

Configuration LastListed(const AgentConfiguration& agent,
                         const Configuration& configuration) {
  Configuration listed;
  listed.agents = {agent};
  listed.routing_profiles =
      Of(configuration.routing_profiles, {agent.routing_profile});
  listed.skills =
      Of(configuration.skills, SkillsOf(agent, configuration.skills));
  for (const GradePolicy& policy : configuration.grades) {
    if (policy.grade == agent.grade) listed.grades.push_back(policy);
  }
  listed.teams = Of(configuration.teams, {agent.team});
  std::set<std::string> sites = {agent.site};
  for (const Team& team : listed.teams) sites.insert(team.site);
  listed.sites = Of(configuration.sites, sites);
  return listed;
}

std::string WrongInLastListed(const Configuration& listed,
                              const std::string& agent_id) {
  if (listed.agents.size() != 1 || listed.agents[0].id != agent_id) {
    return "does not list this agent alone";
  }
  const AgentConfiguration& agent = listed.agents[0];
  if (!Has(listed.routing_profiles, agent.routing_profile)) {
    return absl::StrCat("routing profile ", Quoted(agent.routing_profile),
                        " is missing");
  }
  for (const AgentSkill& skill : agent.skills) {
    if (!Has(listed.skills, skill.skill)) {
      return absl::StrCat("skill ", Quoted(skill.skill), " is missing");
    }
  }
  if (!agent.team.empty() && !Has(listed.teams, agent.team)) {
    return absl::StrCat("team ", Quoted(agent.team), " is missing");
  }
  std::set<std::string> sites = {agent.site};
  for (const Team& team : listed.teams) sites.insert(team.site);
  for (const std::string& site : sites) {
    if (!site.empty() && !Has(listed.sites, site)) {
      return absl::StrCat("site ", Quoted(site), " is missing");
    }
  }
  return "";
}

}  // namespace relais
