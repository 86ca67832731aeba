// Goal: whom each rule of "Choice of agent" and "Choice of contact" in
// docs/routing-model.md takes, where another rule would take somebody else.
// Method: stories as in lifecycle_test.cc, on the reference router and the
// engine.

#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/centre.h"
#include "tests/reference/router_factories.h"
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

std::vector<Story> AllStories() {
  std::vector<Story> all;
  for (const auto& stories : {ModeStories(), SegmentStories(), FitStories()}) {
    all.insert(all.end(), stories.begin(), stories.end());
  }
  return all;
}

using Case = std::tuple<RouterFactory, Story>;

class ChoiceTest : public ::testing::TestWithParam<Case> {};

TEST_P(ChoiceTest, Story) {
  const auto& [factory, story] = GetParam();
  RunStory(factory, story, BankConfiguration());
}

INSTANTIATE_TEST_SUITE_P(
    Stories, ChoiceTest,
    ::testing::Combine(::testing::ValuesIn(RouterFactories()),
                       ::testing::ValuesIn(AllStories())),
    [](const auto& info) {
      return std::get<0>(info.param).name +
             std::string(std::get<1>(info.param).name);
    });

}  // namespace
}  // namespace relais::reference
