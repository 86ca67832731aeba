#include "lib/domain/validate_configuration.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/domain/configuration_checker.h"
#include "lib/domain/error.h"
#include "lib/domain/nearest_name.h"
#include "lib/domain/requirement_check.h"
#include "lib/domain/utf8.h"

namespace relais {
namespace {

std::string At(std::string_view list, std::size_t i) {
  return absl::StrCat(std::string(list), "[", i, "]");
}

std::string At(std::string_view list, std::size_t i, std::string_view field) {
  if (field.empty()) return At(list, i);
  return absl::StrCat(At(list, i), ".", std::string(field));
}

// Suggestions cost a comparison with every known name; a configuration in
// which everything is misspelt gets them for the first so many names only.
constexpr std::size_t kSuggestionsMax = 64;

}  // namespace

void ConfigurationChecker::CheckCount(std::string_view path, std::size_t count,
                                      std::size_t limit) {
  if (count <= limit) return;
  Error(std::string(path), absl::StrCat("has ", count, " entries; at most ",
                                        limit, " are allowed"));
}

bool ConfigurationChecker::CheckText(const std::string& path,
                                     std::string_view value,
                                     std::size_t bytes_max) {
  if (value.size() > bytes_max) {
    Error(path, absl::StrCat(Quoted(value), " is too long; at most ", bytes_max,
                             " bytes are allowed"));
    return false;
  }
  if (!IsValidUtf8(value)) {
    Error(path, absl::StrCat(Quoted(value), " is not valid UTF-8"));
    return false;
  }
  return true;
}

void ConfigurationChecker::CheckUnique(std::string_view list, std::size_t i,
                                       std::string_view field,
                                       const std::string& value, Index* seen) {
  const std::string path = At(list, i, field);
  if (value.empty()) {
    Error(path,
          absl::StrCat("is empty; give 1 to ", kIdBytesMax, " bytes of UTF-8"));
    return;
  }
  CheckText(path, value, kIdBytesMax);
  const auto [first, fresh] = seen->emplace(value, i);
  if (!fresh) {
    Error(path, absl::StrCat(Quoted(value), " is given twice; first at ",
                             At(list, first->second, field)));
  }
}

void ConfigurationChecker::CheckLevel(const std::string& path, int level) {
  if (level >= kProficiencyLevelMin && level <= kProficiencyLevelMax) return;
  Error(path, absl::StrCat(level, " is not a level; levels are ",
                           kProficiencyLevelMin, " to ", kProficiencyLevelMax));
}

void ConfigurationChecker::CheckDuration(const std::string& path,
                                         DurationMs value, DurationMs min) {
  if (value >= min && value <= kDurationMsMax) return;
  Error(path, absl::StrCat(value, " ms is out of range; give ", min, " to ",
                           kDurationMsMax, " (a week)"));
}

void ConfigurationChecker::CheckChannels(const std::string& path,
                                         ChannelSet channels) {
  if (channels == 0) Error(path, "is empty; name at least one channel");
}

void ConfigurationChecker::CheckReference(const std::string& path,
                                          const std::string& name,
                                          const Index& known,
                                          std::string_view what) {
  if (known.contains(name)) return;
  Error(path, absl::StrCat(Quoted(name),
                           what == "agent" || what == "activity" ? " is not an "
                                                                 : " is not a ",
                           std::string(what), " of this configuration",
                           Suggestion(name, known, what)));
}

std::string ConfigurationChecker::Suggestion(const std::string& name,
                                             const Index& known,
                                             std::string_view what) {
  const std::string key = absl::StrCat(std::string(what), ":", name);
  if (const auto found = suggestions_.find(key); found != suggestions_.end()) {
    return found->second;
  }
  if (suggestions_.size() >= kSuggestionsMax) return "";
  std::vector<std::string_view> names;
  names.reserve(known.size());
  for (const auto& [one, place] : known) names.push_back(one);
  const std::string nearest = NearestName(name, names);
  std::string text;
  if (!nearest.empty()) {
    text = absl::StrCat("; did you mean ", Quoted(nearest), "?");
  }
  suggestions_.emplace(key, text);
  return text;
}

void ConfigurationChecker::CheckReferenceOnce(
    const std::string& list, std::size_t i, std::string_view field,
    const std::string& name, const Index& known, std::string_view what,
    Index* seen) {
  const std::string path = At(list, i, field);
  CheckReference(path, name, known, what);
  const auto [first, fresh] = seen->emplace(name, i);
  if (!fresh) {
    Error(path, absl::StrCat(Quoted(name), " is given twice; first at ",
                             At(list, first->second, field)));
  }
}

// --- Requirements ------------------------------------------------------------

const ConfigurationChecker::Index& ConfigurationChecker::KnownOf(
    Subject subject) const {
  switch (subject) {
    case Subject::kCertification:
      return certifications_;
    case Subject::kLanguage:
      return languages_;
    case Subject::kTeam:
      return teams_;
    case Subject::kSite:
      return sites_;
    default:
      return skills_;
  }
}

void ConfigurationChecker::CheckRequirementOf(
    const RoutingRequirement& requirement, const FieldPath& path) {
  bool right = true;
  relais::CheckRequirement(requirement, path,
                           [&](const FieldPath& where, std::string message) {
                             right = false;
                             Error(where.Text(), std::move(message));
                           });
  ForEachName(
      requirement, path,
      [this](Subject subject, const std::string& name, const FieldPath& where) {
        if (KnownOf(subject).contains(name)) return;
        CheckReference(where.Text(), name, KnownOf(subject),
                       SubjectName(subject));
      });
  CheckRepeats(requirement, path, 0);
  if (!right) return;
  for (Contradiction& found : FindContradictions(requirement, path)) {
    Error(std::move(found.path), std::move(found.message));
  }
}

// One term of all_of can say all there is to say of a skill; elsewhere only the
// same again is a mistake.
void ConfigurationChecker::CheckRepeats(const RoutingRequirement& requirement,
                                        const FieldPath& path, int depth) {
  if (depth > kRequirementDepthMax) return;  // told elsewhere
  const std::pair<std::string_view, const std::vector<RequirementTerm>*>
      lists[] = {{"all_of", &requirement.all_of},
                 {"any_of", &requirement.any_of},
                 {"none_of", &requirement.none_of}};
  for (const auto& [name, terms] : lists) {
    const FieldPath list = path.Field(name);
    const bool all = terms == &requirement.all_of;
    for (std::size_t i = 0; i < terms->size(); ++i) {
      const RequirementTerm& term = (*terms)[i];
      const FieldPath here = list.At(i);
      if (term.requirement != nullptr) {
        CheckRepeats(*term.requirement, here.Field("requirement"), depth + 1);
      }
      const auto begin = terms->begin();
      const auto end = begin + static_cast<std::ptrdiff_t>(
                                   std::min(i, kTermsPerRequirementMax));
      const auto first =
          std::find_if(begin, end, [&](const RequirementTerm& other) {
            return all && !term.skill.empty() ? other.skill == term.skill
                                              : other == term;
          });
      if (first == end || CountSubjects(term) != 1) continue;
      const FieldPath there = list.At(static_cast<std::size_t>(first - begin));
      if (all && !term.skill.empty()) {
        Error(here.Field("skill").Text(),
              absl::StrCat(Quoted(term.skill), " is given twice; first at ",
                           there.Field("skill").Text()));
      } else {
        Error(here.Text(),
              absl::StrCat(Describe(term), " is given twice; first at ",
                           there.Text()));
      }
    }
  }
}

// --- Lists -------------------------------------------------------------------

void ConfigurationChecker::CheckSkills() {
  const auto& skills = configuration_.skills;
  Enter(kSkills, 0);
  CheckCount("skills", skills.size(), kSkillsMax);
  for (std::size_t i = 0; i < skills.size(); ++i) {
    Enter(kSkills, i + 1);
    CheckUnique("skills", i, "name", skills[i].name, &skills_);
    CheckText(At("skills", i, "description"), skills[i].description,
              kAttributesBytesMax);
  }
  for (std::size_t i = 0; i < skills.size(); ++i) {
    Enter(kSkills, i + 1);
    const auto& implies = skills[i].implies;
    const std::string list = At("skills", i, "implies");
    CheckCount(list, implies.size(), kImpliedPerSkillMax);
    Index seen;
    for (std::size_t k = 0; k < implies.size(); ++k) {
      CheckReferenceOnce(list, k, "skill", implies[k].skill, skills_, "skill",
                         &seen);
      CheckLevel(At(list, k, "level_max"), implies[k].level_max);
    }
  }
  CheckSkillGraph();
}

void ConfigurationChecker::CheckSkillGraph() {
  const auto& skills = configuration_.skills;
  closure_ = close_(skills);
  for (const std::vector<std::uint32_t>& cycle : closure_.cycles) {
    std::vector<std::string> names;
    names.reserve(cycle.size() + 1);
    for (const std::uint32_t skill : cycle) names.push_back(skills[skill].name);
    names.push_back(names.front());
    Enter(kSkills, cycle.front() + 1);
    Error(At("skills", cycle.front(), "implies"),
          absl::StrCat("is a cycle: ", absl::StrJoin(names, " -> "),
                       "; leave one of them out"));
  }
  if (closure_.too_many_pairs) {
    Enter(kSkills, 0);
    Error("skills",
          absl::StrCat("imply each other in more than ", kImpliedPairsMax,
                       " pairs, those over others counted; at most ",
                       kImpliedPairsMax, " are allowed"));
  }
}

void ConfigurationChecker::CheckProfiles() {
  const auto& profiles = configuration_.routing_profiles;
  Enter(kProfiles, 0);
  CheckCount("routing_profiles", profiles.size(), kRoutingProfilesMax);
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    Enter(kProfiles, i + 1);
    CheckUnique("routing_profiles", i, "name", profiles[i].name, &profiles_);
    CheckChannels(At("routing_profiles", i, "channels"), profiles[i].channels);
    CheckCapacity(At("routing_profiles", i), profiles[i]);
  }
}

