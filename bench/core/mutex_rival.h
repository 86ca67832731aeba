// The honest rival of the matching core: one std::mutex around a heap per
// requirement class.
//
// It offers what the core offers (submit, cancel, ready, withdraw, complete,
// return to the old place, handles with versions) and is as fast as an honest
// engineer makes it without giving up the mutex: one lock and unlock a call;
// flat arrays throughout; the smallest key of each class and the first idle
// agent of each profile repeated in dense arrays, so that choosing reads one
// or two cache lines; entries of 16 bytes; cancelled entries deleted lazily,
// and a heap rebuilt when the dead outnumber the living; arrival numbers drawn
// under the lock it holds anyway; nothing allocated once the heaps have grown.
//
// Thread safety: every member may be called from any thread. Takers are called
// under the lock and may not call back.

#ifndef RELAIS_BENCH_CORE_MUTEX_RIVAL_H_
#define RELAIS_BENCH_CORE_MUTEX_RIVAL_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <mutex>
#include <vector>

#include "bench/core/taken.h"
#include "bench/core/world.h"

namespace relais::bench {

class MutexRival {
 public:
  static constexpr char kName[] = "rival";

  explicit MutexRival(const World& world);

  // The contact waits at its lane's end, or is paired at once. Returns the
  // handle that Cancel takes. `sequence` is the core's affair.
  template <class Taker>
  std::uint64_t Submit(std::uint32_t slot, std::uint32_t lane, std::int64_t now,
                       std::uint64_t /*sequence*/, Taker& taker) {
    std::lock_guard<std::mutex> lock(mutex_);
    Contact& contact = contacts_[slot];
    contact.key = static_cast<std::uint64_t>(World::band_of(lane))
                      << kArrivalBits |
                  ++arrivals_;
    contact.arrived_at = now;
    contact.requirement_class =
        static_cast<std::uint16_t>(World::class_of(lane));
    return Wait(slot, contact, taker);
  }

  // False if the contact is not waiting under this handle any more.
  bool Cancel(std::uint32_t slot, std::uint64_t handle);

  // The agent, who holds nothing, waits for work from `now` on.
  template <class Taker>
  void Ready(std::uint32_t agent, std::int64_t now, Taker& taker) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (agents_[agent].state == AgentState::kAway) Serve(agent, now, taker);
  }

