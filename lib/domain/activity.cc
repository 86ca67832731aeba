#include "lib/domain/activity.h"

#include <memory>
#include <utility>

namespace relais {

RoutingRequirement WithActivity(RoutingRequirement queue,
                                const RoutingRequirement& activity) {
  queue.preferred.insert(queue.preferred.end(), activity.preferred.begin(),
                         activity.preferred.end());
  RoutingRequirement must = activity;
  must.preferred.clear();
  if (!must.empty()) {
    queue.all_of.push_back(
        {.requirement =
             std::make_shared<const RoutingRequirement>(std::move(must))});
  }
  return queue;
}

ContactQueue WithActivity(const ContactQueue& queue,
                          const Configuration& configuration) {
  ContactQueue result = queue;
  for (const Activity& activity : configuration.activities) {
    if (activity.name != queue.activity) continue;
    result.requirement =
        WithActivity(std::move(result.requirement), activity.requirement);
    break;
  }
  return result;
}

}  // namespace relais
