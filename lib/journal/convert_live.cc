// What is read of a live state.

#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "lib/journal/convert.h"
#include "lib/journal/message_reader.h"

namespace relais::journal {

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
  contact->tutor_id = message.tutor_id();
  return reader.status();
}

namespace {

void FiguresFromMessage(const v1::AgentFigures& message, Reader* reader,
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
    const std::int64_t pieces_ms = message.pieces_ms(static_cast<int>(i));
    if (pieces_ms < 0 || pieces_ms > std::numeric_limits<std::uint32_t>::max()) {
      return reader->Fail(absl::DataLossError(
          absl::StrCat("pieces_ms is ", pieces_ms, ", not a time of a piece")));
    }
    figures->pieces_ms.at(i) = static_cast<std::uint32_t>(pieces_ms);
  }
}

}  // namespace

absl::Status FromMessage(const v1::LiveAgent& message, LiveAgent* agent) {
  Reader reader;
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

}  // namespace relais::journal
