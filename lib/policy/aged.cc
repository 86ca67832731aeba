#include "lib/policy/aged.h"

namespace relais::policy {

std::int64_t RankKey(InstantMs arrival_ms, DurationMs credit_ms) {
  return arrival_ms - credit_ms;
}

}  // namespace relais::policy
