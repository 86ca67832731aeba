// Goal: the auditor knows what gives way to a call and when it goes on, and
// notices each step that is left out, wrong or out of turn. Method: a day told
// by hand, right first, then with one thing bent.

#include <string>

#include "bench/load/audit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/story.h"

namespace relais::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A call may interrupt a chat; ann is at two of 34 units each.
Story TwoChats() {
  Story story;
  v1::ChannelCapacity* voice =
      story.plan.configuration.mutable_routing_profiles(0)
          ->add_channel_capacities();
  voice->set_channel(v1::CHANNEL_VOICE);
  voice->add_may_interrupt(v1::CHANNEL_CHAT);
  story.At(5).SignIn("ann");
  for (const char* chat : {"chat1", "chat2"}) {
    story.At(10).Submit(chat, "chats");
    story.Reserve(chat, "ann");
    story.Accept(chat, "ann");
  }
  return story;
}

// A call comes for her beside them: both give way.
Story Interrupted() {
  Story story = TwoChats();
  story.At(20).Submit("call");
  story.Reserve("call", "ann");
  story.At(25).Accept("call", "ann");
  story.Interrupt("chat2", "ann");
  story.Interrupt("chat1", "ann");
  story.Barrier();
  return story;
}

void FinishCall(Story* story) {
  story->At(100).Complete("call", "ann");
  story->At(120).EndWrapUp("ann");
}

void FinishChats(Story* story) {
  story->At(200);
  for (const char* chat : {"chat1", "chat2"}) {
    story->Complete(chat, "ann");
    story->EndWrapUp("ann");
  }
  story->Barrier();
  story->End();
}

TEST(InterruptionAuditTest, WhatGivesWayAndGoesOnInItsTurnIsRight) {
  Story story = Interrupted();
  FinishCall(&story);
  story.Resume("chat1", "ann");
  story.Resume("chat2", "ann");
  story.Barrier();
  FinishChats(&story);
  const AuditReport report = Audit(story.plan, story.record);
  EXPECT_TRUE(report.AllHold()) << AuditText(report);
  EXPECT_EQ(report.of(Invariant::kOneHolder).note,
            "4 interruptions and resumptions");
}

TEST(InterruptionAuditTest, AnOfferInterruptsNothingAndHasNoOtherBesideIt) {
  Story story = TwoChats();
  story.At(20).Submit("call");
  story.Reserve("call", "ann");
  story.Barrier();
  story.At(21).Submit("call2");
  story.Reserve("call2", "ann");
  story.At(22).Leave("call2");
  story.End();
  const AuditReport report = Audit(story.plan, story.record);
  EXPECT_EQ(report.of(Invariant::kOneHolder).violations, 1u)
      << AuditText(report);
}

TEST(InterruptionAuditTest, ACallThatHasNoRoomButForInterruptions) {
  Story story = TwoChats();
  story.plan.configuration.mutable_routing_profiles(0)
      ->clear_channel_capacities();
  story.At(20).Submit("call");
  story.Reserve("call", "ann");
  story.At(30).Leave("call");
  FinishChats(&story);
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kOneHolder));
}

TEST(InterruptionAuditTest, NothingGaveWay) {
  Story story = TwoChats();
  story.At(20).Submit("call");
  story.Reserve("call", "ann");
  story.At(25).Accept("call", "ann");
  story.Interrupt("chat2", "ann");
  story.Barrier();
  FinishCall(&story);
  story.Resume("chat2", "ann");
  FinishChats(&story);
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kQuiet));
}

TEST(InterruptionAuditTest, InterruptedOutOfTurn) {
  for (const bool one_caller : {true, false}) {
    Story story = TwoChats();
    story.record.one_caller = one_caller;
    story.At(20).Submit("call");
    story.Reserve("call", "ann");
    story.At(25).Accept("call", "ann");
    story.Interrupt("chat1", "ann");
    story.Interrupt("chat2", "ann");
    FinishCall(&story);
    story.Resume("chat1", "ann");
    story.Resume("chat2", "ann");
    FinishChats(&story);
    if (one_caller) {
      EXPECT_THAT(Red(story), ElementsAre(Invariant::kOneHolder));
    } else {
      EXPECT_THAT(Red(story), IsEmpty());
    }
  }
}

TEST(InterruptionAuditTest, InterruptedForNothing) {
  Story story = TwoChats();
  story.At(20).Interrupt("chat2", "ann");
  story.Resume("chat2", "ann");
  FinishChats(&story);
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kOneHolder));
}

TEST(InterruptionAuditTest, NotResumedAfterTheCall) {
  Story story = Interrupted();
  FinishCall(&story);
  story.Resume("chat1", "ann");
  story.Barrier();
  FinishChats(&story);
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kQuiet));
}

TEST(InterruptionAuditTest, ResumedOutOfTurnOrBesideTheCall) {
  for (const bool beside : {true, false}) {
    Story story = Interrupted();
    if (beside) story.At(50).Resume("chat1", "ann");
    FinishCall(&story);
    if (!beside) story.Resume("chat2", "ann");
    story.Resume(beside ? "chat2" : "chat1", "ann");
    FinishChats(&story);
    EXPECT_THAT(Red(story), ElementsAre(Invariant::kOneHolder)) << beside;
  }
}

// Whatever runs at the same time: what was not interrupted does not go on.
TEST(InterruptionAuditTest, ResumedTwice) {
  Story story = Interrupted();
  story.record.one_caller = false;
  FinishCall(&story);
  story.Resume("chat1", "ann");
  story.Resume("chat2", "ann");
  story.Resume("chat2", "ann");
  FinishChats(&story);
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kOneHolder));
}

// The chat that it was to interrupt ends while ann is being chosen, and there
// is no room beside its wrap-up: at the same time, and taken back.
TEST(InterruptionAuditTest, WhatWasToGiveWayIsWrappedUpMeanwhile) {
  for (const bool one_caller : {true, false}) {
    for (const bool wraps_up : {true, false}) {
      Story story = TwoChats();
      story.record.one_caller = one_caller;
      story.At(20).Submit("call");
      if (wraps_up) {
        story.Complete("chat1", "ann");
      } else {
        story.Reserve("call", "ann");
        story.Accept("call", "ann");
        story.Interrupt("chat2", "ann");
        story.Interrupt("chat1", "ann");
        story.Submit("call2");
      }
      const char* call = wraps_up ? "call" : "call2";
      story.Reserve(call, "ann");
      story.Rescind(call, "ann");
      story.Leave(call);
      if (wraps_up) {
        story.EndWrapUp("ann");
        story.Complete("chat2", "ann");
      } else {
        FinishCall(&story);
        story.Resume("chat1", "ann");
        story.Resume("chat2", "ann");
        story.Complete("chat1", "ann");
        story.EndWrapUp("ann");
        story.Complete("chat2", "ann");
      }
      story.End();
      if (!one_caller && wraps_up) {
        EXPECT_THAT(Red(story), IsEmpty());
      } else {
        EXPECT_THAT(Red(story), ElementsAre(Invariant::kOneHolder));
      }
    }
  }
}

// Beside a call there is no room for a chat, interrupted or not.
TEST(InterruptionAuditTest, WhatIsInterruptedKeepsItsRoom) {
  Story story = Interrupted();
  story.At(30).Submit("chat3", "chats");
  story.At(31).Reserve("chat3", "ann");
  story.At(40).Rescind("chat3", "ann");
  story.Leave("chat3");
  FinishCall(&story);
  story.Resume("chat1", "ann");
  story.Resume("chat2", "ann");
  FinishChats(&story);
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kOneHolder));
}

}  // namespace
}  // namespace relais::load
