// How an agent's figures change. The router and whoever rebuilds a state from
// events make the same steps at the same instants, so both have the same
// figures.
//
// What it is: counts, and occupied time cut into pieces of five minutes of
// which twelve are kept. Whole milliseconds, so nothing is lost or rounded.
//
// Thread safety: pure functions of values.

#ifndef RELAIS_LIB_DOMAIN_AGENT_FIGURES_H_
#define RELAIS_LIB_DOMAIN_AGENT_FIGURES_H_

#include "relais/agent.h"
#include "relais/configuration.h"
#include "relais/types.h"

namespace relais {

// Whether some queue's order of agents needs figures.
bool NeedsAgentFigures(const Configuration& configuration);

// Figures that begin at `now_ms`, with a sign-in or a configuration. `holds`:
// whether it holds something then.
AgentFigures FiguresFrom(InstantMs now_ms, bool holds);

// A reservation.
void NoteReserved(InstantMs now_ms, bool held_nothing, AgentFigures* figures);
void NoteAccepted(AgentFigures* figures);
// It holds a contact less.
void NoteLetGo(InstantMs now_ms, bool holds_nothing, AgentFigures* figures);
// Its presence, whether it has changed or not: a sign-in, or a pause's end.
void NotePresence(InstantMs now_ms, PresenceState before, PresenceState after,
                  bool holds_nothing, AgentFigures* figures);

// Occupied time in the piece of `now_ms` and the eleven before it, as far as it
// has been noted.
DurationMs OccupiedMs(const AgentFigures& figures, InstantMs now_ms);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_AGENT_FIGURES_H_
