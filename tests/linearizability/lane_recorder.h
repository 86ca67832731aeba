// Threads that work on small lanes and note what they did.

#ifndef RELAIS_TESTS_LINEARIZABILITY_LANE_RECORDER_H_
#define RELAIS_TESTS_LINEARIZABILITY_LANE_RECORDER_H_

#include <sched.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "lib/base/random.h"
#include "lib/match/eligibility.h"
#include "lib/match/lanes.h"
#include "tests/linearizability/lane_history.h"
#include "tests/linearizability/perturbed_atomic.h"

namespace relais::linearizability {

inline constexpr int kOperationsEach = 10;

// Two lanes of one class, new for each history.
template <template <typename> class AtomicT>
struct World {
  World()
      : classes(1, 1, kLanes),
        lanes(kContacts, kLanes, kThreads + 1, &classes) {
    classes.SetRequirementClass(0, 0, 0, false, 0);
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      classes.SetLane(lane, 0);
    }
  }
  match::EligibilityT<AtomicT> classes;
  match::LanesT<AtomicT> lanes;
  std::atomic<std::uint64_t> clock{0};
  std::atomic<int> begun{0};
};

// One thread's part of one history.
template <template <typename> class AtomicT>
class Player {
  using ContactPhase = match::ContactPhase;
  using ContactWord = match::ContactWord;
  using Position = match::Position;
  using Result = match::Result;

 public:
  Player(World<AtomicT>& world, int thread, std::uint64_t seed,
         std::vector<Operation>* log)
      : world_(world),
        lanes_(world.lanes),
        thread_(static_cast<std::uint32_t>(thread)),
        random_(seed * kThreads + static_cast<std::uint64_t>(thread)),
        log_(*log) {}

