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

// One contact that waits, as it stood at one moment.
struct Waiting {
  ContactWord word;
  ContactHandle contact;
  match::Position place;
  std::uint32_t requirement_class = 0;  // held: of its first ring
  std::shared_ptr<const CompiledRequirement> asks;
  std::uint32_t queue = 0;
  InstantMs arrival_ms = 0;
  std::uint32_t held_for = Hold::kNobody;  // agent
};

// Those of one queue and class, declined by the agent asked about or not, and
// held for one agent or none.
struct Group {
  std::uint64_t contacts = 0;
  std::uint64_t before = 0;  // of these, standing before the one asked about
  InstantMs oldest_arrival_ms = std::numeric_limits<InstantMs>::max();
};

// An agent as it was copied.
struct SeenAgent {
  AgentView view;
  std::shared_ptr<const CompiledProfile> profile;
  AgentCapacity capacity;
};

}  // namespace

// One explanation: what it is about, and what was read for it.
class RouterImpl::Explainer {
 public:
  explicit Explainer(const RouterImpl& router) : router_(router) {
    MutexLock lock(router_.in_force_mutex_);
    version_ = router_.in_force_.version;
    applied_ = router_.in_force_.applied;
  }

  absl::StatusOr<ContactExplanation> Contact(std::string_view id,
                                             InstantMs now_ms,
                                             std::size_t agents_max);
  absl::StatusOr<AgentExplanation> Agent(AgentHandle handle, InstantMs now_ms,
                                         std::size_t verdicts_max);
  std::optional<PassedOver> Pair(const std::string& contact_id,
                                 AgentHandle handle, std::string* missing);

 private:
  using Declines = std::vector<DeclineTable::Standing>;

  // The longest that an explanation keeps a decision waiting: one copy of an
  // agent, with at most kContactsPerAgentMax contacts.
  SeenAgent SeeLocked(const AgentRecord& agent, std::uint32_t slot) const
      RELAIS_REQUIRES(agent.mutex) {
    return {router_.ViewLocked(agent, slot),
            router_.classes_.SharedProfile(agent.profile),
            agent.served.capacity};
  }
  bool ReadWaiting(std::uint32_t slot, Waiting* seen);
  // All but the one asked about.
  void CountWaiting(const Declines& declined);
  // What the contact asks for, if it still is as the view shows it.
  void ReadQuestion(const ContactView& view);
  void ReadLaterRings(const ContactView& view);
  std::uint64_t CountAhead(const CompiledProfile& profile,
                           int queue_rank) const;
  // Whether what waits keeps agents of this profile from such a contact.
  bool IsDrained(const CompiledRequirement& asks,
                 const CompiledProfile& profile) const;
  std::uint64_t CountHeldAhead(std::uint32_t agent, bool before_all) const;
  std::uint64_t AheadAt(std::uint32_t agent, const CompiledProfile& profile,
                        int queue_rank, std::uint64_t unheld);
  std::uint64_t CountDeclinedAhead(std::uint32_t agent,
                                   const CompiledProfile& profile,
                                   int queue_rank);
  void JudgeAgents(ContactExplanation* result);
  // Of an agent who is free for the channel, if reserves keep it.
  void AddReserves(std::uint32_t agent, Channel channel, PassedOver* reason,
                   std::string* missing) const;

  const RouterImpl& router_;
  std::shared_ptr<const CompiledConfiguration> applied_;
  std::uint64_t version_ = 0;

  // The contact asked about: nothing if it is an agent.
  std::shared_ptr<const CompiledRequirement> asks_;
  bool waits_ = false;
  Waiting own_;                   // if it waits
  std::vector<LaterRing> later_;  // likewise

  // What each class asks for. If one is given another content meanwhile,
  // contacts of both count as of the first.
  absl::flat_hash_map<std::uint32_t, std::shared_ptr<const CompiledRequirement>>
      asked_;
  // By queue, requirement class, whether the agent declined them, and for whom
  // they are held.
  std::map<std::tuple<std::uint32_t, std::uint32_t, bool, std::uint32_t>, Group>
      groups_;
  std::uint64_t waiting_ = 0;
  bool settled_ = true;
};

