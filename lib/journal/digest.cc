#include "lib/journal/digest.h"

#include <openssl/evp.h>

#include <boost/crc.hpp>

#include "lib/base/assert.h"

namespace relais::journal {
namespace {

using Castagnoli =
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

}  // namespace

std::uint32_t Crc32c(std::string_view bytes) { return Crc32c(bytes, {}); }

std::uint32_t Crc32c(std::string_view first, std::string_view second) {
  Castagnoli crc;
  crc.process_bytes(first.data(), first.size());
  crc.process_bytes(second.data(), second.size());
  return crc.checksum();
}

std::string Sha256(std::string_view bytes) {
  std::string digest(kSha256Bytes, '\0');
  unsigned int size = 0;
  // Fails only if the library lacks SHA-256 or memory.
  const int done = EVP_Digest(bytes.data(), bytes.size(),
                              reinterpret_cast<unsigned char*>(digest.data()),
                              &size, EVP_sha256(), nullptr);
  RELAIS_CHECK(done == 1 && size == kSha256Bytes, "no SHA-256");
  return digest;
}

}  // namespace relais::journal
