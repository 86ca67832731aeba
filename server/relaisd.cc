// relaisd: the router as a server. Reads its command line, puts the parts
// together, waits for a signal, takes them apart in order.

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/stubs/logging.h"
#include "lib/runtime/clock.h"
#include "lib/runtime/runtime.h"
#include "relais/router.h"
#include "server/command_line.h"
#include "server/config_file.h"
#include "server/convert.h"
#include "server/core.h"
#include "server/event_log.h"
#include "server/fault.h"
#include "server/grpc_server.h"
#include "server/journaling.h"
#include "server/offer_hub.h"

ABSL_FLAG(std::string, config, "", "configuration to start with (YAML)");
ABSL_FLAG(std::string, listen, "127.0.0.1:7400", "address to listen on");
ABSL_FLAG(bool, insecure, false, "allow an address that others can reach");
ABSL_FLAG(std::string, port_file, "", "file to write the port to");
ABSL_FLAG(double, time_scale, 1, "how much faster than the wall time runs");
ABSL_FLAG(std::string, start_time, "", "what the clock reads at the start");
ABSL_FLAG(std::uint32_t, max_contacts, relais::Limits().contacts,
          "contacts alive at once");
ABSL_FLAG(std::uint32_t, max_agents, relais::Limits().agents,
          "agents known at once");
ABSL_FLAG(std::uint32_t, events_kept, 200'000, "events kept for readers");
ABSL_FLAG(std::string, id_retention, "24h",
          "how long an ended contact's id is remembered");
ABSL_FLAG(std::string, journal, "memory", "directory of the journal");
ABSL_FLAG(std::string, crash_at, "", "kill the process there (tests only)");
ABSL_FLAG(std::string, fault, "", "plant a fault (tests only)");

namespace relais::server {
namespace {

constexpr char kHelp[] = R"(relaisd: the Relais contact router as a gRPC server

usage: relaisd [flags]

  --config FILE         configuration to start with (YAML, docs/operations.md);
                        without it the server waits for ApplyConfiguration
  --listen HOST:PORT    address to listen on (127.0.0.1:7400; port 0: a free one)
  --insecure            allow an address that is not this machine's own; calls
                        are neither encrypted nor authenticated
  --port-file FILE      write the port there once the server answers
  --time-scale N        run the clock N times faster (0.001 to 10000), for
                        demonstrations
  --start-time T        what the clock reads at the start: 2026-03-02T07:00:00Z
                        or milliseconds since 1970 (now)
  --max-contacts N      contacts alive at once (100000)
  --max-agents N        agents known at once (10000)
  --events-kept N       events kept for readers to resume from (200000)
  --id-retention T      how long an ended contact's id is remembered (24h)
  --journal DIR         keep a journal there: what was answered survives the end of
                        the process, however it ends, and a restart goes on with
                        it. 'memory' (the default): a restart begins with nothing
  --crash-at POINT:N    kill this process the Nth time that it gets there, for
                        tests of recovery only: before-write, after-sync,
                        before-acknowledge, after-publish
  --fault NAME          plant a fault; for tests of the checker only
  --help, --version

exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed, 2 wrong command line or
configuration
)";

constexpr double kTimeScaleMin = 0.001;
constexpr double kTimeScaleMax = 10'000;
constexpr std::uint32_t kEventsKeptMax = 100'000'000;
// Calls that are not answered by then are cut off.
constexpr std::chrono::seconds kShutdownGrace{10};

// One line to standard error, in one write. No personal data: neither ids nor
// attributes, at any level.
void Log(const char* level, const std::string& message) {
  const std::string line =
      absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                                    absl::UTCTimeZone()),
                   " ", level, " ", message, "\n");
  std::cerr << line;
}

int Misused(const std::string& message) {
  std::cerr << "relaisd: " << message << "\n";
  return kExitUsage;
}

struct Settings {
  ListenAddress listen;
  double time_scale = 1;
  InstantMs start_ms = 0;
  DurationMs id_retention_ms = 0;
  Limits limits;
  std::uint32_t events_kept = 0;
  Fault fault = Fault::kNone;
  std::string journal;  // empty: none
  bool time_scaled = false;
  Crash crash;
  std::optional<Configuration> configuration;
};

