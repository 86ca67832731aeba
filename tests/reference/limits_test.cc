// Goal: every table that fills up says so (RESOURCE_EXHAUSTED, the limit's
// name), changes nothing, and takes more once there is room again; every bad
// argument is answered with its code and field. Method: routers with tiny
// limits. Classes, lanes and pending events exist in the engine only.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/reference/centre.h"
#include "tests/reference/router_factories.h"

namespace relais::reference {
namespace {

RouterOptions Small() {
  RouterOptions options;
  options.limits.contacts = 100;
  options.limits.agents = 100;
  options.limits.queues = 10;
  options.limits.ended_ids = 100;
  return options;
}

class LimitsTest : public ::testing::TestWithParam<RouterFactory> {};
class EngineLimitsTest : public ::testing::TestWithParam<RouterFactory> {};

std::vector<RouterFactory> Engines() {
  std::vector<RouterFactory> factories = RouterFactories();
  std::erase_if(factories, [](const auto& one) { return !one.is_engine; });
  return factories;
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Routers, LimitsTest,
                         ::testing::ValuesIn(RouterFactories()), kName);
INSTANTIATE_TEST_SUITE_P(Routers, EngineLimitsTest,
                         ::testing::ValuesIn(Engines()), kName);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EngineLimitsTest);

TEST_P(LimitsTest, CreateNamesWhatIsWrong) {
  EventRecorder recorder;
  const auto refusal = [&](auto change) {
    RouterOptions options;
    options.observer = &recorder;
    change(options);
    return ShortRefusal(GetParam().create(options).status());
  };
  EXPECT_EQ(refusal([](RouterOptions&) {}), "OK");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.observer = nullptr; }),
            "INVALID_ARGUMENT observer");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.id_retention_ms = -1; }),
            "INVALID_ARGUMENT id_retention_ms");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.limits.contacts = 0; }),
            "INVALID_ARGUMENT limits.contacts");
  EXPECT_EQ(refusal([](RouterOptions& o) {
              o.limits.contacts = kContactsCeiling + 1;
            }),
            "INVALID_ARGUMENT limits.contacts");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.limits.agents = 0; }),
            "INVALID_ARGUMENT limits.agents");
  EXPECT_EQ(
      refusal([](RouterOptions& o) { o.limits.agents = kAgentsCeiling + 1; }),
      "INVALID_ARGUMENT limits.agents");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.limits.queues = 0; }),
            "INVALID_ARGUMENT limits.queues");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.limits.requirement_classes = 0; }),
            "INVALID_ARGUMENT limits.requirement_classes");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.limits.profile_classes = 0; }),
            "INVALID_ARGUMENT limits.profile_classes");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.limits.lanes = 0; }),
            "INVALID_ARGUMENT limits.lanes");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.limits.ended_ids = 0; }),
            "INVALID_ARGUMENT limits.ended_ids");
  EXPECT_EQ(refusal([](RouterOptions& o) { o.limits.pending_events = 0; }),
            "INVALID_ARGUMENT limits.pending_events");
}

TEST_P(LimitsTest, Contacts) {
  RouterOptions options = Small();
  options.limits.contacts = 2;
  Centre centre(GetParam(), options);
  EXPECT_EQ(centre.Do(1, "submit c1 main"), "submitted c1");
  EXPECT_EQ(centre.Do(1, "submit c2 main"), "submitted c2");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(centre.Do(1, "submit c3 main"),
              "RESOURCE_EXHAUSTED limits.contacts");
  }
  // A refused id is not known, and known ones still get their answer.
  EXPECT_FALSE(centre.router().FindContact("c3").ok());
  EXPECT_EQ(centre.Do(1, "submit c1 main"), "");
  for (int i = 0; i < 20; ++i) {
    const std::string next = absl::StrCat("d", i);
    const std::string last = i == 0 ? "c1" : absl::StrCat("d", i - 1);
    EXPECT_EQ(centre.Do(2, "abandon " + last), "ended " + last + " abandoned");
    EXPECT_EQ(centre.Do(2, "submit " + next + " main"), "submitted " + next);
    EXPECT_EQ(centre.Do(2, "submit c3 main"),
              "RESOURCE_EXHAUSTED limits.contacts");
  }
}

