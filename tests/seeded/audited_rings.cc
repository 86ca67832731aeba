// What contacts are worth in waiting, their rings, and what a change of one
// agent does, by the auditor's account: from docs/routing-model.md, with the
// naive reference's rings.

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/seeded/audited_state.h"

namespace relais::seeded {
namespace {

RoutingRequirement QueueAsks(const reference::Ring& ring) {
  return reference::After(ring.changes_as, ring.as->requirement);
}

bool Meets(const RoutingProfile& profile, const reference::Holdings& has,
           const AuditedContact& contact, const RoutingRequirement& queue,
           const RoutingRequirement& own) {
  const bool with_training = contact.spec.tutor_may_listen;
  return Contains(profile.channels, contact.spec.channel) &&
         reference::Meets(queue, has, with_training) &&
         reference::Meets(own, has, with_training);
}

}  // namespace

bool ServesInRing(const RoutingProfile& profile, const reference::Holdings& has,
                  const AuditedContact& contact, std::size_t ring) {
  const reference::Ring& at = contact.rings->at(ring);
  return Meets(profile, has, contact, QueueAsks(at),
               reference::After(at.changes, contact.spec.requirement));
}

// What a contact that comes now is worth in waiting.
DurationMs AuditedState::BoostOf(const ContactSpec& spec,
                                 const ContactQueue& queue) const {
  constexpr DurationMs kTenYears = 10LL * 365 * 24 * 3600 * 1000;
  DurationMs boost =
      queue.priority_credit_ms.at(static_cast<std::size_t>(spec.priority));
  for (const CustomerSegment& segment : configuration.segments) {
    if (segment.name == spec.segment) boost += segment.credit_ms;
  }
  const ContactChoice mode = configuration.contact_choice;
  if (mode == ContactChoice::kStrict) return spec.priority * kTenYears;
  if (mode == ContactChoice::kAged) return boost;
  return boost - queue.service_level.threshold_ms;
}

void AuditedContact::Enter(std::size_t next) {
  const reference::Ring& at = rings->at(next);
  ring = next;
  asks = *at.as;
  asks.requirement = QueueAsks(at);
  own = reference::After(at.changes, spec.requirement);
  rank_key_ms = arrival_ms - boost_ms - (strict ? 0 : at.boost_ms);
}

InstantMs AuditedContact::waiting_due_ms() const {
  constexpr InstantMs kNever = INT64_MAX;
  const DurationMs limit = terms.wait_limit_ms;
  const bool last = ring + 1 == rings->size();
  return std::min(limit > 0 ? arrival_ms + limit : kNever,
                  last ? kNever : arrival_ms + rings->at(ring + 1).begins_ms);
}

ChannelSet AuditedState::DrainsOf(const AuditedContact& contact) {
  return static_cast<ChannelSet>(contact.rings->at(contact.ring).drains &
                                 ~SetOf(contact.spec.channel));
}

std::pair<int, int> AuditedState::DrainedBy(const AuditedContact& contact,
                                            const AuditedAgent& agent) const {
  std::pair<int, int> by;
  // It is given all the same.
  if (contact.held() || DrainsOf(contact) != 0) return by;
  for (const auto& [id, other] : contacts) {
    if (other.state != ContactState::kWaiting ||
        !Contains(DrainsOf(other), contact.spec.channel)) {
      continue;
    }
    by.first += Meets(agent.profile, agent.has, other, other.asks.requirement,
                      other.own)
                    ? 1
                    : 0;
    by.second += Meets(agent.profile_before, agent.had, other,
                       other.asks.requirement, other.own)
                     ? 1
                     : 0;
  }
  return by;
}

bool AuditedState::SurelyDrained(const AuditedContact& contact,
                                 const AuditedAgent& agent) const {
  const auto [now, before] = DrainedBy(contact, agent);
  return now > 0 && before > 0;
}

bool AuditedState::MayBeDrained(const AuditedContact& contact,
                                const AuditedAgent& agent) const {
  const auto [now, before] = DrainedBy(contact, agent);
  return now > 0 || before > 0;
}

RingSkipped AuditedState::IsSkipped(const AuditedContact& contact,
                                    std::size_t ring) const {
  const reference::Ring& at = contact.rings->at(ring);
  if (at.skip_if == RingCondition::kNone) return RingSkipped::kNo;
  const bool own_ring = ring == contact.ring;
  const RoutingRequirement queue =
      own_ring ? contact.asks.requirement : QueueAsks(at);
  const RoutingRequirement own =
      own_ring ? contact.own
               : reference::After(at.changes, contact.spec.requirement);
  RingSkipped skipped = RingSkipped::kYes;
  for (const auto& [id, agent] : agents) {
    const bool signed_in = agent.presence.state != PresenceState::kLoggedOut;
    const bool scheduled = at.skip_if == RingCondition::kNobodyScheduled;
    if (!(scheduled ? agent.listed || agent.was_listed : signed_in)) continue;
    const bool now = (!scheduled || agent.listed) &&
                     Meets(agent.profile, agent.has, contact, queue, own);
    const bool before =
        (!scheduled || agent.was_listed) &&
        Meets(agent.profile_before, agent.had, contact, queue, own);
    if (now && before) return RingSkipped::kNo;
    if (now || before) skipped = RingSkipped::kOpen;
  }
  return skipped;
}

std::pair<std::size_t, std::size_t> AuditedState::RingAfter(
    const AuditedContact& contact, DurationMs waited_ms) const {
  std::size_t least = contact.ring;
  for (std::size_t i = least; i < contact.rings->size(); ++i) {
    if (contact.rings->at(i).begins_ms <= waited_ms) least = i;
  }
  while (IsSkipped(contact, least) == RingSkipped::kYes) ++least;
  std::size_t most = least;
  while (IsSkipped(contact, most) != RingSkipped::kNo) ++most;
  return {least, most};
}

std::string AuditedState::EnterRing(const Event& event, std::size_t ring,
                                    AuditedContact& contact) const {
  const auto [least, most] =
      RingAfter(contact, event.type == EventType::kContactSubmitted
                             ? 0
                             : event.at_ms - contact.arrival_ms);
  if (ring < least || ring > most) {
    return absl::StrCat("its ring is ", ring, " and should be ", least,
                        least == most ? "" : absl::StrCat(" to ", most));
  }
  contact.Enter(ring);
  return "";
}

std::string AuditedState::Widened(const Event& event) {
  const auto found = contacts.find(std::string(event.contact_id.view()));
  if (found == contacts.end()) return "promise 1: the contact is not alive";
  AuditedContact& contact = found->second;
  if (contact.state != ContactState::kWaiting) {
    return "promise 1: a contact is widened that does not wait";
  }
  if (contact.held()) return "promise 1: a contact is widened that is held";
  if (event.ring <= contact.ring) return "its ring is not a later one";
  ++contact.version;
  contact.waits_since_ms = event.at_ms;
  return EnterRing(event, event.ring, contact);
}

std::string AuditedState::AgentChanged(const Event& event,
                                       const EventDetail& detail) {
  const std::string id(event.agent_id.view());
  if (detail.agent == nullptr || detail.agent->id != id) {
    return "it does not bring its agent";
  }
  const auto found = agents.find(id);
  const auto listed = std::find_if(
      configuration.agents.begin(), configuration.agents.end(),
      [&id](const AgentConfiguration& one) { return one.id == id; });
  if (found == agents.end() || listed == configuration.agents.end()) {
    return "the agent is not listed";
  }
  *listed = *detail.agent;
  configuration_version = event.configuration_version;
  AuditedAgent& agent = found->second;
  ++agent.version;
  agent.has = reference::HoldingsOf(*listed, configuration);
  agent.had = agent.has;
  return "";
}

void AuditedState::EndTurns() {
  just_accepted_.clear();
  reserves_before.clear();
  for (auto& [id, agent] : agents) {
    agent.had = agent.has;
    agent.profile_before = agent.profile;
    agent.was_listed = agent.listed;
  }
}

}  // namespace relais::seeded
