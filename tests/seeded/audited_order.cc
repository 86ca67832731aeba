#include "tests/seeded/audited_order.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace relais::seeded {
namespace {

DurationMs Occupied(const AuditedWork& work, InstantMs now_ms) {
  constexpr InstantMs kFiveMinutes = 300'000;
  const InstantMs begin = (now_ms / kFiveMinutes - 11) * kFiveMinutes;
  DurationMs occupied_ms = 0;
  for (const auto& [from, to] : work.busy) {
    if (to > begin) occupied_ms += to - std::max(from, begin);
  }
  return occupied_ms;
}

}  // namespace

void AuditedWork::Begin(bool keep, InstantMs now_ms) {
  *this = {};
  kept = keep;
  busy_since_ms = now_ms;
}

void AuditedWork::Reserved(InstantMs now_ms) {
  if (!kept) return;
  offered = true;
  last_offered_ms = now_ms;
  busy_since_ms = now_ms;
}

void AuditedWork::Accepted() { contacts += kept ? 1 : 0; }

void AuditedWork::HoldsNothing(InstantMs now_ms) {
  if (!kept) return;
  constexpr DurationMs kLongAgo = 2 * 3'600'000;
  busy.emplace_back(busy_since_ms, now_ms);
  while (busy.front().second < now_ms - kLongAgo) busy.pop_front();
  occupied_ms = Occupied(*this, now_ms);
}

void AuditedWork::PauseEnded(InstantMs now_ms) {
  if (kept) occupied_ms = Occupied(*this, now_ms);
}

std::string AuditedWork::Compare(const AgentFigures& shown) const {
  if (shown.contacts == contacts && shown.offered == offered &&
      shown.last_offered_ms == last_offered_ms &&
      shown.occupied_ms == occupied_ms) {
    return "";
  }
  return absl::StrCat("contacts ", shown.contacts, ", last offer ",
                      shown.last_offered_ms, ", occupied ", shown.occupied_ms,
                      ", and not ", contacts, ", ", last_offered_ms, ", ",
                      occupied_ms);
}

std::pair<std::int64_t, std::int64_t> PlaceOf(const AuditedWork& work,
                                              InstantMs idle_since_ms,
                                              AgentOrder order) {
  switch (order) {
    case AgentOrder::kLongestIdle:
      break;
    case AgentOrder::kLeastOccupied:
      return {work.occupied_ms, idle_since_ms};
    case AgentOrder::kFewestContacts:
      return {work.contacts, idle_since_ms};
    case AgentOrder::kRoundRobin:
      if (work.offered) return {1, work.last_offered_ms};
      break;
  }
  return {0, idle_since_ms};
}

bool KeepsWork(const Configuration& configuration) {
  for (const ContactQueue& queue : configuration.queues) {
    if (queue.agent_choice.order != AgentOrder::kLongestIdle) return true;
  }
  return false;
}

}  // namespace relais::seeded