absl::Status ReadJournalFlags(Settings* settings) {
  const std::string journal = absl::GetFlag(FLAGS_journal);
  if (journal.empty()) {
    return absl::InvalidArgumentError(
        "--journal: is empty; give a directory, or 'memory'");
  }
  if (journal != "memory") settings->journal = journal;
  settings->time_scaled =
      settings->time_scale != 1 || !absl::GetFlag(FLAGS_start_time).empty();
  if (settings->fault != Fault::kNone && !settings->journal.empty()) {
    return absl::InvalidArgumentError(
        "--fault: goes with --journal memory only");
  }
  const std::string crash = absl::GetFlag(FLAGS_crash_at);
  if (crash.empty()) return absl::OkStatus();
  if (settings->journal.empty()) {
    return absl::InvalidArgumentError(
        "--crash-at: without a --journal DIR nothing would be left");
  }
  const auto parsed = ParseCrash(crash);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--crash-at: ", parsed.status().message()));
  }
  settings->crash = *parsed;
  return absl::OkStatus();
}

// nullopt after an explanation on standard error.
std::optional<Settings> ReadFlags() {
  Settings settings;
  const auto wrong = [](const std::string& message) {
    Misused(message);
    return std::nullopt;
  };
  const auto listen = ParseListenAddress(absl::GetFlag(FLAGS_listen));
  if (!listen.ok()) {
    return wrong(absl::StrCat("--listen: ", listen.status().message()));
  }
  settings.listen = *listen;
  if (!listen->is_loopback && !absl::GetFlag(FLAGS_insecure)) {
    return wrong(absl::StrCat(
        "--listen: ", absl::GetFlag(FLAGS_listen),
        " can be reached from elsewhere, and calls are neither encrypted nor "
        "authenticated; use 127.0.0.1, or say --insecure"));
  }
  settings.time_scale = absl::GetFlag(FLAGS_time_scale);
  if (!(settings.time_scale >= kTimeScaleMin &&
        settings.time_scale <= kTimeScaleMax)) {
    return wrong(absl::StrCat("--time-scale: ", settings.time_scale,
                              " is not between 0.001 and 10000"));
  }
  settings.start_ms = runtime::WallTimeMs();
  if (const std::string start = absl::GetFlag(FLAGS_start_time);
      !start.empty()) {
    const auto instant = ParseInstant(start);
    if (!instant.ok()) {
      return wrong(absl::StrCat("--start-time: ", instant.status().message()));
    }
    settings.start_ms = *instant;
  }
  const auto retention = ParseDuration(absl::GetFlag(FLAGS_id_retention));
  if (!retention.ok()) {
    return wrong(
        absl::StrCat("--id-retention: ", retention.status().message()));
  }
  settings.id_retention_ms = *retention;
  settings.limits.contacts = absl::GetFlag(FLAGS_max_contacts);
  settings.limits.agents = absl::GetFlag(FLAGS_max_agents);
  settings.events_kept = absl::GetFlag(FLAGS_events_kept);
  if (settings.events_kept < 1 || settings.events_kept > kEventsKeptMax) {
    return wrong(absl::StrCat("--events-kept: ", settings.events_kept,
                              " is not between 1 and ", kEventsKeptMax));
  }
  if (const std::string fault = absl::GetFlag(FLAGS_fault);
      !fault.empty() && !ParseFault(fault, &settings.fault)) {
    return wrong(
        absl::StrCat("--fault: '", fault, "' is unknown; use ", FaultNames()));
  }
  if (const absl::Status journal = ReadJournalFlags(&settings); !journal.ok()) {
    return wrong(std::string(journal.message()));
  }
  if (const std::string file = absl::GetFlag(FLAGS_config); !file.empty()) {
    ConfigFile read = ReadConfigFile(file, settings.limits);
    std::cerr << read.Describe(file);
    if (read.HasErrors()) return std::nullopt;
    settings.configuration = std::move(read.configuration);
  }
  return settings;
}

// nullptr without one. Errors are told.
absl::StatusOr<std::unique_ptr<Journaling>> OpenJournal(
    const Settings& settings) {
  if (settings.journal.empty()) return nullptr;
  Journaling::Options options;
  options.directory = settings.journal;
  options.journal.retention = {settings.id_retention_ms,
                               settings.limits.ended_ids};
  options.journal.time_scaled = settings.time_scaled;
  options.crash = settings.crash;
  options.on_failure = [](const absl::Status& status) {
    Log("error", absl::StrCat("the journal cannot be written, and nothing more "
                              "is answered: ",
                              std::string(status.message())));
    _exit(kExitFailed);
  };
  return Journaling::Open(std::move(options));
}