// What is read counts if the contact's word is the same waiting one before and
// after: until then the contact held its class, so what the class asks for is
// what the contact does.
bool RouterImpl::Explainer::ReadWaiting(std::uint32_t slot, Waiting* seen) {
  const match::Matcher& matcher = router_.matcher_;
  constexpr int kTries = 4;  // of a contact that changes its place meanwhile
  for (int i = 0; i < kTries; ++i) {
    seen->word = matcher.Contact(slot);
    if (seen->word.phase() != ContactPhase::kWaiting) return false;
    if (!matcher.PositionOf(slot, seen->word, &seen->place)) continue;
    const ContactRecord& record = router_.contacts_[slot];
    seen->arrival_ms = record.arrival_ms.load(std::memory_order_relaxed);
    seen->queue = record.queue_slot.load(std::memory_order_relaxed);
    seen->contact = {slot, record.base_tag.load(std::memory_order_acquire)};
    seen->held_for = Hold::kNobody;
    if (router_.IsOwnLane(seen->place.lane)) {
      seen->held_for = router_.AgentOfLane(seen->place.lane);
      MutexLock lock(router_.RingsMutex(slot));
      if (record.rings_of != seen->contact.base_tag) continue;
      seen->requirement_class = record.requirement_class;
    } else {
      seen->requirement_class = matcher.ClassOfLane(seen->place.lane);
    }
    const auto asked = asked_.find(seen->requirement_class);
    const bool known = asked != asked_.end();
    seen->asks = known
                     ? asked->second
                     : router_.classes_.RequirementNow(seen->requirement_class);
    if (matcher.Contact(slot) != seen->word) continue;
    if (!known) asked_.emplace(seen->requirement_class, seen->asks);
    return true;
  }
  return false;
}

void RouterImpl::Explainer::CountWaiting(const Declines& declined) {
  const std::uint32_t contacts = router_.contact_slots_.high_water();
  Waiting seen;
  for (std::uint32_t slot = 0; slot < contacts; ++slot) {
    if (!ReadWaiting(slot, &seen)) continue;
    if (waits_ && own_.contact == seen.contact) continue;
    const bool no = std::any_of(
        declined.begin(), declined.end(),
        [&](const auto& one) { return one.contact == seen.contact; });
    Group& group =
        groups_[{seen.queue, seen.requirement_class, no, seen.held_for}];
    ++group.contacts;
    if (waits_ && StandsBefore(seen.place, own_.place)) ++group.before;
    group.oldest_arrival_ms =
        std::min(group.oldest_arrival_ms, seen.arrival_ms);
    ++waiting_;
    settled_ = settled_ && router_.contacts_[slot].told_tag.load(
                               std::memory_order_acquire) >= seen.word.tag();
  }
}

// How many of those that wait for nobody alone come before the contact for
// agents of this profile, who would give it this rank.
std::uint64_t RouterImpl::Explainer::CountAhead(const CompiledProfile& profile,
                                                int queue_rank) const {
  std::uint64_t ahead = 0;
  for (const auto& [key, group] : groups_) {
    if (std::get<3>(key) != Hold::kNobody) continue;
    const CompiledRequirement& asks = *asked_.at(std::get<1>(key));
    if (asks.pulled_only || !policy::Accepts(asks, profile)) continue;
    const int rank = policy::QueueRankOf(asks, profile);
    if (rank < queue_rank) ahead += group.contacts;
    if (rank == queue_rank) ahead += group.before;
  }
  return ahead;
}

bool RouterImpl::Explainer::IsDrained(const CompiledRequirement& asks,
                                      const CompiledProfile& profile) const {
  return asks.drains == 0 &&
         std::any_of(groups_.begin(), groups_.end(), [&](const auto& group) {
           const CompiledRequirement& waits =
               *asked_.at(std::get<1>(group.first));
           return Contains(waits.drains, asks.channel) &&
                  policy::Accepts(waits, profile);
         });
}

// How many of those that are held for this agent come before the contact.
std::uint64_t RouterImpl::Explainer::CountHeldAhead(std::uint32_t agent,
                                                    bool before_all) const {
  std::uint64_t ahead = 0;
  for (const auto& [key, group] : groups_) {
    if (std::get<3>(key) != agent) continue;
    ahead += before_all ? group.contacts : group.before;
  }
  return ahead;
}

