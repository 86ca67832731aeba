#include "lib/domain/reachability.h"

#include <algorithm>

namespace relais {

void Reachability::AddAgent(const CompiledProfile& profile) {
  const auto number = static_cast<std::uint32_t>(profiles_.size());
  const auto [place, fresh] = numbers_.emplace(profile, number);
  agents_.push_back(place->second);
  if (!fresh) return;
  profiles_.push_back(profile);
  everybody_.push_back(number);
  channels_ |= profile.channels;
  for (const SkillLevel& held : profile.skills) {
    holders_[held.skill].push_back(number);
  }
}

const std::vector<std::uint32_t>& Reachability::Candidates(
    const CompiledRequirement& requirement) const {
  static const std::vector<std::uint32_t>* const nobody =
      new std::vector<std::uint32_t>();
  const std::vector<std::uint32_t>* rarest = &everybody_;
  for (const SkillTerm& term : requirement.all_of) {
    const auto holders = holders_.find(term.skill);
    if (holders == holders_.end()) return *nobody;
    if (holders->second.size() < rarest->size()) rarest = &holders->second;
  }
  return *rarest;
}

ChannelSet Reachability::ServedChannels(
    const CompiledRequirement& requirement) const {
  const auto [place, fresh] = served_.try_emplace(requirement, ChannelSet{0});
  if (!fresh) return place->second;
  ChannelSet& served = place->second;
  for (const std::uint32_t number : Candidates(requirement)) {
    if (served == channels_) break;
    const CompiledProfile& profile = profiles_[number];
    if ((profile.channels & ~served) == 0) continue;
    if (Meets(requirement, profile)) served |= profile.channels;
  }
  return served;
}

bool Reachability::AnyMeets(const CompiledRequirement& requirement,
                            ChannelSet channels) const {
  const auto& candidates = Candidates(requirement);
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](std::uint32_t number) {
                       const CompiledProfile& profile = profiles_[number];
                       return (profile.channels & channels) != 0 &&
                              Meets(requirement, profile);
                     });
}

std::size_t Reachability::CountMeets(const CompiledRequirement& requirement,
                                     ChannelSet channels) const {
  std::vector<bool> meets(profiles_.size());
  for (const std::uint32_t number : Candidates(requirement)) {
    const CompiledProfile& profile = profiles_[number];
    meets[number] =
        (profile.channels & channels) != 0 && Meets(requirement, profile);
  }
  return static_cast<std::size_t>(
      std::count_if(agents_.begin(), agents_.end(),
                    [&](std::uint32_t number) { return meets[number]; }));
}

ChannelSet Reachability::ChannelsBeside(const CompiledRequirement& requirement,
                                        Channel channel) const {
  ChannelSet channels = 0;
  for (const CompiledProfile& profile : profiles_) {
    if (!Contains(profile.channels, channel) || !Meets(requirement, profile)) {
      channels |= profile.channels;
    }
  }
  return channels;
}

bool Reachability::CanServeAny(std::size_t agent,
                               const std::vector<Demand>& demands) const {
  const CompiledProfile& profile = profiles_[agents_[agent]];
  return std::any_of(demands.begin(), demands.end(),
                     [&profile](const Demand& demand) {
                       return (demand.channels & profile.channels) != 0 &&
                              Meets(demand.requirement, profile);
                     });
}

bool Reachability::OnlyThoseServe(const CompiledRequirement& one,
                                  const CompiledRequirement& other) const {
  bool any = false;
  for (const std::uint32_t number : Candidates(one)) {
    const CompiledProfile& profile = profiles_[number];
    if (!Contains(profile.channels, one.channel) || !Meets(one, profile)) {
      continue;
    }
    any = true;
    if (!Contains(profile.channels, other.channel) || !Meets(other, profile)) {
      return false;
    }
  }
  return any;
}

int Reachability::HighestLevel(std::uint64_t skill, ChannelSet channels) const {
  const auto holders = holders_.find(skill);
  if (holders == holders_.end()) return 0;
  int highest = 0;
  for (const std::uint32_t number : holders->second) {
    const CompiledProfile& profile = profiles_[number];
    if ((profile.channels & channels) == 0) continue;
    for (const SkillLevel& held : profile.skills) {
      if (held.skill == skill) highest = std::max<int>(highest, held.level);
    }
  }
  return highest;
}

}  // namespace relais
