// Assertions that stay on in release.
//
//   RELAIS_CHECK(slot < capacity, "a handle from another Router");
//   RELAIS_DCHECK(IsSorted(lane), "keys rise along a lane");
//
// RELAIS_CHECK is for what is cheap and must hold, else the router would give
// wrong answers: it prints file, line, condition and message and aborts.
// RELAIS_DCHECK is for what is too expensive in release: it is compiled always,
// evaluated only without NDEBUG (presets dev, asan-ubsan, tsan).
// Neither is for bad input, which is answered with a status.

#ifndef RELAIS_LIB_BASE_ASSERT_H_
#define RELAIS_LIB_BASE_ASSERT_H_

namespace relais {

// Prints to standard error in one write and aborts.
[[noreturn, gnu::cold]] void CheckFailed(const char* file, int line,
                                         const char* condition,
                                         const char* message) noexcept;

}  // namespace relais

#define RELAIS_CHECK(condition, message)                              \
  do {                                                                \
    if (!(condition)) [[unlikely]] {                                  \
      ::relais::CheckFailed(__FILE__, __LINE__, #condition, message); \
    }                                                                 \
  } while (false)

#ifdef NDEBUG
#define RELAIS_DCHECK(condition, message) \
  do {                                    \
    if (false) {                          \
      RELAIS_CHECK(condition, message);   \
    }                                     \
  } while (false)
#else
#define RELAIS_DCHECK(condition, message) RELAIS_CHECK(condition, message)
#endif

#endif  // RELAIS_LIB_BASE_ASSERT_H_
