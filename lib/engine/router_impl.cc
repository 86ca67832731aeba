#include "lib/engine/router_impl.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/error.h"

namespace relais {
namespace {

// Slots beyond the limit, for agents who start handling between the count and
// the change of an Apply and so keep their slot longer than was counted.
std::uint32_t AgentSlots(const Limits& limits) {
  return std::min(kAgentsCeiling, limits.agents + limits.agents / 8 + 64);
}

// The registry asks only for what it counted itself.
void Ours(match::Result result) {
  RELAIS_CHECK(result == match::Result::kOk, "a class or lane out of range");
}

match::Sizes SizesOf(const RouterOptions& options) {
  const Limits& limits = options.limits;
  match::Sizes sizes;
  sizes.contacts = limits.contacts;
  sizes.agents = AgentSlots(limits);
  sizes.requirement_classes = limits.requirement_classes;
  sizes.profile_classes = limits.profile_classes;
  sizes.lanes = limits.lanes;
  sizes.calls_in_flight = kThreadsMax;
  sizes.orders = kAgentOrderCount;
  sizes.tells_compared = options.record_decisions;
  return sizes;
}

absl::Status CheckLimit(std::string_view name, std::uint32_t value,
                        std::uint32_t ceiling) {
  if (value >= 1 && value <= ceiling) return absl::OkStatus();
  return FieldError(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat("limits.", absl::string_view(name.data(), name.size())),
      absl::StrCat(value, " is not in 1..", ceiling));
}

absl::Status CheckOptions(const RouterOptions& options) {
  const Limits& limits = options.limits;
  const struct {
    std::string_view name;
    std::uint32_t value;
    std::uint32_t ceiling;
  } checks[] = {
      {"contacts", limits.contacts, kContactsCeiling},
      // The slots beyond the limit must fit as well.
      {"agents", limits.agents, kAgentsCeiling - kAgentsCeiling / 8 - 64},
      {"queues", limits.queues, kQueuesCeiling},
      {"requirement_classes", limits.requirement_classes,
       kRequirementClassesCeiling},
      {"profile_classes", limits.profile_classes, kProfileClassesCeiling},
      {"lanes", limits.lanes, kLanesCeiling},
      {"ended_ids", limits.ended_ids, kEndedIdsCeiling},
      {"pending_events", limits.pending_events, kPendingEventsCeiling},
      {"decision_records", limits.decision_records, kDecisionRecordsCeiling},
  };
  for (const auto& check : checks) {
    absl::Status status = CheckLimit(check.name, check.value, check.ceiling);
    if (!status.ok()) return status;
  }
  if (limits.pending_events < 4 * Call::kRoom) {
    return FieldError(
        absl::StatusCode::kInvalidArgument, "limits.pending_events",
        absl::StrCat(limits.pending_events, " is below ", 4 * Call::kRoom,
                     ", the room that one call may need in the "
                     "three quarters open to new work"));
  }
  if (options.observer == nullptr) {
    return FieldError(absl::StatusCode::kInvalidArgument, "observer",
                      "is missing; events need a receiver");
  }
  if (options.id_retention_ms < 0) {
    return FieldError(absl::StatusCode::kInvalidArgument, "id_retention_ms",
                      absl::StrCat(options.id_retention_ms, " is negative"));
  }
  if (options.reconnect_ms < 0 || options.reconnect_ms > kDurationMsMax) {
    return FieldError(
        absl::StatusCode::kInvalidArgument, "reconnect_ms",
        absl::StrCat(options.reconnect_ms, " is not in 0..", kDurationMsMax));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Router>> Router::Create(
    const RouterOptions& options) {
  absl::Status status = CheckOptions(options);
  if (!status.ok()) return status;
  return std::make_unique<RouterImpl>(options);
}

RouterImpl::RouterImpl(const RouterOptions& options)
    : limits_(options.limits),
      reconnect_ms_(options.reconnect_ms),
      observer_(options.observer),
      wants_details_(options.observer->WantsDetails()),
      agent_slots_(AgentSlots(options.limits)),
      matcher_(SizesOf(options)),
      classes_(options.limits, this),
      rings_watch_(std::make_unique<RingWatch>(agent_slots_, &classes_)),
      panels_(std::make_unique<PanelShares>(agent_slots_)),
      reserves_(&matcher_, &classes_),
      events_(options.limits.pending_events, wants_details_),
      deadlines_(DeclineDeadline(DeclineTable::EntriesFor(agent_slots_))),
      retained_(options.limits.ended_ids, options.id_retention_ms),
      declines_(options.limits.contacts, agent_slots_),
      decision_log_(options.limits.contacts, agent_slots_,
                    options.limits.decision_records, options.record_decisions),
      contact_slots_(options.limits.contacts),
      contacts_(std::make_unique<ContactRecord[]>(options.limits.contacts)),
      agents_(std::make_unique<AgentRecord[]>(agent_slots_)),
      queues_(std::make_unique<QueueSlot[]>(options.limits.queues)) {}

RouterImpl::~RouterImpl() = default;

// --- The call ----------------------------------------------------------------

Call::~Call() {
  if (room_ > 0) router_.events_.Unreserve(room_);
  Notify();
  if (router_.rings_watch_->Note(now_ms_)) next_due_earlier_ = true;
  if (next_due_earlier_) router_.observer_->OnNextDueEarlier();
}

bool Call::Reserve(EventPurpose purpose, std::uint32_t events) {
  if (room_ >= events) return true;
  const std::uint32_t wanted = events - room_;
  if (!router_.events_.Reserve(wanted, purpose)) return false;
  room_ += wanted;
  return true;
}

namespace {

// Two events of one entity may be handed over in either order.
void RaiseTo(std::uint64_t value, std::atomic<std::uint64_t>& told) {
  std::uint64_t before = told.load(std::memory_order_relaxed);
  while (before < value &&
         !told.compare_exchange_weak(before, value, std::memory_order_release,
                                     std::memory_order_relaxed)) {
  }
}

}  // namespace

void Call::HandOver(const Event& event, EventDetail detail) {
  if (room_ == 0) {
    // A call causes more decisions than it took room for when it works off
    // what others published meanwhile; there is room kept for that alone.
    RELAIS_CHECK(Reserve(EventPurpose::kDecision),
                 "no room for the events of a decision");
  }
  --room_;
  const auto pushed = router_.events_.Push(event, std::move(detail));
  ticket_ = pushed.ticket;
  if (event.contact_version > 0) {
    RaiseTo(event.contact.base_tag + event.contact_version,
            router_.contacts_[event.contact.slot].told_tag);
  }
  if (event.agent_version > 0) {
    RaiseTo(ToldOf(event.agent.generation, event.agent_version),
            router_.agents_[event.agent.slot].told);
  }
  to_notify_ = to_notify_ || pushed.was_empty;
}

// Soon after it: others' answers may wait for their events behind this one.
void Call::Notify() {
  if (std::exchange(to_notify_, false)) router_.observer_->OnEventsPending();
}

CommitTicket Call::ticket() const {
  return ticket_.value != 0 ? ticket_ : router_.events_.LastTicket();
}

void Call::OnLook() { began_after_ = router_.LastSequence(); }

void Call::OnDecision(const match::Decision& decision) {
  router_.OnDecision(decision, *this);
}

// --- Events ------------------------------------------------------------------

std::size_t RouterImpl::DrainEvents() {
  if (!wants_details_) {
    return events_.Drain([this](const Event& event, const EventDetail&) {
      observer_->OnEvent(event);
    });
  }
  return events_.Drain([this](const Event& event, const EventDetail& detail) {
    observer_->OnDetailedEvent(event, detail);
  });
}

CommitTicket RouterImpl::Committed() const { return events_.Committed(); }

CommitTicket RouterImpl::LastTicket() const { return events_.LastTicket(); }

std::uint64_t RouterImpl::LastSequence() const {
  return events_.LastSequence();
}

// --- The registry's view of the core -----------------------------------------

void RouterImpl::SetRequirementClass(std::uint32_t c,
                                     const CompiledRequirement& content) {
  Ours(matcher_.SetRequirementClass(c,
                                    static_cast<std::uint8_t>(content.channel),
                                    static_cast<std::uint8_t>(content.order),
                                    content.pulled_only, content.drains));
}
void RouterImpl::SetCell(std::uint32_t c, std::uint32_t p, std::uint8_t cell) {
  Ours(matcher_.SetFit(c, p, cell & 0xF, cell >> 4));
}
void RouterImpl::SetProfileClass(std::uint32_t p) {
  Ours(matcher_.SetProfileClass(p));
}
void RouterImpl::SetLane(std::uint32_t lane, std::uint32_t requirement_class) {
  Ours(matcher_.SetLane(lane, requirement_class));
}

}  // namespace relais
