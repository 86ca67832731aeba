// The workloads and their places: a world, one side, and its workers.
//
// Thread safety: none; what runs the workers' threads is run.h.

#ifndef RELAIS_BENCH_CORE_WORKLOAD_H_
#define RELAIS_BENCH_CORE_WORKLOAD_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/core/worker.h"
#include "bench/core/world.h"

namespace relais::bench {

struct Workload {
  const char* name = "";
  std::uint32_t waiting = 0;  // contacts of each group, to begin with
  std::uint32_t agents = 0;   // of each group
  bool agents_idle = false;  // to begin with; else they come when their turn is
};

inline constexpr Workload kOverload1e3{"overload-1e3", 1'000, 1'000, false};
inline constexpr Workload kOverload1e5{"overload-1e5", 100'000, 1'000, false};
inline constexpr Workload kOverload1e6{"overload-1e6", 1'000'000, 1'000, false};
inline constexpr Workload kIdle1e4{"idle-1e4", 0, 10'000, true};
inline constexpr Workload kBalanced{"balanced", 0, 1'000, false};
inline constexpr std::array<Workload, 4> kFourWorkloads{
    kOverload1e3, kOverload1e5, kIdle1e4, kBalanced};

// `shape.contacts` are slots beyond those that the workload itself needs.
inline WorldShape ShapeFor(const Workload& workload, std::uint32_t threads,
                           WorldShape shape) {
  shape.agents = workload.agents;
  shape.contacts +=
      workload.waiting + workload.agents +
      static_cast<std::uint32_t>(4 * kWorkerSlotsMax) * (threads + 1);
  return shape;
}

template <class System, class Probe = NoProbe>
class Floor {
 public:
  using WorkerType = Worker<System, Probe>;

  Floor(const Workload& workload, std::uint32_t threads,
        const WorldShape& shape = WorldShape())
      : Floor(workload, threads, shape, [](std::uint32_t) { return Probe(); }) {
  }
  // `probe_of(i)` makes worker i's probe.
  template <class ProbeOf>
  Floor(const Workload& workload, std::uint32_t threads,
        const WorldShape& shape, ProbeOf probe_of)
      : world_(ShapeFor(workload, threads, shape)),
        system_(std::make_unique<System>(world_)),
        pools_(world_.shape.groups) {
    for (std::uint32_t slot = world_.contacts(); slot > 0; --slot) {
      pools_[(slot - 1) / world_.shape.contacts].Put(slot - 1);
    }
    for (std::uint32_t i = 0; i < threads; ++i) {
      workers_.push_back(
          std::make_unique<WorkerType>(*system_, world_, i, threads,
                                       pools_[i % pools_.size()], probe_of(i)));
    }
    for (std::uint32_t agent = 0; agent < world_.agents(); ++agent) {
      OfGroup(agent / world_.shape.agents, agent).AddAgent(agent);
    }
    for (const auto& worker : workers_) {
      worker->ReadClock();
      while (workload.agents_idle && worker->FreeOne()) {
      }
    }
    for (std::uint32_t group = 0; group < pools_.size(); ++group) {
      for (std::uint32_t i = 0; i < workload.waiting; ++i) {
        Fill(OfGroup(group, i));
      }
    }
  }

  const World& world() const { return world_; }
  System& system() { return *system_; }
  std::vector<std::unique_ptr<WorkerType>>& workers() { return workers_; }

 private:
  // The n-th worker of a group, around and around.
  WorkerType& OfGroup(std::uint32_t group, std::uint32_t n) {
    const auto groups = static_cast<std::uint32_t>(pools_.size());
    const auto in_group =
        (static_cast<std::uint32_t>(workers_.size()) - group + groups - 1) /
        groups;
    return *workers_[group + n % in_group * groups];
  }
  // Overload leaves waiting what is served last, so that is how it begins.
  void Fill(WorkerType& worker) {
    const std::uint32_t lane =
        worker.DrawLane() / kBands * kBands + (kBands - 1);
    RELAIS_CHECK(worker.SubmitTo(lane) != kNone, "no slot left to fill with");
  }

  const World world_;
  std::unique_ptr<System> system_;
  std::vector<SlotPool> pools_;
  std::vector<std::unique_ptr<WorkerType>> workers_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_WORKLOAD_H_
