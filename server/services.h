// The services of proto/relais/v1, each behind gRPC's own base class.

#ifndef RELAIS_SERVER_SERVICES_H_
#define RELAIS_SERVER_SERVICES_H_

#include <memory>

#include "server/core.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace relais::server {

std::unique_ptr<grpc::Service> MakeContactService(Core* core);
std::unique_ptr<grpc::Service> MakeAgentService(Core* core);
std::unique_ptr<grpc::Service> MakeAdminService(Core* core);
std::unique_ptr<grpc::Service> MakeSupervisionService(Core* core);

}  // namespace relais::server

#endif  // RELAIS_SERVER_SERVICES_H_
