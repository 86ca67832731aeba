#include "bench/load/in_process_centre.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/convert.h"

namespace relais::load {

namespace {

// Enough that one instant is always finished in one go.
constexpr std::size_t kRunAll = 1'000'000;

std::string FindingsText(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (finding.severity != Finding::Severity::kError) continue;
    absl::StrAppend(&text, text.empty() ? "" : "; ", finding.path, ": ",
                    finding.message);
  }
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<InProcessCentre>> InProcessCentre::Create(
    InstantMs start_ms) {
  std::unique_ptr<InProcessCentre> centre(new InProcessCentre(start_ms));
  RouterOptions options;
  options.observer = centre.get();
  auto router = Router::Create(options);
  if (!router.ok()) return router.status();
  centre->router_ = *std::move(router);
  return centre;
}

absl::Status InProcessCentre::Open(const v1::Configuration& configuration) {
  std::vector<Finding> findings;
  const Configuration converted = server::ToDomain(configuration, &findings);
  if (HasErrors(findings)) {
    return absl::InvalidArgumentError(FindingsText(findings));
  }
  const auto applied = router_->Apply(converted, now_ms_);
  if (!applied.ok()) return applied.status();
  if (!applied->applied()) {
    return absl::InvalidArgumentError(FindingsText(applied->findings));
  }
  router_->DrainEvents();
  return absl::OkStatus();
}

void InProcessCentre::Send(const Call& call) {
  CallAnswer answer;
  answer.id = call.id;
  switch (call.kind) {
    case CallKind::kSubmit:
      answer.status = SubmitCall(call, &answer);
      break;
    case CallKind::kCancel:
    case CallKind::kComplete:
      answer.status = ContactCall(call);
      break;
    case CallKind::kSignIn:
    case CallKind::kSetPresence:
    case CallKind::kEndWrapUp:
      answer.status = AgentCall(call);
      break;
    case CallKind::kPull:
      answer.status = PullCall(call);
      break;
    case CallKind::kAccept:
    case CallKind::kDecline:
      answer.status = OfferCall(call);
      break;
  }
  router_->DrainEvents();
  answer.event_sequence = router_->LastSequence();
  inbox_.push_back(std::move(answer));
}

absl::Status InProcessCentre::SubmitCall(const Call& call, CallAnswer* answer) {
  const auto spec = server::ToDomain(call.contact);
  if (!spec.ok()) return spec.status();
  const auto outcome = router_->Submit(*spec, now_ms_);
  if (!outcome.ok()) return outcome.status();
  answer->arrival_ms = outcome->arrival_ms;
  answer->at_once = outcome->at_once;
  return absl::OkStatus();
}

absl::Status InProcessCentre::ContactCall(const Call& call) {
  const auto contact = router_->FindContact(call.contact.id());
  if (!contact.ok()) return contact.status();
  if (call.kind == CallKind::kComplete) {
    return router_->Complete(*contact, now_ms_).status();
  }
  const auto reason = server::CancelReasonToDomain(call.reason);
  if (!reason.ok()) return reason.status();
  return router_->Cancel(*contact, *reason, now_ms_).status();
}

absl::Status InProcessCentre::AgentCall(const Call& call) {
  const auto agent = router_->FindAgent(call.agent_id);
  if (!agent.ok()) return agent.status();
  if (call.kind == CallKind::kEndWrapUp) {
    return router_->EndWrapUp(*agent, call.contact.id(), now_ms_).status();
  }
  const auto presence = server::ToDomain(call.presence);
  if (!presence.ok()) return presence.status();
  return router_->SetPresence(*agent, *presence, now_ms_).status();
}

absl::Status InProcessCentre::PullCall(const Call& call) {
  const auto agent = router_->FindAgent(call.agent_id);
  if (!agent.ok()) return agent.status();
  PullRequest request;
  request.queues = call.queues;
  return router_->Pull(*agent, request, now_ms_).status();
}

absl::Status InProcessCentre::OfferCall(const Call& call) {
  const auto agent = router_->FindAgent(call.agent_id);
  if (!agent.ok()) return agent.status();
  const auto contact = router_->FindContact(call.contact.id());
  if (!contact.ok()) return contact.status();
  if (call.kind == CallKind::kAccept) {
    return router_->Accept(*agent, *contact, call.attempt, now_ms_).status();
  }
  return router_->Decline(*agent, *contact, call.attempt, std::nullopt, now_ms_)
      .status();
}

bool InProcessCentre::RunDueUntil(InstantMs until_ms) {
  std::optional<InstantMs> idle_at;  // due, yet nothing was run
  while (inbox_.empty()) {
    const auto due = router_->NextDue();
    if (!due || *due > until_ms) return false;
    now_ms_ = std::max(now_ms_, *due);
    const std::size_t ran = router_->RunDue(now_ms_, kRunAll);
    router_->DrainEvents();
    if (ran == 0 && idle_at == due) return false;
    idle_at = ran == 0 ? due : std::nullopt;
  }
  return true;
}

void InProcessCentre::Wait(InstantMs until_ms, std::vector<Notice>* notices) {
  if (!RunDueUntil(until_ms) && inbox_.empty()) {
    now_ms_ = std::max(now_ms_, until_ms);
  }
  for (Notice& notice : inbox_) notices->push_back(std::move(notice));
  inbox_.clear();
}

absl::StatusOr<BarrierPoint> InProcessCentre::Barrier() {
  router_->RunDue(now_ms_, kRunAll);
  router_->DrainEvents();
  return BarrierPoint{router_->LastSequence(), now_ms_};
}

void InProcessCentre::ReadEventsUpTo(std::uint64_t /*sequence*/,
                                     std::vector<Notice>* notices) {
  for (Notice& notice : inbox_) notices->push_back(std::move(notice));
  inbox_.clear();
}

void InProcessCentre::OnEvent(const Event& event) {
  v1::Event converted = server::ToProto(event);
  if (event.type == EventType::kReservationCreated) {
    v1::Offer offer;
    offer.set_agent_id(converted.agent().id());
    offer.mutable_contact()->set_id(converted.contact().id());
    offer.set_attempt(event.attempt);
    offer.set_arrival_ms(event.arrival_ms);
    offer.set_expires_ms(event.offer_expires_ms);
    inbox_.push_back(std::move(offer));
  } else if (event.type == EventType::kReservationNoAnswer ||
             event.type == EventType::kReservationRescinded) {
    v1::OfferEnded ended;
    ended.set_agent_id(converted.agent().id());
    ended.set_contact_id(converted.contact().id());
    ended.set_attempt(event.attempt);
    ended.set_end(event.type == EventType::kReservationNoAnswer
                      ? v1::OFFER_END_NO_ANSWER
                      : v1::OFFER_END_RESCINDED);
    inbox_.push_back(std::move(ended));
  }
  inbox_.push_back(std::move(converted));
}

}  // namespace relais::load
