// Rings: where a waiting contact belongs, and its way there.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lib/domain/bullseye_plan.h"
#include "lib/engine/router_impl.h"
#include "lib/policy/rank_key.h"

namespace relais {

using match::ContactPhase;
using match::ContactWord;

absl::StatusOr<std::shared_ptr<const RingClasses>> RouterImpl::MakeRings(
    const QueueTerms& terms, Channel channel, const ContactSpec* spec,
    Call& call) {
  std::vector<RingClasses::Ring> rings;
  absl::Status status;
  for (std::size_t i = 0; i <= terms.later.size(); ++i) {
    CompiledRequirement own;
    if (spec != nullptr) {
      own = CompileRequirement(
          channel, RequirementInRing(spec->requirement, terms.later, i));
      own.tutor_may_listen = spec->tutor_may_listen;
    }
    CompiledRequirement asks =
        terms.RequirementOf(channel, terms.InRing(i), own);
    asks.drains =
        static_cast<ChannelSet>(DrainInRing(terms.later, i) & ~SetOf(channel));
    const auto acquired = classes_.AcquireRequirement(
        asks, [this, &call](std::uint32_t agent) { TellAgain(agent, call); });
    if (!acquired.ok()) {
      status = acquired.status();
      break;
    }
    rings.push_back({*acquired, i == 0 ? 0 : terms.later[i - 1].widen_after_ms,
                     BoostInRing(terms.later, i),
                     SkipConditionOf(terms.plan, terms.later, i)});
  }
  // Also gives back what was acquired if one was too many.
  auto made = std::make_shared<const RingClasses>(std::move(rings), &classes_,
                                                  rings_watch_.get());
  if (!status.ok()) return status;
  return made;
}

absl::Status RouterImpl::AddRings(const BullseyePlan& plan,
                                  std::vector<ContactQueue> ring_queues,
                                  QueueTerms* terms, Call& call) {
  if (plan.name.empty()) return absl::OkStatus();
  terms->plan = plan;
  terms->ring_queues = std::move(ring_queues);
  for (const ContactQueue& queue : terms->ring_queues) {
    UseOrder(queue.agent_choice.order, call);
  }
  // There no credit counts. What is kept of the contact says so, too.
  if (terms->contact_choice == ContactChoice::kStrict) {
    for (BullseyeRing& ring : terms->plan.rings) ring.raise_boost_ms = 0;
  }
  terms->later =
      LaterRings(terms->plan, terms->queue.service_level.threshold_ms);
  for (int i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (!Contains(terms->queue.channels, channel)) continue;
    auto rings = MakeRings(*terms, channel, nullptr, call);
    if (!rings.ok()) return rings.status();
    terms->rings[static_cast<std::size_t>(i)] = *std::move(rings);
  }
  return absl::OkStatus();
}

absl::Status RouterImpl::FindRings(const ContactSpec& spec,
                                   const ContactTerms& terms,
                                   std::shared_ptr<const ContactRings>* rings,
                                   Call& call) {
  const QueueTerms& queue = *terms.queue;
  if (queue.plan.name.empty()) return absl::OkStatus();
  std::shared_ptr<const RingClasses> classes =
      queue.rings[static_cast<std::size_t>(spec.channel)];
  if (!spec.requirement.empty() || spec.tutor_may_listen) {
    auto own = MakeRings(queue, spec.channel, &spec, call);
    if (!own.ok()) return own.status();
    classes = *std::move(own);
  }
  auto found = ContactRings::Make(std::move(classes), terms.boost_ms);
  if (!found.ok()) return found.status();
  *rings = *std::move(found);
  return absl::OkStatus();
}

absl::Status RouterImpl::CompileWithRings(
    const ContactSpec& spec, const ContactTerms& terms,
    std::uint32_t* requirement_class, std::uint32_t* lane,
    std::shared_ptr<const ContactRings>* rings, Call& call) {
  absl::Status status =
      CompileContact(spec, terms, requirement_class, lane, call);
  if (!status.ok()) return status;
  status = FindRings(spec, terms, rings, call);
  if (!status.ok()) classes_.ReleaseRequirement(*requirement_class);
  return status;
}

match::Position RouterImpl::PlaceNew(const ContactTerms& terms,
                                     const ContactRings* rings,
                                     std::uint32_t lane, Event* submitted) {
  // relaxed: a number; who publishes first in a lane stands first there.
  const std::uint64_t sequence =
      arrivals_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (rings == nullptr) {
    return {lane, policy::RankKey(submitted->arrival_ms, terms.boost_ms),
            sequence};
  }
  const std::size_t ring = rings->RingAfter(0, 0);
  submitted->ring = static_cast<std::uint8_t>(ring);
  return PlaceIn(*rings, ring, submitted->arrival_ms, sequence);
}

void RouterImpl::SetMoves(ContactHandle contact,
                          std::shared_ptr<const ContactRings> rings,
                          std::shared_ptr<const PreferredAgents> preferred) {
  ContactRecord& record = contacts_[contact.slot];
  const bool moves = rings != nullptr || preferred != nullptr;
  if (!moves && record.rings == nullptr && record.preferred == nullptr) return;
  if (!moves && record.rings != nullptr && record.rings->watched()) {
    rings_watch_->Leave(contact.slot);
  }
  {
    MutexLock lock(RingsMutex(contact.slot));
    record.rings_of = moves ? contact.base_tag : 0;
    record.rings.swap(rings);
    record.preferred.swap(preferred);
  }
  // What was there before gives its classes back without the lock.
}

void RouterImpl::CloseUnused(ContactHandle contact,
                             std::uint32_t requirement_class) {
  ContactWord ended;
  matcher_.End(contact.slot, matcher_.Contact(contact.slot), &ended);
  SetMoves(contact, nullptr, nullptr);
  classes_.ReleaseRequirement(requirement_class);
  contacts_[contact.slot].terms.reset();
  contact_slots_.Free(contact.slot);
}

match::Position RouterImpl::PlaceIn(const ContactRings& rings, std::size_t ring,
                                    InstantMs arrival_ms,
                                    std::uint64_t sequence) {
  return {rings.LaneOf(ring), policy::RankKey(arrival_ms, rings.BoostIn(ring)),
          sequence};
}

bool RouterImpl::Widen(ContactHandle contact, ContactWord word, Call& call) {
  std::optional<ToMove> read =
      ReadToMove(contact, EventType::kContactWidened, call.now_ms());
  match::Position from;
  if (!read.has_value() || read->rings == nullptr ||
      !matcher_.PositionOf(contact.slot, word, &from) || IsOwnLane(from.lane)) {
    return false;
  }
  const ContactRings& rings = *read->rings;
  Event& event = read->event;
  const std::size_t before = rings.RingOf(from.lane);
  const std::size_t ring =
      rings.RingAfter(before, call.now_ms() - event.arrival_ms);
  if (ring == before) return true;  // somebody has signed in meanwhile
  const match::Position to =
      PlaceIn(rings, ring, event.arrival_ms, from.sequence);
  const std::uint8_t drains = matcher_.DrainsOfLane(from.lane);
  ContactWord waiting;
  if (matcher_.Move(contact.slot, word, to, &waiting) != match::Result::kOk) {
    return false;
  }
  event.contact_version = VersionOf(waiting, contact);
  event.rank_key_ms = to.key;
  event.arrival_sequence = to.sequence;
  event.ring = static_cast<std::uint8_t>(ring);
  event.lane = to.lane;
  event.requirement_class = rings[ring].requirement_class;
  call.Push(event);
  SetWaitDeadline(*read->terms, &rings, ring, event.arrival_ms, contact.slot,
                  waiting, call);
  EnterRing(rings, ring, contact.slot, waiting, to.sequence);
  matcher_.LookForContact(contact.slot, waiting, call);
  matcher_.LookAfterDrain(drains, call);
  return true;
}

match::Position RouterImpl::WidenReturned(const ContactRings* rings,
                                          Event* event) {
  const match::Position before{event->lane, event->rank_key_ms,
                               event->arrival_sequence};
  if (rings == nullptr) return before;
  const std::size_t ring =
      rings->RingAfter(event->ring, event->at_ms - event->arrival_ms);
  if (ring == event->ring) return before;
  const match::Position place =
      PlaceIn(*rings, ring, event->arrival_ms, event->arrival_sequence);
  event->ring = static_cast<std::uint8_t>(ring);
  event->lane = place.lane;
  event->requirement_class = (*rings)[ring].requirement_class;
  event->rank_key_ms = place.key;
  return place;
}

void RouterImpl::WaitAgain(const QueueTerms& terms, const ContactRings* rings,
                           const Hold& hold, const Event& returned,
                           ContactWord waiting, Call& call) {
  FiguresOf(terms).reserved.fetch_sub(1, std::memory_order_relaxed);
  FiguresOf(terms).waiting.fetch_add(1, std::memory_order_relaxed);
  if (hold.held()) {
    ArmHold(hold.agent, returned.contact, waiting, call);
    return;
  }
  const std::uint32_t slot = returned.contact.slot;
  SetWaitDeadline(terms, rings, returned.ring, returned.arrival_ms, slot,
                  waiting, call);
  if (rings == nullptr) return;
  EnterRing(*rings, returned.ring, slot, waiting, returned.arrival_sequence);
}

void RouterImpl::EnterRing(const ContactRings& rings, std::size_t ring,
                           std::uint32_t slot, ContactWord waiting,
                           std::uint64_t sequence) {
  if (!rings.watched()) return;
  rings_watch_->Enter({rings[ring].requirement_class, rings[ring].skip_if},
                      {sequence, slot, waiting.tag()},
                      [&] { return matcher_.Contact(slot) == waiting; });
}

void RouterImpl::EnterFirstRing(const ContactRings& rings, std::size_t ring,
                                ContactHandle contact) {
  const ContactWord word = matcher_.Contact(contact.slot);
  match::Position place;
  // Whoever has taken it meanwhile tells where it waits when it returns.
  if (rings.watched() && word.phase() == ContactPhase::kWaiting &&
      word.tag() == contact.base_tag + 1 &&
      matcher_.PositionOf(contact.slot, word, &place)) {
    EnterRing(rings, ring, contact.slot, word, place.sequence);
  }
}

void RouterImpl::SetWaitDeadline(const QueueTerms& terms,
                                 const ContactRings* rings, std::size_t ring,
                                 InstantMs arrival_ms, std::uint32_t slot,
                                 ContactWord waiting, Call& call) {
  const DurationMs limit_ms = terms.queue.wait_limit_ms;
  const DurationMs next_ms = rings != nullptr && ring + 1 < rings->size()
                                 ? (*rings)[ring + 1].after_ms
                                 : 0;
  const DurationMs first_ms = limit_ms == 0 || next_ms == 0
                                  ? limit_ms + next_ms
                                  : std::min(limit_ms, next_ms);
  if (first_ms > 0) {
    SetDeadline(slot, waiting.tag(), arrival_ms + first_ms, waiting.tag(),
                call);
  } else {
    deadlines_.Cancel(slot, waiting.tag());
  }
}

// Of the deadlines of a waiting contact that of its wait limit counts first.
void RouterImpl::WaitingDue(ContactHandle contact, ContactWord word,
                            Call& call) {
  match::Position place;
  if (!matcher_.PositionOf(contact.slot, word, &place)) return;
  const std::optional<ToMove> read =
      ReadToMove(contact, EventType::kContactWidened, call.now_ms());
  if (read.has_value()) {
    const DurationMs limit_ms = read->terms->queue.wait_limit_ms;
    if (limit_ms == 0 || call.now_ms() < read->event.arrival_ms + limit_ms) {
      if (IsOwnLane(place.lane)) {
        HoldDue(contact, word, AgentOfLane(place.lane), call);
      } else {
        Widen(contact, word, call);
      }
      return;
    }
  }
  std::uint64_t version = 0;
  CancelWaiting(contact, word, EndReason::kWaitLimit, call, &version);
}

bool RouterImpl::SkipOne(Call& call) {
  RingWatch::Waiter waiter;
  while (rings_watch_->First(&waiter)) {
    const ContactWord word = matcher_.Contact(waiter.slot);
    if (word.phase() == ContactPhase::kWaiting && word.tag() == waiter.tag) {
      const ContactHandle contact{
          waiter.slot,
          contacts_[waiter.slot].base_tag.load(std::memory_order_acquire)};
      if (Widen(contact, word, call)) return true;
    }
    rings_watch_->Drop(waiter);
  }
  return false;
}

}  // namespace relais
