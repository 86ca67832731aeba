#include "tests/journal/fault_file_system.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

namespace relais::journal {
namespace {

using rocksdb::IOStatus;

bool IsLog(const std::string& path) { return path.ends_with(".log"); }

std::string DirectoryOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::string ReadAll(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void WriteAll(const std::string& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile>&& target, std::string path,
            FaultFileSystem* system)
      : FSWritableFileOwnerWrapper(std::move(target)),
        path_(std::move(path)),
        system_(*system) {}

  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    bool stopped = false;
    IOStatus before = system_.BeforeAppend(path_, &stopped);
    if (!before.ok()) {
      // The machine stops in the middle of a write.
      if (stopped && data.size() > 1) {
        const rocksdb::Slice half(data.data(), data.size() / 2);
        target()->Append(half, options, debug).PermitUncheckedError();
        system_.AfterAppend(path_, half.size());
      }
      return before;
    }
    IOStatus status = target()->Append(data, options, debug);
    if (status.ok()) system_.AfterAppend(path_, data.size());
    return status;
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const rocksdb::IOOptions& options,
                rocksdb::IODebugContext* debug) override {
    IOStatus before = system_.BeforeSync(path_);
    if (!before.ok()) return before;
    IOStatus status = target()->Sync(options, debug);
    if (status.ok()) system_.AfterSync(path_);
    return status;
  }
  IOStatus Fsync(const rocksdb::IOOptions& options,
                 rocksdb::IODebugContext* debug) override {
    IOStatus before = system_.BeforeSync(path_);
    if (!before.ok()) return before;
    IOStatus status = target()->Fsync(options, debug);
    if (status.ok()) system_.AfterSync(path_);
    return status;
  }

 private:
  const std::string path_;
  FaultFileSystem& system_;
};

class FaultRandomRWFile : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  FaultRandomRWFile(std::unique_ptr<rocksdb::FSRandomRWFile>&& target,
                    std::string path, FaultFileSystem* system)
      : FSRandomRWFileOwnerWrapper(std::move(target)),
        path_(std::move(path)),
        system_(*system) {}

  IOStatus Write(std::uint64_t offset, const rocksdb::Slice& data,
                 const rocksdb::IOOptions& options,
                 rocksdb::IODebugContext* debug) override {
    IOStatus before = system_.BeforeWriteInPlace(path_);
    if (!before.ok()) return before;
    return FSRandomRWFileOwnerWrapper::Write(offset, data, options, debug);
  }

 private:
  const std::string path_;
  FaultFileSystem& system_;
};

class FaultDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  FaultDirectory(std::unique_ptr<rocksdb::FSDirectory>&& target,
                 std::string path, FaultFileSystem* system)
      : FSDirectoryWrapper(std::move(target)),
        path_(std::move(path)),
        system_(*system) {}

  IOStatus Fsync(const rocksdb::IOOptions& options,
                 rocksdb::IODebugContext* debug) override {
    IOStatus before = system_.BeforeSync(path_);
    if (!before.ok()) return before;
    IOStatus status = FSDirectoryWrapper::Fsync(options, debug);
    if (status.ok()) system_.AfterDirectorySync(path_);
    return status;
  }
  IOStatus FsyncWithDirOptions(
      const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug,
      const rocksdb::DirFsyncOptions& directory) override {
    IOStatus before = system_.BeforeSync(path_);
    if (!before.ok()) return before;
    IOStatus status =
        FSDirectoryWrapper::FsyncWithDirOptions(options, debug, directory);
    if (status.ok()) system_.AfterDirectorySync(path_);
    return status;
  }

 private:
  const std::string path_;
  FaultFileSystem& system_;
};

}  // namespace

void FaultFileSystem::FailAppend(int after, IOStatus error) {
  const std::lock_guard lock(mutex_);
  appends_left_ = after;
  append_error_ = std::move(error);
}

void FaultFileSystem::FailSync(int after, IOStatus error) {
  const std::lock_guard lock(mutex_);
  syncs_left_ = after;
  sync_error_ = std::move(error);
}

void FaultFileSystem::StopAtAppend(int after) {
  const std::lock_guard lock(mutex_);
  appends_left_ = after;
  stop_there_ = true;
  append_error_ = StoppedError();
}

std::uint64_t FaultFileSystem::log_syncs() const {
  const std::lock_guard lock(mutex_);
  return log_syncs_;
}

IOStatus FaultFileSystem::StoppedError() const {
  return IOStatus::IOError("the machine has stopped");
}

void FaultFileSystem::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

IOStatus FaultFileSystem::BeforeAppend(const std::string& path, bool* stopped) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return StoppedError();
  if (!IsLog(path) || appends_left_ < 0) return IOStatus::OK();
  if (appends_left_ > 0) {
    --appends_left_;
    return IOStatus::OK();
  }
  stopped_ = stop_there_;
  *stopped = stop_there_;
  return append_error_;
}

