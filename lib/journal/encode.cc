// The bytes of what is written with every group: events and live records.
//
// They are those that the messages of journal.proto serialize to, without the
// messages: filling and clearing these cost more than all else that is done
// with an event. Each value is walked twice, for its size and for its bytes;
// numbers of fields are those of the generated code. Reading goes through the
// messages, and DecodeEvent compares with what is written here.

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/assert.h"
#include "lib/journal/codec.h"
#include "lib/journal/journal.pb.h"

namespace relais::journal {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// Adds up the bytes of the fields that it is given.
class Size {
 public:
  std::size_t bytes() const { return bytes_; }

  void Uint(int field, std::uint64_t value) {
    if (value != 0) bytes_ += Tag(field) + VarintSize(value);
  }
  void Sint(int field, std::int64_t value) {
    Uint(field, WireFormatLite::ZigZagEncode64(value));
  }
  void Fixed64(int field, std::uint64_t value) {
    if (value != 0) bytes_ += Tag(field) + sizeof(value);
  }
  void Bytes(int field, std::string_view value) {
    if (!value.empty()) Always(field, value);
  }
  void Always(int field, std::string_view value) {
    bytes_ += Tag(field) + VarintSize(value.size()) + value.size();
  }
  template <typename Values>
  void Packed(int field, const Values& values) {
    const std::size_t size = PackedSize(values);
    bytes_ += Tag(field) + VarintSize(size) + size;
  }
  // `walk` gives the fields of the message, which may be empty.
  template <typename Walk>
  void Message(int field, const Walk& walk) {
    const std::size_t before = bytes_;
    walk(*this);
    bytes_ += Tag(field) + VarintSize(bytes_ - before);
  }

  template <typename Values>
  static std::size_t PackedSize(const Values& values) {
    std::size_t size = 0;
    for (const std::int64_t value : values) {
      size += VarintSize(WireFormatLite::ZigZagEncode64(value));
    }
    return size;
  }

 private:
  static std::size_t Tag(int field) {
    return VarintSize(static_cast<std::uint64_t>(field) << 3);
  }
  static std::size_t VarintSize(std::uint64_t value) {
    return CodedOutputStream::VarintSize64(value);
  }

  std::size_t bytes_ = 0;
};

// Writes them to memory that is large enough.
class Writer {
 public:
  explicit Writer(std::uint8_t* at) : at_(at) {}
  const std::uint8_t* end() const { return at_; }

  void Uint(int field, std::uint64_t value) {
    if (value == 0) return;
    Tag(field, WireFormatLite::WIRETYPE_VARINT);
    Varint(value);
  }
  void Sint(int field, std::int64_t value) {
    Uint(field, WireFormatLite::ZigZagEncode64(value));
  }
  void Fixed64(int field, std::uint64_t value) {
    if (value == 0) return;
    Tag(field, WireFormatLite::WIRETYPE_FIXED64);
    at_ = CodedOutputStream::WriteLittleEndian64ToArray(value, at_);
  }
  void Bytes(int field, std::string_view value) {
    if (!value.empty()) Always(field, value);
  }
  void Always(int field, std::string_view value) {
    Length(field, value.size());
    at_ = CodedOutputStream::WriteRawToArray(
        value.data(), static_cast<int>(value.size()), at_);
  }
  template <typename Values>
  void Packed(int field, const Values& values) {
    Length(field, Size::PackedSize(values));
    for (const std::int64_t value : values) {
      Varint(WireFormatLite::ZigZagEncode64(value));
    }
  }
  template <typename Walk>
  void Message(int field, const Walk& walk) {
    Size size;
    walk(size);
    Length(field, size.bytes());
    walk(*this);
  }

 private:
  void Tag(int field, WireFormatLite::WireType type) {
    at_ = CodedOutputStream::WriteTagToArray(
        WireFormatLite::MakeTag(field, type), at_);
  }
  void Varint(std::uint64_t value) {
    at_ = CodedOutputStream::WriteVarint64ToArray(value, at_);
  }
  void Length(int field, std::size_t bytes) {
    Tag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
    Varint(bytes);
  }

