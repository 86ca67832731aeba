// Explanations: from the state at the moment of asking.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "lib/domain/error.h"
#include "lib/domain/shortfall.h"
#include "lib/engine/passed_over.h"
#include "lib/engine/router_impl.h"
#include "lib/policy/best_fit.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

// The names behind the numbers in compiled requirements.
class Names {
 public:
  explicit Names(const Configuration& configuration) {
    AddAll(Subject::kSkill, configuration.skills);
    AddAll(Subject::kTeam, configuration.teams);
    AddAll(Subject::kSite, configuration.sites);
    for (const std::string& one : configuration.certifications) {
      Add(Subject::kCertification, one);
    }
    for (const std::string& one : configuration.languages) {
      Add(Subject::kLanguage, one);
    }
  }

  std::string operator()(Subject subject, std::uint64_t id) const {
    const auto found = names_.find({subject, id});
    return found == names_.end() ? "(no longer configured)" : found->second;
  }

 private:
  template <typename List>
  void AddAll(Subject subject, const List& list) {
    for (const auto& one : list) Add(subject, one.name);
  }
  void Add(Subject subject, const std::string& name) {
    names_.emplace(std::pair(subject, NameIdOf(name)), name);
  }

  absl::flat_hash_map<std::pair<Subject, std::uint64_t>, std::string> names_;
};

// Smaller is nearer to taking it.
int DistanceOf(PassedOver reason) {
  return reason == PassedOver::kHolds
             ? -1
             : static_cast<int>(PassedOver::kNot) - static_cast<int>(reason);
}

// Those with the most contacts, in the order in which they were.
void KeepLargest(std::size_t max, std::vector<WaitingVerdict>* verdicts) {
  if (verdicts->size() <= max) return;
  std::vector<std::size_t> order(verdicts->size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [verdicts](std::size_t a, std::size_t b) {
                     return (*verdicts)[a].contacts > (*verdicts)[b].contacts;
                   });
  order.resize(max);
  std::sort(order.begin(), order.end());
  std::vector<WaitingVerdict> kept;
  kept.reserve(max);
  for (const std::size_t i : order) kept.push_back(std::move((*verdicts)[i]));
  *verdicts = std::move(kept);
}

bool Nearer(const AgentVerdict& a, const AgentVerdict& b) {
  return std::tuple(DistanceOf(a.reason), -a.fit_step,
                    std::string_view(a.agent.id)) <
         std::tuple(DistanceOf(b.reason), -b.fit_step,
                    std::string_view(b.agent.id));
}

}  // namespace

// Waiting contacts by queue, requirement class and whether the agent declined
// them. Holds a reference to each class that it has seen.
struct RouterImpl::WaitingCensus {
  struct Group {
    std::uint64_t contacts = 0;
    InstantMs oldest_arrival_ms = std::numeric_limits<InstantMs>::max();
  };

  explicit WaitingCensus(ClassRegistry* registry) : classes(registry) {}
  ~WaitingCensus() {
    for (const std::uint32_t id : held) classes->ReleaseRequirement(id);
  }
  WaitingCensus(const WaitingCensus&) = delete;
  WaitingCensus& operator=(const WaitingCensus&) = delete;

  ClassRegistry* const classes;
  absl::flat_hash_set<std::uint32_t> held;
  std::map<std::tuple<std::uint32_t, std::uint32_t, bool>, Group> groups;
  std::uint64_t waiting = 0;
  bool settled = true;
};

std::shared_ptr<const CompiledConfiguration> RouterImpl::InForceNow(
    std::uint64_t* version) const {
  MutexLock lock(in_force_mutex_);
  *version = in_force_.version;
  return in_force_.applied;
}

std::optional<CompiledRequirement> RouterImpl::RequirementNow(
    std::string_view id) const {
  const ContactShard& shard = ShardFor(id);
  MutexLock lock(shard.mutex);
  const auto live = shard.live.find(std::string(id));
  if (live == shard.live.end()) return std::nullopt;
  return classes_.Requirement(contacts_[live->second].requirement_class.load(
      std::memory_order_relaxed));
}

absl::StatusOr<ContactExplanation> RouterImpl::ExplainContact(
    std::string_view id, InstantMs now_ms, std::size_t agents_max) const {
  const absl::Status status = CheckNow(now_ms);
  if (!status.ok()) return status;
  auto view = GetContact(id);
  if (!view.ok()) return view.status();
  ContactExplanation result;
  result.contact = *std::move(view);
  result.settled = result.contact.settled;
  result.at_ms = now_ms;
  const std::shared_ptr<const CompiledConfiguration> applied =
      InForceNow(&result.configuration_version);
  const std::optional<CompiledRequirement> requirement = RequirementNow(id);
  if (!requirement.has_value() || applied == nullptr) return result;
  const std::vector<DeclineTable::Standing> declined =
      declines_.OfContact(result.contact.handle.slot);
  const Names names(applied->source);
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    const AgentRecord& agent = agents_[slot];
    AgentVerdict verdict;
    const auto decline =
        std::find_if(declined.begin(), declined.end(),
                     [slot](const auto& one) { return one.agent == slot; });
    MutexLock lock(agent.mutex);
    if (!agent.used) continue;
    verdict.agent = ViewLocked(agent, slot);
    result.settled = result.settled && verdict.agent.settled;
    const CompiledProfile& profile = classes_.Profile(agent.profile);
    verdict.reason =
        agent.id == result.contact.agent_id
            ? PassedOver::kHolds
            : WhyPassedOver(verdict.agent, profile, agent.capacity,
                            decline != declined.end(), *requirement);
    if (verdict.reason == PassedOver::kRequirement) {
      verdict.missing =
          DescribeShortfall(*requirement, profile, std::cref(names));
    } else if (verdict.reason != PassedOver::kChannel &&
               Meets(*requirement, profile)) {
      verdict.fit_step = policy::FitStep(*requirement, profile);
    }
    if (verdict.reason == PassedOver::kDeclined) {
      verdict.until_ms = decline->until_ms;
    }
    ++result.agents_by_reason[static_cast<std::size_t>(verdict.reason)];
    result.agents.push_back(std::move(verdict));
  }
  std::sort(result.agents.begin(), result.agents.end(), Nearer);
  if (result.agents.size() > agents_max) {
    result.agents.erase(
        result.agents.begin() + static_cast<std::ptrdiff_t>(agents_max),
        result.agents.end());
  }
  return result;
}

