#include "tests/cases/yaml_parts.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/domain/error.h"
#include "server/nearest.h"
#include "server/yaml_message.h"

namespace relais::cases {

std::vector<Entry> YamlParts::Entries(const YAML::Node& node,
                                      const std::string& what,
                                      const std::vector<std::string>& known) {
  std::vector<Entry> entries;
  if (!node.IsMap()) {
    Add(LineOf(node), absl::StrCat(what, " has to be a map of keys"));
    return entries;
  }
  std::set<std::string> seen;
  for (const auto& pair : node) {
    const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
    const int line = LineOf(pair.first);
    if (!known.empty() &&
        std::find(known.begin(), known.end(), key) == known.end()) {
      std::string help = server::DidYouMean(key, known);
      if (help.empty()) {
        help = absl::StrCat("; known here: ", absl::StrJoin(known, ", "));
      }
      Add(line, absl::StrCat(what, ": unknown key ", Quoted(key), help));
    } else if (!seen.insert(key).second) {
      Add(line, absl::StrCat(what, ": ", Quoted(key), " is given twice"));
    } else {
      entries.push_back({key, line, pair.second});
    }
  }
  return entries;
}

std::string YamlParts::Text(const YAML::Node& node, const std::string& what) {
  if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
  Add(LineOf(node), absl::StrCat(what, " has to be a text"));
  return "";
}

DurationMs YamlParts::Duration(const YAML::Node& node,
                               const std::string& what) {
  return Duration(Text(node, what), what, LineOf(node));
}

DurationMs YamlParts::Duration(const std::string& text, const std::string& what,
                               int line) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  static const std::pair<const char*, DurationMs> kUnits[] = {
      {"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}};
  DurationMs count = 0;
  if (digits != std::string::npos &&
      absl::SimpleAtoi(text.substr(0, digits), &count)) {
    for (const auto& [unit, factor] : kUnits) {
      if (text.substr(digits) == unit) return count * factor;
    }
  }
  Add(line, absl::StrCat(what, " is ", Quoted(text),
                         "; it has to be 500ms, 20s, 5min or 4h"));
  return 0;
}

std::vector<YAML::Node> YamlParts::OneOrMore(const YAML::Node& node) {
  if (!node.IsSequence()) return {node};
  std::vector<YAML::Node> nodes;
  for (const YAML::Node& element : node) nodes.push_back(element);
  if (nodes.empty()) Add(LineOf(node), "an empty list says nothing");
  return nodes;
}

void YamlParts::Fill(const YAML::Node& node, const std::string& what,
                     google::protobuf::Message* message) {
  const server::YamlOutcome outcome =
      server::FillFromYamlNode(node, what, message);
  for (const server::YamlProblem& problem : outcome.problems) {
    Add(problem.place.line, absl::StrCat(problem.path, ": ", problem.message));
  }
}

}  // namespace relais::cases
