#include "relais/agent.h"

namespace relais {

WorkState WorkStateOf(const std::vector<HeldContact>& held) {
  WorkState state = WorkState::kIdle;
  for (const HeldContact& contact : held) {
    if (contact.state == WorkState::kHandling) return WorkState::kHandling;
    if (state != WorkState::kWrapUp) state = contact.state;
  }
  return state;
}

}  // namespace relais
