// relaisctl journal and relais-replay on whole journals that a real relaisd
// wrote, and beside the relaisd that writes one. What they export is parsed
// again.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/e2e/client.h"
#include "tests/e2e/journal_fixture.h"
#include "tests/e2e/process.h"

namespace relais::e2e {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

using JournalCommandTest = JournalProgramsTest;

// RFC 4180, by another's hand than the writer's.
std::vector<std::vector<std::string>> ParseCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    std::string& cell = rows.back().back();
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      cell += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\r') {
      EXPECT_EQ(text.at(++i), '\n');
      rows.push_back({""});
    } else {
      cell += c;
    }
  }
  EXPECT_EQ(rows.back(), std::vector<std::string>{""}) << "no line end";
  rows.pop_back();
  return rows;
}

// --- Whole -------------------------------------------------------------------

TEST_F(JournalCommandTest, InspectTellsWhatIsThere) {
  WriteJournal();
  const Finished shown = Journal("inspect", journal_);
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_THAT(shown.output,
              AllOf(ContainsRegex("in use +no"),
                    ContainsRegex(absl::StrCat("last event +", last_, "\n")),
                    ContainsRegex("first instant +20..-..-..T")));
  const Finished json = Journal("inspect", journal_, {"--json"});
  const auto object = ParseObject(json.output);
  const std::map<std::string, std::string> expected = {
      {"format_version", "2"},
      {"epoch", "1"},
      {"first_epoch", "1"},
      {"first_sequence", "1"},
      {"last_sequence", absl::StrCat(last_)},
      {"committed_sequence", absl::StrCat(last_)},
      {"first_at_ms", absl::StrCat(events_.front().at_ms())},
      {"last_at_ms", absl::StrCat(events_.back().at_ms())},
      {"contacts_waiting", "1"},
      {"contacts_reserved", "1"},
      {"contacts_assigned", "0"},
      {"agents_reserved", "1"},
      {"agents_wrap_up", "1"},
      {"queues", "1"},
      {"ended_completed", "1"},
      {"ended_abandoned", "1"},
  };
  for (const auto& [name, value] : expected) {
    EXPECT_EQ(TextOf(object, name), value) << name;
  }
  EXPECT_FALSE(object.fields().at("in_use").bool_value());
  EXPECT_FALSE(object.fields().at("time_scaled").bool_value());
  EXPECT_EQ(TextOf(object, "head").size(), 64);

  // Records: they follow one another and end with the head.
  const auto lines =
      LinesOf(Journal("inspect", journal_, {"--from", "1", "--json"}).output);
  EXPECT_EQ(absl::StrCat(lines.size()), TextOf(object, "records"));
  std::uint64_t next = 1;
  std::uint64_t bytes = 0;
  for (const std::string& line : lines) {
    const auto record = ParseObject(line);
    EXPECT_EQ(TextOf(record, "first_sequence"), absl::StrCat(next));
    next = std::stoull(TextOf(record, "last_sequence")) + 1;
    bytes += std::stoull(TextOf(record, "bytes"));
  }
  EXPECT_EQ(next, last_ + 1);
  EXPECT_EQ(absl::StrCat(bytes), TextOf(object, "bytes"));
  EXPECT_EQ(TextOf(ParseObject(lines.back()), "sha256"),
            TextOf(object, "head"));
  const auto some = LinesOf(
      Journal("inspect", journal_, {"--from", "4", "--count", "2"}).output);
  EXPECT_EQ(some.size(), 3);  // with the header
}

TEST_F(JournalCommandTest, AnAcknowledgedTimeScaleIsTold) {
  {
    Relaisd scaled(kCentre, {"--journal", journal_.string(), "--time-scale",
                             "60", "--start-time", "2026-03-02T07:00:00Z"});
    Client(scaled.address()).Barrier();
  }
  EXPECT_THAT(Journal("inspect", journal_).output,
              ContainsRegex("written under a time scale +yes"));
  EXPECT_THAT(Journal("verify", journal_).output,
              AllOf(HasSubstr(": sound"), HasSubstr("under a time scale")));
}

TEST_F(JournalCommandTest, VerifyFindsASoundJournalSound) {
  WriteJournal();
  const Finished verified = Journal("verify", journal_);
  EXPECT_EQ(verified.exit_code, 0) << verified.output;
  EXPECT_THAT(verified.output,
              AllOf(HasSubstr(absl::StrCat("sound: events 1 to ", last_)),
                    HasSubstr("compared with the live records byte by byte")));
  const auto json = ParseObject(Journal("verify", journal_, {"--json"}).output);
  EXPECT_TRUE(json.fields().at("sound").bool_value());
  EXPECT_TRUE(json.fields().at("replayed").bool_value());
  EXPECT_EQ(TextOf(json, "events"), absl::StrCat(last_));
  EXPECT_EQ(TextOf(json, "contacts_compared"), "2");
}

