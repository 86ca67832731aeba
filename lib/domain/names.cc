// Names of the enumerators, as configuration files and reports write them, and
// the default level of a grade.
//
// The switches have no default, so that the compiler names the one that is
// missing when an enumerator is added.

#include <string_view>

#include "relais/configuration.h"
#include "relais/decision_record.h"
#include "relais/event.h"
#include "relais/explanation.h"
#include "relais/types.h"

namespace relais {
namespace {

// A value outside its enumeration can come from a cast of foreign input.
constexpr std::string_view kUnknown = "unknown";

// The first of `count` values, from 0 on, whose name is `name`.
template <typename Enum>
bool ParseName(std::string_view name, int count,
               std::string_view (*name_of)(Enum), Enum* value) {
  for (int i = 0; i < count; ++i) {
    const Enum candidate = static_cast<Enum>(i);
    if (name_of(candidate) == name) {
      *value = candidate;
      return true;
    }
  }
  return false;
}

}  // namespace

std::string_view DecidingRuleName(DecidingRule rule) {
  switch (rule) {
    case DecidingRule::kNone:
      return "none";
    case DecidingRule::kRestored:
      return "restored";
    case DecidingRule::kOnly:
      return "only";
    case DecidingRule::kHeld:
      return "held";
    case DecidingRule::kQueueOrder:
      return "queue_order";
    case DecidingRule::kRankKey:
      return "rank_key";
    case DecidingRule::kArrival:
      return "arrival";
    case DecidingRule::kFit:
      return "fit";
    case DecidingRule::kAgentOrder:
      return "agent_order";
    case DecidingRule::kAgentNumber:
      return "agent_number";
    case DecidingRule::kPulled:
      return "pulled";
  }
  return kUnknown;
}

std::string_view PassedOverName(PassedOver reason) {
  switch (reason) {
    case PassedOver::kHolds:
      return "holds";
    case PassedOver::kChannel:
      return "channel";
    case PassedOver::kRequirement:
      return "requirement";
    case PassedOver::kHeld:
      return "held";
    case PassedOver::kDeclined:
      return "declined";
    case PassedOver::kLoggedOut:
      return "logged_out";
    case PassedOver::kNotReady:
      return "not_ready";
    case PassedOver::kPresencePending:
      return "presence_pending";
    case PassedOver::kNoAnswer:
      return "no_answer";
    case PassedOver::kContactsMax:
      return "contacts_max";
    case PassedOver::kCapacity:
      return "capacity";
    case PassedOver::kDrained:
      return "drained";
    case PassedOver::kPullOnly:
      return "pull_only";
    case PassedOver::kReserve:
      return "reserve";
    case PassedOver::kNot:
      return "not";
  }
  return kUnknown;
}

std::string_view ChannelName(Channel channel) {
  switch (channel) {
    case Channel::kVoice:
      return "voice";
    case Channel::kEmail:
      return "email";
    case Channel::kChat:
      return "chat";
    case Channel::kCallback:
      return "callback";
    case Channel::kVideo:
      return "video";
    case Channel::kSocial:
      return "social";
    case Channel::kMail:
      return "mail";
    case Channel::kInternal:
      return "internal";
  }
  return kUnknown;
}

bool ParseChannel(std::string_view name, Channel* channel) {
  return ParseName(name, kChannelCount, ChannelName, channel);
}

ProficiencyLevel DefaultLevel(AgentGrade grade) {
  switch (grade) {
    case AgentGrade::kJunior:
      return 3;
    case AgentGrade::kSenior:
      return 5;
    case AgentGrade::kExpert:
    case AgentGrade::kSpecialised:
      return 8;
  }
  return kProficiencyLevelMin;
}

std::string_view AgentGradeName(AgentGrade grade) {
  switch (grade) {
    case AgentGrade::kJunior:
      return "junior";
    case AgentGrade::kSenior:
      return "senior";
    case AgentGrade::kExpert:
      return "expert";
    case AgentGrade::kSpecialised:
      return "specialised";
  }
  return kUnknown;
}

bool ParseAgentGrade(std::string_view name, AgentGrade* grade) {
  return ParseName(name, kAgentGradeCount, AgentGradeName, grade);
}

std::string_view PresenceStateName(PresenceState state) {
  switch (state) {
    case PresenceState::kLoggedOut:
      return "logged_out";
    case PresenceState::kAvailable:
      return "available";
    case PresenceState::kNotReady:
      return "not_ready";
  }
  return kUnknown;
}

std::string_view NotReadyReasonName(NotReadyReason reason) {
  switch (reason) {
    case NotReadyReason::kNone:
      return "none";
    case NotReadyReason::kBreak:
      return "break";
    case NotReadyReason::kMeal:
      return "meal";
    case NotReadyReason::kTraining:
      return "training";
    case NotReadyReason::kMeeting:
      return "meeting";
    case NotReadyReason::kOther:
      return "other";
    case NotReadyReason::kNoAnswer:
      return "no_answer";
  }
  return kUnknown;
}

std::string_view WorkStateName(WorkState state) {
  switch (state) {
    case WorkState::kIdle:
      return "idle";
    case WorkState::kReserved:
      return "reserved";
    case WorkState::kHandling:
      return "handling";
    case WorkState::kWrapUp:
      return "wrap_up";
  }
  return kUnknown;
}

std::string_view LoadOrderName(LoadOrder order) {
  switch (order) {
    case LoadOrder::kSpread:
      return "spread";
    case LoadOrder::kPack:
      return "pack";
  }
  return kUnknown;
}

std::string_view ContactStateName(ContactState state) {
  switch (state) {
    case ContactState::kWaiting:
      return "waiting";
    case ContactState::kReserved:
      return "reserved";
    case ContactState::kAssigned:
      return "assigned";
    case ContactState::kEnded:
      return "ended";
  }
  return kUnknown;
}

std::string_view EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kNone:
      return "none";
    case EndReason::kCompleted:
      return "completed";
    case EndReason::kAbandoned:
      return "abandoned";
    case EndReason::kCancelled:
      return "cancelled";
    case EndReason::kWaitLimit:
      return "wait_limit";
    case EndReason::kLeaseExpired:
      return "lease_expired";
  }
  return kUnknown;
}

