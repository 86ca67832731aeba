// Goal: each rule of docs/routing-model.md about agents who hold several
// contacts in one small story. Method: as lifecycle_test.cc, on the reference
// router and, in the binary that links it, on the engine.

#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/centre.h"
#include "tests/reference/story.h"

namespace relais::reference {
namespace {

// What fits: 100 units; voice 100, e-mail 50, chat 34 unless a profile says
// otherwise.
std::vector<Story> RoomStories() {
  return {
      {"TwoEmailsAndNoMore",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {1000, "submit c3 main email", "submitted c3"},
        {1000, "submit c4 main chat", "submitted c4"},
        {2000, "abandon c1",
         "ended c1 abandoned; rescinded c1 ann; reserved c3 ann"}}},
      {"AnEmailAndAChatLeaveNoRoomForAnother",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main chat", "submitted c2; reserved c2 ann"},
        {1000, "submit c3 main chat", "submitted c3"}}},
      {"VoiceTakesAllAndNeedsAll",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main voice", "submitted c2"},
        // The call is first, and does not fit; the chat does.
        {2000, "submit c3 main chat", "submitted c3; reserved c3 ann"},
        {3000, "abandon c1", "ended c1 abandoned; rescinded c1 ann"},
        {3000, "abandon c3",
         "ended c3 abandoned; rescinded c3 ann; reserved c2 ann"},
        {4000, "submit c4 main chat", "submitted c4"}}},
      {"WhoIsFreedTakesAllThatFits",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto voice",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {1000, "submit c2 main chat", "submitted c2"},
        {1000, "submit c3 main email", "submitted c3"},
        {1000, "submit c4 main email", "submitted c4"},
        {1000, "submit c5 main chat", "submitted c5"},
        // 34 + 50; the second e-mail and the second chat no longer fit.
        {2000, "complete c1",
         "ended c1 completed ann idle; reserved c2 ann; reserved c3 ann"}}},
  };
}

