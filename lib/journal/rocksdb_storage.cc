#include "lib/journal/rocksdb_storage.h"

#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"
#include "lib/journal/hooked_file_system.h"

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

// After a full disk RocksDB would try again by itself, on a log that has
// failed.
class NoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::Options DatabaseOptions(rocksdb::Env* env,
                                 std::size_t write_buffer_bytes) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_total_wal_size = 4 * write_buffer_bytes;
  // Otherwise each start leaves another small file, for ever.
  options.avoid_flush_during_recovery = true;
  // A failed write or sync is never tried again.
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<NoRecovery>());
  options.max_background_jobs = 2;
  // There is one writer.
  options.allow_concurrent_memtable_write = false;
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

std::vector<rocksdb::ColumnFamilyDescriptor> Families(
    std::size_t write_buffer_bytes) {
  const rocksdb::ColumnFamilyOptions family = FamilyOptions(write_buffer_bytes);
  rocksdb::ColumnFamilyOptions live = family;
  // Live records are read when a journal is opened, and hardly ever after that.
  // So they are put in order once, in the background, and not one by one while
  // a group waits: that was half of what Append cost.
  live.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
  return {{rocksdb::kDefaultColumnFamilyName, family},
          {"journal", family},
          {"live", live}};
}

// A reader leaves no log file behind.
class NoLog : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// Asks who holds RocksDB's lock on the directory.
void FindWriter(const std::string& directory, ReadOnlyStorage* found) {
  const int file =
      ::open(absl::StrCat(directory, "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;  // a copy without it
  struct flock wanted = {};
  wanted.l_type = F_WRLCK;
  wanted.l_whence = SEEK_SET;
  if (::fcntl(file, F_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK) {
    found->in_use = true;
    found->writer_pid = std::max<std::int64_t>(wanted.l_pid, 0);
  }
  ::close(file);
}

absl::Status CheckIsJournal(rocksdb::Env* env, const std::string& directory) {
  bool is_directory = false;
  const rocksdb::Status found = env->IsDirectory(directory, &is_directory);
  if (!found.ok()) {
    return absl::NotFoundError(
        absl::StrCat("journal ", directory,
                     ": there is no such directory, or it may not be read (",
                     found.ToString(), ")"));
  }
  if (is_directory && env->FileExists(directory + "/CURRENT").ok()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "journal ", directory, ": is no journal, ",
      is_directory ? "it has no file CURRENT" : "it is no directory",
      "; name the directory that relaisd --journal was given"));
}

// At most so many bytes are RocksDB's form of the batch.
std::size_t SizeOf(const StorageBatch& batch) {
  // A letter, the column family and two lengths; for all of them two numbers.
  constexpr std::size_t kFrame = 16;
  std::size_t bytes = 2 * kFrame;
  for (const auto& [sequence, record] : batch.records) {
    bytes += kFrame + sizeof(sequence) + record.size();
  }
  for (const auto& [key, record] : batch.live_puts) {
    bytes += kFrame + key.size() + record.size();
  }
  for (const std::string& key : batch.live_deletes) {
    bytes += kFrame + key.size();
  }
  return bytes;
}

class RocksdbStorage : public Storage {
 public:
  RocksdbStorage(std::string directory, rocksdb::Env* env,
                 std::unique_ptr<rocksdb::Env> own_env)
      : directory_(std::move(directory)),
        own_env_(std::move(own_env)),
        env_(own_env_ != nullptr ? own_env_.get() : env) {}
  ~RocksdbStorage() override { Close().IgnoreError(); }

  absl::Status Open(std::size_t write_buffer_bytes);
  // `beside_writer`: another process has it open.
  absl::Status OpenReadOnly(std::size_t write_buffer_bytes, bool beside_writer);
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
  void Take(rocksdb::DB* database,
            const std::vector<rocksdb::ColumnFamilyHandle*>& handles);
  absl::StatusOr<std::uint64_t> SequenceOf(const rocksdb::Slice& key) const;
  rocksdb::Status ReplaceSide(std::string_view text);
  absl::Status NotForWriting() const {
    return absl::FailedPreconditionError(
        absl::StrCat("journal ", directory_, ": is open for reading only"));
  }
  std::string SidePath() const {
    return absl::StrCat(directory_, "/", Text(kSideFile));
  }

  const std::string directory_;
  const std::unique_ptr<rocksdb::Env> own_env_;
  rocksdb::Env* const env_;
  std::unique_ptr<rocksdb::DB> database_;
  rocksdb::ColumnFamilyHandle* default_ = nullptr;
  rocksdb::ColumnFamilyHandle* journal_ = nullptr;
  rocksdb::ColumnFamilyHandle* live_ = nullptr;
  // The side file as this process wrote it last; null: not yet.
  std::unique_ptr<rocksdb::RandomRWFile> side_file_;
  std::size_t side_bytes_ = 0;
  bool read_only_ = false;
  std::string side_;  // of a read-only one, as read before opening
};

void RocksdbStorage::Take(
    rocksdb::DB* database,
    const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  database_.reset(database);
  default_ = handles[0];
  journal_ = handles[1];
  live_ = handles[2];
}

absl::Status RocksdbStorage::Open(std::size_t write_buffer_bytes) {
  absl::Status made = MakeDirectory(directory_);
  if (!made.ok()) return made;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(DatabaseOptions(env_, write_buffer_bytes), directory_,
                        Families(write_buffer_bytes), &handles, &database);
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
  Take(database, handles);
  return absl::OkStatus();
}

absl::Status RocksdbStorage::OpenReadOnly(std::size_t write_buffer_bytes,
                                          bool beside_writer) {
  absl::Status status = CheckIsJournal(env_, directory_);
  if (!status.ok()) return status;
  // Before the records: the writer may go on meanwhile, and this tells what was
  // acknowledged of those that will be found.
  auto side = ReadSide();
  if (!side.ok()) return side.status();
  side_ = *std::move(side);
  rocksdb::Options options = DatabaseOptions(env_, write_buffer_bytes);
  options.create_if_missing = false;
  options.create_missing_column_families = false;
  options.info_log = std::make_shared<NoLog>();
  // Files that the writer removes meanwhile stay readable.
  options.max_open_files = -1;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  // Each for what RocksDB promises of it: the first recovers as a writer would,
  // but is undefined beside one; the second is for beside one. The second
  // directory is for a log file, of which there is none.
  const rocksdb::Status opened =
      beside_writer ? rocksdb::DB::OpenAsSecondary(
                          options, directory_, directory_,
                          Families(write_buffer_bytes), &handles, &database)
                    : rocksdb::DB::OpenForReadOnly(options, directory_,
                                                   Families(write_buffer_bytes),
                                                   &handles, &database);
  if (opened.IsInvalidArgument()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "journal ", directory_,
        ": is a RocksDB database, but no journal: ", opened.ToString()));
  }
  if (!opened.ok()) return FromRocksdb(opened, directory_, "opening to read");
  Take(database, handles);
  read_only_ = true;
  return absl::OkStatus();
}

