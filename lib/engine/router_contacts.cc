// Contacts: submit, cancel, complete, and what their end leaves behind.

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/assert.h"
#include "lib/domain/bullseye_plan.h"
#include "lib/domain/error.h"
#include "lib/domain/requirement_content.h"
#include "lib/domain/validate_contact.h"
#include "lib/engine/router_impl.h"
#include "lib/policy/contact_choice.h"
#include "lib/policy/rank_key.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

// Each introduces what later versions know of a contact, and only if it is not
// what earlier ones meant: so a content that they had has the same fingerprint,
// whoever wrote it down. No count and no size is negative.
constexpr std::int64_t kWholeRequirement = -1;
constexpr std::int64_t kTutorMayListen = -2;
constexpr std::int64_t kSegment = -3;
constexpr std::int64_t kPreferred = -4;

Fingerprint ContentOf(const ContactSpec& spec) {
  FingerprintBuilder builder;
  builder.Add(spec.queue)
      .AddNumber(static_cast<int>(spec.channel))
      .AddNumber(spec.priority)
      .AddNumber(static_cast<std::int64_t>(spec.requirement.all_of.size()));
  for (const RequirementTerm& term : spec.requirement.all_of) {
    builder.Add(term.skill).AddNumber(term.level_min);
  }
  for (const auto& [key, value] : spec.attributes) {
    builder.Add(key).Add(value);
  }
  if (!IsSkillsAtOrAbove(spec.requirement)) {
    AddContent(spec.requirement, &builder.AddNumber(kWholeRequirement));
  }
  if (spec.tutor_may_listen) builder.AddNumber(kTutorMayListen);
  if (!spec.segment.empty()) builder.AddNumber(kSegment).Add(spec.segment);
  if (!spec.preferred.empty()) {
    builder.AddNumber(kPreferred)
        .AddNumber(static_cast<int>(spec.preferred.source))
        .AddNumber(spec.preferred.reply_by_ms);
    for (const std::string& agent : spec.preferred.agents) builder.Add(agent);
  }
  return builder.Finish();
}

EventDetail DetailOf(const ContactSpec& spec, const QueueTerms& terms,
                     const Fingerprint& content, const match::Position& place,
                     const Event& submitted) {
  return {std::make_shared<const ContactDetail>(
              ContactDetail{spec,
                            terms.queue,
                            {content.high, content.low},
                            place.key,
                            place.sequence,
                            terms.ranked,
                            terms.plan,
                            submitted.ring,
                            terms.ring_queues}),
          nullptr, nullptr};
}

absl::Status Full(std::string_view limit, std::uint64_t value,
                  std::string_view what) {
  return FieldError(
      absl::StatusCode::kResourceExhausted, limit,
      absl::StrCat(value, " ", absl::string_view(what.data(), what.size())));
}

absl::Status HasEnded() {
  return FieldError(absl::StatusCode::kFailedPrecondition, "contact_id",
                    "has ended");
}

}  // namespace

ContactShard& RouterImpl::ShardFor(std::string_view id) const {
  return contact_shards_[RetainedIds::ShardOf(id)];
}

std::optional<absl::StatusOr<SubmitOutcome>> RouterImpl::KnownId(
    const ContactShard& shard, const std::string& id,
    const Fingerprint& content) const {
  SubmitOutcome outcome;
  Fingerprint known;
  const auto live = shard.live.find(id);
  if (live != shard.live.end()) {
    const ContactRecord& record = contacts_[live->second];
    known = record.content;
    outcome.contact = {live->second,
                       record.base_tag.load(std::memory_order_acquire)};
    outcome.arrival_ms = record.arrival_ms.load(std::memory_order_relaxed);
    outcome.at_once = record.at_once.load(std::memory_order_relaxed);
  } else {
    const std::optional<RetainedId> retained = retained_.Find(id);
    if (!retained.has_value()) return std::nullopt;
    known = retained->content;
    outcome = retained->outcome;
  }
  if (known != content) {
    return FieldError(absl::StatusCode::kAlreadyExists, "contact.id",
                      absl::StrCat(Quoted(id),
                                   " was submitted with other content; a new "
                                   "contact needs a new id"));
  }
  outcome.repeated = true;
  return outcome;
}

