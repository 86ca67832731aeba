// What the auditor expects of an agent who asks for a contact, from
// docs/routing-model.md, "Pull".

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/seeded/auditor.h"

namespace relais::seeded {
namespace {

using absl::StatusCode;

bool OfQueues(const PullRequest& pull, const std::string& queue) {
  return std::find(pull.queues.begin(), pull.queues.end(), queue) !=
         pull.queues.end();
}

bool MayTakeAny(const AuditedAgent& agent) {
  for (int i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (Contains(agent.profile.channels, channel) && agent.IsOpen(channel) &&
        agent.HasRoom(channel)) {
      return true;
    }
  }
  return false;
}

}  // namespace

// A decline's time may be over where deadlines were run in part.
bool Auditor::MayTake(const std::string& agent_id, const AuditedAgent& agent,
                      const AuditedContact& contact) const {
  const AuditedExclusion* const exclusion =
      AuditedState::ExclusionOf(contact, agent_id);
  return contact.state == ContactState::kWaiting &&
         !contact.IsKeptFrom(agent_id) && agent.IsOpen(contact.spec.channel) &&
         agent.HasRoom(contact.spec.channel) &&
         AuditedState::CouldServe(agent, contact) &&
         (exclusion == nullptr || exclusion->until_ms <= maybe_until_ms_) &&
         !now_.SurelyDrained(contact, agent);
}

StatusCode Auditor::ExpectedOfPull(const CallRecord& call) const {
  const PullRequest& pull = call.pull;
  const bool one = !pull.contact_id.empty();
  if (one != pull.queues.empty()) return StatusCode::kInvalidArgument;
  const auto agent = now_.agents.find(call.agent_id);
  if (agent == now_.agents.end() || !call.agent_given || !call.agent_current) {
    return StatusCode::kNotFound;
  }
  const auto& listed = now_.configuration.queues;
  for (const std::string& name : pull.queues) {
    const bool there =
        std::any_of(listed.begin(), listed.end(),
                    [&](const auto& queue) { return queue.name == name; }) ||
        std::any_of(
            now_.contacts.begin(), now_.contacts.end(),
            [&](const auto& of) { return of.second.spec.queue == name; });
    if (!there) return StatusCode::kNotFound;
  }
  const auto named = now_.contacts.find(pull.contact_id);
  if (one && named == now_.contacts.end()) {
    if (SurelyRemembered(pull.contact_id)) {
      return StatusCode::kFailedPrecondition;
    }
    const bool either = now_.ended.contains(pull.contact_id) &&
                        call.code == StatusCode::kFailedPrecondition;
    return either ? call.code : StatusCode::kNotFound;
  }
  if (one && named->second.state != ContactState::kWaiting) {
    return StatusCode::kFailedPrecondition;
  }
  if (!MayTakeAny(agent->second)) return StatusCode::kFailedPrecondition;
  bool must = false;
  bool may = false;
  for (const auto& [id, contact] : now_.contacts) {
    if (one ? id != pull.contact_id : !OfQueues(pull, contact.spec.queue)) {
      continue;
    }
    must = must || MustTake(call.agent_id, agent->second, contact);
    may = may || MayTake(call.agent_id, agent->second, contact);
  }
  if (must || (may && call.code == StatusCode::kOk)) return StatusCode::kOk;
  return one ? StatusCode::kFailedPrecondition : StatusCode::kNotFound;
}

// It is what was asked for, and of that the first.
void Auditor::JudgePull(const CallRecord& call) {
  ++counts_.pulled;
  const auto given = now_.contacts.find(call.contact_id);
  const auto agent = now_.agents.find(call.agent_id);
  if (given == now_.contacts.end() || agent == now_.agents.end()) {
    return Violate("promise 6: pulled what is not there");
  }
  if (!call.pull.contact_id.empty()
          ? call.contact_id != call.pull.contact_id
          : !OfQueues(call.pull, given->second.spec.queue)) {
    return Violate("promise 10: pulled what was not asked for");
  }
  for (const auto& [id, other] : now_.contacts) {
    if (OfQueues(call.pull, other.spec.queue) &&
        MustTake(agent->first, agent->second, other) &&
        AuditedState::SurelyBefore(agent->second, other, given->second)) {
      return Violate(absl::StrCat("promise 4: contact '", id,
                                  "' stands before the one ",
                                  "that was pulled"));
    }
  }
}

}  // namespace relais::seeded
