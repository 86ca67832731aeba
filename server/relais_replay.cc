// relais-replay: applies a journal's events again, from the first one on, with
// the code that recovery uses, and compares what comes out.

#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/logging.h"
#include "lib/journal/offline.h"
#include "lib/journal/verify.h"
#include "relais/live_state.h"
#include "server/command_line.h"
#include "server/journal_text.h"

ABSL_FLAG(std::uint64_t, to, 0, "last event to apply; 0: the last there is");
ABSL_FLAG(std::string, against, "", "compare with this journal's state");
ABSL_FLAG(bool, partial, false, "content with what a trimmed journal tells");
ABSL_FLAG(bool, print_state, false, "print the state as JSON lines");
ABSL_FLAG(bool, with_attributes, false, "print contacts' attributes, too");

namespace relais::server {
namespace {

using journal::OfflineJournal;
using journal::StateRecords;

constexpr char kHelp[] =
    R"(relais-replay: applies a journal again and compares the states

usage: relais-replay [flags] DIR

Applies the events of the journal in DIR from the first one on, prints the
state's fingerprint, and compares the state with the live records beside the
events, byte by byte. Nothing is written.

  --to N             apply the events up to N alone; then there is nothing to
                     compare with but --against
  --against DIR2     compare with the state of another journal after the same
                     event
  --partial          of a journal whose first events have been dropped: compare
                     each entity's last event with its live record
  --print-state      print the state as JSON lines; all else goes to standard
                     error
  --with-attributes  with the contacts' attributes, which are personal data
  --help, --version

exit codes: 0 the states are equal (or there was nothing to compare with),
            1 they differ, or cannot be compared, 2 wrong command line
)";

constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

int Misused(const std::string& message) {
  std::cerr << "relais-replay: " << message << "\n";
  return kExitUsage;
}

int Failed(const absl::Status& status) {
  std::cerr << "relais-replay: " << absl::StatusCodeToString(status.code())
            << ": " << status.message() << "\n";
  return kExitFailed;
}

// Where everything but the state goes.
std::ostream& Out() {
  return absl::GetFlag(FLAGS_print_state) ? std::cerr : std::cout;
}

absl::StatusOr<OfflineJournal> OpenAndTell(const std::string& directory) {
  auto opened = journal::OpenOffline(directory);
  if (!opened.ok()) return opened;
  const std::string note = InUseNote(directory, *opened);
  if (!note.empty()) std::cerr << "relais-replay: " << note << "\n";
  return opened;
}

// The first event that is left; 0 if there is none.
absl::StatusOr<std::uint64_t> FirstSequence(const OfflineJournal& opened) {
  absl::Status enough = absl::CancelledError();
  std::uint64_t first = 0;
  const absl::Status status =
      opened.storage->ReadRecords(0, [&](std::uint64_t key, std::string_view) {
        first = key;
        return enough;
      });
  if (!status.ok() && status != enough) return status;
  return first;
}

int ReportDifferences(const std::vector<std::string>& differences,
                      const std::string& with) {
  for (const std::string& difference : differences) {
    Out() << "differs: " << difference << "\n";
  }
  if (differences.empty()) {
    Out() << "equal, byte by byte, to " << with << "\n";
    return kExitDone;
  }
  Out() << differences.size() << " differences to " << with << "\n";
  return kExitFailed;
}

// The state of another journal after event `at`: as it lies there if that is
// where it ends, applied again otherwise.
absl::StatusOr<StateRecords> StateAt(const OfflineJournal& opened,
                                     const std::string& directory,
                                     std::uint64_t at) {
  if (!opened.live.ok()) return opened.live.status();
  const std::uint64_t last = opened.live->meta.last_sequence;
  if (last == at) return ReadStateRecords(*opened.storage, *opened.live);
  if (last < at) {
    return absl::OutOfRangeError(
        absl::StrCat("journal ", directory, " ends with event ", last,
                     ", the state to compare with is that after event ", at,
                     "; use --to ", last));
  }
  const auto state = journal::Replay(*opened.storage, at);
  if (!state.ok()) return state.status();
  return journal::RecordsOf(*state);
}

int CompareAgainst(const StateRecords& records, const std::string& directory) {
  const std::string other = absl::GetFlag(FLAGS_against);
  const auto opened = OpenAndTell(other);
  if (!opened.ok()) return Failed(opened.status());
  const auto theirs = StateAt(*opened, other, records.last_sequence);
  if (!theirs.ok()) return Failed(theirs.status());
  return ReportDifferences(Differences(records, directory, *theirs, other),
                           absl::StrCat("the state of ", other));
}

int PrintAndCompare(const std::string& directory, const LiveState& state,
                    const StateRecords& records,
                    const std::function<int()>& compare) {
  const std::string fingerprint = FingerprintOfState(records);
  Out() << "state after event " << state.last_sequence << ": "
        << state.contacts.size() << " contacts, " << state.agents.size()
        << " agents, " << state.queues.size() << " queues, "
        << state.ended.size() << " ended\n"
        << "fingerprint " << fingerprint << "\n";
  if (absl::GetFlag(FLAGS_print_state)) {
    const absl::Status status =
        WriteState(state, fingerprint, absl::GetFlag(FLAGS_with_attributes),
                   [](const std::string& line) {
                     std::cout << line;
                     return absl::OkStatus();
                   });
    std::cout.flush();
    if (!status.ok()) return Failed(status);
  }
  if (!absl::GetFlag(FLAGS_against).empty()) {
    return CompareAgainst(records, directory);
  }
  return compare();
}

// The first events are gone: the live records are all the state there is.
int RunPartial(const std::string& directory, const OfflineJournal& opened,
               std::uint64_t first) {
  const std::string begins = absl::StrCat(
      "journal ", directory, " begins with event ", first,
      ": the events before it have been dropped, so the state cannot be built "
      "from the events");
  if (!absl::GetFlag(FLAGS_partial)) {
    return Failed(absl::FailedPreconditionError(absl::StrCat(
        begins, "; --partial compares what is left with the live records")));
  }
  if (absl::GetFlag(FLAGS_to) != 0) {
    return Misused(absl::StrCat("--to: ", begins,
                                "; --partial compares the last state alone"));
  }
  if (!opened.live.ok()) return Failed(opened.live.status());
  Out() << begins << "; the live records stand for it\n";
  const auto records = ReadStateRecords(*opened.storage, *opened.live);
  if (!records.ok()) return Failed(records.status());
  return PrintAndCompare(directory, opened.live->state, *records, [&opened] {
    const auto report = journal::Verify(*opened.storage);
    if (!report.ok()) return Failed(report.status());
    for (const std::string& problem : report->problems) {
      Out() << "differs: " << problem << "\n";
    }
    Out() << "partial: " << report->contacts_compared << " contacts and "
          << report->agents_compared
          << " agents were compared by their last event, "
          << report->problems.size() + report->problems_not_told
          << " problems\n";
    return report->ok() ? kExitDone : kExitFailed;
  });
}

int RunWhole(const std::string& directory, const OfflineJournal& opened) {
  const std::uint64_t to = absl::GetFlag(FLAGS_to);
  const auto state = journal::Replay(*opened.storage, to == 0 ? kNoEnd : to);
  if (!state.ok()) return Failed(state.status());
  if (to != 0 && state->last_sequence != to) {
    return Failed(absl::OutOfRangeError(
        absl::StrCat("--to: event ", to, " is not there; journal ", directory,
                     " ends with event ", state->last_sequence)));
  }
  const StateRecords records = journal::RecordsOf(*state);
  return PrintAndCompare(directory, *state, records, [&] {
    if (!opened.live.ok()) return Failed(opened.live.status());
    const std::uint64_t last = opened.live->meta.last_sequence;
    if (to != 0 && to != last) {
      Out() << "nothing to compare with: the live records are those after "
               "event "
            << last << "\n";
      return kExitDone;
    }
    const auto live = ReadStateRecords(*opened.storage, *opened.live);
    if (!live.ok()) return Failed(live.status());
    return ReportDifferences(
        Differences(records, "the events", *live, "the live records"),
        "the live records");
  });
}

int Run(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) {
    return Misused("usage: relais-replay [flags] DIR (see --help)");
  }
  if (absl::GetFlag(FLAGS_with_attributes) &&
      !absl::GetFlag(FLAGS_print_state)) {
    return Misused("--with-attributes goes with --print-state");
  }
  const std::string& directory = arguments[0];
  const auto opened = OpenAndTell(directory);
  if (!opened.ok()) return Failed(opened.status());
  if (absl::IsFailedPrecondition(opened->live.status())) {
    return Failed(opened->live.status());  // a version that is not known
  }
  const auto first = FirstSequence(*opened);
  if (!first.ok()) return Failed(first.status());
  return *first > 1 ? RunPartial(directory, *opened, *first)
                    : RunWhole(directory, *opened);
}

}  // namespace
}  // namespace relais::server

int main(int argc, char** argv) {
  // What it would print (text that is not UTF-8) the answer says, too.
  google::protobuf::SetLogHandler(nullptr);
  return relais::server::Run(
      relais::server::ParseCommandLine(argc, argv, relais::server::kHelp));
}