void ConfigurationChecker::CheckNames(Section section, std::string_view list,
                                      const std::vector<std::string>& names,
                                      std::size_t limit, Index* index) {
  Enter(section, 0);
  CheckCount(list, names.size(), limit);
  for (std::size_t i = 0; i < names.size(); ++i) {
    Enter(section, i + 1);
    CheckUnique(list, i, "", names[i], index);
  }
}

void ConfigurationChecker::CheckSites() {
  const auto& sites = configuration_.sites;
  Enter(kSites, 0);
  CheckCount("sites", sites.size(), kSitesMax);
  for (std::size_t i = 0; i < sites.size(); ++i) {
    Enter(kSites, i + 1);
    CheckUnique("sites", i, "name", sites[i].name, &sites_);
  }
}

void ConfigurationChecker::CheckTeams() {
  const auto& teams = configuration_.teams;
  Enter(kTeams, 0);
  CheckCount("teams", teams.size(), kTeamsMax);
  for (std::size_t i = 0; i < teams.size(); ++i) {
    Enter(kTeams, i + 1);
    CheckUnique("teams", i, "name", teams[i].name, &teams_);
    if (teams[i].site.empty()) continue;
    CheckReference(At("teams", i, "site"), teams[i].site, sites_, "site");
  }
}

// A place by grade, so that it is told where the first one stands.
void ConfigurationChecker::CheckGrades() {
  const auto& grades = configuration_.grades;
  Index seen;
  for (std::size_t i = 0; i < grades.size(); ++i) {
    Enter(kGrades, i + 1);
    const int grade = static_cast<int>(grades[i].grade);
    if (grade >= kAgentGradeCount) {
      Error(At("grades", i, "grade"),
            absl::StrCat(grade, " is not a grade; grades are 0 to ",
                         kAgentGradeCount - 1));
    } else {
      const std::string name(AgentGradeName(grades[i].grade));
      const auto [first, fresh] = seen.emplace(name, i);
      if (!fresh) {
        Error(At("grades", i, "grade"),
              absl::StrCat(name, " is given twice; first at ",
                           At("grades", first->second, "grade")));
      }
    }
    CheckLevel(At("grades", i, "default_level"), grades[i].default_level);
  }
}

