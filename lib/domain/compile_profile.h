// Agents of a configuration as profiles: names become numbers, skills are
// completed by what they imply, a team brings its site.
//
// Thread safety: const members from any thread. Ownership: it keeps what it
// needs of the configuration.

#ifndef RELAIS_LIB_DOMAIN_COMPILE_PROFILE_H_
#define RELAIS_LIB_DOMAIN_COMPILE_PROFILE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/domain/compiled.h"
#include "lib/domain/skill_closure.h"
#include "lib/domain/tutor.h"
#include "relais/configuration.h"

namespace relais {

class ProfileCompiler {
 public:
  // Of a configuration without errors outside its agents and queues.
  ProfileCompiler(const Configuration& configuration,
                  const SkillClosure& closure);

  // Of an agent without errors.
  CompiledProfile Compile(const AgentConfiguration& agent) const;
  // Who listens when a skill in training is needed, implied ones included.
  Tutors TutorsOf(const AgentConfiguration& agent) const;

 private:
  struct OfSkill {
    std::uint64_t id = 0;
    std::vector<SkillLevel> implied;  // with the highest level
  };
  // What the agent has by this skill, first the skill itself.
  SkillLevels LevelsBy(const AgentConfiguration& agent,
                       const AgentSkill& held) const;
  SkillLevels LevelsOf(const AgentConfiguration& agent,
                       bool with_training) const;
  std::vector<Fact> FactsOf(const AgentConfiguration& agent) const;

  absl::flat_hash_map<std::string, OfSkill> skills_;
  // By routing profile: what all its agents have.
  absl::flat_hash_map<std::string, CompiledProfile> profiles_;
  absl::flat_hash_map<std::string, std::string> sites_;  // of teams
  absl::flat_hash_map<std::string, bool> providers_;     // by site
  std::array<ProficiencyLevel, kAgentGradeCount> default_levels_{};
};

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_COMPILE_PROFILE_H_
