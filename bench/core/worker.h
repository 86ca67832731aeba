// One thread's part of a workload, the same code for both sides.
//
// A step submits one contact and lets one agent complete what it holds, or
// come for work: one pair. What is decided on the way goes into the worker's
// ring of held agents, whose oldest completes next. So in overload the freed
// agent takes a waiting contact, with idle agents the arriving contact takes
// an agent, and from empty it is now the one and now the other; the steps are
// the same.
//
// Time is given to both sides by the caller: the worker reads the clock once
// for 32 pairs. Slots are recycled last in, first out, as a router's pool does.
//
// Thread safety: one worker a thread; workers of a group share a SlotPool.

#ifndef RELAIS_BENCH_CORE_WORKER_H_
#define RELAIS_BENCH_CORE_WORKER_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include "bench/core/taken.h"
#include "bench/core/world.h"
#include "lib/base/assert.h"
#include "lib/base/cache_line.h"
#include "lib/base/random.h"

namespace relais::bench {

inline constexpr int kPairsPerClockReading = 32;
// Half of the free slots that a worker keeps to itself.
inline constexpr std::size_t kWorkerSlotsMax = 4'096;

// Microseconds since the process began to measure.
inline std::int64_t NowUs() {
  static const auto begin = std::chrono::steady_clock::now();
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now() - begin)
      .count();
}

// Contact slots that no worker has. Visited once in many steps, and never
// waited for: a worker that meets another here goes on without.
class SlotPool {
 public:
  void Put(std::uint32_t slot) {
    std::lock_guard<std::mutex> lock(mutex_);
    slots_.push_back(slot);
  }
  // Up to `count` slots, added to `to`.
  bool TryTake(std::size_t count, std::vector<std::uint32_t>* to) {
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    count = std::min(count, slots_.size());
    to->insert(to->end(), slots_.end() - static_cast<std::ptrdiff_t>(count),
               slots_.end());
    slots_.resize(slots_.size() - count);
    return count > 0;
  }
  // The lower half of `from`.
  bool TryPutHalf(std::vector<std::uint32_t>* from) {
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return false;
    const auto half =
        from->begin() + static_cast<std::ptrdiff_t>(from->size() / 2);
    slots_.insert(slots_.end(), from->begin(), half);
    from->erase(from->begin(), half);
    return true;
  }

 private:
  std::mutex mutex_;
  std::vector<std::uint32_t> slots_;
};

// What a worker tells about its steps; this one is not interested.
struct NoProbe {
  void BeforeCall() {}
  void AfterCall() {}
  void Look() {}
  void OnTaken(const Taken&) {}
  void OnSubmitted(std::uint32_t, std::uint64_t, std::uint32_t) {}
};

// Held agents, oldest first. `contact` is kNone of an agent who comes for work.
class HeldRing {
 public:
  struct Held {
    std::uint32_t agent;
    std::uint32_t contact;
    std::uint64_t handle;
  };
  explicit HeldRing(std::uint32_t agents_max) {
    std::size_t room = 1;
    while (room < agents_max) room *= 2;
    held_.resize(room);
  }
  bool empty() const { return head_ == tail_; }
  std::size_t size() const { return tail_ - head_; }
  void Push(const Held& held) { held_[tail_++ & (held_.size() - 1)] = held; }
  Held Pop() { return held_[head_++ & (held_.size() - 1)]; }

