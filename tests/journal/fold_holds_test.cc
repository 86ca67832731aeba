// Goal: for whom a contact waits alone is told by its events, and those that
// give it to another are refused. Method: events by hand.

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/journal/fold.h"
#include "tests/journal/centre.h"
#include "tests/journal/describe.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;

Event HeldFor(Event event, const std::string& agent, InstantMs until_ms = 0) {
  event.held_for.Assign(agent);
  event.held_until_ms = until_ms;
  return event;
}

class FoldHoldsTest : public ::testing::Test {
 protected:
  FoldHoldsTest() {
    centre_.Configure(1);
    centre_.Ready("ann");
    centre_.Ready("bob");
    EventDetail detail;
    const Event event =
        HeldFor(centre_.Submitted("c1", &detail), "ann", 61'000);
    auto with_agents = std::make_shared<ContactDetail>(*detail.contact);
    with_agents->spec.preferred = {{"ann", "bob"}, PreferenceSource::kList, 0};
    detail.contact = with_agents;
    centre_.Do(event, detail);
  }
  Event HoldEnded(const std::string& next) {
    Event event = centre_.Make(EventType::kContactHoldEnded, "c1", "");
    event.attempt = 0;
    event.arrival_sequence = 7;
    return HeldFor(event, next, next.empty() ? 0 : 99'000);
  }
  const LiveContact& contact() { return centre_.contact("c1"); }
  std::string Refusal(const Event& event) {
    const std::string before = Describe(centre_.state());
    const absl::Status status = centre_.Try(event);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(Describe(centre_.state()), before);
    return std::string(status.message());
  }

  Centre centre_;
};

TEST_F(FoldHoldsTest, ItGoesFromOneToTheNextAndToTheQueue) {
  EXPECT_EQ(contact().held_for, "ann");
  EXPECT_EQ(contact().held_since_ms, 1'000);
  EXPECT_EQ(contact().held_until_ms, 61'000);
  EXPECT_FALSE(contact().placed);
  centre_.now_ms = 61'000;
  centre_.Do(HoldEnded("bob"));
  EXPECT_EQ(contact().held_for, "bob");
  EXPECT_EQ(contact().held_since_ms, 61'000);
  EXPECT_EQ(contact().held_until_ms, 99'000);
  EXPECT_EQ(contact().version, 2U);
  EXPECT_TRUE(contact().placed);
  centre_.Do(HoldEnded(""));
  EXPECT_EQ(contact().held_for, "");
  EXPECT_EQ(contact().held_since_ms, 0);
  EXPECT_EQ(contact().held_until_ms, 0);
  centre_.Do(centre_.Created("c1", "bob"));
}

TEST_F(FoldHoldsTest, AReservationKeepsForWhomItWaited) {
  centre_.Do(HeldFor(centre_.Created("c1", "ann"), "ann"));
  EXPECT_EQ(contact().held_for, "ann");
  EXPECT_EQ(contact().held_until_ms, 0);
  centre_.Do(HeldFor(centre_.Declined("c1", "ann", 9'000), "bob", 70'000));
  EXPECT_EQ(contact().held_for, "bob");
  EXPECT_EQ(contact().held_since_ms, 1'000);
  EXPECT_EQ(contact().held_until_ms, 70'000);
}

TEST_F(FoldHoldsTest, WhatCannotBeIsRefused) {
  EXPECT_THAT(Refusal(centre_.Created("c1", "bob")),
              HasSubstr("waits for \"ann\" alone"));
  EXPECT_THAT(Refusal(HeldFor(centre_.Created("c1", "bob"), "ann")),
              HasSubstr("it goes to \"bob\""));
  EXPECT_THAT(Refusal(HoldEnded("ann")), HasSubstr("would be held for"));
  centre_.Do(HoldEnded(""));
  EXPECT_THAT(Refusal(HoldEnded("")), HasSubstr("held for \"\""));
  EXPECT_THAT(Refusal(HeldFor(centre_.Created("c1", "ann"), "ann")),
              HasSubstr("waits for \"\" alone"));
}

}  // namespace
}  // namespace relais::journal
