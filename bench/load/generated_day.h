// A day generated from a description (bench/load/day.proto, as YAML) and a
// seed.
//
// Thread safety: pure functions, but for reading the file.

#ifndef RELAIS_BENCH_LOAD_GENERATED_DAY_H_
#define RELAIS_BENCH_LOAD_GENERATED_DAY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bench/load/day.h"
#include "bench/load/day.pb.h"
#include "relais/v1/configuration.pb.h"

namespace relais::load {

// INVALID_ARGUMENT with file, line, path and what would be right, one problem
// a line; NOT_FOUND if the file cannot be read.
absl::StatusOr<Day> ReadDayFile(const std::string& path);

// INVALID_ARGUMENT naming the path inside the day and the value.
absl::StatusOr<DayPlan> GenerateDay(const v1::Configuration& configuration,
                                    const Day& day, std::uint64_t seed);

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_GENERATED_DAY_H_
