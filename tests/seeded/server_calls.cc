// What the server does with a request: ids to handles, one call of the router,
// and an answer that waits for its ticket.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/seeded/seeded_run.h"

namespace relais::seeded {
namespace {

constexpr ContactHandle kNoContact{0xFFFFFFFF, 1};
constexpr AgentHandle kNoAgent{0xFFFFFFFF, 1};
constexpr std::size_t kHandlesKept = 40;

void TakeStatus(const absl::Status& status, CallRecord* call) {
  call->code = status.code();
  call->field = FieldPathOf(status);
  call->message = std::string(status.message());
}

template <typename Outcome>
std::uint64_t TakeOutcome(const absl::StatusOr<Outcome>& outcome,
                          CallRecord* call) {
  TakeStatus(outcome.status(), call);
  return outcome.ok() ? outcome->ticket.value : call->ticket_after;
}

}  // namespace

CallRecord SeededRun::Begin(CallKind kind) const {
  CallRecord call;
  call.kind = kind;
  call.now_ms = now_ms_;
  call.ticket_before = router_->LastTicket().value;
  call.backlog = call.ticket_before - router_->Committed().value;
  return call;
}

// The call has been made; its answer waits for `ticket`.
void SeededRun::End(CallRecord call, std::uint64_t request,
                    std::uint64_t ticket) {
  call.ticket_after = router_->LastTicket().value;
  call.next_due = router_->NextDue();
  // Refusals and reads wait for all that was handed over before.
  if (call.code != absl::StatusCode::kOk || ticket == 0) {
    ticket = call.ticket_after;
  }
  if (call.code == absl::StatusCode::kResourceExhausted) ++counts_.full;
  Note(absl::StrCat(
      std::string(CallKindName(call.kind)), " ", call.spec.id.substr(0, 12),
      call.contact_id, " ", call.agent_id, " attempt ", call.attempt,
      " presence ", static_cast<int>(call.presence.state), " -> ",
      absl::StatusCodeToString(call.code), " ", call.field, " events ",
      base_ + call.ticket_before + 1, "..", base_ + call.ticket_after));
  auditor_.Called(call);
  if (request != 0) waiting_.push_back({std::move(call), request, ticket});
  if (mood_.eager) Drain();
}

bool SeededRun::Resolve(const Request& request, CallRecord* call,
                        ContactHandle* contact, AgentHandle* agent) {
  *contact = kNoContact;
  *agent = kNoAgent;
  call->contact_id = request.contact_id;
  call->agent_id = request.agent_id;
  const auto view = router_->GetContact(request.contact_id);
  const auto found = router_->FindContact(request.contact_id);
  call->contact_given = found.ok();
  if (view.ok() != found.ok()) return false;
  if (found.ok()) {
    call->contact_arrival_ms = view->arrival_ms;
    *contact = request.contact.value_or(*found);
    call->contact_current = *contact == *found;
    contact_handles_.emplace_back(request.contact_id, *found);
    if (contact_handles_.size() > kHandlesKept) {
      contact_handles_.erase(contact_handles_.begin());
    }
  }
  const auto who = router_->FindAgent(request.agent_id);
  call->agent_given = who.ok();
  if (who.ok()) {
    *agent = request.agent.value_or(*who);
    call->agent_current = *agent == *who;
    agent_handles_.emplace_back(request.agent_id, *who);
    if (agent_handles_.size() > kHandlesKept) {
      agent_handles_.erase(agent_handles_.begin());
    }
  }
  return true;
}

void SeededRun::CallContact(const Request& request, ContactHandle contact,
                            CallRecord* call) {
  call->reason = request.reason;
  const auto outcome = request.kind == CallKind::kCancel
                           ? router_->Cancel(contact, request.reason, now_ms_)
                           : router_->Complete(contact, now_ms_);
  const std::uint64_t ticket = TakeOutcome(outcome, call);
  if (outcome.ok()) call->version = outcome->version;
  End(*call, request.id, ticket);
}

void SeededRun::CallAgent(const Request& request, AgentHandle agent,
                          ContactHandle contact, CallRecord* call) {
  call->attempt = request.attempt;
  call->presence = request.presence;
  call->retry_after_ms = request.retry_after_ms;
  absl::StatusOr<Outcome> outcome = absl::UnknownError("no such call");
  switch (request.kind) {
    case CallKind::kAccept:
      outcome = router_->Accept(agent, contact, request.attempt, now_ms_);
      break;
    case CallKind::kDecline:
      outcome = router_->Decline(agent, contact, request.attempt,
                                 request.retry_after_ms, now_ms_);
      break;
    case CallKind::kSetPresence:
      outcome = router_->SetPresence(agent, request.presence, now_ms_);
      break;
    default:
      outcome = router_->EndWrapUp(agent, request.contact_id, now_ms_);
      break;
  }
  const std::uint64_t ticket = TakeOutcome(outcome, call);
  if (outcome.ok()) call->version = outcome->version;
  End(*call, request.id, ticket);
}

void SeededRun::CallChange(const Request& request, AgentHandle agent,
                           CallRecord* call) {
  call->change = request.change;
  const auto outcome = router_->ChangeAgent(agent, request.change, now_ms_);
  const std::uint64_t ticket = TakeOutcome(outcome, call);
  if (outcome.ok()) call->version = outcome->version;
  End(*call, request.id, ticket);
}

void SeededRun::CallPull(const Request& request, AgentHandle agent,
                         CallRecord* call) {
  call->pull = request.pull;
  const auto outcome = router_->Pull(agent, request.pull, now_ms_);
  const std::uint64_t ticket = TakeOutcome(outcome, call);
  if (outcome.ok()) {
    call->contact_id = outcome->contact_id;
    call->version = outcome->attempt;
    const auto view = router_->GetContact(outcome->contact_id);
    if (view.ok()) call->contact_arrival_ms = view->arrival_ms;
  }
  End(*call, request.id, ticket);
}

void SeededRun::CallApply(const Request& request, CallRecord* call) {
  call->configuration = request.configuration;
  const auto outcome = router_->Apply(*request.configuration, now_ms_);
  const std::uint64_t ticket = TakeOutcome(outcome, call);
  if (outcome.ok()) {
    call->applied = outcome->applied();
    call->version = outcome->configuration_version;
  }
  End(*call, request.id, ticket);
}

void SeededRun::Execute(const Request& request) {
  CallRecord call = Begin(request.kind);
  if (request.kind == CallKind::kSubmit) {
    call.spec = request.spec;
    const auto outcome = router_->Submit(request.spec, now_ms_);
    const std::uint64_t ticket = TakeOutcome(outcome, &call);
    if (outcome.ok()) call.submitted = *outcome;
    return End(std::move(call), request.id, ticket);
  }
  if (request.kind == CallKind::kApply) return CallApply(request, &call);
  ContactHandle contact;
  AgentHandle agent;
  if (!Resolve(request, &call, &contact, &agent)) {
    return auditor_.Violate(
        "promise 6: FindContact and GetContact disagree about an id");
  }
  if (request.kind == CallKind::kGetContact) {
    auto view = router_->GetContact(request.contact_id);
    TakeStatus(view.status(), &call);
    if (view.ok()) call.view = *std::move(view);
    return End(std::move(call), request.id, 0);
  }
  if (request.kind == CallKind::kCancel ||
      request.kind == CallKind::kComplete) {
    return CallContact(request, contact, &call);
  }
  if (request.kind == CallKind::kChangeAgent) {
    return CallChange(request, agent, &call);
  }
  if (request.kind == CallKind::kPull) {
    return CallPull(request, agent, &call);
  }
  CallAgent(request, agent, contact, &call);
}

}  // namespace relais::seeded
