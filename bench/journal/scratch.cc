#include "bench/journal/scratch.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "lib/base/assert.h"

namespace relais::bench {

Scratch::Scratch(const std::string& parent)
    : path_(parent + "/relais-journal-bench-XXXXXX") {
  RELAIS_CHECK(mkdtemp(path_.data()) != nullptr, "a directory is made");
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string WhyNotMeasurable(const std::string& directory) {
  struct statfs found = {};
  if (statfs(directory.c_str(), &found) != 0 ||
      access(directory.c_str(), W_OK) != 0) {
    return "is no directory that can be written";
  }
  if (found.f_type == TMPFS_MAGIC) {
    return "is in memory, where a sync costs nothing; give a directory on the "
           "disk that is to be measured";
  }
  return "";
}

RawLog::RawLog(const std::string& path)
    : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                 S_IRUSR | S_IWUSR)) {
  RELAIS_CHECK(file_ >= 0, "a file is made");
}

RawLog::~RawLog() { close(file_); }

void RawLog::Append(const std::string& bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t count = write(file_, bytes.data() + at, bytes.size() - at);
    RELAIS_CHECK(count > 0, "the disk takes what is written");
    at += static_cast<std::size_t>(count);
  }
  RELAIS_CHECK(fdatasync(file_) == 0, "the disk syncs");
}

}  // namespace relais::bench
