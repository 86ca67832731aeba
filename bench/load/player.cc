#include "bench/load/player.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "bench/load/rules.h"
#include "lib/base/assert.h"

namespace relais::load {

const char* CallKindName(CallKind kind) {
  switch (kind) {
    case CallKind::kSubmit:
      return "SubmitContact";
    case CallKind::kCancel:
      return "CancelContact";
    case CallKind::kComplete:
      return "CompleteContact";
    case CallKind::kSignIn:
      return "SignIn";
    case CallKind::kSetPresence:
      return "SetPresence";
    case CallKind::kEndWrapUp:
      return "EndWrapUp";
    case CallKind::kPull:
      return "Pull";
    case CallKind::kAccept:
      return "AcceptOffer";
    case CallKind::kDecline:
      return "DeclineOffer";
  }
  return "?";
}

Player::Player(const DayPlan& plan, const PlayerOptions& options,
               Centre* centre)
    : plan_(plan), options_(options), centre_(centre) {
  contacts_.resize(plan_.contacts.size());
  record_.contacts.resize(plan_.contacts.size());
  record_.one_caller = centre_->OneCaller();
  record_.clock_tolerance_ms = centre_->ClockToleranceMs();
  progress_.planned = plan_.contacts.size();
}

absl::StatusOr<Record> Player::Run() {
  PlanAll();
  while (true) {
    const auto over = Step();
    if (!over.ok()) return over.status();
    if (*over) return std::move(record_);
  }
}

void Player::PlanAll() {
  for (std::size_t i = 0; i < plan_.presences.size(); ++i) {
    Plan({.at_ms = plan_.presences[i].at_ms,
          .todo = Todo::kPresence,
          .index = i});
  }
  for (std::size_t i = 0; i < plan_.contacts.size(); ++i) {
    index_of_contact_.emplace(plan_.contacts[i].contact.id(), i);
    Plan({.at_ms = plan_.contacts[i].at_ms, .todo = Todo::kSubmit, .index = i});
  }
  const DurationMs day = plan_.end_ms - plan_.begin_ms;
  for (int i = 0; i < options_.barriers; ++i) {
    Plan({.at_ms = plan_.begin_ms + day * (i + 1) / (options_.barriers + 1),
          .todo = Todo::kBarrier});
  }
  if (plan_.answers.pull_every_ms > 0) PlanPulls();
  Plan({.at_ms = plan_.closing_ms, .todo = Todo::kClose});
}

// Agents look one after another, not all at once.
void Player::PlanPulls() {
  const Rules rules(plan_.configuration);
  const auto& agents = plan_.configuration.agents();
  for (int i = 0; i < agents.size(); ++i) {
    std::set<std::string> pulls_from;
    for (const v1::ContactQueue& queue : plan_.configuration.queues()) {
      v1::Contact contact;
      contact.set_queue(queue.name());
      for (const int channel : queue.channels()) {
        contact.set_channel(static_cast<v1::Channel>(channel));
        if (queue.pull_only() && rules.Serves(agents[i].id(), contact, 0)) {
          pulls_from.insert(queue.name());
        }
      }
    }
    if (pulls_from.empty()) continue;
    agents_[agents[i].id()].pulls_from = {pulls_from.begin(), pulls_from.end()};
    Plan({.at_ms =
              plan_.begin_ms + plan_.answers.pull_every_ms * i / agents.size(),
          .todo = Todo::kPull,
          .agent_id = agents[i].id()});
  }
}

void Player::Plan(Item item) {
  item.order = next_order_++;
  todo_.push(std::move(item));
}

absl::StatusOr<bool> Player::Step() {
  const InstantMs now = centre_->NowMs();
  while (!barrier_wanted_ && !todo_.empty() && todo_.top().at_ms <= now &&
         in_flight_.size() < options_.in_flight_max) {
    const Item item = todo_.top();
    todo_.pop();
    Do(item);
  }
  if (barrier_wanted_ && in_flight_.empty()) {
    const absl::Status status = DoBarrier();
    if (!status.ok()) return status;
  }
  if (todo_.empty() && in_flight_.empty()) {
    auto over = IsOver();
    if (!over.ok() || *over) return over;
  }
  std::vector<Notice> notices;
  const bool may_send =
      !barrier_wanted_ && in_flight_.size() < options_.in_flight_max;
  // With nothing to send an answer is awaited, which comes without a time.
  constexpr DurationMs kAwhileMs = 60'000;
  centre_->Wait(may_send && !todo_.empty() ? todo_.top().at_ms
                                           : centre_->NowMs() + kAwhileMs,
                &notices);
  Take(std::move(notices));
  if (!broken_.ok()) return broken_;
  WantBarrierWhileWaiting();
  ShowProgress();
  return false;
}

void Player::Do(const Item& item) {
  if (item.todo != Todo::kBarrier) {
    const DurationMs lag = centre_->NowMs() - item.at_ms;
    record_.lag_worst_ms = std::max(record_.lag_worst_ms, lag);
  }
  switch (item.todo) {
    case Todo::kSubmit:
      return DoSubmit(item.index);
    case Todo::kPresence:
      return DoPresence(plan_.presences[item.index]);
    case Todo::kLeave:
      return DoLeave(item.index, v1::END_REASON_ABANDONED);
    case Todo::kAnswer:
      return DoAnswer(item);
    case Todo::kComplete:
      return DoComplete(item);
    case Todo::kEndWrapUp: {
      if (!contacts_[item.index].wrapping_up) return;
      Call call;
      call.kind = CallKind::kEndWrapUp;
      call.agent_id = item.agent_id;
      call.contact = plan_.contacts[item.index].contact;
      return Send(std::move(call), 0);
    }
    case Todo::kReturn: {
      Call call;
      call.kind = CallKind::kSetPresence;
      call.agent_id = item.agent_id;
      call.presence = agents_[item.agent_id].presence;
      if (call.presence.state() != v1::PRESENCE_STATE_AVAILABLE) return;
      return Send(std::move(call), 0);
    }
    case Todo::kPull:
      return DoPull(item);
    case Todo::kBarrier:
      barrier_wanted_ = true;
      return;
    case Todo::kClose:
      return DoClose();
  }
}

void Player::DoSubmit(std::size_t index) {
  contacts_[index].life = Life::kSubmitted;
  record_.contacts[index].sent = true;
  ++progress_.submitted;
  ++progress_.waiting;
  Call call;
  call.kind = CallKind::kSubmit;
  call.contact = plan_.contacts[index].contact;
  Send(std::move(call), index);
}

void Player::DoPresence(const PlannedPresence& presence) {
  AgentLife& agent = agents_[presence.agent_id];
  agent.presence = presence.presence;
  Call call;
  call.kind = agent.signed_in_once ? CallKind::kSetPresence : CallKind::kSignIn;
  agent.signed_in_once = true;
  call.agent_id = presence.agent_id;
  call.presence = presence.presence;
  Send(std::move(call), 0);
}

void Player::DoLeave(std::size_t index, v1::EndReason reason) {
  if (contacts_[index].life != Life::kSubmitted) return;
  if (record_.contacts[index].cancel_after_sequence) return;
  record_.contacts[index].cancel_after_sequence = last_sequence_;
  Call call;
  call.kind = CallKind::kCancel;
  call.contact.set_id(plan_.contacts[index].contact.id());
  call.reason = reason;
  Send(std::move(call), index);
}

void Player::DoAnswer(const Item& item) {
  const ContactLife& contact = contacts_[item.index];
  if (contact.standing_attempt != item.attempt) return;  // over meanwhile
  Call call;
  call.kind = item.decline ? CallKind::kDecline : CallKind::kAccept;
  call.contact.set_id(plan_.contacts[item.index].contact.id());
  call.agent_id = item.agent_id;
  call.attempt = item.attempt;
  Send(std::move(call), item.index);
}

void Player::DoComplete(const Item& item) {
  const ContactLife& contact = contacts_[item.index];
  if (contact.life != Life::kAssigned) return;
  if (contact.completes_ms != item.at_ms) return;  // interrupted meanwhile
  Call call;
  call.kind = CallKind::kComplete;
  call.contact.set_id(plan_.contacts[item.index].contact.id());
  Send(std::move(call), item.index);
}

void Player::DoPull(const Item& item) {
  const InstantMs next_ms = item.at_ms + plan_.answers.pull_every_ms;
  if (next_ms < plan_.closing_ms) {
    Plan({.at_ms = next_ms, .todo = Todo::kPull, .agent_id = item.agent_id});
  }
  const AgentLife& agent = agents_[item.agent_id];
  if (!agent.idle) return;
  Call call;
  call.kind = CallKind::kPull;
  call.agent_id = item.agent_id;
  for (const std::string& queue : agent.pulls_from) {
    if (waiting_in_[queue] > 0) call.queues.push_back(queue);
  }
  if (!call.queues.empty()) Send(std::move(call), 0);
}

void Player::DoClose() {
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    DoLeave(i, v1::END_REASON_CANCELLED);
  }
}