void ConfigurationChecker::CheckActivities() {
  const auto& activities = configuration_.activities;
  Enter(kActivities, 0);
  CheckCount("activities", activities.size(), kActivitiesMax);
  for (std::size_t i = 0; i < activities.size(); ++i) {
    Enter(kActivities, i + 1);
    CheckUnique("activities", i, "name", activities[i].name, &activities_);
    const std::string path = At("activities", i);
    const FieldPath root(path);
    CheckRequirementOf(activities[i].requirement, root.Field("requirement"));
  }
}

// --- Queues ------------------------------------------------------------------

void ConfigurationChecker::CheckQueue(std::size_t i) {
  const ContactQueue& queue = configuration_.queues[i];
  const std::string path = At("queues", i);
  Enter(kQueues, i + 1);
  CheckUnique("queues", i, "name", queue.name, &queues_);
  CheckChannels(absl::StrCat(path, ".channels"), queue.channels);
  const FieldPath root(path);
  CheckRequirementOf(queue.requirement, root.Field("requirement"));
  if (!queue.activity.empty()) CheckQueueActivity(path, queue);
  if (!queue.plan.empty()) CheckQueuePlan(path, queue);
  CheckQueueTerms(path, queue);
}

void ConfigurationChecker::CheckQueueActivity(const std::string& path,
                                              const ContactQueue& queue) {
  CheckReference(absl::StrCat(path, ".activity"), queue.activity, activities_,
                 "activity");
  const auto found = activities_.find(queue.activity);
  if (found == activities_.end()) return;
  const Activity& activity = configuration_.activities[found->second];
  const auto outside =
      static_cast<ChannelSet>(queue.channels & ~activity.channels);
  if (activity.channels != 0 && outside != 0) {
    std::vector<std::string> names;
    for (int i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      if (Contains(outside, channel)) names.emplace_back(ChannelName(channel));
    }
    Error(absl::StrCat(path, ".channels"),
          absl::StrCat("has ", absl::StrJoin(names, ", "),
                       ", which the activity ", Quoted(queue.activity),
                       " does not allow"));
  }
  // Only of requirements that are right in themselves.
  const FieldPath root(path);
  const FieldPath requirement = root.Field("requirement");
  bool right = !IsWrong(kActivities, found->second + 1);
  const auto wrong = [&right](const FieldPath&, const std::string&) {
    right = false;
  };
  relais::CheckRequirement(queue.requirement, requirement, wrong);
  if (!right || FindContradiction(queue.requirement, requirement)) return;
  for (Contradiction& both : FindContradictions(queue.requirement, requirement,
                                                &activity.requirement)) {
    Error(std::move(both.path),
          absl::StrCat(both.message, " (the activity ", Quoted(queue.activity),
                       " asks for its own, too)"));
  }
}

