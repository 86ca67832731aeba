#include "server/fault.h"

#include <array>
#include <cstddef>
#include <future>
#include <optional>
#include <set>

#include "absl/strings/str_join.h"
#include "lib/policy/contact_choice.h"

namespace relais::server {
namespace {

constexpr std::uint64_t kOffersPerDouble = 50;
constexpr std::uint64_t kContactsPerLoss = 40;
constexpr std::uint64_t kContactsPerOvertaking = 20;
constexpr std::uint64_t kSignInsPerGhost = 10;
constexpr std::uint64_t kNumbersPerGap = 500;
// No Router gives a slot so high (kContactsCeiling).
constexpr std::uint32_t kLostSlot = 0xFFFFFFFF;

constexpr std::array<std::pair<std::string_view, Fault>, 5> kFaults = {{
    {"double-offer", Fault::kDoubleOffer},
    {"lost-contact", Fault::kLostContact},
    {"skip-oldest", Fault::kSkipOldest},
    {"idle-beside-waiting", Fault::kIdleBesideWaiting},
    {"gap", Fault::kGap},
}};

std::string ContactKey(std::string_view id) { return "c:" + std::string(id); }
std::string AgentKey(std::string_view id) { return "a:" + std::string(id); }

}  // namespace

// Hands every call to the Router but those that the fault is about.
class FaultyRouter final : public Router {
 public:
  FaultyRouter(Router* router, FaultPlan* plan, runtime::Runtime* runtime,
               FaultPlan::Sink sink)
      : router_(router),
        plan_(plan),
        runtime_(runtime),
        sink_(std::move(sink)) {}

  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec& spec,
                                       InstantMs now_ms) override {
    if (spec.channel == Channel::kVoice) {
      if (plan_->fault_ == Fault::kLostContact && Lose(spec.id)) {
        SubmitOutcome outcome;
        outcome.contact = *FindContact(spec.id);
        outcome.arrival_ms = now_ms;
        return outcome;
      }
      if (plan_->fault_ == Fault::kSkipOldest && Overtake(spec)) {
        ContactSpec urgent = spec;
        urgent.priority = kPriorityCount - 1;
        return router_->Submit(urgent, now_ms);
      }
    }
    return router_->Submit(spec, now_ms);
  }

  absl::StatusOr<ContactHandle> FindContact(
      std::string_view id) const override {
    MutexLock lock(mutex_);
    const auto lost = lost_.find(id);
    if (lost == lost_.end()) return router_->FindContact(id);
    return ContactHandle{kLostSlot, lost->second};
  }

  absl::StatusOr<Outcome> Cancel(ContactHandle contact, EndReason reason,
                                 InstantMs now_ms) override {
    if (contact.slot == kLostSlot) return Outcome{2, {}};
    return router_->Cancel(contact, reason, now_ms);
  }

  absl::StatusOr<Outcome> SetPresence(AgentHandle agent, Presence presence,
                                      InstantMs now_ms) override {
    if (plan_->fault_ != Fault::kIdleBesideWaiting) {
      return router_->SetPresence(agent, presence, now_ms);
    }
    const absl::StatusOr<AgentView> view = router_->GetAgent(agent);
    if (!view.ok()) return view.status();
    std::optional<AgentView> ghost = Haunt(*view, presence, now_ms);
    if (!ghost.has_value()) {
      return router_->SetPresence(agent, presence, now_ms);
    }
    Event event;
    event.type = EventType::kPresenceChanged;
    event.at_ms = now_ms;
    event.agent_id.Assign(ghost->id);
    event.agent = agent;
    event.agent_version = ghost->version;
    event.presence = ghost->presence;
    event.work_state = WorkState::kIdle;
    event.idle_since_ms = ghost->idle_since_ms;
    std::promise<void> published;
    runtime_->Post([this, event, &published] {
      plan_->Inject(event, sink_);
      published.set_value();
    });
    published.get_future().wait();
    return Outcome{ghost->version, {}};
  }

