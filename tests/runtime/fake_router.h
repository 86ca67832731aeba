// A Router of deadlines and events only, to see what the Runtime does with it.
//
// Thread safety: any thread, by one lock.

#ifndef RELAIS_TESTS_RUNTIME_FAKE_ROUTER_H_
#define RELAIS_TESTS_RUNTIME_FAKE_ROUTER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "lib/base/mutex.h"
#include "relais/router.h"

namespace relais::runtime {

class FakeRouter final : public Router {
 public:
  explicit FakeRouter(RouterObserver* observer) : observer_(observer) {}

  // Hands an event over, as a call of a Router would.
  CommitTicket HandOver(InstantMs at_ms) {
    CommitTicket ticket;
    {
      MutexLock lock(mutex_);
      pending_.push_back(at_ms);
      ticket.value = ++handed_over_;
    }
    observer_->OnEventsPending();
    return ticket;
  }

  // When due, hands over one event whose at_ms is the deadline.
  void AddDeadline(InstantMs due_ms) {
    {
      MutexLock lock(mutex_);
      deadlines_.insert(due_ms);
    }
    observer_->OnNextDueEarlier();
  }

  // NextDue names a moment too early by this much.
  void SetEarliness(DurationMs earliness_ms) {
    MutexLock lock(mutex_);
    earliness_ms_ = earliness_ms;
  }
  std::size_t largest_slice() const {
    MutexLock lock(mutex_);
    return largest_slice_;
  }
  std::size_t run_due_calls() const {
    MutexLock lock(mutex_);
    return run_due_calls_;
  }

  std::optional<InstantMs> NextDue() const override {
    MutexLock lock(mutex_);
    if (deadlines_.empty()) return std::nullopt;
    return *deadlines_.begin() - earliness_ms_;
  }
  std::size_t RunDue(InstantMs now_ms, std::size_t limit) override {
    std::size_t ran = 0;
    {
      MutexLock lock(mutex_);
      ++run_due_calls_;
      largest_slice_ = std::max(largest_slice_, limit);
      while (ran < limit && !deadlines_.empty() &&
             *deadlines_.begin() <= now_ms) {
        pending_.push_back(*deadlines_.begin());
        ++handed_over_;
        deadlines_.erase(deadlines_.begin());
        ++ran;
      }
    }
    if (ran > 0) observer_->OnEventsPending();
    return ran;
  }
  std::size_t DrainEvents() override {
    std::vector<InstantMs> taken;
    std::uint64_t first = 0;
    {
      MutexLock lock(mutex_);
      taken.swap(pending_);
      first = sequence_ + 1;
      sequence_ += taken.size();
    }
    for (std::size_t i = 0; i < taken.size(); ++i) {
      Event event;
      event.sequence = first + i;
      event.at_ms = taken[i];
      if (observer_->WantsDetails()) {
        observer_->OnDetailedEvent(event, {});
      } else {
        observer_->OnEvent(event);
      }
    }
    MutexLock lock(mutex_);
    committed_ += taken.size();
    return taken.size();
  }
  CommitTicket Committed() const override {
    MutexLock lock(mutex_);
    return {committed_};
  }
  CommitTicket LastTicket() const override {
    MutexLock lock(mutex_);
    return {handed_over_};
  }
  absl::Status Restore(const LiveState&, InstantMs) override {
    return absl::UnimplementedError("a fake has no state");
  }
  std::uint64_t LastSequence() const override {
    MutexLock lock(mutex_);
    return sequence_;
  }

  // Not used by the Runtime.
  absl::StatusOr<ApplyOutcome> Apply(const Configuration&, InstantMs) override {
    return Unused();
  }
  absl::StatusOr<ChangeAgentOutcome> ChangeAgent(AgentHandle,
                                                 const AgentChange&,
                                                 InstantMs) override {
    return Unused();
  }
  Configuration CurrentConfiguration(std::uint64_t*) const override {
    return {};
  }
  absl::StatusOr<SubmitOutcome> Submit(const ContactSpec&, InstantMs) override {
    return Unused();
  }
  absl::StatusOr<Outcome> Cancel(ContactHandle, EndReason, InstantMs) override {
    return Unused();
  }
  absl::StatusOr<Outcome> Complete(ContactHandle, InstantMs) override {
    return Unused();
  }
  absl::StatusOr<ContactHandle> FindContact(std::string_view) const override {
    return Unused();
  }
  absl::StatusOr<ContactView> GetContact(std::string_view) const override {
    return Unused();
  }
  absl::StatusOr<AgentHandle> FindAgent(std::string_view) const override {
    return Unused();
  }
  absl::StatusOr<AgentView> GetAgent(AgentHandle) const override {
    return Unused();
  }
  absl::StatusOr<Outcome> SetPresence(AgentHandle, Presence,
                                      InstantMs) override {
    return Unused();
  }
  absl::StatusOr<Outcome> Accept(AgentHandle, ContactHandle, std::uint64_t,
                                 InstantMs) override {
    return Unused();
  }
  absl::StatusOr<Outcome> Decline(AgentHandle, ContactHandle, std::uint64_t,
                                  std::optional<DurationMs>,
                                  InstantMs) override {
    return Unused();
  }
  absl::StatusOr<Outcome> EndWrapUp(AgentHandle, std::string_view,
                                    InstantMs) override {
    return Unused();
  }
  absl::StatusOr<PullOutcome> Pull(AgentHandle, const PullRequest&,
                                   InstantMs) override {
    return Unused();
  }
  std::vector<QueueView> Queues() const override { return {}; }
  std::vector<AgentView> Agents() const override { return {}; }
  RouterCounters Counters() const override { return {}; }
  absl::StatusOr<ContactExplanation> ExplainContact(
      std::string_view, InstantMs, std::size_t) const override {
    return Unused();
  }
  absl::StatusOr<AgentExplanation> ExplainAgent(AgentHandle, InstantMs,
                                                std::size_t) const override {
    return Unused();
  }
  absl::StatusOr<DecisionView> DecisionOf(ContactHandle,
                                          std::uint64_t) const override {
    return Unused();
  }
  std::vector<DecisionView> Decisions(InstantMs, std::size_t) const override {
    return {};
  }

 private:
  static absl::Status Unused() {
    return absl::UnimplementedError("not for these tests");
  }

  RouterObserver* const observer_;
  mutable Mutex mutex_;
  std::vector<InstantMs> pending_ RELAIS_GUARDED_BY(mutex_);
  std::multiset<InstantMs> deadlines_ RELAIS_GUARDED_BY(mutex_);
  DurationMs earliness_ms_ RELAIS_GUARDED_BY(mutex_) = 0;
  std::size_t largest_slice_ RELAIS_GUARDED_BY(mutex_) = 0;
  std::size_t run_due_calls_ RELAIS_GUARDED_BY(mutex_) = 0;
  std::uint64_t handed_over_ RELAIS_GUARDED_BY(mutex_) = 0;
  std::uint64_t committed_ RELAIS_GUARDED_BY(mutex_) = 0;
  std::uint64_t sequence_ RELAIS_GUARDED_BY(mutex_) = 0;
};

}  // namespace relais::runtime

#endif  // RELAIS_TESTS_RUNTIME_FAKE_ROUTER_H_
