#include "bench/load/rules.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace relais::load {

std::string ChannelText(v1::Channel channel) {
  return absl::AsciiStrToLower(
      absl::StripPrefix(v1::Channel_Name(channel), "CHANNEL_"));
}

namespace {

// From docs/routing-model.md, "Values".
constexpr int kRoomMax = 200;
constexpr std::size_t kHeldMax = 25;

int LevelMin(const v1::RequirementTerm& term) {
  return term.level_min() == 0 ? 1 : term.level_min();
}
int LevelMax(const v1::RequirementTerm& term) {
  return term.level_max() == 0 ? 10 : term.level_max();
}

// What skills imply, again and again until nothing is added.
void AddImplied(const v1::Configuration& configuration,
                std::map<std::string, int>* levels) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (const v1::Skill& skill : configuration.skills()) {
      if (!levels->contains(skill.name())) continue;
      for (const v1::ImpliedSkill& implied : skill.implies()) {
        const int most = implied.level_max() == 0 ? 10 : implied.level_max();
        const int level = std::min(levels->at(skill.name()), most);
        int& held = (*levels)[implied.skill()];
        if (held >= level) continue;
        held = level;
        changed = true;
      }
    }
  }
}

// Skills that must be held, each with its lowest and highest level: those of
// all_of, also of requirements nested in it.
void CollectLevels(const v1::RoutingRequirement& requirement,
                   std::map<std::string, std::pair<int, int>>* asked) {
  for (const v1::RequirementTerm& term : requirement.all_of()) {
    if (term.has_requirement()) CollectLevels(term.requirement(), asked);
    if (term.skill().empty()) continue;
    auto& [least, most] = asked->try_emplace(term.skill(), 1, 10).first->second;
    least = std::max(least, LevelMin(term));
    most = std::min(most, LevelMax(term));
  }
}

// What is taken for a level that is not given.
int DefaultLevel(v1::AgentGrade grade, const v1::Configuration& configuration) {
  for (const v1::GradePolicy& policy : configuration.grades()) {
    if (policy.grade() == grade) return policy.default_level();
  }
  switch (grade) {
    case v1::AGENT_GRADE_JUNIOR:
      return 3;
    case v1::AGENT_GRADE_EXPERT:
    case v1::AGENT_GRADE_SPECIALISED:
      return 8;
    default:
      return 5;
  }
}

// "team red", "grades" for what is not met.
std::string TermText(const v1::RequirementTerm& term) {
  if (term.has_requirement()) return "nested requirement";
  if (!term.certification().empty()) {
    return absl::StrCat("certification ", term.certification());
  }
  if (!term.language().empty()) {
    return absl::StrCat("language ", term.language());
  }
  if (!term.team().empty()) return absl::StrCat("team ", term.team());
  if (!term.site().empty()) return absl::StrCat("site ", term.site());
  if (term.provider()) return "provider's site";
  return "grade asked for";
}

}  // namespace

Rules::Rules(const v1::Configuration& configuration)
    : contact_choice_(configuration.contact_choice()) {
  for (const v1::CustomerSegment& segment : configuration.segments()) {
    segments_[segment.name()] = segment.credit_ms();
  }
  int place = 0;
  for (const v1::AgentConfiguration& configured : configuration.agents()) {
    Agent agent = AgentOf(configured, configuration);
    agent.place = place++;
    for (const v1::QueueRank& rank : agent.profile.queue_order()) {
      for (const std::string& queue : rank.queues()) {
        agent.ranks[queue] = agent.other_rank;
      }
      ++agent.other_rank;
    }
    agents_[configured.id()] = std::move(agent);
  }
  for (const v1::ContactQueue& queue : configuration.queues()) {
    queues_.emplace(queue.name(), QueueOf(queue, configuration));
  }
}

Rules::Queue Rules::QueueOf(const v1::ContactQueue& configured,
                            const v1::Configuration& configuration) const {
  Queue queue;
  queue.configured = configured;
  queue.rings = RingsOf(configured, configuration);
  for (const Ring& ring : queue.rings) {
    std::vector<Requirement>& required = queue.required.emplace_back();
    for (const v1::ContactQueue& asked : configuration.queues()) {
      if (asked.name() != ring.asks_as) continue;
      required.push_back(Loosened(asked.requirement(), ring.changes_as));
      for (const v1::Activity& activity : configuration.activities()) {
        if (activity.name() == asked.activity()) {
          required.push_back(activity.requirement());
        }
      }
    }
  }
  return queue;
}

const Rules::Queue* Rules::FindQueue(const std::string& name) const {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : &found->second;
}

const std::vector<Ring>& Rules::RingsOfQueue(const std::string& queue) const {
  static const std::vector<Ring>* const one = new std::vector<Ring>(1);
  const Queue* found = FindQueue(queue);
  return found == nullptr ? *one : found->rings;
}

