#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "relais/v1/agent_service.grpc.pb.h"
#include "relais/v1/agent_service.pb.h"
#include "server/agent_pull.h"
#include "server/convert.h"
#include "server/rpc.h"
#include "server/services.h"

namespace relais::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// Answers under way before the next request of a stream is read: a client that
// only writes is slowed down.
constexpr std::size_t kAnswersMax = 1'024;
// Messages not yet taken by a client, in bytes: 4,000 offers with the largest
// attributes. Who lets more than this pile up does not read, and is
// disconnected; its offers come again on its next stream.
constexpr std::size_t kUnreadBytesMax = 64 * 1024 * 1024;

// One stream of offers and answers. Owns itself until gRPC is done with it.
class Connection final : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>,
                         public OfferStream,
                         public ClosableStream,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(Core* core, CallbackServerContext* context)
      : core_(core), context_(context) {}

  void Start() {
    self_ = shared_from_this();
    if (!core_->streams.Add(this)) {
      MutexLock lock(mutex_);
      End(absl::ResourceExhaustedError(
          "too many streams are open, or the server is stopping"));
      return;
    }
    StartSendInitialMetadata();
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    const auto self = shared_from_this();
    if (!ok) {  // the client writes no more; it gets what is under way
      MutexLock lock(mutex_);
      reading_ended_ = true;
      Advance();
      return;
    }
    v1::ConnectRequest request;
    const absl::Status parsed =
        ParseRequest(request_, kRequestBytesMax, &request);
    {
      MutexLock lock(mutex_);
      if (ended_) return;
      if (!parsed.ok()) {
        End(parsed);
        return;
      }
      if (!core_->calls.Enter()) return;  // Close comes
      ++answers_due_;
    }
    Handle(request);
    MutexLock lock(mutex_);
    read_due_ = true;
    Advance();
  }

  void OnWriteDone(bool ok) override {
    const auto self = shared_from_this();
    MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) {
      End(absl::CancelledError("the client has left"));
      return;
    }
    unread_bytes_ -= unread_.front().Length();
    unread_.pop_front();
    Advance();
  }

  void OnCancel() override {
    const auto self = shared_from_this();
    MutexLock lock(mutex_);
    End(absl::CancelledError("the client has left"));
  }

  void OnDone() override {
    core_->streams.Remove(this);
    core_->runtime->Post([this] {
      core_->hub->Detach(this);
      self_.reset();
    });
  }

  void Push(const v1::ConnectResponse& response) override {
    const auto self = shared_from_this();
    MutexLock lock(mutex_);
    PushLocked(response);
  }

  void Close() override {
    const auto self = shared_from_this();
    MutexLock lock(mutex_);
    closing_ = true;
    Advance();
  }

 private:
  void Handle(const v1::ConnectRequest& request) {
    const std::uint64_t request_id = request.request_id();
    switch (request.request_case()) {
      case v1::ConnectRequest::kAttach:
        Attach(request_id, request.attach());
        return;
      case v1::ConnectRequest::kAccept:
        Accept(request_id, request.accept());
        return;
      case v1::ConnectRequest::kDecline:
        Decline(request_id, request.decline());
        return;
      case v1::ConnectRequest::REQUEST_NOT_SET:
        break;
    }
    Answer(request_id, FieldError(absl::StatusCode::kInvalidArgument, "request",
                                  "missing; give attach, accept or decline"));
  }

  void Attach(std::uint64_t request_id, const v1::Attach& attach) {
    std::vector<std::string> agent_ids(attach.agent_ids().begin(),
                                       attach.agent_ids().end());
    for (std::size_t i = 0; i < agent_ids.size(); ++i) {
      const auto agent = core_->router->FindAgent(agent_ids[i]);
      if (agent.ok()) continue;
      Answer(request_id, AboutField(agent.status(),
                                    absl::StrCat("attach.agent_ids[", i, "]")));
      return;
    }
    core_->runtime->Post([this, self = shared_from_this(), request_id,
                          agent_ids = std::move(agent_ids)] {
      {
        MutexLock lock(mutex_);
        PushAnswer(request_id, absl::OkStatus());
        if (ended_) return;
      }
      core_->hub->Attach(agent_ids, self);
    });
  }

  // What an answer to an offer names.
  struct Named {
    AgentHandle agent;
    ContactHandle contact;
    absl::Status epoch;  // FAILED_PRECONDITION if it is an old one
  };
  template <typename Offer>
  absl::StatusOr<Named> Find(const Offer& offer, const char* request) const {
    const absl::Status allowed = core_->AllowsChanges();
    if (!allowed.ok()) return allowed;
    const std::string& agent_id = offer.agent_id();
    const std::string& contact_id = offer.contact_id();
    const auto agent = core_->router->FindAgent(agent_id);
    if (!agent.ok()) {
      return AboutField(agent.status(), absl::StrCat(request, ".agent_id"));
    }
    const auto contact = core_->router->FindContact(contact_id);
    if (!contact.ok()) {
      return AboutField(contact.status(), absl::StrCat(request, ".contact_id"));
    }
    Named named{*agent, *contact, absl::OkStatus()};
    if (offer.epoch() != 0 && offer.epoch() != core_->epoch) {
      named.epoch = FieldError(
          absl::StatusCode::kFailedPrecondition,
          absl::StrCat(request, ".epoch"),
          absl::StrCat(offer.epoch(), " is not the server's, ", core_->epoch,
                       "; offers that stand are pushed again after Attach"));
    }
    return named;
  }

  // This attempt was accepted: it is in handling, or has been.
  static bool IsAccepted(const v1::AcceptOffer& offer,
                         const ContactView& contact) {
    if (contact.state == ContactState::kAssigned) {
      return contact.agent_id == offer.agent_id() &&
             contact.attempt == offer.attempt();
    }
    // An attempt is the version of its reservation; acceptance and end are the
    // next two.
    return contact.state == ContactState::kEnded &&
           (contact.end_reason == EndReason::kCompleted ||
            contact.end_reason == EndReason::kLeaseExpired) &&
           contact.version == offer.attempt() + 2;
  }

  absl::StatusOr<Outcome> TryAccept(const v1::AcceptOffer& offer) {
    const auto named = Find(offer, "accept");
    if (!named.ok()) return named.status();
    if (!named->epoch.ok()) return named->epoch;
    auto outcome = core_->router->Accept(
        named->agent, named->contact, offer.attempt(), core_->clock->NowMs());
    if (!outcome.ok()) return AboutField(outcome.status(), "accept");
    return outcome;
  }

  // Whoever accepted and lost the answer asks again and gets it.
  void Accept(std::uint64_t request_id, const v1::AcceptOffer& offer) {
    const auto outcome = TryAccept(offer);
    if (outcome.ok()) return Answer(request_id, outcome);
    AnswerSettled(
        core_, ReadContact(offer.contact_id()),
        [this, self = shared_from_this(), request_id, offer,
         status = outcome.status()](const auto& contact) {
          if (status.code() != absl::StatusCode::kFailedPrecondition ||
              !contact.ok() || !IsAccepted(offer, *contact)) {
            return Answer(request_id, status);
          }
          Answer(request_id,
                 Outcome{offer.attempt() + 1, core_->router->LastTicket()},
                 /*repeated=*/true);
        });
  }

  std::function<absl::StatusOr<ContactView>()> ReadContact(
      const std::string& contact_id) const {
    return [core = core_, contact_id] {
      return core->router->GetContact(contact_id);
    };
  }

  void Decline(std::uint64_t request_id, const v1::DeclineOffer& offer) {
    const auto outcome = TryDecline(offer);
    if (outcome.ok()) return Answer(request_id, outcome);
    AnswerSettled(core_, ReadContact(offer.contact_id()),
                  [this, self = shared_from_this(), request_id,
                   outcome](const auto&) { Answer(request_id, outcome); });
  }

  absl::StatusOr<Outcome> TryDecline(const v1::DeclineOffer& offer) {
    const auto named = Find(offer, "decline");
    if (!named.ok()) return named.status();
    if (!named->epoch.ok()) return named->epoch;
    std::optional<DurationMs> retry_after_ms;
    if (offer.has_retry_after_ms()) retry_after_ms = offer.retry_after_ms();
    auto outcome =
        core_->router->Decline(named->agent, named->contact, offer.attempt(),
                               retry_after_ms, core_->clock->NowMs());
    if (!outcome.ok()) {
      return AboutField(
          outcome.status(),
          outcome.status().code() == absl::StatusCode::kInvalidArgument
              ? "decline.retry_after_ms"
              : "decline");
    }
    return outcome;
  }

  // A refusal, too, waits until what it was read from is durable.
  void Answer(std::uint64_t request_id, const absl::StatusOr<Outcome>& outcome,
              bool repeated = false) {
    core_->runtime->WhenCommitted(
        outcome.ok() ? outcome->ticket : core_->router->LastTicket(),
        [this, self = shared_from_this(), request_id, repeated,
         status = outcome.status()] {
          MutexLock lock(mutex_);
          PushAnswer(request_id, status, repeated);
        });
  }

  void PushAnswer(std::uint64_t request_id, const absl::Status& status,
                  bool repeated = false) RELAIS_REQUIRES(mutex_) {
    v1::ConnectResponse response;
    v1::Answer* answer = response.mutable_answer();
    answer->set_request_id(request_id);
    if (!status.ok()) *answer->mutable_error() = ToProto(status);
    answer->set_event_sequence(core_->log->LastSequence());
    answer->set_repeated(repeated);
    --answers_due_;
    PushLocked(response);
    core_->calls.Leave();
  }

  void PushLocked(const v1::ConnectResponse& response) RELAIS_REQUIRES(mutex_) {
    if (ended_) return;
    unread_.push_back(ToBuffer(response));
    unread_bytes_ += unread_.back().Length();
    if (unread_bytes_ > kUnreadBytesMax) {
      context_->TryCancel();
      End(absl::ResourceExhaustedError("the client does not read its offers"));
      return;
    }
    Advance();
  }

  // Starts the next write and the next read, or ends the stream.
  void Advance() RELAIS_REQUIRES(mutex_) {
    if (ended_) return;
    if (!writing_ && !unread_.empty()) {
      writing_ = true;
      StartWrite(&unread_.front());
    }
    if (read_due_ && answers_due_ + unread_.size() < kAnswersMax) {
      read_due_ = false;
      StartRead(&request_);
    }
    if (writing_ || answers_due_ > 0) return;
    if (closing_) {
      End(absl::UnavailableError("the server is stopping"));
    } else if (reading_ended_) {
      End(absl::OkStatus());
    }
  }

  void End(const absl::Status& status) RELAIS_REQUIRES(mutex_) {
    if (ended_) return;
    ended_ = true;
    Finish(ToGrpc(status));
  }

  Core* const core_;
  CallbackServerContext* const context_;
  std::shared_ptr<Connection> self_;
  ByteBuffer request_;  // gRPC's while a read is under way, else OnReadDone's

  Mutex mutex_;
  // The first is being written while writing_.
  std::deque<ByteBuffer> unread_ RELAIS_GUARDED_BY(mutex_);
  std::size_t unread_bytes_ RELAIS_GUARDED_BY(mutex_) = 0;
  std::size_t answers_due_ RELAIS_GUARDED_BY(mutex_) = 0;
  bool writing_ RELAIS_GUARDED_BY(mutex_) = false;
  bool read_due_ RELAIS_GUARDED_BY(mutex_) = false;
  bool reading_ended_ RELAIS_GUARDED_BY(mutex_) = false;
  bool closing_ RELAIS_GUARDED_BY(mutex_) = false;
  bool ended_ RELAIS_GUARDED_BY(mutex_) = false;
};

