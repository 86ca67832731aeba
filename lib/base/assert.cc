#include "lib/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace relais {

void CheckFailed(const char* file, int line, const char* condition,
                 const char* message) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, condition,
               message);
  std::fflush(stderr);
  std::abort();
}

}  // namespace relais
