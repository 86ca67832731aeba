#include "lib/domain/validate_contact.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/domain/requirement_check.h"
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
  if (requirement.empty()) return absl::OkStatus();
  const FieldPath root("contact.requirement");
  absl::Status status;
  relais::CheckRequirement(
      requirement, root,
      [&](const FieldPath& path, const std::string& message) {
        if (status.ok()) status = Invalid(path.Text(), message);
      });
  if (!status.ok()) return status;
  const auto contradiction = FindContradiction(requirement, root);
  if (!contradiction.has_value()) return status;
  return Invalid(contradiction->path, contradiction->message);
}

absl::Status CheckPreferred(const PreferredAgents& preferred) {
  const std::vector<std::string>& agents = preferred.agents;
  const auto source = static_cast<int>(preferred.source);
  if (source >= kPreferenceSourceCount) {
    return Invalid("contact.preferred.source",
                   absl::StrCat(source, " is not a source; sources are 0 to ",
                                kPreferenceSourceCount - 1));
  }
  if (preferred.reply_by_ms < 0 || preferred.reply_by_ms > kDurationMsMax) {
    return Invalid(
        "contact.preferred.reply_by_ms",
        absl::StrCat(preferred.reply_by_ms, " is not in 0..", kDurationMsMax));
  }
  if (preferred.reply_by_ms > 0 &&
      preferred.source == PreferenceSource::kPanel) {
    return Invalid(
        "contact.preferred.reply_by_ms",
        absl::StrCat(preferred.reply_by_ms, " does not go with source panel"));
  }
  if (agents.empty() && preferred.reply_by_ms > 0) {
    return Invalid("contact.preferred.reply_by_ms",
                   absl::StrCat(preferred.reply_by_ms,
                                " goes with agents only; name one"));
  }
  const std::size_t most =
      preferred.source == PreferenceSource::kList ? kPreferredAgentsMax : 1;
  if (agents.size() > most) {
    const std::string_view name = PreferenceSourceName(preferred.source);
    return Invalid("contact.preferred.agents",
                   absl::StrCat("has ", agents.size(), " agents; source ",
                                absl::string_view(name.data(), name.size()),
                                " has at most ", most));
  }
  for (std::size_t i = 0; i < agents.size(); ++i) {
    const std::string path = absl::StrCat("contact.preferred.agents[", i, "]");
    absl::Status status = CheckName(path, agents[i]);
    if (!status.ok()) return status;
    for (std::size_t k = 0; k < i; ++k) {
      if (agents[k] != agents[i]) continue;
      return Invalid(
          path, absl::StrCat(Quoted(agents[i]), " is named already, as agents[",
                             k, "]"));
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
  status = CheckRequirement(spec.requirement);
  if (!status.ok()) return status;
  return CheckPreferred(spec.preferred);
}

absl::Status CheckAgainstQueue(const RoutingRequirement& requirement,
                               const ContactQueue& queue) {
  if (requirement.empty()) return absl::OkStatus();
  const auto contradiction = FindContradiction(
      requirement, FieldPath("contact.requirement"), &queue.requirement);
  if (!contradiction.has_value()) return absl::OkStatus();
  return Invalid(contradiction->path,
                 absl::StrCat(contradiction->message, " (queue ",
                              Quoted(queue.name), " asks for its own, too)"));
}

}  // namespace relais
