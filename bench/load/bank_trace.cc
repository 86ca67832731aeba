#include "bench/load/bank_trace.h"

#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/load/day.h"

namespace relais::load {

namespace {

constexpr std::int64_t kHalfDayS = 12 * 3600;

enum Column {
  kVruLine,
  kCallId,
  kCustomerId,
  kPriority,
  kType,
  kDate,
  kVruEntry,
  kVruExit,
  kVruTime,
  kQStart,
  kQExit,
  kQTime,
  kOutcome,
  kSerStart,
  kSerExit,
  kSerTime,
  kServer,
  kColumnCount,
};
constexpr std::array<std::string_view, kColumnCount> kColumnNames = {
    "vru_line",  "call_id",   "customer_id", "priority", "type",   "date",
    "vru_entry", "vru_exit",  "vru_time",    "q_start",  "q_exit", "q_time",
    "outcome",   "ser_start", "ser_exit",    "ser_time", "server"};

// The trace's fields are words, numbers and times; it has no quoting, and a
// quote makes the row unreadable rather than silently shifted.
std::vector<std::string> Fields(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return absl::StrSplit(line, ',');
}

absl::StatusOr<std::array<std::size_t, kColumnCount>> FindColumns(
    const std::vector<std::string>& header, const std::string& name) {
  std::array<std::size_t, kColumnCount> places{};
  std::vector<std::string> missing;
  std::vector<std::string> repeated;
  for (int column = 0; column < kColumnCount; ++column) {
    int seen = 0;
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (header[i] != kColumnNames[column]) continue;
      places[column] = i;
      ++seen;
    }
    const std::string column_name(kColumnNames[column]);
    if (seen == 0) missing.push_back(column_name);
    if (seen > 1) repeated.push_back(column_name);
  }
  if (!missing.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ":1: missing column", missing.size() > 1 ? "s " : " ",
        absl::StrJoin(missing, ", "), "; the header must name ",
        absl::StrJoin(
            std::vector<std::string>(kColumnNames.begin(), kColumnNames.end()),
            ",")));
  }
  if (!repeated.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ":1: column named twice: ", absl::StrJoin(repeated, ", ")));
  }
  return places;
}

// One row, read field by field; the first field that cannot be read is kept
// for the report.
class Row {
 public:
  Row(const std::vector<std::string>& fields,
      const std::array<std::size_t, kColumnCount>& places)
      : fields_(fields), places_(places) {}

  const std::string& Text(Column column) const {
    static const std::string kEmpty;
    const std::size_t place = places_[column];
    return place < fields_.size() ? fields_[place] : kEmpty;
  }
  std::int64_t Number(Column column) {
    const std::string& text = Text(column);
    std::int64_t value = 0;
    const auto result =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
      Unreadable(column, "a whole number");
    }
    return value;
  }
  std::int64_t SecondOfDay(Column column) {
    const auto parsed = ParseTimeOfDay(Text(column));
    if (!parsed.ok() || *parsed >= 24LL * 3600 * 1000) {
      Unreadable(column, "a time H:MM:SS");
      return 0;
    }
    return *parsed / 1000;
  }
  void Unreadable(Column column, std::string_view wanted) {
    if (!problem_.empty()) return;
    problem_ = absl::StrCat(std::string(kColumnNames[column]), " \"",
                            Text(column), "\" is not ", std::string(wanted));
  }
  const std::string& problem() const { return problem_; }

 private:
  const std::vector<std::string>& fields_;
  const std::array<std::size_t, kColumnCount>& places_;
  std::string problem_;
};

std::optional<Dirt> WhyNotOffered(const BankCall& call,
                                  const std::string& outcome,
                                  bool service_started,
                                  std::int64_t vru_exit_s) {
  if (outcome == "PHANTOM") return Dirt::kPhantom;
  if (outcome == "HANG" && !call.queued) return Dirt::kHangInIvr;
  if (outcome == "AGENT" && call.server == "NO_SERVER") return Dirt::kNoServer;
  if (outcome == "AGENT" && !service_started) return Dirt::kNoService;
  if (call.queued && vru_exit_s - call.arrival_s > kHalfDayS) {
    return Dirt::kQueueStartDayOff;
  }
  return std::nullopt;
}

