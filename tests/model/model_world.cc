#include "tests/model/model_world.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/validate_contact.h"

namespace relais::model {
namespace {

constexpr int kSkills = 5;
const char* const kCertifications[] = {"amf", "insurance"};
const char* const kLanguages[] = {"french", "german"};
// Ids are drawn from more names than there are places, so that agents come,
// go and come back.
constexpr int kAgentNames = 40;

ChannelSet Set(std::initializer_list<Channel> channels) {
  ChannelSet set = 0;
  for (const Channel channel : channels) set |= SetOf(channel);
  return set;
}

// Nobody is taught by an agent who is not there.
void DropTutor(const std::string& id, Configuration* configuration) {
  for (AgentConfiguration& agent : configuration->agents) {
    for (AgentSkill& held : agent.skills) {
      if (held.tutor != id) continue;
      held.in_training = false;
      held.tutor.clear();
    }
  }
}

bool Contradicts(const RoutingRequirement& requirement) {
  ContactSpec spec;
  spec.id = "any";
  spec.requirement = requirement;
  return !ValidateContactSpec(spec).ok();
}

bool HasAgent(const Configuration& configuration, const std::string& id) {
  return std::any_of(
      configuration.agents.begin(), configuration.agents.end(),
      [&](const AgentConfiguration& agent) { return agent.id == id; });
}

}  // namespace

RouterOptions WorldOptions(RouterObserver* observer) {
  RouterOptions options;
  options.observer = observer;
  options.id_retention_ms = 100'000;
  options.limits.agents = kAgentsMax;
  options.limits.contacts = kContactsMax;
  options.limits.queues = World::kQueues + 1;
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

RequirementTerm World::Term(int depth) {
  RequirementTerm term;
  switch (random_->Uniform(depth > 0 ? 10 : 8)) {
    case 0:
    case 1:
      term.skill = SkillName();
      term.level_min = static_cast<int>(random_->UniformBetween(1, 4));
      term.level_max = static_cast<int>(random_->UniformBetween(5, 10));
      break;
    case 2:
      term.certification = kCertifications[random_->Uniform(2)];
      break;
    case 3:
      term.language = kLanguages[random_->Uniform(2)];
      break;
    case 4:
      term.team = kTeams[random_->Uniform(3)];
      break;
    case 5:
      term.site = kSites[random_->Uniform(2)];
      break;
    case 6:
      term.provider = true;
      break;
    case 7:
      term.grades = static_cast<GradeSet>(random_->UniformBetween(1, 15));
      break;
    default:
      term.requirement =
          std::make_shared<const RoutingRequirement>(Nested(depth - 1));
      break;
  }
  return term;
}

RoutingRequirement World::Nested(int depth) {
  RoutingRequirement nested;
  do {
    if (random_->Bernoulli(0.5)) nested.all_of.push_back(Term(depth));
    while (random_->Bernoulli(0.4)) nested.any_of.push_back(Term(depth));
    if (random_->Bernoulli(0.3)) nested.none_of.push_back(Term(depth));
  } while (nested.empty());
  return nested;
}

void World::AddTerms(RoutingRequirement* requirement) {
  const RoutingRequirement before = *requirement;
  if (random_->Bernoulli(0.3)) requirement->all_of.push_back(Term(2));
  while (random_->Bernoulli(0.5)) requirement->any_of.push_back(Term(2));
  if (random_->Bernoulli(0.3)) requirement->none_of.push_back(Term(2));
  while (random_->Bernoulli(0.4)) {
    const int weight = static_cast<int>(random_->UniformBetween(1, 20));
    requirement->preferred.push_back({Term(0), weight});
  }
  // One in twenty may contradict itself.
  if (random_->Bernoulli(0.95) && Contradicts(*requirement)) {
    *requirement = before;
  }
}

AgentConfiguration World::Agent(const std::string& id,
                                const Configuration& centre) {
  AgentConfiguration agent;
  agent.id = id;
  agent.grade = static_cast<AgentGrade>(random_->Uniform(kAgentGradeCount));
  agent.routing_profile = absl::StrCat("profile", random_->Uniform(kProfiles));
  for (int skill = 0; skill < kSkills; ++skill) {
    if (random_->Bernoulli(0.35)) continue;
    // Few distinct levels, so that fits tie and idle time decides.
    agent.skills.push_back({absl::StrCat("skill", skill),
                            static_cast<int>(random_->Uniform(4)) * 3 + 1});
    AgentSkill& held = agent.skills.back();
    if (random_->Bernoulli(0.2)) held.level = 0;  // the grade's
    if (centre.agents.empty() || random_->Bernoulli(0.75)) continue;
    const std::string& tutor =
        centre.agents[random_->Uniform(centre.agents.size())].id;
    if (tutor == id) continue;
    held.in_training = true;
    held.tutor = tutor;
  }
  for (const char* name : kCertifications) {
    if (random_->Bernoulli(0.5)) agent.certifications.emplace_back(name);
  }
  for (const char* name : kLanguages) {
    if (random_->Bernoulli(0.5)) agent.languages.emplace_back(name);
  }
  const std::uint64_t team = random_->Uniform(4);
  if (team < 3) agent.team = kTeams[team];
  // The third team is at no site, so its agents may be anywhere.
  if (team >= 2 && random_->Bernoulli(0.5)) {
    agent.site = kSites[random_->Uniform(2)];
  }
  return agent;
}

// Capacities from one contact at a time to many, some of which no longer fit
// what an agent holds when they change.
RoutingProfile World::Profile(int index, ChannelSet channels) {
  RoutingProfile profile;
  profile.name = absl::StrCat("profile", index);
  profile.channels = channels;
  if (random_->Bernoulli(0.3)) {
    profile.capacity_units = static_cast<int>(random_->UniformBetween(50, 100));
  }
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (random_->Bernoulli(0.5)) {
      profile.cost_units[i] =
          static_cast<int>(random_->UniformBetween(4, 12)) * 4;
    }
    profile.cost_units[i] =
        std::min(profile.cost_units[i], profile.capacity_units);
    if (random_->Bernoulli(0.3)) {
      profile.contacts_max[i] = static_cast<int>(random_->UniformBetween(1, 3));
    }
  }
  if (random_->Bernoulli(0.4)) profile.load_order = LoadOrder::kPack;
  if (random_->Bernoulli(0.5)) ChooseInterruptions(&profile);
  return profile;
}

// No circles: by some order of the channels the earlier interrupt the later.
void World::ChooseInterruptions(RoutingProfile* profile) {
  std::array<std::size_t, kChannelCount> order{};
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
    std::swap(order[i], order[random_->Uniform(i + 1)]);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t later = i + 1; later < order.size(); ++later) {
      if (random_->Bernoulli(0.5)) {
        profile->may_interrupt[order[i]] |=
            SetOf(static_cast<Channel>(order[later]));
      }
    }
  }
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
  if (random_->Bernoulli(0.3)) {
    const RoutingRequirement before = queue.requirement;
    do {
      queue.requirement = before;
      AddTerms(&queue.requirement);
    } while (IsRefused(queue));
  }
  if (random_->Bernoulli(0.2)) {
    queue.activity = random_->Bernoulli(0.5) ? "answers" : "advice";
    if (IsRefused(queue)) queue.activity.clear();
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
  queue.hold = Hold();
  if (random_->Bernoulli(0.5)) queue.panel_max_share_percent = 120;
  ChoosePlan(&queue);
  queue.pull_only = random_->Bernoulli(0.25);
  return queue;
}

