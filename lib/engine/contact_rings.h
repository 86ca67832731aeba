// The rings of one plan as the core knows them: a requirement class for each,
// and lanes.
//
// Shared by all contacts that ask for the same, and made for those of a queue
// when it is configured. Whoever holds it holds every class of it, so that a
// contact that was accepted can always go on to its next ring.
//
// Thread safety: every member from any thread; lanes are filled as they are
// first needed, and are the same for as long as it lives.

#ifndef RELAIS_LIB_ENGINE_CONTACT_RINGS_H_
#define RELAIS_LIB_ENGINE_CONTACT_RINGS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "lib/engine/class_registry.h"
#include "lib/engine/ring_watch.h"
#include "relais/types.h"

namespace relais {

class ContactRings {
 public:
  struct Ring {
    std::uint32_t requirement_class = 0;
    DurationMs after_ms = 0;  // since the contact came
    DurationMs boost_ms = 0;
    RingCondition skip_if = RingCondition::kNone;
  };

  // Takes over one reference to each class.
  ContactRings(std::vector<Ring> rings, ClassRegistry* classes,
               RingWatch* watch);
  ~ContactRings();
  ContactRings(const ContactRings&) = delete;
  ContactRings& operator=(const ContactRings&) = delete;

  std::size_t size() const { return rings_.size(); }
  const Ring& operator[](std::size_t ring) const { return rings_[ring]; }
  bool watched() const { return watched_; }

  // Makes sure that contacts of this priority have a lane in every ring.
  absl::Status EnsureLanes(std::size_t priority, DurationMs credit_ms) const;
  // Of a priority that has its lanes.
  std::uint32_t LaneOf(std::size_t ring, std::size_t priority) const;
  std::size_t RingOf(std::uint32_t lane, std::size_t priority) const;

  // The ring in which a contact belongs that was in `ring` and has waited so
  // long: the last one whose time has come, or a later one while nobody could
  // answer.
  std::size_t RingAfter(std::size_t ring, DurationMs waited_ms) const;

 private:
  using Lanes = std::array<std::atomic<std::uint32_t>, kPriorityCount>;
  static constexpr std::uint32_t kNoLane = 0xFFFF'FFFF;

  const std::vector<Ring> rings_;
  ClassRegistry* const classes_;
  RingWatch* const watch_;
  bool watched_ = false;
  // release <-> acquire: whoever brings a contact into the lane has the lane's
  // making before it.
  mutable std::vector<Lanes> lanes_;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_CONTACT_RINGS_H_
