#include "lib/domain/validate_configuration.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/domain/error.h"
#include "lib/domain/nearest_name.h"
#include "lib/domain/reachability.h"
#include "lib/domain/utf8.h"
#include "lib/domain/validate_choice.h"

namespace relais {
namespace {

using Index = absl::flat_hash_map<std::string, std::size_t>;

std::string At(std::string_view list, std::size_t i) {
  return absl::StrCat(std::string(list), "[", i, "]");
}

std::vector<std::string_view> NamesOf(const Index& index) {
  std::vector<std::string_view> names;
  names.reserve(index.size());
  for (const auto& [name, place] : index) names.push_back(name);
  return names;
}

// In the order of findings.
enum Section { kCentre, kSkills, kProfiles, kAgents, kQueues, kChoice };

// Suggestions cost a comparison with every known name; a configuration in
// which everything is misspelt gets them for the first so many names only.
constexpr std::size_t kSuggestionsMax = 64;

// Collects findings, entry by entry, and sorts them in the end: warnings about
// who could serve whom come only after everything was checked.
class Checker {
 public:
  Checker(const Configuration& configuration, const Limits& limits)
      : configuration_(configuration), limits_(limits) {}

  std::vector<Finding> Run() &&;

 private:
  struct Noted {
    Section section;
    std::size_t place;  // 0 = the list itself, 1 + index of an entry
    Finding finding;
  };

  // What follows is about this.
  void Enter(Section section, std::size_t place) {
    section_ = section;
    place_ = place;
  }
  void Note(Finding::Severity severity, std::string path, std::string message) {
    noted_.push_back(
        {section_, place_, {severity, std::move(path), std::move(message)}});
  }
  void Error(std::string path, std::string message) {
    ++errors_[section_];
    Note(Finding::Severity::kError, std::move(path), std::move(message));
  }
  void Warn(std::string path, std::string message) {
    Note(Finding::Severity::kWarning, std::move(path), std::move(message));
  }

  void CheckCount(std::string_view path, std::size_t count, std::size_t limit);
  // Whether the text is at most `bytes_max` long and UTF-8.
  bool CheckText(const std::string& path, std::string_view value,
                 std::size_t bytes_max);
  // As CheckText, not empty, and not among those seen in this list before.
  void CheckUnique(std::string_view list, std::size_t i, std::string_view field,
                   const std::string& value, Index* seen);
  void CheckLevel(const std::string& path, int level);
  void CheckDuration(const std::string& path, DurationMs value, DurationMs min);
  void CheckChannels(const std::string& path, ChannelSet channels);
  // A name that must be in `known`.
  void CheckReference(const std::string& path, const std::string& name,
                      const Index& known, std::string_view what);
  std::string Suggestion(const std::string& name, const Index& known);
  // Also notes where a list names the same skill again.
  void CheckSkillReference(const std::string& list, std::size_t i,
                           const std::string& skill, Index* seen);

  void CheckSkills();
  void CheckProfiles();
  void CheckAgent(std::size_t i);
  void CheckQueue(std::size_t i);
  void CheckQueueTerms(const std::string& path, const ContactQueue& queue);
  void CheckChoice();

  void WarnAboutUnusedProfiles();
  Reachability CompileAgents() const;
  SkillLevels CompileTerms(const RoutingRequirement& requirement) const;
  void WarnAboutQueue(std::size_t i, const SkillLevels& all_of,
                      const Reachability& reachability);
  std::string WhyNobody(const RoutingRequirement& requirement, Channel channel,
                        const Reachability& reachability) const;
  void WarnAboutReachability();

