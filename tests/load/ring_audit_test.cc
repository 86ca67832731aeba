// Goal: the auditor judges by the ring in which a contact is, and notices each
// broken promise about rings. Method: a day told by hand, right first, then
// with one thing bent.

#include <cstdint>
#include <string>

#include "bench/load/audit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/story.h"

namespace relais::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr DurationMs kBoostMs = 20'000;

// Calls ask for basics 6; after 30 s for 4, which bob has, with 20 s of boost;
// after 60 s for 2.
Story RingStory() {
  Story story;
  v1::Configuration& configuration = story.plan.configuration;
  v1::ContactQueue* calls = configuration.mutable_queues(0);
  calls->mutable_requirement()->mutable_all_of(0)->set_level_min(6);
  calls->set_plan("wider");
  v1::BullseyePlan* plan = configuration.add_bullseye_plans();
  plan->set_name("wider");
  v1::BullseyeRing* ring = plan->add_rings();
  ring->set_widen_after_ms(30'000);
  ring->set_lower_all_by(2);
  ring->set_raise_boost_ms(kBoostMs);
  ring = plan->add_rings();
  ring->set_widen_after_ms(60'000);
  ring->set_lower_all_by(2);
  return story;
}

v1::BullseyePlan* PlanIn(Story& story) {
  return story.plan.configuration.mutable_bullseye_plans(0);
}

// Bob is there from the first; c1 comes to him in its second ring.
Story WidenedStory() {
  Story story = RingStory();
  story.At(5).SignIn("bob");
  story.At(10).Submit("c1");
  story.At(39).Barrier();
  story.At(40).Widen("c1", 1, kBoostMs);
  story.Reserve("c1", "bob");
  story.Serve("c1", "bob");
  story.Barrier();
  story.End();
  return story;
}

TEST(RingAuditTest, ADayWithRingsIsGreenAndWasChecked) {
  const Story story = WidenedStory();
  const AuditReport report = Audit(story.plan, story.record);
  EXPECT_TRUE(report.AllHold()) << AuditText(report);
  // Submitted, waiting at a barrier, widened, reserved, accepted, ended.
  EXPECT_EQ(report.of(Invariant::kRing).checks, 6u);
  EXPECT_THAT(report.of(Invariant::kRing).note,
              testing::StartsWith("1 times a contact came into a later ring, "
                                  "0 of them earlier"));
  EXPECT_EQ(report.of(Invariant::kRankKey).checks, 2u);
}

TEST(RingAuditTest, NobodyIsOfferedWhatALaterRingWouldAllow) {
  Story story = RingStory();
  story.At(5).SignIn("bob");
  story.At(10).Submit("c1");
  story.At(20).Reserve("c1", "bob");
  story.Serve("c1", "bob");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kSkill));
}

TEST(RingAuditTest, AFreeAgentBesideWhatItsRingAllows) {
  Story story = RingStory();
  story.At(5).SignIn("bob");
  story.At(10).Submit("c1");
  story.At(40).Widen("c1", 1, kBoostMs);
  story.At(41).Barrier();
  story.At(42).Leave("c1");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kQuiet));
}

TEST(RingAuditTest, WidenedBeforeItsTimeOrTooFar) {
  for (const bool early : {true, false}) {
    Story story = RingStory();
    story.At(10).Submit("c1");
    story.At(early ? 39 : 40).Widen("c1", early ? 1 : 2, kBoostMs);
    story.At(90).Leave("c1");
    story.End();
    EXPECT_THAT(Red(story), ElementsAre(Invariant::kRing)) << early;
  }
}

TEST(RingAuditTest, NotWidenedAtItsTime) {
  Story story = RingStory();
  story.At(10).Submit("c1");
  story.At(40).Barrier();
  story.At(41).Leave("c1");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kRing));
}

TEST(RingAuditTest, AnotherRingThanItWaitedIn) {
  Story story = RingStory();
  story.At(5).SignIn("ann");
  story.At(10).Submit("c1");
  story.Ring("c1", 1, kBoostMs);
  story.Reserve("c1", "ann");
  story.Serve("c1", "ann");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kRing));
}

