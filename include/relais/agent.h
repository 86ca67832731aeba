// An agent as the router shows it.
//
// Thread safety: plain values. Ownership: values own their strings.

#ifndef RELAIS_AGENT_H_
#define RELAIS_AGENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "relais/types.h"

namespace relais {

struct Presence {
  PresenceState state = PresenceState::kLoggedOut;
  NotReadyReason reason = NotReadyReason::kNone;  // with kNotReady only
  friend bool operator==(const Presence&, const Presence&) = default;
};

// A contact that an agent holds.
struct HeldContact {
  std::string contact_id;
  Channel channel = Channel::kVoice;
  WorkState state = WorkState::kReserved;  // reserved, handling or wrap-up
  std::uint64_t attempt = 0;               // of its reservation
  int units = 0;                           // of the agent's capacity
  InstantMs wrap_up_ends_ms = 0;           // in wrap-up
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
  // False: another call is changing it at this moment and has not handed over
  // the event of this version yet. Whoever must tell only what is durable reads
  // it again.
  bool settled = true;
};

}  // namespace relais

#endif  // RELAIS_AGENT_H_
