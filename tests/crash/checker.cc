#include "tests/crash/checker.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace relais::crash {

absl::StatusOr<Checker> Checker::Start(const std::string& script,
                                       const std::string& directory) {
  auto child =
      Child::Start({"/usr/bin/env", "python3", script, "--follow", directory},
                   Child::Told::kOutput);
  if (!child.ok()) return child.status();
  return Checker(*std::move(child));
}

absl::StatusOr<Verdict> Checker::Check(std::uint64_t life) {
  std::string line;
  if (!child_.Write(absl::StrCat(life, "\n")) || !child_.ReadLine(&line)) {
    return absl::InternalError("the checker has ended");
  }
  Verdict verdict;
  if (!google::protobuf::util::JsonStringToMessage(line, &verdict.figures)
           .ok()) {
    return absl::InternalError(absl::StrCat("the checker said: ", line));
  }
  const auto texts = [&verdict](const std::string& name) {
    std::vector<std::string> all;
    const auto found = verdict.figures.fields().find(name);
    if (found == verdict.figures.fields().end()) return all;
    for (const auto& value : found->second.list_value().values()) {
      all.push_back(value.string_value());
    }
    return all;
  };
  verdict.problems = texts("problems");
  verdict.contacts = texts("sample");
  verdict.last_sequence =
      static_cast<std::uint64_t>(Figure(verdict.figures, "last_sequence"));
  return verdict;
}

double Figure(const google::protobuf::Struct& figures,
              const std::string& name) {
  const auto found = figures.fields().find(name);
  return found == figures.fields().end() ? 0 : found->second.number_value();
}

}  // namespace relais::crash
