// Agents: presence, wrap-up, and what the core is told about them.

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/agent_figures.h"
#include "lib/domain/error.h"
#include "lib/engine/router_impl.h"
#include "lib/policy/agent_order.h"
#include "lib/policy/load_order.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

absl::Status UnknownAgent() {
  return FieldError(absl::StatusCode::kNotFound, "agent_id",
                    "no agent has this handle; it may have been removed");
}

// Checks a presence and fills in the reason that is meant.
absl::Status CheckPresence(InstantMs now_ms, Presence* presence) {
  const InstantMs back_ms = presence->back_at_ms;
  if (back_ms != 0 && presence->state == PresenceState::kAvailable) {
    return FieldError(absl::StatusCode::kInvalidArgument, "presence.back_at_ms",
                      "goes with not ready and logged out only");
  }
  if (back_ms < 0 || back_ms > now_ms + kDurationMsMax) {
    return FieldError(absl::StatusCode::kInvalidArgument, "presence.back_at_ms",
                      absl::StrCat(back_ms, " is not an instant of the next ",
                                   kDurationMsMax, " ms; 0: not told"));
  }
  switch (presence->state) {
    case PresenceState::kLoggedOut:
    case PresenceState::kAvailable:
      if (presence->reason != NotReadyReason::kNone) {
        return FieldError(absl::StatusCode::kInvalidArgument, "presence.reason",
                          "goes with not ready only");
      }
      return absl::OkStatus();
    case PresenceState::kNotReady:
      if (static_cast<int>(presence->reason) >= kNotReadyReasonCount ||
          presence->reason == NotReadyReason::kNoAnswer) {
        return FieldError(absl::StatusCode::kInvalidArgument, "presence.reason",
                          absl::StrCat(static_cast<int>(presence->reason),
                                       " is not a reason that an agent may "
                                       "give"));
      }
      if (presence->reason == NotReadyReason::kNone) {
        presence->reason = NotReadyReason::kOther;
      }
      return absl::OkStatus();
  }
  return FieldError(
      absl::StatusCode::kInvalidArgument, "presence.state",
      absl::StrCat(static_cast<int>(presence->state), " is not a presence"));
}

// Its place among those who fit alike.
std::int64_t OrderKeyOf(const AgentRecord& agent, AgentOrder order)
    RELAIS_REQUIRES(agent.mutex) {
  const int load_place =
      policy::LoadPlace(agent.held.units(), agent.served.capacity.load_order);
  return policy::OrderKey(order, load_place, agent.figures,
                          agent.idle_since_ms);
}

}  // namespace

absl::Status RouterImpl::CheckNow(InstantMs now_ms) {
  if (now_ms >= 0) return absl::OkStatus();
  return FieldError(absl::StatusCode::kInvalidArgument, "now_ms",
                    absl::StrCat(now_ms, " is negative"));
}

absl::Status RouterImpl::CheckCall(AgentHandle handle, InstantMs now_ms) const {
  absl::Status now = CheckNow(now_ms);
  if (!now.ok()) return now;
  if (handle.slot >= agent_slots_) return UnknownAgent();
  const AgentRecord& agent = agents_[handle.slot];
  MutexLock lock(agent.mutex);
  return IsAgent(agent, handle) ? absl::OkStatus() : UnknownAgent();
}

absl::Status Call::ReserveExisting(std::uint32_t events) {
  if (Reserve(EventPurpose::kExisting, events)) return absl::OkStatus();
  return FieldError(absl::StatusCode::kResourceExhausted,
                    "limits.pending_events",
                    absl::StrCat(router_.limits_.pending_events,
                                 " events wait to be taken; try again later"));
}

void RouterImpl::FillAgent(const AgentRecord& agent, std::uint32_t slot,
                           Event* event) const {
  event->agent_id.Assign(agent.id);
  event->agent = {slot, agent.generation};
  event->agent_version = agent.version;
  event->presence = agent.presence;
  event->presence_pending = agent.presence_pending;
  event->pending = agent.pending;
  event->work_state = agent.held.work_state();
  event->no_answer_channels = agent.no_answer_channels;
  event->idle_since_ms = agent.idle_since_ms;
  event->idle_before_pause_ms = agent.idle_before_pause_ms;
}

Event RouterImpl::AgentEvent(EventType type, const AgentRecord& agent,
                             std::uint32_t slot, InstantMs at_ms) const {
  Event event;
  event.type = type;
  event.at_ms = at_ms;
  event.configuration_version =
      configuration_version_.load(std::memory_order_relaxed);
  FillAgent(agent, slot, &event);
  return event;
}

void RouterImpl::CountPresence(const AgentRecord& agent,
                               std::uint32_t slot) const {
  const bool signed_in =
      agent.used && agent.presence.state != PresenceState::kLoggedOut;
  rings_watch_->SetAgent(
      slot, {agent.profile, agent.used && !agent.leaving, signed_in});
  panels_->SetPresent(slot, signed_in);
}

