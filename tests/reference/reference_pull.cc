// Pulls, by docs/routing-model.md, "Pull".

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "tests/reference/reference_router.h"

namespace relais::reference {
namespace {

absl::Status No(absl::StatusCode code, std::string_view field) {
  return FieldError(code, field, "no pull");
}

bool Names(const std::vector<std::string>& queues, const std::string& name) {
  return std::find(queues.begin(), queues.end(), name) != queues.end();
}

}  // namespace

absl::StatusOr<PullOutcome> ReferenceRouter::Pull(AgentHandle handle,
                                                  const PullRequest& request,
                                                  InstantMs now_ms) {
  const bool one = !request.contact_id.empty();
  if (one != request.queues.empty()) {
    return No(absl::StatusCode::kInvalidArgument, "queues");
  }
  if (now_ms < 0) return No(absl::StatusCode::kInvalidArgument, "now_ms");
  const auto found = KnownAgent(handle);
  if (!found.ok()) return found.status();
  AgentRecord& agent = **found;
  const ContactRecord* named = one ? ContactById(request.contact_id) : nullptr;
  if (one && named == nullptr) {
    return No(absl::StatusCode::kNotFound, "contact_id");
  }
  if (one && named->state != ContactState::kWaiting) {
    return No(absl::StatusCode::kFailedPrecondition, "contact_id");
  }
  for (std::size_t i = 0; i < request.queues.size(); ++i) {
    if (QueueByName(request.queues[i]) == nullptr &&
        !QueueHasContacts(request.queues[i])) {
      return No(absl::StatusCode::kNotFound, absl::StrCat("queues[", i, "]"));
    }
  }
  bool may_take_any = false;
  for (int i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    may_take_any = may_take_any || (Contains(agent.profile.channels, channel) &&
                                    IsFree(agent, channel));
  }
  if (!may_take_any) {
    return No(absl::StatusCode::kFailedPrecondition, "agent_id");
  }
  ContactRecord* best = nullptr;
  for (auto& [number, contact] : contacts_) {
    const bool wanted =
        one ? &contact == named : Names(request.queues, contact.terms->name);
    if (!wanted || contact.state != ContactState::kWaiting ||
        !IsFree(agent, contact.spec.channel) || !Accepts(contact, agent) ||
        IsDrained(contact, agent)) {
      continue;
    }
    if (best == nullptr || PlaceAt(agent, contact) < PlaceAt(agent, *best)) {
      best = &contact;
    }
  }
  if (best == nullptr) {
    return one ? No(absl::StatusCode::kFailedPrecondition, "contact_id")
               : No(absl::StatusCode::kNotFound, "queues");
  }
  PullOutcome outcome{HandleOf(*best), best->spec.id, best->version + 1, {}};
  Decide(*best, agent, now_ms, /*at_once=*/false, /*pulled=*/true);
  // What the pulled contact drained comes to this agent first, and reserves in
  // which it counts no more keep nothing from it.
  ServeAgent(agent, now_ms);
  LookAfterDrain(now_ms);
  outcome.ticket = Ticket();
  return outcome;
}

}  // namespace relais::reference
