#include "bench/load/order_audit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace relais::load {

OrderAudit::OrderAudit(const DayPlan& plan, const Record& record,
                       const Rules& rules, const Fold& fold,
                       const Restraints& restraints, Violation violation)
    : plan_(plan),
      record_(record),
      rules_(rules),
      fold_(fold),
      restraints_(restraints),
      violation_(std::move(violation)) {
  for (std::size_t i = 0; i < plan_.contacts.size(); ++i) {
    index_.emplace(plan_.contacts[i].contact.id(), i);
  }
  for (const v1::Event& event : record_.events) {
    if (!event.has_contact()) continue;
    WholeLife& life = lives_[event.contact().id()];
    if (event.contact().rank_key_ms() != 0) {
      life.places[event.contact().ring()] = {
          event.contact().rank_key_ms(), event.contact().arrival_sequence()};
    }
    if (event.type() == v1::EVENT_TYPE_RESERVATION_CREATED ||
        event.type() == v1::EVENT_TYPE_CONTACT_WIDENED ||
        event.type() == v1::EVENT_TYPE_CONTACT_HOLD_ENDED ||
        event.type() == v1::EVENT_TYPE_CONTACT_ENDED) {
      life.leaves.push_back(&event);
    }
  }
}

void OrderAudit::Know(const v1::Contact& contact) {
  const std::size_t last = rules_.RingsOfQueue(contact.queue()).size() - 1;
  largest_boost_ms_ =
      std::max(largest_boost_ms_, rules_.BoostMs(contact, last));
}

bool OrderAudit::CompleteBefore(const ContactFold& contact, std::size_t index,
                                std::uint64_t began_after) const {
  if (contact.placed_again) return contact.published_sequence <= began_after;
  const SentContact& sent = record_.contacts[index];
  if (!sent.accepted_by_centre) return false;
  return record_.one_caller ? sent.answer_sequence <= began_after
                            : sent.answer_sequence < began_after;
}

bool OrderAudit::StandsBefore(const std::string& waiting,
                              const v1::Contact& contact,
                              const ContactFold& state,
                              const v1::Event& taken) const {
  const std::size_t ring = state.last.ring();
  // Of held contacts only those of agents without an order of queues stand
  // where their keys say.
  const bool held =
      !state.last.held_for().empty() || !taken.contact().held_for().empty();
  if (held && !rules_.BoundsOvertaking(taken.agent().id())) return false;
  const auto taken_index = index_.find(taken.contact().id());
  if (taken_index != index_.end()) {
    const v1::Contact& taken_contact =
        plan_.contacts[taken_index->second].contact;
    const std::string& agent = taken.agent().id();
    const int rank = rules_.QueueRankOf(agent, contact, ring);
    const int taken_rank =
        rules_.QueueRankOf(agent, taken_contact, taken.contact().ring());
    if (rank != taken_rank) return rank < taken_rank;
  }
  const InstantMs taken_key = taken.contact().rank_key_ms();
  const WholeLife& life = lives_.at(waiting);
  const auto place = life.places.find(ring);
  if (place == life.places.end()) {
    // Its key there was never published: the rule's, and on a clock that
    // several threads read, a margin.
    const InstantMs key =
        state.last.arrival_ms() - rules_.BoostMs(contact, ring);
    return key + record_.clock_tolerance_ms < taken_key;
  }
  const auto [key, sequence] = place->second;
  if (key != taken_key) return key < taken_key;
  const std::uint64_t taken_place = taken.contact().arrival_sequence();
  return sequence != 0 && taken_place != 0 && sequence < taken_place;
}

// Whether the contact certainly still waited where it did when `taken` was
// decided: another decision, or its widening, may have come just before and be
// numbered after.
bool OrderAudit::SurelyWaiting(const std::string& id, std::size_t index,
                               const v1::Event& taken) const {
  if (record_.one_caller) return true;
  const std::uint64_t sequence = taken.sequence();
  for (const v1::Event* leave : lives_.at(id).leaves) {
    if (leave->sequence() <= sequence) continue;
    if (leave->type() == v1::EVENT_TYPE_RESERVATION_CREATED) {
      return leave->reservation().began_after_sequence() >= sequence;
    }
    if (leave->type() == v1::EVENT_TYPE_CONTACT_WIDENED ||
        leave->type() == v1::EVENT_TYPE_CONTACT_HOLD_ENDED) {
      return leave->at_ms() > taken.at_ms() + record_.clock_tolerance_ms;
    }
    const auto& cancelled = record_.contacts[index].cancel_after_sequence;
    return cancelled && *cancelled >= sequence;
  }
  return true;  // it never left
}

