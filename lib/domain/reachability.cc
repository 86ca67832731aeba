#include "lib/domain/reachability.h"

#include <algorithm>

namespace relais {

void Reachability::AddAgent(const CompiledProfile& profile) {
  const auto number = static_cast<std::uint32_t>(profiles_.size());
  const auto [place, fresh] = numbers_.emplace(profile, number);
  agents_.push_back(place->second);
  if (!fresh) return;
  profiles_.push_back(profile);
  channels_ |= profile.channels;
  for (const SkillLevel& held : profile.skills) {
    holders_[held.skill].push_back(number);
  }
}

ChannelSet Reachability::ServedChannels(const SkillLevels& all_of,
                                        ChannelSet wanted) const {
  if (all_of.empty()) return channels_;
  const std::vector<std::uint32_t>* rarest = &holders_[all_of[0].skill];
  for (const SkillLevel& term : all_of) {
    if (holders_[term.skill].size() < rarest->size()) {
      rarest = &holders_[term.skill];
    }
  }
  ChannelSet served = 0;
  for (const std::uint32_t number : *rarest) {
    if ((wanted & ~served) == 0) break;
    const CompiledProfile& profile = profiles_[number];
    if (CoversAll(all_of, profile.skills)) served |= profile.channels;
  }
  return served;
}

bool Reachability::CanServeAny(std::size_t agent,
                               const std::vector<Demand>& demands) const {
  const CompiledProfile& profile = profiles_[agents_[agent]];
  return std::any_of(demands.begin(), demands.end(),
                     [&profile](const Demand& demand) {
                       return (demand.channels & profile.channels) != 0 &&
                              CoversAll(demand.all_of, profile.skills);
                     });
}

int Reachability::HighestLevel(std::uint32_t skill, ChannelSet channels) const {
  int highest = 0;
  for (const std::uint32_t number : holders_[skill]) {
    const CompiledProfile& profile = profiles_[number];
    if ((profile.channels & channels) == 0) continue;
    for (const SkillLevel& held : profile.skills) {
      if (held.skill == skill) highest = std::max<int>(highest, held.level);
    }
  }
  return highest;
}

}  // namespace relais
