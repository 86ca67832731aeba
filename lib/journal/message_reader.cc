#include "lib/journal/message_reader.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/journal/bytes.h"

namespace relais::journal {

absl::Status OutOfRange(std::string_view field, std::uint64_t value,
                        std::uint64_t max) {
  return absl::DataLossError(
      absl::StrCat(Text(field), " is ", value, ", not in 0..", max));
}

void MessageReader::Byte(std::string_view field, std::uint32_t value,
                         std::uint8_t* out) {
  if (value > std::numeric_limits<std::uint8_t>::max()) {
    return Fail(
        OutOfRange(field, value, std::numeric_limits<std::uint8_t>::max()));
  }
  *out = static_cast<std::uint8_t>(value);
}

void MessageReader::Id(std::string_view field, const std::string& value,
                       InlineId* out) {
  if (value.size() > kIdBytesMax) {
    return Fail(absl::DataLossError(
        absl::StrCat(Text(field), " has ", value.size(), " bytes, at most ",
                     kIdBytesMax, " are written")));
  }
  out->Assign(value);
}

void MessageReader::PresenceOf(std::string_view field,
                               const v1::Presence& message, Presence* out) {
  Enum(field, message.state(), PresenceState::kNotReady, &out->state);
  Enum(field, message.reason(), NotReadyReason::kNoAnswer, &out->reason);
  out->back_at_ms = message.back_at_ms();
}

void MessageReader::Fail(absl::Status status) {
  if (status_.ok()) status_ = std::move(status);
}

}  // namespace relais::journal
