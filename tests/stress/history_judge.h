// Judges a recorded history: is it one that docs/routing-model.md and the
// design's order allow, for some order of the calls that agrees with the clock?
//
//   Events     replayed into the reference router, one by one (HistoryReplay):
//              each reservation was legal, each event is what the reference
//              makes of that step, deadlines ran neither early nor never.
//   Cause      each event comes from the call whose tick it carries, and only
//              from one that can cause it; each answer has its event; a refusal
//              was not wrong for certain; no Get showed what was long past or
//              not yet.
//   Order      no inversion (below).
//   Quiet      no free agent beside an eligible waiting contact, and the router
//              shows the replayed state.
//
// An inversion: agent a was given y while x, eligible for a, fitting beside
// what it held and before y (by a's queue rank, then in one lane by key and
// sequence, across lanes by key), still waited, although x's publication was
// complete before the decision began. Both are proven by the clock: x's
// publishing call had returned (for a return: or its event had been numbered)
// before the decision can have begun, and the call that took x later, if any,
// began only after y's reservation had been seen. Pairs without both proofs do
// not count, nor an agent whose terms changed meanwhile or who was declining x,
// though too late; so a report is always true, and the pairs compared are
// counted.
//
// Thread safety: none.

#ifndef RELAIS_TESTS_STRESS_HISTORY_JUDGE_H_
#define RELAIS_TESTS_STRESS_HISTORY_JUDGE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "relais/configuration.h"
#include "relais/event.h"
#include "relais/router.h"
#include "tests/reference/reference_rings.h"
#include "tests/stress/history.h"
#include "tests/stress/history_replay.h"

namespace relais::stress {

class HistoryJudge {
 public:
  // Configurations are numbered as in CallRecord::configuration; the first is
  // in force at first and lists every queue; all have its mode, its segments,
  // its orders of queues and its plans, whose rings have no conditions.
  HistoryJudge(std::vector<Configuration> configurations, SpecOf spec_of);

  // The next stretch; `router` is asked for its views at the quiet moment.
  // Nothing is judged after the first violation: what follows has no meaning.
  void Judge(const Round& round, const Router* router);

  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t events() const { return last_sequence_; }
  std::uint64_t calls() const { return calls_judged_; }
  std::uint64_t pairs_ordered() const { return pairs_ordered_; }
  std::uint64_t pairs_conserved() const { return replay_.pairs_conserved(); }
  std::uint64_t refusals_judged() const { return refusals_judged_; }
  std::uint64_t views_judged() const { return views_judged_; }
  std::uint64_t count(EventType type) const {
    return by_type_[static_cast<std::size_t>(type) % 16];
  }

 private:
  struct Place {
    std::uint32_t lane = 0;
    InstantMs key = 0;
    std::uint64_t sequence = 0;
  };
  struct Wait {
    Tick published_by = kNever;
    Tick taken_not_before = kNever;
  };
  // When a state of an entity was seen, and when the call that made it began
  // (0 if that is not known).
  struct Version {
    std::uint64_t version = 0;
    Tick seen = 0;
    Tick begun = 0;
  };
  struct Contact {
    std::string id;
    Tick submit_end = kNever;
    std::string queue;
    DurationMs boost_ms = 0;  // without its rings'
    // By ring; in the first known from the first reservation on.
    std::map<std::size_t, Place> places;
    std::size_t ring = 0;           // of the second pass
    std::deque<Wait> waits;         // the present one first
    std::vector<Version> versions;  // of this round
    bool waiting = false;
    bool ended = false;
  };
  struct Standing {  // a reservation or an assignment
    std::string agent;
    std::uint64_t attempt = 0;
    bool assigned = false;
    Tick seen = kNever;       // its event
    Tick closed_by = kNever;  // the beginning of the call that closed it
  };
  struct Applied {
    Tick begin = 0;
    Tick end = 0;
    const Configuration* configuration = nullptr;
  };
  // The calls that changed what an agent has room or is open for: the one over
  // last, and when the others were over.
  struct AgentTerms {
    Tick begin = 0;
    Tick end = 0;
    Tick others_end = 0;
    void Changed(const CallRecord& call);
    // Whether they were over when a decision of this call began.
    bool SettledFor(const Cause& cause) const;
  };
  using AgentKey = std::pair<std::uint32_t, std::uint64_t>;
  struct PresenceChange {
    bool available = false;
    Tick begun = 0;
    Tick seen = 0;
  };

