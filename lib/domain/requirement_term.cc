#include "lib/domain/requirement_term.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"

namespace relais {

bool operator==(const RequirementTerm& a, const RequirementTerm& b) {
  const bool nested = a.requirement != nullptr;
  if (nested != (b.requirement != nullptr)) return false;
  if (nested && a.requirement != b.requirement &&
      !(*a.requirement == *b.requirement)) {
    return false;
  }
  return a.skill == b.skill && a.level_min == b.level_min &&
         a.level_max == b.level_max && a.certification == b.certification &&
         a.language == b.language && a.team == b.team && a.site == b.site &&
         a.provider == b.provider && a.grades == b.grades;
}

std::string_view SubjectName(Subject subject) {
  switch (subject) {
    case Subject::kSkill:
      return "skill";
    case Subject::kCertification:
      return "certification";
    case Subject::kLanguage:
      return "language";
    case Subject::kTeam:
      return "team";
    case Subject::kSite:
      return "site";
    case Subject::kProvider:
      return "provider";
    case Subject::kGrade:
      return "grades";
  }
  return "unknown";
}

int CountSubjects(const RequirementTerm& term) {
  int count = 0;
  for (const std::string* name : {&term.skill, &term.certification,
                                  &term.language, &term.team, &term.site}) {
    if (!name->empty()) ++count;
  }
  if (term.provider) ++count;
  if (term.grades != 0) ++count;
  if (term.requirement != nullptr) ++count;
  return count;
}

Subject SubjectOf(const RequirementTerm& term) {
  if (!term.skill.empty()) return Subject::kSkill;
  if (!term.certification.empty()) return Subject::kCertification;
  if (!term.language.empty()) return Subject::kLanguage;
  if (!term.team.empty()) return Subject::kTeam;
  if (!term.site.empty()) return Subject::kSite;
  return term.provider ? Subject::kProvider : Subject::kGrade;
}

const std::string& NameOf(const RequirementTerm& term) {
  switch (SubjectOf(term)) {
    case Subject::kCertification:
      return term.certification;
    case Subject::kLanguage:
      return term.language;
    case Subject::kTeam:
      return term.team;
    case Subject::kSite:
      return term.site;
    case Subject::kSkill:
    case Subject::kProvider:
    case Subject::kGrade:
      break;
  }
  return term.skill;
}

ValueSet ValuesOf(const RequirementTerm& term) {
  const Subject subject = SubjectOf(term);
  if (subject == Subject::kGrade) {
    return static_cast<ValueSet>(term.grades & AllValues(subject));
  }
  if (subject != Subject::kSkill) return kHas;
  ValueSet values = 0;
  const int first = std::max(term.level_min, kProficiencyLevelMin);
  const int last = std::min(term.level_max, kProficiencyLevelMax);
  for (int level = first; level <= last; ++level) {
    values = static_cast<ValueSet>(values | 1U << level);
  }
  return values;
}

std::string Describe(Subject subject, std::string_view name) {
  const std::string what(SubjectName(subject));
  switch (subject) {
    case Subject::kProvider:
      return "a provider's site";
    case Subject::kGrade:
      return "the grade";
    default:
      return absl::StrCat(what, " ", Quoted(name));
  }
}

std::string Describe(const RequirementTerm& term) {
  if (term.requirement != nullptr) return "a nested requirement";
  const Subject subject = SubjectOf(term);
  if (subject == Subject::kGrade) {
    std::string text = "grade";
    for (int i = 0; i < kAgentGradeCount; ++i) {
      const auto grade = static_cast<AgentGrade>(i);
      if (!Contains(term.grades, grade)) continue;
      absl::StrAppend(&text, text == "grade" ? " " : " or ",
                      std::string(AgentGradeName(grade)));
    }
    return text;
  }
  std::string text = Describe(subject, NameOf(term));
  if (subject != Subject::kSkill) return text;
  if (term.level_max == kProficiencyLevelMax) {
    return absl::StrCat(text, " at level ", term.level_min, " or above");
  }
  return absl::StrCat(text, " at level ", term.level_min, " to ",
                      term.level_max);
}

}  // namespace relais
