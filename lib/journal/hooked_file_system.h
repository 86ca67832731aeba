// A file system whose write-ahead logs tell a LogHook of every step.
//
// Thread safety: as the file system behind it.

#ifndef RELAIS_LIB_JOURNAL_HOOKED_FILE_SYSTEM_H_
#define RELAIS_LIB_JOURNAL_HOOKED_FILE_SYSTEM_H_

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

#include "lib/journal/log_hook.h"

namespace relais::journal {

// `hook` must not be empty.
std::shared_ptr<rocksdb::FileSystem> HookFileSystem(LogHook hook);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_HOOKED_FILE_SYSTEM_H_