absl::Status Player::DoBarrier() {
  const auto point = centre_->Barrier();
  if (!point.ok()) return point.status();
  record_.barriers.push_back(*point);
  barrier_wanted_ = false;
  last_barrier_ms_ = point->now_ms;
  ++progress_.barriers;
  return absl::OkStatus();
}

absl::StatusOr<bool> Player::IsOver() {
  // News that is still on its way may ask for more to be done.
  const absl::Status status = DoBarrier();
  if (!status.ok()) return status;
  const BarrierPoint last = record_.barriers.back();
  std::vector<Notice> notices;
  if (last_sequence_ < last.sequence) {
    centre_->ReadEventsUpTo(last.sequence, &notices);
    Take(std::move(notices));
  }
  record_.last_sequence = last.sequence;
  record_.lag_worst_ms = std::max<DurationMs>(record_.lag_worst_ms, 0);
  return broken_.ok()
             ? absl::StatusOr<bool>(todo_.empty() && in_flight_.empty())
             : absl::StatusOr<bool>(broken_);
}

std::string Player::OrderingKey(const Call& call) {
  switch (call.kind) {
    case CallKind::kSubmit:
    case CallKind::kCancel:
    case CallKind::kComplete:
      return "c" + call.contact.id();
    case CallKind::kSignIn:
    case CallKind::kSetPresence:
    case CallKind::kEndWrapUp:
    case CallKind::kPull:
      return "a" + call.agent_id;
    case CallKind::kAccept:
    case CallKind::kDecline:
      return "";
  }
  return "";
}

