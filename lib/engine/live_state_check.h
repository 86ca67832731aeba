// Whether a live state agrees with itself, so that a router can go on with it.
//
// Thread safety: any thread.

#ifndef RELAIS_LIB_ENGINE_LIVE_STATE_CHECK_H_
#define RELAIS_LIB_ENGINE_LIVE_STATE_CHECK_H_

#include "absl/status/status.h"
#include "relais/limits.h"
#include "relais/live_state.h"

namespace relais {

// INVALID_ARGUMENT names the contact or agent that contradicts another;
// RESOURCE_EXHAUSTED if more contacts are alive than the limit.
absl::Status CheckLiveState(const LiveState& state, const Limits& limits);

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_LIVE_STATE_CHECK_H_
