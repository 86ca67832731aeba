#include "lib/journal/convert.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/journal/message_reader.h"

namespace relais::journal {
namespace {

void ContactFromMessage(const v1::Event& message, MessageReader* reader,
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
  reader->Byte("ring", message.ring(), &event->ring);
  reader->Id("held_for", message.held_for(), &event->held_for);
  event->held_until_ms = message.held_until_ms();
  event->over_share = message.over_share();
}

void AgentFromMessage(const v1::Event& message, MessageReader* reader,
                      Event* event) {
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

void ReservationFromMessage(const v1::Event& message, MessageReader* reader,
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
  event->pulled = message.pulled();
  reader->Byte("units", message.units(), &event->units);
  reader->Id("tutor_id", message.tutor_id(), &event->tutor_id);
}

}  // namespace

absl::Status FromMessage(const v1::Event& message, NumberedEvent* numbered) {
  MessageReader reader;
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
  if (message.has_agent_configuration()) {
    auto agent = std::make_shared<AgentConfiguration>();
    reader.Fail(FromMessage(message.agent_configuration(), agent.get()));
    numbered->detail.agent = std::move(agent);
  }
  return reader.status();
}

absl::Status FromMessage(const v1::LiveContact& message, LiveContact* contact) {
  MessageReader reader;
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
  contact->tutor_id = message.tutor_id();
  reader.Byte("ring", message.ring(), &contact->ring);
  contact->held_for = message.held_for();
  contact->held_since_ms = message.held_since_ms();
  contact->held_until_ms = message.held_until_ms();
  contact->over_share = message.over_share();
  return reader.status();
}

namespace {

void FiguresFromMessage(const v1::AgentFigures& message, MessageReader* reader,
                        AgentFigures* figures) {
  figures->contacts = message.contacts();
  figures->offered = message.offered();
  figures->last_offered_ms = message.last_offered_ms();
  figures->occupied_since_ms = message.occupied_since_ms();
  figures->occupied_ms = message.occupied_ms();
  figures->piece = message.piece();
  if (message.piece() < 0 ||
      message.pieces_ms_size() != static_cast<int>(AgentFigures::kPieces)) {
    return reader->Fail(absl::DataLossError(absl::StrCat(
        "figures have ", message.pieces_ms_size(), " pieces up to number ",
        message.piece(), ", not ", AgentFigures::kPieces)));
  }
  for (std::size_t i = 0; i < AgentFigures::kPieces; ++i) {
    const std::int64_t piece_ms = message.pieces_ms(static_cast<int>(i));
    if (piece_ms < 0 || piece_ms > std::numeric_limits<std::uint32_t>::max()) {
      return reader->Fail(absl::DataLossError(
          absl::StrCat("pieces_ms is ", piece_ms, ", not a time of a piece")));
    }
    figures->pieces_ms.at(i) = static_cast<std::uint32_t>(piece_ms);
  }
}

void PanelFromMessage(const v1::PanelChoices& message, MessageReader* reader,
                      PanelChoices* choices) {
  choices->piece = message.piece();
  if (message.piece() < 0 ||
      message.pieces_size() != static_cast<int>(PanelChoices::kPieces)) {
    return reader->Fail(absl::DataLossError(absl::StrCat(
        "panel has ", message.pieces_size(), " pieces up to number ",
        message.piece(), ", not ", PanelChoices::kPieces)));
  }
  for (std::size_t i = 0; i < PanelChoices::kPieces; ++i) {
    const std::int64_t count = message.pieces(static_cast<int>(i));
    if (count < 0 || count > std::numeric_limits<std::uint32_t>::max()) {
      return reader->Fail(absl::DataLossError(
          absl::StrCat("pieces is ", count, ", not a count of choices")));
    }
    choices->pieces.at(i) = static_cast<std::uint32_t>(count);
  }
}

}  // namespace

absl::Status FromMessage(const v1::LiveAgent& message, LiveAgent* agent) {
  MessageReader reader;
  agent->version = message.version();
  reader.PresenceOf("presence", message.presence(), &agent->presence);
  agent->presence_pending = message.presence_pending();
  reader.PresenceOf("pending", message.pending(), &agent->pending);
  reader.Byte("no_answer_channels", message.no_answer_channels(),
              &agent->no_answer_channels);
  agent->idle_since_ms = message.idle_since_ms();
  agent->idle_before_pause_ms = message.idle_before_pause_ms();
  agent->presence_configuration_version =
      message.presence_configuration_version();
  for (const v1::HeldContact& held : message.held()) {
    HeldContact& added = agent->held.emplace_back();
    added.contact_id = held.contact_id();
    reader.Enum("held.channel", held.channel(), Channel::kInternal,
                &added.channel);
    reader.Enum("held.state", held.state(), WorkState::kWrapUp, &added.state);
    added.attempt = held.attempt();
    added.units = static_cast<int>(held.units());
    added.wrap_up_ends_ms = held.wrap_up_ends_ms();
    added.interrupted = held.interrupted();
  }
  if (message.work_state() != 0) {
    // Format version 1, which told no channel here: every contact takes all of
    // its agent, so that it does not matter.
    HeldContact& added = agent->held.emplace_back();
    added.contact_id = message.contact_id();
    reader.Enum("work_state", message.work_state(), WorkState::kWrapUp,
                &added.state);
    added.attempt = message.attempt();
    added.units = kCapacityUnitsMax;
    added.wrap_up_ends_ms = message.wrap_up_ends_ms();
  }
  if (message.has_figures()) {
    FiguresFromMessage(message.figures(), &reader, &agent->figures);
  }
  if (message.has_panel()) {
    PanelFromMessage(message.panel(), &reader, &agent->panel);
  }
  if (message.has_last_listed()) {
    auto listed = std::make_shared<Configuration>();
    absl::Status status = FromMessage(message.last_listed(), listed.get());
    if (!status.ok()) return status;
    agent->last_listed = std::move(listed);
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
  MessageReader reader;
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
  reader.Byte("ring", message.ring(), &contact->ring);
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
  message->set_applied_configuration_version(
      meta.applied_configuration_version);
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
  meta->applied_configuration_version = message.applied_configuration_version();
  return absl::OkStatus();
}

}  // namespace relais::journal
