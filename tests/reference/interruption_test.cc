// Goal: each rule of docs/routing-model.md about contacts that interrupt others
// in one small story. Method: as capacity_test.cc.

#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/centre.h"
#include "tests/reference/story.h"

namespace relais::reference {
namespace {

// In queue main a call rings; in queue auto all is assigned at once and there
// is no wrap-up.
std::vector<Story> CallStories() {
  return {
      {"TheEmailStaysInHandWhileTheCallRings",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 main voice", "submitted c2; reserved c2 ann"},
        {3000, "accept ann c2", "accepted c2 ann; interrupted c1 ann"},
        {4000, "complete c2", "ended c2 completed ann handling"},
        // Its wrap-up has its units.
        {14'000, "run", "wrapped c2 ann; resumed c1 ann"},
        {15'000, "complete c1", "ended c1 completed ann idle"}}},
      {"ADeclinedCallInterruptsNothing",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 main voice", "submitted c2; reserved c2 ann"},
        {3000, "decline ann c2", "declined c2 ann"}}},
      {"WhatIsOnlyOfferedIsNotInterrupted",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {2000, "submit c2 auto voice", "submitted c2"},
        {3000, "accept ann c1",
         "accepted c1 ann; reserved c2 ann; accepted c2 ann; "
         "interrupted c1 ann"}}},
      {"NextCallComesBeforeTheEmail",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 auto voice",
         "submitted c2; reserved c2 ann; accepted c2 ann; interrupted c1 ann"},
        {3000, "submit c3 auto voice", "submitted c3"},
        {3000, "submit c4 auto email", "submitted c4"},
        {4000, "complete c2",
         "ended c2 completed ann handling; reserved c3 ann; accepted c3 ann"},
        {5000, "complete c3",
         "ended c3 completed ann handling; reserved c4 ann; accepted c4 ann; "
         "resumed c1 ann"}}},
  };
}

std::vector<Story> OrderStories() {
  return {
      {"AsManyAsAreNeededTheLastFirst",
       {{0, "interrupts all voice email", ""},
        {0, "cost all voice 50", ""},
        {0, "cost all email 25", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {1000, "submit c2 auto email",
         "submitted c2; reserved c2 ann; accepted c2 ann"},
        {1000, "submit c3 auto email",
         "submitted c3; reserved c3 ann; accepted c3 ann"},
        {2000, "submit c4 auto voice",
         "submitted c4; reserved c4 ann; accepted c4 ann; interrupted c3 ann"},
        {3000, "complete c1",
         "ended c1 completed ann handling; resumed c3 ann"}}},
      {"InterruptedWorkHoldsItsUnits",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {1000, "submit c2 auto email",
         "submitted c2; reserved c2 ann; accepted c2 ann"},
        {2000, "submit c3 auto voice",
         "submitted c3; reserved c3 ann; accepted c3 ann; interrupted c2 ann; "
         "interrupted c1 ann"},
        {2000, "submit c4 auto email", "submitted c4"},
        {3000, "complete c3",
         "ended c3 completed ann handling; resumed c1 ann; resumed c2 ann"}}},
  };
}

std::vector<Story> ChainStories() {
  return {
      {"FirstWhatMayInterruptTheOther",
       {{0, "interrupts all voice email", ""},
        {0, "interrupts all voice chat", ""},
        {0, "interrupts all chat email", ""},
        {0, "cost all email 40", ""},
        {0, "cost all chat 61", ""},
        {0, "cost all voice 99", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 auto chat",
         "submitted c2; reserved c2 ann; accepted c2 ann; interrupted c1 ann"},
        {3000, "submit c3 auto voice",
         "submitted c3; reserved c3 ann; accepted c3 ann; interrupted c2 ann"},
        // Either would have room, both have not.
        {4000, "complete c3",
         "ended c3 completed ann handling; resumed c2 ann"},
        {5000, "complete c2",
         "ended c2 completed ann handling; resumed c1 ann"}}},
      {"NoMoreThanTwoFullLoads",
       {{0, "interrupts all voice email", ""},
        {0, "interrupts all voice chat", ""},
        {0, "interrupts all chat email", ""},
        {0, "cost all chat 100", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 auto chat",
         "submitted c2; reserved c2 ann; accepted c2 ann; interrupted c1 ann"},
        // An e-mail, a chat and a call would be 250 units; 200 are possible.
        {3000, "submit c3 auto voice", "submitted c3"},
        {4000, "complete c2",
         "ended c2 completed ann handling; reserved c3 ann; accepted c3 ann"},
        {5000, "complete c3",
         "ended c3 completed ann handling; resumed c1 ann"}}},
      {"TheIdleOneBeforeTheInterruptedOne",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c2 auto voice",
         "submitted c2; reserved c2 bob; accepted c2 bob"}}},
  };
}

std::vector<Story> EndStories() {
  return {
      {"AnInterruptedContactEndsWithoutWrapUp",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 main email", "submitted c1; reserved c1 ann"},
        {1000, "accept ann c1", "accepted c1 ann"},
        {2000, "submit c2 auto voice",
         "submitted c2; reserved c2 ann; accepted c2 ann; interrupted c1 ann"},
        {3000, "complete c1", "ended c1 completed ann handling"},
        {4000, "complete c2", "ended c2 completed ann idle"}}},
      {"WhoSignsOutFinishesWhatWasInterrupted",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 auto voice",
         "submitted c2; reserved c2 ann; accepted c2 ann; interrupted c1 ann"},
        {3000, "logout ann", "presence ann available then logged_out"},
        {3000, "submit c3 auto voice", "submitted c3"},
        {4000, "complete c2",
         "ended c2 completed ann handling; resumed c1 ann"},
        {5000, "complete c1", "ended c1 completed ann idle"}}},
      {"NoLeaseWhileItIsInterrupted",
       {{0, "interrupts all voice email", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 auto voice",
         "submitted c2; reserved c2 ann; accepted c2 ann; interrupted c1 ann"},
        {3'601'999, "run", ""},
        {3'602'000, "run",
         "ended c2 lease_expired ann handling; resumed c1 ann"},
        {7'201'999, "run", ""},
        {7'202'000, "run", "ended c1 lease_expired ann idle"}}},
      {"LessCapacityInterrupts",
       {{0, "interrupts all voice email", ""},
        {0, "cost all voice 50", ""},
        {0, "apply", "applied 2"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto email",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 auto voice",
         "submitted c2; reserved c2 ann; accepted c2 ann"},
        {3000, "capacity all 60", ""},
        {3000, "cost all callback 60", ""},
        {3000, "cost all video 60", ""},
        {3000, "cost all internal 60", ""},
        {3000, "apply", "applied 3; interrupted c1 ann"},
        {4000, "capacity all 100", ""},
        {4000, "apply", "applied 4; resumed c1 ann"}}},
  };
}

class InterruptionTest : public ::testing::TestWithParam<StoryCase> {};

TEST_P(InterruptionTest, Story) { RunStory(GetParam(), BankConfiguration()); }

INSTANTIATE_TEST_SUITE_P(Stories, InterruptionTest,
                         OnEachRouter({CallStories(), OrderStories(),
                                       ChainStories(), EndStories()}),
                         StoryCaseName);

}  // namespace
}  // namespace relais::reference