  void Play() {
    while (log_.size() < kOperationsEach) Step();
  }
  // What still waits, when everybody has ended.
  void Drain() {
    Look(kBothLanes);
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
      Look(lane);
      while (Take(lane)) {
      }
    }
  }

 private:
  struct Held {
    std::uint32_t slot;
    ContactWord word;
    Position at;
  };
  static constexpr std::uint32_t kOwnContacts = kContacts / kThreads;

  std::uint32_t Below(std::uint64_t n) {
    return static_cast<std::uint32_t>(random_.Uniform(n));
  }
  void Step() {
    const std::uint32_t what = Below(100);
    if (what < 38) {
      Push(thread_ * kOwnContacts + Below(kOwnContacts));
    } else if (what < 60) {
      Take(Below(kLanes));
    } else if (what < 70) {
      Cancel(Below(kContacts));
    } else if (what < 80) {
      Move(Below(kContacts));
    } else if (what < 90) {
      Return();
    } else {
      Look(Below(kLanes + 1));
    }
  }
  Operation& Begin(Kind kind) {
    Operation op;
    op.kind = kind;
    op.begin = world_.clock.fetch_add(1);
    log_.push_back(op);
    return log_.back();
  }
  void End(Operation& op) { op.end = world_.clock.fetch_add(1); }
  static Outcome Of(Result result) {
    return result == Result::kOk ? Outcome::kOk : Outcome::kStale;
  }

  void Push(std::uint32_t slot) {
    const ContactPhase phase = lanes_.Contact(slot).phase();
    if (phase != ContactPhase::kFree && phase != ContactPhase::kEnded) return;
    Position at{Below(kLanes), random_.UniformBetween(0, 5),
                ++sequence_ * kThreads + thread_};
    Operation& op = Begin(Kind::kPush);
    op.slot = slot;
    op.lane = at.lane;
    op.key = at.key;
    op.sequence = at.sequence;
    const ContactWord word = lanes_.Open(slot);
    op.tag = word.tag();
    ContactWord now;
    op.outcome = Of(lanes_.Push(slot, word, &at, &now));
    op.got_key = at.key;
    op.got_sequence = at.sequence;
    End(op);
  }
  bool Take(std::uint32_t lane) {
    Operation& op = Begin(Kind::kTake);
    op.lane = lane;
    match::Found found{};
    const auto any = [](std::uint32_t) { return true; };
    if (!lanes_.Find(lane, any, &found)) {
      op.outcome = Outcome::kNone;
      End(op);
      return false;
    }
    op.slot = found.owner;
    op.tag = found.tag;
    op.key = found.key;
    op.sequence = found.sequence;
    ContactWord now;
    if (lanes_.Take(found, thread_, &now)) {
      lanes_.Tidy(lane);
      held_.push_back({found.owner, now, {lane, found.key, found.sequence}});
    } else {
      op.outcome = Outcome::kLost;
    }
    End(op);
    return true;
  }
  void Cancel(std::uint32_t slot) {
    const ContactWord word = lanes_.Contact(slot);
    if (word.phase() == ContactPhase::kFree ||
        word.phase() == ContactPhase::kEnded) {
      return;
    }
    Operation& op = Begin(Kind::kCancel);
    op.slot = slot;
    op.tag = word.tag();
    ContactWord now;
    op.outcome =
        Of(lanes_.Change(slot, word, ContactPhase::kEnded, thread_, &now));
    End(op);
  }
  void Place(std::uint32_t slot, ContactWord word, const Position& to) {
    Operation& op = Begin(Kind::kPlace);
    op.slot = slot;
    op.tag = word.tag();
    op.lane = to.lane;
    op.key = to.key;
    op.sequence = to.sequence;
    ContactWord now;
    op.outcome = Of(lanes_.Place(slot, word, to, &now));
    End(op);
  }
  void Move(std::uint32_t slot) {
    const ContactWord word = lanes_.Contact(slot);
    Position to;
    if (word.phase() != ContactPhase::kWaiting ||
        !lanes_.PositionOf(slot, word, &to)) {
      return;
    }
    to.lane = 1 - to.lane;
    Place(slot, word, to);
  }
  void Return() {
    if (held_.empty()) return;
    const Held held = held_.back();
    held_.pop_back();
    Place(held.slot, held.word, held.at);
  }
  void Look(std::uint32_t lane) {
    Operation& op = Begin(Kind::kLook);
    op.lane = lane;
    op.image = lane == kBothLanes ? lanes_.ClassFront(0).image()
                                  : lanes_.Front(lane).image();
    End(op);
  }

  World<AtomicT>& world_;
  match::LanesT<AtomicT>& lanes_;
  const std::uint32_t thread_;
  Random random_;
  std::vector<Operation>& log_;
  std::vector<Held> held_;
  std::uint64_t sequence_ = 0;
};

// Plays histories of the seeds from `first` on, until `more(seed, history)`
// says no.
template <template <typename> class AtomicT>
void Record(std::uint64_t first, std::uint32_t give_way_one_in,
            const std::function<bool(std::uint64_t, const History&)>& more) {
  std::unique_ptr<World<AtomicT>> world;
  History history;
  std::uint64_t seed = first;
  bool stop = false;
  const auto renew = [&] {
    world = std::make_unique<World<AtomicT>>();
    for (auto& log : history.of) {
      log.clear();
      // References into it are kept while an operation runs.
      log.reserve(kOperationsEach + kContacts + 8);
    }
  };
  renew();
  // In the last thread to arrive, while the others wait.
  const auto complete = [&]() noexcept {
    Player<AtomicT>(*world, 0, seed, &history.of[0]).Drain();
    stop = !more(seed, history);
    ++seed;
    renew();
  };
  std::barrier barrier(kThreads, complete);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      while (!stop) {
        // All begin together, also where they share processors.
        ++world->begun;
        while (world->begun < kThreads) sched_yield();
        Perturbation::Seed(seed * kThreads + static_cast<std::uint64_t>(thread),
                           give_way_one_in);
        Player<AtomicT>(*world, thread, seed, &history.of[thread]).Play();
        Perturbation::Seed(0, 0);
        barrier.arrive_and_wait();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace relais::linearizability

#endif  // RELAIS_TESTS_LINEARIZABILITY_LANE_RECORDER_H_
