#include "lib/simulation/demand.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "lib/base/assert.h"

namespace relais::simulation {

namespace {

// In (0, 1], so that its logarithm is finite.
double UniformAboveZero(Random* random) {
  return 1.0 - random->UniformDouble();
}

// Box and Muller; the second value is not kept, so that a draw always takes
// two numbers from the generator.
double DrawNormal(Random* random) {
  const double radius = std::sqrt(-2.0 * std::log(UniformAboveZero(random)));
  return radius * std::cos(2.0 * std::numbers::pi * random->UniformDouble());
}

int DrawIndex(const std::vector<double>& weights, Random* random) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  double left = random->UniformDouble() * sum;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    left -= weights[i];
    if (left < 0) return static_cast<int>(i);
  }
  return 0;
}

}  // namespace

bool IntradayShape::IsValid(const std::vector<Point>& points) {
  if (points.size() < 2) return false;
  bool some = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!(points[i].weight >= 0)) return false;
    if (i > 0 && points[i].at_ms <= points[i - 1].at_ms) return false;
    some = some || points[i].weight > 0;
  }
  return some;
}

IntradayShape::IntradayShape(std::vector<Point> points)
    : points_(std::move(points)) {
  RELAIS_CHECK(IsValid(points_), "the caller checks what it read from a file");
  for (std::size_t i = 0; i < points_.size(); ++i) {
    weight_max_ = std::max(weight_max_, points_[i].weight);
    if (i == 0) continue;
    area_ += 0.5 * (points_[i].weight + points_[i - 1].weight) *
             static_cast<double>(points_[i].at_ms - points_[i - 1].at_ms);
  }
}

double IntradayShape::WeightAt(DurationMs at_ms) const {
  if (at_ms < BeginMs() || at_ms >= EndMs()) return 0;
  const auto after = std::upper_bound(
      points_.begin(), points_.end(), at_ms,
      [](DurationMs at, const Point& point) { return at < point.at_ms; });
  const Point& to = *after;
  const Point& from = *(after - 1);
  const double part = static_cast<double>(at_ms - from.at_ms) /
                      static_cast<double>(to.at_ms - from.at_ms);
  return from.weight + part * (to.weight - from.weight);
}

std::vector<DurationMs> DrawArrivals(const IntradayShape& shape,
                                     double expected, Random* random) {
  std::vector<DurationMs> arrivals;
  if (!(expected > 0)) return arrivals;
  // Thinning: arrivals at the highest rate, each kept with the probability
  // that the rate of its instant has of the highest.
  const double rate_max = expected * shape.WeightMax() / shape.Area();
  double at = static_cast<double>(shape.BeginMs());
  while (true) {
    at += -std::log(UniformAboveZero(random)) / rate_max;
    if (at >= static_cast<double>(shape.EndMs())) return arrivals;
    const auto at_ms = static_cast<DurationMs>(at);
    if (random->UniformDouble() * shape.WeightMax() < shape.WeightAt(at_ms)) {
      arrivals.push_back(at_ms);
    }
  }
}

DurationMs DrawLognormal(DurationMs mean_ms, DurationMs deviation_ms,
                         Random* random) {
  const double normal = DrawNormal(random);
  const double mean = static_cast<double>(std::max<DurationMs>(mean_ms, 1));
  const double ratio = static_cast<double>(deviation_ms) / mean;
  const double variance = std::log(1.0 + ratio * ratio);
  const double value =
      mean * std::exp(std::sqrt(variance) * normal - 0.5 * variance);
  return std::max<DurationMs>(1, std::llround(value));
}

DurationMs DrawExponential(DurationMs mean_ms, Random* random) {
  const double value =
      -std::log(UniformAboveZero(random)) * static_cast<double>(mean_ms);
  return std::max<DurationMs>(1, std::llround(value));
}

std::vector<DrawnContact> DrawStream(const IntradayShape& shape,
                                     const StreamDemand& demand,
                                     Random* random) {
  // Generators of their own: another handling time does not move arrivals.
  Random arrivals_random = random->Fork();
  Random contact_random = random->Fork();
  std::vector<DrawnContact> contacts;
  for (const DurationMs at_ms :
       DrawArrivals(shape, demand.contacts_expected, &arrivals_random)) {
    DrawnContact contact;
    contact.at_ms = at_ms;
    contact.priority = DrawIndex(demand.priority_weights, &contact_random);
    contact.handling_ms = DrawLognormal(
        demand.handling_mean_ms, demand.handling_deviation_ms, &contact_random);
    if (demand.wrap_up_mean_ms > 0) {
      contact.wrap_up_ms =
          DrawExponential(demand.wrap_up_mean_ms, &contact_random);
    }
    if (demand.patience_mean_ms) {
      contact.patience_ms =
          DrawExponential(*demand.patience_mean_ms, &contact_random);
    }
    contacts.push_back(contact);
  }
  return contacts;
}

}  // namespace relais::simulation
