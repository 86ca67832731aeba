#include "lib/engine/contact_rings.h"

#include <algorithm>
#include <utility>

#include "lib/base/assert.h"

namespace relais {

ContactRings::ContactRings(std::vector<Ring> rings, ClassRegistry* classes,
                           RingWatch* watch)
    : rings_(std::move(rings)),
      classes_(classes),
      watch_(watch),
      lanes_(rings_.size()) {
  for (Lanes& lanes : lanes_) {
    for (auto& lane : lanes) lane.store(kNoLane, std::memory_order_relaxed);
  }
  for (const Ring& ring : rings_) {
    if (ring.skip_if == RingCondition::kNone) continue;
    watched_ = true;
    watch_->Acquire({ring.requirement_class, ring.skip_if});
  }
}

ContactRings::~ContactRings() {
  for (const Ring& ring : rings_) {
    if (ring.skip_if != RingCondition::kNone) {
      watch_->Release({ring.requirement_class, ring.skip_if});
    }
    classes_->ReleaseRequirement(ring.requirement_class);
  }
}

absl::Status ContactRings::EnsureLanes(std::size_t priority,
                                       DurationMs credit_ms) const {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    std::atomic<std::uint32_t>& lane = lanes_[i][priority];
    if (lane.load(std::memory_order_acquire) != kNoLane) continue;
    const auto found = classes_->LaneFor(rings_[i].requirement_class,
                                         credit_ms + rings_[i].boost_ms, i);
    if (!found.ok()) return found.status();
    lane.store(*found, std::memory_order_release);
  }
  return absl::OkStatus();
}

std::uint32_t ContactRings::LaneOf(std::size_t ring,
                                   std::size_t priority) const {
  return lanes_[ring][priority].load(std::memory_order_acquire);
}

std::size_t ContactRings::RingOf(std::uint32_t lane,
                                 std::size_t priority) const {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (LaneOf(i, priority) == lane) return i;
  }
  RELAIS_CHECK(false, "a lane of no ring");
  return 0;
}

std::size_t ContactRings::RingAfter(std::size_t ring,
                                    DurationMs waited_ms) const {
  while (ring + 1 < rings_.size() && rings_[ring + 1].after_ms <= waited_ms) {
    ++ring;
  }
  while (
      rings_[ring].skip_if != RingCondition::kNone &&
      watch_->Nobody({rings_[ring].requirement_class, rings_[ring].skip_if})) {
    ++ring;
  }
  return ring;
}

}  // namespace relais
