// A Router in this process on a virtual clock, one call after the other: the
// same day gives the same events every time.

#ifndef RELAIS_BENCH_LOAD_IN_PROCESS_CENTRE_H_
#define RELAIS_BENCH_LOAD_IN_PROCESS_CENTRE_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/centre.h"
#include "relais/event.h"
#include "relais/router.h"

namespace relais::load {

class InProcessCentre final : public Centre, private RouterObserver {
 public:
  // The clock starts at `start_ms` and moves to what is due next.
  static absl::StatusOr<std::unique_ptr<InProcessCentre>> Create(
      InstantMs start_ms);

  absl::Status Open(const v1::Configuration& configuration) override;
  InstantMs NowMs() override { return now_ms_; }
  void Send(const Call& call) override;
  void Wait(InstantMs until_ms, std::vector<Notice>* notices) override;
  absl::StatusOr<BarrierPoint> Barrier() override;
  void ReadEventsUpTo(std::uint64_t sequence,
                      std::vector<Notice>* notices) override;
  bool OneCaller() const override { return true; }
  DurationMs ClockToleranceMs() const override { return 0; }

 private:
  explicit InProcessCentre(InstantMs start_ms) : now_ms_(start_ms) {}

  void OnEvent(const Event& event) override;
  absl::Status ContactCall(const Call& call);
  absl::Status AgentCall(const Call& call);
  absl::Status PullCall(const Call& call);
  absl::Status OfferCall(const Call& call);
  absl::Status SubmitCall(const Call& call, CallAnswer* answer);
  // Runs what is due up to `until_ms`, in its own instants, until there is
  // news. Whether there is.
  bool RunDueUntil(InstantMs until_ms);

  InstantMs now_ms_;
  std::unique_ptr<Router> router_;
  std::vector<Notice> inbox_;
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_IN_PROCESS_CENTRE_H_
