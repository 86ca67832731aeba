// How an agent's figures change. The router and whoever rebuilds a state from
// events make the same steps at the same instants, so both have the same
// figures.
//
// What it is: counts, and busy time cut into pieces of five minutes of which
// twelve are kept. Whole milliseconds, so nothing is lost or rounded.
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

// Figures that begin at `now_ms`: with a sign-in, or, for who may be at work
// then, with a configuration.
AgentFigures FiguresFrom(InstantMs now_ms, bool busy);

// A reservation; `was_idle`: it held nothing before.
void NoteReserved(InstantMs now_ms, bool was_idle, AgentFigures* figures);
void NoteAccepted(AgentFigures* figures);
// It holds nothing any more.
void NoteIdle(InstantMs now_ms, AgentFigures* figures);
// It holds nothing, and a pause has ended.
void NoteAvailable(InstantMs now_ms, AgentFigures* figures);

// Busy time in the piece of `now_ms` and the eleven before it, of busy times
// that have ended.
DurationMs OccupiedMs(const AgentFigures& figures, InstantMs now_ms);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_AGENT_FIGURES_H_
