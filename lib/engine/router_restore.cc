// Rebuilding a router from the live state of one that has gone.
//
// Everything is put in its place while no agent is open for anything, so that
// nothing is decided; then the agents are opened one by one, and each looks as
// after any change.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/bullseye_plan.h"
#include "lib/domain/error.h"
#include "lib/domain/validate_configuration.h"
#include "lib/engine/live_state_check.h"
#include "lib/engine/restoration.h"
#include "lib/engine/router_impl.h"
#include "lib/skillgraph/skill_graph.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

// An ended contact of before has no slot; this handle is one that has ended.
constexpr ContactHandle kEndedBefore{0, 1};

std::uint8_t KindOf(const LiveContact& contact) {
  return static_cast<std::uint8_t>(contact.detail->spec.channel);
}

}  // namespace

absl::Status RouterImpl::Restore(const LiveState& state, InstantMs now_ms) {
  if (now_ms < 0) {
    return FieldError(absl::StatusCode::kInvalidArgument, "now_ms",
                      absl::StrCat(now_ms, " is negative"));
  }
  if (events_.LastTicket().value != 0 || CurrentCompiled() != nullptr ||
      events_.LastSequence() != 0) {
    return FieldError(absl::StatusCode::kFailedPrecondition, "state",
                      "can be restored only before any other call");
  }
  absl::Status status = CheckLiveState(state, limits_);
  if (!status.ok()) return status;
  Call call(*this, now_ms);
  Restoration restoration{state, now_ms, call, {}, {}, {}, {}, {}, {}, {}};
  restoring_ = true;
  arrivals_.store(state.arrival_sequence, std::memory_order_relaxed);
  events_.StartAfter(state.last_sequence);
  status = RestoreConfiguration(restoration);
  if (status.ok()) status = RestoreQueues(restoration);
  if (status.ok()) status = RestoreAgents(restoration);
  if (status.ok()) status = RestoreContacts(restoration);
  if (!status.ok()) return status;
  RestoreEnded(restoration);
  restoring_ = false;
  OpenRestored(restoration);
  return absl::OkStatus();
}

absl::Status RouterImpl::RestoreConfiguration(Restoration& restoration) {
  const LiveState& state = restoration.state;
  if (state.configuration == nullptr) return absl::OkStatus();
  for (const Finding& finding :
       CheckConfiguration(*state.configuration, limits_, CloseSkills, true)) {
    if (finding.severity != Finding::Severity::kError) continue;
    return FieldError(absl::StatusCode::kInvalidArgument,
                      absl::StrCat("state.configuration.", finding.path),
                      finding.message);
  }
  events_.ContinueConfiguration(state.configuration_version);
  return InstallConfiguration(*state.configuration, state.configuration_version,
                              restoration.call);
}

// Totals, and slots for queues that are no longer listed but have contacts.
absl::Status RouterImpl::RestoreQueues(Restoration& restoration) {
  std::vector<std::uint32_t> free;
  for (std::uint32_t slot = 0; slot < limits_.queues; ++slot) {
    MutexLock lock(queues_[slot].mutex);
    if (queues_[slot].used) {
      restoration.queue_slots.emplace(queues_[slot].name, slot);
    } else {
      free.push_back(slot);
    }
  }
  std::size_t next_free = 0;
  for (const auto& [id, contact] : restoration.state.contacts) {
    const std::string& name = contact.detail->queue.name;
    if (restoration.queue_slots.contains(name)) continue;
    if (next_free == free.size()) {
      return FieldError(absl::StatusCode::kResourceExhausted, "limits.queues",
                        absl::StrCat(limits_.queues + 1ULL,
                                     " queues, those with contacts alive "
                                     "included; the limit is ",
                                     limits_.queues));
    }
    QueueSlot& queue = queues_[free[next_free]];
    MutexLock lock(queue.mutex);
    queue.used = true;
    queue.name = name;
    restoration.queue_slots.emplace(name, free[next_free++]);
  }
  for (const auto& [name, totals] : restoration.state.queues) {
    const auto slot = restoration.queue_slots.find(name);
    if (slot == restoration.queue_slots.end()) continue;  // forgotten
    QueueFigures& figures = queues_[slot->second].figures;
    figures.offered_total.store(totals.offered_total,
                                std::memory_order_relaxed);
    figures.answered_total.store(totals.answered_total,
                                 std::memory_order_relaxed);
    figures.abandoned_total.store(totals.abandoned_total,
                                  std::memory_order_relaxed);
  }
  return absl::OkStatus();
}