absl::Status RocksdbStorage::Write(const StorageBatch& batch, bool synced) {
  if (read_only_) return NotForWriting();
  rocksdb::WriteBatch writes(SizeOf(batch));
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

// In place if the text is as long as the one before, which is of this process:
// to replace the file each time made the file system write it at once, which
// cost as much as syncing the log. A reader sees the old text or the new one,
// whatever is killed: both lie in one page. After a power loss it may see an
// older one, or none.
absl::Status RocksdbStorage::WriteSide(std::string_view text) {
  if (read_only_) return NotForWriting();
  rocksdb::Status status;
  if (side_file_ != nullptr && text.size() == side_bytes_) {
    status = side_file_->Write(0, SliceOf(text));
  } else {
    status = ReplaceSide(text);
  }
  if (!status.ok()) side_file_.reset();
  return FromRocksdb(status, directory_, "writing the file committed");
}

rocksdb::Status RocksdbStorage::ReplaceSide(std::string_view text) {
  const std::string path = SidePath();
  const std::string fresh = path + ".new";
  side_file_.reset();
  rocksdb::Status status =
      rocksdb::WriteStringToFile(env_, SliceOf(text), fresh, false);
  if (status.ok()) status = env_->RenameFile(fresh, path);
  if (!status.ok()) return status;
  side_bytes_ = text.size();
  // Without it the next text is written as this one was.
  env_->NewRandomRWFile(path, &side_file_, rocksdb::EnvOptions())
      .PermitUncheckedError();
  return status;
}

absl::StatusOr<std::string> RocksdbStorage::ReadSide() {
  if (read_only_) return side_;
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
  side_file_.reset();
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
  std::unique_ptr<rocksdb::Env> own_env;
  if (options.log_hook != nullptr) {
    own_env = rocksdb::NewCompositeEnv(HookFileSystem(options.log_hook));
  }
  auto storage = std::make_unique<RocksdbStorage>(
      options.directory,
      options.env != nullptr ? options.env : rocksdb::Env::Default(),
      std::move(own_env));
  absl::Status status = storage->Open(options.write_buffer_bytes);
  if (!status.ok()) return status;
  return std::unique_ptr<Storage>(std::move(storage));
}

absl::StatusOr<ReadOnlyStorage> OpenRocksdbReadOnly(
    const RocksdbOptions& options) {
  auto storage = std::make_unique<RocksdbStorage>(
      options.directory,
      options.env != nullptr ? options.env : rocksdb::Env::Default(), nullptr);
  ReadOnlyStorage opened;
  FindWriter(options.directory, &opened);
  absl::Status status =
      storage->OpenReadOnly(options.write_buffer_bytes, opened.in_use);
  if (!status.ok()) return status;
  opened.storage = std::move(storage);
  return opened;
}

}  // namespace relais::journal
