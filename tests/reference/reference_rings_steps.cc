// Which ring a contact is in, and its way into the next one.

#include <algorithm>

#include "tests/reference/reference_router.h"

namespace relais::reference {

RoutingRequirement ReferenceRouter::QueueAsks(const ContactRecord& contact,
                                              std::size_t ring) {
  const Ring& waits = (*contact.rings)[ring];
  return After(waits.changes_as, waits.as->requirement);
}

RoutingRequirement ReferenceRouter::ContactAsks(const ContactRecord& contact,
                                                std::size_t ring) {
  return After((*contact.rings)[ring].changes, contact.spec.requirement);
}

bool ReferenceRouter::MeetsIn(std::size_t ring, const ContactRecord& contact,
                              const AgentRecord& agent) {
  return Contains(agent.profile.channels, contact.spec.channel) &&
         Meets(QueueAsks(contact, ring), agent.holdings,
               contact.spec.tutor_may_listen) &&
         Meets(ContactAsks(contact, ring), agent.holdings,
               contact.spec.tutor_may_listen);
}

bool ReferenceRouter::IsSkipped(std::size_t ring,
                                const ContactRecord& contact) const {
  const RingCondition condition = (*contact.rings)[ring].skip_if;
  if (condition == RingCondition::kNone) return false;
  return std::none_of(agents_.begin(), agents_.end(), [&](const auto& entry) {
    const AgentRecord& agent = entry.second;
    const bool counts = condition == RingCondition::kNobodySignedIn
                            ? agent.presence.state != PresenceState::kLoggedOut
                            : agent.listed;
    return counts && MeetsIn(ring, contact, agent);
  });
}

std::size_t ReferenceRouter::RingAfter(const ContactRecord& contact,
                                       DurationMs waited) const {
  std::size_t ring = 0;
  for (std::size_t i = 0; i < contact.rings->size(); ++i) {
    if ((*contact.rings)[i].begins_ms <= waited) ring = i;
  }
  ring = std::max(ring, contact.ring);
  while (IsSkipped(ring, contact)) ++ring;
  return ring;
}

void ReferenceRouter::PutInRing(std::size_t ring, ContactRecord& contact) {
  contact.ring = ring;
  contact.rank_key_ms = contact.arrival_ms - contact.boost_ms;
  // No credit counts in strict, a ring's no more than others.
  if (!contact.strict) contact.rank_key_ms -= (*contact.rings)[ring].boost_ms;
}

void ReferenceRouter::Widen(ContactRecord& contact, InstantMs now_ms) {
  NoteLeft(contact);
  PutInRing(RingAfter(contact, now_ms - contact.arrival_ms), contact);
  ++contact.version;
  Event event = MakeEvent(EventType::kContactWidened, now_ms);
  NameContact(contact, event);
  HandOver(event);
  SetWaitingDeadline(contact, now_ms);
  LookForContact(contact, now_ms, false);
}

ReferenceRouter::ContactRecord* ReferenceRouter::NextToSkip() {
  for (auto& [number, contact] : contacts_) {
    if (contact.state == ContactState::kWaiting && !IsHeld(contact) &&
        IsSkipped(contact.ring, contact)) {
      return &contact;
    }
  }
  return nullptr;
}

void ReferenceRouter::SetWaitingDeadline(ContactRecord& contact,
                                         InstantMs now_ms) {
  ClearContactDeadline(contact);
  if (IsHeld(contact)) {
    SetContactDeadline(contact, DeadlineKind::kWaiting,
                       WaitingDue(contact, now_ms));
    return;
  }
  std::vector<DurationMs> after;
  if (contact.terms->wait_limit_ms > 0) {
    after.push_back(contact.terms->wait_limit_ms);
  }
  if (contact.ring + 1 < contact.rings->size()) {
    after.push_back((*contact.rings)[contact.ring + 1].begins_ms);
  }
  if (after.empty()) return;
  SetContactDeadline(
      contact, DeadlineKind::kWaiting,
      contact.arrival_ms + *std::min_element(after.begin(), after.end()));
}

void ReferenceRouter::EndAtWaitLimit(ContactRecord& contact, InstantMs now_ms) {
  const std::uint64_t held_for = IsHeld(contact) ? contact.held_for : 0;
  EndContact(contact, EndReason::kWaitLimit, now_ms);
  Event event = MakeEvent(EventType::kContactEnded, now_ms);
  NameContact(contact, event);
  HandOver(event);
  Remember(contact, now_ms);
  LookAfterDrain(now_ms);
  if (held_for != 0) RemoveIfGone(held_for, now_ms);
}

}  // namespace relais::reference