std::vector<Story> ProfileStories() {
  return {
      {"CostsOfTheProfile",
       {{0, "cost all chat 25", ""},
        {0, "cost all voice 50", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main chat", "submitted c2; reserved c2 ann"},
        {1000, "submit c3 main voice", "submitted c3; reserved c3 ann"},
        {1000, "submit c4 main chat", "submitted c4"}}},
      {"CapacityOfTheProfile",
       {{0, "capacity all 67", ""},
        {0, "cost all voice 67", ""},
        {0, "cost all callback 67", ""},
        {0, "cost all video 67", ""},
        {0, "cost all internal 67", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        // 68 of 67: one unit too many.
        {1000, "submit c2 main chat", "submitted c2"},
        {2000, "capacity all 68", ""},
        {2000, "apply", "applied 3; reserved c2 ann"}}},
      {"TheMaximumOfAChannel",
       {{0, "most all chat 1", ""},
        {0, "cost all chat 20", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main chat", "submitted c2"},
        {1000, "submit c3 main email", "submitted c3; reserved c3 ann"},
        {2000, "accept ann c1", "accepted c1 ann"},
        {2000, "complete c1", "ended c1 completed ann wrap_up"},
        // Wrap-up counts, too.
        {11'999, "run", ""},
        {12'000, "run", "wrapped c1 ann; reserved c2 ann"}}},
  };
}

std::vector<Story> OrderStories() {
  return {
      {"SpreadGoesToWhoHoldsLeast",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {3000, "submit c2 main chat", "submitted c2; reserved c2 bob"},
        // As many units: longest idle.
        {3000, "submit c3 main chat", "submitted c3; reserved c3 ann"},
        {3000, "submit c4 main chat", "submitted c4; reserved c4 bob"},
        {3000, "submit c5 main chat", "submitted c5"}}},
      {"SpreadCountsUnitsNotContacts",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {3000, "submit c2 main email", "submitted c2; reserved c2 bob"},
        {3000, "submit c3 main chat", "submitted c3; reserved c3 ann"},
        {3000, "submit c4 main chat", "submitted c4; reserved c4 bob"}}},
      {"PackFillsOneBeforeTheNext",
       {{0, "load all pack", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {3000, "submit c2 main chat", "submitted c2; reserved c2 ann"},
        {3000, "submit c3 main chat", "submitted c3; reserved c3 bob"},
        // A call needs one who holds nothing.
        {3000, "available cem", "presence cem available"},
        {3000, "submit c4 main voice", "submitted c4; reserved c4 cem"}}},
      {"FitComesBeforeLoad",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 french chat", "submitted c1; reserved c1 ann"},
        {3000, "submit c2 french chat", "submitted c2; reserved c2 ann"},
        {3000, "submit c3 french chat", "submitted c3; reserved c3 bob"}}},
  };
}

std::vector<Story> WrapUpStories() {
  return {
      {"WrapUpHoldsOnlyItsOwnUnits",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "accept ann", "accepted c1 ann"},
        {2000, "complete c1", "ended c1 completed ann wrap_up"},
        {2000, "submit c2 main chat", "submitted c2; reserved c2 ann"},
        {2000, "submit c3 main chat", "submitted c3"},
        {3000, "accept ann c2", "accepted c2 ann"},
        {12'000, "run", "wrapped c1 ann; reserved c3 ann"}}},
      {"EachWrapUpHasItsOwnEnd",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {1000, "accept ann c1", "accepted c1 ann"},
        {1000, "accept ann c2", "accepted c2 ann"},
        {2000, "complete c2", "ended c2 completed ann handling"},
        {5000, "complete c1", "ended c1 completed ann wrap_up"},
        {12'000, "run", "wrapped c2 ann"},
        {15'000, "run", "idle ann available"}}},
      {"EndedByName",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {1000, "accept ann c1", "accepted c1 ann"},
        {1000, "accept ann c2", "accepted c2 ann"},
        {1000, "wrapped ann c1", "FAILED_PRECONDITION contact_id"},
        {2000, "complete c1", "ended c1 completed ann handling"},
        {3000, "complete c2", "ended c2 completed ann wrap_up"},
        {4000, "wrapped ann c2", "wrapped c2 ann"},
        {4000, "wrapped ann c2", "FAILED_PRECONDITION contact_id"},
        {4000, "wrapped ann c1", "idle ann available"},
        {4000, "wrapped ann", "FAILED_PRECONDITION agent_id"},
        {20'000, "run", ""}}},
      {"WithoutANameTheOneThatEndsFirst",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {1000, "accept ann c1", "accepted c1 ann"},
        {1000, "accept ann c2", "accepted c2 ann"},
        {2000, "complete c2", "ended c2 completed ann handling"},
        {3000, "complete c1", "ended c1 completed ann wrap_up"},
        {4000, "wrapped ann", "wrapped c2 ann"},
        {4000, "wrapped ann", "idle ann available"}}},
      {"IdleSinceTheLastWrapUpThatEnded",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {3000, "accept ann", "accepted c1 ann"},
        {4000, "complete c1", "ended c1 completed ann wrap_up"},
        {14'000, "run", "idle ann available"},
        {15'000, "submit c2 main chat", "submitted c2; reserved c2 bob"}}},
  };
}

std::vector<Story> AnswerStories() {
  return {
      {"NoAnswerClosesOneChannelOnly",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {2000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {2000, "accept ann c2", "accepted c2 ann"},
        {21'000, "run", "unanswered c1 ann"},
        {22'000, "submit c3 main chat", "submitted c3"},
        {22'000, "submit c4 main email", "submitted c4; reserved c4 ann"},
        {23'000, "abandon c4", "ended c4 abandoned; rescinded c4 ann"},
        // Any change of presence opens the channel again.
        {24'000, "available ann", "presence ann available; reserved c1 ann"}}},
      {"OneOfTwoIsDeclined",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {1000, "submit c3 main email", "submitted c3"},
        {2000, "decline ann c1", "declined c1 ann; reserved c3 ann"},
        {3000, "accept ann c2", "accepted c2 ann"},
        {61'000, "run", "unanswered c3 ann"},
        {62'000, "run", ""}}},
      {"AnAgentIsOfferedItsReturnedContactByAnotherOnly",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main chat", "submitted c2; reserved c2 ann"},
        {2000, "available bob", "presence bob available"},
        // c1's time is over first; bob is free for it, ann no longer.
        {21'000, "run",
         "unanswered c1 ann; reserved c1 bob; "
         "unanswered c2 ann; reserved c2 bob"}}},
      {"AbandonedWhileOthersAreHandled",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main chat", "submitted c2; reserved c2 ann"},
        {2000, "accept ann c1", "accepted c1 ann"},
        {2000, "submit c3 main chat", "submitted c3"},
        {3000, "abandon c2",
         "ended c2 abandoned; rescinded c2 ann; reserved c3 ann"},
        {3000, "abandon c1", "FAILED_PRECONDITION contact_id"}}},
  };
}

std::vector<Story> PresenceStories() {
  return {
      {"PendingClosesAndTakesBackWhatIsReserved",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "accept ann", "accepted c1 ann"},
        {2000, "submit c2 main chat", "submitted c2; reserved c2 ann"},
        {3000, "break ann",
         "presence ann available then not_ready/break; rescinded c2 ann"},
        {3000, "submit c3 main chat", "submitted c3"},
        {3000, "stale accept ann c2 2", "FAILED_PRECONDITION attempt"},
        {4000, "complete c1", "ended c1 completed ann wrap_up"},
        {14'000, "run", "idle ann not_ready/break"},
        {15'000, "available ann",
         "presence ann available; reserved c2 ann; reserved c3 ann"}}},
      {"PendingUntilTheLastIsOver",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {1000, "accept ann c1", "accepted c1 ann"},
        {1000, "accept ann c2", "accepted c2 ann"},
        {2000, "logout ann", "presence ann available then logged_out"},
        {3000, "complete c1", "ended c1 completed ann handling"},
        {4000, "complete c2", "ended c2 completed ann wrap_up"},
        {13'000, "run", "wrapped c1 ann"},
        {14'000, "run", "idle ann logged_out"}}},
      {"WithdrawnItOpensAgain",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "accept ann", "accepted c1 ann"},
        {2000, "break ann", "presence ann available then not_ready/break"},
        {3000, "submit c2 main chat", "submitted c2"},
        {4000, "available ann", "presence ann available; reserved c2 ann"}}},
      {"SeveralReservedAreTakenBackInTheirOrder",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {2000, "available bob", "presence bob available"},
        {3000, "break ann",
         "presence ann not_ready/break; rescinded c1 ann; reserved c1 bob; "
         "rescinded c2 ann; reserved c2 bob"}}},
      {"WhoIsDroppedGoesAfterTheLast",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {1000, "accept ann c1", "accepted c1 ann"},
        {2000, "drop agent ann", ""},
        {2000, "apply",
         "applied 2; presence ann available then logged_out; "
         "rescinded c2 ann"},
        {3000, "complete c1", "ended c1 completed ann wrap_up"},
        {13'000, "run", "idle ann logged_out; removed ann"}}},
  };
}

std::vector<Story> ConfigurationStories() {
  return {
      {"LoweredWithContactsHeld",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto chat",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {1000, "submit c2 auto chat",
         "submitted c2; reserved c2 ann; accepted c2 ann"},
        {2000, "most all chat 1", ""},
        {2000, "apply", "applied 2"},
        {3000, "submit c3 auto chat", "submitted c3"},
        // What is held stays; the next comes when there is room again.
        {4000, "complete c1", "ended c1 completed ann handling"},
        {5000, "complete c2",
         "ended c2 completed ann idle; reserved c3 ann; accepted c3 ann"}}},
      {"UnitsLoweredWithContactsHeld",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {1000, "submit c2 auto chat",
         "submitted c2; reserved c2 ann; accepted c2 ann"},
        {2000, "cost all voice 60", ""},
        {2000, "cost all callback 60", ""},
        {2000, "cost all video 60", ""},
        {2000, "cost all internal 60", ""},
        {2000, "capacity all 60", ""},
        {2000, "apply", "applied 2"},
        {3000, "submit c3 auto chat", "submitted c3"},
        {4000, "complete c2", "ended c2 completed ann handling"},
        {5000, "complete c1",
         "ended c1 completed ann idle; reserved c3 ann; accepted c3 ann"}}},
      {"RaisedItGivesAtOnce",
       {{0, "most all email 1", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2"},
        {2000, "most all email 0", ""},
        {2000, "apply", "applied 3; reserved c2 ann"}}},
      {"ACostCountsFromTheNextDecision",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 ann"},
        {1000, "submit c3 main email", "submitted c3"},
        {2000, "cost all email 10", ""},
        // What is held keeps its 50 units.
        {2000, "apply", "applied 2"},
        {3000, "abandon c1",
         "ended c1 abandoned; rescinded c1 ann; reserved c3 ann"},
        {3000, "submit c4 main email", "submitted c4; reserved c4 ann"}}},
      {"LoadOrderCountsFromTheNextDecision",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main chat", "submitted c1; reserved c1 ann"},
        {4000, "load all pack", ""},
        {4000, "apply", "applied 2"},
        {5000, "submit c2 main chat", "submitted c2; reserved c2 ann"}}},
  };
}

class CapacityTest : public ::testing::TestWithParam<StoryCase> {};

TEST_P(CapacityTest, Story) { RunStory(GetParam(), BankConfiguration()); }

INSTANTIATE_TEST_SUITE_P(Stories, CapacityTest,
                         OnEachRouter({RoomStories(), ProfileStories(),
                                       OrderStories(), WrapUpStories(),
                                       AnswerStories(), PresenceStories(),
                                       ConfigurationStories()}),
                         StoryCaseName);

}  // namespace
}  // namespace relais::reference
