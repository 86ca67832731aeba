// What the auditor believes the state of a centre to be: made from the numbered
// events by its own rules, written from docs/routing-model.md, and the naive
// reference's of requirements. It shares no code with the engine or the
// journal.
//
// Thread safety: plain values; one thread. Units: milliseconds.

#ifndef RELAIS_TESTS_SEEDED_AUDITED_STATE_H_
#define RELAIS_TESTS_SEEDED_AUDITED_STATE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "relais/configuration.h"
#include "relais/contact.h"
#include "relais/event.h"
#include "relais/router.h"
#include "relais/types.h"
#include "tests/reference/reference_rings.h"
#include "tests/seeded/audited_agent.h"

namespace relais::seeded {

struct AuditedExclusion {
  std::string agent_id;
  InstantMs until_ms = 0;
};

// For whom a contact waits alone, and until when if nothing changes. Nobody:
// it goes to its queue, perhaps because that agent was chosen too often.
struct AuditedHold {
  std::string agent_id = {};
  InstantMs until_ms = 0;
  bool over_share = false;
};

struct AuditedContact {
  ContactSpec spec;
  ContactQueue terms;
  bool ranked = false;  // some profile ordered queues when it came
  InstantMs arrival_ms = 0;
  InstantMs rank_key_ms = 0;
  std::uint64_t arrival_sequence = 0;
  std::uint64_t version = 0;
  ContactState state = ContactState::kWaiting;
  bool at_once = false;
  std::string agent_id;
  std::uint64_t attempt = 0;
  InstantMs offer_expires_ms = 0;
  // When the offer is over: later than it said after a restart, which gives
  // agents time to come back.
  InstantMs offer_due_ms = 0;
  InstantMs accepted_ms = 0;
  // The wait limit was set anew at this instant: it cannot be due before.
  InstantMs waits_since_ms = 0;
  std::vector<AuditedExclusion> exclusions;  // the oldest first
  // Its plan's rings as they were when it came, the first one included.
  std::shared_ptr<const std::vector<reference::Ring>> rings;
  DurationMs boost_ms = 0;  // without that of its ring
  bool strict = false;      // in which no ring's counts
  std::size_t ring = 0;
  // What it asks for there: as which queue, and by itself.
  ContactQueue asks;
  RoutingRequirement own;

  // While it waits; of a reserved one for whom it had waited.
  AuditedHold hold;
  InstantMs held_since_ms = 0;

  bool held() const {
    return state == ContactState::kWaiting && !hold.agent_id.empty();
  }
  bool IsKeptFrom(const std::string& other_agent_id) const {
    return held() && hold.agent_id != other_agent_id;
  }
  void Enter(std::size_t next);
  // Its wait limit or its next ring, whichever is earlier.
  InstantMs waiting_due_ms() const;
};

// Has the channel, and meets what the contact asks for in that ring.
bool ServesInRing(const RoutingProfile& profile, const reference::Holdings& has,
                  const AuditedContact& contact, std::size_t ring);

// Whether nobody could answer in a ring; open while a configuration that makes
// a difference is being applied.
enum class RingSkipped { kNo, kOpen, kYes };

struct AuditedEnd {
  ContactSpec spec;
  EndReason reason = EndReason::kNone;
  std::uint64_t version = 0;
  InstantMs arrival_ms = 0;
  InstantMs ended_ms = 0;
  bool at_once = false;
};

struct AuditedFigures {
  std::uint64_t offered = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
};

class AuditedState {
 public:
  // Applies the next event. Empty, or what is impossible about it.
  std::string Apply(const Event& event, const EventDetail& detail);

  // The agents' skills and profiles are those of the configuration. Whoever
  // that does not list goes on as it was until it is removed, also over a
  // restart.
  void TakeConfiguredSkills();
  // The configuration is in force for everybody.
  void EndTurns();
  // Offers that stand, stand until then.
  void ProlongOffers(InstantMs until_ms);
  // Exclusions that end at or before `now_ms`.
  void DropExclusionsUntil(InstantMs now_ms);

