// A small client of every service, for tests that speak to a real relaisd.

#ifndef RELAIS_TESTS_E2E_CLIENT_H_
#define RELAIS_TESTS_E2E_CLIENT_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "grpcpp/impl/codegen/rpc_method.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/byte_buffer.h"
#include "gtest/gtest.h"
#include "relais/v1/admin_service.grpc.pb.h"
#include "relais/v1/agent_service.grpc.pb.h"
#include "relais/v1/contact_service.grpc.pb.h"
#include "relais/v1/error.pb.h"
#include "relais/v1/supervision_service.grpc.pb.h"

namespace relais::e2e {

// Every wait of a test ends: a server that hangs is a failure.
inline std::chrono::system_clock::time_point Patience() {
  return std::chrono::system_clock::now() + std::chrono::seconds(30);
}

// The field that an error is about, from its details.
inline std::string FieldOf(const grpc::Status& status) {
  v1::Status details;
  if (!details.ParseFromString(status.error_details())) return "no details";
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  for (const auto& detail : details.details()) {
    v1::FieldViolation violation;
    if (detail.UnpackTo(&violation)) return violation.field();
  }
  return "";
}

inline v1::Findings FindingsOf(const grpc::Status& status) {
  v1::Status details;
  v1::Findings findings;
  if (!details.ParseFromString(status.error_details())) return findings;
  for (const auto& detail : details.details()) {
    if (detail.UnpackTo(&findings)) break;
  }
  return findings;
}

inline grpc::ByteBuffer Bytes(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}
inline std::string Text(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

class Client {
 public:
  explicit Client(const std::string& address)
      : channel(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials())),
        contacts(v1::ContactService::NewStub(channel)),
        agents(v1::AgentService::NewStub(channel)),
        admin(v1::AdminService::NewStub(channel)),
        supervision(v1::SupervisionService::NewStub(channel)) {}

  // Calls any method: Call(contacts, &Stub::GetContact, request, &response).
  template <typename StubPointer, typename Method, typename Request,
            typename Response>
  static grpc::Status Call(const StubPointer& stub, Method method,
                           const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(Patience());
    return (stub.get()->*method)(&context, request, response);
  }

  grpc::Status Submit(const v1::Contact& contact,
                      v1::SubmitContactResponse* response = nullptr) {
    v1::SubmitContactRequest request;
    *request.mutable_contact() = contact;
    v1::SubmitContactResponse unused;
    return Call(contacts, &v1::ContactService::Stub::SubmitContact, request,
                response != nullptr ? response : &unused);
  }
  grpc::Status Submit(const std::string& id) { return Submit(ContactOf(id)); }
  static v1::Contact ContactOf(const std::string& id) {
    v1::Contact contact;
    contact.set_id(id);
    contact.set_queue("accounts");
    contact.set_channel(v1::CHANNEL_VOICE);
    (*contact.mutable_attributes())["caller"] = "caller of " + id;
    return contact;
  }
  grpc::Status Cancel(const std::string& id,
                      v1::EndReason reason = v1::END_REASON_UNSPECIFIED) {
    v1::CancelContactRequest request;
    request.set_contact_id(id);
    request.set_reason(reason);
    v1::CancelContactResponse response;
    return Call(contacts, &v1::ContactService::Stub::CancelContact, request,
                &response);
  }
  grpc::Status Complete(const std::string& id) {
    v1::CompleteContactRequest request;
    request.set_contact_id(id);
    v1::CompleteContactResponse response;
    return Call(contacts, &v1::ContactService::Stub::CompleteContact, request,
                &response);
  }
  v1::ContactSnapshot Contact(const std::string& id) {
    v1::GetContactRequest request;
    request.set_contact_id(id);
    v1::GetContactResponse response;
    const grpc::Status status = Call(
        contacts, &v1::ContactService::Stub::GetContact, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.contact();
  }
  grpc::Status SignIn(const std::string& id) {
    v1::SignInRequest request;
    request.set_agent_id(id);
    v1::SignInResponse response;
    return Call(agents, &v1::AgentService::Stub::SignIn, request, &response);
  }
  grpc::Status SetPresence(
      const std::string& id, v1::PresenceState state,
      v1::NotReadyReason reason = v1::NOT_READY_REASON_UNSPECIFIED) {
    v1::Presence presence;
    presence.set_state(state);
    presence.set_reason(reason);
    return SetPresence(id, presence);
  }
  grpc::Status SetPresence(const std::string& id,
                           const v1::Presence& presence) {
    v1::SetPresenceRequest request;
    request.set_agent_id(id);
    *request.mutable_presence() = presence;
    v1::SetPresenceResponse response;
    return Call(agents, &v1::AgentService::Stub::SetPresence, request,
                &response);
  }
  v1::AgentSnapshot Agent(const std::string& id) {
    v1::GetAgentRequest request;
    request.set_agent_id(id);
    v1::GetAgentResponse response;
    const grpc::Status status =
        Call(agents, &v1::AgentService::Stub::GetAgent, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.agent();
  }
  v1::BarrierResponse Barrier() {
    v1::BarrierResponse response;
    const grpc::Status status = Call(admin, &v1::AdminService::Stub::Barrier,
                                     v1::BarrierRequest(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // Events from `from` to `to`.
  std::vector<v1::Event> Events(std::uint64_t from, std::uint64_t to) {
    grpc::ClientContext context;
    context.set_deadline(Patience());
    v1::WatchEventsRequest request;
    request.set_from_sequence(from);
    auto reader = contacts->WatchEvents(&context, request);
    std::vector<v1::Event> events;
    v1::WatchEventsResponse response;
    while (from + events.size() <= to && reader->Read(&response)) {
      events.insert(events.end(), response.events().begin(),
                    response.events().end());
    }
    context.TryCancel();
    reader->Finish();
    return events;
  }

  // What health says; `service` empty: of the server as a whole. Debian has no
  // generated code for it: the bytes are written out.
  bool Serving(const std::string& service = "") {
    std::string request;  // HealthCheckRequest.service = 1
    if (!service.empty()) {
      request =
          "\x0A" + std::string(1, static_cast<char>(service.size())) + service;
    }
    grpc::ClientContext context;
    context.set_deadline(Patience());
    grpc::ByteBuffer response;
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
            channel.get(),
            grpc::internal::RpcMethod("/grpc.health.v1.Health/Check",
                                      grpc::internal::RpcMethod::NORMAL_RPC),
            &context, Bytes(request), &response);
    EXPECT_TRUE(status.ok()) << service << ": " << status.error_message();
    return Text(response) == "\x08\x01";  // status = 1, SERVING
  }

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ContactService::Stub> contacts;
  std::unique_ptr<v1::AgentService::Stub> agents;
  std::unique_ptr<v1::AdminService::Stub> admin;
  std::unique_ptr<v1::SupervisionService::Stub> supervision;
};

// One agents' stream.
class Desk {
 public:
  explicit Desk(Client* client) {
    context_.set_deadline(Patience());
    stream_ = client->agents->Connect(&context_);
  }
  ~Desk() {
    context_.TryCancel();
    if (!finished_) stream_->Finish();
  }

  // Requests; each returns its number.
  std::uint64_t Attach(const std::vector<std::string>& agent_ids) {
    v1::ConnectRequest request;
    for (const std::string& id : agent_ids) {
      request.mutable_attach()->add_agent_ids(id);
    }
    return Send(&request);
  }
  std::uint64_t Accept(const v1::Offer& offer) {
    v1::ConnectRequest request;
    request.mutable_accept()->set_agent_id(offer.agent_id());
    request.mutable_accept()->set_contact_id(offer.contact().id());
    request.mutable_accept()->set_attempt(offer.attempt());
    request.mutable_accept()->set_epoch(offer.epoch());
    return Send(&request);
  }
  std::uint64_t Decline(const v1::Offer& offer) {
    v1::ConnectRequest request;
    request.mutable_decline()->set_agent_id(offer.agent_id());
    request.mutable_decline()->set_contact_id(offer.contact().id());
    request.mutable_decline()->set_attempt(offer.attempt());
    request.mutable_decline()->set_epoch(offer.epoch());
    return Send(&request);
  }
  std::uint64_t Send(v1::ConnectRequest* request) {
    request->set_request_id(++last_request_);
    EXPECT_TRUE(stream_->Write(*request));
    return last_request_;
  }
  // The next message; fails the test if the stream ends instead.
  v1::ConnectResponse Next() {
    v1::ConnectResponse response;
    EXPECT_TRUE(stream_->Read(&response)) << "the stream has ended";
    return response;
  }
  v1::Offer NextOffer() {
    const v1::ConnectResponse response = Next();
    EXPECT_TRUE(response.has_offer()) << response.ShortDebugString();
    return response.offer();
  }
  v1::Answer NextAnswer() {
    const v1::ConnectResponse response = Next();
    EXPECT_TRUE(response.has_answer()) << response.ShortDebugString();
    return response.answer();
  }
  // Writes no more and reads to the end; how many messages came, and why it
  // ended.
  std::pair<int, grpc::Status> End() {
    stream_->WritesDone();
    return ReadToEnd();
  }
  std::pair<int, grpc::Status> ReadToEnd() {
    int count = 0;
    v1::ConnectResponse response;
    while (stream_->Read(&response)) ++count;
    finished_ = true;
    return {count, stream_->Finish()};
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::ConnectRequest, v1::ConnectResponse>>
      stream_;
  std::uint64_t last_request_ = 0;
  bool finished_ = false;
};

}  // namespace relais::e2e

#endif  // RELAIS_TESTS_E2E_CLIENT_H_
