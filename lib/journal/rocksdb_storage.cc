#include "lib/journal/rocksdb_storage.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"

namespace relais::journal {
namespace {

constexpr std::string_view kSideFile = "committed";
rocksdb::Slice SliceOf(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

std::string RecordKey(std::uint64_t sequence) {
  std::string key;
  AppendBigEndian(sequence, &key);
  return key;
}

absl::Status FromRocksdb(const rocksdb::Status& status,
                         std::string_view directory, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string what = absl::StrCat("journal ", Text(directory), ": ",
                                        Text(doing), ": ", status.ToString());
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        what, "; make room on that file system, then start again"));
  }
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat(
        what, "; keep a copy of the directory before anything else"));
  }
  return absl::UnavailableError(absl::StrCat(
      what, "; check the disk and the directory's rights, then start again"));
}

absl::Status MakeDirectory(const std::string& directory) {
  // Each parent in turn: "a", "a/b", "a/b/c".
  for (std::size_t at = 1; at <= directory.size(); ++at) {
    if (at < directory.size() && directory[at] != '/') continue;
    const std::string part = directory.substr(0, at);
    if (::mkdir(part.c_str(), S_IRWXU) == 0 || errno == EEXIST) continue;
    const int error = errno;
    struct stat found = {};
    // Somebody else's file system may refuse to make what is there already.
    if (::stat(part.c_str(), &found) == 0 && S_ISDIR(found.st_mode)) continue;
    return absl::UnavailableError(absl::StrCat(
        "journal ", directory, ": directory ", part,
        " cannot be made: ", std::generic_category().message(error)));
  }
  return absl::OkStatus();
}

rocksdb::Options DatabaseOptions(rocksdb::Env* env,
                                 std::size_t write_buffer_bytes) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_total_wal_size = 4 * write_buffer_bytes;
  // A failed write or sync is never tried again.
  options.max_bgerror_resume_count = 0;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptions(std::size_t write_buffer_bytes) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = write_buffer_bytes;
  return options;
}

class RocksdbStorage : public Storage {
 public:
  RocksdbStorage(std::string directory, rocksdb::Env* env)
      : directory_(std::move(directory)), env_(env) {}
  ~RocksdbStorage() override { Close().IgnoreError(); }

  absl::Status Open(std::size_t write_buffer_bytes);
  absl::Status Write(const StorageBatch& batch, bool synced) override;
  absl::Status ReadLive(OnLive on_live) override;
  absl::Status ReadRecords(std::uint64_t from, OnRecord on_record) override;
  absl::StatusOr<std::vector<std::uint64_t>> LastRecords(
      std::size_t count) override;
  absl::Status WriteSide(std::string_view text) override;
  absl::StatusOr<std::string> ReadSide() override;
  absl::StatusOr<std::uint64_t> FreeBytes() override;
  absl::Status Close() override;
  std::string Name() const override { return directory_; }

 private:
  absl::StatusOr<std::uint64_t> SequenceOf(const rocksdb::Slice& key) const;
  std::string SidePath() const {
    return absl::StrCat(directory_, "/", Text(kSideFile));
  }

  const std::string directory_;
  rocksdb::Env* const env_;
  std::unique_ptr<rocksdb::DB> database_;
  rocksdb::ColumnFamilyHandle* default_ = nullptr;
  rocksdb::ColumnFamilyHandle* journal_ = nullptr;
  rocksdb::ColumnFamilyHandle* live_ = nullptr;
};

absl::Status RocksdbStorage::Open(std::size_t write_buffer_bytes) {
  absl::Status made = MakeDirectory(directory_);
  if (!made.ok()) return made;
  const rocksdb::ColumnFamilyOptions family = FamilyOptions(write_buffer_bytes);
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, family},
      {"journal", family},
      {"live", family}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(DatabaseOptions(env_, write_buffer_bytes), directory_,
                        families, &handles, &database);
  if (!status.ok()) {
    const std::string text = status.ToString();
    if (status.IsIOError() && text.find("/LOCK") != std::string::npos) {
      return absl::FailedPreconditionError(absl::StrCat(
          "journal ", directory_,
          ": another process has it open; stop that one or give this one a "
          "directory of its own (",
          text, ")"));
    }
    return FromRocksdb(status, directory_, "opening");
  }
  database_.reset(database);
  default_ = handles[0];
  journal_ = handles[1];
  live_ = handles[2];
  return absl::OkStatus();
}

absl::Status RocksdbStorage::Write(const StorageBatch& batch, bool synced) {
  rocksdb::WriteBatch writes;
  rocksdb::Status status;
  const auto add = [&status](const rocksdb::Status& added) {
    if (status.ok()) status = added;
  };
  for (const auto& [sequence, bytes] : batch.records) {
    add(writes.Put(journal_, RecordKey(sequence), bytes));
  }
  for (const auto& [key, bytes] : batch.live_puts) {
    add(writes.Put(live_, key, bytes));
  }
  for (const std::string& key : batch.live_deletes) {
    add(writes.Delete(live_, key));
  }
  if (batch.trim_before > 0) {
    add(writes.DeleteRange(journal_, RecordKey(0),
                           RecordKey(batch.trim_before)));
  }
  if (status.ok()) {
    rocksdb::WriteOptions options;
    options.sync = synced;
    status = database_->Write(options, &writes);
  }
  return FromRocksdb(status, directory_, "writing a group");
}