  absl::StatusOr<AgentView> GetAgent(AgentHandle agent) const override {
    absl::StatusOr<AgentView> view = router_->GetAgent(agent);
    if (!view.ok()) return view;
    MutexLock lock(mutex_);
    const auto ghost = ghosts_.find(view->id);
    return ghost == ghosts_.end() ? view : ghost->second;
  }

  // The rest as it is.
  absl::StatusOr<ApplyOutcome> Apply(const Configuration& configuration,
                                     InstantMs now_ms) override {
    return router_->Apply(configuration, now_ms);
  }
  absl::StatusOr<ChangeAgentOutcome> ChangeAgent(AgentHandle agent,
                                                 const AgentChange& change,
                                                 InstantMs now_ms) override {
    return router_->ChangeAgent(agent, change, now_ms);
  }
  Configuration CurrentConfiguration(std::uint64_t* version) const override {
    return router_->CurrentConfiguration(version);
  }
  absl::StatusOr<Outcome> Complete(ContactHandle contact,
                                   InstantMs now_ms) override {
    return router_->Complete(contact, now_ms);
  }
  absl::StatusOr<ContactView> GetContact(std::string_view id) const override {
    return router_->GetContact(id);
  }
  absl::StatusOr<AgentHandle> FindAgent(std::string_view id) const override {
    return router_->FindAgent(id);
  }
  absl::StatusOr<Outcome> Accept(AgentHandle agent, ContactHandle contact,
                                 std::uint64_t attempt,
                                 InstantMs now_ms) override {
    return router_->Accept(agent, contact, attempt, now_ms);
  }
  absl::StatusOr<Outcome> Decline(AgentHandle agent, ContactHandle contact,
                                  std::uint64_t attempt,
                                  std::optional<DurationMs> retry_after_ms,
                                  InstantMs now_ms) override {
    return router_->Decline(agent, contact, attempt, retry_after_ms, now_ms);
  }
  absl::StatusOr<Outcome> EndWrapUp(AgentHandle agent,
                                    std::string_view contact_id,
                                    InstantMs now_ms) override {
    return router_->EndWrapUp(agent, contact_id, now_ms);
  }
  absl::StatusOr<PullOutcome> Pull(AgentHandle agent,
                                   const PullRequest& request,
                                   InstantMs now_ms) override {
    return router_->Pull(agent, request, now_ms);
  }
  std::optional<InstantMs> NextDue() const override {
    return router_->NextDue();
  }
  std::size_t RunDue(InstantMs now_ms, std::size_t limit) override {
    return router_->RunDue(now_ms, limit);
  }
  std::size_t DrainEvents() override { return router_->DrainEvents(); }
  CommitTicket Committed() const override { return router_->Committed(); }
  CommitTicket LastTicket() const override { return router_->LastTicket(); }
  absl::Status Restore(const LiveState& state, InstantMs now_ms) override {
    return router_->Restore(state, now_ms);
  }
  std::uint64_t LastSequence() const override {
    return router_->LastSequence();
  }
  std::vector<QueueView> Queues() const override { return router_->Queues(); }
  std::vector<AgentView> Agents() const override { return router_->Agents(); }
  RouterCounters Counters() const override { return router_->Counters(); }
  absl::StatusOr<ContactExplanation> ExplainContact(
      std::string_view id, InstantMs now_ms,
      std::size_t agents_max) const override {
    return router_->ExplainContact(id, now_ms, agents_max);
  }
  absl::StatusOr<AgentExplanation> ExplainAgent(
      AgentHandle agent, InstantMs now_ms,
      std::size_t verdicts_max) const override {
    return router_->ExplainAgent(agent, now_ms, verdicts_max);
  }
  absl::StatusOr<DecisionView> DecisionOf(
      ContactHandle contact, std::uint64_t attempt) const override {
    return router_->DecisionOf(contact, attempt);
  }
  std::vector<DecisionView> Decisions(InstantMs since_ms,
                                      std::size_t limit) const override {
    return router_->Decisions(since_ms, limit);
  }

