// Numbers of fixed width in the order of the network, and text for messages.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_JOURNAL_BYTES_H_
#define RELAIS_LIB_JOURNAL_BYTES_H_

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace relais::journal {

// Appends `value`, the most significant byte first.
template <std::unsigned_integral T>
void AppendBigEndian(T value, std::string* out) {
  for (std::size_t i = sizeof(T); i-- > 0;) {
    out->push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  }
}

// Overwrites sizeof(T) bytes at `at`, which must exist.
template <std::unsigned_integral T>
void PutBigEndian(T value, std::size_t at, std::string* out) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    (*out)[at + i] =
        static_cast<char>((value >> (8 * (sizeof(T) - 1 - i))) & 0xFF);
  }
}

// Reads sizeof(T) bytes at `at`, which must exist.
template <std::unsigned_integral T>
T GetBigEndian(std::string_view bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value =
        static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[at + i]));
  }
  return value;
}

// For absl::StrCat, whose view is a type of its own in some builds.
inline absl::string_view Text(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_BYTES_H_
