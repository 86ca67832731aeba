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
  capacity.may_interrupt = profile.may_interrupt;
  return capacity;
}

bool AgentCapacity::interrupts() const {
  return std::any_of(may_interrupt.begin(), may_interrupt.end(),
                     [](ChannelSet channels) { return channels != 0; });
}

bool AgentCapacity::interruptible(Channel channel) const {
  return std::any_of(
      may_interrupt.begin(), may_interrupt.end(),
      [channel](ChannelSet channels) { return Contains(channels, channel); });
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
  // Those that it interrupts besides.
  if (capacity.interrupts()) most *= 2;
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

std::array<std::uint8_t, kChannelCount> Holdings::Interruptible(
    const AgentCapacity& capacity) const {
  std::array<std::uint8_t, kChannelCount> found{};
  if (!capacity.interrupts()) return found;
  const int most = kHeldUnitsMax - capacity.units;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    int units = 0;
    for (const Holding& holding : list_) {
      if (holding.state == WorkState::kHandling &&
          Contains(capacity.may_interrupt[i], holding.reservation.channel)) {
        units += holding.units;
      }
    }
    found[i] = static_cast<std::uint8_t>(std::min(units, most));
  }
  return found;
}

bool Holdings::HasUnitsFor(Channel channel, std::uint32_t units_asked,
                           const AgentCapacity& capacity) const {
  if (!capacity.interrupts()) return true;
  const std::uint32_t room =
      std::uint32_t{capacity.units} +
      Interruptible(capacity)[static_cast<std::size_t>(channel)];
  return units() + units_asked <= room;
}

Holding* Holdings::NextToInterrupt(const AgentCapacity& capacity,
                                   const Holding* accepted) {
  if (!capacity.interrupts()) return nullptr;
  std::uint32_t at_work = 0;
  ChannelSet give_way = 0;
  for (const Holding& holding : list_) {
    if (holding.interrupted || holding.state == WorkState::kReserved) continue;
    at_work += holding.units;
    if (holding.state != WorkState::kHandling) continue;
    give_way |= capacity.may_interrupt[static_cast<std::size_t>(
        holding.reservation.channel)];
  }
  if (at_work <= capacity.units) return nullptr;
  Holding* found = nullptr;
  for (Holding& holding : list_) {
    if (holding.state == WorkState::kHandling && !holding.interrupted &&
        Contains(give_way, holding.reservation.channel) &&
        (found == nullptr || &holding != accepted)) {
      found = &holding;
    }
  }
  return found;
}

Holding* Holdings::NextToResume(const AgentCapacity& capacity) {
  std::uint32_t taken = 0;
  ChannelSet kept_back = 0;
  for (const Holding& holding : list_) {
    if (holding.interrupted) {
      kept_back |= capacity.may_interrupt[static_cast<std::size_t>(
          holding.reservation.channel)];
    } else {
      taken += holding.units;
    }
  }
  for (Holding& holding : list_) {
    if (holding.interrupted &&
        !Contains(kept_back, holding.reservation.channel) &&
        (taken == 0 || taken + holding.units <= capacity.units)) {
      return &holding;
    }
  }
  return nullptr;
}

ChannelSet Holdings::FullChannels(const AgentCapacity& capacity) const {
  if (list_.size() >= kContactsPerAgentMax) return 0xFF;
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
  const auto interruptible = Interruptible(capacity);
  ChannelSet room = 0;
  for (std::size_t i = 0; i < kChannelCount; ++i) {
    if (used + capacity.cost[i] <=
        std::uint32_t{capacity.units} + interruptible[i]) {
      room |= SetOf(static_cast<Channel>(i));
    }
  }
  return room;
}

}  // namespace relais
