// What callers may read. Nothing here takes a lock that a decision needs for
// longer than one entry.

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/engine/router_impl.h"
#include "lib/policy/rank_key.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

ContactState StateOf(ContactPhase phase) {
  switch (phase) {
    case ContactPhase::kReserved:
      return ContactState::kReserved;
    case ContactPhase::kAssigned:
      return ContactState::kAssigned;
    case ContactPhase::kFree:
    case ContactPhase::kEnded:
      return ContactState::kEnded;
    case ContactPhase::kNew:
    case ContactPhase::kWaiting:
      break;
  }
  return ContactState::kWaiting;
}

absl::Status UnknownId(std::string_view field, std::string_view id) {
  return FieldError(absl::StatusCode::kNotFound, field,
                    absl::StrCat(Quoted(id), " is not known"));
}

std::uint64_t Figure(const std::atomic<std::int64_t>& value) {
  const std::int64_t now = value.load(std::memory_order_relaxed);
  return now > 0 ? static_cast<std::uint64_t>(now) : 0;
}

}  // namespace

absl::StatusOr<ContactHandle> RouterImpl::FindContact(
    std::string_view id) const {
  const ContactShard& shard = ShardFor(id);
  MutexLock lock(shard.mutex);
  const auto live = shard.live.find(std::string(id));
  if (live != shard.live.end()) {
    const std::uint32_t slot = live->second;
    // Its submit has not been answered: not known yet.
    if (matcher_.Contact(slot).phase() == match::ContactPhase::kNew) {
      return UnknownId("contact_id", id);
    }
    return ContactHandle{
        slot, contacts_[slot].base_tag.load(std::memory_order_acquire)};
  }
  const std::optional<RetainedId> retained = retained_.Find(id);
  if (!retained.has_value()) return UnknownId("contact_id", id);
  return retained->view.handle;
}

absl::StatusOr<ContactView> RouterImpl::GetContact(std::string_view id) const {
  const ContactShard& shard = ShardFor(id);
  ContactView view;
  ContactWord word;
  std::shared_ptr<const ContactRings> rings;
  std::uint32_t slot = 0;
  std::uint32_t held_by = Hold::kNobody;
  {
    MutexLock lock(shard.mutex);
    const auto live = shard.live.find(std::string(id));
    if (live == shard.live.end()) {
      std::optional<RetainedId> retained = retained_.Find(id);
      if (!retained.has_value()) return UnknownId("contact_id", id);
      return std::move(retained->view);
    }
    slot = live->second;
    const ContactRecord& record = contacts_[slot];
    match::Position place;
    do {
      word = matcher_.Contact(slot);
    } while (word.phase() == ContactPhase::kWaiting &&
             !matcher_.PositionOf(slot, word, &place));
    if (word.phase() == ContactPhase::kNew) return UnknownId("contact_id", id);
    view.id = std::string(id);
    view.handle = {slot, record.base_tag.load(std::memory_order_acquire)};
    view.queue = record.terms->queue.name;
    view.channel = record.channel;
    view.priority = record.priority;
    view.arrival_ms = record.arrival_ms.load(std::memory_order_relaxed);
    view.rank_key_ms = policy::RankKey(view.arrival_ms, record.boost_ms);
    view.segment = record.segment;
    rings = record.rings;
    if (word.phase() == ContactPhase::kWaiting && IsOwnLane(place.lane)) {
      held_by = AgentOfLane(place.lane);
    } else if (rings != nullptr && word.phase() == ContactPhase::kWaiting) {
      const std::size_t ring = rings->RingOf(place.lane);
      view.ring = static_cast<std::uint8_t>(ring);
      if (ring + 1 < rings->size()) {
        view.next_ring_ms = view.arrival_ms + (*rings)[ring + 1].after_ms;
      }
    }
    view.requirement = record.requirement;
    view.tutor_may_listen = record.tutor_may_listen;
    view.attributes = record.attributes;
    if (record.preferred != nullptr) view.preferred = *record.preferred;
    view.over_share = record.over_share;
  }
  // Otherwise another call has moved it on meanwhile.
  if (held_by != Hold::kNobody && !ShowHold(held_by, word, &view)) {
    return GetContact(id);
  }
  view.version = VersionOf(word, view.handle);
  // Of one that has ended but is not remembered yet the reason is not known.
  view.settled =
      word.phase() != ContactPhase::kEnded &&
      contacts_[slot].told_tag.load(std::memory_order_acquire) >= word.tag();
  view.state = StateOf(word.phase());
  ShowHolder(word, &view);
  if (rings != nullptr) view.rank_key_ms -= (*rings)[view.ring].boost_ms;
  return view;
}

void RouterImpl::ShowHolder(ContactWord word, ContactView* view) const {
  const bool reserved = word.phase() == ContactPhase::kReserved;
  if (!reserved && word.phase() != ContactPhase::kAssigned) return;
  const AgentRecord& agent = agents_[word.ref()];
  MutexLock lock(agent.mutex);
  // Accepting raises the tag by one.
  const std::uint64_t tag = reserved ? word.tag() : word.tag() - 1;
  const Holding* holding = agent.held.Find(view->handle, tag);
  if (holding == nullptr) return;
  view->agent_id = agent.id;
  view->attempt = holding->reservation.attempt;
  view->tutor_id = std::string(holding->reservation.tutor_id.view());
  view->ring = holding->reservation.ring;
  view->interrupted = holding->interrupted;
  if (!holding->interrupted && !agent.served.capacity.interrupts()) return;
  // Interruptions are the agent's changes, which may have to be told yet.
  view->settled = view->settled && agent.told.load(std::memory_order_acquire) >=
                                       ToldOf(agent.generation, agent.version);
}

