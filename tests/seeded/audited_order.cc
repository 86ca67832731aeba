#include "tests/seeded/audited_order.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace relais::seeded {
namespace {

DurationMs Occupied(const AuditedWork& work, InstantMs now_ms) {
  constexpr InstantMs kFiveMinutes = 300'000;
  const InstantMs begin = (now_ms / kFiveMinutes - 11) * kFiveMinutes;
  DurationMs occupied_ms = 0;
  for (const auto& [from, to] : work.times) {
    if (to > begin) occupied_ms += to - std::max(from, begin);
  }
  return occupied_ms;
}

}  // namespace

void AuditedWork::Begin(bool keep, InstantMs now_ms) {
  *this = {};
  kept = keep;
  occupied_since_ms = now_ms;
}

void AuditedWork::Reserved(InstantMs now_ms, bool held_nothing) {
  if (!kept) return;
  offered = true;
  last_offered_ms = now_ms;
  if (held_nothing) occupied_since_ms = now_ms;
}

void AuditedWork::Accepted() { contacts += kept ? 1 : 0; }

void AuditedWork::LetGo(InstantMs now_ms) {
  if (!kept) return;
  constexpr DurationMs kLongAgo = 2 * 3'600'000;
  times.emplace_back(occupied_since_ms, now_ms);
  occupied_since_ms = std::max(occupied_since_ms, now_ms);
  while (times.front().second < now_ms - kLongAgo) times.pop_front();
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

AgentPlace PlaceOf(int load, const AuditedWork& work, InstantMs idle_since_ms,
                   AgentOrder order) {
  constexpr std::int64_t kContactsMax = 16'383;
  switch (order) {
    case AgentOrder::kLongestIdle:
      break;
    case AgentOrder::kLeastOccupied:
      return {load, work.occupied_ms / 1000, idle_since_ms};
    case AgentOrder::kFewestContacts:
      return {load, std::min<std::int64_t>(work.contacts, kContactsMax),
              idle_since_ms};
    case AgentOrder::kRoundRobin:
      if (work.offered) return {load, 1, work.last_offered_ms};
      return {load, 0, idle_since_ms};
  }
  constexpr std::int64_t kUnit = std::int64_t{1} << 35;  // of idle time
  return {idle_since_ms + load * kUnit, 0, 0};
}

bool KeepsWork(const Configuration& configuration) {
  for (const ContactQueue& queue : configuration.queues) {
    if (queue.agent_choice.order != AgentOrder::kLongestIdle) return true;
  }
  return false;
}

}  // namespace relais::seeded
