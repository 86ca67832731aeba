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

Rules::Rules(const v1::Configuration& configuration)
    : contact_choice_(configuration.contact_choice()) {
  for (const v1::CustomerSegment& segment : configuration.segments()) {
    segments_[segment.name()] = segment.credit_ms();
  }
  std::map<std::string, Agent> profiles;
  for (const v1::RoutingProfile& profile : configuration.routing_profiles()) {
    Agent& agent = profiles[profile.name()];
    for (const int channel : profile.channels()) agent.channels.insert(channel);
    for (const v1::QueueRank& rank : profile.queue_order()) {
      for (const std::string& queue : rank.queues()) {
        agent.ranks[queue] = agent.other_rank;
      }
      ++agent.other_rank;
    }
  }
  int place = 0;
  for (const v1::AgentConfiguration& configured : configuration.agents()) {
    Agent agent = profiles[configured.routing_profile()];
    agent.place = place++;
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
  const std::map<std::string, int> required = Required(contact);
  for (const auto& [skill, level] : required) {
    const auto held = found->second.levels.find(skill);
    const int has = held == found->second.levels.end() ? 0 : held->second;
    surplus += has - level;
    room += 10 - level;
  }
  const auto queue = queues_.find(contact.queue());
  if (queue != queues_.end() &&
      queue->second.agent_choice().fit() == v1::FIT_RULE_LEAST_OVER_QUALIFIED) {
    for (const auto& [skill, level] : found->second.levels) {
      if (!required.contains(skill)) ++surplus;
    }
    return 7 - std::min(7, 8 * surplus / (room + 16));
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

int Rules::QueueRankOf(const std::string& agent,
                       const v1::Contact& contact) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return 0;
  const auto rank = found->second.ranks.find(contact.queue());
  return rank == found->second.ranks.end() ? found->second.other_rank
                                           : rank->second;
}

v1::AgentOrder Rules::OrderOf(const std::string& queue) const {
  const auto found = queues_.find(queue);
  if (found == queues_.end() ||
      found->second.agent_choice().order() == v1::AGENT_ORDER_UNSPECIFIED) {
    return v1::AGENT_ORDER_LONGEST_IDLE;
  }
  return found->second.agent_choice().order();
}

DurationMs Rules::BoostMs(const v1::Contact& contact) const {
  if (contact_choice_ == v1::CONTACT_CHOICE_STRICT) {
    return contact.priority() * DurationMs{315'360'000'000};
  }
  DurationMs boost = CreditMs(contact);
  const auto segment = segments_.find(contact.segment());
  if (segment != segments_.end()) boost += segment->second;
  if (contact_choice_ == v1::CONTACT_CHOICE_DEADLINE) {
    boost -= ServiceThresholdMs(contact.queue());
  }
  return boost;
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
