// What reading a table's YAML needs: keys that are known and given once, and
// problems with their lines.
//
// Thread safety: none.

#ifndef RELAIS_TESTS_CASES_YAML_PARTS_H_
#define RELAIS_TESTS_CASES_YAML_PARTS_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "relais/types.h"
#include "tests/cases/table.h"
#include "yaml-cpp/yaml.h"

namespace relais::cases {

inline int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

// One key of a map.
struct Entry {
  std::string key;
  int line = 0;
  YAML::Node value;
};

class YamlParts {
 public:
  explicit YamlParts(std::vector<Problem>* problems) : problems_(problems) {}

  void Add(int line, std::string text) {
    problems_->push_back({line, std::move(text)});
  }
  bool ok() const { return problems_->empty(); }

  // The keys of a map in their order; those that are not `known` (empty: any
  // may be), or given before, are problems.
  std::vector<Entry> Entries(const YAML::Node& node, const std::string& what,
                             const std::vector<std::string>& known);
  std::string Text(const YAML::Node& node, const std::string& what);
  // "500ms", "20s", "5min", "4h".
  DurationMs Duration(const YAML::Node& node, const std::string& what);
  DurationMs Duration(const std::string& text, const std::string& what,
                      int line);
  // A list's elements, or the node itself: one may be given without a list.
  std::vector<YAML::Node> OneOrMore(const YAML::Node& node);
  void Fill(const YAML::Node& node, const std::string& what,
            google::protobuf::Message* message);

 private:
  std::vector<Problem>* const problems_;
};

}  // namespace relais::cases

#endif  // RELAIS_TESTS_CASES_YAML_PARTS_H_
