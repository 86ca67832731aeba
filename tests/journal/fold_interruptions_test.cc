// Goal: what an agent is at is told by the events of interruptions, and those
// that cannot be are refused. Method: events by hand.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/fold.h"
#include "tests/journal/centre.h"
#include "tests/journal/describe.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;

class FoldInterruptionsTest : public ::testing::Test {
 protected:
  FoldInterruptionsTest() {
    centre_.Configure(1);
    centre_.Ready("ann");
    Give("mail", Channel::kEmail);
    Give("call", Channel::kVoice);
  }
  Event Offered(const std::string& id, Channel channel) {
    Event event = centre_.Created(id, "ann");
    event.channel = channel;
    return event;
  }
  void Give(const std::string& id, Channel channel) {
    centre_.Submit(id);
    centre_.Do(Offered(id, channel));
    centre_.Do(centre_.Accepted(id, "ann"));
  }
  Event Of(EventType type, const std::string& contact) {
    Event event = centre_.Make(type, contact, "ann");
    event.contact_version = 0;
    event.contact_state = ContactState::kAssigned;
    event.work_state = WorkState::kHandling;
    return event;
  }
  const HeldContact& mail() { return centre_.agent("ann").held.front(); }
  std::string Refusal(const Event& event) {
    const std::string before = Describe(centre_.state());
    const absl::Status status = centre_.Try(event);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(Describe(centre_.state()), before);
    return std::string(status.message());
  }

  Centre centre_;
};

TEST_F(FoldInterruptionsTest, BothWays) {
  const std::uint64_t version = centre_.contact("mail").version;
  centre_.now_ms = 2'000;
  centre_.Do(Of(EventType::kContactInterrupted, "mail"));
  EXPECT_TRUE(mail().interrupted);
  EXPECT_EQ(mail().state, WorkState::kHandling);
  EXPECT_EQ(centre_.contact("mail").accepted_ms, 1'000);
  centre_.now_ms = 3'000;
  centre_.Do(Of(EventType::kContactResumed, "mail"));
  EXPECT_FALSE(mail().interrupted);
  EXPECT_EQ(centre_.contact("mail").accepted_ms, 3'000);
  EXPECT_EQ(centre_.contact("mail").version, version);
  EXPECT_EQ(centre_.contact("mail").state, ContactState::kAssigned);
}

TEST_F(FoldInterruptionsTest, WhatCannotBeIsRefused) {
  EXPECT_THAT(Refusal(Of(EventType::kContactResumed, "mail")),
              HasSubstr("not handling \"mail\" in attempt 2, interrupted"));
  centre_.Do(Of(EventType::kContactInterrupted, "mail"));
  EXPECT_THAT(Refusal(Of(EventType::kContactInterrupted, "mail")),
              HasSubstr("not interrupted"));
  EXPECT_THAT(Refusal(Of(EventType::kContactInterrupted, "other")),
              HasSubstr("not handling \"other\""));
  Event changes = Of(EventType::kContactResumed, "mail");
  changes.contact_version = 4;
  EXPECT_THAT(Refusal(changes), HasSubstr("interrupted"));
  EXPECT_THAT(Refusal(centre_.Completed("mail", "ann", 9'000)),
              HasSubstr("which nobody wraps up"));
  centre_.Do(centre_.Completed("mail", "ann", 0));
  EXPECT_EQ(centre_.agent("ann").held.size(), 1U);
}

TEST_F(FoldInterruptionsTest, NoMoreThanTwoFullLoads) {
  centre_.Submit("c3");
  EXPECT_THAT(Refusal(Offered("c3", Channel::kChat)),
              HasSubstr("would hold 3 contacts of 300 units"));
  // Of one channel no contact interrupts another.
  centre_.Do(centre_.Completed("mail", "ann", 0));
  EXPECT_THAT(Refusal(Offered("c3", Channel::kVoice)),
              HasSubstr("would hold 2 contacts of 200 units"));
  centre_.Do(Offered("c3", Channel::kVideo));
}

}  // namespace
}  // namespace relais::journal
