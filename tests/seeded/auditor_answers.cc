// What the auditor expects each call to answer, and what it thinks of what has
// been told to clients.

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/domain/validate_configuration.h"
#include "lib/domain/validate_contact.h"
#include "tests/seeded/auditor.h"

namespace relais::seeded {
namespace {

using absl::StatusCode;

// Room that a call takes before it changes anything (limits.pending_events).
constexpr std::uint64_t kRoomOfCall = 24;
constexpr std::uint64_t kRoomOfAgent = 4;
constexpr std::uint64_t kRoomOfReservation = 3;

// The names of these tests are all plain.
bool Plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0;  // neither a zero nor a byte of another alphabet
  });
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kIdBytesMax && Plain(text);
}

bool WellFormed(const ContactSpec& spec) {
  if (!IsName(spec.id) || !Plain(spec.queue) || !Plain(spec.segment)) {
    return false;
  }
  if (static_cast<int>(spec.channel) >= kChannelCount) return false;
  if (spec.priority < 0 || spec.priority >= kPriorityCount) return false;
  for (const auto& [key, value] : spec.attributes) {
    if (!Plain(key) || !Plain(value)) return false;
  }
  // What requirements may say is tested by itself.
  ContactSpec bare;
  bare.id = spec.id;
  bare.requirement = spec.requirement;
  bare.preferred = spec.preferred;
  return ValidateContactSpec(bare).ok();
}

bool SameContent(const ContactSpec& one, const ContactSpec& other) {
  return one.queue == other.queue && one.channel == other.channel &&
         one.priority == other.priority && one.segment == other.segment &&
         one.requirement == other.requirement &&
         one.tutor_may_listen == other.tutor_may_listen &&
         one.attributes == other.attributes;
}

Presence Meant(Presence presence) {
  if (presence.state == PresenceState::kNotReady &&
      presence.reason == NotReadyReason::kNone) {
    presence.reason = NotReadyReason::kOther;
  }
  return presence;
}

bool GoodPresence(const Presence& presence) {
  switch (presence.state) {
    case PresenceState::kLoggedOut:
    case PresenceState::kAvailable:
      return presence.reason == NotReadyReason::kNone;
    case PresenceState::kNotReady:
      return presence.reason < NotReadyReason::kNoAnswer;
  }
  return false;
}

// The agent with what the change gives.
AgentConfiguration Changed(AgentConfiguration agent,
                           const AgentChange& change) {
  if (change.grade.has_value()) agent.grade = *change.grade;
  if (change.skills.has_value()) agent.skills = *change.skills;
  if (change.certifications.has_value()) {
    agent.certifications = *change.certifications;
  }
  if (change.languages.has_value()) agent.languages = *change.languages;
  return agent;
}

template <typename T>
const T* Find(const std::map<std::string, T>& in, const std::string& id) {
  const auto found = in.find(id);
  return found == in.end() ? nullptr : &found->second;
}

}  // namespace

// An ended id is remembered for its time, unless too many ended after it; those
// that ended in one millisecond may go in any order.
bool Auditor::SurelyRemembered(const std::string& id) const {
  const AuditedEnd* const end = Find(now_.ended, id);
  if (end == nullptr || latest_now_ms_ >= end->ended_ms + id_retention_ms_) {
    return false;
  }
  const auto later = std::count_if(
      now_.ended.begin(), now_.ended.end(), [end](const auto& other) {
        return other.second.ended_ms >= end->ended_ms;  // itself, too
      });
  return static_cast<std::uint64_t>(later) <= limits_.ended_ids;
}

