// Events on their way from the calls that cause them to the one reader that
// numbers them.
//
// What it is: a take-all list. Nodes come from a pool of fixed size; a push is
// one compare-and-swap of the list's head, whose word also counts the pushes,
// so the commit ticket is given by that same step. The reader takes the whole
// list by one compare-and-swap that leaves the count. A pusher that is stopped
// hides only its own event.
//
// Room is reserved before a call changes anything and used up event by event,
// so a push never fails and never allocates. New work may fill three quarters
// of the pool; completions, cancellations and timers have the rest of their
// own, so that overload drains.
//
// The reader puts each entity's events in version order: an event with contact
// version v waits until v-1 of that contact was numbered, the same for agents.
// Two threads' events of one contact may be handed over swapped; only that
// entity's events wait. A contact is forgotten with its kContactEnded, an agent
// with its kAgentRemoved; these must be the last that carry a version of it.
// The two versions of one event must be drawn while its caller holds both
// entities: drawn one by one, two events could wait for each other for ever.
// The configuration is an entity as well: its versions are those of the events
// that change it, whose callers hold it (RouterImpl::applying_).
//
// Thread safety: every member from any thread. Drain is run by one thread at a
// time, others return at once. Its callback must not call Drain.
//
// Invariants
//   I1  Free nodes >= units reserved and not yet used: a unit is given back
//       after its node is back in the pool (E3).
//   I2  A node is in exactly one place: pool, its pusher, list, reader.
//   I3  The list is non-empty only while somebody has been told by Push
//       (was_empty) since it was last taken, or is about to be.
//   I4  Every push with a ticket at or below Committed() is numbered and its
//       callback has returned.
//
// Atomics (partners named once here, referred to by number below)
//   E1  list head: push CAS (release) <-> TakeAll CAS (acquire): the reader
//       sees nodes and events. Later pushes are read-modify-writes and so
//       continue the release sequence: one acquire sees all pushers. The count
//       rises with each push and stays when the list is taken, so a head read
//       earlier that still compares equal means nothing happened (40 bits:
//       2^40 events are 6,000 years at 5 a second and 127 days at 100,000).
//   E2  the pool (B, free_stack.h): who takes a node has the reader's last use
//       of it before.
//   E3  used_: give-back fetch_sub (release) <-> Reserve CAS (acquire): who
//       gets a unit sees the node that came back before it.
//   E4  reading_: every exchange is acq_rel. A caller that finds it set wrote
//       its own `true`, which the reader's exchange to false reads: the
//       refused caller's push then happens before the reader's second look at
//       the list, so the push is not missed.
//   E5  committed_ store(release) <-> load(acquire): who sees a ticket
//       committed sees what the callbacks did.
//   E6  last_sequence_ store(release) <-> load(acquire), for the same reason.
//   E7  next links, relaxed: written by the node's owner before E1 or E2
//       publishes it.

#ifndef RELAIS_LIB_ENGINE_EVENT_QUEUE_H_
#define RELAIS_LIB_ENGINE_EVENT_QUEUE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "lib/base/assert.h"
#include "lib/base/cache_line.h"
#include "lib/base/free_stack.h"
#include "relais/event.h"
#include "relais/types.h"

namespace relais {

enum class EventPurpose : std::uint8_t {
  kNew,       // submits and other new work: up to 3/4 of the pool
  kExisting,  // what ends or continues work: all of it
  kDecision,  // decisions that a call causes beyond what it reserved: a margin
};

// The lock-free part: nodes are indices, their content is the owner's.
template <template <typename> class Atomic>
class TakeAllList {
 public:
  static constexpr std::uint32_t kNone = FreeStack<Atomic>::kNone;
  static constexpr std::uint32_t kNodesMax = FreeStack<Atomic>::kIndexMax;

