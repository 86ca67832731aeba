#include "lib/policy/rank_key.h"

namespace relais::policy {

std::int64_t RankKey(InstantMs arrival_ms, DurationMs boost_ms) {
  return arrival_ms - boost_ms;
}

}  // namespace relais::policy
