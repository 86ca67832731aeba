#include "lib/engine/decline_table.h"

#include <limits>

namespace relais {

DeclineTable::DeclineTable(std::uint32_t contacts, std::uint32_t agents)
    : entries_(EntriesFor(agents)),
      cells_(contacts),
      of_contact_(std::make_unique<std::atomic<std::uint8_t>[]>(contacts)),
      of_agent_(std::make_unique<std::atomic<std::uint8_t>[]>(agents)) {}

DeclineTable::Change DeclineTable::Take(std::uint32_t index) {
  Entry& entry = entries_[index];
  const Change change{index, ++number_, entry.contact, entry.cell,
                      AgentOf(index)};
  cells_[entry.contact.slot][entry.cell] = 0;
  entry = Entry{};
  of_contact_[change.contact.slot].fetch_sub(1, std::memory_order_release);
  of_agent_[change.agent].fetch_sub(1, std::memory_order_release);
  return change;
}

DeclineTable::Added DeclineTable::Add(ContactHandle contact,
                                      std::uint32_t agent, InstantMs until_ms) {
  MutexLock lock(mutex_);
  Added result;
  const std::uint32_t first = agent * static_cast<std::uint32_t>(kPerAgent);
  std::uint32_t free = entries_.size();
  std::uint32_t oldest = first;
  for (std::uint32_t i = first; i < first + kPerAgent; ++i) {
    if (entries_[i].number == 0) {
      free = i;
      break;
    }
    if (entries_[i].number < entries_[oldest].number) oldest = i;
  }
  if (free == entries_.size()) {
    result.displaced_of_agent = Take(oldest);
    forgotten_.fetch_add(1, std::memory_order_relaxed);
    free = oldest;
  }
  auto& cells = cells_[contact.slot];
  std::size_t cell = kCells;
  std::size_t oldest_cell = 0;
  for (std::size_t i = 0; i < kCells; ++i) {
    if (cells[i] == 0) {
      cell = i;
      break;
    }
    if (entries_[cells[i] - 1].number <
        entries_[cells[oldest_cell] - 1].number) {
      oldest_cell = i;
    }
  }
  if (cell == kCells) {
    result.displaced_of_contact = Take(cells[oldest_cell] - 1);
    forgotten_.fetch_add(1, std::memory_order_relaxed);
    cell = oldest_cell;
  }
  entries_[free] = {++number_, contact, until_ms,
                    static_cast<std::uint8_t>(cell)};
  cells[cell] = free + 1;
  of_contact_[contact.slot].fetch_add(1, std::memory_order_release);
  of_agent_[agent].fetch_add(1, std::memory_order_release);
  result.added = {free, number_, contact, static_cast<int>(cell), agent};
  return result;
}

std::optional<DeclineTable::Change> DeclineTable::Remove(std::uint32_t entry,
                                                         std::uint64_t number) {
  MutexLock lock(mutex_);
  if (entries_[entry].number != number) return std::nullopt;
  return Take(entry);
}

std::vector<DeclineTable::Change> DeclineTable::RemoveContact(
    std::uint32_t slot) {
  std::vector<Change> removed;
  if (of_contact_[slot].load(std::memory_order_acquire) == 0) return removed;
  MutexLock lock(mutex_);
  for (const std::uint32_t entry : cells_[slot]) {
    if (entry != 0) removed.push_back(Take(entry - 1));
  }
  return removed;
}

std::vector<DeclineTable::Change> DeclineTable::RemoveAgent(
    std::uint32_t agent) {
  std::vector<Change> removed;
  if (of_agent_[agent].load(std::memory_order_acquire) == 0) return removed;
  MutexLock lock(mutex_);
  const std::uint32_t first = agent * static_cast<std::uint32_t>(kPerAgent);
  for (std::uint32_t i = first; i < first + kPerAgent; ++i) {
    if (entries_[i].number != 0) removed.push_back(Take(i));
  }
  return removed;
}

std::vector<DeclineTable::Standing> DeclineTable::OfContact(
    std::uint32_t slot) const {
  std::vector<Standing> standing;
  if (of_contact_[slot].load(std::memory_order_acquire) == 0) return standing;
  MutexLock lock(mutex_);
  for (const std::uint32_t cell : cells_[slot]) {
    if (cell == 0) continue;
    const Entry& entry = entries_[cell - 1];
    standing.push_back({AgentOf(cell - 1), entry.contact, entry.until_ms});
  }
  return standing;
}

std::vector<DeclineTable::Standing> DeclineTable::OfAgent(
    std::uint32_t agent) const {
  std::vector<Standing> standing;
  if (of_agent_[agent].load(std::memory_order_acquire) == 0) return standing;
  MutexLock lock(mutex_);
  const std::uint32_t first = agent * static_cast<std::uint32_t>(kPerAgent);
  for (std::uint32_t i = first; i < first + kPerAgent; ++i) {
    const Entry& entry = entries_[i];
    if (entry.number == 0) continue;
    standing.push_back({agent, entry.contact, entry.until_ms});
  }
  return standing;
}

}  // namespace relais