// The record of a new contact; nobody else sees the slot yet.
ContactHandle RouterImpl::OpenRecord(
    std::uint32_t slot, const ContactSpec& spec, const Fingerprint& content,
    ContactTerms terms, std::shared_ptr<const ContactRings> rings,
    std::uint32_t requirement_class, std::uint32_t lane, InstantMs now_ms,
    std::uint64_t skip) {
  ContactRecord& record = contacts_[slot];
  const ContactHandle handle{slot, matcher_.OpenAt(slot, skip).tag() - skip};
  record.id.Assign(spec.id);
  record.channel = spec.channel;
  record.priority = static_cast<std::uint8_t>(spec.priority);
  record.requirement_class = requirement_class;
  record.boost_ms = terms.boost_ms;
  record.segment = spec.segment;
  record.content = content;
  record.requirement = spec.requirement;
  record.tutor_may_listen = spec.tutor_may_listen;
  record.attributes = spec.attributes;
  record.lane = lane;
  record.over_share = false;
  record.rank_key = 0;
  record.arrival_sequence = 0;
  record.ring = 0;
  record.ended_unregistered = false;
  record.end_reason = EndReason::kNone;
  record.at_once.store(false, std::memory_order_relaxed);
  record.arrival_ms.store(now_ms, std::memory_order_relaxed);
  record.queue_slot.store(terms.queue->slot, std::memory_order_relaxed);
  record.terms = std::move(terms.queue);
  SetMoves(handle, std::move(rings),
           spec.preferred.empty()
               ? nullptr
               : std::make_shared<const PreferredAgents>(spec.preferred));
  record.base_tag.store(handle.base_tag, std::memory_order_release);
  return handle;
}

absl::StatusOr<SubmitOutcome> RouterImpl::Submit(const ContactSpec& spec,
                                                 InstantMs now_ms) {
  absl::Status status = ValidateContactSpec(spec);
  if (!status.ok()) return status;
  const Fingerprint content = ContentOf(spec);
  ContactShard& shard = ShardFor(spec.id);
  Call call(*this, now_ms);
  std::shared_ptr<const CompiledConfiguration> configuration;
  {
    MutexLock lock(shard.mutex);
    if (auto known = KnownId(shard, spec.id, content)) {
      if (known->ok()) (*known)->ticket = call.ticket();
      return *std::move(known);
    }
    configuration = shard.configuration;
  }
  const auto terms = FindTerms(spec, configuration.get());
  if (!terms.ok()) return terms.status();
  status = CheckNow(now_ms);
  if (!status.ok()) return status;
  if (!call.Reserve(EventPurpose::kNew)) {
    return Full("limits.pending_events", limits_.pending_events,
                "events wait to be taken; try again later");
  }
  const std::optional<std::uint32_t> slot = contact_slots_.Take();
  if (!slot.has_value()) {
    return Full("limits.contacts", limits_.contacts,
                "contacts are alive; try again when some have ended");
  }
  std::uint32_t requirement_class = 0;
  std::uint32_t lane = 0;
  std::shared_ptr<const ContactRings> rings;
  status =
      CompileWithRings(spec, *terms, &requirement_class, &lane, &rings, call);
  if (!status.ok()) {
    contact_slots_.Free(*slot);
    return status;
  }
  const ContactHandle handle = OpenRecord(*slot, spec, content, *terms, rings,
                                          requirement_class, lane, now_ms, 0);
  Event submitted = ContactEvent(EventType::kContactSubmitted, contacts_[*slot],
                                 handle, 1, ContactState::kWaiting, now_ms);
  match::Position place = PlaceNew(*terms, rings.get(), lane, &submitted);
  const Hold hold = HoldNew(&place, &submitted);
  EventDetail detail;
  if (wants_details_) {
    detail = DetailOf(spec, *terms->queue, content, place, submitted);
  }
  std::optional<absl::StatusOr<SubmitOutcome>> known;
  {
    MutexLock lock(shard.mutex);
    // Another submit of the same id may have come between.
    known = KnownId(shard, spec.id, content);
    if (!known.has_value()) {
      shard.live.emplace(spec.id, *slot);
      // Before the contact can be seen by others, and its id be known to them.
      call.HandOver(submitted, std::move(detail));
    }
  }
  if (known.has_value()) {
    GiveUpHold(hold, handle.slot, call);
    CloseUnused(handle, requirement_class);
    if (known->ok()) (*known)->ticket = call.ticket();
    return *std::move(known);
  }
  call.Notify();
  return Bring(submitted, place, hold, *terms->queue, rings.get(), call);
}

