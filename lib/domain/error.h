// Errors that name the field they are about.
//
// Thread safety: pure functions.
//
// The path travels as a payload of the status, so that the message stays a
// sentence for people and programs need not parse it. Paths are those of the
// caller's input: "contact.requirement.all_of[0].level_min".

#ifndef RELAIS_LIB_DOMAIN_ERROR_H_
#define RELAIS_LIB_DOMAIN_ERROR_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace relais {

inline constexpr std::string_view kFieldPayloadUrl = "relais/field";

// A status of `code` (not kOk) whose message is "field: message" and whose
// payload is `field`. An empty field gives the message alone, no payload.
absl::Status FieldError(absl::StatusCode code, std::string_view field,
                        std::string_view message);

// Public API, declared in relais/router.h as well.
std::string FieldPathOf(const absl::Status& status);

// The value in double quotes, fit for a message: control characters and bytes
// that are not UTF-8 are escaped, and what is longer than 64 bytes is cut.
std::string Quoted(std::string_view value);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_ERROR_H_
