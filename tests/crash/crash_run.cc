#include "tests/crash/crash_run.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/random.h"
#include "tests/crash/centre.h"
#include "tests/crash/checker.h"
#include "tests/crash/fleet.h"
#include "tests/crash/server.h"
#include "tests/crash/session.h"
#include "tests/crash/watch.h"

namespace relais::crash {
namespace {

using std::chrono::steady_clock;

constexpr char kAtRandom[] = "at random";
constexpr char kWhileStarting[] = "while starting";
constexpr std::uint64_t kAcknowledgementsMax = 150;
constexpr std::uint64_t kTimesMax = 150;
// Of the stream, read back after each restart.
constexpr std::uint64_t kEventsReadBack = 300;
constexpr int kKilled = 128 + SIGKILL;

// How the server is going to end.
struct Plan {
  std::string how;       // kAtRandom, kWhileStarting or a crash point
  std::string crash_at;  // --crash-at; empty: by a signal
  std::uint64_t acknowledgements = 0;  // before the signal
};

class CrashRun {
 public:
  explicit CrashRun(const CrashOptions& options)
      : options_(options), random_(options.seed) {}

  bool Run() {
    const absl::Status status = Prepare();
    if (!status.ok()) {
      Problem(std::string(status.message()));
      return Summarise();
    }
    for (std::uint32_t kill = 1; kill <= options_.kills; ++kill) {
      if (!KillOnce(kill) || problems_ > 0) break;
    }
    if (problems_ == 0) End();
    return Summarise();
  }

 private:
  absl::Status Prepare() {
    const auto help = HelpOf(options_.relaisd);
    if (!help.ok()) return help.status();
    points_ = CrashPointsIn(*help);
    if (points_.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          options_.relaisd, ": its --help names no --crash-at point"));
    }
    std::printf("seed %llu, directory %s\ncrash points: %s\n",
                static_cast<unsigned long long>(options_.seed),
                options_.directory.c_str(),
                absl::StrJoin(points_, ", ").c_str());
    server_options_ = {options_.relaisd,
                       options_.directory + "/centre.yaml",
                       options_.directory + "/journal",
                       {"--id-retention", "20s", "--events-kept", "50000"}};
    // Short, so that offers from before a kill are seen to expire.
    if (absl::StrContains(*help, "--reconnect-time")) {
      server_options_.flags.insert(server_options_.flags.end(),
                                   {"--reconnect-time", "1s"});
    }
    std::ofstream(server_options_.configuration)
        << CentreYaml(options_.clients);
    auto log = CallLog::Create(options_.directory + "/reader.log", -1);
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    auto checker = Checker::Start(options_.checker, options_.directory);
    if (!checker.ok()) return checker.status();
    checker_.emplace(*std::move(checker));
    auto fleet = Fleet::Start(options_.program, options_.directory,
                              options_.clients, random_.NextUint64());
    if (!fleet.ok()) return fleet.status();
    fleet_.emplace(*std::move(fleet));
    return absl::OkStatus();
  }

  Plan Draw(std::uint32_t kill) {
    Plan plan;
    if (kill % 2 == 0) {
      plan.how = points_[random_.Uniform(points_.size())];
      plan.crash_at =
          absl::StrCat(plan.how, ":", 1 + random_.Uniform(kTimesMax));
    } else if (random_.Bernoulli(0.1)) {
      plan.how = kWhileStarting;
    } else {
      plan.how = kAtRandom;
      plan.acknowledgements = random_.Uniform(kAcknowledgementsMax);
    }
    return plan;
  }

  // False if it makes no sense to go on.
  bool KillOnce(std::uint32_t kill) {
    const auto began = steady_clock::now();
    const Plan plan = Draw(kill);
    auto server = Server::Start(server_options_, plan.crash_at);
    ++life_;
    if (!server.ok()) {
      Problem(std::string(server.status().message()));
      return false;
    }
    Live(*server, plan);
    // Of the log's pipe nothing is left to read once the process is gone.
    while (server->Read()) {
    }
    const int code = server->child().Wait();
    if (code != kKilled) {
      Problem(absl::StrCat("life ", life_, " ended with ", code,
                           " instead of being killed; it said:\n",
                           server->said()));
    }
    ++kills_by_[plan.how];
    if (!Check()) return false;
    std::printf(
        "kill %u of %u %-20s %7llu acknowledged %8.0f events %6.2f s\n", kill,
        options_.kills,
        plan.crash_at.empty() ? plan.how.c_str() : plan.crash_at.c_str(),
        static_cast<unsigned long long>(fleet_->acknowledged()),
        Figure(figures_, "events"), Seconds(began));
    std::fflush(stdout);
    return true;
  }

  // One life, to its planned end.
  void Live(Server& server, const Plan& plan) {
    if (plan.how == kWhileStarting) {
      server.AwaitRecovered();
      server.child().Signal(SIGKILL);
      return;
    }
    const auto address = server.AwaitAddress();
    // A crash point may be reached before it serves.
    if (!address.has_value()) return;
    Began(server, *address, kEventsReadBack);
    const auto until = steady_clock::now() + kPatience;
    const std::uint64_t more =
        plan.crash_at.empty() ? plan.acknowledgements : ~std::uint64_t{0} / 2;
    const Awaited awaited = fleet_->Await(server, more, until);
    if (awaited == Awaited::kTime) {
      Problem(absl::StrCat("life ", life_, ": no end within ",
                           kPatience.count(), " s, planned was ", plan.how));
    }
    if (awaited == Awaited::kClientEnded) Problem("a client has ended");
    if (awaited != Awaited::kServerEnded) server.child().Signal(SIGKILL);
  }

