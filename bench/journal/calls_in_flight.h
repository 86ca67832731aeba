// A client that keeps a number of calls in flight: each submits a contact, and
// once that is answered cancels it, over and over.
//
// Thread safety: none; one thread.

#ifndef RELAIS_BENCH_JOURNAL_CALLS_IN_FLIGHT_H_
#define RELAIS_BENCH_JOURNAL_CALLS_IN_FLIGHT_H_

#include <memory>
#include <string>

#include "bench/core/latency.h"

namespace relais::bench {

class CallsInFlight {
 public:
  // To the server at `address`, which has the queue "accounts".
  explicit CallsInFlight(const std::string& address);
  ~CallsInFlight();

  // Keeps `count` calls in flight for so long and waits for the last ones;
  // adds how long each submit took to be answered, in nanoseconds. False if a
  // call was refused.
  bool Run(int count, double seconds, Histogram* submits);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_JOURNAL_CALLS_IN_FLIGHT_H_
