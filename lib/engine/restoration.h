// What Restore carries from step to step.
//
// Thread safety: belongs to the one call that restores.

#ifndef RELAIS_LIB_ENGINE_RESTORATION_H_
#define RELAIS_LIB_ENGINE_RESTORATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/engine/router_impl.h"

namespace relais {

struct RouterImpl::Restoration {
  const LiveState& state;
  const InstantMs now_ms;
  Call& call;
  absl::flat_hash_map<std::string, std::uint32_t> queue_slots;
  absl::flat_hash_map<std::string, std::uint32_t> agent_slots;
  // Terms that are in force no longer, as contacts brought them.
  std::vector<std::shared_ptr<const QueueTerms>> old_terms;
  // Reserved by a centre that answers at once; to be accepted.
  std::vector<std::pair<ContactHandle, match::ContactWord>> to_accept;
  // Of an end that makes two events one is missing.
  std::vector<ContactHandle> to_end;
  std::vector<std::pair<std::uint32_t, Event>> to_rescind;  // by agent slot
  // No longer listed, and not yet signed out for that.
  std::vector<std::uint32_t> to_sign_out;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_RESTORATION_H_
