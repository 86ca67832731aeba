// Deadlines: offer timeouts, rings, wait limits, leases, wrap-ups, declines,
// ids.

#include "lib/engine/router_impl.h"

namespace relais {

using match::ContactPhase;
using match::ContactWord;

std::optional<InstantMs> RouterImpl::NextDue() const {
  const std::optional<InstantMs> deadline = deadlines_.NextDue();
  const std::optional<InstantMs> id = retained_.NextDue();
  std::optional<InstantMs> first = rings_watch_->Since();
  for (const std::optional<InstantMs>& due : {deadline, id}) {
    if (due.has_value() && (!first.has_value() || *due < *first)) first = due;
  }
  return first;
}

void RouterImpl::SetDeadline(std::uint32_t id, std::uint64_t version,
                             InstantMs due_ms, std::uint64_t payload,
                             Call& call) {
  if (deadlines_.Set(id, version, due_ms, payload)) call.NextDueEarlier();
}

std::size_t RouterImpl::RunDue(InstantMs now_ms, std::size_t limit) {
  if (now_ms < 0) return 0;
  std::size_t taken = 0;
  while (taken < limit) {
    if (rings_watch_->turned()) {
      Call call(*this, now_ms);
      if (!call.Reserve(EventPurpose::kExisting)) break;
      if (SkipOne(call)) {
        ++taken;
        continue;
      }
    }
    const std::optional<InstantMs> deadline = deadlines_.NextDue();
    const std::optional<InstantMs> id = retained_.NextDue();
    const bool id_first =
        id.has_value() && (!deadline.has_value() || *id < *deadline);
    if (id_first) {
      if (retained_.ForgetDue(now_ms, 1) == 0) break;
      ++taken;
      continue;
    }
    Call call(*this, now_ms);
    // Without room the deadline stays; it is run when events were taken.
    if (!call.Reserve(EventPurpose::kExisting)) break;
    DeadlineTable::Due due;
    if (!deadlines_.PopDue(now_ms, &due)) break;
    ++taken;
    RunOne(due, call);
  }
  return taken;
}

void RouterImpl::RunOne(const DeadlineTable::Due& due, Call& call) {
  if (due.id < limits_.contacts) {
    ContactDue(due, call);
  } else if (due.id < DeclineDeadline(0)) {
    const std::uint32_t wrap_ups = WrapUpDeadline(0, 0);
    if (due.id < wrap_ups) {
      RemoveAgentIfLeft(due.id - AgentDeadline(0), call);
      return;
    }
    constexpr auto kEach = static_cast<std::uint32_t>(kContactsPerAgentMax);
    WrapUpOver((due.id - wrap_ups) / kEach,
               static_cast<std::uint8_t>((due.id - wrap_ups) % kEach),
               due.version, call, nullptr);
  } else {
    DeclineDue(due, call);
  }
}

// The payload is the tag of the word that the deadline was set for.
void RouterImpl::ContactDue(const DeadlineTable::Due& due, Call& call) {
  const std::uint32_t slot = due.id;
  const ContactWord word = matcher_.Contact(slot);
  if (word.phase() == ContactPhase::kNew && word.tag() + 1 == due.payload) {
    // Another call is still bringing it: a little later.
    SetDeadline(slot, due.version, call.now_ms() + 1, due.payload, call);
    return;
  }
  if (word.tag() != due.payload) return;
  const ContactHandle contact{
      slot, contacts_[slot].base_tag.load(std::memory_order_acquire)};
  switch (word.phase()) {
    case ContactPhase::kWaiting:
      WaitingDue(contact, word, call);
      break;
    case ContactPhase::kReserved:
      OfferTimedOut(slot, word, call);
      break;
    case ContactPhase::kAssigned:
      LeaseDue(contact, word, call);
      break;
    case ContactPhase::kFree:
    case ContactPhase::kNew:
    case ContactPhase::kEnded:
      break;
  }
}

void RouterImpl::DeclineDue(const DeadlineTable::Due& due, Call& call) {
  const std::uint32_t entry = due.id - DeclineDeadline(0);
  const auto removed = declines_.Remove(entry, due.payload);
  if (!removed.has_value()) return;
  matcher_.SetExclusion(removed->contact.slot, removed->cell,
                        match::Matcher::kNobody, removed->number);
  const auto word = WordOf(removed->contact);
  if (word.ok() && word->phase() == ContactPhase::kWaiting) {
    matcher_.LookForContact(removed->contact.slot, *word, call);
  }
}

}  // namespace relais
