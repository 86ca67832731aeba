// The bodies of MatcherT: classes and contacts. Included by matcher.h only.

#ifndef RELAIS_LIB_MATCH_MATCHER_INL_H_
#define RELAIS_LIB_MATCH_MATCHER_INL_H_

#include "lib/match/matcher.h"

namespace relais::match {

template <template <typename> class AtomicT>
MatcherT<AtomicT>::MatcherT(const Sizes& sizes)
    : sizes_(sizes),
      eligibility_(sizes.requirement_classes, sizes.profile_classes,
                   sizes.lanes),
      lanes_(sizes.contacts, sizes.lanes + sizes.agents, sizes.calls_in_flight,
             &eligibility_),
      agents_(sizes.agents, sizes.profile_classes, sizes.orders,
              sizes.calls_in_flight),
      excluded_(sizes.contacts) {
  RELAIS_CHECK(sizes.orders >= 1 && sizes.orders <= kOrdersMax,
               "an impossible number of agent orders");
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::SetRequirementClass(std::uint32_t requirement_class,
                                              std::uint8_t kind,
                                              std::uint8_t order,
                                              bool pulled_only,
                                              std::uint8_t drains) {
  if (requirement_class >= sizes_.requirement_classes || kind >= kKindCount ||
      order >= sizes_.orders) {
    return Result::kOutOfRange;
  }
  if (!agents_.UsesOrder(order)) return Result::kNotAllowed;
  eligibility_.SetRequirementClass(
      requirement_class, kind, order, pulled_only,
      static_cast<std::uint8_t>(drains & ~(1U << kind)));
  return Result::kOk;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::UseOrder(int order) {
  if (order < 0 || order >= sizes_.orders) return Result::kOutOfRange;
  agents_.UseOrder(order);
  return Result::kOk;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::SetFit(std::uint32_t requirement_class,
                                 std::uint32_t profile_class, std::uint8_t fit,
                                 std::uint8_t rank) {
  if (requirement_class >= sizes_.requirement_classes ||
      profile_class >= sizes_.profile_classes || fit > 8 || rank > 15) {
    return Result::kOutOfRange;
  }
  const int cell = fit == 0 ? 0 : rank << 4 | fit;
  eligibility_.SetCell(requirement_class, profile_class,
                       static_cast<std::uint8_t>(cell));
  return Result::kOk;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::SetProfileClass(std::uint32_t profile_class) {
  if (profile_class >= sizes_.profile_classes) return Result::kOutOfRange;
  eligibility_.SetProfileClass(profile_class);
  return Result::kOk;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::SetLane(std::uint32_t lane,
                                  std::uint32_t requirement_class) {
  if (lane >= sizes_.lanes || requirement_class >= sizes_.requirement_classes) {
    return Result::kOutOfRange;
  }
  // Keys of the boost to come may lie below those of the boost before.
  lanes_.Clear(lane);
  eligibility_.SetLane(lane, requirement_class);
  return Result::kOk;
}

// --- Contacts ----------------------------------------------------------------

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Submit(std::uint32_t slot, ContactWord from,
                                 const Position& at, DecisionSink& told) {
  if (slot >= sizes_.contacts || at.lane >= sizes_.lanes) {
    return Result::kOutOfRange;
  }
  return Within(told, [&](Sink& sink) {
    return SubmitTo(slot, from, at,
                    eligibility_.KindOf(eligibility_.ClassOf(at.lane)), sink);
  });
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::SubmitHeld(std::uint32_t slot, ContactWord from,
                                     std::uint32_t agent, std::uint8_t kind,
                                     std::int64_t key, std::uint64_t sequence,
                                     DecisionSink& told) {
  if (slot >= sizes_.contacts || agent >= sizes_.agents || kind >= kKindCount) {
    return Result::kOutOfRange;
  }
  return Within(told, [&](Sink& sink) {
    return SubmitTo(slot, from, {OwnLane(agent), key, sequence}, kind, sink);
  });
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::SubmitTo(std::uint32_t slot, ContactWord from,
                                   Position at, int kind, Sink& sink) {
  if (from.phase() != ContactPhase::kNew) return Result::kNotAllowed;
  lanes_.KindOf(slot).store(static_cast<std::uint32_t>(kind),
                            std::memory_order_relaxed);  // W7
  sink.OnLook();
  std::uint32_t agent = 0;
  AgentWord claimed;
  Compared agents;
  Compared* const compared = Telling(&agents);
  const bool has_claim =
      ClaimAgentFor(slot, at.lane, kind, &agent, &claimed, compared);
  Result result = Result::kOk;
  if (has_claim && TakeDirectly(slot, from, at, kind, agent, claimed, compared,
                                sink, &result)) {
    return result;
  }
  ContactWord waiting;
  // Contacts held for one agent are of many queues: their keys need not rise
  // with their arrivals.
  result = at.lane < sizes_.lanes ? lanes_.Push(slot, from, &at, &waiting)
                                  : lanes_.Place(slot, from, at, &waiting);
  // A claim made here ends whatever became of the contact.
  const ClaimedFor claimed_for{slot, compared};
  if (has_claim) Release(agent, sink, &claimed_for);
  if (result == Result::kOk) LookFor(slot, waiting, sink);
  return result;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Return(std::uint32_t slot, ContactWord from,
                                 const Position& at, ContactWord* now) {
  if (from.phase() != ContactPhase::kReserved &&
      from.phase() != ContactPhase::kAssigned) {
    return Result::kNotAllowed;
  }
  return lanes_.Place(slot, from, at, now);
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Move(std::uint32_t slot, ContactWord from,
                               const Position& to, ContactWord* now) {
  if (from.phase() != ContactPhase::kWaiting) return Result::kNotAllowed;
  return lanes_.Place(slot, from, to, now);
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Accept(std::uint32_t slot, ContactWord from,
                                 ContactWord* now) {
  if (from.phase() != ContactPhase::kReserved) return Result::kNotAllowed;
  return lanes_.Change(slot, from, ContactPhase::kAssigned, from.ref(), now);
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::End(std::uint32_t slot, ContactWord from,
                              ContactWord* now) {
  return lanes_.Change(slot, from, ContactPhase::kEnded, from.ref(), now);
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::Hold(std::uint32_t slot, ContactWord from,
                               std::uint8_t kind, ContactPhase phase,
                               std::uint32_t agent, std::uint32_t units,
                               ContactWord* now) {
  if (slot >= sizes_.contacts || agent >= sizes_.agents || kind >= kKindCount) {
    return Result::kOutOfRange;
  }
  if (from.phase() != ContactPhase::kNew ||
      (phase != ContactPhase::kReserved && phase != ContactPhase::kAssigned)) {
    return Result::kNotAllowed;
  }
  lanes_.KindOf(slot).store(kind, std::memory_order_relaxed);  // W7
  const Result result = lanes_.Change(slot, from, phase, agent, now);
  return result == Result::kOk ? TakeUnits(agent, units) : result;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::TakeUnits(std::uint32_t agent, std::uint32_t units) {
  if (agent >= sizes_.agents) return Result::kOutOfRange;
  const AgentWord word = agents_.Agent(agent);
  if (word.claimed() || word.kinds() != 0 ||
      word.used() + units > AgentWord::kUsedMax) {
    return Result::kNotAllowed;
  }
  const AgentWord next(false, word.used() + units, word.kinds(), word.terms(),
                       word.tag() + 1);
  return agents_.Swap(agent, word, next) ? Result::kOk : Result::kStale;
}

template <template <typename> class AtomicT>
Result MatcherT<AtomicT>::SetExclusion(std::uint32_t slot, int cell,
                                       std::uint32_t agent,
                                       std::uint64_t number) {
  if (slot >= sizes_.contacts || cell < 0 || cell >= kExclusionsMax ||
      (agent != kNobody && agent >= sizes_.agents)) {
    return Result::kOutOfRange;
  }
  auto& place = excluded_[slot][static_cast<std::size_t>(cell)];
  auto& count = lanes_.ExclusionsOf(slot);
  constexpr std::uint64_t kAgentMask = (1U << kExcludedAgentBits) - 1;
  const std::uint64_t next =
      number << kExcludedAgentBits | (agent == kNobody ? 0 : agent + 1);
  // The count first: it is never below the number of filled cells.
  count.fetch_add(1, std::memory_order_relaxed);                  // W4
  std::uint64_t present = place.load(std::memory_order_relaxed);  // W4
  for (;;) {
    if ((present >> kExcludedAgentBits) >= number) {
      count.fetch_sub(1, std::memory_order_relaxed);  // W4
      return Result::kStale;
    }
    if (place.compare_exchange_weak(present, next, std::memory_order_relaxed,
                                    std::memory_order_relaxed)) {
      break;  // W4
    }
  }
  const std::uint32_t emptied =
      ((present & kAgentMask) != 0 ? 1U : 0U) + (agent == kNobody ? 1U : 0U);
  if (emptied != 0) count.fetch_sub(emptied, std::memory_order_seq_cst);  // W4
  return Result::kOk;
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::Excluded(std::uint32_t contact, std::uint32_t agent) {
  if (contact == kNobody) return false;
  if (lanes_.ExclusionsOf(contact).load(std::memory_order_seq_cst) == 0) {
    return false;  // W4
  }
  for (const auto& cell : excluded_[contact]) {
    const std::uint64_t excluded = cell.load(std::memory_order_relaxed);  // W4
    if ((excluded & ((1U << kExcludedAgentBits) - 1)) == agent + 1) return true;
  }
  return false;
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::LookForContact(std::uint32_t slot, ContactWord waiting,
                                       DecisionSink& told) {
  if (slot >= sizes_.contacts || waiting.phase() != ContactPhase::kWaiting) {
    return;
  }
  Within(told, [&](Sink& sink) {
    LookFor(slot, waiting, sink);
    return Result::kOk;
  });
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::LookFor(std::uint32_t slot, ContactWord waiting,
                                Sink& sink) {
  Position position;
  // False means that another call has moved the contact on, which ends it.
  while (PositionOf(slot, waiting, &position)) {
    const auto kind = static_cast<int>(
        lanes_.KindOf(slot).load(std::memory_order_relaxed));  // W7
    std::uint32_t agent = 0;
    AgentWord claimed;
    Compared agents;
    Compared* const compared = Telling(&agents);
    if (!ClaimAgentFor(slot, position.lane, kind, &agent, &claimed, compared)) {
      return;
    }
    const ClaimedFor claimed_for{slot, compared};
    Release(agent, sink, &claimed_for);
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::ClaimAgentFor(std::uint32_t contact, std::uint32_t lane,
                                      int kind, std::uint32_t* agent,
                                      AgentWord* claimed, Compared* compared) {
  if (lane < sizes_.lanes) {
    const std::uint32_t requirement_class = eligibility_.ClassOf(lane);
    bool again = true;
    while (again) {
      if (TryClaim(contact, requirement_class, agent, claimed, &again,
                   compared)) {
        return true;
      }
    }
    return false;
  }
  *agent = lane - sizes_.lanes;
  for (;;) {
    const AgentWord word = agents_.Agent(*agent);
    const AgentTerms terms = agents_.TermsOf(*agent, word);
    const bool open = !word.claimed() &&
                      (Takeable(terms, word) >> kind & 1) != 0 &&
                      !Excluded(contact, *agent);
    // What was read of the terms counts only if the word stood meanwhile.
    if (!open && agents_.Agent(*agent) == word) return false;
    if (!open) continue;
    *claimed = word.WithClaim(true);
    if (agents_.Swap(*agent, word, *claimed)) {
      agents_.Unpublish(*agent);
      return true;
    }
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::TryClaim(std::uint32_t contact,
                                 std::uint32_t requirement_class,
                                 std::uint32_t* agent, AgentWord* claimed,
                                 bool* again, Compared* compared) {
  AgentChoice best;
  if (compared != nullptr) compared->Clear();
  *again = FindAgentFor(contact, requirement_class, &best, compared);
  if (!*again) return false;
  *agent = best.found.owner;
  return ClaimFound(best, requirement_class, claimed);
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::ClaimFound(const AgentChoice& choice,
                                   std::uint32_t requirement_class,
                                   AgentWord* claimed) {
  const std::uint32_t agent = choice.found.owner;
  *claimed = choice.word.WithClaim(true);
  if (!agents_.Swap(agent, choice.word, *claimed)) return false;
  const int kind = eligibility_.KindOf(requirement_class);
  const int order = eligibility_.OrderOf(requirement_class);
  agents_.Tidy(choice.profile_class, kind, order);
  agents_.Unpublish(agent, choice.found.list());
  return true;
}

template <template <typename> class AtomicT>
template <class Suits>
bool MatcherT<AtomicT>::FindAgent(std::uint32_t requirement_class,
                                  bool asks_drains, Suits suits,
                                  AgentChoice* best, Compared* compared) {
  const int kind = eligibility_.KindOf(requirement_class);
  const int order = eligibility_.OrderOf(requirement_class);
  const bool may_be_drained = asks_drains && eligibility_.AnyDrains() &&
                              eligibility_.DrainsOf(requirement_class) == 0;
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  // Place: the better fit, then the smaller image of the order key.
  const auto place_of = [](std::uint8_t fit, std::uint64_t image) {
    return static_cast<std::uint64_t>(8 - fit) << FrontWord::kImageBits | image;
  };
  const auto place_of_front = [&](std::uint32_t profile) {
    const FrontWord front = agents_.Front(profile, kind, order);
    if (front.empty()) return kNone;
    if (may_be_drained && (DrainedOf(profile) >> kind & 1) != 0) return kNone;
    const std::uint8_t fit = eligibility_.Fit(requirement_class, profile);
    return fit == 0 ? kNone : place_of(fit, front.image());
  };
  std::uint64_t smallest = kNone;
  std::uint64_t second = kNone;
  std::uint32_t first_profile = 0;
  eligibility_.ForEachProfileOf(requirement_class, [&](std::uint32_t profile) {
    const std::uint64_t place = place_of_front(profile);
    if (compared != nullptr && place != kNone) {
      compared->AddFront(place, profile);
    }
    if (place < smallest) {
      second = smallest;
      smallest = place;
      first_profile = profile;
    } else if (place < second) {
      second = place;
    }
  });
  if (smallest == kNone) return false;
  std::uint64_t best_place = kNone;
  const auto find_in = [&](std::uint32_t profile, AgentChoice* here) {
    here->profile_class = profile;
    here->fit = eligibility_.Fit(requirement_class, profile);
    if (here->fit == 0 ||
        !agents_.Find(profile, kind, order, suits, &here->found, &here->word)) {
      return kNone;
    }
    return place_of(here->fit,
                    AgentsT<AtomicT>::ImageOf(order, here->found.key));
  };
  const auto note = [&](std::uint64_t place, const AgentChoice& here) {
    compared->AddFound(place, here.found.key, here.profile_class,
                       here.found.owner);
  };
  const auto look_into = [&](std::uint32_t profile) {
    if (compared != nullptr) compared->Drop(profile);
    AgentChoice here;
    const std::uint64_t place = find_in(profile, &here);
    if (place == kNone) return;
    if (compared != nullptr) note(place, here);
    if (best_place == kNone || place < best_place ||
        (place == best_place && here.found.Before(best->found))) {
      best_place = place;
      *best = here;
    }
  };
  const auto complete = [&] {
    if (compared == nullptr || !compared->Incomplete(best_place)) return;
    compared->Clear();
    eligibility_.ForEachProfileOf(
        requirement_class, [&](std::uint32_t profile) {
          const std::uint64_t place = place_of_front(profile);
          if (place == kNone) return;
          if (place > best_place) return compared->AddFront(place, profile);
          AgentChoice here;
          const std::uint64_t there = find_in(profile, &here);
          // Smaller: he came after the look had chosen.
          if (there != kNone && there >= best_place) note(there, here);
        });
  };
  look_into(first_profile);
  if (best_place < second) {
    complete();
    return true;
  }
  eligibility_.ForEachProfileOf(requirement_class, [&](std::uint32_t profile) {
    if (profile == first_profile) return;
    const std::uint64_t place = place_of_front(profile);
    if (place != kNone && place <= best_place) look_into(profile);
  });
  if (best_place == kNone) return false;
  complete();
  return true;
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_INL_H_