const v1::ContactQueue* Rules::AsksAs(const std::string& queue,
                                      std::size_t ring) const {
  const Queue* found = FindQueue(queue);
  if (found == nullptr) return nullptr;
  const std::size_t in = std::min(ring, found->rings.size() - 1);
  const Queue* as = FindQueue(found->rings[in].asks_as);
  return as == nullptr ? nullptr : &as->configured;
}

Rules::Asked::Asked(const Rules& rules, const v1::Contact& contact,
                    std::size_t ring) {
  const Queue* queue = rules.FindQueue(contact.queue());
  all.push_back(&contact.requirement());
  if (queue == nullptr) return;
  const std::size_t in = std::min(ring, queue->rings.size() - 1);
  for (const Requirement& one : queue->required[in]) all.push_back(&one);
  if (in == 0 || contact.requirement().all_of().empty()) return;
  own = Loosened(contact.requirement(), queue->rings[in].changes);
  all[0] = &own;
}

Rules::Agent Rules::AgentOf(const v1::AgentConfiguration& configured,
                            const v1::Configuration& configuration) const {
  Agent agent;
  for (const v1::RoutingProfile& profile : configuration.routing_profiles()) {
    if (profile.name() != configured.routing_profile()) continue;
    agent.profile = profile;
    agent.channels.insert(profile.channels().begin(), profile.channels().end());
  }
  if (configured.grade() != v1::AGENT_GRADE_UNSPECIFIED) {
    agent.grade = configured.grade();
  }
  for (const v1::AgentSkill& skill : configured.skills()) {
    const int level = skill.level() == 0
                          ? DefaultLevel(agent.grade, configuration)
                          : skill.level();
    agent.levels_with_training[skill.skill()] = level;
    if (!skill.in_training()) agent.levels[skill.skill()] = level;
  }
  AddImplied(configuration, &agent.levels);
  AddImplied(configuration, &agent.levels_with_training);
  agent.certifications.insert(configured.certifications().begin(),
                              configured.certifications().end());
  agent.languages.insert(configured.languages().begin(),
                         configured.languages().end());
  agent.team = configured.team();
  agent.site = configured.site();
  for (const v1::Team& team : configuration.teams()) {
    if (team.name() == agent.team && agent.site.empty()) {
      agent.site = team.site();
    }
  }
  for (const v1::Site& site : configuration.sites()) {
    if (site.name() == agent.site) agent.provider = site.provider();
  }
  return agent;
}

int Rules::LevelOf(const Agent& agent, const std::string& skill,
                   bool with_training) {
  const auto& levels =
      with_training ? agent.levels_with_training : agent.levels;
  const auto held = levels.find(skill);
  return held == levels.end() ? 0 : held->second;
}

bool Rules::Meets(const Agent& agent, const v1::RequirementTerm& term,
                  bool with_training) {
  if (term.has_requirement()) {
    return Meets(agent, term.requirement(), with_training);
  }
  if (!term.skill().empty()) {
    const int level = LevelOf(agent, term.skill(), with_training);
    return level >= LevelMin(term) && level <= LevelMax(term);
  }
  if (!term.certification().empty()) {
    return agent.certifications.contains(term.certification());
  }
  if (!term.language().empty()) {
    return agent.languages.contains(term.language());
  }
  if (!term.team().empty()) return agent.team == term.team();
  if (!term.site().empty()) return agent.site == term.site();
  if (term.provider()) return agent.provider;
  return std::find(term.grades().begin(), term.grades().end(), agent.grade) !=
         term.grades().end();
}

bool Rules::Meets(const Agent& agent, const Requirement& requirement,
                  bool with_training) {
  const auto meets = [&](const v1::RequirementTerm& term) {
    return Meets(agent, term, with_training);
  };
  const auto& all = requirement.all_of();
  const auto& any = requirement.any_of();
  const auto& none = requirement.none_of();
  return std::all_of(all.begin(), all.end(), meets) &&
         (any.empty() || std::any_of(any.begin(), any.end(), meets)) &&
         std::none_of(none.begin(), none.end(), meets);
}

std::string Rules::Missing(const Agent& agent, const Requirement& requirement,
                           bool with_training) {
  std::vector<std::string> missing;
  for (const v1::RequirementTerm& term : requirement.all_of()) {
    if (Meets(agent, term, with_training)) continue;
    const int has = LevelOf(agent, term.skill(), with_training);
    if (term.skill().empty()) {
      missing.push_back(absl::StrCat("no ", TermText(term)));
    } else if (has < LevelMin(term)) {
      missing.push_back(
          absl::StrCat(term.skill(), " ", has, " < ", LevelMin(term)));
    } else {
      missing.push_back(
          absl::StrCat(term.skill(), " ", has, " > ", LevelMax(term)));
    }
  }
  const auto meets = [&](const v1::RequirementTerm& term) {
    return Meets(agent, term, with_training);
  };
  const auto& any = requirement.any_of();
  if (!any.empty() && std::none_of(any.begin(), any.end(), meets)) {
    missing.emplace_back("nothing of any_of");
  }
  const auto& none = requirement.none_of();
  if (std::any_of(none.begin(), none.end(), meets)) {
    missing.emplace_back("something of none_of");
  }
  return absl::StrJoin(missing, ", ");
}

