// Goal: examples/bank/activities.yaml is the matrix of a remote banking centre:
// which grade takes which activity.
// Method: the table, cell by cell: one agent of the column alone is there, and
// a contact of the line's queue is brought; it is offered or waits.

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relais/router.h"
#include "server/config_file.h"

namespace relais::server {
namespace {

constexpr char kFile[] = "examples/bank/activities.yaml";

// The columns: junior, senior, expert, specialised, e-branch.
const char* const kAgents[] = {"jules", "sonia", "emile", "solange", "elise"};

class Silent final : public RouterObserver {
 public:
  void OnEvent(const Event&) override {}
};

class ActivitiesTest : public ::testing::Test {
 protected:
  ActivitiesTest() : file_(ReadConfigFile(kFile, Limits())) {}

  std::unique_ptr<Router> Centre() {
    RouterOptions options;
    options.observer = &observer_;
    options.limits.contacts = 10;
    options.limits.agents = 10;
    options.limits.ended_ids = 10;
    auto router = Router::Create(options);
    EXPECT_TRUE(router.ok()) << router.status();
    const auto applied = (*router)->Apply(file_.configuration, 0);
    EXPECT_TRUE(applied.ok() && applied->applied());
    return *std::move(router);
  }

  static void SignIn(Router& router, const std::string& agent) {
    const Presence in{PresenceState::kAvailable, NotReadyReason::kNone};
    EXPECT_TRUE(router.SetPresence(*router.FindAgent(agent), in, 1).ok());
  }

  static bool IsTaken(Router& router, const std::string& queue,
                      Channel channel) {
    ContactSpec spec;
    spec.id = queue;
    spec.queue = queue;
    spec.channel = channel;
    const auto outcome = router.Submit(spec, 2);
    EXPECT_TRUE(outcome.ok()) << queue << ": " << outcome.status();
    return outcome.ok() && outcome->at_once;
  }

  // One 'x' or '.' for each column.
  std::string Line(const std::string& queue, Channel channel) {
    std::string line;
    for (const char* agent : kAgents) {
      const std::unique_ptr<Router> router = Centre();
      SignIn(*router, agent);
      line += IsTaken(*router, queue, channel) ? 'x' : '.';
    }
    return line;
  }

  Silent observer_;
  const ConfigFile file_;
};

TEST_F(ActivitiesTest, TheFileHasNoFindings) {
  EXPECT_EQ(file_.Describe(kFile), "");
}

struct Row {
  const char* activity;  // as people say it
  const char* queue;
  Channel channel;
  const char* takes;  // junior, senior, expert, specialised, e-branch
};

TEST_F(ActivitiesTest, TheMatrixCellByCell) {
  const Row rows[] = {
      {"takes inbound calls in own perimeter, answers at once", "accounts",
       Channel::kVoice, "xxxxx"},
      {"spots a question to redirect", "to be sorted", Channel::kVoice,
       "x...."},
      {"call list outbound", "call list", Channel::kCallback, "xxxx."},
      {"call list outbound: own portfolio", "portfolios", Channel::kCallback,
       "....x"},
      {"helps a customer on the web: call-back, click to call", "web",
       Channel::kCallback, ".xxxx"},
      {"helps a customer on the web: click to chat", "web", Channel::kChat,
       ".xxxx"},
      {"second-level answers", "second level accounts", Channel::kVoice,
       ".x..."},
      {"second-level answers: own expertise", "second level securities",
       Channel::kVoice, "..x.."},
      {"second-level answers: own speciality", "second level life insurance",
       Channel::kVoice, "...x."},
      {"works complex questions outside the contact", "complex questions",
       Channel::kEmail, "..xxx"},
      {"works complex questions outside the contact, calls back",
       "complex questions", Channel::kCallback, "..xxx"},
      {"written interview: what all master", "simple letters", Channel::kEmail,
       "xxxxx"},
      {"written interview, mastered", "letters", Channel::kEmail, "..xxx"},
      {"written interview, mastered: chat", "letters", Channel::kChat, "..xxx"},
      {"video interview, mastered", "video", Channel::kVideo, "...xx"},
      {"offers a rebate inside a set frame", "complaints", Channel::kVoice,
       ".xxxx"},
      {"takes branch advisors' calls", "branches", Channel::kInternal, "...x."},
      {"tutors a junior", "tutoring", Channel::kInternal, ".xxx."},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Line(row.queue, row.channel), row.takes) << row.activity;
  }
}

// Promotion opens what waits, at once.
TEST_F(ActivitiesTest, PromotionChangesWhatAnAgentGets) {
  const std::unique_ptr<Router> router = Centre();
  SignIn(*router, "jules");
  EXPECT_FALSE(IsTaken(*router, "complaints", Channel::kVoice));
  EXPECT_FALSE(IsTaken(*router, "letters", Channel::kChat));
  const auto holder = [&](const char* id) {
    return router->GetContact(id)->agent_id;
  };
  AgentChange change;
  change.grade = AgentGrade::kSenior;
  ASSERT_TRUE(router->ChangeAgent(*router->FindAgent("jules"), change, 3).ok());
  EXPECT_EQ(holder("complaints"), "jules");
  EXPECT_EQ(holder("letters"), "");
}

}  // namespace
}  // namespace relais::server
