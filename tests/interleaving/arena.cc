#include "tests/interleaving/arena.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "lib/base/cache_line.h"
#include "lib/base/zeroed_array.h"

namespace relais::interleaving {
namespace {

alignas(4096) char block[Arena::kBytes];
std::size_t used = 0;
bool scoped = false;

}  // namespace

Arena::Scope::Scope() { scoped = true; }
Arena::Scope::~Scope() { scoped = false; }

void* Arena::Take(std::size_t bytes, std::size_t alignment) {
  used = (used + alignment - 1) & ~(alignment - 1);
  if (used + bytes > kBytes) {
    std::fprintf(stderr, "the scenario's objects need more than %zu bytes\n",
                 kBytes);
    std::abort();
  }
  void* const at = block + used;
  used += bytes;
  return at;
}

bool Arena::taking() { return scoped; }

void Arena::Reset() { used = 0; }

std::uint32_t Arena::OffsetOf(const void* address) {
  const auto offset = reinterpret_cast<std::uintptr_t>(address) -
                      reinterpret_cast<std::uintptr_t>(block);
  return offset < kBytes ? static_cast<std::uint32_t>(offset) : kOutside;
}

namespace {

void* Allocate(std::size_t bytes, std::size_t alignment) {
  if (Arena::taking()) return Arena::Take(bytes, alignment);
  void* const at = alignment <= alignof(std::max_align_t)
                       ? std::malloc(bytes == 0 ? 1 : bytes)
                       : std::aligned_alloc(alignment, (bytes + alignment - 1) &
                                                           ~(alignment - 1));
  if (at == nullptr) std::abort();
  return at;
}

void Free(void* at) {
  if (Arena::OffsetOf(at) == Arena::kOutside) std::free(at);
}

}  // namespace
}  // namespace relais::interleaving

// The array forms, the sized and the nothrow forms of the library come here.
void* operator new(std::size_t bytes) {
  return relais::interleaving::Allocate(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return relais::interleaving::Allocate(bytes,
                                        static_cast<std::size_t>(alignment));
}
void operator delete(void* at) noexcept { relais::interleaving::Free(at); }
void operator delete(void* at, std::size_t) noexcept {
  relais::interleaving::Free(at);
}
void operator delete(void* at, std::align_val_t) noexcept {
  relais::interleaving::Free(at);
}
void operator delete(void* at, std::size_t, std::align_val_t) noexcept {
  relais::interleaving::Free(at);
}

// Takes the place of lib/base/zeroed_array.cc.
namespace relais {

void* TakeZeroedMemory(std::size_t bytes) {
  void* const at = interleaving::Allocate(bytes, kCacheLineBytes);
  std::memset(at, 0, bytes);
  return at;
}

void GiveBackZeroedMemory(void* memory, std::size_t) noexcept {
  interleaving::Free(memory);
}

}  // namespace relais