using Service = v1::AgentService::WithRawCallbackMethod_SignIn<
    v1::AgentService::WithRawCallbackMethod_SetPresence<
        v1::AgentService::WithRawCallbackMethod_EndWrapUp<
            v1::AgentService::WithRawCallbackMethod_Pull<
                v1::AgentService::WithRawCallbackMethod_GetAgent<
                    v1::AgentService::WithRawCallbackMethod_Connect<
                        v1::AgentService::Service>>>>>>;

class AgentServiceImpl final : public Service {
 public:
  explicit AgentServiceImpl(Core* core) : core_(core) {}

  ServerUnaryReactor* SignIn(CallbackServerContext* context,
                             const ByteBuffer* request,
                             ByteBuffer* response) override {
    return Unary<v1::SignInRequest, v1::SignInResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          DoSignIn(message, reply);
        });
  }

  ServerUnaryReactor* SetPresence(CallbackServerContext* context,
                                  const ByteBuffer* request,
                                  ByteBuffer* response) override {
    return Unary<v1::SetPresenceRequest, v1::SetPresenceResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          const absl::Status allowed = core_->AllowsChanges();
          if (!allowed.ok()) return reply.Fail(allowed);
          const auto presence = ToDomain(message.presence());
          if (!presence.ok()) return reply.Fail(presence.status());
          const auto agent = core_->router->FindAgent(message.agent_id());
          if (!agent.ok()) {
            return reply.Fail(AboutField(agent.status(), "agent_id"));
          }
          Change(*agent,
                 core_->router->SetPresence(*agent, *presence,
                                            core_->clock->NowMs()),
                 "presence", reply);
        });
  }

  ServerUnaryReactor* EndWrapUp(CallbackServerContext* context,
                                const ByteBuffer* request,
                                ByteBuffer* response) override {
    return Unary<v1::EndWrapUpRequest, v1::EndWrapUpResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          DoEndWrapUp(message, reply);
        });
  }

  ServerUnaryReactor* Pull(CallbackServerContext* context,
                           const ByteBuffer* request,
                           ByteBuffer* response) override {
    return Unary<v1::PullRequest, v1::PullResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          AnswerPull(core_, message, reply);
        });
  }

  ServerUnaryReactor* GetAgent(CallbackServerContext* context,
                               const ByteBuffer* request,
                               ByteBuffer* response) override {
    return Unary<v1::GetAgentRequest, v1::GetAgentResponse>(
        core_, context, request, response,
        [this](const auto& message, const auto& reply) {
          const auto agent = core_->router->FindAgent(message.agent_id());
          if (!agent.ok()) {
            return reply.Fail(AboutField(agent.status(), "agent_id"));
          }
          AnswerSettled(core_, ReadAgent(*agent), [reply](const auto& view) {
            if (!view.ok()) {
              return reply.Fail(AboutField(view.status(), "agent_id"));
            }
            v1::GetAgentResponse answer;
            *answer.mutable_agent() = ToProto(*view);
            reply.OkOnceCommitted(std::move(answer));
          });
        });
  }

  grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>* Connect(
      CallbackServerContext* context) override {
    const auto connection = std::make_shared<Connection>(core_, context);
    connection->Start();
    return connection.get();
  }

 private:
  void DoEndWrapUp(const v1::EndWrapUpRequest& request,
                   const Reply<v1::EndWrapUpResponse>& reply) {
    const absl::Status allowed = core_->AllowsChanges();
    if (!allowed.ok()) return reply.Fail(allowed);
    const auto agent = core_->router->FindAgent(request.agent_id());
    if (!agent.ok()) return reply.Fail(AboutField(agent.status(), "agent_id"));
    if (!request.contact_id().empty()) {
      // The contact first: an agent's record tells of the wrap-up before the
      // contact is shown as ended.
      const auto contact = core_->router->GetContact(request.contact_id());
      const auto view = core_->router->GetAgent(*agent);
      if (!contact.ok()) {
        return reply.Fail(AboutField(contact.status(), "contact_id"));
      }
      // Of others nobody had anything to wrap up.
      if (contact->state != ContactState::kEnded ||
          (contact->end_reason != EndReason::kCompleted &&
           contact->end_reason != EndReason::kLeaseExpired)) {
        return reply.Fail(FieldError(
            absl::StatusCode::kFailedPrecondition, "contact_id",
            "was not handled to its end; there is no wrap-up after it"));
      }
      const auto wraps_up = [&request](const HeldContact& held) {
        return held.state == WorkState::kWrapUp &&
               held.contact_id == request.contact_id();
      };
      if (view.ok() &&
          std::none_of(view->held.begin(), view->held.end(), wraps_up)) {
        return AnswerSettled(
            core_, ReadAgent(*agent),
            [core = core_, reply](const absl::StatusOr<AgentView>& now) {
              if (!now.ok()) return reply.Fail(now.status());
              AnswerWhenCommitted(
                  core, core->router->LastTicket(), reply,
                  [version = now->version](v1::EndWrapUpResponse* response) {
                    response->set_version(version);
                    response->set_repeated(true);
                  });
            });
      }
    }
    Change(*agent,
           core_->router->EndWrapUp(*agent, request.contact_id(),
                                    core_->clock->NowMs()),
           "agent_id", reply);
  }

  void DoSignIn(const v1::SignInRequest& request,
                const Reply<v1::SignInResponse>& reply) {
    const absl::Status allowed = core_->AllowsChanges();
    if (!allowed.ok()) return reply.Fail(allowed);
    Presence presence{PresenceState::kAvailable, NotReadyReason::kNone};
    if (request.has_presence()) {
      const auto given = ToDomain(request.presence());
      if (!given.ok()) return reply.Fail(given.status());
      if (given->state == PresenceState::kLoggedOut) {
        return reply.Fail(FieldError(
            absl::StatusCode::kInvalidArgument, "presence.state",
            "PRESENCE_STATE_LOGGED_OUT is no sign-in; use AVAILABLE or "
            "NOT_READY, or SetPresence to sign out"));
      }
      presence = *given;
    }
    const auto agent = core_->router->FindAgent(request.agent_id());
    if (!agent.ok()) return reply.Fail(AboutField(agent.status(), "agent_id"));
    const auto view = core_->router->GetAgent(*agent);
    if (!view.ok()) return reply.Fail(AboutField(view.status(), "agent_id"));
    if (view->presence.state != PresenceState::kLoggedOut) {
      return FailSettled(
          core_, ReadAgent(*agent), reply,
          FieldError(absl::StatusCode::kFailedPrecondition, "agent_id",
                     absl::StrCat(Quoted(request.agent_id()),
                                  " is signed in already; use SetPresence")));
    }
    Change(*agent,
           core_->router->SetPresence(*agent, presence, core_->clock->NowMs()),
           "presence", reply);
  }

  std::function<absl::StatusOr<AgentView>()> ReadAgent(
      AgentHandle agent) const {
    return [core = core_, agent] { return core->router->GetAgent(agent); };
  }

  // Answers a call that changed an agent.
  template <typename Response>
  void Change(AgentHandle agent, const absl::StatusOr<Outcome>& outcome,
              const char* field, const Reply<Response>& reply) {
    if (!outcome.ok()) {
      const bool about_value =
          outcome.status().code() == absl::StatusCode::kInvalidArgument;
      return FailSettled(
          core_, ReadAgent(agent), reply,
          about_value && !FieldPathOf(outcome.status()).empty()
              ? outcome.status()
              : AboutField(outcome.status(), about_value ? field : "agent_id"));
    }
    AnswerWhenCommitted(core_, outcome->ticket, reply,
                        [version = outcome->version](Response* response) {
                          response->set_version(version);
                        });
  }

  Core* const core_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAgentService(Core* core) {
  return std::make_unique<AgentServiceImpl>(core);
}

}  // namespace relais::server
