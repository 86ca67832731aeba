#include "server/what_was_read.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace relais::server {
namespace {

// "queues[3].requirement" -> "queues"
std::string SectionOf(const std::string& path) {
  return path.substr(0, path.find_first_of(".["));
}

// "queues[3].requirement" -> "queues[3]"
std::string ParentOf(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

// "agents[3].languages[1]" -> "agents[3].languages"
std::string ListOf(const std::string& path) {
  return absl::EndsWith(path, "]") ? path.substr(0, path.rfind('[')) : path;
}

// "agents[3].languages[1]" -> "languages"
std::string LeafOf(const std::string& path) {
  const std::string list = ListOf(path);
  return list.substr(list.rfind('.') + 1);
}

bool IsBelow(const std::string& path, const std::string& other) {
  return path.size() > other.size() && absl::StartsWith(path, other) &&
         (path[other.size()] == '.' || path[other.size()] == '[');
}

// The whole requirement that a term at this path belongs to.
std::string RequirementOf(const std::string& path) {
  constexpr absl::string_view kField = ".requirement";
  const std::size_t at = path.find(kField.data());
  return at == std::string::npos ? "" : path.substr(0, at + kField.size());
}

// Right or wrong whatever stands beside it.
bool StandsAlone(const std::string& leaf) {
  static const auto* const kLeaves =
      new std::set<std::string>{"activity",
                                "answered_fraction",
                                "capacity_units",
                                "certification",
                                "certifications",
                                "contacts_max",
                                "default_level",
                                "drop_skills",
                                "id",
                                "keep",
                                "language",
                                "languages",
                                "level",
                                "lower_all_by",
                                "name",
                                "priority",
                                "queue",
                                "routing_profile",
                                "sites",
                                "skill",
                                "team",
                                "teams",
                                "weight",
                                "panel_max_share_percent"};
  return absl::EndsWith(leaf, "_ms") || kLeaves->contains(leaf);
}

// Said of terms together, not of one value.
bool IsOfTerms(const std::string& leaf) {
  static const auto* const kLeaves = new std::set<std::string>{
      "all_of", "any_of", "none_of", "preferred", "requirement"};
  return kLeaves->contains(leaf);
}

// The section whose names this field takes; empty: it takes none.
std::string NamesOf(const std::string& leaf) {
  static const auto* const kSections = new std::map<std::string, std::string>{
      {"activity", "activities"},
      {"certification", "certifications"},
      {"certifications", "certifications"},
      {"drop_skills", "skills"},
      {"language", "languages"},
      {"languages", "languages"},
      {"plan", "bullseye_plans"},
      {"queue", "queues"},
      {"queues", "queues"},
      {"routing_profile", "routing_profiles"},
      {"site", "sites"},
      {"sites", "sites"},
      {"skill", "skills"},
      {"team", "teams"},
      {"teams", "teams"},
      {"tutor", "agents"}};
  const auto found = kSections->find(leaf);
  return found == kSections->end() ? "" : found->second;
}

class Unread {
 public:
  explicit Unread(const YamlOutcome& outcome) : outcome_(outcome) {
    for (const YamlProblem& problem : outcome.problems) {
      paths_.insert(problem.path);
    }
    for (const std::string& path : paths_) Note(path);
  }

  bool MayCause(const Finding& finding) const {
    const std::string& path = finding.path;
    const std::string leaf = LeafOf(path);
    if (finding.severity != Finding::Severity::kError) return true;
    if (MayLackName(path, leaf) || MayContradict(path, leaf)) return true;
    if (!outcome_.places.contains(path)) return MayBeMissing(path);
    return HasProblemIn(ListOf(path)) ||
           (spoiled_.contains(ParentOf(path)) && !StandsAlone(leaf));
  }

 private:
  void Note(const std::string& path) {
    sections_.insert(SectionOf(path));
    const std::string parent = ParentOf(path);
    if (parent.empty() && !outcome_.places.contains(path)) some_section_ = true;
    if (!parent.empty()) spoiled_.insert(parent);
    spoiled_.insert(path);
    // Of which entry it is, and whether that still says its name.
    const std::string entry = path.substr(0, path.find(']') + 1);
    const bool named =
        !entry.empty() && path != entry &&
        (IsNameRead(entry + ".name") || IsNameRead(entry + ".id"));
    if (!named) nameless_.insert(SectionOf(path));
  }

  bool IsNameRead(const std::string& path) const {
    return outcome_.places.contains(path) && !paths_.contains(path);
  }

  bool HasProblemIn(const std::string& path) const {
    if (paths_.contains(path)) return true;
    // The first path that may be below it, of each kind.
    for (const char* next : {".", "["}) {
      const auto at = paths_.lower_bound(path + next);
      if (at != paths_.end() && IsBelow(*at, path)) return true;
    }
    return false;
  }

  bool MayLackName(const std::string& path, const std::string& leaf) const {
    const std::string names = NamesOf(leaf);
    // The lists that are names themselves refer to nothing.
    if (names.empty() || path == SectionOf(path)) return false;
    // An agent's site is compared with its team's.
    if (leaf == "site" && sections_.contains("teams")) return true;
    return nameless_.contains(names) ||
           (some_section_ && !outcome_.places.contains(names));
  }

  bool MayContradict(const std::string& path, const std::string& leaf) const {
    if (IsOfTerms(leaf)) {
      const std::string requirement = RequirementOf(path);
      if (!requirement.empty() && HasProblemIn(requirement)) return true;
    }
    // A queue is compared with its activity.
    return SectionOf(path) == "queues" && sections_.contains("activities") &&
           (leaf == "channels" || !RequirementOf(path).empty()) &&
           NamesOf(leaf).empty() && !StandsAlone(leaf);
  }

  bool MayBeMissing(const std::string& path) const {
    if (path == SectionOf(path)) return some_section_;
    if (HasProblemIn(path)) return true;
    for (std::string above = path; !above.empty(); above = ParentOf(above)) {
      if (spoiled_.contains(above) || spoiled_.contains(ListOf(above))) {
        return true;
      }
    }
    return false;
  }

  const YamlOutcome& outcome_;
  std::set<std::string> paths_;     // of all problems
  std::set<std::string> sections_;  // with any problem
  std::set<std::string> nameless_;  // with an entry that does not say its name
  std::set<std::string> spoiled_;   // messages and values with a problem
  bool some_section_ = false;  // a whole one may be missing, under any name
};

}  // namespace

std::vector<Finding> OfWhatWasRead(std::vector<Finding> findings,
                                   const YamlOutcome& outcome) {
  const Unread unread(outcome);
  std::erase_if(findings, [&unread](const Finding& finding) {
    return unread.MayCause(finding);
  });
  return findings;
}

}  // namespace relais::server