SubmitOutcome RouterImpl::Bring(const Event& submitted,
                                const match::Position& place, const Hold& hold,
                                const QueueTerms& terms,
                                const ContactRings* rings, Call& call) {
  const ContactHandle contact = submitted.contact;
  QueueFigures& figures = FiguresOf(terms);
  figures.alive.fetch_add(1, std::memory_order_relaxed);
  figures.waiting.fetch_add(1, std::memory_order_relaxed);
  figures.offered_total.fetch_add(1, std::memory_order_relaxed);
  const ContactWord will_wait(ContactPhase::kWaiting, 0, contact.base_tag + 1);
  if (!hold.held() && (terms.queue.wait_limit_ms > 0 || rings != nullptr)) {
    SetWaitDeadline(terms, rings, submitted.ring, call.now_ms(), contact.slot,
                    will_wait, call);
  }
  call.set_submitted(contact);
  const ContactWord brought(ContactPhase::kNew, 0, contact.base_tag);
  const match::Result result =
      hold.held()
          ? matcher_.SubmitHeld(contact.slot, brought, hold.agent,
                                static_cast<std::uint8_t>(submitted.channel),
                                place.key, place.sequence, call)
          : matcher_.Submit(contact.slot, brought, place, call);
  RELAIS_CHECK(result == match::Result::kOk, "a new contact found no place");
  if (hold.held()) {
    ArmHold(hold.agent, contact, will_wait, call);
    EndIfLost(hold.agent, contact, will_wait, call);
  } else if (rings != nullptr) {
    EnterFirstRing(*rings, submitted.ring, contact);
  }
  SubmitOutcome outcome;
  outcome.contact = contact;
  outcome.arrival_ms = call.now_ms();
  outcome.at_once = call.at_once();
  outcome.ticket = call.ticket();
  return outcome;
}

Event RouterImpl::ContactEvent(EventType type, const ContactRecord& record,
                               ContactHandle contact, std::uint64_t version,
                               ContactState state, InstantMs at_ms) const {
  Event event;
  event.type = type;
  event.at_ms = at_ms;
  event.configuration_version =
      configuration_version_.load(std::memory_order_relaxed);
  event.contact_id = record.id;
  event.contact = contact;
  event.contact_version = version;
  event.contact_state = state;
  event.queue.Assign(record.terms->queue.name);
  event.channel = record.channel;
  event.priority = record.priority;
  event.arrival_ms = record.arrival_ms.load(std::memory_order_relaxed);
  return event;
}

