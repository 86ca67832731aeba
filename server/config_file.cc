#include "server/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/convert.h"
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

// "queues[3].requirement" -> "queues"
std::string SectionOf(const std::string& path) {
  return path.substr(0, path.find_first_of(".["));
}

// "queues[3].requirement" -> "queues[3]"; the path itself of what is no entry.
std::string EntryOf(const std::string& path) {
  const std::size_t end = path.find(']');
  return end == std::string::npos ? path : path.substr(0, end + 1);
}

// Whose names a section refers to. What is not listed here may refer to
// anything.
bool RefersTo(const std::string& section, const std::string& other) {
  static const auto* const kReferences =
      new std::map<std::string, std::set<std::string>>{
          {"name", {}},
          {"skills", {"skills"}},
          {"routing_profiles", {}},
          {"certifications", {}},
          {"languages", {}},
          {"sites", {}},
          {"teams", {"sites"}},
          {"grades", {}},
          {"activities",
           {"skills", "certifications", "languages", "sites", "teams"}},
          {"agents",
           {"skills", "routing_profiles", "certifications", "languages",
            "sites", "teams"}},
          {"queues",
           {"skills", "certifications", "languages", "sites", "teams",
            "activities"}}};
  const auto found = kReferences->find(section);
  return found == kReferences->end() || found->second.contains(other);
}

// Without what may be so only because something was not read.
std::vector<Finding> OfWhatWasRead(std::vector<Finding> findings,
                                   const YamlOutcome& outcome) {
  std::set<std::string> sections;
  std::set<std::string> entries;
  for (const YamlProblem& problem : outcome.problems) {
    sections.insert(SectionOf(problem.path));
    entries.insert(EntryOf(problem.path));
  }
  const google::protobuf::Descriptor& centre = *v1::Configuration::descriptor();
  for (const std::string& section : sections) {
    // A whole section may be missing, under whatever name.
    if (centre.FindFieldByName(section) == nullptr) return {};
  }
  std::erase_if(findings, [&](const Finding& finding) {
    const std::string section = SectionOf(finding.path);
    return finding.severity != Finding::Severity::kError ||
           entries.contains(section) ||
           // An agent's tutor is the one name that stands in its own list.
           (absl::EndsWith(finding.path, ".tutor") &&
            sections.contains("agents")) ||
           entries.contains(EntryOf(finding.path)) ||
           std::any_of(sections.begin(), sections.end(),
                       [&section](const std::string& other) {
                         return RefersTo(section, other);
                       });
  });
  return findings;
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
    if (!outcome.problems.empty()) {
      checked = OfWhatWasRead(std::move(checked), outcome);
    }
    std::move(checked.begin(), checked.end(), std::back_inserter(findings));
  }
  for (Finding& finding : findings) {
    const YamlPlace place = PlaceOf(finding.path, outcome.places);
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
