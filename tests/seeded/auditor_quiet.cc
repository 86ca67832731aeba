// What must hold when no call is under way: nobody free beside what waits,
// nothing half done, nothing overdue.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/seeded/auditor.h"

namespace relais::seeded {

void Auditor::JudgeConservation() {
  std::vector<const std::pair<const std::string, AuditedAgent>*> free;
  for (const auto& entry : now_.agents) {
    if (entry.second.presence.state == PresenceState::kAvailable &&
        !entry.second.presence_pending) {
      free.push_back(&entry);
    }
  }
  if (free.empty()) return;
  for (const auto& [contact_id, contact] : now_.contacts) {
    if (contact.state != ContactState::kWaiting) continue;
    for (const auto* agent : free) {
      ++counts_.pairs;
      if (!MustMatch(agent->first, agent->second, contact, /*settled=*/true)) {
        const bool kept = !contact.asks.pull_only &&
                          MustTake(agent->first, agent->second, contact);
        counts_.kept += kept ? 1 : 0;
        continue;
      }
      return Violate(absl::StrCat("promise 3: agent '", agent->first,
                                  "' is free, contact '", contact_id,
                                  "' waits"));
    }
  }
}

std::string Auditor::Half() const {
  for (const auto& [id, agent] : now_.agents) {
    if (!agent.listed && agent.held.empty() && !now_.IsAwaited(id) &&
        agent.presence.state == PresenceState::kLoggedOut) {
      return absl::StrCat("agent '", id, "' has left and is still there");
    }
    if (const auto* late = agent.ToInterrupt(agent.profile, "")) {
      return absl::StrCat("'", late->contact_id, "' of agent '", id,
                          "' should have given way");
    }
    if (const auto* late = agent.ToResume(agent.profile)) {
      return absl::StrCat("'", late->contact_id, "' of agent '", id,
                          "' should have gone on");
    }
    for (const HeldContact& held : agent.held) {
      std::string half = HalfHeld(id, agent, held);
      if (!half.empty()) return half;
    }
  }
  return "";
}

std::string Auditor::HalfHeld(const std::string& id, const AuditedAgent& agent,
                              const HeldContact& held) const {
  if (held.state == WorkState::kWrapUp) return "";
  const bool reserved = held.state == WorkState::kReserved;
  const auto contact = now_.contacts.find(held.contact_id);
  if (contact == now_.contacts.end() || contact->second.agent_id != id ||
      contact->second.attempt != held.attempt ||
      (contact->second.state == ContactState::kReserved) != reserved) {
    return absl::StrCat("agent '", id, "' holds '", held.contact_id,
                        "', which is not held by it");
  }
  if (reserved &&
      (agent.presence.state != PresenceState::kAvailable ||
       agent.presence_pending || contact->second.offer_expires_ms == 0)) {
    return absl::StrCat("the reservation of '", held.contact_id,
                        "' with agent '", id, "' should have ended");
  }
  return "";
}

void Auditor::JudgeDeadlines(const CallRecord& call) {
  std::optional<InstantMs> earliest;
  const auto add = [&earliest](InstantMs due) {
    if (!earliest.has_value() || due < *earliest) earliest = due;
  };
  for (const auto& [id, contact] : now_.contacts) {
    if (contact.state == ContactState::kReserved) add(contact.offer_due_ms);
    if (contact.state == ContactState::kAssigned &&
        !now_.IsInterrupted(contact)) {
      add(contact.accepted_ms + contact.terms.handling_lease_ms);
    }
    if (contact.state == ContactState::kWaiting) {
      const InstantMs due_ms = now_.WaitingDue(contact, call.now_ms);
      if (due_ms != INT64_MAX) add(due_ms);
      // The next RunDue does it.
      if (!contact.held() &&
          now_.IsSkipped(contact, contact.ring) == RingSkipped::kYes) {
        add(call.now_ms);
      }
    }
    for (const AuditedExclusion& exclusion : contact.exclusions) {
      if (exclusion.until_ms > maybe_until_ms_) add(exclusion.until_ms);
    }
  }
  for (const auto& [id, agent] : now_.agents) {
    const HeldContact* const first = agent.Held("", WorkState::kWrapUp);
    if (first != nullptr) add(first->wrap_up_ends_ms);
  }
  if (!earliest.has_value()) return;
  if (call.kind == CallKind::kRunDue && call.complete &&
      *earliest <= call.now_ms) {
    Violate(absl::StrCat("promise 2: overdue since ", *earliest));
  }
  if (!call.next_due.has_value() || *call.next_due > *earliest) {
    Violate(absl::StrCat("promise 2: something is due at ", *earliest,
                         ", the router says ", call.next_due.value_or(-1)));
  }
}

}  // namespace relais::seeded