Configuration World::Lists() {
  Configuration configuration;
  configuration.name = "model";
  for (int i = 0; i < kSkills; ++i) {
    configuration.skills.push_back({absl::StrCat("skill", i), ""});
  }
  configuration.skills[3].implies = {{"skill1", 5}, {"skill4", 10}};
  configuration.skills[4].implies = {{"skill2", 6}};
  configuration.certifications.assign(std::begin(kCertifications),
                                      std::end(kCertifications));
  configuration.languages.assign(std::begin(kLanguages), std::end(kLanguages));
  configuration.sites = {{kSites[0]}, {kSites[1], true}};
  configuration.grades = {{AgentGrade::kJunior, 2}, {AgentGrade::kExpert, 9}};
  RoutingRequirement skilled;
  skilled.none_of = {{.grades = SetOf(AgentGrade::kJunior)}};
  RoutingRequirement certified;
  certified.any_of = {{.certification = kCertifications[0]},
                      {.grades = SetOf(AgentGrade::kSpecialised)}};
  certified.preferred = {{{.language = kLanguages[1]}, 7}};
  configuration.activities = {{"answers", 0xFF, skilled},
                              {"advice", 0, certified}};
  configuration.teams = {
      {kTeams[0], kSites[0]}, {kTeams[1], kSites[1]}, {kTeams[2]}};
  const ChannelSet channels[kProfiles] = {
      Set({Channel::kVoice}), Set({Channel::kVoice, Channel::kChat}),
      Set({Channel::kEmail, Channel::kChat, Channel::kCallback}), 0xFF,
      Set({Channel::kVoice, Channel::kVideo, Channel::kInternal})};
  for (int i = 0; i < kProfiles; ++i) {
    RoutingProfile profile;
    profile.name = absl::StrCat("profile", i);
    profile.channels = channels[i];
    configuration.routing_profiles.push_back(profile);
  }
  return configuration;
}