 private:
  // Whether this contact is to be lost, or is already.
  bool Lose(const std::string& id) {
    MutexLock lock(mutex_);
    if (lost_.contains(id)) return true;
    if (++submits_ % kContactsPerLoss != 0) return false;
    lost_.emplace(id, submits_);
    return true;
  }

  bool Overtake(const ContactSpec& spec) {
    std::uint64_t version = 0;
    const Configuration configuration = router_->CurrentConfiguration(&version);
    if (spec.priority < 0 || spec.priority >= kPriorityCount - 1) return false;
    MutexLock lock(plan_->mutex_);
    if (plan_->overtaking_.contains(spec.id)) return true;
    if (++submits_ % kContactsPerOvertaking != 0) return false;
    for (const ContactQueue& queue : configuration.queues) {
      if (queue.name != spec.queue) continue;
      const auto boost = [&](int priority) {
        return policy::BoostOf(configuration.contact_choice, queue, priority,
                               0);
      };
      plan_->overtaking_[spec.id] = {
          spec.priority, boost(kPriorityCount - 1) - boost(spec.priority)};
      return true;
    }
    return false;
  }

  // The ghost after the change, if this agent is one.
  std::optional<AgentView> Haunt(const AgentView& view,
                                 const Presence& presence, InstantMs now_ms) {
    MutexLock lock(mutex_);
    auto ghost = ghosts_.find(view.id);
    if (ghost == ghosts_.end()) {
      if (view.presence.state != PresenceState::kLoggedOut ||
          presence.state != PresenceState::kAvailable ||
          ++sign_ins_ % kSignInsPerGhost != 0) {
        return std::nullopt;
      }
      ghost = ghosts_.emplace(view.id, view).first;
    }
    if (ghost->second.presence.state == PresenceState::kLoggedOut) {
      ghost->second.idle_since_ms = now_ms;
    }
    ghost->second.presence = presence;
    ++ghost->second.version;
    return ghost->second;
  }

  Router* const router_;
  FaultPlan* const plan_;
  runtime::Runtime* const runtime_;
  const FaultPlan::Sink sink_;

  mutable Mutex mutex_;
  std::uint64_t submits_ = 0;  // under this lock, or the plan's
  std::uint64_t sign_ins_ RELAIS_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::uint64_t, std::less<>> lost_
      RELAIS_GUARDED_BY(mutex_);
  std::map<std::string, AgentView, std::less<>> ghosts_
      RELAIS_GUARDED_BY(mutex_);
};

bool ParseFault(std::string_view name, Fault* fault) {
  for (const auto& [known, value] : kFaults) {
    if (known != name) continue;
    *fault = value;
    return true;
  }
  return false;
}

std::string FaultNames() {
  std::vector<std::string> names;
  names.reserve(kFaults.size());
  for (const auto& [name, value] : kFaults) names.emplace_back(name);
  return absl::StrJoin(names, ", ");
}

std::unique_ptr<Router> FaultPlan::Wrap(Router* router,
                                        runtime::Runtime* runtime, Sink sink) {
  return std::make_unique<FaultyRouter>(router, this, runtime, std::move(sink));
}

void FaultPlan::Publish(const Event& event, const Sink& sink) {
  last_router_sequence_ = event.sequence;
  Event shown = event;
  shown.began_after_sequence = Published(event.began_after_sequence);
  if (fault_ == Fault::kDoubleOffer) {
    FollowTalking(event);
    if (event.type == EventType::kReservationCreated &&
        event.channel == Channel::kVoice &&
        ++created_count_ >= kOffersPerDouble) {
      PublishDouble(shown, sink);
    }
  }
  if (fault_ == Fault::kSkipOldest) ShowOwnPriority(&shown);
  Number(&shown);
  sink(shown);
}

