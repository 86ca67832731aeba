// What relais-bench prints: details, one line a goal, and all figures as JSON.

#ifndef RELAIS_BENCH_CORE_REPORT_H_
#define RELAIS_BENCH_CORE_REPORT_H_

#include <ostream>
#include <string>
#include <vector>

#include "bench/core/series.h"

namespace relais::bench {

class Report {
 public:
  explicit Report(std::ostream& out) : out_(out) {}

  // A line of explanation, indented.
  void Detail(const std::string& text);
  // A figure: a line of detail, and an entry of the JSON.
  void Figure(int goal, const std::string& name, const Series& series,
              const std::string& unit);
  // Judges a goal by the worst of its candidates, each printed as a detail.
  // The line has `name`, and which candidate decided if there are several.
  void Goal(int goal, const std::string& name,
            const std::vector<Candidate>& candidates);
  // What a promise of correctness forbids. The program then fails.
  void Failure(int goal, const std::string& what);

  bool failed() const { return failed_; }
  std::string Json() const;

  // "goal 2 name median 1.12 min 0.98 max 1.30 target >=1.0 PASS"
  static std::string GoalLine(int goal, const std::string& name,
                              const Candidate& deciding);

 private:
  struct JsonFigure {
    int goal;
    std::string name;
    std::string unit;
    Series series;
  };
  struct JsonGoal {
    int goal;
    std::string name;
    Candidate deciding;
  };

  std::ostream& out_;
  bool failed_ = false;
  std::vector<JsonFigure> figures_;
  std::vector<JsonGoal> goals_;
  std::vector<std::string> failures_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_REPORT_H_