absl::StatusOr<ContactWord> RouterImpl::WordOf(ContactHandle contact) const {
  // Made only where it is needed: a message costs more than the rest.
  const auto unknown = [] {
    return FieldError(absl::StatusCode::kNotFound, "contact_id",
                      "no contact was ever given this handle");
  };
  if (contact.slot >= limits_.contacts || contact.base_tag == 0) {
    return unknown();
  }
  const ContactRecord& record = contacts_[contact.slot];
  const ContactWord word = matcher_.Contact(contact.slot);
  // Read after the word: if the slot has a new owner, the word is outdated and
  // every compare-and-swap from it fails.
  const std::uint64_t base = record.base_tag.load(std::memory_order_acquire);
  if (contact.base_tag > base) return unknown();
  if (contact.base_tag < base) return HasEnded();
  switch (word.phase()) {
    case ContactPhase::kNew:
      // Only a repeated submit can know it before the first is answered.
      return FieldError(absl::StatusCode::kFailedPrecondition, "contact_id",
                        "is still being submitted; try again");
    case ContactPhase::kFree:
    case ContactPhase::kEnded:
      return HasEnded();
    case ContactPhase::kWaiting:
    case ContactPhase::kReserved:
    case ContactPhase::kAssigned:
      break;
  }
  return word;
}

absl::StatusOr<Outcome> RouterImpl::Cancel(ContactHandle contact,
                                           EndReason reason, InstantMs now_ms) {
  if (reason != EndReason::kAbandoned && reason != EndReason::kCancelled) {
    return FieldError(absl::StatusCode::kInvalidArgument, "reason",
                      "must be abandoned or cancelled");
  }
  const absl::Status status = CheckNow(now_ms);
  if (!status.ok()) return status;
  Call call(*this, now_ms);
  for (;;) {
    const auto word = WordOf(contact);
    if (!word.ok()) return word.status();
    if (word->phase() == ContactPhase::kAssigned) {
      return FieldError(absl::StatusCode::kFailedPrecondition, "contact_id",
                        "is in handling; complete it instead");
    }
    const absl::Status room = call.ReserveExisting();
    if (!room.ok()) return room;
    std::uint64_t version = 0;
    const bool ended =
        word->phase() == ContactPhase::kWaiting
            ? CancelWaiting(contact, *word, reason, call, &version)
            : CancelReserved(contact, *word, reason, call, &version);
    if (ended) return Outcome{version, call.ticket()};
  }
}

bool RouterImpl::CancelWaiting(ContactHandle contact, ContactWord word,
                               EndReason reason, Call& call,
                               std::uint64_t* version) {
  // Where it waits, which its record tells only when it was reserved.
  match::Position position;
  ContactWord ended;
  if (!matcher_.PositionOf(contact.slot, word, &position)) return false;
  // While it waits its lane is its class's.
  const std::uint8_t drains = matcher_.DrainsOfLane(position.lane);
  if (matcher_.End(contact.slot, word, &ended) != match::Result::kOk) {
    return false;
  }
  *version = VersionOf(ended, contact);
  ContactRecord& record = contacts_[contact.slot];
  const bool held = IsOwnLane(position.lane);
  if (held) {
    ForgetHold(AgentOfLane(position.lane), contact.slot, word.tag());
  } else if (record.rings != nullptr) {
    record.ring =
        static_cast<std::uint8_t>(record.rings->RingOf(position.lane));
  }
  Event event = ContactEvent(EventType::kContactEnded, record, contact,
                             *version, ContactState::kEnded, call.now_ms());
  event.end_reason = reason;
  event.rank_key_ms = record.rank_key;
  event.arrival_sequence = record.arrival_sequence;
  event.ring = record.ring;
  call.Push(event);
  QueueFigures& figures = FiguresOf(*record.terms);
  figures.waiting.fetch_sub(1, std::memory_order_relaxed);
  if (reason == EndReason::kAbandoned) {
    figures.abandoned_total.fetch_add(1, std::memory_order_relaxed);
  }
  FreeContact(contact, *version, reason, call.now_ms(), call);
  matcher_.LookAfterDrain(drains, call);
  if (held) RemoveAgentIfLeft(AgentOfLane(position.lane), call);
  return true;
}

