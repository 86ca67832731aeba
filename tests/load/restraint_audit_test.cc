// Goal: the auditor knows what keeps a free agent from a contact (reserves,
// drains, queues that are only pulled from), and notices both an offer against
// it and an agent who stays free without it. Method: a day told by hand, right
// first, then with one thing bent.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/load/audit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/story.h"

namespace relais::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// One chat at once; one who may take calls stays free of chats. Ann and eve are
// there, and ann was given the first chat.
Story ReserveStory() {
  Story story;
  v1::Configuration& configuration = story.plan.configuration;
  v1::ChannelCapacity* chat =
      configuration.mutable_routing_profiles(0)->add_channel_capacities();
  chat->set_channel(v1::CHANNEL_CHAT);
  chat->set_contacts_max(1);
  v1::Reserve* reserve = configuration.add_reserves();
  reserve->set_name("phones");
  reserve->set_queue("calls");
  reserve->set_keep(1);
  reserve->add_holds_back(v1::CHANNEL_CHAT);
  story.At(5).SignIn("ann");
  story.SignIn("eve");
  story.At(10).Submit("chat1", "chats");
  story.Reserve("chat1", "ann");
  story.Accept("chat1", "ann");
  return story;
}

TEST(ReserveAuditTest, WhoIsKeptFreeStandsBesideAChatAndTakesACall) {
  Story story = ReserveStory();
  story.At(20).Submit("chat2", "chats");
  story.At(21).Barrier();
  story.At(30).Submit("call");
  story.Reserve("call", "eve");
  story.Serve("call", "eve");
  story.Barrier();
  // Bob takes calls, so eve need not stay free.
  story.At(40).SignIn("bob");
  story.Reserve("chat2", "eve");
  story.Serve("chat2", "eve");
  story.Complete("chat1", "ann");
  story.Barrier();
  story.End();
  const AuditReport report = Audit(story.plan, story.record);
  EXPECT_TRUE(report.AllHold()) << AuditText(report);
}

TEST(ReserveAuditTest, TheLastOneIsGivenAChat) {
  Story story = ReserveStory();
  story.At(20).Submit("chat2", "chats");
  story.Reserve("chat2", "eve");
  story.Serve("chat2", "eve");
  story.Complete("chat1", "ann");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kDeclined));
}

TEST(ReserveAuditTest, TheLastOneMayPullIt) {
  Story story = ReserveStory();
  story.At(20).Submit("chat2", "chats");
  story.At(25).Reserve("chat2", "eve").mutable_reservation()->set_pulled(true);
  story.Serve("chat2", "eve");
  story.Complete("chat1", "ann");
  story.End();
  EXPECT_THAT(Red(story), IsEmpty());
}

TEST(ReserveAuditTest, NobodyIsKeptFreeOnceAnotherTakesCalls) {
  Story story = ReserveStory();
  story.At(20).Submit("chat2", "chats");
  story.At(40).SignIn("bob");
  story.At(41).Barrier();
  story.At(50).Leave("chat2");
  story.Complete("chat1", "ann");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kQuiet));
}

// Once only one was free, three must be before a chat is given.
TEST(ReserveAuditTest, ItGivesAgainWhenEnoughAreFree) {
  for (const bool enough : {false, true}) {
    for (const bool given : {false, true}) {
      Story story = ReserveStory();
      story.plan.configuration.mutable_reserves(0)->set_resume(3);
      // Three are free for a moment.
      story.Complete("chat1", "ann");
      story.EndWrapUp("ann");
      story.SignIn("bob");
      story.Barrier();
      if (!enough) {
        story.Presence("bob", v1::PRESENCE_STATE_NOT_READY);
        story.Presence("ann", v1::PRESENCE_STATE_NOT_READY);
        story.SignIn("bob");
      } else {
        story.Presence("ann", v1::PRESENCE_STATE_NOT_READY);
      }
      story.At(20).Submit("chat2", "chats");
      if (given) {
        story.Reserve("chat2", "eve");
        story.Serve("chat2", "eve");
      }
      story.Barrier();
      if (!given) story.Leave("chat2");
      story.End();
      // The first chat of all was given before there had ever been three.
      std::vector<Invariant> red = Red(story);
      ASSERT_FALSE(red.empty());
      EXPECT_EQ(red.front(), Invariant::kDeclined);
      EXPECT_EQ(red.size() == 2, enough && !given);
      EXPECT_EQ(
          Audit(story.plan, story.record).of(Invariant::kDeclined).violations,
          !enough && given ? 2u : 1u);
    }
  }
}

// Of calls at the same time the events need not tell the order: bob may have
// counted when the chat was given.
TEST(ReserveAuditTest, WhoCountedSinceTheLastQuietMomentLeavesItOpen) {
  for (const bool bob : {false, true}) {
    Story story = ReserveStory();
    story.record.one_caller = false;
    story.Barrier();
    story.At(20).Submit("chat2", "chats");
    story.Reserve("chat2", "eve");
    story.Serve("chat2", "eve");
    if (bob) story.At(21).SignIn("bob");
    story.Complete("chat1", "ann");
    story.At(30).Barrier();
    story.End();
    if (bob) {
      EXPECT_THAT(Red(story), IsEmpty());
    } else {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kDeclined));
    }
  }
}

