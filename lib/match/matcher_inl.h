// The bodies of MatcherT: classes and contacts. Included by matcher.h only.

#ifndef RELAIS_LIB_MATCH_MATCHER_INL_H_
#define RELAIS_LIB_MATCH_MATCHER_INL_H_

#include "lib/match/matcher.h"

namespace relais::match {

// Nodes: one live entry per contact, as many dead ones before a sweep, the
// slack and the anchor of each lane, and those of the calls in flight.
// The same for idle entries, of which an agent has one per kind.
inline std::uint32_t LaneNodes(const Sizes& sizes) {
  return 2 * sizes.contacts +
         (static_cast<std::uint32_t>(kDeadSlack) + 1) * sizes.lanes +
         kKindCount * sizes.calls_in_flight;
}
inline std::uint32_t IdleNodes(const Sizes& sizes) {
  return 2 * kKindCount * sizes.agents +
         (static_cast<std::uint32_t>(kDeadSlack) + 1) * kKindCount *
             sizes.profile_classes +
         kKindCount * sizes.calls_in_flight;
}

template <template <typename> class AtomicT>
MatcherT<AtomicT>::MatcherT(const Sizes& sizes)
    : sizes_(sizes),
      contacts_(std::make_unique<ContactSlot[]>(sizes.contacts)),
      agents_(std::make_unique<AgentSlot[]>(sizes.agents)),
      fit_(std::make_unique<AtomicT<std::uint8_t>[]>(
          static_cast<std::size_t>(sizes.requirement_classes) *
          sizes.profile_classes)),
      kind_(
          std::make_unique<AtomicT<std::uint8_t>[]>(sizes.requirement_classes)),
      lane_class_(std::make_unique<AtomicT<std::uint32_t>[]>(sizes.lanes)),
      terms_count_(sizes.agents + sizes.calls_in_flight),
      terms_(std::make_unique<TermsRecord[]>(terms_count_)),
      lanes_(sizes.lanes, LaneNodes(sizes)),
      idle_(sizes.profile_classes * kKindCount, IdleNodes(sizes)) {
  RELAIS_CHECK(terms_count_ <= AgentWord::kTermsMask, "too many agents");
  // relaxed: construction happens before every use.
  for (std::uint32_t agent = 0; agent < sizes.agents; ++agent) {
    agents_[agent].word.store(AgentWord(false, 0, 0, agent, 0).bits(),
                              std::memory_order_relaxed);
  }
  for (std::uint32_t i = sizes.agents; i < terms_count_; ++i) FreeTerms(i);
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::SetRequirementClass(std::uint32_t requirement_class,
                                            std::uint8_t kind) {
  RELAIS_CHECK(requirement_class < sizes_.requirement_classes && kind < 8,
               "a requirement class or kind out of range");
  kind_[requirement_class].store(kind, std::memory_order_seq_cst);  // W2
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::SetFit(std::uint32_t requirement_class,
                               std::uint32_t profile_class, std::uint8_t fit) {
  RELAIS_CHECK(requirement_class < sizes_.requirement_classes &&
                   profile_class < sizes_.profile_classes && fit <= 8,
               "a matrix cell out of range");
  fit_[static_cast<std::size_t>(requirement_class) * sizes_.profile_classes +
       profile_class]
      .store(fit, std::memory_order_seq_cst);  // W2
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::SetProfileClass(std::uint32_t profile_class) {
  RELAIS_CHECK(profile_class < sizes_.profile_classes,
               "a profile class out of range");
  std::uint32_t count = profile_count_.load(std::memory_order_seq_cst);  // W2
  while (count <= profile_class &&
         !profile_count_.compare_exchange_weak(count, profile_class + 1,
                                               std::memory_order_seq_cst,
                                               std::memory_order_seq_cst)) {
  }
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::SetLane(std::uint32_t lane,
                                std::uint32_t requirement_class) {
  RELAIS_CHECK(
      lane < sizes_.lanes && requirement_class < sizes_.requirement_classes,
      "a lane out of range");
  // Keys of the boost to come may lie below those of the boost before.
  lanes_.Clear(lane);
  lane_class_[lane].store(requirement_class, std::memory_order_seq_cst);  // W2
  std::uint32_t count = lane_count_.load(std::memory_order_seq_cst);      // W2
  while (count <= lane && !lane_count_.compare_exchange_weak(
                              count, lane + 1, std::memory_order_seq_cst,
                              std::memory_order_seq_cst)) {
  }
}

// --- Contacts ----------------------------------------------------------------

template <template <typename> class AtomicT>
ContactWord MatcherT<AtomicT>::Open(std::uint32_t slot) {
  RELAIS_CHECK(slot < sizes_.contacts, "a contact slot out of range");
  const ContactWord word = Contact(slot);
  RELAIS_CHECK(word.phase() == ContactPhase::kFree ||
                   word.phase() == ContactPhase::kEnded,
               "opened a slot whose contact lives");
  const ContactWord opened = word.Next(ContactPhase::kNew, 0);
  contacts_[slot].word.store(opened.bits(), std::memory_order_seq_cst);  // W1
  return opened;
}

template <template <typename> class AtomicT>
NodeIndex MatcherT<AtomicT>::AllocateLaneNode(std::uint32_t lane, Entry entry) {
  NodeIndex node = lanes_.Allocate(lane, entry);
  if (node == kNoNode) {
    lanes_.SweepAll([this](const Found& found) { return JudgeContact(found); });
    node = lanes_.Allocate(lane, entry);
  }
  return node;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Submit(std::uint32_t slot, ContactWord from,
                                 std::uint32_t lane, std::int64_t key,
                                 DecisionSink& sink) {
  RELAIS_CHECK(slot < sizes_.contacts && lane < sizes_.lanes,
               "a contact slot or lane out of range");
  const NodeIndex node = AllocateLaneNode(lane, Entry(slot, from.tag() + 1));
  if (node == kNoNode) return Result::kFull;
  lanes_.AddLive(lane);
  lanes_.Append(
      lane, node, key,
      [this] { return sequence_.fetch_add(1, std::memory_order_relaxed) + 1; },
      [](std::int64_t, std::uint64_t) {});
  const ContactWord waiting = from.Next(ContactPhase::kWaiting, node);
  if (!SwapContact(slot, from, waiting)) {
    LaneEntryDied(lane);
    return Result::kStale;
  }
  LookForContact(slot, waiting, sink);
  return Result::kOk;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Publish(std::uint32_t slot, ContactWord from,
                                  const Position& position, ContactWord* now) {
  const NodeIndex node =
      AllocateLaneNode(position.lane, Entry(slot, from.tag() + 1));
  if (node == kNoNode) return Result::kFull;
  lanes_.AddLive(position.lane);
  lanes_.Insert(position.lane, node, position.key, position.sequence);
  const ContactWord waiting = from.Next(ContactPhase::kWaiting, node);
  if (!SwapContact(slot, from, waiting)) {
    LaneEntryDied(position.lane);
    return Result::kStale;
  }
  *now = waiting;
  return Result::kOk;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Return(std::uint32_t slot, ContactWord from,
                                 ContactWord* now) {
  Position position;
  if ((from.phase() != ContactPhase::kReserved &&
       from.phase() != ContactPhase::kAssigned) ||
      !PositionOf(slot, from, &position)) {
    return Result::kStale;
  }
  const Result result = Publish(slot, from, position, now);
  // A returning contact must find room: the pool holds two nodes a contact.
  RELAIS_CHECK(result != Result::kFull, "no node for a returning contact");
  return result;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Move(std::uint32_t slot, ContactWord from,
                               std::uint32_t lane, std::int64_t key,
                               ContactWord* now) {
  Position position;
  if (from.phase() != ContactPhase::kWaiting ||
      !PositionOf(slot, from, &position)) {
    return Result::kStale;
  }
  const Result result =
      Publish(slot, from, Position{lane, key, position.sequence}, now);
  if (result == Result::kOk) LaneEntryDied(position.lane);
  return result;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Accept(std::uint32_t slot, ContactWord from,
                                 ContactWord* now) {
  if (from.phase() != ContactPhase::kReserved) return Result::kStale;
  *now = from.Next(ContactPhase::kAssigned, from.ref());
  return SwapContact(slot, from, *now) ? Result::kOk : Result::kStale;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::End(std::uint32_t slot, ContactWord from,
                              ContactWord* now) {
  Position position;
  const bool waiting = from.phase() == ContactPhase::kWaiting;
  if (from.phase() == ContactPhase::kFree ||
      from.phase() == ContactPhase::kEnded ||
      (waiting && !PositionOf(slot, from, &position))) {
    return Result::kStale;
  }
  *now = from.Next(ContactPhase::kEnded, from.ref());
  if (!SwapContact(slot, from, *now)) return Result::kStale;
  if (waiting) LaneEntryDied(position.lane);
  return Result::kOk;
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::PositionOf(std::uint32_t slot, ContactWord word,
                                   Position* position) const {
  if (word.phase() == ContactPhase::kWaiting) {
    position->lane = lanes_.ListOf(word.ref());
    position->key = lanes_.KeyOf(word.ref());
    position->sequence = lanes_.SequenceOf(word.ref());
  } else {
    const ContactSlot& contact = contacts_[slot];
    // acquire <-> release in TakeBest.
    position->lane = contact.lane.load(std::memory_order_acquire);
    position->key = contact.key.load(std::memory_order_acquire);
    position->sequence = contact.sequence.load(std::memory_order_acquire);
  }
  // While the word stands the node is linked and its fields are the contact's.
  return Contact(slot) == word;
}

// A cell: | number:47 | agent + 1:17 |, 0 in the low part for nobody.
inline constexpr int kExcludedAgentBits = 17;

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::SetExclusion(std::uint32_t slot, int cell,
                                     std::uint32_t agent,
                                     std::uint64_t number) {
  RELAIS_CHECK(slot < sizes_.contacts && cell < kExclusionsMax &&
                   (agent == kNobody || agent < sizes_.agents),
               "an exclusion out of range");
  auto& place = contacts_[slot].excluded[static_cast<std::size_t>(cell)];
  const std::uint64_t next =
      number << kExcludedAgentBits | (agent == kNobody ? 0 : agent + 1);
  std::uint64_t present = place.load(std::memory_order_seq_cst);  // W4
  while ((present >> kExcludedAgentBits) < number &&
         !place.compare_exchange_weak(present, next, std::memory_order_seq_cst,
                                      std::memory_order_seq_cst)) {
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::Excluded(std::uint32_t contact,
                                 std::uint32_t agent) const {
  for (const auto& cell : contacts_[contact].excluded) {
    const std::uint64_t excluded = cell.load(std::memory_order_seq_cst);  // W4
    if ((excluded & ((1U << kExcludedAgentBits) - 1)) == agent + 1) return true;
  }
  return false;
}

template <template <typename> class AtomicT>
Verdict MatcherT<AtomicT>::JudgeContact(const Found& found) const {
  const ContactWord word = Contact(found.entry.slot());
  if (found.entry.tag() > word.tag()) return Verdict::kPass;  // not yet (M2)
  return word == ContactWord(ContactPhase::kWaiting, found.node,
                             found.entry.tag())
             ? Verdict::kTake
             : Verdict::kDead;
}

template <template <typename> class AtomicT>
Verdict MatcherT<AtomicT>::JudgeAgent(const Found& found) const {
  const AgentWord word = Agent(found.entry.slot());
  const auto tag = static_cast<std::uint32_t>(found.entry.tag());
  if (tag != word.tag()) {
    return AgentWord::Later(tag, word.tag()) ? Verdict::kPass  // not yet
                                             : Verdict::kDead;
  }
  // The tag of a publishing CAS that failed may have gone to another change.
  return !word.claimed() && word.free() ? Verdict::kTake : Verdict::kDead;
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::LaneEntryDied(std::uint32_t lane) {
  lanes_.EntryDied(lane,
                   [this](const Found& found) { return JudgeContact(found); });
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::IdleEntryDied(std::uint32_t list) {
  idle_.EntryDied(list,
                  [this](const Found& found) { return JudgeAgent(found); });
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::LookForContact(std::uint32_t slot, ContactWord waiting,
                                       DecisionSink& sink) {
  Position position;
  // False means that another call has moved the contact on, which ends it.
  while (PositionOf(slot, waiting, &position)) {
    const std::uint32_t requirement_class =
        lane_class_[position.lane].load(std::memory_order_seq_cst);  // W2
    Choice best;
    if (!FindAgentFor(slot, requirement_class, &best)) return;
    const std::uint32_t agent = best.found.entry.slot();
    const AgentWord word(best.word);
    if (!SwapAgent(agent, word, word.WithClaim(true))) continue;
    Unpublish(agent);
    Release(agent, sink);
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::FindAgentFor(std::uint32_t contact,
                                     std::uint32_t requirement_class,
                                     Choice* best) {
  const int kind =
      kind_[requirement_class].load(std::memory_order_seq_cst);  // W2
  const std::uint32_t profiles =
      profile_count_.load(std::memory_order_seq_cst);  // W2
  bool any = false;
  for (std::uint32_t profile = 0; profile < profiles; ++profile) {
    const std::uint8_t fit = Fit(requirement_class, profile);
    if (fit == 0 || (any && fit < best->fit)) continue;
    const std::uint32_t list = IdleList(profile, kind);
    if (idle_.Live(list) == 0) continue;
    Found found;
    std::uint64_t word = 0;
    if (!idle_.FindFirst(
            list,
            [&](const Found& here) {
              const AgentWord before = Agent(here.entry.slot());
              const Verdict verdict = JudgeAgent(here);
              if (verdict != Verdict::kTake) return verdict;
              word = before.bits();
              if (Excluded(contact, here.entry.slot())) return Verdict::kPass;
              return Verdict::kTake;
            },
            &found)) {
      continue;
    }
    const bool better = !any || fit > best->fit ||
                        found.key < best->found.key ||
                        (found.key == best->found.key &&
                         found.entry.slot() < best->found.entry.slot());
    if (!better) continue;
    any = true;
    best->found = found;
    best->list = list;
    best->fit = fit;
    best->word = word;
  }
  return any;
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_INL_H_
