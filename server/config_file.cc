#include "server/config_file.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/convert.h"
#include "server/what_was_read.h"
#include "server/yaml_message.h"

namespace relais::server {
namespace {

// A centre of 10,000 agents with twenty skills each is about 8 MiB.
constexpr std::size_t kFileBytesMax = 64U << 20;

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

// A capacity is told by the name of its channel; the file has it by number.
std::string PathInFile(const std::string& path,
                       const v1::Configuration& centre) {
  for (int i = 0; i < centre.routing_profiles_size(); ++i) {
    const std::string list =
        absl::StrCat("routing_profiles[", i, "].channel_capacities[");
    if (!absl::StartsWith(path, list)) continue;
    const auto& capacities = centre.routing_profiles(i).channel_capacities();
    for (int k = 0; k < capacities.size(); ++k) {
      const std::string channel = EnumValueShortName(
          *v1::Channel_descriptor(), capacities.Get(k).channel());
      const std::string named = absl::StrCat(list, channel, "]");
      if (!absl::StartsWith(path, named)) continue;
      return absl::StrCat(list, k, "]", path.substr(named.size()));
    }
  }
  return path;
}

// Of what is missing the wire's names are told, "CHANNEL_VOICE (1)"; the file
// has others.
std::string InWordsOfFile(std::string message) {
  for (const auto* type :
       {v1::Channel_descriptor(), v1::AgentGrade_descriptor()}) {
    for (int i = 0; i < type->value_count(); ++i) {
      const int number = type->value(i)->number();
      absl::StrReplaceAll(
          {{absl::StrCat(type->value(i)->name(), " (", number, ")"),
            EnumValueShortName(*type, number)}},
          &message);
    }
  }
  return message;
}

// Errors first among those that stay; the rest is counted.
void Shorten(std::size_t findings_max, std::vector<FileFinding>* findings,
             std::vector<FileFinding>* more) {
  if (findings->size() <= findings_max) return;
  const bool errors = std::any_of(
      findings->begin(), findings->end(), [](const FileFinding& found) {
        return found.finding.severity == Finding::Severity::kError;
      });
  std::stable_partition(
      findings->begin(), findings->end(), [](const FileFinding& found) {
        return found.finding.severity == Finding::Severity::kError;
      });
  more->push_back(
      {{errors ? Finding::Severity::kError : Finding::Severity::kWarning, "",
        absl::StrCat("and ", findings->size() - findings_max,
                     " more findings")},
       0,
       0});
  findings->resize(findings_max);
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

ConfigFile ReadConfigFile(const std::string& file_name, const Limits& limits,
                          std::size_t findings_max) {
  errno = 0;
  std::ifstream file(file_name, std::ios::binary);
  if (!file) {
    return WholeFileProblem(absl::StrCat(
        "cannot be opened: ", std::generic_category().message(errno)));
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
    return WholeFileProblem(absl::StrCat(
        "cannot be read: ", std::generic_category().message(errno)));
  }
  return ReadConfigText(text, limits, findings_max);
}

ConfigFile ReadConfigText(const std::string& text, const Limits& limits,
                          std::size_t findings_max) {
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
  if (outcome.whole) {
    std::vector<Finding> checked =
        ValidateConfiguration(result.configuration, limits);
    std::move(checked.begin(), checked.end(), std::back_inserter(findings));
  }
  if (!outcome.problems.empty()) {
    findings = OfWhatWasRead(std::move(findings), outcome);
  }
  for (Finding& finding : findings) {
    const YamlPlace place =
        PlaceOf(PathInFile(finding.path, result.message), outcome.places);
    finding.message = InWordsOfFile(std::move(finding.message));
    result.findings.push_back({std::move(finding), place.line, place.column});
  }
  std::vector<FileFinding> more;
  Shorten(findings_max, &result.findings, &more);
  std::stable_sort(result.findings.begin(), result.findings.end(),
                   [](const FileFinding& a, const FileFinding& b) {
                     return std::tie(a.line, a.column) <
                            std::tie(b.line, b.column);
                   });
  std::move(more.begin(), more.end(), std::back_inserter(result.findings));
  return result;
}

}  // namespace relais::server