StatusCode Auditor::ExpectedOfNew(const ContactSpec& spec) const {
  const auto& queues = now_.configuration.queues;
  const auto queue =
      std::find_if(queues.begin(), queues.end(),
                   [&](const auto& one) { return one.name == spec.queue; });
  if (queue == queues.end()) return StatusCode::kNotFound;
  const auto& segments = now_.configuration.segments;
  if (!spec.segment.empty() &&
      std::none_of(segments.begin(), segments.end(),
                   [&](const auto& one) { return one.name == spec.segment; })) {
    return StatusCode::kNotFound;
  }
  const std::string unknown = reference::FirstUnknownName(
      spec.requirement, "contact.requirement", now_.configuration);
  if (!unknown.empty()) return StatusCode::kNotFound;
  const ContactQueue terms =
      reference::WithActivity(*queue, now_.configuration);
  if (!Contains(queue->channels, spec.channel) ||
      !CheckAgainstQueue(spec.requirement, terms).ok()) {
    return StatusCode::kInvalidArgument;
  }
  // Nor may it contradict a queue as which one of its rings asks.
  for (const reference::Ring& ring :
       reference::RingsOf(*queue, now_.configuration)) {
    if (ring.as->name != queue->name &&
        !CheckAgainstQueue(spec.requirement, *ring.as).ok()) {
      return StatusCode::kInvalidArgument;
    }
  }
  return now_.contacts.size() >= limits_.contacts
             ? StatusCode::kResourceExhausted
             : StatusCode::kOk;
}

StatusCode Auditor::ExpectedOfSubmit(const CallRecord& call) const {
  const ContactSpec& spec = call.spec;
  if (!WellFormed(spec)) return StatusCode::kInvalidArgument;
  if (const AuditedContact* const alive = Find(now_.contacts, spec.id)) {
    return SameContent(alive->spec, spec) ? StatusCode::kOk
                                          : StatusCode::kAlreadyExists;
  }
  const AuditedEnd* const end = Find(now_.ended, spec.id);
  if (end == nullptr) return ExpectedOfNew(spec);
  const bool treated_as_known =
      call.submitted.repeated || call.code == StatusCode::kAlreadyExists;
  if (SurelyRemembered(spec.id) || treated_as_known) {
    return SameContent(end->spec, spec) ? StatusCode::kOk
                                        : StatusCode::kAlreadyExists;
  }
  return ExpectedOfNew(spec);
}

StatusCode Auditor::ExpectedOfContactCall(const CallRecord& call) const {
  const AuditedContact* const contact = Find(now_.contacts, call.contact_id);
  if (call.kind == CallKind::kGetContact) {
    if (contact != nullptr || SurelyRemembered(call.contact_id)) {
      return StatusCode::kOk;
    }
    // Remembered or forgotten, both may be.
    return now_.ended.contains(call.contact_id) ? call.code
                                                : StatusCode::kNotFound;
  }
  if (call.kind == CallKind::kCancel && call.reason != EndReason::kAbandoned &&
      call.reason != EndReason::kCancelled) {
    return StatusCode::kInvalidArgument;
  }
  if (!call.contact_given) return StatusCode::kNotFound;
  if (contact == nullptr || !call.contact_current) {
    return StatusCode::kFailedPrecondition;
  }
  const bool assigned = contact->state == ContactState::kAssigned;
  return assigned == (call.kind == CallKind::kComplete)
             ? StatusCode::kOk
             : StatusCode::kFailedPrecondition;
}

StatusCode Auditor::ExpectedOfAgentCall(const CallRecord& call) const {
  if (call.kind == CallKind::kSetPresence && !GoodPresence(call.presence)) {
    return StatusCode::kInvalidArgument;
  }
  const DurationMs retry = call.retry_after_ms.value_or(0);
  if (retry < 0 || retry > kDurationMsMax) return StatusCode::kInvalidArgument;
  const AuditedAgent* const agent = Find(now_.agents, call.agent_id);
  if (agent == nullptr || !call.agent_given || !call.agent_current) {
    return StatusCode::kNotFound;
  }
  if (call.kind == CallKind::kSetPresence) return StatusCode::kOk;
  if (call.kind == CallKind::kEndWrapUp) {
    return agent->Held(call.contact_id, WorkState::kWrapUp) != nullptr
               ? StatusCode::kOk
               : StatusCode::kFailedPrecondition;
  }
  if (!call.contact_given) return StatusCode::kNotFound;
  const AuditedContact* const contact = Find(now_.contacts, call.contact_id);
  const bool stands = contact != nullptr && call.contact_current &&
                      contact->state == ContactState::kReserved &&
                      contact->agent_id == call.agent_id &&
                      contact->attempt == call.attempt;
  return stands ? StatusCode::kOk : StatusCode::kFailedPrecondition;
}