absl::Status RocksdbStorage::ReadLive(OnLive on_live) {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  options.readahead_size = 1024 * 1024;
  const std::unique_ptr<rocksdb::Iterator> it(
      database_->NewIterator(options, live_));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    absl::Status status = on_live({it->key().data(), it->key().size()},
                                  {it->value().data(), it->value().size()});
    if (!status.ok()) return status;
  }
  return FromRocksdb(it->status(), directory_, "reading live records");
}

absl::StatusOr<std::uint64_t> RocksdbStorage::SequenceOf(
    const rocksdb::Slice& key) const {
  if (key.size() == sizeof(std::uint64_t)) {
    return GetBigEndian<std::uint64_t>({key.data(), key.size()}, 0);
  }
  return absl::DataLossError(
      absl::StrCat("journal ", directory_, ": a record's key has ", key.size(),
                   " bytes instead of ", sizeof(std::uint64_t)));
}

absl::Status RocksdbStorage::ReadRecords(std::uint64_t from,
                                         OnRecord on_record) {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(
      database_->NewIterator(options, journal_));
  for (it->Seek(RecordKey(from)); it->Valid(); it->Next()) {
    const auto sequence = SequenceOf(it->key());
    if (!sequence.ok()) return sequence.status();
    absl::Status status =
        on_record(*sequence, {it->value().data(), it->value().size()});
    if (!status.ok()) return status;
  }
  return FromRocksdb(it->status(), directory_, "reading records");
}

absl::StatusOr<std::vector<std::uint64_t>> RocksdbStorage::LastRecords(
    std::size_t count) {
  std::vector<std::uint64_t> last;
  const std::unique_ptr<rocksdb::Iterator> it(
      database_->NewIterator(rocksdb::ReadOptions(), journal_));
  for (it->SeekToLast(); it->Valid() && last.size() < count; it->Prev()) {
    const auto sequence = SequenceOf(it->key());
    if (!sequence.ok()) return sequence.status();
    last.push_back(*sequence);
  }
  absl::Status status =
      FromRocksdb(it->status(), directory_, "reading records");
  if (!status.ok()) return status;
  std::reverse(last.begin(), last.end());
  return last;
}

// A reader sees the old text or the new one, whatever is killed; after a power
// loss it may see an older one, or none.
absl::Status RocksdbStorage::WriteSide(std::string_view text) {
  const std::string path = SidePath();
  const std::string fresh = path + ".new";
  rocksdb::Status status =
      rocksdb::WriteStringToFile(env_, SliceOf(text), fresh, false);
  if (status.ok()) status = env_->RenameFile(fresh, path);
  return FromRocksdb(status, directory_, "writing the file committed");
}

absl::StatusOr<std::string> RocksdbStorage::ReadSide() {
  const std::string path = SidePath();
  if (env_->FileExists(path).IsNotFound()) return std::string();
  std::string text;
  absl::Status status =
      FromRocksdb(rocksdb::ReadFileToString(env_, path, &text), directory_,
                  "reading the file committed");
  if (!status.ok()) return status;
  return text;
}

absl::StatusOr<std::uint64_t> RocksdbStorage::FreeBytes() {
  std::uint64_t free = 0;
  absl::Status status = FromRocksdb(env_->GetFreeSpace(directory_, &free),
                                    directory_, "asking for the room left");
  if (!status.ok()) return status;
  return free;
}

absl::Status RocksdbStorage::Close() {
  if (database_ == nullptr) return absl::OkStatus();
  rocksdb::Status status;
  for (rocksdb::ColumnFamilyHandle* family : {default_, journal_, live_}) {
    const rocksdb::Status destroyed =
        database_->DestroyColumnFamilyHandle(family);
    if (status.ok()) status = destroyed;
  }
  const rocksdb::Status closed = database_->Close();
  if (status.ok()) status = closed;
  database_.reset();
  return FromRocksdb(status, directory_, "closing");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Storage>> OpenRocksdbStorage(
    const RocksdbOptions& options) {
  if (options.directory.empty()) {
    return FieldError(absl::StatusCode::kInvalidArgument, "journal",
                      "the directory's name is empty");
  }
  auto storage = std::make_unique<RocksdbStorage>(
      options.directory,
      options.env != nullptr ? options.env : rocksdb::Env::Default());
  absl::Status status = storage->Open(options.write_buffer_bytes);
  if (!status.ok()) return status;
  return std::unique_ptr<Storage>(std::move(storage));
}

}  // namespace relais::journal
