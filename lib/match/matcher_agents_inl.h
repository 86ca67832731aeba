// The bodies of MatcherT: agents. Included by matcher.h only.

#ifndef RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_
#define RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_

#include "lib/match/matcher.h"

namespace relais::match {

template <template <typename> class AtomicT>
AgentTerms MatcherT<AtomicT>::TermsOf(AgentWord word) const {
  const TermsRecord& record = terms_[word.terms()];
  AgentTerms terms;
  terms.kinds = word.kinds();
  terms.order_key = record.order_key.load(std::memory_order_acquire);  // W3
  terms.profile_class =
      record.profile_class.load(std::memory_order_acquire);  // W3
  return terms;
}

template <template <typename> class AtomicT>
std::uint32_t MatcherT<AtomicT>::TakeTerms(std::uint32_t revision,
                                           const AgentTerms& terms) {
  // | tag:32 | index + 1:32 |
  std::uint64_t head = free_terms_.load(std::memory_order_acquire);  // W5
  for (;;) {
    RELAIS_CHECK(static_cast<std::uint32_t>(head) != 0,
                 "more calls in flight than there are terms for");
    const std::uint32_t index = static_cast<std::uint32_t>(head) - 1;
    // The record may have been taken since; then the tag differs.
    const std::uint64_t next =
        ((head >> 32) + 1) << 32 |
        terms_[index].next.load(std::memory_order_acquire);
    if (!free_terms_.compare_exchange_weak(
            head, next, std::memory_order_acq_rel, std::memory_order_acquire)) {
      continue;
    }
    TermsRecord& record = terms_[index];
    record.revision.store(revision, std::memory_order_release);          // W3
    record.order_key.store(terms.order_key, std::memory_order_release);  // W3
    record.profile_class.store(terms.profile_class,
                               std::memory_order_release);  // W3
    return index;
  }
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::FreeTerms(std::uint32_t index) {
  std::uint64_t head = free_terms_.load(std::memory_order_acquire);  // W5
  std::uint64_t next = 0;
  do {
    terms_[index].next.store(static_cast<std::uint32_t>(head),
                             std::memory_order_release);
    next = ((head >> 32) + 1) << 32 | (index + 1);
  } while (!free_terms_.compare_exchange_weak(
      head, next, std::memory_order_acq_rel, std::memory_order_acquire));
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::Update(std::uint32_t agent, std::uint32_t revision,
                               const AgentTerms& terms, std::uint32_t load_back,
                               DecisionSink& sink) {
  RELAIS_CHECK(
      agent < sizes_.agents && terms.profile_class < sizes_.profile_classes,
      "an agent or profile class out of range");
  constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  std::uint32_t taken = kNone;
  for (;;) {
    const AgentWord word = Agent(agent);
    const bool later = AgentWord::Later(
        revision,
        terms_[word.terms()].revision.load(std::memory_order_acquire));  // W3
    if (!later && load_back == 0) {
      // Nothing to change, if the revision read was that of terms in force.
      if (Agent(agent) != word) continue;
      break;
    }
    RELAIS_CHECK(word.load() >= load_back, "more given back than was taken");
    if (later && taken == kNone) taken = TakeTerms(revision, terms);
    const AgentWord next(true, word.load() - load_back,
                         later ? terms.kinds : word.kinds(),
                         later ? taken : word.terms(), word.tag() + 1);
    if (!SwapAgent(agent, word, next)) continue;
    if (later) {
      FreeTerms(word.terms());
      taken = kNone;
    }
    // Another's claim: its owner honours the change (M6).
    if (!word.claimed()) {
      Unpublish(agent);
      Release(agent, sink);
    }
    break;
  }
  if (taken != kNone) FreeTerms(taken);
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::Unpublish(std::uint32_t agent) {
  AgentSlot& slot = agents_[agent];
  const std::uint8_t kinds = slot.published_kinds;
  slot.published_kinds = 0;
  for (int kind = 0; kind < kKindCount; ++kind) {
    if ((kinds >> kind & 1) != 0) {
      IdleEntryDied(IdleList(slot.published_class, kind));
    }
  }
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::PublishIdle(std::uint32_t agent, AgentWord word,
                                    const AgentTerms& terms) {
  AgentSlot& slot = agents_[agent];
  slot.published_class = terms.profile_class;
  slot.published_kinds = terms.kinds;
  for (int kind = 0; kind < kKindCount; ++kind) {
    if ((terms.kinds >> kind & 1) == 0) continue;
    const std::uint32_t list = IdleList(terms.profile_class, kind);
    const Entry entry(agent, static_cast<std::uint32_t>(word.tag() + 1));
    NodeIndex node = idle_.Allocate(list, entry);
    if (node == kNoNode) {
      idle_.SweepAll([this](const Found& found) { return JudgeAgent(found); });
      node = idle_.Allocate(list, entry);
    }
    RELAIS_CHECK(node != kNoNode, "no node for an agent's idle entry");
    idle_.AddLive(list);
    idle_.Insert(list, node, terms.order_key, agent);
  }
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::Release(std::uint32_t agent, DecisionSink& sink) {
  for (;;) {
    const AgentWord word = Agent(agent);
    if (!word.free()) {
      if (SwapAgent(agent, word, word.WithClaim(false))) return;
      continue;
    }
    const AgentTerms terms = TermsOf(word);
    if (TakeBest(agent, word, terms, sink) != Taking::kNothing) continue;
    PublishIdle(agent, word, terms);
    const AgentWord published = word.WithClaim(false);
    if (!SwapAgent(agent, word, published)) {
      Unpublish(agent);
      continue;
    }
    // Look once more (M5): what was published between the look above and the
    // swap may have missed this agent.
    Choice again;
    if (!FindContactFor(agent, terms, &again)) return;
    if (!SwapAgent(agent, published, published.WithClaim(true))) return;
    Unpublish(agent);
  }
}

template <template <typename> class AtomicT>
typename MatcherT<AtomicT>::Taking MatcherT<AtomicT>::TakeBest(
    std::uint32_t agent, AgentWord word, const AgentTerms& terms,
    DecisionSink& sink) {
  sink.OnLook();
  Choice best;
  if (!FindContactFor(agent, terms, &best)) return Taking::kNothing;
  if (!SwapAgent(agent, word, word.WithLoad(word.load() + 1))) {
    return Taking::kAgain;
  }
  const std::uint32_t slot = best.found.entry.slot();
  const ContactWord from(best.word);
  const ContactWord reserved = from.Next(ContactPhase::kReserved, agent);
  // The lane or its class may have been redefined after they were read. That
  // was complete before any contact of the new meaning was published, and the
  // contact has been seen by now, so a second reading tells.
  if (lane_class_[best.list].load(std::memory_order_seq_cst) !=
          best.requirement_class ||  // W2
      Fit(best.requirement_class, terms.profile_class) != best.fit ||
      (terms.kinds >> kind_[best.requirement_class].load(
                          std::memory_order_seq_cst) &  // W2
       1) == 0 ||
      !SwapContact(slot, from, reserved)) {
    GiveBackUnit(agent);
    return Taking::kAgain;
  }
  Decision decision;
  decision.contact = slot;
  decision.word = reserved;
  decision.position = {best.list, best.found.key, best.found.sequence};
  decision.agent = agent;
  decision.agent_order_key = terms.order_key;
  decision.requirement_class = best.requirement_class;
  decision.profile_class = terms.profile_class;
  decision.fit_step = static_cast<std::uint8_t>(best.fit - 1);
  ContactSlot& contact = contacts_[slot];
  // release <-> acquire in PositionOf.
  contact.lane.store(best.list, std::memory_order_release);
  contact.key.store(best.found.key, std::memory_order_release);
  contact.sequence.store(best.found.sequence, std::memory_order_release);
  LaneEntryDied(best.list);
  sink.OnDecision(decision);
  return Taking::kTook;
}

template <template <typename> class AtomicT>
void MatcherT<AtomicT>::GiveBackUnit(std::uint32_t agent) {
  for (;;) {
    const AgentWord word = Agent(agent);
    RELAIS_CHECK(word.load() > 0, "a unit given back twice");
    if (SwapAgent(agent, word, word.WithLoad(word.load() - 1))) return;
  }
}

template <template <typename> class AtomicT>
bool MatcherT<AtomicT>::FindContactFor(std::uint32_t agent,
                                       const AgentTerms& terms, Choice* best) {
  const std::uint32_t lanes =
      lane_count_.load(std::memory_order_seq_cst);  // W2
  bool any = false;
  for (std::uint32_t lane = 0; lane < lanes; ++lane) {
    if (lanes_.Live(lane) == 0) continue;
    const std::uint32_t requirement_class =
        lane_class_[lane].load(std::memory_order_seq_cst);  // W2
    const int kind =
        kind_[requirement_class].load(std::memory_order_seq_cst);  // W2
    if ((terms.kinds >> kind & 1) == 0) continue;
    const std::uint8_t fit = Fit(requirement_class, terms.profile_class);
    if (fit == 0) continue;
    Found found;
    if (!lanes_.FindFirst(
            lane,
            [&](const Found& here) {
              const Verdict verdict = JudgeContact(here);
              return verdict == Verdict::kTake &&
                             Excluded(here.entry.slot(), agent)
                         ? Verdict::kPass
                         : verdict;
            },
            &found)) {
      continue;
    }
    const bool better =
        !any || found.key < best->found.key ||
        (found.key == best->found.key && found.sequence < best->found.sequence);
    if (!better) continue;
    any = true;
    best->found = found;
    best->list = lane;
    best->fit = fit;
    best->requirement_class = requirement_class;
    best->word =
        ContactWord(ContactPhase::kWaiting, found.node, found.entry.tag())
            .bits();
  }
  return any;
}

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_MATCHER_AGENTS_INL_H_
