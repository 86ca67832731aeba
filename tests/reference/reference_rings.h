// Rings of a plan by docs/routing-model.md ("Rings"), in the plainest way:
// every ring is made anew from the first one. Shares no code with the router.
//
// Thread safety: plain values, pure functions.

#ifndef RELAIS_TESTS_REFERENCE_REFERENCE_RINGS_H_
#define RELAIS_TESTS_REFERENCE_REFERENCE_RINGS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "relais/configuration.h"

namespace relais::reference {

// One queue's, the first one included; without a plan, that one alone.
struct Ring {
  DurationMs begins_ms = 0;  // since the arrival
  DurationMs boost_ms = 0;   // all together
  RingCondition skip_if = RingCondition::kNone;
  std::vector<BullseyeRing> changes;  // all up to it
  ChannelSet drains = 0;              // of them all
  // The queue as which it asks and chooses, as configured, its activity's terms
  // included; and the changes since it does.
  std::shared_ptr<const ContactQueue> as;
  std::vector<BullseyeRing> changes_as;
};

std::vector<Ring> RingsOf(const ContactQueue& queue,
                          const Configuration& configuration);

// What is left of a requirement after these changes.
RoutingRequirement After(const std::vector<BullseyeRing>& changes,
                         const RoutingRequirement& requirement);

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_REFERENCE_RINGS_H_
