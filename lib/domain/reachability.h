// Who could ever serve what, were all agents of a configuration present.
//
// Thread safety: const members from any thread once all agents are added.

#ifndef RELAIS_LIB_DOMAIN_REACHABILITY_H_
#define RELAIS_LIB_DOMAIN_REACHABILITY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/domain/compiled.h"
#include "relais/types.h"

namespace relais {

class Reachability {
 public:
  // For skills numbered 0 .. skills-1.
  explicit Reachability(std::size_t skills) : holders_(skills) {}

  // `profile` is normalized.
  void AddAgent(const CompiledProfile& profile);

  // Channels of agents who have all of the skills (normalized). Stops looking
  // once it has found all of `wanted`.
  ChannelSet ServedChannels(const SkillLevels& all_of, ChannelSet wanted) const;

  // Whether the agent (numbered as added) can serve one of these.
  struct Demand {
    ChannelSet channels = 0;
    SkillLevels all_of;
  };
  bool CanServeAny(std::size_t agent, const std::vector<Demand>& demands) const;

  // Highest level of the skill among the agents with one of the channels; 0 if
  // none of them has it.
  int HighestLevel(std::uint32_t skill, ChannelSet channels) const;

  // Channels that some agent has.
  ChannelSet channels() const { return channels_; }
  bool has_agents() const { return !agents_.empty(); }

 private:
  std::vector<CompiledProfile> profiles_;  // distinct
  absl::flat_hash_map<CompiledProfile, std::uint32_t> numbers_;
  std::vector<std::uint32_t> agents_;                // profile of each agent
  std::vector<std::vector<std::uint32_t>> holders_;  // profiles with a skill
  ChannelSet channels_ = 0;
};

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_REACHABILITY_H_
