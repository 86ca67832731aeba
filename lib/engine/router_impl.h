// The Router: lifecycles of contacts and agents around the matching core.
//
// How threads meet. A contact's transitions are decided by compare-and-swap on
// its word in lib/match; whoever wins does the bookkeeping. Its event version
// is its word's tag less its base tag, so versions follow the words' order and
// not that of the bookkeeping; the event queue puts late events in their
// place. An agent's transitions are decided under its record's mutex, which
// also gives its versions, except that a decision claims it in the core: the
// core's view follows the record through Matcher::Update, whose revision (given
// under the mutex) makes late updates harmless.
//
// No lock is held across a call into lib/match, nor across the observer.
// docs/concurrency.md lists the locks with their longest hold, and in which
// order two may be held at once.

#ifndef RELAIS_LIB_ENGINE_ROUTER_IMPL_H_
#define RELAIS_LIB_ENGINE_ROUTER_IMPL_H_

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/counter.h"
#include "lib/engine/call.h"
#include "lib/engine/class_hold.h"
#include "lib/engine/class_registry.h"
#include "lib/engine/deadline_table.h"
#include "lib/engine/decision_log.h"
#include "lib/engine/decline_table.h"
#include "lib/engine/event_queue.h"
#include "lib/engine/holds.h"
#include "lib/engine/panel_shares.h"
#include "lib/engine/records.h"
#include "lib/engine/retained_ids.h"
#include "lib/engine/returning.h"
#include "lib/engine/ring_watch.h"
#include "lib/engine/slot_pool.h"
#include "lib/match/matcher.h"
#include "relais/router.h"

namespace relais {

class RouterImpl final : public Router, private ClassMatrix {
 public:
  explicit RouterImpl(const RouterOptions& options);
  ~RouterImpl() override;

  absl::Status Restore(const LiveState& state, InstantMs now_ms) override;
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
  CommitTicket LastTicket() const override;
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
  absl::StatusOr<DecisionView> DecisionOf(ContactHandle contact,
                                          std::uint64_t attempt) const override;
  std::vector<DecisionView> Decisions(InstantMs since_ms,
                                      std::size_t limit) const override;

 private:
  friend class Call;
  static constexpr std::uint32_t kShards = RetainedIds::kShards;
  struct Preparation;  // what Apply prepares before it changes anything
  struct Restoration;  // what Restore carries from step to step

  // ClassMatrix, for the registry.
  void SetRequirementClass(std::uint32_t c,
                           const CompiledRequirement& content) override;
  void SetCell(std::uint32_t c, std::uint32_t p, std::uint8_t cell) override;
  void SetProfileClass(std::uint32_t p) override;
  void SetLane(std::uint32_t lane, std::uint32_t requirement_class) override;

