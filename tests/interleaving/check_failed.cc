// RELAIS_CHECK in the code under test: a check that fails in some schedule is
// that schedule's failure, with its trace, and not the end of the program. It
// takes the place of lib/base/assert.cc in the interleaving tests.

#include <cstdio>
#include <cstdlib>

#include "lib/base/assert.h"
#include "tests/interleaving/explorer.h"

namespace relais {

void CheckFailed(const char* file, int line, const char* condition,
                 const char* message) noexcept {
  interleaving::Explorer::OnCheckFailed(file, line, message);
  std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, condition,
               message);
  std::abort();
}

}  // namespace relais
