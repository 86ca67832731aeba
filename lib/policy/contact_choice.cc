#include "lib/policy/contact_choice.h"

#include <cstddef>

#include "lib/policy/aged.h"
#include "lib/policy/deadline.h"
#include "lib/policy/strict.h"

namespace relais::policy {

DurationMs BoostOf(ContactChoice choice, const ContactQueue& queue,
                   int priority, DurationMs segment_credit_ms) {
  const DurationMs credit_ms =
      queue.priority_credit_ms[static_cast<std::size_t>(priority)];
  switch (choice) {
    case ContactChoice::kAged:
      break;
    case ContactChoice::kDeadline:
      return DeadlineBoost(queue.service_level.threshold_ms, credit_ms,
                           segment_credit_ms);
    case ContactChoice::kStrict:
      return StrictBoost(priority);
  }
  return AgedBoost(credit_ms, segment_credit_ms);
}

}  // namespace relais::policy