// A call that waits for 30 s drains chats; ann is at a chat, and has room for
// another but not for the call.
Story DrainStory() {
  Story story;
  v1::Configuration& configuration = story.plan.configuration;
  configuration.mutable_queues(0)->set_plan("drain");
  v1::BullseyePlan* plan = configuration.add_bullseye_plans();
  plan->set_name("drain");
  v1::BullseyeRing* ring = plan->add_rings();
  ring->set_widen_after_ms(30'000);
  ring->add_drain(v1::CHANNEL_CHAT);
  story.At(5).SignIn("ann");
  story.At(10).Submit("chat1", "chats");
  story.Reserve("chat1", "ann");
  story.Accept("chat1", "ann");
  story.At(20).Submit("call");
  story.At(50).Widen("call", 1, 0);
  story.At(60).Submit("chat2", "chats");
  return story;
}

TEST(DrainAuditTest, WhoIsDrainedBecomesFreeForTheCall) {
  Story story = DrainStory();
  story.At(70).Barrier();
  story.At(80).Complete("chat1", "ann");
  story.EndWrapUp("ann");
  story.Reserve("call", "ann");
  story.Serve("call", "ann");
  story.Reserve("chat2", "ann");
  story.Serve("chat2", "ann");
  story.Barrier();
  story.End();
  const AuditReport report = Audit(story.plan, story.record);
  EXPECT_TRUE(report.AllHold()) << AuditText(report);
}

TEST(DrainAuditTest, WhoIsDrainedIsGivenAChatOrPullsOne) {
  for (const bool pulled : {false, true}) {
    Story story = DrainStory();
    story.At(70)
        .Reserve("chat2", "ann")
        .mutable_reservation()
        ->set_pulled(pulled);
    story.Serve("chat2", "ann");
    story.At(80).Leave("call");
    story.Complete("chat1", "ann");
    story.End();
    EXPECT_THAT(Red(story), ElementsAre(Invariant::kDeclined));
  }
}

TEST(DrainAuditTest, NobodyIsDrainedOnceTheCallHasLeft) {
  Story story = DrainStory();
  story.At(70).Leave("call");
  story.Barrier();
  story.At(80).Leave("chat2");
  story.Complete("chat1", "ann");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kQuiet));
}

// Of calls at the same time: whether the call surely waited.
TEST(DrainAuditTest, WhatBeganSinceTheLastQuietMomentIsLeftOpen) {
  for (const bool before : {false, true}) {
    for (const bool after : {false, true}) {
      Story story = DrainStory();
      story.record.one_caller = false;
      story.At(70);
      if (before) story.Barrier();
      story.Reserve("chat2", "ann");
      story.Serve("chat2", "ann");
      if (after) story.Barrier();
      story.At(80).Leave("call");
      story.Complete("chat1", "ann");
      story.Barrier();
      story.End();
      if (before && after) {
        EXPECT_THAT(Red(story), ElementsAre(Invariant::kDeclined));
      } else {
        EXPECT_THAT(Red(story), IsEmpty());
      }
    }
  }
}

// Chats are pulled only; two wait beside ann.
Story PullStory() {
  Story story;
  story.plan.configuration.mutable_queues(1)->set_pull_only(true);
  story.At(5).SignIn("ann");
  story.At(10).Submit("chat1", "chats");
  story.At(20).Submit("chat2", "chats");
  return story;
}

void Pull(const std::string& id, Story* story) {
  story->Reserve(id, "ann").mutable_reservation()->set_pulled(true);
  story->Serve(id, "ann");
}

TEST(PullAuditTest, WhatIsPulledWaitsBesideFreeAgents) {
  Story story = PullStory();
  story.At(30).Barrier();
  // A call does not wait behind it.
  story.At(31).Submit("call");
  story.Reserve("call", "ann");
  story.Serve("call", "ann");
  story.At(40);
  Pull("chat1", &story);
  Pull("chat2", &story);
  story.Barrier();
  story.End();
  const AuditReport report = Audit(story.plan, story.record);
  EXPECT_TRUE(report.AllHold()) << AuditText(report);
}

TEST(PullAuditTest, OfferedToWhoDidNotPullIt) {
  Story story = PullStory();
  story.At(30).Reserve("chat1", "ann");
  story.Serve("chat1", "ann");
  Pull("chat2", &story);
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kDeclined));
}

TEST(PullAuditTest, PulledOutOfTurn) {
  Story story = PullStory();
  story.At(30);
  Pull("chat2", &story);
  Pull("chat1", &story);
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kInversion));
}

TEST(PullAuditTest, APullThatFindsNothing) {
  for (const bool something : {false, true}) {
    Story story = PullStory();
    story.At(30);
    Pull("chat1", &story);
    if (!something) Pull("chat2", &story);
    RefusedCall pull;
    pull.kind = CallKind::kPull;
    pull.agent_id = "ann";
    pull.queues = {"chats"};
    pull.status = absl::NotFoundError("nothing there");
    pull.after_sequence = story.last();
    pull.answer_sequence = story.last();
    story.record.refused.push_back(pull);
    if (something) story.At(40).Leave("chat2");
    story.End();
    if (something) {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kRefused));
    } else {
      EXPECT_THAT(Red(story), IsEmpty());
    }
  }
}

}  // namespace
}  // namespace relais::load