TEST_F(JournalCommandTest, JsonIsWhatTheServerTold) {
  WriteJournal();
  const fs::path file = root_ / "events.json";
  const Finished exported =
      Journal("export", journal_, {"--output", file.string()});
  EXPECT_EQ(exported.exit_code, 0);
  EXPECT_THAT(exported.output,
              AllOf(HasSubstr(absl::StrCat(last_, " events exported")),
                    HasSubstr(absl::StrCat("--from ", last_ + 1))));
  const std::string text = ReadAll(file);
  EXPECT_THAT(text, Not(HasSubstr("caller"))) << "attributes are personal";
  const auto lines = LinesOf(text);
  ASSERT_EQ(lines.size(), last_);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    v1::Event event;
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(lines[i], &event).ok())
        << lines[i];
    EXPECT_TRUE(MessageDifferencer::Equals(event, events_[i])) << lines[i];
  }
  // On demand, of the event that brought them.
  const auto with =
      LinesOf(Journal("export", journal_, {"--with-attributes"}).output);
  ASSERT_EQ(with.size(), last_);
  int brought = 0;
  for (std::size_t i = 0; i < with.size(); ++i) {
    const auto object = ParseObject(with[i]);
    const bool submitted =
        events_[i].type() == v1::EVENT_TYPE_CONTACT_SUBMITTED;
    ASSERT_EQ(object.fields().contains("attributes"), submitted) << with[i];
    if (!submitted) continue;
    ++brought;
    EXPECT_EQ(TextOf(object.fields().at("attributes").struct_value(), "caller"),
              "caller of " + events_[i].contact().id());
  }
  EXPECT_EQ(brought, 4);
  // Parts join to the whole.
  const auto part = [this](const std::string& from, const std::string& to) {
    const Finished done =
        Journal("export", journal_, {"--from", from, "--to", to});
    EXPECT_EQ(done.exit_code, 0) << done.output;
    return LinesOf(done.output);
  };
  auto joined = part("0", "5");
  for (const std::string& line : part("6", "0")) joined.push_back(line);
  EXPECT_EQ(joined, lines);
  EXPECT_TRUE(part(absl::StrCat(last_ + 1), "0").empty()) << "nothing new";
}

TEST_F(JournalCommandTest, CsvParsesBack) {
  WriteJournal();
  const fs::path file = root_ / "events.csv";
  ASSERT_EQ(Journal("export", journal_,
                    {"--format", "csv", "--output", file.string()})
                .exit_code,
            0);
  const auto rows = ParseCsv(ReadAll(file));
  ASSERT_EQ(rows.size(), last_ + 1);
  // docs/journal.md names the columns, in this order.
  const std::string documented = ReadAll("docs/journal.md");
  std::size_t at = 0;
  for (const std::string& column : rows[0]) {
    at = documented.find(absl::StrCat("`", column, "`"), at);
    ASSERT_NE(at, std::string::npos) << column;
  }
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < rows[0].size(); ++i) place[rows[0][i]] = i;
  EXPECT_EQ(place.size(), rows[0].size()) << "a name is there twice";
  bool awkward_contact = false;
  bool awkward_agent = false;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].size(), rows[0].size()) << i;
    const auto cell = [&](const std::string& name) {
      return rows[i][place.at(name)];
    };
    const v1::Event& event = events_[i - 1];
    EXPECT_EQ(cell("sequence"), absl::StrCat(event.sequence()));
    EXPECT_EQ(cell("type"), v1::EventType_Name(event.type()));
    EXPECT_EQ(cell("contact_id"), event.contact().id());
    EXPECT_EQ(cell("agent_id"), event.agent().id());
    EXPECT_EQ(cell("agent_work_state"),
              event.has_agent() ? v1::WorkState_Name(event.agent().work_state())
                                : "");
    EXPECT_EQ(
        cell("contact_version"),
        event.has_contact() ? absl::StrCat(event.contact().version()) : "");
    EXPECT_EQ(cell("reservation_offer_expires_ms"),
              event.reservation().offer_expires_ms() == 0
                  ? ""
                  : absl::StrCat(event.reservation().offer_expires_ms()));
    absl::Time instant;
    ASSERT_TRUE(
        absl::ParseTime(absl::RFC3339_full, cell("at"), &instant, nullptr))
        << cell("at");
    EXPECT_EQ(absl::ToUnixMillis(instant), event.at_ms());
    EXPECT_EQ(cell("at_ms"), absl::StrCat(event.at_ms()));
    awkward_contact |= cell("contact_id") == kAwkwardContact;
    awkward_agent |= cell("agent_id") == kAwkwardAgent;
  }
  EXPECT_TRUE(awkward_contact);
  EXPECT_TRUE(awkward_agent);
}

