// What a queue asks for with its activity.
//
// Thread safety: pure functions.

#ifndef RELAIS_LIB_DOMAIN_ACTIVITY_H_
#define RELAIS_LIB_DOMAIN_ACTIVITY_H_

#include "relais/configuration.h"
#include "relais/requirement.h"

namespace relais {

// Both met: the activity's is one more nested term of the queue's all_of, and
// what it prefers stands behind what the queue prefers.
RoutingRequirement WithActivity(RoutingRequirement queue,
                                const RoutingRequirement& activity);

// The queue as its contacts are routed: with what its activity asks for, if it
// names one. Its activity is among those of the configuration.
ContactQueue WithActivity(const ContactQueue& queue,
                          const Configuration& configuration);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_ACTIVITY_H_
