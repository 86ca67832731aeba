// One real day of a bank's call centre as a DayPlan, by the rule of
// docs/load.md ("The real day").
//
// Thread safety: pure functions.

#ifndef RELAIS_BENCH_LOAD_BANK_DAY_H_
#define RELAIS_BENCH_LOAD_BANK_DAY_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/load/bank_trace.h"
#include "bench/load/day.h"

namespace relais::load {

// The rule's constants.
inline constexpr int kServedForSkillMin = 5;  // in the month
inline constexpr DurationMs kBankWrapUpMs = 5'000;
inline constexpr int kBankCreditPriority = 2;
inline constexpr DurationMs kBankCreditMs = 90'000;
inline constexpr std::int64_t kQueueStoodS = 30;  // takes a gap out

// From when to when an agent is there, in seconds since midnight.
struct Stay {
  std::int64_t from_s = 0;
  std::int64_t until_s = 0;
  friend bool operator==(const Stay&, const Stay&) = default;
};

// Types that each agent served often enough in the whole trace.
std::map<std::string, std::set<std::string>> SkillsServed(
    const BankTrace& trace);

// The stays of each agent who served somebody on the date.
std::map<std::string, std::vector<Stay>> Presences(
    const BankTrace& trace, const std::string& date,
    const std::map<std::string, std::set<std::string>>& skills);

// INVALID_ARGUMENT if the date is no date or has no offered call (the message
// names the dates there are).
absl::StatusOr<DayPlan> BankDay(const BankTrace& trace, const std::string& date,
                                std::uint64_t seed);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_BANK_DAY_H_
