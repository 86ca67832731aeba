#include "server/convert.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/domain/utf8.h"
#include "server/convert_requirement.h"
#include "server/wire_enum.h"

namespace relais::server {
namespace {

// Both sides number their enums alike, the wire's one later where zero is
// "unspecified" there and a value here.
static_assert(static_cast<int>(Channel::kInternal) + 1 == v1::CHANNEL_INTERNAL);
static_assert(static_cast<int>(AgentGrade::kSpecialised) + 1 ==
              v1::AGENT_GRADE_SPECIALISED);
static_assert(static_cast<int>(PresenceState::kNotReady) + 1 ==
              v1::PRESENCE_STATE_NOT_READY);
static_assert(static_cast<int>(NotReadyReason::kNoAnswer) ==
              v1::NOT_READY_REASON_NO_ANSWER);
static_assert(static_cast<int>(WorkState::kWrapUp) + 1 ==
              v1::WORK_STATE_WRAP_UP);
static_assert(static_cast<int>(LoadOrder::kPack) + 1 == v1::LOAD_ORDER_PACK);
static_assert(static_cast<int>(ContactState::kEnded) + 1 ==
              v1::CONTACT_STATE_ENDED);
static_assert(static_cast<int>(EndReason::kLeaseExpired) ==
              v1::END_REASON_LEASE_EXPIRED);
static_assert(static_cast<int>(EventType::kContactResumed) ==
              v1::EVENT_TYPE_CONTACT_RESUMED);
static_assert(static_cast<int>(PreferenceSource::kPanel) + 1 ==
              v1::PREFERENCE_SOURCE_PANEL);

// gRPC clients refuse trailers above 8 KiB by default; base64 adds a third.
constexpr std::size_t kMessageBytesMax = 512;
constexpr std::size_t kFindingsBytesMax = 3'000;

absl::Status EnumError(std::string_view path, int value,
                       const google::protobuf::EnumDescriptor& type) {
  return FieldError(absl::StatusCode::kInvalidArgument, path,
                    EnumProblem(value, type));
}

v1::Presence ToProto(const Presence& presence) {
  v1::Presence result;
  result.set_state(OneLater<v1::PresenceState>(presence.state));
  result.set_reason(SameNumber<v1::NotReadyReason>(presence.reason));
  result.set_back_at_ms(presence.back_at_ms);
  return result;
}

// A contact that asks for nothing of its own has no message for it.
void SetOwnRequirement(const RoutingRequirement& requirement,
                       v1::Contact* contact) {
  if (requirement.empty()) return;
  SetRequirement(requirement, contact->mutable_requirement());
}

// Likewise.
void SetPreferred(const PreferredAgents& preferred, v1::Contact* contact) {
  if (preferred.empty()) return;
  v1::PreferredAgents* result = contact->mutable_preferred();
  for (const std::string& agent : preferred.agents) result->add_agents(agent);
  result->set_source(OneLater<v1::PreferenceSource>(preferred.source));
  result->set_reply_by_ms(preferred.reply_by_ms);
}

absl::Status PreferredToDomain(const v1::PreferredAgents& preferred,
                               PreferredAgents* result) {
  if (!v1::PreferenceSource_IsValid(preferred.source())) {
    return EnumError("contact.preferred.source", preferred.source(),
                     *v1::PreferenceSource_descriptor());
  }
  if (preferred.source() != v1::PREFERENCE_SOURCE_UNSPECIFIED) {
    result->source = static_cast<PreferenceSource>(preferred.source() - 1);
  }
  result->agents.assign(preferred.agents().begin(), preferred.agents().end());
  result->reply_by_ms = preferred.reply_by_ms();
  return absl::OkStatus();
}

std::string Text(const InlineId& id) { return std::string(id.view()); }

void SetContact(const Event& event, v1::ContactChange* contact) {
  contact->set_id(Text(event.contact_id));
  contact->set_version(event.contact_version);
  contact->set_state(OneLater<v1::ContactState>(event.contact_state));
  contact->set_end_reason(SameNumber<v1::EndReason>(event.end_reason));
  contact->set_queue(Text(event.queue));
  contact->set_channel(OneLater<v1::Channel>(event.channel));
  contact->set_priority(event.priority);
  contact->set_arrival_ms(event.arrival_ms);
  contact->set_rank_key_ms(event.rank_key_ms);
  contact->set_arrival_sequence(event.arrival_sequence);
  contact->set_ring(event.ring);
  contact->set_held_for(Text(event.held_for));
  contact->set_held_until_ms(event.held_until_ms);
  contact->set_over_share(event.over_share);
}

void SetAgent(const Event& event, v1::AgentChange* agent) {
  agent->set_id(Text(event.agent_id));
  agent->set_version(event.agent_version);
  *agent->mutable_presence() = ToProto(event.presence);
  if (event.presence_pending) {
    *agent->mutable_pending() = ToProto(event.pending);
  }
  agent->set_work_state(OneLater<v1::WorkState>(event.work_state));
  SetChannels(event.no_answer_channels, agent,
              &v1::AgentChange::add_no_answer_channels);
  agent->set_idle_since_ms(event.idle_since_ms);
  agent->set_wrap_up_ends_ms(event.wrap_up_ends_ms);
}

void SetReservation(const Event& event, v1::ReservationChange* reservation) {
  reservation->set_attempt(event.attempt);
  reservation->set_offer_expires_ms(event.offer_expires_ms);
  reservation->set_decline_until_ms(event.decline_until_ms);
  reservation->set_lane(event.lane);
  reservation->set_requirement_class(event.requirement_class);
  reservation->set_profile_class(event.profile_class);
  reservation->set_fit_step(event.fit_step);
  reservation->set_began_after_sequence(event.began_after_sequence);
  reservation->set_at_once(event.at_once);
  reservation->set_units(event.units);
  reservation->set_tutor_id(Text(event.tutor_id));
  reservation->set_pulled(event.pulled);
}

// At most `bytes_max` bytes, cut between characters; always UTF-8.
std::string Shortened(std::string text, std::size_t bytes_max) {
  if (!IsValidUtf8(text)) text = Quoted(text);
  if (text.size() <= bytes_max) return text;
  text.resize(bytes_max - 3);
  while (!IsValidUtf8(text)) text.pop_back();
  return text + "...";
}

}  // namespace

absl::StatusOr<ContactSpec> ToDomain(const v1::Contact& contact) {
  ContactSpec spec;
  spec.id = contact.id();
  spec.queue = contact.queue();
  if (!KnownChannel(contact.channel())) {
    return EnumError("contact.channel", contact.channel(),
                     *v1::Channel_descriptor());
  }
  spec.channel = static_cast<Channel>(contact.channel() - 1);
  spec.priority = contact.priority();
  spec.segment = contact.segment();
  std::vector<Finding> findings;
  spec.requirement = RequirementToDomain(
      contact.requirement(), FieldPath("contact.requirement"), &findings);
  if (!findings.empty()) {
    return FieldError(absl::StatusCode::kInvalidArgument, findings[0].path,
                      findings[0].message);
  }
  spec.attributes.insert(contact.attributes().begin(),
                         contact.attributes().end());
  spec.tutor_may_listen = contact.tutor_may_listen();
  const absl::Status status =
      PreferredToDomain(contact.preferred(), &spec.preferred);
  if (!status.ok()) return status;
  return spec;
}

absl::StatusOr<EndReason> CancelReasonToDomain(v1::EndReason reason) {
  switch (reason) {
    case v1::END_REASON_UNSPECIFIED:
    case v1::END_REASON_ABANDONED:
      return EndReason::kAbandoned;
    case v1::END_REASON_CANCELLED:
      return EndReason::kCancelled;
    default:
      return FieldError(
          absl::StatusCode::kInvalidArgument, "reason",
          absl::StrCat(v1::EndReason_IsValid(reason)
                           ? v1::EndReason_Name(reason)
                           : absl::StrCat("unknown value ", reason),
                       "; use END_REASON_ABANDONED (2) or "
                       "END_REASON_CANCELLED (3)"));
  }
}

absl::StatusOr<Presence> ToDomain(const v1::Presence& presence) {
  if (presence.state() == v1::PRESENCE_STATE_UNSPECIFIED ||
      !v1::PresenceState_IsValid(presence.state())) {
    return EnumError("presence.state", presence.state(),
                     *v1::PresenceState_descriptor());
  }
  if (!v1::NotReadyReason_IsValid(presence.reason())) {
    return EnumError("presence.reason", presence.reason(),
                     *v1::NotReadyReason_descriptor());
  }
  return Presence{static_cast<PresenceState>(presence.state() - 1),
                  static_cast<NotReadyReason>(presence.reason()),
                  presence.back_at_ms()};
}

v1::Event ToProto(const Event& event) {
  v1::Event result;
  result.set_sequence(event.sequence);
  result.set_type(SameNumber<v1::EventType>(event.type));
  result.set_at_ms(event.at_ms);
  result.set_configuration_version(event.configuration_version);
  if (!event.contact_id.empty()) SetContact(event, result.mutable_contact());
  if (!event.agent_id.empty()) SetAgent(event, result.mutable_agent());
  if (event.attempt != 0) SetReservation(event, result.mutable_reservation());
  return result;
}

v1::ContactSnapshot ToProto(const ContactView& contact) {
  v1::ContactSnapshot result;
  v1::Contact* spec = result.mutable_contact();
  spec->set_id(contact.id);
  spec->set_queue(contact.queue);
  spec->set_channel(OneLater<v1::Channel>(contact.channel));
  spec->set_priority(contact.priority);
  spec->set_segment(contact.segment);
  SetOwnRequirement(contact.requirement, spec);
  spec->mutable_attributes()->insert(contact.attributes.begin(),
                                     contact.attributes.end());
  spec->set_tutor_may_listen(contact.tutor_may_listen);
  SetPreferred(contact.preferred, spec);
  result.set_tutor_id(contact.tutor_id);
  result.set_state(OneLater<v1::ContactState>(contact.state));
  result.set_end_reason(SameNumber<v1::EndReason>(contact.end_reason));
  result.set_version(contact.version);
  result.set_arrival_ms(contact.arrival_ms);
  result.set_rank_key_ms(contact.rank_key_ms);
  result.set_ended_ms(contact.ended_ms);
  result.set_agent_id(contact.agent_id);
  result.set_attempt(contact.attempt);
  result.set_ring(contact.ring);
  result.set_next_ring_ms(contact.next_ring_ms);
  result.set_held_for(contact.held_for);
  result.set_held_until_ms(contact.held_until_ms);
  result.set_over_share(contact.over_share);
  result.set_interrupted(contact.interrupted);
  return result;
}

v1::AgentSnapshot ToProto(const AgentView& agent) {
  v1::AgentSnapshot result;
  result.set_id(agent.id);
  result.set_grade(OneLater<v1::AgentGrade>(agent.grade));
  *result.mutable_presence() = ToProto(agent.presence);
  if (agent.presence_pending) {
    *result.mutable_pending() = ToProto(agent.pending);
  }
  result.set_work_state(OneLater<v1::WorkState>(agent.work_state));
  SetChannels(agent.no_answer_channels, &result,
              &v1::AgentSnapshot::add_no_answer_channels);
  result.set_version(agent.version);
  result.set_idle_since_ms(agent.idle_since_ms);
  for (const HeldContact& held : agent.held) {
    v1::HeldContact* added = result.add_held();
    added->set_contact_id(held.contact_id);
    added->set_channel(OneLater<v1::Channel>(held.channel));
    added->set_state(OneLater<v1::WorkState>(held.state));
    added->set_attempt(held.attempt);
    added->set_units(held.units);
    added->set_wrap_up_ends_ms(held.wrap_up_ends_ms);
    added->set_interrupted(held.interrupted);
  }
  if (agent.figures != AgentFigures{}) {
    v1::AgentFigures* figures = result.mutable_figures();
    figures->set_contacts(agent.figures.contacts);
    if (agent.figures.offered) {
      figures->set_last_offered_ms(agent.figures.last_offered_ms);
    }
    figures->set_occupied_ms(agent.figures.occupied_ms);
  }
  result.set_panel_choices(agent.panel_choices);
  result.set_panel_share_percent(agent.panel_share_percent);
  return result;
}

v1::QueueSnapshot ToProto(const QueueView& queue) {
  v1::QueueSnapshot result;
  result.set_name(queue.name);
  result.set_waiting(queue.waiting);
  result.set_reserved(queue.reserved);
  result.set_assigned(queue.assigned);
  result.set_offered_total(queue.offered_total);
  result.set_answered_total(queue.answered_total);
  result.set_abandoned_total(queue.abandoned_total);
  result.set_oldest_arrival_ms(queue.oldest_arrival_ms);
  return result;
}

v1::Finding ToProto(const Finding& finding) {
  v1::Finding result;
  result.set_severity(finding.severity == Finding::Severity::kError
                          ? v1::SEVERITY_ERROR
                          : v1::SEVERITY_WARNING);
  result.set_path(finding.path);
  result.set_message(finding.message);
  return result;
}

v1::Offer ToOffer(const Event& event, const ContactView& contact) {
  v1::Offer offer;
  offer.set_agent_id(Text(event.agent_id));
  v1::Contact* spec = offer.mutable_contact();
  spec->set_id(Text(event.contact_id));
  spec->set_queue(Text(event.queue));
  spec->set_channel(OneLater<v1::Channel>(event.channel));
  spec->set_priority(event.priority);
  spec->set_segment(contact.segment);
  SetOwnRequirement(contact.requirement, spec);
  spec->mutable_attributes()->insert(contact.attributes.begin(),
                                     contact.attributes.end());
  spec->set_tutor_may_listen(contact.tutor_may_listen);
  SetPreferred(contact.preferred, spec);
  offer.set_tutor_id(Text(event.tutor_id));
  offer.set_attempt(event.attempt);
  offer.set_arrival_ms(event.arrival_ms);
  offer.set_expires_ms(event.offer_expires_ms);
  return offer;
}

v1::Status ToProto(const absl::Status& status,
                   const std::vector<Finding>& findings) {
  v1::Status result;
  result.set_code(static_cast<int>(status.code()));
  result.set_message(
      Shortened(std::string(status.message()), kMessageBytesMax));
  const std::string path = FieldPathOf(status);
  if (!path.empty()) {
    v1::FieldViolation violation;
    violation.set_field(Shortened(path, kMessageBytesMax));
    violation.set_description(result.message());
    result.add_details()->PackFrom(violation);
  }
  v1::Findings shown;
  for (const Finding& finding : findings) {
    v1::Finding* added = shown.add_findings();
    *added = ToProto(finding);
    added->set_message(Shortened(added->message(), kMessageBytesMax));
    if (shown.ByteSizeLong() > kFindingsBytesMax) {
      shown.mutable_findings()->RemoveLast();
      break;
    }
  }
  if (shown.findings_size() > 0) result.add_details()->PackFrom(shown);
  return result;
}

}  // namespace relais::server