  // --- Holds (router_holds.cc) ---
  bool IsOwnLane(std::uint32_t lane) const { return lane >= limits_.lanes; }
  std::uint32_t AgentOfLane(std::uint32_t lane) const {
    return lane - matcher_.OwnLane(0);
  }
  // Nothing: it has neither rings nor preferred agents, or has ended.
  std::optional<ToMove> ReadToMove(ContactHandle contact, EventType type,
                                   InstantMs now_ms);
  // Of a contact whose record is the caller's, or does not change meanwhile.
  ToMove ToMoveOf(const ContactRecord& record, ContactHandle contact,
                  EventType type, InstantMs now_ms);
  // The first of the preferred agents, from `first` on, for whom it is to wait.
  Hold BeginHold(const ToMove& move, std::size_t first, std::uint64_t tag,
                 std::uint64_t sequence);
  // Until when it would wait for this agent; nothing: not at all.
  std::optional<InstantMs> JudgeHold(const AgentRecord& agent,
                                     const ToMove& move) const
      RELAIS_REQUIRES(agent.mutex);
  // When the hold ends as the agent is now; not after `now_ms`: it is over.
  InstantMs HoldEnd(const AgentRecord& agent, const WaitingHeld& held,
                    InstantMs now_ms) const RELAIS_REQUIRES(agent.mutex);
  // It does not wait by that word, or no longer.
  void ForgetHold(std::uint32_t agent, std::uint32_t contact_slot,
                  std::uint64_t tag);
  void GiveUpHold(const Hold& hold, std::uint32_t contact_slot, Call& call);
  // The place of a contact that is held, or is so no more; its event tells it.
  match::Position PlaceNext(const ToMove& move, const Hold& hold,
                            Event* event) const;
  // Of a contact whose record is the caller's: if it is to wait for an agent,
  // its place and event are told so.
  Hold HoldNew(match::Position* place, Event* submitted);
  // Of a reservation that is to be returned.
  AfterHold NextAfter(std::uint32_t agent, ContactHandle contact,
                      match::ContactWord reserved, InstantMs now_ms);
  // Whatever waits in a lane has its deadline, after it does.
  void ArmHold(std::uint32_t agent, ContactHandle contact,
               match::ContactWord waiting, Call& call);
  void ArmLocked(AgentRecord& agent, WaitingHeld& held, Call& call)
      RELAIS_REQUIRES(agent.mutex);
  // What waits for this agent alone, after it changed.
  void ReviewHolds(AgentRecord& agent, Call& call) RELAIS_REQUIRES(agent.mutex);
  // Of what the agent may serve no longer, before the core is told of that.
  void EndLostHolds(std::uint32_t agent, Call& call);
  void EndIfLost(std::uint32_t agent, ContactHandle contact,
                 match::ContactWord waiting, Call& call);
  // The hold's time has come, as it was when its deadline was set.
  void HoldDue(ContactHandle contact, match::ContactWord word,
               std::uint32_t agent, Call& call);
  void EndHold(ContactHandle contact, match::ContactWord word,
               std::uint32_t agent, const InlineId& id, Call& call);
  // For whom it waits and until when, if it still waits by that word.
  bool ShowHold(std::uint32_t agent, match::ContactWord word,
                ContactView* view) const;
  // Who has reserved or handles it.
  void ShowHolder(match::ContactWord word, ContactView* view) const;

  // --- Contacts (router_contacts.cc) ---
  ContactShard& ShardFor(std::string_view id) const;
  // The known answer to a submit of this id, if any.
  std::optional<absl::StatusOr<SubmitOutcome>> KnownId(
      const ContactShard& shard, const std::string& id,
      const Fingerprint& content) const RELAIS_REQUIRES(shard.mutex);
  absl::StatusOr<ContactTerms> FindTerms(
      const ContactSpec& spec,
      const CompiledConfiguration* configuration) const;
  ContactHandle OpenRecord(std::uint32_t slot, const ContactSpec& spec,
                           const Fingerprint& content, ContactTerms terms,
                           std::shared_ptr<const ContactRings> rings,
                           std::uint32_t requirement_class, std::uint32_t lane,
                           InstantMs now_ms, std::uint64_t skip);
  // Gives back what a submit took when another of the same id was faster.
  void CloseUnused(ContactHandle contact, std::uint32_t requirement_class);
  // The submitted contact begins to wait.
  SubmitOutcome Bring(const Event& submitted, const match::Position& place,
                      const Hold& hold, const QueueTerms& terms,
                      const ContactRings* rings, Call& call);
  absl::Status CompileContact(const ContactSpec& spec,
                              const ContactTerms& terms,
                              std::uint32_t* requirement_class,
                              std::uint32_t* lane, Call& call);
  // The word of the contact if it lives and its handle fits, or the error.
  absl::StatusOr<match::ContactWord> WordOf(ContactHandle contact) const;
  std::uint64_t VersionOf(match::ContactWord word,
                          ContactHandle contact) const {
    return word.tag() - contact.base_tag;
  }
  Event ContactEvent(EventType type, const ContactRecord& record,
                     ContactHandle contact, std::uint64_t version,
                     ContactState state, InstantMs at_ms) const;
  // Ends a reserved contact; false if its word has changed.
  bool CancelReserved(ContactHandle contact, match::ContactWord word,
                      EndReason reason, Call& call, std::uint64_t* version);
  bool CancelWaiting(ContactHandle contact, match::ContactWord word,
                     EndReason reason, Call& call, std::uint64_t* version);
  bool EndAssigned(ContactHandle contact, match::ContactWord word,
                   EndReason reason, Call& call, std::uint64_t* version);
  // Gives the record and the slot back; the contact has ended.
  void FreeContact(ContactHandle contact, std::uint64_t version,
                   EndReason reason, InstantMs ended_ms, Call& call);
  // The rest of ending a contact whose ender came before its reservation was
  // written.
  void FinishEndedUnregistered(ContactHandle contact,
                               match::ContactWord reserved, Call& call);
  absl::Status CheckContactGiven(ContactHandle contact) const;

