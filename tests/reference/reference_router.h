// The routing model (docs/routing-model.md) in the plainest code that does it:
// one thread, std containers, linear scans. The engine is compared with it.
//
// Not modelled: classes and lanes. The events' lane, requirement_class and
// profile_class are 0, the limits of these tables and of pending events are
// not kept (nothing is refused for them), and began_after_sequence is simply
// the last number given. Limits on contacts, agents, queues and ended ids are.
//
// Thread safety: none; one thread at a time. Ownership: the observer is the
// caller's and outlives the router.

#ifndef RELAIS_TESTS_REFERENCE_REFERENCE_ROUTER_H_
#define RELAIS_TESTS_REFERENCE_REFERENCE_ROUTER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relais/router.h"
#include "tests/reference/comparison.h"
#include "tests/reference/reference_requirement.h"
#include "tests/reference/reference_rings.h"

namespace relais::stress {
class HistoryReplay;
}  // namespace relais::stress

namespace relais::reference {

class ReferenceRouter final : public Router {
 public:
  static absl::StatusOr<std::unique_ptr<ReferenceRouter>> Create(
      const RouterOptions& options);

  absl::StatusOr<ApplyOutcome> Apply(const Configuration& configuration,
                                     InstantMs now_ms) override;
  absl::StatusOr<ChangeAgentOutcome> ChangeAgent(AgentHandle agent,
                                                 const AgentChange& change,
                                                 InstantMs now_ms) override;
  Configuration CurrentConfiguration(std::uint64_t* version) const override;
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override;
  absl::StatusOr<Outcome> Cancel(ContactHandle contact, EndReason reason,
                                 InstantMs now_ms) override;
  absl::StatusOr<Outcome> Complete(ContactHandle contact,
                                   InstantMs now_ms) override;
  absl::StatusOr<ContactHandle> FindContact(std::string_view id) const override;
  absl::StatusOr<ContactView> GetContact(std::string_view id) const override;
  absl::StatusOr<AgentHandle> FindAgent(std::string_view id) const override;
  absl::StatusOr<AgentView> GetAgent(AgentHandle agent) const override;
  absl::StatusOr<Outcome> SetPresence(AgentHandle agent, Presence presence,
                                      InstantMs now_ms) override;
  absl::StatusOr<Outcome> Accept(AgentHandle agent, ContactHandle contact,
                                 std::uint64_t attempt,
                                 InstantMs now_ms) override;
  absl::StatusOr<Outcome> Decline(AgentHandle agent, ContactHandle contact,
                                  std::uint64_t attempt,
                                  std::optional<DurationMs> retry_after_ms,
                                  InstantMs now_ms) override;
  absl::StatusOr<Outcome> EndWrapUp(AgentHandle agent,
                                    std::string_view contact_id,
                                    InstantMs now_ms) override;
  absl::StatusOr<PullOutcome> Pull(AgentHandle agent,
                                   const PullRequest& request,
                                   InstantMs now_ms) override;
  std::optional<InstantMs> NextDue() const override;
  std::size_t RunDue(InstantMs now_ms, std::size_t limit) override;
  std::size_t DrainEvents() override;
  CommitTicket Committed() const override;
  CommitTicket LastTicket() const override { return {handed_over_}; }
  // The reference never stops.
  absl::Status Restore(const LiveState&, InstantMs) override {
    return absl::UnimplementedError("the reference is not restored");
  }
  std::uint64_t LastSequence() const override;
  std::vector<QueueView> Queues() const override;
  std::vector<AgentView> Agents() const override;
  RouterCounters Counters() const override;
  absl::StatusOr<ContactExplanation> ExplainContact(
      std::string_view id, InstantMs now_ms,
      std::size_t agents_max) const override;
  absl::StatusOr<AgentExplanation> ExplainAgent(
      AgentHandle agent, InstantMs now_ms,
      std::size_t verdicts_max) const override;
  // The reference keeps what there was to choose between instead.
  absl::StatusOr<DecisionView> DecisionOf(ContactHandle,
                                          std::uint64_t) const override {
    return absl::UnimplementedError("the reference keeps no records");
  }
  std::vector<DecisionView> Decisions(InstantMs, std::size_t) const override {
    return {};
  }