// Held contacts come before all ranks of whoever has ranks.
std::uint64_t RouterImpl::Explainer::AheadAt(std::uint32_t agent,
                                             const CompiledProfile& profile,
                                             int queue_rank,
                                             std::uint64_t unheld) {
  const bool ranked = !profile.queue_order.empty();
  const bool held = own_.held_for != Hold::kNobody;
  const std::uint64_t of_agent = CountHeldAhead(agent, ranked && !held);
  if (ranked && held) return of_agent;
  if (unheld == 0) return of_agent;
  return of_agent + unheld -
         std::min(unheld, CountDeclinedAhead(agent, profile, queue_rank));
}

// Of those that are not held, the ones that this agent declined.
std::uint64_t RouterImpl::Explainer::CountDeclinedAhead(
    std::uint32_t agent, const CompiledProfile& profile, int queue_rank) {
  std::uint64_t declined = 0;
  for (const auto& one : router_.declines_.OfAgent(agent)) {
    Waiting seen;
    if (!ReadWaiting(one.contact.slot, &seen) || seen.contact != one.contact ||
        seen.contact == own_.contact || seen.held_for != Hold::kNobody ||
        seen.asks->pulled_only || !policy::Accepts(*seen.asks, profile)) {
      continue;
    }
    const int rank = policy::QueueRankOf(*seen.asks, profile);
    if (rank < queue_rank ||
        (rank == queue_rank && StandsBefore(seen.place, own_.place))) {
      ++declined;
    }
  }
  return declined;
}

void RouterImpl::Explainer::ReadQuestion(const ContactView& view) {
  const std::uint32_t slot = view.handle.slot;
  waits_ = view.state == ContactState::kWaiting;
  if (waits_) {
    const bool same = ReadWaiting(slot, &own_) && own_.contact == view.handle &&
                      router_.VersionOf(own_.word, view.handle) == view.version;
    if (!same) return;
    asks_ = own_.asks;
    ReadLaterRings(view);
    return;
  }
  const ContactWord word = router_.matcher_.Contact(slot);
  const bool reserved = word.phase() == ContactPhase::kReserved;
  if ((!reserved && word.phase() != ContactPhase::kAssigned) ||
      router_.VersionOf(word, view.handle) != view.version) {
    return;
  }
  const AgentRecord& agent = router_.agents_[word.ref()];
  MutexLock lock(agent.mutex);
  const Holding* holding =
      agent.held.Find(view.handle, reserved ? word.tag() : word.tag() - 1);
  // Until it is wrapped up the contact holds its class.
  if (holding == nullptr || holding->state == WorkState::kWrapUp) return;
  asks_ = router_.classes_.SharedRequirement(
      holding->reservation.requirement_class);
}

void RouterImpl::Explainer::ReadLaterRings(const ContactView& view) {
  std::shared_ptr<const ContactRings> rings;
  {
    const ContactRecord& record = router_.contacts_[view.handle.slot];
    MutexLock lock(router_.RingsMutex(view.handle.slot));
    if (record.rings_of == view.handle.base_tag) rings = record.rings;
  }
  if (rings == nullptr) return;
  for (std::size_t i = view.ring + std::size_t{1}; i < rings->size(); ++i) {
    const RingClasses::Ring& ring = (*rings)[i];
    later_.push_back(
        {static_cast<int>(i), view.arrival_ms + ring.after_ms,
         router_.classes_.SharedRequirement(ring.requirement_class)});
  }
}

