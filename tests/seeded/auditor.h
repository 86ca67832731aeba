// Judges a router with its journal: after every step the ten promises of the
// design, as far as there is something to keep them with. It knows the calls
// and what they answered, the numbered events, what the medium has, and what
// was told to clients. docs/deterministic-simulation.md says which promise is
// checked how.
//
// It is written apart from the engine: AuditedState is its own account.
//
// A run is single-threaded, so what is checked is exact: each call changes the
// state by its own events, which are numbered in the order of the calls.
//
// After the first violation nothing more is judged.
//
// Thread safety: none; one thread.

#ifndef RELAIS_TESTS_SEEDED_AUDITOR_H_
#define RELAIS_TESTS_SEEDED_AUDITOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "lib/journal/codec.h"
#include "relais/limits.h"
#include "relais/live_state.h"
#include "relais/router.h"
#include "tests/seeded/audited_state.h"

namespace relais::seeded {

enum class CallKind : std::uint8_t {
  kSubmit,
  kCancel,
  kComplete,
  kGetContact,
  kAccept,
  kDecline,
  kSetPresence,
  kEndWrapUp,
  kApply,
  kChangeAgent,
  kPull,
  kRunDue,
  kRestore,
};
std::string_view CallKindName(CallKind kind);

// One call of the router, with what it answered.
struct CallRecord {
  CallKind kind = CallKind::kSubmit;
  InstantMs now_ms = 0;
  // LastTicket() before and after, and events handed over and not yet numbered
  // when it began.
  std::uint64_t ticket_before = 0;
  std::uint64_t ticket_after = 0;
  std::uint64_t backlog = 0;

  ContactSpec spec;  // Submit
  std::string contact_id;
  bool contact_given = true;         // FindContact knew the id
  bool contact_current = true;       // and the one that the id has now
  InstantMs contact_arrival_ms = 0;  // of the one meant
  std::string agent_id;
  bool agent_given = true;
  bool agent_current = true;
  std::uint64_t attempt = 0;
  Presence presence;
  std::optional<DurationMs> retry_after_ms;
  EndReason reason = EndReason::kNone;
  std::shared_ptr<const Configuration> configuration;
  AgentChange change;    // ChangeAgent
  PullRequest pull;      // Pull; contact_id is what was pulled
  bool complete = true;  // RunDue: nothing was left

  absl::StatusCode code = absl::StatusCode::kOk;
  std::string field;  // of a refusal
  std::string message;
  SubmitOutcome submitted;
  std::uint64_t version = 0;
  bool applied = false;
  std::optional<ContactView> view;
  std::optional<InstantMs> next_due;  // afterwards
};

class Auditor {
 public:
  // Of the router: its limits, how long ended ids are remembered, and how long
  // offers stand at least after a restart.
  Auditor(const Limits& limits, DurationMs id_retention_ms,
          DurationMs reconnect_ms);

  // A call has returned. It is judged when its events are numbered.
  void Called(CallRecord call);
  // All events handed over so far are numbered; these are new.
  void Numbered(absl::Span<const journal::NumberedEvent> events);

  // Something leaves the process: an event, or an answer behind the event
  // `sequence`. `on_medium` is the last event that a power loss would leave.
  void Left(std::string_view what, std::uint64_t sequence,
            std::uint64_t on_medium);
  // A client was answered.
  void Answered(const CallRecord& call);

  // The journal has answered that all events up to `sequence` are durable.
  void Durable(std::uint64_t sequence);
  // A new process has opened the journal, or could not.
  void Recovered(const LiveState& state, std::uint64_t epoch, InstantMs now_ms);
  void RefusedToOpen(const absl::Status& status);

  // What the router shows while nothing is under way, all events numbered.
  void Shown(const Router& router);

  // For what others find: "promise N: ...".
  void Violate(const std::string& what);
  // Empty, or the first violation.
  const std::string& violation() const { return violation_; }

  // The last sequence numbered.
  std::uint64_t numbered() const { return now_.sequence; }
  const AuditedState& state() const { return now_; }
  // How often something was compared, to tell that a run was not idle.
  struct Counts {
    std::uint64_t calls = 0;
    std::uint64_t refused = 0;
    std::uint64_t events = 0;
    std::uint64_t decisions = 0;
    std::uint64_t pairs = 0;     // free agent and waiting contact
    std::uint64_t beside = 0;    // decisions for an agent who held something
    std::uint64_t repeated = 0;  // submits
    std::uint64_t answers = 0;   // that left
    std::uint64_t recoveries = 0;
    std::uint64_t undone = 0;  // events that were numbered and lost
    std::uint64_t widened = 0;
    std::uint64_t skipped = 0;  // rings that were left, or not begun with
    std::uint64_t changed = 0;  // agents by ChangeAgent
    std::uint64_t drains = 0;   // that ended
    std::uint64_t pulled = 0;   // contacts
    std::uint64_t interrupted = 0;
    std::uint64_t resumed = 0;
    std::uint64_t held = 0;        // contacts, as they came
    std::uint64_t holds = 0;       // that ended by time
    std::uint64_t over_share = 0;  // choices of a panel
    std::uint64_t kept = 0;        // pairs that only a reserve keeps apart
    std::uint64_t halves = 0;      // calls of which a restart finds a part
  };
  const Counts& counts() const { return counts_; }