bool World::IsRefused(const ContactQueue& queue) const {
  Configuration alone = Lists();
  alone.bullseye_plans = plans_;
  ClearQueuesOfRings(&alone.bullseye_plans);
  alone.queues = {queue};
  return HasErrors(ValidateConfiguration(alone, Limits()));
}

Configuration World::DrawFirst() {
  Configuration configuration = Lists();
  for (int i = 0; i < kProfiles; ++i) {
    RoutingProfile& profile =
        configuration.routing_profiles[static_cast<std::size_t>(i)];
    profile = Profile(i, profile.channels);
  }
  for (int i = 0; i < 20; ++i) {
    configuration.agents.push_back(
        Agent(absl::StrCat("agent", i), configuration));
  }
  plans_.clear();
  for (int i = 0; i < kPlans; ++i) plans_.push_back(Plan(i));
  configuration.bullseye_plans = plans_;
  for (int i = 0; i < kQueues; ++i) configuration.queues.push_back(Queue(i));
  configuration.contact_choice = Mode();
  configuration.segments = Segments();
  for (RoutingProfile& profile : configuration.routing_profiles) {
    if (random_->Bernoulli(0.2))
      profile.queue_order = QueueOrder(configuration);
  }
  ChangeQueuesOfRings(&configuration);
  AddReserves(Reserves(configuration), &configuration);
  return configuration;
}

// What is implied, where a team sits, what a grade or an activity means.
void World::ChangeForMany(Configuration* next) {
  if (random_->Bernoulli(0.25)) {
    next->grades[0].default_level =
        static_cast<int>(random_->UniformBetween(1, 10));
  } else if (random_->Bernoulli(0.3)) {
    next->activities[0].requirement.none_of[0].grades =
        static_cast<GradeSet>(random_->UniformBetween(1, 3));
  } else if (random_->Bernoulli(0.5)) {
    next->skills[3].implies[0].level_max =
        static_cast<int>(random_->UniformBetween(1, 10));
  } else {
    std::swap(next->teams[0].site, next->teams[1].site);
  }
}

