#include "bench/core/report.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace relais::bench {
namespace {

// Ratios with two places, large figures without.
std::string Number(double value) {
  if (std::fabs(value) >= 1'000) return absl::StrFormat("%.0f", value);
  if (std::fabs(value) >= 20) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.2f", value);
}

std::string Spread(const Series& series) {
  return absl::StrCat("median ", Number(series.Median()), " min ",
                      Number(series.Min()), " max ", Number(series.Max()));
}

// JSON has no infinity.
std::string JsonNumber(double value) {
  return std::isfinite(value) ? absl::StrFormat("%.9g", value) : "null";
}

std::string JsonSeries(const Series& series) {
  return absl::StrCat("\"median\": ", JsonNumber(series.Median()),
                      ", \"min\": ", JsonNumber(series.Min()),
                      ", \"max\": ", JsonNumber(series.Max()),
                      ", \"values\": [",
                      absl::StrJoin(series.values(), ", ",
                                    [](std::string* out, double value) {
                                      absl::StrAppend(out, JsonNumber(value));
                                    }),
                      "]");
}

}  // namespace

void Report::Detail(const std::string& text) {
  out_ << "  " << text << "\n" << std::flush;
}

void Report::Figure(int goal, const std::string& name, const Series& series,
                    const std::string& unit) {
  figures_.push_back({goal, name, unit, series});
  Detail(
      absl::StrCat(name, " ", Spread(series), unit.empty() ? "" : " ", unit));
}

std::string Report::GoalLine(int goal, const std::string& name,
                             const Candidate& deciding) {
  return absl::StrCat("goal ", goal, " ", name, " ", Spread(deciding.series),
                      " target ", deciding.target.Text(),
                      deciding.Passes() ? " PASS" : " MISS");
}

void Report::Goal(int goal, const std::string& name,
                  const std::vector<Candidate>& candidates) {
  const Candidate& deciding = Worst(candidates);
  if (candidates.size() > 1) {
    for (const Candidate& candidate : candidates) {
      figures_.push_back({goal, candidate.name, "", candidate.series});
      Detail(absl::StrCat(candidate.name, " ", Spread(candidate.series),
                          " target ", candidate.target.Text(),
                          candidate.Passes() ? " pass" : " miss",
                          &candidate == &deciding ? " (decides)" : ""));
    }
  }
  goals_.push_back({goal, name, deciding});
  out_ << GoalLine(goal, name, deciding) << "\n" << std::flush;
}

void Report::Failure(int goal, const std::string& what) {
  failed_ = true;
  failures_.push_back(absl::StrCat("goal ", goal, ": ", what));
  Detail(absl::StrCat("FAILURE: ", what));
}

// The names are this program's own and need no escaping but quotes.
std::string Report::Json() const {
  const auto quoted = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + "\"";
  };
  std::vector<std::string> goals;
  goals.reserve(goals_.size());
  for (const JsonGoal& goal : goals_) {
    goals.push_back(absl::StrCat(
        "    {\"goal\": ", goal.goal, ", \"name\": ", quoted(goal.name),
        ", \"decided_by\": ", quoted(goal.deciding.name),
        ", \"target\": ", quoted(goal.deciding.target.Text()),
        ", \"pass\": ", goal.deciding.Passes() ? "true" : "false", ", ",
        JsonSeries(goal.deciding.series), "}"));
  }
  std::vector<std::string> figures;
  figures.reserve(figures_.size());
  for (const JsonFigure& figure : figures_) {
    figures.push_back(absl::StrCat("    {\"goal\": ", figure.goal,
                                   ", \"name\": ", quoted(figure.name),
                                   ", \"unit\": ", quoted(figure.unit), ", ",
                                   JsonSeries(figure.series), "}"));
  }
  std::vector<std::string> failures;
  failures.reserve(failures_.size());
  for (const std::string& failure : failures_) {
    failures.push_back(absl::StrCat("    ", quoted(failure)));
  }
  const auto list = [](const std::vector<std::string>& lines) {
    return lines.empty()
               ? std::string("[]")
               : absl::StrCat("[\n", absl::StrJoin(lines, ",\n"), "\n  ]");
  };
  return absl::StrCat("{\n  \"goals\": ", list(goals),
                      ",\n  \"figures\": ", list(figures),
                      ",\n  \"failures\": ", list(failures), "\n}\n");
}

}  // namespace relais::bench
