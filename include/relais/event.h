// Events: what happened, in one numbered, gap-free order.
//
// Every change of a contact or an agent is one event carrying that entity's
// version (1, 2, 3 ... per entity) and its resulting state. An event that
// changes both carries both versions. A version of 0 means "this event does
// not change that entity". The numbered order agrees with every entity's own.
//
// Thread safety: plain values. Memory: fixed size, so that handing one over
// allocates nothing.

#ifndef RELAIS_EVENT_H_
#define RELAIS_EVENT_H_

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "relais/agent.h"
#include "relais/configuration.h"
#include "relais/contact.h"
#include "relais/limits.h"
#include "relais/types.h"

namespace relais {

// A string of at most kIdBytesMax bytes, stored in place. Longer input is a
// caller's mistake and is cut; ids are checked at the door.
class InlineId {
 public:
  InlineId() = default;
  explicit InlineId(std::string_view text) { Assign(text); }
  void Assign(std::string_view text) {
    size_ = static_cast<std::uint8_t>(text.size() < kIdBytesMax ? text.size()
                                                                : kIdBytesMax);
    std::memcpy(bytes_.data(), text.data(), size_);
  }
  std::string_view view() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  std::uint8_t size_ = 0;
  std::array<char, kIdBytesMax> bytes_;
};

enum class EventType : std::uint8_t {
  kNone,
  kConfigurationApplied,  // configuration_version
  kContactSubmitted,      // contact: waiting
  kContactEnded,          // contact: ended, end_reason. When it was assigned,
                          // agent: in its wrap-up or without it, with the
                          // agent's version
  kReservationCreated,    // contact: reserved; agent: reserved
  kReservationAccepted,   // contact: assigned; agent: handling
  kReservationDeclined,   // contact: waiting; agent: without it
  kReservationNoAnswer,   // contact: waiting; agent: without it, channel closed
  kReservationRescinded,  // agent: without it. contact: waiting if the agent
                          // left, or can no longer interrupt what it was to;
                          // unchanged (version 0) if the contact ended
  kPresenceChanged,       // agent: presence, or the presence now pending
  kWrapUpEnded,           // agent: idle, or with what else it holds; the
                          // contact, which has ended, is named (version 0)
  kAgentRemoved,          // agent: no longer configured
  kAgentChanged,          // agent: as it was, configured otherwise;
                          // configuration_version
  kContactWidened,        // contact: waiting, in a later ring
  kContactHoldEnded,      // contact: waiting, held for the next agent whom it
                          // prefers, or for none
  kContactInterrupted,    // agent: another contact comes first; the contact,
                          // which stays assigned to it, is named (version 0)
  kContactResumed,  // agent: goes on with the contact that was interrupted
};
inline constexpr EventType kEventTypeLast = EventType::kContactResumed;
std::string_view EventTypeName(EventType type);

struct Event {
  std::uint64_t sequence = 0;  // 1, 2, 3 ...; given by the reader
  EventType type = EventType::kNone;
  InstantMs at_ms = 0;  // the `now_ms` of the call that caused it
  std::uint64_t configuration_version = 0;

  // Contact, if the event concerns one.
  InlineId contact_id;
  ContactHandle contact;
  std::uint64_t contact_version = 0;
  ContactState contact_state = ContactState::kWaiting;
  EndReason end_reason = EndReason::kNone;
  InlineId queue;
  Channel channel = Channel::kVoice;
  std::uint8_t priority = 0;
  InstantMs arrival_ms = 0;
  // Place in its lane: smaller (rank_key_ms, arrival_sequence) is served
  // first. Known from the first reservation on; 0 in kContactSubmitted.
  InstantMs rank_key_ms = 0;
  std::uint64_t arrival_sequence = 0;
  // Of its queue's plan, where it waits or was when it was reserved.
  std::uint8_t ring = 0;
  // For whom it waits, in events that make it wait; for whom it had waited, in
  // those of its reservation. Empty: for whoever is eligible.
  InlineId held_for;
  // In events that make it wait held: until then if that agent stays present.
  InstantMs held_until_ms = 0;
  // kContactSubmitted: it chose an agent who had had more than its share.
  bool over_share = false;

