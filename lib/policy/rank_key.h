// The rank key: where a contact stands among all that wait.
//
// Every mode gives a contact a *boost*, a number of milliseconds fixed when it
// is submitted; its rank key is its arrival less the boost. Of two contacts
// the one with the smaller key is served first.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_POLICY_RANK_KEY_H_
#define RELAIS_LIB_POLICY_RANK_KEY_H_

#include <cstdint>

#include "relais/types.h"

namespace relais::policy {

// It never changes while the contact waits, so that lanes need no sorting. May
// be negative.
// Requires: arrival_ms >= 0, |boost_ms| < 2^42 (110 years and more), so that
// keys of the next century differ in the 44 bits of a front word.
std::int64_t RankKey(InstantMs arrival_ms, DurationMs boost_ms);

}  // namespace relais::policy

#endif  // RELAIS_LIB_POLICY_RANK_KEY_H_