bool RouterImpl::CancelReserved(ContactHandle contact, ContactWord word,
                                EndReason reason, Call& call,
                                std::uint64_t* version) {
  ContactWord ended;
  if (matcher_.End(contact.slot, word, &ended) != match::Result::kOk) {
    return false;
  }
  *version = VersionOf(ended, contact);
  ContactRecord& record = contacts_[contact.slot];
  QueueFigures& figures = FiguresOf(*record.terms);
  AgentRecord& agent = agents_[word.ref()];
  Event event = ContactEvent(EventType::kContactEnded, record, contact,
                             *version, ContactState::kEnded, call.now_ms());
  event.end_reason = reason;
  Event rescinded;
  AgentUpdate update;
  bool registered = false;
  {
    MutexLock lock(agent.mutex);
    event.rank_key_ms = record.rank_key;
    event.arrival_sequence = record.arrival_sequence;
    event.ring = record.ring;
    const Holding* holding =
        agent.used ? agent.held.Find(contact, word.tag()) : nullptr;
    registered = holding != nullptr && holding->state == WorkState::kReserved;
    if (registered) {
      const std::uint32_t units = holding->units;
      rescinded = RescindedByEnd(agent, *holding, reason, call.now_ms());
      update = NextUpdate(agent, word.ref(), units);
    } else {
      record.ended_unregistered = true;
      record.end_reason = reason;
      record.ended_ms = call.now_ms();
    }
  }
  call.Push(event);
  figures.reserved.fetch_sub(1, std::memory_order_relaxed);
  if (reason == EndReason::kAbandoned) {
    figures.abandoned_total.fetch_add(1, std::memory_order_relaxed);
  }
  if (!registered) return true;  // the reserving thread does the rest
  call.Push(rescinded);
  decision_log_.KeepEnded(contact);
  FreeContact(contact, *version, reason, call.now_ms(), call);
  TellCore(update, call);
  RemoveAgentIfLeft(word.ref(), call);
  return true;
}

absl::StatusOr<Outcome> RouterImpl::Complete(ContactHandle contact,
                                             InstantMs now_ms) {
  const absl::Status status = CheckNow(now_ms);
  if (!status.ok()) return status;
  Call call(*this, now_ms);
  for (;;) {
    const auto word = WordOf(contact);
    if (!word.ok()) return word.status();
    if (word->phase() != ContactPhase::kAssigned) {
      return FieldError(absl::StatusCode::kFailedPrecondition, "contact_id",
                        "is not in handling; cancel it instead");
    }
    const absl::Status room = call.ReserveExisting();
    if (!room.ok()) return room;
    std::uint64_t version = 0;
    if (EndAssigned(contact, *word, EndReason::kCompleted, call, &version)) {
      return Outcome{version, call.ticket()};
    }
  }
}

