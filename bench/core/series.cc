#include "bench/core/series.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_format.h"
#include "lib/base/assert.h"

namespace relais::bench {

double Series::Median() const {
  if (values_.empty()) return 0;
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle]
                                : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Series::Min() const {
  return values_.empty() ? 0
                         : *std::min_element(values_.begin(), values_.end());
}

double Series::Max() const {
  return values_.empty() ? 0
                         : *std::max_element(values_.begin(), values_.end());
}

Series Ratios(const Series& ours, const Series& rivals) {
  RELAIS_CHECK(ours.values().size() == rivals.values().size(),
               "both sides have the same repetitions");
  Series ratios;
  for (std::size_t i = 0; i < ours.values().size(); ++i) {
    ratios.Add(ours.values()[i] / rivals.values()[i]);
  }
  return ratios;
}

bool Target::Holds(double figure) const {
  switch (kind) {
    case Kind::kAtLeast:
      return figure >= value;
    case Kind::kAtMost:
      return figure <= value;
    case Kind::kEqual:
      return figure == value;
  }
  return false;
}

std::string Target::Text() const {
  const std::string sign = kind == Kind::kAtLeast  ? ">="
                           : kind == Kind::kAtMost ? "<="
                                                   : "=";
  if (value >= 10 || kind == Kind::kEqual) {
    return sign + absl::StrFormat("%.0f", value);
  }
  const bool tenths = std::round(value * 10) == value * 10;
  return sign + (tenths ? absl::StrFormat("%.1f", value)
                        : absl::StrFormat("%.2f", value));
}

double Candidate::Deciding() const {
  if (!worst_decides) return series.Median();
  return target.kind == Target::Kind::kAtLeast ? series.Min() : series.Max();
}

double Candidate::Margin() const {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  const double figure = Deciding();
  switch (target.kind) {
    case Target::Kind::kAtLeast:
      return figure / target.value;
    case Target::Kind::kAtMost:
      return figure > 0 ? target.value / figure : kNever;
    case Target::Kind::kEqual:
      return figure == target.value ? kNever : 0;
  }
  return 0;
}

const Candidate& Worst(const std::vector<Candidate>& candidates) {
  RELAIS_CHECK(!candidates.empty(), "a goal is judged by something");
  return *std::min_element(candidates.begin(), candidates.end(),
                           [](const Candidate& a, const Candidate& b) {
                             return a.Margin() < b.Margin();
                           });
}

}  // namespace relais::bench
