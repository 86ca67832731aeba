#include "bench/load/ring_audit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace relais::load {

namespace {

bool IsIn(const v1::AgentChange& agent) {
  return agent.presence().state() == v1::PRESENCE_STATE_AVAILABLE ||
         agent.presence().state() == v1::PRESENCE_STATE_NOT_READY;
}

// Whether the event may put the contact into another ring.
bool MayMove(const v1::Event& event) {
  switch (event.type()) {
    case v1::EVENT_TYPE_CONTACT_SUBMITTED:
    case v1::EVENT_TYPE_CONTACT_WIDENED:
    case v1::EVENT_TYPE_CONTACT_HOLD_ENDED:
      return true;
    case v1::EVENT_TYPE_RESERVATION_DECLINED:
    case v1::EVENT_TYPE_RESERVATION_NO_ANSWER:
    case v1::EVENT_TYPE_RESERVATION_RESCINDED:
      return event.contact().state() == v1::CONTACT_STATE_WAITING;
    default:
      return false;
  }
}

}  // namespace

RingAudit::RingAudit(const Rules& rules, const Record& record, const Fold& fold,
                     Violation violation)
    : rules_(rules),
      record_(record),
      fold_(fold),
      violation_(std::move(violation)) {
  if (record_.one_caller) return;
  for (const v1::Event& event : record_.events) {
    if (event.agent().version() == 0) continue;
    histories_[event.agent().id()].emplace_back(event.at_ms(),
                                                IsIn(event.agent()));
  }
  for (auto& [agent, history] : histories_) {
    std::stable_sort(
        history.begin(), history.end(),
        [](const auto& a, const auto& b) { return a.first < b.first; });
  }
}

RingAudit::Answer RingAudit::IsSignedIn(const std::string& agent,
                                        InstantMs at_ms,
                                        DurationMs tolerance_ms) const {
  if (tolerance_ms == 0) {
    const AgentFold* state = fold_.FindAgent(agent);
    return state != nullptr && IsIn(state->last) ? Answer::kYes : Answer::kNo;
  }
  const auto found = histories_.find(agent);
  if (found == histories_.end()) return Answer::kNo;
  bool before = false;
  bool always = true;
  bool ever = false;
  for (const auto& [since_ms, is_in] : found->second) {
    if (since_ms > at_ms + tolerance_ms) break;
    if (since_ms < at_ms - tolerance_ms) {
      before = is_in;
      continue;
    }
    always = always && is_in;
    ever = ever || is_in;
  }
  always = always && before;
  ever = ever || before;
  return always ? Answer::kYes : ever ? Answer::kOpen : Answer::kNo;
}

RingAudit::Answer RingAudit::IsSkipped(const v1::Contact& contact,
                                       std::size_t ring, InstantMs at_ms,
                                       DurationMs tolerance_ms) const {
  const std::vector<Ring>& rings = rules_.RingsOfQueue(contact.queue());
  const v1::RingCondition condition = rings[ring].skip_if;
  if (condition == v1::RING_CONDITION_UNSPECIFIED) return Answer::kNo;
  if (condition == v1::RING_CONDITION_NOBODY_SCHEDULED) {
    return rules_.AnybodyServes(contact, ring) ? Answer::kNo : Answer::kYes;
  }
  Answer skipped = Answer::kYes;
  for (const auto& [agent, state] : fold_.agents()) {
    const Answer in = IsSignedIn(agent, at_ms, tolerance_ms);
    if (in == Answer::kNo || !rules_.Serves(agent, contact, ring)) continue;
    if (in == Answer::kYes) return Answer::kNo;
    skipped = Answer::kOpen;
  }
  return skipped;
}

std::pair<std::size_t, std::size_t> RingAudit::RingAfter(
    const v1::Contact& contact, std::size_t ring, DurationMs waited_ms,
    InstantMs at_ms) const {
  const std::vector<Ring>& rings = rules_.RingsOfQueue(contact.queue());
  std::size_t least = std::min(ring, rings.size() - 1);
  for (std::size_t i = least; i < rings.size(); ++i) {
    if (rings[i].begins_ms <= waited_ms) least = i;
  }
  const DurationMs tolerance_ms =
      record_.one_caller ? 0 : record_.clock_tolerance_ms;
  while (IsSkipped(contact, least, at_ms, tolerance_ms) == Answer::kYes) {
    ++least;
  }
  std::size_t most = least;
  while (IsSkipped(contact, most, at_ms, tolerance_ms) != Answer::kNo) ++most;
  return {least, most};
}

void RingAudit::Check(const v1::Event& event, const v1::Contact& contact) {
  if (event.contact().version() == 0) return;
  ++checks_;
  const ContactFold* state = fold_.FindContact(contact.id());
  const std::size_t before = state == nullptr ? 0 : state->last.ring();
  const std::size_t ring = event.contact().ring();
  const auto wrong = [&](const std::string& right) {
    violation_(absl::StrCat("event ", event.sequence(), ": ", contact.id(),
                            " is in ring ", ring, " after ",
                            event.at_ms() - event.contact().arrival_ms(),
                            " ms instead of ", right));
  };
  // While it is held it is in the first.
  if (!MayMove(event) ||
      (event.contact().state() == v1::CONTACT_STATE_WAITING &&
       !event.contact().held_for().empty())) {
    if (ring != before) wrong(absl::StrCat("ring ", before, ", where it was"));
    return;
  }
  const bool submitted = event.type() == v1::EVENT_TYPE_CONTACT_SUBMITTED;
  const DurationMs waited_ms =
      submitted ? 0 : event.at_ms() - event.contact().arrival_ms();
  const auto [least, most] =
      RingAfter(contact, before, waited_ms, event.at_ms());
  if (ring < least || ring > most) {
    wrong(absl::StrCat("ring ", least));
  } else if (event.type() == v1::EVENT_TYPE_CONTACT_WIDENED && ring <= before) {
    wrong("a later one");
  }
  if (least != most) ++open_;
  if (ring <= before) return;
  ++widened_;
  const std::vector<Ring>& rings = rules_.RingsOfQueue(contact.queue());
  if (ring < rings.size() && waited_ms < rings[ring].begins_ms) ++skipped_;
}

void RingAudit::CheckAtRest(const BarrierPoint& barrier,
                            const v1::Contact& contact) {
  ++checks_;
  const v1::ContactChange& last = fold_.FindContact(contact.id())->last;
  if (!last.held_for().empty()) return;
  const std::size_t ring = last.ring();
  const std::vector<Ring>& rings = rules_.RingsOfQueue(contact.queue());
  if (ring >= rings.size()) return;  // found when it came there
  const bool late =
      ring + 1 < rings.size() &&
      last.arrival_ms() + rings[ring + 1].begins_ms <= barrier.now_ms;
  if (!late && IsSkipped(contact, ring, barrier.now_ms, 0) != Answer::kYes) {
    return;
  }
  violation_(absl::StrCat("after event ", barrier.sequence, ": ", contact.id(),
                          " still waits in ring ", ring, " after ",
                          barrier.now_ms - last.arrival_ms(), " ms",
                          late ? "" : ", where nobody could answer it"));
}

std::string RingAudit::Note() const {
  return absl::StrCat(widened_, " times a contact came into a later ring, ",
                      skipped_, " of them earlier than its wait says; ", open_,
                      " undecided: decided at the same time");
}

}  // namespace relais::load
