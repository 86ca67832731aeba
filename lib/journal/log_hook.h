// What happens to the log's bytes, told step by step, so that a process can be
// ended between any two of them or the medium be made to fail, for tests of
// recovery.
//
// Thread safety: the hook is called by whichever thread writes; one at a time.

#ifndef RELAIS_LIB_JOURNAL_LOG_HOOK_H_
#define RELAIS_LIB_JOURNAL_LOG_HOOK_H_

#include <cstdint>
#include <functional>

namespace relais::journal {

enum class LogStep : std::uint8_t {
  kBeforeWrite,  // bytes of a group are about to be handed to the system
  kAfterWrite,
  kBeforeSync,  // they are about to be put on the medium
  kAfterSync,
};

// What the step meets. Only kBefore* steps can fail.
enum class MediumError : std::uint8_t { kNone, kInputOutput, kNoSpace };

using LogHook = std::function<MediumError(LogStep)>;

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_LOG_HOOK_H_
