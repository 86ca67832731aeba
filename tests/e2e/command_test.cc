// relaisd and relaisctl from a shell's point of view: exit codes, what they
// say about mistakes, and that they work together.

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/process.h"

namespace relais::e2e {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kCentre[] = R"(name: Centre
skills: [{name: accounts}]
routing_profiles: [{name: telephone, channels: [voice]}]
agents:
  - {id: anna, routing_profile: telephone, skills: [{skill: accounts, level: 5}]}
queues:
  - name: accounts
    channels: [voice]
    requirement: {all_of: [{skill: accounts}]}
)";

Finished Daemon(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), RelaisdPath());
  return RunProgram(arguments);
}

TEST(RelaisdCommandTest, WrongCommandLinesExitWith2) {
  struct Case {
    std::vector<std::string> arguments;
    const char* said;
  };
  const Case cases[] = {
      {{"--listen", "0.0.0.0:0"}, "--insecure"},
      {{"--listen", "7400"}, "host:port"},
      {{"--time-scale", "0"}, "between 0.001 and 10000"},
      {{"--time-scale", "nan"}, "between 0.001 and 10000"},
      {{"--time-scale", "fast"}, "fast"},
      {{"--start-time", "tomorrow"}, "2026-03-02T07:00:00Z"},
      {{"--id-retention", "-1h"}, "24h"},
      {{"--events-kept", "0"}, "--events-kept"},
      {{"--max-contacts", "0", "--journal", "memory"}, "contacts"},
      {{"--max-contacts", "4294967295", "--journal", "memory"}, "contacts"},
      {{"--fault", "gaps"}, "skip-oldest"},
      {{"--fault", "gap", "--journal", "/nonexistent"}, "--journal memory"},
      {{"--time-scale", "60"}, "a directory of its own"},
      {{"--start-time", "1999-02-02"}, "a directory of its own"},
      {{"--reconnect-time", "soon"}, "90s"},
      {{"--journal-keep-events", "0"}, "--journal-keep-events"},
      {{"--journal-keep-time", "long"}, "90s"},
      {{"--journal-buffer-mib", "0"}, "1..1024"},
      {{"--disk-low-mib", "1"}, "--disk-read-only-mib (64)"},
      {{"--crash-at", "before-sync:1", "--journal", "memory"}, "nothing would"},
      {{"--storage-fault", "sync-eio:1", "--journal", "memory"}, "no journal"},
      {{"--wall-offset", "1 hour"}, "--wall-offset"},
      {{"--wall-offset", "2562047788000h"}, "--wall-offset"},
      {{"--start-time", "9223372036854775807"}, "between 1970 and 2970"},
      {{"--reconnect-time", "9999h"}, "--reconnect-time"},
      {{"--journal", ""}, "--journal: is empty"},
      {{"--lisen", "127.0.0.1:0"}, "did you mean '--listen'?"},
      {{"serve"}, "unexpected argument 'serve'"},
      {{"--config", "/nonexistent.yaml"}, "No such file"},
  };
  for (const Case& c : cases) {
    const Finished finished = Daemon(c.arguments);
    EXPECT_EQ(finished.exit_code, 2) << c.arguments[0] << finished.output;
    EXPECT_THAT(finished.output, HasSubstr(c.said));
  }
}

TEST(RelaisdCommandTest, WrongConfigurationNamesFileAndLine) {
  const std::string file = ::testing::TempDir() + "/relais_e2e_wrong.yaml";
  std::ofstream(file) << kCentre << "    chanels: [voice]\n";
  const Finished finished = Daemon({"--config", file});
  std::remove(file.c_str());
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.output,
              HasSubstr(file + ":10:5: error: queues[0].chanels: "));
  EXPECT_THAT(finished.output, HasSubstr("did you mean 'channels'?"));
}

