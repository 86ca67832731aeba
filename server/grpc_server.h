// The listening server: the services, health and reflection.

#ifndef RELAIS_SERVER_GRPC_SERVER_H_
#define RELAIS_SERVER_GRPC_SERVER_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/core.h"

namespace relais::server {

class GrpcServer {
 public:
  // Listens on `address` ("127.0.0.1:7400"; port 0 takes a free one).
  // UNAVAILABLE if that is not possible. `core` must outlive the server.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      Core* core, const std::string& address);
  ~GrpcServer();

  int port() const;
  // What health says of the server and each service. Any thread.
  void SetServing(bool serving);
  // Health says NOT_SERVING, no new call is taken, calls in flight are
  // answered, readers get the events that are there, streams are closed. What
  // is not done after `grace` is cut off.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace relais::server

#endif  // RELAIS_SERVER_GRPC_SERVER_H_
