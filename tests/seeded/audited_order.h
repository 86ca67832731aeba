// What the auditor believes of an agent's place in the orders of agents, by its
// own rules, written from docs/routing-model.md.
//
// Thread safety: plain values. Units: milliseconds.

#ifndef RELAIS_TESTS_SEEDED_AUDITED_ORDER_H_
#define RELAIS_TESTS_SEEDED_AUDITED_ORDER_H_

#include <cstdint>
#include <deque>
#include <string>
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
  InstantMs busy_since_ms = 0;
  // Busy times that have ended; those of long ago are dropped.
  std::deque<std::pair<InstantMs, InstantMs>> busy;

  void Begin(bool keep, InstantMs now_ms);
  void Reserved(InstantMs now_ms);
  void Accepted();
  void HoldsNothing(InstantMs now_ms);
  void PauseEnded(InstantMs now_ms);
  // Empty, or what differs.
  std::string Compare(const AgentFigures& shown) const;
};

// Smaller is chosen first.
std::pair<std::int64_t, std::int64_t> PlaceOf(const AuditedWork& work,
                                              InstantMs idle_since_ms,
                                              AgentOrder order);
bool KeepsWork(const Configuration& configuration);

}  // namespace relais::seeded

#endif  // RELAIS_TESTS_SEEDED_AUDITED_ORDER_H_
