#include "server/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/convert.h"
#include "server/yaml_message.h"

namespace relais::server {
namespace {

// A centre of 10,000 agents with twenty skills each is about 8 MiB.
constexpr std::size_t kFileBytesMax = 64U << 20;

// Nobody corrects more at once.
constexpr std::size_t kFindingsMax = 200;

// The place of the path, or of the nearest part of it that the file gives: a
// missing key is found where its parent is.
YamlPlace PlaceOf(std::string path,
                  const std::map<std::string, YamlPlace>& places) {
  while (!path.empty()) {
    const auto place = places.find(path);
    if (place != places.end()) return place->second;
    const std::size_t cut = path.find_last_of(".[");
    path.resize(cut == std::string::npos ? 0 : cut);
  }
  return {};
}

ConfigFile WholeFileProblem(std::string message) {
  ConfigFile result;
  result.findings.push_back(
      {{Finding::Severity::kError, "", std::move(message)}, 0, 0});
  return result;
}

}  // namespace

bool ConfigFile::HasErrors() const {
  for (const FileFinding& found : findings) {
    if (found.finding.severity == Finding::Severity::kError) return true;
  }
  return false;
}

std::string ConfigFile::Describe(std::string_view file_name) const {
  std::string text;
  for (const FileFinding& found : findings) {
    text += file_name;
    if (found.line > 0) absl::StrAppend(&text, ":", found.line);
    if (found.column > 0) absl::StrAppend(&text, ":", found.column);
    absl::StrAppend(&text, ": ",
                    found.finding.severity == Finding::Severity::kError
                        ? "error: "
                        : "warning: ");
    if (!found.finding.path.empty()) {
      absl::StrAppend(&text, found.finding.path, ": ");
    }
    absl::StrAppend(&text, found.finding.message, "\n");
  }
  return text;
}

ConfigFile ReadConfigFile(const std::string& file_name, const Limits& limits) {
  errno = 0;
  std::ifstream file(file_name, std::ios::binary);
  if (!file) {
    return WholeFileProblem(
        absl::StrCat("cannot be opened: ", std::strerror(errno)));
  }
  std::string text;
  char buffer[65'536];
  while (file.read(buffer, sizeof(buffer)) || file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kFileBytesMax) {
      return WholeFileProblem(
          absl::StrCat("has more than ", kFileBytesMax, " bytes"));
    }
  }
  if (file.bad()) {
    return WholeFileProblem(
        absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  return ReadConfigText(text, limits);
}

ConfigFile ReadConfigText(const std::string& text, const Limits& limits) {
  ConfigFile result;
  const YamlOutcome outcome = FillFromYaml(text, &result.message);
  for (const YamlProblem& problem : outcome.problems) {
    result.findings.push_back(
        {{Finding::Severity::kError, problem.path, problem.message},
         problem.place.line,
         problem.place.column});
  }
  std::vector<Finding> findings;
  result.configuration = ToDomain(result.message, &findings);
  if (outcome.problems.empty()) {
    // A file with mistakes is read in part, and what is missing then would
    // only give rise to findings that are not the operator's.
    for (Finding& finding :
         ValidateConfiguration(result.configuration, limits)) {
      findings.push_back(std::move(finding));
    }
  }
  const bool errors = relais::HasErrors(findings);
  if (findings.size() > kFindingsMax) {
    std::stable_partition(
        findings.begin(), findings.end(), [](const Finding& finding) {
          return finding.severity == Finding::Severity::kError;
        });
    const std::size_t more = findings.size() - kFindingsMax;
    findings.resize(kFindingsMax);
    findings.push_back(
        {errors ? Finding::Severity::kError : Finding::Severity::kWarning, "",
         absl::StrCat("and ", more, " more findings")});
  }
  for (Finding& finding : findings) {
    const YamlPlace place = PlaceOf(finding.path, outcome.places);
    result.findings.push_back({std::move(finding), place.line, place.column});
  }
  return result;
}

}  // namespace relais::server
