// Eight threads, each with a seeded mix of all calls on one router, recorded.
//
// The work is cut into rounds; after each, all calls have returned, what is
// due is run, all is drained, and the judge gets the stretch. Rounds differ in
// how many contacts come, so that both sides wait in turn. After each long
// round come short ones of two or three threads that begin together: a match
// that nobody saw would be healed by a later look, if there were one.
//
// Thread safety: Run is called by one thread at a time.

#ifndef RELAIS_TESTS_STRESS_HISTORY_RUN_H_
#define RELAIS_TESTS_STRESS_HISTORY_RUN_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/random.h"
#include "relais/router.h"
#include "tests/stress/history.h"
#include "tests/stress/history_judge.h"

namespace relais::stress {

// The first lists everything; the others lack agents and a queue, and give
// other skills and channels and more or less capacity.
std::vector<Configuration> HistoryConfigurations();
// What is submitted under "c17": drawn from the number.
ContactSpec HistorySpecOf(std::string_view id);

class HistoryRun final : public RouterObserver {
 public:
  // What a test may add. Called on the workers' threads; those that are empty
  // are not called.
  struct Hooks {
    std::function<void(int worker)> begin;  // of its part of a round
    std::function<void(int worker)> before_call;
    std::function<void(int worker, const CallRecord& call)> after_call;
    // Instead of a number of calls; all rounds are long ones then.
    std::function<bool()> round_over;
    // Configurations are drawn from the first so many.
    std::size_t configurations = 4;
    // This worker does not give its slice up, so that it is preempted, or
    // meets a signal, anywhere.
    int restless = -1;
  };

  explicit HistoryRun(std::uint64_t seed, int threads = 8);

  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }
  // How many contacts have been brought, or are about to be: c1, c2 ...
  std::uint64_t contacts() const { return contacts_; }

  RouterOptions Options();
  // Applies the first configuration. Then rounds of `calls` calls a thread,
  // until `done` says so or the judge has found something.
  void Run(Router* router, std::size_t calls,
           const std::function<bool()>& done);

  const HistoryJudge& judge() const { return judge_; }
  std::uint64_t rounds() const { return rounds_; }

  void OnEvent(const Event& event) override {
    round_.events.push_back({event, clock_.Draw()});
  }

 private:
  struct Worker {
    Worker(int n, std::uint64_t seed) : number(n), random(seed) {}
    const int number;
    Random random;
    std::vector<CallRecord> calls;
  };

  void Round(std::size_t calls, std::size_t threads);
  // Stops workers anywhere for a while, a few times.
  void Disturb(std::vector<std::thread>& running);
  void JudgeRound();
  void BecomeQuiet();
  void Work(Worker& worker, std::size_t calls);
  void One(Worker& worker);
  void Submit(Worker& worker);
  void Cancel(Worker& worker);
  void Desk(Worker& worker);
  void Work(Worker& worker, const AgentView& view, const HeldContact& held);
  void EndWrapUp(Worker& worker, const AgentView& view,
                 const HeldContact& held);
  void Answer(Worker& worker, const AgentView& view, const HeldContact& held);
  void SetPresence(Worker& worker, const std::string& agent, AgentHandle handle,
                   Presence presence);
  void RunDue(Worker& worker, std::size_t* taken);
  void Drain(Worker& worker);
  void Apply(Worker& worker, std::size_t configuration);
  void ChangeAgent(Worker& worker);

  // Records one call: `ask` makes it at the given instant and notes in the
  // record what was answered.
  void Recorded(Worker& worker, CallRecord record,
                const std::function<void(InstantMs, CallRecord&)>& ask);

  const std::vector<Configuration> configurations_;
  HistoryJudge judge_;
  Hooks hooks_;
  Router* router_ = nullptr;
  Clock clock_{1'000'000};
  std::vector<std::unique_ptr<Worker>> workers_;
  Random random_;
  std::atomic<std::size_t> gathered_{0};
  std::atomic<std::size_t> finished_{0};
  std::atomic<std::uint64_t> spun_{0};
  double submits_ = 0.2;  // share of the calls in this round
  std::atomic<std::uint64_t> contacts_{0};
  // Written by the one reader, whoever that is; read when all is quiet.
  stress::Round round_;
  std::uint64_t rounds_ = 0;
};

}  // namespace relais::stress

#endif  // RELAIS_TESTS_STRESS_HISTORY_RUN_H_
