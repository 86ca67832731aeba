// The bodies of MatcherT: agents. Included by matcher.h only.

#ifndef RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_
#define RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_

#include "lib/match/matcher.h"

namespace relais::match {

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Update(std::uint32_t agent, std::uint32_t revision,
                                 const AgentTerms& terms,
                                 std::uint32_t units_back, DecisionSink& told) {
  if (agent >= sizes_.agents || terms.profile_class >= sizes_.profile_classes ||
      !AgentsT<AtomicT>::Counts(terms)) {
    return Result::kOutOfRange;
  }
  return Within(told, [&](Sink& sink) {
    return UpdateTo(agent, revision, terms, units_back, sink);
  });
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::UpdateTo(std::uint32_t agent, std::uint32_t revision,
                                   const AgentTerms& terms,
                                   std::uint32_t units_back, Sink& sink) {
  constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  std::uint32_t taken = kNone;
  ReserveChange change;
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
    ReserveSet before = 0;
    ReserveSet after = 0;
    if (agents_.UsesReserves()) {
      // The old terms were those in force if the CAS from the word succeeds.
      const AgentTerms old_terms = agents_.TermsOf(agent, word);
      before = CountedIn(old_terms, word);
      after = CountedIn(later ? terms : old_terms, next);
      reserves_.Take(before & ~after, &change);
    }
    if (!agents_.Swap(agent, word, next)) continue;
    change.Applied(before, after);
    sink.opened |= reserves_.Settle(&change);
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
  sink.opened |= reserves_.Settle(&change);
  return result;
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::Release(std::uint32_t agent, Sink& sink,
                                const ClaimedFor* claimed_for) {
  for (;;) {
    const AgentWord word = agents_.Agent(agent);
    const AgentTerms terms = agents_.TermsOf(agent, word);
    const std::uint8_t kinds = terms.KindsWithRoom(word.kinds(), word.used());
    if (kinds == 0) {
      // The terms were those in force if the CAS from the word succeeds.
      if (agents_.Swap(agent, word, word.WithClaim(false))) return;
      continue;
    }
    const Taking taking =
        TakeBest(agent, word, terms, Takeable(terms, word), claimed_for, sink);
    if (taking == Taking::kReleased) return;
    if (taking != Taking::kNothing) continue;
    AgentWord published;
    if (!agents_.Publish(agent, word, terms, kinds, &published)) continue;
    // Look once more (M5): what was published between the look above and the
    // swap may have missed this agent.
    ContactChoice again;
    if (!FindContactFor(agent, terms, Takeable(terms, word), &again)) return;
    if (!agents_.Swap(agent, published, published.WithClaim(true))) return;
    agents_.Unpublish(agent);
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::AddUnits(std::uint32_t agent, AgentWord word,
                                 const AgentTerms& terms, std::uint32_t units,
                                 Sink& sink) {
  const AgentTerms* in_force = &terms;
  AgentTerms again;
  ReserveChange change;
  for (;;) {
    const std::uint32_t used = word.used() + units;
    const bool room = in_force->claim_until_told ||
                      in_force->KindsWithRoom(word.kinds(), used) != 0;
    const AgentWord next(room, used, word.kinds(), word.terms(),
                         word.tag() + 1);
    // Of a decision that began before the first reserve (M13).
    const ReserveSet before = CountedIn(*in_force, word);
    const ReserveSet after = CountedIn(*in_force, next);
    reserves_.Take(before & ~after, &change);
    if (agents_.Swap(agent, word, next)) {
      change.Applied(before, after);
      sink.opened |= reserves_.Settle(&change);
      return room;
    }
    word = agents_.Agent(agent);
    again = agents_.TermsOf(agent, word);
    in_force = &again;
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::StillFits(const ContactChoice& choice,
                                  const AgentTerms& terms, int kind,
                                  bool pulled) const {
  if (choice.requirement_class == kHeldClass) return true;
  return eligibility_.ClassOf(choice.lane) == choice.requirement_class &&
         eligibility_.Cell(choice.requirement_class, terms.profile_class) ==
             choice.cell &&
         eligibility_.Is(choice.requirement_class, kind, pulled);
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
  decision.order = static_cast<std::uint8_t>(order);
  decision.rank = EligibilityT<AtomicT>::RankOf(choice.cell);
  decision.requirement_class = choice.requirement_class;
  decision.profile_class = terms.profile_class;
  decision.fit_step = StepOf(EligibilityT<AtomicT>::FitOf(choice.cell));
  decision.units = terms.cost[static_cast<std::size_t>(kind)];
  return decision;
}

template <template <typename> class AtomicT>
typename MatcherT<AtomicT>::Taking MatcherT<AtomicT>::TakeBest(
    std::uint32_t agent, AgentWord word, const AgentTerms& terms,
    std::uint8_t kinds, const ClaimedFor* claimed_for, Sink& sink) {
  sink.OnLook();
  Compared lanes;
  Compared* const compared = Telling(&lanes);
  for (;;) {
    ContactChoice best;
    lanes.Clear();
    if (!FindContactFor(agent, terms, kinds, &best, compared)) {
      return Taking::kNothing;
    }
    // Whoever changed the agent meanwhile (withdrawn, other terms) is honoured
    // here; what comes after this reading overlaps the decision.
    if (agents_.Agent(agent) != word) return Taking::kAgain;
    const Taking taking = TakeChosen(best, agent, word, terms, false, compared,
                                     claimed_for, sink);
    if (taking != Taking::kNothing) return taking;
  }
}

template <template <typename> class AtomicT>
typename MatcherT<AtomicT>::Taking MatcherT<AtomicT>::TakeChosen(
    const ContactChoice& choice, std::uint32_t agent, AgentWord word,
    const AgentTerms& terms, bool pulled, const Compared* lanes,
    const ClaimedFor* claimed_for, Sink& sink) {
  const auto kind = static_cast<int>(
      lanes_.KindOf(choice.found.owner).load(std::memory_order_relaxed));  // W7
  const bool units_first = agents_.UsesReserves();
  ReserveChange change;
  if (units_first &&
      !TakeUnitsFirst(agent, word, terms, kind, pulled, &change, sink)) {
    return Taking::kAgain;
  }
  // The lane or its class may have been redefined after they were read. That
  // was complete before any contact of the new meaning was published, and the
  // contact has been seen by now, so a second reading tells.
  ContactWord reserved;
  if (!StillFits(choice, terms, kind, pulled) ||
      !lanes_.Take(choice.found, agent, &reserved)) {
    if (!units_first) return Taking::kNothing;
    GiveUnitsBack(agent, terms.cost[static_cast<std::size_t>(kind)], &change,
                  sink);
    return Taking::kAgain;
  }
  Decision decision =
      Describe(choice, agent, terms, reserved, kind,
               choice.requirement_class == kHeldClass
                   ? 0
                   : eligibility_.OrderOf(choice.requirement_class));
  decision.pulled = pulled;
  NoteTaken(choice.requirement_class, sink);
  decision.lanes = lanes;
  if (claimed_for != nullptr && claimed_for->contact == decision.contact) {
    decision.agents = claimed_for->agents;
  }
  bool room = true;
  if (units_first) {
    sink.opened |= reserves_.Settle(&change);
  } else {
    room = AddUnits(agent, word, terms, decision.units, sink);
  }
  lanes_.Tidy(choice.lane);
  sink.OnDecision(decision);
  return room ? Taking::kTook : Taking::kReleased;
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::TakeDirectly(std::uint32_t slot, ContactWord from,
                                     const Position& at, int kind,
                                     std::uint32_t agent, AgentWord word,
                                     const Compared* agents, Sink& sink,
                                     Result* result) {
  const AgentTerms terms = agents_.TermsOf(agent, word);
  const std::uint8_t kinds = Takeable(terms, word);
  if ((kinds >> kind & 1) == 0) return false;
  Compared lanes;
  Compared* const compared = Telling(&lanes);
  const Kinds all{kinds, 0};
  const std::uint64_t smallest =
      terms.ranked ? SmallestFronts<true>(agent, terms, all, compared).first
                   : SmallestFronts<false>(agent, terms, all, compared).first;
  ContactChoice choice;
  choice.found.owner = slot;
  choice.found.key = at.key;
  choice.found.sequence = at.sequence;
  choice.lane = at.lane;
  int order = 0;
  if (at.lane < sizes_.lanes) {
    choice.requirement_class = eligibility_.ClassOf(at.lane);
    choice.cell =
        eligibility_.Cell(choice.requirement_class, terms.profile_class);
    order = eligibility_.OrderOf(choice.requirement_class);
    if (choice.cell == 0) return false;
  } else {
    choice.requirement_class = kHeldClass;
  }
  const std::uint64_t image = FrontWord::ImageOf(at.key);
  const std::uint64_t place =
      terms.ranked ? PlaceOf<true>(choice.requirement_class, choice.cell, image)
                   : image;
  if (smallest <= place) return false;
  // As in TakeBest: terms, fronts and cells count only if the agent is still
  // told the same. One that is told to be of another class meanwhile leaves a
  // class whose cells may be given to others.
  const bool units_first = agents_.UsesReserves();
  ReserveChange change;
  if (units_first
          ? !TakeUnitsFirst(agent, word, terms, kind, false, &change, sink)
          : agents_.Agent(agent) != word) {
    return false;
  }
  ContactWord reserved;
  *result = Result::kOk;
  if (!lanes_.TakeNew(slot, from, agent, &reserved)) {
    *result = Result::kStale;
    if (units_first) {
      GiveUnitsBack(agent, terms.cost[static_cast<std::size_t>(kind)], &change,
                    sink);
    }
    Release(agent, sink);
    return true;
  }
  Decision decision = Describe(choice, agent, terms, reserved, kind, order);
  decision.lanes = compared;
  decision.agents = agents;
  bool room = true;
  if (units_first) {
    sink.opened |= reserves_.Settle(&change);
  } else {
    room = AddUnits(agent, word, terms, decision.units, sink);
  }
  sink.OnDecision(decision);
  if (room) Release(agent, sink);
  return true;
}

template <template <typename> class AtomicT>
template <class Visit>
void MatcherT<AtomicT>::ForEachClassOf(const AgentTerms& terms, Kinds kinds,
                                       Visit visit) const {
  eligibility_.ForEachRequirementOf(terms.profile_class,
                                    [&](std::uint32_t requirement_class) {
                                      if (Serves(requirement_class, kinds))
                                        visit(requirement_class);
                                    });
}

template <template <typename> class AtomicT>
template <bool kRanked>
std::uint64_t MatcherT<AtomicT>::PlaceOf(std::uint32_t requirement_class,
                                         std::uint8_t cell,
                                         std::uint64_t image) {
  if (!kRanked || requirement_class == kHeldClass) return image;
  const std::uint64_t rank = EligibilityT<AtomicT>::RankOf(cell);
  return (rank + 1) << FrontWord::kImageBits | image;
}

template <template <typename> class AtomicT>
template <bool kRanked>
std::uint64_t MatcherT<AtomicT>::PlaceOfFront(std::uint32_t requirement_class,
                                              const AgentTerms& terms,
                                              FrontWord front) const {
  if (front.empty()) return Nearest::kNowhere;
  const std::uint8_t cell =
      !kRanked || requirement_class == kHeldClass
          ? std::uint8_t{0}
          : eligibility_.Cell(requirement_class, terms.profile_class);
  return PlaceOf<kRanked>(requirement_class, cell, front.image());
}

template <template <typename> class AtomicT>
template <bool kRanked>
typename MatcherT<AtomicT>::Nearest MatcherT<AtomicT>::SmallestFronts(
    std::uint32_t agent, const AgentTerms& terms, Kinds kinds,
    Compared* compared) const {
  Nearest nearest;
  const auto add = [&](std::uint64_t place, std::uint32_t of) {
    nearest.Add(place, of);
    if (compared != nullptr && place != Nearest::kNowhere) {
      compared->AddFront(place, of);
    }
  };
  add(PlaceOfFront<kRanked>(kHeldClass, terms, lanes_.Front(OwnLane(agent))),
      kHeldClass);
  ForEachClassOf(terms, kinds, [&](std::uint32_t requirement_class) {
    add(PlaceOfFront<kRanked>(requirement_class, terms,
                              lanes_.ClassFront(requirement_class)),
        requirement_class);
  });
  return nearest;
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::FindIn(std::uint32_t lane, std::uint32_t agent,
                               std::uint8_t kinds, const PullFilter* filter,
                               Found* found) {
  return lanes_.Find(
      lane,
      [&](std::uint32_t contact) {
        const std::uint32_t kind =
            lanes_.KindOf(contact).load(std::memory_order_relaxed);  // W7
        return (kinds >> kind & 1) != 0 && !Excluded(contact, agent) &&
               (filter == nullptr || filter->Wants(contact));
      },
      found);
}

template <template <typename> class AtomicT>
template <bool kRanked>
bool MatcherT<AtomicT>::FindContact(std::uint32_t agent,
                                    const AgentTerms& terms, Kinds kinds,
                                    ContactChoice* best, Compared* compared) {
  const Nearest nearest =
      SmallestFronts<kRanked>(agent, terms, kinds, compared);
  if (nearest.first == Nearest::kNowhere) return false;
  const std::uint32_t first_class = nearest.front;
  constexpr std::uint32_t kNoLane = 0xFFFF'FFFF;
  const std::uint32_t own = OwnLane(agent);
  std::uint32_t first_lane = own;
  std::uint64_t second = nearest.second;
  if (compared != nullptr) compared->Drop(first_class);
  if (first_class != kHeldClass) {
    const auto lanes = lanes_.FoldLanesOf(first_class);
    // Empty: the class's front was out of date and has been mended.
    first_lane =
        lanes.first.empty() ? kNoLane : static_cast<std::uint32_t>(lanes.front);
    const std::uint64_t behind =
        PlaceOfFront<kRanked>(first_class, terms, lanes.second);
    if (behind < second) second = behind;
    if (compared != nullptr && behind != Nearest::kNowhere) {
      compared->AddFront(behind, first_class);
    }
  }
  // Of the best so far.
  std::uint64_t place = Nearest::kNowhere;
  const auto look_into = [&](std::uint32_t lane,
                             std::uint32_t requirement_class) {
    ContactChoice here;
    here.lane = lane;
    here.requirement_class = requirement_class;
    if (requirement_class != kHeldClass) {
      here.cell = eligibility_.Cell(requirement_class, terms.profile_class);
      if (here.cell == 0) return;
    }
    if (!FindIn(lane, agent, kinds.room, nullptr, &here.found)) {
      return;
    }
    const std::uint64_t there = PlaceOf<kRanked>(
        requirement_class, here.cell, FrontWord::ImageOf(here.found.key));
    if (compared != nullptr) {
      compared->AddFound(there, here.found.key, requirement_class, lane);
    }
    if (there > place) return;
    if (there == place && !here.found.Before(best->found)) return;
    *best = here;
    place = there;
  };
  if (first_lane != kNoLane) look_into(first_lane, first_class);
  // What may stand before the best so far stands in a lane, or in a class,
  // whose front word is not above it.
  if (place < second) {
    if (compared != nullptr && compared->Incomplete(place)) {
      CompareAgain<kRanked>(place, agent, terms, kinds, compared);
    }
    return true;
  }
  if (second == Nearest::kNowhere) return false;
  const auto may_be_before = [&](std::uint32_t requirement_class,
                                 FrontWord front) {
    return !front.empty() &&
           PlaceOfFront<kRanked>(requirement_class, terms, front) <= place;
  };
  if (own != first_lane && may_be_before(kHeldClass, lanes_.Front(own))) {
    if (compared != nullptr) compared->Drop(kHeldClass);
    look_into(own, kHeldClass);
  }
  ForEachClassOf(terms, kinds, [&](std::uint32_t requirement_class) {
    if (!may_be_before(requirement_class,
                       lanes_.ClassFront(requirement_class))) {
      return;
    }
    if (compared != nullptr) compared->Drop(requirement_class);
    eligibility_.ForEachRun(
        requirement_class, [&](std::uint32_t begin, std::uint32_t count) {
          for (std::uint32_t lane = begin; lane < begin + count; ++lane) {
            if (lane == first_lane) continue;
            const std::uint64_t there = PlaceOfFront<kRanked>(
                requirement_class, terms, lanes_.Front(lane));
            if (there == Nearest::kNowhere) continue;
            if (there <= place) {
              look_into(lane, requirement_class);
            } else if (compared != nullptr) {
              compared->AddFront(there, requirement_class);
            }
          }
        });
  });
  if (place == Nearest::kNowhere) return false;
  if (compared != nullptr && compared->Incomplete(place)) {
    CompareAgain<kRanked>(place, agent, terms, kinds, compared);
  }
  return true;
}

template <template <typename> class AtomicT>
template <bool kRanked>
void MatcherT<AtomicT>::CompareAgain(std::uint64_t place, std::uint32_t agent,
                                     const AgentTerms& terms, Kinds kinds,
                                     Compared* compared) {
  compared->Clear();
  const auto of_lane = [&](std::uint32_t lane,
                           std::uint32_t requirement_class) {
    const std::uint64_t front =
        PlaceOfFront<kRanked>(requirement_class, terms, lanes_.Front(lane));
    if (front == Nearest::kNowhere) return;
    if (front > place) return compared->AddFront(front, requirement_class);
    Found found{};
    if (!FindIn(lane, agent, kinds.room, nullptr, &found)) return;
    const std::uint8_t cell =
        requirement_class == kHeldClass
            ? std::uint8_t{0}
            : eligibility_.Cell(requirement_class, terms.profile_class);
    const std::uint64_t there = PlaceOf<kRanked>(requirement_class, cell,
                                                 FrontWord::ImageOf(found.key));
    // Smaller: it came after the look had chosen.
    if (there >= place) {
      compared->AddFound(there, found.key, requirement_class, lane);
    }
  };
  of_lane(OwnLane(agent), kHeldClass);
  ForEachClassOf(terms, kinds, [&](std::uint32_t requirement_class) {
    const std::uint64_t front = PlaceOfFront<kRanked>(
        requirement_class, terms, lanes_.ClassFront(requirement_class));
    if (front == Nearest::kNowhere) return;
    if (front > place) return compared->AddFront(front, requirement_class);
    eligibility_.ForEachRun(
        requirement_class, [&](std::uint32_t begin, std::uint32_t count) {
          for (std::uint32_t lane = begin; lane < begin + count; ++lane) {
            of_lane(lane, requirement_class);
          }
        });
  });
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_