// The call of a row, or why it is not offered.
void ReadRow(Row& row, std::size_t line, std::set<std::string>* seen,
             BankTrace* trace) {
  BankCall call;
  call.date = row.Text(kDate);
  call.id =
      absl::StrCat(call.date, "/", row.Text(kVruLine), "/", row.Text(kCallId));
  if (!ParseDate(call.date).ok()) row.Unreadable(kDate, "a date YYYY-MM-DD");
  call.type = row.Text(kType);
  if (call.type.empty()) row.Unreadable(kType, "a type of call");
  const std::int64_t priority = row.Number(kPriority);
  if (priority < 0 || priority > 2) row.Unreadable(kPriority, "0, 1 or 2");
  call.priority = static_cast<int>(priority);
  const std::string& outcome = row.Text(kOutcome);
  if (outcome != "AGENT" && outcome != "HANG" && outcome != "PHANTOM") {
    row.Unreadable(kOutcome, "AGENT, HANG or PHANTOM");
  }
  call.server = row.Text(kServer);
  if (call.server.empty()) row.Unreadable(kServer, "a server");
  const std::int64_t vru_exit_s = row.SecondOfDay(kVruExit);
  const std::int64_t q_start_s = row.SecondOfDay(kQStart);
  const std::int64_t vru_time_s = row.Number(kVruTime);
  call.queue_s = row.Number(kQTime);
  if (call.queue_s < 0) row.Unreadable(kQTime, "0 or more");
  call.service_start_s = row.SecondOfDay(kSerStart);
  call.service_s = row.Number(kSerTime);
  if (call.service_s < 0) row.Unreadable(kSerTime, "0 or more");
  call.answered = outcome == "AGENT";
  call.queued = q_start_s != 0;
  call.arrival_s = call.queued ? q_start_s : vru_exit_s;

  const auto dirty = [&](Dirt dirt, std::string detail) {
    trace->dirty.push_back({line, call.id, call.date, dirt, std::move(detail)});
  };
  if (!row.problem().empty()) return dirty(Dirt::kUnreadable, row.problem());
  if (!seen->insert(call.id).second) return dirty(Dirt::kRepeated, "");
  // Counted whether the row is played or not: the column is off, not the call.
  if (vru_time_s < 0) {
    dirty(Dirt::kNegativeVruTime, absl::StrCat("vru_time ", vru_time_s));
  }
  const bool service_started = call.service_start_s != 0;
  if (const auto why =
          WhyNotOffered(call, outcome, service_started, vru_exit_s)) {
    return dirty(*why, "");
  }
  trace->calls.push_back(std::move(call));
}

}  // namespace

const char* DirtName(Dirt dirt) {
  switch (dirt) {
    case Dirt::kPhantom:
      return "PHANTOM";
    case Dirt::kHangInIvr:
      return "hung up in the IVR, never queued";
    case Dirt::kNoServer:
      return "AGENT without a named server";
    case Dirt::kNoService:
      return "AGENT without a service start";
    case Dirt::kQueueStartDayOff:
      return "q_start a day off";
    case Dirt::kRepeated:
      return "repeated (date, vru_line, call_id)";
    case Dirt::kUnreadable:
      return "unreadable field";
    case Dirt::kNegativeVruTime:
      return "negative vru_time";
  }
  return "?";
}

bool IsPlayed(Dirt dirt) { return dirt == Dirt::kNegativeVruTime; }

absl::StatusOr<BankTrace> ReadBankTrace(std::istream& in,
                                        const std::string& name) {
  std::string line;
  if (!std::getline(in, line)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": empty; the first line must name the columns"));
  }
  const auto places = FindColumns(Fields(line), name);
  if (!places.ok()) return places.status();
  const std::size_t columns = Fields(line).size();
  BankTrace trace;
  std::set<std::string> seen;
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    if (line.empty() || line == "\r") continue;
    ++trace.rows;
    const std::vector<std::string> fields = Fields(line);
    if (fields.size() != columns) {
      trace.dirty.push_back(
          {number, absl::StrCat("line ", number), "", Dirt::kUnreadable,
           absl::StrCat(fields.size(), " fields instead of ", columns)});
      continue;
    }
    Row row(fields, *places);
    ReadRow(row, number, &seen, &trace);
  }
  return trace;
}

absl::StatusOr<BankTrace> ReadBankTraceFile(const std::string& path) {
  std::ifstream in(path);
  if (!in) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  }
  return ReadBankTrace(in, path);
}

std::string DirtReport(const BankTrace& trace, const std::string& date,
                       std::size_t names_max) {
  std::string text = absl::StrCat("Rows: ", trace.rows, " in the file, ",
                                  trace.calls.size(), " of them offered.\n");
  for (int kind = 0; kind < kDirtKinds; ++kind) {
    const Dirt dirt = static_cast<Dirt>(kind);
    std::size_t in_file = 0;
    std::vector<std::string> of_date;
    for (const DirtyRow& row : trace.dirty) {
      if (row.dirt != dirt) continue;
      ++in_file;
      // A row whose date cannot be read may be of any date.
      if (row.date != date && dirt != Dirt::kUnreadable) continue;
      of_date.push_back(row.detail.empty()
                            ? row.id
                            : absl::StrCat(row.id, " (", row.detail, ")"));
    }
    if (in_file == 0) continue;
    absl::StrAppend(&text, "  ",
                    IsPlayed(dirt) ? "counted, played" : "not played", ": ",
                    DirtName(dirt), ": ", in_file, " in the file, ",
                    of_date.size(), " on ", date);
    for (std::size_t i = 0; i < of_date.size() && i < names_max; ++i) {
      absl::StrAppend(&text, i == 0 ? ": " : ", ", of_date[i]);
    }
    if (of_date.size() > names_max && names_max > 0) {
      absl::StrAppend(&text, " and ", of_date.size() - names_max, " more");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

}  // namespace relais::load
