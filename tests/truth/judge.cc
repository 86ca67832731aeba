#include "tests/truth/judge.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace relais::truth {
namespace {

constexpr double kZMax = 3.5;
constexpr double kZCommon = 2;
constexpr double kShareBeyondCommon = 0.08;
constexpr double kBlockedMin = 400;

struct Ratio {
  double part = 0;
  double whole = 0;
};

Ratio RatioOf(Quantity quantity, const Tally& tally) {
  switch (quantity) {
    case Quantity::kBlocked:
      return {tally.blocked, tally.arrived};
    case Quantity::kWaited:
      return {tally.waited, tally.accepted};
    case Quantity::kAbandoned:
      return {tally.abandoned, tally.accepted};
    case Quantity::kAnswerSpeed:
      return {tally.wait_of_served, tally.served};
    case Quantity::kMeanWait:
      return {tally.wait_of_all, tally.accepted};
    case Quantity::kServedOverAccepted:
      return {tally.served_in_time, tally.accepted};
    case Quantity::kOfServed:
      return {tally.served_in_time, tally.served};
    case Quantity::kExcludingShortAbandons:
      return {tally.served_in_time, tally.accepted - tally.left_early};
  }
  return {};
}

// The ratio of the sums over all replications, and its standard error from
// their spread about it.
void Estimate(const std::vector<Tally>& tallies, Comparison* comparison) {
  Ratio sum;
  for (const Tally& tally : tallies) {
    const Ratio ratio = RatioOf(comparison->quantity, tally);
    sum.part += ratio.part;
    sum.whole += ratio.whole;
  }
  comparison->estimate = sum.part / sum.whole;
  double squares = 0;
  for (const Tally& tally : tallies) {
    const Ratio ratio = RatioOf(comparison->quantity, tally);
    const double off = ratio.part - comparison->estimate * ratio.whole;
    squares += off * off;
  }
  const auto count = static_cast<double>(tallies.size());
  comparison->error = std::sqrt(squares * count / (count - 1)) / sum.whole;
  const double off = comparison->estimate - comparison->exact;
  // What is impossible and happened is no matter of chance.
  const bool by_chance = comparison->exact != 0 && comparison->error > 0;
  comparison->z = off == 0    ? 0
                  : by_chance ? off / comparison->error
                              : std::numeric_limits<double>::infinity();
}

bool IsRareBlocking(const Comparison& comparison,
                    const std::vector<Tally>& tallies) {
  if (comparison.quantity != Quantity::kBlocked) return false;
  double arrived = 0;
  for (const Tally& tally : tallies) arrived += tally.arrived;
  return comparison.exact * arrived < kBlockedMin;
}

bool Same(double left, double right) { return std::abs(left - right) < 1e-12; }

bool IsRepeated(const Comparison& comparison,
                const std::vector<Comparison>& before) {
  for (const Comparison& other : before) {
    if (Same(other.exact, comparison.exact) &&
        Same(other.estimate, comparison.estimate)) {
      return true;
    }
  }
  return false;
}

}  // namespace

const char* NameOf(Quantity quantity) {
  static constexpr std::array<const char*, kQuantityCount> kNames = {
      "p_block",       "p_wait",
      "p_abandon",     "asa_served",
      "mean_wait_all", "sl_served_over_accepted",
      "sl_of_served",  "sl_excl_short_abandon"};
  return kNames.at(static_cast<std::size_t>(quantity));
}

std::vector<Comparison> CompareClass(const std::string& case_id,
                                     std::size_t contact_class,
                                     const Figures& exact,
                                     const std::vector<Tally>& tallies) {
  std::vector<Comparison> comparisons;
  for (std::size_t i = 0; i < kQuantityCount; ++i) {
    Comparison comparison;
    comparison.case_id = case_id;
    comparison.contact_class = contact_class;
    comparison.quantity = static_cast<Quantity>(i);
    comparison.exact = exact.at(i);
    Estimate(tallies, &comparison);
    const bool nothing = comparison.exact == 0 && comparison.estimate == 0;
    if (nothing || IsRareBlocking(comparison, tallies) ||
        IsRepeated(comparison, comparisons)) {
      continue;
    }
    comparisons.push_back(std::move(comparison));
  }
  return comparisons;
}

std::vector<Comparison> Compare(const ExactCase& exact, const Model& configured,
                                const Effort& effort) {
  double arrival_rate = 0;
  for (const double rate : exact.model.arrival_rate) arrival_rate += rate;
  Replication replication;
  replication.warm_up = effort.warm_up;
  replication.length = effort.contacts * exact.effort_factor /
                       effort.replications / arrival_rate;
  std::vector<std::vector<Tally>> by_class(exact.model.classes());
  for (int i = 0; i < effort.replications; ++i) {
    replication.seed = effort.seed * 1'000'003 + static_cast<std::uint64_t>(i);
    const std::vector<Tally> tallies =
        Simulate(exact.model, configured, replication);
    for (std::size_t c = 0; c < tallies.size(); ++c) {
      by_class[c].push_back(tallies[c]);
    }
  }
  std::vector<Comparison> comparisons;
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    for (Comparison& one :
         CompareClass(exact.id, c, exact.exact[c], by_class[c])) {
      comparisons.push_back(std::move(one));
    }
  }
  return comparisons;
}

std::string TableOf(const std::vector<Comparison>& comparisons) {
  std::string text =
      absl::StrFormat("%-5s %5s  %-24s %12s %12s %12s %6s\n", "case", "class",
                      "quantity", "exact", "estimate", "std error", "z");
  for (const Comparison& one : comparisons) {
    absl::StrAppendFormat(&text,
                          "%-5s %5d  %-24s %12.8f %12.8f %12.8f %6.2f%s\n",
                          one.case_id, one.contact_class, NameOf(one.quantity),
                          one.exact, one.estimate, one.error, one.z,
                          std::abs(one.z) > kZMax      ? " ***"
                          : std::abs(one.z) > kZCommon ? " *"
                                                       : "");
  }
  return text;
}

std::vector<std::string> Disagreements(
    const std::vector<Comparison>& comparisons) {
  std::vector<std::string> found;
  double beyond = 0;
  for (const Comparison& one : comparisons) {
    if (std::abs(one.z) > kZCommon) ++beyond;
    if (std::abs(one.z) <= kZMax) continue;
    found.push_back(absl::StrFormat(
        "%s, class %d: %s is %g and not %g, %.1f standard errors off",
        one.case_id, one.contact_class, NameOf(one.quantity), one.estimate,
        one.exact, one.z));
  }
  const auto count = static_cast<double>(comparisons.size());
  if (beyond > kShareBeyondCommon * count) {
    found.push_back(absl::StrFormat(
        "%.0f of %.0f comparisons are beyond 2 standard errors, more than 8 %%",
        beyond, count));
  }
  return found;
}

}  // namespace relais::truth