  const Configuration& configuration_;
  const Limits& limits_;
  std::vector<Noted> noted_;
  Section section_ = kCentre;
  std::size_t place_ = 0;
  std::size_t errors_[kChoice + 1] = {};
  absl::flat_hash_map<std::string, std::string> suggestions_;
  Index skills_;
  Index profiles_;
  Index agents_;
  Index queues_;
};

void Checker::CheckCount(std::string_view path, std::size_t count,
                         std::size_t limit) {
  if (count <= limit) return;
  Error(std::string(path), absl::StrCat("has ", count, " entries; at most ",
                                        limit, " are allowed"));
}

bool Checker::CheckText(const std::string& path, std::string_view value,
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

void Checker::CheckUnique(std::string_view list, std::size_t i,
                          std::string_view field, const std::string& value,
                          Index* seen) {
  const std::string path = absl::StrCat(At(list, i), ".", std::string(field));
  if (value.empty()) {
    Error(path,
          absl::StrCat("is empty; give 1 to ", kIdBytesMax, " bytes of UTF-8"));
    return;
  }
  CheckText(path, value, kIdBytesMax);
  const auto [first, fresh] = seen->emplace(value, i);
  if (!fresh) {
    Error(path, absl::StrCat(Quoted(value), " is given twice; first at ",
                             At(list, first->second), ".", std::string(field)));
  }
}

void Checker::CheckLevel(const std::string& path, int level) {
  if (level >= kProficiencyLevelMin && level <= kProficiencyLevelMax) return;
  Error(path, absl::StrCat(level, " is not a level; levels are ",
                           kProficiencyLevelMin, " to ", kProficiencyLevelMax));
}

void Checker::CheckDuration(const std::string& path, DurationMs value,
                            DurationMs min) {
  if (value >= min && value <= kDurationMsMax) return;
  Error(path, absl::StrCat(value, " ms is out of range; give ", min, " to ",
                           kDurationMsMax, " (a week)"));
}

void Checker::CheckChannels(const std::string& path, ChannelSet channels) {
  if (channels == 0) Error(path, "is empty; name at least one channel");
}

void Checker::CheckReference(const std::string& path, const std::string& name,
                             const Index& known, std::string_view what) {
  if (known.contains(name)) return;
  Error(path, absl::StrCat(Quoted(name), " is not a ", std::string(what),
                           " of this configuration", Suggestion(name, known)));
}

std::string Checker::Suggestion(const std::string& name, const Index& known) {
  if (const auto found = suggestions_.find(name); found != suggestions_.end()) {
    return found->second;
  }
  if (suggestions_.size() >= kSuggestionsMax) return "";
  const std::string nearest = NearestName(name, NamesOf(known));
  std::string text;
  if (!nearest.empty()) {
    text = absl::StrCat("; did you mean ", Quoted(nearest), "?");
  }
  suggestions_.emplace(name, text);
  return text;
}

void Checker::CheckSkillReference(const std::string& list, std::size_t i,
                                  const std::string& skill, Index* seen) {
  const std::string path = absl::StrCat(At(list, i), ".skill");
  CheckReference(path, skill, skills_, "skill");
  const auto [first, fresh] = seen->emplace(skill, i);
  if (!fresh) {
    Error(path, absl::StrCat(Quoted(skill), " is given twice; first at ",
                             At(list, first->second), ".skill"));
  }
}

void Checker::CheckSkills() {
  const auto& skills = configuration_.skills;
  Enter(kSkills, 0);
  CheckCount("skills", skills.size(), kSkillsMax);
  for (std::size_t i = 0; i < skills.size(); ++i) {
    Enter(kSkills, i + 1);
    CheckUnique("skills", i, "name", skills[i].name, &skills_);
    CheckText(absl::StrCat(At("skills", i), ".description"),
              skills[i].description, kAttributesBytesMax);
  }
}

void Checker::CheckProfiles() {
  const auto& profiles = configuration_.routing_profiles;
  Enter(kProfiles, 0);
  CheckCount("routing_profiles", profiles.size(), kRoutingProfilesMax);
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    Enter(kProfiles, i + 1);
    CheckUnique("routing_profiles", i, "name", profiles[i].name, &profiles_);
    CheckChannels(absl::StrCat(At("routing_profiles", i), ".channels"),
                  profiles[i].channels);
  }
}

void Checker::CheckAgent(std::size_t i) {
  const AgentConfiguration& agent = configuration_.agents[i];
  const std::string path = At("agents", i);
  Enter(kAgents, i + 1);
  CheckUnique("agents", i, "id", agent.id, &agents_);
  if (static_cast<int>(agent.grade) >= kAgentGradeCount) {
    Error(absl::StrCat(path, ".grade"),
          absl::StrCat(static_cast<int>(agent.grade),
                       " is not a grade; grades are 0 to ",
                       kAgentGradeCount - 1));
  }
  CheckReference(absl::StrCat(path, ".routing_profile"), agent.routing_profile,
                 profiles_, "routing profile");
  const std::string list = absl::StrCat(path, ".skills");
  CheckCount(list, agent.skills.size(), kSkillsPerAgentMax);
  Index seen;
  for (std::size_t k = 0; k < agent.skills.size(); ++k) {
    CheckSkillReference(list, k, agent.skills[k].skill, &seen);
    CheckLevel(absl::StrCat(At(list, k), ".level"), agent.skills[k].level);
  }
}

void Checker::CheckQueue(std::size_t i) {
  const ContactQueue& queue = configuration_.queues[i];
  const std::string path = At("queues", i);
  Enter(kQueues, i + 1);
  CheckUnique("queues", i, "name", queue.name, &queues_);
  CheckChannels(absl::StrCat(path, ".channels"), queue.channels);
  const std::string list = absl::StrCat(path, ".requirement.all_of");
  const auto& terms = queue.requirement.all_of;
  CheckCount(list, terms.size(), kSkillsPerRequirementMax);
  Index seen;
  for (std::size_t k = 0; k < terms.size(); ++k) {
    CheckSkillReference(list, k, terms[k].skill, &seen);
    CheckLevel(absl::StrCat(At(list, k), ".level_min"), terms[k].level_min);
  }
  CheckQueueTerms(path, queue);
}

void Checker::CheckQueueTerms(const std::string& path,
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
  for (std::size_t k = 0; k < queue.priority_credit_ms.size(); ++k) {
    CheckDuration(absl::StrCat(path, ".priority_credit_ms[", k, "]"),
                  queue.priority_credit_ms[k], 0);
  }
}

void Checker::CheckChoice() {
  Enter(kChoice, 0);
  for (Finding& finding : ValidateChoice(configuration_)) {
    if (finding.severity == Finding::Severity::kError) {
      Error(std::move(finding.path), std::move(finding.message));
    } else {
      Warn(std::move(finding.path), std::move(finding.message));
    }
  }
}

void Checker::WarnAboutUnusedProfiles() {
  absl::flat_hash_set<std::string> used;
  for (const auto& agent : configuration_.agents) {
    used.insert(agent.routing_profile);
  }
  const auto& profiles = configuration_.routing_profiles;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (profiles[i].name.empty() || used.contains(profiles[i].name)) continue;
    Enter(kProfiles, i + 1);
    Warn(At("routing_profiles", i),
         absl::StrCat("no agent uses the routing profile ",
                      Quoted(profiles[i].name)));
  }
}

// Requires: no errors in skills, profiles and agents.
Reachability Checker::CompileAgents() const {
  Reachability reachability(configuration_.skills.size());
  for (const AgentConfiguration& agent : configuration_.agents) {
    CompiledProfile profile;
    profile.channels =
        configuration_.routing_profiles[profiles_.at(agent.routing_profile)]
            .channels;
    for (const AgentSkill& held : agent.skills) {
      profile.skills.push_back(
          {static_cast<std::uint32_t>(skills_.at(held.skill)),
           static_cast<std::uint8_t>(held.level)});
    }
    Normalize(&profile.skills);
    reachability.AddAgent(profile);
  }
  return reachability;
}

// Requires: no errors in skills and in the requirement.
SkillLevels Checker::CompileTerms(const RoutingRequirement& requirement) const {
  SkillLevels all_of;
  for (const SkillRequirement& term : requirement.all_of) {
    all_of.push_back({static_cast<std::uint32_t>(skills_.at(term.skill)),
                      static_cast<std::uint8_t>(term.level_min)});
  }
  Normalize(&all_of);
  return all_of;
}

// Requires: no agent with the channel meets the requirement.
std::string Checker::WhyNobody(const RoutingRequirement& requirement,
                               Channel channel,
                               const Reachability& reachability) const {
  const std::string name(ChannelName(channel));
  if (!reachability.has_agents()) return "there are no agents";
  if (!Contains(reachability.channels(), channel)) {
    return absl::StrCat("no agent's routing profile has the channel ", name);
  }
  // What nobody has at all explains more than what nobody on the channel has.
  for (const ChannelSet among : {reachability.channels(), SetOf(channel)}) {
    const std::string who = among == SetOf(channel)
                                ? absl::StrCat("no agent with channel ", name)
                                : "nobody";
    for (const SkillRequirement& term : requirement.all_of) {
      const int highest = reachability.HighestLevel(
          static_cast<std::uint32_t>(skills_.at(term.skill)), among);
      if (highest == 0) {
        return absl::StrCat(who, " has the skill ", Quoted(term.skill));
      }
      if (highest < term.level_min) {
        return absl::StrCat(who, " has the skill ", Quoted(term.skill),
                            " at level ", term.level_min,
                            " or above; the highest is ", highest);
      }
    }
  }
  return absl::StrCat("no agent with channel ", name,
                      " has all the skills asked for at their levels, though "
                      "each of them is there");
}

void Checker::WarnAboutQueue(std::size_t i, const SkillLevels& all_of,
                             const Reachability& reachability) {
  const ContactQueue& queue = configuration_.queues[i];
  const auto unserved = static_cast<ChannelSet>(
      queue.channels & ~reachability.ServedChannels(all_of, queue.channels));
  if (unserved == 0) return;
  Enter(kQueues, i + 1);
  const bool whole = unserved == queue.channels;
  std::vector<std::string> reasons;
  for (int k = 0; k < kChannelCount; ++k) {
    const auto channel = static_cast<Channel>(k);
    if (!Contains(unserved, channel)) continue;
    std::string reason = WhyNobody(queue.requirement, channel, reachability);
    if (!whole) {
      Warn(absl::StrCat(At("queues", i), ".channels"),
           absl::StrCat("nobody could ever serve ",
                        std::string(ChannelName(channel)), " contacts of ",
                        Quoted(queue.name), ": ", reason));
    } else if (std::find(reasons.begin(), reasons.end(), reason) ==
               reasons.end()) {
      reasons.push_back(std::move(reason));
    }
  }
  if (whole) {
    Warn(At("queues", i),
         absl::StrCat("nobody could ever serve ", Quoted(queue.name), ": ",
                      absl::StrJoin(reasons, "; ")));
  }
}

void Checker::WarnAboutReachability() {
  if (errors_[kSkills] + errors_[kProfiles] + errors_[kAgents] > 0) return;
  const Reachability reachability = CompileAgents();
  absl::flat_hash_set<std::size_t> wrong;
  for (const Noted& noted : noted_) {
    if (noted.section == kQueues) wrong.insert(noted.place);
  }
  std::vector<Reachability::Demand> demands;
  for (std::size_t i = 0; i < configuration_.queues.size(); ++i) {
    if (wrong.contains(i + 1)) continue;
    const ContactQueue& queue = configuration_.queues[i];
    demands.push_back({queue.channels, CompileTerms(queue.requirement)});
    WarnAboutQueue(i, demands.back().all_of, reachability);
  }
  if (errors_[kQueues] > 0 || demands.empty()) return;
  for (std::size_t i = 0; i < configuration_.agents.size(); ++i) {
    if (reachability.CanServeAny(i, demands)) continue;
    Enter(kAgents, i + 1);
    Warn(At("agents", i),
         absl::StrCat(Quoted(configuration_.agents[i].id),
                      " can serve no queue: none has a channel of its routing "
                      "profile and asks only for skills that it has"));
  }
}

std::vector<Finding> Checker::Run() && {
  if (!configuration_.name.empty()) {
    CheckText("name", configuration_.name, kIdBytesMax);
  }
  CheckSkills();
  CheckProfiles();
  Enter(kAgents, 0);
  CheckCount("agents", configuration_.agents.size(), limits_.agents);
  for (std::size_t i = 0; i < configuration_.agents.size(); ++i) CheckAgent(i);
  Enter(kQueues, 0);
  CheckCount("queues", configuration_.queues.size(), limits_.queues);
  for (std::size_t i = 0; i < configuration_.queues.size(); ++i) CheckQueue(i);
  CheckChoice();
  WarnAboutUnusedProfiles();
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

}  // namespace

std::vector<Finding> ValidateConfiguration(const Configuration& configuration,
                                           const Limits& limits) {
  return Checker(configuration, limits).Run();
}

bool HasErrors(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) {
                       return finding.severity == Finding::Severity::kError;
                     });
}

}  // namespace relais
