// relaisd: the router as a server. Reads its command line, puts the parts
// together, waits for a signal, takes them apart in order.

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/stubs/logging.h"
#include "lib/runtime/clock.h"
#include "lib/runtime/runtime.h"
#include "relais/router.h"
#include "server/boot_clock.h"
#include "server/command_line.h"
#include "server/convert.h"
#include "server/core.h"
#include "server/disk_guard.h"
#include "server/event_log.h"
#include "server/fail_points.h"
#include "server/fault.h"
#include "server/grpc_server.h"
#include "server/journaling.h"
#include "server/offer_hub.h"
#include "server/settings.h"

namespace relais::server {
namespace {

// Calls that are not answered by then are cut off.
constexpr std::chrono::seconds kShutdownGrace{10};
// A wall clock that differs by more from what the journal tells was set.
constexpr InstantMs kClockStepMs = 2'000;

// One line to standard error, in one write. No personal data: neither ids nor
// attributes, at any level.
void Log(const char* level, const std::string& message) {
  const std::string line =
      absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                                    absl::UTCTimeZone()),
                   " ", level, " ", message, "\n");
  std::cerr << line;
}

// Between two looks at the disk and at who has come back.
constexpr std::chrono::seconds kChorePeriod{1};

// What a journal needs around it.
struct JournalParts {
  explicit JournalParts(const Settings& settings)
      : fail_points(settings.crash, settings.storage_fault),
        disk({settings.journal, settings.disk_low_bytes,
              settings.disk_read_only_bytes, nullptr}) {}
  FailPoints fail_points;
  DiskGuard disk;
  std::unique_ptr<Journaling> journaling;
};

// nullptr without a journal.
absl::StatusOr<std::unique_ptr<JournalParts>> OpenJournal(
    const Settings& settings) {
  if (settings.journal.empty()) return nullptr;
  auto parts = std::make_unique<JournalParts>(settings);
  Journaling::Options options;
  options.directory = settings.journal;
  options.journal.retention = {settings.id_retention_ms,
                               settings.limits.ended_ids};
  options.journal.time_scaled = settings.time_scaled;
  options.journal.retain_events = settings.journal_keep_events;
  options.journal.retain_ms = settings.journal_keep_ms;
  options.write_buffer_bytes = settings.journal_buffer_bytes;
  options.fail_points = &parts->fail_points;
  options.disk = &parts->disk;
  options.on_failure = [](const absl::Status& status) {
    Log("error", absl::StrCat("the journal cannot be written, and nothing more "
                              "is answered: ",
                              std::string(status.message())));
    _exit(kExitFailed);
  };
  auto journaling = Journaling::Open(std::move(options));
  if (!journaling.ok()) return journaling.status();
  parts->journaling = std::move(*journaling);
  parts->disk.Check();
  return parts;
}

// What the clock begins with.
InstantMs StartOf(const Settings& settings, const JournalParts* parts) {
  if (parts == nullptr) return settings.start_ms;
  const journal::Recovered& recovered = parts->journaling->recovered();
  // A scaled clock has nothing to do with the machine's.
  return InstantAtRestart(
      settings.time_scaled ? journal::ClockMark() : recovered.clock,
      MarkClock(settings.start_ms), parts->journaling->state().last_at_ms,
      settings.start_ms);
}

// The offer that stood when the process ended.
Event StandingOffer(const LiveContact& contact, InstantMs expires_ms) {
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
  event.offer_expires_ms = std::max(contact.offer_expires_ms, expires_ms);
  event.fit_step = contact.fit_step;
  event.tutor_id.Assign(contact.tutor_id);
  event.ring = contact.ring;
  return event;
}