void FaultFileSystem::AfterAppend(const std::string& path, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  files_[path].size += size;
}

IOStatus FaultFileSystem::BeforeSync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return StoppedError();
  if (!IsLog(path)) return IOStatus::OK();
  if (syncs_left_ < 0) return IOStatus::OK();
  if (syncs_left_ > 0) {
    --syncs_left_;
    return IOStatus::OK();
  }
  return sync_error_;
}

void FaultFileSystem::AfterSync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  File& file = files_[path];
  file.synced = file.size;
  if (IsLog(path)) ++log_syncs_;
}

void FaultFileSystem::AfterDirectorySync(const std::string& path) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, file] : files_) {
    if (DirectoryOf(name) == path) file.named = true;
  }
  std::erase_if(renamed_, [&path](const Renamed& renamed) {
    return DirectoryOf(renamed.to) == path;
  });
}

IOStatus FaultFileSystem::NewWritableFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file,
    rocksdb::IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return StoppedError();
  std::unique_ptr<rocksdb::FSWritableFile> target;
  IOStatus status =
      FileSystemWrapper::NewWritableFile(path, options, &target, debug);
  if (!status.ok()) return status;
  files_[path] = File();
  *file = std::make_unique<FaultFile>(std::move(target), path, this);
  return status;
}

IOStatus FaultFileSystem::ReopenWritableFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file,
    rocksdb::IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return StoppedError();
  std::unique_ptr<rocksdb::FSWritableFile> target;
  IOStatus status =
      FileSystemWrapper::ReopenWritableFile(path, options, &target, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<FaultFile>(std::move(target), path, this);
  return status;
}

IOStatus FaultFileSystem::NewRandomRWFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomRWFile>* file,
    rocksdb::IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSRandomRWFile> target;
  IOStatus status =
      FileSystemWrapper::NewRandomRWFile(path, options, &target, debug);
  if (!status.ok()) return status;
  *file = std::make_unique<FaultRandomRWFile>(std::move(target), path, this);
  return status;
}

IOStatus FaultFileSystem::BeforeWriteInPlace(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return StoppedError();
  renamed_.push_back({path, ReadAll(path)});
  return IOStatus::OK();
}

IOStatus FaultFileSystem::NewDirectory(
    const std::string& path, const rocksdb::IOOptions& options,
    std::unique_ptr<rocksdb::FSDirectory>* directory,
    rocksdb::IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> target;
  IOStatus status =
      FileSystemWrapper::NewDirectory(path, options, &target, debug);
  if (!status.ok()) return status;
  std::string name = path;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  *directory = std::make_unique<FaultDirectory>(std::move(target), name, this);
  return status;
}

IOStatus FaultFileSystem::RenameFile(const std::string& from,
                                     const std::string& to,
                                     const rocksdb::IOOptions& options,
                                     rocksdb::IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return StoppedError();
  Renamed renamed;
  renamed.to = to;
  if (std::filesystem::exists(to)) {
    renamed.before = ReadAll(to);
  }
  IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  const auto moved = files_.extract(from);
  if (!moved.empty()) {
    files_[to] = moved.mapped();
    files_[to].named = true;  // the rename itself is what may be lost
  }
  renamed_.push_back(std::move(renamed));
  return status;
}

IOStatus FaultFileSystem::DeleteFile(const std::string& path,
                                     const rocksdb::IOOptions& options,
                                     rocksdb::IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return StoppedError();
  files_.erase(path);
  return FileSystemWrapper::DeleteFile(path, options, debug);
}

void FaultFileSystem::LosePower(Random& random) {
  Stop();
  const std::lock_guard lock(mutex_);
  for (const auto& [path, file] : files_) {
    if (!std::filesystem::exists(path)) continue;
    if (!file.named && random.Bernoulli(0.5)) {
      std::filesystem::remove(path);
      continue;
    }
    if (file.size <= file.synced) continue;
    std::string bytes = ReadAll(path);
    const std::uint64_t kept =
        file.synced + random.Uniform(file.size - file.synced + 1);
    bytes.resize(std::min<std::size_t>(bytes.size(), kept));
    // Blocks reach the medium in any order: what is between may be nothing.
    for (std::size_t at = file.synced; at < bytes.size(); ++at) {
      if (random.Bernoulli(0.02)) bytes[at] = '\0';
    }
    WriteAll(path, bytes);
  }
  // Newest first: what a kept rename has replaced does not come back.
  std::set<std::string> kept;
  for (auto renamed = renamed_.rbegin(); renamed != renamed_.rend();
       ++renamed) {
    if (kept.contains(renamed->to)) continue;
    if (random.Bernoulli(0.5)) {
      kept.insert(renamed->to);
      continue;
    }
    if (renamed->before.has_value()) {
      WriteAll(renamed->to, *renamed->before);
    } else {
      std::filesystem::remove(renamed->to);
    }
  }
}

}  // namespace relais::journal