void Player::Send(Call call, std::size_t contact_index) {
  call.id = next_call_++;
  InFlight sent{std::move(call), contact_index, last_sequence_};
  const std::string key = OrderingKey(sent.call);
  if (!key.empty()) {
    const auto [found, is_first] = behind_.try_emplace(key);
    if (!is_first) {
      found->second.push_back(std::move(sent));
      return;
    }
  }
  SendNow(sent);
}

void Player::SendNow(const InFlight& call) {
  ++record_.calls;
  in_flight_.emplace(call.call.id, call);
  centre_->Send(call.call);
}

void Player::Take(std::vector<Notice> notices) {
  for (Notice& notice : notices) {
    if (auto* answer = std::get_if<CallAnswer>(&notice)) {
      TakeAnswer(*answer);
    } else if (auto* offer = std::get_if<v1::Offer>(&notice)) {
      TakeOffer(*offer);
    } else if (auto* ended = std::get_if<v1::OfferEnded>(&notice)) {
      TakeOfferEnded(*ended);
    } else if (auto* event = std::get_if<v1::Event>(&notice)) {
      TakeEvent(std::move(*event));
    } else if (auto* broken = std::get_if<Broken>(&notice)) {
      if (broken_.ok()) broken_ = broken->status;
    }
  }
}

void Player::TakeAnswer(const CallAnswer& answer) {
  const auto found = in_flight_.find(answer.id);
  if (found == in_flight_.end()) return;
  const InFlight sent = std::move(found->second);
  in_flight_.erase(found);
  if (!answer.status.ok()) {
    record_.refused.push_back({sent.call.kind, sent.call.contact.id(),
                               sent.call.agent_id, sent.call.attempt,
                               answer.status, sent.after_sequence,
                               sent.call.queues, answer.event_sequence});
  }
  if (sent.call.kind == CallKind::kSubmit) {
    SentContact& contact = record_.contacts[sent.contact_index];
    contact.accepted_by_centre = answer.status.ok();
    contact.answer_sequence = answer.event_sequence;
    contact.arrival_ms = answer.arrival_ms;
    contact.at_once = answer.at_once;
    if (!answer.status.ok()) {
      contacts_[sent.contact_index].life = Life::kEnded;
      --progress_.waiting;
    } else if (const auto patience =
                   plan_.contacts[sent.contact_index].patience_ms) {
      Plan({.at_ms = answer.arrival_ms + *patience,
            .todo = Todo::kLeave,
            .index = sent.contact_index});
    }
  }
  const std::string key = OrderingKey(sent.call);
  if (key.empty()) return;
  const auto behind = behind_.find(key);
  RELAIS_CHECK(behind != behind_.end(), "a key stands while a call does");
  if (behind->second.empty()) {
    behind_.erase(behind);
    return;
  }
  InFlight next = std::move(behind->second.front());
  behind->second.pop_front();
  next.after_sequence = last_sequence_;
  SendNow(next);
}

