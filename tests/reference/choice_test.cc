// Goal: whom each rule of "Choice of agent" and "Choice of contact" in
// docs/routing-model.md takes, where another rule would take somebody else.
// Method: stories as in lifecycle_test.cc, on the reference router and the
// engine.

#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/centre.h"
#include "tests/reference/story.h"

namespace relais::reference {
namespace {

// The same three contacts in each mode: c1 came first, c2 later for a shorter
// threshold, c3 last with a priority.
std::vector<Story> ModeStories() {
  return {
      {"AgedServesWhoWaitsLongest",
       {{0, "threshold main 300000", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main", "submitted c1"},
        {110'000, "submit c2 auto", "submitted c2"},
        {190'000, "submit c3 main priority=1", "submitted c3"},
        {200'000, "available ann", "presence ann available; reserved c1 ann"},
        {200'000, "available bob",
         "presence bob available; reserved c2 bob; accepted c2 bob"},
        {200'000, "available cem", "presence cem available; reserved c3 cem"}}},
      {"DeadlineServesWhoseTargetEndsFirst",
       {{0, "threshold main 300000", ""},
        {0, "mode deadline", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main", "submitted c1"},             // 400 s
        {110'000, "submit c2 auto", "submitted c2"},             // 130 s
        {101'000, "submit c3 main priority=1", "submitted c3"},  // 341 s
        {200'000, "available ann",
         "presence ann available; reserved c2 ann; accepted c2 ann"},
        {200'000, "available bob", "presence bob available; reserved c3 bob"},
        {200'000, "available cem", "presence cem available; reserved c1 cem"}}},
      {"StrictServesThePriorityHoweverLongOthersWait",
       {{0, "mode strict", ""},
        {0, "apply", "applied 2"},
        {0, "submit c1 main", "submitted c1"},
        {604'800'000, "submit c2 main", "submitted c2"},
        {1'209'600'000, "submit c3 main priority=1", "submitted c3"},
        {1'209'600'001, "submit c4 main priority=2", "submitted c4"},
        {1'209'600'002, "available ann",
         "presence ann available; reserved c4 ann"},
        {1'209'600'002, "available bob",
         "presence bob available; reserved c3 bob"},
        {1'209'600'002, "available cem",
         "presence cem available; reserved c1 cem"}}},
      {"AModeActsOnContactsThatComeUnderIt",
       {{100'000, "submit c1 main", "submitted c1"},
        {110'000, "mode strict", ""},
        {110'000, "apply", "applied 2"},
        {120'000, "submit c2 main priority=1", "submitted c2"},
        {130'000, "mode aged", ""},
        {130'000, "apply", "applied 3"},
        // A credit of nine minutes is nothing beside ten years.
        {140'000, "submit c3 main priority=9", "submitted c3"},
        {200'000, "available ann", "presence ann available; reserved c2 ann"},
        {200'000, "available bob", "presence bob available; reserved c3 bob"},
        {200'000, "available cem", "presence cem available; reserved c1 cem"}}},
  };
}

std::vector<Story> SegmentStories() {
  return {
      {"AGoldCustomerStandsWhereOneStandsWhoCameThatMuchEarlier",
       {{0, "segment gold 30000", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main", "submitted c1"},
        {129'999, "submit c2 main segment=gold", "submitted c2"},
        {130'000, "submit c3 main segment=gold", "submitted c3"},
        {200'000, "available ann", "presence ann available; reserved c2 ann"},
        {200'000, "available bob", "presence bob available; reserved c1 bob"},
        {200'000, "available cem", "presence cem available; reserved c3 cem"}}},
      {"SegmentAndPriorityAddUp",
       {{0, "segment gold 30000", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main priority=1", "submitted c1"},
        {110'000, "submit c2 main priority=1 segment=gold", "submitted c2"},
        {120'000, "available ann", "presence ann available; reserved c2 ann"},
        {120'000, "available bob", "presence bob available; reserved c1 bob"}}},
      {"NoCreditCountsInStrict",
       {{0, "segment gold 30000", ""},
        {0, "mode strict", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main", "submitted c1"},
        {110'000, "submit c2 main segment=gold", "submitted c2"},
        {120'000, "available ann", "presence ann available; reserved c1 ann"}}},
      {"ASegmentIsWorthWhatItWasWorthAtTheSubmit",
       {{0, "segment gold 30000", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main", "submitted c1"},
        {110'000, "submit c2 main segment=gold", "submitted c2"},
        {115'000, "segment gold 0", ""},
        {115'000, "apply", "applied 3"},
        {116'000, "submit c3 main segment=gold", "submitted c3"},
        {120'000, "available ann", "presence ann available; reserved c2 ann"},
        {120'000, "available bob", "presence bob available; reserved c1 bob"},
        {120'000, "available cem", "presence cem available; reserved c3 cem"}}},
      {"AnUnknownSegmentIsRefusedAndChangesNothing",
       {{0, "segment gold 30000", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main segment=golf", "NOT_FOUND contact.segment"},
        {100'000, "submit c1 nowhere segment=golf", "NOT_FOUND contact.queue"},
        {100'000, "submit c1 main segment=golf skill=golf:1",
         "NOT_FOUND contact.segment"},
        {100'000, "submit c1 main segment=gold", "submitted c1"},
        {100'000, "submit c1 main segment=gold", ""},
        {100'000, "submit c1 main", "ALREADY_EXISTS contact.id"}}},
  };
}

// french asks for french 4; bob is a junior, cem and ann know more.
std::vector<Story> FitStories() {
  return {
      {"LeastOverQualifiedKeepsTheExpertFree",
       {{0, "fit french least_over_qualified", ""},
        {0, "level ann english 10", ""},
        {0, "level cem english 4", ""},
        {0, "level cem french 8", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {2000, "available cem", "presence cem available"},
        {3000, "available bob", "presence bob available"},
        // over 1, 5 and 6 of 22: steps 7, 6, 5.
        {4000, "submit c1 french", "submitted c1; reserved c1 bob"},
        {4000, "submit c2 french", "submitted c2; reserved c2 cem"},
        {4000, "submit c3 french", "submitted c3; reserved c3 ann"}}},
      {"EachQueueHasARuleOfItsOwn",
       {{0, "fit french least_over_qualified", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "available bob", "presence bob available"},
        // The same requirement in a queue that wants the best.
        {2000, "submit c1 main skill=french:4",
         "submitted c1; reserved c1 ann"},
        {2000, "submit c2 french", "submitted c2; reserved c2 bob"}}},
      {"ARuleActsOnContactsThatComeUnderIt",
       {{1000, "available ann", "presence ann available"},
        {1000, "available bob", "presence bob available"},
        {2000, "submit c1 french", "submitted c1; reserved c1 ann"},
        {3000, "fit french least_over_qualified", ""},
        {3000, "apply", "applied 2"},
        // Back under the terms that it came under, and offered by them.
        {4000, "available cem", "presence cem available"},
        {5000, "decline ann", "declined c1 ann; reserved c1 bob"},
        {6000, "submit c2 french", "submitted c2; reserved c2 cem"}}},
  };
}

// "auto" assigns at once and has no wrap-up; all agents fit alike.
std::vector<Story> OrderStories() {
  return {
      {"FewestContactsThenLongestIdle",
       {{0, "order auto fewest_contacts", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {4000, "complete c1", "ended c1 completed ann idle"},
        {5000, "submit c2 auto",
         "submitted c2; reserved c2 bob; accepted c2 bob"},
        {5500, "complete c2", "ended c2 completed bob idle"},
        // One each: ann has been idle for longer.
        {6000, "submit c3 auto",
         "submitted c3; reserved c3 ann; accepted c3 ann"},
        {7000, "complete c3", "ended c3 completed ann idle"},
        // cem comes late and has had none.
        {8000, "available cem", "presence cem available"},
        {9000, "submit c4 auto",
         "submitted c4; reserved c4 cem; accepted c4 cem"},
        {9100, "submit c5 auto",
         "submitted c5; reserved c5 bob; accepted c5 bob"}}},
      {"ContactsAreCountedFromTheSignIn",
       {{0, "order auto fewest_contacts", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {2000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {3000, "complete c1", "ended c1 completed ann idle"},
        {4000, "available bob", "presence bob available"},
        {5000, "break ann", "presence ann not_ready/break"},
        {6000, "available ann", "presence ann available"},
        // A pause changes nothing.
        {7000, "submit c2 auto",
         "submitted c2; reserved c2 bob; accepted c2 bob"},
        {8000, "complete c2", "ended c2 completed bob idle"},
        {9000, "logout bob", "presence bob logged_out"},
        {9500, "available bob", "presence bob available"},
        {9600, "submit c3 auto",
         "submitted c3; reserved c3 bob; accepted c3 bob"}}},
      // Only accepted ones count; bob would be next by idle time.
      {"AnOfferThatWasNotAcceptedIsNoContact",
       {{0, "order limited fewest_contacts", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 limited", "submitted c1; reserved c1 ann"},
        {4000, "abandon c1", "ended c1 abandoned; rescinded c1 ann"},
        {5000, "submit c2 limited", "submitted c2; reserved c2 ann"},
        {6000, "accept ann", "accepted c2 ann"},
        {7000, "complete c2", "ended c2 completed ann idle"},
        {8000, "submit c3 limited", "submitted c3; reserved c3 bob"}}},
      {"RoundRobinGoesByTheLastOffer",
       {{0, "order limited round_robin", ""},
        {0, "apply", "applied 2"},
        {1000, "available cem", "presence cem available"},
        {2000, "available bob", "presence bob available"},
        {3000, "available ann", "presence ann available"},
        {4000, "submit c1 limited", "submitted c1; reserved c1 cem"},
        {5000, "submit c2 limited", "submitted c2; reserved c2 bob"},
        // An offer that came to nothing was a turn all the same.
        {6000, "abandon c1", "ended c1 abandoned; rescinded c1 cem"},
        {6000, "abandon c2", "ended c2 abandoned; rescinded c2 bob"},
        {7000, "submit c3 limited", "submitted c3; reserved c3 ann"},
        {7500, "abandon c3", "ended c3 abandoned; rescinded c3 ann"},
        {8000, "submit c4 limited", "submitted c4; reserved c4 cem"},
        {8500, "submit c5 limited", "submitted c5; reserved c5 bob"},
        {9000, "submit c6 limited", "submitted c6; reserved c6 ann"}}},
      {"LeastOccupiedOverTheLastHour",
       {{0, "order auto least_occupied", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {10'000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {20'000, "submit c2 auto",
         "submitted c2; reserved c2 bob; accepted c2 bob"},
        {40'000, "complete c2", "ended c2 completed bob idle"},   // 20 s
        {100'000, "complete c1", "ended c1 completed ann idle"},  // 90 s
        {110'000, "submit c3 auto",
         "submitted c3; reserved c3 bob; accepted c3 bob"},
        {170'000, "complete c3", "ended c3 completed bob idle"},  // 80 s
        {180'000, "submit c4 auto",
         "submitted c4; reserved c4 bob; accepted c4 bob"},
        {200'000, "complete c4", "ended c4 completed bob idle"},  // 100 s
        {210'000, "submit c5 auto",
         "submitted c5; reserved c5 ann; accepted c5 ann"},
        {211'000, "complete c5", "ended c5 completed ann idle"},  // 91 s
        // An hour later it is forgotten, but not by itself: ann's figure is
        // taken anew when she comes back, bob's stays what it was.
        {3'600'000, "submit c6 auto",
         "submitted c6; reserved c6 ann; accepted c6 ann"},
        {3'600'500, "complete c6", "ended c6 completed ann idle"},
        {3'600'600, "break bob", "presence bob not_ready/break"},
        {3'600'700, "available bob", "presence bob available"},
        {3'600'800, "submit c7 auto",
         "submitted c7; reserved c7 bob; accepted c7 bob"}}},
      {"WrapUpIsBusyTime",
       {{0, "order main least_occupied", ""},
        {0, "order auto least_occupied", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {3000, "submit c2 auto",
         "submitted c2; reserved c2 bob; accepted c2 bob"},
        {3500, "accept ann", "accepted c1 ann"},
        {4000, "complete c1", "ended c1 completed ann wrap_up"},
        {9000, "complete c2", "ended c2 completed bob idle"},  // 6 s
        {9500, "wrapped ann", "idle ann available"},           // 6.5 s
        {9600, "submit c3 auto",
         "submitted c3; reserved c3 bob; accepted c3 bob"}}},
      {"EachQueueHasAnOrderOfItsOwn",
       {{0, "order auto fewest_contacts", ""},
        {0, "order limited round_robin", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {4000, "submit c2 limited", "submitted c2; reserved c2 bob"},
        {5000, "abandon c2", "ended c2 abandoned; rescinded c2 bob"},
        {6000, "complete c1", "ended c1 completed ann idle"},
        // By longest idle bob, by fewest contacts bob, by the last offer ann.
        {7000, "submit c3 limited", "submitted c3; reserved c3 ann"},
        {8000, "abandon c3", "ended c3 abandoned; rescinded c3 ann"},
        {9000, "submit c4 auto",
         "submitted c4; reserved c4 bob; accepted c4 bob"},
        {9500, "submit c5 main", "submitted c5; reserved c5 ann"}}},
      // An order comes into use while agents are idle and at work; what they
      // did before does not count.
      {"FiguresBeginWithTheFirstConfigurationThatNeedsThem",
       {{1000, "available ann", "presence ann available"},
        {2000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {3000, "complete c1", "ended c1 completed ann idle"},
        {4000, "available bob", "presence bob available"},
        {5000, "submit c2 auto",
         "submitted c2; reserved c2 ann; accepted c2 ann"},
        {6000, "order auto fewest_contacts", ""},
        {6000, "order main least_occupied", ""},
        {6000, "apply", "applied 2"},
        {7000, "complete c2", "ended c2 completed ann idle"},  // 1 s busy
        {8000, "submit c3 auto",
         "submitted c3; reserved c3 bob; accepted c3 bob"},
        {8500, "complete c3", "ended c3 completed bob idle"},  // 0.5 s busy
        {9000, "submit c4 main", "submitted c4; reserved c4 bob"},
        {9100, "abandon c4", "ended c4 abandoned; rescinded c4 bob"},
        {9200, "submit c5 auto",
         "submitted c5; reserved c5 ann; accepted c5 ann"},
        {9300, "complete c5", "ended c5 completed ann idle"},
        // Given up and taken up again, they begin anew.
        {9400, "order auto longest_idle", ""},
        {9400, "order main longest_idle", ""},
        {9400, "apply", "applied 3"},
        {9500, "order auto round_robin", ""},
        {9500, "apply", "applied 4"},
        {9600, "submit c6 auto",
         "submitted c6; reserved c6 bob; accepted c6 bob"}}},
  };
}

std::vector<Story> RankStories() {
  return {
      {"QueuesComeInTheOrderOfTheAgentsProfile",
       {{0, "ranks all french limited,auto", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main priority=9", "submitted c1"},
        {110'000, "submit c2 auto", "submitted c2"},
        {120'000, "submit c3 limited", "submitted c3"},
        {121'000, "submit c4 french", "submitted c4"},
        {121'500, "submit c5 limited priority=1", "submitted c5"},
        {122'000, "available ann", "presence ann available; reserved c4 ann"},
        {123'000, "abandon c4",
         "ended c4 abandoned; rescinded c4 ann; reserved c5 ann"},
        {124'000, "available bob",
         "presence bob available; reserved c2 bob; accepted c2 bob"},
        {125'000, "complete c2",
         "ended c2 completed bob idle; reserved c3 bob"},
        // Queues that are not named come last.
        {126'000, "available cem", "presence cem available; reserved c1 cem"}}},
      // dot's profile orders nothing.
      {"AgentsOfOtherProfilesGoByTheKey",
       {{0, "ranks all limited", ""},
        {0, "cost writes email 100", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main email", "submitted c1"},
        {110'000, "submit c2 limited email", "submitted c2"},
        {120'000, "available dot", "presence dot available; reserved c1 dot"},
        {120'000, "abandon c1",
         "ended c1 abandoned; rescinded c1 dot; reserved c2 dot"}}},
      {"ADeclinedContactKeepsItsRank",
       {{0, "ranks all limited", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 limited", "submitted c1"},
        {100'000, "submit c2 main", "submitted c2"},
        {101'000, "available ann", "presence ann available; reserved c1 ann"},
        {102'000, "decline ann", "declined c1 ann; reserved c2 ann"},
        {103'000, "available bob", "presence bob available; reserved c1 bob"}}},
      {"AChangedOrderActsOnThoseThatWait",
       {{0, "ranks all limited", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main", "submitted c1"},
        {101'000, "submit c2 limited", "submitted c2"},
        {102'000, "submit c3 french", "submitted c3"},
        {103'000, "ranks all french main", ""},
        {103'000, "apply", "applied 3"},
        {104'000, "available ann", "presence ann available; reserved c3 ann"},
        {104'000, "available bob", "presence bob available; reserved c1 bob"},
        {104'000, "available cem", "presence cem available; reserved c2 cem"}}},
      {"NoOrderAnyMoreIsNoOrder",
       {{0, "ranks all limited", ""},
        {0, "apply", "applied 2"},
        {100'000, "submit c1 main", "submitted c1"},
        {101'000, "submit c2 limited", "submitted c2"},
        {103'000, "ranks all", ""},
        {103'000, "apply", "applied 3"},
        {104'000, "available ann", "presence ann available; reserved c1 ann"}}},
      // Or they would wait behind every later contact of a named queue.
      {"ContactsFromBeforeTheFirstOrderHaveTheFirstRank",
       {{100'000, "submit c1 main", "submitted c1"},
        {101'000, "submit c2 limited", "submitted c2"},
        {102'000, "ranks all limited", ""},
        {102'000, "apply", "applied 2"},
        {103'000, "submit c3 limited", "submitted c3"},
        {103'000, "submit c4 main priority=9", "submitted c4"},
        {104'000, "available ann", "presence ann available; reserved c1 ann"},
        {104'000, "abandon c1",
         "ended c1 abandoned; rescinded c1 ann; reserved c2 ann"},
        {104'000, "available bob", "presence bob available; reserved c3 bob"},
        {104'000, "available cem", "presence cem available; reserved c4 cem"}}},
  };
}

class ChoiceTest : public ::testing::TestWithParam<StoryCase> {};

TEST_P(ChoiceTest, Story) { RunStory(GetParam(), BankConfiguration()); }

INSTANTIATE_TEST_SUITE_P(Stories, ChoiceTest,
                         OnEachRouter({ModeStories(), SegmentStories(),
                                       FitStories(), OrderStories(),
                                       RankStories()}),
                         StoryCaseName);

}  // namespace
}  // namespace relais::reference
