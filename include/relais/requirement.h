// What a contact asks of whoever takes it: an expression over an agent's
// skills, certifications, languages, team, site and grade.
//
// Thread safety: plain values. Ownership: values own their strings; a nested
// requirement is shared and never changes. Meaning, limits and what is refused:
// docs/routing-model.md, "Requirements".

#ifndef RELAIS_REQUIREMENT_H_
#define RELAIS_REQUIREMENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "relais/types.h"

namespace relais {

struct RoutingRequirement;

// One thing that an agent may have. Exactly one of skill, certification,
// language, team, site, provider, grades and requirement is given; the levels
// go with a skill.
struct RequirementTerm {
  // Held at level_min to level_max.
  std::string skill = {};
  ProficiencyLevel level_min = kProficiencyLevelMin;
  ProficiencyLevel level_max = kProficiencyLevelMax;
  std::string certification = {};
  std::string language = {};
  std::string team = {};
  std::string site = {};
  bool provider = false;  // true: the agent's site is a provider's
  GradeSet grades = 0;    // the agent's grade is one of these
  // The agent meets all of it. Without preferred terms, at most
  // kRequirementDepthMax deep.
  std::shared_ptr<const RoutingRequirement> requirement = nullptr;
  // Compares nested requirements by value.
  friend bool operator==(const RequirementTerm& a, const RequirementTerm& b);
};

// A term that is not needed. Whoever meets it fits better.
struct PreferredTerm {
  RequirementTerm term;
  int weight = 1;  // 1..kPreferenceWeightMax; as much as so many levels
  friend bool operator==(const PreferredTerm&, const PreferredTerm&) = default;
};

// Met by whoever meets every term of all_of, at least one of any_of if there is
// one, and none of none_of. An empty requirement is met by everybody.
struct RoutingRequirement {
  std::vector<RequirementTerm> all_of = {};
  std::vector<RequirementTerm> any_of = {};
  std::vector<RequirementTerm> none_of = {};
  std::vector<PreferredTerm> preferred = {};

  bool empty() const {
    return all_of.empty() && any_of.empty() && none_of.empty() &&
           preferred.empty();
  }
  friend bool operator==(const RoutingRequirement&,
                         const RoutingRequirement&) = default;
};

}  // namespace relais

#endif  // RELAIS_REQUIREMENT_H_
