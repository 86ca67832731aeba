#include "tests/stress/history_judge.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/reference/event_text.h"
#include "tests/reference/reference_router.h"

namespace relais::stress {
namespace {

bool Mutates(CallKind kind) {
  return kind != CallKind::kGetContact && kind != CallKind::kGetAgent;
}

}  // namespace

HistoryJudge::HistoryJudge(std::vector<Configuration> configurations,
                           SpecOf spec_of)
    : configurations_(std::move(configurations)),
      spec_of_(spec_of),
      replay_(configurations_.front(), spec_of,
              [this](InstantMs until_ms, Tick by) {
                const auto first =
                    std::lower_bound(run_dues_.begin(), run_dues_.end(),
                                     static_cast<Tick>(until_ms));
                return first != run_dues_.end() && *first <= by;
              }) {
  applied_.push_back({0, 0, &configurations_.front()});
  for (const ContactQueue& queue : configurations_.front().queues) {
    rings_[queue.name] = reference::RingsOf(queue, configurations_.front());
  }
}

const reference::Ring& HistoryJudge::RingOf(const std::string& queue,
                                            std::size_t ring) const {
  const std::vector<reference::Ring>& rings = rings_.at(queue);
  return rings[std::min(ring, rings.size() - 1)];
}

void HistoryJudge::Fail(const std::string& what) {
  // The first tell the story; thousands more tell nothing.
  if (violations_.size() < 20) violations_.push_back(what);
}

void HistoryJudge::Fail(const Event& event, const std::string& what) {
  Fail(absl::StrCat(what, ": ", reference::Describe(event)));
}

void HistoryJudge::Judge(const Round& round, const Router* router) {
  if (!violations_.empty()) return;
  IndexCalls(round);
  if (!IndexEvents(round)) return;
  IndexApplied(round);
  for (const StreamEvent& one : round.events) {
    Replay(one);
    if (!violations_.empty()) return;
  }
  CheckAnswers(round);
  if (violations_.empty()) EndRound(round, router);
}

// --- First pass: what is known only later ------------------------------------

void HistoryJudge::IndexCalls(const Round& round) {
  for (const CallRecord& call : round.calls) {
    ++calls_judged_;
    if (!Mutates(call.kind)) continue;
    calls_[call.begin] = &call;
    if (call.kind == CallKind::kRunDue) run_dues_.push_back(call.begin);
    if (call.kind == CallKind::kDecline && !call.ok()) {
      late_declines_[{call.contact, call.agent}].push_back(&call);
    }
  }
  std::sort(run_dues_.begin(), run_dues_.end());
}

// Each apply and each change of an agent makes a configuration of its own, the
// latter with all others as they were. A change that changed nothing has no
// event.
void HistoryJudge::IndexApplied(const Round& round) {
  std::vector<std::pair<std::uint64_t, const CallRecord*>> applies;
  for (const CallRecord& call : round.calls) {
    if (!call.ok()) continue;
    if (call.kind == CallKind::kApply)
      applies.emplace_back(call.version, &call);
    if (call.kind == CallKind::kChangeAgent && caused_.contains(call.begin)) {
      applies.emplace_back(call.configuration_version, &call);
    }
  }
  std::sort(applies.begin(), applies.end());
  for (const auto& [version, call] : applies) {
    const Configuration* before = applied_.back().configuration;
    const bool one_agent = call->kind == CallKind::kChangeAgent;
    Configuration& next = in_force_.emplace_back(
        one_agent ? *before : configurations_[call->configuration]);
    for (AgentConfiguration& agent : next.agents) {
      if (!one_agent || agent.id != call->agent) continue;
      if (call->change.grade) agent.grade = *call->change.grade;
      if (call->change.skills) agent.skills = *call->change.skills;
    }
    replay_.Follows(&next, before);
    applied_.push_back({call->begin, call->end, &next});
  }
}

bool HistoryJudge::IndexEvents(const Round& round) {
  first_sequence_ = last_sequence_ + 1;
  for (const StreamEvent& one : round.events) {
    const Event& event = one.event;
    if (event.sequence != last_sequence_ + 1) {
      Fail(event, absl::StrCat("a gap after number ", last_sequence_));
      return false;
    }
    last_sequence_ = event.sequence;
    ticks_.push_back(one.tick);
    ++by_type_[static_cast<std::size_t>(event.type) % 16];
    const CallRecord* call = CauseOf(one);
    if (call == nullptr) return false;
    caused_[call->begin].push_back(&event);
    if (event.agent_version != 0) {
      agent_versions_[{event.agent.slot, event.agent.generation}].push_back(
          {event.agent_version, one.tick, call->begin});
    }
    if (event.type == EventType::kPresenceChanged) {
      presences_[std::string(event.agent_id.view())].push_back(
          {event.presence.state == PresenceState::kAvailable &&
               !event.presence_pending,
           call->begin, one.tick});
    }
    if (event.contact_version != 0) {
      IndexContact(one, *call, BeganNotBefore(event, *call));
    }
    if (!event.contact_id.empty()) IndexStanding(one, *call);
    if (!violations_.empty()) return false;
  }
  return true;
}

const CallRecord* HistoryJudge::CauseOf(const StreamEvent& one) {
  const Event& event = one.event;
  const auto found = calls_.find(static_cast<Tick>(event.at_ms));
  if (found == calls_.end() || one.tick < found->second->begin) {
    Fail(event, "an event that no call of this time can have caused");
    return nullptr;
  }
  const std::string wrong = NotItsCause(event, *found->second);
  if (!wrong.empty()) {
    Fail(event, wrong);
    return nullptr;
  }
  return found->second;
}

std::string HistoryJudge::NotItsCause(const Event& event,
                                      const CallRecord& call) const {
  const auto by = [&call](std::initializer_list<CallKind> kinds) {
    return std::find(kinds.begin(), kinds.end(), call.kind) != kinds.end()
               ? ""
               : "an event that its call cannot cause";
  };
  const auto own = [&](CallKind kind) {
    if (call.kind != kind) return "an event that its call cannot cause";
    return call.ok() ? "" : "an event of a call that was refused";
  };
  switch (event.type) {
    case EventType::kConfigurationApplied:
      return own(CallKind::kApply);
    case EventType::kContactSubmitted:
      return own(CallKind::kSubmit);
    case EventType::kContactEnded:
      if (event.end_reason == EndReason::kCompleted) {
        return own(CallKind::kComplete);
      }
      if (event.end_reason == EndReason::kWaitLimit ||
          event.end_reason == EndReason::kLeaseExpired) {
        return by({CallKind::kRunDue});
      }
      return own(CallKind::kCancel);
    case EventType::kReservationDeclined:
      return own(CallKind::kDecline);
    case EventType::kAgentChanged:
      return own(CallKind::kChangeAgent);
    case EventType::kReservationNoAnswer:
    case EventType::kContactWidened:
    case EventType::kContactHoldEnded:
      return by({CallKind::kRunDue});
    case EventType::kPresenceChanged:
      return call.ok() ? by({CallKind::kSetPresence, CallKind::kApply})
                       : "an event of a call that was refused";
    case EventType::kWrapUpEnded:
      return by({CallKind::kEndWrapUp, CallKind::kRunDue});
    default:  // any call may look, help or remove
      return "";
  }
}

// The number after which a decision began was given before it; the event of
// the number before that one had been handed over then.
Tick HistoryJudge::BeganNotBefore(const Event& event,
                                  const CallRecord& call) const {
  if (event.type != EventType::kReservationCreated) return call.begin;
  const std::uint64_t number = event.began_after_sequence;
  if (number <= first_sequence_) return call.begin;
  return std::max(call.begin, ticks_[number - 1 - first_sequence_]);
}

void HistoryJudge::IndexContact(const StreamEvent& one, const CallRecord& call,
                                Tick began) {
  const Event& event = one.event;
  Contact& contact = contacts_[std::string(event.contact_id.view())];
  if (event.type == EventType::kContactSubmitted) {
    contact.id = std::string(event.contact_id.view());
    contact.submit_end = call.end;
    const ContactSpec spec = spec_of_(contact.id);
    contact.queue = spec.queue;
    // Terms, mode and segments are those of all configurations.
    contact.boost_ms =
        reference::ReferenceRouter::BoostOf(configurations_.front(), spec);
  }
  const std::string wrong = NotedPlace(event, contact);
  if (!wrong.empty()) return Fail(event, wrong);
  // An acceptance may be written by a call that meets it and helps.
  const bool helped = event.type == EventType::kReservationAccepted &&
                      call.kind != CallKind::kAccept;
  contact.versions.push_back(
      {event.contact_version, one.tick, helped ? 0 : call.begin});
  if (!contact.waits.empty() &&
      contact.waits.back().taken_not_before == kNever) {
    contact.waits.back().taken_not_before = began;
  }
  if (event.contact_state != ContactState::kWaiting) return;
  const bool returned = event.type != EventType::kContactSubmitted;
  contact.waits.push_back(
      {returned ? std::min(call.end, one.tick) : call.end, kNever});
}

// A contact keeps its place, in each ring. The key is its own; in the first
// ring it may have been raised to that of a contact brought before it, which
// was not later than its submit's end.
std::string HistoryJudge::NotedPlace(const Event& event,
                                     Contact& contact) const {
  if (event.attempt == 0 && event.type != EventType::kContactWidened) {
    return "";  // not known yet
  }
  const Place place{event.lane, event.rank_key_ms, event.arrival_sequence};
  for (const auto& [ring, known] : contact.places) {
    if (known.sequence != place.sequence ||
        (ring == event.ring && known.key != place.key)) {
      return "the contact had another place before";
    }
  }
  contact.places.try_emplace(event.ring, place);
  if (event.ring > 0) {
    const DurationMs ring_ms = RingOf(contact.queue, event.ring).boost_ms;
    return place.key == event.arrival_ms - contact.boost_ms - ring_ms
               ? ""
               : "a rank key that is not that of its ring";
  }
  if (place.key < event.arrival_ms - contact.boost_ms) {
    return "a rank key before the contact's own";
  }
  if (contact.submit_end != kNever &&
      place.key >
          static_cast<InstantMs>(contact.submit_end) - contact.boost_ms) {
    return "a rank key that no contact before it can have had";
  }
  return "";
}

void HistoryJudge::IndexStanding(const StreamEvent& one,
                                 const CallRecord& call) {
  const Event& event = one.event;
  std::vector<Standing>& all = standings_[std::string(event.contact_id.view())];
  const bool helped = event.type == EventType::kReservationAccepted &&
                      call.kind != CallKind::kAccept;
  if (!all.empty() && all.back().closed_by == kNever) {
    all.back().closed_by = helped ? 0 : call.begin;
  }
  if (event.contact_version == 0) return;
  const bool assigned = event.contact_state == ContactState::kAssigned;
  if (assigned || event.contact_state == ContactState::kReserved) {
    all.push_back({std::string(event.agent_id.view()), event.attempt, assigned,
                   one.tick, kNever});
  }
}

// --- Second pass -------------------------------------------------------------

Cause HistoryJudge::CauseFor(const StreamEvent& one) const {
  Cause cause;
  cause.call = calls_.at(static_cast<Tick>(one.event.at_ms));
  cause.began = BeganNotBefore(one.event, *cause.call);
  cause.claimed_by = std::min(cause.call->end, one.tick);
  for (std::size_t i = 0; i < applied_.size(); ++i) {
    const bool replaced =
        i + 1 < applied_.size() && applied_[i + 1].end < cause.began;
    if (!replaced && applied_[i].begin <= cause.claimed_by) {
      cause.in_force.push_back(applied_[i].configuration);
    }
  }
  return cause;
}

void HistoryJudge::Replay(const StreamEvent& one) {
  const Event& event = one.event;
  const Cause cause = CauseFor(one);
  if (event.type == EventType::kReservationCreated) CheckOrder(one, cause);
  const std::string wrong = replay_.Apply(event, cause);
  if (!wrong.empty()) return Fail(event, wrong);
  if (event.agent_version != 0 &&
      event.type != EventType::kReservationCreated &&
      event.type != EventType::kReservationAccepted) {
    terms_[{event.agent.slot, event.agent.generation}].Changed(*cause.call);
  }
  if (event.contact_version == 0) return;
  Contact& contact = contacts_[std::string(event.contact_id.view())];
  if (contact.waiting) contact.waits.pop_front();
  contact.waiting = event.contact_state == ContactState::kWaiting;
  contact.ring = event.ring;
  contact.ended = event.contact_state == ContactState::kEnded;
  if (contact.waiting) {
    waiting_[contact.id] = &contact;
  } else {
    waiting_.erase(contact.id);
  }
}

void HistoryJudge::AgentTerms::Changed(const CallRecord& call) {
  if (call.begin == begin) return;
  if (call.end >= end) {
    others_end = end;
    begin = call.begin;
    end = call.end;
  } else {
    others_end = std::max(others_end, call.end);
  }
}

// A call looks after what it changed itself.
bool HistoryJudge::AgentTerms::SettledFor(const Cause& cause) const {
  return (begin == cause.call->begin ? others_end : end) < cause.began;
}

bool HistoryJudge::StandsBefore(const Contact& x, const Event& event,
                                const Cause& cause) const {
  // Profiles rank the queues as which contacts ask.
  const std::string& x_queue = RingOf(x.queue, x.ring).as->name;
  const std::string& y_queue =
      RingOf(std::string(event.queue.view()), event.ring).as->name;
  for (const Configuration* configuration : cause.in_force) {
    const QueueRank* x_rank = nullptr;
    const QueueRank* y_rank = nullptr;
    bool listed = false;
    for (const AgentConfiguration& agent : configuration->agents) {
      if (agent.id != event.agent_id.view()) continue;
      listed = true;
      for (const RoutingProfile& profile : configuration->routing_profiles) {
        if (profile.name != agent.routing_profile) continue;
        for (const QueueRank& rank : profile.queue_order) {
          for (const std::string& queue : rank.queues) {
            if (queue == x_queue) x_rank = &rank;
            if (queue == y_queue) y_rank = &rank;
          }
        }
      }
    }
    if (!listed) return false;  // it is served as before, whatever that was
    // Ranks stand one behind the other, what is not named behind them all.
    const bool before =
        x_rank == y_rank
            ? KeyIsBefore(x, event)
            : y_rank == nullptr || (x_rank != nullptr && x_rank < y_rank);
    if (!before) return false;
  }
  return true;
}

InstantMs HistoryJudge::KeyAtMost(const Contact& x) {
  const auto place = x.places.find(x.ring);
  return place != x.places.end()
             ? place->second.key
             : static_cast<InstantMs>(x.submit_end) - x.boost_ms;
}

bool HistoryJudge::KeyIsBefore(const Contact& x, const Event& event) {
  const auto place = x.places.find(x.ring);
  const InstantMs key = KeyAtMost(x);
  if (place == x.places.end() || place->second.lane != event.lane) {
    return key < event.rank_key_ms;
  }
  return std::pair(key, place->second.sequence) <
         std::pair(event.rank_key_ms, event.arrival_sequence);
}

// While a decline that comes too late is under way, the agent is not given the
// contact.
bool HistoryJudge::DeclinedMeanwhile(const std::string& contact,
                                     std::string_view agent,
                                     const Cause& cause) const {
  const auto found = late_declines_.find({contact, std::string(agent)});
  return found != late_declines_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&cause](const CallRecord* call) {
                       return call->begin <= cause.claimed_by &&
                              call->end >= cause.began;
                     });
}