// A contact counts if its word is the same waiting one before and after what
// was read of it, and after its class was taken hold of: until then it held the
// class itself.
void RouterImpl::CountWaiting(
    const std::vector<DeclineTable::Standing>& declined,
    WaitingCensus* census) const {
  const std::uint32_t contacts = contact_slots_.high_water();
  for (std::uint32_t slot = 0; slot < contacts; ++slot) {
    const ContactWord word = matcher_.Contact(slot);
    if (word.phase() != ContactPhase::kWaiting) continue;
    const ContactRecord& record = contacts_[slot];
    const InstantMs arrival_ms =
        record.arrival_ms.load(std::memory_order_relaxed);
    const std::uint32_t queue =
        record.queue_slot.load(std::memory_order_relaxed);
    const std::uint32_t c =
        record.requirement_class.load(std::memory_order_relaxed);
    const std::uint64_t base_tag =
        record.base_tag.load(std::memory_order_acquire);
    if (matcher_.Contact(slot) != word) continue;
    if (!census->held.contains(c)) {
      if (!census->classes->AddReferenceIfUsed(c)) continue;
      if (matcher_.Contact(slot) != word) {
        census->classes->ReleaseRequirement(c);
        continue;
      }
      census->held.insert(c);
    }
    const bool no =
        std::any_of(declined.begin(), declined.end(), [&](const auto& one) {
          return one.contact == ContactHandle{slot, base_tag};
        });
    WaitingCensus::Group& group = census->groups[{queue, c, no}];
    ++group.contacts;
    group.oldest_arrival_ms = std::min(group.oldest_arrival_ms, arrival_ms);
    ++census->waiting;
    census->settled =
        census->settled &&
        record.told_tag.load(std::memory_order_acquire) >= word.tag();
  }
}

absl::StatusOr<AgentExplanation> RouterImpl::ExplainAgent(
    AgentHandle handle, InstantMs now_ms, std::size_t verdicts_max) const {
  const absl::Status status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  AgentExplanation result;
  result.at_ms = now_ms;
  const std::shared_ptr<const CompiledConfiguration> applied =
      InForceNow(&result.configuration_version);
  CompiledProfile profile;
  AgentCapacity capacity;
  {
    const AgentRecord& agent = agents_[handle.slot];
    MutexLock lock(agent.mutex);
    if (!IsAgent(agent, handle)) {
      return FieldError(absl::StatusCode::kNotFound, "agent_id", "was removed");
    }
    result.agent = ViewLocked(agent, handle.slot);
    profile = classes_.Profile(agent.profile);
    capacity = agent.capacity;
  }
  WaitingCensus census(&classes_);
  CountWaiting(declines_.OfAgent(handle.slot), &census);
  result.waiting = census.waiting;
  result.settled = result.agent.settled && census.settled;
  const Names names(applied == nullptr ? Configuration{} : applied->source);
  // Groups that say the same become one.
  std::map<std::tuple<std::string, Channel, PassedOver, std::string>,
           WaitingCensus::Group>
      told;
  for (const auto& [key, group] : census.groups) {
    const auto& [queue, c, declined] = key;
    const CompiledRequirement& requirement = classes_.Requirement(c);
    const PassedOver reason =
        WhyPassedOver(result.agent, profile, capacity, declined, requirement);
    std::string missing;
    if (reason == PassedOver::kRequirement) {
      missing = DescribeShortfall(requirement, profile, std::cref(names));
    }
    std::string name;
    {
      MutexLock lock(queues_[queue].mutex);
      name = queues_[queue].name;
    }
    auto& all = told[{name, requirement.channel, reason, missing}];
    all.contacts += group.contacts;
    all.oldest_arrival_ms =
        std::min(all.oldest_arrival_ms, group.oldest_arrival_ms);
  }
  for (auto& [key, group] : told) {
    const auto& [queue, channel, reason, missing] = key;
    result.verdicts.push_back({queue, channel, reason, missing, group.contacts,
                               group.oldest_arrival_ms});
  }
  KeepLargest(verdicts_max, &result.verdicts);
  return result;
}

}  // namespace relais
