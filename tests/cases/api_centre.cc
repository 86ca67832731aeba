// The services of relaisd with their Router, Runtime, event log and offers, put
// together as relaisd does, but on a clock that is told what to read. The case
// speaks to them as a client, over a loopback port.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/support/status.h"
#include "lib/base/assert.h"
#include "lib/runtime/runtime.h"
#include "relais/router.h"
#include "server/convert.h"
#include "server/core.h"
#include "server/event_log.h"
#include "server/grpc_server.h"
#include "server/offer_hub.h"
#include "tests/cases/centre.h"
#include "tests/e2e/client.h"
#include "tests/runtime/manual_clock.h"

namespace relais::cases {
namespace {

constexpr std::size_t kEventsKept = 10'000;
constexpr std::chrono::seconds kGrace{10};

// A server on a free loopback port.
class Server final : public runtime::EventSubscriber {
 public:
  Server() : clock_(kCaseBeginMs), log_(kEventsKept), runtime_(&clock_, this) {
    RouterOptions options;
    options.limits = CaseLimits();
    options.observer = &runtime_;
    auto router = Router::Create(options);
    RELAIS_CHECK(router.ok(), "a small Router can be made");
    router_ = std::move(*router);
    hub_.emplace(router_.get(), /*epoch=*/1);
    core_.router = router_.get();
    core_.runtime = &runtime_;
    core_.clock = &clock_;
    core_.log = &log_;
    core_.hub = &*hub_;
    core_.epoch = 1;
    core_.limits = options.limits;
    core_.version = "cases";
    runtime_.Start(router_.get());
    auto server = server::GrpcServer::Start(&core_, "127.0.0.1:0");
    RELAIS_CHECK(server.ok(), "a loopback port is free");
    server_ = std::move(*server);
  }
  // The Router goes only after those who call it.
  ~Server() override {
    server_->Shutdown(kGrace);
    server_.reset();
    runtime_.Stop();
  }

  void OnEvent(const Event& event) override {
    hub_->OnEvent(event);
    log_.Append(server::ToProto(event));
  }
  void OnDrained() override { log_.WakeAll(); }

  runtime::ManualClock& clock() { return clock_; }
  // For when its next deadline is, which no client needs to know.
  const Router& router() const { return *router_; }
  std::string address() const {
    return absl::StrCat("127.0.0.1:", server_->port());
  }

 private:
  runtime::ManualClock clock_;
  server::EventLog log_;
  runtime::Runtime runtime_;
  std::unique_ptr<Router> router_;
  std::optional<server::OfferHub> hub_;
  server::Core core_;
  std::unique_ptr<server::GrpcServer> server_;
};

Answer AnswerOf(const grpc::Status& status) {
  if (status.ok()) return {};
  return {absl::StatusCodeToString(
              static_cast<absl::StatusCode>(status.error_code())),
          e2e::FieldOf(status), status.error_message()};
}

class ApiCentre final : public Centre {
 public:
  std::string_view door() const override { return "API"; }

  Answer Apply(const v1::Configuration& configuration) override {
    v1::ApplyConfigurationRequest request;
    *request.mutable_configuration() = configuration;
    v1::ApplyConfigurationResponse response;
    return AnswerOf(client_.Call(client_.admin,
                                 &v1::AdminService::Stub::ApplyConfiguration,
                                 request, &response));
  }

  Answer Submit(const v1::Contact& contact) override {
    return AnswerOf(client_.Submit(contact));
  }
  Answer Cancel(const std::string& contact_id, v1::EndReason why) override {
    return AnswerOf(client_.Cancel(contact_id, why));
  }
  Answer Complete(const std::string& contact_id) override {
    return AnswerOf(client_.Complete(contact_id));
  }
  Answer SetPresence(const std::string& agent_id,
                     const v1::Presence& presence) override {
    return AnswerOf(client_.SetPresence(agent_id, presence));
  }

  Answer ChangeAgent(const v1::ChangeAgentRequest& request) override {
    v1::ChangeAgentResponse response;
    return AnswerOf(client_.Call(client_.admin,
                                 &v1::AdminService::Stub::ChangeAgent, request,
                                 &response));
  }

