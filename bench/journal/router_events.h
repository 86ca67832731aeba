// Events as a router makes them: contacts come, are offered, now and then
// declined, accepted and completed.
//
// Thread safety: none; one thread.

#ifndef RELAIS_BENCH_JOURNAL_ROUTER_EVENTS_H_
#define RELAIS_BENCH_JOURNAL_ROUTER_EVENTS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "lib/base/random.h"
#include "lib/journal/codec.h"
#include "relais/event.h"
#include "relais/router.h"

namespace relais::bench {

// Of the centre's router, with room for `contacts`.
RouterOptions CentreOptions(std::uint32_t contacts, RouterObserver* observer);

class RouterEvents : public RouterObserver {
 public:
  // A centre of 1,000 agents in 20 queues, all of them signed in, with room
  // for `contacts` that wait.
  RouterEvents(std::uint64_t seed, std::uint32_t contacts);

  // The next events, from number 1 on, the configuration's first.
  std::vector<journal::NumberedEvent> Take(std::size_t count);
  // Brings so many contacts that stay: some in handling, some offered, most of
  // them waiting. Their events are then pending.
  void Fill(std::uint32_t contacts);
  // Events that Take has without another step.
  std::size_t pending() const { return events_.size(); }
  std::int64_t now_ms() const { return now_ms_; }

  // RouterObserver.
  bool WantsDetails() const override { return true; }
  void OnEvent(const Event& event) override;
  void OnDetailedEvent(const Event& event, const EventDetail& detail) override;

 private:
  void Step();
  void Submit();
  void AnswerOffers();

  struct Offer {
    AgentHandle agent;
    ContactHandle contact;
    std::uint64_t attempt;
  };

  Random random_;
  std::unique_ptr<Router> router_;
  std::int64_t now_ms_ = 1'900'000'000'000;
  std::uint64_t submitted_ = 0;
  std::deque<Offer> offers_;
  std::deque<ContactHandle> handled_;
  std::deque<journal::NumberedEvent> events_;
};

}  // namespace relais::bench

#endif  // RELAIS_BENCH_JOURNAL_ROUTER_EVENTS_H_