StatusCode Auditor::ExpectedOfApply(const CallRecord& call) const {
  const Configuration& given = *call.configuration;
  for (const AgentConfiguration& agent : given.agents) {
    const auto& profiles = given.routing_profiles;
    if (std::none_of(profiles.begin(), profiles.end(), [&](const auto& one) {
          return one.name == agent.routing_profile;
        })) {
      return StatusCode::kInvalidArgument;  // answered as a finding
    }
  }
  // What else configurations may say is tested by itself.
  if (HasErrors(ValidateConfiguration(given, limits_))) {
    return StatusCode::kInvalidArgument;
  }
  std::size_t staying = 0;
  for (const auto& [id, agent] : now_.agents) {
    if (!agent.busy()) continue;
    staying += std::none_of(given.agents.begin(), given.agents.end(),
                            [&id](const auto& one) { return one.id == id; });
  }
  return given.agents.size() > limits_.agents ? StatusCode::kInvalidArgument
         : given.agents.size() + staying > limits_.agents
             ? StatusCode::kResourceExhausted
             : StatusCode::kOk;
}

StatusCode Auditor::ExpectedOfChange(const CallRecord& call) const {
  const AuditedAgent* const agent = Find(now_.agents, call.agent_id);
  if (agent == nullptr || !call.agent_given || !call.agent_current) {
    return StatusCode::kNotFound;
  }
  if (!agent->listed) return StatusCode::kFailedPrecondition;
  Configuration next = now_.configuration;
  next.reserves.clear();  // one that starves by this stays
  for (AgentConfiguration& listed : next.agents) {
    if (listed.id == call.agent_id) listed = Changed(listed, call.change);
  }
  // What agents may be is tested by itself.
  return HasErrors(ValidateConfiguration(next, limits_))
             ? StatusCode::kInvalidArgument
             : StatusCode::kOk;
}

StatusCode Auditor::Expected(const CallRecord& call) const {
  switch (call.kind) {
    case CallKind::kSubmit:
      return ExpectedOfSubmit(call);
    case CallKind::kCancel:
    case CallKind::kComplete:
    case CallKind::kGetContact:
      return ExpectedOfContactCall(call);
    case CallKind::kAccept:
    case CallKind::kDecline:
    case CallKind::kSetPresence:
    case CallKind::kEndWrapUp:
      return ExpectedOfAgentCall(call);
    case CallKind::kApply:
      return ExpectedOfApply(call);
    case CallKind::kChangeAgent:
      return ExpectedOfChange(call);
    case CallKind::kPull:
      return ExpectedOfPull(call);
    case CallKind::kRunDue:
    case CallKind::kRestore:
      break;
  }
  return StatusCode::kOk;
}

// Too many events were on their way.
bool Auditor::MayBeFull(const CallRecord& call) const {
  if (call.field != "limits.pending_events") return false;
  std::uint64_t room = kRoomOfCall;
  if (call.kind == CallKind::kSetPresence) room += kContactsPerAgentMax;
  if (call.kind == CallKind::kApply) {
    room += kRoomOfAgent * limits_.agents;
    for (const auto& [id, agent] : now_.agents) {
      room += kRoomOfReservation * agent.held.size();
    }
  }
  const std::uint64_t share = call.kind == CallKind::kSubmit
                                  ? limits_.pending_events / 4 * 3
                                  : limits_.pending_events;
  return call.backlog + room > share;
}

bool Auditor::ChangesNothing(const CallRecord& call) const {
  if (call.code != StatusCode::kOk) return true;
  if (call.kind == CallKind::kSubmit) return call.submitted.repeated;
  if (call.kind == CallKind::kApply) return !call.applied;
  if (call.kind == CallKind::kGetContact) return true;
  if (call.kind == CallKind::kChangeAgent) {
    for (const AgentConfiguration& listed : now_.configuration.agents) {
      if (listed.id == call.agent_id) {
        return Changed(listed, call.change) == listed;
      }
    }
    return false;
  }
  if (call.kind != CallKind::kSetPresence) return false;
  const AuditedAgent* const agent = Find(now_.agents, call.agent_id);
  if (agent == nullptr) return false;
  const Presence asked = Meant(call.presence);
  return agent->presence_pending
             ? agent->pending == asked
             : agent->presence == asked && agent->closed == 0;
}

