#include "bench/load/grpc_centre.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "lib/base/mutex.h"
#include "relais/v1/admin_service.grpc.pb.h"
#include "relais/v1/agent_service.grpc.pb.h"
#include "relais/v1/contact_service.grpc.pb.h"
#include "relais/v1/supervision_service.grpc.pb.h"

namespace relais::load {

namespace {

using SteadyClock = std::chrono::steady_clock;

// A call not answered by then has failed: a router answers in milliseconds.
constexpr std::chrono::seconds kCallDeadline{20};
constexpr std::chrono::seconds kConnectDeadline{10};
// How long events named by the last barrier are awaited.
constexpr std::chrono::seconds kLastEventsDeadline{10};
// Wait returns after this at the latest, so that progress is shown.
constexpr std::chrono::milliseconds kWaitMax{250};
// Two threads of a busy machine may read the clock this far apart.
constexpr std::chrono::milliseconds kClockTolerance{50};
// gRPC refuses larger messages; a long day's first batch may be large.
constexpr int kMessageBytesMax = 64 * 1024 * 1024;

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

void SetDeadline(grpc::ClientContext* context, SteadyClock::duration after) {
  context->set_deadline(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(after));
}

}  // namespace

class GrpcCentre::Impl {
 public:
  explicit Impl(const std::string& address);
  ~Impl();

  absl::Status Greet();
  absl::Status Open(const v1::Configuration& configuration);
  InstantMs NowMs() const;
  void Send(const Call& call);
  void Wait(InstantMs until_ms, std::vector<Notice>* notices);
  absl::StatusOr<BarrierPoint> Barrier();
  void ReadEventsUpTo(std::uint64_t sequence, std::vector<Notice>* notices);
  double time_scale() const { return time_scale_; }

 private:
  // Keeps a call's messages alive until its callback has run.
  template <typename Request, typename Response>
  struct Unary {
    grpc::ClientContext context;
    Request request;
    Response response;
  };

  absl::Status CheckIsFresh();
  absl::Status Attach(const v1::Configuration& configuration);
  // Reads until the Attach is answered or the stream ends.
  absl::Status AwaitAttached();
  void LearnClock(InstantMs server_ms, SteadyClock::time_point sent,
                  SteadyClock::time_point answered);
  SteadyClock::time_point SteadyTimeOf(InstantMs instant_ms) const;

  // Starts a unary call whose answer goes to the inbox. `fill` copies from the
  // response to the answer.
  template <typename Request, typename Response, typename Start, typename Fill>
  void StartUnary(std::uint64_t id, Request request, Start start, Fill fill);
  void SendContactCall(const Call& call);
  void SendAgentCall(const Call& call);
  void SendOnStream(const Call& call);

  void ReadEvents();
  void ReadOffers();
  void Deliver(Notice notice);
  void TakeInbox(std::vector<Notice>* notices) RELAIS_REQUIRES(mutex_);

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ContactService::Stub> contacts_;
  std::unique_ptr<v1::AgentService::Stub> agents_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
  std::unique_ptr<v1::SupervisionService::Stub> supervision_;

  double time_scale_ = 1;
  // The server's clock read `clock_ms_` at `clock_at_`; taken from the fastest
  // answer so far, because that one is off by the least.
  SteadyClock::time_point clock_at_;
  double clock_ms_ = 0;
  SteadyClock::duration clock_error_ = SteadyClock::duration::max();

  grpc::ClientContext events_context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchEventsResponse>> events_;
  grpc::ClientContext offers_context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::ConnectRequest, v1::ConnectResponse>>
      offers_;
  std::thread events_thread_;
  std::thread offers_thread_;

