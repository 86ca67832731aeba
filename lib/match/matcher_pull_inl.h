// The bodies of MatcherT: pulls. Included by matcher.h only.

#ifndef RELAIS_LIB_MATCH_MATCHER_PULL_INL_H_
#define RELAIS_LIB_MATCH_MATCHER_PULL_INL_H_

#include "lib/match/matcher.h"

namespace relais::match {

template <template <typename> class AtomicT>
template <class Find>
Result MatcherT<AtomicT>::PullBy(std::uint32_t agent, Find find, Sink& sink) {
  for (;;) {
    const AgentWord word = agents_.Agent(agent);
    if (word.claimed()) return Result::kStale;
    if (agents_.Swap(agent, word, word.WithClaim(true))) break;
  }
  agents_.Unpublish(agent);
  sink.OnLook();
  Taking taking = Taking::kAgain;
  while (taking == Taking::kAgain) {
    const AgentWord word = agents_.Agent(agent);
    const AgentTerms terms = agents_.TermsOf(agent, word);
    const Kinds kinds{terms.KindsWithRoom(word.kinds(), word.used()),
                      DrainedOf(terms.profile_class)};
    ContactChoice choice;
    const bool any = kinds.room != 0 && find(terms, kinds, &choice);
    // As in TakeBest, and "nothing" is of the agent as it is told, too.
    if (agents_.Agent(agent) != word) continue;
    if (!any) {
      taking = Taking::kNothing;
      break;
    }
    taking =
        TakeChosen(choice, agent, word, terms, true, nullptr, nullptr, sink);
    if (taking == Taking::kNothing) taking = Taking::kAgain;
  }
  if (taking != Taking::kReleased) Release(agent, sink);
  return taking == Taking::kNothing ? Result::kNotAllowed : Result::kOk;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Pull(std::uint32_t agent, const PullFilter& filter,
                               DecisionSink& told) {
  if (agent >= sizes_.agents) return Result::kOutOfRange;
  const auto find = [&](const AgentTerms& terms, Kinds kinds,
                        ContactChoice* best) {
    return terms.ranked ? FindWanted<true>(agent, terms, kinds, filter, best)
                        : FindWanted<false>(agent, terms, kinds, filter, best);
  };
  return Within(told, [&](Sink& sink) { return PullBy(agent, find, sink); });
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::PullContact(std::uint32_t agent, std::uint32_t slot,
                                      ContactWord waiting, DecisionSink& told) {
  if (agent >= sizes_.agents || slot >= sizes_.contacts) {
    return Result::kOutOfRange;
  }
  if (waiting.phase() != ContactPhase::kWaiting) return Result::kNotAllowed;
  bool gone = false;
  const auto find = [&](const AgentTerms& terms, Kinds kinds,
                        ContactChoice* best) {
    Position place;
    gone = !PositionOf(slot, waiting, &place);
    if (gone) return false;
    const std::uint32_t kind =
        lanes_.KindOf(slot).load(std::memory_order_relaxed);  // W7
    best->lane = place.lane;
    best->found.node = waiting.ref();
    best->found.owner = slot;
    best->found.tag = waiting.tag();
    best->found.key = place.key;
    best->found.sequence = place.sequence;
    best->requirement_class = kHeldClass;
    bool eligible = place.lane == OwnLane(agent);
    if (place.lane < sizes_.lanes) {
      best->requirement_class = eligibility_.ClassOf(place.lane);
      best->cell =
          eligibility_.Cell(best->requirement_class, terms.profile_class);
      eligible = best->cell != 0 && Serves(best->requirement_class, kinds);
    }
    return eligible && (kinds.room >> kind & 1) != 0 && !Excluded(slot, agent);
  };
  const Result result =
      Within(told, [&](Sink& sink) { return PullBy(agent, find, sink); });
  return gone ? Result::kStale : result;
}

template <template <typename> class AtomicT>
template <bool kRanked>
bool MatcherT<AtomicT>::FindWanted(std::uint32_t agent, const AgentTerms& terms,
                                   Kinds kinds, const PullFilter& filter,
                                   ContactChoice* best) {
  std::uint64_t place = Nearest::kNowhere;
  const auto look_into = [&](std::uint32_t lane,
                             std::uint32_t requirement_class) {
    const FrontWord front = lanes_.Front(lane);
    if (front.empty() ||
        PlaceOfFront<kRanked>(requirement_class, terms, front) > place) {
      return;
    }
    ContactChoice here;
    here.lane = lane;
    here.requirement_class = requirement_class;
    if (requirement_class != kHeldClass) {
      here.cell = eligibility_.Cell(requirement_class, terms.profile_class);
      if (here.cell == 0) return;
    }
    if (!FindIn(lane, agent, kinds.room, &filter, &here.found)) {
      return;
    }
    const std::uint64_t there = PlaceOf<kRanked>(
        requirement_class, here.cell, FrontWord::ImageOf(here.found.key));
    if (there > place) return;
    if (there == place && !here.found.Before(best->found)) return;
    *best = here;
    place = there;
  };
  const auto look_into_class = [&](std::uint32_t requirement_class) {
    if (!Serves(requirement_class, kinds)) return;
    const FrontWord front = lanes_.ClassFront(requirement_class);
    if (front.empty()) return;
    eligibility_.ForEachRun(
        requirement_class, [&](std::uint32_t begin, std::uint32_t count) {
          for (std::uint32_t lane = begin; lane < begin + count; ++lane) {
            look_into(lane, requirement_class);
          }
        });
  };
  look_into(OwnLane(agent), kHeldClass);
  eligibility_.ForEachRequirementOf(terms.profile_class, look_into_class);
  eligibility_.ForEachPulledOnlyOf(terms.profile_class, look_into_class);
  return place != Nearest::kNowhere;
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_PULL_INL_H_
