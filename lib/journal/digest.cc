#include "lib/journal/digest.h"

#include <openssl/evp.h>

#include <boost/crc.hpp>
#include <cstring>

#include "lib/base/assert.h"

namespace relais::journal {
namespace {

using Castagnoli =
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

#if defined(__x86_64__)
// The processor's own instruction, ten times as fast.
__attribute__((target("sse4.2"))) std::uint32_t Update(std::uint32_t crc,
                                                       std::string_view bytes) {
  std::uint64_t state = crc;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= bytes.size();
       at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    state = __builtin_ia32_crc32di(state, word);
  }
  crc = static_cast<std::uint32_t>(state);
  for (; at < bytes.size(); ++at) {
    crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(bytes[at]));
  }
  return crc;
}
bool HasInstruction() {
  static const bool has = __builtin_cpu_supports("sse4.2") > 0;
  return has;
}
#else
std::uint32_t Update(std::uint32_t crc, std::string_view) { return crc; }
bool HasInstruction() { return false; }
#endif

}  // namespace

std::uint32_t Crc32c(std::string_view bytes) { return Crc32c(bytes, {}); }

std::uint32_t Crc32c(std::string_view first, std::string_view second) {
  if (HasInstruction()) {
    return ~Update(Update(0xFFFFFFFF, first), second);
  }
  return Crc32cByTable(first, second);
}

std::uint32_t Crc32cByTable(std::string_view first, std::string_view second) {
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