absl::Status RouterImpl::RestoreAgents(Restoration& restoration) {
  for (std::uint32_t slot = 0; slot < agent_slots_; ++slot) {
    MutexLock lock(agents_[slot].mutex);
    if (agents_[slot].used) {
      restoration.agent_slots.emplace(agents_[slot].id, slot);
    }
  }
  std::uint32_t free = 0;
  const std::uint64_t applied =
      restoration.state.applied_configuration_version != 0
          ? restoration.state.applied_configuration_version
          : restoration.state.configuration_version;
  for (const auto& [id, live] : restoration.state.agents) {
    const bool listed = restoration.agent_slots.contains(id);
    if (!listed) {
      absl::Status status = RestoreUnlisted(id, live, &free, restoration);
      if (!status.ok()) return status;
    }
    const std::uint32_t slot = restoration.agent_slots.at(id);
    AgentRecord& agent = agents_[slot];
    MutexLock lock(agent.mutex);
    agent.leaving = !listed;
    if (!listed && live.presence_configuration_version < applied) {
      restoration.to_sign_out.push_back(slot);
    }
    agent.version = live.version;
    agent.presence = live.presence;
    agent.presence_pending = live.presence_pending;
    agent.pending = live.pending;
    agent.no_answer_channels = live.no_answer_channels;
    agent.idle_since_ms = live.idle_since_ms;
    agent.idle_before_pause_ms = live.idle_before_pause_ms;
    agent.figures = live.figures;
    panels_->Set(slot, live.panel);
    CountPresence(agent, slot);
    if (live.version > 0) {
      events_.ContinueAgent({slot, agent.generation}, live.version);
      agent.told.store(ToldOf(agent.generation, live.version),
                       std::memory_order_relaxed);
    }
    agent.held.Reserve(live.held.size());
    for (const HeldContact& held : live.held) {
      RestoreHolding(held, slot, agent, restoration);
    }
  }
  // Dropped without a word of its own while a contact waited for it alone.
  for (const auto& [id, contact] : restoration.state.contacts) {
    if (contact.held_for.empty() ||
        restoration.agent_slots.contains(contact.held_for)) {
      continue;
    }
    absl::Status status =
        RestoreUnlisted(contact.held_for, {}, &free, restoration);
    if (!status.ok()) return status;
    AgentRecord& agent = agents_[restoration.agent_slots.at(contact.held_for)];
    MutexLock lock(agent.mutex);
    agent.leaving = true;
  }
  return absl::OkStatus();
}

absl::Status RouterImpl::RestoreUnlisted(const std::string& id,
                                         const LiveAgent& live,
                                         std::uint32_t* free_slot,
                                         Restoration& restoration) {
  if (restoration.agent_slots.size() >= limits_.agents) {
    return FieldError(absl::StatusCode::kResourceExhausted, "limits.agents",
                      absl::StrCat(limits_.agents + 1ULL,
                                   " agents, those still handling "
                                   "included; the limit is ",
                                   limits_.agents));
  }
  absl::Status status = AddUnlisted(id, live, restoration.call, free_slot);
  if (status.ok()) restoration.agent_slots.emplace(id, *free_slot);
  return status;
}

// What is known of a held contact without the contact itself, which comes later
// (RestoreHeld).
void RouterImpl::RestoreHolding(const HeldContact& held, std::uint32_t slot,
                                AgentRecord& agent, Restoration& restoration) {
  Event reservation;
  reservation.contact_id.Assign(held.contact_id);
  reservation.channel = held.channel;
  reservation.attempt = held.attempt;
  reservation.units = static_cast<std::uint8_t>(held.units);
  reservation.agent = {slot, agent.generation};
  if (held.state != WorkState::kWrapUp &&
      !restoration.state.contacts.contains(held.contact_id)) {
    reservation.idle_since_ms = agent.idle_since_ms;
    restoration.to_rescind.emplace_back(slot, reservation);
  }
  Holding& holding = agent.held.Add();
  holding.state = held.state;
  holding.interrupted = held.interrupted;
  holding.units = reservation.units;
  holding.reservation = reservation;
  if (held.state != WorkState::kWrapUp) return;
  RELAIS_CHECK(matcher_.TakeUnits(slot, holding.units) == match::Result::kOk,
               "a new agent is open");
  holding.wrap_up_ends_ms = held.wrap_up_ends_ms;
  holding.deadline_version = ++agent.deadline_version;
  SetDeadline(WrapUpDeadline(slot, holding.place), holding.deadline_version,
              held.wrap_up_ends_ms, holding.deadline_version, restoration.call);
}