  // Agent, if the event concerns one: its state after the event.
  InlineId agent_id;
  AgentHandle agent;
  std::uint64_t agent_version = 0;
  Presence presence;
  bool presence_pending = false;
  Presence pending;
  WorkState work_state = WorkState::kIdle;  // derived (types.h)
  ChannelSet no_answer_channels = 0;
  // Before the reservation, in kReservation* and of interrupted contacts.
  InstantMs idle_since_ms = 0;
  // How long it had been idle when its present pause began: what resuming gives
  // back. 0 unless it is or was paused since it last worked.
  DurationMs idle_before_pause_ms = 0;

  // Reservation, in kReservation*, kContactEnded of an assigned contact,
  // kContactInterrupted, kContactResumed and, but for what was decided,
  // kWrapUpEnded.
  std::uint64_t attempt = 0;       // equals the contact's version when made
  InstantMs offer_expires_ms = 0;  // kReservationCreated; 0 = at once
  InstantMs decline_until_ms = 0;  // kReservationDeclined
  InstantMs wrap_up_ends_ms = 0;   // kContactEnded with wrap-up
  // Of the decision; in an event that makes the contact wait again, or in
  // another ring, those where it waits.
  std::uint32_t lane = 0;
  std::uint32_t requirement_class = 0;
  std::uint32_t profile_class = 0;
  std::uint8_t fit_step = 0;  // 0..7, larger fits better
  std::uint8_t units = 0;     // of the agent's capacity that the contact takes
  // Who is to listen, if the agent is eligible only by a skill in training.
  InlineId tutor_id;
  // The last number given when the decision began. What was published before
  // that number was given, the decision has seen: a submit that was answered
  // with a smaller LastSequence(), a return whose event's number is not
  // larger. The order promise is checked against it.
  std::uint64_t began_after_sequence = 0;
  // The contact was taken inside the Submit call that brought it.
  bool at_once = false;
  // The agent asked for it, whatever stood before it (kReservationCreated).
  bool pulled = false;
};

// What a contact brought and under which terms: with kContactSubmitted, for who
// must be able to rebuild it.
struct ContactDetail {
  ContactSpec spec;
  ContactQueue queue;  // as configured when the contact came
  // Of the specification: a repeated submit is one of the same content.
  std::array<std::uint64_t, 2> fingerprint = {};
  // The place that it asked for in its lane, its arrival less its boost:
  // whoever was brought before it with a later key has raised it.
  InstantMs rank_key_ms = 0;
  std::uint64_t arrival_sequence = 0;
  // Some profile ordered queues when it came; otherwise it has the first rank
  // for agents whose profile orders them since.
  bool ranked = false;
  // As configured when it came, in mode strict without boosts; without a name:
  // none.
  BullseyePlan plan = {};
  std::uint8_t ring = 0;  // in which it came
  // Of which its rings speak, as configured when it came.
  std::vector<ContactQueue> ring_queues = {};
};

// What an event of fixed size cannot carry.
struct EventDetail {
  std::shared_ptr<const ContactDetail> contact;        // kContactSubmitted
  std::shared_ptr<const Configuration> configuration;  // kConfigurationApplied
  std::shared_ptr<const AgentConfiguration> agent;  // kAgentChanged, after it
};

// Receives what a Router does. Called with no lock held that a Router call
// needs, except that OnEvent is called by one DrainEvents at a time.
class RouterObserver {
 public:
  virtual ~RouterObserver() = default;
  // The first event since the last DrainEvents was handed over: somebody
  // should call DrainEvents. Called on the calling thread; must not block and
  // must not call the Router.
  virtual void OnEventsPending() {}
  // NextDue() became earlier. Same rules.
  virtual void OnNextDueEarlier() {}
  // The next numbered event, in order, from the thread inside DrainEvents.
  // May read the Router; must not call DrainEvents.
  virtual void OnEvent(const Event& event) = 0;
  // Whether OnDetailedEvent is to be called instead. Asked once, by
  // Router::Create; details cost a copy of each contact's specification.
  virtual bool WantsDetails() const { return false; }
  virtual void OnDetailedEvent(const Event& event, const EventDetail& detail) {
    static_cast<void>(detail);
    OnEvent(event);
  }
};

}  // namespace relais

#endif  // RELAIS_EVENT_H_
