// Tables of cases: what the grammar of README.md says, read.
//
// Thread safety: plain values, pure functions but for reading the file.

#ifndef RELAIS_TESTS_CASES_TABLE_H_
#define RELAIS_TESTS_CASES_TABLE_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "relais/types.h"
#include "relais/v1/configuration.pb.h"
#include "tests/cases/centre.h"

namespace relais::cases {

// What is wrong, and in which line (from 1).
struct Problem {
  int line = 0;
  std::string text;
};

// One call of a step.
using Call = std::function<Answer(Centre*)>;

struct Step {
  int line = 0;
  DurationMs at_ms = 0;  // since the case began
  std::string verb;      // "submit"; empty: only time passes
  std::vector<Call> calls;
  bool is_refused = false;
  Answer refusal;  // the code, and the field if one is named

  struct Expectation {
    int line = 0;
    std::string id;  // of a contact or an agent
    std::string text;
    // Of an explanation of that contact or agent: the agent, or "queue
    // channel".
    std::string about = {};
    // Of the record of the contact's last decision: "contact", "agent", "next
    // contact" or "next agent".
    std::string decided = {};
  };
  std::vector<Expectation> expect;
  std::optional<std::vector<std::string>> events;
  std::string because;
};

struct Case {
  std::string name;
  int line = 0;
  v1::Configuration configuration;  // applied before the first step
  std::vector<Step> steps;
};

struct Table {
  std::vector<Case> cases;
  std::vector<Problem> problems;  // none, or the cases are not to be run
};

Table ReadTable(const std::string& file_name);
Table ReadTableText(const std::string& text);

// What went wrong first, if anything.
std::optional<Problem> RunCase(const Case& one, Centre* centre);

}  // namespace relais::cases

#endif  // RELAIS_TESTS_CASES_TABLE_H_
