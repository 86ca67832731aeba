// Bullseye plans on their way between file, message and router: every field
// comes back, and every mistake is named with its line and path.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config_file.h"
#include "server/convert.h"
#include "server/yaml_message.h"

namespace relais::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPlans[] = R"(skills: [{name: loans}, {name: cards}]
sites: [{name: nights, provider: true}]
teams: [{name: lyon}, {name: lille}]
bullseye_plans:
  - name: wider
    skip_first_if: nobody_signed_in
    rings:
      - widen_after_ms: 30s
        lower: [{skill: loans, by: 2}, {skill: cards, to: 3}]
        lower_all_by: 1
        teams: [lyon]
        sites: [nights]
        provider: true
        raise_boost_ms: 1min
        skip_if: nobody_scheduled
      - {widen_after_ms: 60s, drop_skills: [loans], anywhere: true}
  - name: curve
    curve: [{share_percent: 20}, {share_percent: 80, reduction: 4}]
queues:
  - name: first
    channels: [voice]
    requirement: {all_of: [{skill: loans, level_min: 9}, {team: lille}]}
    plan: wider
  - name: second
    channels: [voice]
    requirement: {all_of: [{skill: loans, level_min: 9}]}
    plan: curve
)";

std::string With(const std::string& from, const std::string& to) {
  std::string text = kPlans;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::vector<std::string> Errors(const std::string& text) {
  std::vector<std::string> errors;
  const ConfigFile file = ReadConfigText(text, Limits());
  for (const FileFinding& found : file.findings) {
    if (found.finding.severity != Finding::Severity::kError) continue;
    ConfigFile one;
    one.findings.push_back(found);
    errors.push_back(one.Describe("f"));
  }
  return errors;
}

TEST(PlansTest, EveryFieldOfAFileIsReadAndWritten) {
  EXPECT_THAT(Errors(kPlans), IsEmpty());
  const Configuration read = ReadConfigText(kPlans, Limits()).configuration;
  BullseyePlan wider;
  wider.name = "wider";
  wider.skip_first_if = RingCondition::kNobodySignedIn;
  wider.rings = {
      {.widen_after_ms = 30'000,
       .lower = {{"loans", 2, 0}, {"cards", 0, 3}},
       .lower_all_by = 1,
       .teams = {"lyon"},
       .sites = {"nights"},
       .provider = true,
       .raise_boost_ms = 60'000,
       .skip_if = RingCondition::kNobodyScheduled},
      {.widen_after_ms = 60'000, .drop_skills = {"loans"}, .anywhere = true}};
  BullseyePlan curve;
  curve.name = "curve";
  curve.curve = {{20, 0}, {80, 4}};
  EXPECT_THAT(read.bullseye_plans, ElementsAre(wider, curve));
  EXPECT_EQ(read.queues[0].plan, "wider");
  v1::Configuration back;
  EXPECT_THAT(FillFromYaml(ToYaml(ToProto(read)), &back).problems, IsEmpty());
  std::vector<Finding> findings;
  const Configuration again = ToDomain(back, &findings);
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_EQ(again.bullseye_plans, read.bullseye_plans);
  EXPECT_EQ(again.queues, read.queues);
}

TEST(PlansTest, MistakesHaveLinesAndPaths) {
  EXPECT_THAT(Errors(With("widen_after_ms: 60s", "widen_after_ms: 30s")),
              ElementsAre(HasSubstr(
                  "f:16:10: error: bullseye_plans[0].rings[1].widen_after_ms: "
                  "30000 ms is not later than the ring before")));
  EXPECT_THAT(
      Errors(With("teams: [lyon]", "teams: [lion]")),
      ElementsAre(HasSubstr(
          "f:11:17: error: bullseye_plans[0].rings[0].teams[0]: \"lion\" is "
          "not a team of this configuration; did you mean \"lyon\"?")));
  EXPECT_THAT(Errors(With("plan: curve", "plan: curv")),
              ElementsAre(HasSubstr(
                  "f:27:5: error: queues[1].plan: \"curv\" is not a bullseye "
                  "plan of this configuration; did you mean \"curve\"?")));
  EXPECT_THAT(Errors(With("skip_if: nobody_scheduled", "skip_if: nobody")),
              ElementsAre(HasSubstr("f:15:18: error: bullseye_plans[0].rings[0]"
                                    ".skip_if")));
  EXPECT_THAT(
      Errors(With("reduction: 4", "reduction: 0")),
      ElementsAre(HasSubstr("bullseye_plans[1].curve: never widens"),
                  HasSubstr("bullseye_plans[1].curve[1].reduction: the level "
                            "does not fall")));
}

TEST(PlansTest, ConditionsThatNobodyKnowsAreNamed) {
  v1::Configuration message;
  message.add_bullseye_plans()->add_rings()->set_skip_if(
      static_cast<v1::RingCondition>(9));
  std::vector<Finding> findings;
  ToDomain(message, &findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].path, "bullseye_plans[0].rings[0].skip_if");
  EXPECT_THAT(findings[0].message, HasSubstr("unknown value 9; use"));
}

TEST(PlansTest, EventsAndContactsShowTheRing) {
  Event event;
  event.contact_id.Assign("call");
  event.type = EventType::kContactWidened;
  event.ring = 3;
  EXPECT_EQ(ToProto(event).contact().ring(), 3U);
  EXPECT_EQ(ToProto(event).type(), v1::EVENT_TYPE_CONTACT_WIDENED);
  ContactView view;
  view.ring = 2;
  view.next_ring_ms = 1'234;
  EXPECT_EQ(ToProto(view).ring(), 2U);
  EXPECT_EQ(ToProto(view).next_ring_ms(), 1'234);
}

}  // namespace
}  // namespace relais::server