  Mutex mutex_;
  ConditionVariable news_;
  std::vector<Notice> inbox_ RELAIS_GUARDED_BY(mutex_);
  std::uint64_t last_sequence_ RELAIS_GUARDED_BY(mutex_) = 0;
  int calls_open_ RELAIS_GUARDED_BY(mutex_) = 0;
  bool closing_ RELAIS_GUARDED_BY(mutex_) = false;
};

GrpcCentre::Impl::Impl(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  channel_ = grpc::CreateCustomChannel(
      address, grpc::InsecureChannelCredentials(), arguments);
  contacts_ = v1::ContactService::NewStub(channel_);
  agents_ = v1::AgentService::NewStub(channel_);
  admin_ = v1::AdminService::NewStub(channel_);
  supervision_ = v1::SupervisionService::NewStub(channel_);
}

GrpcCentre::Impl::~Impl() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
  }
  events_context_.TryCancel();
  offers_context_.TryCancel();
  if (events_thread_.joinable()) events_thread_.join();
  if (offers_thread_.joinable()) offers_thread_.join();
  // Callbacks still to come use this object; each has a deadline.
  MutexLock lock(mutex_);
  while (calls_open_ > 0) news_.Wait(mutex_);
}

absl::Status GrpcCentre::Impl::Greet() {
  // Several times: the fastest answer tells the clock best.
  for (int i = 0; i < 10; ++i) {
    grpc::ClientContext context;
    SetDeadline(&context, kConnectDeadline);
    context.set_wait_for_ready(true);
    v1::GetServerInfoResponse response;
    const auto sent = SteadyClock::now();
    absl::Status status =
        FromGrpc(supervision_->GetServerInfo(&context, {}, &response));
    if (!status.ok()) return status;
    if (!(response.time_scale() > 0)) {
      return absl::FailedPreconditionError(
          absl::StrCat("the server names a time scale of ",
                       response.time_scale(), ", not above 0"));
    }
    time_scale_ = response.time_scale();
    LearnClock(response.now_ms(), sent, SteadyClock::now());
  }
  return absl::OkStatus();
}

void GrpcCentre::Impl::LearnClock(InstantMs server_ms,
                                  SteadyClock::time_point sent,
                                  SteadyClock::time_point answered) {
  if (answered - sent >= clock_error_) return;
  clock_error_ = answered - sent;
  clock_at_ = sent + (answered - sent) / 2;
  clock_ms_ = static_cast<double>(server_ms);
}

InstantMs GrpcCentre::Impl::NowMs() const {
  const std::chrono::duration<double, std::milli> passed =
      SteadyClock::now() - clock_at_;
  return std::llround(clock_ms_ + passed.count() * time_scale_);
}

SteadyClock::time_point GrpcCentre::Impl::SteadyTimeOf(
    InstantMs instant_ms) const {
  const std::chrono::duration<double, std::milli> after(
      (static_cast<double>(instant_ms) - clock_ms_) / time_scale_);
  return clock_at_ + std::chrono::duration_cast<SteadyClock::duration>(after);
}

absl::Status GrpcCentre::Impl::CheckIsFresh() {
  grpc::ClientContext queues_context;
  SetDeadline(&queues_context, kCallDeadline);
  v1::ListQueuesResponse queues;
  absl::Status status =
      FromGrpc(supervision_->ListQueues(&queues_context, {}, &queues));
  if (!status.ok()) return status;
  for (const v1::QueueSnapshot& queue : queues.queues()) {
    if (queue.offered_total() == 0) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "the server has already routed ", queue.offered_total(),
        " contacts of queue ", queue.name(),
        "; a day is checked from its first event on: start a new relaisd"));
  }
  grpc::ClientContext agents_context;
  SetDeadline(&agents_context, kCallDeadline);
  v1::ListAgentsResponse agents;
  status = FromGrpc(supervision_->ListAgents(&agents_context, {}, &agents));
  if (!status.ok()) return status;
  for (const v1::AgentSnapshot& agent : agents.agents()) {
    if (agent.version() == 0) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "agent ", agent.id(),
        " has been signed in to the server before; a day is checked from its "
        "first event on: start a new relaisd"));
  }
  return absl::OkStatus();
}

