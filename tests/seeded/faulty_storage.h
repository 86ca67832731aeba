// A storage in memory that fails as disks and machines do, drawn from a seed:
// a write or a sync fails, the machine stops between any two operations, a
// power loss takes a random part of what was not synced, the disk is full.
//
// The contract is that of lib/journal/storage.h: a batch is there whole or not
// at all, in the order of writing; a synced one is on the medium, with those
// before it; the side file is replaced whole and never synced.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_SEEDED_FAULTY_STORAGE_H_
#define RELAIS_TESTS_SEEDED_FAULTY_STORAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/random.h"
#include "lib/journal/memory_storage.h"
#include "lib/journal/storage.h"

namespace relais::seeded {

class FaultyStorage final : public journal::Storage {
 public:
  explicit FaultyStorage(std::uint64_t seed) : random_(seed) {}

  // What the next operations that change something do, after `after` of them
  // that do as they should. Once.
  enum class Fault : std::uint8_t {
    kNone,
    kWriteFails,   // an error; nothing is written
    kSyncFails,    // an error; written, but not synced
    kDiesBefore,   // the machine stops: nothing is done from here on
    kDiesAfter,    // the same, but this one is done
    kDiesUnknown,  // written, perhaps synced
  };
  void FailNext(Fault fault, std::uint64_t after);
  // Until it is taken back no write finds room.
  void set_full(bool full) { full_ = full; }

  // Planted, for the auditor's own test: a power loss takes one synced batch
  // and says nothing.
  void set_lies(bool lies) { lies_ = lies; }

  // The machine has stopped: every operation fails until it comes back.
  bool dead() const { return dead_; }

  // The process is gone and comes back; what it has written is there.
  void Kill();
  // The machine is gone and comes back; of what was not synced some of the last
  // writes are not there.
  void LosePower();

  // The last event that a power loss would leave.
  std::uint64_t OnMedium() const;
  std::uint64_t syncs() const { return syncs_; }
  // What it shows now.
  const journal::MemoryStorage& shown() const { return shown_; }
  // The same, to be damaged in a copy.
  journal::MemoryStorage CopyOfShown() const { return shown_; }

  absl::Status Write(const journal::StorageBatch& batch, bool synced) override;
  absl::Status ReadLive(OnLive on_live) override;
  absl::Status ReadRecords(std::uint64_t from, OnRecord on_record) override;
  absl::StatusOr<std::vector<std::uint64_t>> LastRecords(
      std::size_t count) override;
  absl::Status WriteSide(std::string_view text) override;
  absl::StatusOr<std::string> ReadSide() override;
  absl::StatusOr<std::uint64_t> FreeBytes() override;
  absl::Status Close() override { return absl::OkStatus(); }
  std::string Name() const override { return "seeded"; }

 private:
  // What this operation is to do.
  Fault TakeFault();
  void Sync();

  Random random_;
  journal::MemoryStorage shown_;   // with all that was written
  journal::MemoryStorage medium_;  // with all that was synced
  std::vector<journal::StorageBatch> not_synced_;
  std::vector<std::string> side_texts_;  // those that it may have
  Fault fault_ = Fault::kNone;
  std::uint64_t fault_after_ = 0;
  bool dead_ = false;
  bool full_ = false;
  bool lies_ = false;
  std::uint64_t syncs_ = 0;
  journal::MemoryStorage before_last_records_;
};

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_FAULTY_STORAGE_H_
