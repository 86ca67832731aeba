// The queue order of a profile: which contacts come first for its agents,
// whatever their keys (docs/routing-model.md, "Queue order of a profile").
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_QUEUE_ORDER_H_
#define RELAIS_LIB_POLICY_QUEUE_ORDER_H_

#include "lib/domain/compiled.h"

namespace relais::policy {

// 0 to 15, smaller comes first.
int QueueRankOf(const CompiledRequirement& requirement,
                const CompiledProfile& profile);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_QUEUE_ORDER_H_
