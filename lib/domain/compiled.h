// Requirements and profiles with names resolved to numbers: what is compared
// and classified when contacts and agents meet.
//
// A skill's number is given by whoever compiles; it must mean the same skill
// in every requirement and profile that are compared or share a registry, for
// as long as one of them is in use.
//
// Thread safety: plain values.

#ifndef RELAIS_LIB_DOMAIN_COMPILED_H_
#define RELAIS_LIB_DOMAIN_COMPILED_H_

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "relais/configuration.h"
#include "relais/types.h"

namespace relais {

struct SkillLevel {
  std::uint64_t skill = 0;  // SkillIdOf its name
  std::uint8_t level = 0;   // 1..10
  friend bool operator==(const SkillLevel&, const SkillLevel&) = default;
  friend auto operator<=>(const SkillLevel&, const SkillLevel&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SkillLevel& value) {
    return H::combine(std::move(h), value.skill, value.level);
  }
};

// A skill's number: the fingerprint of its name, the same in every process, so
// that no table of names has to be kept. Two names of one configuration with
// the same number are refused (chance 2^-64 a pair).
std::uint64_t SkillIdOf(std::string_view name);

// A queue's number, likewise; never 0.
std::uint64_t QueueIdOf(std::string_view name);

// Sorted by skill, each skill once. Equal meanings are equal values.
using SkillLevels = std::vector<SkillLevel>;

// What a contact asks for: its channel, and every skill at level or above; and
// how an agent is chosen for it, which its queue says.
struct CompiledRequirement {
  Channel channel = Channel::kVoice;
  SkillLevels all_of;
  FitRule fit = FitRule::kBestFit;
  AgentOrder order = AgentOrder::kLongestIdle;
  std::uint64_t queue = 0;  // QueueIdOf its name, if profiles order queues
  friend bool operator==(const CompiledRequirement&,
                         const CompiledRequirement&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CompiledRequirement& value) {
    return H::combine(std::move(h), value.channel, value.all_of, value.fit,
                      value.order, value.queue);
  }
};

// One queue of a profile's order.
struct RankedQueue {
  std::uint64_t queue = 0;  // QueueIdOf its name
  std::uint8_t rank = 0;    // 0 comes first
  friend bool operator==(const RankedQueue&, const RankedQueue&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const RankedQueue& value) {
    return H::combine(std::move(h), value.queue, value.rank);
  }
};

// What an agent can serve, and in which order.
struct CompiledProfile {
  ChannelSet channels = 0;
  SkillLevels skills;
  std::vector<RankedQueue> queue_order = {};  // by queue; empty: none
  std::uint8_t other_rank = 0;                // of queues that it does not name
  friend bool operator==(const CompiledProfile&,
                         const CompiledProfile&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CompiledProfile& value) {
    return H::combine(std::move(h), value.channels, value.skills,
                      value.queue_order, value.other_rank);
  }
};

// Of a profile; `order` is valid.
void CompileQueueOrder(const std::vector<QueueRank>& order,
                       CompiledProfile* profile);
// Whether any profile orders queues.
bool OrdersQueues(const Configuration& configuration);

// Sorts by skill and keeps, of a skill named twice, the higher level.
void Normalize(SkillLevels* levels);

// A contact's requirement: its queue's terms and its own together, the same
// skill counting once with the higher level; agents are chosen as the queue
// says. Terms need not be sorted.
CompiledRequirement CombineRequirements(Channel channel,
                                        const SkillLevels& queue_terms,
                                        const SkillLevels& own_terms,
                                        const AgentChoice& agent_choice = {});

// Whether `held` has every skill of `required` at its level or above. Both
// normalized.
bool CoversAll(const SkillLevels& required, const SkillLevels& held);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_COMPILED_H_