 private:
  // What a client holds in its hands about a contact of one arrival.
  struct Acknowledged {
    InstantMs arrival_ms = 0;
    bool at_once = false;
    std::uint64_t version = 1;
    bool ended = false;
    std::string accepted_by;
  };

  void JudgeCall(const CallRecord& call);
  void JudgeEvent(const CallRecord& call, const journal::NumberedEvent& one,
                  bool first);
  void JudgeOrigin(const CallRecord& call, const journal::NumberedEvent& one,
                   bool first);
  void EndScope(const CallRecord& call);

  // Answers.
  absl::StatusCode Expected(const CallRecord& call) const;
  absl::StatusCode ExpectedOfSubmit(const CallRecord& call) const;
  absl::StatusCode ExpectedOfNew(const ContactSpec& spec) const;
  absl::StatusCode ExpectedOfContactCall(const CallRecord& call) const;
  absl::StatusCode ExpectedOfAgentCall(const CallRecord& call) const;
  absl::StatusCode ExpectedOfApply(const CallRecord& call) const;
  absl::StatusCode ExpectedOfChange(const CallRecord& call) const;
  absl::StatusCode ExpectedOfPull(const CallRecord& call) const;
  bool MayBeFull(const CallRecord& call) const;
  bool ChangesNothing(const CallRecord& call) const;
  void JudgeAnswer(const CallRecord& call, std::size_t events);
  void JudgeSubmitAnswer(const CallRecord& call);
  void JudgePull(const CallRecord& call);
  void JudgeFound(const CallRecord& call);
  void JudgeView(const CallRecord& call);
  void CompareView(const ContactView& view);
  bool SurelyRemembered(const std::string& id) const;

  // Events.
  bool MayCause(const CallRecord& call, const Event& event) const;
  bool IsPrimary(const CallRecord& call, const Event& event) const;
  void JudgeTime(const CallRecord& call, const Event& event);
  // Empty if the ring was left because nobody could answer there.
  std::optional<InstantMs> WidenedDue(const CallRecord& call,
                                      const Event& event,
                                      const AuditedContact& contact);
  void JudgeLimit(const CallRecord& call, const Event& event,
                  const AuditedContact& contact);
  void JudgeDecision(const CallRecord& call, const Event& event);
  // Surely free for each other, and eligible, or perhaps.
  bool MustTake(const std::string& agent_id, const AuditedAgent& agent,
                const AuditedContact& contact) const;
  bool MayTake(const std::string& agent_id, const AuditedAgent& agent,
               const AuditedContact& contact) const;
  // Surely matched by the router of its own accord.
  bool MustMatch(const std::string& agent_id, const AuditedAgent& agent,
                 const AuditedContact& contact, bool settled) const;

  // Quiet moments.
  void JudgeConservation();
  // Empty, or what is half done in the state.
  std::string Half() const;
  std::string HalfHeld(const std::string& id, const AuditedAgent& agent,
                       const HeldContact& held) const;
  void JudgeDeadlines(const CallRecord& call);

  // Recovery.
  std::string Undecide(const LiveState& state);
  void CompareContacts(const LiveState& state);
  void CompareContact(const std::string& id, const AuditedContact& own,
                      const LiveContact& live, InstantMs last_at_ms);
  void CompareAgents(const LiveState& state);
  void CompareRest(const LiveState& state);
  void CompareAcknowledged(const LiveState& state);

  const Limits limits_;
  const DurationMs id_retention_ms_;
  const DurationMs reconnect_ms_;
  AuditedState now_;      // with all that is numbered
  AuditedState durable_;  // with what the journal has acknowledged
  std::deque<journal::NumberedEvent> undecided_;  // numbered, not durable
  std::deque<CallRecord> calls_;                  // not judged
  std::deque<journal::NumberedEvent> events_;     // of those calls
  std::uint64_t base_ = 0;  // sequence of an event = base_ + its ticket
  std::uint64_t epoch_ = 0;
  InstantMs latest_now_ms_ = 0;  // of all calls of all processes

  // Of the call being judged.
  bool at_once_ = false;
  std::uint64_t own_version_ = 0;
  bool drain_left_ = false;  // a contact that drained waits there no longer
  std::set<std::string> returned_;  // agents whose offers ended otherwise
  InstantMs last_due_ms_ = 0;
  // Deadlines up to here were run in part; exclusions may be over or not.
  InstantMs maybe_until_ms_ = -1;

  std::uint64_t answered_sequence_ = 0;
  std::map<std::string, Acknowledged> acknowledged_;
  std::string violation_;
  Counts counts_;
};

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_AUDITOR_H_