// Time goes on: never before what the journal has seen.
InstantMs StartOf(const Settings& settings, const Journaling* journaling) {
  if (journaling == nullptr) return settings.start_ms;
  return std::max(settings.start_ms, journaling->recovered().state.last_at_ms);
}

// The offer that stood when the process ended.
Event StandingOffer(const LiveContact& contact) {
  Event event;
  event.type = EventType::kReservationCreated;
  event.contact_id.Assign(contact.detail->spec.id);
  event.contact_version = contact.version;
  event.contact_state = ContactState::kReserved;
  event.queue.Assign(contact.detail->queue.name);
  event.channel = contact.detail->spec.channel;
  event.priority = static_cast<std::uint8_t>(contact.detail->spec.priority);
  event.arrival_ms = contact.arrival_ms;
  event.rank_key_ms = contact.rank_key_ms;
  event.arrival_sequence = contact.arrival_sequence;
  event.agent_id.Assign(contact.agent_id);
  event.presence.state = PresenceState::kAvailable;
  event.work_state = WorkState::kReserved;
  event.attempt = contact.attempt;
  event.offer_expires_ms = contact.offer_expires_ms;
  event.fit_step = contact.fit_step;
  return event;
}

// The parts of the server, made and taken apart in this order.
class Server : public runtime::EventSubscriber {
 public:
  Server(const Settings& settings, std::unique_ptr<Journaling> journaling)
      : settings_(settings),
        journaling_(std::move(journaling)),
        clock_(StartOf(settings, journaling_.get()), settings.time_scale),
        log_(settings.events_kept),
        runtime_(&clock_, this, journaling_.get()) {
    if (settings.fault != Fault::kNone) plan_.emplace(settings.fault);
  }

  // The Router goes only after those who call it.
  ~Server() override {
    server_.reset();
    runtime_.Stop();
  }

  // kExitDone, or what to exit with.
  int Start() {
    RouterOptions options;
    options.limits = settings_.limits;
    options.id_retention_ms = settings_.id_retention_ms;
    options.observer = &runtime_;
    auto router = Router::Create(options);
    if (!router.ok()) return Misused(std::string(router.status().message()));
    router_ = std::move(*router);
    core_.router = router_.get();
    hub_.emplace(router_.get());
    if (plan_.has_value()) {
      faulty_router_ = plan_->Wrap(router_.get(), &runtime_,
                                   [this](const Event& e) { Publish(e); });
      core_.router = faulty_router_.get();
    }
    core_.runtime = &runtime_;
    core_.clock = &clock_;
    core_.log = &log_;
    core_.hub = &*hub_;
    core_.limits = settings_.limits;
    core_.version = Version();
    if (journaling_ != nullptr) {
      if (const int failed = Recover(); failed != kExitDone) return failed;
    }
    runtime_.Start(router_.get());
    if (settings_.configuration.has_value()) {
      const auto applied =
          router_->Apply(*settings_.configuration, clock_.NowMs());
      if (!applied.ok() || !applied->applied()) {
        return Misused(absl::StrCat(
            "the configuration was refused: ",
            applied.ok() ? applied->findings.front().message
                         : std::string(applied.status().message())));
      }
    }
    auto server = GrpcServer::Start(
        &core_,
        absl::StrCat(settings_.listen.host, ":", settings_.listen.port));
    if (!server.ok()) {
      Log("error", std::string(server.status().message()));
      return kExitFailed;
    }
    server_ = std::move(*server);
    return kExitDone;
  }

  void Stop() {
    if (server_ != nullptr) server_->Shutdown(kShutdownGrace);
    runtime_.Stop();
    Log("info", absl::StrCat("stopped after event ", log_.LastSequence()));
  }

  int port() const { return server_->port(); }

  // EventSubscriber.
  void OnEvent(const Event& event) override {
    if (journaling_ != nullptr) {
      journaling_->Reach(CrashPoint::kBeforeAcknowledge);
    }
    hub_->OnEvent(event);
    if (plan_.has_value()) {
      plan_->Publish(event, [this](const Event& e) { Publish(e); });
    } else {
      Publish(event);
    }
  }
  void OnDrained() override {
    log_.WakeAll();
    if (journaling_ != nullptr) journaling_->Reach(CrashPoint::kAfterPublish);
  }

 private:
  void Publish(const Event& event) { log_.Append(ToProto(event)); }

