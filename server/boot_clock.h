// The machine's clock since it started, which nobody can set: it tells how long
// a server was down, whatever was done to the wall clock meanwhile.
//
// Thread safety: any thread.

#ifndef RELAIS_SERVER_BOOT_CLOCK_H_
#define RELAIS_SERVER_BOOT_CLOCK_H_

#include "lib/journal/codec.h"
#include "relais/types.h"

namespace relais::server {

// The machine's clock beside the router's, which reads `now_ms`. Without a boot
// id if the system does not tell it.
journal::ClockMark MarkClock(InstantMs now_ms);

// What a router's clock begins with that goes on after `left`: never before the
// last event. In the same boot of the machine the time between, as its own
// clock counted it; otherwise the wall's, so that a wall clock which was set
// while the machine was down moves deadlines by as much, and nothing else does.
InstantMs InstantAtRestart(const journal::ClockMark& left,
                           const journal::ClockMark& machine,
                           InstantMs last_at_ms, InstantMs wall_ms);

}  // namespace relais::server

#endif  // RELAIS_SERVER_BOOT_CLOCK_H_
