#include "lib/policy/queue_order.h"

#include <algorithm>
#include <cstdint>

namespace relais::policy {

int QueueRankOf(const CompiledRequirement& requirement,
                const CompiledProfile& profile) {
  // Of a profile without an order, and of contacts from before there were any.
  if (profile.queue_order.empty() || requirement.queue == 0) return 0;
  const auto found = std::lower_bound(
      profile.queue_order.begin(), profile.queue_order.end(), requirement.queue,
      [](const RankedQueue& a, std::uint64_t queue) {
        return a.queue < queue;
      });
  return found != profile.queue_order.end() && found->queue == requirement.queue
             ? found->rank
             : profile.other_rank;
}

}  // namespace relais::policy
