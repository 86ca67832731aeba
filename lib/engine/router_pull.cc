// Pulls: an agent takes a contact that waits, of its own accord.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/engine/router_impl.h"

namespace relais {
namespace {

using match::ContactPhase;

// Of a pull that meets another call on its agent or contact: each of them has
// done a step then.
constexpr int kTries = 16;

absl::Status TryAgain() {
  return FieldError(absl::StatusCode::kAborted, "agent_id",
                    "is being given another contact at this moment; try again");
}

absl::Status CannotPull(std::string_view why) {
  return FieldError(absl::StatusCode::kFailedPrecondition, "agent_id",
                    absl::StrCat(absl::string_view(why.data(), why.size()),
                                 "; who is available and has room may pull"));
}

// The contacts of some queues, by the slots of these.
class OfQueues final : public match::PullFilter {
 public:
  OfQueues(const ContactRecord* contacts, std::vector<std::uint32_t> slots)
      : contacts_(contacts), slots_(std::move(slots)) {}
  // Written before the contact was published; if by now it is a later
  // contact's, this one is gone.
  bool Wants(std::uint32_t contact) const override {
    return std::binary_search(
        slots_.begin(), slots_.end(),
        contacts_[contact].queue_slot.load(std::memory_order_relaxed));
  }

 private:
  const ContactRecord* const contacts_;
  const std::vector<std::uint32_t> slots_;
};

absl::Status NotForThisAgent(PassedOver reason, const std::string& missing) {
  const auto no = [](std::string_view why) {
    return FieldError(absl::StatusCode::kFailedPrecondition, "contact_id", why);
  };
  switch (reason) {
    case PassedOver::kChannel:
      return no("is of a channel that the agent's routing profile has not");
    case PassedOver::kRequirement:
      return no(absl::StrCat("asks for what the agent has not: ", missing));
    case PassedOver::kHeld:
      return no("waits for another agent alone");
    case PassedOver::kDeclined:
      return no("was declined by this agent, and that time is not over");
    case PassedOver::kNoAnswer:
      return no(
          "is of a channel that is closed for this agent since an offer was "
          "not answered; a change of presence opens it");
    case PassedOver::kContactsMax:
      return no("would be one more of its channel than the agent may hold");
    case PassedOver::kCapacity:
      return no("takes more units than the agent has left");
    case PassedOver::kDrained:
      return no("is of a channel of which the agent is drained for others");
    case PassedOver::kHolds:
    case PassedOver::kLoggedOut:
    case PassedOver::kNotReady:
    case PassedOver::kPresencePending:
    case PassedOver::kPullOnly:
    case PassedOver::kReserve:
    case PassedOver::kNot:
      break;
  }
  return TryAgain();
}

absl::Status NotThere(ContactPhase phase) {
  return FieldError(absl::StatusCode::kFailedPrecondition, "contact_id",
                    phase == ContactPhase::kReserved
                        ? "does not wait: it is offered to an agent"
                        : "does not wait: it is in handling");
}

}  // namespace

absl::StatusOr<PullOutcome> RouterImpl::Pull(AgentHandle handle,
                                             const PullRequest& request,
                                             InstantMs now_ms) {
  if (request.queues.empty() == request.contact_id.empty()) {
    return FieldError(absl::StatusCode::kInvalidArgument, "queues",
                      request.queues.empty()
                          ? "missing; name queues, or a contact_id alone"
                          : "does not go with a contact_id; name one of both");
  }
  absl::Status status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  Call call(*this, now_ms);
  return request.contact_id.empty()
             ? PullFromQueues(handle, request.queues, call)
             : PullOne(handle, request.contact_id, call);
}

absl::Status RouterImpl::CheckPulls(AgentHandle handle) const {
  const AgentRecord& agent = agents_[handle.slot];
  MutexLock lock(agent.mutex);
  if (!IsAgent(agent, handle)) return CannotPull("was removed");
  switch (agent.presence.state) {
    case PresenceState::kLoggedOut:
      return CannotPull("is logged out");
    case PresenceState::kNotReady:
      return CannotPull("is not ready");
    case PresenceState::kAvailable:
      break;
  }
  if (agent.presence_pending) return CannotPull("leaves after what it is at");
  const ChannelSet open = agent.served.channels & ~agent.no_answer_channels &
                          ~agent.held.FullChannels(agent.served.capacity) &
                          agent.held.ChannelsWithUnits(agent.served.capacity);
  return open != 0 ? absl::OkStatus()
                   : CannotPull("has no room for one contact more");
}

absl::StatusOr<std::vector<std::uint32_t>> RouterImpl::SlotsOfQueues(
    const std::vector<std::string>& queues) const {
  std::vector<std::uint32_t> slots(queues.size(), limits_.queues);
  for (std::uint32_t slot = 0; slot < limits_.queues; ++slot) {
    const QueueSlot& queue = queues_[slot];
    MutexLock lock(queue.mutex);
    if (!StillThere(queue)) continue;
    for (std::size_t i = 0; i < queues.size(); ++i) {
      if (queues[i] == queue.name) slots[i] = slot;
    }
  }
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (slots[i] != limits_.queues) continue;
    return FieldError(absl::StatusCode::kNotFound,
                      absl::StrCat("queues[", i, "]"),
                      absl::StrCat("no queue is called ", Quoted(queues[i])));
  }
  std::sort(slots.begin(), slots.end());
  return slots;
}

absl::StatusOr<PullOutcome> RouterImpl::PullFromQueues(
    AgentHandle handle, const std::vector<std::string>& queues, Call& call) {
  auto slots = SlotsOfQueues(queues);
  if (!slots.ok()) return slots.status();
  const OfQueues wanted(contacts_.get(), *std::move(slots));
  for (int i = 0; i < kTries; ++i) {
    absl::Status status = CheckPulls(handle);
    if (status.ok()) status = call.ReserveExisting();
    if (!status.ok()) return status;
    const match::Result result = matcher_.Pull(handle.slot, wanted, call);
    if (result == match::Result::kStale) continue;
    if (result != match::Result::kOk) {
      return FieldError(absl::StatusCode::kNotFound, "queues",
                        "nothing waits there that this agent could take now");
    }
    PullOutcome outcome = call.pulled();
    outcome.ticket = call.ticket();
    return outcome;
  }
  return TryAgain();
}

absl::StatusOr<PullOutcome> RouterImpl::PullOne(AgentHandle handle,
                                                const std::string& contact_id,
                                                Call& call) {
  const auto contact = FindContact(contact_id);
  if (!contact.ok()) return contact.status();
  for (int i = 0; i < kTries; ++i) {
    const auto word = WordOf(*contact);
    if (!word.ok()) return word.status();
    if (word->phase() != ContactPhase::kWaiting) return NotThere(word->phase());
    absl::Status status = CheckPulls(handle);
    if (status.ok()) status = call.ReserveExisting();
    if (!status.ok()) return status;
    const match::Result result =
        matcher_.PullContact(handle.slot, contact->slot, *word, call);
    if (result == match::Result::kOk) {
      PullOutcome outcome = call.pulled();
      outcome.ticket = call.ticket();
      return outcome;
    }
    if (result == match::Result::kStale) continue;
    std::string missing;
    const std::optional<PassedOver> why =
        WhyPassedOverFor(contact_id, handle, &missing);
    // Otherwise it was so a moment ago.
    if (!why.has_value()) continue;
    status = NotForThisAgent(*why, missing);
    if (status.code() != absl::StatusCode::kAborted) return status;
  }
  return TryAgain();
}

}  // namespace relais
