// What is kept of an agent who is no longer listed: that a restart goes on with
// it is tests/model/restart_test.cc; what is refused is here.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lib/domain/last_listed.h"
#include "relais/live_state.h"
#include "relais/router.h"

namespace relais {
namespace {

class NoEvents final : public RouterObserver {
 public:
  void OnEvent(const Event& event) override {
    ADD_FAILURE() << EventTypeName(event.type);
  }
};

Configuration Centre() {
  Configuration centre;
  centre.skills = {{"loans", "", {{"accounts", 5}}},
                   {"accounts", "", {{"cards", 4}}},
                   {"cards", ""},
                   {"savings", ""}};
  centre.sites = {{"north"}, {"south"}, {"west"}};
  centre.teams = {{"red", "north"}, {"blue", "south"}};
  centre.grades = {{AgentGrade::kSenior, 6}, {AgentGrade::kExpert, 8}};
  centre.routing_profiles = {{"voice", SetOf(Channel::kVoice)},
                             {"chat", SetOf(Channel::kChat)}};
  centre.agents = {{"anne",
                    AgentGrade::kExpert,
                    "chat",
                    {{"loans", 0}},
                    {},
                    {},
                    "red",
                    "west"},
                   {"bilal", AgentGrade::kSenior, "voice", {}}};
  centre.queues.resize(1);
  centre.queues[0].name = "chats";
  centre.queues[0].channels = SetOf(Channel::kChat);
  return centre;
}

template <typename Named>
std::string Names(const std::vector<Named>& all) {
  std::string names;
  for (const Named& one : all) names += one.name + " ";
  return names;
}

TEST(LastListedTest, IsAllThatTheAgentIsMadeOfAndNothingElse) {
  const Configuration centre = Centre();
  const Configuration listed = LastListed(centre.agents[0], centre);
  ASSERT_EQ(listed.agents.size(), 1U);
  EXPECT_TRUE(listed.agents[0] == centre.agents[0]);
  EXPECT_EQ(Names(listed.routing_profiles), "chat ");
  EXPECT_EQ(Names(listed.skills), "loans accounts cards ");
  EXPECT_EQ(listed.skills[1].implies.size(), 1U);
  ASSERT_EQ(listed.grades.size(), 1U);
  EXPECT_EQ(listed.grades[0].default_level, 8);
  EXPECT_EQ(Names(listed.teams), "red ");
  EXPECT_EQ(Names(listed.sites), "north west ");
  EXPECT_TRUE(listed.queues.empty());
  EXPECT_EQ(WrongInLastListed(listed, "anne"), "");
}

TEST(LastListedTest, WhatLacksSomethingIsRefusedWithItsPath) {
  struct Case {
    std::string what;
    std::function<void(Configuration*)> spoil;
  };
  const std::vector<Case> cases = {
      {"does not list this agent alone",
       [](auto* c) { c->agents.push_back(Centre().agents[1]); }},
      {"does not list this agent alone", [](auto* c) { c->agents.clear(); }},
      {"does not list this agent alone",
       [](auto* c) { c->agents[0].id = "bilal"; }},
      {"routing profile \"chat\" is missing",
       [](auto* c) { c->routing_profiles.clear(); }},
      {"skill \"loans\" is missing",
       [](auto* c) { c->skills.erase(c->skills.begin()); }},
      {"team \"red\" is missing", [](auto* c) { c->teams.clear(); }},
      {"site \"north\" is missing",
       [](auto* c) { c->sites.erase(c->sites.begin()); }},
      {"site \"west\" is missing", [](auto* c) { c->sites.pop_back(); }},
  };
  for (const Case& one : cases) {
    Configuration next = Centre();
    Configuration listed = LastListed(next.agents[0], next);
    one.spoil(&listed);
    next.agents.erase(next.agents.begin());
    LiveState state;
    state.last_sequence = 5;
    state.configuration_version = 2;
    state.configuration = std::make_shared<const Configuration>(next);
    LiveAgent& anne = state.agents["anne"];
    anne.version = 2;
    anne.presence.state = PresenceState::kAvailable;
    anne.presence_configuration_version = 2;
    anne.last_listed = std::make_shared<const Configuration>(listed);
    NoEvents none;
    RouterOptions options;
    options.observer = &none;
    const auto router = *Router::Create(options);
    const absl::Status status = router->Restore(state, 1'000);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.what;
    EXPECT_EQ(FieldPathOf(status), "state.agents[\"anne\"].last_listed");
    EXPECT_EQ(std::string(status.message()),
              "state.agents[\"anne\"].last_listed: " + one.what);
  }
}

}  // namespace
}  // namespace relais
