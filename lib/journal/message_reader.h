// Reads numbers and texts of a message whose bytes may be anything.
//
// Thread safety: belongs to the calling thread.

#ifndef RELAIS_LIB_JOURNAL_MESSAGE_READER_H_
#define RELAIS_LIB_JOURNAL_MESSAGE_READER_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/journal/bytes.h"
#include "lib/journal/journal.pb.h"
#include "relais/agent.h"
#include "relais/event.h"

namespace relais::journal {

inline absl::Status OutOfRange(std::string_view field, std::uint64_t value,
                               std::uint64_t max) {
  return absl::DataLossError(
      absl::StrCat(Text(field), " is ", value, ", not in 0..", max));
}

// Reads the fields of one message; the first that is wrong stays.
class MessageReader {
 public:
  template <typename T>
  void Enum(std::string_view field, std::uint32_t value, T last, T* out) {
    if (value > static_cast<std::uint32_t>(last)) {
      return Fail(OutOfRange(field, value, static_cast<std::uint32_t>(last)));
    }
    *out = static_cast<T>(value);
  }
  void Byte(std::string_view field, std::uint32_t value, std::uint8_t* out) {
    if (value > std::numeric_limits<std::uint8_t>::max()) {
      return Fail(
          OutOfRange(field, value, std::numeric_limits<std::uint8_t>::max()));
    }
    *out = static_cast<std::uint8_t>(value);
  }
  void Id(std::string_view field, const std::string& value, InlineId* out) {
    if (value.size() > kIdBytesMax) {
      return Fail(absl::DataLossError(
          absl::StrCat(Text(field), " has ", value.size(), " bytes, at most ",
                       kIdBytesMax, " are written")));
    }
    out->Assign(value);
  }
  void PresenceOf(std::string_view field, const v1::Presence& message,
                  Presence* out) {
    Enum(field, message.state(), PresenceState::kNotReady, &out->state);
    Enum(field, message.reason(), NotReadyReason::kNoAnswer, &out->reason);
  }
  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_MESSAGE_READER_H_