// All at once, each with line and path.
TEST(RelaisctlCommandTest, ConfigCheckTellsEverythingAtOnce) {
  const std::string file = ::testing::TempDir() + "/relais_e2e_check.yaml";
  std::ofstream(file) << R"(name: Centre
skills:
  - {name: accounts, implies: [{skill: loans}]}
  - {name: loans, implies: [{skill: accounts, level_max: 4}]}
  - {name: cards, descripton: plastic}
routing_profiles: [{name: telephone, channels: []}]
agents:
  - {id: anna, grade: senoir, routing_profile: telephone}
queues:
  - name: accounts
    channels: [voice]
    requirement:
      all_of: [{skill: accounts, level_min: 5}, {grades: [junior]}]
      none_of: [{grades: [junior, senior]}]
    wait_limit_ms: soon
  - name: loans
    channels: [voice]
    wrap_up_ms: -1
)";
  const Finished finished =
      RunProgram({RelaisctlPath(), "config", "check", file});
  std::remove(file.c_str());
  EXPECT_EQ(finished.exit_code, 2);
  std::string told = finished.output;
  for (std::size_t at = told.find(file); at != std::string::npos;
       at = told.find(file)) {
    told.replace(at, file.size(), "f");
  }
  EXPECT_THAT(
      told,
      MatchesRegex(
          "f:3:[0-9]+: error: skills\\[0\\].implies: is a cycle: accounts -> "
          "loans -> accounts; leave one of them out\n"
          "f:5:[0-9]+: error: skills\\[2\\].descripton: unknown key .*\n"
          "f:6:[0-9]+: error: routing_profiles\\[0\\].channels: is empty.*\n"
          "f:8:[0-9]+: error: agents\\[0\\].grade: unknown value .*senior.*\n"
          "f:14:[0-9]+: error: queues\\[0\\].requirement.none_of\\[0\\]: .*\n"
          "f:15:[0-9]+: error: queues\\[0\\].wait_limit_ms: is \"soon\".*\n"
          "f:18:[0-9]+: error: queues\\[1\\].wrap_up_ms: -1 ms .*\n"
          "f: 7 errors, 0 warnings\n"));
}

TEST(RelaisctlCommandTest, ATeamLeadChangesAnAgent) {
  Relaisd server(kCentre);
  const auto relaisctl = [&server](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {RelaisctlPath(), "--server", server.address()});
    return RunProgram(arguments);
  };
  EXPECT_EQ(relaisctl({"presence", "anna", "available"}).exit_code, 0);
  EXPECT_EQ(relaisctl({"contact", "submit", "c1", "--queue", "accounts",
                       "--requirement", "{all_of: [{grades: [expert]}]}"})
                .exit_code,
            0);
  EXPECT_THAT(relaisctl({"contact", "get", "c1"}).output, HasSubstr("waiting"));
  const Finished changed = relaisctl(
      {"agent", "change", "anna", "--grade", "expert", "--skills", "accounts"});
  EXPECT_EQ(changed.exit_code, 0) << changed.output;
  EXPECT_THAT(changed.output, HasSubstr("changed: configuration version 2"));
  EXPECT_THAT(relaisctl({"contact", "get", "c1"}).output, HasSubstr("anna"));
  EXPECT_THAT(relaisctl({"agents"}).output, HasSubstr("expert"));
  // Without a level it is the grade's, and is shown as it was given.
  EXPECT_THAT(relaisctl({"config", "show"}).output,
              AllOf(HasSubstr("grade: expert"), Not(HasSubstr("level: 5"))));

  struct Wrong {
    std::vector<std::string> arguments;
    int exit_code;
    const char* said;
  };
  const Wrong wrongs[] = {
      {{"anna"}, 2, "give --grade, --skills"},
      {{"anna", "--grade", "exprt"}, 2, "expert"},
      {{"anna", "--skills", "accounts:many"}, 2, "name:level:tutor"},
      {{"anna", "--skills", "acounts"}, 2, "agent.skills[0].skill"},
      {{"anna", "--skills", "accounts:3:anna"}, 2, "the agent itself"},
      {{"nobody", "--grade", "expert"}, 1, "agent.id"},
      {{"anna", "--certifications", "amf"}, 2, "agent.certifications[0]"},
  };
  for (const Wrong& wrong : wrongs) {
    std::vector<std::string> arguments = {"agent", "change"};
    arguments.insert(arguments.end(), wrong.arguments.begin(),
                     wrong.arguments.end());
    const Finished refused = relaisctl(arguments);
    EXPECT_EQ(refused.exit_code, wrong.exit_code) << refused.output;
    EXPECT_THAT(refused.output, HasSubstr(wrong.said));
  }
  EXPECT_EQ(relaisctl({"agent", "change", "anna", "--skills", "-"}).exit_code,
            0);
  EXPECT_THAT(relaisctl({"contact", "submit", "c2", "--queue", "accounts",
                         "--requirement", "{any_of: 3}"})
                  .output,
              HasSubstr("--requirement: any_of: is \"3\""));
}

