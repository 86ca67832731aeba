#include "tests/model/model_world.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace relais::model {
namespace {

constexpr int kSkills = 5;
constexpr int kProfiles = 5;
constexpr int kQueues = 4;
constexpr std::uint64_t kSegments = 3;
// Ids are drawn from more names than there are places, so that agents come,
// go and come back.
constexpr int kAgentNames = 40;

ChannelSet Set(std::initializer_list<Channel> channels) {
  ChannelSet set = 0;
  for (const Channel channel : channels) set |= SetOf(channel);
  return set;
}

bool HasAgent(const Configuration& configuration, const std::string& id) {
  return std::any_of(
      configuration.agents.begin(), configuration.agents.end(),
      [&](const AgentConfiguration& agent) { return agent.id == id; });
}

// What the order says of queues that are no longer there.
void KeepListed(const Configuration& configuration,
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

}  // namespace

RouterOptions WorldOptions(RouterObserver* observer) {
  RouterOptions options;
  options.observer = observer;
  options.id_retention_ms = 100'000;
  options.limits.agents = kAgentsMax;
  options.limits.contacts = kContactsMax;
  options.limits.queues = kQueues + 1;
  options.limits.ended_ids = kEndedIdsMax;
  options.limits.requirement_classes = 1'024;
  options.limits.profile_classes = 1'024;
  options.limits.lanes = 4'096;
  options.limits.pending_events = 4'096;
  return options;
}

std::string World::SkillName() {
  return absl::StrCat("skill", random_->Uniform(kSkills));
}

AgentConfiguration World::Agent(const std::string& id) {
  AgentConfiguration agent;
  agent.id = id;
  agent.grade = static_cast<AgentGrade>(random_->Uniform(kAgentGradeCount));
  agent.routing_profile = absl::StrCat("profile", random_->Uniform(kProfiles));
  for (int skill = 0; skill < kSkills; ++skill) {
    if (random_->Bernoulli(0.35)) continue;
    // Few distinct levels, so that fits tie and idle time decides.
    agent.skills.push_back({absl::StrCat("skill", skill),
                            static_cast<int>(random_->Uniform(4)) * 3 + 1});
  }
  return agent;
}

// Terms in multiples of 5 s, so that deadlines fall together.
ContactQueue World::Queue(int index) {
  ContactQueue queue;
  queue.name = absl::StrCat("queue", index);
  queue.decline_retry_ms = 15'000;
  queue.handling_lease_ms = 60'000;
  switch (index) {
    case 0:
      queue.channels = Set({Channel::kVoice, Channel::kCallback});
      queue.offer_timeout_ms = 20'000;
      queue.wrap_up_ms = 30'000;
      queue.decline_retry_ms = 60'000;
      break;
    case 1:
      queue.channels = Set({Channel::kVoice, Channel::kChat, Channel::kEmail});
      queue.offer_timeout_ms = 0;
      queue.wrap_up_ms = 0;
      queue.wait_limit_ms = 90'000;
      break;
    case 2:
      queue.channels = 0xFF;
      queue.offer_timeout_ms = 10'000;
      queue.wrap_up_ms = 0;
      queue.wait_limit_ms = 45'000;
      queue.handling_lease_ms = 30'000;
      break;
    default:
      queue.channels = Set({Channel::kChat, Channel::kVideo, Channel::kVoice});
      queue.offer_timeout_ms = 5'000;
      queue.wrap_up_ms = 10'000;
      queue.requirement.all_of.push_back({"skill0", 4});
      break;
  }
  if (random_->Bernoulli(0.3)) {
    queue.requirement.all_of.push_back(
        {SkillName(), static_cast<int>(random_->UniformBetween(1, 7))});
    if (queue.requirement.all_of.size() == 2 &&
        queue.requirement.all_of[0].skill ==
            queue.requirement.all_of[1].skill) {
      queue.requirement.all_of.pop_back();
    }
  }
  const DurationMs credit_ms = 5'000 * random_->UniformBetween(0, 2);
  for (std::size_t i = 0; i < queue.priority_credit_ms.size(); ++i) {
    queue.priority_credit_ms[i] = credit_ms * static_cast<DurationMs>(i);
  }
  queue.service_level.threshold_ms = 5'000 * random_->UniformBetween(0, 4);
  if (random_->Bernoulli(0.4)) {
    queue.agent_choice.fit = FitRule::kLeastOverQualified;
  }
  if (random_->Bernoulli(0.6)) {
    queue.agent_choice.order =
        static_cast<AgentOrder>(random_->Uniform(kAgentOrderCount));
  }
  return queue;
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

std::vector<QueueRank> World::QueueOrder(const Configuration& configuration) {
  std::vector<QueueRank> order;
  std::vector<std::string> names;
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

Configuration World::First() {
  Configuration configuration;
  configuration.name = "model";
  for (int i = 0; i < kSkills; ++i) {
    configuration.skills.push_back({absl::StrCat("skill", i), ""});
  }
  const ChannelSet channels[kProfiles] = {
      Set({Channel::kVoice}), Set({Channel::kVoice, Channel::kChat}),
      Set({Channel::kEmail, Channel::kChat, Channel::kCallback}), 0xFF,
      Set({Channel::kVoice, Channel::kVideo, Channel::kInternal})};
  for (int i = 0; i < kProfiles; ++i) {
    configuration.routing_profiles.push_back(
        {absl::StrCat("profile", i), channels[i], {}});
  }
  for (int i = 0; i < 20; ++i) {
    configuration.agents.push_back(Agent(absl::StrCat("agent", i)));
  }
  for (int i = 0; i < kQueues; ++i) configuration.queues.push_back(Queue(i));
  configuration.contact_choice = Mode();
  configuration.segments = Segments();
  for (RoutingProfile& profile : configuration.routing_profiles) {
    if (random_->Bernoulli(0.2))
      profile.queue_order = QueueOrder(configuration);
  }
  return configuration;
}

Configuration World::Next(const Configuration& present) {
  Configuration next = present;
  for (std::uint64_t changes = random_->Uniform(5) + 1; changes > 0;
       --changes) {
    const std::size_t at = random_->Uniform(next.agents.size());
    const std::string name =
        absl::StrCat("agent", random_->Uniform(kAgentNames));
    switch (random_->Uniform(11)) {
      case 0:
        if (next.agents.size() > 5) {
          next.agents.erase(next.agents.begin() +
                            static_cast<std::ptrdiff_t>(at));
        }
        break;
      case 1:
      case 2:
        if (!HasAgent(next, name)) next.agents.push_back(Agent(name));
        break;
      case 3:
        next.agents[at] = Agent(next.agents[at].id);
        break;
      case 4:
        if (next.queues.size() > 2) {
          next.queues.erase(next.queues.begin() +
                            static_cast<std::ptrdiff_t>(
                                random_->Uniform(next.queues.size())));
        }
        break;
      case 5: {
        ContactQueue queue = Queue(static_cast<int>(random_->Uniform(kQueues)));
        std::erase_if(next.queues, [&](const ContactQueue& other) {
          return other.name == queue.name;
        });
        next.queues.push_back(std::move(queue));
        break;
      }
      case 6:
        next.contact_choice = Mode();
        break;
      case 7:
        next.segments = Segments();
        break;
      case 8:
        next.routing_profiles[random_->Uniform(kProfiles)].queue_order =
            QueueOrder(next);
        break;
      case 9:
        for (RoutingProfile& profile : next.routing_profiles) {
          profile.queue_order.clear();
        }
        break;
      default:
        std::swap(next.agents[at], next.agents.front());
        break;
    }
  }
  for (RoutingProfile& profile : next.routing_profiles) {
    KeepListed(next, &profile.queue_order);
  }
  if (random_->Bernoulli(0.05)) next.agents[0].routing_profile = "nowhere";
  return next;
}

ContactSpec World::Contact(const std::string& id) {
  ContactSpec spec;
  spec.id = id;
  const int queue = static_cast<int>(random_->Uniform(kQueues));
  spec.queue = absl::StrCat("queue", queue);
  const ChannelSet channels = Queue(queue).channels;
  do {
    spec.channel = static_cast<Channel>(random_->Uniform(kChannelCount));
  } while (!Contains(channels, spec.channel));
  spec.priority = random_->Bernoulli(0.5)
                      ? 0
                      : static_cast<int>(random_->Uniform(kPriorityCount));
  if (random_->Bernoulli(0.4)) {
    spec.segment = absl::StrCat("segment", random_->Uniform(kSegments));
  }
  while (random_->Bernoulli(0.3)) {
    spec.requirement.all_of.push_back(
        {SkillName(), static_cast<int>(random_->UniformBetween(1, 7))});
  }
  if (random_->Bernoulli(0.1)) spec.attributes["customer"] = id;
  return spec;
}

void World::Spoil(ContactSpec* spec) {
  switch (random_->Uniform(11)) {
    case 0:
      spec->id = "";
      break;
    case 1:
      spec->id = std::string(kIdBytesMax + 1, 'x');
      break;
    case 2:
      spec->queue = "no such queue";
      break;
    case 3:
      spec->channel = static_cast<Channel>(kChannelCount);
      break;
    case 4:
      spec->priority = kPriorityCount;
      break;
    case 5:
      spec->requirement.all_of = {{"no such skill", 1}};
      break;
    case 6:
      spec->requirement.all_of = {{"skill0", 11}};
      break;
    case 7:
      spec->attributes["\xff"] = "";
      break;
    case 8:
      spec->segment = "no such segment";
      break;
    case 9:
      spec->segment = "\xff";
      break;
    default:
      // queue0 takes no mail.
      spec->queue = "queue0";
      spec->channel = Channel::kMail;
      break;
  }
}

}  // namespace relais::model