bool Rules::Meets(const Agent& agent, const v1::Contact& contact,
                  const Asked& asked) const {
  return agent.channels.contains(contact.channel()) &&
         std::all_of(asked.all.begin(), asked.all.end(),
                     [&](const Requirement* requirement) {
                       return Meets(agent, *requirement,
                                    contact.tutor_may_listen());
                     });
}

bool Rules::Serves(const std::string& agent, const v1::Contact& contact,
                   std::size_t ring) const {
  const auto found = agents_.find(agent);
  return found != agents_.end() &&
         Meets(found->second, contact, Asked(*this, contact, ring));
}

bool Rules::AnybodyServes(const v1::Contact& contact, std::size_t ring) const {
  const Asked asked(*this, contact, ring);
  return std::any_of(agents_.begin(), agents_.end(), [&](const auto& entry) {
    return Meets(entry.second, contact, asked);
  });
}

std::string Rules::WhatIsMissing(const std::string& agent,
                                 const v1::Contact& contact,
                                 std::size_t ring) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return "not configured";
  std::vector<std::string> missing;
  if (!found->second.channels.contains(contact.channel())) {
    missing.push_back(absl::StrCat("no ", ChannelText(contact.channel())));
  }
  const Asked asked(*this, contact, ring);
  for (const Requirement* requirement : asked.all) {
    std::string more =
        Missing(found->second, *requirement, contact.tutor_may_listen());
    if (!more.empty()) missing.push_back(std::move(more));
  }
  return absl::StrJoin(missing, ", ");
}

int Rules::FitStep(const std::string& agent, const v1::Contact& contact,
                   std::size_t ring) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return 0;
  std::map<std::string, std::pair<int, int>> asked;
  int surplus = 0;
  int room = 0;
  int preferred_met = 0;
  int preferred_all = 0;
  std::set<std::string> named;  // skills, by preferred terms
  const Asked all(*this, contact, ring);
  for (const Requirement* requirement : all.all) {
    CollectLevels(*requirement, &asked);
    for (const v1::PreferredTerm& preferred : requirement->preferred()) {
      const int weight = preferred.weight() == 0 ? 1 : preferred.weight();
      named.insert(preferred.term().skill());
      if (Meets(found->second, preferred.term(), contact.tutor_may_listen())) {
        preferred_met += weight;
      }
      preferred_all += weight;
    }
  }
  for (const auto& [skill, levels] : asked) {
    surplus += LevelOf(found->second, skill, contact.tutor_may_listen()) -
               levels.first;
    room += levels.second - levels.first;
  }
  const v1::ContactQueue* as = AsksAs(contact.queue(), ring);
  if (as != nullptr &&
      as->agent_choice().fit() == v1::FIT_RULE_LEAST_OVER_QUALIFIED) {
    int over = surplus + preferred_all - preferred_met;
    for (const auto& [skill, level] : contact.tutor_may_listen()
                                          ? found->second.levels_with_training
                                          : found->second.levels) {
      if (!asked.contains(skill) && !named.contains(skill)) ++over;
    }
    return 7 - std::min(7, 8 * over / (room + 16 + preferred_all));
  }
  room += preferred_all;
  return room == 0 ? 0 : std::min(7, 8 * (surplus + preferred_met) / room);
}

DurationMs Rules::CreditMs(const v1::Contact& contact) const {
  const Queue* queue = FindQueue(contact.queue());
  if (queue != nullptr) {
    for (const v1::PriorityCredit& credit :
         queue->configured.priority_credits()) {
      if (credit.priority() == contact.priority()) return credit.credit_ms();
    }
  }
  return 60'000LL * contact.priority();
}

int Rules::QueueRankOf(const std::string& agent, const v1::Contact& contact,
                       std::size_t ring) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return 0;
  const v1::ContactQueue* as = AsksAs(contact.queue(), ring);
  const auto rank =
      found->second.ranks.find(as == nullptr ? contact.queue() : as->name());
  return rank == found->second.ranks.end() ? found->second.other_rank
                                           : rank->second;
}

v1::AgentOrder Rules::OrderOf(const std::string& queue,
                              std::size_t ring) const {
  const v1::ContactQueue* as = AsksAs(queue, ring);
  if (as == nullptr ||
      as->agent_choice().order() == v1::AGENT_ORDER_UNSPECIFIED) {
    return v1::AGENT_ORDER_LONGEST_IDLE;
  }
  return as->agent_choice().order();
}

