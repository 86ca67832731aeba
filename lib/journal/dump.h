// A journal as one stream of bytes, for tools that do not read RocksDB
// (docs/journal-format.md, "Dump").
//
// Thread safety: none; one thread.

#ifndef RELAIS_LIB_JOURNAL_DUMP_H_
#define RELAIS_LIB_JOURNAL_DUMP_H_

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "lib/journal/storage.h"

namespace relais::journal {

// Gives the dump piece by piece. Nothing is checked: a damaged journal can be
// dumped, too. Errors are those of the storage, or what `write` answers, which
// ends it.
absl::Status Dump(Storage& storage,
                  absl::FunctionRef<absl::Status(std::string_view)> write);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_DUMP_H_
