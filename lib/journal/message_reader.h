// Reads numbers and texts of a message whose bytes may be anything.
//
// Thread safety: belongs to the calling thread.

#ifndef RELAIS_LIB_JOURNAL_MESSAGE_READER_H_
#define RELAIS_LIB_JOURNAL_MESSAGE_READER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "lib/journal/journal.pb.h"
#include "relais/agent.h"
#include "relais/event.h"

namespace relais::journal {

absl::Status OutOfRange(std::string_view field, std::uint64_t value,
                        std::uint64_t max);

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
  void Byte(std::string_view field, std::uint32_t value, std::uint8_t* out);
  void Id(std::string_view field, const std::string& value, InlineId* out);
  void PresenceOf(std::string_view field, const v1::Presence& message,
                  Presence* out);
  void Fail(absl::Status status);
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_MESSAGE_READER_H_
