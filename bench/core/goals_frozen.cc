// Goal 7: a thread stopped at any instant stops no other.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/core/core_system.h"
#include "bench/core/frozen.h"
#include "bench/core/goals.h"
#include "bench/core/mutex_rival.h"

namespace relais::bench {
namespace {

// Keeps the figures that the freezer reads.
struct WatchProbe : NoProbe {
  // relaxed: figures, read by the controller whenever it likes.
  void BeforeCall() { thread->in_call.store(true, std::memory_order_relaxed); }
  void AfterCall() { thread->in_call.store(false, std::memory_order_relaxed); }
  void OnTaken(const Taken& taken) {
    std::atomic<std::uint32_t>& served = thread->served[taken.place.lane];
    served.store(served.load(std::memory_order_relaxed) + 1,
                 std::memory_order_relaxed);
    thread->decisions.store(
        thread->decisions.load(std::memory_order_relaxed) + 1,
        std::memory_order_relaxed);
  }

  WatchedThread* thread = nullptr;
};

template <class System>
FrozenResult FreezeOn(const Workload& workload,
                      const FrozenSettings& settings) {
  WorldShape shape;
  shape.seed = settings.seed;
  std::vector<std::unique_ptr<WatchedThread>> owned;
  std::vector<WatchedThread*> watched;
  for (std::uint32_t i = 0; i < settings.threads; ++i) {
    owned.push_back(
        std::make_unique<WatchedThread>(shape.requirement_classes * kBands));
    watched.push_back(owned.back().get());
  }
  Floor<System, WatchProbe> floor(workload, settings.threads, shape,
                                  [&watched](std::uint32_t i) {
                                    WatchProbe probe;
                                    probe.thread = watched[i];
                                    return probe;
                                  });
  return Freeze(settings, watched, [&floor](std::uint32_t i) {
    auto& worker = *floor.workers()[i];
    worker.ReadClock();
    worker.Pairs(kPairsPerClockReading);
  });
}

}  // namespace

void FrozenThread(const Options& options, Report& report) {
  FrozenSettings settings;
  settings.seed = options.seed;
  const FrozenResult core = FreezeOn<CoreSystem>(kOverload1e3, settings);
  FrozenSettings few = settings;
  few.instants = 40;
  few.windows_max = 2;
  const FrozenResult rival = FreezeOn<MutexRival>(kOverload1e3, few);
  report.Figure(7, "rival-40-instants", rival.ratios,
                "of the rate with the thread parked");
  report.Detail(absl::StrCat(core.instants_in_calls, " of ",
                             core.ratios.values().size(),
                             " instants were inside a call of the core"));
  if (core.lanes_not_served > 0) {
    report.Failure(7, absl::StrCat(core.lanes_not_served,
                                   " lanes were not served while a thread was "
                                   "frozen"));
  }
  if (!core.complete || !rival.complete) {
    report.Failure(7, "a thread could not be frozen or thawed");
  }
  report.Goal(7, "frozen-thread-worst-of-200",
              {{"worst of the instants", core.ratios, AtLeast(0.9),
                /*worst_decides=*/true}});
}

}  // namespace relais::bench
