// The contacts that one agent holds, as its record keeps them, and what it has
// room for.
//
// Thread safety: plain values, guarded by the record's mutex.

#ifndef RELAIS_LIB_ENGINE_HOLDINGS_H_
#define RELAIS_LIB_ENGINE_HOLDINGS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "relais/configuration.h"
#include "relais/event.h"
#include "relais/limits.h"
#include "relais/types.h"

namespace relais {

struct QueueTerms;

// What a routing profile says of capacity, as the core counts it.
struct AgentCapacity {
  std::uint8_t units = kCapacityUnitsMax;
  std::array<std::uint8_t, kChannelCount> cost{};
  std::array<std::uint8_t, kChannelCount> contacts_max{};  // 0 = no limit
  std::array<ChannelSet, kChannelCount> may_interrupt{};
  LoadOrder load_order = LoadOrder::kSpread;
  // Whether units alone do not keep it.
  bool has_maxima(ChannelSet channels) const;
  bool interrupts() const;
  // Whether the core must be told of each contact before it gives another.
  bool told_each(ChannelSet channels) const {
    return has_maxima(channels) || interrupts();
  }
  // Whether some channel may interrupt this one.
  bool interruptible(Channel channel) const;
  friend bool operator==(const AgentCapacity&, const AgentCapacity&) = default;
};

AgentCapacity CapacityOf(const RoutingProfile& profile);

struct Holding {
  ContactHandle contact;
  std::uint64_t reserved_tag = 0;  // of the contact's word when it was reserved
  WorkState state = WorkState::kReserved;
  bool interrupted = false;  // in handling
  std::uint8_t units = 0;
  std::uint8_t place = 0;  // which of the agent's deadlines is its wrap-up's
  std::uint64_t deadline_version = 0;  // of that
  InstantMs wrap_up_ends_ms = 0;
  std::shared_ptr<const QueueTerms> terms;
  // The event of its reservation, from which the later ones are made.
  Event reservation;
};

class Holdings {
 public:
  bool empty() const { return list_.empty(); }
  const std::vector<Holding>& list() const { return list_; }

  // Room for as many, so that Add does not allocate.
  void Reserve(std::size_t contacts) { list_.reserve(contacts); }
  // With the lowest free place; the last of the list.
  Holding& Add();
  void Remove(const Holding& holding);

  // Of this reservation; null if there is none.
  Holding* Find(ContactHandle contact, std::uint64_t reserved_tag);
  const Holding* Find(ContactHandle contact, std::uint64_t reserved_tag) const;
  // Reserved or in handling, by the contact's id and attempt; null if there is
  // none. (An id may be given again while the contact before is wrapped up.)
  Holding* Find(std::string_view contact_id, std::uint64_t attempt);
  // In wrap-up, by the contact's id; without one, that which ends first (of
  // equals, the first of the list).
  Holding* FindWrapUp(std::string_view contact_id);
  Holding* FindWrapUpAt(std::uint8_t place, std::uint64_t deadline_version);

  WorkState work_state() const;
  // Handling or wrapping up, which presence waits for.
  bool busy() const;
  std::uint32_t units() const;
  // By channel: units in handling, interrupted or not, that a contact of it may
  // interrupt, and finds free; so much that kHeldUnitsMax are not exceeded.
  std::array<std::uint8_t, kChannelCount> Interruptible(
      const AgentCapacity& capacity) const;
  // Of a capacity by which no channel interrupts another always true: the core
  // has counted it.
  bool HasUnitsFor(Channel channel, std::uint32_t units,
                   const AgentCapacity& capacity) const;
  // What has to give way: the last reserved of those that something in handling
  // may interrupt, `accepted` only if there is no other. Null: all that is in
  // handling or wrapped up fits, or nothing can give way.
  Holding* NextToInterrupt(const AgentCapacity& capacity,
                           const Holding* accepted);
  // The first reserved of the interrupted contacts for which there is room
  // beside all that is held and not interrupted, and which no other interrupted
  // contact may interrupt. Alone it always has room.
  Holding* NextToResume(const AgentCapacity& capacity);
  // Channels of which the agent holds as many as it may.
  ChannelSet FullChannels(const AgentCapacity& capacity) const;
  // Channels of which one contact more fits by its units: what the core sees
  // without being told anew.
  ChannelSet ChannelsWithUnits(const AgentCapacity& capacity) const;

 private:
  std::vector<Holding> list_;
};

// As many as can be held at once.
std::size_t ContactsMax(const AgentCapacity& capacity, ChannelSet channels);

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_HOLDINGS_H_
