// Events in words, their comparison, and an observer that keeps them.
//
// Thread safety: the functions are pure; EventRecorder belongs to the thread
// inside DrainEvents, its two counters may be read from any thread.

#ifndef RELAIS_TESTS_REFERENCE_EVENT_TEXT_H_
#define RELAIS_TESTS_REFERENCE_EVENT_TEXT_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "relais/event.h"

namespace relais::reference {

std::string Describe(const Event& event);

// The first field in which two routers' events differ ("idle_since_ms: 3 and
// 4"), or empty. Left out is what a router is free to choose (handles, lane,
// classes, began_after_sequence) and what the model says means nothing.
std::string Difference(const Event& a, const Event& b);

class EventRecorder final : public RouterObserver {
 public:
  void OnEventsPending() override {
    pending_calls_.fetch_add(1, std::memory_order_relaxed);
  }
  void OnNextDueEarlier() override {
    earlier_calls_.fetch_add(1, std::memory_order_relaxed);
  }
  void OnEvent(const Event& event) override { events_.push_back(event); }

  std::vector<Event> Take() {
    std::vector<Event> taken;
    taken.swap(events_);
    return taken;
  }
  std::uint64_t pending_calls() const {
    return pending_calls_.load(std::memory_order_relaxed);
  }
  std::uint64_t earlier_calls() const {
    return earlier_calls_.load(std::memory_order_relaxed);
  }

 private:
  std::vector<Event> events_;
  // Relaxed: counts only, nothing is published through them.
  std::atomic<std::uint64_t> pending_calls_{0};
  std::atomic<std::uint64_t> earlier_calls_{0};
};

}  // namespace relais::reference

#endif  // RELAIS_TESTS_REFERENCE_EVENT_TEXT_H_
