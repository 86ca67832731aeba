// The bodies of MatcherT: agents. Included by matcher.h only.

#ifndef RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_
#define RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_

#include "lib/match/matcher.h"

namespace relais::match {

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Update(std::uint32_t agent, std::uint32_t revision,
                                 const AgentTerms& terms,
                                 std::uint32_t units_back, DecisionSink& sink) {
  if (agent >= sizes_.agents || terms.profile_class >= sizes_.profile_classes ||
      terms.capacity > AgentWord::kUsedMax) {
    return Result::kOutOfRange;
  }
  constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  std::uint32_t taken = kNone;
  Result result = Result::kOk;
  for (;;) {
    const AgentWord word = agents_.Agent(agent);
    const bool later =
        AgentWord::LaterRevision(revision, agents_.RevisionOf(agent, word));
    if (word.used() < units_back || (!later && units_back == 0)) {
      // Nothing to change, if the revision read was that of terms in force.
      if (agents_.Agent(agent) != word) continue;
      result = later || word.used() < units_back ? Result::kNotAllowed
                                                 : Result::kStale;
      break;
    }
    if (later && taken == kNone)
      taken = agents_.TakeTerms(agent, revision, terms);
    const AgentWord next(true, word.used() - units_back,
                         later ? terms.kinds : word.kinds(),
                         later ? taken : word.terms(), word.tag() + 1);
    if (!agents_.Swap(agent, word, next)) continue;
    if (later) {
      agents_.FreeTerms(agent, word.terms());
      taken = kNone;
    } else {
      result = Result::kStale;
    }
    // Another's claim: its owner honours the change (M6).
    if (!word.claimed()) {
      agents_.Unpublish(agent);
      Release(agent, sink);
    }
    break;
  }
  if (taken != kNone) agents_.FreeTerms(agent, taken);
  return result;
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::Release(std::uint32_t agent, DecisionSink& sink) {
  for (;;) {
    const AgentWord word = agents_.Agent(agent);
    const AgentTerms terms = agents_.TermsOf(agent, word);
    const std::uint8_t kinds = terms.KindsWithRoom(word.kinds(), word.used());
    if (kinds == 0) {
      // The terms were those in force if the CAS from the word succeeds.
      if (agents_.Swap(agent, word, word.WithClaim(false))) return;
      continue;
    }
    const Taking taking = TakeBest(agent, word, terms, kinds, sink);
    if (taking == Taking::kReleased) return;
    if (taking != Taking::kNothing) continue;
    AgentWord published;
    if (!agents_.Publish(agent, word, terms, kinds, &published)) continue;
    // Look once more (M5): what was published between the look above and the
    // swap may have missed this agent.
    ContactChoice again;
    if (!FindContactFor(agent, terms, kinds, &again)) return;
    if (!agents_.Swap(agent, published, published.WithClaim(true))) return;
    agents_.Unpublish(agent);
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::AddUnits(std::uint32_t agent, AgentWord word,
                                 const AgentTerms& terms, std::uint32_t units) {
  const AgentTerms* in_force = &terms;
  AgentTerms again;
  for (;;) {
    const std::uint32_t used = word.used() + units;
    const bool room = in_force->claim_until_told ||
                      in_force->KindsWithRoom(word.kinds(), used) != 0;
    const AgentWord next(room, used, word.kinds(), word.terms(),
                         word.tag() + 1);
    if (agents_.Swap(agent, word, next)) return room;
    word = agents_.Agent(agent);
    again = agents_.TermsOf(agent, word);
    in_force = &again;
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::StillFits(const ContactChoice& choice,
                                  const AgentTerms& terms, int kind) const {
  if (choice.requirement_class == kHeldClass) return true;
  return eligibility_.ClassOf(choice.lane) == choice.requirement_class &&
         eligibility_.Fit(choice.requirement_class, terms.profile_class) ==
             choice.fit &&
         eligibility_.KindOf(choice.requirement_class) == kind;
}

template <template <typename> class AtomicT>
Decision MatcherT<AtomicT>::Describe(const ContactChoice& choice,
                                     std::uint32_t agent,
                                     const AgentTerms& terms, ContactWord word,
                                     int kind, int order) {
  Decision decision;
  decision.contact = choice.found.owner;
  decision.word = word;
  decision.position = {choice.lane, choice.found.key, choice.found.sequence};
  decision.agent = agent;
  decision.agent_order_key = terms.OrderKey(order);
  decision.requirement_class = choice.requirement_class;
  decision.profile_class = terms.profile_class;
  decision.fit_step = choice.fit == 0
                          ? std::uint8_t{0}
                          : static_cast<std::uint8_t>(choice.fit - 1);
  decision.units = terms.cost[static_cast<std::size_t>(kind)];
  return decision;
}

template <template <typename> class AtomicT>
typename MatcherT<AtomicT>::Taking MatcherT<AtomicT>::TakeBest(
    std::uint32_t agent, AgentWord word, const AgentTerms& terms,
    std::uint8_t kinds, DecisionSink& sink) {
  sink.OnLook();
  for (;;) {
    ContactChoice best;
    if (!FindContactFor(agent, terms, kinds, &best)) return Taking::kNothing;
    // Whoever changed the agent meanwhile (withdrawn, other terms) is honoured
    // here; what comes after this reading overlaps the decision.
    if (agents_.Agent(agent) != word) return Taking::kAgain;
    const auto kind = static_cast<int>(
        lanes_.KindOf(best.found.owner).load(std::memory_order_relaxed));  // W7
    // The lane or its class may have been redefined after they were read. That
    // was complete before any contact of the new meaning was published, and
    // the contact has been seen by now, so a second reading tells.
    ContactWord reserved;
    if (!StillFits(best, terms, kind) ||
        !lanes_.Take(best.found, agent, &reserved)) {
      continue;
    }
    const Decision decision =
        Describe(best, agent, terms, reserved, kind,
                 best.requirement_class == kHeldClass
                     ? 0
                     : eligibility_.OrderOf(best.requirement_class));
    const bool room = AddUnits(agent, word, terms, decision.units);
    lanes_.Tidy(best.lane);
    sink.OnDecision(decision);
    return room ? Taking::kTook : Taking::kReleased;
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::TakeDirectly(std::uint32_t slot, ContactWord from,
                                     const Position& at, int kind,
                                     std::uint32_t agent, AgentWord word,
                                     DecisionSink& sink, Result* result) {
  const AgentTerms terms = agents_.TermsOf(agent, word);
  const std::uint8_t kinds = terms.KindsWithRoom(word.kinds(), word.used());
  if (agents_.Agent(agent) != word || (kinds >> kind & 1) == 0) return false;
  bool first = SmallestFronts(agent, terms, kinds).first.image() >
               FrontWord::ImageOf(at.key);
  ContactChoice choice;
  choice.found.owner = slot;
  choice.found.key = at.key;
  choice.found.sequence = at.sequence;
  choice.lane = at.lane;
  int order = 0;
  if (at.lane < sizes_.lanes) {
    choice.requirement_class = eligibility_.ClassOf(at.lane);
    choice.fit =
        eligibility_.Fit(choice.requirement_class, terms.profile_class);
    order = eligibility_.OrderOf(choice.requirement_class);
    first = first && choice.fit != 0;
  } else {
    choice.requirement_class = kHeldClass;
  }
  if (!first) return false;
  ContactWord reserved;
  *result = Result::kOk;
  if (!lanes_.TakeNew(slot, from, agent, &reserved)) {
    *result = Result::kStale;
    Release(agent, sink);
    return true;
  }
  const Decision decision =
      Describe(choice, agent, terms, reserved, kind, order);
  const bool room = AddUnits(agent, word, terms, decision.units);
  sink.OnDecision(decision);
  if (room) Release(agent, sink);
  return true;
}

template <template <typename> class AtomicT>
template <class Visit>
void MatcherT<AtomicT>::ForEachClassOf(const AgentTerms& terms,
                                       std::uint8_t kinds, Visit visit) const {
  eligibility_.ForEachRequirementOf(
      terms.profile_class, [&](std::uint32_t requirement_class) {
        if ((kinds >> eligibility_.KindOf(requirement_class) & 1) != 0) {
          visit(requirement_class);
        }
      });
}

template <template <typename> class AtomicT>
typename LanesT<AtomicT>::Smallest MatcherT<AtomicT>::SmallestFronts(
    std::uint32_t agent, const AgentTerms& terms, std::uint8_t kinds) const {
  typename LanesT<AtomicT>::Smallest smallest;
  smallest.Add(lanes_.Front(OwnLane(agent)), kHeldClass);
  ForEachClassOf(terms, kinds, [&](std::uint32_t requirement_class) {
    smallest.Add(lanes_.ClassFront(requirement_class), requirement_class);
  });
  return smallest;
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::FindIn(std::uint32_t lane, std::uint32_t agent,
                               std::uint8_t kinds, Found* found) {
  return lanes_.Find(
      lane,
      [&](std::uint32_t contact) {
        const std::uint32_t kind =
            lanes_.KindOf(contact).load(std::memory_order_relaxed);  // W7
        return (kinds >> kind & 1) != 0 && !Excluded(contact, agent);
      },
      found);
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::FindContactFor(std::uint32_t agent,
                                       const AgentTerms& terms,
                                       std::uint8_t kinds,
                                       ContactChoice* best) {
  const auto smallest = SmallestFronts(agent, terms, kinds);
  if (smallest.first.empty()) return false;
  const auto first_class = static_cast<std::uint32_t>(smallest.front);
  constexpr std::uint32_t kNoLane = 0xFFFF'FFFF;
  std::uint32_t first_lane = OwnLane(agent);
  std::uint64_t second = smallest.second.image();
  if (first_class != kHeldClass) {
    const auto lanes = lanes_.FoldLanesOf(first_class);
    // Empty: the class's front was out of date and has been mended.
    first_lane =
        lanes.first.empty() ? kNoLane : static_cast<std::uint32_t>(lanes.front);
    if (lanes.second.image() < second) second = lanes.second.image();
  }
  bool any = false;
  const auto look_into = [&](std::uint32_t lane,
                             std::uint32_t requirement_class) {
    ContactChoice here;
    here.lane = lane;
    here.requirement_class = requirement_class;
    if (requirement_class != kHeldClass) {
      here.fit = eligibility_.Fit(requirement_class, terms.profile_class);
      if (here.fit == 0) return;
    }
    if (!FindIn(lane, agent, kinds, &here.found)) return;
    if (!any || here.found.Before(best->found)) *best = here;
    any = true;
  };
  if (first_lane != kNoLane) look_into(first_lane, first_class);
  // What may stand before the best so far stands in a lane, or in a class,
  // whose front word is not above it.
  if (any && FrontWord::ImageOf(best->found.key) < second) return true;
  if (second == FrontWord::kEmptyImage) return any;
  const auto may_be_before = [&](FrontWord front) {
    return !front.empty() &&
           (!any || front.image() <= FrontWord::ImageOf(best->found.key));
  };
  const std::uint32_t own = OwnLane(agent);
  if (own != first_lane && may_be_before(lanes_.Front(own))) {
    look_into(own, kHeldClass);
  }
  ForEachClassOf(terms, kinds, [&](std::uint32_t requirement_class) {
    if (!may_be_before(lanes_.ClassFront(requirement_class))) return;
    eligibility_.ForEachRun(
        requirement_class, [&](std::uint32_t begin, std::uint32_t count) {
          for (std::uint32_t lane = begin; lane < begin + count; ++lane) {
            if (lane != first_lane && may_be_before(lanes_.Front(lane))) {
              look_into(lane, requirement_class);
            }
          }
        });
  });
  return any;
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_