  // --- Rings (router_rings.cc) ---
  Mutex& RingsMutex(std::uint32_t slot) const {
    return rings_shards_[slot % kShards].mutex;
  }
  // Of contacts of these terms and channel; `spec` if one asks for something
  // itself.
  absl::StatusOr<std::shared_ptr<const RingClasses>> MakeRings(
      const QueueTerms& terms, Channel channel, const ContactSpec* spec,
      Call& call);
  // With the queues of which the plan speaks.
  absl::Status AddRings(const BullseyePlan& plan,
                        std::vector<ContactQueue> ring_queues,
                        QueueTerms* terms, Call& call);
  // With a lane in every ring; null if the queue has no plan.
  absl::Status FindRings(const ContactSpec& spec, const ContactTerms& terms,
                         std::shared_ptr<const ContactRings>* rings,
                         Call& call);
  // CompileContact and FindRings.
  absl::Status CompileWithRings(const ContactSpec& spec,
                                const ContactTerms& terms,
                                std::uint32_t* requirement_class,
                                std::uint32_t* lane,
                                std::shared_ptr<const ContactRings>* rings,
                                Call& call);
  // Where a new contact will wait; `lane` is that of the first ring. Its event
  // learns the ring.
  match::Position PlaceNew(const ContactTerms& terms, const ContactRings* rings,
                           std::uint32_t lane, Event* submitted);
  // What it may move on to; nothing: it has ended, and leaves the watch.
  void SetMoves(ContactHandle contact,
                std::shared_ptr<const ContactRings> rings,
                std::shared_ptr<const PreferredAgents> preferred);
  static match::Position PlaceIn(const ContactRings& rings, std::size_t ring,
                                 InstantMs arrival_ms, std::uint64_t sequence);
  // The contact goes on to the ring where it belongs by now, if that is another
  // one. False if its word has changed.
  bool Widen(ContactHandle contact, match::ContactWord word, Call& call);
  // Tells the watch where the contact waits.
  void EnterRing(const ContactRings& rings, std::size_t ring,
                 std::uint32_t slot, match::ContactWord waiting,
                 std::uint64_t sequence);
  // If it waits where it was brought.
  void EnterFirstRing(const ContactRings& rings, std::size_t ring,
                      ContactHandle contact);
  // The earlier of its wait limit and its next ring. `rings` may be null.
  void SetWaitDeadline(const QueueTerms& terms, const ContactRings* rings,
                       std::size_t ring, InstantMs arrival_ms,
                       std::uint32_t slot, match::ContactWord waiting,
                       Call& call);
  // Of a reservation that ends with its contact waiting again: the place where
  // it belongs by now, which the event then tells.
  static match::Position WidenReturned(const ContactRings* rings, Event* event);
  // What a return has done is noted, and what is due next.
  void WaitAgain(const QueueTerms& terms, const ContactRings* rings,
                 const Hold& hold, const Event& returned,
                 match::ContactWord waiting, Call& call);
  void WaitingDue(ContactHandle contact, match::ContactWord word, Call& call);
  // Moves one contact on out of a ring where nobody could answer; false if
  // there is none.
  bool SkipOne(Call& call);
  void CountPresence(const AgentRecord& agent, std::uint32_t slot) const
      RELAIS_REQUIRES(agent.mutex);

