#include "lib/domain/validate_contact.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/domain/utf8.h"
#include "relais/limits.h"

namespace relais {
namespace {

absl::Status Invalid(std::string_view field, std::string_view message) {
  return FieldError(absl::StatusCode::kInvalidArgument, field, message);
}

absl::Status CheckUtf8(std::string_view field, std::string_view value) {
  if (IsValidUtf8(value)) return absl::OkStatus();
  return Invalid(field, absl::StrCat(Quoted(value), " is not valid UTF-8"));
}

// 1..128 bytes of UTF-8.
absl::Status CheckName(std::string_view field, std::string_view value) {
  if (value.empty()) {
    return Invalid(field, absl::StrCat("is empty; give 1 to ", kIdBytesMax,
                                       " bytes of UTF-8"));
  }
  if (value.size() > kIdBytesMax) {
    return Invalid(field, absl::StrCat("has ", value.size(), " bytes; at most ",
                                       kIdBytesMax, " are allowed"));
  }
  return CheckUtf8(field, value);
}

absl::Status CheckAttributes(const ContactSpec& spec) {
  constexpr std::string_view kField = "contact.attributes";
  if (spec.attributes.size() > kAttributesPerContactMax) {
    return Invalid(
        kField,
        absl::StrCat("has ", spec.attributes.size(), " entries; at most ",
                     kAttributesPerContactMax, " are allowed"));
  }
  std::size_t bytes = 0;
  for (const auto& [key, value] : spec.attributes) {
    bytes += key.size() + value.size();
  }
  if (bytes > kAttributesBytesMax) {
    return Invalid(kField, absl::StrCat("keys and values have ", bytes,
                                        " bytes together; at most ",
                                        kAttributesBytesMax, " are allowed"));
  }
  for (const auto& [key, value] : spec.attributes) {
    absl::Status status = CheckUtf8(kField, key);
    if (!status.ok()) return status;
    status =
        CheckUtf8(absl::StrCat("contact.attributes[", Quoted(key), "]"), value);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckRequirement(const RoutingRequirement& requirement) {
  const auto& terms = requirement.all_of;
  if (terms.size() > kSkillsPerRequirementMax) {
    return Invalid("contact.requirement.all_of",
                   absl::StrCat("has ", terms.size(), " terms; at most ",
                                kSkillsPerRequirementMax, " are allowed"));
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::string path =
        absl::StrCat("contact.requirement.all_of[", i, "]");
    const absl::Status status =
        CheckName(absl::StrCat(path, ".skill"), terms[i].skill);
    if (!status.ok()) return status;
    if (terms[i].level_min < kProficiencyLevelMin ||
        terms[i].level_min > kProficiencyLevelMax) {
      return Invalid(
          absl::StrCat(path, ".level_min"),
          absl::StrCat(terms[i].level_min, " is not a level; levels are ",
                       kProficiencyLevelMin, " to ", kProficiencyLevelMax));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateContactSpec(const ContactSpec& spec) {
  absl::Status status = CheckName("contact.id", spec.id);
  if (!status.ok()) return status;
  // An empty or too long queue name is a queue that does not exist, which is
  // the caller's next check.
  status = CheckUtf8("contact.queue", spec.queue);
  if (!status.ok()) return status;
  if (static_cast<int>(spec.channel) >= kChannelCount) {
    return Invalid(
        "contact.channel",
        absl::StrCat(
            static_cast<int>(spec.channel),
            " is not a channel; channels are 0 (",
            std::string(ChannelName(Channel{0})), ") to ", kChannelCount - 1,
            " (", std::string(ChannelName(Channel{kChannelCount - 1})), ")"));
  }
  if (spec.priority < 0 || spec.priority >= kPriorityCount) {
    return Invalid(
        "contact.priority",
        absl::StrCat(spec.priority, " is not a priority; priorities are 0 to ",
                     kPriorityCount - 1));
  }
  // Likewise: an empty one is none, one that is too long does not exist.
  status = CheckUtf8("contact.segment", spec.segment);
  if (!status.ok()) return status;
  status = CheckAttributes(spec);
  if (!status.ok()) return status;
  return CheckRequirement(spec.requirement);
}

}  // namespace relais
