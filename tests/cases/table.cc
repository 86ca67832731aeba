#include "tests/cases/table.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/domain/error.h"
#include "relais/configuration.h"
#include "server/convert.h"
#include "tests/cases/verbs.h"
#include "tests/cases/yaml_parts.h"

namespace relais::cases {
namespace {

// Names become parts of a test's name.
bool IsName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || absl::ascii_islower(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

bool SaysWhatIsExpected(const Step& step) {
  return !step.expect.empty() || step.events.has_value() || step.is_refused;
}

class TableReader {
 public:
  explicit TableReader(Table* table)
      : table_(table), parts_(&table->problems) {}

  void Read(const YAML::Node& root) {
    bool has_cases = false;
    for (const Entry& entry :
         parts_.Entries(root, "a table", {"about", "configuration", "cases"})) {
      if (entry.key == "about") {
        parts_.Text(entry.value, entry.key);
      } else if (entry.key == "configuration") {
        parts_.Fill(entry.value, entry.key, &configuration_);
      } else if (has_cases = entry.value.IsSequence(); has_cases) {
        for (const YAML::Node& node : entry.value) ReadCase(node);
      }
    }
    if (!has_cases) parts_.Add(LineOf(root), "cases: a list is missing");
  }

 private:
  void ReadCase(const YAML::Node& node) {
    Case one;
    one.line = LineOf(node);
    one.configuration = configuration_;
    const YAML::Node* steps = nullptr;
    const std::vector<Entry> entries = parts_.Entries(
        node, "a case", {"case", "prevents", "configuration", "steps"});
    for (const Entry& entry : entries) {
      if (entry.key == "case") {
        one.name = parts_.Text(entry.value, entry.key);
      } else if (entry.key == "prevents") {
        parts_.Text(entry.value, entry.key);
      } else if (entry.key == "configuration") {
        one.configuration.Clear();
        parts_.Fill(entry.value, entry.key, &one.configuration);
      } else {
        steps = &entry.value;
      }
    }
    if (!IsName(one.name)) {
      parts_.Add(one.line, absl::StrCat("case: ", Quoted(one.name),
                                        " is no name of a-z, 0-9 and _"));
    } else if (!names_.insert(one.name).second) {
      parts_.Add(one.line, absl::StrCat("case: there is another ", one.name));
    }
    if (steps == nullptr || !steps->IsSequence() || steps->size() == 0) {
      parts_.Add(one.line, "steps: a list is missing");
      return;
    }
    CheckConfiguration(one);
    ReadSteps(*steps, &one);
    table_->cases.push_back(std::move(one));
  }

  void CheckConfiguration(const Case& one) {
    std::vector<Finding> findings;
    const Configuration domain = server::ToDomain(one.configuration, &findings);
    for (Finding& finding : ValidateConfiguration(domain, CaseLimits())) {
      findings.push_back(std::move(finding));
    }
    for (const Finding& finding : findings) {
      if (finding.severity != Finding::Severity::kError) continue;
      parts_.Add(one.line, absl::StrCat("configuration.", finding.path, ": ",
                                        finding.message));
    }
  }

  void ReadSteps(const YAML::Node& steps, Case* one) {
    v1::Configuration configuration = one->configuration;
    DurationMs at_ms = 0;
    bool expects = false;
    bool says_why = false;
    for (const YAML::Node& node : steps) {
      Step step = ReadStep(node, at_ms, &configuration);
      at_ms = step.at_ms;
      expects = expects || SaysWhatIsExpected(step);
      says_why = says_why || !step.because.empty();
      one->steps.push_back(std::move(step));
    }
    if (!expects) parts_.Add(one->line, "the case expects nothing");
    if (!says_why) parts_.Add(one->line, "because: no step says why");
  }

  Step ReadStep(const YAML::Node& node, DurationMs at_ms,
                v1::Configuration* configuration) {
    Step step;
    step.line = LineOf(node);
    step.at_ms = at_ms;
    const v1::Configuration before = *configuration;
    std::vector<std::string> known = {"at",         "expect", "why_not",
                                      "decided_by", "events", "refused",
                                      "because"};
    for (std::string& verb : Verbs()) known.push_back(std::move(verb));
    for (const Entry& entry : parts_.Entries(node, "a step", known)) {
      ReadPart(entry, configuration, &step);
    }
    if (step.at_ms < at_ms) parts_.Add(step.line, "at: time does not go back");
    if (step.is_refused && step.calls.size() != 1) {
      parts_.Add(step.line, "refused: goes with one call");
    }
    if (step.is_refused) *configuration = before;
    return step;
  }

  void ReadPart(const Entry& entry, v1::Configuration* configuration,
                Step* step) {
    if (entry.key == "at") {
      step->at_ms = parts_.Duration(entry.value, entry.key);
    } else if (entry.key == "expect") {
      for (const Entry& one : parts_.Entries(entry.value, entry.key, {})) {
        step->expect.push_back(
            {one.line, one.key, parts_.Text(one.value, one.key)});
      }
    } else if (entry.key == "why_not") {
      ReadWhyNot(entry, step);
    } else if (entry.key == "decided_by") {
      ReadDecidedBy(entry, step);
    } else if (entry.key == "events") {
      step->events.emplace();
      if (!entry.value.IsSequence()) {
        parts_.Add(entry.line, "events: has to be a list, [] for none");
      }
      for (const YAML::Node& event : entry.value) {
        step->events->push_back(parts_.Text(event, entry.key));
      }
    } else if (entry.key == "refused") {
      ReadRefusal(entry, step);
    } else if (entry.key == "because") {
      step->because = parts_.Text(entry.value, entry.key);
    } else if (!step->verb.empty()) {
      parts_.Add(entry.line, absl::StrCat("a step has one verb, here ",
                                          step->verb, " and ", entry.key));
    } else {
      step->verb = entry.key;
      step->calls = ReadVerb(entry, configuration, &parts_);
    }
  }

  void ReadWhyNot(const Entry& entry, Step* step) {
    for (const Entry& of : parts_.Entries(entry.value, entry.key, {})) {
      for (const Entry& one : parts_.Entries(of.value, of.key, {})) {
        step->expect.push_back(
            {one.line, of.key, parts_.Text(one.value, one.key), one.key});
      }
    }
  }

  void ReadDecidedBy(const Entry& entry, Step* step) {
    for (const Entry& of : parts_.Entries(entry.value, entry.key, {})) {
      for (const Entry& one :
           parts_.Entries(of.value, of.key,
                          {"contact", "agent", "next contact", "next agent"})) {
        step->expect.push_back(
            {one.line, of.key, parts_.Text(one.value, one.key), "", one.key});
      }
    }
  }

  // "NOT_FOUND contact.queue", or the code alone.
  void ReadRefusal(const Entry& entry, Step* step) {
    std::istringstream words(parts_.Text(entry.value, entry.key));
    step->is_refused = true;
    std::string rest;
    if (words >> step->refusal.code >> step->refusal.field && words >> rest) {
      parts_.Add(entry.line, "refused: has to be a code, and a field if any");
    }
  }

  Table* const table_;
  YamlParts parts_;
  v1::Configuration configuration_;
  std::set<std::string> names_;
};

}  // namespace

Table ReadTableText(const std::string& text) {
  Table table;
  // yaml-cpp throws; nothing leaves this room.
  try {
    TableReader(&table).Read(YAML::Load(text));
  } catch (const YAML::Exception& problem) {
    table.problems.push_back(
        {problem.mark.line + 1, absl::StrCat("is no YAML: ", problem.msg)});
  }
  return table;
}

Table ReadTable(const std::string& file_name) {
  std::ifstream file(file_name);
  std::ostringstream text;
  text << file.rdbuf();
  if (file) return ReadTableText(text.str());
  Table table;
  table.problems.push_back({1, "cannot be read"});
  return table;
}

}  // namespace relais::cases
