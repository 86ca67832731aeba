// relais-load: plays telephony, CRM and agents for one day of a centre, and
// judges the router by what it saw.

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/load/audit.h"
#include "bench/load/bank_day.h"
#include "bench/load/bank_trace.h"
#include "bench/load/day.h"
#include "bench/load/explain.h"
#include "bench/load/figures.h"
#include "bench/load/generated_day.h"
#include "bench/load/grpc_centre.h"
#include "bench/load/in_process_centre.h"
#include "bench/load/player.h"
#include "bench/load/report.h"
#include "relais/limits.h"
#include "server/command_line.h"
#include "server/config_file.h"

ABSL_FLAG(std::string, server, "", "relaisd to play against");
ABSL_FLAG(std::string, center, "examples/bank/bank.yaml",
          "configuration of the centre (YAML)");
ABSL_FLAG(std::string, day, "examples/bank/day.yaml",
          "description of the generated day (YAML)");
ABSL_FLAG(std::uint64_t, seed, 1, "seed of everything that is drawn");
ABSL_FLAG(std::string, calls, "", "a bank's call records (CSV)");
ABSL_FLAG(std::string, date, "", "the date of the calls to play");
ABSL_FLAG(std::string, from, "", "play only what arrives from HH:MM on");
ABSL_FLAG(std::string, until, "", "play only what arrives before HH:MM");
ABSL_FLAG(bool, in_process, false, "play against a Router in this process");
ABSL_FLAG(bool, compare_in_process, false,
          "afterwards play in process too, and require agreement");
ABSL_FLAG(int, barriers, 160, "quiet moments, spread over the day");
ABSL_FLAG(int, in_flight, 64, "calls in flight at once");
ABSL_FLAG(std::optional<double>, scale, std::nullopt,
          "the time scale that the server must have");
ABSL_FLAG(bool, print_start_time, false,
          "print what relaisd --start-time must be for this day");
ABSL_FLAG(std::string, events_out, "", "write all events there (JSON lines)");
ABSL_FLAG(bool, quiet, false, "no progress line");

namespace relais::load {
namespace {

constexpr char kHelp[] =
    R"(relais-load: plays a day of a contact centre against a router

usage: relais-load [flags]

The day, generated unless --calls is given:
  --center FILE         configuration of the centre (examples/bank/bank.yaml)
  --day FILE            what the day looks like (examples/bank/day.yaml)
  --seed N              seed of everything that is drawn (1)
  --calls FILE          a bank's call records (CSV, docs/load.md)
  --date YYYY-MM-DD     the date of the calls to play
  --from HH:MM, --until HH:MM
                        only contacts that arrive then
Against whom:
  --server HOST:PORT    a relaisd that has routed nothing yet (127.0.0.1:7400)
  --scale N             the time scale it must have (any)
  --print-start-time    print the --start-time that relaisd needs for this day
                        (at time scale --scale, or 600) and end
  --in-process          a Router in this process on a virtual clock instead
  --compare-in-process  after the server's day play it in process too, and
                        require that both agree
How:
  --barriers N          quiet moments spread over the day (160); more come
                        while contacts wait. A whole day (neither --from nor
                        --until) needs 150, else it proves too little
  --in-flight N         calls in flight at once (64)
  --events-out FILE     write all events there, one JSON object a line
  --quiet               no progress line
  --help, --version

exit codes: 0 every invariant holds, no call failed and there were quiet moments
enough, 1 otherwise, 2 wrong command line or input
)";

constexpr char kDefaultServer[] = "127.0.0.1:7400";
constexpr double kDefaultScale = 600;
// Of a whole day: fewer could miss an agent left free beside a waiting contact.
constexpr std::size_t kQuietMomentsMin = 150;
// From the start of relaisd to the day's first call, on the wall.
constexpr double kStartupWallMs = 5'000;

struct Input {
  DayPlan plan;
  std::string preface;  // what was not played
};

int Misused(const std::string& message) {
  std::cerr << "relais-load: " << message << "\n";
  return server::kExitUsage;
}

int Failed(const absl::Status& status) {
  std::cerr << "relais-load: " << status.message() << "\n";
  return status.code() == absl::StatusCode::kInvalidArgument
             ? server::kExitUsage
             : server::kExitFailed;
}

absl::StatusOr<Input> ReadRealDay() {
  const std::string date = absl::GetFlag(FLAGS_date);
  if (date.empty()) {
    return absl::InvalidArgumentError(
        "--date is missing: --calls plays one date, for example 1999-02-02");
  }
  const auto trace = ReadBankTraceFile(absl::GetFlag(FLAGS_calls));
  if (!trace.ok()) return trace.status();
  auto plan = BankDay(*trace, date, absl::GetFlag(FLAGS_seed));
  if (!plan.ok()) return plan.status();
  constexpr std::size_t kNamesShown = 5;
  return Input{*std::move(plan), DirtReport(*trace, date, kNamesShown)};
}

absl::StatusOr<Input> ReadGeneratedDay() {
  if (!absl::GetFlag(FLAGS_date).empty()) {
    return absl::InvalidArgumentError(
        "--date goes with --calls; a generated day's date is in --day");
  }
  const std::string file = absl::GetFlag(FLAGS_center);
  const server::ConfigFile centre = server::ReadConfigFile(file, Limits());
  std::cerr << centre.Describe(file);
  if (centre.HasErrors()) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": not usable"));
  }
  const auto day = ReadDayFile(absl::GetFlag(FLAGS_day));
  if (!day.ok()) return day.status();
  auto plan = GenerateDay(centre.message, *day, absl::GetFlag(FLAGS_seed));
  if (!plan.ok()) {
    return absl::Status(
        plan.status().code(),
        absl::StrCat(absl::GetFlag(FLAGS_day), ": ", plan.status().message()));
  }
  return Input{*std::move(plan), ""};
}

