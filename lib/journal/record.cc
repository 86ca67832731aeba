#include "lib/journal/record.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/error.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"

namespace relais::journal {
namespace {

constexpr std::string_view kMagic = "RLJR";
constexpr std::uint16_t kFlagTimeScaled = 1;
constexpr std::size_t kLengthAt = 4;
constexpr std::size_t kCrcAt = 8;
constexpr std::size_t kCheckedFrom = 12;
constexpr std::size_t kVersionAt = 12;
constexpr std::size_t kFlagsAt = 14;
constexpr std::size_t kPartitionAt = 16;
constexpr std::size_t kEpochAt = 20;
constexpr std::size_t kFirstSequenceAt = 28;
constexpr std::size_t kLastSequenceAt = 36;
constexpr std::size_t kLastAtMsAt = 44;
constexpr std::size_t kIdRetentionAt = 52;
constexpr std::size_t kEndedIdsMaxAt = 60;
constexpr std::size_t kPreviousAt = 64;
// A record that is larger is given the room of a whole one.
constexpr std::size_t kSmallRecordBytes = 4'096;
static_assert(kPreviousAt + kSha256Bytes == kRecordHeaderBytes);

absl::Status Damaged(std::size_t byte, std::string_view what) {
  return absl::DataLossError(absl::StrCat("byte ", byte, ": ", Text(what)));
}

// What is checked before anything else is believed.
absl::Status CheckFrame(std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes) {
    return Damaged(bytes.size(),
                   absl::StrCat("the record ends inside its header of ",
                                kRecordHeaderBytes, " bytes"));
  }
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    return Damaged(
        0, absl::StrCat("begins with ", Quoted(bytes.substr(0, kMagic.size())),
                        ", a record begins with \"RLJR\""));
  }
  const auto length = GetBigEndian<std::uint32_t>(bytes, kLengthAt);
  if (length != bytes.size()) {
    return Damaged(kLengthAt, absl::StrCat("the length says ", length,
                                           " bytes, there are ", bytes.size()));
  }
  const auto said = GetBigEndian<std::uint32_t>(bytes, kCrcAt);
  const std::uint32_t is = Crc32c(bytes.substr(kCheckedFrom));
  if (said != is) {
    return Damaged(kCrcAt,
                   absl::StrCat("crc32c says ", absl::Hex(said),
                                ", that of bytes ", kCheckedFrom, " to ",
                                bytes.size(), " is ", absl::Hex(is)));
  }
  const auto version = GetBigEndian<std::uint16_t>(bytes, kVersionAt);
  if (!IsReadable(version)) {
    return absl::FailedPreconditionError(
        absl::StrCat("byte ", kVersionAt, ": format version ", version,
                     " is not known, this program reads versions ",
                     kFormatVersionOldest, " to ", kFormatVersion,
                     "; use the program that wrote it or a later one"));
  }
  return absl::OkStatus();
}

}  // namespace

RecordWriter::RecordWriter() { bytes_.resize(kRecordHeaderBytes); }

bool RecordWriter::Full() const {
  return events_ >= kRecordEventsMax || bytes_.size() >= kRecordBytesWanted;
}

absl::Status RecordWriter::Add(const Event& event, const EventDetail& detail) {
  const std::size_t at = bytes_.size();
  // At once instead of by doubling, which moves and frees large pieces.
  if (at > kSmallRecordBytes && bytes_.capacity() < kRecordBytesWanted) {
    bytes_.reserve(kRecordBytesWanted + kSmallRecordBytes);
  }
  AppendBigEndian(std::uint32_t{0}, &bytes_);
  AppendEvent(event, detail, &bytes_);
  const std::size_t size = bytes_.size() - at - sizeof(std::uint32_t);
  if (bytes_.size() > kRecordBytesMax) {
    bytes_.resize(at);
    return absl::ResourceExhaustedError(
        absl::StrCat("event ", event.sequence, " has ", size,
                     " bytes; a record has at most ", kRecordBytesMax));
  }
  PutBigEndian(static_cast<std::uint32_t>(size), at, &bytes_);
  if (events_ == 0) first_sequence_ = event.sequence;
  RELAIS_CHECK(event.sequence == first_sequence_ + events_,
               "the events of a record follow one another");
  ++events_;
  return absl::OkStatus();
}