  // For the tests: reserves after a restart, which counts anew.
  void ForgetReserves();
  // Whether a reserve keeps the contact from the agent, were both free.
  bool IsKeptBack(std::string_view contact_id, std::string_view agent_id) const;
  // For the tests: what the decisions since the last call chose between, in
  // their order. Kept from KeepComparisons on.
  void KeepComparisons() { keeps_comparisons_ = true; }
  std::vector<Comparison> TakeComparisons() {
    return std::exchange(comparisons_, {});
  }
  // For the tests: what the model says of a pair at this moment, pulls aside.
  bool IsEligible(std::string_view contact_id, std::string_view agent_id) const;
  // Ids of the contacts that live, oldest first.
  std::vector<std::string> AliveContacts() const;
  // What is due next, for whoever missed it.
  std::string NextDueText() const;
  // What is taken off the arrival of a contact submitted under this
  // configuration, whose queues it has.
  static DurationMs BoostOf(const Configuration& configuration,
                            const ContactSpec& spec);
  // Every broken rule of the state itself, in words; empty when all hold: one
  // holder, and no free agent beside an eligible waiting contact.
  std::vector<std::string> Violations() const;

 private:
  // Applies recorded events step by step instead of deciding.
  friend class stress::HistoryReplay;

  // (instant due, order in which it was set; ids last).
  using DueKey = std::pair<InstantMs, std::uint64_t>;

  enum class DeadlineKind {
    kWaiting,
    kOfferTimeout,
    kLease,
    kWrapUp,
    kDeclineEnd,
    kForgetId,
  };
  struct Deadline {
    DeadlineKind kind = DeadlineKind::kWaiting;
    std::uint64_t contact = 0;    // number
    std::uint64_t agent = 0;      // number
    std::string contact_id = {};  // kWrapUp
  };

  struct ContactRecord {
    std::uint64_t number = 0;  // also its arrival sequence
    ContactSpec spec;
    std::shared_ptr<const ContactQueue> terms;
    bool ranked = false;      // some profile ordered queues when it came
    DurationMs boost_ms = 0;  // its ring's not counted
    bool strict = false;      // the mode when it came
    std::shared_ptr<const std::vector<Ring>> rings;
    std::size_t ring = 0;
    // While it waits for a preferred agent alone, and while its reservation out
    // of that lasts: the agent's place in the list, from 1; 0: it does not.
    std::size_t hold = 0;
    std::uint64_t held_for = 0;  // number of that agent
    InstantMs held_since_ms = 0;
    InstantMs held_until_ms = 0;
    bool over_share = false;
    ContactState state = ContactState::kWaiting;
    EndReason end_reason = EndReason::kNone;
    std::uint64_t version = 0;
    InstantMs arrival_ms = 0;
    InstantMs rank_key_ms = 0;
    InstantMs ended_ms = 0;
    std::uint64_t agent = 0;  // number of who holds it
    std::uint64_t attempt = 0;
    bool at_once = false;
    int fit_step = 0;
    int units = 0;  // that it takes of the agent
    std::string tutor_id;
    InstantMs idle_since_ms = 0;  // of the agent, when the decision was made
    std::optional<DueKey> deadline;
  };

  // What an agent holds, in the order of the reservations.
  struct Held {
    HeldContact contact;
    std::uint64_t number = 0;  // the contact's; it has ended when in wrap-up
    std::optional<DueKey> wrap_up;
  };

  struct AgentRecord {
    std::uint64_t number = 0;
    std::uint32_t slot = 0;
    bool listed = true;
    // Places of the reserves that it was told of.
    std::set<int> told;
    // What it declined, left unanswered or left is being looked for: it counts
    // in no reserve and is given nothing.
    bool set_aside = false;
    bool being_served = false;  // nobody else may look for it
    AgentConfiguration configuration;
    RoutingProfile profile;
    Holdings holdings;
    Presence presence;
    bool presence_pending = false;
    Presence pending;
    ChannelSet no_answer_channels = 0;
    std::uint64_t version = 0;
    InstantMs idle_since_ms = 0;
    DurationMs idle_before_pause_ms = 0;
    std::vector<Held> held;
    // Figures of its order, and when it held anything, since sign-in.
    std::int64_t contacts = 0;
    bool offered = false;
    InstantMs last_offered_ms = 0;
    DurationMs occupied_ms = 0;
    InstantMs occupied_since_ms = 0;
    std::vector<std::pair<InstantMs, InstantMs>> occupied;
    std::vector<InstantMs> chosen;  // from a panel
  };

