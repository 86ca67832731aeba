// An agent as the router shows it.
//
// Thread safety: plain values. Ownership: values own their strings.

#ifndef RELAIS_AGENT_H_
#define RELAIS_AGENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "relais/types.h"

namespace relais {

struct Presence {
  PresenceState state = PresenceState::kLoggedOut;
  NotReadyReason reason = NotReadyReason::kNone;  // with kNotReady only
  // When it will be back, as it announced; 0: not told. Not with kAvailable.
  InstantMs back_at_ms = 0;
  friend bool operator==(const Presence&, const Presence&) = default;
};

// What orders of agents other than longest idle go by. Kept while the
// configuration in force has a queue with such an order; otherwise all zero.
// They begin anew with the first such configuration and with each sign-in.
struct AgentFigures {
  // Five minutes each; the twelve are the last hour.
  static constexpr DurationMs kPieceMs = 300'000;
  static constexpr std::size_t kPieces = 12;

  std::uint32_t contacts = 0;     // reservations that it accepted
  bool offered = false;           // it has had a reservation
  InstantMs last_offered_ms = 0;  // if so, the last one
  // While it holds anything: up to here its time has been added below.
  InstantMs occupied_since_ms = 0;
  DurationMs occupied_ms = 0;  // of the last hour, when it last let go of one
  std::int64_t piece = 0;      // the latest of which something is known
  // Time in which it held anything, by piece: instants / kPieceMs, modulo
  // kPieces.
  std::array<std::uint32_t, kPieces> pieces_ms{};
  friend bool operator==(const AgentFigures&, const AgentFigures&) = default;
};

// How often customers chose the agent from a panel of late: contacts whose
// submit was answered with a hold for it. Kept whatever the agent does.
struct PanelChoices {
  // Sixteen minutes each; the fifteen are the last four hours.
  static constexpr DurationMs kPieceMs = 960'000;
  static constexpr std::size_t kPieces = 15;

  std::int64_t piece = 0;  // the latest of which something is known
  // By piece: instants / kPieceMs, modulo kPieces.
  std::array<std::uint32_t, kPieces> pieces{};
  friend bool operator==(const PanelChoices&, const PanelChoices&) = default;
};

// A contact that an agent holds.
struct HeldContact {
  std::string contact_id;
  Channel channel = Channel::kVoice;
  WorkState state = WorkState::kReserved;  // reserved, handling or wrap-up
  std::uint64_t attempt = 0;               // of its reservation
  int units = 0;                           // of the agent's capacity
  InstantMs wrap_up_ends_ms = 0;           // in wrap-up
  bool interrupted = false;  // in handling, but another contact comes first
  friend bool operator==(const HeldContact&, const HeldContact&) = default;
};

WorkState WorkStateOf(const std::vector<HeldContact>& held);

// An agent at one moment.
struct AgentView {
  std::string id;
  AgentHandle handle;
  AgentGrade grade = AgentGrade::kSenior;
  Presence presence;
  // Asked for while handling or wrapping up; takes effect afterwards.
  bool presence_pending = false;
  Presence pending;
  // Derived from what it holds (types.h).
  WorkState work_state = WorkState::kIdle;
  // Channels closed because an offer on them was not answered; any change of
  // presence opens them again.
  ChannelSet no_answer_channels = 0;
  std::uint64_t version = 0;      // number of its events so far
  InstantMs idle_since_ms = 0;    // the longest-idle order; see routing model
  std::vector<HeldContact> held;  // in the order of their reservations
  AgentFigures figures;
  // Of the four hours up to the last panel choice in the centre: how often it
  // was chosen, and that in percent of the mean of the agents present.
  std::uint64_t panel_choices = 0;
  std::uint32_t panel_share_percent = 0;
  // False: another call is changing it at this moment and has not handed over
  // the event of this version yet. Whoever must tell only what is durable reads
  // it again.
  bool settled = true;
};

}  // namespace relais

#endif  // RELAIS_AGENT_H_
