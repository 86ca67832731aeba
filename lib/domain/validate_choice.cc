#include "lib/domain/validate_choice.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/domain/configuration_checker.h"
#include "lib/domain/error.h"
#include "lib/domain/utf8.h"
#include "relais/limits.h"

namespace relais {
namespace {

class Checker {
 public:
  explicit Checker(const Configuration& configuration)
      : configuration_(configuration) {}

  std::vector<Finding> Run() && {
    CheckProfiles();
    CheckQueues();
    CheckContactChoice();
    CheckSegments();
    return std::move(findings_);
  }

 private:
  void Error(std::string path, std::string message) {
    findings_.push_back(
        {Finding::Severity::kError, std::move(path), std::move(message)});
  }
  void Warn(std::string path, std::string message) {
    findings_.push_back(
        {Finding::Severity::kWarning, std::move(path), std::move(message)});
  }
  template <typename Enum>
  void CheckEnum(std::string path, Enum value, int count) {
    if (static_cast<int>(value) < count) return;
    Error(std::move(path),
          absl::StrCat(static_cast<int>(value), " is not known; give 0 to ",
                       count - 1));
  }

  void CheckProfiles();
  void CheckQueueOrder(const std::string& list, const RoutingProfile& profile);
  void CheckQueues();
  void CheckContactChoice();
  void CheckSegments();

  const Configuration& configuration_;
  absl::flat_hash_map<std::string, ChannelSet> queues_;  // their channels
  std::vector<Finding> findings_;
};

void Checker::CheckProfiles() {
  for (const ContactQueue& queue : configuration_.queues) {
    queues_.emplace(queue.name, queue.channels);
  }
  const auto& profiles = configuration_.routing_profiles;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (profiles[i].queue_order.empty()) continue;
    const std::string list =
        absl::StrCat("routing_profiles[", i, "].queue_order");
    CheckQueueOrder(list, profiles[i]);
    Warn(list,
         "a contact of a later rank may be overtaken without end by those of "
         "earlier ones; without an order of queues aged and deadline bound by "
         "how much later these came");
  }
}

void Checker::CheckQueueOrder(const std::string& list,
                              const RoutingProfile& profile) {
  const auto& order = profile.queue_order;
  if (order.size() > kQueueRanksMax) {
    Error(list,
          absl::StrCat("has ", order.size(), " ranks; at most ", kQueueRanksMax,
                       " are allowed, and all other queues come last"));
  }
  absl::flat_hash_map<std::string, std::string> seen;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::string names = absl::StrCat(list, "[", rank, "].queues");
    if (order[rank].queues.empty()) {
      Error(names, "is empty; name at least one queue");
    }
    for (std::size_t i = 0; i < order[rank].queues.size(); ++i) {
      const std::string& name = order[rank].queues[i];
      const std::string path = absl::StrCat(names, "[", i, "]");
      const auto queue = queues_.find(name);
      if (queue == queues_.end()) {
        Error(path, absl::StrCat(Quoted(name),
                                 " is not a queue of this configuration"));
      } else if ((queue->second & profile.channels) == 0) {
        Warn(path, absl::StrCat(Quoted(name),
                                " has no channel of this profile, so its "
                                "agents are given none of its contacts"));
      }
      const auto [first, fresh] = seen.emplace(name, path);
      if (!fresh) {
        Error(path, absl::StrCat(Quoted(name), " is given twice; first at ",
                                 first->second));
      }
    }
  }
}

void Checker::CheckQueues() {
  for (std::size_t i = 0; i < configuration_.queues.size(); ++i) {
    const std::string path = absl::StrCat("queues[", i, "].agent_choice");
    const AgentChoice& choice = configuration_.queues[i].agent_choice;
    CheckEnum(absl::StrCat(path, ".fit"), choice.fit, kFitRuleCount);
    CheckEnum(absl::StrCat(path, ".order"), choice.order, kAgentOrderCount);
  }
}

void Checker::CheckContactChoice() {
  CheckEnum("contact_choice", configuration_.contact_choice,
            kContactChoiceCount);
  if (configuration_.contact_choice != ContactChoice::kStrict) return;
  Warn("contact_choice",
       "strict: a contact may be overtaken without end by those of higher "
       "priority; aged and deadline bound by how much later these came");
  const auto& queues = configuration_.queues;
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (queues[i].priority_credit_ms == ContactQueue().priority_credit_ms) {
      continue;
    }
    Warn(absl::StrCat("queues[", i, "].priority_credit_ms"),
         "has no effect: in mode strict no credit counts");
  }
  const auto& plans = configuration_.bullseye_plans;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    for (std::size_t k = 0; k < plans[i].rings.size(); ++k) {
      if (plans[i].rings[k].raise_boost_ms == 0) continue;
      Warn(
          absl::StrCat("bullseye_plans[", i, "].rings[", k, "].raise_boost_ms"),
          "has no effect: in mode strict no credit counts");
    }
  }
}

void Checker::CheckSegments() {
  const auto& segments = configuration_.segments;
  if (segments.size() > kSegmentsMax) {
    Error("segments",
          absl::StrCat("has ", segments.size(), " entries; at most ",
                       kSegmentsMax, " are allowed"));
  }
  absl::flat_hash_map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string path = absl::StrCat("segments[", i, "]");
    const std::string& name = segments[i].name;
    if (name.empty() || name.size() > kIdBytesMax) {
      Error(absl::StrCat(path, ".name"),
            absl::StrCat("has ", name.size(), " bytes; give 1 to ", kIdBytesMax,
                         " bytes of UTF-8"));
    } else if (!IsValidUtf8(name)) {
      Error(absl::StrCat(path, ".name"),
            absl::StrCat(Quoted(name), " is not valid UTF-8"));
    }
    const auto [first, fresh] = seen.emplace(name, i);
    if (!fresh) {
      Error(absl::StrCat(path, ".name"),
            absl::StrCat(Quoted(name), " is given twice; first at segments[",
                         first->second, "].name"));
    }
    const DurationMs credit_ms = segments[i].credit_ms;
    if (credit_ms < 0 || credit_ms > kDurationMsMax) {
      Error(absl::StrCat(path, ".credit_ms"),
            absl::StrCat(credit_ms, " ms is out of range; give 0 to ",
                         kDurationMsMax, " (a week)"));
    } else if (credit_ms > 0 &&
               configuration_.contact_choice == ContactChoice::kStrict) {
      Warn(absl::StrCat(path, ".credit_ms"),
           "has no effect: in mode strict no credit counts");
    }
  }
}

}  // namespace

std::vector<Finding> ValidateChoice(const Configuration& configuration) {
  return Checker(configuration).Run();
}

void ConfigurationChecker::CheckChoice() {
  Enter(kChoice, 0);
  for (Finding& finding : ValidateChoice(configuration_)) {
    if (finding.severity == Finding::Severity::kError) {
      Error(std::move(finding.path), std::move(finding.message));
    } else {
      Warn(std::move(finding.path), std::move(finding.message));
    }
  }
}

}  // namespace relais