TEST(RingAuditTest, AReturnGoesIntoTheRingOfItsWaitAndNeverBack) {
  for (const int ring : {0, 1, 2}) {
    Story story = RingStory();
    story.At(5).SignIn("ann");
    story.At(10).Submit("c1");
    story.At(30).Reserve("c1", "ann");
    story.At(50);
    story.Ring("c1", static_cast<std::uint32_t>(ring), kBoostMs);
    story.Decline("c1", "ann", 60'000);
    story.At(51).Leave("c1");
    story.End();
    if (ring == 1) {
      EXPECT_THAT(Red(story), IsEmpty());
    } else {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kRing)) << ring;
    }
  }
}

TEST(RingAuditTest, TheBoostOfItsRingIsInItsKey) {
  Story story = RingStory();
  story.At(10).Submit("c1");
  story.At(40).Widen("c1", 1, 0);
  story.At(90).Leave("c1");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kRankKey));
  story.plan.configuration.set_contact_choice(v1::CONTACT_CHOICE_STRICT);
  EXPECT_THAT(Red(story), IsEmpty());
}

// x in its second ring, y 10 s before it from a queue without a plan: x's
// boost puts it first.
TEST(RingAuditTest, WhoIsWidenedCountsFromItsNewPlace) {
  for (const bool widened : {false, true}) {
    Story story = RingStory();
    story.plan.configuration.mutable_queues(1)->add_channels(v1::CHANNEL_VOICE);
    story.At(10).Submit("y", "chats");
    story.At(20).Submit("x");
    if (widened) {
      story.At(50).Widen("x", 1, kBoostMs);
    }
    story.At(widened ? 55 : 45).SignIn("eve");
    story.Reserve("y", "eve");
    story.Serve("y", "eve");
    story.Reserve("x", "eve");
    story.Serve("x", "eve");
    story.End();
    if (widened) {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kInversion));
    } else {
      EXPECT_THAT(Red(story), IsEmpty());
    }
  }
}

// Of decisions at the same time the one that had not seen the widening may
// take y.
TEST(RingAuditTest, AWideningAtTheSameTimeIsLeftOpen) {
  for (const std::uint64_t began : {2, 3}) {
    Story story = RingStory();
    story.record.one_caller = false;
    story.plan.configuration.mutable_queues(1)->add_channels(v1::CHANNEL_VOICE);
    story.At(10).Submit("y", "chats");     // 1
    story.At(20).Submit("x");              // 2
    story.At(50).Widen("x", 1, kBoostMs);  // 3
    story.At(55).SignIn("eve");            // 4
    story.Reserve("y", "eve", began);      // 5
    story.Serve("y", "eve");
    story.Reserve("x", "eve");
    story.Serve("x", "eve");
    story.End();
    if (began == 2) {
      EXPECT_THAT(Red(story), IsEmpty());
    } else {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kInversion));
    }
  }
}

TEST(RingAuditTest, BeyondTheBoundOnOvertaking) {
  // y comes 30 s after x and is taken first: for a priority of a minute, or
  // for a key that it has not.
  for (const bool by_right : {true, false}) {
    Story story = RingStory();
    story.At(10).Submit("x");
    story.At(30);
    story.Submit("y", "calls", by_right ? 1 : 0);
    story.At(35).SignIn("eve");
    v1::Event& taken = story.Reserve("y", "eve");
    if (!by_right) taken.mutable_contact()->set_rank_key_ms(1'000);
    story.Serve("y", "eve");
    story.Reserve("x", "eve");
    story.Serve("x", "eve");
    story.End();
    if (by_right) {
      EXPECT_THAT(Red(story), IsEmpty());
    } else {
      EXPECT_THAT(Red(story),
                  ElementsAre(Invariant::kRankKey, Invariant::kOvertaking));
    }
  }
}

TEST(RingAuditTest, ARingIsSkippedIfNobodyIsSignedInForIt) {
  const auto story = [](const char* there, std::uint32_t ring) {
    Story told = RingStory();
    PlanIn(told)->set_skip_first_if(v1::RING_CONDITION_NOBODY_SIGNED_IN);
    told.At(5).Presence(there, v1::PRESENCE_STATE_NOT_READY);
    told.At(10);
    v1::Event& submitted = told.Submit("c1");
    submitted.mutable_contact()->set_ring(ring);
    told.Ring("c1", ring, ring == 0 ? 0 : kBoostMs);
    told.At(20).Leave("c1");
    told.End();
    return told;
  };
  EXPECT_THAT(Red(story("ann", 0)), IsEmpty());
  EXPECT_THAT(Red(story("ann", 1)), ElementsAre(Invariant::kRing));
  EXPECT_THAT(Red(story("bob", 1)), IsEmpty());
  EXPECT_THAT(Red(story("bob", 0)), ElementsAre(Invariant::kRing));
}

TEST(RingAuditTest, WhenTheLastOneSignsOutTheRingIsLeft) {
  for (const bool left : {true, false}) {
    Story story = RingStory();
    PlanIn(story)->set_skip_first_if(v1::RING_CONDITION_NOBODY_SIGNED_IN);
    story.At(5).Presence("ann", v1::PRESENCE_STATE_NOT_READY);
    story.At(10).Submit("c1");
    story.At(15).Presence("ann", v1::PRESENCE_STATE_LOGGED_OUT);
    if (left) story.Widen("c1", 1, kBoostMs);
    story.At(16).Barrier();
    story.At(20).Leave("c1");
    story.End();
    if (left) {
      EXPECT_THAT(Red(story), IsEmpty());
    } else {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kRing));
    }
  }
}

