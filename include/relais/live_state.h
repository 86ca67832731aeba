// The state of a centre that outlives the process: what is alive, and what must
// still be answered the same. A journal keeps it up to date from the events;
// Router::Restore begins with it.
//
// Thread safety: plain values. Ownership: values own their strings; details and
// the configuration are shared and never change.

#ifndef RELAIS_LIVE_STATE_H_
#define RELAIS_LIVE_STATE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "relais/agent.h"
#include "relais/configuration.h"
#include "relais/contact.h"
#include "relais/event.h"
#include "relais/types.h"

namespace relais {

// The contact is not offered to this agent before `until_ms`.
struct LiveDecline {
  std::string agent_id;
  InstantMs until_ms = 0;
  friend bool operator==(const LiveDecline&, const LiveDecline&) = default;
};

// A contact that waits, is reserved or is in handling.
struct LiveContact {
  std::shared_ptr<const ContactDetail> detail;
  InstantMs arrival_ms = 0;
  std::uint64_t version = 0;  // number of its events so far
  ContactState state = ContactState::kWaiting;
  bool at_once = false;  // its Submit was answered so
  // Its place, once a reservation has told it; before, the detail's.
  bool placed = false;
  InstantMs rank_key_ms = 0;
  std::uint64_t arrival_sequence = 0;
  std::uint8_t ring = 0;
  // For whom it waits alone, or waited when it was reserved; since when and
  // until when, while it waits so.
  std::string held_for;
  InstantMs held_since_ms = 0;
  InstantMs held_until_ms = 0;
  bool over_share = false;  // as its submit told
  // While reserved or in handling.
  std::string agent_id;
  std::uint64_t attempt = 0;
  std::uint8_t fit_step = 0;
  std::string tutor_id;
  InstantMs idle_since_ms = 0;        // of the agent, when it was chosen
  InstantMs offer_expires_ms = 0;     // reserved; 0 = no limit
  InstantMs accepted_ms = 0;          // in handling; or when it was resumed
  std::vector<LiveDecline> declines;  // in the order in which they were made
};

// An agent with any event so far. Grade, profile and skills are those of the
// configuration, or, if that does not list it, of `last_listed`.
struct LiveAgent {
  std::uint64_t version = 0;
  Presence presence;
  bool presence_pending = false;
  Presence pending;
  ChannelSet no_answer_channels = 0;
  InstantMs idle_since_ms = 0;
  DurationMs idle_before_pause_ms = 0;
  // In the order of their reservations. Reserved or in handling: contacts of
  // LiveState. In wrap-up: they have ended.
  std::vector<HeldContact> held;
  AgentFigures figures;
  PanelChoices panel;
  // In force at its last change of presence. Older than the one that no longer
  // lists the agent: its sign-out by that one is missing.
  std::uint64_t presence_configuration_version = 0;
  // If it is not listed: what the last configuration that did says of it, the
  // agent alone with what it refers to. Null if that is not known; it may then
  // take nothing more.
  std::shared_ptr<const Configuration> last_listed;
};

// Totals of one queue since it was first used.
struct LiveQueue {
  std::uint64_t offered_total = 0;
  std::uint64_t answered_total = 0;
  std::uint64_t abandoned_total = 0;
  friend bool operator==(const LiveQueue&, const LiveQueue&) = default;
};

// A contact that has ended and whose id must still be answered.
struct EndedContact {
  std::string id;
  std::array<std::uint64_t, 2> fingerprint = {};  // ContactDetail's
  std::string queue;
  Channel channel = Channel::kVoice;
  std::uint8_t priority = 0;
  EndReason end_reason = EndReason::kNone;
  std::uint64_t version = 0;
  InstantMs arrival_ms = 0;
  InstantMs rank_key_ms = 0;
  InstantMs ended_ms = 0;
  bool at_once = false;
  std::uint8_t ring = 0;
};

struct LiveState {
  std::uint64_t last_sequence = 0;     // number of the last event
  InstantMs last_at_ms = 0;            // the latest `at_ms` of all events
  std::uint64_t arrival_sequence = 0;  // the largest that was ever given
  std::uint64_t configuration_version = 0;
  // Of the last one that was applied whole; later ones changed one agent each.
  // 0: the same as configuration_version.
  std::uint64_t applied_configuration_version = 0;
  // With all agents as they were changed since.
  std::shared_ptr<const Configuration> configuration;
  std::map<std::string, LiveContact> contacts;  // by id
  std::map<std::string, LiveAgent> agents;      // by id
  std::map<std::string, LiveQueue> queues;      // by name
  std::deque<EndedContact> ended;               // earliest end first
};

}  // namespace relais

#endif  // RELAIS_LIVE_STATE_H_
