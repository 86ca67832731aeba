#include "lib/base/fingerprint.h"

#include <array>
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
  std::array<char, 8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(value >> 8 * i & 0xff);
  }
  bytes_.append(bytes.data(), bytes.size());
  return *this;
}

Fingerprint FingerprintBuilder::Finish() const { return FingerprintOf(bytes_); }

}  // namespace relais
