// Memory of one execution: what a scenario builds with Explorer::New, and what
// that allocates while it is built, lies in one block whose addresses are the
// same in every execution. So an atomic's place in the block is its name, the
// instrumented atomic is as large as the real one, and nothing is freed piece
// by piece.
//
// The global operator new and TakeZeroedMemory are replaced in the test
// programs that link arena.cc; outside Arena::Scope they are malloc.
//
// Thread safety: none; the interleaving tests have one thread.

#ifndef RELAIS_TESTS_INTERLEAVING_ARENA_H_
#define RELAIS_TESTS_INTERLEAVING_ARENA_H_

#include <cstddef>
#include <cstdint>

namespace relais::interleaving {

class Arena {
 public:
  static constexpr std::size_t kBytes = std::size_t{1} << 19;
  static constexpr std::uint32_t kOutside = 0xFFFF'FFFF;

  // While one lives, operator new takes from the arena.
  class Scope {
   public:
    Scope();
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };

  // Aborts with a message if the block is full.
  static void* Take(std::size_t bytes, std::size_t alignment);
  static bool taking();
  // Gives everything back. What was built in it must be destroyed.
  static void Reset();
  // The place of `address` in the block, or kOutside.
  static std::uint32_t OffsetOf(const void* address);
};

}  // namespace relais::interleaving

#endif  // RELAIS_TESTS_INTERLEAVING_ARENA_H_
