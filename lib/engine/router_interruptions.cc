// Interruptions: what an agent is at gives way to what comes first.
//
// An interrupted contact stays assigned to its agent: no word of the core tells
// it from one in handling, so nobody else can be given it and nothing can be
// lost between two states. It keeps its units, and what may interrupt it finds
// them free whether or not it is interrupted (Holdings::Interruptible). So
// neither step changes what the core may decide, and none of them is told to
// it: both are changes of the agent's record under its mutex.
//
// A contact is resumed after the core has looked on the agent's behalf with the
// room that was given back, which is when nothing that may interrupt it waits
// for that agent. What comes at the same moment finds its units free all the
// same, and interrupts it again.

#include "lib/engine/router_impl.h"

namespace relais {

using match::ContactWord;

void RouterImpl::Interrupt(AgentRecord& agent, const Holding* accepted,
                           Call& call) {
  bool any = false;
  while (Holding* holding =
             agent.held.NextToInterrupt(agent.served.capacity, accepted)) {
    any = true;
    holding->interrupted = true;
    ++agent.version;
    Event event = ReservationEvent(EventType::kContactInterrupted, *holding,
                                   call.now_ms());
    event.contact_version = 0;
    event.contact_state = ContactState::kAssigned;
    FillReserved(agent, &event);
    call.HandOver(event);
    // Accepting has raised the tag by one.
    deadlines_.Cancel(holding->contact.slot, holding->reserved_tag + 1);
  }
  // The last one may have given more than was needed.
  if (any) Resume(agent, call);
}

void RouterImpl::Resume(AgentRecord& agent, Call& call) {
  while (Holding* holding = agent.held.NextToResume(agent.served.capacity)) {
    holding->interrupted = false;
    ++agent.version;
    Event event =
        ReservationEvent(EventType::kContactResumed, *holding, call.now_ms());
    event.contact_version = 0;
    event.contact_state = ContactState::kAssigned;
    FillReserved(agent, &event);
    call.HandOver(event);
    const std::uint64_t tag = holding->reserved_tag + 1;
    SetDeadline(holding->contact.slot, tag,
                call.now_ms() + holding->terms->queue.handling_lease_ms, tag,
                call);
  }
}

void RouterImpl::LeaseDue(ContactHandle contact, ContactWord word, Call& call) {
  {
    const AgentRecord& agent = agents_[word.ref()];
    MutexLock lock(agent.mutex);
    const Holding* holding = agent.held.Find(contact, word.tag() - 1);
    // Interrupted since this deadline was taken from the table.
    if (holding != nullptr && holding->interrupted) return;
  }
  std::uint64_t version = 0;
  EndAssigned(contact, word, EndReason::kLeaseExpired, call, &version);
}

}  // namespace relais
