// Explanations: from the state at the moment of asking.
//
// No lock is held while anything is judged or put into words. Agents are copied
// one by one under their mutexes, as for Agents(), with a reference to what
// they can do; contacts that wait are read without a lock; what they ask for is
// looked up under the registry's lock, one pointer for each class.

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
#include "lib/domain/error.h"
#include "lib/engine/passed_over.h"
#include "lib/engine/router_impl.h"
#include "lib/policy/eligibility.h"
#include "lib/policy/queue_order.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

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

bool StandsBefore(const match::Position& a, const match::Position& b) {
  return std::pair(a.key, a.sequence) < std::pair(b.key, b.sequence);
}

}  // namespace

// The names behind the numbers in compiled requirements.
class RouterImpl::Names {
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

// One contact that waits, as it stood at one moment.
struct RouterImpl::Waiting {
  ContactWord word;
  ContactHandle contact;
  match::Position place;
  std::uint32_t requirement_class = 0;
  std::shared_ptr<const CompiledRequirement> asks;
  std::uint32_t queue = 0;
  InstantMs arrival_ms = 0;
};

// The contact that an explanation is about.
struct RouterImpl::Question {
  std::shared_ptr<const CompiledRequirement> asks;
  bool waits = false;
  Waiting waiting;               // if it waits
  std::vector<LaterRing> later;  // likewise
};

// All contacts that wait, by what tells them apart.
struct RouterImpl::WaitingCensus {
  struct Group {
    std::uint64_t contacts = 0;
    std::uint64_t before = 0;  // of these, standing before the one asked about
    InstantMs oldest_arrival_ms = std::numeric_limits<InstantMs>::max();
  };
  // What each class asks for. If one is given another content meanwhile,
  // contacts of both count as of the first.
  absl::flat_hash_map<std::uint32_t, std::shared_ptr<const CompiledRequirement>>
      asked;
  // By queue, requirement class and whether the agent declined them.
  std::map<std::tuple<std::uint32_t, std::uint32_t, bool>, Group> groups;
  std::uint64_t waiting = 0;
  bool settled = true;
};

// An agent as it was copied.
struct RouterImpl::SeenAgent {
  AgentView view;
  std::shared_ptr<const CompiledProfile> profile;
  AgentCapacity capacity;
};

std::shared_ptr<const CompiledConfiguration> RouterImpl::InForceNow(
    std::uint64_t* version) const {
  MutexLock lock(in_force_mutex_);
  *version = in_force_.version;
  return in_force_.applied;
}

// The longest that an explanation keeps a decision waiting: one copy of an
// agent, with at most kContactsPerAgentMax contacts.
RouterImpl::SeenAgent RouterImpl::SeeLocked(const AgentRecord& agent,
                                            std::uint32_t slot) const {
  return {ViewLocked(agent, slot), classes_.SharedProfile(agent.profile),
          agent.served.capacity};
}

// What is read counts if the contact's word is the same waiting one before and
// after: until then the contact held its class, so what the class asks for is
// what the contact does.
bool RouterImpl::ReadWaiting(std::uint32_t slot, WaitingCensus* census,
                             Waiting* seen) const {
  constexpr int kTries = 4;  // of a contact that changes its place meanwhile
  for (int i = 0; i < kTries; ++i) {
    seen->word = matcher_.Contact(slot);
    if (seen->word.phase() != ContactPhase::kWaiting) return false;
    if (!matcher_.PositionOf(slot, seen->word, &seen->place)) continue;
    const ContactRecord& record = contacts_[slot];
    seen->arrival_ms = record.arrival_ms.load(std::memory_order_relaxed);
    seen->queue = record.queue_slot.load(std::memory_order_relaxed);
    seen->contact = {slot, record.base_tag.load(std::memory_order_acquire)};
    seen->requirement_class = matcher_.ClassOfLane(seen->place.lane);
    const auto asked = census->asked.find(seen->requirement_class);
    const bool known = asked != census->asked.end();
    seen->asks = known ? asked->second
                       : classes_.RequirementNow(seen->requirement_class);
    if (matcher_.Contact(slot) != seen->word) continue;
    if (!known) census->asked.emplace(seen->requirement_class, seen->asks);
    return true;
  }
  return false;
}

void RouterImpl::CountWaiting(
    const std::vector<DeclineTable::Standing>& declined, const Waiting* than,
    WaitingCensus* census) const {
  const std::uint32_t contacts = contact_slots_.high_water();
  Waiting seen;
  for (std::uint32_t slot = 0; slot < contacts; ++slot) {
    if (!ReadWaiting(slot, census, &seen)) continue;
    if (than != nullptr && than->contact == seen.contact) continue;
    const bool no = std::any_of(
        declined.begin(), declined.end(),
        [&](const auto& one) { return one.contact == seen.contact; });
    WaitingCensus::Group& group =
        census->groups[{seen.queue, seen.requirement_class, no}];
    ++group.contacts;
    if (than != nullptr && StandsBefore(seen.place, than->place)) {
      ++group.before;
    }
    group.oldest_arrival_ms =
        std::min(group.oldest_arrival_ms, seen.arrival_ms);
    ++census->waiting;
    census->settled =
        census->settled && contacts_[slot].told_tag.load(
                               std::memory_order_acquire) >= seen.word.tag();
  }
}

// How many of those that wait come before the contact for agents of this
// profile, who would give it this rank.
std::uint64_t RouterImpl::CountAhead(const WaitingCensus& census,
                                     const CompiledProfile& profile,
                                     int queue_rank) {
  std::uint64_t ahead = 0;
  for (const auto& [key, group] : census.groups) {
    const CompiledRequirement& asks = *census.asked.at(std::get<1>(key));
    if (!policy::Accepts(asks, profile)) continue;
    const int rank = policy::QueueRankOf(asks, profile);
    if (rank < queue_rank) ahead += group.contacts;
    if (rank == queue_rank) ahead += group.before;
  }
  return ahead;
}

// Of those, the ones that this agent declined.
std::uint64_t RouterImpl::CountDeclinedAhead(std::uint32_t agent,
                                             const Waiting& than,
                                             const CompiledProfile& profile,
                                             int queue_rank,
                                             WaitingCensus* census) const {
  std::uint64_t declined = 0;
  for (const DeclineTable::Standing& one : declines_.OfAgent(agent)) {
    Waiting seen;
    if (!ReadWaiting(one.contact.slot, census, &seen) ||
        seen.contact != one.contact || seen.contact == than.contact ||
        !policy::Accepts(*seen.asks, profile)) {
      continue;
    }
    const int rank = policy::QueueRankOf(*seen.asks, profile);
    if (rank < queue_rank ||
        (rank == queue_rank && StandsBefore(seen.place, than.place))) {
      ++declined;
    }
  }
  return declined;
}

// What the contact asks for, if it still is as the view shows it; of one that
// waits `waiting` says where.
std::shared_ptr<const CompiledRequirement> RouterImpl::RequirementOf(
    const ContactView& view, WaitingCensus* census, Waiting* waiting) const {
  const std::uint32_t slot = view.handle.slot;
  if (view.state == ContactState::kWaiting) {
    const bool same = ReadWaiting(slot, census, waiting) &&
                      waiting->contact == view.handle &&
                      VersionOf(waiting->word, view.handle) == view.version;
    return same ? waiting->asks : nullptr;
  }
  const ContactWord word = matcher_.Contact(slot);
  const bool reserved = word.phase() == ContactPhase::kReserved;
  if ((!reserved && word.phase() != ContactPhase::kAssigned) ||
      VersionOf(word, view.handle) != view.version) {
    return nullptr;
  }
  const AgentRecord& agent = agents_[word.ref()];
  MutexLock lock(agent.mutex);
  const Holding* holding =
      agent.held.Find(view.handle, reserved ? word.tag() : word.tag() - 1);
  // Until it is wrapped up the contact holds its class.
  if (holding == nullptr || holding->state == WorkState::kWrapUp) {
    return nullptr;
  }
  return classes_.SharedRequirement(holding->reservation.requirement_class);
}

// Its rings after the one that it is in.
std::vector<LaterRing> RouterImpl::RingsAfter(const ContactView& view) const {
  std::shared_ptr<const ContactRings> rings;
  {
    const ContactRecord& record = contacts_[view.handle.slot];
    MutexLock lock(RingsMutex(view.handle.slot));
    if (record.rings_of == view.handle.base_tag) rings = record.rings;
  }
  std::vector<LaterRing> later;
  if (rings == nullptr) return later;
  for (std::size_t i = view.ring + std::size_t{1}; i < rings->size(); ++i) {
    const RingClasses::Ring& ring = (*rings)[i];
    later.push_back({static_cast<int>(i), view.arrival_ms + ring.after_ms,
                     classes_.SharedRequirement(ring.requirement_class)});
  }
  return later;
}

void RouterImpl::JudgeAgents(const Question& question, const Names& names,
                             WaitingCensus* census,
                             ContactExplanation* result) const {
  const std::vector<DeclineTable::Standing> declined =
      declines_.OfContact(result->contact.handle.slot);
  // By profile; what is listed is kept.
  struct OfProfile {
    std::shared_ptr<const CompiledProfile> profile;
    Fitness fitness;
    std::uint64_t ahead = 0;
  };
  absl::flat_hash_map<const CompiledProfile*, OfProfile> judged;
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    SeenAgent seen;
    {
      const AgentRecord& agent = agents_[slot];
      MutexLock lock(agent.mutex);
      if (!agent.used) continue;
      seen = SeeLocked(agent, slot);
    }
    const auto [entry, first] = judged.try_emplace(seen.profile.get());
    OfProfile& of = entry->second;
    if (first) {
      of.profile = seen.profile;
      of.fitness = FitnessOf(*question.asks, question.later, *seen.profile,
                             std::cref(names));
      if (question.waits && of.fitness.reason == PassedOver::kNot) {
        of.ahead = CountAhead(*census, *seen.profile, of.fitness.queue_rank);
      }
    }
    const auto decline =
        std::find_if(declined.begin(), declined.end(), [&](const auto& one) {
          return one.agent == slot && one.contact == result->contact.handle;
        });
    const bool declines = decline != declined.end();
    AgentVerdict verdict;
    verdict.reason = seen.view.id == result->contact.agent_id
                         ? PassedOver::kHolds
                         : WhyPassedOver(of.fitness, declines, seen.view,
                                         seen.capacity, question.asks->channel);
    if (verdict.reason == PassedOver::kRequirement) {
      verdict.missing = of.fitness.missing;
      verdict.ring = of.fitness.ring;
      verdict.ring_ms = of.fitness.ring_ms;
    }
    verdict.fit_step = of.fitness.fit_step;
    verdict.queue_rank = of.fitness.queue_rank;
    if (verdict.reason == PassedOver::kDeclined) {
      verdict.until_ms = decline->until_ms;
    } else if (of.ahead > 0) {
      verdict.ahead =
          of.ahead -
          std::min(of.ahead,
                   CountDeclinedAhead(slot, question.waiting, *seen.profile,
                                      of.fitness.queue_rank, census));
    }
    verdict.agent = std::move(seen.view);
    result->settled = result->settled && verdict.agent.settled;
    ++result->agents_by_reason[static_cast<std::size_t>(verdict.reason)];
    result->agents.push_back(std::move(verdict));
  }
}

