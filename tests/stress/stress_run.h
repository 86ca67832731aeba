// Eight threads on one router, bounded by operations.
//
//   2 submitters, 1 canceller, 3 agents' desktops (accept, decline, complete,
//   end wrap-up, toggle presence of any agent), 1 that advances the clock and
//   runs what is due, 1 drainer. Most agents may hold several contacts.
//
// The work is cut into rounds; after each all calls have returned, what is due
// is run, all is drained, and promise 3 is checked. At the end the rest is
// served, so that every contact's key is known, and promise 4 is checked.
//
// Thread safety: Run is called once, by one thread.

#ifndef RELAIS_TESTS_STRESS_STRESS_RUN_H_
#define RELAIS_TESTS_STRESS_STRESS_RUN_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/random.h"
#include "relais/router.h"
#include "tests/stress/stream_checker.h"

namespace relais::stress {

Configuration StressConfiguration();
// What is submitted under "c17": drawn from the number.
ContactSpec SpecOf(std::string_view id);

class StressRun final : public RouterObserver {
 public:
  StressRun();

  // Sized for the test; the observer is this run.
  RouterOptions Options();
  // `operations` by the six working threads together.
  void Run(Router* router, std::uint64_t operations, std::uint64_t seed);

  const StreamChecker& checker() const { return checker_; }
  // Accepted submits, and calls of all kinds that were answered with OK.
  std::uint64_t accepted_submits() const { return accepted_submits_; }

  void OnEvent(const Event& event) override { checker_.Add(event); }

 private:
  struct Worker {
    explicit Worker(std::uint64_t seed) : random(seed) {}
    Random random;
    CallLog log;
  };
  enum class Role { kSubmitter, kCanceller, kDesktop };

  void Round(std::uint64_t operations_each);
  void Work(Role role, Worker& worker, std::uint64_t operations);
  void ReadDecisions() const;
  void Submit(Worker& worker);
  void Cancel(Worker& worker);
  void Desk(Worker& worker);
  void Work(Worker& worker, const AgentView& agent, const HeldContact& held);
  void Answer(Worker& worker, const AgentView& agent, const HeldContact& held);
  void SetPresence(Worker& worker, AgentHandle agent, Presence presence);
  void RunDueUntil(Worker& worker, const std::atomic<int>& working);
  void RunDueOnce(Worker& worker, DurationMs step_ms);
  void BecomeQuiet();
  void ServeTheRest();
  void ServeOne(Worker& worker, const AgentView& agent,
                const HeldContact& held);
  // Makes a call at an instant of its own and notes it.
  template <typename Ask>
  auto Noted(Worker& worker, Ask ask);

  Configuration configuration_;
  StreamChecker checker_;
  Router* router_ = nullptr;
  std::vector<AgentHandle> agents_;
  std::vector<std::unique_ptr<Worker>> workers_;
  // Relaxed would do for all: they are counters, and whoever reads them needs
  // nothing that was written before. The default order costs nothing here.
  std::atomic<InstantMs> clock_ms_{1'000'000};
  std::atomic<std::uint64_t> submits_{0};
  std::atomic<std::uint64_t> accepted_submits_{0};
};

}  // namespace relais::stress

#endif  // RELAIS_TESTS_STRESS_STRESS_RUN_H_
