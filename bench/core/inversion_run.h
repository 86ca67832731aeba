// Records concurrent runs of one side and has them searched for inversions.
//
// A round: fill, let all threads submit, free, return and cancel at once,
// drain on one thread, search. Draining makes each record complete.
//
// Thread safety: none.

#ifndef RELAIS_BENCH_CORE_INVERSION_RUN_H_
#define RELAIS_BENCH_CORE_INVERSION_RUN_H_

#include <array>
#include <cstdint>
#include <vector>

#include "bench/core/cycles.h"
#include "bench/core/inversions.h"
#include "bench/core/threads.h"
#include "bench/core/workload.h"

namespace relais::bench {

// Writes down what a worker does. The logs belong to the run.
struct RecordProbe : NoProbe {
  void BeforeCall() { call_began = CyclesInOrder(); }
  void Look() { look_began = CyclesInOrder(); }
  void OnTaken(const Taken& taken) {
    LogEntry entry;
    entry.kind = LogEntry::Kind::kDecided;
    entry.contact = taken.contact;
    entry.published = taken.published;
    entry.instant = look_began;
    entry.end = CyclesInOrder();
    entry.place = taken.place;
    entry.agent = taken.agent;
    log->push_back(entry);
    (*places)[taken.contact] = taken.place;
  }
  void OnSubmitted(std::uint32_t contact, std::uint64_t published,
                   std::uint32_t /*lane*/) {
    LogEntry entry;
    entry.kind = LogEntry::Kind::kPublished;
    entry.contact = contact;
    entry.published = published;
    entry.instant = CyclesInOrder();
    log->push_back(entry);
  }
  void OnCancelled(std::uint32_t contact, std::uint64_t published) {
    LogEntry entry;
    entry.kind = LogEntry::Kind::kCancelled;
    entry.contact = contact;
    entry.published = published;
    entry.instant = call_began;
    log->push_back(entry);
  }

  std::vector<LogEntry>* log = nullptr;
  std::vector<Place>* places = nullptr;  // of what this worker took, by slot
  std::uint64_t call_began = 0;
  std::uint64_t look_began = 0;
};

template <class System>
class InversionRun {
 public:
  // `workload.waiting` contacts are brought in each round beyond one for each
  // agent.
  InversionRun(const Workload& workload, std::uint32_t threads,
               const WorldShape& shape)
      : fill_(workload.waiting + workload.agents),
        logs_(threads),
        places_(threads, std::vector<Place>(
                             ShapeFor(workload, threads, shape).contacts)),
        floor_(Empty(workload), threads, shape, [this](std::uint32_t i) {
          RecordProbe probe;
          probe.log = &logs_[i];
          probe.places = &places_[i];
          return probe;
        }) {}

  // One round of `pairs` pairs a thread.
  SearchResult Round(std::uint64_t pairs) {
    for (auto& log : logs_) log.clear();
    auto& workers = floor_.workers();
    for (std::uint32_t i = 0; i < fill_; ++i) {
      workers[i % workers.size()]->SubmitOne();
    }
    RunThrough(static_cast<std::uint32_t>(workers.size()),
               [&](std::uint32_t i) { Mix(*workers[i], pairs); });
    Drain();
    return FindInversions(floor_.world(), logs_);
  }

 private:
  using WorkerType = Worker<System, RecordProbe>;

  static Workload Empty(Workload workload) {
    workload.waiting = 0;
    workload.agents_idle = true;
    return workload;
  }

  static void Mix(WorkerType& worker, std::uint64_t pairs) {
    constexpr std::size_t kRemembered = 8;
    std::array<std::uint32_t, kRemembered> slots{};
    std::array<std::uint64_t, kRemembered> published{};
    slots.fill(kNone);
    for (std::uint64_t i = 0; i < pairs; ++i) {
      if (i % kPairsPerClockReading == 0) worker.ReadClock();
      const std::size_t at = i % kRemembered;
      // One in sixteen is cancelled, if it still waits; one returns.
      const std::uint64_t draw = worker.random().Uniform(16);
      if (draw == 0 && slots[at] != kNone &&
          worker.CancelOne(slots[at], published[at])) {
        worker.probe().OnCancelled(slots[at], published[at]);
      }
      slots[at] = worker.SubmitTo(worker.DrawLane());
      published[at] = worker.last_published();
      if (draw == 1) {
        worker.ReturnOne([&worker](const HeldRing::Held& held) {
          return (*worker.probe().places)[held.contact];
        });
      } else {
        worker.FreeOne();
      }
    }
  }

  // Until all agents are idle, and therefore nothing waits.
  void Drain() {
    for (bool any = true; any;) {
      any = false;
      for (const auto& worker : floor_.workers()) {
        while (worker->FreeOne()) any = true;
      }
    }
  }

  const std::uint32_t fill_;
  std::vector<std::vector<LogEntry>> logs_;
  std::vector<std::vector<Place>> places_;
  Floor<System, RecordProbe> floor_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_INVERSION_RUN_H_