  // The router goes on where the journal ends, and readers may resume.
  int Recover() {
    const journal::Recovered& recovered = journaling_->recovered();
    for (const std::string& note : recovered.notes) Log("warning", note);
    if (recovered.state.last_at_ms > settings_.start_ms) {
      Log("warning",
          absl::StrCat("the clock reads ",
                       recovered.state.last_at_ms - settings_.start_ms,
                       " ms less than the journal's last event; time goes on "
                       "from there"));
    }
    absl::Status status = journaling_->ReadLastEvents(
        settings_.events_kept, [this](const Event& event) { Publish(event); });
    if (status.ok() && recovered.state.configuration != nullptr) {
      status = router_->Restore(recovered.state, clock_.NowMs());
    }
    for (const auto& [id, contact] : recovered.state.contacts) {
      if (contact.state == ContactState::kReserved) {
        hub_->OnEvent(StandingOffer(contact));
      }
    }
    if (!status.ok()) {
      Log("error", absl::StrCat("the journal cannot be gone on with: ",
                                std::string(status.message())));
      return kExitFailed;
    }
    Log("info", absl::StrCat("epoch ", recovered.epoch, ", ",
                             recovered.state.contacts.size(), " contacts and ",
                             recovered.state.agents.size(),
                             " agents recovered, after event ",
                             recovered.state.last_sequence));
    journaling_->ForgetRecovered();
    return kExitDone;
  }

  const Settings& settings_;
  std::unique_ptr<Journaling> journaling_;
  const runtime::ScaledClock clock_;
  EventLog log_;
  std::optional<FaultPlan> plan_;
  runtime::Runtime runtime_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Router> faulty_router_;
  std::optional<OfferHub> hub_;
  Core core_;
  std::unique_ptr<GrpcServer> server_;
};

// Written beside and renamed, so that whoever waits for it reads it whole.
bool WritePortFile(const std::string& name, int port) {
  const std::string beside = absl::StrCat(name, ".", getpid(), ".new");
  {
    std::ofstream file(beside);
    file << port << "\n";
    if (!file.flush()) return false;
  }
  return std::rename(beside.c_str(), name.c_str()) == 0;
}

int Run() {
  // Every thread made from here on leaves the signals to this one.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const std::optional<Settings> settings = ReadFlags();
  if (!settings.has_value()) return kExitUsage;
  auto journaling = OpenJournal(*settings);
  if (!journaling.ok()) {
    Log("error", absl::StrCat("--journal ", settings->journal, ": ",
                              std::string(journaling.status().message())));
    return kExitFailed;
  }
  Server server(*settings, *std::move(journaling));
  if (const int failed = server.Start(); failed != kExitDone) return failed;

  if (settings->fault != Fault::kNone) {
    Log("WARNING",
        absl::StrCat("*** FAULT PLANTED: ", absl::GetFlag(FLAGS_fault),
                     " *** this server gives wrong answers on "
                     "purpose; never use it for work"));
  }
  if (settings->time_scale != 1) {
    Log("warning", absl::StrCat("the clock runs ", settings->time_scale,
                                " times as fast as the wall: for "
                                "demonstrations only"));
  }
  if (!settings->listen.is_loopback) {
    Log("warning", "calls are neither encrypted nor authenticated");
  }
  Log("info", absl::StrCat("relaisd ", Version(), " serves on ",
                           settings->listen.host, ":", server.port()));
  const std::string port_file = absl::GetFlag(FLAGS_port_file);
  if (!port_file.empty() && !WritePortFile(port_file, server.port())) {
    Log("error", absl::StrCat("cannot write ", port_file));
    server.Stop();
    return kExitFailed;
  }

  int signal = 0;
  sigwait(&signals, &signal);
  Log("info", absl::StrCat("stopping on signal ", signal,
                           "; a second one stops at once"));
  std::thread([signals] {
    int second = 0;
    sigwait(&signals, &second);
    _exit(kExitFailed);
  }).detach();
  server.Stop();
  return kExitDone;
}

}  // namespace
}  // namespace relais::server

int main(int argc, char** argv) {
  // One format of lines only; what it would print (text that is not UTF-8) is
  // answered to the caller.
  google::protobuf::SetLogHandler(nullptr);
  const std::vector<std::string> rest =
      relais::server::ParseCommandLine(argc, argv, relais::server::kHelp);
  if (!rest.empty()) {
    return relais::server::Misused("unexpected argument '" + rest.front() +
                                   "'; see --help");
  }
  return relais::server::Run();
}
