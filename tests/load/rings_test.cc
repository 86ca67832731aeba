// Goal: the auditor's own rings are those of docs/routing-model.md. Method: the
// table of changes line by line, and curves whose instants are known.

#include "bench/load/rings.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace relais::load {
namespace {

template <typename Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

std::string After(const std::string& requirement,
                  const std::vector<std::string>& rings) {
  std::vector<v1::BullseyeRing> changes;
  for (const std::string& ring : rings) {
    changes.push_back(Parsed<v1::BullseyeRing>(ring));
  }
  return Loosened(Parsed<v1::RoutingRequirement>(requirement), changes)
      .ShortDebugString();
}

std::string Same(const std::string& requirement) {
  return Parsed<v1::RoutingRequirement>(requirement).ShortDebugString();
}

TEST(LoosenedTest, SkillsAreLoweredAndDropped) {
  const std::string asked =
      "all_of { skill: 's' level_min: 8 } all_of { skill: 't' level_min: 3 }";
  EXPECT_EQ(After(asked, {"lower { skill: 's' by: 2 }"}),
            Same("all_of { skill: 's' level_min: 6 } "
                 "all_of { skill: 't' level_min: 3 }"));
  EXPECT_EQ(After(asked, {"lower { skill: 's' to: 5 }",
                          "lower { skill: 's' to: 7 } lower_all_by: 4"}),
            Same("all_of { skill: 's' level_min: 1 } "
                 "all_of { skill: 't' level_min: 1 }"));
  EXPECT_EQ(After(asked, {"drop_skills: 't'", "lower_all_by: 1"}),
            Same("all_of { skill: 's' level_min: 7 }"));
}

TEST(LoosenedTest, OnlyTermsOfAllOfItself) {
  const std::string asked =
      "all_of { requirement { all_of { skill: 's' level_min: 8 } } } "
      "any_of { skill: 's' level_min: 8 } none_of { skill: 't' level_min: 4 }";
  EXPECT_EQ(After(asked, {"lower_all_by: 3 drop_skills: 't' anywhere: true"}),
            Same(asked));
}

TEST(LoosenedTest, PlacesMakeWayForAChoice) {
  const std::string asked = "all_of { team: 'red' } all_of { skill: 's' }";
  EXPECT_EQ(After(asked, {"teams: 'blue'", "sites: 'lille' provider: true"}),
            Same("all_of { skill: 's' level_min: 1 } "
                 "all_of { requirement { any_of { team: 'blue' } "
                 "any_of { site: 'lille' } any_of { provider: true } any_of { "
                 "requirement { all_of { team: 'red' } } } } }"));
  EXPECT_EQ(After(asked, {"teams: 'blue'", "anywhere: true"}),
            Same("all_of { skill: 's' level_min: 1 }"));
  // Who asks for no place is not given one.
  EXPECT_EQ(After("all_of { grades: AGENT_GRADE_SENIOR }", {"teams: 'blue'"}),
            Same("all_of { grades: AGENT_GRADE_SENIOR }"));
}

std::vector<Ring> Rings(const std::string& plan, DurationMs threshold_ms) {
  v1::Configuration configuration;
  *configuration.add_bullseye_plans() = Parsed<v1::BullseyePlan>(plan);
  v1::ContactQueue queue;
  queue.set_name("q");
  queue.set_plan("p");
  queue.mutable_service_level()->set_threshold_ms(threshold_ms);
  return RingsOf(queue, configuration);
}

TEST(RingsOfTest, ACurveBeginsARingAtEachLevel) {
  std::vector<DurationMs> begin;
  const std::vector<Ring> rings = Rings(
      "name: 'p' curve { share_percent: 10 reduction: 1 } "
      "curve { share_percent: 40 reduction: 3 } "
      "curve { share_percent: 100 reduction: 4 }",
      1'001);
  for (const Ring& ring : rings) begin.push_back(ring.begins_ms);
  // 10, 25, 40 and 100 percent, rounded up.
  EXPECT_THAT(begin, testing::ElementsAre(0, 101, 251, 401, 1'001));
  EXPECT_EQ(rings[3].changes.size(), 3u);
}

TEST(RingsOfTest, LevelsOfOneInstantAreOneRing) {
  const std::vector<Ring> rings =
      Rings("name: 'p' curve { share_percent: 50 reduction: 3 }", 20'000);
  ASSERT_EQ(rings.size(), 2u);
  EXPECT_EQ(rings[1].begins_ms, 10'000);
  EXPECT_EQ(rings[1].changes[0].lower_all_by(), 3);
}

TEST(RingsOfTest, BoostsAddUpAndTheLastRingIsNeverSkipped) {
  const std::vector<Ring> rings = Rings(
      "name: 'p' skip_first_if: RING_CONDITION_NOBODY_SIGNED_IN "
      "rings { widen_after_ms: 10 raise_boost_ms: 5 "
      "        skip_if: RING_CONDITION_NOBODY_SCHEDULED } "
      "rings { widen_after_ms: 20 raise_boost_ms: 7 queue: 'other' "
      "        skip_if: RING_CONDITION_NOBODY_SCHEDULED } ",
      20'000);
  ASSERT_EQ(rings.size(), 3u);
  EXPECT_EQ(rings[0].skip_if, v1::RING_CONDITION_NOBODY_SIGNED_IN);
  EXPECT_EQ(rings[1].boost_ms, 5);
  EXPECT_EQ(rings[1].asks_as, "q");
  EXPECT_EQ(rings[2].boost_ms, 12);
  EXPECT_EQ(rings[2].asks_as, "other");
  EXPECT_EQ(rings[2].changes.size(), 2u);
  EXPECT_EQ(rings[2].changes_as.size(), 1u);
  EXPECT_EQ(rings[2].skip_if, v1::RING_CONDITION_UNSPECIFIED);
}

TEST(RingsOfTest, WithoutAPlanThereIsOne) {
  v1::ContactQueue queue;
  queue.set_name("q");
  EXPECT_EQ(RingsOf(queue, {}).size(), 1u);
}

}  // namespace
}  // namespace relais::load
