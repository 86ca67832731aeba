#include "server/settings.h"

#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "lib/runtime/clock.h"
#include "server/config_file.h"
#include "server/convert.h"

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
ABSL_FLAG(std::uint32_t, decision_records, relais::Limits().decision_records,
          "records of decisions kept that have ended");
ABSL_FLAG(std::uint32_t, events_kept, 200'000, "events kept for readers");
ABSL_FLAG(std::string, id_retention, "24h",
          "how long an ended contact's id is remembered");
ABSL_FLAG(std::string, journal, "auto",
          "directory of the journal, or 'memory'");
ABSL_FLAG(std::uint64_t, journal_keep_events, 10'000'000,
          "events that stay in the journal");
ABSL_FLAG(std::string, journal_keep_time, "168h",
          "how long events stay in the journal");
ABSL_FLAG(std::uint32_t, journal_buffer_mib, 32,
          "memory of each of the journal's write buffers");
ABSL_FLAG(std::string, reconnect_time, "30s",
          "how long agents may take to come back after a restart");
ABSL_FLAG(std::uint32_t, disk_low_mib, 256,
          "no new contacts with less room than this on the journal's disk");
ABSL_FLAG(std::uint32_t, disk_read_only_mib, 64,
          "no changes with less room than this on the journal's disk");
ABSL_FLAG(std::string, crash_at, "", "kill the process there (tests only)");
ABSL_FLAG(std::string, storage_fault, "", "fail the journal (tests only)");
ABSL_FLAG(std::string, wall_offset, "", "misread the wall clock (tests only)");
ABSL_FLAG(std::string, fault, "", "plant a fault (tests only)");

namespace relais::server {

const char kRelaisdHelp[] =
    R"(relaisd: the Relais contact router as a gRPC server

usage: relaisd [flags]

  --config FILE         configuration to start with (YAML, docs/operations.md);
                        without it the server waits for ApplyConfiguration
  --listen HOST:PORT    address to listen on (127.0.0.1:7400; port 0: a free one)
  --insecure            allow an address that is not this machine's own; calls
                        are neither encrypted nor authenticated
  --port-file FILE      write the port there once the server answers
  --journal DIR         keep the journal there: what was answered survives the end
                        of the process, however it ends, and a restart goes on
                        with it. 'memory': a restart begins with nothing.
                        'auto' (the default): $STATE_DIRECTORY/journal, which
                        systemd sets, $XDG_STATE_HOME/relais/journal or
                        ~/.local/state/relais/journal
  --journal-keep-events N, --journal-keep-time T
                        events beyond either are dropped (10000000, 168h); who
                        needs them for longer exports them
  --journal-buffer-mib N  memory of each of its four write buffers (32)
  --reconnect-time T    how long agents may take to come back after a restart
                        before what they were offered goes to others (30s)
  --disk-low-mib N      with less room than this on the journal's disk new
                        contacts are refused (256)
  --disk-read-only-mib N  with less than this every change is (64)
  --time-scale N        run the clock N times faster (0.001 to 10000), for
                        demonstrations; needs a --journal of its own
  --start-time T        what the clock reads at the start: 2026-03-02T07:00:00Z
                        or milliseconds since 1970 (now); likewise
  --max-contacts N      contacts alive at once (100000)
  --max-agents N        agents known at once (10000)
  --events-kept N       events kept for readers to resume from (200000)
  --decision-records N  records of decisions kept after their reservation (10000)
  --id-retention T      how long an ended contact's id is remembered (24h)
  --help, --version

For tests only:

  --crash-at POINT:N    kill this process the Nth time that it gets there:
                        before-write, after-write, before-sync, after-sync,
                        before-publish, after-publish, before-acknowledge,
                        after-acknowledge
  --storage-fault F:N   let the journal's Nth write or sync fail: write-eio,
                        write-full, sync-eio
  --wall-offset T       read the wall clock this much later (-1h: earlier)
  --fault NAME          plant a fault, for tests of the checker

exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed, 2 wrong command line or
configuration
)";

namespace {

constexpr double kTimeScaleMin = 0.001;
constexpr double kTimeScaleMax = 10'000;
constexpr std::uint32_t kEventsKeptMax = 100'000'000;
constexpr InstantMs kYearMs = 366LL * 24 * 3600 * 1000;
constexpr InstantMs kStartMsMax = 1'000 * kYearMs;
constexpr DurationMs kWallOffsetMsMax = kYearMs;
constexpr std::uint32_t kBufferMibMax = 1'024;
constexpr std::uint64_t kMebibyte = 1024 * 1024;

absl::Status About(std::string_view flag, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", absl::string_view(flag.data(), flag.size()), ": ",
                   absl::string_view(what.data(), what.size())));
}

