// Which agent declined which contact: the exclusions that stand.
//
// An exclusion is an entry found from three sides: its contact (at most 8, the
// oldest displaced), its agent (at most 64, likewise) and its own deadline,
// whose id is the entry's index. The core's exclusion cells follow what this
// table says; each change of a cell has a number, and the core ignores changes
// that come late (Matcher::SetExclusion), so they are made without the lock.
//
// Thread safety: every member from any thread.
//
// Locks: one mutex. It is taken by declines, and by a presence change or a
// contact's end only if exclusions of that agent or contact stand (counts that
// are read without it). Longest hold: 64 entries. May be taken under an
// agent's mutex; nothing is called while it is held.
//
// Atomics
//   X1  counts per contact and agent, changed under the lock, read without it
//       (acquire <-> release): a caller that may skip the lock has the agent's
//       or the contact's last change before it through that entity's own
//       ordering (the agent's mutex, the contact's word).

#ifndef RELAIS_LIB_ENGINE_DECLINE_TABLE_H_
#define RELAIS_LIB_ENGINE_DECLINE_TABLE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lib/base/mutex.h"
#include "relais/limits.h"
#include "relais/types.h"

namespace relais {

class DeclineTable {
 public:
  // What has to be told to the core and to the deadlines about one entry.
  struct Change {
    std::uint32_t entry = 0;   // its deadline's id, counted from 0
    std::uint64_t number = 0;  // of this change; of the entry when added
    ContactHandle contact;
    int cell = 0;
    std::uint32_t agent = 0;
  };
  struct Added {
    Change added;
    std::optional<Change> displaced_of_contact;  // its cell is reused
    std::optional<Change> displaced_of_agent;    // its cell must be emptied
  };

  DeclineTable(std::uint32_t contacts, std::uint32_t agents);

  static std::uint32_t EntriesFor(std::uint32_t agents) {
    return agents * static_cast<std::uint32_t>(kDeclinesPerAgentMax);
  }

  // What stands, for whoever asks.
  struct Standing {
    std::uint32_t agent = 0;
    ContactHandle contact;
    InstantMs until_ms = 0;
  };

  // The caller makes sure that the contact does not end meanwhile.
  Added Add(ContactHandle contact, std::uint32_t agent, InstantMs until_ms);
  // Empty if the entry is not the one added with `number` any more.
  std::optional<Change> Remove(std::uint32_t entry, std::uint64_t number);
  std::vector<Change> RemoveContact(std::uint32_t slot);
  std::vector<Change> RemoveAgent(std::uint32_t agent);

  std::vector<Standing> OfContact(std::uint32_t slot) const;
  std::vector<Standing> OfAgent(std::uint32_t agent) const;

  // Exclusions given up because there were too many.
  std::uint64_t forgotten() const {
    return forgotten_.load(std::memory_order_relaxed);  // a figure
  }

 private:
  static constexpr std::size_t kCells = kDeclinesPerContactMax;
  static constexpr std::size_t kPerAgent = kDeclinesPerAgentMax;

  struct Entry {
    std::uint64_t number = 0;  // 0 = not in use
    ContactHandle contact;
    InstantMs until_ms = 0;
    std::uint8_t cell = 0;
  };

  std::uint32_t AgentOf(std::uint32_t entry) const {
    return entry / static_cast<std::uint32_t>(kPerAgent);
  }
  Change Take(std::uint32_t entry) RELAIS_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::uint64_t number_ RELAIS_GUARDED_BY(mutex_) = 0;
  // Entries of agent a are a * 64 .. a * 64 + 63.
  std::vector<Entry> entries_ RELAIS_GUARDED_BY(mutex_);
  // Entry + 1 in each cell of a contact, 0 = empty.
  std::vector<std::array<std::uint32_t, kCells>> cells_
      RELAIS_GUARDED_BY(mutex_);
  const std::unique_ptr<std::atomic<std::uint8_t>[]> of_contact_;  // X1
  const std::unique_ptr<std::atomic<std::uint8_t>[]> of_agent_;    // X1
  std::atomic<std::uint64_t> forgotten_{0};
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_DECLINE_TABLE_H_
