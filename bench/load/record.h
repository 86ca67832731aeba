// What was sent and heard while a day was played: all that the auditor and
// the tables are made from, besides the plan.
//
// Thread safety: plain values.

#ifndef RELAIS_BENCH_LOAD_RECORD_H_
#define RELAIS_BENCH_LOAD_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/load/centre.h"
#include "relais/types.h"
#include "relais/v1/event.pb.h"

namespace relais::load {

// The player's own account of one planned contact; same index as in the plan.
struct SentContact {
  bool sent = false;
  bool accepted_by_centre = false;  // the submit was answered without error
  std::uint64_t answer_sequence = 0;
  InstantMs arrival_ms = 0;
  bool at_once = false;
  // The last event that the player had read when it sent the cancel.
  std::optional<std::uint64_t> cancel_after_sequence;
};

// A call that was answered with an error.
struct RefusedCall {
  CallKind kind = CallKind::kSubmit;
  std::string contact_id;
  std::string agent_id;
  std::uint64_t attempt = 0;
  absl::Status status;
  // The last event that the player had read when it sent the call.
  std::uint64_t after_sequence = 0;
  std::vector<std::string> queues;  // of a pull
  // The last event when it was answered; 0 if that was not told.
  std::uint64_t answer_sequence = 0;
};

struct Record {
  std::vector<v1::Event> events;  // as they came
  std::vector<SentContact> contacts;
  std::vector<BarrierPoint> barriers;
  std::vector<RefusedCall> refused;
  std::uint64_t calls = 0;
  std::uint64_t offers_pushed = 0;
  DurationMs lag_worst_ms = 0;  // of a call behind its planned instant
  bool one_caller = false;
  DurationMs clock_tolerance_ms = 0;
  // The number of the last event when the day was over.
  std::uint64_t last_sequence = 0;
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_RECORD_H_
