// Recomputes from the events, and from what the player itself sent and was
// answered, whether the router kept its promises on a day. Naive on purpose:
// it shares with the router nothing but the proto.
//
// docs/load.md defines each invariant exactly, with what is left undecided
// because two decisions ran at the same time.
//
// Thread safety: pure functions.

#ifndef RELAIS_BENCH_LOAD_AUDIT_H_
#define RELAIS_BENCH_LOAD_AUDIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/day.h"
#include "bench/load/record.h"

namespace relais::load {

enum class Invariant {
  kEndedOnce,
  kOneHolder,
  kSkill,
  kDeclined,
  kInversion,
  kQuiet,
  kGapless,
  kRankKey,
  kRefused,
  kRing,
  kOvertaking,
};
inline constexpr int kInvariantCount = 11;

struct InvariantResult {
  std::string name;
  std::uint64_t checks = 0;
  std::uint64_t violations = 0;
  std::vector<std::string> first;  // the first violations, in words
  std::string note;                // what the checks looked at
};

struct AuditReport {
  std::vector<InvariantResult> invariants;  // by Invariant

  const InvariantResult& of(Invariant invariant) const {
    return invariants[static_cast<std::size_t>(invariant)];
  }
  bool AllHold() const;
};

AuditReport Audit(const DayPlan& plan, const Record& record);

// The invariants with their counts and the first violations.
std::string AuditText(const AuditReport& report);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_AUDIT_H_
