// Goal: each mistake in how agents and contacts are chosen is named by its
// field, and what is allowed but has no effect, or no bound, is warned of.
// Method: a table of one change each to a configuration without findings.

#include "lib/domain/validate_choice.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/limits.h"

namespace relais {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Configuration Good() {
  Configuration configuration;
  configuration.queues.resize(2);
  configuration.queues[0].name = "calls";
  configuration.queues[0].channels = SetOf(Channel::kVoice);
  configuration.queues[1].name = "letters";
  configuration.queues[1].channels = SetOf(Channel::kMail);
  configuration.routing_profiles = {{"all", 0xFF, {}}};
  configuration.queues[1].agent_choice.fit = FitRule::kLeastOverQualified;
  configuration.segments = {{"gold", 60'000}, {"plain", 0}};
  configuration.contact_choice = ContactChoice::kDeadline;
  return configuration;
}

TEST(ValidateChoice, AGoodOneHasNoFindings) {
  EXPECT_THAT(ValidateChoice(Good()), IsEmpty());
  EXPECT_THAT(ValidateChoice({}), IsEmpty());
}

// "error path" or "warning path" of each finding.
std::vector<std::string> Found(const Configuration& configuration) {
  std::vector<std::string> found;
  for (const Finding& finding : ValidateChoice(configuration)) {
    found.push_back(absl::StrCat(
        finding.severity == Finding::Severity::kError ? "error " : "warning ",
        finding.path));
    EXPECT_NE(finding.message, "");
  }
  return found;
}

TEST(ValidateChoice, NamesEachMistake) {
  struct Case {
    const char* what;
    std::function<void(Configuration&)> change;
    std::vector<std::string> found;
  };
  const Case cases[] = {
      {"a mode that is none",
       [](Configuration& c) { c.contact_choice = ContactChoice{3}; },
       {"error contact_choice"}},
      {"a fit rule that is none",
       [](Configuration& c) { c.queues[1].agent_choice.fit = FitRule{2}; },
       {"error queues[1].agent_choice.fit"}},
      {"an order that is none",
       [](Configuration& c) { c.queues[0].agent_choice.order = AgentOrder{4}; },
       {"error queues[0].agent_choice.order"}},
      {"an order of queues has no bound",
       [](Configuration& c) {
         c.routing_profiles[0].queue_order = {{{"letters"}}};
       },
       {"warning routing_profiles[0].queue_order"}},
      {"queues that are none, given twice, or in vain",
       [](Configuration& c) {
         c.routing_profiles.push_back(
             {"telephone", SetOf(Channel::kVoice), {}});
         c.routing_profiles[1].queue_order = {
             {{"calls", "letter"}}, {{}}, {{"letters", "calls"}}};
       },
       {"error routing_profiles[1].queue_order[0].queues[1]",
        "error routing_profiles[1].queue_order[1].queues",
        "warning routing_profiles[1].queue_order[2].queues[0]",
        "error routing_profiles[1].queue_order[2].queues[1]",
        "warning routing_profiles[1].queue_order"}},
      {"too many ranks",
       [](Configuration& c) {
         while (c.queues.size() <= kQueueRanksMax) {
           c.queues.push_back(c.queues[0]);
           c.queues.back().name = absl::StrCat("q", c.queues.size());
         }
         for (const ContactQueue& queue : c.queues) {
           c.routing_profiles[0].queue_order.push_back({{queue.name}});
         }
       },
       {"error routing_profiles[0].queue_order",
        "warning routing_profiles[0].queue_order"}},
      {"a segment without a name",
       [](Configuration& c) { c.segments[1].name = ""; },
       {"error segments[1].name"}},
      {"a name that is too long",
       [](Configuration& c) {
         c.segments[1].name = std::string(kIdBytesMax + 1, 'x');
       },
       {"error segments[1].name"}},
      {"a name that is no text",
       [](Configuration& c) { c.segments[0].name = "\xff"; },
       {"error segments[0].name"}},
      {"a name given twice",
       [](Configuration& c) { c.segments[1].name = "gold"; },
       {"error segments[1].name"}},
      {"a negative credit",
       [](Configuration& c) { c.segments[1].credit_ms = -1; },
       {"error segments[1].credit_ms"}},
      {"a credit of more than a week",
       [](Configuration& c) { c.segments[0].credit_ms = kDurationMsMax + 1; },
       {"error segments[0].credit_ms"}},
      {"too many segments",
       [](Configuration& c) {
         while (c.segments.size() <= kSegmentsMax) {
           c.segments.push_back({absl::StrCat("s", c.segments.size()), 1});
         }
       },
       {"error segments"}},
      {"strict has no bound, and credits are in vain",
       [](Configuration& c) {
         c.contact_choice = ContactChoice::kStrict;
         c.queues[1].priority_credit_ms[3] = 5;
         c.bullseye_plans = {
             {.name = "plan",
              .rings = {{.widen_after_ms = 1, .anywhere = true},
                        {.widen_after_ms = 2, .raise_boost_ms = 5}}}};
       },
       {"warning contact_choice", "warning queues[1].priority_credit_ms",
        "warning bullseye_plans[0].rings[1].raise_boost_ms",
        "warning segments[0].credit_ms"}},
  };
  for (const Case& test : cases) {
    Configuration configuration = Good();
    test.change(configuration);
    EXPECT_THAT(Found(configuration), ElementsAreArray(test.found))
        << test.what;
  }
}

TEST(ValidateChoice, SaysWhatWouldBeRight) {
  Configuration configuration = Good();
  configuration.segments[1].name = "gold";
  configuration.segments[0].credit_ms = -5;
  const std::vector<Finding> findings = ValidateChoice(configuration);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_THAT(findings[0].message, HasSubstr("-5 ms is out of range; give 0"));
  EXPECT_THAT(findings[1].message,
              HasSubstr("given twice; first at segments[0].name"));
}

}  // namespace
}  // namespace relais