void HistoryJudge::CheckOrder(const StreamEvent& one, const Cause& cause) {
  const Event& event = one.event;
  const auto terms = terms_.find({event.agent.slot, event.agent.generation});
  if (terms == terms_.end() || !terms->second.SettledFor(cause)) return;
  for (const auto& [id, other] : waiting_) {
    if (id == event.contact_id.view()) continue;
    const Contact& x = *other;
    const Wait& wait = x.waits.front();
    if (wait.published_by >= cause.began ||
        wait.taken_not_before <= cause.claimed_by ||
        DeclinedMeanwhile(id, event.agent_id.view(), cause) ||
        !replay_.CouldServe(replay_.NumberOf(id), event.agent, event.channel,
                            cause)) {
      continue;
    }
    ++pairs_ordered_;
    if (StandsBefore(x, event, cause)) {
      Fail(event, absl::StrCat("inversion: contact ", id, " (ring ", x.ring,
                               ", key at most ", KeyAtMost(x),
                               ") waited, published by ", wait.published_by,
                               ", taken not before ", wait.taken_not_before,
                               "; the decision began at ", cause.began,
                               " or later and was over by ", cause.claimed_by));
    }
  }
}

// --- Answers -----------------------------------------------------------------

void HistoryJudge::CheckAnswers(const Round& round) {
  for (const auto& [begin, events] : caused_) {
    for (const Event* event : events) {
      if (event->type == EventType::kReservationAccepted) {
        accepted_[{std::string(event->contact_id.view()),
                   event->contact_version}] = true;
      }
    }
  }
  for (const CallRecord& call : round.calls) {
    if (call.kind == CallKind::kGetContact ||
        call.kind == CallKind::kGetAgent) {
      if (call.ok()) CheckShown(call);
    } else if (!call.ok()) {
      CheckRefusal(call);
    } else if (!HasEvent(call)) {
      Fail(absl::StrCat("a call was answered and no event tells of it: kind ",
                        static_cast<int>(call.kind), " contact ", call.contact,
                        " agent ", call.agent, " version ", call.version,
                        " begun at ", call.begin));
    }
  }
}