TEST_P(LimitsTest, AgentsIncludingThoseStillLeaving) {
  RouterOptions options = Small();
  options.limits.agents = 2;
  Configuration configuration = BankConfiguration();
  const std::vector<AgentConfiguration> all = configuration.agents;
  configuration.agents = {all[0], all[1]};
  Centre centre(GetParam(), options, configuration);
  centre.Do(1, "available ann");
  centre.Do(1, "submit c1 main");
  EXPECT_EQ(centre.Do(1, "accept ann"), "accepted c1 ann");
  centre.configuration().agents = {all[1], all[2]};
  EXPECT_EQ(centre.Do(2, "apply"), "RESOURCE_EXHAUSTED limits.agents");
  EXPECT_EQ(centre.ViewOf("ann").presence_pending, false);
  EXPECT_FALSE(centre.router().FindAgent("cem").ok());
  std::uint64_t version = 0;
  EXPECT_EQ(centre.router().CurrentConfiguration(&version).agents[0].id, "ann");
  EXPECT_EQ(version, 1U);
  EXPECT_EQ(centre.Do(3, "complete c1"), "ended c1 completed ann wrap_up");
  EXPECT_EQ(centre.Do(3, "apply"), "RESOURCE_EXHAUSTED limits.agents");
  EXPECT_EQ(centre.Do(4, "wrapped ann"), "idle ann available");
  EXPECT_EQ(centre.Do(5, "apply"),
            "applied 2; presence ann logged_out; removed ann");
  EXPECT_EQ(centre.Do(6, "available cem"), "presence cem available");
}

TEST_P(LimitsTest, QueuesIncludingThoseStillServed) {
  RouterOptions options = Small();
  options.limits.queues = 5;
  Centre centre(GetParam(), options);
  EXPECT_EQ(centre.Do(1, "submit c1 auto"), "submitted c1");
  centre.Do(1, "drop queue auto");
  ContactQueue one_more = centre.configuration().queues[0];
  one_more.name = "one more";
  centre.configuration().queues.push_back(one_more);
  EXPECT_EQ(centre.Do(2, "apply"), "RESOURCE_EXHAUSTED limits.queues");
  EXPECT_EQ(centre.Do(2, "submit c2 auto"), "submitted c2");
  centre.Do(3, "abandon c1");
  EXPECT_EQ(centre.Do(3, "apply"), "RESOURCE_EXHAUSTED limits.queues");
  centre.Do(3, "abandon c2");
  EXPECT_EQ(centre.Do(4, "apply"), "applied 2");
  EXPECT_EQ(centre.Do(4, "submit c3 auto"), "NOT_FOUND contact.queue");
}

TEST_P(LimitsTest, EndedIdsForgetTheOldestAndRefuseNobody) {
  RouterOptions options = Small();
  options.limits.ended_ids = 3;
  Centre centre(GetParam(), options);
  for (int i = 1; i <= 5; ++i) {
    const std::string id = absl::StrCat("c", i);
    EXPECT_EQ(centre.Do(i, absl::StrCat("submit ", id, " main")),
              "submitted " + id);
    EXPECT_EQ(centre.Do(i, "abandon " + id), "ended " + id + " abandoned");
  }
  EXPECT_EQ(centre.router().Counters().ids_forgotten, 2U);
  for (int i = 1; i <= 5; ++i) {
    const auto view = centre.router().GetContact(absl::StrCat("c", i));
    EXPECT_EQ(view.ok(), i > 2) << i;
    if (i <= 2) {
      EXPECT_EQ(ShortRefusal(view.status()), "NOT_FOUND contact_id");
    } else if (view.ok()) {
      EXPECT_EQ(view->state, ContactState::kEnded);
      EXPECT_EQ(view->ended_ms, i);
    }
  }
  // Forgotten, and yet its handle never names another contact.
  EXPECT_EQ(centre.Do(9, "abandon c1"), "FAILED_PRECONDITION contact_id");
  EXPECT_EQ(centre.Do(9, "submit c1 main chat"), "submitted c1");
  EXPECT_EQ(centre.Do(9, "submit c5 main chat"), "ALREADY_EXISTS contact.id");
  // The end of an id that was forgotten early is no longer due.
  EXPECT_EQ(centre.router().RunDue(2 + 86'400'000, 100), 0U);
  EXPECT_EQ(centre.router().RunDue(5 + 86'400'000, 100), 3U);
}

