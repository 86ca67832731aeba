// Replays recorded events into the reference router: its state, its rules, its
// events, but the recorded decisions. What the reference would not have done in
// any order of the calls is a violation, named in words.
//
// Thread safety: none.

#ifndef RELAIS_TESTS_STRESS_HISTORY_REPLAY_H_
#define RELAIS_TESTS_STRESS_HISTORY_REPLAY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "relais/configuration.h"
#include "relais/contact.h"
#include "relais/event.h"
#include "relais/router.h"
#include "tests/reference/event_text.h"
#include "tests/reference/reference_router.h"
#include "tests/stress/history.h"

namespace relais::stress {

using SpecOf = std::function<ContactSpec(std::string_view)>;

// What is known of the call behind an event.
struct Cause {
  const CallRecord* call = nullptr;
  // The decision behind a kReservationCreated began at `began` or later and
  // was over by `claimed_by`.
  Tick began = 0;
  Tick claimed_by = kNever;
  // The configurations that may have been in force in between, oldest first.
  std::vector<const Configuration*> in_force;
};

class HistoryReplay {
 public:
  // Whether a decline that holds until an instant may have been ended by a
  // RunDue before something that was over by a tick.
  using MayBeOver = std::function<bool(InstantMs until_ms, Tick by)>;

  // `queues` are those of all configurations; each has the same terms in all.
  HistoryReplay(const Configuration& queues, SpecOf spec_of,
                MayBeOver decline_may_be_over);

  // `next`, an object of its own, replaces `before`: who is not listed any more
  // keeps what it had.
  void Follows(const Configuration* next, const Configuration* before) {
    before_[next] = before;
  }
  // Empty, or why the event cannot have come here. After that the state means
  // nothing any more.
  std::string Apply(const Event& event, const Cause& cause);

  // Numbers for contacts and agents that are alive; 0 if there is none.
  std::uint64_t NumberOf(std::string_view contact_id) const;
  // Whether the agent, who is given one of the channel `given`, could serve the
  // waiting contact for certain and had room for it, whatever of what is in
  // force held; agents are named by their handle. The events of two decisions
  // for an agent without maxima may come in the other order if units were given
  // back between them: room is certain only for what takes no more.
  bool CouldServe(std::uint64_t contact, AgentHandle agent, Channel given,
                  const Cause& cause);

  // At a quiet moment: each broken rule of the state, overdue deadlines, and
  // where the router shows something else.
  std::vector<std::string> AtQuiet(const Configuration& in_force, Tick quiet);
  std::vector<std::string> DifferentViews(const Router& router) const;
  std::uint64_t pairs_conserved() const { return pairs_conserved_; }
  std::uint64_t alive() const { return reference_->contacts_.size(); }

 private:
  using Contact = reference::ReferenceRouter::ContactRecord;
  using Agent = reference::ReferenceRouter::AgentRecord;
  using AgentKey = std::pair<std::uint32_t, std::uint64_t>;

  static AgentKey KeyOf(AgentHandle handle) {
    return {handle.slot, handle.generation};
  }
  Contact* ContactOf(const Event& event);
  Agent* AgentOf(const Event& event, const Cause& cause);
  Agent* Known(AgentHandle handle);
  void Take(Agent& agent, const Configuration& configuration);
  // Whether one contact of the channel more fits the agent's present profile,
  // whether or not the agent is open for it.
  static bool HasRoom(const Agent& agent, Channel channel);
  static bool FitsWith(const RoutingProfile& profile, Channel channel,
                       Channel given);
  bool AcceptsIn(const Configuration& configuration, const Contact& contact,
                 Agent& agent);

  std::string Step(const Event& event, const Cause& cause);
  std::string Submitted(const Event& event);
  std::string Created(const Event& event, const Cause& cause);
  void DropSomeExclusions(Tick by);
  std::string Suits(const Event& event, const Cause& cause,
                    const Contact& contact, Agent& agent);
  std::string FitsIn(const Event& event, const Cause& cause,
                     const Contact& contact, Agent& agent);
  std::string Closed(const Event& event, const Cause& cause);
  std::string Ended(const Event& event, const Cause& cause);
  std::string PresenceChanged(const Event& event, const Cause& cause);
  std::string WrapUpEnded(const Event& event, const Cause& cause);
  std::string Removed(const Event& event, const Cause& cause);
  std::string Widened(const Event& event);
  std::string AgentChanged(const Event& event, const Cause& cause);
  std::string Compare(const Event& event);
  std::string NotYetDue(
      const std::optional<std::pair<InstantMs, std::uint64_t>>& deadline,
      const Event& event) const;
  std::string DifferentAgent(const AgentView& shown) const;
  static void WrongWithHeld(const Agent& agent, InstantMs now_ms,
                            std::vector<std::string>* wrong);

  const Configuration queues_;
  const SpecOf spec_of_;
  const MayBeOver decline_may_be_over_;
  reference::EventRecorder unused_;
  std::unique_ptr<reference::ReferenceRouter> reference_;
  std::unordered_map<std::string, std::uint64_t> contacts_;  // alive
  std::map<AgentKey, std::uint64_t> agents_;
  struct Configured {
    const Configuration* asked = nullptr;  // by Take, the last time
    const Configuration* taken = nullptr;  // this one or an earlier one
  };
  std::map<std::uint64_t, Configured> configured_;  // by agent
  // Each configuration's predecessor; null of the first.
  std::unordered_map<const Configuration*, const Configuration*> before_;
  // Contacts that ended while reserved, until their rescission; by agent and
  // contact.
  std::map<std::pair<std::uint64_t, std::string>, Contact> to_rescind_;
  // When channels were closed by no answer: the end of the call; by agent.
  std::map<std::pair<std::uint64_t, Channel>, Tick> closed_by_;
  // Exclusions dropped since the last quiet moment: it is not certain when.
  std::set<std::pair<std::uint64_t, std::uint64_t>> dropped_;
  std::uint64_t pairs_conserved_ = 0;
};

}  // namespace relais::stress

#endif  // RELAIS_TESTS_STRESS_HISTORY_REPLAY_H_
