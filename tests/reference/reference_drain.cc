// Drains, by docs/routing-model.md, "Drain".

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "tests/reference/reference_router.h"

namespace relais::reference {

ChannelSet ReferenceRouter::DrainsOf(const ContactRecord& contact) {
  return static_cast<ChannelSet>((*contact.rings)[contact.ring].drains &
                                 ~SetOf(contact.spec.channel));
}

bool ReferenceRouter::IsDrained(const ContactRecord& contact,
                                const AgentRecord& agent) const {
  return !IsHeld(contact) && DrainsOf(contact) == 0 &&
         std::any_of(contacts_.begin(), contacts_.end(), [&](const auto& one) {
           const ContactRecord& other = one.second;
           return other.state == ContactState::kWaiting &&
                  Contains(DrainsOf(other), contact.spec.channel) &&
                  MeetsIn(other.ring, other, agent);
         });
}

void ReferenceRouter::NoteLeft(const ContactRecord& contact) {
  if (contact.state == ContactState::kWaiting && DrainsOf(contact) != 0) {
    drain_over_ = true;
  }
}

void ReferenceRouter::LookAfterDrain(InstantMs now_ms) {
  while (drain_over_) {
    drain_over_ = false;
    std::vector<std::uint64_t> waiting;
    for (const auto& [number, contact] : contacts_) {
      if (contact.state == ContactState::kWaiting) waiting.push_back(number);
    }
    std::sort(waiting.begin(), waiting.end(), [&](auto a, auto b) {
      return std::tuple(contacts_.at(a).rank_key_ms, a) <
             std::tuple(contacts_.at(b).rank_key_ms, b);
    });
    for (const std::uint64_t number : waiting) {
      while (looks_) {
        const auto found = contacts_.find(number);
        if (found == contacts_.end() ||
            found->second.state != ContactState::kWaiting) {
          break;
        }
        AgentRecord* best = BestAgentFor(found->second);
        if (best == nullptr) break;
        ServeAgent(*best, now_ms);
      }
    }
  }
}

}  // namespace relais::reference
