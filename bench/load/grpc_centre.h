// A relaisd over gRPC: calls by callback stubs, many in flight; offers on one
// stream for all agents; events on another. Instants of the day are instants
// of the server's clock, which is learned from GetServerInfo.
//
// Thread safety: as Centre; the reading threads and gRPC's own hand news over
// through one locked inbox, held for moving messages only.

#ifndef RELAIS_BENCH_LOAD_GRPC_CENTRE_H_
#define RELAIS_BENCH_LOAD_GRPC_CENTRE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/centre.h"

namespace relais::load {

class GrpcCentre final : public Centre {
 public:
  // `address` as "127.0.0.1:7400". UNAVAILABLE if nobody answers there within
  // ten seconds.
  static absl::StatusOr<std::unique_ptr<GrpcCentre>> Connect(
      const std::string& address);
  ~GrpcCentre() override;

  double time_scale() const;

  absl::Status Open(const v1::Configuration& configuration) override;
  InstantMs NowMs() override;
  void Send(const Call& call) override;
  void Wait(InstantMs until_ms, std::vector<Notice>* notices) override;
  absl::StatusOr<BarrierPoint> Barrier() override;
  void ReadEventsUpTo(std::uint64_t sequence,
                      std::vector<Notice>* notices) override;
  bool OneCaller() const override { return false; }
  DurationMs ClockToleranceMs() const override;

 private:
  class Impl;
  explicit GrpcCentre(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace relais::load

#endif  // RELAIS_BENCH_LOAD_GRPC_CENTRE_H_