absl::Status About(std::string_view flag, const absl::Status& status) {
  return About(
      flag, std::string_view(status.message().data(), status.message().size()));
}

std::string Variable(const char* name) {
  // Before there are other threads.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

// Empty if the environment names no place.
std::string DefaultJournal() {
  // systemd separates several directories by colons.
  const std::string state = Variable("STATE_DIRECTORY");
  if (!state.empty()) return state.substr(0, state.find(':')) + "/journal";
  const std::string xdg = Variable("XDG_STATE_HOME");
  if (!xdg.empty()) return xdg + "/relais/journal";
  const std::string home = Variable("HOME");
  return home.empty() ? "" : home + "/.local/state/relais/journal";
}

absl::Status ReadListen(Settings* settings) {
  const std::string flag = absl::GetFlag(FLAGS_listen);
  const auto listen = ParseListenAddress(flag);
  if (!listen.ok()) return About("listen", listen.status());
  settings->listen = *listen;
  settings->port_file = absl::GetFlag(FLAGS_port_file);
  if (listen->is_loopback || absl::GetFlag(FLAGS_insecure)) {
    return absl::OkStatus();
  }
  return About("listen",
               absl::StrCat(flag,
                            " can be reached from elsewhere, and calls are "
                            "neither encrypted nor authenticated; use "
                            "127.0.0.1, or say --insecure"));
}

// "20s", "-1h".
absl::StatusOr<DurationMs> ParseSigned(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  const auto duration = ParseDuration(negative ? text.substr(1) : text);
  if (!duration.ok()) return duration.status();
  return negative ? -*duration : *duration;
}

absl::Status ReadTimes(Settings* settings) {
  settings->time_scale = absl::GetFlag(FLAGS_time_scale);
  if (!(settings->time_scale >= kTimeScaleMin &&
        settings->time_scale <= kTimeScaleMax)) {
    return About("time-scale", absl::StrCat(settings->time_scale,
                                            " is not between 0.001 and 10000"));
  }
  settings->start_ms = runtime::WallTimeMs();
  const std::string start = absl::GetFlag(FLAGS_start_time);
  if (!start.empty()) {
    const auto instant = ParseInstant(start);
    if (!instant.ok()) return About("start-time", instant.status());
    settings->start_ms = *instant;
  }
  if (settings->start_ms < 0 || settings->start_ms > kStartMsMax) {
    return About("start-time",
                 absl::StrCat(start, " is not between 1970 and 2970"));
  }
  settings->time_scaled = settings->time_scale != 1 || !start.empty();
  if (const std::string flag = absl::GetFlag(FLAGS_wall_offset);
      !flag.empty()) {
    const auto offset = ParseSigned(flag);
    if (!offset.ok()) return About("wall-offset", offset.status());
    if (std::abs(*offset) > kWallOffsetMsMax) {
      return About("wall-offset", absl::StrCat(flag, " is beyond a year"));
    }
    settings->start_ms += *offset;
  }
  const auto retention = ParseDuration(absl::GetFlag(FLAGS_id_retention));
  if (!retention.ok()) return About("id-retention", retention.status());
  settings->id_retention_ms = *retention;
  const auto reconnect = ParseDuration(absl::GetFlag(FLAGS_reconnect_time));
  if (!reconnect.ok()) return About("reconnect-time", reconnect.status());
  if (*reconnect > kDurationMsMax) {
    return About("reconnect-time", "is more than 7 days");
  }
  settings->reconnect_ms = *reconnect;
  return absl::OkStatus();
}

absl::Status ReadLimits(Settings* settings) {
  settings->limits.contacts = absl::GetFlag(FLAGS_max_contacts);
  settings->limits.agents = absl::GetFlag(FLAGS_max_agents);
  settings->limits.decision_records = absl::GetFlag(FLAGS_decision_records);
  if (settings->limits.decision_records < 1 ||
      settings->limits.decision_records > kDecisionRecordsCeiling) {
    return About(
        "decision-records",
        absl::StrCat(settings->limits.decision_records,
                     " is not between 1 and ", kDecisionRecordsCeiling));
  }
  settings->events_kept = absl::GetFlag(FLAGS_events_kept);
  if (settings->events_kept < 1 || settings->events_kept > kEventsKeptMax) {
    return About("events-kept",
                 absl::StrCat(settings->events_kept, " is not between 1 and ",
                              kEventsKeptMax));
  }
  const std::uint32_t low_mib = absl::GetFlag(FLAGS_disk_low_mib);
  const std::uint32_t read_only_mib = absl::GetFlag(FLAGS_disk_read_only_mib);
  if (low_mib < read_only_mib) {
    return About("disk-low-mib",
                 absl::StrCat(low_mib, " is less than --disk-read-only-mib (",
                              read_only_mib, ")"));
  }
  settings->disk_low_bytes = low_mib * kMebibyte;
  settings->disk_read_only_bytes = read_only_mib * kMebibyte;
  return absl::OkStatus();
}

absl::Status ReadJournal(Settings* settings) {
  std::string journal = absl::GetFlag(FLAGS_journal);
  if (journal.empty()) {
    return About("journal", "is empty; give a directory, 'memory' or 'auto'");
  }
  if (journal == "auto") {
    if (settings->time_scaled) {
      return About("journal",
                   "is missing; with --time-scale or --start-time give it a "
                   "directory of its own, or 'memory'");
    }
    journal = DefaultJournal();
    if (journal.empty()) {
      return About("journal",
                   "is missing, and neither STATE_DIRECTORY, XDG_STATE_HOME "
                   "nor HOME is set; give a directory, or 'memory'");
    }
  }
  if (journal != "memory") settings->journal = journal;
  settings->journal_keep_events = absl::GetFlag(FLAGS_journal_keep_events);
  if (settings->journal_keep_events == 0) {
    return About("journal-keep-events", "0 is not at least 1");
  }
  const auto keep = ParseDuration(absl::GetFlag(FLAGS_journal_keep_time));
  if (!keep.ok()) return About("journal-keep-time", keep.status());
  settings->journal_keep_ms = *keep;
  const std::uint32_t buffer_mib = absl::GetFlag(FLAGS_journal_buffer_mib);
  if (buffer_mib < 1 || buffer_mib > kBufferMibMax) {
    return About("journal-buffer-mib",
                 absl::StrCat(buffer_mib, " is not in 1..", kBufferMibMax));
  }
  settings->journal_buffer_bytes = buffer_mib * kMebibyte;
  return absl::OkStatus();
}

absl::Status ReadFaults(Settings* settings) {
  settings->fault_name = absl::GetFlag(FLAGS_fault);
  if (!settings->fault_name.empty() &&
      !ParseFault(settings->fault_name, &settings->fault)) {
    return About("fault", absl::StrCat("'", settings->fault_name,
                                       "' is unknown; use ", FaultNames()));
  }
  if (settings->fault != Fault::kNone && !settings->journal.empty()) {
    return About("fault", "goes with --journal memory only");
  }
  if (const std::string flag = absl::GetFlag(FLAGS_crash_at); !flag.empty()) {
    const auto crash = ParseCrash(flag);
    if (!crash.ok()) return About("crash-at", crash.status());
    if (settings->journal.empty()) {
      return About("crash-at", "without a journal nothing would be left");
    }
    settings->crash = *crash;
  }
  if (const std::string flag = absl::GetFlag(FLAGS_storage_fault);
      !flag.empty()) {
    const auto fault = ParseStorageFault(flag);
    if (!fault.ok()) return About("storage-fault", fault.status());
    if (settings->journal.empty()) {
      return About("storage-fault", "there is no journal to fail");
    }
    settings->storage_fault = *fault;
  }
  return absl::OkStatus();
}

}  // namespace

int Misused(const std::string& message) {
  std::cerr << "relaisd: " << message << "\n";
  return kExitUsage;
}

std::optional<Settings> ReadSettings() {
  Settings settings;
  absl::Status status;
  for (const auto read :
       {ReadListen, ReadTimes, ReadLimits, ReadJournal, ReadFaults}) {
    if (status.ok()) status = read(&settings);
  }
  if (!status.ok()) {
    Misused(std::string(status.message()));
    return std::nullopt;
  }
  if (const std::string file = absl::GetFlag(FLAGS_config); !file.empty()) {
    ConfigFile read = ReadConfigFile(file, settings.limits);
    std::cerr << read.Describe(file);
    if (read.HasErrors()) return std::nullopt;
    settings.configuration = std::move(read.configuration);
  }
  return settings;
}

}  // namespace relais::server