absl::Status Cut(DayPlan* plan) {
  const std::string from_text = absl::GetFlag(FLAGS_from);
  const std::string until_text = absl::GetFlag(FLAGS_until);
  if (from_text.empty() && until_text.empty()) return absl::OkStatus();
  const auto from = ParseTimeOfDay(from_text.empty() ? "00:00" : from_text);
  if (!from.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--from: ", from.status().message()));
  }
  const auto until = ParseTimeOfDay(until_text.empty() ? "24:00" : until_text);
  if (!until.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--until: ", until.status().message()));
  }
  if (*until <= *from) {
    return absl::InvalidArgumentError(
        absl::StrCat("--until: ", until_text, " is not after ",
                     from_text.empty() ? "00:00" : from_text));
  }
  constexpr DurationMs kDayMs = 24LL * 3600 * 1000;
  CutPlan(plan->begin_ms / kDayMs * kDayMs, *from, *until, plan);
  if (plan->contacts.empty()) {
    return absl::InvalidArgumentError(
        "no contact arrives between --from and --until");
  }
  return absl::OkStatus();
}

absl::StatusOr<Input> ReadInput() {
  auto input =
      absl::GetFlag(FLAGS_calls).empty() ? ReadGeneratedDay() : ReadRealDay();
  if (!input.ok()) {
    // A file that is not there is a wrong command line, too.
    return absl::InvalidArgumentError(input.status().message());
  }
  const absl::Status status = Cut(&input->plan);
  if (!status.ok()) return status;
  return input;
}