  Answer Accept(const Offered& offered) override {
    v1::ConnectRequest request;
    request.mutable_accept()->set_agent_id(offered.agent_id);
    request.mutable_accept()->set_contact_id(offered.contact_id);
    request.mutable_accept()->set_attempt(offered.attempt);
    return Say(&request);
  }
  Answer Decline(const Offered& offered,
                 std::optional<DurationMs> retry_after_ms) override {
    v1::ConnectRequest request;
    request.mutable_decline()->set_agent_id(offered.agent_id);
    request.mutable_decline()->set_contact_id(offered.contact_id);
    request.mutable_decline()->set_attempt(offered.attempt);
    if (retry_after_ms.has_value()) {
      request.mutable_decline()->set_retry_after_ms(*retry_after_ms);
    }
    return Say(&request);
  }

  Answer EndWrapUp(const std::string& agent_id,
                   const std::string& contact_id) override {
    v1::EndWrapUpRequest request;
    request.set_agent_id(agent_id);
    request.set_contact_id(contact_id);
    v1::EndWrapUpResponse response;
    return AnswerOf(client_.Call(client_.agents,
                                 &v1::AgentService::Stub::EndWrapUp, request,
                                 &response));
  }

  Answer Pull(const v1::PullRequest& request) override {
    v1::PullResponse response;
    return AnswerOf(client_.Call(client_.agents, &v1::AgentService::Stub::Pull,
                                 request, &response));
  }

  std::optional<v1::ContactSnapshot> Contact(
      const std::string& contact_id) override {
    v1::GetContactRequest request;
    request.set_contact_id(contact_id);
    v1::GetContactResponse response;
    const grpc::Status status =
        client_.Call(client_.contacts, &v1::ContactService::Stub::GetContact,
                     request, &response);
    if (!status.ok()) return std::nullopt;
    return response.contact();
  }

  std::optional<v1::AgentSnapshot> Agent(const std::string& agent_id) override {
    v1::GetAgentRequest request;
    request.set_agent_id(agent_id);
    v1::GetAgentResponse response;
    const grpc::Status status = client_.Call(
        client_.agents, &v1::AgentService::Stub::GetAgent, request, &response);
    if (!status.ok()) return std::nullopt;
    return response.agent();
  }

  std::optional<v1::ExplainContactResponse> ExplainContact(
      const std::string& contact_id) override {
    v1::ExplainContactRequest request;
    request.set_contact_id(contact_id);
    v1::ExplainContactResponse response;
    const grpc::Status status = client_.Call(
        client_.supervision, &v1::SupervisionService::Stub::ExplainContact,
        request, &response);
    if (!status.ok()) return std::nullopt;
    return response;
  }

  std::optional<v1::ExplainAgentResponse> ExplainAgent(
      const std::string& agent_id) override {
    v1::ExplainAgentRequest request;
    request.set_agent_id(agent_id);
    v1::ExplainAgentResponse response;
    const grpc::Status status = client_.Call(
        client_.supervision, &v1::SupervisionService::Stub::ExplainAgent,
        request, &response);
    if (!status.ok()) return std::nullopt;
    return response;
  }

  std::optional<v1::Decision> Decision(const std::string& contact_id) override {
    v1::GetDecisionRequest request;
    request.set_contact_id(contact_id);
    v1::GetDecisionResponse response;
    const grpc::Status status = client_.Call(
        client_.supervision, &v1::SupervisionService::Stub::GetDecision,
        request, &response);
    if (!status.ok()) return std::nullopt;
    return response.decision();
  }

  std::vector<v1::Event> TakeEvents() override {
    const std::uint64_t last = client_.Barrier().event_sequence();
    if (last <= taken_) return {};
    const std::uint64_t from = std::exchange(taken_, last) + 1;
    return client_.Events(from, last);
  }

 protected:
  std::optional<InstantMs> NextDue() const override {
    return server_.router().NextDue();
  }
  void RunDueAt(InstantMs now_ms) override {
    server_.clock().Set(now_ms);
    client_.Barrier();
  }

 private:
  // On the agents' stream, on which nobody is attached: no offers come.
  Answer Say(v1::ConnectRequest* request) {
    desk_.Send(request);
    const v1::Answer answer = desk_.NextAnswer();
    if (!answer.has_error()) return {};
    Answer result;
    result.code = absl::StatusCodeToString(
        static_cast<absl::StatusCode>(answer.error().code()));
    result.message = answer.error().message();
    for (const auto& detail : answer.error().details()) {
      v1::FieldViolation violation;
      if (detail.UnpackTo(&violation)) result.field = violation.field();
    }
    return result;
  }

  Server server_;
  e2e::Client client_{server_.address()};
  e2e::Desk desk_{&client_};
  std::uint64_t taken_ = 0;
};

}  // namespace

std::unique_ptr<Centre> MakeApiCentre() {
  return std::make_unique<ApiCentre>();
}

}  // namespace relais::cases