TEST_P(LimitsTest, RetentionIsCounted) {
  RouterOptions options = Small();
  options.id_retention_ms = 1000;
  Centre centre(GetParam(), options);
  centre.Do(1, "submit c1 main");
  centre.Do(5, "abandon c1");
  EXPECT_EQ(centre.router().NextDue(), 1005);
  EXPECT_EQ(centre.router().RunDue(1004, 100), 0U);
  EXPECT_TRUE(centre.router().FindContact("c1").ok());
  EXPECT_EQ(centre.router().RunDue(1005, 100), 1U);
  EXPECT_EQ(ShortRefusal(centre.router().FindContact("c1").status()),
            "NOT_FOUND contact_id");
  EXPECT_EQ(centre.router().Counters().ids_forgotten, 0U);
}

Configuration WithAgents(int count) {
  Configuration configuration = BankConfiguration();
  configuration.agents.clear();
  for (int i = 1; i <= count; ++i) {
    configuration.agents.push_back({absl::StrCat("agent", i),
                                    AgentGrade::kSenior,
                                    "all",
                                    {{"french", 5}, {"english", 5}}});
  }
  return configuration;
}

TEST_P(LimitsTest, NinthDeclineOfAContactForgetsTheFirst) {
  Centre centre(GetParam(), Small(), WithAgents(9));
  for (int i = 1; i <= 9; ++i) {
    centre.Do(i, absl::StrCat("available agent", i));
  }
  centre.Do(10, "submit c1 main");
  for (int i = 1; i <= 8; ++i) {
    EXPECT_EQ(
        centre.Do(20, absl::StrCat("decline agent", i)),
        absl::StrCat("declined c1 agent", i, "; reserved c1 agent", i + 1));
  }
  EXPECT_EQ(centre.router().Counters().declines_forgotten, 0U);
  EXPECT_EQ(centre.Do(30, "decline agent9"),
            "declined c1 agent9; reserved c1 agent1");
  EXPECT_EQ(centre.router().Counters().declines_forgotten, 1U);
  // Its deadline is gone with it: seven of at 60020, one of at 60030.
  centre.Do(40, "accept agent1");
  EXPECT_EQ(centre.router().RunDue(60'020, 100), 7U);
  EXPECT_EQ(centre.router().RunDue(60'030, 100), 1U);
}

TEST_P(LimitsTest, SixtyFifthDeclineOfAnAgentForgetsTheFirst) {
  Centre centre(GetParam(), Small(), WithAgents(1));
  for (int i = 1; i <= 66; ++i) {
    centre.Do(i, absl::StrCat("submit c", i, " main"));
  }
  EXPECT_EQ(centre.Do(100, "available agent1"),
            "presence agent1 available; reserved c1 agent1");
  for (int i = 1; i <= 64; ++i) {
    EXPECT_EQ(
        centre.Do(100, "decline agent1"),
        absl::StrCat("declined c", i, " agent1; reserved c", i + 1, " agent1"));
  }
  EXPECT_EQ(centre.router().Counters().declines_forgotten, 0U);
  // c65's exclusion displaces c1's; c1 stands before c66.
  EXPECT_EQ(centre.Do(101, "decline agent1"),
            "declined c65 agent1; reserved c1 agent1");
  EXPECT_EQ(centre.router().Counters().declines_forgotten, 1U);
}

TEST_P(LimitsTest, BadSubmitsNameTheField) {
  Centre centre(GetParam(), Small());
  const auto refusal = [&](auto change, InstantMs now_ms = 1) {
    ContactSpec spec;
    spec.id = "c1";
    spec.queue = "main";
    change(spec);
    const auto outcome = centre.router().Submit(spec, now_ms);
    EXPECT_TRUE(centre.Drain().empty());
    return ShortRefusal(outcome.status());
  };
  EXPECT_EQ(refusal([](ContactSpec& s) { s.id = ""; }),
            "INVALID_ARGUMENT contact.id");
  EXPECT_EQ(refusal([](ContactSpec& s) { s.id = std::string(129, 'x'); }),
            "INVALID_ARGUMENT contact.id");
  EXPECT_EQ(refusal([](ContactSpec& s) { s.id = "\xC0\x80"; }),
            "INVALID_ARGUMENT contact.id");
  EXPECT_EQ(refusal([](ContactSpec& s) { s.queue = "\xFF"; }),
            "INVALID_ARGUMENT contact.queue");
  EXPECT_EQ(refusal([](ContactSpec& s) { s.queue = "mian"; }),
            "NOT_FOUND contact.queue");
  EXPECT_EQ(refusal([](ContactSpec& s) { s.channel = Channel{8}; }),
            "INVALID_ARGUMENT contact.channel");
  EXPECT_EQ(refusal([](ContactSpec& s) { s.priority = -1; }),
            "INVALID_ARGUMENT contact.priority");
  EXPECT_EQ(refusal([](ContactSpec& s) { s.priority = 10; }),
            "INVALID_ARGUMENT contact.priority");
  EXPECT_EQ(refusal([](ContactSpec& s) {
              s.attributes["key"] = std::string(kAttributesBytesMax, 'x');
            }),
            "INVALID_ARGUMENT contact.attributes");
  EXPECT_EQ(refusal([](ContactSpec& s) {
              for (std::size_t i = 0; i <= kAttributesPerContactMax; ++i) {
                s.attributes[absl::StrCat(i)] = "";
              }
            }),
            "INVALID_ARGUMENT contact.attributes");
  EXPECT_EQ(
      refusal([](ContactSpec& s) {
        s.requirement.all_of.resize(kTermsPerRequirementMax + 1, {"french", 1});
      }),
      "INVALID_ARGUMENT contact.requirement.all_of");
  EXPECT_EQ(refusal([](ContactSpec& s) {
              s.requirement.all_of = {{"french", 1}, {"", 1}};
            }),
            "INVALID_ARGUMENT contact.requirement.all_of[1]");
  EXPECT_EQ(refusal([](ContactSpec& s) {
              s.requirement.all_of = {{"french", 0}};
            }),
            "INVALID_ARGUMENT contact.requirement.all_of[0].level_min");
  EXPECT_EQ(refusal([](ContactSpec& s) {
              s.requirement.all_of = {{"french", 1}, {"frnech", 1}};
            }),
            "NOT_FOUND contact.requirement.all_of[1].skill");
  EXPECT_EQ(refusal([](ContactSpec&) {}, -1), "INVALID_ARGUMENT now_ms");
  // The order of checks: what is wrong in itself comes first.
  EXPECT_EQ(refusal([](ContactSpec& s) {
              s.queue = "mian";
              s.priority = 11;
            }),
            "INVALID_ARGUMENT contact.priority");
  centre.Do(2, "drop queue main");
  Configuration& configuration = centre.configuration();
  configuration.queues[0].channels = SetOf(Channel::kChat);
  EXPECT_EQ(centre.Do(2, "apply"), "applied 2");
  EXPECT_EQ(
      refusal([&](ContactSpec& s) { s.queue = configuration.queues[0].name; }),
      "INVALID_ARGUMENT contact.channel");
  EXPECT_FALSE(centre.router().FindContact("c1").ok());
}

TEST_P(LimitsTest, BadArgumentsOfOtherCalls) {
  Centre centre(GetParam(), Small());
  Router& router = centre.router();
  centre.Do(1, "available ann");
  EXPECT_EQ(centre.Do(1, "submit c1 main"), "submitted c1; reserved c1 ann");
  const AgentHandle ann = centre.Agent("ann");
  const AgentHandle nobody{0xFFFF, 0x7FFF'FFFF};
  const ContactHandle c1 = centre.Contact("c1");
  const ContactHandle never = centre.Contact("never");
  const std::uint64_t attempt = centre.ViewOf("ann").held[0].attempt;
  using State = PresenceState;
  using Reason = NotReadyReason;
  const auto presence = [&](AgentHandle agent, State state, Reason reason,
                            InstantMs now_ms) {
    return ShortRefusal(
        router.SetPresence(agent, {state, reason}, now_ms).status());
  };
  EXPECT_EQ(presence(ann, State{3}, Reason::kNone, 2),
            "INVALID_ARGUMENT presence.state");
  EXPECT_EQ(presence(ann, State::kNotReady, Reason{7}, 2),
            "INVALID_ARGUMENT presence.reason");
  EXPECT_EQ(presence(ann, State::kNotReady, Reason::kNoAnswer, 2),
            "INVALID_ARGUMENT presence.reason");
  EXPECT_EQ(presence(ann, State::kAvailable, Reason::kMeal, 2),
            "INVALID_ARGUMENT presence.reason");
  EXPECT_EQ(presence(ann, State::kLoggedOut, Reason::kMeal, 2),
            "INVALID_ARGUMENT presence.reason");
  EXPECT_EQ(presence(ann, State::kNotReady, Reason::kMeal, -1),
            "INVALID_ARGUMENT now_ms");
  EXPECT_EQ(presence(nobody, State::kAvailable, Reason::kNone, 2),
            "NOT_FOUND agent_id");

  const auto refused = [](const auto& outcome) {
    return ShortRefusal(outcome.status());
  };
  EXPECT_EQ(refused(router.Accept(ann, c1, attempt, -1)),
            "INVALID_ARGUMENT now_ms");
  EXPECT_EQ(refused(router.Accept(nobody, c1, attempt, 2)),
            "NOT_FOUND agent_id");
  EXPECT_EQ(refused(router.Accept(ann, never, attempt, 2)),
            "NOT_FOUND contact_id");
  EXPECT_EQ(refused(router.Accept(ann, c1, attempt + 1, 2)),
            "FAILED_PRECONDITION attempt");
  EXPECT_EQ(refused(router.Accept(centre.Agent("bob"), c1, attempt, 2)),
            "FAILED_PRECONDITION attempt");
  EXPECT_EQ(refused(router.Decline(ann, c1, attempt, -5, 2)),
            "INVALID_ARGUMENT retry_after_ms");
  EXPECT_EQ(refused(router.Decline(nobody, c1, attempt, {}, 2)),
            "NOT_FOUND agent_id");
  EXPECT_EQ(refused(router.Decline(ann, c1, attempt - 1, {}, 2)),
            "FAILED_PRECONDITION attempt");
  EXPECT_EQ(refused(router.Cancel(c1, EndReason::kCompleted, 2)),
            "INVALID_ARGUMENT reason");
  EXPECT_EQ(refused(router.Cancel(c1, EndReason::kNone, 2)),
            "INVALID_ARGUMENT reason");
  EXPECT_EQ(refused(router.Cancel(c1, EndReason::kAbandoned, -1)),
            "INVALID_ARGUMENT now_ms");
  EXPECT_EQ(refused(router.Cancel(never, EndReason::kAbandoned, 2)),
            "NOT_FOUND contact_id");
  EXPECT_EQ(refused(router.Complete(c1, 2)), "FAILED_PRECONDITION contact_id");
  EXPECT_EQ(refused(router.Complete(never, 2)), "NOT_FOUND contact_id");
  EXPECT_EQ(refused(router.Complete(c1, -1)), "INVALID_ARGUMENT now_ms");
  EXPECT_EQ(refused(router.EndWrapUp(ann, "", 2)),
            "FAILED_PRECONDITION agent_id");
  EXPECT_EQ(refused(router.EndWrapUp(ann, "c1", 2)),
            "FAILED_PRECONDITION contact_id");
  EXPECT_EQ(refused(router.EndWrapUp(nobody, "", 2)), "NOT_FOUND agent_id");
  EXPECT_EQ(refused(router.EndWrapUp(ann, "", -1)), "INVALID_ARGUMENT now_ms");
  EXPECT_EQ(refused(router.FindContact("never")), "NOT_FOUND contact_id");
  EXPECT_EQ(refused(router.GetContact("never")), "NOT_FOUND contact_id");
  EXPECT_EQ(refused(router.FindAgent("never")), "NOT_FOUND agent_id");
  EXPECT_EQ(refused(router.GetAgent(nobody)), "NOT_FOUND agent_id");
  EXPECT_EQ(refused(router.Apply(centre.configuration(), -1)),
            "INVALID_ARGUMENT now_ms");
  EXPECT_TRUE(centre.Drain().empty());
  EXPECT_EQ(router.RunDue(-1, 100), 0U);
  EXPECT_EQ(centre.Do(3, "accept ann"), "accepted c1 ann");
}

TEST_P(LimitsTest, BadConfigurationChangesNothing) {
  Centre centre(GetParam(), Small());
  centre.configuration().agents[1].routing_profile = "nowhere";
  centre.configuration().agents[0].skills.clear();
  const auto outcome = centre.router().Apply(centre.configuration(), 1);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_FALSE(outcome->applied());
  EXPECT_EQ(outcome->configuration_version, 1U);
  EXPECT_TRUE(centre.Drain().empty());
  std::uint64_t version = 0;
  const Configuration kept = centre.router().CurrentConfiguration(&version);
  EXPECT_EQ(version, 1U);
  EXPECT_EQ(kept.agents[0].skills.size(), 2U);
  centre.Do(2, "available ann");
  EXPECT_EQ(centre.Do(2, "submit c1 english"), "submitted c1; reserved c1 ann");
}

TEST_P(EngineLimitsTest, RequirementClassesComeBack) {
  RouterOptions options = Small();
  // Whatever the queues take at Apply, contacts' own soon take the rest.
  options.limits.requirement_classes = 64;
  Centre centre(GetParam(), options);
  std::string answer;
  int taken = 0;
  for (int level = 1; level <= 10 && answer.find("limits") == answer.npos;
       ++level) {
    for (int other = 1; other <= 10; ++other) {
      answer = centre.Do(
          1, absl::StrCat("submit c", taken, " main skill=french:", level,
                          " skill=english:", other));
      if (answer.rfind("submitted", 0) != 0) break;
      ++taken;
    }
  }
  EXPECT_EQ(answer, "RESOURCE_EXHAUSTED limits.requirement_classes");
  EXPECT_GT(taken, 0);
  EXPECT_LE(taken, 64);
  // One in use already is not refused.
  EXPECT_EQ(centre.Do(1, "submit again main skill=french:1 skill=english:1"),
            "submitted again");
  for (int i = 0; i < taken; ++i) centre.Do(2, absl::StrCat("abandon c", i));
  centre.Do(2, "abandon again");
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 3; ++i) {
      const std::string id = absl::StrCat("d", round, "_", i);
      EXPECT_EQ(centre.Do(3, absl::StrCat("submit ", id,
                                          " main skill=french:", round % 10 + 1,
                                          " skill=english:", i + 1)),
                "submitted " + id);
    }
    for (int i = 0; i < 3; ++i) {
      centre.Do(4, absl::StrCat("abandon d", round, "_", i));
    }
  }
}

TEST_P(EngineLimitsTest, ProfileClassesComeBack) {
  RouterOptions options = Small();
  options.limits.profile_classes = 8;
  Centre centre(GetParam(), options, WithAgents(40));
  // Contacts that tell every level apart, so that no classes can be merged.
  for (int level = 1; level <= 10; ++level) {
    centre.Do(1, absl::StrCat("submit f", level, " main skill=french:", level));
    centre.Do(1,
              absl::StrCat("submit e", level, " main skill=english:", level));
  }
  const Configuration plain = centre.configuration();
  const auto spread = [&](int classes) {
    centre.configuration() = plain;
    for (int i = 0; i < 40; ++i) {
      auto& skills = centre.configuration().agents[std::size_t(i)].skills;
      skills = {{"french", i % classes % 10 + 1},
                {"english", i % classes / 10 + 1}};
    }
  };
  spread(40);
  EXPECT_EQ(centre.Do(2, "apply"), "RESOURCE_EXHAUSTED limits.profile_classes");
  EXPECT_EQ(
      centre.router().CurrentConfiguration(nullptr).agents[7].skills[0].level,
      5);
  for (int round = 0; round < 20; ++round) {
    spread(round % 4 + 1);
    EXPECT_EQ(centre.Do(3, "apply"), absl::StrCat("applied ", round + 2));
  }
}

TEST_P(EngineLimitsTest, LanesComeBack) {
  RouterOptions options = Small();
  options.limits.lanes = 12;
  Centre centre(GetParam(), options);
  std::string answer;
  std::vector<std::string> taken;
  for (int i = 0; i < 40; ++i) {
    const std::string id = absl::StrCat("c", i);
    answer = centre.Do(1, absl::StrCat("submit ", id, " main priority=", i % 10,
                                       " skill=french:", i / 10 + 1));
    if (answer.rfind("submitted", 0) != 0) break;
    taken.push_back(id);
  }
  EXPECT_EQ(answer, "RESOURCE_EXHAUSTED limits.lanes");
  EXPECT_LE(taken.size(), 12U);
  for (const std::string& id : taken) centre.Do(2, "abandon " + id);
  for (int i = 0; i < 40; ++i) {
    const std::string id = absl::StrCat("d", i);
    EXPECT_EQ(centre.Do(3, absl::StrCat("submit ", id, " main priority=",
                                        i % 10, " skill=french:", i / 10 + 1)),
              "submitted " + id);
    centre.Do(4, "abandon " + id);
  }
}

TEST_P(EngineLimitsTest, PendingEventsComeBack) {
  RouterOptions options = Small();
  options.limits.pending_events = 64;
  Centre centre(GetParam(), options);
  std::string answer = "OK";
  int taken = 0;
  while (answer == "OK" && taken < 90) {
    ContactSpec spec;
    spec.id = absl::StrCat("c", taken);
    spec.queue = "main";
    answer = ShortRefusal(centre.router().Submit(spec, 1).status());
    if (answer == "OK") ++taken;
  }
  EXPECT_EQ(answer, "RESOURCE_EXHAUSTED limits.pending_events");
  EXPECT_LE(taken, 64);
  EXPECT_GT(taken, 0);
  // Ending contacts has room of its own; then that is used up, too.
  int ended = 0;
  for (answer = "OK"; answer == "OK" && ended < taken;) {
    const auto contact = centre.router().FindContact(absl::StrCat("c", ended));
    ASSERT_TRUE(contact.ok());
    answer = ShortRefusal(
        centre.router().Cancel(*contact, EndReason::kCancelled, 1).status());
    if (answer == "OK") ++ended;
  }
  EXPECT_GT(ended, 0);
  EXPECT_EQ(answer, "RESOURCE_EXHAUSTED limits.pending_events");
  EXPECT_EQ(centre.Drain().size(), static_cast<std::size_t>(taken + ended));
  for (int i = 0; i < 100; ++i) {
    const std::string id = absl::StrCat("d", i);
    EXPECT_EQ(centre.Do(2, absl::StrCat("submit ", id, " main")),
              "submitted " + id);
    EXPECT_EQ(centre.Do(2, "abandon " + id), "ended " + id + " abandoned");
  }
}

TEST_P(EngineLimitsTest, AMillionDeadlinesPending) {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  constexpr int kContacts = 20'000;
#else
  constexpr int kContacts = 1'000'000;
#endif
  RouterOptions options;
  options.limits.contacts = kContacts;
  options.limits.ended_ids = 1'000;
  options.id_retention_ms = kDurationMsMax;
  Configuration configuration = BankConfiguration();
  configuration.queues[2].wait_limit_ms = 1'000'000;
  Centre centre(GetParam(), options, configuration);
  Router& router = centre.router();
  ContactSpec spec;
  spec.queue = "limited";
  for (int i = 0; i < kContacts; ++i) {
    spec.id = absl::StrCat("c", i);
    ASSERT_TRUE(router.Submit(spec, i).ok()) << i;
    if (i % 10'000 == 0) centre.Drain();
  }
  centre.Drain();
  EXPECT_EQ(router.NextDue(), 1'000'000);
  // Nine in ten go before their time, in no order of time.
  std::size_t cancelled = 0;
  for (std::int64_t i = 0; i < kContacts; ++i) {
    const std::int64_t which = i * 7'919 % kContacts;
    if (which % 10 == 3) continue;
    const auto handle = router.FindContact(absl::StrCat("c", which));
    ASSERT_TRUE(handle.ok()) << handle.status();
    ASSERT_TRUE(router.Cancel(*handle, EndReason::kAbandoned, kContacts).ok());
    ++cancelled;
    if (i % 10'000 == 0) centre.Drain();
  }
  centre.Drain();
  EXPECT_EQ(cancelled, static_cast<std::size_t>(kContacts) / 10 * 9);
  ASSERT_TRUE(router.NextDue().has_value());
  EXPECT_LE(*router.NextDue(), 1'000'003);
  EXPECT_EQ(router.RunDue(1'000'002, 1'000), 0U);
  // The rest one by one, each at its instant.
  InstantMs last_ms = 0;
  for (int ended = 0; ended < kContacts / 10; ++ended) {
    const InstantMs due_ms = 1'000'003 + 10LL * ended;
    ASSERT_LE(*router.NextDue(), due_ms);
    ASSERT_EQ(router.RunDue(due_ms - 1, 1'000), 0U);
    ASSERT_EQ(router.RunDue(due_ms, 1'000), 1U) << due_ms;
    if (ended % 1'000 != 0) continue;
    for (const Event& event : centre.Drain()) {
      EXPECT_EQ(event.end_reason, EndReason::kWaitLimit);
      EXPECT_EQ(event.at_ms, event.arrival_ms + 1'000'000);
      EXPECT_GE(event.at_ms, last_ms);
      last_ms = event.at_ms;
    }
  }
}

}  // namespace
}  // namespace relais::reference