  explicit TakeAllList(std::uint32_t nodes)
      : next_(std::make_unique<Atomic<std::uint32_t>[]>(nodes + 1ULL)) {
    RELAIS_CHECK(nodes >= 1 && nodes <= kNodesMax, "24 bits name a node");
    for (std::uint32_t node = nodes; node >= 1; --node) Free(node);
    head_.store(Word(kNone, 0), std::memory_order_relaxed);
  }

  // A node that is the caller's, kNone if there is none.
  std::uint32_t Allocate() {
    return pool_.Pop([this](std::uint32_t index) {
      return next_[index].load(std::memory_order_relaxed);  // E7
    });
  }

  void Free(std::uint32_t node) {
    pool_.Push(node, [this, node](std::uint32_t next) {
      next_[node].store(next, std::memory_order_relaxed);  // E7
    });
  }

  struct Pushed {
    std::uint64_t ticket = 0;  // 1, 2, 3 ...
    bool was_empty = false;
  };
  Pushed Push(std::uint32_t node) {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      next_[node].store(NodeOf(head), std::memory_order_relaxed);  // E7
    } while (!head_.compare_exchange_weak(head, Word(node, CountOf(head) + 1),
                                          std::memory_order_release,  // E1
                                          std::memory_order_relaxed));
    return {CountOf(head) + 1, NodeOf(head) == kNone};
  }

  // Appends the nodes pushed since the last call to `taken`, newest first, and
  // gives the newest one's ticket; each further one's is one less.
  std::uint64_t TakeAll(std::vector<std::uint32_t>* taken) {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      if (NodeOf(head) == kNone) return CountOf(head);
    } while (!head_.compare_exchange_weak(head, Word(kNone, CountOf(head)),
                                          std::memory_order_acquire,  // E1
                                          std::memory_order_relaxed));
    for (std::uint32_t node = NodeOf(head); node != kNone;
         node = next_[node].load(std::memory_order_relaxed)) {  // E7
      taken->push_back(node);
    }
    return CountOf(head);
  }

  // How many were pushed so far.
  std::uint64_t Pushes() const {
    // relaxed: a caller's own pushes are seen by coherence.
    return CountOf(head_.load(std::memory_order_relaxed));
  }

  bool Empty() const {
    // acquire: only so that E4's argument does not depend on another order.
    return NodeOf(head_.load(std::memory_order_acquire)) == kNone;
  }

 private:
  static constexpr int kCountBits = 40;
  static constexpr std::uint64_t kCountMask = (1ULL << kCountBits) - 1;
  static constexpr std::uint64_t Word(std::uint32_t node, std::uint64_t count) {
    return std::uint64_t{node} << kCountBits | (count & kCountMask);
  }
  static constexpr std::uint32_t NodeOf(std::uint64_t word) {
    return static_cast<std::uint32_t>(word >> kCountBits);
  }
  static constexpr std::uint64_t CountOf(std::uint64_t word) {
    return word & kCountMask;
  }

  const std::unique_ptr<Atomic<std::uint32_t>[]> next_;  // E7
  alignas(kCacheLineBytes) Atomic<std::uint64_t> head_;  // E1
  alignas(kCacheLineBytes) FreeStack<Atomic> pool_;      // E2
};

template <template <typename> class Atomic>
class BasicEventQueue {
 public:
  struct Pushed {
    CommitTicket ticket;
    // The list was empty: tell somebody to call Drain.
    bool was_empty = false;
  };

  // Room for `capacity` events handed over and not yet numbered, and a margin
  // of an eighth and at least this many for decisions.
  static constexpr std::uint32_t kMarginMin = 256;
  // `with_details`: whether details are kept for the reader.
  explicit BasicEventQueue(std::uint32_t capacity, bool with_details = false);
  BasicEventQueue(const BasicEventQueue&) = delete;
  BasicEventQueue& operator=(const BasicEventQueue&) = delete;

  // Room for `n` events, or false. To be called before the first change of a
  // call that may cause them; each unit is either pushed or given back.
  bool Reserve(std::uint32_t n, EventPurpose purpose);
  void Unreserve(std::uint32_t n);