void ConfigurationChecker::CheckQueueTerms(const std::string& path,
                                           const ContactQueue& queue) {
  const double fraction = queue.service_level.answered_fraction;
  if (!(fraction > 0 && fraction <= 1)) {  // NaN included
    Error(absl::StrCat(path, ".service_level.answered_fraction"),
          absl::StrCat(fraction,
                       " is not a fraction; give a number above 0 and at most "
                       "1, such as 0.8"));
  }
  CheckDuration(absl::StrCat(path, ".service_level.threshold_ms"),
                queue.service_level.threshold_ms, 0);
  CheckDuration(absl::StrCat(path, ".offer_timeout_ms"), queue.offer_timeout_ms,
                0);
  CheckDuration(absl::StrCat(path, ".wrap_up_ms"), queue.wrap_up_ms, 0);
  CheckDuration(absl::StrCat(path, ".decline_retry_ms"), queue.decline_retry_ms,
                0);
  CheckDuration(absl::StrCat(path, ".wait_limit_ms"), queue.wait_limit_ms, 0);
  CheckDuration(absl::StrCat(path, ".handling_lease_ms"),
                queue.handling_lease_ms, 1);
  CheckDuration(absl::StrCat(path, ".short_abandon_threshold_ms"),
                queue.short_abandon_threshold_ms, 0);
  CheckDuration(absl::StrCat(path, ".hold.idle_ms"), queue.hold.idle_ms, 0);
  CheckDuration(absl::StrCat(path, ".hold.handling_ms"), queue.hold.handling_ms,
                0);
  CheckDuration(absl::StrCat(path, ".hold.wrapping_up_ms"),
                queue.hold.wrapping_up_ms, 0);
  CheckDuration(absl::StrCat(path, ".hold.absent_until_ms"),
                queue.hold.absent_until_ms, 0);
  if (queue.pull_only && queue.hold != HoldTimes()) {
    Warn(absl::StrCat(path, ".hold"),
         "has no effect: contacts of a pull_only queue are held for nobody");
  }
  const int share = queue.panel_max_share_percent;
  if (queue.pull_only && share != 0) {
    Warn(absl::StrCat(path, ".panel_max_share_percent"),
         "has no effect: contacts of a pull_only queue are held for nobody");
  }
  if (share != 0 &&
      (share < kPanelSharePercentMin || share > kPanelSharePercentMax)) {
    Error(absl::StrCat(path, ".panel_max_share_percent"),
          absl::StrCat(share, " is not in ", kPanelSharePercentMin, "..",
                       kPanelSharePercentMax, "; 0: no guard"));
  }
  for (std::size_t k = 0; k < queue.priority_credit_ms.size(); ++k) {
    CheckDuration(absl::StrCat(path, ".priority_credit_ms[", k, "]"),
                  queue.priority_credit_ms[k], 0);
  }
}

