// Applying a whole configuration: prepared first, refused whole if anything is
// wrong or full, then installed queue by queue and agent by agent.

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/activity.h"
#include "lib/domain/agent_figures.h"
#include "lib/domain/bullseye_plan.h"
#include "lib/domain/compile_profile.h"
#include "lib/domain/error.h"
#include "lib/engine/router_impl.h"
#include "lib/skillgraph/skill_graph.h"

namespace relais {
namespace {

absl::Status Full(std::string_view limit, std::uint64_t needed,
                  std::uint64_t value, std::string_view what) {
  return FieldError(
      absl::StatusCode::kResourceExhausted, limit,
      absl::StrCat(needed, " ", absl::string_view(what.data(), what.size()),
                   " would stand at once; the limit is ", value));
}

// Queues that profiles order are told apart by their numbers.
absl::Status CheckQueueNumbers(const Configuration& configuration) {
  absl::flat_hash_set<std::uint64_t> numbers;
  for (const ContactQueue& queue : configuration.queues) {
    if (numbers.insert(QueueIdOf(queue.name)).second) continue;
    return FieldError(absl::StatusCode::kInvalidArgument, "queues",
                      absl::StrCat(Quoted(queue.name),
                                   " has the fingerprint of another queue's "
                                   "name; choose another name"));
  }
  return absl::OkStatus();
}

}  // namespace

struct RouterImpl::Preparation {
  struct ListedAgent {
    const AgentConfiguration* configuration = nullptr;
    std::uint32_t profile = 0;
    ServedBy served;
    std::shared_ptr<const Tutors> tutors;
    bool handed_over = false;  // its reference belongs to the agent now
    bool known = false;
  };