void RouterImpl::Explainer::JudgeAgents(ContactExplanation* result) {
  const Names names(applied_->source);
  const Declines declined =
      router_.declines_.OfContact(result->contact.handle.slot);
  // By profile; what is listed is kept.
  struct OfProfile {
    std::shared_ptr<const CompiledProfile> profile;
    Fitness fitness;
    bool drained = false;
    std::uint64_t ahead = 0;
  };
  absl::flat_hash_map<const CompiledProfile*, OfProfile> judged;
  for (std::uint32_t slot = 0; slot < router_.agent_slots_; ++slot) {
    SeenAgent seen;
    {
      const AgentRecord& agent = router_.agents_[slot];
      MutexLock lock(agent.mutex);
      if (!agent.used) continue;
      seen = SeeLocked(agent, slot);
    }
    const auto [entry, first] = judged.try_emplace(seen.profile.get());
    OfProfile& of = entry->second;
    if (first) {
      of.profile = seen.profile;
      of.fitness = FitnessOf(*asks_, later_, *seen.profile, std::cref(names));
      of.drained = waits_ && own_.held_for == Hold::kNobody &&
                   IsDrained(*asks_, *seen.profile);
      if (waits_ && of.fitness.reason == PassedOver::kNot &&
          !of.fitness.pulled_only) {
        of.ahead = CountAhead(*seen.profile, of.fitness.queue_rank);
      }
    }
    const auto decline =
        std::find_if(declined.begin(), declined.end(), [&](const auto& one) {
          return one.agent == slot && one.contact == result->contact.handle;
        });
    const bool declines = decline != declined.end();
    const bool held = own_.held_for != Hold::kNobody && own_.held_for != slot;
    AgentVerdict verdict;
    verdict.reason =
        seen.view.id == result->contact.agent_id
            ? PassedOver::kHolds
            : WhyPassedOver(of.fitness, held, declines, of.drained, seen.view,
                            seen.capacity, asks_->channel);
    if (verdict.reason == PassedOver::kRequirement) {
      verdict.missing = of.fitness.missing;
      verdict.ring = of.fitness.ring;
      verdict.ring_ms = of.fitness.ring_ms;
    }
    AddReserves(slot, asks_->channel, &verdict.reason, &verdict.missing);
    verdict.fit_step = of.fitness.fit_step;
    verdict.queue_rank = of.fitness.queue_rank;
    if (verdict.reason == PassedOver::kDeclined) {
      verdict.until_ms = decline->until_ms;
    } else if (waits_ && !held && of.fitness.reason == PassedOver::kNot &&
               !of.fitness.pulled_only) {
      verdict.ahead =
          AheadAt(slot, *seen.profile, of.fitness.queue_rank, of.ahead);
    }
    verdict.agent = std::move(seen.view);
    result->settled = result->settled && verdict.agent.settled;
    ++result->agents_by_reason[static_cast<std::size_t>(verdict.reason)];
    result->agents.push_back(std::move(verdict));
  }
}

void RouterImpl::Explainer::AddReserves(std::uint32_t agent, Channel channel,
                                        PassedOver* reason,
                                        std::string* missing) const {
  if (*reason != PassedOver::kNot || applied_ == nullptr) return;
  const match::ReserveSet keeping =
      router_.matcher_.KeptFrom(agent, static_cast<int>(channel));
  if (keeping == 0) return;
  *reason = PassedOver::kReserve;
  *missing = router_.reserves_.Describe(keeping, applied_->reserves);
}

absl::StatusOr<ContactExplanation> RouterImpl::Explainer::Contact(
    std::string_view id, InstantMs now_ms, std::size_t agents_max) {
  ContactExplanation result;
  result.at_ms = now_ms;
  result.configuration_version = version_;
  constexpr int kTries = 4;  // of a contact that changes meanwhile
  for (int i = 0; i < kTries && asks_ == nullptr; ++i) {
    auto view = router_.GetContact(id);
    if (!view.ok()) return view.status();
    result.contact = *std::move(view);
    if (result.contact.state == ContactState::kEnded) break;
    ReadQuestion(result.contact);
  }
  result.settled = result.contact.settled;
  if (asks_ == nullptr || applied_ == nullptr) {
    result.settled =
        result.settled && result.contact.state == ContactState::kEnded;
    return result;
  }
  if (waits_) CountWaiting({});
  result.settled = result.settled && settled_;
  JudgeAgents(&result);
  std::sort(result.agents.begin(), result.agents.end(), Nearer);
  if (result.agents.size() > agents_max) {
    result.agents.erase(
        result.agents.begin() + static_cast<std::ptrdiff_t>(agents_max),
        result.agents.end());
  }
  return result;
}