// Ids are resolved first; what is there must be found.
void Auditor::JudgeFound(const CallRecord& call) {
  const bool of_contact =
      call.kind == CallKind::kCancel || call.kind == CallKind::kComplete ||
      call.kind == CallKind::kAccept || call.kind == CallKind::kDecline;
  const bool of_agent =
      call.kind == CallKind::kAccept || call.kind == CallKind::kDecline ||
      call.kind == CallKind::kSetPresence ||
      call.kind == CallKind::kEndWrapUp ||
      call.kind == CallKind::kChangeAgent || call.kind == CallKind::kPull;
  if (of_contact && !call.contact_given &&
      (now_.contacts.contains(call.contact_id) ||
       SurelyRemembered(call.contact_id))) {
    Violate(absl::StrCat("promise 6: '", call.contact_id, "' is not found"));
  }
  if (of_agent && call.agent_given != now_.agents.contains(call.agent_id)) {
    Violate(absl::StrCat("promise 6: agent '", call.agent_id,
                         call.agent_given ? "' is found" : "' is not found"));
  }
}

void Auditor::JudgeAnswer(const CallRecord& call, std::size_t events) {
  JudgeFound(call);
  counts_.refused += call.code == StatusCode::kOk ? 0 : 1;
  const bool nothing = ChangesNothing(call);
  if (nothing && events > 0) {
    return Violate(
        absl::StrCat("promise 10: refused, repeated or asked for "
                     "what held, and ",
                     events, " events followed"));
  }
  const bool by_time =
      call.kind == CallKind::kRunDue || call.kind == CallKind::kRestore;
  if (!nothing && !by_time && events == 0) {
    return Violate("promise 6: answered, and no event tells of it");
  }
  if (nothing &&
      (call.kind == CallKind::kSetPresence ||
       call.kind == CallKind::kChangeAgent) &&
      call.code == StatusCode::kOk) {
    own_version_ = Find(now_.agents, call.agent_id)->version;
  }
  StatusCode expected = Expected(call);
  StatusCode code = call.code;
  if (call.kind == CallKind::kApply && code == StatusCode::kOk &&
      !call.applied) {
    code = StatusCode::kInvalidArgument;
  }
  if (code == StatusCode::kResourceExhausted && MayBeFull(call) &&
      expected != StatusCode::kInvalidArgument) {
    return;
  }
  if (code != expected) {
    return Violate(absl::StrCat(
        "promise ", expected == StatusCode::kOk ? "6" : "10", ": it answered ",
        absl::StatusCodeToString(code), " (", call.field, " ", call.message,
        ") and should have answered ", absl::StatusCodeToString(expected)));
  }
  if (code != StatusCode::kOk) {
    if (call.field.empty() && call.kind != CallKind::kApply) {
      Violate("promise 10: a refusal names no field");
    }
    return;
  }
  if (call.kind == CallKind::kSubmit) JudgeSubmitAnswer(call);
  if (call.kind == CallKind::kGetContact) JudgeView(call);
  if (call.kind == CallKind::kPull) JudgePull(call);
}

// A submit that was made before gets the answer that it got before.
void Auditor::JudgeSubmitAnswer(const CallRecord& call) {
  const SubmitOutcome& answer = call.submitted;
  const AuditedContact* const alive = Find(now_.contacts, call.spec.id);
  const AuditedEnd* const end = Find(now_.ended, call.spec.id);
  if (answer.repeated && alive == nullptr && end == nullptr) {
    return Violate("promise 6: an answer of before without a before");
  }
  if (!answer.repeated &&
      (alive != nullptr || SurelyRemembered(call.spec.id))) {
    return Violate("promise 6: the contact was taken a second time");
  }
  if (!answer.repeated) {
    if (answer.arrival_ms != call.now_ms) {
      Violate("it answered another arrival_ms than its instant");
    }
    return;
  }
  ++counts_.repeated;
  const InstantMs arrival_ms =
      alive != nullptr ? alive->arrival_ms : end->arrival_ms;
  const bool at_once = alive != nullptr ? alive->at_once : end->at_once;
  if (answer.arrival_ms != arrival_ms || answer.at_once != at_once) {
    Violate(absl::StrCat("promise 6: a retry was answered with arrival ",
                         answer.arrival_ms, " and at_once ", answer.at_once,
                         ", before with ", arrival_ms, " and ", at_once));
  }
}