  explicit Preparation(ClassRegistry* registry)
      : classes(registry),
        compiled(std::make_shared<CompiledConfiguration>(registry)) {}
  ~Preparation() {
    for (const ListedAgent& agent : agents) {
      if (!agent.handed_over) classes->ReleaseProfile(agent.profile);
    }
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  ClassRegistry* const classes;
  std::shared_ptr<CompiledConfiguration> compiled;
  std::vector<ListedAgent> agents;
  std::uint32_t agents_touched = 0;  // leaving or changed
  // Held by those leaving, and no longer held for those changed.
  std::uint32_t contacts_touched = 0;
};

Configuration RouterImpl::CurrentConfiguration(std::uint64_t* version) const {
  InForce in_force;
  {
    MutexLock lock(in_force_mutex_);
    in_force = in_force_;
  }
  if (version != nullptr) *version = in_force.version;
  if (in_force.applied == nullptr) return {};
  Configuration configuration = in_force.applied->source;
  for (auto& [id, changed] : in_force.changed) {
    configuration.agents[in_force.applied->agents.at(id)] = std::move(changed);
  }
  return configuration;
}

std::shared_ptr<const CompiledConfiguration> RouterImpl::CurrentCompiled()
    const {
  const ContactShard& shard = contact_shards_[0];
  MutexLock lock(shard.mutex);
  return shard.configuration;
}

absl::StatusOr<ApplyOutcome> RouterImpl::Apply(
    const Configuration& configuration, InstantMs now_ms) {
  ApplyOutcome outcome;
  outcome.findings = ValidateConfiguration(configuration, limits_);
  outcome.configuration_version =
      configuration_version_.load(std::memory_order_relaxed);
  if (HasErrors(outcome.findings)) return outcome;
  if (now_ms < 0) {
    return FieldError(absl::StatusCode::kInvalidArgument, "now_ms",
                      absl::StrCat(now_ms, " is negative"));
  }
  if (applying_.exchange(true, std::memory_order_acq_rel)) {
    return absl::AbortedError(
        "another configuration is being applied, or an agent changed");
  }
  Call call(*this, now_ms);
  auto prepared = Prepare(configuration, call);
  absl::Status status = prepared.status();
  if (status.ok()) {
    // An agent who leaves makes up to four events, as does one who changed and
    // is given a contact; each reservation that is rescinded makes three, and
    // so does each hold that ends.
    const std::size_t room =
        Call::kRoom + std::size_t{4} * prepared.value()->agents_touched +
        std::size_t{3} * prepared.value()->contacts_touched;
    if (!call.Reserve(EventPurpose::kExisting,
                      static_cast<std::uint32_t>(room))) {
      status = Full("limits.pending_events", room, limits_.pending_events,
                    "events of this change and those not yet taken");
    }
  }
  if (status.ok()) {
    Preparation& preparation = **prepared;
    outcome.configuration_version =
        configuration_version_.fetch_add(1, std::memory_order_relaxed) + 1;
    preparation.compiled->version = outcome.configuration_version;
    Event event;
    event.type = EventType::kConfigurationApplied;
    event.at_ms = now_ms;
    event.configuration_version = outcome.configuration_version;
    EventDetail detail;
    if (wants_details_) {
      detail.configuration =
          std::make_shared<const Configuration>(configuration);
    }
    call.Push(event, std::move(detail));
    KeepFigures(NeedsAgentFigures(configuration), call);
    InstallReserves(*preparation.compiled, call);
    InstallQueues(preparation);
    InstallAgents(preparation, call);
    outcome.ticket = call.ticket();
  }
  applying_.exchange(false, std::memory_order_acq_rel);
  if (!status.ok()) return status;
  return outcome;
}

absl::StatusOr<std::unique_ptr<RouterImpl::Preparation>> RouterImpl::Prepare(
    const Configuration& configuration, Call& call) {
  auto preparation = std::make_unique<Preparation>(&classes_);
  preparation->compiled->source = configuration;
  absl::Status status = preparation->compiled->names.Add(configuration);
  if (!status.ok()) return status;
  for (const CustomerSegment& segment : configuration.segments) {
    preparation->compiled->segments.emplace(segment.name, segment.credit_ms);
  }
  status = CheckQueueNumbers(configuration);
  if (!status.ok()) return status;
  status = PrepareQueues(configuration, preparation.get(), call);
  if (!status.ok()) return status;
  status = PrepareAgents(configuration, preparation.get(), call);
  if (!status.ok()) return status;
  const auto before = CurrentCompiled();
  CompiledConfiguration& next = *preparation->compiled;
  status = reserves_.Prepare(
      configuration,
      before == nullptr ? std::vector<PlacedReserve>() : before->reserves,
      [this, &call](std::uint32_t told) { TellAgain(told, call); },
      &next.reserves, &next.held);
  if (!status.ok()) return status;
  return preparation;
}

absl::Status RouterImpl::PrepareQueues(const Configuration& configuration,
                                       Preparation* preparation, Call& call) {
  CompiledConfiguration& compiled = *preparation->compiled;
  absl::flat_hash_set<std::string> listed;
  for (const ContactQueue& queue : configuration.queues) {
    listed.insert(queue.name);
  }
  // Slots of known queues; what is neither listed nor in use is free.
  absl::flat_hash_map<std::string, std::uint32_t> known;
  std::vector<std::uint32_t> free;
  for (std::uint32_t slot = 0; slot < limits_.queues; ++slot) {
    const QueueSlot& queue = queues_[slot];
    MutexLock lock(queue.mutex);
    // No longer listed and empty, it is forgotten, whatever its name.
    if (StillThere(queue) &&
        (queue.figures.alive > 0 || listed.contains(queue.name))) {
      known.emplace(queue.name, slot);
    } else {
      free.push_back(slot);
    }
  }
  std::size_t next_free = 0;
  const bool ranked = OrdersQueues(configuration);
  for (const ContactQueue& queue : configuration.queues) {
    auto terms = std::make_shared<QueueTerms>();
    const auto found = known.find(queue.name);
    if (found != known.end()) {
      terms->slot = found->second;
    } else if (next_free < free.size()) {
      terms->slot = free[next_free++];
    } else {
      return Full("limits.queues", limits_.queues + 1ULL, limits_.queues,
                  "queues, those with contacts alive included,");
    }
    terms->queue = WithActivity(queue, configuration);
    terms->requirement =
        CompileRequirement(Channel{}, terms->queue.requirement);
    terms->contact_choice = configuration.contact_choice;
    terms->ranked = ranked;
    UseOrder(queue.agent_choice.order, call);
    for (int i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      if (!Contains(queue.channels, channel)) continue;
      const auto id = classes_.AcquireRequirement(
          terms->RequirementOf(channel, {}),
          [this, &call](std::uint32_t agent) { TellAgain(agent, call); });
      if (!id.ok()) return id.status();
      compiled.held.push_back(*id);
      terms->classes[static_cast<std::size_t>(i)] = *id;
    }
    const BullseyePlan plan = PlanOf(queue, configuration);
    absl::Status status =
        AddRings(plan, QueuesOfRings(plan, configuration), terms.get(), call);
    if (!status.ok()) return status;
    compiled.queues.emplace(queue.name, std::move(terms));
  }
  return absl::OkStatus();
}

void RouterImpl::UseOrder(AgentOrder order, Call& call) {
  const int number = static_cast<int>(order);
  if (matcher_.UsesOrder(number)) return;
  RELAIS_CHECK(matcher_.UseOrder(number) == match::Result::kOk,
               "the core has room for every order");
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    {
      const AgentRecord& agent = agents_[slot];
      MutexLock lock(agent.mutex);
      if (!agent.used) continue;
    }
    TellAgain(slot, call);
  }
}

// Before the queues of the configuration before are given up, whose reserves
// hold their classes until nobody counts in them any more.
void RouterImpl::InstallReserves(const CompiledConfiguration& next,
                                 Call& call) {
  if (!reserves_.Install(next.reserves)) return;
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    {
      const AgentRecord& agent = agents_[slot];
      MutexLock lock(agent.mutex);
      if (!agent.used) continue;
    }
    TellAgain(slot, call);
  }
}