absl::Status GrpcCentre::Impl::Open(const v1::Configuration& configuration) {
  absl::Status status = CheckIsFresh();
  if (!status.ok()) return status;
  grpc::ClientContext context;
  SetDeadline(&context, kCallDeadline);
  v1::ApplyConfigurationRequest request;
  *request.mutable_configuration() = configuration;
  v1::ApplyConfigurationResponse response;
  status = FromGrpc(admin_->ApplyConfiguration(&context, request, &response));
  if (!status.ok()) return status;
  v1::WatchEventsRequest watch;
  watch.set_from_sequence(1);
  events_ = contacts_->WatchEvents(&events_context_, watch);
  events_thread_ = std::thread([this] { ReadEvents(); });
  return Attach(configuration);
}

absl::Status GrpcCentre::Impl::Attach(const v1::Configuration& configuration) {
  offers_ = agents_->Connect(&offers_context_);
  v1::ConnectRequest request;
  for (const v1::AgentConfiguration& agent : configuration.agents()) {
    request.mutable_attach()->add_agent_ids(agent.id());
  }
  if (!offers_->Write(request)) {
    return absl::UnavailableError("the stream of offers broke at once");
  }
  absl::Status status = AwaitAttached();
  if (status.ok()) offers_thread_ = std::thread([this] { ReadOffers(); });
  return status;
}

absl::Status GrpcCentre::Impl::AwaitAttached() {
  v1::ConnectResponse response;
  while (offers_->Read(&response)) {
    // Nobody is signed in, so that nothing else can come.
    if (!response.has_answer()) continue;
    if (!response.answer().has_error()) return absl::OkStatus();
    return absl::Status(
        static_cast<absl::StatusCode>(response.answer().error().code()),
        response.answer().error().message());
  }
  const absl::Status status = FromGrpc(offers_->Finish());
  return status.ok() ? absl::UnavailableError("the stream of offers ended")
                     : status;
}

void GrpcCentre::Impl::ReadEvents() {
  v1::WatchEventsResponse response;
  while (events_->Read(&response)) {
    MutexLock lock(mutex_);
    for (v1::Event& event : *response.mutable_events()) {
      last_sequence_ = std::max(last_sequence_, event.sequence());
      inbox_.emplace_back(std::move(event));
    }
    news_.NotifyAll();
  }
  const grpc::Status status = events_->Finish();
  Deliver(Broken{absl::UnavailableError(
      absl::StrCat("the stream of events ended: ", status.error_message()))});
}

void GrpcCentre::Impl::ReadOffers() {
  v1::ConnectResponse response;
  while (offers_->Read(&response)) {
    switch (response.response_case()) {
      case v1::ConnectResponse::kOffer:
        Deliver(response.offer());
        break;
      case v1::ConnectResponse::kOfferEnded:
        Deliver(response.offer_ended());
        break;
      case v1::ConnectResponse::kAnswer: {
        CallAnswer answer;
        answer.id = response.answer().request_id();
        answer.event_sequence = response.answer().event_sequence();
        if (response.answer().has_error()) {
          answer.status = absl::Status(
              static_cast<absl::StatusCode>(response.answer().error().code()),
              response.answer().error().message());
        }
        Deliver(std::move(answer));
        break;
      }
      case v1::ConnectResponse::kInterruption:  // the events tell it
      case v1::ConnectResponse::RESPONSE_NOT_SET:
        break;
    }
  }
  const grpc::Status status = offers_->Finish();
  Deliver(Broken{absl::UnavailableError(
      absl::StrCat("the stream of offers ended: ", status.error_message()))});
}

void GrpcCentre::Impl::Deliver(Notice notice) {
  MutexLock lock(mutex_);
  if (closing_) return;
  inbox_.push_back(std::move(notice));
  news_.NotifyAll();
}

