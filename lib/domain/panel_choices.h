// An agent's share of panel choices: how often customers chose it of late.
//
// Thread safety: pure functions on values.

#ifndef RELAIS_LIB_DOMAIN_PANEL_CHOICES_H_
#define RELAIS_LIB_DOMAIN_PANEL_CHOICES_H_

#include <cstdint>

#include "relais/agent.h"
#include "relais/types.h"

namespace relais {

// One more at this instant; a clock that is behind counts as the latest piece.
void NoteChoice(InstantMs now_ms, PanelChoices* choices);
// The latest of them alone, which there is.
PanelChoices LatestOf(const PanelChoices& choices);
void AddChoices(const PanelChoices& more, PanelChoices* choices);
void TakeChoices(const PanelChoices& fewer, PanelChoices* choices);
// Of the last four hours at that instant.
std::uint64_t ChoicesAt(const PanelChoices& choices, InstantMs now_ms);

// Whether an agent with `own` choices may have one more: afterwards it has at
// most `max_share_percent` of the mean of `agents` agents, itself among them,
// who have `all` choices now; or it is its first one.
bool MayBeChosen(std::uint64_t own, std::uint64_t all, std::uint64_t agents,
                 int max_share_percent);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_PANEL_CHOICES_H_
