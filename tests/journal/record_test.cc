// Records: every damage is named, none is read.

#include "lib/journal/record.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"
#include "tests/journal/describe.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;

RecordHeader SomeHeader() {
  RecordHeader header;
  header.time_scaled = true;
  header.partition = 7;
  header.epoch = 3;
  header.last_at_ms = -1;
  header.id_retention_ms = 86'400'000;
  header.ended_ids_max = 1'000'000;
  header.previous = Sha256("before");
  return header;
}

std::string SomeRecord(const std::vector<NumberedEvent>& events) {
  RecordWriter writer;
  for (const NumberedEvent& numbered : events) {
    EXPECT_TRUE(writer.Add(numbered.event, numbered.detail).ok());
  }
  return writer.Finish(SomeHeader());
}

// The record with the crc that its bytes now have.
std::string Resealed(std::string bytes) {
  PutBigEndian(Crc32c(std::string_view(bytes).substr(12)), 8, &bytes);
  return bytes;
}

std::string MessageOf(const std::string& bytes) {
  const auto record = DecodeRecord(bytes);
  EXPECT_FALSE(record.ok());
  EXPECT_TRUE(absl::IsDataLoss(record.status())) << record.status();
  return std::string(record.status().message());
}

TEST(RecordTest, ComesBack) {
  const std::vector<NumberedEvent> events = History(1).Take(50);
  const std::string bytes = SomeRecord(events);
  const auto record = DecodeRecord(bytes);
  ASSERT_TRUE(record.ok()) << record.status();
  RecordHeader header = SomeHeader();
  header.first_sequence = 1;
  header.last_sequence = 50;
  EXPECT_EQ(record->header, header);
  EXPECT_EQ(*DecodeRecordHeader(bytes), header);
  ASSERT_EQ(record->events.size(), events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(Describe(record->events[i]), Describe(events[i]));
  }
}

TEST(RecordTest, EveryTruncationIsRefused) {
  const std::string bytes = SomeRecord(History(2).Take(5));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(MessageOf(bytes.substr(0, size)), HasSubstr("byte "));
  }
  EXPECT_THAT(MessageOf(bytes + "x"), HasSubstr("byte 4: the length says"));
}

TEST(RecordTest, EveryFlippedBitIsRefused) {
  const std::string bytes = SomeRecord(History(3).Take(5));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_THAT(MessageOf(damaged), HasSubstr("byte ")) << bit;
  }
}

// Behind the crc: whoever computes it anew gets no further.
TEST(RecordTest, NoFlippedByteCrashesBehindTheCrc) {
  const std::string bytes = SomeRecord(History(4).Take(8));
  int refused = 0;
  for (std::size_t bit = 12 * 8; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    const auto record = DecodeRecord(Resealed(damaged));
    refused += record.ok() ? 0 : 1;
    if (!record.ok()) continue;
    // Another value of a field, then.
    RecordWriter writer;
    for (const NumberedEvent& numbered : record->events) {
      ASSERT_TRUE(writer.Add(numbered.event, numbered.detail).ok());
    }
    EXPECT_EQ(writer.Finish(record->header), Resealed(damaged)) << bit;
  }
  EXPECT_GT(refused, 500);
}

TEST(RecordTest, NamesWhatIsWrong) {
  const std::string bytes = SomeRecord(History(5).Take(3));
  std::string damaged = bytes;
  damaged[0] = 'X';
  EXPECT_THAT(MessageOf(damaged), HasSubstr("byte 0: begins with \"XLJR\""));
  damaged = bytes;
  damaged[15] = 6;
  EXPECT_THAT(MessageOf(Resealed(damaged)), HasSubstr("byte 14: flags 6"));
  damaged = bytes;
  PutBigEndian(std::uint64_t{0}, 28, &damaged);
  EXPECT_THAT(MessageOf(Resealed(damaged)), HasSubstr("byte 28: sequences 0"));
  damaged = bytes;
  PutBigEndian(std::uint64_t{4}, 36, &damaged);
  EXPECT_THAT(MessageOf(Resealed(damaged)), HasSubstr("ends before event 4"));
  damaged = bytes;
  PutBigEndian(std::uint64_t{2}, 36, &damaged);
  EXPECT_THAT(MessageOf(Resealed(damaged)),
              HasSubstr("event 3 stands where event 3 of 1 to 2 belongs"));
  damaged = bytes;
  PutBigEndian(std::uint32_t{0xFFFFFFFF}, kRecordHeaderBytes, &damaged);
  EXPECT_THAT(MessageOf(Resealed(damaged)),
              HasSubstr("byte 96: an event of 4294967295 bytes"));
}

TEST(RecordTest, AnotherVersionIsToldApartFromDamage) {
  std::string bytes = SomeRecord(History(6).Take(3));
  bytes[13] = 3;
  const absl::Status status = DecodeRecord(Resealed(bytes)).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("byte 12: format version 3 is not known"));
}

TEST(RecordTest, IsFullByEventsOrByBytes) {
  RecordWriter writer;
  History history(7);
  for (std::size_t i = 0; i < kRecordEventsMax; ++i) {
    ASSERT_FALSE(writer.Full()) << i;
    const NumberedEvent numbered = history.Next();
    ASSERT_TRUE(writer.Add(numbered.event, numbered.detail).ok());
  }
  EXPECT_TRUE(writer.Full());
  EXPECT_EQ(writer.first_sequence(), 1);
  EXPECT_TRUE(DecodeRecord(writer.Finish(SomeHeader())).ok());
  EXPECT_TRUE(writer.empty());

  History large(8, 16 * 1024);
  std::size_t events = 0;
  for (; !writer.Full(); ++events) {
    const NumberedEvent numbered = large.Next();
    ASSERT_TRUE(writer.Add(numbered.event, numbered.detail).ok());
  }
  EXPECT_LT(events, 200);
  const std::string bytes = writer.Finish(SomeHeader());
  EXPECT_GE(bytes.size(), kRecordBytesWanted);
  EXPECT_LT(bytes.size(), kRecordBytesWanted + 20 * 1024);
}

}  // namespace
}  // namespace relais::journal
