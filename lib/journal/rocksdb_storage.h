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
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/journal/log_hook.h"
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
  // Told of every step of the log on the system's files; not with `env`.
  LogHook log_hook;
  // Of each column family, before it goes to a file of its own. What is in
  // memory twice is bounded by two buffers of each.
  std::size_t write_buffer_bytes = 32 * 1024 * 1024;
};

// FAILED_PRECONDITION if the directory is in use; otherwise what the disk says,
// with the directory's name.
absl::StatusOr<std::unique_ptr<Storage>> OpenRocksdbStorage(
    const RocksdbOptions& options);

// A storage that only reads and changes no file. What it shows stays as it was
// when it was opened.
struct ReadOnlyStorage {
  std::unique_ptr<Storage> storage;
  // Another process has it open and may be writing: the storage shows a prefix
  // of what that one has written, normally whole groups. A race with its
  // housekeeping may still show something else; whoever finds what is shown
  // not to be sound opens it again. The side file was read first, so it tells
  // nothing that the prefix does not have.
  bool in_use = false;
  std::int64_t writer_pid = 0;  // 0: not known, as from inside a container
};
// NOT_FOUND if there is no directory, FAILED_PRECONDITION if it is no journal;
// otherwise what the disk says, with the directory's name. Not for a process
// that has the same directory open for writing: it would lose its lock.
absl::StatusOr<ReadOnlyStorage> OpenRocksdbReadOnly(
    const RocksdbOptions& options);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_ROCKSDB_STORAGE_H_