// One line on a terminal, rewritten; elsewhere a line every few seconds. Always
// to standard error, so that what is printed does not depend on the wall.
class ProgressLine {
 public:
  void Show(const Progress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + (terminal_ ? std::chrono::milliseconds(500)
                             : std::chrono::milliseconds(10'000));
    const std::string line = absl::StrFormat(
        "%s  submitted %d/%d  waiting %d  in handling %d  answered %d  "
        "abandoned %d  quiet moments %d  worst lag %.1f s",
        TimeOfDayText(progress.now_ms).substr(0, 8), progress.submitted,
        progress.planned, progress.waiting, progress.handling,
        progress.answered, progress.abandoned, progress.barriers,
        static_cast<double>(progress.lag_worst_ms) / 1000.0);
    std::cerr << (terminal_ ? "\r\x1b[K" : "") << line
              << (terminal_ ? "" : "\n") << std::flush;
    shown_ = true;
  }
  ~ProgressLine() {
    if (shown_ && terminal_) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
};

absl::StatusOr<Record> Play(const DayPlan& plan, Centre* centre) {
  absl::Status status = centre->Open(plan.configuration);
  if (!status.ok()) return status;
  const InstantMs now = centre->NowMs();
  if (now > plan.FirstActionMs()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the server's clock reads ", now, " and the day begins at ",
        plan.FirstActionMs(),
        ": start relaisd with what relais-load --print-start-time says"));
  }
  ProgressLine line;
  PlayerOptions options;
  options.in_flight_max =
      static_cast<std::size_t>(absl::GetFlag(FLAGS_in_flight));
  options.barriers = absl::GetFlag(FLAGS_barriers);
  if (!absl::GetFlag(FLAGS_quiet)) {
    options.progress = [&line](const Progress& progress) {
      line.Show(progress);
    };
  }
  return Player(plan, options, centre).Run();
}

// Opened before the day, so that a wrong name does not cost it.
absl::Status OpenEventsFile(std::ofstream* out) {
  const std::string path = absl::GetFlag(FLAGS_events_out);
  if (path.empty()) return absl::OkStatus();
  errno = 0;
  out->open(path);
  if (out->is_open()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "--events-out: ", path, " cannot be written: ", std::strerror(errno)));
}

absl::Status WriteEvents(const Record& record, std::ofstream* out) {
  if (!out->is_open()) return absl::OkStatus();
  for (const v1::Event& event : record.events) *out << EventLine(event) << "\n";
  if (!out->flush()) {
    return absl::UnavailableError(
        absl::StrCat(absl::GetFlag(FLAGS_events_out), ": cannot be written"));
  }
  return absl::OkStatus();
}

// Says so if a whole day had too few quiet moments to be called good.
bool QuietEnough(const Record& record) {
  const bool whole_day =
      absl::GetFlag(FLAGS_from).empty() && absl::GetFlag(FLAGS_until).empty();
  if (!whole_day || record.barriers.size() >= kQuietMomentsMin) return true;
  std::cout << "\nTOO FEW QUIET MOMENTS: " << record.barriers.size()
            << ", a whole day needs " << kQuietMomentsMin
            << " (see --barriers)\n";
  return false;
}

// Prints tables, decisions and invariants; whether every invariant holds.
bool Judge(const DayPlan& plan, const Record& record, const Figures& figures) {
  std::cout << "\n" << FiguresText(plan, figures) << "\n";
  const std::string bank = BankText(plan, figures);
  if (!bank.empty()) std::cout << bank << "\n";
  constexpr std::size_t kDecisionsShown = 5;
  std::cout << "Decisions, re-derived from the events\n";
  std::size_t number = 0;
  for (const std::string& text :
       ExplainDecisions(plan, record, kDecisionsShown)) {
    std::cout << ++number << ". " << text;
  }
  const AuditReport report = Audit(plan, record);
  std::cout << "\n" << AuditText(report) << std::flush;
  return report.AllHold();
}

absl::StatusOr<Record> PlayInProcess(const DayPlan& plan) {
  auto centre = InProcessCentre::Create(plan.FirstActionMs());
  if (!centre.ok()) return centre.status();
  return Play(plan, centre->get());
}

absl::StatusOr<Record> PlayOverGrpc(const DayPlan& plan) {
  const std::string given = absl::GetFlag(FLAGS_server);
  const std::string address = given.empty() ? kDefaultServer : given;
  auto centre = GrpcCentre::Connect(address);
  if (!centre.ok()) return centre.status();
  const double scale = (*centre)->time_scale();
  const std::optional<double> wanted = absl::GetFlag(FLAGS_scale);
  if (wanted.has_value() && *wanted != scale) {
    return absl::InvalidArgumentError(
        absl::StrCat("--scale: the server's clock runs ", scale,
                     " times as fast as the wall, not ", *wanted));
  }
  std::cout << "over gRPC, " << address << ", clock x" << scale << std::endl;
  const auto begin = std::chrono::steady_clock::now();
  auto record = Play(plan, centre->get());
  if (!record.ok()) return record;
  const std::chrono::duration<double> wall =
      std::chrono::steady_clock::now() - begin;
  std::cout << absl::StrFormat(
      "%.1f s on the wall, %d calls, %d events, %d offers pushed; worst lag "
      "of a call %.1f s of the day (%.1f ms on the wall)\n",
      wall.count(), record->calls, record->events.size(), record->offers_pushed,
      static_cast<double>(record->lag_worst_ms) / 1000.0,
      static_cast<double>(record->lag_worst_ms) / scale);
  return record;
}

