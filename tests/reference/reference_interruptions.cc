// Interruptions, as docs/routing-model.md defines them.

#include <algorithm>
#include <vector>

#include "tests/reference/reference_router.h"

namespace relais::reference {

bool ReferenceRouter::MayInterrupt(const AgentRecord& agent, Channel first,
                                   Channel other) {
  return Contains(
      agent.profile.may_interrupt.at(static_cast<std::size_t>(first)), other);
}

// All that a contact of the channel may make with what is held.
int ReferenceRouter::RoomWith(const AgentRecord& agent, Channel channel) {
  int room = agent.profile.capacity_units;
  for (const Held& held : agent.held) {
    if (held.contact.state == WorkState::kHandling &&
        MayInterrupt(agent, channel, held.contact.channel)) {
      room += held.contact.units;
    }
  }
  return std::min(room, 200);
}

void ReferenceRouter::TellInterruption(Held& held, AgentRecord& agent,
                                       bool interrupted, InstantMs now_ms) {
  ContactRecord& contact = contacts_.at(held.number);
  held.contact.interrupted = interrupted;
  ++agent.version;
  Event event = MakeEvent(
      interrupted ? EventType::kContactInterrupted : EventType::kContactResumed,
      now_ms);
  NameContact(contact, event);
  event.contact_version = 0;
  NameAgent(agent, event);
  NameReservation(contact, event);
  HandOver(event);
  if (interrupted) {
    ClearContactDeadline(contact);
  } else {
    SetContactDeadline(contact, DeadlineKind::kLease,
                       now_ms + contact.terms->handling_lease_ms);
  }
}

// `accepted` gives way itself only if nothing else can; 0: nothing was.
void ReferenceRouter::InterruptFor(std::uint64_t accepted, AgentRecord& agent,
                                   InstantMs now_ms) {
  for (bool any = false;; any = true) {
    int at_work = 0;
    std::vector<Held*> may_give_way;
    for (Held& held : agent.held) {
      if (held.contact.state == WorkState::kReserved) continue;
      if (held.contact.interrupted) continue;
      at_work += held.contact.units;
      if (held.contact.state != WorkState::kHandling) continue;
      const bool gives_way = std::any_of(
          agent.held.begin(), agent.held.end(), [&](const Held& other) {
            return other.contact.state == WorkState::kHandling &&
                   !other.contact.interrupted &&
                   MayInterrupt(agent, other.contact.channel,
                                held.contact.channel);
          });
      if (gives_way) may_give_way.push_back(&held);
    }
    if (at_work <= agent.profile.capacity_units || may_give_way.empty()) {
      if (any) ResumeWork(agent, now_ms);
      return;
    }
    if (may_give_way.size() > 1 && may_give_way.back()->number == accepted) {
      may_give_way.pop_back();
    }
    TellInterruption(*may_give_way.back(), agent, true, now_ms);
  }
}

void ReferenceRouter::ResumeWork(AgentRecord& agent, InstantMs now_ms) {
  const auto may_resume = [&agent](const Held& held) {
    if (!held.contact.interrupted) return false;
    int others = 0;
    for (const Held& other : agent.held) {
      if (!other.contact.interrupted) others += other.contact.units;
      if (other.contact.interrupted &&
          MayInterrupt(agent, other.contact.channel, held.contact.channel)) {
        return false;
      }
    }
    return others == 0 ||
           others + held.contact.units <= agent.profile.capacity_units;
  };
  for (;;) {
    const auto held =
        std::find_if(agent.held.begin(), agent.held.end(), may_resume);
    if (held == agent.held.end()) return;
    TellInterruption(*held, agent, false, now_ms);
  }
}

}  // namespace relais::reference
