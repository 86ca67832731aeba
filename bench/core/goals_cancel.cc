// Goal 10: cancelled and returned contacts; goal 16: memory.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/core/core_system.h"
#include "bench/core/goals.h"
#include "bench/core/memory.h"
#include "bench/core/mutex_rival.h"
#include "lib/base/random.h"

namespace relais::bench {
namespace {

constexpr std::uint32_t kThreads = 2;

// --- Cancels -----------------------------------------------------------------

// Steps of which `share` cancel a contact that waits instead of freeing an
// agent. What strict priority lets wait longest is what is cancelled.
template <class WorkerType>
class Canceller {
 public:
  explicit Canceller(double share) : share_(share) {}

  // Returns how many contacts were cancelled.
  std::uint64_t Pairs(WorkerType& worker, int count) {
    std::uint64_t cancelled = 0;
    for (int i = 0; i < count; ++i) {
      const std::uint32_t lane = worker.DrawLane();
      const std::uint32_t slot = worker.SubmitTo(lane);
      if (slot != kNone && World::band_of(lane) >= kFirstBand) {
        Remember(worker, slot);
      }
      credit_ += share_;
      if (credit_ >= 1 && CancelAny(worker)) {
        credit_ -= 1;
        ++cancelled;
      } else {
        worker.FreeOne();
      }
    }
    return cancelled;
  }

 private:
  static constexpr std::uint32_t kFirstBand = 5;
  static constexpr std::size_t kRemembered = 4'096;

  void Remember(WorkerType& worker, std::uint32_t slot) {
    const std::pair entry(slot, worker.last_published());
    if (known_.size() < kRemembered) {
      known_.push_back(entry);
    } else {
      known_[static_cast<std::size_t>(worker.random().Uniform(kRemembered))] =
          entry;
    }
  }
  // What was decided meanwhile is forgotten on the way.
  bool CancelAny(WorkerType& worker) {
    constexpr int kTries = 8;
    for (int i = 0; i < kTries && !known_.empty(); ++i) {
      std::swap(known_[static_cast<std::size_t>(
                    worker.random().Uniform(known_.size()))],
                known_.back());
      const auto [slot, published] = known_.back();
      known_.pop_back();
      if (worker.CancelOne(slot, published)) return true;
    }
    return false;
  }

  const double share_;
  double credit_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> known_;
};

template <class System>
struct CancelFloor {
  using FloorType = Floor<System>;
  using CancellerType = Canceller<typename FloorType::WorkerType>;

  CancelFloor(double share, const WorldShape& shape)
      : floor(kOverload1e5, kThreads, shape) {
    for (std::uint32_t i = 0; i < kThreads; ++i) {
      cancellers.push_back(std::make_unique<CancellerType>(share));
    }
  }
  // Counts contacts that came to an end, decided or cancelled.
  Tally Run(double seconds) {
    std::vector<CacheLinePadded<double>> ended(kThreads);
    const Slice slice =
        RunFor(seconds, kThreads, [&](std::uint32_t i, const Stop& stop) {
          auto& worker = *floor.workers()[i];
          const std::uint64_t before = worker.decisions();
          std::uint64_t cancelled = 0;
          while (!stop.requested()) {
            worker.ReadClock();
            cancelled += cancellers[i]->Pairs(worker, kPairsPerClockReading);
          }
          ended[i].value =
              static_cast<double>(worker.decisions() - before + cancelled);
        });
    Tally tally{0, slice.seconds, slice.cpu_seconds};
    for (const auto& of_thread : ended) tally.done += of_thread.value;
    return tally;
  }

