#include "lib/base/fingerprint.h"

#include <cstddef>

// Compiled in, so that who links this library needs no other for it.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace relais {

Fingerprint FingerprintOf(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

FingerprintBuilder& FingerprintBuilder::Add(std::string_view text) {
  AddNumber(static_cast<std::int64_t>(text.size()));
  bytes_.append(text);
  return *this;
}

FingerprintBuilder& FingerprintBuilder::AddNumber(std::int64_t number) {
  // Byte by byte, so that a stored fingerprint does not depend on the machine.
  const auto value = static_cast<std::uint64_t>(number);
  for (int shift = 0; shift < 64; shift += 8) {
    bytes_.push_back(static_cast<char>((value >> shift) & 0xff));
  }
  return *this;
}

Fingerprint FingerprintBuilder::Finish() const { return FingerprintOf(bytes_); }

}  // namespace relais
