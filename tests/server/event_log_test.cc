// The log's contract with its readers: in order, from any kept number, in
// bounded pieces, OUT_OF_RANGE beyond either end, and a wake-up for those who
// wait.

#include "server/event_log.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/v1/contact_service.pb.h"

namespace relais::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void Append(EventLog* log, std::uint64_t sequence) {
  v1::Event event;
  event.set_sequence(sequence);
  event.set_type(v1::EVENT_TYPE_PRESENCE_CHANGED);
  event.mutable_agent()->set_id("agent-" + std::to_string(sequence));
  log->Append(event);
}

std::vector<std::uint64_t> Numbers(const EventLog::Batch& batch) {
  v1::WatchEventsResponse response;
  EXPECT_TRUE(response.ParseFromString(batch.bytes));
  EXPECT_EQ(static_cast<std::size_t>(response.events_size()), batch.count);
  std::vector<std::uint64_t> numbers;
  for (const v1::Event& event : response.events()) {
    EXPECT_EQ(event.agent().id(), "agent-" + std::to_string(event.sequence()));
    numbers.push_back(event.sequence());
  }
  return numbers;
}

TEST(EventLogTest, EmptyAtFirst) {
  const EventLog log(10);
  EXPECT_EQ(log.LastSequence(), 0U);
  EXPECT_EQ(log.OldestSequence(), 1U);
  const auto batch = log.Read(1, 1000);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->count, 0U);
  EXPECT_EQ(batch->next_sequence, 1U);
  EXPECT_EQ(log.Read(2, 1000).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(EventLogTest, ReadsFromAnyKeptNumber) {
  EventLog log(4);
  for (std::uint64_t i = 1; i <= 6; ++i) Append(&log, i);
  EXPECT_EQ(log.LastSequence(), 6U);
  EXPECT_EQ(log.OldestSequence(), 3U);
  EXPECT_THAT(Numbers(*log.Read(3, 10'000)), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(Numbers(*log.Read(6, 10'000)), ElementsAre(6));
  EXPECT_THAT(Numbers(*log.Read(7, 10'000)), IsEmpty());
}

TEST(EventLogTest, OutOfRangeNamesTheOldestKept) {
  EventLog log(4);
  for (std::uint64_t i = 1; i <= 6; ++i) Append(&log, i);
  const absl::Status gone = log.Read(2, 1000).status();
  EXPECT_EQ(gone.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(gone.message()), HasSubstr("oldest kept is 3"));
  const absl::Status future = log.Read(8, 1000).status();
  EXPECT_EQ(future.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(future.message()), HasSubstr("next one is 7"));
}

TEST(EventLogTest, PiecesAreBoundedAndContinue) {
  EventLog log(1'000);
  for (std::uint64_t i = 1; i <= 500; ++i) Append(&log, i);
  std::uint64_t next = 1;
  std::uint64_t expected = 1;
  int pieces = 0;
  while (true) {
    const auto batch = log.Read(next, 200);
    ASSERT_TRUE(batch.ok());
    if (batch->count == 0) break;
    EXPECT_LE(batch->bytes.size(), 200U);
    for (const std::uint64_t number : Numbers(*batch)) {
      EXPECT_EQ(number, expected++);
    }
    next = batch->next_sequence;
    ++pieces;
  }
  EXPECT_EQ(expected, 501U);
  EXPECT_GT(pieces, 10);
  // One that is larger than a piece still comes.
  EXPECT_EQ(log.Read(1, 1)->count, 1U);
}

TEST(EventLogTest, NumbersMayBeLeftOut) {
  EventLog log(10);
  Append(&log, 1);
  Append(&log, 4);
  EXPECT_THAT(Numbers(*log.Read(2, 1000)), ElementsAre(4));
}

class CountingWatcher final : public EventWatcher {
 public:
  void OnMore() override { ++calls; }
  std::atomic<int> calls{0};
};

TEST(EventLogTest, WakesWatchers) {
  EventLog log(10);
  CountingWatcher stays;
  CountingWatcher leaves;
  log.AddWatcher(&stays);
  log.AddWatcher(&leaves);
  log.WakeAll();
  log.RemoveWatcher(&leaves);
  log.WakeAll();
  EXPECT_EQ(stays.calls, 2);
  EXPECT_EQ(leaves.calls, 1);
}

// Readers at their own pace beside a writer: each sees every number once, or
// is told that it fell behind.
TEST(EventLogTest, ReadersBesideAWriter) {
  EventLog log(300);
  constexpr std::uint64_t kEvents = 20'000;
  std::atomic<bool> wrong{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      std::uint64_t next = 1;
      while (next <= kEvents) {
        const auto batch = log.Read(next, 2'000);
        if (!batch.ok()) {
          next = log.OldestSequence();
          continue;
        }
        v1::WatchEventsResponse response;
        if (!response.ParseFromString(batch->bytes)) wrong = true;
        for (const v1::Event& event : response.events()) {
          if (event.sequence() != next++) wrong = true;
        }
      }
    });
  }
  for (std::uint64_t i = 1; i <= kEvents; ++i) Append(&log, i);
  for (std::thread& reader : readers) reader.join();
  EXPECT_FALSE(wrong);
}

}  // namespace
}  // namespace relais::server
