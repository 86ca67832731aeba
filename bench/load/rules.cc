#include "bench/load/rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace relais::load {

std::string ChannelText(v1::Channel channel) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::Channel_Name(channel), "CHANNEL_"));
}

Rules::Rules(const v1::Configuration& configuration) {
  std::map<std::string, v1::RoutingProfile> profiles;
  for (const v1::RoutingProfile& profile : configuration.routing_profiles()) {
    profiles[profile.name()] = profile;
  }
  int place = 0;
  for (const v1::AgentConfiguration& configured : configuration.agents()) {
    Agent agent;
    agent.place = place++;
    agent.profile = profiles[configured.routing_profile()];
    agent.channels.insert(agent.profile.channels().begin(),
                          agent.profile.channels().end());
    for (const v1::AgentSkill& skill : configured.skills()) {
      agent.levels[skill.skill()] = skill.level();
    }
    agents_[configured.id()] = agent;
  }
  for (const v1::ContactQueue& queue : configuration.queues()) {
    queues_[queue.name()] = queue;
  }
}

std::map<std::string, int> Rules::Required(const v1::Contact& contact) const {
  std::map<std::string, int> required;
  const auto add = [&](const v1::RoutingRequirement& requirement) {
    for (const v1::SkillRequirement& term : requirement.all_of()) {
      int& level = required[term.skill()];
      level = std::max({level, term.level_min(), 1});
    }
  };
  const auto queue = queues_.find(contact.queue());
  if (queue != queues_.end()) add(queue->second.requirement());
  add(contact.requirement());
  return required;
}

bool Rules::Serves(const std::string& agent, const v1::Contact& contact) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return false;
  if (!found->second.channels.contains(contact.channel())) return false;
  for (const auto& [skill, level] : Required(contact)) {
    const auto held = found->second.levels.find(skill);
    if (held == found->second.levels.end() || held->second < level) {
      return false;
    }
  }
  return true;
}

std::string Rules::WhatIsMissing(const std::string& agent,
                                 const v1::Contact& contact) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return "not configured";
  std::string missing;
  if (!found->second.channels.contains(contact.channel())) {
    missing = absl::StrCat("no ", ChannelText(contact.channel()));
  }
  for (const auto& [skill, level] : Required(contact)) {
    const auto held = found->second.levels.find(skill);
    const int has = held == found->second.levels.end() ? 0 : held->second;
    if (has >= level) continue;
    absl::StrAppend(&missing, missing.empty() ? "" : ", ", skill, " ", has,
                    " < ", level);
  }
  return missing;
}

int Rules::FitStep(const std::string& agent, const v1::Contact& contact) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return 0;
  int surplus = 0;
  int room = 0;
  for (const auto& [skill, level] : Required(contact)) {
    const auto held = found->second.levels.find(skill);
    const int has = held == found->second.levels.end() ? 0 : held->second;
    surplus += has - level;
    room += 10 - level;
  }
  return room == 0 ? 0 : std::min(7, 8 * surplus / room);
}

DurationMs Rules::CreditMs(const v1::Contact& contact) const {
  const auto queue = queues_.find(contact.queue());
  if (queue != queues_.end()) {
    for (const v1::PriorityCredit& credit : queue->second.priority_credits()) {
      if (credit.priority() == contact.priority()) return credit.credit_ms();
    }
  }
  return 60'000LL * contact.priority();
}

bool Rules::Fits(const std::string& agent, v1::Channel channel, int units,
                 int of_channel) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return units == 0;
  const v1::RoutingProfile& profile = found->second.profile;
  int cost = channel == v1::CHANNEL_CHAT     ? 34
             : channel == v1::CHANNEL_EMAIL  ? 50
             : channel == v1::CHANNEL_SOCIAL ? 50
             : channel == v1::CHANNEL_MAIL   ? 50
                                             : 100;
  int most = 0;
  for (const v1::ChannelCapacity& one : profile.channel_capacities()) {
    if (one.channel() != channel) continue;
    if (one.has_cost_units()) cost = one.cost_units();
    most = one.contacts_max();
  }
  const int capacity =
      profile.has_capacity_units() ? profile.capacity_units() : 100;
  return units + cost <= capacity && (most == 0 || of_channel < most);
}

InstantMs Rules::OrderKey(const std::string& agent, InstantMs idle_since_ms,
                          int units) const {
  const InstantMs load = units * (InstantMs{1} << 35);
  const auto found = agents_.find(agent);
  const bool packs = found != agents_.end() &&
                     found->second.profile.load_order() == v1::LOAD_ORDER_PACK;
  return packs ? idle_since_ms - load : idle_since_ms + load;
}

int Rules::AgentPlace(const std::string& agent) const {
  const auto found = agents_.find(agent);
  return found == agents_.end() ? -1 : found->second.place;
}

DurationMs Rules::ServiceThresholdMs(const std::string& queue) const {
  const auto found = queues_.find(queue);
  if (found == queues_.end() || !found->second.has_service_level()) {
    return 20'000;
  }
  return found->second.service_level().threshold_ms();
}

double Rules::ServiceFraction(const std::string& queue) const {
  const auto found = queues_.find(queue);
  if (found == queues_.end() || !found->second.has_service_level()) return 0.8;
  return found->second.service_level().answered_fraction();
}

DurationMs Rules::ShortAbandonMs(const std::string& queue) const {
  const auto found = queues_.find(queue);
  if (found == queues_.end() ||
      !found->second.has_short_abandon_threshold_ms()) {
    return 5'000;
  }
  return found->second.short_abandon_threshold_ms();
}

}  // namespace relais::load