  // In the order in which they were made; the oldest first.
  struct Exclusion {
    std::uint64_t contact = 0;
    std::uint64_t agent = 0;
    DueKey deadline;
  };

  struct QueueFigures {
    std::uint64_t offered = 0;
    std::uint64_t answered = 0;
    std::uint64_t abandoned = 0;
  };

  struct ReserveRecord {
    relais::Reserve reserve;
    RoutingRequirement asks;  // of its queue, the activity's included
    AgentChoice agent_choice;
    bool listed = true;
    bool keeps = true;
  };

  explicit ReferenceRouter(const RouterOptions& options) : options_(options) {}

  // Reserves (reference_reserves.cc).
  // Those of the configuration, beside those before.
  void TakeReserves();
  void TellOfReserves(InstantMs now_ms);
  static bool IsIn(const ReserveRecord& reserve, const AgentRecord& agent);
  static bool Counts(int place, const ReserveRecord& reserve,
                     const AgentRecord& agent);
  std::size_t CountOf(int place) const;
  // After each change of an agent; those that give since.
  std::set<int> Recount();
  // Whether a reserve keeps a contact of this channel from a free agent.
  bool IsKept(const AgentRecord& agent, Channel channel) const;
  std::set<int> CountedIn(const AgentRecord& agent) const;
  void CheckKept(Channel channel, const AgentRecord& agent,
                 const std::set<int>& counted);
  // For the agents of those that give again.
  void LookForReserves(const std::set<int>& places, InstantMs now_ms);
  // What the agent, who is free for it, would be given next.
  ContactRecord* NextFor(const AgentRecord& agent);
  void ServeAgent(AgentRecord& agent, InstantMs now_ms);

  // Deciding (reference_decision.cc).
  // Compared part by part; smaller is chosen first.
  using OrderPlace = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
  static OrderPlace PlaceInOrder(const AgentRecord& agent, AgentOrder order);
  static void TakeOccupied(AgentRecord& agent, bool occupied, InstantMs now_ms);
  static void BeginFigures(AgentRecord& agent, InstantMs now_ms);
  static int FitStep(const ContactRecord& contact, const AgentRecord& agent);
  static std::size_t RankOf(const ContactRecord& contact,
                            const AgentRecord& agent);
  const CustomerSegment* SegmentByName(std::string_view name) const;
  bool Accepts(const ContactRecord& contact, const AgentRecord& agent) const;
  // Accepts, and without being asked.
  bool IsOffered(const ContactRecord& contact, const AgentRecord& agent) const {
    return !As(contact).pull_only && Accepts(contact, agent) &&
           !IsDrained(contact, agent);
  }
  // What the contact keeps from agents while it waits.
  static ChannelSet DrainsOf(const ContactRecord& contact);
  bool IsDrained(const ContactRecord& contact, const AgentRecord& agent) const;
  // The contact has left; what it kept from agents is looked for.
  void NoteLeft(const ContactRecord& contact);
  void LookAfterDrain(InstantMs now_ms);
  static bool IsFree(const AgentRecord& agent, Channel channel);
  // Interruptions (reference_interruptions.cc).
  static bool MayInterrupt(const AgentRecord& agent, Channel first,
                           Channel other);
  static int RoomWith(const AgentRecord& agent, Channel channel);
  void TellInterruption(Held& held, AgentRecord& agent, bool interrupted,
                        InstantMs now_ms);
  void InterruptFor(std::uint64_t accepted, AgentRecord& agent,
                    InstantMs now_ms);
  void ResumeWork(AgentRecord& agent, InstantMs now_ms);
  static WorkState WorkStateOf(const AgentRecord& agent);
  static bool IsBusy(const AgentRecord& agent);
  static Held* HeldOf(AgentRecord& agent, std::uint64_t contact);
  void LetGo(AgentRecord& agent, std::uint64_t contact, InstantMs now_ms) const;
  void LookForContact(ContactRecord& contact, InstantMs now_ms, bool at_once);
  void LookForAgent(std::uint64_t agent_number, InstantMs now_ms);
  // Of LookForContact; null: nobody.
  AgentRecord* BestAgentFor(const ContactRecord& contact);
  void Decide(ContactRecord& contact, AgentRecord& agent, InstantMs now_ms,
              bool at_once, bool pulled = false);
  void NoteComparison(const ContactRecord& contact, const AgentRecord& agent,
                      bool pulled);
  // Decide without the acceptance that follows when nothing rings.
  void Reserve(ContactRecord& contact, AgentRecord& agent, InstantMs now_ms,
               bool at_once, bool pulled = false);
  void AcceptReservation(ContactRecord& contact, AgentRecord& agent,
                         InstantMs now_ms);
  void ReturnToWaiting(ContactRecord& contact, AgentRecord& agent,
                       InstantMs now_ms);
  void SetWaitingDeadline(ContactRecord& contact, InstantMs now_ms);
  void EndAtWaitLimit(ContactRecord& contact, InstantMs now_ms);