template <typename Request, typename Response, typename Start, typename Fill>
void GrpcCentre::Impl::StartUnary(std::uint64_t id, Request request,
                                  Start start, Fill fill) {
  auto call = std::make_shared<Unary<Request, Response>>();
  SetDeadline(&call->context, kCallDeadline);
  call->request = std::move(request);
  {
    MutexLock lock(mutex_);
    ++calls_open_;
  }
  start(&call->context, &call->request, &call->response,
        [this, call, id, fill](const grpc::Status& status) {
          CallAnswer answer;
          answer.id = id;
          answer.status = FromGrpc(status);
          answer.event_sequence = call->response.event_sequence();
          fill(call->response, &answer);
          MutexLock lock(mutex_);
          --calls_open_;
          inbox_.push_back(std::move(answer));
          news_.NotifyAll();
        });
}

void GrpcCentre::Impl::SendContactCall(const Call& call) {
  const auto nothing_more = [](const auto&, CallAnswer*) {};
  if (call.kind == CallKind::kSubmit) {
    v1::SubmitContactRequest request;
    *request.mutable_contact() = call.contact;
    StartUnary<v1::SubmitContactRequest, v1::SubmitContactResponse>(
        call.id, std::move(request),
        [this](auto... arguments) {
          contacts_->async()->SubmitContact(arguments...);
        },
        [](const v1::SubmitContactResponse& response, CallAnswer* answer) {
          answer->arrival_ms = response.arrival_ms();
          answer->at_once = response.at_once();
        });
  } else if (call.kind == CallKind::kCancel) {
    v1::CancelContactRequest request;
    request.set_contact_id(call.contact.id());
    request.set_reason(call.reason);
    StartUnary<v1::CancelContactRequest, v1::CancelContactResponse>(
        call.id, std::move(request),
        [this](auto... arguments) {
          contacts_->async()->CancelContact(arguments...);
        },
        nothing_more);
  } else {
    v1::CompleteContactRequest request;
    request.set_contact_id(call.contact.id());
    StartUnary<v1::CompleteContactRequest, v1::CompleteContactResponse>(
        call.id, std::move(request),
        [this](auto... arguments) {
          contacts_->async()->CompleteContact(arguments...);
        },
        nothing_more);
  }
}

void GrpcCentre::Impl::SendAgentCall(const Call& call) {
  const auto nothing_more = [](const auto&, CallAnswer*) {};
  if (call.kind == CallKind::kSignIn) {
    v1::SignInRequest request;
    request.set_agent_id(call.agent_id);
    *request.mutable_presence() = call.presence;
    StartUnary<v1::SignInRequest, v1::SignInResponse>(
        call.id, std::move(request),
        [this](auto... arguments) { agents_->async()->SignIn(arguments...); },
        nothing_more);
  } else if (call.kind == CallKind::kSetPresence) {
    v1::SetPresenceRequest request;
    request.set_agent_id(call.agent_id);
    *request.mutable_presence() = call.presence;
    StartUnary<v1::SetPresenceRequest, v1::SetPresenceResponse>(
        call.id, std::move(request),
        [this](auto... arguments) {
          agents_->async()->SetPresence(arguments...);
        },
        nothing_more);
  } else if (call.kind == CallKind::kPull) {
    v1::PullRequest request;
    request.set_agent_id(call.agent_id);
    request.mutable_queues()->Assign(call.queues.begin(), call.queues.end());
    StartUnary<v1::PullRequest, v1::PullResponse>(
        call.id, std::move(request),
        [this](auto... arguments) { agents_->async()->Pull(arguments...); },
        nothing_more);
  } else {
    v1::EndWrapUpRequest request;
    request.set_agent_id(call.agent_id);
    request.set_contact_id(call.contact.id());
    StartUnary<v1::EndWrapUpRequest, v1::EndWrapUpResponse>(
        call.id, std::move(request),
        [this](auto... arguments) {
          agents_->async()->EndWrapUp(arguments...);
        },
        nothing_more);
  }
}

