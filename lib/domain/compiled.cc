#include "lib/domain/compiled.h"

#include <algorithm>

#include "lib/base/fingerprint.h"

namespace relais {

std::uint64_t SkillIdOf(std::string_view name) {
  return FingerprintOf(name).low;
}

std::uint64_t QueueIdOf(std::string_view name) {
  const std::uint64_t number = FingerprintOf(name).low;
  return number == 0 ? 1 : number;
}

void CompileQueueOrder(const std::vector<QueueRank>& order,
                       CompiledProfile* profile) {
  for (const QueueRank& rank : order) {
    for (const std::string& name : rank.queues) {
      profile->queue_order.push_back({QueueIdOf(name), profile->other_rank});
    }
    ++profile->other_rank;
  }
  std::sort(profile->queue_order.begin(), profile->queue_order.end(),
            [](const RankedQueue& a, const RankedQueue& b) {
              return a.queue < b.queue;
            });
}

bool OrdersQueues(const Configuration& configuration) {
  return std::any_of(configuration.routing_profiles.begin(),
                     configuration.routing_profiles.end(),
                     [](const RoutingProfile& profile) {
                       return !profile.queue_order.empty();
                     });
}

void Normalize(SkillLevels* levels) {
  // Of one skill the higher level first, so that unique() keeps it.
  std::sort(levels->begin(), levels->end(),
            [](const SkillLevel& a, const SkillLevel& b) {
              return a.skill != b.skill ? a.skill < b.skill : a.level > b.level;
            });
  levels->erase(std::unique(levels->begin(), levels->end(),
                            [](const SkillLevel& a, const SkillLevel& b) {
                              return a.skill == b.skill;
                            }),
                levels->end());
}

CompiledRequirement CombineRequirements(Channel channel,
                                        const SkillLevels& queue_terms,
                                        const SkillLevels& own_terms,
                                        const AgentChoice& agent_choice) {
  CompiledRequirement combined;
  combined.channel = channel;
  combined.fit = agent_choice.fit;
  combined.order = agent_choice.order;
  combined.all_of.reserve(queue_terms.size() + own_terms.size());
  combined.all_of = queue_terms;
  combined.all_of.insert(combined.all_of.end(), own_terms.begin(),
                         own_terms.end());
  Normalize(&combined.all_of);
  return combined;
}

bool CoversAll(const SkillLevels& required, const SkillLevels& held) {
  auto at = held.begin();
  for (const SkillLevel& term : required) {
    while (at != held.end() && at->skill < term.skill) ++at;
    if (at == held.end() || at->skill != term.skill || at->level < term.level) {
      return false;
    }
  }
  return true;
}

}  // namespace relais
