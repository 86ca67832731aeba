// Files that fail when told to, count their syncs, and forget at a power loss
// what was not synced: bytes behind the last sync of a file, and names that
// their directory was not synced for.
//
// Deleting a file is taken for durable at once.
//
// Thread safety: every member from any thread (RocksDB has threads of its own).

#ifndef RELAIS_TESTS_JOURNAL_FAULT_FILE_SYSTEM_H_
#define RELAIS_TESTS_JOURNAL_FAULT_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/random.h"

namespace relais::journal {

class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultFileSystem"; }

  // The append or sync of a log after so many more fails; as does everything
  // after it, if the machine is said to stop there.
  void FailAppend(int after, rocksdb::IOStatus error);
  void FailSync(int after, rocksdb::IOStatus error);
  // From this call on nothing is written any more.
  void StopAtAppend(int after);
  // Of write-ahead logs.
  std::uint64_t log_syncs() const;

  // Stops if it was not stopped, then makes the files what a medium could have
  // after the power was cut. Everything must be closed.
  void Stop();
  void LosePower(Random& random);

  rocksdb::IOStatus NewWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  // Its writes may each be lost, as renames are.
  rocksdb::IOStatus NewRandomRWFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomRWFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(
      const std::string& path, const rocksdb::IOOptions& options,
      std::unique_ptr<rocksdb::FSDirectory>* directory,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // For the files that this makes.
  rocksdb::IOStatus BeforeAppend(const std::string& path, bool* stopped);
  void AfterAppend(const std::string& path, std::uint64_t size);
  rocksdb::IOStatus BeforeWriteInPlace(const std::string& path);
  rocksdb::IOStatus BeforeSync(const std::string& path);
  void AfterSync(const std::string& path);
  void AfterDirectorySync(const std::string& path);

 private:
  struct File {
    std::uint64_t size = 0;
    std::uint64_t synced = 0;
    bool named = false;  // its directory was synced since it was made
  };
  struct Renamed {
    std::string to;
    std::optional<std::string> before;  // what `to` was
  };

  rocksdb::IOStatus StoppedError() const;

  mutable std::mutex mutex_;
  bool stopped_ = false;
  int appends_left_ = -1;  // -1: none fails
  int syncs_left_ = -1;
  bool stop_there_ = false;
  rocksdb::IOStatus append_error_;
  rocksdb::IOStatus sync_error_;
  std::uint64_t log_syncs_ = 0;
  std::map<std::string, File> files_;
  // Since their directory was synced; and what was written in place.
  std::vector<Renamed> renamed_;
};

}  // namespace relais::journal

#endif  // RELAIS_TESTS_JOURNAL_FAULT_FILE_SYSTEM_H_
