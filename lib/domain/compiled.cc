#include "lib/domain/compiled.h"

#include <algorithm>

#include "lib/base/fingerprint.h"

namespace relais {

std::uint64_t SkillIdOf(std::string_view name) {
  return FingerprintOf(name).low;
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