AgentUpdate RouterImpl::NextUpdate(AgentRecord& agent, std::uint32_t slot,
                                   std::uint32_t units_back) const {
  CountPresence(agent, slot);
  ++agent.revision;
  AgentUpdate update;
  update.agent = slot;
  update.revision = agent.revision;
  update.units_back = units_back;
  update.terms.order_key = OrderKeyOf(agent, AgentOrder::kLongestIdle);
  for (int order = 1; order < kAgentOrderCount; ++order) {
    if (!matcher_.UsesOrder(order)) continue;
    update.terms.further_order_keys[static_cast<std::size_t>(order - 1)] =
        OrderKeyOf(agent, static_cast<AgentOrder>(order));
  }
  update.terms.profile_class = classes_.ClassOf(agent.profile);
  update.terms.reserves = reserves_.Of(update.terms.profile_class);
  update.terms.ranked = agent.served.orders_queues;
  update.terms.capacity = agent.served.capacity.units;
  update.terms.cost = agent.served.capacity.cost;
  update.terms.claim_until_told =
      agent.served.capacity.told_each(agent.served.channels);
  update.terms.interruptible = agent.held.Interruptible(agent.served.capacity);
  // Asked again after the look.
  update.may_resume = agent.used && !restoring_ &&
                      (agent.served.capacity.interrupts() ||
                       agent.held.NextToResume(agent.served.capacity));
  if (agent.used && !restoring_ && IsOpen(agent)) {
    update.terms.kinds = static_cast<std::uint8_t>(
        agent.served.channels & ~agent.no_answer_channels &
        ~agent.held.FullChannels(agent.served.capacity));
  }
  return update;
}

bool RouterImpl::MayTakeMore(const AgentRecord& agent) {
  return agent.served.capacity.told_each(agent.served.channels) ||
         (agent.held.ChannelsWithUnits(agent.served.capacity) &
          agent.served.channels) != 0;
}

bool RouterImpl::IsOpen(const AgentRecord& agent) const {
  return agent.presence.state == PresenceState::kAvailable &&
         !agent.presence_pending;
}

void RouterImpl::TellCore(const AgentUpdate& update, Call& call) {
  TellCoreAlone(update, call);
  if (!update.may_resume) return;
  {
    AgentRecord& agent = agents_[update.agent];
    MutexLock lock(agent.mutex);
    Resume(agent, call);
  }
  call.Notify();
}

void RouterImpl::TellCoreAlone(const AgentUpdate& update, Call& call) {
  matcher_.Update(update.agent, update.revision, update.terms,
                  update.units_back, call);
}

void RouterImpl::TellAgain(std::uint32_t slot, Call& call) {
  AgentUpdate update;
  {
    AgentRecord& agent = agents_[slot];
    MutexLock lock(agent.mutex);
    update = NextUpdate(agent, slot, 0);
  }
  TellCore(update, call);
  // Whoever was removing the agent has left that to the later revision.
  RemoveAgentIfLeft(slot, call);
}

void RouterImpl::GiveBackProfile(std::uint32_t profile, std::uint32_t slot) {
  classes_.RemoveHolder(profile, slot);
  classes_.ReleaseProfile(profile);
}

void RouterImpl::AllowAgain(const std::vector<DeclineTable::Change>& removed) {
  for (const DeclineTable::Change& change : removed) {
    matcher_.SetExclusion(change.contact.slot, change.cell,
                          match::Matcher::kNobody, change.number);
  }
}

void RouterImpl::CancelDeclineDeadlines(
    const std::vector<DeclineTable::Change>& removed) {
  for (const DeclineTable::Change& change : removed) {
    deadlines_.Cancel(DeclineDeadline(change.entry), change.number);
  }
}

void RouterImpl::LetGo(AgentRecord& agent, const Holding& holding,
                       InstantMs now_ms) const {
  agent.held.Remove(holding);
  if (KeepsFigures()) {
    NoteLetGo(now_ms, agent.held.empty(), &agent.figures);
  }
}

void RouterImpl::TakePresence(AgentRecord& agent, Presence presence,
                              InstantMs now_ms) const {
  const PresenceState before = agent.presence.state;
  agent.presence = presence;
  if (presence.state == before) return;  // another reason
  if (before == PresenceState::kLoggedOut) {
    agent.idle_since_ms = now_ms;
    agent.idle_before_pause_ms = 0;
  } else if (presence.state == PresenceState::kNotReady) {
    agent.idle_before_pause_ms = now_ms - agent.idle_since_ms;
  } else if (presence.state == PresenceState::kAvailable) {
    agent.idle_since_ms = now_ms - agent.idle_before_pause_ms;
  }
  if (KeepsFigures()) {
    NotePresence(now_ms, before, presence.state, agent.held.empty(),
                 &agent.figures);
  }
}