TEST(RelaisdCommandTest, HelpAndVersionExitWith0) {
  EXPECT_EQ(Daemon({"--help"}).exit_code, 0);
  EXPECT_THAT(Daemon({"--help"}).output, HasSubstr("--port-file"));
  EXPECT_EQ(Daemon({"--version"}).exit_code, 0);
  EXPECT_THAT(Daemon({"--version"}).output, MatchesRegex("[0-9.]+\n"));
}

TEST(RelaisdCommandTest, APortInUseIsAFailure) {
  Relaisd server(kCentre);
  const Finished second =
      Daemon({"--listen", server.address(), "--journal", "memory"});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.output, HasSubstr("cannot listen on"));
}

TEST(RelaisdCommandTest, KeepsItsJournalWhereStateBelongs) {
  const std::filesystem::path state =
      ::testing::TempDir() + "/relais_e2e_state_" + std::to_string(getpid());
  // It would serve for ever.
  const std::string daemon = RelaisdPath() + " --crash-at before-sync:1";
  for (const auto& [variables, place] :
       {std::pair("XDG_STATE_HOME=" + state.string(), "relais/journal"),
        std::pair("STATE_DIRECTORY=" + state.string() + ":/other", "journal"),
        std::pair("XDG_STATE_HOME= HOME=" + state.string(),
                  ".local/state/relais/journal")}) {
    const Finished finished =
        RunProgram({"/bin/sh", "-c",
                    "env -u STATE_DIRECTORY " + variables + " " + daemon});
    EXPECT_EQ(finished.exit_code, 128 + SIGKILL) << finished.output;
    EXPECT_TRUE(std::filesystem::exists(state / place)) << variables;
    std::filesystem::remove_all(state);
  }
}

TEST(RelaisdCommandTest, WritesThePortAndWarnsOfWhatIsUnusual) {
  const std::string file = ::testing::TempDir() + "/relais_e2e_port";
  Relaisd server(kCentre, {"--port-file", file, "--time-scale", "60", "--fault",
                           "gap", "--start-time", "1999-02-02"});
  // Written after the server says that it serves: stopping it waits for that.
  server.Signal(SIGTERM);
  const Finished finished = server.Wait();
  EXPECT_EQ(finished.exit_code, 0);
  std::string port;
  std::ifstream(file) >> port;
  std::remove(file.c_str());
  EXPECT_EQ("127.0.0.1:" + port, server.address());
  EXPECT_THAT(finished.output, HasSubstr("60 times as fast"));
  EXPECT_THAT(finished.output, HasSubstr("FAULT PLANTED: gap"));
}

class RelaisctlTest : public ::testing::Test {
 protected:
  Finished Control(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {RelaisctlPath(), "--server", server_.address()});
    return RunProgram(arguments);
  }
  std::string Done(const std::vector<std::string>& arguments) {
    const Finished finished = Control(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return finished.output;
  }

  Relaisd server_{kCentre};
};

TEST_F(RelaisctlTest, OperatesAServer) {
  EXPECT_THAT(Done({"info"}), HasSubstr("time scale"));
  EXPECT_THAT(Done({"presence", "anna", "available"}), HasSubstr("done"));
  EXPECT_THAT(Done({"contact", "submit", "c1", "--queue", "accounts",
                    "--skills", "accounts:2", "--attributes", "caller=x"}),
              HasSubstr("an agent was found"));
  EXPECT_THAT(Done({"contact", "get", "c1"}), HasSubstr("reserved"));
  EXPECT_THAT(Done({"agents"}), HasSubstr("c1"));
  EXPECT_THAT(Done({"agent", "pull", "anna", "c1"}),
              HasSubstr("pulled before: c1, attempt 2"));
  EXPECT_EQ(Control({"agent", "pull", "anna"}).exit_code, 2);
  EXPECT_THAT(Control({"agent", "pull", "anna", "--queues", "accounts"}).output,
              HasSubstr("has no room"));
  EXPECT_THAT(Done({"queues"}), HasSubstr("accounts"));
  EXPECT_THAT(Done({"queues", "--json"}),
              HasSubstr("\"offered_total\": \"1\""));
  EXPECT_THAT(Done({"contact", "cancel", "c1", "--reason", "cancelled"}),
              HasSubstr("ended"));
  const std::string events = Done({"events", "--from", "1", "--count", "3"});
  EXPECT_EQ(std::count(events.begin(), events.end(), '\n'), 3);
  EXPECT_THAT(events, HasSubstr("EVENT_TYPE_CONTACT_SUBMITTED"));
  EXPECT_THAT(Done({"completion", "bash"}), HasSubstr("complete -F"));
}

