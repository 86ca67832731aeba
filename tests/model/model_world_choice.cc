// What the model centre says of choice: plans, modes, segments, queue orders.

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/model/model_world.h"

namespace relais::model {

namespace {

// Two contacts at once, of one channel at least.
bool HoldsSeveral(const RoutingProfile& profile) {
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (Contains(profile.channels, static_cast<Channel>(i)) &&
        2 * profile.cost_units[i] <= profile.capacity_units &&
        profile.contacts_max[i] != 1) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool World::HasAllRules(const Configuration& configuration) {
  const auto any = [](const auto& list, const auto& has) {
    return std::any_of(list.begin(), list.end(), has);
  };
  std::set<AgentOrder> orders;
  std::set<FitRule> fits;
  for (const ContactQueue& queue : configuration.queues) {
    orders.insert(queue.agent_choice.order);
    fits.insert(queue.agent_choice.fit);
  }
  return orders.size() > 1 && fits.size() > 1 &&
         any(configuration.queues,
             [](const auto& queue) { return !queue.plan.empty(); }) &&
         any(configuration.queues,
             [](const auto& queue) { return !queue.activity.empty(); }) &&
         any(configuration.agents,
             [&](const auto& agent) {
               return any(agent.skills,
                          [](const auto& held) { return held.in_training; });
             }) &&
         any(configuration.routing_profiles,
             [](const auto& profile) {
               return !profile.queue_order.empty();
             }) &&
         any(configuration.routing_profiles, HoldsSeveral) &&
         any(configuration.segments,
             [](const auto& segment) { return segment.credit_ms > 0; });
}

Configuration World::First() {
  Configuration first;
  do {
    first = DrawFirst();
  } while (all_rules_ && !HasAllRules(first));
  return first;
}

Configuration World::Next(const Configuration& present) {
  Configuration next;
  do {
    next = DrawNext(present);
  } while (all_rules_ && !HasAllRules(next));
  return next;
}

BullseyeRing World::Ring() {
  BullseyeRing ring;
  if (random_->Bernoulli(0.4)) {
    const int levels = static_cast<int>(random_->UniformBetween(1, 5));
    const bool by = random_->Bernoulli(0.5);
    ring.lower = {{SkillName(), by ? levels : 0, by ? 0 : levels}};
  }
  if (random_->Bernoulli(0.4)) ring.drop_skills = {SkillName()};
  if (random_->Bernoulli(0.3)) {
    ring.lower_all_by = static_cast<int>(random_->UniformBetween(1, 3));
  }
  if (random_->Bernoulli(0.3)) ring.teams = {kTeams[random_->Uniform(3)]};
  if (random_->Bernoulli(0.2)) ring.sites = {kSites[random_->Uniform(2)]};
  ring.provider = random_->Bernoulli(0.2);
  ring.anywhere = random_->Bernoulli(0.15);
  ring.raise_boost_ms = 5'000 * random_->UniformBetween(0, 2);
  if (random_->Bernoulli(0.3)) {
    ring.drain = SetOf(static_cast<Channel>(random_->Uniform(kChannelCount)));
  }
  if (random_->Bernoulli(0.4)) {
    ring.skip_if =
        static_cast<RingCondition>(random_->Uniform(kRingConditionCount));
  }
  return ring;
}

BullseyePlan World::Plan(int index) {
  Configuration alone = Lists();
  do {
    BullseyePlan plan;
    plan.name = absl::StrCat("plan", index);
    if (random_->Bernoulli(0.4)) {
      plan.skip_first_if =
          static_cast<RingCondition>(random_->Uniform(kRingConditionCount));
    }
    if (index + 1 == kPlans) {
      plan.curve = {{static_cast<int>(random_->Uniform(5)) * 10, 0},
                    {static_cast<int>(random_->UniformBetween(5, 10)) * 10,
                     static_cast<int>(random_->UniformBetween(1, 9))}};
    }
    DurationMs after_ms = 0;
    for (std::int64_t i = random_->UniformBetween(1, 4);
         i > 0 && plan.curve.empty(); --i) {
      after_ms += 5'000 * random_->UniformBetween(1, 3);
      plan.rings.push_back(Ring());
      plan.rings.back().widen_after_ms = after_ms;
      if (i == 1) plan.rings.back().skip_if = RingCondition::kNone;
    }
    alone.bullseye_plans = {plan};
  } while (HasErrors(ValidateConfiguration(alone, Limits())));
  return alone.bullseye_plans.front();
}

HoldTimes World::Hold() {
  HoldTimes hold;
  for (DurationMs* time : {&hold.idle_ms, &hold.handling_ms,
                           &hold.wrapping_up_ms, &hold.absent_until_ms}) {
    *time = 5'000 * random_->UniformBetween(0, 4);
  }
  return hold;
}

PreferredAgents World::Preferred() {
  PreferredAgents preferred;
  preferred.source =
      static_cast<PreferenceSource>(random_->Uniform(kPreferenceSourceCount));
  if (random_->Bernoulli(0.5)) preferred.source = PreferenceSource::kList;
  std::size_t agents = 1;
  if (preferred.source == PreferenceSource::kList) {
    agents = 1 + random_->Uniform(kPreferredAgentsMax);
  }
  while (preferred.agents.size() < agents) {
    const std::string agent =
        absl::StrCat("agent", random_->Uniform(kAgentsMax));
    if (std::count(preferred.agents.begin(), preferred.agents.end(), agent) ==
        0) {
      preferred.agents.push_back(agent);
    }
  }
  if (preferred.source != PreferenceSource::kPanel && random_->Bernoulli(0.2)) {
    preferred.reply_by_ms = 5'000 * random_->UniformBetween(0, 6);
  }
  return preferred;
}

void World::ChoosePlan(ContactQueue* queue) {
  if (plans_.empty() || !random_->Bernoulli(0.7)) return;
  queue->plan = absl::StrCat("plan", random_->Uniform(kPlans));
  if (IsRefused(*queue)) queue->plan.clear();
}

ContactChoice World::Mode() {
  return static_cast<ContactChoice>(random_->Uniform(kContactChoiceCount));
}

// Two of three, so that contacts name one that is not there.
std::vector<CustomerSegment> World::Segments() {
  std::vector<CustomerSegment> segments;
  const std::uint64_t missing = random_->Uniform(kSegments);
  for (std::uint64_t i = 0; i < kSegments; ++i) {
    if (i == missing) continue;
    segments.push_back(
        {absl::StrCat("segment", i), 5'000 * random_->UniformBetween(0, 4)});
  }
  return segments;
}

std::vector<Reserve> World::Reserves(const Configuration& configuration) {
  std::vector<Reserve> reserves;
  for (std::uint64_t i = random_->Uniform(4); i > 0; --i) {
    const auto& queues = configuration.queues;
    const ContactQueue& queue = queues[random_->Uniform(queues.size())];
    Reserve reserve;
    reserve.name = absl::StrCat("reserve", i);
    reserve.queue = queue.name;
    reserve.channel = random_->Bernoulli(0.7)
                          ? Channel::kVoice
                          : static_cast<Channel>(random_->Uniform(3));
    reserve.keep = static_cast<int>(random_->UniformBetween(1, 3));
    if (random_->Bernoulli(0.5)) {
      reserve.resume =
          reserve.keep + static_cast<int>(random_->UniformBetween(1, 2));
    }
    reserve.holds_back = static_cast<ChannelSet>(random_->Uniform(256) &
                                                 ~SetOf(reserve.channel));
    reserves.push_back(reserve);
  }
  return reserves;
}

void World::AddReserves(const std::vector<Reserve>& reserves,
                        Configuration* configuration) {
  if (HasErrors(ValidateConfiguration(*configuration, Limits()))) return;
  for (const Reserve& reserve : reserves) {
    configuration->reserves.push_back(reserve);
    if (HasErrors(ValidateConfiguration(*configuration, Limits()))) {
      configuration->reserves.pop_back();
    }
  }
}

std::vector<QueueRank> World::QueueOrder(const Configuration& configuration) {
  std::vector<QueueRank> order;
  std::vector<std::string> names;
  names.reserve(configuration.queues.size());
  for (const ContactQueue& queue : configuration.queues) {
    names.push_back(queue.name);
  }
  while (!names.empty() && random_->Bernoulli(0.7)) {
    const auto name = names.begin() + static_cast<std::ptrdiff_t>(
                                          random_->Uniform(names.size()));
    if (order.empty() || random_->Bernoulli(0.7)) order.emplace_back();
    order.back().queues.push_back(*name);
    names.erase(name);
  }
  return order;
}

// What the order says of queues that are no longer there.
void World::KeepListed(const Configuration& configuration,
                       std::vector<QueueRank>* order) {
  for (QueueRank& rank : *order) {
    std::erase_if(rank.queues, [&](const std::string& name) {
      return std::none_of(
          configuration.queues.begin(), configuration.queues.end(),
          [&](const ContactQueue& queue) { return queue.name == name; });
    });
  }
  std::erase_if(*order,
                [](const QueueRank& rank) { return rank.queues.empty(); });
}

void World::ChangeQueuesOfRings(Configuration* configuration) {
  for (BullseyePlan& plan : configuration->bullseye_plans) {
    for (BullseyeRing& ring : plan.rings) {
      const std::string before = ring.queue;
      ring.queue.clear();
      if (random_->Bernoulli(0.2)) {
        ring.queue = absl::StrCat("queue", random_->Uniform(kQueues));
      }
      if (HasErrors(ValidateConfiguration(*configuration, Limits()))) {
        ring.queue = before;
      }
    }
  }
}

void World::ClearQueuesOfRings(std::vector<BullseyePlan>* plans) {
  for (BullseyePlan& plan : *plans) {
    for (BullseyeRing& ring : plan.rings) ring.queue.clear();
  }
}

void World::ChangePlans(Configuration* configuration) {
  if (HasErrors(ValidateConfiguration(*configuration, Limits()))) {
    ClearQueuesOfRings(&configuration->bullseye_plans);
  }
  if (random_->Bernoulli(0.3)) ChangePlan(configuration);
  if (random_->Bernoulli(0.2)) ChangeQueuesOfRings(configuration);
}

// Contacts that wait keep the plan under which they came.
void World::ChangePlan(Configuration* configuration) {
  const auto index = static_cast<std::size_t>(random_->Uniform(kPlans));
  Configuration changed = *configuration;
  changed.bullseye_plans[index] = Plan(static_cast<int>(index));
  if (HasErrors(ValidateConfiguration(changed, Limits()))) return;
  plans_ = changed.bullseye_plans;
  *configuration = std::move(changed);
}

// Which contact comes first.
void World::ChangeChoice(Configuration* next) {
  switch (random_->Uniform(4)) {
    case 0:
      next->contact_choice = Mode();
      break;
    case 1:
      next->segments = Segments();
      break;
    case 2:
      next->routing_profiles[random_->Uniform(kProfiles)].queue_order =
          QueueOrder(*next);
      break;
    default:
      for (RoutingProfile& profile : next->routing_profiles) {
        profile.queue_order.clear();
      }
      break;
  }
}

}  // namespace relais::model
