#include "lib/domain/compile_profile.h"

#include <algorithm>

namespace relais {

ProfileCompiler::ProfileCompiler(const Configuration& configuration,
                                 const SkillClosure& closure) {
  std::vector<std::uint64_t> ids;
  ids.reserve(configuration.skills.size());
  for (const Skill& skill : configuration.skills) {
    ids.push_back(NameIdOf(skill.name));
  }
  for (std::size_t i = 0; i < configuration.skills.size(); ++i) {
    OfSkill of_skill;
    of_skill.id = ids[i];
    for (const SkillClosure::Implied& implied : closure.implied[i]) {
      of_skill.implied.push_back({ids[implied.skill], implied.level_max});
    }
    skills_.emplace(configuration.skills[i].name, std::move(of_skill));
  }
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    channels_.emplace(profile.name, profile.channels);
  }
  for (const Site& site : configuration.sites) {
    providers_.emplace(site.name, site.provider);
  }
  for (const Team& team : configuration.teams) {
    sites_.emplace(team.name, team.site);
  }
}

SkillLevels ProfileCompiler::LevelsOf(const AgentConfiguration& agent) const {
  SkillLevels levels;
  for (const AgentSkill& held : agent.skills) {
    const OfSkill& skill = skills_.at(held.skill);
    const auto level = static_cast<std::uint8_t>(held.level);
    levels.push_back({skill.id, level});
    for (const SkillLevel& implied : skill.implied) {
      levels.push_back({implied.skill, std::min(level, implied.level)});
    }
  }
  Normalize(&levels);
  return levels;
}

std::vector<Fact> ProfileCompiler::FactsOf(
    const AgentConfiguration& agent) const {
  std::vector<Fact> facts;
  for (const std::string& name : agent.certifications) {
    facts.push_back({Subject::kCertification, NameIdOf(name)});
  }
  for (const std::string& name : agent.languages) {
    facts.push_back({Subject::kLanguage, NameIdOf(name)});
  }
  std::string site = agent.site;
  if (!agent.team.empty()) {
    facts.push_back({Subject::kTeam, NameIdOf(agent.team)});
    if (site.empty()) site = sites_.at(agent.team);
  }
  if (!site.empty()) {
    facts.push_back({Subject::kSite, NameIdOf(site)});
    if (providers_.at(site)) facts.push_back({Subject::kProvider, 0});
  }
  std::sort(facts.begin(), facts.end());
  return facts;
}

CompiledProfile ProfileCompiler::Compile(
    const AgentConfiguration& agent) const {
  CompiledProfile profile;
  profile.channels = channels_.at(agent.routing_profile);
  profile.grade = agent.grade;
  profile.skills = LevelsOf(agent);
  profile.facts = FactsOf(agent);
  return profile;
}

}  // namespace relais
