// Work that gives way to other work of the same agent, by the auditor's
// account: docs/routing-model.md, "Interruption".

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/seeded/audited_problem.h"
#include "tests/seeded/audited_state.h"

namespace relais::seeded {
namespace {

bool ComesBefore(const RoutingProfile& by, const HeldContact& first,
                 const HeldContact& other) {
  return Contains(by.may_interrupt.at(static_cast<std::size_t>(first.channel)),
                  other.channel);
}

}  // namespace

const HeldContact* AuditedAgent::ToInterrupt(
    const RoutingProfile& by, const std::string& accepted) const {
  int busy_units = 0;
  std::vector<const HeldContact*> handled;
  for (const HeldContact& one : held) {
    if (one.interrupted || one.state == WorkState::kReserved) continue;
    busy_units += one.units;
    if (one.state == WorkState::kHandling) handled.push_back(&one);
  }
  if (busy_units <= by.capacity_units) return nullptr;
  const HeldContact* next = nullptr;
  for (const HeldContact* one : handled) {
    const bool gives_way = std::any_of(
        handled.begin(), handled.end(),
        [&](const auto* other) { return ComesBefore(by, *other, *one); });
    if (!gives_way) continue;
    if (next == nullptr || one->contact_id != accepted) next = one;
  }
  return next;
}

const HeldContact* AuditedAgent::ToResume(const RoutingProfile& by) const {
  int taken = 0;
  for (const HeldContact& one : held) taken += one.interrupted ? 0 : one.units;
  for (const HeldContact& one : held) {
    if (!one.interrupted) continue;
    const bool after_another =
        std::any_of(held.begin(), held.end(), [&](const auto& other) {
          return other.interrupted && ComesBefore(by, other, one);
        });
    if (after_another) continue;
    if (taken == 0 || taken + one.units <= by.capacity_units) return &one;
  }
  return nullptr;
}

// While a configuration is applied either profile may count.
std::string AuditedState::GaveWay(const Event& event) {
  std::string problem = CheckHolder(event, ContactState::kAssigned);
  if (!problem.empty()) return problem;
  AuditedAgent& agent = agents[Text(event.agent_id)];
  HeldContact* const held =
      agent.Held(Text(event.contact_id), WorkState::kHandling);
  if (held->interrupted) return "it is interrupted already";
  // Where the profile became another one, nothing was accepted for it.
  const bool due =
      held == agent.ToInterrupt(agent.profile, just_accepted_) ||
      (agent.profile != agent.profile_before &&
       (held == agent.ToInterrupt(agent.profile, "") ||
        held == agent.ToInterrupt(agent.profile_before, just_accepted_)));
  held->interrupted = true;
  ++agent.version;
  return due ? "" : "promise 4: that is not what gives way";
}

std::string AuditedState::WentOn(const Event& event) {
  std::string problem = CheckHolder(event, ContactState::kAssigned);
  if (!problem.empty()) return problem;
  AuditedAgent& agent = agents[Text(event.agent_id)];
  HeldContact* const held =
      agent.Held(Text(event.contact_id), WorkState::kHandling);
  if (!held->interrupted) return "it is not interrupted";
  const bool due = held == agent.ToResume(agent.profile) ||
                   held == agent.ToResume(agent.profile_before);
  held->interrupted = false;
  contacts[held->contact_id].accepted_ms = event.at_ms;
  ++agent.version;
  return due ? "" : "promise 4: that is not what goes on";
}

bool AuditedState::IsInterrupted(const AuditedContact& contact) const {
  const auto agent = agents.find(contact.agent_id);
  if (agent == agents.end()) return false;
  const HeldContact* const held =
      agent->second.Held(contact.spec.id, WorkState::kHandling);
  return held != nullptr && held->interrupted;
}

}  // namespace relais::seeded