absl::StatusOr<AgentExplanation> RouterImpl::Explainer::Agent(
    AgentHandle handle, InstantMs now_ms, std::size_t verdicts_max) {
  AgentExplanation result;
  result.at_ms = now_ms;
  result.configuration_version = version_;
  SeenAgent seen;
  {
    const AgentRecord& agent = router_.agents_[handle.slot];
    MutexLock lock(agent.mutex);
    if (!router_.IsAgent(agent, handle)) {
      return FieldError(absl::StatusCode::kNotFound, "agent_id", "was removed");
    }
    seen = SeeLocked(agent, handle.slot);
  }
  CountWaiting(router_.declines_.OfAgent(handle.slot));
  result.waiting = waiting_;
  result.settled = seen.view.settled && settled_;
  const Names names(applied_ == nullptr ? Configuration{} : applied_->source);
  // Groups that say the same become one.
  std::map<std::tuple<std::string, Channel, PassedOver, std::string, int>,
           Group>
      told;
  for (const auto& [key, group] : groups_) {
    const auto& [queue, c, declined, held_for] = key;
    const CompiledRequirement& asks = *asked_.at(c);
    const Fitness fitness =
        FitnessOf(asks, {}, *seen.profile, std::cref(names));
    const bool held = held_for != Hold::kNobody && held_for != handle.slot;
    const bool drained =
        held_for == Hold::kNobody && IsDrained(asks, *seen.profile);
    PassedOver reason = WhyPassedOver(fitness, held, declined, drained,
                                      seen.view, seen.capacity, asks.channel);
    std::string missing = fitness.missing;
    AddReserves(handle.slot, asks.channel, &reason, &missing);
    std::string name;
    {
      const QueueSlot& slot = router_.queues_[queue];
      MutexLock lock(slot.mutex);
      name = slot.name;
    }
    Group& all = told[{std::move(name), asks.channel, reason,
                       std::move(missing), fitness.queue_rank}];
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

std::optional<PassedOver> RouterImpl::Explainer::Pair(
    const std::string& contact_id, AgentHandle handle, std::string* missing) {
  const auto view = router_.GetContact(contact_id);
  if (!view.ok() || view->state != ContactState::kWaiting) return std::nullopt;
  ReadQuestion(*view);
  if (asks_ == nullptr || applied_ == nullptr) return std::nullopt;
  SeenAgent seen;
  {
    const AgentRecord& agent = router_.agents_[handle.slot];
    MutexLock lock(agent.mutex);
    if (!router_.IsAgent(agent, handle)) return std::nullopt;
    seen = SeeLocked(agent, handle.slot);
  }
  const Names names(applied_->source);
  const Fitness fitness =
      FitnessOf(*asks_, {}, *seen.profile, std::cref(names));
  const Declines declines = router_.declines_.OfContact(view->handle.slot);
  const bool declined =
      std::any_of(declines.begin(), declines.end(), [&](const auto& one) {
        return one.agent == handle.slot && one.contact == view->handle;
      });
  *missing = fitness.missing;
  CountWaiting({});
  const bool held =
      own_.held_for != Hold::kNobody && own_.held_for != handle.slot;
  const bool drained =
      own_.held_for == Hold::kNobody && IsDrained(*asks_, *seen.profile);
  return WhyPassedOver(fitness, held, declined, drained, seen.view,
                       seen.capacity, asks_->channel);
}

std::optional<PassedOver> RouterImpl::WhyPassedOverFor(
    const std::string& contact_id, AgentHandle handle,
    std::string* missing) const {
  return Explainer(*this).Pair(contact_id, handle, missing);
}

absl::StatusOr<ContactExplanation> RouterImpl::ExplainContact(
    std::string_view id, InstantMs now_ms, std::size_t agents_max) const {
  const absl::Status status = CheckNow(now_ms);
  if (!status.ok()) return status;
  return Explainer(*this).Contact(id, now_ms, agents_max);
}

absl::StatusOr<AgentExplanation> RouterImpl::ExplainAgent(
    AgentHandle handle, InstantMs now_ms, std::size_t verdicts_max) const {
  const absl::Status status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  return Explainer(*this).Agent(handle, now_ms, verdicts_max);
}

}  // namespace relais