  // Ends the contact that the agent holds; the agent waits for work.
  template <class Taker>
  bool Complete(std::uint32_t agent, std::uint32_t slot, std::uint64_t handle,
                std::int64_t now, Taker& taker) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!Holds(agent, slot, handle)) return false;
    EndContact(contacts_[slot]);
    Serve(agent, now, taker);
    return true;
  }

  // The contact that the agent holds waits again at `place`; the agent is away
  // until ReadyAfterReturn. Returns the new handle for Cancel, 0 if refused.
  template <class Taker>
  std::uint64_t Return(std::uint32_t agent, std::uint32_t slot,
                       std::uint64_t handle, const Place& place, Taker& taker) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!Holds(agent, slot, handle)) return 0;
    agents_[agent].state = AgentState::kAway;
    Contact& contact = contacts_[slot];
    contact.key = static_cast<std::uint64_t>(place.key);
    contact.requirement_class =
        static_cast<std::uint16_t>(World::class_of(place.lane));
    return Wait(slot, contact, taker);
  }
  template <class Taker>
  void ReadyAfterReturn(std::uint32_t agent, std::int64_t now, Taker& taker) {
    Ready(agent, now, taker);
  }

  // An idle agent goes away; false if it is not idle.
  bool Withdraw(std::uint32_t agent);

  // For checks in quiet moments.
  std::uint64_t Waiting() const { return waiting_; }

 private:
  static constexpr int kArrivalBits = 56;
  static constexpr std::uint64_t kNoKey =
      std::numeric_limits<std::uint64_t>::max();
  static constexpr std::int64_t kNobody =
      std::numeric_limits<std::int64_t>::max();
  static constexpr std::size_t kDeadSlack = 32;

  enum class ContactState : std::uint8_t { kEnded, kWaiting, kHeld };
  enum class AgentState : std::uint8_t { kAway, kIdle, kBusy };

  struct Contact {  // 32 bytes, two a line
    std::uint64_t key = 0;
    std::int64_t arrived_at = 0;
    std::uint32_t version = 0;
    std::uint32_t agent = 0;
    std::uint16_t requirement_class = 0;
    ContactState state = ContactState::kEnded;
  };
  struct Agent {
    std::uint32_t version = 0;
    std::uint16_t profile = 0;
    AgentState state = AgentState::kAway;
  };
  struct Entry {
    std::uint64_t key;
    std::uint32_t slot;
    std::uint32_t version;
  };
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.key > b.key;
    }
  };
  struct Heap {
    std::vector<Entry> entries;
    std::size_t dead = 0;
  };
  struct IdleEntry {
    std::int64_t since;
    std::uint32_t agent;
    std::uint32_t version;
  };
  // A ring in the order of `since`. Times almost always rise, so putting in is
  // O(1) at the end.
  struct IdleRing {
    std::vector<IdleEntry> entries;  // a power of two
    std::uint32_t head = 0;
    std::uint32_t size = 0;
    IdleEntry& at(std::uint32_t i) {
      return entries[(head + i) & (entries.size() - 1)];
    }
  };

  bool Holds(std::uint32_t agent, std::uint32_t slot,
             std::uint64_t handle) const {
    const Contact& contact = contacts_[slot];
    return contact.state == ContactState::kHeld && contact.version == handle &&
           contact.agent == agent;
  }
  static void EndContact(Contact& contact) {
    contact.state = ContactState::kEnded;
    ++contact.version;
  }

  // Pairs the contact with the agent idle for longest, or queues it.
  template <class Taker>
  std::uint64_t Wait(std::uint32_t slot, Contact& contact, Taker& taker) {
    contact.state = ContactState::kWaiting;
    const std::uint32_t published = ++contact.version;
    taker.Look();
    const std::uint32_t profile = LongestIdle(contact.requirement_class);
    if (profile != kNone) {
      Pair(slot, contact, TakeIdle(profile), published, taker);
    } else {
      Push(contact.requirement_class, Entry{contact.key, slot, published});
    }
    return published;
  }

  // Gives the agent the first contact of its classes, or lets it be idle.
  template <class Taker>
  void Serve(std::uint32_t agent, std::int64_t now, Taker& taker) {
    taker.Look();
    Entry entry;
    if (TakeFirst(agents_[agent].profile, &entry)) {
      Pair(entry.slot, contacts_[entry.slot], agent, entry.version, taker);
    } else {
      PutIdle(agent, now);
    }
  }

  template <class Taker>
  void Pair(std::uint32_t slot, Contact& contact, std::uint32_t agent,
            std::uint32_t published, Taker& taker) {
    contact.state = ContactState::kHeld;
    contact.agent = agent;
    ++contact.version;
    agents_[agent].state = AgentState::kBusy;
    const auto band = static_cast<std::uint32_t>(contact.key >> kArrivalBits);
    taker.Take(Taken{slot, agent, contact.version, published,
                     Place{contact.requirement_class * kBands + band,
                           static_cast<std::int64_t>(contact.key), 0}});
  }

  void Push(std::uint32_t requirement_class, const Entry& entry) {
    std::vector<Entry>& entries = heaps_[requirement_class].entries;
    entries.push_back(entry);
    std::push_heap(entries.begin(), entries.end(), Later());
    first_key_[requirement_class] = entries.front().key;
    ++waiting_;
  }

  bool Alive(const Entry& entry) const {
    const Contact& contact = contacts_[entry.slot];
    return contact.version == entry.version &&
           contact.state == ContactState::kWaiting;
  }

  // The first live contact of the profile's classes, out of its heap.
  bool TakeFirst(std::uint32_t profile, Entry* taken) {
    const std::uint32_t* row = &classes_of_profile_[profile * row_length_];
    for (;;) {
      std::uint32_t best = row[0];
      for (std::uint32_t i = 1; i < row_length_; ++i) {
        if (first_key_[row[i]] < first_key_[best]) best = row[i];
      }
      if (first_key_[best] == kNoKey) return false;
      Heap& heap = heaps_[best];
      *taken = heap.entries.front();
      std::pop_heap(heap.entries.begin(), heap.entries.end(), Later());
      heap.entries.pop_back();
      first_key_[best] =
          heap.entries.empty() ? kNoKey : heap.entries.front().key;
      if (Alive(*taken)) {
        --waiting_;
        return true;
      }
      --heap.dead;
    }
  }

  // The eligible profile whose first agent has been idle for longest.
  std::uint32_t LongestIdle(std::uint32_t requirement_class) const {
    std::uint32_t best = kNone;
    std::int64_t since = kNobody;
    for (std::uint32_t i = profiles_begin_[requirement_class];
         i < profiles_begin_[requirement_class + 1]; ++i) {
      const std::uint32_t profile = profiles_of_class_[i];
      if (first_idle_[profile] < since) {
        since = first_idle_[profile];
        best = profile;
      }
    }
    return best;
  }

  // The first of a ring is always alive: Withdraw takes care of it.
  std::uint32_t TakeIdle(std::uint32_t profile) {
    IdleRing& ring = idle_[profile];
    const std::uint32_t agent = ring.at(0).agent;
    DropFirst(ring);
    DropDead(profile);
    return agent;
  }
  static void DropFirst(IdleRing& ring) {
    ring.head =
        (ring.head + 1) & static_cast<std::uint32_t>(ring.entries.size() - 1);
    --ring.size;
  }
  void DropDead(std::uint32_t profile) {
    IdleRing& ring = idle_[profile];
    while (ring.size > 0) {
      const IdleEntry& first = ring.at(0);
      const Agent& agent = agents_[first.agent];
      if (agent.state == AgentState::kIdle && agent.version == first.version) {
        first_idle_[profile] = first.since;
        return;
      }
      DropFirst(ring);
    }
    first_idle_[profile] = kNobody;
  }

  void PutIdle(std::uint32_t agent_slot, std::int64_t since) {
    Agent& agent = agents_[agent_slot];
    agent.state = AgentState::kIdle;
    ++agent.version;
    IdleRing& ring = idle_[agent.profile];
    if (ring.size == ring.entries.size()) Grow(ring);
    std::uint32_t place = ring.size++;
    for (; place > 0 && ring.at(place - 1).since > since; --place) {
      ring.at(place) = ring.at(place - 1);
    }
    ring.at(place) = IdleEntry{since, agent_slot, agent.version};
    if (place == 0) first_idle_[agent.profile] = since;
  }
  void Grow(IdleRing& ring);
  void Rebuild(std::uint32_t requirement_class);

  alignas(64) std::mutex mutex_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t waiting_ = 0;
  const std::uint32_t row_length_;
  std::vector<std::uint64_t> first_key_;  // of a class; kNoKey: nothing
  std::vector<std::int64_t> first_idle_;  // of a profile; kNobody: nobody
  std::vector<Heap> heaps_;
  std::vector<IdleRing> idle_;
  std::vector<Contact> contacts_;
  std::vector<Agent> agents_;
  std::vector<std::uint32_t> classes_of_profile_;
  std::vector<std::uint32_t> profiles_begin_;  // of a class
  std::vector<std::uint32_t> profiles_of_class_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_MUTEX_RIVAL_H_