  // --- Reservations (router_reservations.cc) ---
  void OnDecision(const match::Decision& decision, Call& call);
  // Without what its agent's record says.
  Event CreatedEvent(const match::Decision& decision, ContactRecord& record,
                     ContactHandle contact, Call& call) const;
  // Whether an acceptance changes the place of an agent who may be given more:
  // the core is to be told.
  bool AcceptanceMoves(const AgentRecord& agent) const
      RELAIS_REQUIRES(agent.mutex);
  bool AcceptReserved(std::uint32_t agent, ContactHandle contact,
                      match::ContactWord reserved, Call& call,
                      std::uint64_t* version);
  void CountAccepted(const QueueTerms& terms);
  // Into the reservation's event: who is to listen to it.
  void FillTutor(const ContactRecord& record, const AgentRecord& agent,
                 Event* event) const RELAIS_REQUIRES(agent.mutex);
  // A later event of a reservation in an agent's record.
  Event ReservationEvent(EventType type, const Holding& holding,
                         InstantMs at_ms) const;
  // The reservation is over because its contact has ended; gone afterwards.
  Event RescindedByEnd(AgentRecord& agent, const Holding& holding,
                       EndReason reason, InstantMs now_ms) const
      RELAIS_REQUIRES(agent.mutex);
  Event AcceptLocked(AgentRecord& agent, Holding& holding,
                     std::uint64_t assigned_tag, InstantMs now_ms)
      RELAIS_REQUIRES(agent.mutex);
  // Ends a reservation with the contact back at its place. `type` says how.
  // False if the contact's word has changed. The caller holds the contact's
  // class (HoldClass), so that its lane is still its lane.
  bool ReturnReserved(std::uint32_t agent, ContactHandle contact,
                      match::ContactWord reserved, EventType type,
                      Declining* declining, Call& call, std::uint64_t* version);
  bool ReturnInRecord(std::uint32_t agent, ContactHandle contact,
                      match::ContactWord reserved, EventType type,
                      Declining* declining, Call& call, Returning* returning);
  // The exclusion of a decline that ended its reservation; what it displaced is
  // over.
  void KeepUntil(const DeclineTable::Added& added, InstantMs until_ms,
                 Call& call);
  // What a new exclusion displaced is over; the caller looks on its behalf.
  void DropDisplaced(const DeclineTable::Added& added);
  // Of the contact that is reserved in an agent's record. Taken under its
  // mutex: until the reservation is gone from there the contact is not freed.
  ClassHold HoldClass(const Holding& holding) {
    return ClassHold(&classes_, holding.reservation.requirement_class);
  }
  // The reservation of (contact, attempt) at the agent, or null. Of an agent
  // who is leaving none stands: each is about to be rescinded.
  const Holding* StandingReservation(const AgentRecord& agent,
                                     ContactHandle contact,
                                     std::uint64_t attempt) const
      RELAIS_REQUIRES(agent.mutex);
  // A decline came too late.
  void TakeBack(ContactHandle contact, const DeclineTable::Added& added,
                Call& call);
  // Looks for whatever contact waits in this slot.
  void LookAgain(std::uint32_t slot, Call& call);
  void OfferTimedOut(std::uint32_t slot, match::ContactWord word, Call& call);