  // The server is there again: what it says of what it was, then to work.
  void Began(Server& server, const std::string& address,
             std::uint64_t events_read_back) {
    starts_.push_back(server.start_time());
    const auto session = std::make_shared<Session>(address, life_);
    ReadBack(*session, events_read_back);
    fleet_->Tell(life_, address);
  }

  // Answers go to a log like a client's, which the checker reads.
  void ReadBack(const Session& session, std::uint64_t events) {
    for (int client = 0; client < options_.clients; ++client) {
      for (int agent = 0; agent < kAgentsPerClient; ++agent) {
        v1::GetAgentRequest request;
        request.set_agent_id(AgentId(client, agent));
        v1::GetAgentResponse response;
        Ask(*log_, session, "GetAgent", session.agents,
            &v1::AgentService::Stub::GetAgent, request, &response);
      }
    }
    for (const std::string& id : sample_) {
      v1::GetContactRequest request;
      request.set_contact_id(id);
      v1::GetContactResponse response;
      Ask(*log_, session, "GetContact", session.contacts,
          &v1::ContactService::Stub::GetContact, request, &response);
    }
    const std::uint64_t from =
        last_sequence_ > events ? last_sequence_ - events + 1 : 1;
    const grpc::Status status =
        ReadEvents(*log_, session, from, last_sequence_);
    // A crash point may be reached meanwhile.
    if (!status.ok() && !IsUnknown(status)) {
      Problem(absl::StrCat("life ", life_, ": the stream from ", from, " to ",
                           last_sequence_, ": ", status.error_message()));
    }
  }

  // The server is not running.
  bool Check() {
    const auto began = steady_clock::now();
    const auto verdict = checker_->Check(life_);
    if (!verdict.ok()) {
      Problem(std::string(verdict.status().message()));
      return false;
    }
    checking_seconds_ += Seconds(began);
    for (const std::string& problem : verdict->problems) {
      Problem(absl::StrCat("life ", life_, ": ", problem));
    }
    last_sequence_ = verdict->last_sequence;
    sample_ = verdict->contacts;
    figures_ = verdict->figures;
    return true;
  }

  // A last life that ends well, and a check of everything from the beginning
  // by a checker that has seen nothing yet.
  void End() {
    auto server = Server::Start(server_options_, "");
    ++life_;
    const auto address = server.ok() ? server->AwaitAddress() : std::nullopt;
    if (!address.has_value()) {
      Problem("the last start failed");
      return;
    }
    Began(*server, *address, last_sequence_ > 50'000 ? 49'000 : last_sequence_);
    fleet_->Await(*server, kAcknowledgementsMax,
                  steady_clock::now() + kPatience);
    const absl::Status stopped = fleet_->Stop();
    if (!stopped.ok()) Problem(std::string(stopped.message()));
    server->child().Signal(SIGTERM);
    while (server->Read()) {
    }
    if (const int code = server->child().Wait(); code != 0) {
      Problem(absl::StrCat("SIGTERM ended it with ", code));
    }
    Check();
    std::printf("checking the whole journal and all logs once more\n");
    std::fflush(stdout);
    auto checker = Checker::Start(options_.checker, options_.directory);
    if (!checker.ok()) {
      Problem(std::string(checker.status().message()));
      return;
    }
    checker_.emplace(*std::move(checker));
    Check();
  }

  bool Summarise() {
    std::printf("\n%-20s %8s\n", "killed", "times");
    for (const auto& [how, times] : kills_by_) {
      std::printf("%-20s %8u\n", how.c_str(), times);
    }
    std::printf("\n");
    for (const char* name :
         {"acknowledgements", "answers", "offers", "events_streamed",
          "unknown_outcomes", "refusals", "events", "records"}) {
      std::printf("%-20s %8.0f\n", name, Figure(figures_, name));
    }
    std::sort(starts_.begin(), starts_.end());
    if (!starts_.empty()) {
      std::printf("%-20s %8lld ms median, %lld ms at most\n", "restart",
                  static_cast<long long>(starts_[starts_.size() / 2].count()),
                  static_cast<long long>(starts_.back().count()));
    }
    std::printf("%-20s %8.1f s, of %.1f s\n", "checking", checking_seconds_,
                Seconds(began_));
    std::printf("\nseed %llu: %llu problems\n",
                static_cast<unsigned long long>(options_.seed),
                static_cast<unsigned long long>(problems_));
    return problems_ == 0;
  }

  void Problem(const std::string& problem) {
    ++problems_;
    std::printf("PROBLEM (seed %llu): %s\n",
                static_cast<unsigned long long>(options_.seed),
                problem.c_str());
  }

  static double Seconds(steady_clock::time_point since) {
    return std::chrono::duration<double>(steady_clock::now() - since).count();
  }

  const CrashOptions options_;
  Random random_;
  const steady_clock::time_point began_ = steady_clock::now();
  std::vector<std::string> points_;
  ServerOptions server_options_;
  std::unique_ptr<CallLog> log_;  // of what is read back
  std::optional<Checker> checker_;
  std::optional<Fleet> fleet_;
  std::uint64_t life_ = 0;
  std::uint64_t problems_ = 0;
  // As of the last check.
  std::uint64_t last_sequence_ = 0;
  std::vector<std::string> sample_;
  google::protobuf::Struct figures_;
  std::map<std::string, unsigned> kills_by_;
  std::vector<std::chrono::milliseconds> starts_;
  double checking_seconds_ = 0;
};

}  // namespace

bool RunCrashes(const CrashOptions& options) { return CrashRun(options).Run(); }

}  // namespace relais::crash
