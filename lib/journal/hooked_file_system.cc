#include "lib/journal/hooked_file_system.h"

#include <string_view>
#include <utility>

namespace relais::journal {
namespace {

rocksdb::IOStatus FailureOf(MediumError error) {
  switch (error) {
    case MediumError::kNone:
      break;
    case MediumError::kInputOutput:
      return rocksdb::IOStatus::IOError("injected: input/output error");
    case MediumError::kNoSpace:
      return rocksdb::IOStatus::NoSpace("injected: no space left on device");
  }
  return rocksdb::IOStatus::OK();
}

class HookedLog final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  HookedLog(std::unique_ptr<rocksdb::FSWritableFile> file, const LogHook* hook)
      : FSWritableFileOwnerWrapper(std::move(file)), hook_(hook) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = FailureOf((*hook_)(LogStep::kBeforeWrite));
    if (!status.ok()) return status;
    status = target()->Append(data, options, debug);
    (*hook_)(LogStep::kAfterWrite);
    return status;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo&,
                           rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = FailureOf((*hook_)(LogStep::kBeforeSync));
    if (!status.ok()) return status;
    status = target()->Sync(options, debug);
    (*hook_)(LogStep::kAfterSync);
    return status;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  const LogHook* const hook_;
};

class HookedFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit HookedFileSystem(LogHook hook)
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        hook_(std::move(hook)) {}
  const char* Name() const override { return "HookedFileSystem"; }

  rocksdb::IOStatus NewWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status =
        target()->NewWritableFile(path, options, file, debug);
    constexpr std::string_view kLog = ".log";
    const bool is_log =
        path.size() > kLog.size() &&
        path.compare(path.size() - kLog.size(), kLog.size(), kLog) == 0;
    if (status.ok() && is_log) {
      *file = std::make_unique<HookedLog>(std::move(*file), &hook_);
    }
    return status;
  }

 private:
  const LogHook hook_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> HookFileSystem(LogHook hook) {
  return std::make_shared<HookedFileSystem>(std::move(hook));
}

}  // namespace relais::journal
