// The records of decisions (relais/decision_record.h), where decisions write
// them and readers copy them without locks.
//
// Each contact's slot has a cell: the record of the last decision about a
// contact in it is written there once, on memory that goes with the contact,
// and stays while the reservation stands or its contact is in handling. Whoever
// ends that copies it to a ring of the last that ended, so that deciding pays
// for one short write and nothing else (docs/adr/0018).
//
// Thread safety: readers from any thread. Write: by the thread that reserved
// the contact, before its reservation is in the agent's record; so writes of
// one cell come after each other (records.h). KeepEnded from any thread. If the
// ring's turn comes to a cell that another thread is still writing, the record
// is dropped. NameAgent: one thread at a time.
//
// Progress: no member waits. Cost of Write: 8 words, two for each lane and
// class compared, and the contact's id.
//
// Atomics: T (stamped_cells.h), and
//   T3  next_: fetch_add relaxed by KeepEnded <-> load relaxed by readers: the
//       number says where to write and to read; what is read there is believed
//       by its stamp.

#ifndef RELAIS_LIB_ENGINE_DECISION_LOG_H_
#define RELAIS_LIB_ENGINE_DECISION_LOG_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/stamped_cells.h"
#include "lib/match/matcher.h"
#include "relais/decision_record.h"
#include "relais/event.h"

namespace relais {

class DecisionLog {
 public:
  struct Kept {
    DecisionRecord record;
    std::string contact_id;
  };

  // Of `records` that have ended, at least 1. Not `enabled`: decisions leave
  // none.
  DecisionLog(std::uint32_t contacts, std::uint32_t agents,
              std::uint32_t records, bool enabled);

  // Of the reservation that the event tells.
  void Write(const match::Decision& decision, const Event& created,
             std::uint32_t queue);
  // Of a decision made before a restart.
  void WriteRestored(const Event& reservation, std::uint32_t queue);
  // The cell of a contact's slot, whether or not its reservation stands.
  std::optional<Kept> OfSlot(std::uint32_t slot) const;
  // Nothing: nothing is known of the decision.
  void KeepEnded(const std::optional<Kept>& kept);
  // Of a contact that is the caller's alone: its reservation is over.
  void KeepEnded(ContactHandle contact);
  // The last that ended of this contact and attempt; 0: of any.
  std::optional<Kept> FindEnded(ContactHandle contact,
                                std::uint64_t attempt) const;
  // Newest first; of contacts in slots below `slots` and of those that ended.
  std::vector<Kept> Newest(InstantMs since_ms, std::uint32_t slots,
                           std::size_t limit) const;

  void NameAgent(AgentHandle agent, std::string_view id);
  // Of the agent who is in the slot now.
  std::string AgentId(std::uint32_t slot) const;
  // Empty: it is no longer configured.
  std::string AgentId(AgentHandle agent) const;

 private:
  // An id: its length, its bytes.
  static constexpr std::size_t kIdWords = 1 + (kIdBytesMax + 7) / 8;
  static constexpr std::size_t kRecordWords = sizeof(DecisionRecord) / 8;
  using Cells = StampedCells<std::atomic, kRecordWords + kIdWords>;
  using Names = StampedCells<std::atomic, 1 + kIdWords>;  // generation, id

  template <class Put>
  static void PutId(std::string_view id, std::size_t at, Put put);
  template <class Words>
  static std::string IdAt(const Words& words, std::size_t at);
  // `entries(put)` calls put(entry) for each.
  template <class Entries>
  static auto Filling(const DecisionHead& head, std::string_view id,
                      const Entries& entries);
  static Kept ToKept(const Cells::Words& words);
  std::optional<Kept> Ended(std::uint64_t number) const;

  const bool enabled_;
  Cells standing_;  // by contact slot
  Cells ended_;
  Names agents_;
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> next_{0};  // T3
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_DECISION_LOG_H_
