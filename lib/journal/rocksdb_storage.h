// A storage in a directory, on RocksDB: two column families, `journal` (eight
// bytes of the first sequence, the most significant first -> record) and `live`
// (key -> live record), each batch one synced write; and the side file
// `committed` beside them.
//
// RocksDB's own recovery is kPointInTimeRecovery: it stops without a word at
// the first damaged byte of its log. So what it gives back is checked above it
// (journal.h).
//
// Thread safety: none; one thread. A second process on the same directory is
// refused, as is a second opener in this one.

#ifndef RELAIS_LIB_JOURNAL_ROCKSDB_STORAGE_H_
#define RELAIS_LIB_JOURNAL_ROCKSDB_STORAGE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/journal/storage.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace relais::journal {

struct RocksdbOptions {
  // Created with mode 0700 if it is not there, its parents likewise.
  std::string directory;
  // For tests: what files are made of. The system's if null; must outlive the
  // storage.
  rocksdb::Env* env = nullptr;
  // Of each column family, before it goes to a file of its own. What is in
  // memory twice is bounded by two buffers of each.
  std::size_t write_buffer_bytes = 32 * 1024 * 1024;
};

// FAILED_PRECONDITION if the directory is in use; otherwise what the disk says,
// with the directory's name.
absl::StatusOr<std::unique_ptr<Storage>> OpenRocksdbStorage(
    const RocksdbOptions& options);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_ROCKSDB_STORAGE_H_
