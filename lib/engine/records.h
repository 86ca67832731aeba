// What the Router keeps about queues, contacts and agents.
//
// Contact records. A record belongs to whoever brings its contact (until the
// submitted event is handed over), then to nobody: its fields do not change
// until the contact has ended. The thread whose compare-and-swap ended the
// contact owns the record and frees it. One exception: a contact that is ended
// while the thread that reserved it has not yet written that reservation into
// the agent's record. Then the ender leaves a note (`ended_unregistered`) under
// that agent's mutex, and the reserving thread finds it there and frees the
// record. Fields that others read at any time are atomics.
//
// Agent records are guarded by their own mutex.

#ifndef RELAIS_LIB_ENGINE_RECORDS_H_
#define RELAIS_LIB_ENGINE_RECORDS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/base/cache_line.h"
#include "lib/base/fingerprint.h"
#include "lib/base/mutex.h"
#include "lib/domain/bullseye_plan.h"
#include "lib/domain/compile_profile.h"
#include "lib/domain/compiled.h"
#include "lib/domain/tutor.h"
#include "lib/engine/class_registry.h"
#include "lib/engine/configured_names.h"
#include "lib/engine/contact_rings.h"
#include "lib/engine/holdings.h"
#include "lib/engine/reserve_places.h"
#include "lib/match/matcher.h"
#include "lib/policy/contact_choice.h"
#include "relais/event.h"
#include "relais/router.h"

namespace relais {

// A queue's figures; lives as long as the queue is listed or has contacts.
// All relaxed: figures for supervision, no decision reads them.
struct alignas(kCacheLineBytes) QueueFigures {
  std::atomic<std::int64_t> waiting{0};
  std::atomic<std::int64_t> reserved{0};
  std::atomic<std::int64_t> assigned{0};
  std::atomic<std::uint64_t> offered_total{0};
  std::atomic<std::uint64_t> answered_total{0};
  std::atomic<std::uint64_t> abandoned_total{0};
  // Contacts alive; a queue no longer listed is forgotten at 0.
  std::atomic<std::int64_t> alive{0};
};

// One queue under one configuration.
struct QueueTerms {
  static constexpr std::uint32_t kNoLane = 0xFFFF'FFFF;

  QueueTerms() {
    for (auto& of_channel : lanes) {
      for (auto& lane : of_channel) {
        lane.store(kNoLane, std::memory_order_relaxed);
      }
    }
  }

  DurationMs BoostOf(int priority, DurationMs segment_credit_ms = 0) const {
    return policy::BoostOf(contact_choice, queue, priority, segment_credit_ms);
  }
  // What a contact of this queue asks for that brings `own` terms.
  CompiledRequirement RequirementOf(Channel channel,
                                    const CompiledRequirement& own) const {
    return Chosen(queue, CombineRequirements(channel, requirement, own));
  }
  // In a ring that asks and chooses as this queue.
  CompiledRequirement RequirementOf(Channel channel, const ContactQueue& asking,
                                    const CompiledRequirement& own) const {
    return Chosen(
        asking,
        CombineRequirements(
            channel, CompileRequirement(channel, asking.requirement), own));
  }
  CompiledRequirement Chosen(const ContactQueue& asking,
                             CompiledRequirement requirement) const {
    requirement.fit = asking.agent_choice.fit;
    requirement.order = asking.agent_choice.order;
    requirement.queue = ranked ? QueueIdOf(asking.name) : 0;
    requirement.pulled_only = asking.pull_only;
    return requirement;
  }
  ContactQueue InRing(std::size_t ring) const {
    return QueueInRing(queue, ring_queues, later, ring);
  }

