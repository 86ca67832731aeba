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

#include <compare>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/domain/condition.h"
#include "relais/configuration.h"
#include "relais/requirement.h"
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

// A name's number: its fingerprint, the same in every process, so that no table
// of names has to be kept. Two skills (certifications ...) of one configuration
// with the same number are refused (chance 2^-64 a pair).
std::uint64_t NameIdOf(std::string_view name);
inline std::uint64_t SkillIdOf(std::string_view name) { return NameIdOf(name); }

// A queue's number, likewise; never 0.
std::uint64_t QueueIdOf(std::string_view name);

// Sorted by skill, each skill once. Equal meanings are equal values.
using SkillLevels = std::vector<SkillLevel>;

// A skill that is asked for.
struct SkillTerm {
  std::uint64_t skill = 0;
  std::uint8_t level = 0;  // at least
  std::uint8_t level_max = kProficiencyLevelMax;
  friend bool operator==(const SkillTerm&, const SkillTerm&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SkillTerm& value) {
    return H::combine(std::move(h), value.skill, value.level, value.level_max);
  }
};

// Sorted by skill, each skill once.
using SkillTerms = std::vector<SkillTerm>;

struct CompiledPreference {
  Condition condition;
  std::uint16_t weight = 0;
  friend bool operator==(const CompiledPreference&,
                         const CompiledPreference&) = default;
  friend auto operator<=>(const CompiledPreference&,
                          const CompiledPreference&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CompiledPreference& value) {
    return H::combine(std::move(h), value.condition, value.weight);
  }
};

// What a contact asks for: its channel, and all that follows; and how an agent
// is chosen for it, which its queue says.
struct CompiledRequirement {
  Channel channel = Channel::kVoice;
  SkillTerms all_of;
  // What else must hold; nearly always nothing.
  Condition condition = {};
  // By condition, each once.
  std::vector<CompiledPreference> preferred = {};
  bool tutor_may_listen = false;  // skills in training count
  FitRule fit = FitRule::kBestFit;
  AgentOrder order = AgentOrder::kLongestIdle;
  std::uint64_t queue = 0;   // QueueIdOf its name, if profiles order queues
  bool pulled_only = false;  // given to nobody who does not ask for it
  ChannelSet drains = 0;     // while it waits; never its own channel
  friend bool operator==(const CompiledRequirement&,
                         const CompiledRequirement&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CompiledRequirement& value) {
    return H::combine(std::move(h), value.channel, value.all_of,
                      value.condition, value.preferred, value.tutor_may_listen,
                      value.fit, value.order, value.queue, value.pulled_only,
                      value.drains);
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

// That an agent has a certification, a language, a team, a site, or is at a
// provider's site.
struct Fact {
  Subject subject = Subject::kCertification;
  std::uint64_t id = 0;  // NameIdOf its name; 0 of a provider
  friend bool operator==(const Fact&, const Fact&) = default;
  friend auto operator<=>(const Fact&, const Fact&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Fact& value) {
    return H::combine(std::move(h), value.subject, value.id);
  }
};

// What an agent can serve, and in which order.
struct CompiledProfile {
  ChannelSet channels = 0;
  SkillLevels skills;  // implied ones included
  AgentGrade grade = AgentGrade::kSenior;
  std::vector<Fact> facts = {};  // sorted, each once
  // Skills and those in training together, if there are any: all of them, at
  // the higher of both levels. Empty: there are none.
  SkillLevels skills_with_training = {};
  std::vector<RankedQueue> queue_order = {};  // by queue; empty: none
  std::uint8_t other_rank = 0;                // of queues that it does not name
  friend bool operator==(const CompiledProfile&,
                         const CompiledProfile&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const CompiledProfile& value) {
    return H::combine(std::move(h), value.channels, value.skills, value.grade,
                      value.facts, value.skills_with_training,
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

// The same of terms: the higher level, the lower level_max.
void Normalize(SkillTerms* terms);

// Of values that were validated; names become numbers.
CompiledRequirement CompileRequirement(Channel channel,
                                       const RoutingRequirement& requirement);

// A contact's requirement: its queue's and its own together.
CompiledRequirement CombineRequirements(Channel channel,
                                        const CompiledRequirement& queue,
                                        const CompiledRequirement& own);

// The level of a skill among these, which are normalized; 0 if it is not there.
unsigned LevelIn(const SkillLevels& levels, std::uint64_t skill);

// Whether `held` has every skill of `required` at its levels. Both normalized.
bool CoversAll(const SkillTerms& required, const SkillLevels& held);

// Those that count for a contact with this requirement.
inline const SkillLevels& SkillsThatCount(
    const CompiledRequirement& requirement, const CompiledProfile& profile) {
  return requirement.tutor_may_listen && !profile.skills_with_training.empty()
             ? profile.skills_with_training
             : profile.skills;
}

// Whether it holds of the agent with these of its skills.
bool Holds(const Condition& condition, const CompiledProfile& profile,
           const SkillLevels& skills);

// Whether the agent has all that is asked for, channels aside. Both normalized.
bool Meets(const CompiledRequirement& requirement,
           const CompiledProfile& profile);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_COMPILED_H_