TEST_F(JournalCommandTest, AReplayGivesTheSameStateOnEveryCopy) {
  WriteJournal();
  const Finished replayed = Replay(journal_);
  EXPECT_EQ(replayed.exit_code, 0) << replayed.output;
  EXPECT_THAT(
      replayed.output,
      AllOf(
          HasSubstr(absl::StrCat("state after event ", last_,
                                 ": 2 "
                                 "contacts, 2 agents, 1 queues, 2 "
                                 "ended")),
          HasSubstr("equal, byte by byte, to the live records"),
          HasSubstr("fingerprint " +
                    TextOf(ParseObject(
                               Journal("inspect", journal_, {"--json"}).output),
                           "fingerprint"))));
  // The copy goes on; both are equal up to where the first ends.
  const fs::path before = Copy();
  Start();
  ASSERT_TRUE(client_->Submit("c5").ok());
  Kill();
  EXPECT_EQ(Replay(journal_).exit_code, 0);
  const Finished behind = Replay(journal_, {"--against", before.string()});
  EXPECT_EQ(behind.exit_code, 1);
  EXPECT_THAT(behind.output, HasSubstr(absl::StrCat("use --to ", last_)));
  const Finished equal = Replay(
      journal_, {"--to", absl::StrCat(last_), "--against", before.string()});
  EXPECT_EQ(equal.exit_code, 0) << equal.output;
  EXPECT_THAT(equal.output, HasSubstr("equal, byte by byte, to the state of"));
  EXPECT_EQ(Replay(before, {"--against", journal_.string()}).exit_code, 0);
  EXPECT_THAT(Replay(journal_, {"--to", "3"}).output,
              HasSubstr("nothing to compare with"));
  EXPECT_THAT(Replay(journal_, {"--to", "999"}).output,
              HasSubstr("--to: event 999 is not there"));
}

TEST_F(JournalCommandTest, TheStateIsPrintedAsJsonLines) {
  WriteJournal();
  std::map<std::string, int> kinds;
  bool held = false;
  const std::string output = Replay(journal_, {"--print-state"}).output;
  EXPECT_THAT(output, Not(HasSubstr("caller")));
  for (const std::string& line : LinesOf(output)) {
    if (!line.starts_with("{")) continue;
    const auto object = ParseObject(line);
    ++kinds[TextOf(object, "record")];
    held |= TextOf(object, "agent_id") == kAwkwardAgent &&
            TextOf(object, "state") == "CONTACT_STATE_RESERVED";
  }
  const std::map<std::string, int> expected = {
      {"agent", 2}, {"configuration", 1}, {"contact", 2},
      {"ended", 2}, {"queue", 1},         {"state", 1}};
  EXPECT_EQ(kinds, expected);
  EXPECT_TRUE(held);
  EXPECT_THAT(Replay(journal_, {"--print-state", "--with-attributes"}).output,
              HasSubstr("caller of c3"));
}

// --- Beside a server ---------------------------------------------------------

