#include "lib/engine/holdings.h"

#include <algorithm>

#include "lib/base/assert.h"

namespace relais {

AgentCapacity CapacityOf(const RoutingProfile& profile) {
  AgentCapacity capacity;
  capacity.units = static_cast<std::uint8_t>(profile.capacity_units);
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    capacity.cost[i] = static_cast<std::uint8_t>(profile.cost_units[i]);
    capacity.contacts_max[i] =
        static_cast<std::uint8_t>(profile.contacts_max[i]);
  }
  capacity.load_order = profile.load_order;
  return capacity;
}

bool AgentCapacity::has_maxima(ChannelSet channels) const {
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (contacts_max[i] > 0 && Contains(channels, static_cast<Channel>(i))) {
      return true;
    }
  }
  return false;
}

std::size_t ContactsMax(const AgentCapacity& capacity, ChannelSet channels) {
  std::size_t most = 1;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (!Contains(channels, static_cast<Channel>(i))) continue;
    most = std::max<std::size_t>(
        most, capacity.units / std::max<std::size_t>(capacity.cost[i], 1));
  }
  return std::min(most, kContactsPerAgentMax);
}

Holding& Holdings::Add() {
  std::uint32_t taken = 0;
  for (const Holding& holding : list_) taken |= 1U << holding.place;
  std::uint8_t place = 0;
  while ((taken >> place & 1) != 0) ++place;
  RELAIS_CHECK(place < kContactsPerAgentMax,
               "an agent holds more contacts than any capacity admits");
  Holding& added = list_.emplace_back();
  added.place = place;
  return added;
}

void Holdings::Remove(const Holding& holding) {
  list_.erase(list_.begin() + (&holding - list_.data()));
}

const Holding* Holdings::Find(ContactHandle contact,
                              std::uint64_t reserved_tag) const {
  for (const Holding& holding : list_) {
    if (holding.contact == contact && holding.reserved_tag == reserved_tag) {
      return &holding;
    }
  }
  return nullptr;
}

Holding* Holdings::Find(ContactHandle contact, std::uint64_t reserved_tag) {
  for (Holding& holding : list_) {
    if (holding.contact == contact && holding.reserved_tag == reserved_tag) {
      return &holding;
    }
  }
  return nullptr;
}

Holding* Holdings::Find(std::string_view contact_id, std::uint64_t attempt) {
  for (Holding& holding : list_) {
    if (holding.state != WorkState::kWrapUp &&
        holding.reservation.contact_id.view() == contact_id &&
        holding.reservation.attempt == attempt) {
      return &holding;
    }
  }
  return nullptr;
}

Holding* Holdings::FindWrapUp(std::string_view contact_id) {
  Holding* first = nullptr;
  for (Holding& holding : list_) {
    if (holding.state != WorkState::kWrapUp ||
        (!contact_id.empty() &&
         holding.reservation.contact_id.view() != contact_id)) {
      continue;
    }
    if (first == nullptr || holding.wrap_up_ends_ms < first->wrap_up_ends_ms) {
      first = &holding;
    }
  }
  return first;
}

Holding* Holdings::FindWrapUpAt(std::uint8_t place,
                                std::uint64_t deadline_version) {
  for (Holding& holding : list_) {
    if (holding.state == WorkState::kWrapUp && holding.place == place &&
        holding.deadline_version == deadline_version) {
      return &holding;
    }
  }
  return nullptr;
}

WorkState Holdings::work_state() const {
  WorkState state = WorkState::kIdle;
  for (const Holding& holding : list_) {
    if (holding.state == WorkState::kHandling) return WorkState::kHandling;
    if (state != WorkState::kWrapUp) state = holding.state;
  }
  return state;
}

bool Holdings::busy() const {
  return std::any_of(list_.begin(), list_.end(), [](const Holding& holding) {
    return holding.state != WorkState::kReserved;
  });
}

std::uint32_t Holdings::units() const {
  std::uint32_t units = 0;
  for (const Holding& holding : list_) units += holding.units;
  return units;
}

ChannelSet Holdings::FullChannels(const AgentCapacity& capacity) const {
  std::array<std::uint8_t, kChannelCount> held{};
  for (const Holding& holding : list_) {
    ++held[static_cast<std::size_t>(holding.reservation.channel)];
  }
  ChannelSet full = 0;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (capacity.contacts_max[i] > 0 && held[i] >= capacity.contacts_max[i]) {
      full |= SetOf(static_cast<Channel>(i));
    }
  }
  return full;
}

ChannelSet Holdings::ChannelsWithUnits(const AgentCapacity& capacity) const {
  const std::uint32_t used = units();
  ChannelSet room = 0;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (used + capacity.cost[i] <= capacity.units) {
      room |= SetOf(static_cast<Channel>(i));
    }
  }
  return room;
}

}  // namespace relais