  std::uint32_t slot = 0;  // of its figures
  ContactQueue queue;
  CompiledRequirement requirement;  // of the queue, for any channel
  ContactChoice contact_choice = ContactChoice::kAged;
  bool ranked = false;  // some profile orders queues
  // By channel; valid for the channels it accepts.
  std::array<std::uint32_t, kChannelCount> classes{};
  // Lanes of those classes by priority, of contacts without a segment, filled
  // as they are first needed.
  // release <-> acquire: whoever publishes a contact in the lane has the
  // lane's making (Matcher::SetLane) before it, so lookers see both.
  mutable std::array<std::array<std::atomic<std::uint32_t>, kPriorityCount>,
                     kChannelCount>
      lanes;
  // Its plan, without a name if it has none and without boosts in mode strict;
  // the rings after the first, the queues of which they speak, and by channel
  // all rings as the core knows them.
  BullseyePlan plan;
  std::vector<BullseyeRing> later;
  std::vector<ContactQueue> ring_queues;
  std::array<std::shared_ptr<const RingClasses>, kChannelCount> rings;
};

// Under which terms a contact comes.
struct ContactTerms {
  std::shared_ptr<const QueueTerms> queue;
  DurationMs boost_ms = 0;
};

// One configuration, compiled. Holds a reference to each class of its queues.
struct CompiledConfiguration {
  explicit CompiledConfiguration(ClassRegistry* registry) : classes(registry) {}
  ~CompiledConfiguration() {
    for (const std::uint32_t id : held) classes->ReleaseRequirement(id);
  }
  CompiledConfiguration(const CompiledConfiguration&) = delete;
  CompiledConfiguration& operator=(const CompiledConfiguration&) = delete;

  ClassRegistry* const classes;
  Configuration source;
  std::uint64_t version = 0;  // when it was applied
  // Places in source.agents, by id.
  absl::flat_hash_map<std::string, std::size_t> agents;
  std::unique_ptr<const ProfileCompiler> profiles;
  ConfiguredNames names;
  absl::flat_hash_map<std::string, DurationMs> segments;  // their credits
  absl::flat_hash_map<std::string, std::shared_ptr<const QueueTerms>> queues;
  std::vector<PlacedReserve> reserves;
  std::vector<std::uint32_t> held;  // requirement classes
};

struct ContactRecord {
  // Of the contact that lives or lived last in this slot; what a handle is
  // compared with. release <-> acquire: written before the contact's id is
  // entered in its shard.
  std::atomic<std::uint64_t> base_tag{0};
  // For the oldest-waiting figure, read without ownership (relaxed, confirmed
  // by the contact's word).
  std::atomic<std::int64_t> arrival_ms{0};
  std::atomic<std::uint32_t> queue_slot{0};
  // The tag of the last event handed over; only grows. release <-> acquire: who
  // reads it finds the event's ticket in LastTicket.
  std::atomic<std::uint64_t> told_tag{0};
  // Set by the thread that reserves it inside Submit; read with the answer.
  std::atomic<bool> at_once{false};

  InlineId id;
  Channel channel = Channel::kVoice;
  std::uint8_t priority = 0;
  std::uint32_t requirement_class = 0;
  DurationMs boost_ms = 0;  // its arrival less this is the place it asked for
  std::string segment;
  Fingerprint content;
  std::shared_ptr<const QueueTerms> terms;
  RoutingRequirement requirement;  // as submitted
  bool tutor_may_listen = false;
  std::map<std::string, std::string> attributes;
  std::uint32_t lane = 0;   // where it waits, held for nobody and without rings
  bool over_share = false;  // as its submit told
  // Null: it prefers nobody. Read as `rings` is.
  std::shared_ptr<const PreferredAgents> preferred;
  // Of its queue's plan; null if it has none. Who may not rely on the contact
  // being alive reads them, and then what stands above, under
  // RouterImpl::RingsMutex if rings_of is the contact's base tag: before any of
  // it changes they are taken away.
  std::shared_ptr<const ContactRings> rings;
  std::uint64_t rings_of = 0;

