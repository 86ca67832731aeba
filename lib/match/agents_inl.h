// The bodies of AgentsT. Included by agents.h only.

#ifndef RELAIS_LIB_MATCH_AGENTS_INL_H_
#define RELAIS_LIB_MATCH_AGENTS_INL_H_

#include "lib/match/agents.h"

namespace relais::match {

template <template <typename> class AtomicT>
AgentsT<AtomicT>::AgentsT(std::uint32_t agents, std::uint32_t profile_classes,
                          int orders, std::uint32_t calls_in_flight)
    : profile_classes_(profile_classes),
      orders_(orders),
      homes_(agents, orders),
      // Beside the own nodes: one dead anchor for each list, as many dead as
      // there are agents before a sweep, and those of the calls in flight.
      lists_(
          &homes_, ListsEach(orders) * profile_classes,
          agents * ListsEach(orders),
          ListsEach(orders) * (profile_classes + calls_in_flight) + 2 * agents),
      fronts_(std::size_t{ListsEach(orders)} * profile_classes),
      pool_(calls_in_flight),
      further_keys_(
          orders == 1 ? 0 : std::size_t{agents} * kOwnTerms + calls_in_flight),
      interruptible_(std::size_t{agents} * kOwnTerms + calls_in_flight),
      reserves_(std::size_t{agents} * kOwnTerms + calls_in_flight) {
  RELAIS_CHECK(calls_in_flight + kOwnTerms <= AgentWord::kTermsMask,
               "too many calls in flight");
  for (std::uint32_t agent = 0; agent < agents; ++agent) {
    // relaxed: construction happens before every use. Every word begins with
    // the agent's own record 0.
    homes_.slots[agent].terms[0].link.store(1, std::memory_order_relaxed);
  }
  for (std::uint32_t i = 0; i < calls_in_flight; ++i) {
    FreeTerms(0, kOwnTerms + i);
  }
}

template <template <typename> class AtomicT>
AgentTerms AgentsT<AtomicT>::TermsOf(std::uint32_t agent,
                                     AgentWord word) const {
  const TermsRecord& record = RecordAt(agent, word.terms());
  AgentTerms terms;
  terms.kinds = word.kinds();
  terms.order_key = record.order_key.load(std::memory_order_relaxed);  // W3
  terms.profile_class =
      record.profile_class.load(std::memory_order_acquire);  // W3
  terms.cost = std::bit_cast<decltype(terms.cost)>(
      record.cost.load(std::memory_order_acquire));  // W3
  const std::uint32_t capacity =
      record.capacity.load(std::memory_order_acquire);  // W3
  terms.capacity = static_cast<std::uint8_t>(capacity);
  terms.claim_until_told = (capacity & kClaimUntilTold) != 0;
  terms.ranked = (capacity & kRanked) != 0;
  if ((capacity & kInterrupts) != 0) {
    terms.interruptible = std::bit_cast<decltype(terms.interruptible)>(
        interruptible_[BesideAt(agent, word.terms())].load(
            std::memory_order_acquire));  // W3
  }
  if (UsesReserves()) {
    terms.reserves =
        ReservesAt(agent, word.terms()).load(std::memory_order_relaxed);  // W3
  }
  for (unsigned rest = OrdersInUse() >> 1; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(rest));
    terms.further_order_keys[i] = FurtherKeysAt(agent, word.terms())[i].load(
        std::memory_order_relaxed);  // W3
  }
  return terms;
}

template <template <typename> class AtomicT>
std::uint32_t AgentsT<AtomicT>::TakeRecord(std::uint32_t agent) {
  for (std::uint32_t index = 0; index < kOwnTerms; ++index) {
    auto& taken = homes_.slots[agent].terms[index].link;
    std::uint32_t free_one = 0;
    // relaxed: a guess, the CAS tells.
    if (taken.load(std::memory_order_relaxed) == 0 &&
        taken.compare_exchange_strong(free_one, 1, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
      return index;  // W5
    }
  }
  const std::uint32_t index = free_terms_.Pop([this](std::uint32_t free_one) {
    return pool_[free_one - 1].link.load(std::memory_order_relaxed);  // B
  });
  RELAIS_CHECK(index != 0, "more calls in flight than there are terms for");
  return kOwnTerms + index - 1;
}

template <template <typename> class AtomicT>
std::uint32_t AgentsT<AtomicT>::TakeTerms(std::uint32_t agent,
                                          std::uint32_t revision,
                                          const AgentTerms& terms) {
  const std::uint32_t index = TakeRecord(agent);
  TermsRecord& record = RecordAt(agent, index);
  record.revision.store(revision, std::memory_order_relaxed);          // W3
  record.order_key.store(terms.order_key, std::memory_order_relaxed);  // W3
  record.profile_class.store(terms.profile_class,
                             std::memory_order_release);  // W3
  record.cost.store(std::bit_cast<std::uint64_t>(terms.cost),
                    std::memory_order_release);  // W3
  const bool interrupts = terms.interrupts();
  if (interrupts) {
    interruptible_[BesideAt(agent, index)].store(
        std::bit_cast<std::uint64_t>(terms.interruptible),
        std::memory_order_release);  // W3
  }
  record.capacity.store(
      terms.capacity | (terms.claim_until_told ? kClaimUntilTold : 0U) |
          (terms.ranked ? kRanked : 0U) | (interrupts ? kInterrupts : 0U),
      std::memory_order_release);  // W3
  if (UsesReserves()) {
    ReservesAt(agent, index)
        .store(terms.reserves, std::memory_order_relaxed);  // W3
  }
  for (unsigned rest = OrdersInUse() >> 1; rest != 0; rest &= rest - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(rest));
    FurtherKeysAt(agent, index)[i].store(terms.further_order_keys[i],
                                         std::memory_order_relaxed);  // W3
  }
  return index;
}

