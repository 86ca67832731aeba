// Who could ever serve what, were all agents of a configuration present.
//
// Thread safety: none; one thread (what was asked before is remembered).

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
  // `profile` is normalized.
  void AddAgent(const CompiledProfile& profile);

  // Channels of agents who meet the requirement, whose own channel does not
  // count. All agents have been added.
  ChannelSet ServedChannels(const CompiledRequirement& requirement) const;

  // Whether one of the agents with one of the channels meets the requirement.
  bool AnyMeets(const CompiledRequirement& requirement,
                ChannelSet channels) const;

  // How many agents with one of the channels meet it.
  std::size_t CountMeets(const CompiledRequirement& requirement,
                         ChannelSet channels) const;
  // Channels of agents who have not `channel` or do not meet the requirement.
  ChannelSet ChannelsBeside(const CompiledRequirement& requirement,
                            Channel channel) const;

  // Whether the agent (numbered as added) can serve one of these.
  struct Demand {
    ChannelSet channels = 0;
    CompiledRequirement requirement;
  };
  bool CanServeAny(std::size_t agent, const std::vector<Demand>& demands) const;

  // Whether somebody can serve `one`, and everybody who can can serve `other`.
  // Of each the channel of its requirement.
  bool OnlyThoseServe(const CompiledRequirement& one,
                      const CompiledRequirement& other) const;

  // Highest level of the skill among the agents with one of the channels; 0 if
  // none of them has it.
  int HighestLevel(std::uint64_t skill, ChannelSet channels) const;

  // Channels that some agent has.
  ChannelSet channels() const { return channels_; }
  bool has_agents() const { return !agents_.empty(); }

 private:
  // Profiles that may meet the requirement, as few as are easily found.
  const std::vector<std::uint32_t>& Candidates(
      const CompiledRequirement& requirement) const;

  std::vector<CompiledProfile> profiles_;  // distinct
  absl::flat_hash_map<CompiledProfile, std::uint32_t> numbers_;
  std::vector<std::uint32_t> agents_;  // profile of each agent
  std::vector<std::uint32_t> everybody_;
  // Profiles with a skill.
  absl::flat_hash_map<std::uint64_t, std::vector<std::uint32_t>> holders_;
  ChannelSet channels_ = 0;
  mutable absl::flat_hash_map<CompiledRequirement, ChannelSet> served_;
};

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_REACHABILITY_H_