void RouterImpl::FinishWork(AgentRecord& agent, const Holding& holding,
                            InstantMs now_ms) const {
  LetGo(agent, holding, now_ms);
  agent.idle_since_ms = now_ms;
  agent.idle_before_pause_ms = 0;
  if (!agent.presence_pending || agent.held.busy()) return;
  const Presence pending = agent.pending;
  agent.presence_pending = false;
  agent.pending = {};
  TakePresence(agent, pending, now_ms);
}

absl::StatusOr<Outcome> RouterImpl::SetPresence(AgentHandle handle,
                                                Presence presence,
                                                InstantMs now_ms) {
  absl::Status status = CheckNow(now_ms);
  if (!status.ok()) return status;
  status = CheckPresence(now_ms, &presence);
  if (!status.ok()) return status;
  status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  Call call(*this, now_ms);
  // Each of its reservations may have to be rescinded.
  status = call.ReserveExisting(Call::kRoom + kContactsPerAgentMax);
  if (!status.ok()) return status;
  return ChangePresence(handle, presence, call);
}

bool RouterImpl::HoldsAlready(const AgentRecord& agent,
                              Presence presence) const {
  if (agent.presence_pending) return agent.pending == presence;
  return agent.presence == presence && agent.no_answer_channels == 0;
}

void RouterImpl::ChangePresenceLocked(AgentRecord& agent, Presence presence,
                                      InstantMs now_ms) const {
  agent.no_answer_channels = 0;
  if (!agent.held.busy()) {
    TakePresence(agent, presence, now_ms);
    return;
  }
  agent.presence_pending = presence != agent.presence;
  agent.pending = agent.presence_pending ? presence : Presence{};
}

absl::StatusOr<Outcome> RouterImpl::ChangePresence(AgentHandle handle,
                                                   Presence presence,
                                                   Call& call) {
  const std::uint32_t slot = handle.slot;
  AgentRecord& agent = agents_[slot];
  AgentUpdate update;
  std::vector<ToRescind> to_rescind;
  std::vector<DeclineTable::Change> forgotten;
  Outcome outcome;
  {
    MutexLock lock(agent.mutex);
    if (!IsAgent(agent, handle)) return UnknownAgent();
    outcome.version = agent.version;
    if (HoldsAlready(agent, presence)) {
      outcome.ticket = call.ticket();
      return outcome;
    }
    forgotten = declines_.RemoveAgent(slot);
    // Before the lock is released: whoever changes the presence after this call
    // finds nothing to forget, looks, and must not meet what is forgotten.
    AllowAgain(forgotten);
    ChangePresenceLocked(agent, presence, call.now_ms());
    outcome.version = ++agent.version;
    // Under the lock: who asks for the same again is answered by it.
    call.HandOver(
        AgentEvent(EventType::kPresenceChanged, agent, slot, call.now_ms()));
    ReviewHolds(agent, call);
    to_rescind = ReservationsOfLeaver(agent, slot);
    update = NextUpdate(agent, slot, 0);
  }
  call.Notify();
  CancelDeclineDeadlines(forgotten);
  outcome.version += RescindAll(slot, to_rescind, call);
  TellCore(update, call);
  RemoveAgentIfLeft(slot, call);
  outcome.ticket = call.ticket();
  return outcome;
}

std::vector<ToRescind> RouterImpl::ReservationsOfLeaver(
    const AgentRecord& agent, std::uint32_t slot) {
  std::vector<ToRescind> found;
  if (IsOpen(agent)) return found;
  for (const Holding& holding : agent.held.list()) {
    if (holding.state != WorkState::kReserved) continue;
    found.push_back(
        {holding.contact,
         ContactWord(ContactPhase::kReserved, slot, holding.reserved_tag),
         HoldClass(holding)});
  }
  return found;
}

std::uint64_t RouterImpl::RescindAll(std::uint32_t slot,
                                     const std::vector<ToRescind>& reservations,
                                     Call& call) {
  std::uint64_t rescinded = 0;
  for (const ToRescind& one : reservations) {
    // If its word has changed, the reservation was accepted or its contact
    // ended at the same moment, and that call goes on with it.
    if (ReturnReserved(slot, one.contact, one.reserved,
                       EventType::kReservationRescinded, nullptr, call,
                       nullptr)) {
      ++rescinded;
    }
  }
  return rescinded;
}

