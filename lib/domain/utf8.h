// Whether text is UTF-8 (RFC 3629).
//
// Neither Abseil 20220623 nor the public API of protobuf 3.21 has such a
// function, and this room uses no protobuf.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_DOMAIN_UTF8_H_
#define RELAIS_LIB_DOMAIN_UTF8_H_

#include <string_view>

namespace relais {

// False for overlong forms, surrogates, values above U+10FFFF, stray
// continuation bytes and cut sequences. The empty string and NUL are valid.
bool IsValidUtf8(std::string_view text);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_UTF8_H_
