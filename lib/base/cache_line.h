// Keeps what different threads write on different cache lines.

#ifndef RELAIS_LIB_BASE_CACHE_LINE_H_
#define RELAIS_LIB_BASE_CACHE_LINE_H_

#include <cstddef>

namespace relais {

// A constant of our own: std::hardware_destructive_interference_size changes
// with compiler flags, which may not change the layout of a type.
inline constexpr std::size_t kCacheLineBytes = 64;

// A T alone on its cache lines, as in an array of per-thread values.
template <typename T>
struct alignas(kCacheLineBytes) CacheLinePadded {
  T value{};
};

}  // namespace relais

#endif  // RELAIS_LIB_BASE_CACHE_LINE_H_