bool OrderAudit::WaitedToo(const std::string& id, std::size_t index,
                           const v1::Event& taken) {
  const std::string& agent_id = taken.agent().id();
  const AgentFold* agent = fold_.FindAgent(agent_id);
  const std::uint64_t began = taken.reservation().began_after_sequence();
  if (fold_.MaybeExcluded(id, agent_id,
                          taken.at_ms() - record_.clock_tolerance_ms, began)) {
    return false;
  }
  // It may have had less room when the decision was made.
  const bool room_is_new =
      agent != nullptr && agent->given_back_sequence > began;
  if (room_is_new || !CompleteBefore(*fold_.FindContact(id), index, began) ||
      !SurelyWaiting(id, index, taken)) {
    ++pairs_undecided_;
    return false;
  }
  return true;
}

bool OrderAudit::MayInstead(const v1::Contact& contact,
                            const ContactFold& state,
                            const v1::Event& taken) const {
  const std::string& agent_id = taken.agent().id();
  const AgentFold* agent = fold_.FindAgent(agent_id);
  const std::size_t ring = state.last.ring();
  // Of which queues a pull was, only its own is known.
  if (taken.reservation().pulled() ? contact.queue() != taken.contact().queue()
                                   : rules_.IsPulled(contact, ring)) {
    return false;
  }
  if (!Fold::MayGoTo(state, agent_id) ||
      !rules_.Serves(agent_id, contact, ring)) {
    return false;
  }
  if (agent != nullptr && (Fold::IsClosed(*agent, contact.channel()) ||
                           !rules_.Fits(agent_id, contact.channel(), *agent))) {
    return false;
  }
  return restraints_.MayKeep(agent_id, contact, ring).empty();
}

void OrderAudit::Check(const v1::Event& event) {
  ++checks_;
  const std::string& agent_id = event.agent().id();
  for (const std::string& id : fold_.waiting()) {
    if (id == event.contact().id()) continue;
    const auto index = index_.find(id);
    if (index == index_.end()) continue;
    const v1::Contact& contact = plan_.contacts[index->second].contact;
    const ContactFold& state = *fold_.FindContact(id);
    if (!MayInstead(contact, state, event)) continue;
    ++pairs_compared_;
    const bool before = StandsBefore(id, contact, state, event);
    const bool overtaken =
        state.last.arrival_ms() < event.contact().arrival_ms();
    if ((!before && !overtaken) || !WaitedToo(id, index->second, event))
      continue;
    if (overtaken && !event.reservation().pulled())
      CheckOvertaking(contact, state, event);
    if (!before) continue;
    violation_(Wrong::kInversion,
               absl::StrCat("event ", event.sequence(), ": ", agent_id,
                            " took ", event.contact().id(), " (key ",
                            TimeOfDayText(event.contact().rank_key_ms()),
                            ") while ", id, " waited since ",
                            TimeOfDayText(state.last.arrival_ms()),
                            " with a smaller key"));
  }
}

// docs/routing-model.md, "What overtaking is bounded by".
void OrderAudit::CheckOvertaking(const v1::Contact& contact,
                                 const ContactFold& state,
                                 const v1::Event& taken) {
  if (!rules_.BoundsOvertaking(taken.agent().id())) return;
  ++overtaken_;
  const DurationMs by_ms =
      taken.contact().arrival_ms() - state.last.arrival_ms();
  const DurationMs bound_ms =
      largest_boost_ms_ - rules_.BoostMs(contact, state.last.ring());
  furthest_ms_ = std::max(furthest_ms_, by_ms);
  if (by_ms < bound_ms + record_.clock_tolerance_ms) return;
  violation_(Wrong::kOvertaking,
             absl::StrCat("event ", taken.sequence(), ": ", taken.agent().id(),
                          " took ", taken.contact().id(), ", which came ",
                          by_ms, " ms after ", contact.id(), "; the bound is ",
                          bound_ms, " ms"));
}

std::string OrderAudit::Note() const {
  return absl::StrCat(pairs_compared_, " pairs compared, ", pairs_undecided_,
                      " undecided: decided at the same time");
}

std::string OrderAudit::OvertakingNote() const {
  return absl::StrCat("by ", furthest_ms_,
                      " ms at most; the largest boost of a contact was ",
                      largest_boost_ms_, " ms");
}

}  // namespace relais::load
