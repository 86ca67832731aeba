// Goal: every mistake in a bullseye plan and in a queue's use of one is found
// with its path and what would be right. Method: a good configuration, spoilt
// one field at a time.

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/configuration.h"
#include "tests/domain/findings.h"

namespace relais {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Configuration Planned() {
  Configuration c = Good();
  c.sites = {{"north"}, {"night", true}};
  c.teams = {{"lille", "north"}, {"home"}};
  c.agents[0].team = "lille";
  c.queues[0].requirement.all_of.push_back({.team = "lille"});
  c.queues[0].plan = "wider";
  c.queues[1].plan = "curve";
  c.bullseye_plans.resize(2);
  BullseyePlan& wider = c.bullseye_plans[0];
  wider.name = "wider";
  wider.skip_first_if = RingCondition::kNobodyScheduled;
  wider.rings = {
      {.widen_after_ms = 30'000,
       .lower = {{"savings", 2, 0}},
       .skip_if = RingCondition::kNobodySignedIn},
      {.widen_after_ms = 60'000,
       .lower = {{"savings", 0, 2}},
       .teams = {"home"},
       .raise_boost_ms = 60'000},
      {.widen_after_ms = 90'000, .drop_skills = {"savings"}, .anywhere = true}};
  c.bullseye_plans[1].name = "curve";
  c.bullseye_plans[1].curve = {{50, 0}, {80, 3}};
  return c;
}

BullseyeRing& RingOf(Configuration& c, std::size_t i) {
  return c.bullseye_plans[0].rings[i];
}

void ExpectEach(const std::vector<Spoilt>& ways) {
  for (const Spoilt& way : ways) {
    Configuration c = Planned();
    way.spoil(c);
    EXPECT_THAT(ErrorsOf(c), ElementsAre(IsError(way.path, way.message)))
        << way.path << " " << way.message;
  }
}

TEST(ValidatePlans, NamesEachMistakeOfARing) {
  using C = Configuration;
  EXPECT_THAT(Validate(Planned()), IsEmpty());
  ExpectEach({
      {"bullseye_plans[0].rings[0].widen_after_ms", "0 ms is out of range",
       [](C& c) { RingOf(c, 0).widen_after_ms = 0; }},
      {"bullseye_plans[0].rings[1].widen_after_ms",
       "30000 ms is not later than the ring before, which begins after 30000",
       [](C& c) { RingOf(c, 1).widen_after_ms = 30'000; }},
      {"bullseye_plans[0].rings[0]", "changes nothing, so it never widens",
       [](C& c) { RingOf(c, 0).lower.clear(); }},
      {"bullseye_plans[0].rings[0].lower[0].skill", "did you mean \"savings\"?",
       [](C& c) { RingOf(c, 0).lower[0].skill = "savinsg"; }},
      {"bullseye_plans[0].rings[0].lower[1].skill", "is given twice; first at",
       [](C& c) {
         RingOf(c, 0).lower.push_back({"savings", 1, 0});
       }},
      {"bullseye_plans[0].rings[0].lower[0]",
       "does not say how far; give by, 1 to 9, or to",
       [](C& c) { RingOf(c, 0).lower[0].by = 0; }},
      {"bullseye_plans[0].rings[1].lower[0]",
       "has by 1 and to 2; give one of them",
       [](C& c) { RingOf(c, 1).lower[0].by = 1; }},
      {"bullseye_plans[0].rings[0].lower[0].by", "10 is not in 1..9",
       [](C& c) { RingOf(c, 0).lower[0].by = 10; }},
      {"bullseye_plans[0].rings[0].lower[0].by", "-1 is not in 1..9",
       [](C& c) { RingOf(c, 0).lower[0].by = -1; }},
      {"bullseye_plans[0].rings[1].lower[0].to", "10 is not in 1..9",
       [](C& c) { RingOf(c, 1).lower[0].to = 10; }},
      {"bullseye_plans[0].rings[1].lower[0].to", "2 is not below 2",
       [](C& c) {
         RingOf(c, 0).lower[0] = {"savings", 0, 2};
       }},
      {"bullseye_plans[0].rings[0].lower_all_by", "10 is not in 0..9",
       [](C& c) { RingOf(c, 0).lower_all_by = 10; }},
      {"bullseye_plans[0].rings[2].drop_skills[1]",
       "\"italia\" is not a skill of this configuration; did you mean",
       [](C& c) { RingOf(c, 2).drop_skills.push_back("italia"); }},
      {"bullseye_plans[0].rings[2].drop_skills[1]",
       "\"savings\" is dropped already by rings[2]",
       [](C& c) { RingOf(c, 2).drop_skills.push_back("savings"); }},
      {"bullseye_plans[0].rings[2].lower[0].skill",
       "is dropped by rings[2]; there is nothing to lower",
       [](C& c) {
         RingOf(c, 2).lower.push_back({"savings", 1, 0});
       }},
  });
}

// Of the other queue's requirement nothing has been changed yet.
TEST(ValidatePlans, AQueueToChangeToMustBeThereAndTakeTheChannels) {
  Configuration c = Planned();
  RingOf(c, 2) = {.widen_after_ms = 90'000,
                  .queue = c.queues[0].name,
                  .lower = {{"savings", 0, 3}},
                  .teams = {"home"}};
  EXPECT_THAT(Validate(c), IsEmpty());
  RingOf(c, 2).queue = "nowhere";
  EXPECT_THAT(ErrorsOf(c),
              ElementsAre(IsError("bullseye_plans[0].rings[2].queue",
                                  "\"nowhere\" is not a queue")));
  RingOf(c, 2).queue = c.queues[1].name;
  c.queues[0].channels = SetOf(Channel::kVoice) | SetOf(Channel::kVideo);
  c.queues[1].channels = SetOf(Channel::kVoice);
  EXPECT_THAT(ErrorsOf(c),
              ElementsAre(IsError("queues[0].plan", "does not accept video")));
}

TEST(ValidatePlans, NamesEachMistakeOfPlacesBoostsAndConditions) {
  using C = Configuration;
  ExpectEach({
      {"bullseye_plans[0].rings[1].teams[1]", "is not a team",
       [](C& c) { RingOf(c, 1).teams.push_back("lillle"); }},
      {"bullseye_plans[0].rings[1].sites[0]", "is not a site",
       [](C& c) { RingOf(c, 1).sites.push_back("south"); }},
      {"bullseye_plans[0].rings[1].teams[0]", "\"home\" will do already",
       [](C& c) { RingOf(c, 0).teams.push_back("home"); }},
      {"bullseye_plans[0].rings[1].provider", "will do already",
       [](C& c) { RingOf(c, 0).provider = RingOf(c, 1).provider = true; }},
      {"bullseye_plans[0].rings[2].anywhere", "stands beside teams",
       [](C& c) { RingOf(c, 2).provider = true; }},
      {"bullseye_plans[0].rings[2]", "of which an earlier ring asks none",
       [](C& c) {
         RingOf(c, 1).teams.clear();
         RingOf(c, 1).anywhere = true;
       }},
      {"bullseye_plans[0].rings[0].raise_boost_ms", "-1 ms is out of range",
       [](C& c) { RingOf(c, 0).raise_boost_ms = -1; }},
      {"bullseye_plans[0].rings[2].raise_boost_ms", "in all",
       [](C& c) { RingOf(c, 2).raise_boost_ms = kDurationMsMax; }},
      {"bullseye_plans[0].rings[2].skip_if",
       "is in the last ring, after which there is none",
       [](C& c) { RingOf(c, 2).skip_if = RingCondition::kNobodySignedIn; }},
      {"bullseye_plans[0].rings[1].skip_if", "7 is not a condition",
       [](C& c) { RingOf(c, 1).skip_if = static_cast<RingCondition>(7); }},
  });
}

TEST(ValidatePlans, NamesEachMistakeOfAPlanAndItsQueue) {
  using C = Configuration;
  ExpectEach({
      {"bullseye_plans[1].name", "is given twice",
       [](C& c) {
         c.bullseye_plans[1].name = "wider";
         c.queues[1].plan = "wider";
       }},
      {"bullseye_plans[1]", "never widens; give it rings or a curve",
       [](C& c) { c.bullseye_plans[1].curve.clear(); }},
      {"bullseye_plans[0].curve", "stands beside rings",
       [](C& c) {
         c.bullseye_plans[0].curve = {{50, 1}};
       }},
      {"bullseye_plans[0].skip_first_if", "3 is not a condition",
       [](C& c) {
         c.bullseye_plans[0].skip_first_if = static_cast<RingCondition>(3);
       }},
      {"bullseye_plans[0].rings", "has 33 entries; at most 32",
       [](C& c) {
         auto& rings = c.bullseye_plans[0].rings;
         rings.assign(1,
                      BullseyeRing{.widen_after_ms = 1, .raise_boost_ms = 1});
         while (rings.size() < 33) {
           rings.push_back(rings.back());
           ++rings.back().widen_after_ms;
         }
       }},
      {"bullseye_plans[1].curve[1].share_percent", "101 is not in 0..100",
       [](C& c) { c.bullseye_plans[1].curve[1].share_percent = 101; }},
      {"bullseye_plans[1].curve[1].share_percent", "50 is not above 50",
       [](C& c) { c.bullseye_plans[1].curve[1].share_percent = 50; }},
      {"bullseye_plans[1].curve[1].reduction", "10 is not in 0..9",
       [](C& c) { c.bullseye_plans[1].curve[1].reduction = 10; }},
      {"bullseye_plans[1].curve[1].reduction",
       "the level does not fall: 2 is not above 2",
       [](C& c) {
         c.bullseye_plans[1].curve = {{50, 2}, {80, 2}};
       }},
      {"bullseye_plans[1].curve[0].reduction", "when nothing is used up yet",
       [](C& c) {
         c.bullseye_plans[1].curve = {{0, 1}, {80, 2}};
       }},
      {"bullseye_plans[1].curve", "never widens; its last point",
       [](C& c) { c.bullseye_plans[1].curve.pop_back(); }},
      {"queues[0].plan", "is not a bullseye plan of this configuration; did",
       [](C& c) { c.queues[0].plan = "widr"; }},
      {"queues[1].plan", "this queue has none; give service_level.threshold_ms",
       [](C& c) { c.queues[1].service_level.threshold_ms = 0; }},
      {"queues[0].plan",
       "ring 2 of \"wider\" widens to team \"home\", where nobody can meet",
       [](C& c) { c.queues[0].requirement.none_of = {{.team = "home"}}; }},
  });
}

TEST(ValidatePlans, WarnsOfWhatMayBeMeant) {
  Configuration c = Planned();
  c.queues[1].plan.clear();
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("bullseye_plans[1]",
                                    "no queue uses the plan \"curve\"")));
  c = Planned();
  c.queues[0].requirement.all_of[0].level_min = 1;
  EXPECT_THAT(
      Validate(c),
      ElementsAre(IsWarning("queues[0].plan",
                            "ring 1 of \"wider\" changes nothing of what this "
                            "queue asks for; ")));
}

TEST(ValidatePlans, ARingDoesNotTakeWhatIsOfferedBackToThoseWhoPull) {
  Configuration c = Planned();
  ContactQueue other = c.queues[0];
  other.name = "other";
  other.plan.clear();
  c.queues.push_back(other);
  c.bullseye_plans[0].rings[0].queue = "other";
  c.queues[0].pull_only = true;
  EXPECT_FALSE(HasErrors(Validate(c)));
  c.queues[0].pull_only = false;
  c.queues.back().pull_only = true;
  EXPECT_THAT(Validate(c),
              testing::Contains(IsError(
                  "queues[0].plan",
                  "ring 1 of \"wider\" changes to the queue \"other\", which "
                  "is pull_only, from one that is not; rings only loosen")));
}

TEST(ValidatePlans, WarnsOfARingAfterTheWaitLimit) {
  Configuration c = Planned();
  c.queues[0].wait_limit_ms = 60'000;
  EXPECT_THAT(Validate(c),
              ElementsAre(IsWarning("queues[0].plan",
                                    "ring 2 of \"wider\" begins after 60000")));
}

TEST(ValidatePlans, AMistakeInOnePlanIsNotOneOfTheOthers) {
  Configuration c = Planned();
  c.bullseye_plans[1].curve[1].share_percent = 50;
  // Only the rings of the other plan let somebody in.
  c.queues[0].requirement.all_of[0].level_min = 10;
  c.queues[0].wait_limit_ms = 60'000;
  EXPECT_THAT(Validate(c),
              ElementsAre(IsError("bullseye_plans[1].curve[1].share_percent",
                                  "50 is not above 50"),
                          IsWarning("queues[0].plan",
                                    "ring 2 of \"wider\" begins after 60000")));
}

// The first ring of many a plan is met by nobody; that is what it is for.
TEST(ValidatePlans, WhoCouldServeAQueueIsJudgedByItsLastRing) {
  Configuration c = Planned();
  c.queues[0].requirement.all_of[0].level_min = 10;
  EXPECT_THAT(Validate(c), IsEmpty());
  c.bullseye_plans[0].rings.pop_back();
  EXPECT_THAT(Validate(c), IsEmpty());
  c.bullseye_plans[0].rings = {
      {.widen_after_ms = 1, .lower = {{"savings", 0, 8}}}};
  EXPECT_THAT(Validate(c),
              testing::Contains(IsWarning("queues[0]", "the highest is 7")));
}

}  // namespace
}  // namespace relais