DurationMs Rules::BoostMs(const v1::Contact& contact, std::size_t ring) const {
  if (contact_choice_ == v1::CONTACT_CHOICE_STRICT) {
    return contact.priority() * DurationMs{315'360'000'000};
  }
  const std::vector<Ring>& rings = RingsOfQueue(contact.queue());
  DurationMs boost =
      CreditMs(contact) + rings[std::min(ring, rings.size() - 1)].boost_ms;
  const auto segment = segments_.find(contact.segment());
  if (segment != segments_.end()) boost += segment->second;
  if (contact_choice_ == v1::CONTACT_CHOICE_DEADLINE) {
    boost -= ServiceThresholdMs(contact.queue());
  }
  return boost;
}

bool Rules::BoundsOvertaking(const std::string& agent) const {
  const auto found = agents_.find(agent);
  return contact_choice_ != v1::CONTACT_CHOICE_STRICT &&
         found != agents_.end() && found->second.profile.queue_order().empty();
}

const v1::ChannelCapacity* Rules::CapacityFor(const std::string& agent,
                                              v1::Channel channel) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return nullptr;
  for (const auto& one : found->second.profile.channel_capacities()) {
    if (one.channel() == channel) return &one;
  }
  return nullptr;
}

int Rules::CostOf(const std::string& agent, v1::Channel channel) const {
  const v1::ChannelCapacity* given = CapacityFor(agent, channel);
  if (given != nullptr && given->has_cost_units()) return given->cost_units();
  switch (channel) {
    case v1::CHANNEL_CHAT:
      return 34;
    case v1::CHANNEL_EMAIL:
    case v1::CHANNEL_SOCIAL:
    case v1::CHANNEL_MAIL:
      return 50;
    default:
      return 100;
  }
}

int Rules::CapacityOf(const std::string& agent) const {
  const auto found = agents_.find(agent);
  if (found == agents_.end()) return 0;
  const v1::RoutingProfile& profile = found->second.profile;
  return profile.has_capacity_units() ? profile.capacity_units() : 100;
}

bool Rules::MayInterrupt(const std::string& agent, v1::Channel first,
                         v1::Channel other) const {
  const v1::ChannelCapacity* given = CapacityFor(agent, first);
  if (given == nullptr) return false;
  const auto& may = given->may_interrupt();
  return std::find(may.begin(), may.end(), other) != may.end();
}

bool Rules::Fits(const std::string& agent, v1::Channel channel,
                 const AgentFold& state) const {
  if (!agents_.contains(agent)) return state.held.empty();
  int room = CapacityOf(agent);
  for (const auto& [id, held] : state.held) {
    if (held.state == v1::WORK_STATE_HANDLING &&
        MayInterrupt(agent, channel, held.channel)) {
      room += held.units;
    }
  }
  const v1::ChannelCapacity* given = CapacityFor(agent, channel);
  const int most = given == nullptr ? 0 : given->contacts_max();
  return state.units() + CostOf(agent, channel) <= std::min(room, kRoomMax) &&
         (most == 0 || state.HeldOf(channel) < most) &&
         state.held.size() < kHeldMax;
}

AgentFold Rules::With(const std::string& agent, v1::Channel channel,
                      const AgentFold& state) const {
  AgentFold with = state;
  with.held["one more"] = {.channel = channel, .units = CostOf(agent, channel)};
  return with;
}

bool Rules::IsPulled(const v1::Contact& contact, std::size_t ring) const {
  const v1::ContactQueue* as = AsksAs(contact.queue(), ring);
  return as != nullptr && as->pull_only();
}

std::set<int> Rules::DrainOf(const v1::Contact& contact,
                             std::size_t ring) const {
  const std::vector<Ring>& rings = RingsOfQueue(contact.queue());
  std::set<int> drain = rings[std::min(ring, rings.size() - 1)].drain;
  drain.erase(contact.channel());
  return drain;
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
  const Queue* found = FindQueue(queue);
  if (found == nullptr || !found->configured.has_service_level()) {
    return 20'000;
  }
  return found->configured.service_level().threshold_ms();
}

double Rules::ServiceFraction(const std::string& queue) const {
  const Queue* found = FindQueue(queue);
  if (found == nullptr || !found->configured.has_service_level()) return 0.8;
  return found->configured.service_level().answered_fraction();
}

DurationMs Rules::ShortAbandonMs(const std::string& queue) const {
  const Queue* found = FindQueue(queue);
  if (found == nullptr || !found->configured.has_short_abandon_threshold_ms()) {
    return 5'000;
  }
  return found->configured.short_abandon_threshold_ms();
}

}  // namespace relais::load