  std::uint8_t* at_;
};

// --- The fields, by rising number --------------------------------------------

template <typename Enum>
std::uint64_t Number(Enum value) {
  return static_cast<std::uint64_t>(value);
}

// Absent stands for the default.
template <typename Sink>
void Walk(int field, const Presence& presence, Sink& sink) {
  if (presence == Presence{}) return;
  sink.Message(field, [&presence](auto& inner) {
    using M = v1::Presence;
    inner.Uint(M::kStateFieldNumber, Number(presence.state));
    inner.Uint(M::kReasonFieldNumber, Number(presence.reason));
    inner.Sint(M::kBackAtMsFieldNumber, presence.back_at_ms);
  });
}

using Terms = std::vector<RequirementTerm>;

template <typename Sink>
void Walk(int field, const Terms& terms, Sink& sink);

template <typename Sink>
void Walk(const RequirementTerm& term, Sink& sink) {
  using M = v1::RequirementTerm;
  sink.Bytes(M::kSkillFieldNumber, term.skill);
  sink.Sint(M::kLevelMinFieldNumber, term.level_min);
  sink.Sint(M::kLevelMaxBelow10FieldNumber,
            std::int64_t{kProficiencyLevelMax} - term.level_max);
  sink.Bytes(M::kCertificationFieldNumber, term.certification);
  sink.Bytes(M::kLanguageFieldNumber, term.language);
  sink.Bytes(M::kTeamFieldNumber, term.team);
  sink.Bytes(M::kSiteFieldNumber, term.site);
  sink.Uint(M::kProviderFieldNumber, Number(term.provider));
  sink.Uint(M::kGradesFieldNumber, term.grades);
  if (term.requirement == nullptr) return;
  sink.Message(M::kRequirementFieldNumber, [&term](auto& inner) {
    using R = v1::Requirement;
    Walk(R::kAllOfFieldNumber, term.requirement->all_of, inner);
    Walk(R::kAnyOfFieldNumber, term.requirement->any_of, inner);
    Walk(R::kNoneOfFieldNumber, term.requirement->none_of, inner);
  });
}

template <typename Sink>
void Walk(int field, const Terms& terms, Sink& sink) {
  for (const RequirementTerm& term : terms) {
    sink.Message(field, [&term](auto& inner) { Walk(term, inner); });
  }
}

template <typename Sink>
void Walk(int field, const std::vector<PreferredTerm>& preferred, Sink& sink) {
  for (const PreferredTerm& each : preferred) {
    sink.Message(field, [&each](auto& inner) {
      using M = v1::PreferredTerm;
      inner.Message(M::kTermFieldNumber,
                    [&each](auto& term) { Walk(each.term, term); });
      inner.Sint(M::kWeightFieldNumber, each.weight);
    });
  }
}

template <typename Sink>
void Walk(const BullseyeRing& ring, Sink& sink) {
  using M = v1::BullseyeRing;
  sink.Sint(M::kWidenAfterMsFieldNumber, ring.widen_after_ms);
  for (const SkillLowering& lowering : ring.lower) {
    sink.Message(M::kLowerFieldNumber, [&lowering](auto& inner) {
      using L = v1::SkillLowering;
      inner.Bytes(L::kSkillFieldNumber, lowering.skill);
      inner.Sint(L::kByFieldNumber, lowering.by);
      inner.Sint(L::kToFieldNumber, lowering.to);
    });
  }
  sink.Sint(M::kLowerAllByFieldNumber, ring.lower_all_by);
  for (const std::string& skill : ring.drop_skills) {
    sink.Always(M::kDropSkillsFieldNumber, skill);
  }
  for (const std::string& team : ring.teams) {
    sink.Always(M::kTeamsFieldNumber, team);
  }
  for (const std::string& site : ring.sites) {
    sink.Always(M::kSitesFieldNumber, site);
  }
  sink.Uint(M::kProviderFieldNumber, Number(ring.provider));
  sink.Uint(M::kAnywhereFieldNumber, Number(ring.anywhere));
  sink.Sint(M::kRaiseBoostMsFieldNumber, ring.raise_boost_ms);
  sink.Uint(M::kSkipIfFieldNumber, Number(ring.skip_if));
  sink.Bytes(M::kQueueFieldNumber, ring.queue);
  sink.Uint(M::kDrainFieldNumber, ring.drain);
}

template <typename Sink>
void Walk(const BullseyePlan& plan, Sink& sink) {
  using M = v1::BullseyePlan;
  sink.Bytes(M::kNameFieldNumber, plan.name);
  sink.Uint(M::kSkipFirstIfFieldNumber, Number(plan.skip_first_if));
  for (const BullseyeRing& ring : plan.rings) {
    sink.Message(M::kRingsFieldNumber,
                 [&ring](auto& inner) { Walk(ring, inner); });
  }
  for (const CurvePoint& point : plan.curve) {
    sink.Message(M::kCurveFieldNumber, [&point](auto& inner) {
      using P = v1::CurvePoint;
      inner.Sint(P::kSharePercentFieldNumber, point.share_percent);
      inner.Sint(P::kReductionFieldNumber, point.reduction);
    });
  }
}

template <typename Sink>
void Walk(const ContactQueue& queue, Sink& sink) {
  using M = v1::ContactQueue;
  sink.Bytes(M::kNameFieldNumber, queue.name);
  sink.Uint(M::kChannelsFieldNumber, queue.channels);
  Walk(M::kAllOfFieldNumber, queue.requirement.all_of, sink);
  sink.Fixed64(
      M::kAnsweredFractionFieldNumber,
      std::bit_cast<std::uint64_t>(queue.service_level.answered_fraction));
  sink.Sint(M::kThresholdMsFieldNumber, queue.service_level.threshold_ms);
  sink.Sint(M::kOfferTimeoutMsFieldNumber, queue.offer_timeout_ms);
  sink.Sint(M::kWrapUpMsFieldNumber, queue.wrap_up_ms);
  sink.Sint(M::kDeclineRetryMsFieldNumber, queue.decline_retry_ms);
  sink.Sint(M::kWaitLimitMsFieldNumber, queue.wait_limit_ms);
  sink.Sint(M::kHandlingLeaseMsFieldNumber, queue.handling_lease_ms);
  sink.Sint(M::kShortAbandonThresholdMsFieldNumber,
            queue.short_abandon_threshold_ms);
  sink.Packed(M::kPriorityCreditMsFieldNumber, queue.priority_credit_ms);
  Walk(M::kAnyOfFieldNumber, queue.requirement.any_of, sink);
  Walk(M::kNoneOfFieldNumber, queue.requirement.none_of, sink);
  Walk(M::kPreferredFieldNumber, queue.requirement.preferred, sink);
  sink.Bytes(M::kActivityFieldNumber, queue.activity);
  sink.Uint(M::kFitRuleFieldNumber, Number(queue.agent_choice.fit));
  sink.Uint(M::kAgentOrderFieldNumber, Number(queue.agent_choice.order));
  sink.Bytes(M::kPlanFieldNumber, queue.plan);
  sink.Uint(M::kPullOnlyFieldNumber, Number(queue.pull_only));
  if (queue.hold != HoldTimes{}) {
    sink.Message(M::kHoldFieldNumber, [&queue](auto& inner) {
      using H = v1::HoldTimes;
      inner.Sint(H::kIdleMsFieldNumber, queue.hold.idle_ms);
      inner.Sint(H::kHandlingMsFieldNumber, queue.hold.handling_ms);
      inner.Sint(H::kWrappingUpMsFieldNumber, queue.hold.wrapping_up_ms);
      inner.Sint(H::kAbsentUntilMsFieldNumber, queue.hold.absent_until_ms);
    });
  }
  sink.Sint(M::kPanelMaxSharePercentFieldNumber, queue.panel_max_share_percent);
}

template <typename Sink>
void Walk(int field, const PreferredAgents& preferred, Sink& sink) {
  if (preferred.empty()) return;
  sink.Message(field, [&preferred](auto& inner) {
    using M = v1::PreferredAgents;
    for (const std::string& agent : preferred.agents) {
      inner.Always(M::kAgentsFieldNumber, agent);
    }
    inner.Uint(M::kSourceFieldNumber, Number(preferred.source));
    inner.Sint(M::kReplyByMsFieldNumber, preferred.reply_by_ms);
  });
}

template <typename Sink>
void Walk(const ContactDetail& detail, Sink& sink) {
  using M = v1::ContactDetail;
  sink.Bytes(M::kIdFieldNumber, detail.spec.id);
  sink.Bytes(M::kQueueNameFieldNumber, detail.spec.queue);
  sink.Uint(M::kChannelFieldNumber, Number(detail.spec.channel));
  sink.Sint(M::kPriorityFieldNumber, detail.spec.priority);
  Walk(M::kAllOfFieldNumber, detail.spec.requirement.all_of, sink);
  for (const auto& attribute : detail.spec.attributes) {
    sink.Message(M::kAttributesFieldNumber, [&attribute](auto& inner) {
      inner.Bytes(v1::Attribute::kKeyFieldNumber, attribute.first);
      inner.Bytes(v1::Attribute::kValueFieldNumber, attribute.second);
    });
  }
  sink.Message(M::kQueueFieldNumber,
               [&detail](auto& inner) { Walk(detail.queue, inner); });
  sink.Fixed64(M::kFingerprint0FieldNumber, detail.fingerprint[0]);
  sink.Fixed64(M::kFingerprint1FieldNumber, detail.fingerprint[1]);
  sink.Sint(M::kRankKeyMsFieldNumber, detail.rank_key_ms);
  sink.Uint(M::kArrivalSequenceFieldNumber, detail.arrival_sequence);
  Walk(M::kAnyOfFieldNumber, detail.spec.requirement.any_of, sink);
  Walk(M::kNoneOfFieldNumber, detail.spec.requirement.none_of, sink);
  Walk(M::kPreferredFieldNumber, detail.spec.requirement.preferred, sink);
  sink.Uint(M::kTutorMayListenFieldNumber,
            Number(detail.spec.tutor_may_listen));
  sink.Bytes(M::kSegmentFieldNumber, detail.spec.segment);
  sink.Uint(M::kRankedFieldNumber, Number(detail.ranked));
  if (!detail.plan.name.empty()) {
    sink.Message(M::kPlanFieldNumber,
                 [&detail](auto& inner) { Walk(detail.plan, inner); });
    sink.Uint(M::kRingFieldNumber, detail.ring);
    for (const ContactQueue& queue : detail.ring_queues) {
      sink.Message(M::kRingQueuesFieldNumber,
                   [&queue](auto& inner) { Walk(queue, inner); });
    }
  }
  Walk(M::kPreferredAgentsFieldNumber, detail.spec.preferred, sink);
}

template <typename Sink>
void WalkContact(const Event& event, Sink& sink) {
  using M = v1::Event;
  sink.Bytes(M::kContactIdFieldNumber, event.contact_id.view());
  sink.Uint(M::kContactVersionFieldNumber, event.contact_version);
  sink.Uint(M::kContactStateFieldNumber, Number(event.contact_state));
  sink.Uint(M::kEndReasonFieldNumber, Number(event.end_reason));
  sink.Bytes(M::kQueueFieldNumber, event.queue.view());
  sink.Uint(M::kChannelFieldNumber, Number(event.channel));
  sink.Uint(M::kPriorityFieldNumber, event.priority);
  sink.Sint(M::kArrivalMsFieldNumber, event.arrival_ms);
  sink.Sint(M::kRankKeyMsFieldNumber, event.rank_key_ms);
  sink.Uint(M::kArrivalSequenceFieldNumber, event.arrival_sequence);
}

template <typename Sink>
void WalkAgent(const Event& event, Sink& sink) {
  using M = v1::Event;
  sink.Bytes(M::kAgentIdFieldNumber, event.agent_id.view());
  sink.Uint(M::kAgentVersionFieldNumber, event.agent_version);
  Walk(M::kPresenceFieldNumber, event.presence, sink);
  sink.Uint(M::kPresencePendingFieldNumber, Number(event.presence_pending));
  Walk(M::kPendingFieldNumber, event.pending, sink);
  sink.Uint(M::kWorkStateFieldNumber, Number(event.work_state));
  sink.Uint(M::kNoAnswerChannelsFieldNumber, event.no_answer_channels);
  sink.Sint(M::kIdleSinceMsFieldNumber, event.idle_since_ms);
  sink.Sint(M::kIdleBeforePauseMsFieldNumber, event.idle_before_pause_ms);
}

template <typename Sink>
void WalkReservation(const Event& event, Sink& sink) {
  using M = v1::Event;
  sink.Uint(M::kAttemptFieldNumber, event.attempt);
  sink.Sint(M::kOfferExpiresMsFieldNumber, event.offer_expires_ms);
  sink.Sint(M::kDeclineUntilMsFieldNumber, event.decline_until_ms);
  sink.Sint(M::kWrapUpEndsMsFieldNumber, event.wrap_up_ends_ms);
  sink.Uint(M::kLaneFieldNumber, event.lane);
  sink.Uint(M::kRequirementClassFieldNumber, event.requirement_class);
  sink.Uint(M::kProfileClassFieldNumber, event.profile_class);
  sink.Uint(M::kFitStepFieldNumber, event.fit_step);
  sink.Uint(M::kBeganAfterSequenceFieldNumber, event.began_after_sequence);
  sink.Uint(M::kAtOnceFieldNumber, Number(event.at_once));
}

// An event and its detail, in bytes if that is a configuration or part of one.
struct Detailed {
  const Event& event;
  std::uint16_t version = kFormatVersion;
  const ContactDetail* contact = nullptr;
  const std::string* configuration = nullptr;
  const std::string* agent = nullptr;
};

template <typename Sink>
void Walk(const Detailed& detailed, Sink& sink) {
  using M = v1::Event;
  const Event& event = detailed.event;
  sink.Uint(M::kSequenceFieldNumber, event.sequence);
  sink.Uint(M::kTypeFieldNumber, Number(event.type));
  sink.Sint(M::kAtMsFieldNumber, event.at_ms);
  sink.Uint(M::kConfigurationVersionFieldNumber, event.configuration_version);
  WalkContact(event, sink);
  WalkAgent(event, sink);
  WalkReservation(event, sink);
  if (detailed.contact != nullptr) {
    sink.Message(M::kContactDetailFieldNumber,
                 [&detailed](auto& inner) { Walk(*detailed.contact, inner); });
  }
  if (detailed.configuration != nullptr) {
    sink.Always(M::kConfigurationFieldNumber, *detailed.configuration);
  }
  if (detailed.version < 2) return;
  sink.Bytes(M::kTutorIdFieldNumber, event.tutor_id.view());
  sink.Uint(M::kUnitsFieldNumber, event.units);
  if (detailed.agent != nullptr) {
    sink.Always(M::kAgentConfigurationFieldNumber, *detailed.agent);
  }
  sink.Uint(M::kRingFieldNumber, event.ring);
  sink.Uint(M::kPulledFieldNumber, Number(event.pulled));
  sink.Bytes(M::kHeldForFieldNumber, event.held_for.view());
  sink.Sint(M::kHeldUntilMsFieldNumber, event.held_until_ms);
  sink.Uint(M::kOverShareFieldNumber, Number(event.over_share));
}

template <typename Sink>
void Walk(const LiveContact& contact, Sink& sink) {
  using M = v1::LiveContact;
  sink.Sint(M::kArrivalMsFieldNumber, contact.arrival_ms);
  sink.Uint(M::kVersionFieldNumber, contact.version);
  sink.Uint(M::kStateFieldNumber, Number(contact.state));
  sink.Uint(M::kAtOnceFieldNumber, Number(contact.at_once));
  sink.Uint(M::kPlacedFieldNumber, Number(contact.placed));
  sink.Sint(M::kRankKeyMsFieldNumber, contact.rank_key_ms);
  sink.Uint(M::kArrivalSequenceFieldNumber, contact.arrival_sequence);
  sink.Bytes(M::kAgentIdFieldNumber, contact.agent_id);
  sink.Uint(M::kAttemptFieldNumber, contact.attempt);
  sink.Uint(M::kFitStepFieldNumber, contact.fit_step);
  sink.Sint(M::kIdleSinceMsFieldNumber, contact.idle_since_ms);
  sink.Sint(M::kOfferExpiresMsFieldNumber, contact.offer_expires_ms);
  sink.Sint(M::kAcceptedMsFieldNumber, contact.accepted_ms);
  for (const LiveDecline& decline : contact.declines) {
    sink.Message(M::kDeclinesFieldNumber, [&decline](auto& inner) {
      inner.Bytes(v1::LiveDecline::kAgentIdFieldNumber, decline.agent_id);
      inner.Sint(v1::LiveDecline::kUntilMsFieldNumber, decline.until_ms);
    });
  }
  sink.Bytes(M::kTutorIdFieldNumber, contact.tutor_id);
  sink.Uint(M::kRingFieldNumber, contact.ring);
  sink.Bytes(M::kHeldForFieldNumber, contact.held_for);
  sink.Sint(M::kHeldSinceMsFieldNumber, contact.held_since_ms);
  sink.Sint(M::kHeldUntilMsFieldNumber, contact.held_until_ms);
  sink.Uint(M::kOverShareFieldNumber, Number(contact.over_share));
}

template <typename Sink>
void Walk(int field, const AgentFigures& figures, Sink& sink) {
  if (figures == AgentFigures{}) return;
  sink.Message(field, [&figures](auto& inner) {
    using M = v1::AgentFigures;
    inner.Uint(M::kContactsFieldNumber, figures.contacts);
    inner.Uint(M::kOfferedFieldNumber, Number(figures.offered));
    inner.Sint(M::kLastOfferedMsFieldNumber, figures.last_offered_ms);
    inner.Sint(M::kOccupiedSinceMsFieldNumber, figures.occupied_since_ms);
    inner.Sint(M::kOccupiedMsFieldNumber, figures.occupied_ms);
    inner.Sint(M::kPieceFieldNumber, figures.piece);
    inner.Packed(M::kPiecesMsFieldNumber, figures.pieces_ms);
  });
}

template <typename Sink>
void Walk(const LiveAgent& agent, Sink& sink) {
  using M = v1::LiveAgent;
  sink.Uint(M::kVersionFieldNumber, agent.version);
  Walk(M::kPresenceFieldNumber, agent.presence, sink);
  sink.Uint(M::kPresencePendingFieldNumber, Number(agent.presence_pending));
  Walk(M::kPendingFieldNumber, agent.pending, sink);
  sink.Uint(M::kNoAnswerChannelsFieldNumber, agent.no_answer_channels);
  sink.Sint(M::kIdleSinceMsFieldNumber, agent.idle_since_ms);
  sink.Sint(M::kIdleBeforePauseMsFieldNumber, agent.idle_before_pause_ms);
  sink.Uint(M::kPresenceConfigurationVersionFieldNumber,
            agent.presence_configuration_version);
  for (const HeldContact& held : agent.held) {
    sink.Message(M::kHeldFieldNumber, [&held](auto& inner) {
      using H = v1::HeldContact;
      inner.Bytes(H::kContactIdFieldNumber, held.contact_id);
      inner.Uint(H::kChannelFieldNumber, Number(held.channel));
      inner.Uint(H::kStateFieldNumber, Number(held.state));
      inner.Uint(H::kAttemptFieldNumber, held.attempt);
      inner.Uint(H::kUnitsFieldNumber, static_cast<std::uint64_t>(held.units));
      inner.Sint(H::kWrapUpEndsMsFieldNumber, held.wrap_up_ends_ms);
      inner.Uint(H::kInterruptedFieldNumber, Number(held.interrupted));
    });
  }
  Walk(M::kFiguresFieldNumber, agent.figures, sink);
  if (agent.last_listed != nullptr) {
    sink.Always(M::kLastListedFieldNumber,
                EncodeConfiguration(*agent.last_listed));
  }
  if (agent.panel == PanelChoices{}) return;
  sink.Message(M::kPanelFieldNumber, [&agent](auto& inner) {
    using P = v1::PanelChoices;
    inner.Sint(P::kPieceFieldNumber, agent.panel.piece);
    inner.Packed(P::kPiecesFieldNumber, agent.panel.pieces);
  });
}

template <typename Sink>
void Walk(const LiveQueue& queue, Sink& sink) {
  using M = v1::LiveQueue;
  sink.Uint(M::kOfferedTotalFieldNumber, queue.offered_total);
  sink.Uint(M::kAnsweredTotalFieldNumber, queue.answered_total);
  sink.Uint(M::kAbandonedTotalFieldNumber, queue.abandoned_total);
}

template <typename Sink>
void Walk(const EndedContact& contact, Sink& sink) {
  using M = v1::EndedContact;
  sink.Fixed64(M::kFingerprint0FieldNumber, contact.fingerprint[0]);
  sink.Fixed64(M::kFingerprint1FieldNumber, contact.fingerprint[1]);
  sink.Bytes(M::kQueueFieldNumber, contact.queue);
  sink.Uint(M::kChannelFieldNumber, Number(contact.channel));
  sink.Uint(M::kPriorityFieldNumber, contact.priority);
  sink.Uint(M::kEndReasonFieldNumber, Number(contact.end_reason));
  sink.Uint(M::kVersionFieldNumber, contact.version);
  sink.Sint(M::kArrivalMsFieldNumber, contact.arrival_ms);
  sink.Sint(M::kRankKeyMsFieldNumber, contact.rank_key_ms);
  sink.Sint(M::kEndedMsFieldNumber, contact.ended_ms);
  sink.Uint(M::kAtOnceFieldNumber, Number(contact.at_once));
  sink.Uint(M::kRingFieldNumber, contact.ring);
}

template <typename Value>
void Append(const Value& value, std::string* out) {
  Size size;
  Walk(value, size);
  const std::size_t at = out->size();
  out->resize(at + size.bytes());
  Writer writer(reinterpret_cast<std::uint8_t*>(out->data()) + at);
  Walk(value, writer);
  RELAIS_CHECK(writer.end() ==
                   reinterpret_cast<std::uint8_t*>(out->data()) + out->size(),
               "both walks see the same fields");
}

}  // namespace

void AppendEvent(const Event& event, const EventDetail& detail,
                 std::string* out, std::uint16_t version) {
  Detailed detailed{event, version};
  if (event.type == EventType::kContactSubmitted) {
    detailed.contact = detail.contact.get();
  }
  std::string configuration;
  if (event.type == EventType::kConfigurationApplied &&
      detail.configuration != nullptr) {
    configuration = EncodeConfiguration(*detail.configuration, version);
    detailed.configuration = &configuration;
  }
  std::string agent;
  if (event.type == EventType::kAgentChanged && detail.agent != nullptr) {
    agent = EncodeAgentConfiguration(*detail.agent);
    detailed.agent = &agent;
  }
  Append(detailed, out);
}

void AppendContactDetail(const ContactDetail& detail, std::string* out) {
  Append(detail, out);
}

void AppendLiveContact(const LiveContact& contact, std::string* out) {
  Append(contact, out);
}

void AppendLiveAgent(const LiveAgent& agent, std::string* out) {
  Append(agent, out);
}

void AppendLiveQueue(const LiveQueue& queue, std::string* out) {
  Append(queue, out);
}

void AppendEndedContact(const EndedContact& contact, std::string* out) {
  Append(contact, out);
}

}  // namespace relais::journal