  // Hands one event over; uses up one reserved unit. Copies `event` once;
  // its sequence is ignored. `detail` is dropped unless details are kept.
  Pushed Push(const Event& event, EventDetail detail = {});

  // Numbers what was handed over and gives it to `on_event` in order, until
  // nothing is pending. Returns how many; 0 at once if another thread is at
  // it, which then takes what this caller has pushed.
  using OnEvent = absl::FunctionRef<void(const Event&, const EventDetail&)>;
  std::size_t Drain(OnEvent on_event);

  // I4.
  // Of the last event handed over so far.
  CommitTicket LastTicket() const { return {list_.Pushes()}; }
  CommitTicket Committed() const {
    return {committed_.load(std::memory_order_acquire)};  // E5
  }
  // Numbers begin after `sequence`. Before anything was pushed.
  void StartAfter(std::uint64_t sequence) {
    last_sequence_.store(sequence, std::memory_order_release);  // E6
  }
  // The next event of this entity has the version after `version`. Before
  // anything was pushed.
  void ContinueContact(ContactHandle contact, std::uint64_t version,
                       std::uint8_t ring) {
    numbered_[{contact.base_tag, contact.slot, false}] = {version, ring};
  }
  void ContinueAgent(AgentHandle agent, std::uint64_t version) {
    numbered_[{agent.generation, agent.slot, true}] = {version};
  }

  void ContinueConfiguration(std::uint64_t version) {
    numbered_[kConfiguration] = {version};
  }

  // The last number given.
  std::uint64_t LastSequence() const {
    return last_sequence_.load(std::memory_order_acquire);  // E6
  }
  // Whether all room is free: nothing reserved, pending or waiting.
  bool Idle() const { return used_.load(std::memory_order_acquire) == 0; }

