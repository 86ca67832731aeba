// Goal: a plan makes of a requirement what docs/routing-model.md says, ring by
// ring, and a curve the rings at the instants when the level falls.
// Method: requirements and plans by hand, compared whole.

#include "lib/domain/bullseye_plan.h"

#include <memory>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace relais {
namespace {

using testing::ElementsAre;

RequirementTerm Nested(RoutingRequirement requirement) {
  return {.requirement = std::make_shared<const RoutingRequirement>(
              std::move(requirement))};
}

TEST(BullseyePlan, LowersSkillsByAndToALevelAndNotBelowOne) {
  const std::vector<BullseyeRing> later = {
      {.widen_after_ms = 1, .lower = {{"cards", 3, 0}, {"loans", 0, 4}}},
      {.widen_after_ms = 2, .lower = {{"cards", 9, 0}}, .lower_all_by = 1}};
  RoutingRequirement asked;
  asked.all_of = {{"cards", 8, 9}, {"loans", 3}, {"savings", 5}};
  RoutingRequirement first = asked;
  first.all_of = {{"cards", 5, 9}, {"loans", 3}, {"savings", 5}};
  RoutingRequirement second = asked;
  second.all_of = {{"cards", 1, 9}, {"loans", 2}, {"savings", 4}};
  EXPECT_EQ(RequirementInRing(asked, later, 0), asked);
  EXPECT_EQ(RequirementInRing(asked, later, 1), first);
  EXPECT_EQ(RequirementInRing(asked, later, 2), second);
}

TEST(BullseyePlan, TouchesOnlyTermsThatStandInAllOf) {
  RoutingRequirement nested;
  nested.all_of = {{"cards", 8}, {.team = "red"}};
  RoutingRequirement asked;
  asked.all_of = {{"cards", 9}, Nested(nested), {.language = "dutch"}};
  asked.any_of = {{"cards", 7}, {.site = "north"}};
  asked.none_of = {{"cards", 10}};
  asked.preferred = {{{"cards", 6}, 5}};
  const std::vector<BullseyeRing> later = {
      {.widen_after_ms = 1, .drop_skills = {"cards"}, .provider = true}};
  RoutingRequirement widened = asked;
  widened.all_of.erase(widened.all_of.begin());
  EXPECT_EQ(RequirementInRing(asked, later, 1), widened);
}

TEST(BullseyePlan, FurtherPlacesStandBesideAllThatAreAskedForTogether) {
  RoutingRequirement asked;
  asked.all_of = {{.team = "red"}, {"cards", 4}, {.site = "north"}};
  const std::vector<BullseyeRing> later = {
      {.widen_after_ms = 1, .teams = {"blue"}},
      {.widen_after_ms = 2, .sites = {"south"}, .provider = true},
      {.widen_after_ms = 3, .anywhere = true}};
  RoutingRequirement both;
  both.all_of = {{.team = "red"}, {.site = "north"}};
  RoutingRequirement places;
  places.any_of = {Nested(both), {.team = "blue"}};
  RoutingRequirement first;
  first.all_of = {{"cards", 4}, Nested(places)};
  EXPECT_EQ(RequirementInRing(asked, later, 1), first);
  places.any_of.push_back({.site = "south"});
  places.any_of.push_back({.provider = true});
  first.all_of[1] = Nested(places);
  EXPECT_EQ(RequirementInRing(asked, later, 2), first);
  first.all_of.pop_back();
  EXPECT_EQ(RequirementInRing(asked, later, 3), first);
}

TEST(BullseyePlan, PlacesDoNothingWhereNoneIsAskedFor) {
  RoutingRequirement asked;
  asked.all_of = {{"cards", 4}};
  const std::vector<BullseyeRing> later = {
      {.widen_after_ms = 1, .teams = {"blue"}}};
  EXPECT_EQ(RequirementInRing(asked, later, 1), asked);
}

TEST(BullseyePlan, BoostsAddUpAndTheLastRingIsNotSkipped) {
  BullseyePlan plan;
  plan.skip_first_if = RingCondition::kNobodyScheduled;
  plan.rings = {{.widen_after_ms = 1,
                 .raise_boost_ms = 30,
                 .skip_if = RingCondition::kNobodySignedIn},
                {.widen_after_ms = 2, .raise_boost_ms = 12}};
  EXPECT_EQ(BoostInRing(plan.rings, 0), 0);
  EXPECT_EQ(BoostInRing(plan.rings, 1), 30);
  EXPECT_EQ(BoostInRing(plan.rings, 2), 42);
  EXPECT_EQ(SkipConditionOf(plan, plan.rings, 0),
            RingCondition::kNobodyScheduled);
  EXPECT_EQ(SkipConditionOf(plan, plan.rings, 1),
            RingCondition::kNobodySignedIn);
  EXPECT_EQ(SkipConditionOf(plan, plan.rings, 2), RingCondition::kNone);
}

std::vector<std::pair<DurationMs, int>> Compiled(std::vector<CurvePoint> curve,
                                                 DurationMs threshold_ms) {
  BullseyePlan plan;
  plan.curve = std::move(curve);
  std::vector<std::pair<DurationMs, int>> rings;
  for (const BullseyeRing& ring : LaterRings(plan, threshold_ms)) {
    rings.emplace_back(ring.widen_after_ms, ring.lower_all_by);
  }
  return rings;
}

using Pair = std::pair<DurationMs, int>;

TEST(BullseyePlan, ACurveFallsAtEachWholeLevel) {
  // Evenly from 50 % to 80 %.
  EXPECT_THAT(Compiled({{50, 0}, {80, 3}}, 20'000),
              ElementsAre(Pair(12'000, 1), Pair(14'000, 1), Pair(16'000, 1)));
  // Two slopes; thirds are rounded up.
  EXPECT_THAT(
      Compiled({{0, 0}, {50, 1}, {60, 4}}, 1'000),
      ElementsAre(Pair(500, 1), Pair(534, 1), Pair(567, 1), Pair(600, 1)));
  // A first point above 0 falls by all of it.
  EXPECT_THAT(Compiled({{40, 3}, {100, 5}}, 10'000),
              ElementsAre(Pair(4'000, 3), Pair(7'000, 1), Pair(10'000, 1)));
}

TEST(BullseyePlan, InstantsOfACurveThatFallTogetherAreOneRing) {
  EXPECT_THAT(Compiled({{0, 0}, {100, 9}}, 3),
              ElementsAre(Pair(1, 3), Pair(2, 3), Pair(3, 3)));
  EXPECT_EQ(Compiled({{0, 0}, {100, 9}}, kDurationMsMax).size(), 9U);
}

TEST(BullseyePlan, OfAQueueIsTheOneThatItNames) {
  Configuration c;
  c.bullseye_plans.resize(2);
  c.bullseye_plans[0].name = "slow";
  c.bullseye_plans[1].name = "fast";
  ContactQueue queue;
  EXPECT_EQ(PlanOf(queue, c), BullseyePlan{});
  queue.plan = "fast";
  EXPECT_EQ(PlanOf(queue, c), c.bullseye_plans[1]);
}

}  // namespace
}  // namespace relais
