// Where a journal's bytes are kept: records by their first sequence, live
// records by key, and a side file. What a Storage is given it gives back; what
// the bytes mean is journal.h's business.
//
// Errors: of the storage, with the path and what to do about it. After a failed
// Write the storage may or may not have the batch; nothing must be written to
// it any more, and what it has is found out by opening it again.
//
// Thread safety: none; one thread. One process at a time.

#ifndef RELAIS_LIB_JOURNAL_STORAGE_H_
#define RELAIS_LIB_JOURNAL_STORAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace relais::journal {

// Written whole or not at all.
struct StorageBatch {
  std::vector<std::pair<std::uint64_t, std::string>> records;
  std::vector<std::pair<std::string, std::string>> live_puts;
  std::vector<std::string> live_deletes;
  // Records whose first sequence is smaller are dropped; 0 drops none.
  std::uint64_t trim_before = 0;
};

class Storage {
 public:
  // Stops the reading when it is not OK, and is what the reading then answers.
  using OnRecord = absl::FunctionRef<absl::Status(std::uint64_t first_sequence,
                                                  std::string_view bytes)>;
  using OnLive = absl::FunctionRef<absl::Status(std::string_view key,
                                                std::string_view bytes)>;

  virtual ~Storage() = default;

  // Applies the batch. If `synced`, it is on the medium when this returns OK.
  virtual absl::Status Write(const StorageBatch& batch, bool synced) = 0;

  // All live records, by rising key (bytes compared as unsigned).
  virtual absl::Status ReadLive(OnLive on_live) = 0;
  // The records whose first sequence is at least `from`, by rising sequence.
  virtual absl::Status ReadRecords(std::uint64_t from, OnRecord on_record) = 0;
  // The first sequences of the last `count` records, rising.
  virtual absl::StatusOr<std::vector<std::uint64_t>> LastRecords(
      std::size_t count) = 0;

  // The side file: one short line, not synced. Empty if there is none.
  virtual absl::Status WriteSide(std::string_view text) = 0;
  virtual absl::StatusOr<std::string> ReadSide() = 0;

  // Room left for more.
  virtual absl::StatusOr<std::uint64_t> FreeBytes() = 0;

  // Lets go of everything; another process may open it afterwards. No other
  // call may follow.
  virtual absl::Status Close() = 0;

  // For messages: the directory, or "memory".
  virtual std::string Name() const = 0;
};

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_STORAGE_H_
