// Router: decides, for each waiting contact, which agent gets it.
//
// Thread safety: every member may be called from any thread at any time (at
// most kThreadsMax at once),
// DrainEvents included (a second caller returns at once). No call blocks on
// another contact's or agent's call beyond one shard of a table, none waits
// for a disk, none reads a clock.
//
// Errors are absl::Status. INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS,
// FAILED_PRECONDITION and RESOURCE_EXHAUSTED carry the path of the field in a
// payload (see FieldPathOf); the message names the value and what would be
// right. A refused call has changed nothing and handed over no event.
//
// Words and rules: docs/routing-model.md.

#ifndef RELAIS_ROUTER_H_
#define RELAIS_ROUTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relais/agent.h"
#include "relais/configuration.h"
#include "relais/contact.h"
#include "relais/decision_record.h"
#include "relais/event.h"
#include "relais/explanation.h"
#include "relais/limits.h"
#include "relais/live_state.h"
#include "relais/types.h"

namespace relais {

struct RouterOptions {
  Limits limits;
  // How long an id is remembered after its contact ended.
  DurationMs id_retention_ms = 24LL * 3600 * 1000;
  // Offers that stood when a state was left stand at least this long after
  // Restore, so that agents who were cut off can come back and answer them.
  DurationMs reconnect_ms = 0;
  // False leaves out the record of each decision (DecisionOf, Decisions). Only
  // for the benchmark that says what records cost.
  bool record_decisions = true;
  // Receives events; must outlive the Router. Required.
  RouterObserver* observer = nullptr;
};

// What Submit answers; a repeated submit of the same content gets the same.
struct SubmitOutcome {
  ContactHandle contact;
  InstantMs arrival_ms = 0;
  bool at_once = false;   // reserved inside this call
  bool repeated = false;  // an earlier submit's answer
  CommitTicket ticket;
};

// What the other mutating calls answer.
struct Outcome {
  std::uint64_t version = 0;  // of the entity named in the call, afterwards
  CommitTicket ticket;
};

// Which contact an agent asks for: the best of some queues, or one.
struct PullRequest {
  std::vector<std::string> queues;
  std::string contact_id;  // or this alone
};

// What Pull answers: the reservation that it made.
struct PullOutcome {
  ContactHandle contact;
  std::string contact_id;
  std::uint64_t attempt = 0;
  CommitTicket ticket;
};

struct ApplyOutcome {
  std::uint64_t configuration_version = 0;  // unchanged if refused
  std::vector<Finding> findings;            // errors mean: refused
  CommitTicket ticket;
  bool applied() const { return !HasErrors(findings); }
};

// What ChangeAgent answers.
struct ChangeAgentOutcome {
  std::uint64_t version = 0;                // of the agent
  std::uint64_t configuration_version = 0;  // with the change in it
  CommitTicket ticket;
};

// One queue at this moment.
struct QueueView {
  std::string name;
  std::uint64_t waiting = 0;
  std::uint64_t reserved = 0;
  std::uint64_t assigned = 0;
  std::uint64_t offered_total = 0;    // contacts ever accepted into it
  std::uint64_t answered_total = 0;   // accepted by an agent
  std::uint64_t abandoned_total = 0;  // left before acceptance
  InstantMs oldest_arrival_ms = 0;    // of those waiting; 0 if none
};

// Counters that tell what the router had to do; each only grows.
struct RouterCounters {
  std::uint64_t decisions = 0;
  std::uint64_t rona_total = 0;     // reservations not answered
  std::uint64_t ids_forgotten = 0;  // ended ids beyond Limits::ended_ids
  std::uint64_t declines_forgotten = 0;
  std::uint64_t classes_recycled = 0;
};

class Router {
 public:
  // INVALID_ARGUMENT if a limit is 0 or above its ceiling, or no observer.
  static absl::StatusOr<std::unique_ptr<Router>> Create(
      const RouterOptions& options);
  virtual ~Router() = default;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // --- Recovery ------------------------------------------------------------

  // Continues where the events behind `state` ended: contacts keep age and
  // place, reservations, handling, wrap-up and declines their deadlines, agents
  // presence and idle instant, queues their totals, ended ids their answers;
  // events go on behind state.last_sequence. Contacts and agents get new
  // handles. Then pairs whom no event had brought together are matched, and
  // their events handed over; those that find no room are drained at once.
  // Deadlines that have passed are run by the next RunDue. Once, before any
  // other call. FAILED_PRECONDITION if it is not; INVALID_ARGUMENT names what
  // contradicts itself in the state; RESOURCE_EXHAUSTED if a limit is smaller
  // than what is alive. A router that refused a state is to be thrown away.
  virtual absl::Status Restore(const LiveState& state, InstantMs now_ms) = 0;

