#include "lib/runtime/runtime.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <thread>
#include <utility>  // before Asio 1.74, which needs it and does not say so
#include <vector>

#include "lib/base/assert.h"
#include "lib/base/mutex.h"

namespace relais::runtime {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

// Deadlines run before events are delivered and others get their turn. 256
// take well under a millisecond.
constexpr std::size_t kDeadlinesPerTurn = 256;
// A barrier ends although others go on calling the Router meanwhile.
constexpr int kBarrierRoundsMax = 64;
// Pause when NextDue names a moment at which RunDue then has nothing to do.
constexpr std::chrono::milliseconds kEarlyDuePause{1};

}  // namespace

class Runtime::Impl {
 public:
  Impl(const Clock* clock, EventSubscriber* subscriber,
       EventCommitter* committer)
      : clock_(clock),
        subscriber_(subscriber),
        committer_(committer),
        work_(asio::make_work_guard(context_)),
        timer_(context_) {}

  void Every(std::chrono::milliseconds period, std::function<void()> chore) {
    RELAIS_CHECK(router_ == nullptr, "chores are given before the start");
    chores_.push_back({period, std::move(chore), asio::steady_timer(context_)});
  }

  void Start(Router* router) {
    RELAIS_CHECK(router_ == nullptr, "a Runtime starts once");
    router_ = router;
    for (Chore& chore : chores_) ArmChore(chore);
    thread_ = std::thread([this] { context_.run(); });
    if (committer_ != nullptr) {
      commit_thread_ = std::thread([this] { CommitLoop(); });
    }
    // What happened between the Router's creation and now.
    OnEventsPending();
    OnNextDueEarlier();
  }

  void Stop() {
    if (!thread_.joinable()) return;
    if (committer_ != nullptr) {
      {
        MutexLock lock(commit_mutex_);
        commit_stopping_ = true;
        commit_wanted_.NotifyAll();
      }
      commit_thread_.join();
    }
    asio::post(context_, [this] {
      stopping_ = true;
      while (committer_ == nullptr && Drain() > 0) {
      }
      timer_.cancel();
      for (Chore& chore : chores_) chore.timer.cancel();
      work_.reset();
    });
    thread_.join();
    MutexLock lock(mutex_);
    RELAIS_CHECK(waiters_.empty(), "a call was in flight when stopping");
  }

  void Post(std::function<void()> work) {
    asio::post(context_, std::move(work));
  }

  void Barrier(std::function<void(BarrierResult)> answer) {
    asio::post(context_, [this, answer = std::move(answer)]() mutable {
      BarrierRound(clock_->NowMs(), kBarrierRoundsMax, std::move(answer));
    });
  }

  void WhenCommitted(CommitTicket ticket, std::function<void()> answer) {
    // Acquire, with the release in Drain: the events up to the ticket have
    // been delivered.
    if (committed_.load(std::memory_order_acquire) >= ticket.value) {
      answer();
      return;
    }
    {
      MutexLock lock(mutex_);
      waiters_.push_back({ticket.value, next_waiter_++, std::move(answer)});
      std::push_heap(waiters_.begin(), waiters_.end(), LaterFirst);
    }
    // The drain that committed it may have looked before this was put there;
    // the mutex then orders its store of committed_ before this load.
    if (committed_.load(std::memory_order_acquire) >= ticket.value) {
      asio::post(context_, [this] { AnswerWaiters(); });
    }
  }

  void OnEventsPending() {
    if (committer_ != nullptr) {
      MutexLock lock(commit_mutex_);
      commit_pending_ = true;
      commit_wanted_.NotifyAll();
      return;
    }
    // seq_cst, with the store in the posted job: a caller that finds the flag
    // set handed its event over before that job drains.
    if (!drain_posted_.exchange(true)) {
      asio::post(context_, [this] {
        drain_posted_.exchange(false);
        if (router_ != nullptr) Drain();
      });
    }
  }

  void OnNextDueEarlier() {
    if (!arm_posted_.exchange(true)) {
      asio::post(context_, [this] {
        arm_posted_.exchange(false);
        if (router_ != nullptr) Arm(/*ran_early=*/false);
      });
    }
  }