bool RouterImpl::EndAssigned(ContactHandle contact, ContactWord word,
                             EndReason reason, Call& call,
                             std::uint64_t* version) {
  ContactWord ended;
  if (matcher_.End(contact.slot, word, &ended) != match::Result::kOk) {
    return false;
  }
  *version = VersionOf(ended, contact);
  const std::uint32_t slot = word.ref();
  AgentRecord& agent = agents_[slot];
  bool accepted = false, over = false, moved = false;
  Event event;
  Removal removal;
  AgentUpdate update;
  std::uint64_t wrap_up_version = 0;
  std::uint8_t place = 0;
  {
    MutexLock lock(agent.mutex);
    // Accepting raises the tag by one.
    Holding* holding = agent.held.Find(contact, word.tag() - 1);
    RELAIS_CHECK(holding != nullptr, "in handling, but not held");
    // The accepting thread has decided the contact's word but not yet come
    // here; what it would have written is written on its behalf.
    if (holding->state == WorkState::kReserved) {
      accepted = true;
      // Under the lock: the accepting thread answers when it sees this.
      call.HandOver(AcceptLocked(agent, *holding, word.tag(), call.now_ms()));
    }
    event = ReservationEvent(EventType::kContactEnded, *holding, call.now_ms());
    event.contact_version = *version;
    event.contact_state = ContactState::kEnded;
    event.end_reason = reason;
    event.fit_step = 0;
    const DurationMs wrap_up_ms = holding->terms->queue.wrap_up_ms;
    over = wrap_up_ms == 0 || holding->interrupted;  // nobody was at that
    ++agent.version;
    if (over) {
      const std::uint32_t units = holding->units;
      FinishWork(agent, *holding, call.now_ms());
      FillAgent(agent, slot, &event);
      removal = RemoveIfLeft(agent, slot, call.now_ms());
      update = NextUpdate(agent, slot, units);
    } else {
      holding->state = WorkState::kWrapUp;
      event.wrap_up_ends_ms = call.now_ms() + wrap_up_ms;
      holding->wrap_up_ends_ms = event.wrap_up_ends_ms;
      wrap_up_version = ++agent.deadline_version;
      holding->deadline_version = wrap_up_version;
      place = holding->place;
      FillAgent(agent, slot, &event);
      moved = (accepted && AcceptanceMoves(agent)) ||
              agent.served.capacity.interruptible(event.channel);
      if (moved) update = NextUpdate(agent, slot, 0);
    }
  }
  if (accepted) CountAccepted(*contacts_[contact.slot].terms);
  call.Push(event);
  FiguresOf(*contacts_[contact.slot].terms)
      .assigned.fetch_sub(1, std::memory_order_relaxed);
  if (!over) {
    SetDeadline(WrapUpDeadline(slot, place), wrap_up_version,
                event.wrap_up_ends_ms, wrap_up_version, call);
  }
  decision_log_.KeepEnded(contact);
  FreeContact(contact, *version, reason, call.now_ms(), call);
  if (removal.due) call.Push(removal.event);
  if (over || moved) TellCore(update, call);
  if (removal.due) GiveBackProfile(removal.profile, slot);
  return true;
}

void RouterImpl::FreeContact(ContactHandle contact, std::uint64_t version,
                             EndReason reason, InstantMs ended_ms, Call& call) {
  ContactRecord& record = contacts_[contact.slot];
  const auto forgotten = declines_.RemoveContact(contact.slot);
  CancelDeclineDeadlines(forgotten);
  AllowAgain(forgotten);
  deadlines_.Cancel(contact.slot, contact.base_tag + version);
  RetainedId retained;
  retained.content = record.content;
  ContactView& view = retained.view;
  view.id = std::string(record.id.view());
  view.handle = contact;
  view.queue = record.terms->queue.name;
  view.channel = record.channel;
  view.priority = record.priority;
  view.state = ContactState::kEnded;
  view.end_reason = reason;
  view.version = version;
  view.arrival_ms = record.arrival_ms.load(std::memory_order_relaxed);
  view.rank_key_ms = policy::RankKey(
      view.arrival_ms,
      record.boost_ms + BoostInRing(record.terms->later, record.ring));
  view.ring = record.ring;
  view.ended_ms = ended_ms;
  retained.outcome.contact = contact;
  retained.outcome.arrival_ms = view.arrival_ms;
  retained.outcome.at_once = record.at_once.load(std::memory_order_relaxed);
  const std::string id = view.id;
  // Remembered before it is forgotten as alive, so that a repeated submit
  // finds it in one place or the other.
  bool earlier = false;
  retained_.Remember(std::move(retained), &earlier);
  if (earlier) call.NextDueEarlier();
  ContactShard& shard = ShardFor(id);
  {
    MutexLock lock(shard.mutex);
    shard.live.erase(id);
  }
  FiguresOf(*record.terms).alive.fetch_sub(1, std::memory_order_release);
  // First: who reads what it may move on to takes a reference to its class.
  SetMoves(contact, nullptr, nullptr);
  classes_.ReleaseRequirement(record.requirement_class);
  record.terms.reset();
  record.segment.clear();
  record.requirement = {};
  record.attributes.clear();
  contact_slots_.Free(contact.slot);
}

}  // namespace relais