bool HistoryJudge::HasEvent(const CallRecord& call) const {
  const auto caused = [&](EventType type, bool of_agent) {
    const auto found = caused_.find(call.begin);
    if (found == caused_.end()) return false;
    return std::any_of(
        found->second.begin(), found->second.end(), [&](const Event* event) {
          return event->type == type &&
                 (of_agent ? event->agent_id.view() == call.agent &&
                                 event->agent_version == call.version
                           : event->contact_id.view() == call.contact &&
                                 event->contact_version == call.version);
        });
  };
  switch (call.kind) {
    case CallKind::kSubmit:
      return call.repeated || caused(EventType::kContactSubmitted, false);
    case CallKind::kCancel:
    case CallKind::kComplete:
      return caused(EventType::kContactEnded, false);
    case CallKind::kAccept:
      return accepted_.contains({call.contact, call.version});
    case CallKind::kDecline:
      return caused(EventType::kReservationDeclined, false);
    case CallKind::kEndWrapUp:
      return caused(EventType::kWrapUpEnded, true);
    case CallKind::kApply:
    case CallKind::kSetPresence:  // may have changed nothing
    case CallKind::kChangeAgent:
    case CallKind::kRunDue:
    case CallKind::kGetContact:
    case CallKind::kGetAgent:
    case CallKind::kDrain:
      break;
  }
  return true;
}

