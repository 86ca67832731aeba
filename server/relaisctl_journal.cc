#include "server/relaisctl_journal.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/journal/digest.h"
#include "lib/journal/journal.h"
#include "lib/journal/offline.h"
#include "lib/journal/record.h"
#include "lib/journal/verify.h"
#include "relais/types.h"
#include "server/command_line.h"
#include "server/journal_text.h"
#include "server/table.h"

ABSL_DECLARE_FLAG(bool, json);
ABSL_DECLARE_FLAG(std::uint64_t, from);
ABSL_DECLARE_FLAG(std::uint64_t, count);
ABSL_FLAG(std::uint64_t, to, 0, "last event number; 0: the last there is");
ABSL_FLAG(std::string, format, "json", "json or csv");
ABSL_FLAG(std::string, output, "", "file to write; standard output if empty");
ABSL_FLAG(bool, with_attributes, false, "contacts' attributes, too");

namespace relais::server {
namespace {

using journal::Meta;
using journal::OfflineJournal;

// Beside a process that writes, what is not sound may be a race with it.
constexpr int kVerifyAttempts = 3;

int Failed(const absl::Status& status) {
  std::cerr << "relaisctl: " << absl::StatusCodeToString(status.code()) << ": "
            << status.message() << "\n";
  return kExitFailed;
}

int Misused(const std::string& message) {
  std::cerr << "relaisctl: " << message << "\n";
  return kExitUsage;
}

void SayInUse(const std::string& directory, const OfflineJournal& opened) {
  const std::string note = InUseNote(directory, opened);
  if (!note.empty()) std::cerr << "relaisctl: " << note << "\n";
}

// What to say when the live records cannot be read or do not fit.
int Unsound(const std::string& directory, const OfflineJournal& opened) {
  const int code = Failed(opened.live.status());
  if (absl::IsDataLoss(opened.live.status())) {
    std::cerr << "relaisctl: journal verify " << directory
              << " tells all that is wrong, and what to do\n";
  }
  return code;
}

std::string Count(std::uint64_t number) { return absl::StrCat(number); }

// --- inspect -----------------------------------------------------------------

struct Records {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_epoch = 0;
  InstantMs first_at_ms = 0;
};

absl::StatusOr<Records> CountRecords(const OfflineJournal& opened) {
  Records records;
  Progress progress("reading", opened.live->meta.last_sequence);
  absl::Status status = opened.storage->ReadRecords(
      0, [&](std::uint64_t key, std::string_view bytes) -> absl::Status {
        if (records.count == 0) {
          const auto record = journal::DecodeRecord(bytes);
          if (!record.ok()) {
            return absl::Status(record.status().code(),
                                absl::StrCat("record of event ", key, ": ",
                                             record.status().message()));
          }
          records.first_epoch = record->header.epoch;
          records.first_at_ms = record->events.front().event.at_ms;
        }
        ++records.count;
        records.bytes += bytes.size();
        progress.At(key);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  return records;
}

template <typename State, typename Map>
std::map<State, std::uint64_t> CountBy(const Map& map,
                                       State Map::mapped_type::*member) {
  std::map<State, std::uint64_t> counts;
  for (const auto& [id, one] : map) ++counts[one.*member];
  return counts;
}

// One fact for people and for programs.
struct Fact {
  std::string words;
  std::string name;
  std::string value;
  bool instant = false;
};

std::vector<Fact> LiveFacts(const LiveState& state) {
  auto contacts = CountBy(state.contacts, &LiveContact::state);
  std::map<WorkState, std::uint64_t> agents;
  std::map<PresenceState, std::uint64_t> presences;
  for (const auto& [id, agent] : state.agents) {
    ++agents[WorkStateOf(agent.held)];
    ++presences[agent.presence.state];
  }
  std::map<EndReason, std::uint64_t> ends;
  for (const EndedContact& ended : state.ended) ++ends[ended.end_reason];
  std::vector<Fact> facts;
  const auto add = [&facts](absl::string_view group, absl::string_view name,
                            std::uint64_t count) {
    Fact fact;
    fact.words = absl::StrCat(group, " ", name);
    fact.name = absl::StrCat(group, "_", name);
    fact.value = Count(count);
    std::replace(fact.words.begin(), fact.words.end(), '_', ' ');
    facts.push_back(fact);
  };
  const auto name_of = [](std::string_view name) {
    return absl::string_view(name.data(), name.size());
  };
  for (const ContactState one :
       {ContactState::kWaiting, ContactState::kReserved,
        ContactState::kAssigned}) {
    add("contacts", name_of(ContactStateName(one)), contacts[one]);
  }
  for (const WorkState one : {WorkState::kIdle, WorkState::kReserved,
                              WorkState::kHandling, WorkState::kWrapUp}) {
    add("agents", name_of(WorkStateName(one)), agents[one]);
  }
  for (const PresenceState one :
       {PresenceState::kLoggedOut, PresenceState::kAvailable,
        PresenceState::kNotReady}) {
    add("agents", name_of(PresenceStateName(one)), presences[one]);
  }
  facts.push_back({"queues", "queues", Count(state.queues.size())});
  for (const EndReason one :
       {EndReason::kCompleted, EndReason::kAbandoned, EndReason::kCancelled,
        EndReason::kWaitLimit, EndReason::kLeaseExpired}) {
    add("ended", name_of(EndReasonName(one)), ends[one]);
  }
  return facts;
}

absl::StatusOr<std::vector<Fact>> Facts(const OfflineJournal& opened) {
  const auto records = CountRecords(opened);
  if (!records.ok()) return records.status();
  const auto side = opened.storage->ReadSide();
  if (!side.ok()) return side.status();
  const auto state = ReadStateRecords(*opened.storage, *opened.live);
  if (!state.ok()) return state.status();
  const Meta& meta = opened.live->meta;
  std::vector<Fact> facts = {
      {"format version", "format_version", Count(meta.format_version)},
      {"partition", "partition", Count(meta.partition)},
      {"epoch of the first record", "first_epoch", Count(records->first_epoch)},
      {"epoch", "epoch", Count(meta.epoch)},
      {"first event", "first_sequence", Count(meta.first_sequence)},
      {"last event", "last_sequence", Count(meta.last_sequence)},
      {"first instant", "first_at_ms",
       Count(static_cast<std::uint64_t>(records->first_at_ms)), true},
      {"latest instant", "last_at_ms",
       Count(static_cast<std::uint64_t>(meta.last_at_ms)), true},
      {"records", "records", Count(records->count)},
      {"bytes of the records", "bytes", Count(records->bytes)},
      {"configuration version", "configuration_version",
       Count(meta.configuration_version)},
      {"committed (side file)", "committed_sequence",
       Count(journal::SequenceOfSideText(*side))},
      {"head", "head", journal::HexText(meta.head)},
      {"fingerprint", "fingerprint", FingerprintOfState(*state)},
  };
  for (Fact& fact : LiveFacts(opened.live->state)) {
    facts.push_back(std::move(fact));
  }
  return facts;
}

int ShowSummary(const std::string& directory, const OfflineJournal& opened) {
  const auto facts = Facts(opened);
  if (!facts.ok()) return Failed(facts.status());
  const bool time_scaled = opened.live->meta.time_scaled;
  if (absl::GetFlag(FLAGS_json)) {
    JsonObject object;
    object.Set("directory", directory)
        .SetBool("in_use", opened.in_use)
        .SetBool("time_scaled", time_scaled);
    for (const Fact& fact : *facts) object.Set(fact.name, fact.value);
    const auto text = JsonText(object.message());
    if (!text.ok()) return Failed(text.status());
    std::cout << *text;
    return kExitDone;
  }
  Table table({"journal", directory});
  table.Add({"in use", opened.in_use ? "yes" : "no"});
  table.Add({"written under a time scale", time_scaled ? "yes" : "no"});
  for (const Fact& fact : *facts) {
    std::string value = fact.value;
    if (fact.instant) {
      value = UtcInstant(std::stoll(value));
    }
    if (fact.name == "committed_sequence" && value == "0") {
      value = "missing or not readable";
    }
    table.Add({fact.words, value.empty() ? "-" : value});
  }
  std::cout << table.Text();
  return kExitDone;
}

absl::Status ShowRecord(std::uint64_t key, std::string_view bytes,
                        std::uint64_t from, bool* shown) {
  *shown = false;
  const auto record = journal::DecodeRecord(bytes);
  if (!record.ok()) {
    return absl::Status(
        record.status().code(),
        absl::StrCat("record of event ", key, ": ", record.status().message()));
  }
  const journal::RecordHeader& header = record->header;
  if (header.last_sequence < from) return absl::OkStatus();
  *shown = true;
  const InstantMs first_ms = record->events.front().event.at_ms;
  const InstantMs last_ms = record->events.back().event.at_ms;
  const std::string hash = journal::HexText(journal::Sha256(bytes));
  if (!absl::GetFlag(FLAGS_json)) {
    std::cout << absl::StreamFormat("%12d %12d %24s %24s %6d %9d %s\n",
                                    header.first_sequence, header.last_sequence,
                                    UtcInstant(first_ms), UtcInstant(last_ms),
                                    header.epoch, bytes.size(), hash);
    return absl::OkStatus();
  }
  JsonObject object;
  object.SetNumber("first_sequence", header.first_sequence)
      .SetNumber("last_sequence", header.last_sequence)
      .SetNumber("first_at_ms", first_ms)
      .SetNumber("last_at_ms", last_ms)
      .SetNumber("epoch", header.epoch)
      .SetNumber("bytes", std::uint64_t{bytes.size()})
      .SetBool("time_scaled", header.time_scaled)
      .Set("sha256", hash);
  const auto line = JsonLine(object.message(), /*with_defaults=*/true);
  if (line.ok()) std::cout << *line << "\n";
  return line.status();
}

int ShowRecords(const std::string& directory, const OfflineJournal& opened) {
  const std::uint64_t from = std::max<std::uint64_t>(
      absl::GetFlag(FLAGS_from), opened.live->meta.first_sequence);
  const std::uint64_t wanted = absl::GetFlag(FLAGS_count);
  const std::uint64_t begin = from > journal::kRecordEventsMax
                                  ? from - journal::kRecordEventsMax + 1
                                  : 0;
  if (!absl::GetFlag(FLAGS_json)) {
    std::cout << absl::StreamFormat(
        "%12s %12s %-24s %-24s %6s %9s %s\n", "first event", "last event",
        "instant of the first", "instant of the last", "epoch", "bytes",
        "sha-256");
  }
  std::uint64_t count = 0;
  absl::Status enough = absl::CancelledError();
  const absl::Status status = opened.storage->ReadRecords(
      begin, [&](std::uint64_t key, std::string_view bytes) -> absl::Status {
        bool shown = false;
        absl::Status one = ShowRecord(key, bytes, from, &shown);
        if (!one.ok()) return one;
        if (shown && ++count == wanted) return enough;
        return absl::OkStatus();
      });
  if (status.ok() || status == enough) return kExitDone;
  return Failed(absl::Status(
      status.code(),
      absl::StrCat("journal ", directory, ": ", status.message())));
}

// --- verify ------------------------------------------------------------------

// What to do, by what a problem says. The first that fits.
struct Advice {
  const char* said;
  const char* todo;
};
constexpr std::array kAdvice = {
    Advice{"is not known, this program reads",
           "use the program that wrote the journal, or a later one"},
    Advice{"were acknowledged (file committed)",
           "restore the directory from a copy. Or remove the file committed, "
           "if those events may be lost: relaisd then begins after the last "
           "one that is left"},
    Advice{"live record",
           "relais-replay --print-state shows what the events give; restore "
           "the directory from a copy"},
    Advice{"record of event",
           "restore the directory from a copy. The events before the first "
           "damaged record can be saved with relaisctl journal export --to"},
    Advice{"",
           "restore the directory from a copy, and report this together with "
           "the directory: the bytes are whole, what they say is not "
           "possible"},
};

std::vector<std::string> AdviceFor(const journal::VerifyReport& report) {
  std::vector<std::string> advice = {
      "stop relaisd, and keep a copy of the whole directory before anything "
      "else"};
  std::vector<bool> given(kAdvice.size());
  for (const std::string& problem : report.problems) {
    for (std::size_t i = 0; i < kAdvice.size(); ++i) {
      if (!absl::StrContains(problem, kAdvice[i].said)) continue;
      if (!given[i]) advice.emplace_back(kAdvice[i].todo);
      given[i] = true;
      break;
    }
  }
  return advice;
}

// What was compared, as a sentence.
std::string HowFar(const journal::VerifyReport& report) {
  if (report.records == 0) return "there are no records";
  if (report.replayed) {
    return "the events, from the first one on, were applied again and "
           "compared with the live records byte by byte";
  }
  if (report.first_sequence == 1) {
    return "the live records were not compared: the events cannot be applied";
  }
  return absl::StrCat("the events before ", report.first_sequence,
                      " have been dropped, so the state was not built again; ",
                      report.contacts_compared, " live contacts and ",
                      report.agents_compared,
                      " agents were compared with their last event");
}

void PrintReport(const std::string& directory,
                 const journal::VerifyReport& report) {
  for (const std::string& problem : report.problems) {
    std::cout << "problem: " << problem << "\n";
  }
  if (report.problems_not_told > 0) {
    std::cout << "problem: and " << report.problems_not_told << " more\n";
  }
  std::cout << directory << ": " << (report.ok() ? "sound" : "NOT SOUND")
            << ": events " << report.first_sequence << " to "
            << report.last_sequence << ", " << report.records << " records, "
            << report.bytes << " bytes, epoch " << report.epoch
            << (report.time_scaled ? ", written under a time scale" : "")
            << "\n"
            << HowFar(report) << "\n";
  if (!report.acknowledged_known && report.last_sequence > 0) {
    std::cout << "note: the file committed is missing or not readable; events "
                 "that are missing at the end would not be noticed\n";
  }
  if (report.ok()) return;
  std::cout << "what to do:\n";
  for (const std::string& one : AdviceFor(report)) {
    std::cout << "  * " << one << "\n";
  }
}

absl::Status PrintReportAsJson(const std::string& directory,
                               const journal::VerifyReport& report) {
  JsonObject object;
  object.Set("directory", directory)
      .SetBool("sound", report.ok())
      .SetNumber("first_sequence", report.first_sequence)
      .SetNumber("last_sequence", report.last_sequence)
      .SetNumber("records", report.records)
      .SetNumber("events", report.events)
      .SetNumber("bytes", report.bytes)
      .SetNumber("epoch", report.epoch)
      .SetBool("time_scaled", report.time_scaled)
      .SetBool("replayed", report.replayed)
      .SetBool("acknowledged_known", report.acknowledged_known)
      .SetNumber("contacts_compared", report.contacts_compared)
      .SetNumber("agents_compared", report.agents_compared)
      .SetTexts("problems", report.problems)
      .SetNumber("problems_not_told", report.problems_not_told)
      .SetTexts("what_to_do",
                report.ok() ? std::vector<std::string>() : AdviceFor(report));
  const auto text = JsonText(object.message());
  if (text.ok()) std::cout << *text;
  return text.status();
}

// --- export ------------------------------------------------------------------

struct Range {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

absl::StatusOr<Range> RangeOf(const Meta& meta) {
  Range range = {absl::GetFlag(FLAGS_from), absl::GetFlag(FLAGS_to)};
  const std::uint64_t first = std::max<std::uint64_t>(meta.first_sequence, 1);
  const std::uint64_t last = meta.last_sequence;
  if (range.from == 0) range.from = first;
  if (range.to == 0) range.to = last;
  if (range.from < first) {
    return absl::OutOfRangeError(absl::StrCat(
        "--from: the events ", range.from, " to ", first - 1,
        " have been dropped; the journal begins with event ", first));
  }
  if (range.from > last + 1 || range.to > last) {
    return absl::OutOfRangeError(
        absl::StrCat(range.to > last ? "--to: event " : "--from: event ",
                     range.to > last ? range.to : range.from,
                     " is not there; the journal ends with event ", last));
  }
  return range;
}

absl::Status Export(const OfflineJournal& opened, const Range& range, bool csv,
                    OutputFile* output) {
  const bool with_attributes = absl::GetFlag(FLAGS_with_attributes);
  absl::Status status =
      csv ? output->Write(EventCsvHeader()) : absl::OkStatus();
  if (!status.ok()) return status;
  std::uint64_t next = range.from;
  Progress progress("exporting", range.to);
  status = ReadEvents(
      *opened.storage, range.from, range.to,
      [&](const journal::RecordHeader&,
          const journal::NumberedEvent& event) -> absl::Status {
        if (event.event.sequence != next) {
          return absl::DataLossError(
              absl::StrCat("event ", next, " is missing"));
        }
        ++next;
        progress.At(event.event.sequence);
        if (csv) return output->Write(EventCsv(event));
        auto line = EventJson(event, with_attributes);
        if (!line.ok()) {
          return absl::InternalError(absl::StrCat(
              "event ", event.event.sequence, " ", line.status().message()));
        }
        return output->Write(*line + "\n");
      });
  if (status.ok() && next != range.to + 1) {
    status = absl::DataLossError(absl::StrCat("event ", next, " is missing"));
  }
  return status.ok() ? output->Finish() : status;
}

}  // namespace

int JournalInspect(const std::vector<std::string>& arguments) {
  const std::string& directory = arguments[0];
  const auto opened = journal::OpenOffline(directory);
  if (!opened.ok()) return Failed(opened.status());
  SayInUse(directory, *opened);
  if (!opened->live.ok()) return Unsound(directory, *opened);
  return absl::GetFlag(FLAGS_from) != 0 || absl::GetFlag(FLAGS_count) != 0
             ? ShowRecords(directory, *opened)
             : ShowSummary(directory, *opened);
}

int JournalVerify(const std::vector<std::string>& arguments) {
  const std::string& directory = arguments[0];
  for (int attempt = 1;; ++attempt) {
    const auto opened = journal::OpenOffline(directory);
    if (!opened.ok()) return Failed(opened.status());
    auto report = [&opened] {
      Progress progress("verifying", opened->live.ok()
                                         ? opened->live->meta.last_sequence
                                         : 0);
      return journal::Verify(*opened->storage,
                             [&](const journal::VerifyReport& far) {
                               progress.At(far.last_sequence);
                             });
    }();
    if (opened->in_use && attempt < kVerifyAttempts &&
        !(report.ok() && report->ok())) {
      continue;
    }
    if (!report.ok()) return Failed(report.status());
    SayInUse(directory, *opened);
    if (!absl::GetFlag(FLAGS_json)) {
      PrintReport(directory, *report);
    } else if (auto status = PrintReportAsJson(directory, *report);
               !status.ok()) {
      return Failed(status);
    }
    return report->ok() ? kExitDone : kExitFailed;
  }
}

int JournalExport(const std::vector<std::string>& arguments) {
  const std::string& directory = arguments[0];
  const std::string format = absl::GetFlag(FLAGS_format);
  const bool csv = format == "csv";
  if (!csv && format != "json") {
    return Misused(absl::StrCat("--format: '", format, "' is not json or csv"));
  }
  if (csv && absl::GetFlag(FLAGS_with_attributes)) {
    return Misused(
        "--with-attributes goes with --format json; CSV has no columns for "
        "them");
  }
  const std::uint64_t to = absl::GetFlag(FLAGS_to);
  if (to != 0 && absl::GetFlag(FLAGS_from) > to) {
    return Misused(absl::StrCat("--from: ", absl::GetFlag(FLAGS_from),
                                " is behind --to ", to));
  }
  const auto opened = journal::OpenOffline(directory);
  if (!opened.ok()) return Failed(opened.status());
  SayInUse(directory, *opened);
  // Damaged live records do not keep anybody from the events.
  Meta meta;
  if (opened->live.ok()) {
    meta = opened->live->meta;
  } else if (to == 0 || !absl::IsDataLoss(opened->live.status())) {
    return Unsound(directory, *opened);
  } else {
    meta.first_sequence = 1;
    meta.last_sequence = std::numeric_limits<std::uint64_t>::max() - 1;
    std::cerr << "relaisctl: this journal is not sound: "
              << opened->live.status().message() << "\n";
  }
  const auto range = RangeOf(meta);
  if (!range.ok()) return Failed(range.status());
  const std::string path = absl::GetFlag(FLAGS_output);
  auto output = OutputFile::Open(path);
  if (!output.ok()) return Failed(output.status());
  const absl::Status status = Export(*opened, *range, csv, &*output);
  if (!status.ok()) return Failed(status);
  std::cerr << "relaisctl: " << range->to + 1 - range->from
            << " events exported"
            << (path.empty() ? std::string() : absl::StrCat(" to ", path))
            << "; the next one is --from " << range->to + 1 << "\n";
  return kExitDone;
}

}  // namespace relais::server
