#include "lib/engine/configured_names.h"

#include <cstdint>
#include <functional>

#include "absl/strings/str_cat.h"
#include "lib/domain/compiled.h"
#include "lib/domain/error.h"
#include "lib/domain/requirement_check.h"

namespace relais {

template <typename List, typename NameOfEntry>
absl::Status ConfiguredNames::AddList(Subject subject, std::string_view path,
                                      const List& list,
                                      const NameOfEntry& name_of) {
  auto& names = names_.at(static_cast<std::size_t>(subject));
  absl::flat_hash_set<std::uint64_t> numbers;
  for (const auto& entry : list) {
    const std::string& name = name_of(entry);
    names.insert(name);
    if (numbers.insert(NameIdOf(name)).second) continue;
    return FieldError(absl::StatusCode::kInvalidArgument, path,
                      absl::StrCat(Quoted(name),
                                   " has the fingerprint of another name of "
                                   "this list; choose another name"));
  }
  return absl::OkStatus();
}

absl::Status ConfiguredNames::Add(const Configuration& configuration) {
  constexpr auto kNameOfEntry = [](const auto& entry) -> const std::string& {
    return entry.name;
  };
  absl::Status status =
      AddList(Subject::kSkill, "skills", configuration.skills, kNameOfEntry);
  if (status.ok()) {
    status = AddList(Subject::kCertification, "certifications",
                     configuration.certifications, std::identity());
  }
  if (status.ok()) {
    status = AddList(Subject::kLanguage, "languages", configuration.languages,
                     std::identity());
  }
  if (status.ok()) {
    status =
        AddList(Subject::kTeam, "teams", configuration.teams, kNameOfEntry);
  }
  if (status.ok()) {
    status =
        AddList(Subject::kSite, "sites", configuration.sites, kNameOfEntry);
  }
  return status;
}

absl::Status ConfiguredNames::Check(
    const RoutingRequirement& requirement) const {
  absl::Status status;
  ForEachName(
      requirement, FieldPath("contact.requirement"),
      [&](Subject subject, const std::string& name, const FieldPath& path) {
        const auto& names = names_.at(static_cast<std::size_t>(subject));
        if (!status.ok() || names.contains(name)) return;
        status =
            FieldError(absl::StatusCode::kNotFound, path.Text(),
                       absl::StrCat("no ", std::string(SubjectName(subject)),
                                    " is called ", Quoted(name)));
      });
  return status;
}

}  // namespace relais
