// Goal: a contact's ring is told by its events, and those that tell an
// impossible one are refused. Method: events by hand.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/fold.h"
#include "tests/journal/centre.h"
#include "tests/journal/describe.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;

Event InRing(Event event, int ring) {
  event.ring = static_cast<std::uint8_t>(ring);
  return event;
}

class FoldRingsTest : public ::testing::Test {
 protected:
  FoldRingsTest() {
    centre_.Configure(1);
    centre_.Submit("c1");
    centre_.Ready("ann");
  }
  Event Widened(int ring) {
    Event event = centre_.Make(EventType::kContactWidened, "c1", "");
    event.attempt = 0;
    event.rank_key_ms = -1'000 * ring;
    event.arrival_sequence = 7;
    return InRing(event, ring);
  }
  const LiveContact& contact() { return centre_.state().contacts.at("c1"); }
  std::string Refusal(const Event& event) {
    const std::string before = Describe(centre_.state());
    const absl::Status status = centre_.Try(event);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(Describe(centre_.state()), before);
    return std::string(status.message());
  }

  Centre centre_;
};

TEST_F(FoldRingsTest, ItRisesByWideningAndByReturning) {
  EXPECT_EQ(contact().ring, 0);
  centre_.Do(Widened(2));
  EXPECT_EQ(contact().ring, 2);
  EXPECT_EQ(contact().version, 2U);
  EXPECT_TRUE(contact().placed);
  EXPECT_EQ(contact().rank_key_ms, -2'000);
  EXPECT_EQ(contact().arrival_sequence, 7U);
  centre_.Do(InRing(centre_.Created("c1", "ann"), 2));
  Event declined = InRing(centre_.Declined("c1", "ann", 9'000), 3);
  declined.rank_key_ms = -3'000;
  centre_.Do(declined);
  EXPECT_EQ(contact().ring, 3);
  EXPECT_EQ(contact().rank_key_ms, -3'000);
  centre_.Do(InRing(centre_.Ended("c1", EndReason::kAbandoned), 3));
  ASSERT_EQ(centre_.state().ended.size(), 1U);
  EXPECT_EQ(centre_.state().ended.front().ring, 3);
  EXPECT_EQ(centre_.state().ended.front().rank_key_ms, -3'000);
}

// One that came into a later ring at once is told so by its submit alone.
TEST_F(FoldRingsTest, ASubmitTellsTheRing) {
  EventDetail detail;
  centre_.Do(InRing(centre_.Submitted("c2", &detail), 1), detail);
  EXPECT_EQ(centre_.state().contacts.at("c2").ring, 1);
  EXPECT_FALSE(centre_.state().contacts.at("c2").placed);
  centre_.Do(InRing(centre_.Ended("c2", EndReason::kAbandoned), 1));
  EXPECT_EQ(centre_.state().ended.front().rank_key_ms,
            detail.contact->rank_key_ms);
}

TEST_F(FoldRingsTest, WhatCannotBeIsRefused) {
  EXPECT_THAT(Refusal(Widened(0)), HasSubstr("is waiting in ring 0; only"));
  EXPECT_THAT(Refusal(InRing(centre_.Created("c1", "ann"), 1)),
              HasSubstr("is in ring 0 before it, in ring 1 after it"));
  centre_.Do(Widened(2));
  EXPECT_THAT(Refusal(Widened(1)),
              HasSubstr("is in ring 2 before it, in ring 1 after it"));
  EXPECT_THAT(Refusal(InRing(centre_.Ended("c1", EndReason::kAbandoned), 3)),
              HasSubstr("is in ring 2 before it, in ring 3 after it"));
  centre_.Do(InRing(centre_.Created("c1", "ann"), 2));
  EXPECT_THAT(Refusal(Widened(3)), HasSubstr("is reserved in ring 2; only"));
  Event named = Widened(3);
  named.agent_id.Assign("ann");
  EXPECT_THAT(Refusal(named), HasSubstr("has an agent_id"));
}

}  // namespace
}  // namespace relais::journal
