#include "lib/engine/contact_rings.h"

#include <algorithm>
#include <utility>

#include "lib/base/assert.h"

namespace relais {

RingClasses::RingClasses(std::vector<Ring> rings, ClassRegistry* classes,
                         RingWatch* watch)
    : rings_(std::move(rings)), classes_(classes), watch_(watch) {
  for (const Ring& ring : rings_) {
    if (ring.skip_if == RingCondition::kNone) continue;
    watched_ = true;
    watch_->Acquire({ring.requirement_class, ring.skip_if});
  }
}

RingClasses::~RingClasses() {
  for (const Ring& ring : rings_) {
    if (ring.skip_if != RingCondition::kNone) {
      watch_->Release({ring.requirement_class, ring.skip_if});
    }
    classes_->ReleaseRequirement(ring.requirement_class);
  }
}

bool RingClasses::IsSkipped(std::size_t ring) const {
  const Ring& waits = rings_[ring];
  return waits.skip_if != RingCondition::kNone &&
         watch_->Nobody({waits.requirement_class, waits.skip_if});
}

absl::StatusOr<const RingClasses::Lanes*> RingClasses::LanesFor(
    DurationMs boost_ms) const {
  {
    MutexLock lock(mutex_);
    const auto known = lanes_.find(boost_ms);
    if (known != lanes_.end()) return &known->second;
  }
  Lanes lanes;
  lanes.reserve(rings_.size());
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    const auto lane = classes_->LaneFor(rings_[i].requirement_class,
                                        boost_ms + rings_[i].boost_ms, i);
    if (!lane.ok()) return lane.status();
    lanes.push_back(*lane);
  }
  // Another thread that was first has found the same.
  MutexLock lock(mutex_);
  return &lanes_.emplace(boost_ms, std::move(lanes)).first->second;
}

ContactRings::ContactRings(std::shared_ptr<const RingClasses> classes,
                           DurationMs boost_ms, const RingClasses::Lanes* lanes)
    : classes_(std::move(classes)), boost_ms_(boost_ms), lanes_(lanes) {}

absl::StatusOr<std::shared_ptr<const ContactRings>> ContactRings::Make(
    std::shared_ptr<const RingClasses> classes, DurationMs boost_ms) {
  const auto lanes = classes->LanesFor(boost_ms);
  if (!lanes.ok()) return lanes.status();
  return std::shared_ptr<const ContactRings>(
      new ContactRings(std::move(classes), boost_ms, *lanes));
}

std::size_t ContactRings::RingOf(std::uint32_t lane) const {
  const auto found = std::find(lanes_->begin(), lanes_->end(), lane);
  RELAIS_CHECK(found != lanes_->end(), "a lane of no ring");
  return static_cast<std::size_t>(found - lanes_->begin());
}

std::size_t ContactRings::RingAfter(std::size_t ring,
                                    DurationMs waited_ms) const {
  while (ring + 1 < size() && (*this)[ring + 1].after_ms <= waited_ms) ++ring;
  while (classes_->IsSkipped(ring)) ++ring;
  return ring;
}

}  // namespace relais