  FloorType floor;
  std::vector<std::unique_ptr<CancellerType>> cancellers;
};

template <class System>
Contestant Cancelling(double share) {
  return [share](std::uint64_t seed) -> Turn {
    WorldShape shape;
    shape.seed = seed;
    auto floor = std::make_shared<CancelFloor<System>>(share, shape);
    return [floor](double seconds) { return floor->Run(seconds); };
  };
}

// --- Returns -----------------------------------------------------------------

struct PlaceProbe : NoProbe {
  void OnTaken(const Taken& taken) { (*places)[taken.contact] = taken.place; }
  std::vector<Place>* places = nullptr;
};

constexpr Workload kUnfilled{"returns", 0, 1'000, false};
constexpr std::uint32_t kReturnsWaiting = 1'000'000;

// All wait in one band, so that lanes are long. The clock advances by one a
// step, so that a uniform key is a uniform place.
class ReturnFloor {
 public:
  ReturnFloor(double share, const WorldShape& shape)
      : share_(share),
        places_(kThreads, std::vector<Place>(
                              ShapeFor(kUnfilled, kThreads, shape).contacts)),
        clocks_(kThreads),
        floor_(kUnfilled, kThreads, shape, [this](std::uint32_t i) {
          PlaceProbe probe;
          probe.places = &places_[i];
          return probe;
        }) {
    for (std::uint32_t i = 0; i < kReturnsWaiting; ++i) {
      Step(i % kThreads);
    }
  }
  Tally Run(double seconds) {
    std::vector<CacheLinePadded<double>> done(kThreads);
    const Slice slice =
        RunFor(seconds, kThreads, [&](std::uint32_t i, const Stop& stop) {
          auto& worker = *floor_.workers()[i];
          const std::uint64_t before = worker.decisions();
          while (!stop.requested()) {
            if (worker.random().Bernoulli(share_)) {
              worker.ReturnOne([this, i](const HeldRing::Held& held) {
                return AnyPlace(i, held);
              });
            } else {
              Step(i);
              worker.FreeOne();
            }
          }
          done[i].value = static_cast<double>(worker.decisions() - before);
        });
    Tally tally{0, slice.seconds, slice.cpu_seconds};
    for (const auto& of_thread : done) tally.done += of_thread.value;
    return tally;
  }

 private:
  void Step(std::uint32_t i) {
    auto& worker = *floor_.workers()[i];
    worker.SetClock(clocks_[i].value += kThreads);
    worker.SubmitTo(LastBand(worker.DrawLane()));
  }
  static std::uint32_t LastBand(std::uint32_t lane) {
    return lane / kBands * kBands + (kBands - 1);
  }
  // Between where it stood, which was its lane's head, and the end.
  Place AnyPlace(std::uint32_t i, const HeldRing::Held& held) {
    Place place = places_[i][held.contact];
    const std::int64_t last =
        floor_.system().KeyOf(place.lane, clocks_[i].value);
    if (last > place.key) {
      place.key = floor_.workers()[i]->random().UniformBetween(place.key, last);
    }
    return place;
  }

  const double share_;
  std::vector<std::vector<Place>> places_;
  std::vector<CacheLinePadded<std::int64_t>> clocks_;
  Floor<CoreSystem, PlaceProbe> floor_;
};

Contestant Returning(double share, const WorldShape& shape) {
  return [share, shape](std::uint64_t seed) -> Turn {
    WorldShape seeded = shape;
    seeded.seed = seed;
    seeded.contacts = kReturnsWaiting;
    auto floor = std::make_shared<ReturnFloor>(share, seeded);
    return [floor](double seconds) { return floor->Run(seconds); };
  };
}

// --- Memory ------------------------------------------------------------------

struct NobodyTakes {
  void Look() {}
  void Take(const Taken&) {}
};

// Contacts that wait in all lanes while no agent is there, by slot.
class WaitingRoom {
 public:
  explicit WaitingRoom(const World& world)
      : lanes_(world.lanes()), random_(world.shape.seed), core_(world) {}
  std::uint64_t Submit(std::uint32_t slot) {
    const auto lane = static_cast<std::uint32_t>(random_.Uniform(lanes_));
    ++now_;
    return core_.Submit(slot, lane, now_, static_cast<std::uint64_t>(now_),
                        taker_);
  }
  bool Cancel(std::uint32_t slot, std::uint64_t published) {
    return core_.Cancel(slot, published);
  }

 private:
  const std::uint32_t lanes_;
  Random random_;
  std::int64_t now_ = 0;
  NobodyTakes taker_;
  CoreSystem core_;
};

World WaitingWorld(const Options& options, std::uint32_t contacts) {
  WorldShape shape;
  shape.contacts = contacts;
  shape.agents = 1'000;
  shape.seed = options.seed;
  return World(shape);
}

// Bytes with `contacts` waiting, and after four times as many were cancelled
// and replaced while nobody served a lane.
std::vector<double> MemoryOfCancels(const Options& options) {
  constexpr std::uint32_t kContacts = 300'000;
  constexpr int kReplaced = 4;
  std::vector<std::uint64_t> published(kContacts, 1);
  const World world = WaitingWorld(options, kContacts);
  Random random(options.seed);
  const double before = ResidentBytes();
  WaitingRoom room(world);
  for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
    published[slot] = room.Submit(slot);
  }
  const double filled = ResidentBytes() - before;
  for (std::uint32_t i = 0; i < kReplaced * kContacts; ++i) {
    const auto slot = static_cast<std::uint32_t>(random.Uniform(kContacts));
    if (!room.Cancel(slot, published[slot])) return {};
    published[slot] = room.Submit(slot);
  }
  return {filled, ResidentBytes() - before};
}

}  // namespace

void CancelsReturns(const Options& options, Report& report) {
  constexpr double kShare = 0.5;
  const std::vector<Measured> cancels =
      Compare(options, options.seconds * kShare,
              {Cancelling<CoreSystem>(0), Cancelling<CoreSystem>(0.3),
               Cancelling<MutexRival>(0), Cancelling<MutexRival>(0.3)});
  report.Figure(10, "cancels-core", cancels[1].per_second, "contacts ended/s");
  report.Figure(10, "cancels-rival-over-its-none",
                Ratios(cancels[3].per_second, cancels[2].per_second), "");
  const std::vector<Measured> returns =
      Compare(options, options.seconds * kShare,
              {Returning(0, WorldShape()), Returning(0.1, WorldShape())});
  report.Figure(10, "returns-none", returns[0].per_second, "decisions/s");
  report.Figure(10, "returns-tenth", returns[1].per_second, "decisions/s");
  WorldShape one_lane;
  one_lane.requirement_classes = 1;
  one_lane.profile_classes = 1;
  one_lane.classes_per_profile = 1;
  Options once = options;
  once.repetitions = 1;
  const std::vector<Measured> single =
      Compare(once, options.seconds * kShare,
              {Returning(0, one_lane), Returning(0.1, one_lane)});
  report.Figure(10, "returns-into-one-lane-of-1e6-over-none",
                Ratios(single[1].per_second, single[0].per_second), "");
  Series memory;
  for (int i = 0; i < options.repetitions; ++i) {
    Options seeded = options;
    seeded.seed += static_cast<std::uint64_t>(i);
    const std::vector<double> bytes =
        InChild([&seeded] { return MemoryOfCancels(seeded); });
    if (bytes.size() != 2) {
      report.Failure(10, "the memory of cancels could not be measured");
      return;
    }
    memory.Add(bytes[1] / bytes[0]);
  }
  report.Goal(
      10, "cancels-and-returns",
      {{"30-percent-cancelled-over-none",
        Ratios(cancels[1].per_second, cancels[0].per_second), AtLeast(0.8)},
       {"memory-over-live", memory, AtMost(2.0)},
       {"10-percent-returned-into-1e6-over-none",
        Ratios(returns[1].per_second, returns[0].per_second), AtLeast(0.5)}});
}

void Memory(const Options& options, Report& report) {
  constexpr std::uint32_t kContacts = 1'000'000;
  Series bytes_each;
  for (int i = 0; i < options.repetitions; ++i) {
    const std::vector<double> bytes = InChild([&options, i] {
      Options seeded = options;
      seeded.seed += static_cast<std::uint64_t>(i);
      const World world = WaitingWorld(seeded, kContacts);
      const double before = ResidentBytes();
      WaitingRoom room(world);
      for (std::uint32_t slot = 0; slot < kContacts; ++slot) room.Submit(slot);
      return std::vector<double>{ResidentBytes() - before};
    });
    if (bytes.size() != 1) {
      report.Failure(16,
                     "the memory of waiting contacts could not be measured");
      return;
    }
    bytes_each.Add(bytes[0] / kContacts);
  }
  report.Goal(16, "bytes-per-waiting-contact",
              {{"resident", bytes_each, AtMost(128)}});
}

}  // namespace relais::bench