void RouterImpl::KeepFigures(bool keep, Call& call) {
  if (keep == KeepsFigures()) return;
  keeps_figures_.store(keep, std::memory_order_relaxed);
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    {
      AgentRecord& agent = agents_[slot];
      MutexLock lock(agent.mutex);
      if (!agent.used) continue;
      agent.figures = keep ? FiguresFrom(call.now_ms(), !agent.held.empty())
                           : AgentFigures();
    }
    TellAgain(slot, call);
  }
}

absl::Status RouterImpl::PrepareAgents(const Configuration& configuration,
                                       Preparation* preparation, Call& call) {
  CompiledConfiguration& centre = *preparation->compiled;
  absl::flat_hash_map<std::string, const RoutingProfile*> profiles;
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    profiles.emplace(profile.name, &profile);
  }
  centre.profiles = std::make_unique<const ProfileCompiler>(
      configuration, CloseSkills(configuration.skills));
  preparation->agents.reserve(configuration.agents.size());
  for (const AgentConfiguration& agent : configuration.agents) {
    const CompiledProfile compiled = centre.profiles->Compile(agent);
    const RoutingProfile& profile = *profiles.at(agent.routing_profile);
    const auto id = classes_.AcquireProfile(
        compiled, [this, &call](std::uint32_t told) { TellAgain(told, call); });
    if (!id.ok()) return id.status();
    centre.agents.emplace(agent.id, preparation->agents.size());
    std::shared_ptr<const Tutors> tutors;
    if (!compiled.skills_with_training.empty()) {
      tutors = std::make_shared<const Tutors>(centre.profiles->TutorsOf(agent));
    }
    preparation->agents.push_back({&agent,
                                   *id,
                                   {compiled.channels, CapacityOf(profile),
                                    !compiled.queue_order.empty()},
                                   std::move(tutors)});
  }
  return CountAgents(configuration, preparation);
}