 private:
  struct EntityKey {
    std::uint64_t tag = 0;  // base_tag of a contact, generation of an agent
    std::uint32_t slot = 0;
    bool is_agent = false;
    friend bool operator==(const EntityKey&, const EntityKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const EntityKey& key) {
      return H::combine(std::move(h), key.tag, key.slot, key.is_agent);
    }
  };
  // No contact: their tags begin with 1.
  static constexpr EntityKey kConfiguration{0, 0xFFFF'FFFF, false};
  // What the last event of an entity said.
  struct Numbered {
    std::uint64_t version = 0;
    std::uint8_t ring = 0;  // of a contact
  };
  struct Waiting {
    std::uint32_t node = 0;
    std::uint64_t ticket = 0;
  };
  // An entity and the version that is awaited.
  using Awaited = std::pair<EntityKey, std::uint64_t>;
  // Frees without destructors: events are plain values.
  struct FreeMemory {
    void operator()(void* memory) const { std::free(memory); }
  };
  static_assert(std::is_trivially_copyable_v<Event> &&
                    std::is_trivially_destructible_v<Event>,
                "events live in raw memory");

  static EntityKey ContactKey(const Event& event) {
    return {event.contact.base_tag, event.contact.slot, false};
  }
  static EntityKey AgentKey(const Event& event) {
    return {event.agent.generation, event.agent.slot, true};
  }

  // 0: it does not change the configuration.
  static std::uint64_t ConfigurationVersion(const Event& event) {
    return event.type == EventType::kConfigurationApplied ||
                   event.type == EventType::kAgentChanged
               ? event.configuration_version
               : 0;
  }

  Event& EventAt(std::uint32_t node) { return events_[node - 1]; }

  // All of these are run by the reader alone.
  std::size_t NumberAll(OnEvent on_event);
  bool MustWait(const Waiting& arrived);
  bool MustWaitFor(const EntityKey& entity, std::uint64_t version,
                   const Waiting& arrived);
  void Number(const Waiting& next, OnEvent on_event);
  void Advance(const EntityKey& entity, Numbered now, bool last);

  const std::uint32_t capacity_;
  const std::uint32_t capacity_for_new_;
  const std::uint32_t capacity_with_margin_;
  const std::unique_ptr<Event[], FreeMemory> events_;
  // By node, if they are kept; written and read with the node's event.
  const std::unique_ptr<EventDetail[]> details_;
  TakeAllList<Atomic> list_;
  alignas(kCacheLineBytes) Atomic<std::uint32_t> used_{0};  // E3

  // Written by the reader.
  alignas(kCacheLineBytes) Atomic<bool> reading_{false};  // E4
  Atomic<std::uint64_t> committed_{0};                    // E5
  Atomic<std::uint64_t> last_sequence_{0};                // E6
  // The reader's own; handed from one reader to the next by E4.
  std::vector<std::uint32_t> taken_;
  std::deque<Waiting> ready_;
  // The last that was numbered, of entities that have any and are not over.
  absl::flat_hash_map<EntityKey, Numbered> numbered_;
  // Events that wait, by the version whose turn they are; at most capacity_.
  absl::flat_hash_map<Awaited, Waiting> waiting_;
  std::set<std::uint64_t> waiting_tickets_;
};

template <template <typename> class Atomic>
BasicEventQueue<Atomic>::BasicEventQueue(std::uint32_t capacity,
                                         bool with_details)
    : capacity_(capacity),
      capacity_for_new_(capacity - capacity / 4),
      capacity_with_margin_(capacity + capacity / 8 + kMarginMin),
      // Zeroed pages are taken from the system when first touched.
      events_(static_cast<Event*>(
          std::calloc(capacity_with_margin_, sizeof(Event)))),
      details_(with_details
                   ? std::make_unique<EventDetail[]>(capacity_with_margin_)
                   : nullptr),
      list_(capacity_with_margin_) {
  RELAIS_CHECK(events_ != nullptr, "no memory for events");
}

template <template <typename> class Atomic>
bool BasicEventQueue<Atomic>::Reserve(std::uint32_t n, EventPurpose purpose) {
  const std::uint32_t limit = purpose == EventPurpose::kNew ? capacity_for_new_
                              : purpose == EventPurpose::kExisting
                                  ? capacity_
                                  : capacity_with_margin_;
  std::uint32_t used = used_.load(std::memory_order_relaxed);
  do {
    if (used > limit || n > limit - used) return false;
  } while (!used_.compare_exchange_weak(used, used + n,
                                        std::memory_order_acquire,  // E3
                                        std::memory_order_relaxed));
  return true;
}

template <template <typename> class Atomic>
void BasicEventQueue<Atomic>::Unreserve(std::uint32_t n) {
  const std::uint32_t before =
      used_.fetch_sub(n, std::memory_order_release);  // E3
  RELAIS_CHECK(before >= n, "more events given back than were reserved");
}

template <template <typename> class Atomic>
typename BasicEventQueue<Atomic>::Pushed BasicEventQueue<Atomic>::Push(
    const Event& event, EventDetail detail) {
  const std::uint32_t node = list_.Allocate();
  RELAIS_CHECK(node != TakeAllList<Atomic>::kNone,
               "an event without reserved room");  // I1
  EventAt(node) = event;
  if (details_ != nullptr) details_[node - 1] = std::move(detail);
  const auto pushed = list_.Push(node);
  return {{pushed.ticket}, pushed.was_empty};
}

template <template <typename> class Atomic>
std::size_t BasicEventQueue<Atomic>::Drain(OnEvent on_event) {
  std::size_t numbered = 0;
  do {
    if (reading_.exchange(true, std::memory_order_acq_rel)) break;  // E4
    numbered += NumberAll(on_event);
    reading_.exchange(false, std::memory_order_acq_rel);  // E4
    // A caller refused meanwhile relies on this second look.
  } while (!list_.Empty());
  return numbered;
}

template <template <typename> class Atomic>
std::size_t BasicEventQueue<Atomic>::NumberAll(OnEvent on_event) {
  std::size_t numbered = 0;
  for (;;) {
    taken_.clear();
    const std::uint64_t newest = list_.TakeAll(&taken_);
    if (taken_.empty()) return numbered;
    std::uint64_t ticket = newest - taken_.size();
    for (std::size_t i = taken_.size(); i-- > 0;) {
      ++ticket;
      ready_.push_back({taken_[i], ticket});
      // Numbering one may make others ready.
      while (!ready_.empty()) {
        const Waiting next = ready_.front();
        ready_.pop_front();
        if (MustWait(next)) continue;
        Number(next, on_event);
        ++numbered;
      }
      committed_.store(
          waiting_tickets_.empty() ? ticket : *waiting_tickets_.begin() - 1,
          std::memory_order_release);  // E5
    }
  }
}

template <template <typename> class Atomic>
bool BasicEventQueue<Atomic>::MustWait(const Waiting& arrived) {
  const Event& event = EventAt(arrived.node);
  if (MustWaitFor(ContactKey(event), event.contact_version, arrived) ||
      MustWaitFor(AgentKey(event), event.agent_version, arrived) ||
      MustWaitFor(kConfiguration, ConfigurationVersion(event), arrived)) {
    waiting_tickets_.insert(arrived.ticket);
    return true;
  }
  waiting_tickets_.erase(arrived.ticket);
  return false;
}

// Whether an earlier version of the entity is missing; then the event is put
// by until that one was numbered.
template <template <typename> class Atomic>
bool BasicEventQueue<Atomic>::MustWaitFor(const EntityKey& entity,
                                          std::uint64_t version,
                                          const Waiting& arrived) {
  if (version == 0) return false;
  const auto found = numbered_.find(entity);
  const std::uint64_t last =
      found == numbered_.end() ? 0 : found->second.version;
  RELAIS_CHECK(version > last, "a version of an entity was given twice");
  if (version == last + 1) return false;
  const bool fresh = waiting_.emplace(Awaited(entity, version), arrived).second;
  RELAIS_CHECK(fresh, "a version of an entity was given twice");
  return true;
}

template <template <typename> class Atomic>
void BasicEventQueue<Atomic>::Number(const Waiting& next, OnEvent on_event) {
  Event& event = EventAt(next.node);
  // An end leaves the contact in its ring. Who ends it while another thread is
  // about to write its reservation cannot know which one that was.
  if (event.type == EventType::kContactEnded) {
    const auto before = numbered_.find(ContactKey(event));
    if (before != numbered_.end()) event.ring = before->second.ring;
  }
  event.sequence = last_sequence_.load(std::memory_order_relaxed) + 1;
  last_sequence_.store(event.sequence, std::memory_order_release);  // E6
  if (details_ == nullptr) {
    on_event(event, {});
  } else {
    const EventDetail detail = std::exchange(details_[next.node - 1], {});
    on_event(event, detail);
  }
  Advance(ContactKey(event), {event.contact_version, event.ring},
          event.type == EventType::kContactEnded);
  Advance(AgentKey(event), {event.agent_version},
          event.type == EventType::kAgentRemoved);
  Advance(kConfiguration, {ConfigurationVersion(event)}, false);
  list_.Free(next.node);
  used_.fetch_sub(1, std::memory_order_release);  // E3, after Free: I1
}

template <template <typename> class Atomic>
void BasicEventQueue<Atomic>::Advance(const EntityKey& entity, Numbered now,
                                      bool last) {
  if (now.version == 0) return;
  if (last) {
    numbered_.erase(entity);
  } else {
    numbered_[entity] = now;
  }
  const auto successor = waiting_.find(Awaited(entity, now.version + 1));
  if (successor == waiting_.end()) return;
  RELAIS_CHECK(!last, "an event after the last one of its entity");
  ready_.push_back(successor->second);
  waiting_.erase(successor);
}

using EventQueue = BasicEventQueue<std::atomic>;
extern template class BasicEventQueue<std::atomic>;

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_EVENT_QUEUE_H_
