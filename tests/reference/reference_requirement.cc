#include "tests/reference/reference_requirement.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"

namespace relais::reference {
namespace {

template <typename List>
const typename List::value_type* ByName(const List& list,
                                        const std::string& name) {
  for (const auto& entry : list) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// Until nothing is added any more.
void AddImplied(const Configuration& configuration, Levels* levels) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const Skill& skill : configuration.skills) {
      if (!levels->contains(skill.name)) continue;
      for (const ImpliedSkill& implied : skill.implies) {
        const ProficiencyLevel level =
            std::min(levels->at(skill.name), implied.level_max);
        if ((*levels)[implied.skill] >= level) continue;
        (*levels)[implied.skill] = level;
        changed = true;
      }
    }
  }
}

const Levels& Counting(const Holdings& holdings, bool with_training) {
  return with_training ? holdings.levels_with_training : holdings.levels;
}

bool MeetsTerm(const RequirementTerm& term, const Holdings& holdings,
               bool with_training) {
  if (term.requirement != nullptr) {
    return Meets(*term.requirement, holdings, with_training);
  }
  if (!term.skill.empty()) {
    const Levels& levels = Counting(holdings, with_training);
    const auto held = levels.find(term.skill);
    return held != levels.end() && held->second >= term.level_min &&
           held->second <= term.level_max;
  }
  if (!term.certification.empty()) {
    return holdings.certifications.contains(term.certification);
  }
  if (!term.language.empty()) return holdings.languages.contains(term.language);
  if (!term.team.empty()) return holdings.team == term.team;
  if (!term.site.empty()) return holdings.site == term.site;
  if (term.provider) return holdings.provider;
  return (term.grades >> static_cast<int>(holdings.grade) & 1) != 0;
}

// The skills that must be held: all_of, also of requirements nested in it.
void CollectLevels(
    const RoutingRequirement& requirement,
    std::map<std::string, std::pair<ProficiencyLevel, ProficiencyLevel>>*
        asked) {
  for (const RequirementTerm& term : requirement.all_of) {
    if (term.requirement != nullptr) CollectLevels(*term.requirement, asked);
    if (term.skill.empty()) continue;
    const auto [place, fresh] =
        asked->try_emplace(term.skill, term.level_min, term.level_max);
    place->second.first = std::max(place->second.first, term.level_min);
    place->second.second = std::min(place->second.second, term.level_max);
  }
}

std::string UnknownName(const RequirementTerm& term, const std::string& path,
                        const Configuration& configuration) {
  const auto has = [](const std::vector<std::string>& names,
                      const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (term.requirement != nullptr) {
    return FirstUnknownName(*term.requirement, path + ".requirement",
                            configuration);
  }
  if (!term.skill.empty() &&
      ByName(configuration.skills, term.skill) == nullptr) {
    return path + ".skill";
  }
  if (!term.certification.empty() &&
      !has(configuration.certifications, term.certification)) {
    return path + ".certification";
  }
  if (!term.language.empty() && !has(configuration.languages, term.language)) {
    return path + ".language";
  }
  if (!term.team.empty() && ByName(configuration.teams, term.team) == nullptr) {
    return path + ".team";
  }
  if (!term.site.empty() && ByName(configuration.sites, term.site) == nullptr) {
    return path + ".site";
  }
  return "";
}

}  // namespace

Holdings HoldingsOf(const AgentConfiguration& agent,
                    const Configuration& configuration) {
  Holdings holdings;
  if (const RoutingProfile* profile =
          ByName(configuration.routing_profiles, agent.routing_profile)) {
    holdings.channels = profile->channels;
  }
  ProficiencyLevel default_level = 0;
  switch (agent.grade) {
    case AgentGrade::kJunior:
      default_level = 3;
      break;
    case AgentGrade::kSenior:
      default_level = 5;
      break;
    default:
      default_level = 8;
      break;
  }
  for (const GradePolicy& policy : configuration.grades) {
    if (policy.grade == agent.grade) default_level = policy.default_level;
  }
  Levels best_in_training;
  for (const AgentSkill& held : agent.skills) {
    const ProficiencyLevel level = held.level == 0 ? default_level : held.level;
    ProficiencyLevel& with = holdings.levels_with_training[held.skill];
    with = std::max(with, level);
    if (!held.in_training) {
      holdings.levels[held.skill] = level;
      continue;
    }
    Levels by_it = {{held.skill, level}};
    AddImplied(configuration, &by_it);
    for (const auto& [skill, implied] : by_it) {
      if (best_in_training[skill] >= implied) continue;
      best_in_training[skill] = implied;
      holdings.tutors[skill] = held.tutor;
    }
  }
  AddImplied(configuration, &holdings.levels);
  AddImplied(configuration, &holdings.levels_with_training);
  holdings.certifications.insert(agent.certifications.begin(),
                                 agent.certifications.end());
  holdings.languages.insert(agent.languages.begin(), agent.languages.end());
  holdings.team = agent.team;
  holdings.site = agent.site;
  const Team* team = ByName(configuration.teams, agent.team);
  if (holdings.site.empty() && team != nullptr) holdings.site = team->site;
  const Site* site = ByName(configuration.sites, holdings.site);
  holdings.provider = site != nullptr && site->provider;
  holdings.grade = agent.grade;
  return holdings;
}