absl::Status RouterImpl::CountAgents(const Configuration& configuration,
                                     Preparation* preparation) {
  // Who stays although no longer listed: until handling and wrap-up are over.
  std::size_t staying = 0;
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    const AgentRecord& agent = agents_[slot];
    MutexLock lock(agent.mutex);
    if (!agent.used) continue;
    const auto found = preparation->compiled->agents.find(agent.id);
    if (found != preparation->compiled->agents.end()) {
      const auto& listed = preparation->agents[found->second];
      if (listed.profile != agent.profile ||
          listed.served.capacity != agent.served.capacity) {
        ++preparation->agents_touched;
        preparation->contacts_touched +=
            CountLost(agent, classes_.Profile(listed.profile));
      }
      continue;
    }
    ++preparation->agents_touched;
    preparation->contacts_touched +=
        static_cast<std::uint32_t>(agent.held.list().size());
    if (agent.held.busy()) ++staying;
  }
  if (configuration.agents.size() + staying > limits_.agents) {
    return Full("limits.agents", configuration.agents.size() + staying,
                limits_.agents, "agents, those still handling included,");
  }
  return absl::OkStatus();
}

void RouterImpl::InstallQueues(Preparation& preparation) {
  std::vector<bool> listed(limits_.queues, false);
  for (const auto& [name, terms] : preparation.compiled->queues) {
    QueueSlot& queue = queues_[terms->slot];
    listed[terms->slot] = true;
    MutexLock lock(queue.mutex);
    const bool same = StillThere(queue) && queue.name == name;
    queue.listed = true;
    if (same) continue;
    queue.used = true;
    queue.name = name;
    queue.figures.offered_total.store(0, std::memory_order_relaxed);
    queue.figures.answered_total.store(0, std::memory_order_relaxed);
    queue.figures.abandoned_total.store(0, std::memory_order_relaxed);
  }
  for (std::uint32_t slot = 0; slot < limits_.queues; ++slot) {
    if (listed[slot]) continue;
    MutexLock lock(queues_[slot].mutex);
    queues_[slot].listed = false;
  }
  {
    InForce next{preparation.compiled, {}, preparation.compiled->version};
    MutexLock lock(in_force_mutex_);
    std::swap(in_force_, next);
  }
  for (ContactShard& shard : contact_shards_) {
    std::shared_ptr<const CompiledConfiguration> old = preparation.compiled;
    {
      MutexLock lock(shard.mutex);
      shard.configuration.swap(old);
    }
    // `old` may be the last to hold the configuration before; its classes are
    // released without the lock.
  }
}

void RouterImpl::InstallAgents(Preparation& preparation, Call& call) {
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    InstallAgent(slot, preparation, call);
  }
  AddAgents(preparation);
}

void RouterImpl::InstallAgent(std::uint32_t slot, Preparation& preparation,
                              Call& call) {
  AgentRecord& agent = agents_[slot];
  AgentHandle handle;
  Preparation::ListedAgent* listed = nullptr;
  {
    MutexLock lock(agent.mutex);
    if (!agent.used) return;
    handle = {slot, agent.generation};
    const auto found = preparation.compiled->agents.find(agent.id);
    agent.leaving = found == preparation.compiled->agents.end();
    CountPresence(agent, slot);
    if (agent.leaving) {
      ReviewHolds(agent, call);
    } else {
      listed = &preparation.agents[found->second];
      listed->known = true;
      agent.grade = listed->configuration->grade;
      agent.tutors = listed->tutors;
      if (agent.profile == listed->profile &&
          agent.served.capacity == listed->served.capacity) {
        return;
      }
    }
  }
  if (listed != nullptr) {
    listed->handed_over = true;
    ChangeProfile(handle, listed->profile, listed->served, call);
    return;
  }
  // Refused only if the agent has gone meanwhile.
  ChangePresence(handle, {PresenceState::kLoggedOut, NotReadyReason::kNone},
                 call)
      .IgnoreError();
  RemoveAgentIfLeft(slot, call);
}

