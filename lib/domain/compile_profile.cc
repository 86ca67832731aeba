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
    CompiledProfile& compiled = profiles_[profile.name];
    compiled.channels = profile.channels;
    CompileQueueOrder(profile.queue_order, &compiled);
  }
  for (const Site& site : configuration.sites) {
    providers_.emplace(site.name, site.provider);
  }
  for (const Team& team : configuration.teams) {
    sites_.emplace(team.name, team.site);
  }
  for (int i = 0; i < kAgentGradeCount; ++i) {
    default_levels_.at(static_cast<std::size_t>(i)) =
        DefaultLevel(static_cast<AgentGrade>(i));
  }
  for (const GradePolicy& policy : configuration.grades) {
    default_levels_.at(static_cast<std::size_t>(policy.grade)) =
        policy.default_level;
  }
}

SkillLevels ProfileCompiler::LevelsBy(const AgentConfiguration& agent,
                                      const AgentSkill& held) const {
  const OfSkill& skill = skills_.at(held.skill);
  const auto level = static_cast<std::uint8_t>(
      held.level != 0
          ? held.level
          : default_levels_.at(static_cast<std::size_t>(agent.grade)));
  SkillLevels levels = {{skill.id, level}};
  for (const SkillLevel& implied : skill.implied) {
    levels.push_back({implied.skill, std::min(level, implied.level)});
  }
  return levels;
}

SkillLevels ProfileCompiler::LevelsOf(const AgentConfiguration& agent,
                                      bool with_training) const {
  SkillLevels levels;
  for (const AgentSkill& held : agent.skills) {
    if (held.in_training && !with_training) continue;
    const SkillLevels by_it = LevelsBy(agent, held);
    levels.insert(levels.end(), by_it.begin(), by_it.end());
  }
  Normalize(&levels);
  return levels;
}

Tutors ProfileCompiler::TutorsOf(const AgentConfiguration& agent) const {
  struct By {
    SkillLevel level;
    const std::string* tutor = nullptr;
  };
  std::vector<By> all;
  for (const AgentSkill& held : agent.skills) {
    if (!held.in_training) continue;
    for (const SkillLevel& level : LevelsBy(agent, held)) {
      all.push_back({level, &held.tutor});
    }
  }
  // Of one skill the highest level first, of equals the one listed first.
  std::stable_sort(all.begin(), all.end(), [](const By& a, const By& b) {
    return a.level.skill != b.level.skill ? a.level.skill < b.level.skill
                                          : a.level.level > b.level.level;
  });
  Tutors tutors;
  for (const By& by : all) {
    if (!tutors.empty() && tutors.back().skill == by.level.skill) continue;
    tutors.push_back({by.level.skill, *by.tutor});
  }
  return tutors;
}

std::vector<Fact> ProfileCompiler::FactsOf(
    const AgentConfiguration& agent) const {
  std::vector<Fact> facts;
  // Beside those lists a team, a site and whether that is a provider's.
  facts.reserve(agent.certifications.size() + agent.languages.size() + 3);
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
  CompiledProfile profile = profiles_.at(agent.routing_profile);
  profile.grade = agent.grade;
  profile.skills = LevelsOf(agent, false);
  if (std::any_of(agent.skills.begin(), agent.skills.end(),
                  [](const AgentSkill& held) { return held.in_training; })) {
    profile.skills_with_training = LevelsOf(agent, true);
  }
  profile.facts = FactsOf(agent);
  return profile;
}

}  // namespace relais
