// A 128-bit fingerprint of content, to tell "the same again" from "the same id
// with other content" without keeping the content.
//
// XXH3 of 128 bits: the same bytes give the same fingerprint in every process
// and version, so it may be stored (absl::Hash is randomised and may not).
// Two different contents collide with a chance of 2^-128 a pair; it is not
// made against somebody who searches for collisions.
//
// Thread safety: values; a builder belongs to one thread.

#ifndef RELAIS_LIB_BASE_FINGERPRINT_H_
#define RELAIS_LIB_BASE_FINGERPRINT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace relais {

struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

Fingerprint FingerprintOf(std::string_view bytes);

// Of several fields. Each string is framed by its length, so ("ab", "c") and
// ("a", "bc") differ.
class FingerprintBuilder {
 public:
  FingerprintBuilder& Add(std::string_view text);
  FingerprintBuilder& AddNumber(std::int64_t number);
  Fingerprint Finish() const;

 private:
  std::string bytes_;
};

}  // namespace relais

#endif  // RELAIS_LIB_BASE_FINGERPRINT_H_
