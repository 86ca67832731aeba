// What the auditor believes of an agent's place in the orders of agents, by its
// own rules, written from docs/routing-model.md.
//
// Thread safety: plain values. Units: milliseconds.

#ifndef RELAIS_TESTS_SEEDED_AUDITED_ORDER_H_
#define RELAIS_TESTS_SEEDED_AUDITED_ORDER_H_

#include <cstdint>
#include <deque>
#include <string>
#include <tuple>
#include <utility>

#include "relais/agent.h"
#include "relais/configuration.h"
#include "relais/types.h"

namespace relais::seeded {

struct AuditedWork {
  bool kept = false;  // by the configuration in force
  std::uint32_t contacts = 0;
  bool offered = false;
  InstantMs last_offered_ms = 0;
  DurationMs occupied_ms = 0;
  InstantMs occupied_since_ms = 0;
  // Times in which it held something, each up to when a contact was let go;
  // those of long ago are dropped.
  std::deque<std::pair<InstantMs, InstantMs>> times;

  void Begin(bool keep, InstantMs now_ms);
  void Reserved(InstantMs now_ms, bool held_nothing);
  void Accepted();
  void LetGo(InstantMs now_ms);
  void PauseEnded(InstantMs now_ms);
  // Empty, or what differs.
  std::string Compare(const AgentFigures& shown) const;
};

// Smaller is chosen first. `load`: units held, or less them if it packs.
using AgentPlace = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
AgentPlace PlaceOf(int load, const AuditedWork& work, InstantMs idle_since_ms,
                   AgentOrder order);
bool KeepsWork(const Configuration& configuration);

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_AUDITED_ORDER_H_