// Signed out within what two clocks may differ by: either ring is right.
TEST(RingAuditTest, WhoSignsOutAtTheSameTimeIsLeftOpen) {
  for (const DurationMs tolerance_ms : {0, 2'000}) {
    Story story = RingStory();
    story.record.one_caller = tolerance_ms == 0;
    story.record.clock_tolerance_ms = tolerance_ms;
    PlanIn(story)->set_skip_first_if(v1::RING_CONDITION_NOBODY_SIGNED_IN);
    story.At(5).Presence("ann", v1::PRESENCE_STATE_NOT_READY);
    story.At(10).Submit("c1");
    story.At(15).Widen("c1", 1, kBoostMs);
    story.At(16).Presence("ann", v1::PRESENCE_STATE_LOGGED_OUT);
    story.At(20).Leave("c1");
    story.End();
    if (tolerance_ms == 0) {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kRing));
    } else {
      EXPECT_THAT(Red(story), IsEmpty());
    }
  }
}

// Nobody of the list has level 10.
TEST(RingAuditTest, ARingIsSkippedIfNobodyIsListedForIt) {
  for (const std::uint32_t ring : {0u, 1u}) {
    Story story = RingStory();
    PlanIn(story)->set_skip_first_if(v1::RING_CONDITION_NOBODY_SCHEDULED);
    story.plan.configuration.mutable_queues(0)
        ->mutable_requirement()
        ->mutable_all_of(0)
        ->set_level_min(10);
    story.At(10);
    v1::Event& submitted = story.Submit("c1");
    submitted.mutable_contact()->set_ring(ring);
    story.Ring("c1", ring, kBoostMs);
    story.At(20).Leave("c1");
    story.End();
    if (ring == 1) {
      EXPECT_THAT(Red(story), IsEmpty());
    } else {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kRing));
    }
  }
}

// After 30 s a call asks as a chat, for basics 9: eve's, and no longer ann's.
TEST(RingAuditTest, ARingThatAsksAsAnotherQueue) {
  for (const char* agent : {"ann", "eve"}) {
    Story story = RingStory();
    story.plan.configuration.mutable_queues(1)->add_channels(v1::CHANNEL_VOICE);
    story.plan.configuration.mutable_queues(1)
        ->mutable_requirement()
        ->mutable_all_of(0)
        ->set_level_min(9);
    v1::BullseyeRing* ring = PlanIn(story)->mutable_rings(0);
    ring->set_queue("chats");
    ring->set_lower_all_by(0);
    story.At(10).Submit("c1");
    story.At(40).Widen("c1", 1, kBoostMs);
    story.At(41).SignIn(agent);
    story.Reserve("c1", agent);
    story.Serve("c1", agent);
    story.End();
    if (agent[0] == 'e') {
      EXPECT_THAT(Red(story), IsEmpty());
    } else {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kSkill));
    }
  }
}

}  // namespace
}  // namespace relais::load