// Whoever has left can no longer answer an offer, though it is rescinded only
// afterwards.
bool HistoryJudge::MayHaveLeft(const CallRecord& call) const {
  const auto found = presences_.find(call.agent);
  if (found == presences_.end()) return false;
  bool left = false;
  for (const PresenceChange& change : found->second) {
    if (!change.available && change.begun <= call.end) left = true;
    if (change.available && change.seen < call.begin) left = false;
  }
  return left;
}

// A refusal was wrong if what the call asked for was possible all the time.
void HistoryJudge::CheckRefusal(const CallRecord& call) {
  const bool answer =
      call.kind == CallKind::kAccept || call.kind == CallKind::kDecline;
  if ((!answer && call.kind != CallKind::kComplete) ||
      call.code != absl::StatusCode::kFailedPrecondition) {
    return;
  }
  ++refusals_judged_;
  const auto found = standings_.find(call.contact);
  if (found == standings_.end()) return;
  for (const Standing& one : found->second) {
    if (one.assigned == answer || one.seen >= call.begin ||
        one.closed_by <= call.end) {
      continue;
    }
    if (answer && (one.attempt != call.attempt || one.agent != call.agent ||
                   MayHaveLeft(call))) {
      continue;
    }
    Fail(absl::StrCat("refused what was possible all the time: kind ",
                      static_cast<int>(call.kind), " contact ", call.contact,
                      " agent ", call.agent, " attempt ", call.attempt,
                      " from ", call.begin, " to ", call.end,
                      "; it stood from ", one.seen, " or earlier until ",
                      one.closed_by));
  }
}

