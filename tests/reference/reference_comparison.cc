// What a decision chose between.

#include <string>
#include <utility>
#include <vector>

#include "tests/reference/reference_router.h"

namespace relais::reference {

void ReferenceRouter::NoteComparison(const ContactRecord& contact,
                                     const AgentRecord& agent, bool pulled) {
  if (!keeps_comparisons_) return;
  const auto described = [&](const ContactRecord& one) {
    const bool held = IsHeldFor(one, agent);
    const bool first = held && !agent.profile.queue_order.empty();
    return ComparedContact{one.spec.channel,
                           held,
                           first ? -1 : static_cast<int>(RankOf(one, agent)),
                           one.rank_key_ms,
                           one.arrival_ms - one.rank_key_ms,
                           one.number};
  };
  const AgentOrder order = As(contact).agent_choice.order;
  const auto of_agent = [&](const AgentRecord& one) {
    return ComparedAgent{one.configuration.id, FitStep(contact, one),
                         PlaceInOrder(one, order)};
  };
  Comparison comparison;
  comparison.pulled = pulled;
  comparison.orders_queues = !agent.profile.queue_order.empty();
  comparison.contact_id = contact.spec.id;
  comparison.attempt = contact.version + 1;
  comparison.contact = described(contact);
  comparison.agent = of_agent(agent);
  for (const auto& [number, other] : contacts_) {
    if (number == contact.number || other.state != ContactState::kWaiting ||
        !IsFree(agent, other.spec.channel) ||
        IsKept(agent, other.spec.channel) || !IsOffered(other, agent)) {
      continue;
    }
    comparison.other_contacts.push_back(described(other));
  }
  for (const auto& [slot, other] : agents_) {
    if (other.number == agent.number || !IsFree(other, contact.spec.channel) ||
        IsKept(other, contact.spec.channel) || !IsOffered(contact, other)) {
      continue;
    }
    comparison.other_agents.push_back(of_agent(other));
  }
  comparisons_.push_back(std::move(comparison));
}

}  // namespace relais::reference