void FaultPlan::Inject(Event event, const Sink& sink) {
  Number(&event);
  sink(event);
}

void FaultPlan::Number(Event* event) {
  event->sequence = ++last_published_;
  if (fault_ == Fault::kGap && last_published_ % kNumbersPerGap == 0) {
    event->sequence = ++last_published_;
  }
  const std::uint64_t shift = last_published_ - last_router_sequence_;
  if (shift != (shifts_.empty() ? 0 : shifts_.back().second)) {
    shifts_.emplace_back(last_router_sequence_, shift);
  }
  if (event->contact_version != 0) {
    const auto extra =
        extra_versions_.find(ContactKey(event->contact_id.view()));
    if (extra != extra_versions_.end()) event->contact_version += extra->second;
  }
  if (event->agent_version != 0) {
    const auto extra = extra_versions_.find(AgentKey(event->agent_id.view()));
    if (extra != extra_versions_.end()) event->agent_version += extra->second;
  }
}

std::uint64_t FaultPlan::Published(std::uint64_t router_sequence) const {
  std::uint64_t shift = 0;
  for (auto it = shifts_.rbegin(); it != shifts_.rend(); ++it) {
    if (it->first > router_sequence) continue;
    shift = it->second;
    break;
  }
  return router_sequence + shift;
}

// The contact is offered to somebody who is talking, taken back, and then
// offered as the Router decided.
void FaultPlan::PublishDouble(const Event& created, const Sink& sink) {
  const auto talking = talking_.find(std::string(created.queue.view()));
  if (talking == talking_.end()) return;
  const Event& busy = talking->second;
  if (busy.agent_id.view() == created.agent_id.view()) return;
  created_count_ = 0;
  Event offered = created;
  offered.agent_id = busy.agent_id;
  offered.agent = busy.agent;
  offered.agent_version = busy.agent_version + 1;
  offered.presence = busy.presence;
  offered.presence_pending = false;
  offered.work_state = WorkState::kReserved;
  offered.no_answer_channels = busy.no_answer_channels;
  offered.idle_since_ms = created.idle_since_ms;
  offered.profile_class = busy.profile_class;
  // A decision that had seen nothing: it overtakes nobody, so that the order
  // promise stays whole.
  offered.began_after_sequence = 0;
  Number(&offered);
  sink(offered);

  Event rescinded = offered;
  rescinded.type = EventType::kReservationRescinded;
  rescinded.contact_version = created.contact_version + 1;
  rescinded.contact_state = ContactState::kWaiting;
  rescinded.agent_version = busy.agent_version + 2;
  rescinded.work_state = WorkState::kHandling;
  Number(&rescinded);
  sink(rescinded);

  extra_versions_[ContactKey(created.contact_id.view())] += 2;
  extra_versions_[AgentKey(busy.agent_id.view())] += 2;
}

void FaultPlan::FollowTalking(const Event& event) {
  if (event.agent_id.empty()) return;
  for (auto entry = talking_.begin(); entry != talking_.end();) {
    Event& accepted = entry->second;
    if (accepted.agent_id.view() != event.agent_id.view()) {
      ++entry;
    } else if (event.type == EventType::kPresenceChanged) {
      accepted.agent_version = event.agent_version;
      ++entry;
    } else {
      entry = talking_.erase(entry);
    }
  }
  if (event.type == EventType::kReservationAccepted &&
      event.channel == Channel::kVoice) {
    talking_[std::string(event.queue.view())] = event;
  }
}

void FaultPlan::ShowOwnPriority(Event* event) {
  if (event->contact_id.empty()) return;
  MutexLock lock(mutex_);
  const auto found = overtaking_.find(std::string(event->contact_id.view()));
  if (found == overtaking_.end()) return;
  event->priority = static_cast<std::uint8_t>(found->second.own_priority);
  if (event->rank_key_ms != 0) {
    event->rank_key_ms += found->second.key_correction_ms;
  }
}

}  // namespace relais::server