  void Deliver(const Event& event) { subscriber_->OnEvent(event); }

  bool commits() const { return committer_ != nullptr; }
  // By whoever drains: before Start its caller, then the committing thread.
  void Gather(const Event& event, const EventDetail& detail) {
    group_.push_back({event, detail});
  }

 private:
  struct Waiter {
    std::uint64_t ticket;
    std::uint64_t order;
    std::function<void()> answer;
  };
  struct Chore {
    std::chrono::milliseconds period;
    std::function<void()> run;
    asio::steady_timer timer;
  };
  static bool LaterFirst(const Waiter& left, const Waiter& right) {
    return std::pair(left.ticket, left.order) >
           std::pair(right.ticket, right.order);
  }

  // Deadlines due by then run and their events delivered, in as many rounds as
  // it takes, but not for ever.
  void BarrierRound(InstantMs now_ms, int rounds,
                    std::function<void(BarrierResult)> answer) {
    std::size_t done = 0;
    while (router_->RunDue(now_ms, kDeadlinesPerTurn) > 0) ++done;
    done += Drain();
    if (committer_ == nullptr && done > 0 && rounds > 1) {
      return BarrierRound(now_ms, rounds - 1, std::move(answer));
    }
    std::function<void()> last = [this, now_ms, done, rounds,
                                  answer = std::move(answer)]() mutable {
      if (done > 0 && rounds > 1) {
        return BarrierRound(now_ms, rounds - 1, std::move(answer));
      }
      Arm(/*ran_early=*/false);
      answer({router_->LastSequence(), now_ms});
    };
    if (committer_ == nullptr) return last();
    WhenCommitted(router_->LastTicket(), std::move(last));
  }

  // --- The committing thread ---

  void CommitLoop() {
    for (;;) {
      bool stopping = false;
      {
        MutexLock lock(commit_mutex_);
        while (!commit_pending_ && !commit_stopping_) {
          commit_wanted_.Wait(commit_mutex_);
        }
        commit_pending_ = false;
        stopping = commit_stopping_;
      }
      while (CommitOnce()) {
      }
      if (stopping) return;
    }
  }

  // False if there was nothing to do, or nothing can be done any more.
  bool CommitOnce() {
    if (commit_failed_) return false;
    router_->DrainEvents();
    const std::uint64_t ticket = router_->Committed().value;
    if (group_.empty() && ticket == last_ticket_) return false;
    last_ticket_ = ticket;
    if (!group_.empty()) {
      const absl::Status status = committer_->Commit(group_);
      if (!status.ok()) {
        commit_failed_ = true;
        committer_->OnCommitFailed(status);
        return false;
      }
    }
    asio::post(context_, [this, ticket, group = std::move(group_)] {
      for (const journal::NumberedEvent& one : group) Deliver(one.event);
      // Release, with the loads in WhenCommitted.
      committed_.store(ticket, std::memory_order_release);
      if (!group.empty()) subscriber_->OnDrained();
      AnswerWaiters();
      if (!group.empty()) subscriber_->OnAnswered();
    });
    group_.clear();
    return true;
  }

  std::size_t Drain() {
    if (committer_ != nullptr) return 0;  // the other thread does
    const std::size_t count = router_->DrainEvents();
    // Release, with the loads in WhenCommitted.
    committed_.store(router_->Committed().value, std::memory_order_release);
    if (count > 0) subscriber_->OnDrained();
    AnswerWaiters();
    if (count > 0) subscriber_->OnAnswered();
    return count;
  }

  void AnswerWaiters() {
    const std::uint64_t committed = committed_.load(std::memory_order_relaxed);
    std::vector<std::function<void()>> ready;  // written by this thread alone
    {
      MutexLock lock(mutex_);
      while (!waiters_.empty() && waiters_.front().ticket <= committed) {
        std::pop_heap(waiters_.begin(), waiters_.end(), LaterFirst);
        ready.push_back(std::move(waiters_.back().answer));
        waiters_.pop_back();
      }
    }
    for (std::function<void()>& answer : ready) answer();
  }