std::string_view ReservationStateName(ReservationState state) {
  switch (state) {
    case ReservationState::kStanding:
      return "standing";
    case ReservationState::kAccepted:
      return "accepted";
    case ReservationState::kDeclined:
      return "declined";
    case ReservationState::kNoAnswer:
      return "no_answer";
    case ReservationState::kRescinded:
      return "rescinded";
  }
  return kUnknown;
}

std::string_view EventTypeName(EventType type) {
  switch (type) {
    case EventType::kNone:
      return "none";
    case EventType::kConfigurationApplied:
      return "configuration_applied";
    case EventType::kContactSubmitted:
      return "contact_submitted";
    case EventType::kContactEnded:
      return "contact_ended";
    case EventType::kReservationCreated:
      return "reservation_created";
    case EventType::kReservationAccepted:
      return "reservation_accepted";
    case EventType::kReservationDeclined:
      return "reservation_declined";
    case EventType::kReservationNoAnswer:
      return "reservation_no_answer";
    case EventType::kReservationRescinded:
      return "reservation_rescinded";
    case EventType::kPresenceChanged:
      return "presence_changed";
    case EventType::kWrapUpEnded:
      return "wrap_up_ended";
    case EventType::kAgentChanged:
      return "agent_changed";
    case EventType::kAgentRemoved:
      return "agent_removed";
    case EventType::kContactWidened:
      return "contact_widened";
    case EventType::kContactHoldEnded:
      return "contact_hold_ended";
    case EventType::kContactInterrupted:
      return "contact_interrupted";
    case EventType::kContactResumed:
      return "contact_resumed";
  }
  return kUnknown;
}

std::string_view PreferenceSourceName(PreferenceSource source) {
  switch (source) {
    case PreferenceSource::kPortfolio:
      return "portfolio";
    case PreferenceSource::kLast:
      return "last";
    case PreferenceSource::kList:
      return "list";
    case PreferenceSource::kPanel:
      return "panel";
  }
  return kUnknown;
}

std::string_view RingConditionName(RingCondition condition) {
  switch (condition) {
    case RingCondition::kNone:
      return "none";
    case RingCondition::kNobodySignedIn:
      return "nobody_signed_in";
    case RingCondition::kNobodyScheduled:
      return "nobody_scheduled";
  }
  return kUnknown;
}

}  // namespace relais
