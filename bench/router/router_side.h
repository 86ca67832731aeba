// The Router as an embedder has it: in memory, all events on, drained by the
// thread that called. Which contacts are in handling it learns from the
// events.

#ifndef RELAIS_BENCH_ROUTER_ROUTER_SIDE_H_
#define RELAIS_BENCH_ROUTER_ROUTER_SIDE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/router/ring.h"
#include "bench/router/workload.h"
#include "lib/base/cache_line.h"
#include "relais/router.h"

namespace relais::bench {

class RouterSide final : public RouterObserver {
 public:
  // `records`: RouterOptions::record_decisions.
  RouterSide(std::uint32_t threads, const Served& served, bool records = true);

  void Submit(std::uint32_t worker, std::uint32_t requirement,
              std::uint32_t priority, std::int64_t now_ms);
  void SubmitUndrained(std::uint32_t worker, std::uint32_t requirement,
                       std::uint32_t priority, std::int64_t now_ms);
  void Drain() { router_->DrainEvents(); }
  bool CompleteOldest(std::uint32_t worker, std::int64_t now_ms);
  std::uint64_t matches(std::uint32_t worker) const {
    return workers_[worker]->held.pushed();
  }

  void OnEvent(const Event& event) override;

 private:
  struct alignas(kCacheLineBytes) Worker {
    Worker() : held(kAgents) {}
    Ring<ContactHandle> held;
    ContactSpec spec;  // kept, so that strings keep their room
    std::uint64_t submitted = 0;
  };

  std::array<std::string, kClasses> queues_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Router> router_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_ROUTER_ROUTER_SIDE_H_
