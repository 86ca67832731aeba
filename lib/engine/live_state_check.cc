#include "lib/engine/live_state_check.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/domain/last_listed.h"

namespace relais {
namespace {

absl::Status Contradiction(std::string_view path, const std::string& what) {
  return FieldError(absl::StatusCode::kInvalidArgument, path, what);
}

std::string ContactPath(const std::string& id) {
  return absl::StrCat("state.contacts[", Quoted(id), "]");
}

std::string AgentPath(const std::string& id) {
  return absl::StrCat("state.agents[", Quoted(id), "]");
}

bool Holds(ContactState state) {
  return state == ContactState::kReserved || state == ContactState::kAssigned;
}

absl::Status CheckContact(const std::string& id, const LiveContact& live,
                          const LiveState& state) {
  if (live.detail == nullptr || live.detail->spec.id != id) {
    return Contradiction(ContactPath(id), "has no detail, or another's");
  }
  if (live.version == 0 || live.state == ContactState::kEnded) {
    return Contradiction(ContactPath(id), "is not alive");
  }
  // Ended by a call that nobody was answered: its rescission is known, its end
  // is not.
  if (live.state == ContactState::kReserved && live.agent_id.empty()) {
    return absl::OkStatus();
  }
  if (!Holds(live.state)) {
    // Widening places it, too, as does the end of a hold.
    const bool moves = live.ring > 0 || !live.detail->spec.preferred.empty();
    if (live.placed && live.version < (moves ? 2U : 3U)) {
      return Contradiction(ContactPath(id), "came back without having gone");
    }
    const auto& agents = live.detail->spec.preferred.agents;
    if (!live.held_for.empty() && std::find(agents.begin(), agents.end(),
                                            live.held_for) == agents.end()) {
      return Contradiction(ContactPath(id),
                           absl::StrCat("waits for ", Quoted(live.held_for),
                                        ", whom it does not prefer"));
    }
    return absl::OkStatus();
  }
  const auto agent = state.agents.find(live.agent_id);
  const WorkState expected = live.state == ContactState::kReserved
                                 ? WorkState::kReserved
                                 : WorkState::kHandling;
  const auto holds = [&](const HeldContact& held) {
    return held.contact_id == id && held.state == expected &&
           held.attempt == live.attempt;
  };
  if (agent == state.agents.end() ||
      std::none_of(agent->second.held.begin(), agent->second.held.end(),
                   holds)) {
    return Contradiction(ContactPath(id),
                         absl::StrCat("is held by ", Quoted(live.agent_id),
                                      ", who does not hold it"));
  }
  if (!live.placed || live.attempt == 0 || live.attempt > live.version) {
    return Contradiction(ContactPath(id), "is held without a reservation");
  }
  return absl::OkStatus();
}

absl::Status CheckAgent(const std::string& id, const LiveAgent& live,
                        const LiveState& state) {
  int units = 0;
  for (const HeldContact& held : live.held) {
    units += held.units;
    if (held.units < 1 || units > kHeldUnitsMax) {
      return Contradiction(
          AgentPath(id),
          absl::StrCat("holds ", Quoted(held.contact_id), " of ", held.units,
                       " units, ", units,
                       " with those before; an agent holds at most ",
                       kHeldUnitsMax));
    }
    if (held.interrupted && held.state != WorkState::kHandling) {
      return Contradiction(AgentPath(id),
                           absl::StrCat("has ", Quoted(held.contact_id),
                                        " interrupted, but not in handling"));
    }
    if (held.state == WorkState::kWrapUp) continue;
    const auto contact = state.contacts.find(held.contact_id);
    // Its end is known, the rescission is not.
    if (contact == state.contacts.end() && held.state == WorkState::kReserved) {
      continue;
    }
    if (contact == state.contacts.end() || contact->second.agent_id != id ||
        !Holds(contact->second.state)) {
      return Contradiction(AgentPath(id),
                           absl::StrCat("holds ", Quoted(held.contact_id),
                                        ", which is not held by it"));
    }
  }
  if (live.last_listed != nullptr) {
    const std::string wrong = WrongInLastListed(*live.last_listed, id);
    if (!wrong.empty()) {
      return Contradiction(absl::StrCat(AgentPath(id), ".last_listed"), wrong);
    }
  }
  if (live.held.size() > kContactsPerAgentMax) {
    return Contradiction(
        AgentPath(id),
        absl::StrCat("holds ", live.held.size(), " contacts; at most ",
                     kContactsPerAgentMax, " are possible"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckLiveState(const LiveState& state, const Limits& limits) {
  if (state.configuration == nullptr &&
      !(state.contacts.empty() && state.agents.empty())) {
    return Contradiction("state.configuration",
                         "is missing, but contacts or agents are alive");
  }
  for (const auto& [id, contact] : state.contacts) {
    absl::Status status = CheckContact(id, contact, state);
    if (!status.ok()) return status;
  }
  for (const auto& [id, agent] : state.agents) {
    absl::Status status = CheckAgent(id, agent, state);
    if (!status.ok()) return status;
  }
  if (state.contacts.size() > limits.contacts) {
    return FieldError(
        absl::StatusCode::kResourceExhausted, "limits.contacts",
        absl::StrCat(state.contacts.size(),
                     " contacts are alive; the limit is ", limits.contacts));
  }
  return absl::OkStatus();
}

}  // namespace relais