void RouterImpl::RemoveAgentIfLeft(std::uint32_t slot, Call& call) {
  AgentRecord& agent = agents_[slot];
  Removal removal;
  AgentUpdate last;
  std::uint64_t retry_version = 0;
  {
    MutexLock lock(agent.mutex);
    // While a state is restored, what it holds may not be known yet.
    if (restoring_ || !HasLeft(agent)) return;
    retry_version = ++agent.deadline_version;
    last = NextUpdate(agent, slot, 0);  // logged out: open for nothing
  }
  TellCore(last, call);
  // Whatever was told before it is outdated now. If besides nobody has claimed
  // the agent and it holds nothing, no decision can reach it any more unless a
  // later update opens it, which takes a later revision.
  const match::AgentWord word = matcher_.Agent(slot);
  if (!word.claimed() && word.used() == 0 && word.kinds() == 0) {
    MutexLock lock(agent.mutex);
    if (agent.revision == last.revision) {
      removal = RemoveIfLeft(agent, slot, call.now_ms());
    }
  } else {
    // A decision under way may still give it a contact: a little later.
    SetDeadline(AgentDeadline(slot), retry_version, call.now_ms() + 1, 0, call);
  }
  if (!removal.due) return;
  call.Push(removal.event);
  // The core has been told that it is logged out, so nothing looks at the
  // class on its behalf any more.
  GiveBackProfile(removal.profile, slot);
}

bool RouterImpl::HasLeft(const AgentRecord& agent) const {
  return agent.used && agent.leaving && agent.held.empty() &&
         agent.waiting.empty() &&
         agent.presence.state == PresenceState::kLoggedOut;
}

Removal RouterImpl::RemoveIfLeft(AgentRecord& agent, std::uint32_t slot,
                                 InstantMs now_ms) {
  Removal removal;
  if (!HasLeft(agent)) return removal;
  ++agent.version;
  removal.due = true;
  removal.event = AgentEvent(EventType::kAgentRemoved, agent, slot, now_ms);
  removal.profile = agent.profile;
  agent.leaving = false;
  agent.used = false;
  CountPresence(agent, slot);
  AgentShard& shard = agent_shards_[RetainedIds::ShardOf(agent.id)];
  {
    MutexLock lock(shard.mutex);
    shard.slots.erase(agent.id);
  }
  return removal;
}

absl::StatusOr<Outcome> RouterImpl::EndWrapUp(AgentHandle handle,
                                              std::string_view contact_id,
                                              InstantMs now_ms) {
  absl::Status status = CheckCall(handle, now_ms);
  if (!status.ok()) return status;
  Call call(*this, now_ms);
  status = call.ReserveExisting();
  if (!status.ok()) return status;
  std::uint8_t place = 0;
  std::uint64_t deadline_version = 0;
  {
    AgentRecord& agent = agents_[handle.slot];
    MutexLock lock(agent.mutex);
    const Holding* holding =
        IsAgent(agent, handle) ? agent.held.FindWrapUp(contact_id) : nullptr;
    if (holding != nullptr) {
      place = holding->place;
      deadline_version = holding->deadline_version;
    }
  }
  std::uint64_t version = 0;
  if (!WrapUpOver(handle.slot, place, deadline_version, call, &version)) {
    if (contact_id.empty()) {
      return FieldError(absl::StatusCode::kFailedPrecondition, "agent_id",
                        "is not in wrap-up");
    }
    return FieldError(
        absl::StatusCode::kFailedPrecondition, "contact_id",
        absl::StrCat(Quoted(contact_id), " is not in this agent's wrap-up"));
  }
  return Outcome{version, call.ticket()};
}

bool RouterImpl::WrapUpOver(std::uint32_t slot, std::uint8_t place,
                            std::uint64_t deadline_version, Call& call,
                            std::uint64_t* version) {
  AgentRecord& agent = agents_[slot];
  Event event;
  AgentUpdate update;
  Removal removal;
  {
    MutexLock lock(agent.mutex);
    const Holding* holding = agent.held.FindWrapUpAt(place, deadline_version);
    if (!agent.used || holding == nullptr) return false;
    const std::uint32_t units = holding->units;
    const Event reservation = holding->reservation;
    FinishWork(agent, *holding, call.now_ms());
    ++agent.version;
    event = AgentEvent(EventType::kWrapUpEnded, agent, slot, call.now_ms());
    event.contact_id = reservation.contact_id;
    event.contact_state = ContactState::kEnded;
    event.channel = reservation.channel;
    event.attempt = reservation.attempt;
    event.units = reservation.units;
    removal = RemoveIfLeft(agent, slot, call.now_ms());
    update = NextUpdate(agent, slot, units);
  }
  if (version != nullptr) *version = event.agent_version;
  deadlines_.Cancel(WrapUpDeadline(slot, place), deadline_version);
  call.Push(event);
  if (removal.due) call.Push(removal.event);
  TellCore(update, call);
  if (removal.due) GiveBackProfile(removal.profile, slot);
  return true;
}

}  // namespace relais