bool ConfigurationChecker::AgentsAreRight() const {
  std::size_t errors = 0;
  for (int section = kSkills; section <= kAgents; ++section) {
    errors += errors_[section];
  }
  return errors == 0;
}

std::vector<Finding> ConfigurationChecker::Run() && {
  if (!configuration_.name.empty()) {
    CheckText("name", configuration_.name, kIdBytesMax);
  }
  CheckSkills();
  CheckProfiles();
  CheckNames(kCertifications, "certifications", configuration_.certifications,
             kCertificationsMax, &certifications_);
  CheckNames(kLanguages, "languages", configuration_.languages, kLanguagesMax,
             &languages_);
  CheckSites();
  CheckTeams();
  CheckGrades();
  CheckActivities();
  Enter(kAgents, 0);
  CheckCount("agents", configuration_.agents.size(), limits_.agents);
  for (std::size_t i = 0; i < configuration_.agents.size(); ++i) CheckAgent(i);
  for (std::size_t i = 0; i < configuration_.agents.size(); ++i) {
    Enter(kAgents, i + 1);
    CheckTutors(configuration_.agents[i], At("agents", i));
  }
  CheckPlans();
  Enter(kQueues, 0);
  CheckCount("queues", configuration_.queues.size(), limits_.queues);
  for (std::size_t i = 0; i < configuration_.queues.size(); ++i) CheckQueue(i);
  CheckRingQueues();
  CheckChoice();
  CheckReserves();
  WarnAboutUnusedProfiles();
  WarnAboutUnusedPlans();
  WarnAboutReachability();
  std::stable_sort(noted_.begin(), noted_.end(),
                   [](const Noted& a, const Noted& b) {
                     return a.section != b.section ? a.section < b.section
                                                   : a.place < b.place;
                   });
  std::vector<Finding> findings;
  findings.reserve(noted_.size());
  for (Noted& noted : noted_) findings.push_back(std::move(noted.finding));
  return findings;
}

std::vector<Finding> CheckConfiguration(const Configuration& configuration,
                                        const Limits& limits,
                                        CloseSkillsFn close, bool applied) {
  return ConfigurationChecker(configuration, limits, close, applied).Run();
}

std::vector<Finding> CheckAgentOf(const AgentConfiguration& agent,
                                  const Configuration& configuration) {
  return ConfigurationChecker(
             configuration, Limits(),
             [](const std::vector<Skill>&) { return SkillClosure(); })
      .RunForAgent(agent);
}

bool HasErrors(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) {
                       return finding.severity == Finding::Severity::kError;
                     });
}

}  // namespace relais