  // Rings (reference_rings_steps.cc).
  static RoutingRequirement QueueAsks(const ContactRecord& contact,
                                      std::size_t ring);
  static RoutingRequirement ContactAsks(const ContactRecord& contact,
                                        std::size_t ring);
  // The queue as which it waits.
  static const ContactQueue& As(const ContactRecord& contact) {
    return *(*contact.rings)[contact.ring].as;
  }
  // What it asks for in that ring, declines aside.
  static bool MeetsIn(std::size_t ring, const ContactRecord& contact,
                      const AgentRecord& agent);
  bool IsSkipped(std::size_t ring, const ContactRecord& contact) const;
  std::size_t RingAfter(const ContactRecord& contact, DurationMs waited) const;
  static void PutInRing(std::size_t ring, ContactRecord& contact);
  void Widen(ContactRecord& contact, InstantMs now_ms);
  // The contact that leaves its ring because nobody could answer, if any.
  ContactRecord* NextToSkip();
  void EndContact(ContactRecord& contact, EndReason reason, InstantMs now_ms);
  void EndAssigned(ContactRecord& contact, EndReason reason, InstantMs now_ms);
  void NoAnswer(ContactRecord& contact, InstantMs now_ms);
  void FinishWrapUp(AgentRecord& agent, std::string_view contact_id,
                    InstantMs now_ms);
  void ChangePresence(AgentRecord& agent, Presence presence, InstantMs now_ms);
  // The steps of ChangePresence and of Cancel, without their looks. False if
  // the presence is what holds already.
  bool NotePresence(AgentRecord& agent, Presence presence, InstantMs now_ms);
  void RescindByAgent(ContactRecord& contact, AgentRecord& agent,
                      InstantMs now_ms);
  void RescindByEnd(const ContactRecord& ended, AgentRecord& agent,
                    InstantMs now_ms);
  void TakePresence(AgentRecord& agent, Presence presence,
                    InstantMs now_ms) const;
  void FinishWork(AgentRecord& agent, std::uint64_t contact,
                  InstantMs now_ms) const;
  void RemoveIfGone(std::uint64_t agent_number, InstantMs now_ms);

  // Holds (reference_holds.cc).
  static bool IsHeld(const ContactRecord& contact) {
    return contact.state == ContactState::kWaiting && contact.hold > 0;
  }
  static bool IsHeldFor(const ContactRecord& contact,
                        const AgentRecord& agent) {
    return IsHeld(contact) && contact.held_for == agent.number;
  }
  // It waits for the first agent after `place` in its list for whom there is
  // time, or for none; and in the ring that belongs to it then.
  void PutInHold(std::size_t place, ContactRecord& contact, InstantMs now_ms);
  std::optional<InstantMs> TimeToHold(const ContactRecord& contact,
                                      const AgentRecord& agent,
                                      InstantMs now_ms) const;
  InstantMs HoldEnds(const ContactRecord& contact, InstantMs now_ms) const;
  InstantMs WaitingDue(const ContactRecord& contact, InstantMs now_ms) const;
  void ReviewHolds(const AgentRecord& agent, InstantMs now_ms);
  void EndLostHolds(AgentRecord& agent, InstantMs now_ms);
  void EndHold(ContactRecord& contact, InstantMs now_ms);
  void NameHold(const ContactRecord& contact, Event& event) const;
  // Of the four hours up to then.
  static std::uint64_t ChoicesOf(const AgentRecord& agent, InstantMs now_ms);
  // Those of all who are present and of this agent, and how many these are.
  std::pair<std::uint64_t, std::uint64_t> ChoicesOfPresent(
      const AgentRecord& agent, InstantMs now_ms) const;
  // Smaller comes first at this agent.
  static std::tuple<int, InstantMs, std::uint64_t> PlaceAt(
      const AgentRecord& agent, const ContactRecord& contact);

