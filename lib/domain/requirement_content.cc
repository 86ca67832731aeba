#include "lib/domain/requirement_content.h"

#include <algorithm>
#include <cstdint>

#include "lib/domain/requirement_term.h"

namespace relais {
namespace {

void AddTerm(const RequirementTerm& term, FingerprintBuilder* builder) {
  builder->Add(term.skill)
      .AddNumber(term.level_min)
      .AddNumber(term.level_max)
      .Add(term.certification)
      .Add(term.language)
      .Add(term.team)
      .Add(term.site)
      .AddNumber(term.provider ? 1 : 0)
      .AddNumber(term.grades)
      .AddNumber(term.requirement != nullptr ? 1 : 0);
  if (term.requirement != nullptr) AddContent(*term.requirement, builder);
}

}  // namespace

bool IsSkillsAtOrAbove(const RoutingRequirement& requirement) {
  return requirement.any_of.empty() && requirement.none_of.empty() &&
         requirement.preferred.empty() &&
         std::all_of(requirement.all_of.begin(), requirement.all_of.end(),
                     [](const RequirementTerm& term) {
                       return CountSubjects(term) == 1 && !term.skill.empty() &&
                              term.level_max == kProficiencyLevelMax;
                     });
}

void AddContent(const RoutingRequirement& requirement,
                FingerprintBuilder* builder) {
  for (const auto* terms :
       {&requirement.all_of, &requirement.any_of, &requirement.none_of}) {
    builder->AddNumber(static_cast<std::int64_t>(terms->size()));
    for (const RequirementTerm& term : *terms) AddTerm(term, builder);
  }
  builder->AddNumber(static_cast<std::int64_t>(requirement.preferred.size()));
  for (const PreferredTerm& preferred : requirement.preferred) {
    AddTerm(preferred.term, builder);
    builder->AddNumber(preferred.weight);
  }
}

}  // namespace relais