  // Guarded by the mutex of the agent that the contact's word names while it
  // is reserved, otherwise by ownership.
  std::int64_t rank_key = 0;  // 0, 0 until first reserved
  std::uint64_t arrival_sequence = 0;
  std::uint8_t ring = 0;  // when last reserved, or when it ended
  bool ended_unregistered = false;
  EndReason end_reason = EndReason::kNone;
  InstantMs ended_ms = 0;
};

// An agent's version together with the slot's generation; grows with both.
inline std::uint64_t ToldOf(std::uint64_t generation, std::uint64_t version) {
  constexpr int kVersionBits = 40;
  return generation << kVersionBits | version;
}

// What an agent's profiles say beside its number.
struct ServedBy {
  ChannelSet channels = 0;
  AgentCapacity capacity;
  bool orders_queues = false;
};

// A contact that waits for one agent alone, in that agent's record. It is
// entered before the contact waits there, and taken out by whoever changes the
// word by which it does.
struct WaitingHeld {
  ContactHandle contact;
  std::uint64_t tag = 0;       // of that word
  std::uint64_t sequence = 0;  // of its arrival
  // What it asks for in its first ring.
  std::shared_ptr<const CompiledRequirement> asks;
  HoldTimes times;
  InstantMs since_ms = 0;
  InstantMs until_ms = 0;  // while the agent is there
  bool whatever = false;   // until then whether or not the agent is there
  InstantMs limit_ms = 0;  // the end of its wait limit; 0: none
  InstantMs due_ms = 0;    // its deadline as last set; 0: not yet
};

struct AgentRecord {
  mutable Mutex mutex;
  // ToldOf the last event handed over; as ContactRecord::told_tag.
  std::atomic<std::uint64_t> told{0};
  bool used RELAIS_GUARDED_BY(mutex) = false;
  bool leaving RELAIS_GUARDED_BY(mutex) = false;  // no longer listed
  std::string id RELAIS_GUARDED_BY(mutex);
  std::uint64_t generation RELAIS_GUARDED_BY(mutex) = 0;
  AgentGrade grade RELAIS_GUARDED_BY(mutex) = AgentGrade::kSenior;
  ServedBy served RELAIS_GUARDED_BY(mutex);
  std::uint32_t profile RELAIS_GUARDED_BY(mutex) = 0;
  // Of skills in training; nullptr: none.
  std::shared_ptr<const Tutors> tutors RELAIS_GUARDED_BY(mutex);

  Presence presence RELAIS_GUARDED_BY(mutex);
  bool presence_pending RELAIS_GUARDED_BY(mutex) = false;
  Presence pending RELAIS_GUARDED_BY(mutex);
  ChannelSet no_answer_channels RELAIS_GUARDED_BY(mutex) = 0;
  std::uint64_t version RELAIS_GUARDED_BY(mutex) = 0;
  InstantMs idle_since_ms RELAIS_GUARDED_BY(mutex) = 0;
  DurationMs idle_before_pause_ms RELAIS_GUARDED_BY(mutex) = 0;
  AgentFigures figures RELAIS_GUARDED_BY(mutex);

  Holdings held RELAIS_GUARDED_BY(mutex);
  // By the contact's slot and the tag.
  absl::flat_hash_map<std::pair<std::uint32_t, std::uint64_t>, WaitingHeld>
      waiting RELAIS_GUARDED_BY(mutex);

  // Of the slot, not of the agent in it: they never start again.
  std::uint32_t revision RELAIS_GUARDED_BY(mutex) = 0;
  std::uint64_t deadline_version RELAIS_GUARDED_BY(mutex) = 0;
};

struct alignas(kCacheLineBytes) ContactShard {
  mutable Mutex mutex;
  absl::flat_hash_map<std::string, std::uint32_t> live RELAIS_GUARDED_BY(mutex);
  std::shared_ptr<const CompiledConfiguration> configuration
      RELAIS_GUARDED_BY(mutex);
};
struct alignas(kCacheLineBytes) AgentShard {
  mutable Mutex mutex;
  absl::flat_hash_map<std::string, std::uint32_t> slots
      RELAIS_GUARDED_BY(mutex);
};
struct QueueSlot {
  QueueFigures figures;
  mutable Mutex mutex;
  std::string name RELAIS_GUARDED_BY(mutex);
  bool used RELAIS_GUARDED_BY(mutex) = false;
  bool listed RELAIS_GUARDED_BY(mutex) = false;
};
inline bool StillThere(const QueueSlot& queue) RELAIS_REQUIRES(queue.mutex) {
  return queue.used && (queue.listed || queue.figures.alive > 0);
}

struct alignas(kCacheLineBytes) RingsShard {
  mutable Mutex mutex;
};

// The configuration as it is shown: as applied, with the agents changed
// since.
struct InForce {
  std::shared_ptr<const CompiledConfiguration> applied;
  std::map<std::string, AgentConfiguration> changed;  // by id
  std::uint64_t version = 0;
};

// What the core must be told about an agent after its record changed.
struct AgentUpdate {
  std::uint32_t agent = 0;
  std::uint32_t revision = 0;
  match::AgentTerms terms;
  std::uint32_t units_back = 0;
  bool may_resume = false;  // something interrupted, once the core has looked
};
// What is left to do for an agent that is gone, once the core knows it.
struct Removal {
  bool due = false;
  Event event;
  std::uint32_t profile = 0;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_RECORDS_H_