std::string RecordWriter::Finish(const RecordHeader& header) {
  RELAIS_CHECK(events_ > 0, "a record has events");
  RELAIS_CHECK(header.previous.size() == kSha256Bytes, "32 bytes");
  std::string bytes = std::exchange(bytes_, std::string());
  bytes.replace(0, kMagic.size(), kMagic);
  PutBigEndian(static_cast<std::uint32_t>(bytes.size()), kLengthAt, &bytes);
  PutBigEndian(kFormatVersion, kVersionAt, &bytes);
  PutBigEndian<std::uint16_t>(header.time_scaled ? kFlagTimeScaled : 0,
                              kFlagsAt, &bytes);
  PutBigEndian(header.partition, kPartitionAt, &bytes);
  PutBigEndian(header.epoch, kEpochAt, &bytes);
  PutBigEndian(first_sequence_, kFirstSequenceAt, &bytes);
  PutBigEndian(first_sequence_ + events_ - 1, kLastSequenceAt, &bytes);
  PutBigEndian(static_cast<std::uint64_t>(header.last_at_ms), kLastAtMsAt,
               &bytes);
  PutBigEndian(static_cast<std::uint64_t>(header.id_retention_ms),
               kIdRetentionAt, &bytes);
  PutBigEndian(header.ended_ids_max, kEndedIdsMaxAt, &bytes);
  bytes.replace(kPreviousAt, kSha256Bytes, header.previous);
  PutBigEndian(Crc32c(std::string_view(bytes).substr(kCheckedFrom)), kCrcAt,
               &bytes);
  *this = RecordWriter();
  return bytes;
}

absl::StatusOr<RecordHeader> DecodeRecordHeader(std::string_view bytes) {
  absl::Status status = CheckFrame(bytes);
  if (!status.ok()) return status;
  RecordHeader header;
  const auto flags = GetBigEndian<std::uint16_t>(bytes, kFlagsAt);
  if ((flags & ~kFlagTimeScaled) != 0) {
    return Damaged(kFlagsAt, absl::StrCat("flags ", absl::Hex(flags),
                                          " are not known; 0 and 1 are"));
  }
  header.time_scaled = (flags & kFlagTimeScaled) != 0;
  header.partition = GetBigEndian<std::uint32_t>(bytes, kPartitionAt);
  header.epoch = GetBigEndian<std::uint64_t>(bytes, kEpochAt);
  header.first_sequence = GetBigEndian<std::uint64_t>(bytes, kFirstSequenceAt);
  header.last_sequence = GetBigEndian<std::uint64_t>(bytes, kLastSequenceAt);
  header.last_at_ms =
      static_cast<InstantMs>(GetBigEndian<std::uint64_t>(bytes, kLastAtMsAt));
  header.id_retention_ms = static_cast<DurationMs>(
      GetBigEndian<std::uint64_t>(bytes, kIdRetentionAt));
  header.ended_ids_max = GetBigEndian<std::uint32_t>(bytes, kEndedIdsMaxAt);
  header.previous = std::string(bytes.substr(kPreviousAt, kSha256Bytes));
  if (header.first_sequence == 0 ||
      header.last_sequence < header.first_sequence ||
      header.last_sequence - header.first_sequence >= kRecordEventsMax) {
    return Damaged(kFirstSequenceAt,
                   absl::StrCat("sequences ", header.first_sequence, " to ",
                                header.last_sequence, " are not 1 to ",
                                kRecordEventsMax, " events"));
  }
  return header;
}

absl::StatusOr<Record> DecodeRecord(std::string_view bytes) {
  auto header = DecodeRecordHeader(bytes);
  if (!header.ok()) return header.status();
  Record record;
  record.header = *std::move(header);
  const auto version = GetBigEndian<std::uint16_t>(bytes, kVersionAt);
  std::uint64_t sequence = record.header.first_sequence;
  std::size_t at = kRecordHeaderBytes;
  while (at < bytes.size()) {
    if (bytes.size() - at < sizeof(std::uint32_t)) {
      return Damaged(at, "the record ends inside an event's length");
    }
    const auto size = GetBigEndian<std::uint32_t>(bytes, at);
    if (size > bytes.size() - at - sizeof(std::uint32_t)) {
      return Damaged(at, absl::StrCat("an event of ", size,
                                      " bytes ends behind the record"));
    }
    auto event =
        DecodeEvent(bytes.substr(at + sizeof(std::uint32_t), size), version);
    if (!event.ok()) {
      return Damaged(at, std::string(event.status().message()));
    }
    if (sequence > record.header.last_sequence ||
        event->event.sequence != sequence) {
      return Damaged(at, absl::StrCat("event ", event->event.sequence,
                                      " stands where event ", sequence, " of ",
                                      record.header.first_sequence, " to ",
                                      record.header.last_sequence, " belongs"));
    }
    record.events.push_back(*std::move(event));
    ++sequence;
    at += sizeof(std::uint32_t) + size;
  }
  if (sequence != record.header.last_sequence + 1) {
    return Damaged(at, absl::StrCat("ends before event ", sequence, " of ",
                                    record.header.first_sequence, " to ",
                                    record.header.last_sequence));
  }
  return record;
}

}  // namespace relais::journal