TEST_F(RelaisctlTest, ExplainsWhoIsPassedOver) {
  Done({"contact", "submit", "c1", "--queue", "accounts"});
  Done({"contact", "submit", "c2", "--queue", "accounts", "--skills",
        "accounts:7"});
  EXPECT_THAT(Done({"explain", "contact", "c1"}),
              AllOf(HasSubstr("contact c1 in queue accounts: waiting for "),
                    HasSubstr(", not of a decision (that is: relaisctl "
                              "decision c1)\nagents: "),
                    HasSubstr("agents: 1 logged_out\n"),
                    ContainsRegex("anna +logged_out +3 +0 +logged_out +-\n")));
  // Who lacks something has no fit and no place.
  EXPECT_THAT(Done({"explain", "contact", "c2"}),
              ContainsRegex("requirement: skill \"accounts\" at level 7 or "
                            "above, held at 5 +- +- +logged_out"));
  EXPECT_THAT(
      Done({"explain", "agent", "anna"}),
      AllOf(HasSubstr("2 contacts wait\n"),
            ContainsRegex("accounts +voice +0 +1 +[0-9.]+ +requirement"),
            ContainsRegex("accounts +voice +0 +1 +[0-9.]+ +logged")));
  Done({"presence", "anna", "available"});
  EXPECT_THAT(Done({"explain", "contact", "c1"}),
              AllOf(HasSubstr("reserved, anna"), HasSubstr("holds")));
  EXPECT_THAT(
      Done({"decision", "c1"}),
      AllOf(HasSubstr("contact c1 of queue accounts to agent anna, "),
            HasSubstr("attempt 2, ring 0, fit 3, configuration version 1; it "
                      "stands\nwhy this contact: the first of the only lane"),
            HasSubstr("why this agent: it became free"),
            ContainsRegex("first contact of +rank +rank key"),
            ContainsRegex("accounts +0 +20")));
  EXPECT_EQ(Done({"decision", "c1", "2"}), Done({"decision", "c1"}));
  EXPECT_THAT(Done({"decisions"}),
              ContainsRegex("c1 +2 +accounts +anna +only +none +stands"));
  EXPECT_THAT(Done({"decisions", "--count", "1", "--json"}),
              HasSubstr("\"contact_rule\": \"DECIDING_RULE_ONLY\""));
  EXPECT_THAT(Control({"decision", "c2"}).output,
              HasSubstr("NOT_FOUND: contact_id: no decision about it is kept"));
  EXPECT_THAT(Control({"decision", "c1", "7"}).output,
              HasSubstr("attempt: 7: no decision of that number is kept"));
  EXPECT_THAT(Control({"decision", "c1", "first"}).output,
              HasSubstr("ATTEMPT: 'first' is not a number above 0"));
  EXPECT_EQ(Control({"decision", "c9"}).exit_code, 1);
  EXPECT_EQ(Control({"explain", "contact", "c9"}).exit_code, 1);
  EXPECT_EQ(Control({"explain", "agent", "bob"}).exit_code, 1);
}

TEST_F(RelaisctlTest, ShownConfigurationCanBeApplied) {
  const std::string file = ::testing::TempDir() + "/relais_e2e_shown.yaml";
  std::ofstream(file) << Done({"config", "show"});
  EXPECT_THAT(Done({"config", "check", file}), HasSubstr("no errors"));
  EXPECT_THAT(Done({"config", "apply", file}), HasSubstr("version 2"));
  std::remove(file.c_str());
}

