// lib/match alone with the same workload. The only file here that knows it.

#ifndef RELAIS_BENCH_ROUTER_CORE_SIDE_H_
#define RELAIS_BENCH_ROUTER_CORE_SIDE_H_

#include <cstdint>
#include <vector>

#include "bench/router/workload.h"
#include "lib/match/matcher.h"

namespace relais::bench {

// For one worker: the Router with one thread is what it is compared with.
class CoreSide final : public match::DecisionSink {
 public:
  CoreSide(std::uint32_t threads, const Served& served);

  void Submit(std::uint32_t worker, std::uint32_t requirement,
              std::uint32_t priority, std::int64_t now_ms);
  bool CompleteOldest(std::uint32_t worker, std::int64_t now_ms);
  std::uint64_t matches(std::uint32_t /*worker*/) const { return matches_; }

  void OnLook() override {}
  void OnDecision(const match::Decision& decision) override;

 private:
  struct Held {
    std::uint32_t contact;
    std::uint32_t agent;
    match::ContactWord word;  // assigned
  };

  void Update(std::uint32_t agent, std::int64_t now_ms, std::uint32_t units);

  match::Matcher matcher_;
  std::vector<std::uint32_t> slots_;
  std::vector<Held> held_;  // a ring
  std::uint64_t head_ = 0;
  std::uint64_t matches_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint32_t revision_ = 0;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_ROUTER_CORE_SIDE_H_
