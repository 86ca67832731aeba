// Runs one piece of work per thread for a while and measures it.
//
// Each thread is bound to a processor of its own while there are enough, so
// that both sides meet the same contention; the caller sleeps.

#ifndef RELAIS_BENCH_CORE_THREADS_H_
#define RELAIS_BENCH_CORE_THREADS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "lib/base/cache_line.h"

namespace relais::bench {

// Binds the calling thread to the `index`-th processor it may use, if there
// are more than `index`.
void BindToProcessor(std::uint32_t index);
// How many processors this process may use.
std::uint32_t Processors();

struct Slice {
  double seconds = 0;      // by the wall
  double cpu_seconds = 0;  // of all threads
};

class Stop {
 public:
  // relaxed: tells only to end; joining orders everything else.
  bool requested() const { return flag_.load(std::memory_order_relaxed); }
  void Request() { flag_.store(true, std::memory_order_relaxed); }

 private:
  alignas(kCacheLineBytes) std::atomic<bool> flag_{false};
};

// Starts body(i, stop) for i < threads at once, asks them to stop after
// `seconds`, and joins them.
Slice RunFor(double seconds, std::uint32_t threads,
             const std::function<void(std::uint32_t, const Stop&)>& body);
// The same until every body has returned by itself.
Slice RunThrough(std::uint32_t threads,
                 const std::function<void(std::uint32_t)>& body);

void SleepSeconds(double seconds);
double WallSeconds();

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_THREADS_H_
