// Finds inversions in a recorded concurrent run.
//
// An inversion: a decision takes y for an agent while x still waits, who may
// be served by that agent, stands before y, and whose last publication was
// complete before the decision began. Threads record instants of the cycle
// counter such that only certain inversions are found: x waits for certain
// from the instant after its publication returned until the one before the
// look that took it (or the call that cancelled it) began; a decision lies for
// certain within its look's begin and its report. So there is no false alarm,
// and an inversion goes unseen only if its instants differ by less than the
// recording itself takes.
//
// x stands before y if its key is smaller, or, in the same lane, its sequence
// at the same key.
//
// Thread safety: none; logs are merged when the threads have ended.

#ifndef RELAIS_BENCH_CORE_INVERSIONS_H_
#define RELAIS_BENCH_CORE_INVERSIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/core/taken.h"
#include "bench/core/world.h"

namespace relais::bench {

struct LogEntry {
  enum class Kind : std::uint8_t { kPublished, kDecided, kCancelled };
  Kind kind = Kind::kPublished;
  std::uint32_t contact = 0;
  std::uint64_t published = 0;  // which publication of the slot
  // kPublished: the publication has returned. kDecided: the look began.
  // kCancelled: the call began.
  std::uint64_t instant = 0;
  // kDecided: it had been taken.
  std::uint64_t end = 0;
  // kDecided: where it stood and for whom.
  Place place;
  std::uint32_t agent = 0;
};

struct SearchResult {
  std::uint64_t decisions = 0;  // checked
  std::uint64_t found = 0;
  // Decided or cancelled twice, or decided without having been published.
  std::uint64_t conservation_errors = 0;
  std::string first;  // description of the first one
};

// `logs` must be complete: every publication in them was decided or cancelled
// in them, too (the caller drains the core before it ends a record).
SearchResult FindInversions(const World& world,
                            const std::vector<std::vector<LogEntry>>& logs);

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_INVERSIONS_H_
