// Figures of repetitions, and how a goal is judged by them.

#ifndef RELAIS_BENCH_CORE_SERIES_H_
#define RELAIS_BENCH_CORE_SERIES_H_

#include <string>
#include <vector>

namespace relais::bench {

// One figure per repetition.
class Series {
 public:
  void Add(double value) { values_.push_back(value); }
  bool empty() const { return values_.empty(); }
  const std::vector<double>& values() const { return values_; }
  // Of an even number the mean of the middle two; 0 of none.
  double Median() const;
  double Min() const;
  double Max() const;

 private:
  std::vector<double> values_;
};

// ours[i] / rivals[i], repetition by repetition.
Series Ratios(const Series& ours, const Series& rivals);

struct Target {
  enum class Kind { kAtLeast, kAtMost, kEqual };
  Kind kind = Kind::kAtLeast;
  double value = 0;

  bool Holds(double figure) const;
  std::string Text() const;  // ">=1.0"
};
inline Target AtLeast(double value) { return {Target::Kind::kAtLeast, value}; }
inline Target AtMost(double value) { return {Target::Kind::kAtMost, value}; }
inline Target Equal(double value) { return {Target::Kind::kEqual, value}; }

// A figure that may decide a goal.
struct Candidate {
  std::string name;
  Series series;
  Target target;
  // What is held against the target: the median, or the worst of the series.
  bool worst_decides = false;

  double Deciding() const;
  bool Passes() const { return target.Holds(Deciding()); }
  // Above 1 is better than the target, below 1 is a miss.
  double Margin() const;
};

// The candidate with the smallest margin: a goal of several sub-targets is met
// only if all are.
const Candidate& Worst(const std::vector<Candidate>& candidates);

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_SERIES_H_
