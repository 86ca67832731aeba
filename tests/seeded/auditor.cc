#include "tests/seeded/auditor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace relais::seeded {
namespace {

absl::string_view Text(std::string_view text) {
  return {text.data(), text.size()};
}

std::string Described(const Event& event) {
  return absl::StrCat("event ", event.sequence, " (",
                      Text(EventTypeName(event.type)), " contact '",
                      Text(event.contact_id.view()), "' agent '",
                      Text(event.agent_id.view()), "' at ", event.at_ms, ")");
}

// Cancel, complete and so on begin with an event of their own.
EventType PrimaryOf(CallKind kind) {
  switch (kind) {
    case CallKind::kSubmit:
      return EventType::kContactSubmitted;
    case CallKind::kCancel:
    case CallKind::kComplete:
      return EventType::kContactEnded;
    case CallKind::kAccept:
      return EventType::kReservationAccepted;
    case CallKind::kDecline:
      return EventType::kReservationDeclined;
    case CallKind::kSetPresence:
      return EventType::kPresenceChanged;
    case CallKind::kEndWrapUp:
      return EventType::kWrapUpEnded;
    case CallKind::kApply:
      return EventType::kConfigurationApplied;
    case CallKind::kChangeAgent:
      return EventType::kAgentChanged;
    case CallKind::kPull:
      return EventType::kReservationCreated;
    case CallKind::kGetContact:
    case CallKind::kRunDue:
    case CallKind::kRestore:
      break;
  }
  return EventType::kNone;
}

bool OneOf(CallKind kind, std::initializer_list<CallKind> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace

std::string_view CallKindName(CallKind kind) {
  switch (kind) {
    case CallKind::kSubmit:
      return "Submit";
    case CallKind::kCancel:
      return "Cancel";
    case CallKind::kComplete:
      return "Complete";
    case CallKind::kGetContact:
      return "GetContact";
    case CallKind::kAccept:
      return "Accept";
    case CallKind::kDecline:
      return "Decline";
    case CallKind::kSetPresence:
      return "SetPresence";
    case CallKind::kEndWrapUp:
      return "EndWrapUp";
    case CallKind::kApply:
      return "Apply";
    case CallKind::kChangeAgent:
      return "ChangeAgent";
    case CallKind::kPull:
      return "Pull";
    case CallKind::kRunDue:
      return "RunDue";
    case CallKind::kRestore:
      return "Restore";
  }
  return "?";
}

Auditor::Auditor(const Limits& limits, DurationMs id_retention_ms,
                 DurationMs reconnect_ms)
    : limits_(limits),
      id_retention_ms_(id_retention_ms),
      reconnect_ms_(reconnect_ms) {
  durable_.drops_passed_exclusions = true;
}

void Auditor::Violate(const std::string& what) {
  if (violation_.empty()) violation_ = what;
}

void Auditor::Called(CallRecord call) {
  latest_now_ms_ = std::max(latest_now_ms_, call.now_ms);
  calls_.push_back(std::move(call));
}

void Auditor::Numbered(absl::Span<const journal::NumberedEvent> events) {
  for (const journal::NumberedEvent& one : events) {
    events_.push_back(one);
    undecided_.push_back(one);
  }
  counts_.events += events.size();
  while (!calls_.empty() && violation_.empty()) {
    JudgeCall(calls_.front());
    calls_.pop_front();
  }
  if (violation_.empty() && !events_.empty()) {
    Violate(absl::StrCat("no call caused ", Described(events_.front().event)));
  }
}

// --- One call ----------------------------------------------------------------

void Auditor::JudgeCall(const CallRecord& call) {
  ++counts_.calls;
  const std::uint64_t count = call.ticket_after - call.ticket_before;
  if (base_ + call.ticket_before != now_.sequence || count > events_.size()) {
    return Violate(absl::StrCat(
        "promise 6: ", Text(CallKindName(call.kind)), " handed over events ",
        base_ + call.ticket_before + 1, " to ", base_ + call.ticket_after,
        ", of which ", events_.size(), " were numbered after ", now_.sequence));
  }
  at_once_ = false;
  own_version_ = 0;
  drain_left_ = false;
  returned_.clear();
  last_due_ms_ = 0;
  JudgeAnswer(call, count);
  for (std::uint64_t i = 0; i < count && violation_.empty(); ++i) {
    JudgeEvent(call, events_.front(), i == 0);
    events_.pop_front();
  }
  if (violation_.empty()) EndScope(call);
  if (!violation_.empty() &&
      violation_.find(" in call ") == std::string::npos) {
    absl::StrAppend(&violation_, " in call ", Text(CallKindName(call.kind)),
                    " contact '", call.contact_id, "' agent '", call.agent_id,
                    "' now ", call.now_ms);
  }
}

void Auditor::EndScope(const CallRecord& call) {
  if (call.kind == CallKind::kApply) now_.EndTurns();
  if (call.kind == CallKind::kRunDue) {
    if (call.complete) now_.DropExclusionsUntil(call.now_ms);
    maybe_until_ms_ = call.complete ? -1 : call.now_ms;
  }
  const bool own = OneOf(
      call.kind, {CallKind::kAccept, CallKind::kDecline, CallKind::kCancel,
                  CallKind::kComplete, CallKind::kSetPresence,
                  CallKind::kEndWrapUp, CallKind::kChangeAgent});
  if (own && own_version_ != 0 && own_version_ != call.version) {
    Violate(absl::StrCat("it answered version ", call.version, ", its event ",
                         own_version_));
  }
  if (call.kind == CallKind::kSubmit && call.code == absl::StatusCode::kOk &&
      !call.submitted.repeated && call.submitted.at_once != at_once_) {
    Violate("it answered another at_once than its events");
  }
  const std::string half = Half();
  if (!half.empty()) Violate(absl::StrCat("promise 1: ", half));
  JudgeConservation();
  JudgeDeadlines(call);
}

// --- Events ------------------------------------------------------------------

bool Auditor::IsPrimary(const CallRecord& call, const Event& event) const {
  if (event.type != PrimaryOf(call.kind)) return false;
  switch (call.kind) {
    case CallKind::kSubmit:
      return event.contact_id.view() == call.spec.id;
    case CallKind::kCancel:
      return event.contact_id.view() == call.contact_id &&
             event.end_reason == call.reason;
    case CallKind::kComplete:
      return event.contact_id.view() == call.contact_id &&
             event.end_reason == EndReason::kCompleted;
    case CallKind::kAccept:
    case CallKind::kDecline:
      return event.contact_id.view() == call.contact_id &&
             event.agent_id.view() == call.agent_id &&
             event.attempt == call.attempt;
    case CallKind::kSetPresence:
      return event.agent_id.view() == call.agent_id &&
             (event.presence_pending ? event.pending : event.presence).state ==
                 call.presence.state;
    case CallKind::kChangeAgent:
      return event.agent_id.view() == call.agent_id;
    case CallKind::kPull:
      return event.pulled && event.agent_id.view() == call.agent_id &&
             event.contact_id.view() == call.contact_id &&
             event.attempt == call.version;
    case CallKind::kEndWrapUp: {
      // Without a name it is the one that ends first.
      const auto agent = now_.agents.find(call.agent_id);
      const HeldContact* const held =
          agent == now_.agents.end()
              ? nullptr
              : agent->second.Held(call.contact_id, WorkState::kWrapUp);
      return event.agent_id.view() == call.agent_id && held != nullptr &&
             event.contact_id.view() == held->contact_id;
    }
    default:
      return true;
  }
}

// What a call may cause besides its own event.
bool Auditor::MayCause(const CallRecord& call, const Event& event) const {
  const CallKind kind = call.kind;
  const auto contact = now_.contacts.find(std::string(event.contact_id.view()));
  const auto agent = now_.agents.find(std::string(event.agent_id.view()));
  switch (event.type) {
    case EventType::kReservationCreated:
      // What the agent accepted may be interrupted for another contact, and so
      // others need not be kept free.
      return !event.pulled && kind != CallKind::kGetContact &&
             (kind != CallKind::kAccept ||
              event.agent_id.view() == call.agent_id ||
              !now_.configuration.reserves.empty());
    case EventType::kReservationAccepted:  // a centre that answers at once
      return contact != now_.contacts.end() &&
             contact->second.offer_expires_ms == 0;
    case EventType::kContactInterrupted:
    case EventType::kContactResumed:
      return kind != CallKind::kGetContact;
    case EventType::kReservationNoAnswer:
      return kind == CallKind::kRunDue;
    case EventType::kReservationRescinded:
      return OneOf(kind, {CallKind::kCancel, CallKind::kSetPresence,
                          CallKind::kApply, CallKind::kRestore});
    case EventType::kContactEnded:
      return kind == CallKind::kRunDue &&
             (event.end_reason == EndReason::kWaitLimit ||
              event.end_reason == EndReason::kLeaseExpired);
    case EventType::kPresenceChanged:  // of those who are dropped
      return OneOf(kind, {CallKind::kApply, CallKind::kRestore}) &&
             agent != now_.agents.end() && !agent->second.listed;
    case EventType::kWrapUpEnded:
    case EventType::kContactWidened:
      return kind == CallKind::kRunDue;
    case EventType::kContactHoldEnded:  // the agent may not serve it any more
      return kind == CallKind::kRunDue ||
             (OneOf(kind, {CallKind::kApply, CallKind::kChangeAgent,
                           CallKind::kRestore}) &&
              contact != now_.contacts.end() &&
              !now_.HoldDue(contact->second).has_value());
    case EventType::kAgentRemoved:
      return OneOf(kind,
                   {CallKind::kApply, CallKind::kRestore, CallKind::kRunDue,
                    CallKind::kSetPresence, CallKind::kComplete,
                    CallKind::kEndWrapUp, CallKind::kCancel});
    default:
      return false;
  }
}

// That this call may have made the event, with what it was given.
void Auditor::JudgeOrigin(const CallRecord& call,
                          const journal::NumberedEvent& one, bool first) {
  const auto& [event, detail] = one;
  const bool needs_primary = PrimaryOf(call.kind) != EventType::kNone;
  const bool primary = first && needs_primary;
  if (event.at_ms != call.now_ms) {
    return Violate(absl::StrCat("promise 2: ", Described(event),
                                " has another instant than its call"));
  }
  if (primary ? !IsPrimary(call, event) : !MayCause(call, event)) {
    return Violate(absl::StrCat("promise 6: ", Described(event),
                                " is not what the call was asked for"));
  }
  if (primary) {
    own_version_ = event.contact_version != 0 ? event.contact_version
                                              : event.agent_version;
  } else if (call.kind == CallKind::kSetPresence &&
             event.type == EventType::kReservationRescinded &&
             event.agent_id.view() == call.agent_id) {
    own_version_ = event.agent_version;
  }
  if (event.at_once) {
    at_once_ = true;
    if (call.kind != CallKind::kSubmit ||
        event.contact_id.view() != call.spec.id) {
      Violate(absl::StrCat(Described(event), " says at once"));
    }
  }
  if (event.type == EventType::kReservationDeclined) {
    const AuditedContact& contact =
        now_.contacts[std::string(event.contact_id.view())];
    const DurationMs retry =
        call.retry_after_ms.value_or(contact.terms.decline_retry_ms);
    if (event.decline_until_ms != call.now_ms + retry) {
      Violate(
          absl::StrCat(Described(event), " ends at ", event.decline_until_ms));
    }
  }
  if (event.type == EventType::kConfigurationApplied &&
      journal::EncodeConfiguration(*detail.configuration) !=
          journal::EncodeConfiguration(*call.configuration)) {
    Violate("another configuration than the one given was applied");
  }
  if (event.type == EventType::kContactSubmitted &&
      (detail.contact->spec.queue != call.spec.queue ||
       detail.contact->spec.requirement != call.spec.requirement ||
       detail.contact->spec.preferred != call.spec.preferred ||
       detail.contact->spec.attributes != call.spec.attributes ||
       event.channel != call.spec.channel ||
       event.priority != call.spec.priority)) {
    Violate("another contact than the one given was taken");
  }
}

void Auditor::JudgeEvent(const CallRecord& call,
                         const journal::NumberedEvent& one, bool first) {
  JudgeOrigin(call, one, first);
  if (!violation_.empty()) return;
  JudgeTime(call, one.event);
  if (one.event.type == EventType::kReservationCreated) {
    JudgeDecision(call, one.event);
  }
  if (!violation_.empty()) return;
  const auto leaves =
      now_.contacts.find(std::string(one.event.contact_id.view()));
  if (one.event.contact_version != 0 && leaves != now_.contacts.end() &&
      leaves->second.state == ContactState::kWaiting &&
      AuditedState::DrainsOf(leaves->second) != 0) {
    drain_left_ = true;
    ++counts_.drains;
  }
  if (one.event.type == EventType::kReservationDeclined ||
      one.event.type == EventType::kReservationNoAnswer ||
      one.event.type == EventType::kReservationRescinded) {
    returned_.emplace(one.event.agent_id.view());
  }
  const std::string problem = now_.Apply(one.event, one.detail);
  if (one.event.type == EventType::kAgentChanged) ++counts_.changed;
  if (one.event.type == EventType::kContactSubmitted) {
    counts_.held += one.event.held_for.empty() ? 0 : 1;
  }
  counts_.over_share += one.event.over_share ? 1 : 0;
  if (one.event.type == EventType::kContactInterrupted) ++counts_.interrupted;
  if (one.event.type == EventType::kContactResumed) ++counts_.resumed;
  if (one.event.type == EventType::kContactSubmitted && one.event.ring > 0) {
    ++counts_.skipped;
  }
  if (!problem.empty()) {
    Violate(absl::StrCat(problem.rfind("promise", 0) == 0 ? "" : "promise 6: ",
                         problem, ": ", Described(one.event)));
  }
}

// Deadlines are not run early, and the earliest first.
void Auditor::JudgeTime(const CallRecord& call, const Event& event) {
  if (call.kind != CallKind::kRunDue) return;
  const auto contact = now_.contacts.find(std::string(event.contact_id.view()));
  const auto agent = now_.agents.find(std::string(event.agent_id.view()));
  std::optional<InstantMs> due;
  bool set_just_now = false;
  if (event.type == EventType::kReservationNoAnswer &&
      contact != now_.contacts.end()) {
    due = contact->second.offer_due_ms;
    set_just_now = *due != contact->second.offer_expires_ms;
  } else if (event.type == EventType::kContactEnded &&
             contact != now_.contacts.end()) {
    const AuditedContact& of = contact->second;
    const bool lease = event.end_reason == EndReason::kLeaseExpired;
    // The limit may be over when the next ring is due.
    due = lease ? of.accepted_ms + of.terms.handling_lease_ms
                : now_.WaitingDue(of, call.now_ms);
    if (!lease && of.arrival_ms + of.terms.wait_limit_ms > call.now_ms) {
      Violate(absl::StrCat("promise 2: too early: ", Described(event)));
    }
    set_just_now = !lease && (of.waits_since_ms == call.now_ms || of.held());
    if (lease && now_.IsInterrupted(of)) {
      Violate(absl::StrCat("promise 2: no lease runs: ", Described(event)));
    }
    if (!lease && of.terms.wait_limit_ms == 0) {
      Violate(absl::StrCat("promise 2: there is no limit: ", Described(event)));
    }
  } else if (event.type == EventType::kContactHoldEnded &&
             contact != now_.contacts.end() && contact->second.held()) {
    ++counts_.holds;
    due = now_.HoldDue(contact->second);
    // It is not known whether it was to end at once for a while: what ends
    // before what is left to tests/model.
    set_just_now = true;
    JudgeLimit(call, event, contact->second);
  } else if (event.type == EventType::kContactWidened &&
             contact != now_.contacts.end()) {
    due = WidenedDue(call, event, contact->second);
    set_just_now = contact->second.waits_since_ms == call.now_ms;
  } else if (event.type == EventType::kWrapUpEnded &&
             agent != now_.agents.end()) {
    const HeldContact* const held = agent->second.Held(
        std::string(event.contact_id.view()), WorkState::kWrapUp);
    if (held != nullptr) due = held->wrap_up_ends_ms;
  }
  if (!due.has_value()) return;
  if (*due > call.now_ms) {
    Violate(absl::StrCat("promise 2: due at ", *due,
                         ", so too early: ", Described(event)));
  }
  if (set_just_now) return;
  if (*due < last_due_ms_) {
    Violate(absl::StrCat("promise 2: due at ", *due, ", after one of ",
                         last_due_ms_, ": ", Described(event)));
  }
  last_due_ms_ = *due;
}

std::optional<InstantMs> Auditor::WidenedDue(const CallRecord& call,
                                             const Event& event,
                                             const AuditedContact& contact) {
  ++counts_.widened;
  if (now_.IsSkipped(contact, contact.ring) != RingSkipped::kNo) {
    ++counts_.skipped;
    for (const auto& [id, other] : now_.contacts) {
      if (other.state == ContactState::kWaiting &&
          other.arrival_sequence < contact.arrival_sequence && !other.held() &&
          now_.IsSkipped(other, other.ring) == RingSkipped::kYes) {
        Violate(absl::StrCat("promise 4: '", id,
                             "' leaves its ring first: ", Described(event)));
      }
    }
    return std::nullopt;
  }
  JudgeLimit(call, event, contact);
  return contact.waiting_due_ms();
}

void Auditor::JudgeLimit(const CallRecord& call, const Event& event,
                         const AuditedContact& contact) {
  const DurationMs limit = contact.terms.wait_limit_ms;
  if (limit > 0 && contact.arrival_ms + limit <= call.now_ms) {
    Violate(
        absl::StrCat("promise 2: its wait limit is over: ", Described(event)));
  }
}

bool Auditor::MustTake(const std::string& agent_id, const AuditedAgent& agent,
                       const AuditedContact& contact) const {
  return contact.state == ContactState::kWaiting &&
         !contact.IsKeptFrom(agent_id) && agent.IsOpen(contact.spec.channel) &&
         agent.HasRoom(contact.spec.channel) &&
         AuditedState::MustServe(agent, contact) &&
         AuditedState::ExclusionOf(contact, agent_id) == nullptr &&
         !now_.MayBeDrained(contact, agent);
}

bool Auditor::MustMatch(const std::string& agent_id, const AuditedAgent& agent,
                        const AuditedContact& contact, bool settled) const {
  return !contact.asks.pull_only && MustTake(agent_id, agent, contact) &&
         !now_.MayBeKept(agent, contact, settled);
}

void Auditor::JudgeDecision(const CallRecord& call, const Event& event) {
  ++counts_.decisions;
  const auto found = now_.contacts.find(std::string(event.contact_id.view()));
  const auto holder = now_.agents.find(std::string(event.agent_id.view()));
  if (found == now_.contacts.end() || holder == now_.agents.end()) return;
  const AuditedContact& contact = found->second;
  const AuditedAgent& agent = holder->second;
  counts_.beside += agent.held.empty() ? 0 : 1;
  if (contact.state != ContactState::kWaiting) return;  // promise 1, by Apply
  const AuditedExclusion* const exclusion =
      AuditedState::ExclusionOf(contact, holder->first);
  const InstantMs over_ms =
      call.kind == CallKind::kRunDue ? call.now_ms : maybe_until_ms_;
  if (exclusion != nullptr && exclusion->until_ms > over_ms) {
    return Violate(absl::StrCat("promise 3: declined until ",
                                exclusion->until_ms, ": ", Described(event)));
  }
  if (contact.IsKeptFrom(holder->first)) {
    return Violate(absl::StrCat("promise 3: held for '", contact.hold.agent_id,
                                "': ", Described(event)));
  }
  // Whether it has room is promise 1, by Apply.
  if (!AuditedState::CouldServe(agent, contact) ||
      !agent.IsOpen(contact.spec.channel)) {
    return Violate(absl::StrCat("promise 3: not eligible or not open: ",
                                Described(event)));
  }
  if (now_.SurelyDrained(contact, agent)) {
    return Violate(
        absl::StrCat("promise 3: the agent is drained: ", Described(event)));
  }
  // What it was to be of all that waits was judged with the answer.
  if (event.pulled) return;
  // While a configuration is applied it is not known who counts where.
  const std::string undercut = now_.Undercut(agent, contact);
  if (!undercut.empty() && call.kind != CallKind::kApply) {
    return Violate(absl::StrCat("promise 3: too few are left for '", undercut,
                                "': ", Described(event)));
  }
  for (const auto& [id, other] : now_.contacts) {
    if (!AuditedState::SurelyBefore(agent, other, contact)) continue;
    if (MustMatch(holder->first, agent, other, /*settled=*/false)) {
      return Violate(absl::StrCat("promise 4: contact '", id,
                                  "' stands before it: ", Described(event)));
    }
  }
  // While agents are opened or changed one by one, others are not there yet.
  if (OneOf(call.kind, {CallKind::kApply, CallKind::kRestore})) return;
  // After a drain agents take what they may, one after another.
  if (drain_left_) return;
  if (contact.held()) return;  // nobody else may be
  const int fit = AuditedState::FitStep(agent.has, contact);
  const AgentOrder order = contact.asks.agent_choice.order;
  for (const auto& [id, other] : now_.agents) {
    if (!MustMatch(id, other, contact, /*settled=*/false)) continue;
    // Whoever is given a contact, and counts in no reserve any more, may take
    // another one before who has just lost that contact is looked for.
    if (!now_.configuration.reserves.empty() && returned_.contains(id)) {
      continue;
    }
    const int other_fit = AuditedState::FitStep(other.has, contact);
    if (other_fit > fit ||
        (other_fit == fit && other.Place(order) < agent.Place(order))) {
      return Violate(absl::StrCat("promise 4: agent '", id,
                                  "' comes first: ", Described(event)));
    }
  }
}

}  // namespace relais::seeded
