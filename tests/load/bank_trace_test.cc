// Goal: every row of a bank's records is either offered or named with its
// reason; a file without the columns is refused. Method: a small file written
// here, one row per rule; then the real file where it is present.

#include "bench/load/bank_trace.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/real_calls.h"

namespace relais::load {
namespace {

using testing::HasSubstr;

constexpr char kHeader[] =
    "vru_line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,"
    "vru_time,q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,"
    "server\n";

absl::StatusOr<BankTrace> Read(const std::string& text) {
  std::istringstream in(text);
  return ReadBankTrace(in, "calls.csv");
}

// The kind of dirt of the only row, after checking that it is not played.
std::vector<Dirt> DirtOf(const std::string& row, std::size_t played = 0) {
  const auto trace = Read(kHeader + row + "\r\n");
  EXPECT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->rows, 1u);
  EXPECT_EQ(trace->calls.size(), played);
  std::vector<Dirt> dirt;
  for (const DirtyRow& dirty : trace->dirty) dirt.push_back(dirty.dirt);
  return dirt;
}

TEST(BankTraceTest, AnsweredAtOnceArrivesWhenItLeavesTheIvr) {
  const auto trace =
      Read(std::string(kHeader) +
           "L1,7,0,2,PS,2001-05-06,7:02:47,7:02:56,9,0:00:00,0:00:00,0,AGENT,"
           "7:02:55,7:05:41,166,kim\r\n");
  ASSERT_TRUE(trace.ok());
  ASSERT_EQ(trace->calls.size(), 1u);
  const BankCall& call = trace->calls[0];
  EXPECT_EQ(call.id, "2001-05-06/L1/7");
  EXPECT_EQ(call.type, "PS");
  EXPECT_EQ(call.priority, 2);
  EXPECT_TRUE(call.answered);
  EXPECT_FALSE(call.queued);
  EXPECT_EQ(call.arrival_s, 7 * 3600 + 2 * 60 + 56);
  EXPECT_EQ(call.service_start_s, 7 * 3600 + 2 * 60 + 55);
  EXPECT_EQ(call.service_s, 166);
  EXPECT_EQ(call.server, "kim");
  EXPECT_TRUE(trace->dirty.empty());
}

TEST(BankTraceTest, WhoHungUpInTheQueueIsOffered) {
  const auto trace =
      Read(std::string(kHeader) +
           "L1,8,0,0,NW,2001-05-06,8:09:16,8:09:22,6,8:09:23,8:09:53,30,HANG,"
           "0:00:00,0:00:00,0,NO_SERVER\n");
  ASSERT_TRUE(trace.ok());
  ASSERT_EQ(trace->calls.size(), 1u);
  EXPECT_FALSE(trace->calls[0].answered);
  EXPECT_TRUE(trace->calls[0].queued);
  EXPECT_EQ(trace->calls[0].arrival_s, 8 * 3600 + 9 * 60 + 23);
  EXPECT_EQ(trace->calls[0].queue_s, 30);
}

TEST(BankTraceTest, EachKindOfDirtIsNamed) {
  using testing::ElementsAre;
  EXPECT_THAT(DirtOf("L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,8:00:05,8:00:15,"
                     "10,PHANTOM,0:00:00,0:00:00,0,NO_SERVER"),
              ElementsAre(Dirt::kPhantom));
  EXPECT_THAT(DirtOf("L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,"
                     "0,HANG,0:00:00,0:00:00,0,NO_SERVER"),
              ElementsAre(Dirt::kHangInIvr));
  EXPECT_THAT(DirtOf("L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,"
                     "0,AGENT,8:00:05,8:00:09,4,NO_SERVER"),
              ElementsAre(Dirt::kNoServer));
  EXPECT_THAT(DirtOf("L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,"
                     "0,AGENT,0:00:00,0:00:00,0,kim"),
              ElementsAre(Dirt::kNoService));
  EXPECT_THAT(DirtOf("L,1,0,0,PS,2001-05-06,23:59:56,23:59:57,1,0:00:02,"
                     "0:00:29,27,AGENT,0:00:29,0:00:58,29,kim"),
              ElementsAre(Dirt::kQueueStartDayOff));
  EXPECT_THAT(DirtOf("L,1,0,0,PS,2001-05-06,8:01:00,8:00:05,-55,0:00:00,"
                     "0:00:00,0,AGENT,8:00:05,8:00:09,4,kim",
                     1),
              ElementsAre(Dirt::kNegativeVruTime));
}

TEST(BankTraceTest, UnreadableFieldsAreNamedAndNotPlayed) {
  const struct {
    const char* row;
    const char* named;
  } kCases[] = {
      {"L,1,0,7,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,0,AGENT,"
       "8:00:05,8:00:09,4,kim",
       "priority \"7\""},
      {"L,1,0,0,PS,2001-05-06,8:00:00,25:00:05,5,0:00:00,0:00:00,0,AGENT,"
       "8:00:05,8:00:09,4,kim",
       "vru_exit \"25:00:05\""},
      {"L,1,0,0,PS,2001-02-30,8:00:00,8:00:05,5,0:00:00,0:00:00,0,AGENT,"
       "8:00:05,8:00:09,4,kim",
       "date \"2001-02-30\""},
      {"L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,0,TALK,"
       "8:00:05,8:00:09,4,kim",
       "outcome \"TALK\""},
      {"L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,0,AGENT,"
       "8:00:05,8:00:09,-4,kim",
       "ser_time \"-4\""},
      {"L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,x,AGENT,"
       "8:00:05,8:00:09,4,kim",
       "q_time \"x\""},
      {"L,1,0,0,PS,2001-05-06", "6 fields instead of 17"},
  };
  for (const auto& a_case : kCases) {
    const auto trace = Read(std::string(kHeader) + a_case.row + "\n");
    ASSERT_TRUE(trace.ok());
    EXPECT_TRUE(trace->calls.empty());
    ASSERT_EQ(trace->dirty.size(), 1u) << a_case.row;
    EXPECT_EQ(trace->dirty[0].dirt, Dirt::kUnreadable);
    EXPECT_EQ(trace->dirty[0].line, 2u);
    EXPECT_THAT(trace->dirty[0].detail, HasSubstr(a_case.named));
  }
}

TEST(BankTraceTest, TheSameCallTwiceIsPlayedOnce) {
  const std::string row =
      "L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,0,AGENT,"
      "8:00:05,8:00:09,4,kim\n";
  const auto trace = Read(kHeader + row + row);
  ASSERT_TRUE(trace.ok());
  EXPECT_EQ(trace->rows, 2u);
  EXPECT_EQ(trace->calls.size(), 1u);
  ASSERT_EQ(trace->dirty.size(), 1u);
  EXPECT_EQ(trace->dirty[0].dirt, Dirt::kRepeated);
  EXPECT_EQ(trace->dirty[0].line, 3u);
}

TEST(BankTraceTest, ColumnsMayStandInAnotherOrderButNotBeMissing) {
  const auto swapped = Read(
      "server,call_id,customer_id,priority,type,date,vru_entry,vru_exit,"
      "vru_time,q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,"
      "vru_line\n"
      "kim,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,0,AGENT,"
      "8:00:05,8:00:09,4,L\n");
  ASSERT_TRUE(swapped.ok());
  ASSERT_EQ(swapped->calls.size(), 1u);
  EXPECT_EQ(swapped->calls[0].server, "kim");

  const auto missing = Read("vru_line,call_id,customer_id,priority,type\n");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(missing.status().message()),
              HasSubstr("calls.csv:1: missing columns date, vru_entry"));

