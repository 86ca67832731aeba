// What a bullseye plan makes of a queue and of a contact, ring by ring, naively
// and once more: from docs/routing-model.md ("Rings"), so that it can judge the
// router.
//
// Thread safety: plain values, pure functions.

#ifndef RELAIS_BENCH_LOAD_RINGS_H_
#define RELAIS_BENCH_LOAD_RINGS_H_

#include <string>
#include <vector>

#include "relais/types.h"
#include "relais/v1/configuration.pb.h"
#include "relais/v1/contact.pb.h"

namespace relais::load {

struct Ring {
  DurationMs begins_ms = 0;  // since the arrival
  DurationMs boost_ms = 0;   // of all rings up to it
  v1::RingCondition skip_if = v1::RING_CONDITION_UNSPECIFIED;
  std::set<int> drain;                    // channels, of all rings up to it
  std::vector<v1::BullseyeRing> changes;  // of all rings up to it
  // The queue as which it asks, and the changes since it does.
  std::string asks_as;
  std::vector<v1::BullseyeRing> changes_as;
};

// The first one included, which is all that a queue without a plan has.
std::vector<Ring> RingsOf(const v1::ContactQueue& queue,
                          const v1::Configuration& configuration);

// What is left of a requirement after these changes.
v1::RoutingRequirement Loosened(const v1::RoutingRequirement& requirement,
                                const std::vector<v1::BullseyeRing>& changes);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_RINGS_H_