void Player::TakeOffer(const v1::Offer& offer) {
  ++record_.offers_pushed;
  if (offer.expires_ms() == 0) return;  // accepted already
  const auto found = index_of_contact_.find(offer.contact().id());
  if (found == index_of_contact_.end()) return;
  ContactLife& contact = contacts_[found->second];
  if (contact.life == Life::kEnded) return;
  contact.standing_attempt = offer.attempt();
  const PlannedAnswer answer = AnswerTo(plan_, found->second, contact.offers++);
  if (answer.kind == PlannedAnswer::Kind::kIgnore) return;
  Plan({.at_ms = centre_->NowMs() + answer.after_ms,
        .todo = Todo::kAnswer,
        .index = found->second,
        .agent_id = offer.agent_id(),
        .attempt = offer.attempt(),
        .decline = answer.kind == PlannedAnswer::Kind::kDecline});
}

void Player::TakeOfferEnded(const v1::OfferEnded& ended) {
  const auto found = index_of_contact_.find(ended.contact_id());
  if (found == index_of_contact_.end()) return;
  ContactLife& contact = contacts_[found->second];
  if (contact.standing_attempt == ended.attempt()) {
    contact.standing_attempt = 0;
  }
}

void Player::TakeEvent(v1::Event event) {
  last_sequence_ = std::max(last_sequence_, event.sequence());
  if (event.has_contact()) {
    const auto found = index_of_contact_.find(event.contact().id());
    if (found != index_of_contact_.end()) ContactEvent(event, found->second);
  }
  if (event.agent().version() != 0) {
    agents_[event.agent().id()].idle =
        event.agent().presence().state() == v1::PRESENCE_STATE_AVAILABLE &&
        event.agent().work_state() == v1::WORK_STATE_IDLE;
  }
  record_.events.push_back(std::move(event));
}

void Player::ContactEvent(const v1::Event& event, std::size_t index) {
  ContactLife& contact = contacts_[index];
  const PlannedContact& planned = plan_.contacts[index];
  if (event.contact().version() != 0) {
    const bool waits = event.contact().state() == v1::CONTACT_STATE_WAITING;
    waiting_in_[planned.contact.queue()] += (waits ? 1 : 0) - contact.waits;
    contact.waits = waits;
  }
  switch (event.type()) {
    case v1::EVENT_TYPE_RESERVATION_ACCEPTED:
      if (contact.life != Life::kSubmitted) return;
      contact.life = Life::kAssigned;
      contact.standing_attempt = 0;
      --progress_.waiting;
      ++progress_.handling;
      ++progress_.answered;
      return Handle(index, event.at_ms() + planned.handling_ms);
    case v1::EVENT_TYPE_CONTACT_INTERRUPTED:
      contact.left_ms =
          std::max<DurationMs>(contact.completes_ms - event.at_ms(), 0);
      contact.completes_ms = 0;
      return;
    case v1::EVENT_TYPE_CONTACT_RESUMED:
      return Handle(index, event.at_ms() + contact.left_ms);
    case v1::EVENT_TYPE_RESERVATION_NO_ANSWER:
      return Plan({.at_ms = event.at_ms() + plan_.answers.return_after_ms,
                   .todo = Todo::kReturn,
                   .agent_id = event.agent().id()});
    case v1::EVENT_TYPE_CONTACT_ENDED:
      if (contact.life == Life::kAssigned) {
        --progress_.handling;
      } else if (contact.life == Life::kSubmitted) {
        --progress_.waiting;
      }
      contact.life = Life::kEnded;
      contact.wrapping_up = event.agent().wrap_up_ends_ms() > 0;
      if (event.contact().end_reason() == v1::END_REASON_ABANDONED) {
        ++progress_.abandoned;
      }
      if (planned.wrap_up_ms && contact.wrapping_up &&
          event.at_ms() + *planned.wrap_up_ms <
              event.agent().wrap_up_ends_ms()) {
        Plan({.at_ms = event.at_ms() + *planned.wrap_up_ms,
              .todo = Todo::kEndWrapUp,
              .index = index,
              .agent_id = event.agent().id()});
      }
      return;
    case v1::EVENT_TYPE_WRAP_UP_ENDED:
      contact.wrapping_up = false;
      return;
    default:
      return;
  }
}

void Player::Handle(std::size_t index, InstantMs until_ms) {
  contacts_[index].completes_ms = until_ms;
  Plan({.at_ms = until_ms, .todo = Todo::kComplete, .index = index});
}

void Player::WantBarrierWhileWaiting() {
  if (progress_.waiting > 0 && centre_->NowMs() - last_barrier_ms_ >=
                                   options_.barrier_when_waiting_every_ms) {
    barrier_wanted_ = true;
  }
}

void Player::ShowProgress() {
  if (!options_.progress) return;
  progress_.now_ms = centre_->NowMs();
  progress_.lag_worst_ms = record_.lag_worst_ms;
  options_.progress(progress_);
}

}  // namespace relais::load