Configuration World::DrawNext(const Configuration& present) {
  Configuration next = present;
  plans_ = present.bullseye_plans;
  for (std::uint64_t changes = random_->Uniform(5) + 1; changes > 0;
       --changes) {
    const std::size_t at = random_->Uniform(next.agents.size());
    const std::string name =
        absl::StrCat("agent", random_->Uniform(kAgentNames));
    switch (random_->Uniform(13)) {
      case 0:
        if (next.agents.size() > 5) {
          const std::string gone = next.agents[at].id;
          next.agents.erase(next.agents.begin() +
                            static_cast<std::ptrdiff_t>(at));
          DropTutor(gone, &next);
        }
        break;
      case 1:
      case 2:
        if (!HasAgent(next, name)) next.agents.push_back(Agent(name, next));
        break;
      case 3:
        next.agents[at] = Agent(next.agents[at].id, next);
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
      case 6: {
        const auto index = random_->Uniform(kProfiles);
        RoutingProfile& profile = next.routing_profiles[index];
        std::vector<QueueRank> order = std::move(profile.queue_order);
        profile = Profile(static_cast<int>(index), profile.channels);
        profile.queue_order = std::move(order);
        break;
      }
      case 7:
        ChangeForMany(&next);
        break;
      case 8:
      case 9:
      case 10:
      case 11:
        ChangeChoice(&next);
        break;
      default:
        std::swap(next.agents[at], next.agents.front());
        break;
    }
  }
  for (RoutingProfile& profile : next.routing_profiles) {
    KeepListed(next, &profile.queue_order);
  }
  const std::vector<Reserve> reserves = std::exchange(next.reserves, {});
  ChangePlans(&next);
  AddReserves(random_->Bernoulli(0.3) ? Reserves(next) : reserves, &next);
  if (random_->Bernoulli(0.05)) next.agents[0].routing_profile = "nowhere";
  return next;
}

AgentChange World::Change(const AgentConfiguration& present,
                          const Configuration& centre) {
  const AgentConfiguration drawn = Agent(present.id, centre);
  AgentChange change;
  if (random_->Bernoulli(0.5)) change.grade = drawn.grade;
  if (random_->Bernoulli(0.5)) change.skills = drawn.skills;
  if (random_->Bernoulli(0.3)) change.certifications = drawn.certifications;
  if (random_->Bernoulli(0.3)) change.languages = drawn.languages;
  if (random_->Bernoulli(0.05)) change.skills = {{"no such skill", 3}};
  if (random_->Bernoulli(0.03)) change.grade = static_cast<AgentGrade>(9);
  return change;
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
  if (random_->Bernoulli(0.25)) AddTerms(&spec.requirement);
  spec.tutor_may_listen = random_->Bernoulli(0.3);
  if (random_->Bernoulli(0.3)) spec.preferred = Preferred();
  if (random_->Bernoulli(0.1)) spec.attributes["customer"] = id;
  return spec;
}

void World::Spoil(ContactSpec* spec) {
  switch (random_->Uniform(17)) {
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
      spec->requirement.any_of = {{"skill0", 1},
                                  {.certification = "no such certification"}};
      break;
    case 9:
      spec->requirement.all_of = {{.team = "red"}, {.team = "blue"}};
      break;
    case 10:
      spec->requirement.none_of = {
          {.requirement = std::make_shared<const RoutingRequirement>()}};
      break;
    case 11:
      spec->segment = "no such segment";
      break;
    case 12:
      spec->segment = "\xff";
      break;
    case 13:
      spec->preferred = {{"agent1", "agent2"}, PreferenceSource::kLast, 0};
      break;
    case 14:
      spec->preferred = {
          {"agent1", "agent2", "agent1"}, PreferenceSource::kList, 0};
      break;
    case 15:
      spec->preferred = {{}, PreferenceSource::kPortfolio, 1'000};
      break;
    default:
      // queue0 takes no mail.
      spec->queue = "queue0";
      spec->channel = Channel::kMail;
      break;
  }
}

}  // namespace relais::model