  void Fail(const std::string& what);
  void Fail(const Event& event, const std::string& what);

  // First pass.
  void IndexCalls(const Round& round);
  void IndexApplied(const Round& round);
  bool IndexEvents(const Round& round);
  const CallRecord* CauseOf(const StreamEvent& one);
  std::string NotItsCause(const Event& event, const CallRecord& call) const;
  void IndexContact(const StreamEvent& one, const CallRecord& call, Tick began);
  void IndexStanding(const StreamEvent& one, const CallRecord& call);
  std::string NotedPlace(const Event& event, Contact& contact) const;
  Tick BeganNotBefore(const Event& event, const CallRecord& call) const;

  // Second pass.
  void Replay(const StreamEvent& one);
  Cause CauseFor(const StreamEvent& one) const;
  void CheckOrder(const StreamEvent& one, const Cause& cause);
  // For the agent of the event, in each configuration that may be in force.
  bool StandsBefore(const Contact& x, const Event& event,
                    const Cause& cause) const;
  // The last that its key can be in the ring in which it waits.
  static InstantMs KeyAtMost(const Contact& x);
  static bool KeyIsBefore(const Contact& x, const Event& event);
  const reference::Ring& RingOf(const std::string& queue,
                                std::size_t ring) const;
  bool DeclinedMeanwhile(const std::string& contact, std::string_view agent,
                         const Cause& cause) const;

  // Answers.
  void CheckAnswers(const Round& round);
  bool HasEvent(const CallRecord& call) const;
  bool MayHaveLeft(const CallRecord& call) const;
  void CheckRefusal(const CallRecord& call);
  void CheckShown(const CallRecord& call);
  void EndRound(const Round& round, const Router* router);

  const std::vector<Configuration> configurations_;
  const SpecOf spec_of_;
  HistoryReplay replay_;
  std::vector<Applied> applied_;        // that may be in force, in order
  std::deque<Configuration> in_force_;  // one after the other
  // By queue; the same in all configurations.
  std::map<std::string, std::vector<reference::Ring>> rings_;
  std::map<std::string, Contact> contacts_;
  std::map<std::string, const Contact*> waiting_;  // of the second pass
  std::map<AgentKey, AgentTerms> terms_;
  // By agent: the last of earlier rounds and those of this one.
  std::map<std::string, std::vector<PresenceChange>> presences_;
  std::map<std::string, std::vector<Standing>> standings_;  // by contact
  std::vector<Tick> run_dues_;  // beginnings, of all rounds' last and this
  // Of this round.
  std::unordered_map<Tick, const CallRecord*> calls_;
  std::unordered_map<Tick, std::vector<const Event*>> caused_;
  // Declines that were refused: another call had ended the reservation first.
  std::map<std::pair<std::string, std::string>, std::vector<const CallRecord*>>
      late_declines_;
  std::map<std::pair<std::string, std::uint64_t>, bool> accepted_;
  std::map<AgentKey, std::vector<Version>> agent_versions_;
  std::uint64_t first_sequence_ = 1;
  std::vector<Tick> ticks_;

  std::vector<std::string> violations_;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t calls_judged_ = 0;
  std::uint64_t pairs_ordered_ = 0;
  std::uint64_t refusals_judged_ = 0;
  std::uint64_t views_judged_ = 0;
  std::uint64_t by_type_[16] = {};
};

}  // namespace relais::stress

#endif  // RELAIS_TESTS_STRESS_HISTORY_JUDGE_H_
