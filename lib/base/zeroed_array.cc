#include "lib/base/zeroed_array.h"

#include <sys/mman.h>

#include <cstddef>

#include "lib/base/assert.h"

namespace relais {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

std::size_t MappedBytes(std::size_t bytes) { return bytes == 0 ? 1 : bytes; }

}  // namespace

void* TakeZeroedMemory(std::size_t bytes) {
  void* memory = ::mmap(nullptr, MappedBytes(bytes), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  RELAIS_CHECK(memory != MAP_FAILED, "no memory for a table");
  // Advice: without it the table works on small pages.
  if (bytes >= kHugePageBytes) ::madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void GiveBackZeroedMemory(void* memory, std::size_t bytes) noexcept {
  ::munmap(memory, MappedBytes(bytes));
}

}  // namespace relais