  // The agent could serve the contact, before or after the configuration that
  // is being applied, or both.
  static bool CouldServe(const AuditedAgent& agent,
                         const AuditedContact& contact);
  static bool MustServe(const AuditedAgent& agent,
                        const AuditedContact& contact);
  // Of one that it could serve with what it has.
  static int FitStep(const reference::Holdings& has,
                     const AuditedContact& contact);
  // By queue rank and key, before or after the configuration that is being
  // applied; `first` surely stands before `second`.
  static bool SurelyBefore(const AuditedAgent& agent,
                           const AuditedContact& first,
                           const AuditedContact& second);
  // The channels that the contact drains in its ring.
  static ChannelSet DrainsOf(const AuditedContact& contact);
  // Whether another that waits keeps the agent from this contact: before and
  // after the configuration that is being applied, or one of both.
  bool SurelyDrained(const AuditedContact& contact,
                     const AuditedAgent& agent) const;
  bool MayBeDrained(const AuditedContact& contact,
                    const AuditedAgent& agent) const;
  // It is held for an agent, still listed, who may serve it no longer: the call
  // that made it so ends the hold.
  bool IsHeldInVain(const AuditedContact& contact) const;
  // When its hold ends as things stand; nothing: with the next RunDue.
  std::optional<InstantMs> HoldDue(const AuditedContact& contact) const;
  // Its wait limit, its next ring or the end of its hold.
  InstantMs WaitingDue(const AuditedContact& contact,
                       InstantMs at_once_ms) const;
  bool IsAwaited(const std::string& agent_id) const;
  // A reserve may keep the agent from the contact. `settled`: no call is under
  // way, so who counts is counted.
  bool MayBeKept(const AuditedAgent& agent, const AuditedContact& contact,
                 bool settled) const;
  // The name of a reserve that would be left with too few, or nothing.
  std::string Undercut(const AuditedAgent& agent,
                       const AuditedContact& contact) const;
  RingSkipped IsSkipped(const AuditedContact& contact, std::size_t ring) const;
  // The ring after its own and a wait: the least and the most that it may be.
  std::pair<std::size_t, std::size_t> RingAfter(const AuditedContact& contact,
                                                DurationMs waited_ms) const;
  // Assigned, but another contact of its agent comes first.
  bool IsInterrupted(const AuditedContact& contact) const;
  static const AuditedExclusion* ExclusionOf(const AuditedContact& contact,
                                             const std::string& agent_id);

  std::uint64_t sequence = 0;
  InstantMs last_at_ms = 0;
  std::uint64_t arrivals = 0;
  std::uint64_t configuration_version = 0;
  Configuration configuration;
  // Of the configuration before the one that is being applied.
  std::vector<Reserve> reserves_before;
  std::map<std::string, AuditedContact> contacts;
  std::map<std::string, AuditedAgent> agents;
  std::map<std::string, AuditedFigures> figures;
  std::map<std::string, AuditedEnd> ended;  // the last end of each id
  // As the journal does: a decline first drops those whose time is over. The
  // router's end when RunDue runs them.
  bool drops_passed_exclusions = false;

 private:
  std::string ApplyByType(const Event& event, const EventDetail& detail);
  std::string Configured(const Event& event, const EventDetail& detail);
  std::string Submitted(const Event& event, const EventDetail& detail);
  std::string Ended(const Event& event);
  std::string Created(const Event& event);
  std::string Accepted(const Event& event);
  std::string Returned(const Event& event);
  std::string PresenceChanged(const Event& event);
  std::string WrapUpEnded(const Event& event);
  std::string Removed(const Event& event);
  std::string Widened(const Event& event);
  std::string GaveWay(const Event& event);
  std::string WentOn(const Event& event);
  // How often another contact drains it at the agent as it is, and as it was.
  std::pair<int, int> DrainedBy(const AuditedContact& contact,
                                const AuditedAgent& agent) const;
  // Whether the agent counts in the reserve; after the configuration that is
  // being applied and, if it must, before it, and whoever is drained.
  bool Counts(const Reserve& reserve, const AuditedAgent& agent,
              bool surely) const;
  bool IsKeptBy(const Reserve& reserve, const AuditedAgent& agent,
                const AuditedContact& contact, bool surely) const;
  int CountOf(const Reserve& reserve, bool surely) const;
  bool MayBeDrainedOf(Channel channel, const AuditedAgent& agent) const;
  std::string AgentChanged(const Event& event, const EventDetail& detail);
  // Puts the contact into that ring, with which it comes, returns or is
  // widened.
  std::string EnterRing(const Event& event, std::size_t ring,
                        AuditedContact& contact) const;
  // Holds it for one of those whom it prefers after `before`, or puts it into
  // its ring.
  std::string EnterHold(const Event& event, const std::string& before,
                        AuditedContact& contact);
  std::vector<AuditedHold> PossibleHolds(const AuditedContact& contact,
                                         const std::string& before,
                                         InstantMs now_ms) const;
  bool IsOverShare(const AuditedAgent& agent, const AuditedContact& contact,
                   InstantMs now_ms) const;
  std::string HoldEnded(const Event& event);

  static int CostOf(const RoutingProfile& profile,
                    const AuditedContact& contact);
  std::string CheckHolder(const Event& event, ContactState before) const;
  std::string CheckAgentAfter(const Event& event) const;
  std::string CheckContactAfter(const Event& event) const;
  DurationMs BoostOf(const ContactSpec& spec, const ContactQueue& queue) const;
  void ForgetFiguresIfUnused(const std::string& queue);

  // Of the last event, or before the interruptions that it caused.
  std::string just_accepted_;
};

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_AUDITED_STATE_H_
