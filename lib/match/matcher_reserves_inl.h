// The bodies of MatcherT: reserves. Included by matcher.h only.

#ifndef RELAIS_LIB_MATCH_MATCHER_RESERVES_INL_H_
#define RELAIS_LIB_MATCH_MATCHER_RESERVES_INL_H_

#include "lib/match/matcher.h"

namespace relais::match {

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::SetReserve(int reserve, const ReserveTerms& terms) {
  if (reserve < 0 || reserve >= kReservePlaces || terms.kind >= kKindCount ||
      terms.requirement_class >= sizes_.requirement_classes ||
      terms.resume <= terms.keep || terms.resume > sizes_.agents) {
    return Result::kOutOfRange;
  }
  if (!reserves_.Set(reserve, terms)) return Result::kNotAllowed;
  agents_.UseReserves();
  return Result::kOk;
}

template <template <typename> class AtomicT>
ReserveSet MatcherT<AtomicT>::KeptFrom(std::uint32_t agent, int kind) const {
  if (!agents_.UsesReserves()) return 0;
  const AgentWord word = agents_.Agent(agent);
  const AgentTerms terms = agents_.TermsOf(agent, word);
  return reserves_.KeptFrom(
      reserves_.Refusing(terms, word.kinds(), word.used()), kind, terms,
      word.kinds(), word.used());
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::TakeUnitsFirst(std::uint32_t agent, AgentWord word,
                                       const AgentTerms& terms, int kind,
                                       bool pulled, ReserveChange* change,
                                       Sink& sink) {
  // The contact that was seen may have gone, and its slot have one of another
  // kind.
  if ((terms.KindsWithRoom(word.kinds(), word.used()) >> kind & 1) == 0) {
    return false;
  }
  const AgentWord next =
      word.WithUsed(word.used() + terms.cost[static_cast<std::size_t>(kind)]);
  const ReserveSet before = CountedIn(terms, word);
  const ReserveSet after = CountedIn(terms, next);
  if (pulled) {
    reserves_.Take(before & ~after, change);
  } else if (!reserves_.TakeFor(kind, before & ~after, change, &sink.opened)) {
    return false;
  }
  if (!agents_.Swap(agent, word, next)) {
    sink.opened |= reserves_.Settle(change);
    return false;
  }
  change->Applied(before, after);
  return true;
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::GiveUnitsBack(std::uint32_t agent, std::uint32_t units,
                                      ReserveChange* change, Sink& sink) {
  for (;;) {
    const AgentWord word = agents_.Agent(agent);
    const AgentTerms terms = agents_.TermsOf(agent, word);
    const AgentWord next = word.WithUsed(word.used() - units);
    // With fewer units it counts wherever it did; whether the terms were those
    // in force the CAS tells.
    const ReserveSet before = CountedIn(terms, word);
    const ReserveSet after = CountedIn(terms, next);
    if (!agents_.Swap(agent, word, next)) continue;
    change->Applied(before, after);
    sink.opened |= reserves_.Settle(change);
    return;
  }
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::LookForReserves(Sink& sink) {
  while (sink.opened != 0) {
    const int reserve = std::countr_zero(sink.opened);
    sink.opened &= sink.opened - 1;
    bool again = true;
    while (again) {
      std::uint32_t agent = 0;
      if (ClaimForReserve(reserve, &agent, &again)) Release(agent, sink);
    }
  }
}

// Whoever counts in it and is not claimed stands in the idle list of the kind
// that it is for. Not a scan of all agents: it has begun to give, so what
// counts beyond `resume` was added since.
template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::ClaimForReserve(int reserve, std::uint32_t* agent,
                                        bool* again) {
  const std::uint32_t requirement_class = reserves_.ClassOf(reserve);
  AgentChoice best;
  *again = FindAgent(
      requirement_class, false,
      [&](std::uint32_t candidate, AgentWord word) {
        const AgentTerms terms = agents_.TermsOf(candidate, word);
        if ((terms.reserves >> reserve & 1) == 0) return false;
        ContactChoice unused;
        return FindContactFor(candidate, terms, Takeable(terms, word), &unused);
      },
      &best, nullptr);
  if (!*again) return false;
  *agent = best.found.owner;
  AgentWord claimed;
  return ClaimFound(best, requirement_class, &claimed);
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_RESERVES_INL_H_
