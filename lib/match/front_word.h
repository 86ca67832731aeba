// The front word of a list: what a looker reads to choose among lists.
//
//   | image:44 | version:20 |
//
// The image is the smallest key that a live entry of the list may have, clamped
// to 44 bits, or "empty". As unsigned numbers front words order like their
// images, so the smallest of many words is the list to try first. Images of
// different keys may be equal (beyond the clamp): then the keys decide.
//
// The protocol that keeps it a lower bound is in front_words.h. Every change
// raises the version, modulo 2^20: a raise that was delayed over exactly a
// multiple of a million changes of one list, and finds the image that it knew,
// would be mistaken.

#ifndef RELAIS_LIB_MATCH_FRONT_WORD_H_
#define RELAIS_LIB_MATCH_FRONT_WORD_H_

#include <cstdint>

namespace relais::match {

class FrontWord {
 public:
  static constexpr int kVersionBits = 20;
  static constexpr int kImageBits = 44;
  static constexpr std::uint64_t kEmptyImage = (1ULL << kImageBits) - 1;

  // The image of a key; rises with the key, never kEmptyImage.
  static constexpr std::uint64_t ImageOf(std::int64_t key) {
    constexpr std::int64_t kHalf = 1LL << 43;
    if (key < -kHalf) return 0;
    if (key >= kHalf - 1) return kEmptyImage - 1;
    return static_cast<std::uint64_t>(key + kHalf);
  }

  // The key of an image that is neither clamped nor kEmptyImage.
  static constexpr std::int64_t KeyOf(std::uint64_t image) {
    return static_cast<std::int64_t>(image) - (1LL << 43);
  }

  constexpr FrontWord() = default;
  constexpr explicit FrontWord(std::uint64_t bits) : bits_(bits) {}
  constexpr std::uint64_t bits() const { return bits_; }
  constexpr std::uint64_t image() const { return bits_ >> kVersionBits; }
  constexpr bool empty() const { return image() == kEmptyImage; }
  constexpr FrontWord To(std::uint64_t image) const {
    constexpr std::uint64_t kVersionMask = (1ULL << kVersionBits) - 1;
    return FrontWord(image << kVersionBits | ((bits_ + 1) & kVersionMask));
  }
  friend constexpr bool operator==(FrontWord, FrontWord) = default;

 private:
  std::uint64_t bits_ = kEmptyImage << kVersionBits;
};

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_FRONT_WORD_H_
