// Goal: the auditor knows that a held contact waits for one agent alone, and
// until when. Method: a day told by hand, right first, then with one thing
// bent.

#include <string>

#include "bench/load/audit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/story.h"

namespace relais::load {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Ann is busy with c1; c2 waits for her beside bob, who is free. c3 came later.
Story HeldStory() {
  Story story;
  story.At(5).SignIn("ann");
  story.At(10).Submit("c1");
  story.Reserve("c1", "ann");
  story.Accept("c1", "ann");
  story.At(11).SignIn("bob");
  v1::Event& submitted = story.At(20).Submit("c2");
  story.HeldFor("c2", "ann");
  submitted.mutable_contact()->set_held_for("ann");
  story.At(25).Barrier();
  return story;
}

TEST(HoldAuditTest, AFreeAgentBesideWhatIsHeldForAnotherIsRight) {
  Story story = HeldStory();
  // C3 is taken by bob though c2 came before.
  story.At(30).Submit("c3");
  story.Reserve("c3", "bob");
  story.Serve("c3", "bob");
  story.At(40).Complete("c1", "ann");
  story.EndWrapUp("ann");
  story.Reserve("c2", "ann");
  story.Serve("c2", "ann");
  story.Barrier();
  story.End();
  const AuditReport report = Audit(story.plan, story.record);
  EXPECT_TRUE(report.AllHold()) << AuditText(report);
}

TEST(HoldAuditTest, AfterTheHoldEverybodyMayTakeIt) {
  Story story = HeldStory();
  story.At(80).EndHold("c2", "");
  story.Reserve("c2", "bob");
  story.Serve("c2", "bob");
  story.At(90).Complete("c1", "ann");
  story.EndWrapUp("ann");
  story.End();
  EXPECT_THAT(Red(story), IsEmpty());
}

TEST(HoldAuditTest, AfterTheHoldNobodyIsFreeBesideIt) {
  Story story = HeldStory();
  story.At(80).EndHold("c2", "");
  story.Barrier();
  story.At(90).Complete("c1", "ann");
  story.EndWrapUp("ann");
  story.Reserve("c2", "ann");
  story.Serve("c2", "ann");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kQuiet));
}

TEST(HoldAuditTest, AnOfferToAnotherIsFound) {
  Story story = HeldStory();
  story.HeldFor("c2", "");
  story.At(30).Reserve("c2", "bob");
  story.Serve("c2", "bob");
  story.At(40).Complete("c1", "ann");
  story.EndWrapUp("ann");
  story.End();
  EXPECT_THAT(Red(story), ElementsAre(Invariant::kDeclined));
}

TEST(HoldAuditTest, ItIsTakenInItsOrderByItsAgent) {
  Story story = HeldStory();
  story.At(30).Presence("bob", v1::PRESENCE_STATE_LOGGED_OUT);
  story.At(31).Submit("c3");
  story.At(40).Complete("c1", "ann");
  story.EndWrapUp("ann");
  story.Reserve("c3", "ann");
  story.Serve("c3", "ann");
  story.Reserve("c2", "ann");
  story.Serve("c2", "ann");
  story.End();
  // Without any boost nobody may be overtaken.
  EXPECT_THAT(Red(story),
              ElementsAre(Invariant::kInversion, Invariant::kOvertaking));
}

}  // namespace
}  // namespace relais::load
