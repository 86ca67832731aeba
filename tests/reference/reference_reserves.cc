// Reserves (docs/routing-model.md, "Reserves").

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "lib/domain/activity.h"
#include "tests/reference/reference_router.h"

namespace relais::reference {

void ReferenceRouter::TakeReserves() {
  for (auto& [place, reserve] : reserves_) reserve.listed = false;
  std::map<int, ReserveRecord> fresh;
  for (const relais::Reserve& configured : configuration_.reserves) {
    ReserveRecord next;
    next.reserve = configured;
    const ContactQueue& queue = *QueueByName(configured.queue);
    next.asks = queue.requirement;
    next.agent_choice = queue.agent_choice;
    const auto same =
        std::find_if(reserves_.begin(), reserves_.end(), [&](const auto& one) {
          return one.second.reserve == next.reserve &&
                 one.second.asks == next.asks &&
                 one.second.agent_choice == next.agent_choice;
        });
    if (same != reserves_.end()) {
      same->second.listed = true;
      continue;
    }
    int place = 0;
    while (reserves_.contains(place) || fresh.contains(place)) ++place;
    fresh.emplace(place, std::move(next));
  }
  reserves_.merge(fresh);
}

// One after another; those that have not been told yet are in the old ones.
void ReferenceRouter::TellOfReserves(InstantMs now_ms) {
  std::vector<std::uint64_t> all;
  for (const auto& [slot, agent] : agents_) all.push_back(agent.number);
  for (const std::uint64_t number : all) {
    AgentRecord& agent = *AgentByNumber(number);
    agent.told.clear();
    for (const auto& [place, reserve] : reserves_) {
      if (reserve.listed) agent.told.insert(place);
    }
    LookForAgent(number, now_ms);
  }
  std::erase_if(reserves_, [](const auto& one) { return !one.second.listed; });
}

void ReferenceRouter::ForgetReserves() {
  reserves_.clear();
  TakeReserves();
  for (auto& [slot, agent] : agents_) {
    agent.told.clear();
    for (const auto& [place, reserve] : reserves_) agent.told.insert(place);
  }
  Recount();
}

bool ReferenceRouter::IsIn(const ReserveRecord& reserve,
                           const AgentRecord& agent) {
  return Contains(agent.profile.channels, reserve.reserve.channel) &&
         Meets(reserve.asks, agent.holdings, false);
}

bool ReferenceRouter::Counts(int place, const ReserveRecord& reserve,
                             const AgentRecord& agent) {
  return agent.told.contains(place) && !agent.set_aside &&
         IsIn(reserve, agent) && IsFree(agent, reserve.reserve.channel);
}

std::size_t ReferenceRouter::CountOf(int place) const {
  const ReserveRecord& reserve = reserves_.at(place);
  return static_cast<std::size_t>(std::count_if(
      agents_.begin(), agents_.end(),
      [&](const auto& entry) { return Counts(place, reserve, entry.second); }));
}

std::set<int> ReferenceRouter::Recount() {
  std::set<int> gives;
  for (auto& [place, reserve] : reserves_) {
    const auto count = static_cast<int>(CountOf(place));
    if (reserve.keeps && count >= reserve.reserve.ResumeAt()) {
      reserve.keeps = false;
      gives.insert(place);
    } else if (count <= reserve.reserve.keep) {
      reserve.keeps = true;
    }
  }
  return gives;
}

bool ReferenceRouter::IsKept(const AgentRecord& agent, Channel channel) const {
  return std::any_of(
      reserves_.begin(), reserves_.end(), [&](const auto& entry) {
        const auto& [place, reserve] = entry;
        if (!reserve.keeps) return false;
        if (!Contains(reserve.reserve.holds_back, channel)) return false;
        if (!Counts(place, reserve, agent)) return false;
        AgentRecord with = agent;
        Held held;
        held.contact.channel = channel;
        held.contact.units =
            agent.profile.cost_units[static_cast<std::size_t>(channel)];
        with.held.push_back(held);
        return !Counts(place, reserve, with);
      });
}

bool ReferenceRouter::IsKeptBack(std::string_view contact_id,
                                 std::string_view agent_id) const {
  const ContactRecord* contact = ContactById(contact_id);
  const AgentRecord* agent = AgentById(agent_id);
  return contact != nullptr && agent != nullptr &&
         IsKept(*agent, contact->spec.channel);
}

// After the agent was given a contact of this channel; `counted` are the
// reserves in which it counted before.
void ReferenceRouter::CheckKept(Channel channel, const AgentRecord& agent,
                                const std::set<int>& counted) {
  for (const int place : counted) {
    const ReserveRecord& reserve = reserves_.at(place);
    if (Contains(reserve.reserve.holds_back, channel) &&
        !Counts(place, reserve, agent) &&
        CountOf(place) < static_cast<std::size_t>(reserve.reserve.keep)) {
      undercut_.push_back("reserve " + reserve.reserve.name +
                          " was undercut by " + agent.configuration.id);
    }
  }
}

std::set<int> ReferenceRouter::CountedIn(const AgentRecord& agent) const {
  std::set<int> counted;
  for (const auto& [place, reserve] : reserves_) {
    if (Counts(place, reserve, agent)) counted.insert(place);
  }
  return counted;
}

ReferenceRouter::ContactRecord* ReferenceRouter::NextFor(
    const AgentRecord& agent) {
  ContactRecord* best = nullptr;
  for (auto& [number, contact] : contacts_) {
    if (contact.state != ContactState::kWaiting) continue;
    if (!IsFree(agent, contact.spec.channel)) continue;
    if (IsKept(agent, contact.spec.channel)) continue;
    if (!IsOffered(contact, agent)) continue;
    if (best == nullptr || PlaceAt(agent, contact) < PlaceAt(agent, *best)) {
      best = &contact;
    }
  }
  return best;
}

void ReferenceRouter::ServeAgent(AgentRecord& agent, InstantMs now_ms) {
  while (looks_) {
    ContactRecord* next = NextFor(agent);
    if (next == nullptr) return;
    Decide(*next, agent, now_ms, false);
  }
}

void ReferenceRouter::LookForReserves(const std::set<int>& places,
                                      InstantMs now_ms) {
  for (const int place : places) {
    const ReserveRecord& reserve = reserves_.at(place);
    for (;;) {
      AgentRecord* best = nullptr;
      int best_fit = 0;
      for (auto& [slot, agent] : agents_) {
        if (agent.being_served || !Counts(place, reserve, agent) ||
            NextFor(agent) == nullptr) {
          continue;
        }
        const int fit =
            reference::FitStep(reserve.agent_choice.fit, reserve.asks,
                               RoutingRequirement(), agent.holdings, false);
        const AgentOrder order = reserve.agent_choice.order;
        // By rising slot, so equals stay with the lower one.
        if (best == nullptr || fit > best_fit ||
            (fit == best_fit &&
             PlaceInOrder(agent, order) < PlaceInOrder(*best, order))) {
          best = &agent;
          best_fit = fit;
        }
      }
      if (best == nullptr) break;
      ServeAgent(*best, now_ms);
    }
  }
}

}  // namespace relais::reference