  // Explanations (reference_explain.cc).
  PassedOver WhyNot(const ContactRecord& contact,
                    const AgentRecord& agent) const;
  // Whether the agent would be given `a`, which waits, before `b`.
  bool ComesBefore(const ContactRecord& a, const ContactRecord& b,
                   const AgentRecord& agent) const;

  // Declines and ids.
  void Exclude(const ContactRecord& contact, const AgentRecord& agent,
               InstantMs until_ms);
  void DropExclusion(std::size_t index);
  void DropExclusionsOfContact(std::uint64_t contact);
  void DropExclusionsOfAgent(std::uint64_t agent);
  bool IsExcluded(std::uint64_t contact, std::uint64_t agent) const;
  void Remember(ContactRecord& contact, InstantMs now_ms);
  void Forget(std::uint64_t contact);

  // Deadlines.
  DueKey SetDeadline(InstantMs due_ms, const Deadline& deadline);
  void SetContactDeadline(ContactRecord& contact, DeadlineKind kind,
                          InstantMs due_ms);
  void ClearContactDeadline(ContactRecord& contact);
  void RunDeadline(const Deadline& deadline, InstantMs now_ms);

  // Events.
  Event MakeEvent(EventType type, InstantMs now_ms) const;
  static void NameContact(const ContactRecord& contact, Event& event);
  static void NameAgent(const AgentRecord& agent, Event& event);
  void NameReservation(const ContactRecord& contact, Event& event) const;
  void HandOver(const Event& event);
  CommitTicket Ticket() const { return {handed_over_}; }

  // Look-ups.
  static ContactHandle HandleOf(const ContactRecord& contact);
  static AgentHandle HandleOf(const AgentRecord& agent);
  absl::StatusOr<ContactRecord*> LivingContact(ContactHandle handle);
  absl::StatusOr<AgentRecord*> KnownAgent(AgentHandle handle);
  absl::StatusOr<ContactRecord*> StandingReservation(AgentHandle agent,
                                                     ContactHandle contact,
                                                     std::uint64_t attempt);
  const ContactRecord* ContactById(std::string_view id) const;
  const AgentRecord* AgentById(std::string_view id) const;
  AgentRecord* AgentByNumber(std::uint64_t number);
  std::shared_ptr<const ContactQueue> QueueByName(std::string_view name) const;
  bool QueueHasContacts(std::string_view name) const;
  AgentView ViewOf(const AgentRecord& agent) const;
  void TakeQueues(const Configuration& configuration);
  absl::Status CheckRoom(const Configuration& configuration) const;
  void AddAgent(const AgentConfiguration& configured);

  const RouterOptions options_;
  Configuration configuration_;
  std::uint64_t configuration_version_ = 0;
  bool keeps_figures_ = false;
  std::vector<std::shared_ptr<const ContactQueue>> queues_;
  std::map<std::string, std::shared_ptr<const std::vector<Ring>>> rings_;
  InstantMs latest_ms_ = 0;  // of the last event
  InstantMs last_choice_ms_ = 0;
  std::map<std::string, QueueFigures> figures_;
  std::map<std::uint64_t, ContactRecord> contacts_;  // alive
  std::map<std::uint64_t, ContactRecord> ended_;     // remembered
  std::deque<std::uint64_t> ended_order_;
  std::map<std::uint32_t, AgentRecord> agents_;  // by slot
  std::vector<Exclusion> exclusions_;
  std::map<DueKey, Deadline> deadlines_;
  std::uint64_t contacts_given_ = 0;
  std::uint64_t agents_given_ = 0;
  std::uint64_t deadlines_set_ = 0;
  std::uint64_t handed_over_ = 0;
  bool drain_over_ = false;
  std::uint64_t last_sequence_ = 0;
  std::map<int, ReserveRecord> reserves_;  // by place
  std::vector<std::string> undercut_;      // what never happens
  bool draining_ = false;
  bool looks_ = true;  // false: whoever replays a history decides
  std::vector<Event> pending_events_;
  bool keeps_comparisons_ = false;
  std::vector<Comparison> comparisons_;
  RouterCounters counters_;
};

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_REFERENCE_ROUTER_H_
