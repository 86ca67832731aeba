// One record of a journal: the events of one group behind a header that can be
// checked. docs/journal-format.md gives the bytes.
//
// Errors: decoding answers DATA_LOSS naming the byte at which something is
// wrong, and FAILED_PRECONDITION for a format version that this code does not
// know. No input makes it crash, and it allocates no more than a small
// multiple of its input.
//
// Thread safety: pure functions and plain values.

#ifndef RELAIS_LIB_JOURNAL_RECORD_H_
#define RELAIS_LIB_JOURNAL_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/journal/codec.h"
#include "relais/types.h"

namespace relais::journal {

inline constexpr std::size_t kRecordHeaderBytes = 96;

// A group that is larger becomes several records: what a reader must hold at
// once, and what is lost to it if one byte is damaged.
inline constexpr std::size_t kRecordEventsMax = 1'024;
inline constexpr std::size_t kRecordBytesWanted = 256 * 1024;
// One event may be larger than that: a whole configuration. 65,536 agents with
// 20 skills each, named with 20 bytes, are about 45 MB.
inline constexpr std::size_t kRecordBytesMax = 512 * 1024 * 1024;

struct RecordHeader {
  bool time_scaled = false;  // written by a process whose clock was scaled
  std::uint32_t partition = 0;
  std::uint64_t epoch = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  InstantMs last_at_ms = 0;  // the latest of all events so far
  // How long, and how many at most, ended contacts were remembered: replay
  // forgets the same ones.
  DurationMs id_retention_ms = 0;
  std::uint32_t ended_ids_max = 0;
  std::string previous;  // SHA-256 of the record before; 32 zeros in the first
  friend bool operator==(const RecordHeader&, const RecordHeader&) = default;
};

// Gathers the events of one record.
class RecordWriter {
 public:
  RecordWriter();
  // Whether the record is as large as a record is wanted to be.
  bool Full() const;
  bool empty() const { return events_ == 0; }
  // Of the events added so far; 0 if there are none.
  std::uint64_t first_sequence() const { return first_sequence_; }
  // Events' sequences must follow one another. RESOURCE_EXHAUSTED if the
  // record would be larger than kRecordBytesMax; nothing changes then.
  absl::Status Add(const Event& event, const EventDetail& detail);
  // The record's bytes; the writer is empty afterwards. The sequences of
  // `header` are filled in from the events. Not for an empty one.
  std::string Finish(const RecordHeader& header);

 private:
  std::string bytes_;
  std::uint64_t first_sequence_ = 0;
  std::size_t events_ = 0;
};

struct Record {
  RecordHeader header;
  std::vector<NumberedEvent> events;
};

// The header alone, its bytes and the crc of the whole record checked.
absl::StatusOr<RecordHeader> DecodeRecordHeader(std::string_view bytes);
// Everything; `bytes` is one whole record and nothing else.
absl::StatusOr<Record> DecodeRecord(std::string_view bytes);

}  // namespace relais::journal

#endif  // RELAIS_LIB_JOURNAL_RECORD_H_
