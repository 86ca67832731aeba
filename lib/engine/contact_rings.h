// The rings of one plan as the core knows them: a requirement class for each,
// and lanes.
//
// RingClasses are shared by all contacts that ask for the same, and made for
// those of a queue when it is configured. Whoever holds them holds every class,
// so that a contact that was accepted can always go on to its next ring.
// ContactRings are what one contact has of them.
//
// Thread safety: every member from any thread.
//
// Lock: one mutex for each RingClasses, a leaf, taken once by each submit.
// Longest hold: a lookup.

#ifndef RELAIS_LIB_ENGINE_CONTACT_RINGS_H_
#define RELAIS_LIB_ENGINE_CONTACT_RINGS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/mutex.h"
#include "lib/engine/class_registry.h"
#include "lib/engine/ring_watch.h"
#include "relais/types.h"

namespace relais {

class RingClasses {
 public:
  struct Ring {
    std::uint32_t requirement_class = 0;
    DurationMs after_ms = 0;  // since the contact came
    DurationMs boost_ms = 0;
    RingCondition skip_if = RingCondition::kNone;
  };
  using Lanes = std::vector<std::uint32_t>;  // by ring

  // Takes over one reference to each class.
  RingClasses(std::vector<Ring> rings, ClassRegistry* classes,
              RingWatch* watch);
  ~RingClasses();
  RingClasses(const RingClasses&) = delete;
  RingClasses& operator=(const RingClasses&) = delete;

  const std::vector<Ring>& rings() const { return rings_; }
  bool watched() const { return watched_; }
  bool IsSkipped(std::size_t ring) const;

  // The lanes of contacts with this boost, that of their ring not counted; the
  // same for as long as this lives.
  absl::StatusOr<const Lanes*> LanesFor(DurationMs boost_ms) const;

 private:
  const std::vector<Ring> rings_;
  ClassRegistry* const classes_;
  RingWatch* const watch_;
  bool watched_ = false;
  mutable Mutex mutex_;
  // One for each priority and segment that came, at most.
  mutable std::map<DurationMs, Lanes> lanes_ RELAIS_GUARDED_BY(mutex_);
};

class ContactRings {
 public:
  // Of a contact with this boost, that of its ring not counted.
  // RESOURCE_EXHAUSTED without a lane in every ring.
  static absl::StatusOr<std::shared_ptr<const ContactRings>> Make(
      std::shared_ptr<const RingClasses> classes, DurationMs boost_ms);

  std::size_t size() const { return classes_->rings().size(); }
  const RingClasses::Ring& operator[](std::size_t ring) const {
    return classes_->rings()[ring];
  }
  bool watched() const { return classes_->watched(); }
  DurationMs BoostIn(std::size_t ring) const {
    return boost_ms_ + (*this)[ring].boost_ms;
  }
  std::uint32_t LaneOf(std::size_t ring) const { return (*lanes_)[ring]; }
  std::size_t RingOf(std::uint32_t lane) const;

  // The ring in which it belongs if it was in `ring` and has waited so long:
  // the last one whose time has come, or a later one while nobody could answer.
  std::size_t RingAfter(std::size_t ring, DurationMs waited_ms) const;

 private:
  ContactRings(std::shared_ptr<const RingClasses> classes, DurationMs boost_ms,
               const RingClasses::Lanes* lanes);

  const std::shared_ptr<const RingClasses> classes_;
  const DurationMs boost_ms_;
  const RingClasses::Lanes* const lanes_;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_CONTACT_RINGS_H_