absl::StatusOr<ContactExplanation> RouterImpl::ExplainContact(
    std::string_view id, InstantMs now_ms, std::size_t agents_max) const {
  const absl::Status status = CheckNow(now_ms);
  if (!status.ok()) return status;
  ContactExplanation result;
  result.at_ms = now_ms;
  WaitingCensus census;
  Question question;
  constexpr int kTries = 4;  // of a contact that changes meanwhile
  for (int i = 0; i < kTries && question.asks == nullptr; ++i) {
    auto view = GetContact(id);
    if (!view.ok()) return view.status();
    result.contact = *std::move(view);
    result.settled = result.contact.settled;
    if (result.contact.state == ContactState::kEnded) break;
    question.asks = RequirementOf(result.contact, &census, &question.waiting);
  }
  const std::shared_ptr<const CompiledConfiguration> applied =
      InForceNow(&result.configuration_version);
  if (question.asks == nullptr || applied == nullptr) {
    result.settled =
        result.settled && result.contact.state == ContactState::kEnded;
    return result;
  }
  question.waits = result.contact.state == ContactState::kWaiting;
  if (question.waits) {
    question.later = RingsAfter(result.contact);
    CountWaiting({}, &question.waiting, &census);
  }
  result.settled = result.settled && census.settled;
  JudgeAgents(question, Names(applied->source), &census, &result);
  std::sort(result.agents.begin(), result.agents.end(), Nearer);
  if (result.agents.size() > agents_max) {
    result.agents.erase(
        result.agents.begin() + static_cast<std::ptrdiff_t>(agents_max),
        result.agents.end());
  }
  return result;
}