absl::StatusOr<AgentHandle> RouterImpl::FindAgent(std::string_view id) const {
  std::uint32_t slot = 0;
  {
    const AgentShard& shard = agent_shards_[RetainedIds::ShardOf(id)];
    MutexLock lock(shard.mutex);
    const auto found = shard.slots.find(std::string(id));
    if (found == shard.slots.end()) return UnknownId("agent_id", id);
    slot = found->second;
  }
  const AgentRecord& agent = agents_[slot];
  MutexLock lock(agent.mutex);
  if (!agent.used || agent.id != id) return UnknownId("agent_id", id);
  return AgentHandle{slot, agent.generation};
}

AgentView RouterImpl::ViewLocked(const AgentRecord& agent,
                                 std::uint32_t slot) const {
  AgentView view;
  view.id = agent.id;
  view.handle = {slot, agent.generation};
  view.grade = agent.grade;
  view.presence = agent.presence;
  view.presence_pending = agent.presence_pending;
  view.pending = agent.pending;
  view.work_state = agent.held.work_state();
  view.no_answer_channels = agent.no_answer_channels;
  view.version = agent.version;
  view.settled = agent.told.load(std::memory_order_acquire) >=
                 ToldOf(agent.generation, agent.version);
  view.idle_since_ms = agent.idle_since_ms;
  view.figures = agent.figures;
  const PanelShares::Share share = panels_->ShareOf(slot);
  view.panel_choices = share.choices;
  view.panel_share_percent = share.percent;
  view.held.reserve(agent.held.list().size());
  for (const Holding& holding : agent.held.list()) {
    view.held.push_back({std::string(holding.reservation.contact_id.view()),
                         holding.reservation.channel, holding.state,
                         holding.reservation.attempt, holding.units,
                         holding.wrap_up_ends_ms, holding.interrupted});
  }
  return view;
}

absl::StatusOr<AgentView> RouterImpl::GetAgent(AgentHandle handle) const {
  const absl::Status status = CheckCall(handle, 0);
  if (!status.ok()) return status;
  const AgentRecord& agent = agents_[handle.slot];
  MutexLock lock(agent.mutex);
  if (!IsAgent(agent, handle)) {
    return FieldError(absl::StatusCode::kNotFound, "agent_id", "was removed");
  }
  return ViewLocked(agent, handle.slot);
}

std::vector<AgentView> RouterImpl::Agents() const {
  std::vector<AgentView> views;
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    const AgentRecord& agent = agents_[slot];
    MutexLock lock(agent.mutex);
    if (agent.used) views.push_back(ViewLocked(agent, slot));
  }
  return views;
}

std::vector<QueueView> RouterImpl::Queues() const {
  // Oldest arrival of those waiting, by queue slot. A contact counts if its
  // word is the same waiting one before and after its fields were read.
  constexpr InstantMs kNone = std::numeric_limits<InstantMs>::max();
  std::vector<InstantMs> oldest(limits_.queues, kNone);
  const std::uint32_t contacts = contact_slots_.high_water();
  for (std::uint32_t slot = 0; slot < contacts; ++slot) {
    const ContactWord word = matcher_.Contact(slot);
    if (word.phase() != ContactPhase::kWaiting) continue;
    const ContactRecord& record = contacts_[slot];
    const InstantMs arrival_ms =
        record.arrival_ms.load(std::memory_order_relaxed);
    const std::uint32_t queue =
        record.queue_slot.load(std::memory_order_relaxed);
    if (matcher_.Contact(slot) == word && arrival_ms < oldest[queue]) {
      oldest[queue] = arrival_ms;
    }
  }
  std::vector<QueueView> views;
  for (std::uint32_t slot = 0; slot < limits_.queues; ++slot) {
    const QueueSlot& queue = queues_[slot];
    const QueueFigures& figures = queue.figures;
    QueueView view;
    {
      MutexLock lock(queue.mutex);
      if (!StillThere(queue)) continue;
      view.name = queue.name;
    }
    view.waiting = Figure(figures.waiting);
    view.reserved = Figure(figures.reserved);
    view.assigned = Figure(figures.assigned);
    view.offered_total = figures.offered_total.load(std::memory_order_relaxed);
    view.answered_total =
        figures.answered_total.load(std::memory_order_relaxed);
    view.abandoned_total =
        figures.abandoned_total.load(std::memory_order_relaxed);
    view.oldest_arrival_ms = oldest[slot] == kNone ? 0 : oldest[slot];
    views.push_back(std::move(view));
  }
  return views;
}

RouterCounters RouterImpl::Counters() const {
  RouterCounters counters;
  counters.decisions = decisions_.Sum();
  counters.rona_total = rona_.Sum();
  counters.ids_forgotten = retained_.forgotten();
  counters.declines_forgotten = declines_.forgotten();
  counters.classes_recycled = classes_.recycled();
  return counters;
}

}  // namespace relais
