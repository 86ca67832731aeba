#include "server/convert_requirement.h"

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "relais/v1/agent.pb.h"
#include "server/wire_enum.h"

namespace relais::server {
namespace {

using ProtoTerms = google::protobuf::RepeatedPtrField<v1::RequirementTerm>;

RequirementTerm ToDomain(const v1::RequirementTerm& term, const FieldPath& path,
                         std::vector<Finding>* findings) {
  RequirementTerm result;
  result.skill = term.skill();
  if (term.level_min() != 0) result.level_min = term.level_min();
  if (term.level_max() != 0) result.level_max = term.level_max();
  result.certification = term.certification();
  result.language = term.language();
  result.team = term.team();
  result.site = term.site();
  result.provider = term.provider();
  const FieldPath grades = path.Field("grades");
  for (int i = 0; i < term.grades_size(); ++i) {
    const int grade = term.grades(i);
    if (grade == v1::AGENT_GRADE_UNSPECIFIED ||
        !v1::AgentGrade_IsValid(grade)) {
      findings->push_back({Finding::Severity::kError,
                           grades.At(static_cast<std::size_t>(i)).Text(),
                           EnumProblem(grade, *v1::AgentGrade_descriptor())});
      continue;
    }
    result.grades = static_cast<GradeSet>(
        result.grades | SetOf(static_cast<AgentGrade>(grade - 1)));
  }
  if (term.has_requirement()) {
    result.requirement =
        std::make_shared<const RoutingRequirement>(RequirementToDomain(
            term.requirement(), path.Field("requirement"), findings));
  }
  return result;
}

void ToDomain(const ProtoTerms& terms, const FieldPath& path,
              std::vector<Finding>* findings,
              std::vector<RequirementTerm>* result) {
  result->reserve(static_cast<std::size_t>(terms.size()));
  for (int i = 0; i < terms.size(); ++i) {
    result->push_back(
        ToDomain(terms[i], path.At(static_cast<std::size_t>(i)), findings));
  }
}

void SetTerm(const RequirementTerm& term, v1::RequirementTerm* result) {
  result->set_skill(term.skill);
  // What else there is has no levels; what stands for the default is left out.
  if (!term.skill.empty()) result->set_level_min(term.level_min);
  if (term.level_max != kProficiencyLevelMax) {
    result->set_level_max(term.level_max);
  }
  result->set_certification(term.certification);
  result->set_language(term.language);
  result->set_team(term.team);
  result->set_site(term.site);
  result->set_provider(term.provider);
  for (int i = 0; i < kAgentGradeCount; ++i) {
    if (!Contains(term.grades, static_cast<AgentGrade>(i))) continue;
    result->add_grades(static_cast<v1::AgentGrade>(i + 1));
  }
  if (term.requirement != nullptr) {
    SetRequirement(*term.requirement, result->mutable_requirement());
  }
}

void SetTerms(const std::vector<RequirementTerm>& terms, ProtoTerms* result) {
  for (const RequirementTerm& term : terms) SetTerm(term, result->Add());
}

}  // namespace

std::string EnumProblem(int value,
                        const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    names.push_back(absl::StrCat(type.value(i)->name(), " (",
                                 type.value(i)->number(), ")"));
  }
  const std::string use = absl::StrCat("; use ", absl::StrJoin(names, ", "));
  if (value == 0) return absl::StrCat("missing", use);
  return absl::StrCat("unknown value ", value, use);
}

ChannelSet ChannelsToDomain(
    const google::protobuf::RepeatedField<int>& channels,
    const std::string& path, std::vector<Finding>* findings) {
  ChannelSet set = 0;
  for (int i = 0; i < channels.size(); ++i) {
    if (!KnownChannel(channels[i])) {
      findings->push_back(
          {Finding::Severity::kError, absl::StrCat(path, "[", i, "]"),
           EnumProblem(channels[i], *v1::Channel_descriptor())});
      continue;
    }
    set = static_cast<ChannelSet>(set |
                                  SetOf(static_cast<Channel>(channels[i] - 1)));
  }
  return set;
}

RoutingRequirement RequirementToDomain(
    const v1::RoutingRequirement& requirement, const FieldPath& path,
    std::vector<Finding>* findings) {
  RoutingRequirement result;
  ToDomain(requirement.all_of(), path.Field("all_of"), findings,
           &result.all_of);
  ToDomain(requirement.any_of(), path.Field("any_of"), findings,
           &result.any_of);
  ToDomain(requirement.none_of(), path.Field("none_of"), findings,
           &result.none_of);
  const FieldPath preferred = path.Field("preferred");
  for (int i = 0; i < requirement.preferred_size(); ++i) {
    const FieldPath here = preferred.At(static_cast<std::size_t>(i));
    const v1::PreferredTerm& term = requirement.preferred(i);
    result.preferred.push_back(
        {ToDomain(term.term(), here.Field("term"), findings),
         term.weight() == 0 ? 1 : term.weight()});
  }
  return result;
}

void SetRequirement(const RoutingRequirement& requirement,
                    v1::RoutingRequirement* result) {
  SetTerms(requirement.all_of, result->mutable_all_of());
  SetTerms(requirement.any_of, result->mutable_any_of());
  SetTerms(requirement.none_of, result->mutable_none_of());
  for (const PreferredTerm& preferred : requirement.preferred) {
    v1::PreferredTerm* added = result->add_preferred();
    SetTerm(preferred.term, added->mutable_term());
    added->set_weight(preferred.weight);
  }
}

}  // namespace relais::server
