// What is wrong with the agents of a configuration.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/configuration_checker.h"
#include "lib/domain/error.h"

namespace relais {

void ConfigurationChecker::CheckAgent(std::size_t i) {
  const AgentConfiguration& agent = configuration_.agents[i];
  Enter(kAgents, i + 1);
  CheckUnique("agents", i, "id", agent.id, &agents_);
  CheckAgentTerms(agent, absl::StrCat("agents[", i, "]"));
}

void ConfigurationChecker::CheckAgentTerms(const AgentConfiguration& agent,
                                           const std::string& path) {
  if (static_cast<int>(agent.grade) >= kAgentGradeCount) {
    Error(absl::StrCat(path, ".grade"),
          absl::StrCat(static_cast<int>(agent.grade),
                       " is not a grade; grades are 0 to ",
                       kAgentGradeCount - 1));
  }
  CheckReference(absl::StrCat(path, ".routing_profile"), agent.routing_profile,
                 profiles_, "routing profile");
  CheckAgentSkills(agent, absl::StrCat(path, ".skills"));
  CheckNamesHeld(agent.certifications, absl::StrCat(path, ".certifications"),
                 kCertificationsPerAgentMax, Subject::kCertification);
  CheckNamesHeld(agent.languages, absl::StrCat(path, ".languages"),
                 kLanguagesPerAgentMax, Subject::kLanguage);
  CheckAgentPlace(agent, path);
}

void ConfigurationChecker::CheckAgentSkills(const AgentConfiguration& agent,
                                            const std::string& path) {
  CheckCount(path, agent.skills.size(), kSkillsPerAgentMax);
  Index seen;
  for (std::size_t k = 0; k < agent.skills.size(); ++k) {
    CheckReferenceOnce(path, k, "skill", agent.skills[k].skill, skills_,
                       "skill", &seen);
    const AgentSkill& held = agent.skills[k];
    const std::string here = absl::StrCat(path, "[", k, "]");
    if (held.level != 0) CheckLevel(absl::StrCat(here, ".level"), held.level);
    if (held.in_training && held.tutor.empty()) {
      Error(absl::StrCat(here, ".tutor"),
            "is missing; a skill in training names the agent who listens");
    }
    if (!held.in_training && !held.tutor.empty()) {
      Error(absl::StrCat(here, ".tutor"),
            absl::StrCat(Quoted(held.tutor),
                         " goes with a skill in training only; give "
                         "in_training or leave it out"));
    }
  }
}

void ConfigurationChecker::CheckTutors(const AgentConfiguration& agent,
                                       const std::string& path) {
  for (std::size_t k = 0; k < agent.skills.size(); ++k) {
    const AgentSkill& held = agent.skills[k];
    if (!held.in_training || held.tutor.empty()) continue;
    const std::string here = absl::StrCat(path, ".skills[", k, "].tutor");
    CheckReference(here, held.tutor, agents_, "agent");
    if (held.tutor != agent.id) continue;
    Error(here, absl::StrCat(Quoted(held.tutor),
                             " is the agent itself; name another one"));
  }
}

std::vector<Finding> ConfigurationChecker::RunForAgent(
    const AgentConfiguration& agent) && {
  const auto index = [](const auto& list, const auto& name_of, Index* names) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      names->emplace(name_of(list[i]), i);
    }
  };
  const auto name = [](const auto& entry) { return entry.name; };
  const auto itself = [](const std::string& entry) { return entry; };
  index(configuration_.skills, name, &skills_);
  index(configuration_.routing_profiles, name, &profiles_);
  index(configuration_.certifications, itself, &certifications_);
  index(configuration_.languages, itself, &languages_);
  index(configuration_.sites, name, &sites_);
  index(configuration_.teams, name, &teams_);
  index(
      configuration_.agents,
      [](const AgentConfiguration& other) { return other.id; }, &agents_);
  CheckAgentTerms(agent, "agent");
  CheckTutors(agent, "agent");
  std::vector<Finding> findings;
  findings.reserve(noted_.size());
  for (Noted& noted : noted_) findings.push_back(std::move(noted.finding));
  return findings;
}

void ConfigurationChecker::CheckNamesHeld(const std::vector<std::string>& names,
                                          const std::string& path,
                                          std::size_t limit, Subject subject) {
  CheckCount(path, names.size(), limit);
  Index seen;
  for (std::size_t k = 0; k < names.size(); ++k) {
    CheckReferenceOnce(path, k, "", names[k], KnownOf(subject),
                       SubjectName(subject), &seen);
  }
}

// A team brings its site; who is given another one sits in two places.
void ConfigurationChecker::CheckAgentPlace(const AgentConfiguration& agent,
                                           const std::string& path) {
  if (!agent.team.empty()) {
    CheckReference(absl::StrCat(path, ".team"), agent.team, teams_, "team");
  }
  if (agent.site.empty()) return;
  CheckReference(absl::StrCat(path, ".site"), agent.site, sites_, "site");
  const auto team = teams_.find(agent.team);
  if (team == teams_.end()) return;
  const std::string& site = configuration_.teams[team->second].site;
  // That the team's is unknown is told where it is given.
  if (site == agent.site || !sites_.contains(site)) return;
  Error(absl::StrCat(path, ".site"),
        absl::StrCat(Quoted(agent.site), " is not where the team ",
                     Quoted(agent.team), " is, which is ", Quoted(site),
                     "; leave it out or change the team"));
}

}  // namespace relais
