// One term of a requirement as a question with a small answer: which value the
// agent has, and which values will do.
//
// A skill's value is its level, 0 if it is not held; that of a certification, a
// language, a team, a site and of "at a provider's site" is 1 or 0; that of the
// grade is its number. So every term, and its opposite, is a set of values, and
// terms about the same thing are combined as sets.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_DOMAIN_REQUIREMENT_TERM_H_
#define RELAIS_LIB_DOMAIN_REQUIREMENT_TERM_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "relais/requirement.h"

namespace relais {

// What a term asks about.
enum class Subject : std::uint8_t {
  kSkill,
  kCertification,
  kLanguage,
  kTeam,
  kSite,
  kProvider,
  kGrade,
};

// Its field in RequirementTerm and in files: "skill", "grades".
std::string_view SubjectName(Subject subject);

// Bit v stands for value v.
using ValueSet = std::uint16_t;

constexpr ValueSet AllValues(Subject subject) {
  switch (subject) {
    case Subject::kSkill:
      return (1U << (kProficiencyLevelMax + 1)) - 1;
    case Subject::kGrade:
      return (1U << kAgentGradeCount) - 1;
    default:
      return 0b11;
  }
}
inline constexpr ValueSet kHas = 0b10;

// How many of its fields a term gives; right is 1.
int CountSubjects(const RequirementTerm& term);
// Of a term that gives exactly one and is not nested.
Subject SubjectOf(const RequirementTerm& term);
// The name that it asks for; empty for a provider and grades.
const std::string& NameOf(const RequirementTerm& term);
// Values that meet it.
ValueSet ValuesOf(const RequirementTerm& term);

// As a message has it: skill "cards" at 5 to 8, grade junior or senior.
std::string Describe(const RequirementTerm& term);
// skill "cards", the grade
std::string Describe(Subject subject, std::string_view name);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_REQUIREMENT_TERM_H_