  // --- Interruptions (router_interruptions.cc) ---
  // What gives way to what the agent handles; `accepted` (or null) the last.
  void Interrupt(AgentRecord& agent, const Holding* accepted, Call& call)
      RELAIS_REQUIRES(agent.mutex);
  void Resume(AgentRecord& agent, Call& call) RELAIS_REQUIRES(agent.mutex);
  void LeaseDue(ContactHandle contact, match::ContactWord word, Call& call);
  // --- Agents (router_agents.cc) ---
  static absl::Status CheckNow(InstantMs now_ms);
  absl::Status CheckCall(AgentHandle handle, InstantMs now_ms) const;
  bool KeepsFigures() const {
    return keeps_figures_.load(std::memory_order_relaxed);
  }
  bool IsAgent(const AgentRecord& agent, AgentHandle handle) const
      RELAIS_REQUIRES(agent.mutex) {
    return agent.used && agent.generation == handle.generation;
  }
  Event AgentEvent(EventType type, const AgentRecord& agent, std::uint32_t slot,
                   InstantMs at_ms) const RELAIS_REQUIRES(agent.mutex);
  void FillAgent(const AgentRecord& agent, std::uint32_t slot,
                 Event* event) const RELAIS_REQUIRES(agent.mutex);
  // The same for the later events of a reservation, which keep the idle instant
  // that the decision saw: a pause taken and left again meanwhile shifts the
  // agent's own.
  // `event` is made from the reservation's.
  void FillReserved(const AgentRecord& agent, Event* event) const
      RELAIS_REQUIRES(agent.mutex);
  AgentUpdate NextUpdate(AgentRecord& agent, std::uint32_t slot,
                         std::uint32_t units_back) const
      RELAIS_REQUIRES(agent.mutex);
  // Whether it may be given contacts, of some channel at least.
  bool IsOpen(const AgentRecord& agent) const RELAIS_REQUIRES(agent.mutex);
  void TakePresence(AgentRecord& agent, Presence presence,
                    InstantMs now_ms) const RELAIS_REQUIRES(agent.mutex);
  // Whether the core may give it more before it is told of what it holds.
  static bool MayTakeMore(const AgentRecord& agent)
      RELAIS_REQUIRES(agent.mutex);
  // It holds the contact no more.
  void LetGo(AgentRecord& agent, const Holding& holding, InstantMs now_ms) const
      RELAIS_REQUIRES(agent.mutex);
  // The contact's handling or wrap-up is over: idle from now, and if it was the
  // last, pending presence taken.
  void FinishWork(AgentRecord& agent, const Holding& holding,
                  InstantMs now_ms) const RELAIS_REQUIRES(agent.mutex);
  bool HoldsAlready(const AgentRecord& agent, Presence presence) const
      RELAIS_REQUIRES(agent.mutex);
  void ChangePresenceLocked(AgentRecord& agent, Presence presence,
                            InstantMs now_ms) const
      RELAIS_REQUIRES(agent.mutex);
  // SetPresence after its checks. `handle` may have gone meanwhile.
  absl::StatusOr<Outcome> ChangePresence(AgentHandle handle, Presence presence,
                                         Call& call);
  // What stands for an agent who is leaving.
  std::vector<ToRescind> ReservationsOfLeaver(const AgentRecord& agent,
                                              std::uint32_t slot)
      RELAIS_REQUIRES(agent.mutex);
  // Returns how many still stood.
  std::uint64_t RescindAll(std::uint32_t slot,
                           const std::vector<ToRescind>& reservations,
                           Call& call);
  bool HasLeft(const AgentRecord& agent) const RELAIS_REQUIRES(agent.mutex);
  // If the agent has left: its event and what remains to be done. The caller
  // has made sure that the core can't give it a contact.
  Removal RemoveIfLeft(AgentRecord& agent, std::uint32_t slot, InstantMs now_ms)
      RELAIS_REQUIRES(agent.mutex);
  // Now or, if a decision may still give it a contact, a little later.
  void RemoveAgentIfLeft(std::uint32_t slot, Call& call);
  // The core looks; then what was interrupted is resumed if it has room.
  void TellCore(const AgentUpdate& update, Call& call);
  void TellCoreAlone(const AgentUpdate& update, Call& call);
  // Its profile may have another class in the core now (ClassRegistry), or an
  // order come into use.
  void TellAgain(std::uint32_t slot, Call& call);
  // The core has been told that the agent has another profile, or none.
  void GiveBackProfile(std::uint32_t profile, std::uint32_t slot);
  // What goes with entries that left the decline table: in the core, and of
  // their deadlines.
  void AllowAgain(const std::vector<DeclineTable::Change>& removed);
  void CancelDeclineDeadlines(const std::vector<DeclineTable::Change>& removed);
  // Ends the wrap-up that the holding's deadline is of; false if it is over.
  bool WrapUpOver(std::uint32_t slot, std::uint8_t place,
                  std::uint64_t deadline_version, Call& call,
                  std::uint64_t* version);