  const auto twice = Read(std::string(kHeader).insert(0, "server,"));
  EXPECT_EQ(twice.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(twice.status().message()),
              HasSubstr("named twice: server"));

  EXPECT_EQ(Read("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadBankTraceFile("/nonexistent/calls.csv").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(BankTraceTest, TheReportNamesReasonsAndRows) {
  const auto trace =
      Read(std::string(kHeader) +
           "L,1,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,0,HANG,"
           "0:00:00,0:00:00,0,NO_SERVER\n"
           "L,2,0,0,PS,2001-05-06,8:00:00,8:00:05,5,0:00:00,0:00:00,0,HANG,"
           "0:00:00,0:00:00,0,NO_SERVER\n"
           "L,3,0,0,PS,2001-05-07,8:00:00,8:00:05,5,0:00:00,0:00:00,0,HANG,"
           "0:00:00,0:00:00,0,NO_SERVER\n");
  ASSERT_TRUE(trace.ok());
  EXPECT_THAT(DirtReport(*trace, "2001-05-06", 1),
              HasSubstr("not played: hung up in the IVR, never queued: 3 in "
                        "the file, 2 on 2001-05-06: 2001-05-06/L/1 and 1 "
                        "more"));
}

TEST(RealCallsTest, DirtIsThatOfTheDataSheet) {
  const std::string path = RealCallsPath();
  if (path.empty()) GTEST_SKIP() << kNoRealCalls;
  const auto trace = ReadBankTraceFile(path);
  ASSERT_TRUE(trace.ok()) << trace.status();
  const auto count = [&](Dirt dirt) {
    return std::count_if(trace->dirty.begin(), trace->dirty.end(),
                         [&](const DirtyRow& row) { return row.dirt == dirt; });
  };
  EXPECT_EQ(trace->rows, 33'344u);
  EXPECT_EQ(count(Dirt::kPhantom), 278);
  EXPECT_EQ(count(Dirt::kHangInIvr), 1'941);
  EXPECT_EQ(count(Dirt::kNoServer), 491);
  EXPECT_EQ(count(Dirt::kNoService), 50);
  EXPECT_EQ(count(Dirt::kQueueStartDayOff), 1);
  EXPECT_EQ(count(Dirt::kNegativeVruTime), 25);
  EXPECT_EQ(count(Dirt::kRepeated), 0);
  EXPECT_EQ(count(Dirt::kUnreadable), 0);
  EXPECT_EQ(trace->calls.size(), 33'344u - 278 - 1'941 - 491 - 50 - 1);
}

}  // namespace
}  // namespace relais::load
