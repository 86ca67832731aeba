#include "tests/interleaving/scheduled_atomic.h"

#include <algorithm>
#include <numeric>

namespace relais::interleaving {

Scheduler* Scheduler::current_ = nullptr;

void Scheduler::Enter() {
  Scheduler& scheduler = *current_;
  Fiber& self = *scheduler.fibers_[scheduler.order_[scheduler.at_]];
  self.body();
  self.ended = true;
  Fiber* next = scheduler.Next();
  setcontext(next != nullptr ? &next->context : &scheduler.outside_);
}

Scheduler::Fiber* Scheduler::Next() {
  for (std::size_t i = 0; i < order_.size(); ++i) {
    at_ = (at_ + 1) % order_.size();
    Fiber* fiber = fibers_[order_[at_]].get();
    if (!fiber->ended) return fiber;
  }
  return nullptr;
}

void Scheduler::Point() {
  if (current_ != nullptr) current_->GoOn();
}

void Scheduler::GoOn() {
  const std::size_t access = accesses_++;
  if (next_switch_ >= switches_.size() || switches_[next_switch_] != access) {
    return;
  }
  ++next_switch_;
  Fiber& self = *fibers_[order_[at_]];
  Fiber* next = Next();
  if (next != nullptr && next != &self) {
    swapcontext(&self.context, &next->context);
  }
}

std::size_t Scheduler::Run(const std::vector<Body>& bodies,
                           const std::vector<std::size_t>& order,
                           const std::vector<std::size_t>& switches) {
  fibers_.clear();
  for (const Body& body : bodies) {
    auto fiber = std::make_unique<Fiber>();
    fiber->stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
    fiber->body = body;
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack.get();
    fiber->context.uc_stack.ss_size = kStackBytes;
    fiber->context.uc_link = nullptr;
    makecontext(&fiber->context, &Scheduler::Enter, 0);
    fibers_.push_back(std::move(fiber));
  }
  order_ = order;
  switches_ = switches;
  at_ = 0;
  accesses_ = 0;
  next_switch_ = 0;
  current_ = this;
  swapcontext(&outside_, &fibers_[order_[0]]->context);
  current_ = nullptr;
  return accesses_;
}

std::size_t ForAllSchedules(
    std::size_t fibers, std::size_t preemptions,
    const std::function<void(
        const std::function<void(const std::vector<Scheduler::Body>&)>& run)>&
        scenario) {
  std::size_t executions = 0;
  std::vector<std::size_t> order(fibers);
  std::iota(order.begin(), order.end(), 0);
  do {
    // Switches in rising order; each execution tells how long it was, which
    // bounds where a further switch makes a difference.
    std::function<void(std::vector<std::size_t>&)> explore =
        [&](std::vector<std::size_t>& switches) {
          std::size_t accesses = 0;
          scenario([&](const std::vector<Scheduler::Body>& bodies) {
            Scheduler scheduler;
            accesses = scheduler.Run(bodies, order, switches);
          });
          ++executions;
          if (switches.size() == preemptions) return;
          const std::size_t first = switches.empty() ? 0 : switches.back() + 1;
          for (std::size_t at = first; at < accesses; ++at) {
            switches.push_back(at);
            explore(switches);
            switches.pop_back();
          }
        };
    std::vector<std::size_t> none;
    explore(none);
  } while (std::next_permutation(order.begin(), order.end()));
  return executions;
}

}  // namespace relais::interleaving