  // --- Configuration -------------------------------------------------------

  // Replaces the configuration whole, or refuses it whole (errors in the
  // findings; nothing changed). Agents keep presence, work and idle time;
  // changed skills count from the next decision, and waiting contacts are
  // looked at again for agents who gained something. An agent who is no longer
  // listed is signed out as by SetPresence and then forgotten. A queue that is
  // no longer listed takes no new contacts; those in it are served.
  // RESOURCE_EXHAUSTED if a class table is full.
  virtual absl::StatusOr<ApplyOutcome> Apply(const Configuration& configuration,
                                             InstantMs now_ms) = 0;
  // Changes one configured agent's grade, skills, certifications or languages,
  // as by an Apply of the same configuration with this agent changed: the
  // configuration's version is raised by one, CurrentConfiguration shows it,
  // the agent is looked for at once; a reservation that stands stays. What
  // already holds changes nothing and hands over no event. INVALID_ARGUMENT
  // names the field below "agent" ("agent.skills[0].skill"); NOT_FOUND;
  // FAILED_PRECONDITION of an agent who is no longer listed; ABORTED while
  // another configuration or agent is being changed; RESOURCE_EXHAUSTED if a
  // class table is full. Takes as long as a copy of the ids of all agents; many
  // changes at once are better one Apply.
  virtual absl::StatusOr<ChangeAgentOutcome> ChangeAgent(
      AgentHandle agent, const AgentChange& change, InstantMs now_ms) = 0;
  // The configuration in force, with the agents changed since it was applied
  // (empty and version 0 before the first).
  virtual Configuration CurrentConfiguration(std::uint64_t* version) const = 0;

  // --- Contacts ------------------------------------------------------------

  // Puts a contact into its queue and finds it an agent if one is free.
  // INVALID_ARGUMENT (a field), NOT_FOUND (queue, skill), ALREADY_EXISTS (id
  // known with other content), RESOURCE_EXHAUSTED (contacts, classes, events).
  virtual absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                               InstantMs now_ms) = 0;
  // Ends a contact that nobody has accepted: kAbandoned (the customer left) or
  // kCancelled. A reservation that stands is rescinded. FAILED_PRECONDITION if
  // it is in handling or has ended.
  virtual absl::StatusOr<Outcome> Cancel(ContactHandle contact,
                                         EndReason reason,
                                         InstantMs now_ms) = 0;
  // Ends a contact in handling; the agent goes into wrap-up.
  // FAILED_PRECONDITION if it is not in handling.
  virtual absl::StatusOr<Outcome> Complete(ContactHandle contact,
                                           InstantMs now_ms) = 0;
  // NOT_FOUND once the id is forgotten.
  virtual absl::StatusOr<ContactHandle> FindContact(
      std::string_view id) const = 0;
  virtual absl::StatusOr<ContactView> GetContact(std::string_view id) const = 0;

  // --- Agents --------------------------------------------------------------

  virtual absl::StatusOr<AgentHandle> FindAgent(std::string_view id) const = 0;
  virtual absl::StatusOr<AgentView> GetAgent(AgentHandle agent) const = 0;
  // Signs in, signs out, pauses or resumes. While the agent handles or wraps
  // up, not-ready and sign-out are pending until all of that is over (asking
  // for kAvailable withdraws what is pending), and it is given nothing more.
  // Its reservations are rescinded and the contacts keep their place. Any
  // change forgets this agent's declines and opens channels closed by no
  // answer. Asking for what already holds changes nothing and hands over no
  // event.
  virtual absl::StatusOr<Outcome> SetPresence(AgentHandle agent,
                                              Presence presence,
                                              InstantMs now_ms) = 0;
  // Answers the offer (contact, attempt). FAILED_PRECONDITION if that
  // reservation no longer stands.
  virtual absl::StatusOr<Outcome> Accept(AgentHandle agent,
                                         ContactHandle contact,
                                         std::uint64_t attempt,
                                         InstantMs now_ms) = 0;
  // The contact keeps its place and is not offered to this agent again for
  // `retry_after_ms` (the queue's decline_retry_ms if not given) or until the
  // agent's presence changes.
  virtual absl::StatusOr<Outcome> Decline(
      AgentHandle agent, ContactHandle contact, std::uint64_t attempt,
      std::optional<DurationMs> retry_after_ms, InstantMs now_ms) = 0;
  // Ends the wrap-up of this contact before its time; without an id, the one
  // that ends first. FAILED_PRECONDITION if it is not in wrap-up.
  virtual absl::StatusOr<Outcome> EndWrapUp(AgentHandle agent,
                                            std::string_view contact_id,
                                            InstantMs now_ms) = 0;
  // The agent takes a contact that waits: of these queues the one that stands
  // first for it, or the one that is named, whatever else waits; if it is
  // available, eligible and has room. The reservation is like any other: it is
  // offered and answered. INVALID_ARGUMENT if neither or both are given;
  // NOT_FOUND of a queue or contact that is not known, and on "queues" if
  // nothing waits there that this agent could take; FAILED_PRECONDITION says
  // on "agent_id" why the agent may take nothing now, on "contact_id" why it
  // may not take this one; ABORTED while the agent is being given another
  // contact at the same moment: try again. Looks past contacts of other queues
  // that ask for the same: O(those waiting before it).
  virtual absl::StatusOr<PullOutcome> Pull(AgentHandle agent,
                                           const PullRequest& request,
                                           InstantMs now_ms) = 0;

