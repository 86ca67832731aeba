// A contact as callers give it and as the router shows it.
//
// Thread safety: plain values. Ownership: values own their strings.

#ifndef RELAIS_CONTACT_H_
#define RELAIS_CONTACT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "relais/configuration.h"
#include "relais/types.h"

namespace relais {

// Why a contact prefers the agents that it names.
enum class PreferenceSource : std::uint8_t {
  kPortfolio,  // the customer belongs to this agent
  kLast,       // whom the customer spoke with last
  kList,       // one after the other
  kPanel,      // whom the customer chose
};
inline constexpr int kPreferenceSourceCount = 4;
std::string_view PreferenceSourceName(PreferenceSource source);

// Whom a contact is held for before it goes to its queue: for one agent after
// the other, each for as long as the queue's HoldTimes say. Agents who are not
// known, or not eligible, are passed over.
struct PreferredAgents {
  // Ids, no two the same, at most kPreferredAgentsMax; kList apart one at most.
  std::vector<std::string> agents;
  PreferenceSource source = PreferenceSource::kPortfolio;
  // Above 0: the first agent who may take it at all keeps it so long after its
  // arrival, whatever that agent is doing; then the queue gets it. For e-mail
  // in an agent's own box.
  DurationMs reply_by_ms = 0;
  bool empty() const { return agents.empty(); }
  friend bool operator==(const PreferredAgents&,
                         const PreferredAgents&) = default;
};

// What a platform submits. The id is the platform's; a repeated submit with
// the same content gets the first answer.
struct ContactSpec {
  std::string id;     // 1..128 bytes of UTF-8
  std::string queue;  // name of a ContactQueue
  Channel channel = Channel::kVoice;
  int priority = 0;  // 0..9
  // Name of a CustomerSegment of the configuration; empty = none.
  std::string segment;
  // Asked for in addition to the queue's requirement.
  RoutingRequirement requirement;
  // The customer was told and agrees that a tutor listens: skills in training
  // count for this contact.
  bool tutor_may_listen = false;
  PreferredAgents preferred = {};
  // Opaque to the router, shown to the agent. 16 KiB of keys and values.
  std::map<std::string, std::string> attributes;
};

// A contact at one moment.
struct ContactView {
  std::string id;
  ContactHandle handle;
  std::string queue;
  Channel channel = Channel::kVoice;
  int priority = 0;
  ContactState state = ContactState::kWaiting;
  EndReason end_reason = EndReason::kNone;
  std::uint64_t version = 0;  // number of its events so far
  InstantMs arrival_ms = 0;
  InstantMs rank_key_ms = 0;  // arrival less its boost, its ring's included
  InstantMs ended_ms = 0;     // 0 while it lives
  std::string agent_id;       // who holds it, reserved or assigned
  std::uint64_t attempt = 0;  // of the reservation that stands
  std::string tutor_id;  // of that reservation or assignment, if it needs one
  // Of its queue's plan: where it waits, or was when it was reserved or ended;
  // 0 is the first.
  std::uint8_t ring = 0;
  // When it goes on to the next ring if it still waits; 0 if there is none, or
  // while it does not wait.
  InstantMs next_ring_ms = 0;
  // While it waits for this agent alone, and until when as things stand: what
  // the agent does may change it. Empty and 0: it does not.
  std::string held_for;
  InstantMs held_until_ms = 0;
  // It chose an agent from a panel who had had more than its share: it went to
  // its queue instead.
  bool over_share = false;
  // In handling, but another contact of that agent comes first: it goes on when
  // nothing that may interrupt it waits for the agent.
  bool interrupted = false;
  // False: another call is changing it at this moment and has not handed over
  // the event of this version yet. Whoever must tell only what is durable reads
  // it again.
  bool settled = true;
  std::string segment;             // empty once ended
  RoutingRequirement requirement;  // its own, as submitted; empty once ended
  bool tutor_may_listen = false;   // as submitted; false once ended
  PreferredAgents preferred;       // as submitted; empty once ended
  std::map<std::string, std::string> attributes;  // empty once ended
};

}  // namespace relais

#endif  // RELAIS_CONTACT_H_
