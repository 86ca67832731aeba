#include "lib/journal/convert.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/journal/bytes.h"

namespace relais::journal {
namespace {

constexpr EventType kEventTypeLast = EventType::kAgentRemoved;

absl::Status OutOfRange(std::string_view field, std::uint64_t value,
                        std::uint64_t max) {
  return absl::DataLossError(
      absl::StrCat(Text(field), " is ", value, ", not in 0..", max));
}

// Reads the fields of one message; the first that is wrong stays.
class Reader {
 public:
  template <typename T>
  void Enum(std::string_view field, std::uint32_t value, T last, T* out) {
    if (value > static_cast<std::uint32_t>(last)) {
      return Fail(OutOfRange(field, value, static_cast<std::uint32_t>(last)));
    }
    *out = static_cast<T>(value);
  }
  void Byte(std::string_view field, std::uint32_t value, std::uint8_t* out) {
    if (value > std::numeric_limits<std::uint8_t>::max()) {
      return Fail(
          OutOfRange(field, value, std::numeric_limits<std::uint8_t>::max()));
    }
    *out = static_cast<std::uint8_t>(value);
  }
  void Id(std::string_view field, const std::string& value, InlineId* out) {
    if (value.size() > kIdBytesMax) {
      return Fail(absl::DataLossError(
          absl::StrCat(Text(field), " has ", value.size(), " bytes, at most ",
                       kIdBytesMax, " are written")));
    }
    out->Assign(value);
  }
  void PresenceOf(std::string_view field, const v1::Presence& message,
                  Presence* out) {
    Enum(field, message.state(), PresenceState::kNotReady, &out->state);
    Enum(field, message.reason(), NotReadyReason::kNoAnswer, &out->reason);
  }
  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

template <typename Repeated>
void ToRepeated(const RoutingRequirement& requirement, Repeated* all_of) {
  for (const SkillRequirement& term : requirement.all_of) {
    auto* added = all_of->Add();
    added->set_skill(term.skill);
    added->set_level_min(term.level_min);
  }
}

template <typename Repeated>
void FromRepeated(const Repeated& all_of, RoutingRequirement* requirement) {
  requirement->all_of.reserve(static_cast<std::size_t>(all_of.size()));
  for (const auto& term : all_of) {
    requirement->all_of.push_back({term.skill(), term.level_min()});
  }
}

}  // namespace

void ToMessage(const ContactQueue& queue, v1::ContactQueue* message) {
  message->set_name(queue.name);
  message->set_channels(queue.channels);
  ToRepeated(queue.requirement, message->mutable_all_of());
  message->set_answered_fraction(queue.service_level.answered_fraction);
  message->set_threshold_ms(queue.service_level.threshold_ms);
  message->set_offer_timeout_ms(queue.offer_timeout_ms);
  message->set_wrap_up_ms(queue.wrap_up_ms);
  message->set_decline_retry_ms(queue.decline_retry_ms);
  message->set_wait_limit_ms(queue.wait_limit_ms);
  message->set_handling_lease_ms(queue.handling_lease_ms);
  message->set_short_abandon_threshold_ms(queue.short_abandon_threshold_ms);
  for (const DurationMs credit : queue.priority_credit_ms) {
    message->add_priority_credit_ms(credit);
  }
  message->set_fit_rule(static_cast<std::uint32_t>(queue.agent_choice.fit));
  message->set_agent_order(
      static_cast<std::uint32_t>(queue.agent_choice.order));
}

absl::Status FromMessage(const v1::ContactQueue& message, ContactQueue* queue) {
  Reader reader;
  queue->name = message.name();
  reader.Byte("channels", message.channels(), &queue->channels);
  FromRepeated(message.all_of(), &queue->requirement);
  queue->service_level.answered_fraction = message.answered_fraction();
  queue->service_level.threshold_ms = message.threshold_ms();
  queue->offer_timeout_ms = message.offer_timeout_ms();
  queue->wrap_up_ms = message.wrap_up_ms();
  queue->decline_retry_ms = message.decline_retry_ms();
  queue->wait_limit_ms = message.wait_limit_ms();
  queue->handling_lease_ms = message.handling_lease_ms();
  queue->short_abandon_threshold_ms = message.short_abandon_threshold_ms();
  if (message.priority_credit_ms_size() != kPriorityCount) {
    reader.Fail(absl::DataLossError(absl::StrCat(
        "priority_credit_ms has ", message.priority_credit_ms_size(),
        " values, not ", kPriorityCount)));
  } else {
    for (int i = 0; i < kPriorityCount; ++i) {
      queue->priority_credit_ms[static_cast<std::size_t>(i)] =
          message.priority_credit_ms(i);
    }
  }
  reader.Enum("fit_rule", message.fit_rule(), FitRule::kLeastOverQualified,
              &queue->agent_choice.fit);
  reader.Enum("agent_order", message.agent_order(), AgentOrder::kRoundRobin,
              &queue->agent_choice.order);
  return reader.status();
}

absl::Status FromMessage(const v1::ContactDetail& message,
                         ContactDetail* detail) {
  Reader reader;
  detail->spec.id = message.id();
  detail->spec.queue = message.queue_name();
  reader.Enum("channel", message.channel(), Channel::kInternal,
              &detail->spec.channel);
  detail->spec.priority = message.priority();
  FromRepeated(message.all_of(), &detail->spec.requirement);
  for (const v1::Attribute& attribute : message.attributes()) {
    // They come by rising key.
    detail->spec.attributes.emplace_hint(detail->spec.attributes.end(),
                                         attribute.key(), attribute.value());
  }
  reader.Fail(FromMessage(message.queue(), &detail->queue));
  detail->fingerprint = {message.fingerprint_0(), message.fingerprint_1()};
  detail->rank_key_ms = message.rank_key_ms();
  detail->arrival_sequence = message.arrival_sequence();
  detail->spec.segment = message.segment();
  detail->ranked = message.ranked();
  return reader.status();
}

void ToMessage(const Configuration& configuration, v1::Configuration* message) {
  message->set_name(configuration.name);
  for (const Skill& skill : configuration.skills) {
    v1::Skill* added = message->add_skills();
    added->set_name(skill.name);
    added->set_description(skill.description);
  }
  for (const RoutingProfile& profile : configuration.routing_profiles) {
    v1::RoutingProfile* added = message->add_routing_profiles();
    added->set_name(profile.name);
    added->set_channels(profile.channels);
    for (const QueueRank& rank : profile.queue_order) {
      v1::QueueRank* next = added->add_queue_order();
      for (const std::string& queue : rank.queues) next->add_queues(queue);
    }
  }
  for (const AgentConfiguration& agent : configuration.agents) {
    v1::AgentConfiguration* added = message->add_agents();
    added->set_id(agent.id);
    added->set_grade(static_cast<std::uint32_t>(agent.grade));
    added->set_routing_profile(agent.routing_profile);
    for (const AgentSkill& skill : agent.skills) {
      v1::AgentSkill* held = added->add_skills();
      held->set_skill(skill.skill);
      held->set_level(skill.level);
    }
  }
  for (const ContactQueue& queue : configuration.queues) {
    ToMessage(queue, message->add_queues());
  }
  message->set_contact_choice(
      static_cast<std::uint32_t>(configuration.contact_choice));
  for (const CustomerSegment& segment : configuration.segments) {
    v1::CustomerSegment* added = message->add_segments();
    added->set_name(segment.name);
    added->set_credit_ms(segment.credit_ms);
  }
}

absl::Status FromMessage(const v1::Configuration& message,
                         Configuration* configuration) {
  Reader reader;
  configuration->name = message.name();
  for (const v1::Skill& skill : message.skills()) {
    configuration->skills.push_back({skill.name(), skill.description()});
  }
  for (const v1::RoutingProfile& profile : message.routing_profiles()) {
    RoutingProfile& added = configuration->routing_profiles.emplace_back();
    added.name = profile.name();
    reader.Byte("routing_profiles.channels", profile.channels(),
                &added.channels);
    for (const v1::QueueRank& rank : profile.queue_order()) {
      added.queue_order.push_back(
          {{rank.queues().begin(), rank.queues().end()}});
    }
  }
  for (const v1::AgentConfiguration& agent : message.agents()) {
    AgentConfiguration& added = configuration->agents.emplace_back();
    added.id = agent.id();
    reader.Enum("agents.grade", agent.grade(), AgentGrade::kSpecialised,
                &added.grade);
    added.routing_profile = agent.routing_profile();
    for (const v1::AgentSkill& skill : agent.skills()) {
      added.skills.push_back({skill.skill(), skill.level()});
    }
  }
  for (const v1::ContactQueue& queue : message.queues()) {
    reader.Fail(FromMessage(queue, &configuration->queues.emplace_back()));
  }
  reader.Enum("contact_choice", message.contact_choice(),
              ContactChoice::kStrict, &configuration->contact_choice);
  for (const v1::CustomerSegment& segment : message.segments()) {
    configuration->segments.push_back({segment.name(), segment.credit_ms()});
  }
  return reader.status();
}

namespace {

void ContactFromMessage(const v1::Event& message, Reader* reader,
                        Event* event) {
  reader->Id("contact_id", message.contact_id(), &event->contact_id);
  event->contact_version = message.contact_version();
  reader->Enum("contact_state", message.contact_state(), ContactState::kEnded,
               &event->contact_state);
  reader->Enum("end_reason", message.end_reason(), EndReason::kLeaseExpired,
               &event->end_reason);
  reader->Id("queue", message.queue(), &event->queue);
  reader->Enum("channel", message.channel(), Channel::kInternal,
               &event->channel);
  reader->Byte("priority", message.priority(), &event->priority);
  event->arrival_ms = message.arrival_ms();
  event->rank_key_ms = message.rank_key_ms();
  event->arrival_sequence = message.arrival_sequence();
}

void AgentFromMessage(const v1::Event& message, Reader* reader, Event* event) {
  reader->Id("agent_id", message.agent_id(), &event->agent_id);
  event->agent_version = message.agent_version();
  reader->PresenceOf("presence", message.presence(), &event->presence);
  event->presence_pending = message.presence_pending();
  reader->PresenceOf("pending", message.pending(), &event->pending);
  reader->Enum("work_state", message.work_state(), WorkState::kWrapUp,
               &event->work_state);
  reader->Byte("no_answer_channels", message.no_answer_channels(),
               &event->no_answer_channels);
  event->idle_since_ms = message.idle_since_ms();
  event->idle_before_pause_ms = message.idle_before_pause_ms();
}

void ReservationFromMessage(const v1::Event& message, Reader* reader,
                            Event* event) {
  event->attempt = message.attempt();
  event->offer_expires_ms = message.offer_expires_ms();
  event->decline_until_ms = message.decline_until_ms();
  event->wrap_up_ends_ms = message.wrap_up_ends_ms();
  event->lane = message.lane();
  event->requirement_class = message.requirement_class();
  event->profile_class = message.profile_class();
  reader->Byte("fit_step", message.fit_step(), &event->fit_step);
  event->began_after_sequence = message.began_after_sequence();
  event->at_once = message.at_once();
}

}  // namespace

absl::Status FromMessage(const v1::Event& message, NumberedEvent* numbered) {
  Reader reader;
  Event& event = numbered->event;
  event.sequence = message.sequence();
  reader.Enum("type", message.type(), kEventTypeLast, &event.type);
  if (event.type == EventType::kNone) {
    reader.Fail(absl::DataLossError("type is 0, which is no type"));
  }
  event.at_ms = message.at_ms();
  event.configuration_version = message.configuration_version();
  ContactFromMessage(message, &reader, &event);
  AgentFromMessage(message, &reader, &event);
  ReservationFromMessage(message, &reader, &event);
  if (message.has_contact_detail()) {
    auto detail = std::make_shared<ContactDetail>();
    reader.Fail(FromMessage(message.contact_detail(), detail.get()));
    numbered->detail.contact = std::move(detail);
  }
  if (message.has_configuration()) {
    auto configuration = std::make_shared<Configuration>();
    reader.Fail(FromMessage(message.configuration(), configuration.get()));
    numbered->detail.configuration = std::move(configuration);
  }
  return reader.status();
}

absl::Status FromMessage(const v1::LiveContact& message, LiveContact* contact) {
  Reader reader;
  contact->arrival_ms = message.arrival_ms();
  contact->version = message.version();
  // One that has ended is not alive.
  reader.Enum("state", message.state(), ContactState::kAssigned,
              &contact->state);
  contact->at_once = message.at_once();
  contact->placed = message.placed();
  contact->rank_key_ms = message.rank_key_ms();
  contact->arrival_sequence = message.arrival_sequence();
  contact->agent_id = message.agent_id();
  contact->attempt = message.attempt();
  reader.Byte("fit_step", message.fit_step(), &contact->fit_step);
  contact->idle_since_ms = message.idle_since_ms();
  contact->offer_expires_ms = message.offer_expires_ms();
  contact->accepted_ms = message.accepted_ms();
  for (const v1::LiveDecline& decline : message.declines()) {
    contact->declines.push_back({decline.agent_id(), decline.until_ms()});
  }
  return reader.status();
}

namespace {

void FiguresFromMessage(const v1::AgentFigures& message, Reader* reader,
                        AgentFigures* figures) {
  figures->contacts = message.contacts();
  figures->offered = message.offered();
  figures->last_offered_ms = message.last_offered_ms();
  figures->busy_since_ms = message.busy_since_ms();
  figures->occupied_ms = message.occupied_ms();
  figures->piece = message.piece();
  if (message.piece() < 0 ||
      message.busy_ms_size() != static_cast<int>(AgentFigures::kPieces)) {
    return reader->Fail(absl::DataLossError(absl::StrCat(
        "figures have ", message.busy_ms_size(), " pieces up to number ",
        message.piece(), ", not ", AgentFigures::kPieces)));
  }
  for (std::size_t i = 0; i < AgentFigures::kPieces; ++i) {
    const std::int64_t busy_ms = message.busy_ms(static_cast<int>(i));
    if (busy_ms < 0 || busy_ms > std::numeric_limits<std::uint32_t>::max()) {
      return reader->Fail(absl::DataLossError(
          absl::StrCat("busy_ms is ", busy_ms, ", not a time of a piece")));
    }
    figures->busy_ms.at(i) = static_cast<std::uint32_t>(busy_ms);
  }
}

}  // namespace

absl::Status FromMessage(const v1::LiveAgent& message, LiveAgent* agent) {
  Reader reader;
  agent->version = message.version();
  reader.PresenceOf("presence", message.presence(), &agent->presence);
  agent->presence_pending = message.presence_pending();
  reader.PresenceOf("pending", message.pending(), &agent->pending);
  reader.Enum("work_state", message.work_state(), WorkState::kWrapUp,
              &agent->work_state);
  reader.Byte("no_answer_channels", message.no_answer_channels(),
              &agent->no_answer_channels);
  agent->idle_since_ms = message.idle_since_ms();
  agent->idle_before_pause_ms = message.idle_before_pause_ms();
  agent->wrap_up_ends_ms = message.wrap_up_ends_ms();
  agent->contact_id = message.contact_id();
  agent->attempt = message.attempt();
  agent->presence_configuration_version =
      message.presence_configuration_version();
  if (message.has_figures()) {
    FiguresFromMessage(message.figures(), &reader, &agent->figures);
  }
  return reader.status();
}

absl::Status FromMessage(const v1::LiveQueue& message, LiveQueue* queue) {
  queue->offered_total = message.offered_total();
  queue->answered_total = message.answered_total();
  queue->abandoned_total = message.abandoned_total();
  return absl::OkStatus();
}

absl::Status FromMessage(const v1::EndedContact& message,
                         EndedContact* contact) {
  Reader reader;
  contact->fingerprint = {message.fingerprint_0(), message.fingerprint_1()};
  contact->queue = message.queue();
  reader.Enum("channel", message.channel(), Channel::kInternal,
              &contact->channel);
  reader.Byte("priority", message.priority(), &contact->priority);
  reader.Enum("end_reason", message.end_reason(), EndReason::kLeaseExpired,
              &contact->end_reason);
  contact->version = message.version();
  contact->arrival_ms = message.arrival_ms();
  contact->rank_key_ms = message.rank_key_ms();
  contact->ended_ms = message.ended_ms();
  contact->at_once = message.at_once();
  return reader.status();
}

void ToMessage(const Meta& meta, v1::Meta* message) {
  message->set_format_version(meta.format_version);
  message->set_partition(meta.partition);
  message->set_epoch(meta.epoch);
  message->set_time_scaled(meta.time_scaled);
  message->set_first_sequence(meta.first_sequence);
  message->set_last_sequence(meta.last_sequence);
  message->set_last_at_ms(meta.last_at_ms);
  message->set_arrival_sequence(meta.arrival_sequence);
  message->set_configuration_version(meta.configuration_version);
  message->set_head(meta.head);
  message->set_contacts(meta.contacts);
  message->set_agents(meta.agents);
  message->set_queues(meta.queues);
  message->set_ended(meta.ended);
  message->set_boot_id(meta.clock.boot_id);
  message->set_boot_clock_ms(meta.clock.boot_clock_ms);
  message->set_clock_at_ms(meta.clock.at_ms);
}

absl::Status FromMessage(const v1::Meta& message, Meta* meta) {
  meta->format_version = message.format_version();
  meta->partition = message.partition();
  meta->epoch = message.epoch();
  meta->time_scaled = message.time_scaled();
  meta->first_sequence = message.first_sequence();
  meta->last_sequence = message.last_sequence();
  meta->last_at_ms = message.last_at_ms();
  meta->arrival_sequence = message.arrival_sequence();
  meta->configuration_version = message.configuration_version();
  meta->head = message.head();
  meta->contacts = message.contacts();
  meta->agents = message.agents();
  meta->queues = message.queues();
  meta->ended = message.ended();
  meta->clock.boot_id = message.boot_id();
  meta->clock.boot_clock_ms = message.boot_clock_ms();
  meta->clock.at_ms = message.clock_at_ms();
  return absl::OkStatus();
}

}  // namespace relais::journal
