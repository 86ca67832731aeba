#include "bench/core/mutex_rival.h"

#include "lib/base/assert.h"

namespace relais::bench {

MutexRival::MutexRival(const World& world)
    : row_length_(world.shape.classes_per_profile),
      first_key_(world.classes(), kNoKey),
      first_idle_(world.profiles(), kNobody),
      heaps_(world.classes()),
      idle_(world.profiles()),
      contacts_(world.contacts()),
      agents_(world.agents()),
      classes_of_profile_(world.classes_of_profile) {
  RELAIS_CHECK(world.classes() <= 0xFFFF && world.profiles() <= 0xFFFF,
               "the rival's classes have 16 bits");
  const std::size_t share = 2 * world.contacts() / world.classes() + 64;
  for (Heap& heap : heaps_) heap.entries.reserve(share);
  for (IdleRing& ring : idle_) ring.entries.resize(16);
  for (std::uint32_t agent = 0; agent < world.agents(); ++agent) {
    agents_[agent].profile =
        static_cast<std::uint16_t>(world.profile_of_agent[agent]);
  }
  for (const auto& profiles : world.profiles_of_class) {
    profiles_begin_.push_back(
        static_cast<std::uint32_t>(profiles_of_class_.size()));
    profiles_of_class_.insert(profiles_of_class_.end(), profiles.begin(),
                              profiles.end());
  }
  profiles_begin_.push_back(
      static_cast<std::uint32_t>(profiles_of_class_.size()));
}

bool MutexRival::Cancel(std::uint32_t slot, std::uint64_t handle) {
  std::lock_guard<std::mutex> lock(mutex_);
  Contact& contact = contacts_[slot];
  if (contact.state != ContactState::kWaiting || contact.version != handle) {
    return false;
  }
  EndContact(contact);
  --waiting_;
  Heap& heap = heaps_[contact.requirement_class];
  ++heap.dead;
  if (heap.dead > kDeadSlack && heap.dead > heap.entries.size() / 2) {
    Rebuild(contact.requirement_class);
  }
  return true;
}

bool MutexRival::Withdraw(std::uint32_t agent_slot) {
  std::lock_guard<std::mutex> lock(mutex_);
  Agent& agent = agents_[agent_slot];
  if (agent.state != AgentState::kIdle) return false;
  agent.state = AgentState::kAway;
  ++agent.version;
  DropDead(agent.profile);
  return true;
}

void MutexRival::Rebuild(std::uint32_t requirement_class) {
  Heap& heap = heaps_[requirement_class];
  std::erase_if(heap.entries,
                [this](const Entry& entry) { return !Alive(entry); });
  std::make_heap(heap.entries.begin(), heap.entries.end(), Later());
  heap.dead = 0;
  first_key_[requirement_class] =
      heap.entries.empty() ? kNoKey : heap.entries.front().key;
}

// Twice the room, unless the dead alone filled it.
void MutexRival::Grow(IdleRing& ring) {
  std::vector<IdleEntry> kept;
  for (std::uint32_t i = 0; i < ring.size; ++i) {
    const IdleEntry& entry = ring.at(i);
    if (agents_[entry.agent].version == entry.version) kept.push_back(entry);
  }
  ring.head = 0;
  ring.size = static_cast<std::uint32_t>(kept.size());
  const std::size_t room = ring.entries.size();
  kept.resize(ring.size > room / 2 ? 2 * room : room);
  ring.entries = std::move(kept);
}

}  // namespace relais::bench