// The parts of the server, made and taken apart in this order.
class Server : public runtime::EventSubscriber {
 public:
  Server(const Settings& settings, JournalParts* parts)
      : settings_(settings),
        parts_(parts),
        clock_(StartOf(settings, parts), settings.time_scale),
        log_(settings.events_kept),
        runtime_(&clock_, this,
                 parts == nullptr ? nullptr : parts->journaling.get()) {
    if (settings.fault != Fault::kNone) plan_.emplace(settings.fault);
    if (parts_ != nullptr) {
      parts_->journaling->SetClock(&clock_);
      runtime_.Every(kChorePeriod, [this] { LookAround(); });
    }
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
    options.reconnect_ms = settings_.reconnect_ms;
    options.observer = &runtime_;
    auto router = Router::Create(options);
    if (!router.ok()) return Misused(std::string(router.status().message()));
    router_ = std::move(*router);
    core_.router = router_.get();
    core_.epoch = EpochOf();
    hub_.emplace(router_.get(), core_.epoch);
    if (plan_.has_value()) {
      faulty_router_ = plan_->Wrap(router_.get(), &runtime_,
                                   [this](const Event& e) { Publish(e); });
      core_.router = faulty_router_.get();
    }
    core_.runtime = &runtime_;
    core_.clock = &clock_;
    core_.time_scale = settings_.time_scale;
    core_.log = &log_;
    core_.hub = &*hub_;
    core_.limits = settings_.limits;
    core_.version = Version();
    if (parts_ != nullptr) {
      core_.disk = &parts_->disk;
      if (const int failed = Recover(); failed != kExitDone) return failed;
    }
    runtime_.Start(router_.get());
    if (const int failed = Configure(); failed != kExitDone) return failed;
    auto server = GrpcServer::Start(
        &core_,
        absl::StrCat(settings_.listen.host, ":", settings_.listen.port));
    if (!server.ok()) {
      Log("error", std::string(server.status().message()));
      return kExitFailed;
    }
    server_ = std::move(*server);
    serving_ = true;
    if (parts_ != nullptr) runtime_.Post([this] { LookAround(); });
    return kExitDone;
  }

  void Stop() {
    serving_ = false;
    if (server_ != nullptr) server_->Shutdown(kShutdownGrace);
    runtime_.Stop();
    Log("info", absl::StrCat("stopped after event ", log_.LastSequence()));
  }

  int port() const { return server_->port(); }

  // EventSubscriber.
  void OnEvent(const Event& event) override {
    Reach(CrashPoint::kBeforePublish);
    hub_->OnEvent(event);
    if (plan_.has_value()) {
      plan_->Publish(event, [this](const Event& e) { Publish(e); });
    } else {
      Publish(event);
    }
  }
  void OnDrained() override {
    log_.WakeAll();
    Reach(CrashPoint::kAfterPublish);
    Reach(CrashPoint::kBeforeAcknowledge);
  }
  void OnAnswered() override { Reach(CrashPoint::kAfterAcknowledge); }

 private:
  // An offer that was recovered, and whose agent may not come back.
  struct Recovered {
    std::string agent_id;
    std::string contact_id;
    std::uint64_t attempt = 0;
  };

  void Publish(const Event& event) { log_.Append(ToProto(event)); }
  void Reach(CrashPoint point) {
    if (parts_ != nullptr) parts_->fail_points.Reach(point);
  }

  std::uint64_t EpochOf() const {
    return parts_ != nullptr ? parts_->journaling->recovered().epoch
                             : static_cast<std::uint64_t>(clock_.NowMs());
  }

  // The configuration of the command line, unless one was recovered: what was
  // applied and answered last counts.
  int Configure() {
    if (!settings_.configuration.has_value()) return kExitDone;
    std::uint64_t version = 0;
    const Configuration recovered = router_->CurrentConfiguration(&version);
    if (version > 0) {
      if (ToProto(recovered).SerializeAsString() !=
          ToProto(*settings_.configuration).SerializeAsString()) {
        Log("warning",
            absl::StrCat("--config differs from the journal's configuration, "
                         "version ",
                         version,
                         ", which stays in force with the agents changed "
                         "since; relaisctl config apply replaces it"));
      }
      return kExitDone;
    }
    const auto applied =
        router_->Apply(*settings_.configuration, clock_.NowMs());
    if (applied.ok() && applied->applied()) return kExitDone;
    return Misused(absl::StrCat("the configuration was refused: ",
                                applied.ok()
                                    ? applied->findings.front().message
                                    : std::string(applied.status().message())));
  }

  // On the Runtime's thread.
  void LookAround() {
    const DiskLevel level = parts_->disk.Check();
    if (level != disk_level_) {
      disk_level_ = level;
      TellDiskLevel();
    }
    if (serving_) server_->SetServing(level != DiskLevel::kReadOnly);
    if (!waited_for_.empty() && clock_.NowMs() >= reconnect_until_ms_) {
      SignOutWhoDidNotComeBack();
    }
  }

  void TellDiskLevel() const {
    const std::string room = parts_->disk.Describe();
    switch (disk_level_) {
      case DiskLevel::kEnough:
        return Log("info", absl::StrCat(room, "; everything is taken again"));
      case DiskLevel::kLow:
        return Log("warning", absl::StrCat(room,
                                           "; new contacts are refused until "
                                           "there is more"));
      case DiskLevel::kReadOnly:
        return Log("error", absl::StrCat(room,
                                         "; every change is refused and health "
                                         "says NOT_SERVING until there is "
                                         "more"));
    }
  }