  // --- Configuration (router_apply.cc) ---
  absl::StatusOr<std::unique_ptr<Preparation>> Prepare(
      const Configuration& configuration, Call& call);
  absl::Status PrepareQueues(const Configuration& configuration,
                             Preparation* preparation, Call& call);
  absl::Status PrepareAgents(const Configuration& configuration,
                             Preparation* preparation, Call& call);
  // The core publishes agents by this order from now on; on return it knows
  // every agent's place (match::AgentsT, A4).
  void UseOrder(AgentOrder order, Call& call);
  // Agents' figures begin, or are forgotten, with a configuration.
  void KeepFigures(bool keep, Call& call);
  absl::Status CountAgents(const Configuration& configuration,
                           Preparation* preparation);
  void InstallQueues(Preparation& preparation);
  void InstallAgents(Preparation& preparation, Call& call);
  void InstallAgent(std::uint32_t slot, Preparation& preparation, Call& call);
  void ChangeProfile(AgentHandle handle, std::uint32_t profile,
                     const ServedBy& served, Call& call);
  void AddAgents(Preparation& preparation);
  void InstallReserves(const CompiledConfiguration& next, Call& call);
  std::shared_ptr<const CompiledConfiguration> CurrentCompiled() const;

  // --- One agent's change (router_change_agent.cc) ---
  // The agent as configured, with the changes since, and what was applied; the
  // error if it is no longer listed.
  absl::StatusOr<AgentConfiguration> ConfiguredAgent(
      AgentHandle handle,
      std::shared_ptr<const CompiledConfiguration>* centre) const;
  // With the agent as it is to be; one call at a time.
  absl::StatusOr<ChangeAgentOutcome> InstallChange(
      AgentHandle handle, const AgentConfiguration& next,
      const CompiledConfiguration& centre, Call& call);

  class Explainer;       // router_explain.cc
  class DecisionReader;  // router_decisions.cc
  // Why the agent is passed over for a contact that waits, with what is missing
  // in words; nothing if it does not wait any more.
  std::optional<PassedOver> WhyPassedOverFor(const std::string& contact_id,
                                             AgentHandle handle,
                                             std::string* missing) const;

  // --- Pulls (router_pull.cc) ---
  absl::StatusOr<PullOutcome> PullFromQueues(
      AgentHandle handle, const std::vector<std::string>& queues, Call& call);
  absl::StatusOr<PullOutcome> PullOne(AgentHandle handle,
                                      const std::string& contact_id,
                                      Call& call);
  // The slots of their figures, sorted.
  absl::StatusOr<std::vector<std::uint32_t>> SlotsOfQueues(
      const std::vector<std::string>& queues) const;
  // What stands in the way of every pull of this agent.
  absl::Status CheckPulls(AgentHandle handle) const;

  // --- Recovery (router_restore.cc) ---
  absl::Status RestoreConfiguration(Restoration& restoration);
  absl::Status RestoreQueues(Restoration& restoration);
  absl::Status RestoreAgents(Restoration& restoration);
  // An agent who is no longer listed, in a free slot from `*free_slot` on.
  absl::Status RestoreUnlisted(const std::string& id, const LiveAgent& live,
                               std::uint32_t* free_slot,
                               Restoration& restoration);
  absl::Status RestoreContacts(Restoration& restoration);
  absl::Status RestoreContact(const std::string& id, const LiveContact& live,
                              Restoration& restoration);
  void RestoreHolding(const HeldContact& held, std::uint32_t slot,
                      AgentRecord& agent, Restoration& restoration)
      RELAIS_REQUIRES(agent.mutex);
  // The terms under which the contact came: those in force if they are the
  // same, otherwise its own.
  absl::StatusOr<std::shared_ptr<const QueueTerms>> RestoreTerms(
      const ContactDetail& detail, Restoration& restoration);
  void RestoreWaiting(const LiveContact& live, ContactHandle contact,
                      std::uint32_t lane, Restoration& restoration);
  void RestoreHold(const LiveContact& live, ContactHandle contact,
                   std::uint32_t agent, Restoration& restoration);
  void RestoreHeld(const LiveContact& live, ContactHandle contact,
                   std::uint32_t lane, Restoration& restoration);
  void RestoreDeclines(const LiveContact& live, ContactHandle contact,
                       Restoration& restoration);
  void RestoreEnded(Restoration& restoration);
  void FinishHalfEnds(Restoration& restoration);
  void FinishHalfLeft(Restoration& restoration);
  void OpenRestored(Restoration& restoration);
  absl::Status InstallConfiguration(const Configuration& configuration,
                                    std::uint64_t version, Call& call);
  // As AddAgent, for one who is not listed any more: as the last configuration
  // had it that did.
  absl::Status AddUnlisted(const std::string& id, const LiveAgent& live,
                           Call& call, std::uint32_t* slot);
  // Lists an agent, in a free slot from `*slot` on, with a profile that the
  // caller holds a reference of.
  void AddAgent(const std::string& id, AgentGrade grade, std::uint32_t profile,
                const ServedBy& served, std::shared_ptr<const Tutors> tutors,
                std::uint32_t* slot);

