// Demand of a day: when contacts arrive, how long they are handled and how
// long their customers wait, drawn from a seed.
//
// Arrivals are a Poisson process whose rate follows an intraday shape;
// handling times are lognormal and patience exponential, which is what call
// centres measure. Nothing here reads a clock: times are milliseconds since
// the start of the day, and the same seed gives the same day everywhere.
//
// Thread safety: plain values and pure functions of them; a Random belongs to
// one caller.

#ifndef RELAIS_LIB_SIMULATION_DEMAND_H_
#define RELAIS_LIB_SIMULATION_DEMAND_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/random.h"
#include "relais/types.h"

namespace relais::simulation {

// The rate of arrivals over the day up to a factor: straight lines between
// points, zero outside them.
class IntradayShape {
 public:
  struct Point {
    DurationMs at_ms = 0;  // since the start of the day
    double weight = 0;     // not negative
  };

  // At least two points, at rising times, with some weight.
  static bool IsValid(const std::vector<Point>& points);
  explicit IntradayShape(std::vector<Point> points);

  double WeightAt(DurationMs at_ms) const;
  double WeightMax() const { return weight_max_; }
  // Integral of the weight over the day, in weight x milliseconds.
  double Area() const { return area_; }
  DurationMs BeginMs() const { return points_.front().at_ms; }
  DurationMs EndMs() const { return points_.back().at_ms; }

  const std::vector<Point>& points() const { return points_; }

 private:
  std::vector<Point> points_;
  double weight_max_ = 0;
  double area_ = 0;
};

// Instants of a Poisson process of `expected` arrivals over the whole shape,
// rising.
std::vector<DurationMs> DrawArrivals(const IntradayShape& shape,
                                     double expected, Random* random);

// Mean and standard deviation of the value itself, not of its logarithm; at
// least one millisecond. A deviation of 0 gives the mean.
DurationMs DrawLognormal(DurationMs mean_ms, DurationMs deviation_ms,
                         Random* random);
DurationMs DrawExponential(DurationMs mean_ms, Random* random);

// What one stream of contacts looks like.
struct StreamDemand {
  double contacts_expected = 0;  // over the whole shape
  DurationMs handling_mean_ms = 0;
  DurationMs handling_deviation_ms = 0;
  // Absent: the customer never leaves (written work).
  std::optional<DurationMs> patience_mean_ms;
  DurationMs wrap_up_mean_ms = 0;  // 0 = none
  // Probability of each priority; their sum is taken for 1.
  std::vector<double> priority_weights = {1.0};
};

struct DrawnContact {
  DurationMs at_ms = 0;  // since the start of the day
  int priority = 0;
  DurationMs handling_ms = 0;
  DurationMs wrap_up_ms = 0;
  std::optional<DurationMs> patience_ms;
};

// All contacts of one stream, by arrival.
std::vector<DrawnContact> DrawStream(const IntradayShape& shape,
                                     const StreamDemand& demand,
                                     Random* random);

}  // namespace relais::simulation

#endif  // RELAIS_LIB_SIMULATION_DEMAND_H_