  void RunDueTurn() {
    const std::size_t ran = router_->RunDue(clock_->NowMs(), kDeadlinesPerTurn);
    Drain();
    if (ran == kDeadlinesPerTurn) {
      asio::post(context_, [this] { RunDueTurn(); });
    } else {
      Arm(ran == 0);
    }
  }

  void ArmChore(Chore& chore) {
    chore.timer.expires_after(chore.period);
    chore.timer.async_wait([this, &chore](const boost::system::error_code& e) {
      if (e || stopping_) return;
      chore.run();
      ArmChore(chore);
    });
  }

  // Sets the timer to the next deadline.
  void Arm(bool ran_early) {
    if (stopping_) return;
    const std::optional<InstantMs> due = router_->NextDue();
    if (!due.has_value()) {
      timer_.cancel();
      armed_for_.reset();
      return;
    }
    steady_clock::time_point at = clock_->SteadyTimeOf(*due);
    if (ran_early) at = std::max(at, steady_clock::now() + kEarlyDuePause);
    if (armed_for_ == at) return;
    armed_for_ = at;
    timer_.expires_at(at);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;  // replaced by another time, or stopping
      armed_for_.reset();
      RunDueTurn();
    });
  }

  // Constant after construction or Start.
  const Clock* const clock_;
  EventSubscriber* const subscriber_;
  EventCommitter* const committer_;
  Router* router_ = nullptr;

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;

  std::deque<Chore> chores_;  // their timers: as below

  // The Runtime's thread alone.
  asio::steady_timer timer_;
  std::optional<steady_clock::time_point> armed_for_;
  bool stopping_ = false;

  Mutex commit_mutex_;
  ConditionVariable commit_wanted_;
  bool commit_pending_ RELAIS_GUARDED_BY(commit_mutex_) = false;
  bool commit_stopping_ RELAIS_GUARDED_BY(commit_mutex_) = false;
  // The committing thread alone, once there is one.
  std::thread commit_thread_;
  std::vector<journal::NumberedEvent> group_;
  std::uint64_t last_ticket_ = 0;
  bool commit_failed_ = false;

  std::atomic<bool> drain_posted_{false};
  std::atomic<bool> arm_posted_{false};
  std::atomic<std::uint64_t> committed_{0};

  Mutex mutex_;
  // A heap, the smallest ticket in front. Bounded by the calls in flight.
  std::vector<Waiter> waiters_ RELAIS_GUARDED_BY(mutex_);
  std::uint64_t next_waiter_ RELAIS_GUARDED_BY(mutex_) = 0;
};

Runtime::Runtime(const Clock* clock, EventSubscriber* subscriber,
                 EventCommitter* committer)
    : impl_(std::make_unique<Impl>(clock, subscriber, committer)) {}

Runtime::~Runtime() { Stop(); }

void Runtime::Every(std::chrono::milliseconds period,
                    std::function<void()> chore) {
  impl_->Every(period, std::move(chore));
}
void Runtime::Start(Router* router) { impl_->Start(router); }
void Runtime::Stop() { impl_->Stop(); }
void Runtime::Post(std::function<void()> work) { impl_->Post(std::move(work)); }
void Runtime::Barrier(std::function<void(BarrierResult)> answer) {
  impl_->Barrier(std::move(answer));
}
void Runtime::WhenCommitted(CommitTicket ticket, std::function<void()> answer) {
  impl_->WhenCommitted(ticket, std::move(answer));
}
void Runtime::OnEventsPending() { impl_->OnEventsPending(); }
void Runtime::OnNextDueEarlier() { impl_->OnNextDueEarlier(); }
void Runtime::OnEvent(const Event& event) { impl_->Deliver(event); }
bool Runtime::WantsDetails() const { return impl_->commits(); }
void Runtime::OnDetailedEvent(const Event& event, const EventDetail& detail) {
  impl_->Gather(event, detail);
}

}  // namespace relais::runtime
