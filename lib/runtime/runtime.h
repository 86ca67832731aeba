// The threads that run a Router's deadlines, make its events durable and
// deliver them.
//
// A Router has neither threads nor a clock. The Runtime gives it one thread,
// which sleeps until the Router says that events are pending or a deadline has
// come nearer, or until the next deadline is due: nothing is polled. Calls of
// the Router come in on any other thread at the same time.
//
// With an EventCommitter there is a second thread, which takes all events that
// are pending, has them committed as one group (while it waits for the medium
// the next group gathers) and only then hands them to the first for delivery.
// So nothing is delivered, and nobody answered, before it is durable.
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

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "lib/journal/codec.h"
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
  // Whoever waited for these events has been answered.
  virtual void OnAnswered() {}
};

// Makes events durable before anybody hears of them.
class EventCommitter {
 public:
  virtual ~EventCommitter() = default;
  // On the committing thread, which may block here. The events go on after
  // those before. An error is final: nothing is delivered or answered any more,
  // and OnCommitFailed is called.
  virtual absl::Status Commit(
      absl::Span<const journal::NumberedEvent> events) = 0;
  // The process should end: what was answered is durable, and a new one
  // recovers it. On the committing thread.
  virtual void OnCommitFailed(const absl::Status& status) = 0;
};

struct BarrierResult {
  std::uint64_t last_sequence = 0;
  InstantMs now_ms = 0;
};

class Runtime final : public RouterObserver {
 public:
  // All must outlive the Runtime. Without a committer events are delivered as
  // they are numbered.
  Runtime(const Clock* clock, EventSubscriber* subscriber,
          EventCommitter* committer = nullptr);
  ~Runtime() override;

  // Runs `chore` on the Runtime's thread each time that `period` of the
  // machine's time has passed, first after one period. Before Start.
  void Every(std::chrono::milliseconds period, std::function<void()> chore);
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
  bool WantsDetails() const override;
  void OnDetailedEvent(const Event& event, const EventDetail& detail) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace relais::runtime

#endif  // RELAIS_LIB_RUNTIME_RUNTIME_H_