  // What they were offered goes back to its place. What they have in hand does
  // not: that the call still stands only telephony knows.
  void SignOutWhoDidNotComeBack() {
    std::size_t signed_out = 0;
    std::vector<Recovered> again;
    for (Recovered& one : waited_for_) {
      if (!hub_->IsCutOff(one.agent_id, one.contact_id, one.attempt)) continue;
      const auto agent = router_->FindAgent(one.agent_id);
      if (!agent.ok()) continue;
      const auto done = router_->SetPresence(
          *agent, {PresenceState::kLoggedOut, NotReadyReason::kNone},
          clock_.NowMs());
      if (done.ok()) {
        ++signed_out;
      } else {  // no room for the event yet
        again.push_back(std::move(one));
      }
    }
    waited_for_ = std::move(again);
    if (signed_out > 0) {
      Log("warning", absl::StrCat(signed_out,
                                  " agents with an offer did not come back in "
                                  "time and were signed out"));
    }
  }

  void TellClock() const {
    const InstantMs ahead_ms = clock_.NowMs() - settings_.start_ms;
    if (settings_.time_scaled || std::abs(ahead_ms) <= kClockStepMs) return;
    Log("warning",
        absl::StrCat(
            "the wall clock was set since the last start; the clock "
            "goes on ",
            absl::FormatDuration(absl::Milliseconds(std::abs(ahead_ms))),
            ahead_ms > 0 ? " ahead of it" : " behind it",
            ", so that no deadline moves"));
  }

  // The router goes on where the journal ends, and readers may resume.
  int Recover() {
    Journaling& journaling = *parts_->journaling;
    const journal::Recovered& recovered = journaling.recovered();
    const LiveState& state = journaling.state();
    for (const std::string& note : recovered.notes) Log("warning", note);
    if (state.last_sequence > 0) TellClock();
    absl::Status status = journaling.ReadLastEvents(
        settings_.events_kept, [this](const Event& event) { Publish(event); });
    if (status.ok() && state.configuration != nullptr) {
      status = router_->Restore(state, clock_.NowMs());
    }
    if (!status.ok()) {
      Log("error", absl::StrCat("the journal cannot be gone on with: ",
                                std::string(status.message())));
      return kExitFailed;
    }
    reconnect_until_ms_ = clock_.NowMs() + settings_.reconnect_ms;
    for (const auto& [id, contact] : state.contacts) {
      if (contact.state != ContactState::kReserved) continue;
      hub_->OnEvent(StandingOffer(contact, reconnect_until_ms_));
      waited_for_.push_back({contact.agent_id, id, contact.attempt});
    }
    Log("info",
        absl::StrCat("epoch ", recovered.epoch, ", ", state.contacts.size(),
                     " contacts and ", state.agents.size(),
                     " agents recovered, after event ", state.last_sequence));
    return kExitDone;
  }

  const Settings& settings_;
  JournalParts* const parts_;  // nullptr: no journal
  const runtime::ScaledClock clock_;
  EventLog log_;
  std::optional<FaultPlan> plan_;
  runtime::Runtime runtime_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Router> faulty_router_;
  std::optional<OfferHub> hub_;
  Core core_;
  std::unique_ptr<GrpcServer> server_;
  std::atomic<bool> serving_{false};  // server_ may be used; not while stopping
  // The Runtime's thread, once it runs.
  DiskLevel disk_level_ = DiskLevel::kEnough;
  std::vector<Recovered> waited_for_;
  InstantMs reconnect_until_ms_ = 0;
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

  const std::optional<Settings> settings = ReadSettings();
  if (!settings.has_value()) return kExitUsage;
  const auto parts = OpenJournal(*settings);
  if (!parts.ok()) {
    Log("error", absl::StrCat("--journal ", settings->journal, ": ",
                              std::string(parts.status().message())));
    return kExitFailed;
  }
  Server server(*settings, parts->get());
  if (const int failed = server.Start(); failed != kExitDone) return failed;

  if (settings->fault != Fault::kNone) {
    Log("WARNING", absl::StrCat("*** FAULT PLANTED: ", settings->fault_name,
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
  if (!settings->port_file.empty() &&
      !WritePortFile(settings->port_file, server.port())) {
    Log("error", absl::StrCat("cannot write ", settings->port_file));
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
  const std::vector<std::string> rest = relais::server::ParseCommandLine(
      argc, argv, relais::server::kRelaisdHelp);
  if (!rest.empty()) {
    return relais::server::Misused("unexpected argument '" + rest.front() +
                                   "'; see --help");
  }
  return relais::server::Run();
}
