// Bytes of events and of live records, and back.
//
// The same value always gives the same bytes. Of an event only those bytes are
// read back: whatever another encoder wrote differently (an unknown field, a
// field twice) is refused. A number out of its enumeration is refused
// everywhere. docs/journal-format.md describes the bytes.
//
// Handles are of one process and are not written; a decoded event has none.
//
// Errors: decoding answers DATA_LOSS and says what is wrong; it never crashes
// and allocates no more than a small multiple of its input.
//
// Thread safety: pure functions and plain values.

#ifndef RELAIS_LIB_JOURNAL_CODEC_H_
#define RELAIS_LIB_JOURNAL_CODEC_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relais/event.h"
#include "relais/live_state.h"

namespace relais::journal {

// Of records and of live records. docs/journal-format.md tells what a reader
// does with others.
inline constexpr std::uint16_t kFormatVersion = 2;
// What this program still reads. Fields of later versions are absent in earlier
// ones and stand for what held then.
inline constexpr std::uint16_t kFormatVersionOldest = 1;
constexpr bool IsReadable(std::uint32_t version) {
  return version >= kFormatVersionOldest && version <= kFormatVersion;
}

// How the router's clock and the machine's stood to each other when the last
// group was committed: after a restart within one boot of the machine the time
// between is known, whatever was done to the wall clock.
struct ClockMark {
  std::string boot_id;             // of the machine's start; empty = not known
  std::int64_t boot_clock_ms = 0;  // since then, suspensions included
  InstantMs at_ms = 0;             // what the router's clock read
  friend bool operator==(const ClockMark&, const ClockMark&) = default;
};

// What there is to know about a journal besides what is alive in it.
struct Meta {
  std::uint32_t format_version = 0;
  std::uint32_t partition = 0;
  std::uint64_t epoch = 0;
  bool time_scaled = false;
  std::uint64_t first_sequence = 0;  // of the oldest record kept; 0 = none
  std::uint64_t last_sequence = 0;
  InstantMs last_at_ms = 0;
  std::uint64_t arrival_sequence = 0;
  std::uint64_t configuration_version = 0;
  std::string head;  // SHA-256 of the last record; empty before the first
  std::uint64_t contacts = 0;
  std::uint64_t agents = 0;
  std::uint64_t queues = 0;
  std::uint64_t ended = 0;
  ClockMark clock;
  std::uint64_t applied_configuration_version = 0;  // LiveState's
  friend bool operator==(const Meta&, const Meta&) = default;
};

// One numbered event with what it brought.
struct NumberedEvent {
  Event event;
  EventDetail detail;
};

// Appends to `out`. Details that do not belong to the type are left out. An
// earlier version's bytes, without what it did not have, are for comparing.
void AppendEvent(const Event& event, const EventDetail& detail,
                 std::string* out, std::uint16_t version = kFormatVersion);
// Of a record of this version.
absl::StatusOr<NumberedEvent> DecodeEvent(
    std::string_view bytes, std::uint16_t version = kFormatVersion);

// The Append functions append to `out`, as AppendEvent does.
void AppendContactDetail(const ContactDetail& detail, std::string* out);
std::string EncodeContactDetail(const ContactDetail& detail);
absl::StatusOr<std::shared_ptr<const ContactDetail>> DecodeContactDetail(
    std::string_view bytes);

// Without `detail`, which is a record of its own.
void AppendLiveContact(const LiveContact& contact, std::string* out);
std::string EncodeLiveContact(const LiveContact& contact);
absl::StatusOr<LiveContact> DecodeLiveContact(std::string_view bytes);

void AppendLiveAgent(const LiveAgent& agent, std::string* out);
std::string EncodeLiveAgent(const LiveAgent& agent);
absl::StatusOr<LiveAgent> DecodeLiveAgent(std::string_view bytes);

void AppendLiveQueue(const LiveQueue& queue, std::string* out);
std::string EncodeLiveQueue(const LiveQueue& queue);
absl::StatusOr<LiveQueue> DecodeLiveQueue(std::string_view bytes);

// Without `id`, which is its key.
void AppendEndedContact(const EndedContact& contact, std::string* out);
std::string EncodeEndedContact(const EndedContact& contact);
absl::StatusOr<EndedContact> DecodeEndedContact(std::string_view bytes);

std::string EncodeAgentConfiguration(const AgentConfiguration& agent);
std::string EncodeConfiguration(const Configuration& configuration,
                                std::uint16_t version = kFormatVersion);
absl::StatusOr<std::shared_ptr<const Configuration>> DecodeConfiguration(
    std::string_view bytes);

std::string EncodeMeta(const Meta& meta);
// Of a format version that is not read that number alone is.
absl::StatusOr<Meta> DecodeMeta(std::string_view bytes);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_CODEC_H_
