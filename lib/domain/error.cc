#include "lib/domain/error.h"

#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/domain/utf8.h"
#include "relais/router.h"

namespace relais {

absl::Status FieldError(absl::StatusCode code, std::string_view field,
                        std::string_view message) {
  const absl::string_view path(field.data(), field.size());
  const absl::string_view text(message.data(), message.size());
  if (field.empty()) return absl::Status(code, text);
  absl::Status status(code, absl::StrCat(path, ": ", text));
  status.SetPayload(
      absl::string_view(kFieldPayloadUrl.data(), kFieldPayloadUrl.size()),
      absl::Cord(path));
  return status;
}

std::string FieldPathOf(const absl::Status& status) {
  const auto payload = status.GetPayload(
      absl::string_view(kFieldPayloadUrl.data(), kFieldPayloadUrl.size()));
  return payload.has_value() ? std::string(*payload) : std::string();
}

std::string Quoted(std::string_view value) {
  constexpr std::size_t kShown = 64;
  std::string_view shown = value.substr(0, kShown);
  if (IsValidUtf8(value)) {
    // Do not cut inside a character.
    while (!IsValidUtf8(shown)) shown.remove_suffix(1);
  }
  const absl::string_view text(shown.data(), shown.size());
  const std::string escaped =
      IsValidUtf8(shown) ? absl::Utf8SafeCEscape(text) : absl::CHexEscape(text);
  if (shown.size() == value.size()) return absl::StrCat("\"", escaped, "\"");
  return absl::StrCat("\"", escaped, "...\" (", value.size(), " bytes)");
}

}  // namespace relais
