#include "tests/model/model_text.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/domain/requirement_term.h"

namespace relais::model {

std::string Text(const Presence& presence) {
  return absl::StrCat(std::string(PresenceStateName(presence.state)), "/",
                      static_cast<int>(presence.reason), " back ",
                      presence.back_at_ms);
}

std::string Text(const ContactSpec& spec) {
  std::string text =
      absl::StrCat(spec.id.substr(0, 20), " ", spec.queue, " ",
                   std::string(ChannelName(spec.channel)), " priority ",
                   spec.priority, " ", spec.segment);
  const auto& [all, any, none, preferred] = spec.requirement;
  for (const auto& [name, terms] :
       {std::pair(" all", &all), std::pair(" any", &any),
        std::pair(" none", &none)}) {
    for (const RequirementTerm& term : *terms) {
      absl::StrAppend(&text, name, " ", Describe(term));
    }
  }
  return absl::StrCat(text, " and ", preferred.size(), " preferred",
                      spec.tutor_may_listen ? ", tutor may listen" : "",
                      spec.preferred.empty() ? "" : ", rather with ",
                      absl::StrJoin(spec.preferred.agents, " "),
                      spec.preferred.reply_by_ms > 0 ? " in its box" : "");
}

}  // namespace relais::model
