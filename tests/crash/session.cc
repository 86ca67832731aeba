#include "tests/crash/session.h"

#include <utility>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace relais::crash {
namespace {

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

Session::Session(const std::string& address, std::uint64_t life)
    : life(life),
      channel(ChannelTo(address)),
      contacts(v1::ContactService::NewStub(channel)),
      agents(v1::AgentService::NewStub(channel)),
      admin(v1::AdminService::NewStub(channel)) {}

void Sessions::Begin(std::shared_ptr<Session> session) {
  MutexLock lock(mutex_);
  session_ = std::move(session);
  changed_.NotifyAll();
}

void Sessions::Stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  changed_.NotifyAll();
}

std::shared_ptr<Session> Sessions::Next(std::uint64_t after) {
  MutexLock lock(mutex_);
  while (!stopped_ && (session_ == nullptr || session_->life <= after)) {
    changed_.Wait(mutex_);
  }
  return stopped_ ? nullptr : session_;
}

}  // namespace relais::crash