template <template <typename> class AtomicT>
void AgentsT<AtomicT>::FreeTerms(std::uint32_t agent, std::uint32_t index) {
  TermsRecord& record = RecordAt(agent, index);
  if (index < kOwnTerms) {
    record.link.store(0, std::memory_order_release);  // W5
    return;
  }
  free_terms_.Push(index - kOwnTerms + 1, [&record](std::uint32_t next) {
    record.link.store(next, std::memory_order_relaxed);  // B
  });
}

template <template <typename> class AtomicT>
Verdict AgentsT<AtomicT>::Judge(const Found& found, AgentWord* word) const {
  *word = Agent(found.owner);
  const auto tag = static_cast<std::uint32_t>(found.tag) & AgentWord::kTagMask;
  if (tag != word->tag()) {
    return AgentWord::Later(tag, word->tag()) ? Verdict::kPass  // not yet
                                              : Verdict::kDead;
  }
  // A publishing CAS that fails does so because another change took its tag,
  // which leaves the claim in place; so a tag that is met without a claim is
  // that of a publication.
  return word->claimed() ? Verdict::kDead : Verdict::kTake;
}

template <template <typename> class AtomicT>
Linked AgentsT<AtomicT>::LinkIdle(std::uint32_t agent, std::uint32_t list,
                                  NodeIndex own, std::uint32_t tag,
                                  std::int64_t key, NodeIndex* node) {
  *node = own;
  if (!lists_.TakeOwn(own, list, agent, tag)) {
    *node = lists_.TakeFromPool(list, agent, tag);
    if (*node == kNoNode) {
      AgentWord unused;
      lists_.SweepAll(
          [&](const Found& found) { return Judge(found, &unused); });
      *node = lists_.TakeFromPool(list, agent, tag);
    }
    RELAIS_CHECK(*node != kNoNode, "no node for an agent's idle entry");
  }
  return lists_.Insert(list, *node, key, agent);
}

template <template <typename> class AtomicT>
bool AgentsT<AtomicT>::Publish(std::uint32_t agent, AgentWord word,
                               const AgentTerms& terms, std::uint8_t kinds,
                               AgentWord* published) {
  Slot& slot = homes_.slots[agent];
  *published = word.WithClaim(false);
  struct Entry {
    Linked linked;
    NodeIndex node;
    std::uint32_t list;
    std::uint64_t image;
  };
  std::array<Entry, kKindCount * kOrdersMax> entries;
  std::size_t count = 0;
  const unsigned orders = OrdersInUse();
  for (unsigned in_use = orders; in_use != 0; in_use &= in_use - 1) {
    const int order = std::countr_zero(in_use);
    for (unsigned rest = kinds; rest != 0; rest &= rest - 1) {
      const int kind = std::countr_zero(rest);
      Entry& entry = entries[count++];
      entry.list = FrontIndex(terms.profile_class, kind, order);
      entry.linked =
          LinkIdle(agent, entry.list, homes_.IndexOf(agent, kind, order),
                   published->tag(), terms.OrderKey(order), &entry.node);
      entry.image = ImageOf(order, entry.linked.key);
    }
  }
  // The fronts first, so that the agent is found from the moment its word says
  // that it is free (A2).
  const auto is_live = [this](const Found& found) {
    AgentWord unused;
    return Judge(found, &unused) == Verdict::kTake;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const Entry& entry = entries[i];
    if (!fronts_.Covered(lists_, entry.linked, is_live)) {
      fronts_.Lower(entry.list, entry.image);
    }
    fronts_.Confirm(lists_, entry.node, entry.linked);
  }
  slot.published_class = terms.profile_class;
  slot.published_kinds = kinds;
  slot.published_orders = static_cast<std::uint8_t>(orders);
  if (!Swap(agent, word, *published)) {
    Unpublish(agent);
    return false;
  }
  return true;
}

template <template <typename> class AtomicT>
void AgentsT<AtomicT>::Unpublish(std::uint32_t agent, std::uint32_t tidied) {
  Slot& slot = homes_.slots[agent];
  const std::uint8_t kinds = slot.published_kinds;
  slot.published_kinds = 0;
  for (unsigned in_use = slot.published_orders; in_use != 0;
       in_use &= in_use - 1) {
    const int order = std::countr_zero(in_use);
    for (unsigned rest = kinds; rest != 0; rest &= rest - 1) {
      const int kind = std::countr_zero(rest);
      const std::uint32_t list = FrontIndex(slot.published_class, kind, order);
      if (list == tidied) continue;
      AgentWord unused;
      lists_.EntryDied(
          list, [&](const Found& found) { return Judge(found, &unused); });
    }
  }
}

template <template <typename> class AtomicT>
template <class Accept>
bool AgentsT<AtomicT>::Find(std::uint32_t profile_class, int kind, int order,
                            Accept accept, Found* found, AgentWord* word) {
  const std::uint32_t list = FrontIndex(profile_class, kind, order);
  const FrontWord seen = fronts_.Load(list);
  std::int64_t first_key = 0;
  bool any = false;
  const bool taken = lists_.FindFirst(
      list,
      [&](const Found& candidate) {
        const Verdict verdict = Judge(candidate, word);
        if (verdict != Verdict::kDead) {  // F4
          if (!any) first_key = candidate.key;
          any = true;
        }
        if (verdict != Verdict::kTake) return verdict;
        return accept(candidate.owner, *word) ? Verdict::kTake : Verdict::kPass;
      },
      found);
  fronts_.Raise(list, seen,
                any ? ImageOf(order, first_key) : FrontWord::kEmptyImage);
  return taken;
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_AGENTS_INL_H_