// The agent is listed, so nobody removes it.
void RouterImpl::ChangeProfile(AgentHandle handle, std::uint32_t profile,
                               const ServedBy& served, Call& call) {
  AgentRecord& agent = agents_[handle.slot];
  // First, and without the record's lock (class_registry.h).
  classes_.AddHolder(profile, handle.slot);
  std::uint32_t old = 0;
  {
    MutexLock lock(agent.mutex);
    RELAIS_CHECK(IsAgent(agent, handle), "a listed agent was removed");
    old = agent.profile;
    agent.profile = profile;
    agent.served = served;
    agent.held.Reserve(ContactsMax(served.capacity, served.channels));
    ReviewHolds(agent, call);
    Interrupt(agent, nullptr, call);
  }
  call.Notify();
  EndLostHolds(handle.slot, call);
  TellAgain(handle.slot, call);
  GiveBackProfile(old, handle.slot);
}

void RouterImpl::AddAgents(Preparation& preparation) {
  std::uint32_t slot = 0;
  for (Preparation::ListedAgent& listed : preparation.agents) {
    if (listed.known) continue;
    AddAgent(listed.configuration->id, listed.configuration->grade,
             listed.profile, listed.served, listed.tutors, &slot);
    listed.handed_over = true;
  }
}

void RouterImpl::AddAgent(const std::string& id, AgentGrade grade,
                          std::uint32_t profile, const ServedBy& served,
                          std::shared_ptr<const Tutors> tutors,
                          std::uint32_t* slot) {
  for (;; ++*slot) {
    RELAIS_CHECK(*slot < agent_slots_, "agents were counted before");
    AgentRecord& agent = agents_[*slot];
    {
      MutexLock lock(agent.mutex);
      if (agent.used) continue;
    }
    // It stays unused: only Apply adds agents, one at a time.
    classes_.AddHolder(profile, *slot);
    MutexLock lock(agent.mutex);
    agent.used = true;
    agent.leaving = false;
    agent.id = id;
    ++agent.generation;
    decision_log_.NameAgent({*slot, agent.generation}, id);
    agent.told.store(ToldOf(agent.generation, 0), std::memory_order_relaxed);
    agent.grade = grade;
    agent.served = served;
    agent.held.Reserve(ContactsMax(served.capacity, served.channels));
    agent.profile = profile;
    agent.tutors = std::move(tutors);
    agent.presence = {};
    agent.presence_pending = false;
    agent.pending = {};
    agent.no_answer_channels = 0;
    agent.version = 0;
    agent.idle_since_ms = 0;
    agent.idle_before_pause_ms = 0;
    agent.figures = {};
    panels_->Set(*slot, {});
    CountPresence(agent, *slot);
    AgentShard& shard = agent_shards_[RetainedIds::ShardOf(id)];
    MutexLock shard_lock(shard.mutex);
    shard.slots.insert_or_assign(id, *slot);
    return;
  }
}

absl::Status RouterImpl::InstallConfiguration(
    const Configuration& configuration, std::uint64_t version, Call& call) {
  auto prepared = Prepare(configuration, call);
  if (!prepared.ok()) return prepared.status();
  configuration_version_.store(version, std::memory_order_relaxed);
  (*prepared)->compiled->version = version;
  keeps_figures_.store(NeedsAgentFigures(configuration),
                       std::memory_order_relaxed);
  InstallReserves(*(*prepared)->compiled, call);
  InstallQueues(**prepared);
  InstallAgents(**prepared, call);
  return absl::OkStatus();
}

}  // namespace relais
