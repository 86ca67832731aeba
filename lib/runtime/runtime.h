// The thread that runs a Router's deadlines and reads its events.
//
// A Router has neither threads nor a clock. The Runtime gives it one thread,
// which sleeps until the Router says that events are pending or a deadline has
// come nearer, or until the next deadline is due: nothing is polled. Calls of
// the Router come in on any other thread at the same time.
//
// Thread safety: Post, Barrier, WhenCommitted and the observer's calls may come
// from any thread between Start and Stop. Callbacks run on the Runtime's
// thread, one at a time (WhenCommitted may run its callback inline); they must
// not block and must not call Stop.
//
// Lifetime: Runtime (observer) first, then the Router, then Start; Stop before
// the Router is destroyed.

#ifndef RELAIS_LIB_RUNTIME_RUNTIME_H_
#define RELAIS_LIB_RUNTIME_RUNTIME_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "lib/runtime/clock.h"
#include "relais/event.h"
#include "relais/router.h"

namespace relais::runtime {

// Hears every numbered event, in order, on the Runtime's thread.
class EventSubscriber {
 public:
  virtual ~EventSubscriber() = default;
  virtual void OnEvent(const Event& event) = 0;
  // The events at hand have been delivered: wake whoever waits for them.
  virtual void OnDrained() {}
};

struct BarrierResult {
  std::uint64_t last_sequence = 0;
  InstantMs now_ms = 0;
};

class Runtime final : public RouterObserver {
 public:
  // Both must outlive the Runtime.
  Runtime(const Clock* clock, EventSubscriber* subscriber);
  ~Runtime() override;

  // Starts the thread. Once.
  void Start(Router* router);
  // Delivers all events handed over so far, answers everybody who waits for
  // one, and ends the thread. No call of the Router may be in flight.
  void Stop();

  // Runs `work` on the Runtime's thread, after what was posted before.
  void Post(std::function<void()> work);
  // Runs all deadlines due now, delivers all events, then answers: at that
  // instant no deadline is being run and none is overdue.
  void Barrier(std::function<void(BarrierResult)> answer);
  // Calls back once the event behind `ticket` is numbered and delivered; at
  // once and inline if it is already.
  void WhenCommitted(CommitTicket ticket, std::function<void()> answer);

  // RouterObserver.
  void OnEventsPending() override;
  void OnNextDueEarlier() override;
  void OnEvent(const Event& event) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace relais::runtime

#endif  // RELAIS_LIB_RUNTIME_RUNTIME_H_
