// What a plan makes of a requirement, ring by ring.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_DOMAIN_BULLSEYE_PLAN_H_
#define RELAIS_LIB_DOMAIN_BULLSEYE_PLAN_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "relais/bullseye_plan.h"
#include "relais/configuration.h"
#include "relais/requirement.h"

namespace relais {

// The plan of that name; one without rings if the name is empty or unknown.
BullseyePlan PlanOf(const ContactQueue& queue,
                    const Configuration& configuration);

// The rings after the first. A curve becomes rings at the instants at which its
// reduction reaches the next whole level: the share of `threshold_ms`, rounded
// up to a millisecond.
std::vector<BullseyeRing> LaterRings(const BullseyePlan& plan,
                                     DurationMs threshold_ms);

// Of a requirement that is the first ring's; `ring` counts from 0, which is
// that one. Of a queue's requirement and a contact's own alike, other queues
// aside.
RoutingRequirement RequirementInRing(RoutingRequirement requirement,
                                     const std::vector<BullseyeRing>& later,
                                     std::size_t ring);

// The queues of which its rings speak, each once, as they are configured (what
// their activities ask for included). Unknown ones are left out.
std::vector<ContactQueue> QueuesOfRings(const BullseyePlan& plan,
                                        const Configuration& configuration);

// The queue as which the ring asks and chooses: the first ring's, or that of
// `others` to which the rings have changed since, with its requirement loosened
// by the changes from there on. Name, requirement and choice of agent count.
ContactQueue QueueInRing(const ContactQueue& first,
                         const std::vector<ContactQueue>& others,
                         const std::vector<BullseyeRing>& later,
                         std::size_t ring);

// All boosts up to that ring together.
// Channels that contacts in this ring drain, their own included if named.
ChannelSet DrainInRing(const std::vector<BullseyeRing>& later,
                       std::size_t ring);

DurationMs BoostInRing(const std::vector<BullseyeRing>& later,
                       std::size_t ring);

// When to leave the ring because nobody could answer.
RingCondition SkipConditionOf(const BullseyePlan& plan,
                              const std::vector<BullseyeRing>& later,
                              std::size_t ring);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_BULLSEYE_PLAN_H_