 private:
  std::vector<Held> held_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

template <class System, class Probe = NoProbe>
class alignas(kCacheLineBytes) Worker {
 public:
  Worker(System& system, const World& world, std::uint32_t index,
         std::uint32_t workers, SlotPool& pool, Probe probe = Probe())
      : system_(system),
        pool_(pool),
        random_(world.shape.seed * 1'000 + index + 1),
        lane_first_(index % world.shape.groups * world.lanes_per_group()),
        lane_count_(world.lanes_per_group()),
        sequence_(index),
        sequence_step_(workers),
        held_(world.agents()),
        probe_(probe) {
    slots_.reserve(kWorkerSlotsMax + kWorkerSlotsMax);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // --- What systems call ----------------------------------------------------
  void Look() { probe_.Look(); }
  void Take(const Taken& taken) {
    ++decisions_;
    held_.Push({taken.agent, taken.contact, taken.handle});
    probe_.OnTaken(taken);
  }

  // --- Steps ----------------------------------------------------------------
  void ReadClock() { now_ = NowUs(); }
  void SetClock(std::int64_t now) { now_ = now; }

  void Pairs(int count) {
    for (int i = 0; i < count; ++i) {
      SubmitOne();
      FreeOne();
    }
  }

  bool SubmitOne() { return SubmitTo(DrawLane()) != kNone; }
  // Four lanes from one draw: what both sides pay alike should be little.
  std::uint32_t DrawLane() {
    if (draws_left_-- == 0) {
      draws_ = random_.NextUint64();
      draws_left_ = 3;
    }
    const auto sixteen = static_cast<std::uint32_t>(draws_ & 0xFFFF);
    draws_ >>= 16;
    return lane_first_ + (sixteen * lane_count_ >> 16);
  }
  // The slot of the new contact, kNone if there is none left.
  std::uint32_t SubmitTo(std::uint32_t lane) {
    if (slots_.empty() && !pool_.TryTake(kWorkerSlotsMax / 2, &slots_))
      return kNone;
    const std::uint32_t slot = slots_.back();
    slots_.pop_back();
    sequence_ += sequence_step_;
    probe_.BeforeCall();
    last_published_ = system_.Submit(slot, lane, now_, sequence_, *this);
    probe_.AfterCall();
    probe_.OnSubmitted(slot, last_published_, lane);
    return slot;
  }

  // The agent held for longest completes, or comes for work.
  bool FreeOne() {
    if (held_.empty()) return false;
    const HeldRing::Held held = held_.Pop();
    if (held.contact == kNone) {
      probe_.BeforeCall();
      system_.Ready(held.agent, now_, *this);
      probe_.AfterCall();
      return true;
    }
    probe_.BeforeCall();
    const bool done =
        system_.Complete(held.agent, held.contact, held.handle, now_, *this);
    probe_.AfterCall();
    RELAIS_CHECK(done, "a held contact could not be completed");
    RecycleSlot(held.contact);
    return true;
  }

  // The contact held for longest returns to `place`; its agent comes for work.
  template <class PlaceOf>
  bool ReturnOne(PlaceOf place_of) {
    if (held_.empty()) return false;
    const HeldRing::Held held = held_.Pop();
    if (held.contact == kNone) {
      system_.Ready(held.agent, now_, *this);
      return false;
    }
    const Place place = place_of(held);
    probe_.BeforeCall();
    const std::uint64_t published =
        system_.Return(held.agent, held.contact, held.handle, place, *this);
    probe_.AfterCall();
    RELAIS_CHECK(published != 0, "a held contact could not return");
    probe_.OnSubmitted(held.contact, published, place.lane);
    probe_.BeforeCall();
    system_.ReadyAfterReturn(held.agent, now_, *this);
    probe_.AfterCall();
    return true;
  }

  bool CancelOne(std::uint32_t slot, std::uint64_t published) {
    probe_.BeforeCall();
    const bool done = system_.Cancel(slot, published);
    probe_.AfterCall();
    if (done) RecycleSlot(slot);
    return done;
  }

  // --- Setting up -----------------------------------------------------------
  void AddSlot(std::uint32_t slot) { slots_.push_back(slot); }
  void AddAgent(std::uint32_t agent) { held_.Push({agent, kNone, 0}); }

  std::uint64_t decisions() const { return decisions_; }
  std::uint64_t last_published() const { return last_published_; }
  std::int64_t now() const { return now_; }
  std::size_t held() const { return held_.size(); }
  std::uint32_t lane_first() const { return lane_first_; }
  std::uint32_t lane_count() const { return lane_count_; }
  Random& random() { return random_; }
  Probe& probe() { return probe_; }

 private:
  void RecycleSlot(std::uint32_t slot) {
    slots_.push_back(slot);
    if (slots_.size() >= 2 * kWorkerSlotsMax) pool_.TryPutHalf(&slots_);
  }

  System& system_;
  SlotPool& pool_;
  Random random_;
  const std::uint32_t lane_first_;
  const std::uint32_t lane_count_;
  std::uint64_t sequence_;
  const std::uint64_t sequence_step_;
  std::uint64_t draws_ = 0;
  int draws_left_ = 0;
  std::int64_t now_ = 0;
  std::uint64_t decisions_ = 0;
  std::uint64_t last_published_ = 0;
  std::vector<std::uint32_t> slots_;
  HeldRing held_;
  Probe probe_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_CORE_WORKER_H_
