// match_benchmark: single operations of the core, for profiling.
//
// Each measures one thread on a Floor of the benchmarks' world; the driver's
// own part (drawing a lane, a ring) is about 10 ns.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>

#include "bench/core/core_system.h"
#include "bench/core/mutex_rival.h"
#include "bench/core/worker.h"
#include "bench/core/workload.h"

namespace relais::bench {
namespace {

struct PlaceProbe : NoProbe {
  void OnTaken(const Taken& taken) { last = taken.place; }
  Place last;
};

Workload Waiting(benchmark::State& state) {
  return Workload{"", static_cast<std::uint32_t>(state.range(0)), 1'000, false};
}

// A contact arrives, an agent is freed: overload with range(0) waiting.
template <class System>
void BM_PairInOverload(benchmark::State& state) {
  Floor<System> floor(Waiting(state), 1);
  auto& worker = *floor.workers()[0];
  for (auto _ : state) {
    worker.SubmitOne();
    worker.FreeOne();
  }
}
BENCHMARK(BM_PairInOverload<CoreSystem>)->Arg(1'000)->Arg(100'000);
BENCHMARK(BM_PairInOverload<MutexRival>)->Arg(1'000)->Arg(100'000);

// An arriving contact takes the longest idle of range(0) agents, who then
// completes.
template <class System>
void BM_PairWithIdle(benchmark::State& state) {
  Workload workload{"", 0, static_cast<std::uint32_t>(state.range(0)), true};
  Floor<System> floor(workload, 1);
  auto& worker = *floor.workers()[0];
  for (auto _ : state) {
    worker.ReadClock();
    worker.SubmitOne();
    worker.FreeOne();
  }
}
BENCHMARK(BM_PairWithIdle<CoreSystem>)->Arg(100)->Arg(10'000);
BENCHMARK(BM_PairWithIdle<MutexRival>)->Arg(100)->Arg(10'000);

// A contact enters its lane and is cancelled.
template <class System>
void BM_SubmitAndCancel(benchmark::State& state) {
  Floor<System> floor(Waiting(state), 1);
  auto& worker = *floor.workers()[0];
  for (auto _ : state) {
    const std::uint32_t slot = worker.SubmitTo(worker.DrawLane());
    worker.CancelOne(slot, worker.last_published());
  }
}
BENCHMARK(BM_SubmitAndCancel<CoreSystem>)->Arg(1'000)->Arg(100'000);
BENCHMARK(BM_SubmitAndCancel<MutexRival>)->Arg(1'000)->Arg(100'000);

// A held contact returns to where it stood, and is taken again.
template <class System>
void BM_ReturnAndTake(benchmark::State& state) {
  Floor<System, PlaceProbe> floor(Waiting(state), 1);
  auto& worker = *floor.workers()[0];
  while (worker.decisions() == 0) worker.FreeOne();
  // Only the last of the ring is held with a known place.
  Place place = worker.probe().last;
  for (std::size_t i = worker.held(); i > 1; --i) worker.FreeOne();
  for (auto _ : state) {
    worker.ReturnOne([&](const HeldRing::Held&) { return place; });
    place = worker.probe().last;
  }
}
BENCHMARK(BM_ReturnAndTake<CoreSystem>)->Arg(10'000)->Arg(100'000);
BENCHMARK(BM_ReturnAndTake<MutexRival>)->Arg(10'000)->Arg(100'000);

// An agent comes for work, finds none among range(0) classes, and goes.
template <class System>
void BM_LookAtClasses(benchmark::State& state) {
  WorldShape shape;
  shape.classes_per_profile = static_cast<std::uint32_t>(state.range(0));
  shape.requirement_classes = 2 * shape.classes_per_profile;
  Workload workload{"", 0, 16, false};
  Floor<System> floor(workload, 1, shape);
  auto& worker = *floor.workers()[0];
  while (worker.FreeOne()) {
  }
  for (auto _ : state) {
    floor.system().Withdraw(0);
    floor.system().Ready(0, 1, worker);
  }
}
BENCHMARK(BM_LookAtClasses<CoreSystem>)->Arg(1)->Arg(8)->Arg(50)->Arg(500);
BENCHMARK(BM_LookAtClasses<MutexRival>)->Arg(1)->Arg(8)->Arg(50)->Arg(500);

// A waiting contact moves to the same lane of the next band and back.
void BM_Move(benchmark::State& state) {
  WorldShape shape;
  shape.contacts = 16;
  const World world(shape);
  match::Sizes sizes;
  sizes.contacts = world.contacts();
  sizes.agents = 1;
  sizes.requirement_classes = 1;
  sizes.profile_classes = 1;
  sizes.lanes = kBands;
  match::Matcher matcher(sizes);
  matcher.SetRequirementClass(0, 0);
  for (std::uint32_t lane = 0; lane < kBands; ++lane) matcher.SetLane(lane, 0);
  class Nobody final : public match::DecisionSink {
   public:
    void OnLook() override {}
    void OnDecision(const match::Decision&) override {}
  } nobody;
  matcher.Submit(0, matcher.Open(0), match::Position{0, 1, 1}, nobody);
  match::ContactWord word = matcher.Contact(0);
  std::uint32_t lane = 0;
  for (auto _ : state) {
    lane ^= 1;
    match::ContactWord now;
    const match::Result result =
        matcher.Move(0, word, match::Position{lane, 1, 1}, &now);
    RELAIS_CHECK(result == match::Result::kOk, "the core refused a move");
    word = now;
  }
}
BENCHMARK(BM_Move);

}  // namespace
}  // namespace relais::bench
