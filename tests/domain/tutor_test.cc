// Goal: the tutor of a reservation is that of the skill that makes the agent
// eligible, and nobody listens where none is needed.
// Method: one agent who learns several skills; requirements by cases.

#include "lib/domain/tutor.h"

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "lib/domain/compile_profile.h"
#include "lib/skillgraph/skill_graph.h"

namespace relais {
namespace {

RequirementTerm Nest(RoutingRequirement nested) {
  return {.requirement =
              std::make_shared<const RoutingRequirement>(std::move(nested))};
}

class TutorTest : public ::testing::Test {
 protected:
  TutorTest() {
    centre_.skills = {{"own", ""},
                      {"cards", ""},
                      {"loans", ""},
                      {"insurance", ""},
                      {"life", "", {{"insurance", 6}}},
                      {"health", "", {{"insurance", 4}}}};
    centre_.routing_profiles = {{"all", 0xFF}};
    centre_.certifications = {"amf"};
    agent_ = {"ann", AgentGrade::kSenior, "all", {}};
    agent_.skills = {{"own", 5},
                     {"loans", 4, true, "tom"},
                     {"health", 9, true, "hal"},
                     {"life", 7, true, "uma"}};
  }

  std::string Tutor(const RoutingRequirement& queue,
                    const RoutingRequirement& own = {}) {
    const ProfileCompiler compiler(centre_, CloseSkills(centre_.skills));
    const Tutors tutors = compiler.TutorsOf(agent_);
    const std::string* tutor =
        TutorNeeded({&queue, &own}, compiler.Compile(agent_), tutors);
    return tutor == nullptr ? "" : *tutor;
  }

  Configuration centre_;
  AgentConfiguration agent_;
};

TEST_F(TutorTest, NobodyWhereNoneIsNeeded) {
  EXPECT_EQ(Tutor({}), "");
  EXPECT_EQ(Tutor({{{"own", 5}}}), "");
  EXPECT_EQ(Tutor({{}, {{"loans", 1}, {"own", 1}}}), "");
  EXPECT_EQ(Tutor({{}, {}, {{"cards", 1}}}), "");
  // Not eligible, with or without.
  EXPECT_EQ(Tutor({{{"loans", 5}}}), "");
  EXPECT_EQ(Tutor({{{"loans", 1}, {"cards", 1}}}), "");
  EXPECT_EQ(Tutor({{{"loans", 1}}}, {{{.certification = "amf"}}}), "");
  // Who learns nothing.
  agent_.skills.resize(1);
  EXPECT_EQ(Tutor({{{"own", 5}}}), "");
}

TEST_F(TutorTest, TheFirstByTheOrderOfTheRequirements) {
  EXPECT_EQ(Tutor({{{"own", 1}, {"loans", 1}, {"life", 1}}}), "tom");
  EXPECT_EQ(Tutor({{{"life", 1}, {"loans", 1}}}), "uma");
  EXPECT_EQ(Tutor({{{"life", 1}}}, {{{"loans", 1}}}), "uma");
  EXPECT_EQ(Tutor({{{"own", 1}}}, {{{"loans", 1}}}), "tom");
  EXPECT_EQ(Tutor({{Nest({{{"life", 1}}}), {"loans", 1}}}), "uma");
  EXPECT_EQ(Tutor({{{"loans", 1}}, {{"life", 1}}}), "tom");
}

TEST_F(TutorTest, OfChoicesTheOneThatMakesTheDifference) {
  EXPECT_EQ(Tutor({{}, {{"cards", 1}, {"life", 9}, {"loans", 1}}}), "tom");
  EXPECT_EQ(Tutor({{}, {{"life", 2}, {"loans", 1}}}), "uma");
  const RequirementTerm never =
      Nest({{{"loans", 1}, {.certification = "amf"}}});
  EXPECT_EQ(Tutor({{}, {never, {"life", 1}}}), "uma");
}

// Insurance is implied at 4 by health, at 6 by life: the higher one teaches.
TEST_F(TutorTest, OfWhatIsImpliedTheOneWhoImpliesMost) {
  EXPECT_EQ(Tutor({{{"insurance", 1}}}), "uma");
  EXPECT_EQ(Tutor({{{"insurance", 6}}}), "uma");
  EXPECT_EQ(Tutor({{{"insurance", 7}}}), "");
  // Of equals the one listed first.
  centre_.skills[4].implies[0].level_max = 4;
  EXPECT_EQ(Tutor({{{"insurance", 1}}}), "hal");
  // Held at 5 without anybody: only more than that is taught.
  centre_.skills[4].implies[0].level_max = 6;
  agent_.skills.push_back({"insurance", 5});
  EXPECT_EQ(Tutor({{{"insurance", 5}}}), "");
  EXPECT_EQ(Tutor({{{"insurance", 6}}}), "uma");
}

// With a tutor she is above what must not be: that lets her in.
TEST_F(TutorTest, OfWhatIsExcludedByItsLevel) {
  agent_.skills.push_back({"insurance", 3});
  EXPECT_EQ(Tutor({{}, {}, {{"insurance", 1, 4}}}), "uma");
  EXPECT_EQ(Tutor({{}, {}, {Nest({{{"insurance", 1, 4}}})}}), "uma");
  // And what must not be at all keeps her out.
  EXPECT_EQ(Tutor({{}, {}, {{"loans", 1}}}), "");
}

}  // namespace
}  // namespace relais
