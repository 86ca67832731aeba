// The two checks of a journal's bytes: crc32c against damage, SHA-256 for the
// chain of records.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_JOURNAL_DIGEST_H_
#define RELAIS_LIB_JOURNAL_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace relais::journal {

inline constexpr std::size_t kSha256Bytes = 32;

// Castagnoli's polynomial, as in iSCSI: of "123456789" it is 0xE3069283.
std::uint32_t Crc32c(std::string_view bytes);
// Of `first` followed by `second`.
std::uint32_t Crc32c(std::string_view first, std::string_view second);
// The same, for processors without an instruction for it.
std::uint32_t Crc32cByTable(std::string_view first, std::string_view second);

// 32 bytes.
std::string Sha256(std::string_view bytes);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_DIGEST_H_