absl::StatusOr<AgentExplanation> RouterImpl::ExplainAgent(
    AgentHandle handle, InstantMs now_ms, std::size_t verdicts_max) const {
  const absl::Status status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  AgentExplanation result;
  result.at_ms = now_ms;
  const std::shared_ptr<const CompiledConfiguration> applied =
      InForceNow(&result.configuration_version);
  SeenAgent seen;
  {
    const AgentRecord& agent = agents_[handle.slot];
    MutexLock lock(agent.mutex);
    if (!IsAgent(agent, handle)) {
      return FieldError(absl::StatusCode::kNotFound, "agent_id", "was removed");
    }
    seen = SeeLocked(agent, handle.slot);
  }
  WaitingCensus census;
  CountWaiting(declines_.OfAgent(handle.slot), nullptr, &census);
  result.waiting = census.waiting;
  result.settled = seen.view.settled && census.settled;
  const Names names(applied == nullptr ? Configuration{} : applied->source);
  // Groups that say the same become one.
  std::map<std::tuple<std::string, Channel, PassedOver, std::string, int>,
           WaitingCensus::Group>
      told;
  for (const auto& [key, group] : census.groups) {
    const auto& [queue, c, declined] = key;
    const CompiledRequirement& asks = *census.asked.at(c);
    const Fitness fitness =
        FitnessOf(asks, {}, *seen.profile, std::cref(names));
    const PassedOver reason = WhyPassedOver(fitness, declined, seen.view,
                                            seen.capacity, asks.channel);
    auto& all = told[{NameOfQueue(queue), asks.channel, reason, fitness.missing,
                      fitness.queue_rank}];
    all.contacts += group.contacts;
    all.oldest_arrival_ms =
        std::min(all.oldest_arrival_ms, group.oldest_arrival_ms);
  }
  for (const auto& [key, group] : told) {
    const auto& [queue, channel, reason, missing, rank] = key;
    result.verdicts.push_back({queue, channel, reason, missing, rank,
                               group.contacts, group.oldest_arrival_ms});
  }
  KeepLargest(verdicts_max, &result.verdicts);
  result.agent = std::move(seen.view);
  return result;
}

std::string RouterImpl::NameOfQueue(std::uint32_t slot) const {
  MutexLock lock(queues_[slot].mutex);
  return queues_[slot].name;
}

}  // namespace relais
