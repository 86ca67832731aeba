// What is wrong with the agents of a configuration.

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/domain/configuration_checker.h"
#include "lib/domain/error.h"

namespace relais {

void ConfigurationChecker::CheckAgent(std::size_t i) {
  const AgentConfiguration& agent = configuration_.agents[i];
  Enter(kAgents, i + 1);
  CheckUnique("agents", i, "id", agent.id, &agents_);
  const std::string path = absl::StrCat("agents[", i, "]");
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

void ConfigurationChecker::CheckTutors() {
  for (std::size_t i = 0; i < configuration_.agents.size(); ++i) {
    const AgentConfiguration& agent = configuration_.agents[i];
    Enter(kAgents, i + 1);
    for (std::size_t k = 0; k < agent.skills.size(); ++k) {
      const AgentSkill& held = agent.skills[k];
      if (!held.in_training || held.tutor.empty()) continue;
      const std::string path =
          absl::StrCat("agents[", i, "].skills[", k, "].tutor");
      CheckReference(path, held.tutor, agents_, "agent");
      if (held.tutor != agent.id) continue;
      Error(path, absl::StrCat(Quoted(held.tutor),
                               " is the agent itself; name another one"));
    }
  }
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