  // --- Time ----------------------------------------------------------------

  // The earliest instant at which RunDue has something to do. Never late;
  // may be early (RunDue then does nothing).
  virtual std::optional<InstantMs> NextDue() const = 0;
  // Runs deadlines due at or before `now_ms`, earliest first, at most `limit`;
  // returns how many it took. Offer timeouts, wrap-up ends, declines' ends,
  // wait limits, handling leases, forgotten ids.
  virtual std::size_t RunDue(InstantMs now_ms, std::size_t limit) = 0;

  // --- Events --------------------------------------------------------------

  // Takes all that was handed over, puts each entity's events in version
  // order, numbers them and hands them to the observer. Returns how many. The
  // caller inside is "the one reader".
  virtual std::size_t DrainEvents() = 0;
  // All calls whose ticket is at most this are behind numbered events.
  virtual CommitTicket Committed() const = 0;
  // Of the last event handed over. Whatever a call answered, or a settled view
  // showed, before this was asked is behind an event of at most this ticket. A
  // refusal is, too, once a view of what it was about is settled.
  virtual CommitTicket LastTicket() const = 0;
  // The last number given.
  virtual std::uint64_t LastSequence() const = 0;

  // --- Supervision ---------------------------------------------------------

  // Each entry is consistent in itself, the list is not one instant. Takes no
  // lock that a decision needs for longer than one entry.
  virtual std::vector<QueueView> Queues() const = 0;
  virtual std::vector<AgentView> Agents() const = 0;
  virtual RouterCounters Counters() const = 0;

  // Why it waits, or would: agent by agent what stands in the way, from the
  // state at this moment and not from that of any decision. Each agent is
  // consistent in itself, the list is not one instant. Scans all agents, and
  // holds no lock that a decision needs for longer than one. At most
  // `agents_max` of them, the nearest to taking it. NOT_FOUND as GetContact.
  virtual absl::StatusOr<ContactExplanation> ExplainContact(
      std::string_view id, InstantMs now_ms, std::size_t agents_max) const = 0;
  // Why the agent is offered nothing: what stands between it and the contacts
  // that wait, likewise. Scans all contacts without a lock. NOT_FOUND as
  // GetAgent.
  virtual absl::StatusOr<AgentExplanation> ExplainAgent(
      AgentHandle agent, InstantMs now_ms, std::size_t verdicts_max) const = 0;

  // Why this agent was given this contact: the record that the decision left,
  // with the names known now. `attempt` as in events; 0: the last one. Copied
  // without a lock. NOT_FOUND if no decision about the contact is kept: none
  // was made, or Limits::decision_records others have ended since it did.
  virtual absl::StatusOr<DecisionView> DecisionOf(
      ContactHandle contact, std::uint64_t attempt) const = 0;
  // The last `limit` that are kept of those made at `since_ms` or later, newest
  // first; of one instant in no order. Copied without a lock: one that ends or
  // is made meanwhile may be missing. Reads each contact's slot once.
  virtual std::vector<DecisionView> Decisions(InstantMs since_ms,
                                              std::size_t limit) const = 0;

 protected:
  Router() = default;
};

// The path of the field an error is about ("requirement.all_of[0].skill"), or
// empty.
std::string FieldPathOf(const absl::Status& status);

}  // namespace relais

#endif  // RELAIS_ROUTER_H_
