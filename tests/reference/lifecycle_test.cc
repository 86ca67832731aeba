// Goal: each rule of docs/routing-model.md in one small story. Method: one
// table of stories, each step an instant, a command and the events that must
// follow (tests/reference/centre.h), run on the reference router and, in the
// binary that links it, on the engine.

#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/centre.h"
#include "tests/reference/router_factories.h"
#include "tests/reference/story.h"

namespace relais::reference {
namespace {

std::vector<Story> OfferStories() {
  return {
      {"OfferAcceptedCompletedWrappedUp",
       {{1000, "available ann", "presence ann available"},
        {2000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {3000, "accept ann", "accepted c1 ann"},
        {3000, "accept ann", "FAILED_PRECONDITION attempt"},
        {4000, "abandon c1", "FAILED_PRECONDITION contact_id"},
        {5000, "complete c1", "ended c1 completed ann wrap_up"},
        {5000, "complete c1", "FAILED_PRECONDITION contact_id"},
        {14'999, "run", ""},
        {15'000, "run", "idle ann available"}}},
      {"AutomaticAnswer",
       {{1000, "available ann", "presence ann available"},
        {2000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "submit c2 auto", "submitted c2"},
        {3000, "complete c1",
         "ended c1 completed ann idle; reserved c2 ann; accepted c2 ann"}}},
      {"WrapUpEndedByTheAgent",
       {{1000, "available ann", "presence ann available"},
        {1000, "wrapped ann", "FAILED_PRECONDITION agent_id"},
        {2000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {2000, "accept ann", "accepted c1 ann"},
        {3000, "complete c1", "ended c1 completed ann wrap_up"},
        {4000, "submit c2 main", "submitted c2"},
        {5000, "wrapped ann", "idle ann available; reserved c2 ann"},
        {13'000, "run", ""},
        {25'000, "run", "unanswered c2 ann"}}},
      {"BestFitThenLongestIdleThenSlot",
       {{1000, "available cem", "presence cem available"},
        {2000, "available bob", "presence bob available"},
        {2000, "available ann", "presence ann available"},
        // The most level above what was asked.
        {3000, "submit c1 french", "submitted c1; reserved c1 ann"},
        // Equal fit: longest idle. Nothing asked: all fit alike.
        {3000, "submit c2 french", "submitted c2; reserved c2 cem"},
        {4000, "abandon c1", "ended c1 abandoned; rescinded c1 ann"},
        {4000, "abandon c2", "ended c2 abandoned; rescinded c2 cem"},
        {5000, "submit c3 main", "submitted c3; reserved c3 cem"},
        // ann and bob became available at once: the lower slot.
        {5000, "submit c4 main", "submitted c4; reserved c4 ann"}}},
      {"RequirementOfQueueAndContact",
       {{1000, "available bob", "presence bob available"},
        {1000, "submit c1 english", "submitted c1"},
        {1000, "submit c2 french skill=french:6", "submitted c2"},
        {1000, "submit c3 french skill=english:1", "submitted c3"},
        {1000, "submit c4 french skill=french:5",
         "submitted c4; reserved c4 bob"},
        {2000, "available cem", "presence cem available; reserved c1 cem"},
        {3000, "available ann", "presence ann available; reserved c2 ann"},
        {4000, "abandon c1",
         "ended c1 abandoned; rescinded c1 cem; "
         "reserved c3 cem"}}},
      {"KeyThenArrival",
       {{100'000, "submit c1 main", "submitted c1"},
        {100'000, "submit c2 main", "submitted c2"},
        // One minute of credit: before those of the last minute.
        {159'999, "submit c3 main priority=1", "submitted c3"},
        {160'000, "submit c4 french priority=1", "submitted c4"},
        {170'000, "available ann", "presence ann available; reserved c3 ann"},
        {170'000, "available bob", "presence bob available; reserved c1 bob"},
        {170'000, "available cem", "presence cem available; reserved c2 cem"},
        {171'000, "abandon c1",
         "ended c1 abandoned; rescinded c1 bob; reserved c4 bob"}}},
      {"ChannelOfTheProfile",
       {{1000, "available dot", "presence dot available"},
        {1000, "submit c1 main voice", "submitted c1"},
        {1000, "submit c2 main email", "submitted c2; reserved c2 dot"}}},
  };
}

std::vector<Story> ReturnStories() {
  return {
      {"DeclinedGoesToTheNextAndBackAfterItsTime",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {4000, "decline ann", "declined c1 ann; reserved c1 bob"},
        {5000, "decline bob 500", "declined c1 bob"},
        {5499, "run", ""},
        {5500, "run", "reserved c1 bob"},
        {6000, "decline bob 1000000", "declined c1 bob"},
        {63'999, "run", ""},
        {64'000, "run", "reserved c1 ann"}}},
      {"DeclinedOfNoTimeComesBackAtTheNextRun",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {2000, "decline ann 0", "declined c1 ann"},
        {2000, "run", "reserved c1 ann"},
        {2000, "decline ann -1", "INVALID_ARGUMENT retry_after_ms"},
        {2000, "decline ann 604800001", "INVALID_ARGUMENT retry_after_ms"},
        {2000, "decline ann 604800000", "declined c1 ann"}}},
      {"PresenceClearsDeclines",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {2000, "decline ann", "declined c1 ann"},
        {3000, "available ann", ""},
        {3000, "break ann", "presence ann not_ready/break"},
        {4000, "available ann", "presence ann available; reserved c1 ann"}}},
      {"DecliningAgentTakesAnother",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main", "submitted c2"},
        {2000, "decline ann", "declined c1 ann; reserved c2 ann"},
        {3000, "available bob", "presence bob available; reserved c1 bob"}}},
      {"NoAnswerClosesTheChannel",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main voice", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main chat", "submitted c2"},
        {20'999, "run", ""},
        {21'000, "run", "unanswered c1 ann; reserved c2 ann"},
        {22'000, "accept ann", "accepted c2 ann"},
        {23'000, "complete c2", "ended c2 completed ann wrap_up"},
        {24'000, "wrapped ann", "idle ann available"},
        {25'000, "available bob", "presence bob available; reserved c1 bob"},
        {26'000, "submit c3 main voice", "submitted c3"},
        // Asked for what holds, and a channel is closed: it opens.
        {27'000, "available ann", "presence ann available; reserved c3 ann"},
        {27'000, "available ann", ""}}},
      {"NoAnswerGoesToTheNext",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {23'000, "run", "unanswered c1 ann; reserved c1 bob"},
        {43'000, "run", "unanswered c1 bob"},
        {44'000, "available cem", "presence cem available; reserved c1 cem"}}},
      {"ReturnedKeepsItsPlace",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {2000, "submit c2 main", "submitted c2"},
        {3000, "break ann", "presence ann not_ready/break; rescinded c1 ann"},
        {4000, "available bob", "presence bob available; reserved c1 bob"},
        {5000, "stale accept ann c1 2", "FAILED_PRECONDITION attempt"},
        {5000, "accept bob", "accepted c1 bob"}}},
      {"RescindedGoesToTheNextFreeAgent",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {4000, "logout ann",
         "presence ann logged_out; rescinded c1 ann; reserved c1 bob"},
        {5000, "logout ann", ""}}},
      {"CancelledWhileReserved",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {1000, "submit c2 main", "submitted c2"},
        {2000, "cancel c1",
         "ended c1 cancelled; rescinded c1 ann; reserved c2 ann"},
        {2000, "cancel c1", "FAILED_PRECONDITION contact_id"},
        {2000, "abandon nobody", "NOT_FOUND contact_id"},
        {3000, "accept ann", "accepted c2 ann"}}},
  };
}

std::vector<Story> PresenceStories() {
  return {
      {"PendingNotReadyIsTakenAfterWrapUp",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {2000, "accept ann", "accepted c1 ann"},
        {3000, "break ann", "presence ann available then not_ready/break"},
        {3000, "break ann", ""},
        {4000, "meal ann", "presence ann available then not_ready/meal"},
        {5000, "complete c1", "ended c1 completed ann wrap_up"},
        {5000, "submit c2 main", "submitted c2"},
        {6000, "break ann", "presence ann available then not_ready/break"},
        {15'000, "run", "idle ann not_ready/break"},
        {16'000, "available ann", "presence ann available; reserved c2 ann"}}},
      {"PendingIsWithdrawn",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {2000, "accept ann", "accepted c1 ann"},
        {3000, "logout ann", "presence ann available then logged_out"},
        {4000, "available ann", "presence ann available"},
        {4000, "available ann", ""},
        {5000, "complete c1", "ended c1 completed ann wrap_up"},
        {15'000, "run", "idle ann available"}}},
      {"PendingSignOutWithoutWrapUp",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "logout ann", "presence ann available then logged_out"},
        {2000, "submit c2 auto", "submitted c2"},
        {3000, "complete c1", "ended c1 completed ann idle"},
        {4000, "available ann",
         "presence ann available; reserved c2 ann; accepted c2 ann"}}},
      {"PausesNeitherCountNorReset",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "break ann", "presence ann not_ready/break"},
        {3500, "meal ann", "presence ann not_ready/meal"},
        // Two seconds idle so far: since 4900, when bob has been since 2000.
        {6900, "available ann", "presence ann available"},
        {7000, "submit c1 main", "submitted c1; reserved c1 bob"},
        {7000, "abandon c1", "ended c1 abandoned; rescinded c1 bob"},
        {7100, "break bob", "presence bob not_ready/break"},
        {10'200, "available bob", "presence bob available"},
        // bob since 5100 now.
        {11'000, "submit c2 main", "submitted c2; reserved c2 ann"}}},
      {"SignInToNotReadyStartsTheIdleTime",
       {{1000, "break ann", "presence ann not_ready/break"},
        {5000, "available bob", "presence bob available"},
        {9000, "available ann", "presence ann available"},
        {9000, "submit c1 main", "submitted c1; reserved c1 bob"}}},
      {"DeclinesAndRescindsLeaveIdleTimeAlone",
       {{1000, "available ann", "presence ann available"},
        {2000, "available bob", "presence bob available"},
        {3000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {4000, "decline ann", "declined c1 ann; reserved c1 bob"},
        {5000, "submit c2 main", "submitted c2; reserved c2 ann"},
        {6000, "abandon c2", "ended c2 abandoned; rescinded c2 ann"},
        {7000, "abandon c1", "ended c1 abandoned; rescinded c1 bob"},
        {8000, "submit c3 main", "submitted c3; reserved c3 ann"}}},
      {"LeaseEndsALostHangUp",
       {{0, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {2000, "accept ann", "accepted c1 ann"},
        {3'601'999, "run", ""},
        {3'602'000, "run", "ended c1 lease_expired ann wrap_up"},
        {3'612'000, "run", "idle ann available"}}},
  };
}

std::vector<Story> TimeStories() {
  return {
      {"WaitLimit",
       {{1000, "submit c1 limited", "submitted c1"},
        {30'999, "run", ""},
        {31'000, "run", "ended c1 wait_limit"},
        {31'000, "abandon c1", "FAILED_PRECONDITION contact_id"}}},
      {"WaitLimitStandsWhileReservedAndIsDueOnReturn",
       {{1000, "submit c1 limited", "submitted c1"},
        {30'000, "available ann", "presence ann available; reserved c1 ann"},
        {40'000, "run", ""},
        {41'000, "decline ann 1000", "declined c1 ann"},
        {41'000, "run", "ended c1 wait_limit"},
        // The exclusion went with the contact.
        {60'000, "run", ""}}},
      {"AtOneInstantTheDeadlineSetFirst",
       // The exclusion, set before the wait limit, ends at the same instant.
       {{0, "available ann", "presence ann available"},
        {1000, "submit c1 limited", "submitted c1; reserved c1 ann"},
        {1000, "decline ann", "declined c1 ann"},
        {31'000, "run 1", "reserved c1 ann"},
        {31'000, "run", ""}}},
      {"RunDueTakesAtMostLimitEarliestFirst",
       {{3000, "submit c1 limited", "submitted c1"},
        {3000, "submit c2 limited", "submitted c2"},
        {4000, "submit c3 limited", "submitted c3"},
        {40'000, "run 0", ""},
        {40'000, "run 2", "ended c1 wait_limit; ended c2 wait_limit"},
        {40'000, "run 1", "ended c3 wait_limit"},
        {40'000, "run 1", ""}}},
      {"RunDueRunsWhatIsSetMeanwhileAndDue",
       {{0, "available ann", "presence ann available"},
        {0, "submit c1 limited", "submitted c1; reserved c1 ann"},
        // Its wait limit is set again when it returns, and is due.
        {90'000, "run", "unanswered c1 ann; ended c1 wait_limit"}}},
      {"ALateAnswerStillCountsUntilTheDeadlineIsRun",
       {{0, "available ann", "presence ann available"},
        {0, "submit c1 main", "submitted c1; reserved c1 ann"},
        {30'000, "accept ann", "accepted c1 ann"},
        {30'000, "run", ""}}},
  };
}

std::vector<Story> ConfigurationStories() {
  return {
      {"AgentTakenOffTheList",
       {{1000, "drop agent bob", ""},
        {1000, "apply", "applied 2; removed bob"},
        {1000, "available bob", "NOT_FOUND agent_id"},
        {2000, "available ann", "presence ann available"},
        {3000, "available cem", "presence cem available"},
        {3000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {4000, "drop agent ann", ""},
        {4000, "apply",
         "applied 3; presence ann logged_out; rescinded c1 ann; "
         "reserved c1 cem; removed ann"},
        {5000, "accept cem", "accepted c1 cem"},
        {6000, "drop agent cem", ""},
        {6000, "apply", "applied 4; presence cem available then logged_out"},
        {7000, "complete c1", "ended c1 completed cem wrap_up"},
        {17'000, "run", "idle cem logged_out; removed cem"},
        {18'000, "available cem", "NOT_FOUND agent_id"}}},
      {"RemovedAfterHandlingWithoutWrapUp",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "drop agent ann", ""},
        {2000, "apply", "applied 2; presence ann available then logged_out"},
        {3000, "complete c1", "ended c1 completed ann idle; removed ann"}}},
      {"ListedAgainBeforeItWasRemoved",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "drop agent ann", ""},
        {2000, "apply", "applied 2; presence ann available then logged_out"},
        {2500, "list agent ann", ""},
        {2500, "apply", "applied 3"},
        {3000, "complete c1", "ended c1 completed ann idle"},
        {4000, "available ann", "presence ann available"}}},
      {"LeavingAgentThatWithdrawsIsRemovedLater",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 auto",
         "submitted c1; reserved c1 ann; accepted c1 ann"},
        {2000, "drop agent ann", ""},
        {2000, "apply", "applied 2; presence ann available then logged_out"},
        {2500, "available ann", "presence ann available"},
        {3000, "complete c1", "ended c1 completed ann idle"},
        {4000, "submit c2 main", "submitted c2; reserved c2 ann"},
        {5000, "logout ann",
         "presence ann logged_out; rescinded c2 ann; removed ann"}}},
      {"SkillsCountFromTheNextDecision",
       {{1000, "available bob", "presence bob available"},
        {1000, "submit c1 english", "submitted c1"},
        {2000, "level bob english 5", ""},
        {2000, "apply", "applied 2; reserved c1 bob"},
        // What is reserved stays, though the skill is gone.
        {3000, "level bob english 1", ""},
        {3000, "apply", "applied 3"},
        {4000, "accept bob", "accepted c1 bob"}}},
      {"QueueTakenOffTheList",
       {{1000, "submit c1 main", "submitted c1"},
        {2000, "drop queue main", ""},
        {2000, "apply", "applied 2"},
        {3000, "submit c2 main", "NOT_FOUND contact.queue"},
        {3000, "submit c1 main", ""},
        {4000, "available ann", "presence ann available; reserved c1 ann"},
        {24'000, "run", "unanswered c1 ann"}}},
      {"SlotsGoInTheOrderOfListing",
       {{0, "drop agent ann", ""},
        {0, "apply", "applied 2; removed ann"},
        {0, "list agent ann", ""},
        // Back at the end of the list, into the lowest free slot.
        {0, "apply", "applied 3"},
        {1000, "available bob", "presence bob available"},
        {1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"}}},
      {"RepeatedSubmit",
       {{1000, "available ann", "presence ann available"},
        {1000, "submit c1 main", "submitted c1; reserved c1 ann"},
        {2000, "submit c1 main", ""},
        {2000, "submit c1 main chat", "ALREADY_EXISTS contact.id"},
        {2000, "submit c1 nowhere", "ALREADY_EXISTS contact.id"},
        {3000, "abandon c1", "ended c1 abandoned; rescinded c1 ann"},
        {3000, "submit c1 main", ""},
        {3000, "submit c1 main priority=1", "ALREADY_EXISTS contact.id"},
        // 24 hours later the id is a new one.
        {86'402'999, "run", ""},
        {86'402'999, "submit c1 main", ""},
        {86'403'000, "run", ""},
        {86'403'000, "submit c1 main chat", "submitted c1; reserved c1 ann"}}},
  };
}

std::vector<Story> AllStories() {
  std::vector<Story> all;
  for (const auto& stories :
       {OfferStories(), ReturnStories(), PresenceStories(), TimeStories(),
        ConfigurationStories()}) {
    all.insert(all.end(), stories.begin(), stories.end());
  }
  return all;
}

using Case = std::tuple<RouterFactory, Story>;

class LifecycleTest : public ::testing::TestWithParam<Case> {};

TEST_P(LifecycleTest, Story) {
  const auto& [factory, story] = GetParam();
  RunStory(factory, story, BankConfiguration());
}

INSTANTIATE_TEST_SUITE_P(
    Stories, LifecycleTest,
    ::testing::Combine(::testing::ValuesIn(RouterFactories()),
                       ::testing::ValuesIn(AllStories())),
    [](const auto& info) {
      return std::get<0>(info.param).name +
             std::string(std::get<1>(info.param).name);
    });

}  // namespace
}  // namespace relais::reference