// A view shows neither what was over when it was asked for, nor what began
// only after it was answered.
void HistoryJudge::CheckShown(const CallRecord& call) {
  const std::vector<Version>* versions = nullptr;
  if (call.kind == CallKind::kGetContact) {
    const auto found = contacts_.find(call.contact);
    if (found != contacts_.end()) versions = &found->second.versions;
  } else {
    const auto found = agent_versions_.find(
        {call.agent_handle.slot, call.agent_handle.generation});
    if (found != agent_versions_.end()) versions = &found->second;
  }
  if (versions == nullptr) return;
  ++views_judged_;
  for (const Version& one : *versions) {
    if (one.version > call.version ? one.seen < call.begin
                                   : one.begun > call.end) {
      Fail(absl::StrCat("shown at the wrong time: version ", call.version,
                        " of ", call.contact, call.agent, " from ", call.begin,
                        " to ", call.end, "; version ", one.version,
                        " began at ", one.begun, " and was seen at ",
                        one.seen));
      return;
    }
  }
}

void HistoryJudge::EndRound(const Round& round, const Router* router) {
  applied_.erase(applied_.begin(), applied_.end() - 1);
  for (std::string& wrong :
       replay_.AtQuiet(*applied_.back().configuration, round.quiet)) {
    Fail(wrong);
  }
  if (router != nullptr) {
    for (std::string& wrong : replay_.DifferentViews(*router)) Fail(wrong);
  }
  std::erase_if(contacts_, [](const auto& one) { return one.second.ended; });
  for (auto& [id, contact] : contacts_) contact.versions.clear();
  for (auto& [id, all] : standings_) {
    std::erase_if(all, [](const auto& one) { return one.closed_by != kNever; });
  }
  std::erase_if(standings_, [](const auto& one) { return one.second.empty(); });
  run_dues_.clear();
  calls_.clear();
  caused_.clear();
  accepted_.clear();
  late_declines_.clear();
  agent_versions_.clear();
  for (auto& [id, changes] : presences_) {
    changes.erase(changes.begin(), changes.end() - 1);
  }
  ticks_.clear();
}

}  // namespace relais::stress