// What is too much for one server is not for another: relaisctl knows only
// what is too much for all of them.
TEST_F(RelaisctlTest, TheServerJudgesItsOwnLimits) {
  std::string text = kCentre;
  std::string agents;
  for (int i = 0; i < 10'000; ++i) {
    agents += "  - {id: a" + std::to_string(i) +
              ", routing_profile: telephone, skills: [{skill: accounts, "
              "level: 5}]}\n";
  }
  text.insert(text.find("queues:"), agents);
  const std::string file = ::testing::TempDir() + "/relais_e2e_large.yaml";
  std::ofstream(file) << text;
  EXPECT_THAT(Done({"config", "check", file}), HasSubstr("10001 agents"));
  const Finished refused = Control({"config", "apply", file});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("INVALID_ARGUMENT"));
  EXPECT_THAT(refused.output, HasSubstr("10000"));
  Relaisd larger(kCentre, {"--max-agents", "10001"});
  const Finished applied = RunProgram(
      {RelaisctlPath(), "--server", larger.address(), "config", "apply", file});
  EXPECT_EQ(applied.exit_code, 0) << applied.output;
  std::remove(file.c_str());
}

TEST_F(RelaisctlTest, LibrariesPrintNothingOfTheirOwn) {
  const Finished refused =
      Control({"contact", "submit", "c\xff", "--queue", "accounts"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, HasSubstr("UTF-8"));
  EXPECT_THAT(refused.output, Not(HasSubstr("libprotobuf")));
  server_.Signal(SIGTERM);
  EXPECT_THAT(server_.Wait().output, Not(HasSubstr("libprotobuf")));
}

TEST_F(RelaisctlTest, MistakesExitWith2AndRefusalsWith1) {
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    const char* said;
  };
  const Case cases[] = {
      {{}, 2, "a command is missing"},
      {{"quees"}, 2, "did you mean 'queues'?"},
      {{"contact", "sumbit", "c1"}, 2, "did you mean 'contact submit'?"},
      {{"frobnicate"}, 2, "use one of"},
      {{"contact", "get"}, 2, "usage: relaisctl contact get ID"},
      {{"config", "check", "/nonexistent"}, 2, "No such file"},
      {{"presence", "anna", "avialable"}, 2, "did you mean 'available'?"},
      {{"contact", "submit", "c1", "--queue", "accounts", "--channel", "vois"},
       2,
       "did you mean 'voice'?"},
      {{"contact", "submit", "c1", "--queue", "accounts", "--priority", "10"},
       2,
       "contact.priority"},
      {{"queues", "--jsn"}, 2, "did you mean '--json'?"},
      {{"queues", "--timeout", "-1"}, 2, "--timeout: -1"},
      {{"queues", "--timeout", "0"}, 2, "--timeout: 0"},
      {{"queues", "--timeout", "nan"}, 2, "--timeout: nan"},
      {{"queues", "--timeout", "1e300"}, 2, "--timeout: 1e+300"},
      {{"queues", "--server", "foo"}, 2, "--server: \"foo\" is no address"},
      {{"queues", "--server", "foo:0"}, 2, "--server: nothing can listen"},
      {{"contact", "submit", "c1"}, 2, "--queue is missing"},
      {{"contact", "submit", "c1", "--queue", "accounts", "--attributes",
        "a=1,a=2"},
       2,
       "--attributes: 'a' is given twice"},
      {{"contact", "submit", "c1", "--queue", "accounts", "--skills",
        "accounts:3,accounts:4"},
       2,
       "--skills: 'accounts' is given twice"},
      {{"contact", "cancel", "c1", "--reason", "completed"},
       2,
       "(known: abandoned, cancelled)"},
      {{"contact", "complete", "c1", "--reason", "cancelled"},
       2,
       "--reason goes with contact cancel"},
      {{"--help"}, 0, "--count 0 (the default): follow for ever"},
      {{"contact", "get", "nothing"}, 1, "NOT_FOUND: contact_id"},
      {{"presence", "nobody", "available"}, 1, "NOT_FOUND: agent_id"},
      {{"events", "--from", "99"}, 1, "OUT_OF_RANGE"},
  };
  for (const Case& c : cases) {
    const Finished finished = Control(c.arguments);
    EXPECT_EQ(finished.exit_code, c.exit_code) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr(c.said));
  }
  const Finished environment = RunProgram(
      {"/usr/bin/env", "RELAIS_SERVER=foo", RelaisctlPath(), "info"});
  EXPECT_EQ(environment.exit_code, 2);
  EXPECT_THAT(environment.output, HasSubstr("RELAIS_SERVER: \"foo\""));
  const Finished nobody =
      RunProgram({RelaisctlPath(), "--server", "127.0.0.1:1", "info"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_THAT(nobody.output, HasSubstr("no answer from 127.0.0.1:1"));
}

}  // namespace
}  // namespace relais::e2e