// First those that never moved from where they came, in the order in which they
// came: a lane raises keys as it did before. The others know their place.
absl::Status RouterImpl::RestoreContacts(Restoration& restoration) {
  // The handle of all contacts that ended before: it was given and has ended.
  const std::optional<std::uint32_t> first = contact_slots_.Take();
  RELAIS_CHECK(first.has_value() && *first == kEndedBefore.slot,
               "the first slot of a new router");
  const ContactWord opened = matcher_.Open(*first);
  RELAIS_CHECK(opened.tag() == kEndedBefore.base_tag, "the first tag");
  contacts_[*first].base_tag.store(opened.tag(), std::memory_order_release);
  ContactWord ended;
  matcher_.End(*first, opened, &ended);
  contact_slots_.Free(*first);

  using Entry = std::pair<const std::string, LiveContact>;
  std::vector<const Entry*> order;
  order.reserve(restoration.state.contacts.size());
  for (const Entry& entry : restoration.state.contacts) {
    order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
    if (a->second.placed != b->second.placed) return !a->second.placed;
    return a->second.detail->arrival_sequence <
           b->second.detail->arrival_sequence;
  });
  for (const Entry* entry : order) {
    absl::Status status =
        RestoreContact(entry->first, entry->second, restoration);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const QueueTerms>> RouterImpl::RestoreTerms(
    const ContactDetail& detail, Restoration& restoration) {
  const ContactQueue& queue = detail.queue;
  const auto same = [&detail](const QueueTerms& terms) {
    return terms.queue == detail.queue && terms.plan == detail.plan &&
           terms.ring_queues == detail.ring_queues &&
           terms.ranked == detail.ranked;
  };
  const auto configuration = CurrentCompiled();
  const auto listed = configuration->queues.find(queue.name);
  if (listed != configuration->queues.end() && same(*listed->second)) {
    return listed->second;
  }
  for (const auto& terms : restoration.old_terms) {
    if (same(*terms) && Contains(queue.channels, detail.spec.channel)) {
      return terms;
    }
  }
  // Whoever holds the terms last gives their classes back.
  auto held = std::make_shared<std::vector<std::uint32_t>>();
  std::shared_ptr<QueueTerms> terms(new QueueTerms,
                                    [this, held](const QueueTerms* last) {
                                      for (const std::uint32_t id : *held)
                                        classes_.ReleaseRequirement(id);
                                      delete last;
                                    });
  terms->slot = restoration.queue_slots.at(queue.name);
  terms->queue = queue;
  terms->ranked = detail.ranked;
  terms->requirement = CompileRequirement(Channel{}, queue.requirement);
  Call& call = restoration.call;
  UseOrder(queue.agent_choice.order, call);
  for (int i = 0; i < kChannelCount; ++i) {
    const auto each = static_cast<Channel>(i);
    if (!Contains(queue.channels, each)) continue;
    const auto id = classes_.AcquireRequirement(
        terms->RequirementOf(each, {}),
        [this, &call](std::uint32_t agent) { TellAgain(agent, call); });
    if (!id.ok()) return id.status();
    held->push_back(*id);
    terms->classes[static_cast<std::size_t>(i)] = *id;
  }
  absl::Status status =
      AddRings(detail.plan, detail.ring_queues, terms.get(), call);
  if (!status.ok()) return status;
  restoration.old_terms.push_back(terms);
  return terms;
}

absl::Status RouterImpl::RestoreContact(const std::string& id,
                                        const LiveContact& live,
                                        Restoration& restoration) {
  const ContactDetail& detail = *live.detail;
  const auto queue = RestoreTerms(detail, restoration);
  if (!queue.ok()) return queue.status();
  for (const std::size_t ring :
       {std::size_t{live.ring}, std::size_t{detail.ring}}) {
    if (ring <= (*queue)->later.size()) continue;
    return FieldError(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("state.contacts[", Quoted(id), "]"),
        absl::StrCat("is in ring ", ring, ", which its plan lacks"));
  }
  // Whatever mode and segments gave it then.
  const ContactTerms terms{*queue,
                           live.arrival_ms - detail.rank_key_ms -
                               BoostInRing((*queue)->later, detail.ring)};
  std::uint32_t requirement_class = 0;
  std::uint32_t lane = 0;
  std::shared_ptr<const ContactRings> rings;
  absl::Status status = CompileWithRings(detail.spec, terms, &requirement_class,
                                         &lane, &rings, restoration.call);
  if (!status.ok()) return status;
  if (rings != nullptr) lane = rings->LaneOf(live.ring);
  const std::optional<std::uint32_t> slot = contact_slots_.Take();
  RELAIS_CHECK(slot.has_value(), "contacts were counted before");
  // A return takes one tag, what waits where it came none but its own.
  const bool ending =
      live.state == ContactState::kReserved && live.agent_id.empty();
  const bool waiting = live.state == ContactState::kWaiting || ending;
  const bool returned = waiting && live.placed;
  const ContactHandle contact = OpenRecord(
      *slot, detail.spec, {detail.fingerprint[0], detail.fingerprint[1]}, terms,
      rings, requirement_class, lane, live.arrival_ms,
      live.version - (returned ? 2 : 1));
  ContactRecord& record = contacts_[*slot];
  record.at_once.store(live.at_once, std::memory_order_relaxed);
  record.ring = live.ring;
  record.over_share = live.over_share;
  if (live.placed) {
    record.rank_key = live.rank_key_ms;
    record.arrival_sequence = live.arrival_sequence;
  }
  ContactShard& shard = ShardFor(id);
  {
    MutexLock lock(shard.mutex);
    shard.live.emplace(id, *slot);
  }
  FiguresOf(*terms.queue).alive.fetch_add(1, std::memory_order_relaxed);
  events_.ContinueContact(contact, live.version, live.ring);
  record.told_tag.store(contact.base_tag + live.version,
                        std::memory_order_relaxed);
  if (ending) restoration.to_end.push_back(contact);
  if (waiting) {
    RestoreWaiting(live, contact, lane, restoration);
  } else {
    RestoreHeld(live, contact, lane, restoration);
  }
  RestoreDeclines(live, contact, restoration);
  return absl::OkStatus();
}

void RouterImpl::RestoreWaiting(const LiveContact& live, ContactHandle contact,
                                std::uint32_t lane, Restoration& restoration) {
  const QueueTerms& terms = *contacts_[contact.slot].terms;
  FiguresOf(terms).waiting.fetch_add(1, std::memory_order_relaxed);
  const ContactWord opened = matcher_.Contact(contact.slot);
  match::Result result = match::Result::kOk;
  // One that is to be ended waits anywhere.
  const bool held_back =
      live.state == ContactState::kWaiting && !live.held_for.empty();
  const std::uint32_t agent =
      held_back ? restoration.agent_slots.at(live.held_for) : Hold::kNobody;
  if (held_back) {
    lane = matcher_.OwnLane(agent);
    RestoreHold(live, contact, agent, restoration);
  }
  if (live.placed) {
    ContactWord held;
    ContactWord waiting;
    result = matcher_.Hold(contact.slot, opened, KindOf(live),
                           ContactPhase::kReserved, 0, 0, &held);
    RELAIS_CHECK(result == match::Result::kOk, "a contact of its own slot");
    result = matcher_.Return(contact.slot, held,
                             {lane, live.rank_key_ms, live.arrival_sequence},
                             &waiting);
  } else if (held_back) {
    result = matcher_.SubmitHeld(
        contact.slot, opened, agent, KindOf(live), live.detail->rank_key_ms,
        live.detail->arrival_sequence, restoration.call);
  } else {
    result = matcher_.Submit(
        contact.slot, opened,
        {lane, live.detail->rank_key_ms, live.detail->arrival_sequence},
        restoration.call);
  }
  RELAIS_CHECK(result == match::Result::kOk, "a contact found no place");
  const ContactWord waiting = matcher_.Contact(contact.slot);
  RELAIS_CHECK(VersionOf(waiting, contact) == live.version,
               "a contact with another version");
  if (held_back) {
    ArmHold(agent, contact, waiting, restoration.call);
    return;
  }
  const ContactRings* rings = contacts_[contact.slot].rings.get();
  SetWaitDeadline(terms, rings, live.ring, live.arrival_ms, contact.slot,
                  waiting, restoration.call);
  match::Position place;
  RELAIS_CHECK(matcher_.PositionOf(contact.slot, waiting, &place),
               "nothing takes a contact yet");
  if (rings != nullptr) {
    EnterRing(*rings, live.ring, contact.slot, waiting, place.sequence);
  }
}

// Entered in its agent's record, as by BeginHold.
void RouterImpl::RestoreHold(const LiveContact& live, ContactHandle contact,
                             std::uint32_t slot, Restoration& restoration) {
  const ContactRecord& record = contacts_[contact.slot];
  const ToMove move = ToMoveOf(record, contact, EventType::kContactHoldEnded,
                               restoration.now_ms);
  AgentRecord& agent = agents_[slot];
  MutexLock lock(agent.mutex);
  const std::uint64_t tag = contact.base_tag + live.version;
  WaitingHeld& held = agent.waiting[{contact.slot, tag}];
  held = HeldBy(move, contact, tag);
  held.sequence =
      live.placed ? live.arrival_sequence : live.detail->arrival_sequence;
  held.since_ms = live.held_since_ms;
  held.until_ms = live.held_until_ms;
}

void RouterImpl::RestoreHeld(const LiveContact& live, ContactHandle contact,
                             std::uint32_t lane, Restoration& restoration) {
  const bool assigned = live.state == ContactState::kAssigned;
  const std::uint32_t slot = restoration.agent_slots.at(live.agent_id);
  const ContactRecord& record = contacts_[contact.slot];
  const QueueTerms& terms = *record.terms;
  std::uint32_t units = 0;
  {
    AgentRecord& agent = agents_[slot];
    MutexLock lock(agent.mutex);
    const Holding* holding = agent.held.Find(record.id.view(), live.attempt);
    RELAIS_CHECK(holding != nullptr, "held by an agent who does not hold it");
    units = holding->units;
  }
  ContactWord word;
  const match::Result result = matcher_.Hold(
      contact.slot, matcher_.Contact(contact.slot), KindOf(live),
      assigned ? ContactPhase::kAssigned : ContactPhase::kReserved, slot, units,
      &word);
  RELAIS_CHECK(result == match::Result::kOk, "more units than there are");
  QueueFigures& figures = FiguresOf(terms);
  (assigned ? figures.assigned : figures.reserved)
      .fetch_add(1, std::memory_order_relaxed);
  Event event =
      ContactEvent(EventType::kReservationCreated, record, contact,
                   live.attempt, ContactState::kReserved, restoration.now_ms);
  event.rank_key_ms = live.rank_key_ms;
  event.arrival_sequence = live.arrival_sequence;
  event.attempt = live.attempt;
  event.lane = lane;
  event.ring = live.ring;
  event.requirement_class = record.rings == nullptr
                                ? record.requirement_class
                                : (*record.rings)[live.ring].requirement_class;
  if (!live.held_for.empty()) {
    event.lane = matcher_.OwnLane(slot);
    event.held_for.Assign(live.held_for);
  }
  event.fit_step = live.fit_step;
  event.tutor_id.Assign(live.tutor_id);
  bool interrupted = false;
  {
    AgentRecord& agent = agents_[slot];
    MutexLock lock(agent.mutex);
    event.profile_class = classes_.ClassOf(agent.profile);
    event.units = static_cast<std::uint8_t>(units);
    Holding* holding = agent.held.Find(record.id.view(), live.attempt);
    holding->contact = contact;
    holding->reserved_tag = contact.base_tag + live.attempt;
    holding->terms = record.terms;
    interrupted = holding->interrupted;
    FillAgent(agent, slot, &event);
    event.idle_since_ms = live.idle_since_ms;
    holding->reservation = event;
    decision_log_.WriteRestored(event, terms.slot);
  }
  if (interrupted) return;  // its lease begins when it is resumed
  if (assigned) {
    SetDeadline(contact.slot, word.tag(),
                live.accepted_ms + terms.queue.handling_lease_ms, word.tag(),
                restoration.call);
  } else if (live.offer_expires_ms > 0) {
    SetDeadline(
        contact.slot, word.tag(),
        std::max(live.offer_expires_ms, restoration.now_ms + reconnect_ms_),
        word.tag(), restoration.call);
  } else {
    restoration.to_accept.emplace_back(contact, word);
  }
}

void RouterImpl::RestoreDeclines(const LiveContact& live, ContactHandle contact,
                                 Restoration& restoration) {
  for (const LiveDecline& decline : live.declines) {
    const auto slot = restoration.agent_slots.find(decline.agent_id);
    if (slot == restoration.agent_slots.end() ||
        decline.until_ms <= restoration.now_ms) {
      continue;
    }
    const DeclineTable::Added declined =
        declines_.Add(contact, slot->second, decline.until_ms);
    matcher_.SetExclusion(contact.slot, declined.added.cell, slot->second,
                          declined.added.number);
    KeepUntil(declined, decline.until_ms, restoration.call);
  }
}

}  // namespace relais