void GrpcCentre::Impl::SendOnStream(const Call& call) {
  v1::ConnectRequest request;
  request.set_request_id(call.id);
  if (call.kind == CallKind::kAccept) {
    request.mutable_accept()->set_agent_id(call.agent_id);
    request.mutable_accept()->set_contact_id(call.contact.id());
    request.mutable_accept()->set_attempt(call.attempt);
  } else {
    request.mutable_decline()->set_agent_id(call.agent_id);
    request.mutable_decline()->set_contact_id(call.contact.id());
    request.mutable_decline()->set_attempt(call.attempt);
  }
  if (!offers_->Write(request)) {
    Deliver(Broken{absl::UnavailableError("the stream of offers is broken")});
  }
}

void GrpcCentre::Impl::Send(const Call& call) {
  switch (call.kind) {
    case CallKind::kSubmit:
    case CallKind::kCancel:
    case CallKind::kComplete:
      return SendContactCall(call);
    case CallKind::kSignIn:
    case CallKind::kSetPresence:
    case CallKind::kEndWrapUp:
    case CallKind::kPull:
      return SendAgentCall(call);
    case CallKind::kAccept:
    case CallKind::kDecline:
      return SendOnStream(call);
  }
}

void GrpcCentre::Impl::TakeInbox(std::vector<Notice>* notices) {
  for (Notice& notice : inbox_) notices->push_back(std::move(notice));
  inbox_.clear();
}

void GrpcCentre::Impl::Wait(InstantMs until_ms, std::vector<Notice>* notices) {
  const auto until =
      std::min(SteadyTimeOf(until_ms), SteadyClock::now() + kWaitMax);
  MutexLock lock(mutex_);
  while (inbox_.empty()) {
    const auto left = until - SteadyClock::now();
    if (left <= left.zero() || !news_.WaitFor(mutex_, left)) break;
  }
  TakeInbox(notices);
}

absl::StatusOr<BarrierPoint> GrpcCentre::Impl::Barrier() {
  grpc::ClientContext context;
  SetDeadline(&context, kCallDeadline);
  v1::BarrierResponse response;
  const absl::Status status =
      FromGrpc(admin_->Barrier(&context, {}, &response));
  if (!status.ok()) return status;
  return BarrierPoint{response.event_sequence(), response.now_ms()};
}

void GrpcCentre::Impl::ReadEventsUpTo(std::uint64_t sequence,
                                      std::vector<Notice>* notices) {
  const auto until = SteadyClock::now() + kLastEventsDeadline;
  MutexLock lock(mutex_);
  while (last_sequence_ < sequence) {
    const auto left = until - SteadyClock::now();
    if (left <= left.zero() || !news_.WaitFor(mutex_, left)) break;
  }
  TakeInbox(notices);
}

GrpcCentre::GrpcCentre(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcCentre::~GrpcCentre() = default;

absl::StatusOr<std::unique_ptr<GrpcCentre>> GrpcCentre::Connect(
    const std::string& address) {
  auto impl = std::make_unique<Impl>(address);
  const absl::Status status = impl->Greet();
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(address, ": ", status.message()));
  }
  return std::unique_ptr<GrpcCentre>(new GrpcCentre(std::move(impl)));
}

double GrpcCentre::time_scale() const { return impl_->time_scale(); }
absl::Status GrpcCentre::Open(const v1::Configuration& configuration) {
  return impl_->Open(configuration);
}
InstantMs GrpcCentre::NowMs() { return impl_->NowMs(); }
void GrpcCentre::Send(const Call& call) { impl_->Send(call); }
void GrpcCentre::Wait(InstantMs until_ms, std::vector<Notice>* notices) {
  impl_->Wait(until_ms, notices);
}
absl::StatusOr<BarrierPoint> GrpcCentre::Barrier() { return impl_->Barrier(); }
void GrpcCentre::ReadEventsUpTo(std::uint64_t sequence,
                                std::vector<Notice>* notices) {
  impl_->ReadEventsUpTo(sequence, notices);
}
DurationMs GrpcCentre::ClockToleranceMs() const {
  return std::llround(static_cast<double>(kClockTolerance.count()) *
                      impl_->time_scale());
}

}  // namespace relais::load
