// Changing one agent, without the centre.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/error.h"
#include "lib/domain/validate_configuration.h"
#include "lib/engine/router_impl.h"

namespace relais {
namespace {

AgentConfiguration Changed(AgentConfiguration agent,
                           const AgentChange& change) {
  if (change.grade.has_value()) agent.grade = *change.grade;
  if (change.skills.has_value()) agent.skills = *change.skills;
  if (change.certifications.has_value()) {
    agent.certifications = *change.certifications;
  }
  if (change.languages.has_value()) agent.languages = *change.languages;
  return agent;
}

absl::Status FirstError(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.severity != Finding::Severity::kError) continue;
    return FieldError(absl::StatusCode::kInvalidArgument, finding.path,
                      finding.message);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AgentConfiguration> RouterImpl::ConfiguredAgent(
    AgentHandle handle,
    std::shared_ptr<const CompiledConfiguration>* centre) const {
  std::string id;
  {
    const AgentRecord& agent = agents_[handle.slot];
    MutexLock lock(agent.mutex);
    if (IsAgent(agent, handle) && !agent.leaving) id = agent.id;
  }
  {
    MutexLock lock(in_force_mutex_);
    *centre = in_force_.applied;
    const auto changed = in_force_.changed.find(id);
    if (changed != in_force_.changed.end()) return changed->second;
  }
  if (*centre != nullptr) {
    const auto listed = (*centre)->agents.find(id);
    if (listed != (*centre)->agents.end()) {
      return (*centre)->source.agents[listed->second];
    }
  }
  return FieldError(absl::StatusCode::kFailedPrecondition, "agent_id",
                    "is no longer listed by the configuration");
}

absl::StatusOr<ChangeAgentOutcome> RouterImpl::ChangeAgent(
    AgentHandle handle, const AgentChange& change, InstantMs now_ms) {
  const absl::Status status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  if (applying_.exchange(true, std::memory_order_acq_rel)) {
    return absl::AbortedError(
        "a configuration is being applied, or another agent changed");
  }
  Call call(*this, now_ms);
  const auto change_one = [&]() -> absl::StatusOr<ChangeAgentOutcome> {
    std::shared_ptr<const CompiledConfiguration> centre;
    const auto present = ConfiguredAgent(handle, &centre);
    if (!present.ok()) return present.status();
    const AgentConfiguration next = Changed(*present, change);
    const absl::Status right = FirstError(CheckAgentOf(next, centre->source));
    if (!right.ok()) return right;
    if (next != *present) return InstallChange(handle, next, *centre, call);
    ChangeAgentOutcome outcome;
    {
      const AgentRecord& agent = agents_[handle.slot];
      MutexLock lock(agent.mutex);
      outcome.version = agent.version;
    }
    outcome.configuration_version =
        configuration_version_.load(std::memory_order_relaxed);
    outcome.ticket = call.ticket();
    return outcome;
  };
  auto outcome = change_one();
  applying_.exchange(false, std::memory_order_acq_rel);
  return outcome;
}

// Nobody removes the agent meanwhile: it is listed, and only an Apply changes
// that.
absl::StatusOr<ChangeAgentOutcome> RouterImpl::InstallChange(
    AgentHandle handle, const AgentConfiguration& next,
    const CompiledConfiguration& centre, Call& call) {
  const CompiledProfile content = centre.profiles->Compile(next);
  std::shared_ptr<const Tutors> tutors;
  if (!content.skills_with_training.empty()) {
    tutors = std::make_shared<const Tutors>(centre.profiles->TutorsOf(next));
  }
  const auto profile = classes_.AcquireProfile(
      content, [this, &call](std::uint32_t told) { TellAgain(told, call); });
  if (!profile.ok()) return profile.status();
  std::uint32_t lost = 0;
  {
    const AgentRecord& agent = agents_[handle.slot];
    MutexLock lock(agent.mutex);
    lost = CountLost(agent, content);
  }
  // The end of each hold, and a decision with automatic answer.
  absl::Status status = call.ReserveExisting(Call::kRoom + 3 * lost);
  if (!status.ok()) {
    classes_.ReleaseProfile(*profile);
    return status;
  }
  // First, and without the record's lock (class_registry.h).
  classes_.AddHolder(*profile, handle.slot);
  EventDetail detail;
  if (wants_details_) {
    detail.agent = std::make_shared<const AgentConfiguration>(next);
  }
  ChangeAgentOutcome outcome;
  outcome.configuration_version =
      configuration_version_.fetch_add(1, std::memory_order_relaxed) + 1;
  AgentRecord& agent = agents_[handle.slot];
  std::uint32_t old = 0;
  {
    MutexLock lock(agent.mutex);
    RELAIS_CHECK(IsAgent(agent, handle), "a listed agent was removed");
    old = std::exchange(agent.profile, *profile);
    agent.grade = next.grade;
    agent.tutors = std::move(tutors);
    outcome.version = ++agent.version;
    Event event =
        AgentEvent(EventType::kAgentChanged, agent, handle.slot, call.now_ms());
    event.configuration_version = outcome.configuration_version;
    call.HandOver(event, std::move(detail));
    ReviewHolds(agent, call);
  }
  {
    MutexLock lock(in_force_mutex_);
    in_force_.changed.insert_or_assign(next.id, next);
    in_force_.version = outcome.configuration_version;
  }
  call.Notify();
  EndLostHolds(handle.slot, call);
  TellAgain(handle.slot, call);
  GiveBackProfile(old, handle.slot);
  outcome.ticket = call.ticket();
  return outcome;
}

}  // namespace relais
