// The simplest thing that pairs as the rival should: one mutex, one vector of
// waiting contacts, one of idle agents, searched from end to end. It can be
// told to make a mistake.

#ifndef RELAIS_TESTS_BENCH_CORE_NAIVE_SYSTEM_H_
#define RELAIS_TESTS_BENCH_CORE_NAIVE_SYSTEM_H_

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "bench/core/taken.h"
#include "bench/core/world.h"

namespace relais::bench {

enum class Mistake {
  kNone,
  kSecondBest,  // one decision in 64 takes the second best contact
};

template <Mistake kMistake = Mistake::kNone>
class NaiveSystem {
 public:
  explicit NaiveSystem(const World& world)
      : world_(world), versions_(world.contacts()) {}

  template <class Taker>
  std::uint64_t Submit(std::uint32_t slot, std::uint32_t lane,
                       std::int64_t /*now*/, std::uint64_t /*sequence*/,
                       Taker& taker) {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto band = static_cast<std::int64_t>(World::band_of(lane));
    return Wait(slot, Place{lane, band << 56 | ++arrivals_, 0}, taker);
  }
  bool Cancel(std::uint32_t slot, std::uint64_t published) {
    std::lock_guard<std::mutex> lock(mutex_);
    return std::erase_if(waiting_, [&](const Taken& contact) {
             return contact.contact == slot && contact.published == published;
           }) > 0;
  }
  template <class Taker>
  void Ready(std::uint32_t agent, std::int64_t now, Taker& taker) {
    std::lock_guard<std::mutex> lock(mutex_);
    Serve(agent, now, taker);
  }
  template <class Taker>
  bool Complete(std::uint32_t agent, std::uint32_t slot, std::uint64_t handle,
                std::int64_t now, Taker& taker) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (versions_[slot] != handle) return false;
    ++versions_[slot];
    Serve(agent, now, taker);
    return true;
  }
  template <class Taker>
  std::uint64_t Return(std::uint32_t /*agent*/, std::uint32_t slot,
                       std::uint64_t handle, const Place& place, Taker& taker) {
    std::lock_guard<std::mutex> lock(mutex_);
    return versions_[slot] == handle ? Wait(slot, place, taker) : 0;
  }
  template <class Taker>
  void ReadyAfterReturn(std::uint32_t agent, std::int64_t now, Taker& taker) {
    Ready(agent, now, taker);
  }
  bool Withdraw(std::uint32_t agent) {
    std::lock_guard<std::mutex> lock(mutex_);
    return std::erase_if(idle_, [agent](const Idle& idle) {
             return idle.agent == agent;
           }) > 0;
  }
  std::uint64_t Waiting() const { return waiting_.size(); }

 private:
  struct Idle {
    std::uint32_t agent;
    std::int64_t since;
  };

  bool Serves(std::uint32_t agent, std::uint32_t lane) const {
    const std::size_t length = world_.shape.classes_per_profile;
    const auto row =
        world_.classes_of_profile.begin() +
        static_cast<std::ptrdiff_t>(world_.profile_of_agent[agent] * length);
    return std::find(row, row + static_cast<std::ptrdiff_t>(length),
                     World::class_of(lane)) !=
           row + static_cast<std::ptrdiff_t>(length);
  }

  template <class Taker>
  std::uint64_t Wait(std::uint32_t slot, const Place& place, Taker& taker) {
    Taken contact;
    contact.contact = slot;
    contact.published = ++versions_[slot];
    contact.place = place;
    taker.Look();
    auto best = idle_.end();
    for (auto here = idle_.begin(); here != idle_.end(); ++here) {
      if (Serves(here->agent, place.lane) &&
          (best == idle_.end() || here->since < best->since)) {
        best = here;
      }
    }
    if (best == idle_.end()) {
      waiting_.push_back(contact);
    } else {
      const std::uint32_t agent = best->agent;
      idle_.erase(best);
      Give(contact, agent, taker);
    }
    return contact.published;
  }

  template <class Taker>
  void Serve(std::uint32_t agent, std::int64_t now, Taker& taker) {
    taker.Look();
    std::optional<std::size_t> best;
    std::optional<std::size_t> second;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (!Serves(agent, waiting_[i].place.lane)) continue;
      if (!best || waiting_[i].place.key < waiting_[*best].place.key) {
        second = best;
        best = i;
      } else if (!second ||
                 waiting_[i].place.key < waiting_[*second].place.key) {
        second = i;
      }
    }
    if (!best) {
      idle_.push_back({agent, now});
      return;
    }
    if (kMistake == Mistake::kSecondBest && second && ++served_ % 64 == 0) {
      best = second;
    }
    const Taken contact = waiting_[*best];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(*best));
    Give(contact, agent, taker);
  }

  template <class Taker>
  void Give(Taken contact, std::uint32_t agent, Taker& taker) {
    contact.agent = agent;
    contact.handle = ++versions_[contact.contact];
    taker.Take(contact);
  }

  const World& world_;
  std::mutex mutex_;
  std::int64_t arrivals_ = 0;
  std::uint64_t served_ = 0;
  std::vector<std::uint64_t> versions_;
  std::vector<Taken> waiting_;
  std::vector<Idle> idle_;
};

}  // namespace relais::bench

#endif  // RELAIS_TESTS_BENCH_CORE_NAIVE_SYSTEM_H_