bool SameHoldings(const Holdings& a, const Holdings& b) {
  return a.channels == b.channels && a.levels == b.levels &&
         a.levels_with_training == b.levels_with_training &&
         a.certifications == b.certifications && a.languages == b.languages &&
         a.team == b.team && a.site == b.site && a.provider == b.provider &&
         a.grade == b.grade;
}

bool Meets(const RoutingRequirement& requirement, const Holdings& holdings,
           bool with_training) {
  const auto meets = [&](const RequirementTerm& term) {
    return MeetsTerm(term, holdings, with_training);
  };
  const auto& [all, any, none, preferred] = requirement;
  return std::all_of(all.begin(), all.end(), meets) &&
         (any.empty() || std::any_of(any.begin(), any.end(), meets)) &&
         std::none_of(none.begin(), none.end(), meets);
}

int FitStep(FitRule rule, const RoutingRequirement& queue,
            const RoutingRequirement& own, const Holdings& holdings,
            bool with_training) {
  std::map<std::string, std::pair<ProficiencyLevel, ProficiencyLevel>> asked;
  CollectLevels(queue, &asked);
  CollectLevels(own, &asked);
  const Levels& counting = Counting(holdings, with_training);
  int surplus = 0;
  int room = 0;
  for (const auto& [skill, levels] : asked) {
    surplus += counting.at(skill) - levels.first;
    room += levels.second - levels.first;
  }
  std::set<std::string> named;  // by preferred terms
  int preferred_met = 0;
  int preferred_all = 0;
  for (const RoutingRequirement* requirement : {&queue, &own}) {
    for (const PreferredTerm& preferred : requirement->preferred) {
      named.insert(preferred.term.skill);
      preferred_all += preferred.weight;
      if (MeetsTerm(preferred.term, holdings, with_training)) {
        preferred_met += preferred.weight;
      }
    }
  }
  if (rule == FitRule::kBestFit) {
    room += preferred_all;
    return room == 0 ? 0 : std::min(7, 8 * (surplus + preferred_met) / room);
  }
  int further = 0;
  for (const auto& [skill, level] : counting) {
    if (!asked.contains(skill) && !named.contains(skill)) ++further;
  }
  const int over = surplus + further + preferred_all - preferred_met;
  return 7 - std::min(7, 8 * over / (room + 16 + preferred_all));
}

namespace {

// Of a requirement that training makes met, or unmet: the skill that does it.
std::string Decisive(const RoutingRequirement& requirement,
                     const Holdings& holdings) {
  const auto differs = [&](const RequirementTerm& term) {
    return MeetsTerm(term, holdings, true) != MeetsTerm(term, holdings, false);
  };
  const auto any = [&](bool with_training) {
    return std::any_of(requirement.any_of.begin(), requirement.any_of.end(),
                       [&](const RequirementTerm& term) {
                         return MeetsTerm(term, holdings, with_training);
                       });
  };
  std::vector<const std::vector<RequirementTerm>*> lists = {
      &requirement.all_of};
  if (any(true) != any(false)) lists.push_back(&requirement.any_of);
  lists.push_back(&requirement.none_of);
  for (const auto* terms : lists) {
    for (const RequirementTerm& term : *terms) {
      if (!differs(term)) continue;
      return term.requirement != nullptr ? Decisive(*term.requirement, holdings)
                                         : term.skill;
    }
  }
  return "";
}

}  // namespace

std::string TutorOf(const RoutingRequirement& queue,
                    const RoutingRequirement& own, const Holdings& holdings) {
  for (const RoutingRequirement* requirement : {&queue, &own}) {
    if (Meets(*requirement, holdings, false)) continue;
    // Of a contact that was held for an agent who cannot serve it any more, and
    // whose hold is about to end, nothing names one.
    const auto tutor = holdings.tutors.find(Decisive(*requirement, holdings));
    return tutor == holdings.tutors.end() ? "" : tutor->second;
  }
  return "";
}

ContactQueue WithActivity(const ContactQueue& queue,
                          const Configuration& configuration) {
  ContactQueue result = queue;
  const Activity* activity = ByName(configuration.activities, queue.activity);
  if (activity == nullptr) return result;
  for (const PreferredTerm& preferred : activity->requirement.preferred) {
    result.requirement.preferred.push_back(preferred);
  }
  RoutingRequirement nested = activity->requirement;
  nested.preferred.clear();
  if (nested.empty()) return result;
  RequirementTerm last;
  last.requirement = std::make_shared<RoutingRequirement>(nested);
  result.requirement.all_of.push_back(last);
  return result;
}

std::string FirstUnknownName(const RoutingRequirement& requirement,
                             const std::string& path,
                             const Configuration& configuration) {
  const std::pair<const char*, const std::vector<RequirementTerm>*> lists[] = {
      {".all_of", &requirement.all_of},
      {".any_of", &requirement.any_of},
      {".none_of", &requirement.none_of}};
  for (const auto& [name, terms] : lists) {
    for (std::size_t i = 0; i < terms->size(); ++i) {
      std::string unknown = UnknownName(
          (*terms)[i], absl::StrCat(path, name, "[", i, "]"), configuration);
      if (!unknown.empty()) return unknown;
    }
  }
  for (std::size_t i = 0; i < requirement.preferred.size(); ++i) {
    std::string unknown = UnknownName(
        requirement.preferred[i].term,
        absl::StrCat(path, ".preferred[", i, "].term"), configuration);
    if (!unknown.empty()) return unknown;
  }
  return "";
}

}  // namespace relais::reference