void Auditor::JudgeView(const CallRecord& call) {
  if (call.view.has_value()) CompareView(*call.view);
}

void Auditor::CompareView(const ContactView& view) {
  const AuditedContact* const alive = Find(now_.contacts, view.id);
  const AuditedEnd* const end = Find(now_.ended, view.id);
  bool same = false;
  if (alive != nullptr) {
    same = view.state == alive->state && view.version == alive->version &&
           view.arrival_ms == alive->arrival_ms &&
           view.rank_key_ms == alive->rank_key_ms && view.ring == alive->ring &&
           view.agent_id == alive->agent_id &&
           view.held_for == (alive->held() ? alive->hold.agent_id : "") &&
           view.over_share == alive->hold.over_share &&
           view.interrupted == now_.IsInterrupted(*alive) &&
           view.attempt == (alive->state == ContactState::kReserved
                                ? alive->attempt
                                : view.attempt) &&
           view.queue == alive->spec.queue &&
           view.segment == alive->spec.segment &&
           view.requirement == alive->spec.requirement &&
           view.attributes == alive->spec.attributes;
  } else if (end != nullptr) {
    same = view.state == ContactState::kEnded && view.version == end->version &&
           view.end_reason == end->reason &&
           view.arrival_ms == end->arrival_ms && view.ended_ms == end->ended_ms;
  }
  if (!same) {
    Violate(absl::StrCat("promise 6: contact '", view.id, "' is shown as ",
                         std::string(ContactStateName(view.state)), " version ",
                         view.version, " with '", view.agent_id,
                         "', which it is not"));
  }
}

// --- What clients were told --------------------------------------------------

void Auditor::Left(std::string_view what, std::uint64_t sequence,
                   std::uint64_t on_medium) {
  ++counts_.answers;
  if (sequence > on_medium) {
    Violate(absl::StrCat("promise 6: ", std::string(what), " of event ",
                         sequence, " left while the medium had ", on_medium));
  }
  answered_sequence_ = std::max(answered_sequence_, sequence);
}

void Auditor::Answered(const CallRecord& call) {
  if (call.code != StatusCode::kOk) return;
  if (call.kind == CallKind::kSubmit) {
    Acknowledged& known = acknowledged_[call.spec.id];
    if (known.arrival_ms == call.submitted.arrival_ms &&
        known.at_once != call.submitted.at_once) {
      Violate("promise 6: a client was told two different things");
    }
    if (known.arrival_ms == call.submitted.arrival_ms) return;
    known = {call.submitted.arrival_ms, call.submitted.at_once, 1, false, ""};
    return;
  }
  const auto found = acknowledged_.find(call.contact_id);
  if (found == acknowledged_.end() ||
      found->second.arrival_ms != call.contact_arrival_ms) {
    return;
  }
  Acknowledged& known = found->second;
  if (call.kind == CallKind::kAccept) {
    if (!known.accepted_by.empty()) {
      Violate(absl::StrCat("promise 1: '", call.contact_id,
                           "' was accepted by '", known.accepted_by,
                           "', and then by '", call.agent_id, "'"));
    }
    known.accepted_by = call.agent_id;
  }
  if (call.kind == CallKind::kCancel || call.kind == CallKind::kComplete) {
    if (known.ended) {
      Violate(absl::StrCat("promise 6: '", call.contact_id, "' ended twice"));
    }
    known.ended = true;
  }
  if (call.kind != CallKind::kGetContact && call.version != 0 &&
      call.kind != CallKind::kSetPresence &&
      call.kind != CallKind::kChangeAgent &&
      call.kind != CallKind::kEndWrapUp) {
    known.version = std::max(known.version, call.version);
  }
}

}  // namespace relais::seeded