// What is wrong with the flags, as far as they tell alone; empty: nothing.
std::string ProblemOfFlags() {
  if (absl::GetFlag(FLAGS_barriers) < 1) {
    return "--barriers: must be 1 or more";
  }
  if (absl::GetFlag(FLAGS_in_flight) < 1) {
    return "--in-flight: must be 1 or more";
  }
  const double scale = absl::GetFlag(FLAGS_scale).value_or(kDefaultScale);
  if (!(scale > 0 && scale <= 10'000)) {
    return "--scale: must be above 0 and at most 10000";
  }
  if (!absl::GetFlag(FLAGS_in_process)) return "";
  if (absl::GetFlag(FLAGS_compare_in_process)) {
    return "--compare-in-process needs a server's day beside it";
  }
  if (!absl::GetFlag(FLAGS_server).empty()) {
    return "--server does not go with --in-process, which needs none";
  }
  return "";
}

int Run() {
  if (const std::string problem = ProblemOfFlags(); !problem.empty()) {
    return Misused(problem);
  }
  const bool in_process = absl::GetFlag(FLAGS_in_process);
  const bool compare = absl::GetFlag(FLAGS_compare_in_process);
  const auto input = ReadInput();
  if (!input.ok()) return Misused(std::string(input.status().message()));
  const DayPlan& plan = input->plan;
  if (absl::GetFlag(FLAGS_print_start_time)) {
    const double lead =
        kStartupWallMs * absl::GetFlag(FLAGS_scale).value_or(kDefaultScale);
    std::cout << plan.FirstActionMs() - static_cast<InstantMs>(lead) << "\n";
    return server::kExitDone;
  }
  std::ofstream events;
  if (const absl::Status status = OpenEventsFile(&events); !status.ok()) {
    return Failed(status);
  }
  std::cout << plan.title << ": " << plan.contacts.size() << " contacts, "
            << plan.configuration.agents_size() << " agents, "
            << plan.configuration.queues_size() << " queues\n"
            << input->preface << std::flush;
  auto record = in_process ? PlayInProcess(plan) : PlayOverGrpc(plan);
  if (!record.ok()) return Failed(record.status());
  const Figures figures = ComputeFigures(plan, *record);
  bool good = Judge(plan, *record, figures);
  if (const absl::Status status = WriteEvents(*record, &events); !status.ok()) {
    return Failed(status);
  }
  const bool quiet_enough = QuietEnough(*record);
  if (compare) {
    const auto again = PlayInProcess(plan);
    if (!again.ok()) return Failed(again.status());
    const Figures here = ComputeFigures(plan, *again);
    const Agreement agreement = CompareRuns(figures, here);
    const bool held = Audit(plan, *again).AllHold();
    std::cout << "\n"
              << agreement.text
              << (held ? "every invariant holds in process, too\n"
                       : "IN PROCESS AN INVARIANT IS VIOLATED: see "
                         "--in-process\n");
    good = good && agreement.agrees && held;
  }
  good = good && quiet_enough;
  std::cout << "\n"
            << (good ? "Every invariant holds." : "NOT EVERYTHING HOLDS.")
            << std::endl;
  return good ? server::kExitDone : server::kExitFailed;
}

}  // namespace
}  // namespace relais::load

int main(int argc, char** argv) {
  const std::vector<std::string> rest =
      relais::server::ParseCommandLine(argc, argv, relais::load::kHelp);
  if (!rest.empty()) {
    return relais::load::Misused("unexpected argument '" + rest.front() +
                                 "'; see --help");
  }
  return relais::load::Run();
}
