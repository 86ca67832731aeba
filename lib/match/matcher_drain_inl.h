// The bodies of MatcherT: drains (M11). Included by matcher.h only.

#ifndef RELAIS_LIB_MATCH_MATCHER_DRAIN_INL_H_
#define RELAIS_LIB_MATCH_MATCHER_DRAIN_INL_H_

#include <cstdint>

#include "lib/match/matcher.h"

namespace relais::match {

template <template <typename> class AtomicT>
template <class Body>
Result MatcherT<AtomicT>::Within(DecisionSink& told, Body body) {
  Sink sink{told};
  const Result result = body(sink);
  while (sink.opened != 0 || sink.owed != 0) {
    LookForReserves(sink);
    if (sink.owed != 0) PayDrains(sink);
  }
  return result;
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::LookAfterDrain(std::uint8_t drains,
                                       DecisionSink& told) {
  Within(told, [&](Sink& sink) {
    sink.owed = drains;
    return Result::kOk;
  });
}

// In the order of (key, sequence), so that it does not matter which numbers the
// classes have.
template <template <typename> class AtomicT>
void MatcherT<AtomicT>::PayDrains(Sink& sink) {
  for (;;) {
    const std::uint8_t kinds = sink.owed;
    Found first{};
    bool any = false;
    eligibility_.ForEachRequirement([&](std::uint32_t requirement_class) {
      Found here{};
      if ((kinds >> eligibility_.KindOf(requirement_class) & 1) == 0 ||
          !FindOwed(requirement_class, &here) || (any && !here.Before(first))) {
        return;
      }
      any = true;
      first = here;
    });
    if (any) {
      LookFor(first.owner,
              ContactWord(ContactPhase::kWaiting, first.node, first.tag), sink);
    } else if (sink.owed == kinds) {
      sink.owed = 0;
      return;
    }
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::FindOwed(std::uint32_t requirement_class,
                                 Found* first) {
  if (lanes_.ClassFront(requirement_class).empty()) return false;
  AgentChoice unused;
  // Whoever declined is asked only of contacts that somebody declined.
  if (!FindAgentFor(kNobody, requirement_class, &unused, nullptr)) return false;
  bool any = false;
  const auto look_into = [&](std::uint32_t lane) {
    Found here{};
    const auto could_be_given = [&](std::uint32_t contact) {
      return lanes_.ExclusionsOf(contact).load(std::memory_order_relaxed) ==
                 0 ||  // W4
             FindAgentFor(contact, requirement_class, &unused, nullptr);
    };
    if (lanes_.Front(lane).empty() ||
        !lanes_.Find(lane, could_be_given, &here) ||
        (any && !here.Before(*first))) {
      return;
    }
    any = true;
    *first = here;
  };
  eligibility_.ForEachRun(requirement_class,
                          [&](std::uint32_t begin, std::uint32_t count) {
                            for (std::uint32_t i = 0; i < count; ++i) {
                              look_into(begin + i);
                            }
                          });
  return any;
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::NoteTaken(std::uint32_t requirement_class, Sink& sink) {
  if (!eligibility_.AnyDrains() || requirement_class == kHeldClass) return;
  const std::uint8_t drains = eligibility_.DrainsOf(requirement_class);
  if (drains != 0 && !AnyWaits(requirement_class)) sink.owed |= drains;
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::AnyWaits(std::uint32_t requirement_class) {
  if (lanes_.ClassFront(requirement_class).empty()) return false;
  bool any = false;
  eligibility_.ForEachRun(
      requirement_class, [&](std::uint32_t begin, std::uint32_t count) {
        for (std::uint32_t lane = begin; lane < begin + count && !any; ++lane) {
          Found unused{};
          any = !lanes_.Front(lane).empty() && lanes_.First(lane, &unused);
        }
      });
  return any;
}

template <template <typename> class AtomicT>
std::uint8_t MatcherT<AtomicT>::DrainedOf(std::uint32_t profile_class) {
  if (!eligibility_.AnyDrains()) return 0;
  unsigned drained = 0;
  eligibility_.ForEachDrainingOf(
      profile_class, [&](std::uint32_t requirement_class) {
        const unsigned drains = eligibility_.DrainsOf(requirement_class);
        // Nothing new, or not for these agents any more.
        if ((drains & ~drained) == 0 ||
            eligibility_.Cell(requirement_class, profile_class) == 0 ||
            !AnyWaits(requirement_class)) {
          return;
        }
        drained |= drains;
      });
  return static_cast<std::uint8_t>(drained);
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_DRAIN_INL_H_