  // --- Time (router_due.cc) ---
  void RunOne(const DeadlineTable::Due& due, Call& call);
  void ContactDue(const DeadlineTable::Due& due, Call& call);
  void DeclineDue(const DeadlineTable::Due& due, Call& call);
  void SetDeadline(std::uint32_t id, std::uint64_t version, InstantMs due_ms,
                   std::uint64_t payload, Call& call);
  std::uint32_t AgentDeadline(std::uint32_t agent) const {
    return limits_.contacts + agent;
  }
  // Of a wrap-up: of the agent's holding at this place.
  std::uint32_t WrapUpDeadline(std::uint32_t agent, std::uint8_t place) const {
    return limits_.contacts + agent_slots_ +
           agent * static_cast<std::uint32_t>(kContactsPerAgentMax) + place;
  }
  std::uint32_t DeclineDeadline(std::uint32_t entry) const {
    return WrapUpDeadline(agent_slots_, 0) + entry;
  }

  AgentView ViewLocked(const AgentRecord& agent, std::uint32_t slot) const
      RELAIS_REQUIRES(agent.mutex);
  QueueFigures& FiguresOf(const QueueTerms& terms) {
    return queues_[terms.slot].figures;
  }

  // Constant after construction.
  const Limits limits_;
  const DurationMs reconnect_ms_;
  RouterObserver* const observer_;
  const bool wants_details_;
  const std::uint32_t agent_slots_;

  // Self-synchronised.
  match::Matcher matcher_;
  // Contacts submitted so far: the arrival sequence.
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> arrivals_{0};
  // Before the configurations, which refer to both.
  ClassRegistry classes_;
  const std::unique_ptr<RingWatch> rings_watch_;
  const std::unique_ptr<PanelShares> panels_;
  ReservePlaces reserves_;
  EventQueue events_;
  DeadlineTable deadlines_;
  RetainedIds retained_;
  DeclineTable declines_;
  DecisionLog decision_log_;
  SlotPool contact_slots_;
  Counter decisions_;
  Counter rona_;
  std::atomic<std::uint64_t> configuration_version_{0};  // relaxed: a label
  // One Apply or ChangeAgent at a time; a second is refused, none waits
  // (acq_rel exchange: each sees what the one before left).
  std::atomic<bool> applying_{false};
  // Whether the configuration in force needs agents' figures. relaxed: while it
  // is applied, an agent's change may be counted or not.
  std::atomic<bool> keeps_figures_{false};
  // Written by whoever has applying_. Longest hold: a copy of what has changed.
  mutable Mutex in_force_mutex_;
  InForce in_force_ RELAIS_GUARDED_BY(in_force_mutex_);
  // Agents are told to the core as open for nothing. Only while Restore runs,
  // before any other call.
  bool restoring_ = false;

  // Guarded by their own mutexes or ownership (records.h).
  const std::unique_ptr<ContactRecord[]> contacts_;
  const std::unique_ptr<AgentRecord[]> agents_;
  const std::unique_ptr<QueueSlot[]> queues_;
  mutable std::array<ContactShard, kShards> contact_shards_;
  mutable std::array<AgentShard, kShards> agent_shards_;
  mutable std::array<RingsShard, kShards> rings_shards_;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_ROUTER_IMPL_H_
