#include "lib/engine/ring_watch.h"

#include "lib/base/assert.h"

namespace relais {

RingWatch::RingWatch(std::uint32_t agents, const ClassRegistry* classes)
    : classes_(classes),
      agent_count_(agents),
      agents_(std::make_unique<std::atomic<std::uint64_t>[]>(agents)) {
  for (std::uint32_t i = 0; i < agents; ++i) {
    agents_[i].store(0, std::memory_order_relaxed);
  }
}

// 0: nobody.
std::uint64_t RingWatch::Packed(const Standing& standing) {
  return std::uint64_t{standing.profile} << 2 | (standing.listed ? 2U : 0U) |
         (standing.signed_in ? 1U : 0U);
}

RingWatch::Standing RingWatch::Unpacked(std::uint64_t bits) {
  return {static_cast<std::uint32_t>(bits >> 2), (bits & 2U) != 0,
          (bits & 1U) != 0};
}

bool RingWatch::Counts(const Key& key, const Standing& standing) const {
  const bool present = key.condition == RingCondition::kNobodySignedIn
                           ? standing.signed_in
                           : standing.listed;
  return present && FitCell(classes_->Requirement(key.requirement_class),
                            classes_->Profile(standing.profile)) != 0;
}

void RingWatch::Acquire(const Key& key) {
  MutexLock lock(mutex_);
  Watch& watch = watches_[key];
  if (++watch.references > 1) return;
  for (std::uint32_t i = 0; i < agent_count_; ++i) {
    const std::uint64_t said = agents_[i].load(std::memory_order_relaxed);
    if (Counts(key, Unpacked(said))) ++watch.agents;
  }
}

void RingWatch::Release(const Key& key) {
  MutexLock lock(mutex_);
  const auto found = watches_.find(key);
  RELAIS_CHECK(found != watches_.end(), "a ring that nobody watches");
  Watch& watch = found->second;
  if (--watch.references > 0) return;
  // Contacts are left only when all of a router is destroyed.
  for (const auto& [place, tag] : watch.waiting) places_.erase(place.second);
  watch.waiting.clear();
  Judge(&watch);
  watches_.erase(found);
}

bool RingWatch::Nobody(const Key& key) const {
  MutexLock lock(mutex_);
  return watches_.at(key).agents == 0;
}

void RingWatch::SetAgent(std::uint32_t agent, const Standing& standing) {
  const std::uint64_t says = Packed(standing);
  const std::uint64_t said = agents_[agent].load(std::memory_order_relaxed);
  if (said == says) return;
  MutexLock lock(mutex_);
  agents_[agent].store(says, std::memory_order_relaxed);
  for (auto& [key, watch] : watches_) {
    if (Counts(key, Unpacked(said))) --watch.agents;
    if (Counts(key, standing)) ++watch.agents;
    Judge(&watch);
  }
}

void RingWatch::Judge(Watch* watch) {
  const bool turned = watch->agents == 0 && !watch->waiting.empty();
  if (turned == watch->turned) return;
  watch->turned = turned;
  if (turned) {
    turned_.fetch_add(1, std::memory_order_release);  // G2
  } else if (turned_.fetch_sub(1, std::memory_order_release) == 1) {
    since_.store(kNever, std::memory_order_release);  // G2
  }
}

void RingWatch::Enter(const Key& key, const Waiter& waiter,
                      absl::FunctionRef<bool()> still_waits) {
  MutexLock lock(mutex_);
  // Whoever ends or moves the contact does so before it takes the lock to have
  // it leave.
  if (!still_waits()) return;
  LeaveLocked(waiter.slot);
  if (key.condition == RingCondition::kNone) return;
  Watch& watch = watches_.at(key);
  watch.waiting.emplace(std::pair(waiter.sequence, waiter.slot), waiter.tag);
  places_.emplace(waiter.slot, Place{key, waiter.sequence});
  Judge(&watch);
}

void RingWatch::Leave(std::uint32_t slot) {
  MutexLock lock(mutex_);
  LeaveLocked(slot);
}

void RingWatch::Drop(const Waiter& waiter) {
  MutexLock lock(mutex_);
  const auto place = places_.find(waiter.slot);
  if (place == places_.end()) return;
  const Watch& watch = watches_.at(place->second.key);
  const auto entry =
      watch.waiting.find(std::pair(place->second.sequence, waiter.slot));
  if (entry->second == waiter.tag) LeaveLocked(waiter.slot);
}

void RingWatch::LeaveLocked(std::uint32_t slot) {
  const auto place = places_.find(slot);
  if (place == places_.end()) return;
  Watch& watch = watches_.at(place->second.key);
  watch.waiting.erase(std::pair(place->second.sequence, slot));
  places_.erase(place);
  Judge(&watch);
}

bool RingWatch::First(Waiter* waiter) const {
  MutexLock lock(mutex_);
  bool any = false;
  for (const auto& [key, watch] : watches_) {
    if (!watch.turned) continue;
    const auto& [place, tag] = *watch.waiting.begin();
    if (any && std::pair(waiter->sequence, waiter->slot) < place) continue;
    *waiter = {place.first, place.second, tag};
    any = true;
  }
  return any;
}

bool RingWatch::Note(InstantMs now_ms) {
  if (!turned()) return false;
  InstantMs never = kNever;
  return since_.compare_exchange_strong(never, now_ms,
                                        std::memory_order_acq_rel);  // G2
}

std::optional<InstantMs> RingWatch::Since() const {
  const InstantMs since = since_.load(std::memory_order_acquire);  // G2
  if (since == kNever) return std::nullopt;
  return since;
}

}  // namespace relais