// The server writes so much that its database changes files meanwhile.
TEST_F(JournalCommandTest, BesideAServerAPrefixIsRead) {
  Start();
  ASSERT_TRUE(client_->Submit("c0").ok());
  std::atomic<std::uint64_t> acknowledged{0};
  std::vector<std::jthread> submitters;  // end with the test, however it ends
  submitters.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    submitters.emplace_back([&, thread](const std::stop_token& stop) {
      Client client(server_->address());
      for (int i = 0; !stop.stop_requested(); ++i) {
        v1::Contact contact =
            Client::ContactOf(absl::StrCat("c", thread, "_", i));
        (*contact.mutable_attributes())["notes"] = std::string(15'000, 'x');
        v1::SubmitContactResponse response;
        EXPECT_TRUE(client.Submit(contact, &response).ok());
        std::uint64_t before = acknowledged;
        while (before < response.event_sequence() &&
               !acknowledged.compare_exchange_weak(before,
                                                   response.event_sequence())) {
        }
      }
    });
  }
  const auto sorted_files = [this] {
    return std::count_if(fs::directory_iterator(journal_), {},
                         [](const fs::directory_entry& entry) {
                           return entry.path().extension() == ".sst";
                         });
  };
  std::uint64_t seen = 0;
  int rounds = 0;
  while (rounds < 4 || sorted_files() < 2) {
    ++rounds;
    std::uint64_t least = acknowledged;
    const Finished verified = Journal("verify", journal_, {"--json"});
    ASSERT_EQ(verified.exit_code, 0) << verified.output;
    EXPECT_THAT(verified.output, HasSubstr("is in use: process "));
    const std::size_t begin = verified.output.find("{\n");
    ASSERT_NE(begin, std::string::npos);
    const auto report = ParseObject(verified.output.substr(begin));
    EXPECT_TRUE(report.fields().at("replayed").bool_value());
    seen = std::stoull(TextOf(report, "last_sequence"));
    EXPECT_GE(seen, least) << "what was acknowledged is there";
    least = acknowledged;
    const Finished replayed = Replay(journal_);
    ASSERT_EQ(replayed.exit_code, 0) << replayed.output;
    EXPECT_THAT(replayed.output, HasSubstr("equal, byte by byte"));
    const fs::path file = root_ / "events.json";
    ASSERT_EQ(
        Journal("export", journal_, {"--output", file.string()}).exit_code, 0);
    EXPECT_GE(LinesOf(ReadAll(file)).size(), least);
  }
  submitters.clear();
  // The writer has noticed nothing.
  EXPECT_TRUE(client_->Submit("c").ok());
  const std::uint64_t last = client_->Barrier().event_sequence();
  Kill();
  EXPECT_GT(last, seen);
  const auto after =
      ParseObject(Journal("inspect", journal_, {"--json"}).output);
  EXPECT_EQ(TextOf(after, "last_sequence"), absl::StrCat(last));
  EXPECT_EQ(Journal("verify", journal_).exit_code, 0);
}

// --- The command lines -------------------------------------------------------

TEST_F(JournalCommandTest, WrongCommandLinesExitWith2) {
  struct Case {
    std::vector<std::string> words;
    const char* said;
  };
  const std::string directory = journal_.string();
  const Case cases[] = {
      {{RelaisctlPath(), "journal", "inspect"}, "usage: relaisctl journal"},
      {{RelaisctlPath(), "journal", "verfy", directory},
       "did you mean 'journal verify'?"},
      {{RelaisctlPath(), "journal", "export", directory, "--format", "xml"},
       "'xml' is not json or csv"},
      {{RelaisctlPath(), "journal", "export", directory, "--format", "csv",
        "--with-attributes"},
       "--with-attributes goes with --format json"},
      {{RelaisctlPath(), "journal", "export", directory, "--from", "5", "--to",
        "4"},
       "--from: 5 is behind --to 4"},
      {{ReplayPath()}, "usage: relais-replay"},
      {{ReplayPath(), directory, "--aginst", "x"}, "did you mean '--against'?"},
      {{ReplayPath(), directory, "--with-attributes"}, "--print-state"},
  };
  for (const Case& c : cases) {
    const Finished finished = RunProgram(c.words);
    EXPECT_EQ(finished.exit_code, 2) << finished.output;
    EXPECT_THAT(finished.output, HasSubstr(c.said));
  }
}

TEST_F(JournalCommandTest, HelpAndCompletionKnowThem) {
  const std::string help = RunProgram({RelaisctlPath(), "--help"}).output;
  const std::string bash =
      RunProgram({RelaisctlPath(), "completion", "bash"}).output;
  for (const char* command :
       {"journal inspect", "journal verify", "journal export"}) {
    EXPECT_THAT(help, HasSubstr(command));
    EXPECT_THAT(bash, HasSubstr(command));
  }
  EXPECT_THAT(bash, HasSubstr("relais-replay"));
  EXPECT_THAT(RunProgram({ReplayPath(), "--help"}).output,
              HasSubstr("--against"));
  // A shell that sources it completes.
  const Finished completed = RunProgram(
      {"/bin/bash", "-c",
       "source <(\"$0\" completion bash); COMP_WORDS=(relaisctl journal e); "
       "COMP_CWORD=2; _relaisctl; echo \"${COMPREPLY[@]}\"",
       RelaisctlPath()});
  EXPECT_EQ(completed.output, "export\n");
}

}  // namespace
}  // namespace relais::e2e
