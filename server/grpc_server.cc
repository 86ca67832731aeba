#include "server/grpc_server.h"

#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "lib/base/mutex.h"
#include "server/rpc.h"
#include "server/services.h"

namespace relais::server {
namespace {

constexpr std::array<const char*, 4> kServiceNames = {
    "relais.v1.ContactService", "relais.v1.AgentService",
    "relais.v1.AdminService", "relais.v1.SupervisionService"};

// All buffers of all calls together: a thousand requests of the largest
// configuration's size would be a mistake or an attack.
constexpr std::size_t kBuffersBytesMax = 1024U * 1024 * 1024;
constexpr int kKeepaliveTimeMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kClientPingIntervalMinMs = 5'000;

}  // namespace

class GrpcServer::Impl {
 public:
  explicit Impl(Core* core)
      : core_(core),
        contacts_(MakeContactService(core)),
        agents_(MakeAgentService(core)),
        admin_(MakeAdminService(core)),
        supervision_(MakeSupervisionService(core)) {}

  absl::Status Start(const std::string& address) {
    static const bool plugins_added = [] {
      grpc::EnableDefaultHealthCheckService(true);
      grpc::reflection::InitProtoReflectionServerBuilderPlugin();
      return true;
    }();
    static_cast<void>(plugins_added);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(),
                             &port_);
    // The services refuse what is too large for them with a better message.
    builder.SetMaxReceiveMessageSize(
        static_cast<int>(kConfigurationBytesMax + kRequestBytesMax));
    // Two servers on one port would each get half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                               kKeepaliveTimeoutMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(
        GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
        kClientPingIntervalMinMs);
    grpc::ResourceQuota quota("relaisd");
    quota.Resize(kBuffersBytesMax);
    builder.SetResourceQuota(quota);
    builder.RegisterService(contacts_.get());
    builder.RegisterService(agents_.get());
    builder.RegisterService(admin_.get());
    builder.RegisterService(supervision_.get());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", address,
                       "; is another server there, or the address not ours?"));
    }
    SetServing(true);
    return absl::OkStatus();
  }

  void Shutdown(std::chrono::milliseconds grace) {
    if (server_ == nullptr) return;
    SetServing(false);
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    // The events behind every call that was taken are then in the log, for
    // the readers to take before their streams end.
    core_->calls.CloseAndWait(grace);
    core_->streams.CloseAll();
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
    server_.reset();
  }

  int port() const { return port_; }

  void SetServing(bool serving) {
    MutexLock lock(mutex_);
    if (stopping_ || server_ == nullptr) return;
    grpc::HealthCheckServiceInterface* health =
        server_->GetHealthCheckService();
    if (health == nullptr) return;
    health->SetServingStatus(serving);  // of the server as a whole
    for (const char* name : kServiceNames) {
      health->SetServingStatus(name, serving);
    }
  }

 private:
  Core* const core_;
  const std::unique_ptr<grpc::Service> contacts_;
  const std::unique_ptr<grpc::Service> agents_;
  const std::unique_ptr<grpc::Service> admin_;
  const std::unique_ptr<grpc::Service> supervision_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  Mutex mutex_;
  bool stopping_ RELAIS_GUARDED_BY(mutex_) = false;  // NOT_SERVING for good
};

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcServer::~GrpcServer() { Shutdown(std::chrono::milliseconds(0)); }

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    Core* core, const std::string& address) {
  auto impl = std::make_unique<Impl>(core);
  const absl::Status started = impl->Start(address);
  if (!started.ok()) return started;
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

void GrpcServer::SetServing(bool serving) { impl_->SetServing(serving); }

int GrpcServer::port() const { return impl_->port(); }

void GrpcServer::Shutdown(std::chrono::milliseconds grace) {
  impl_->Shutdown(grace);
}

}  // namespace relais::server
